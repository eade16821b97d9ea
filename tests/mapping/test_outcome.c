/* outcome: what an answer says about its row. */
#include <check.h>

#include "mapping/mutations.h"
#include "mapping/outcome.h"

#define ANSWER(payload) "{\"data\":{\"productVariantsBulkUpdate\":" payload "}"
#define PRODUCT_ID      "gid://shopify/Product/"
#define VARIANT_ID      "gid://shopify/ProductVariant/"
#define VARIANTS                                          \
    "\"productVariants\":[{\"id\":\"gid:\\/\\/shopify\\/" \
    "ProductVariant\\/2\",\"price\":\"1.00\"}]"
#define ERROR(code) \
    "{\"code\":" code ",\"field\":[\"v\",\"0\"],\"message\":\"m\"}"
#define TOP(code)                                                          \
    "\"errors\":[{\"message\":\"top\",\"path\":[\"p\",1],\"extensions\":{" \
    "\"code\":\"" code "\"}}]"

static struct outcome outcome;

static bool
read_answer(const struct mutation *mutation, const char *text)
{
    return outcome_read(mutation, span_str(text), &types.arena, &outcome, &err);
}

/* ---- states -------------------------------------------------------------- */

static const struct {
    const char *text;
    enum outcome_state state;
    int errors;
    int64_t line;
} states[] = {
    {ANSWER("{" VARIANTS ",\"userErrors\":[]}") ",\"__lineNumber\":7}",
     OUTCOME_APPLIED, 0, 7},
    {ANSWER("{" VARIANTS "}") ",\"__lineNumber\":\"8\"}", OUTCOME_APPLIED, 0,
     8},
    {ANSWER("{" VARIANTS "}") ",\"__lineNumber\":-1}", OUTCOME_APPLIED, 0, -1},
    {ANSWER("{" VARIANTS "}") ",\"__lineNumber\":1.5}", OUTCOME_APPLIED, 0, -1},
    /* a list of errors that is not empty */
    {ANSWER(
         "{\"productVariants\":null,\"userErrors\":[" ERROR("\"X\"") "]}") "}",
     OUTCOME_REFUSED, 1, -1},
    {ANSWER("{\"productVariants\":[],\"userErrors\":[" ERROR("null") "]}") "}",
     OUTCOME_REFUSED, 1, -1},
    {ANSWER("{" VARIANTS
            ",\"userErrors\":[" ERROR("\"X\"") "," ERROR("\"Y\"") "]}") "}",
     OUTCOME_PARTLY, 2, -1},
    {ANSWER("{\"product\":{\"id\":\"" PRODUCT_ID
            "1\"},\"userErrors\":[" ERROR("\"X\"") "]}") "}",
     OUTCOME_PARTLY, 1, -1},
    /* errors and no data */
    {"{\"errors\":[{\"message\":\"Variable v of type V was provided invalid "
     "value\",\"extensions\":{\"value\":{},\"problems\":[{\"path\":[\"v\",0],"
     "\"explanation\":\"Field is not defined\"}]}}],\"__lineNumber\":3}",
     OUTCOME_REFUSED, 1, 3},
    /* errors, and the root or all data null */
    {ANSWER("null") "," TOP("INTERNAL_SERVER_ERROR") "}", OUTCOME_UNKNOWN, 1,
     -1},
    {"{\"data\":null," TOP("INTERNAL_SERVER_ERROR") "}", OUTCOME_UNKNOWN, 1,
     -1},
    {"{\"data\":{}," TOP("TIMEOUT") "}", OUTCOME_UNKNOWN, 1, -1},
    {ANSWER("null") "}", OUTCOME_UNKNOWN, 0, -1},
    {"{\"data\":null}", OUTCOME_UNKNOWN, 0, -1},
    /* the payload has another form than the types say */
    {ANSWER("[]") "}", OUTCOME_UNKNOWN, 0, -1},
    {ANSWER("true") "}", OUTCOME_UNKNOWN, 0, -1},
    {ANSWER("{" VARIANTS ",\"userErrors\":\"no\"}") "}", OUTCOME_UNKNOWN, 0,
     -1},
    /* errors that prove that nothing ran */
    {ANSWER("null") "," TOP("ACCESS_DENIED") "}", OUTCOME_REFUSED, 1, -1},
    {"{\"data\":null," TOP("BAD_REQUEST") "}", OUTCOME_REFUSED, 1, -1},
    {ANSWER("null") "," TOP("INVALID_VARIABLE") "}", OUTCOME_REFUSED, 1, -1},
    /* errors, the root there, lists empty */
    {ANSWER("{" VARIANTS ",\"userErrors\":[]}") "," TOP("X") "}",
     OUTCOME_APPLIED, 1, -1},
    /* another request has the same key */
    {ANSWER("{\"userErrors\":[" ERROR(
         "\"IDEMPOTENCY_CONCURRENT_REQUEST\"") "]}") "}",
     OUTCOME_UNKNOWN, 1, -1},
    {ANSWER("{\"userErrors\":[" ERROR(
         "\"IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED\"") "]}") "}",
     OUTCOME_REFUSED, 1, -1},
};

START_TEST(an_answer_gives_a_state)
{
    ck_assert_msg(read_answer(make_mutation(PRICES), states[_i].text), "%s",
                  err.message);
    ck_assert_int_eq(outcome.state, states[_i].state);
    ck_assert_int_eq(outcome.error_count, states[_i].errors);
    ck_assert_int_eq(outcome.line, states[_i].line);
}

END_TEST

static const char *const bad[] = {
    "",
    "[]",
    "{",
    "null",
    "{\"__lineNumber\":1}",
    "{\"errors\":[]}",
    "{\"data\":{}} x",
};

START_TEST(what_is_not_an_answer_is_refused)
{
    ck_assert(!read_answer(make_mutation(PRICES), bad[_i]));
    ck_assert_int_eq(err.kind, ERR_FAILED);
}

END_TEST

START_TEST(codes_are_noticed)
{
    const struct mutation *m = make_mutation(PRICES);

    ck_assert(read_answer(m, ANSWER("null") "," TOP("ACCESS_DENIED") "}"));
    ck_assert(outcome.is_denied && !outcome.is_key_spent);
    ck_assert(!outcome.has_payload);
    ck_assert(read_answer(
        m, ANSWER("{\"userErrors\":[" ERROR(
               "\"IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED\"") "]}") "}"));
    ck_assert(!outcome.is_denied && outcome.is_key_spent);
    ck_assert(outcome.has_payload && !outcome_is_stale_or_taken(&outcome));
    ck_assert(
        read_answer(m, ANSWER("{\"userErrors\":[" ERROR("\"X\"") "," ERROR(
                           "\"CHANGE_FROM_QUANTITY_STALE\"") "]}") "}"));
    ck_assert(outcome_is_stale_or_taken(&outcome));
    ck_assert(read_answer(
        m, ANSWER("{\"userErrors\":[" ERROR("\"TAKEN\"") "]}") "}"));
    ck_assert(outcome_is_stale_or_taken(&outcome));
}

END_TEST

static void
check_error(int i, const char *code, const char *field, const char *message)
{
    ck_assert_pstr_eq(outcome.errors[i].code, code);
    ck_assert_pstr_eq(outcome.errors[i].field, field);
    ck_assert_str_eq(outcome.errors[i].message, message);
}

START_TEST(errors_keep_code_field_and_message)
{
    ck_assert(read_answer(
        make_mutation(PRICES),
        ANSWER("{\"userErrors\":[" ERROR("\"X\"") "," ERROR(
            "null") "]}") ",\"errors\":[{\"message\":\"bad\",\"extensions\":{\"problems\":[{"
                          "\"path\":[\"v\",0],\"explanation\":\"why\"}]}}]}"));
    ck_assert_int_eq(outcome.error_count, 3);
    check_error(0, NULL, NULL, "bad; v.0: why");
    check_error(1, "X", "v.0", "m");
    check_error(2, NULL, "v.0", "m");
    ck_assert(read_answer(make_mutation(PRICES), ANSWER("{}") "}"));
    ck_assert_int_eq(outcome.error_count, 0);
}

END_TEST

/* ---- other APIs ---------------------------------------------------------- */

static const struct {
    const char *text;
    enum outcome_state state;
    const char *error; /* the first; NULL: none */
} plain[] = {
    {"{\"data\":{\"x\":{\"ok\":true,\"object\":{\"id\":\"1\"}}}}",
     OUTCOME_APPLIED, NULL},
    {"{\"data\":{\"x\":{\"ok\":false,\"object\":null}}}", OUTCOME_REFUSED,
     "the API answered false"},
    {"{\"data\":{\"x\":{\"ok\":true,\"errors\":[\"no\"],\"object\":null}}}",
     OUTCOME_REFUSED, "no"},
    {"{\"data\":{\"x\":{\"ok\":null,\"errors\":[],\"object\":{}}}}",
     OUTCOME_APPLIED, NULL},
    {"{\"errors\":[\"no such branch\"]}", OUTCOME_REFUSED, "no such branch"},
};

START_TEST(an_api_may_answer_ok)
{
    const struct mutation *m = make_plain_mutation(
        "type Query { a: Int } type Mutation { set(n: Int!): P! } type P { ok: "
        "Boolean errors: [String!] object: O } type O { id: ID! }",
        "mutation($n: Int!) @push(repeat: SAFE) { x: set(n: $n) { object { id "
        "} } }");

    ck_assert_msg(read_answer(m, plain[_i].text), "%s", err.message);
    ck_assert_int_eq(outcome.state, plain[_i].state);
    ck_assert_int_eq(outcome.error_count, plain[_i].error != NULL);
    if (plain[_i].error != NULL)
        ck_assert_str_eq(outcome.errors[0].message, plain[_i].error);
}

END_TEST

/* ---- leaves -------------------------------------------------------------- */

static const char leaf_mutation[] = PRICES_HEAD
    "{ " PRICES_FIELD "{ product { id totalInventory createdAt tags title seo "
    "@json { title } } n: productVariants { id } } }";

static const char *
leaf(int i)
{
    return outcome.leaves[i].bytes != NULL
               ? arena_dup(&types.arena, outcome.leaves[i])
               : "(NULL)";
}

START_TEST(leaves_have_the_form_of_their_columns)
{
    ck_assert(read_answer(
        make_mutation(leaf_mutation),
        ANSWER("{\"product\":{\"id\":\"" PRODUCT_ID
               "12\",\"totalInventory\":5,\"createdAt\":"
               "\"2026-01-02T03:04:05Z\",\"tags\":[\"a\", "
               "\"b\"],\"title\":\"t\\n\",\"seo\":{\"title\":null}},\"n\":[{"
               "\"id\":\"x\"}]}") "}"));
    ck_assert_str_eq(leaf(0), "12");
    ck_assert_str_eq(leaf(1), "5");
    ck_assert_str_eq(leaf(2), "2026-01-02T03:04:05Z");
    ck_assert_str_eq(leaf(3), "[\"a\", \"b\"]");
    ck_assert_str_eq(leaf(4), "t\n");
    ck_assert_str_eq(leaf(5), "{\"title\":null}");
    ck_assert_str_eq(leaf(6), "[{\"id\":\"x\"}]");
    ck_assert_int_eq(outcome.error_count, 0);
}

END_TEST

START_TEST(leaves_may_be_missing)
{
    ck_assert(read_answer(make_mutation(leaf_mutation),
                          ANSWER("{\"product\":null}") "}"));
    for (int i = 0; i < 7; i++)
        ck_assert_ptr_null(outcome.leaves[i].bytes);
    ck_assert(read_answer(make_mutation(leaf_mutation), ANSWER("null") "}"));
    for (int i = 0; i < 7; i++)
        ck_assert_ptr_null(outcome.leaves[i].bytes);
}

END_TEST

static const struct {
    const char *payload;
    const char *field;
} misfits[] = {
    {"{\"product\":{\"id\":\"x\"}}", "product.id"},
    {"{\"product\":{\"id\":\"" PRODUCT_ID "99999999999999999999\"}}",
     "product.id"},
    {"{\"product\":{\"totalInventory\":2147483648}}", "product.totalInventory"},
    {"{\"product\":{\"totalInventory\":\"many\"}}", "product.totalInventory"},
    {"{\"product\":{\"createdAt\":\"soon\"}}", "product.createdAt"},
    {"{\"product\":{\"title\":\"a\\u0000b\"}}", "product.title"},
    {"{\"product\":{\"tags\":[\"a\\u0000b\"]}}", "product.tags"},
    {"{\"product\":{\"tags\":[\"a\\ud83d\"]}}", "product.tags"},
    {"{\"product\":{\"seo\":{\"a\\u0000b\":1}}}", "product.seo"},
    {"{\"product\":{\"seo\":{\"n\":[1e200000]}}}", "product.seo"},
    {"{\"product\":{\"seo\":{\"n\":1e400}}}", "product.seo"},
    {"{\"product\":{\"seo\":{\"n\":0e-99999}}}", "product.seo"},
    {"{\"product\":{\"createdAt\":\"2026-01-02T03:04:05."
     "1234567890123456789012345678901234567890123456789012345678901234567890Z"
     "\"}}",
     "product.createdAt"},
};

START_TEST(a_value_that_does_not_fit_is_left_out)
{
    const char *text = arena_printf(
        &types.arena, "{\"data\":{\"productVariantsBulkUpdate\":%s}}",
        misfits[_i].payload);

    ck_assert_msg(read_answer(make_mutation(leaf_mutation), text), "%s",
                  err.message);
    ck_assert_int_eq(outcome.state, OUTCOME_APPLIED);
    for (int i = 0; i < 7; i++)
        ck_assert_ptr_null(outcome.leaves[i].bytes);
    ck_assert_int_eq(outcome.error_count, 1);
    ck_assert_str_eq(outcome.errors[0].code, "NOT_STORED");
    ck_assert_str_eq(outcome.errors[0].field, misfits[_i].field);
}

END_TEST

/* ---- the join ------------------------------------------------------------ */

static const struct {
    const char *variables;
    const char *payload;
    bool agrees;
} joins[] = {
    {"{\"productId\":\"" PRODUCT_ID "1\"}",
     "{\"product\":{\"id\":\"" PRODUCT_ID "1\"}}", true},
    {"{\"productId\":\"" PRODUCT_ID "1\"}",
     "{\"product\":{\"id\":\"" PRODUCT_ID "2\"}}", false},
    {"{\"productId\":\"" PRODUCT_ID "1\"}",
     "{\"product\":{\"id\":\"gid:\\/\\/shopify\\/Product\\/1\"}}", true},
    {"{\"productId\":\"" PRODUCT_ID "1\"}", "{\"product\":null}", true},
    {"{\"productId\":\"" PRODUCT_ID "1\"}",
     "{\"productVariants\":[{\"id\":\"" VARIANT_ID "9\"}]}", true},
    /* as sets, by type */
    {"{\"v\":[{\"id\":\"" VARIANT_ID "1\"},{\"id\":\"" VARIANT_ID "2\"}]}",
     "{\"productVariants\":[{\"id\":\"" VARIANT_ID "2\"},{\"id\":\"" VARIANT_ID
     "1\"}]}",
     true},
    {"{\"v\":[{\"id\":\"" VARIANT_ID "1\"},{\"id\":\"" VARIANT_ID "2\"}]}",
     "{\"productVariants\":[{\"id\":\"" VARIANT_ID "2\"},{\"id\":\"" VARIANT_ID
     "3\"}]}",
     false},
    /* a part of them was changed, or others were created */
    {"{\"v\":[{\"id\":\"" VARIANT_ID "1\"},{\"id\":\"" VARIANT_ID "2\"}]}",
     "{\"productVariants\":[{\"id\":\"" VARIANT_ID "2\"}]}", true},
    {"{\"v\":[{\"id\":\"" VARIANT_ID "1\"}]}",
     "{\"productVariants\":[{\"id\":\"" VARIANT_ID "1\"},{\"id\":\"" VARIANT_ID
     "2\"}]}",
     true},
    /* ids in errors do not count */
    {"{\"productId\":\"" PRODUCT_ID "1\"}",
     "{\"userErrors\":[{\"message\":\"" PRODUCT_ID "2\"}]}", true},
};

START_TEST(an_answer_belongs_to_its_row)
{
    const struct mutation *m = make_mutation(PRICES);
    const char *text = arena_printf(
        &types.arena, "{\"data\":{\"productVariantsBulkUpdate\":%s}}",
        joins[_i].payload);

    ck_assert_msg(read_answer(m, text), "%s", err.message);
    ck_assert_int_eq(outcome_agrees(m, span_str(joins[_i].variables), &outcome,
                                    &types.arena),
                     joins[_i].agrees);
}

END_TEST

static Suite *
outcome_suite(void)
{
    Suite *suite = suite_create("outcome");
    TCase *tests = tcase_create("outcome");

    tcase_add_checked_fixture(tests, open_types, close_types);
    tcase_add_loop_test(tests, an_answer_gives_a_state, 0, COUNT(states));
    tcase_add_loop_test(tests, what_is_not_an_answer_is_refused, 0, COUNT(bad));
    tcase_add_test(tests, codes_are_noticed);
    tcase_add_test(tests, errors_keep_code_field_and_message);
    tcase_add_loop_test(tests, an_api_may_answer_ok, 0, COUNT(plain));
    tcase_add_test(tests, leaves_have_the_form_of_their_columns);
    tcase_add_test(tests, leaves_may_be_missing);
    tcase_add_loop_test(tests, a_value_that_does_not_fit_is_left_out, 0,
                        COUNT(misfits));
    tcase_add_loop_test(tests, an_answer_belongs_to_its_row, 0, COUNT(joins));
    suite_add_tcase(suite, tests);
    return suite;
}

int
main(void)
{
    return suite_run(outcome_suite());
}
