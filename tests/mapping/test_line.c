/* line: a row becomes the variables of a mutation, or is refused by its key and
 * column. */
#include <check.h>

#include "mapping/line.h"
#include "mapping/mutations.h"

enum { BOOL = 16, INT8 = 20, INT4 = 23, TEXT = 25, JSON = 114, FLOAT8 = 701 };

enum { DATE = 1082, TIMESTAMPTZ = 1184, NUMERIC = 1700, UUID = 2950 };

enum { JSONB = 3802, TEXTS = 1009, INT8S = 1016, JSONBS = 3807, BOOLS = 1000 };

enum { COLUMNS_MAX = 8 };

#define KEY "0b2c7f0e-1111-4222-8333-444455556666"

static struct line_maker *maker;
static struct line line;
static struct err fault;

static void
setup(void)
{
    open_types();
    maker = NULL;
    memset(&fault, 0, sizeof(fault));
}

static void
teardown(void)
{
    line_maker_free(maker);
    close_types();
}

struct cell {
    const char *name;
    uint32_t type;
    const char *value; /* NULL: NULL */
    const char *gid_type;
};

static const struct binding *
bind_cells(const struct mutation *mutation, const struct cell *cells)
{
    static const struct binding_source source = {"q.sql", {"SELECT", 6}};
    struct binding_column columns[COLUMNS_MAX] = {{0}};
    const struct binding *binding;
    int count = 0;

    for (; count < COLUMNS_MAX && cells[count].name != NULL; count++)
        columns[count] =
            (struct binding_column){.name = cells[count].name,
                                    .type = cells[count].type,
                                    .gid_type = cells[count].gid_type};
    if (!binding_make(&types.arena, mutation, columns, count, &source, &binding,
                      &err))
        ck_abort_msg("%s", err.message);
    return binding;
}

static bool
make_line(const struct cell *cells)
{
    struct span values[COLUMNS_MAX] = {{0}};

    for (int i = 0; i < COLUMNS_MAX && cells[i].name != NULL; i++)
        if (cells[i].value != NULL)
            values[i] = span_str(cells[i].value);
    return line_make(maker, values, KEY, &line, &fault);
}

static bool
make_row(const struct mutation *mutation, const struct cell *cells)
{
    line_maker_free(maker);
    maker = line_maker_new(bind_cells(mutation, cells));
    return make_line(cells);
}

static const char *
text_of(struct span span)
{
    return span.bytes != NULL ? arena_dup(&types.arena, span) : "(none)";
}

/* ---- scalars ------------------------------------------------------------- */

/* Shopify's Decimal, Money, DateTime and so on, without their API. */
#define SCALARS                                                               \
    "type Query { a: Int } scalar DateTime scalar Date scalar JSON scalar "   \
    "Decimal scalar UnsignedInt64 scalar Odd enum E { A BIG } input I { a: "  \
    "Int! b: [I!] c: String e: E id: ID j: JSON } input One @oneOf { a: Int " \
    "b: I } type Mutation { set(k: ID!, id: ID, s: String, i: Int, f: "       \
    "Float, b: Boolean, t: DateTime, d: Date, j: JSON, n: Decimal, l: "       \
    "UnsignedInt64, o: Odd, e: E, in: I, one: One, ids: [ID!], ss: "          \
    "[String], ins: [I!], es: [E!], ll: [[Int]], bs: [Boolean!]): Int }"
#define ALL_SCALARS                                                          \
    "mutation($k: ID!, $id: ID, $s: String, $i: Int, $f: Float, $b: "        \
    "Boolean, $t: DateTime, $d: Date, $j: JSON, $n: Decimal, $l: "           \
    "UnsignedInt64, $o: Odd, $e: E, $in: I, $one: One, $ids: [ID!], $ss: "   \
    "[String], $ins: [I!], $es: [E!], $ll: [[Int]], $bs: [Boolean!]) "       \
    "@push(repeat: SAFE) { set(k: $k, id: $id, s: $s, i: $i, f: $f, b: $b, " \
    "t: $t, d: $d, j: $j, n: $n, l: $l, o: $o, e: $e, in: $in, one: $one, "  \
    "ids: $ids, ss: $ss, ins: $ins, es: $es, ll: $ll, bs: $bs) }"

/* The mutation with Shopify's rules for scalars and ids. */
static const struct mutation *
scalar_mutation(void)
{
    const struct mutation *plain = make_plain_mutation(SCALARS, ALL_SCALARS);
    struct mutation *m = arena_alloc(&types.arena, sizeof(*m));

    *m = *plain;
    m->dialect = &dialect_shopify;
    return m;
}

/* `json` is what follows "k"; if it is NULL, the row has the fault `message`.
 */
static const struct {
    struct cell cell;
    const char *json;
    const char *message;
} scalars[] = {
    /* ID */
    {{"id", TEXT, "gid://shopify/Product/1", NULL},
     "\"id\":\"gid://shopify/Product/1\"",
     NULL},
    {{"id", TEXT, "gid://shopify/InventoryLevel/1?inventory_item_id=2", NULL},
     "\"id\":\"gid://shopify/InventoryLevel/1?inventory_item_id=2\"",
     NULL},
    {{"id", INT8, "17", "Product"},
     "\"id\":\"gid://shopify/Product/17\"",
     NULL},
    {{"id", NUMERIC, "18.0", "Product"},
     "\"id\":\"gid://shopify/Product/18\"",
     NULL},
    {{"id", TEXT, "17", NULL}, NULL, "the value (text, 2 bytes) is not a gid"},
    {{"id", TEXT, "gid://shopify/Product/", NULL}, NULL, "is not a gid"},
    {{"id", TEXT, "gid://shopify//1", NULL}, NULL, "is not a gid"},
    {{"id", TEXT, "gid://shopify/Product/1 ", NULL}, NULL, "is not a gid"},
    {{"id", TEXT, "", NULL}, NULL, "(text, 0 bytes) is not a gid"},
    {{"id", INT8, "-1", "Product"},
     NULL,
     "(bigint, 2 bytes) is not the number of an id"},
    {{"id", NUMERIC, "1.5", "Product"},
     NULL,
     "(numeric, 3 bytes) is not the number of an id"},
    /* String takes any scalar's text */
    {{"s", TEXT, "a \"b\"\n\\", NULL}, "\"s\":\"a \\\"b\\\"\\n\\\\\"", NULL},
    {{"s", TEXT, "", NULL}, "\"s\":\"\"", NULL},
    {{"s", INT4, "5", NULL}, "\"s\":\"5\"", NULL},
    {{"s", BOOL, "t", NULL}, "\"s\":\"true\"", NULL},
    {{"s", BOOL, "f", NULL}, "\"s\":\"false\"", NULL},
    {{"s", UUID, KEY, NULL}, "\"s\":\"" KEY "\"", NULL},
    /* Int */
    {{"i", INT4, "2147483647", NULL}, "\"i\":2147483647", NULL},
    {{"i", INT8, "-2147483648", NULL}, "\"i\":-2147483648", NULL},
    {{"i", NUMERIC, "5.00", NULL}, "\"i\":5", NULL},
    {{"i", INT8, "2147483648", NULL},
     NULL,
     "(bigint, 10 bytes) is not an integer of 32 bits"},
    {{"i", NUMERIC, "12345678901234567890123", NULL}, NULL, "of 32 bits"},
    {{"i", NUMERIC, "5.5", NULL}, NULL, "3 bytes) is not an integer"},
    {{"i", NUMERIC, "NaN", NULL}, NULL, ": NaN is not an integer"},
    /* Float */
    {{"f", FLOAT8, "1e-05", NULL}, "\"f\":1e-05", NULL},
    {{"f", INT4, "7", NULL}, "\"f\":7", NULL},
    {{"f", FLOAT8, "-0", NULL}, "\"f\":-0", NULL},
    {{"f", FLOAT8, "NaN", NULL}, NULL, ": NaN is not a number"},
    {{"f", FLOAT8, "Infinity", NULL}, NULL, ": infinity is not a number"},
    {{"f", NUMERIC, "1e400", NULL}, NULL, "that a Float can hold"},
    /* Boolean */
    {{"b", BOOL, "t", NULL}, "\"b\":true", NULL},
    {{"b", BOOL, "f", NULL}, "\"b\":false", NULL},
    /* DateTime, in UTC */
    {{"t", TIMESTAMPTZ, "2026-03-04 05:06:07+00", NULL},
     "\"t\":\"2026-03-04T05:06:07Z\"",
     NULL},
    {{"t", TIMESTAMPTZ, "2026-03-04 05:06:07.125+05:30", NULL},
     "\"t\":\"2026-03-03T23:36:07.125Z\"",
     NULL},
    {{"t", TIMESTAMPTZ, "1999-12-31 23:59:59.5-01", NULL},
     "\"t\":\"2000-01-01T00:59:59.5Z\"",
     NULL},
    {{"t", TIMESTAMPTZ, "1969-12-31 23:59:59.000001+00", NULL},
     "\"t\":\"1969-12-31T23:59:59.000001Z\"",
     NULL},
    {{"t", TEXT, "2026-03-04T05:06:07Z", NULL},
     "\"t\":\"2026-03-04T05:06:07Z\"",
     NULL},
    {{"t", TEXT, "2026-03-04T05:06:07", NULL},
     NULL,
     "is not a time with a time zone"},
    {{"t", TIMESTAMPTZ, "infinity", NULL}, NULL, "is not a time"},
    {{"t", TEXT, "2026-13-04T05:06:07Z", NULL}, NULL, "is not a time"},
    /* Date */
    {{"d", DATE, "2026-02-28", NULL}, "\"d\":\"2026-02-28\"", NULL},
    {{"d", TEXT, "2026-02-30", NULL}, NULL, "10 bytes) is not a date"},
    {{"d", DATE, "infinity", NULL}, NULL, "is not a date"},
    /* Decimal and UnsignedInt64 are strings */
    {{"n", NUMERIC, "12.50", NULL}, "\"n\":\"12.50\"", NULL},
    {{"n", FLOAT8, "12.5", NULL}, "\"n\":\"12.5\"", NULL},
    {{"n", INT4, "-3", NULL}, "\"n\":\"-3\"", NULL},
    {{"n", TEXT, "0.1", NULL}, "\"n\":\"0.1\"", NULL},
    {{"n", TEXT, "1,5", NULL}, NULL, "3 bytes) is not a decimal number"},
    {{"n", TEXT, "", NULL}, NULL, "0 bytes) is not a decimal number"},
    {{"n", FLOAT8, "1e-05", NULL}, NULL, "is not a decimal number"},
    {{"n", NUMERIC, "NaN", NULL}, NULL, ": NaN is not a decimal number"},
    {{"n", NUMERIC, "-Infinity", NULL}, NULL, "is not a decimal number"},
    {{"l", NUMERIC, "18446744073709551615", NULL},
     "\"l\":\"18446744073709551615\"",
     NULL},
    {{"l", NUMERIC, "18446744073709551616", NULL}, NULL, "of 64 bits"},
    {{"l", INT8, "-1", NULL}, NULL, "is not an unsigned integer"},
    {{"l", TEXT, "x", NULL}, NULL, "(text, 1 byte) is not an integer"},
    /* enumerations */
    {{"e", TEXT, "BIG", NULL}, "\"e\":\"BIG\"", NULL},
    {{"e", TEXT, "big", NULL},
     NULL,
     "(text, 3 bytes) is not a value of E; did you mean \"BIG\"?"},
    {{"e", TEXT, "", NULL}, NULL, "0 bytes) is not a value of E"},
    /* JSON, and scalars that are not known */
    {{"j", JSON, " {\"b\" : [1,\n 2.50], \"a\":null}", NULL},
     "\"j\":{\"b\":[1,2.50],\"a\":null}",
     NULL},
    {{"j", JSON, "{\"a\": \"x\\u0000\"}", NULL}, NULL, "NUL"},
    {{"j", JSON, "{", NULL}, NULL, "not valid JSON"},
    {{"o", INT4, "5", NULL}, "\"o\":5", NULL},
    {{"o", TEXT, "5", NULL}, "\"o\":\"5\"", NULL},
    {{"o", BOOL, "t", NULL}, "\"o\":true", NULL},
    {{"o", JSONB, "[1, 2]", NULL}, "\"o\":[1,2]", NULL},
    {{"o", TIMESTAMPTZ, "2026-03-04 05:06:07+00", NULL},
     "\"o\":\"2026-03-04T05:06:07Z\"",
     NULL},
    /* lists */
    {{"ss", TEXTS, "{}", NULL}, "\"ss\":[]", NULL},
    {{"ss", TEXTS, "{a,\"b \\\"c\\\" \\\\\",NULL,\"NULL\",\"\"}", NULL},
     "\"ss\":[\"a\",\"b \\\"c\\\" \\\\\",null,\"NULL\",\"\"]",
     NULL},
    {{"ss", TEXTS, "[2:3]={a,b}", NULL}, "\"ss\":[\"a\",\"b\"]", NULL},
    {{"ss", TEXTS, "{{a},{b}}", NULL}, NULL, "not an array of one dimension"},
    {{"ss", JSONB, "[\"a\", 5, true, null]", NULL},
     "\"ss\":[\"a\",\"5\",\"true\",null]",
     NULL},
    {{"ids", INT8S, "{1,2}", "Product"},
     "\"ids\":[\"gid://shopify/Product/1\",\"gid://shopify/Product/2\"]",
     NULL},
    {{"ids", TEXTS, "{gid://shopify/Product/1,NULL}", NULL},
     NULL,
     "[1]: ID! expected, found NULL"},
    {{"ids", JSONB, "[\"gid://shopify/Product/1\"]", NULL},
     "\"ids\":[\"gid://shopify/Product/1\"]",
     NULL},
    {{"ids", JSONB, "[\"gid://shopify/Product/1\", 5]", NULL},
     NULL,
     "[1]: the value is a number, but ids are gids: write "
     "bulkpg.gid('TYPE', number)"},
    {{"ids", JSONB, "[5]", "Product"},
     "\"ids\":[\"gid://shopify/Product/5\"]",
     NULL},
    {{"ids", JSONB, "[null]", NULL}, NULL, "[0]: ID! expected, found null"},
    {{"ids", JSONB, "\"gid://shopify/Product/1\"", NULL},
     NULL,
     "[ID!] expected, found a string"},
    {{"es", TEXTS, "{A,BIG}", NULL}, "\"es\":[\"A\",\"BIG\"]", NULL},
    {{"es", TEXTS, "{A,C}", NULL},
     NULL,
     "[1]: the value (text, 1 byte) is not"},
    {{"bs", BOOLS, "{t,f}", NULL}, "\"bs\":[true,false]", NULL},
    {{"ll", JSONB, "[[1], null, []]", NULL}, "\"ll\":[[1],null,[]]", NULL},
    {{"ll", JSONB, "[1]", NULL}, NULL, "[0]: [Int] expected, found a number"},
    {{"ins", JSONBS, "{\"{\\\"a\\\": 1}\"}", NULL},
     "\"ins\":[{\"a\":1}]",
     NULL},
    {{"ins", JSONB, "[{\"a\": 1}, {\"c\": \"x\"}]", NULL},
     NULL,
     "[1]: the field \"a\" (Int!) of I is missing"},
    /* input objects; fields have the order of the schema */
    {{"in", JSONB,
      "{\"e\": \"A\", \"c\": \"x\", \"b\": [{\"a\": 2}], \"a\": 1}", NULL},
     "\"in\":{\"a\":1,\"b\":[{\"a\":2}],\"c\":\"x\",\"e\":\"A\"}",
     NULL},
    {{"in", JSONB, "{\"a\": 1, \"c\": null}", NULL},
     "\"in\":{\"a\":1,\"c\":null}",
     NULL},
    {{"in", JSONB, "{\"a\": null}", NULL},
     NULL,
     "a: Int! expected, found null"},
    {{"in", JSONB, "{\"a\": 1, \"cc\": 1}", NULL},
     NULL,
     "I has no field \"cc\""},
    {{"in", JSON, "{\"a\": 1, \"a\": 2}", NULL}, NULL, "\"a\" is given twice"},
    {{"in", JSONB, "{\"a\": 1, \"b\": [{\"a\": \"x\"}]}", NULL},
     NULL,
     "b[0].a: Int expected, found a string"},
    {{"in", JSONB, "{\"a\": 1, \"e\": \"x\"}", NULL},
     NULL,
     "e: the value (a string, 1 byte) is not a value of E"},
    {{"in", JSONB, "{\"a\": 1, \"e\": 5}", NULL},
     NULL,
     "e: E expected, found a number"},
    {{"in", JSONB, "[]", NULL}, NULL, "I expected, found a list"},
    {{"in", JSONB, "{\"a\": 1, \"j\": {\"x\": [true]}}", NULL},
     "\"in\":{\"a\":1,\"j\":{\"x\":[true]}}",
     NULL},
    {{"in", JSON, "{\"a\": 1, \"c\": \"x\\ud83d\"}", NULL},
     NULL,
     "it has half of a surrogate pair"},
    {{"in", JSON, "{\"a\": 1, \"j\": {\"x\\u0000y\": 1}}", NULL},
     NULL,
     "it has half of a surrogate pair, or the character NUL in a name"},
    {{"in", JSON, "{\"a\": 1, \"c\": \"\\ud83d\\ude00\"}", NULL},
     "\"in\":{\"a\":1,\"c\":\"\xf0\x9f\x98\x80\"}",
     NULL},
    {{"in", JSONB, "null", NULL}, "\"in\":null", NULL},
    {{"one", JSONB, "{\"a\": 1}", NULL}, "\"one\":{\"a\":1}", NULL},
    {{"one", JSONB, "{}", NULL},
     NULL,
     "One takes exactly one field that is not null, found 0"},
    {{"one", JSONB, "{\"a\": 1, \"b\": {\"a\": 1}}", NULL},
     NULL,
     "exactly one field that is not null, found 2"},
    {{"one", JSONB, "{\"a\": null}", NULL}, NULL, "exactly one field"},
    /* NULL leaves the variable out */
    {{"s", TEXT, NULL, NULL}, "", NULL},
};

START_TEST(a_value_is_checked_by_its_type)
{
    struct cell cells[COLUMNS_MAX] = {{"k", TEXT, "gid://shopify/Key/1", NULL},
                                      scalars[_i].cell};
    const char *prefix = "row gid://shopify/Key/1, column ";
    bool made = make_row(scalar_mutation(), cells);

    if (scalars[_i].json != NULL) {
        ck_assert_msg(made, "%s", fault.message);
        ck_assert_str_eq(text_of(line.variables),
                         arena_printf(&types.arena,
                                      "{\"k\":\"gid://shopify/Key/1\"%s%s}",
                                      scalars[_i].json[0] != '\0' ? "," : "",
                                      scalars[_i].json));
        return;
    }
    ck_assert_msg(!made, "%s", text_of(line.variables));
    ck_assert_int_eq(fault.kind, ERR_ROW);
    ck_assert(err_is(&fault, MSG_PUSH_VALUE));
    ck_assert_msg(strstr(fault.message, scalars[_i].message) != NULL, "%s",
                  fault.message);
    ck_assert_msg(strncmp(fault.message, prefix, strlen(prefix)) == 0, "%s",
                  fault.message);
    ck_assert_str_eq(line.fault_column, scalars[_i].cell.name);
    ck_assert_str_eq(text_of(line.key), "gid://shopify/Key/1");
}

END_TEST

/* Readers of the journal and of the log see messages, but not rows. */
static const struct cell secrets[] = {
    {"id", TEXT, "Jane", NULL},
    {"t", TEXT, "Jane", NULL},
    {"d", TEXT, "Jane", NULL},
    {"n", TEXT, "Jane", NULL},
    {"l", TEXT, "Jane", NULL},
    {"e", TEXT, "Jane", NULL},
    {"es", TEXTS, "{Jane}", NULL},
    {"ids", JSONB, "[\"Jane\"]", NULL},
    {"ins", JSONB, "[{\"a\": 1, \"id\": \"Jane\"}]", NULL},
    {"in", JSONB, "{\"Jane Doe\": 1}", NULL},
    {"in", JSONB, "{\"a\": 1, \"e\": \"Jane\"}", NULL},
    {"j", JSON, "Jane", NULL},
    {"i", NUMERIC, "5263.5263", NULL},
    {"ids", JSONB, "[5263]", NULL},
    {"f", NUMERIC, "5263e400", NULL},
};

START_TEST(a_fault_does_not_have_the_value)
{
    struct cell cells[COLUMNS_MAX] = {{"k", TEXT, "gid://shopify/Key/1", NULL},
                                      secrets[_i]};

    ck_assert(!make_row(scalar_mutation(), cells));
    ck_assert_msg(strstr(fault.message, "Jane") == NULL &&
                      strstr(fault.message, "5263") == NULL,
                  "%s", fault.message);
}

END_TEST

START_TEST(an_api_without_gids_takes_ids_and_numbers_as_they_are)
{
    struct cell cells[COLUMNS_MAX] = {{"k", INT8, "7", NULL},
                                      {"id", TEXT, "x y", NULL},
                                      {"n", NUMERIC, "1.50", NULL},
                                      {"l", TEXT, "8", NULL}};

    ck_assert(make_row(make_plain_mutation(SCALARS, ALL_SCALARS), cells));
    ck_assert_str_eq(text_of(line.variables),
                     "{\"k\":\"7\",\"id\":\"x y\",\"n\":1.50,\"l\":\"8\"}");
}

END_TEST

/* ---- NULL and paths ------------------------------------------------------ */

#define PRODUCT_NULL \
    "mutation($product: ProductUpdateInput! @null) " UPDATE_FIELD
#define ID1 "gid://shopify/Product/1"

static const struct {
    const char *mutation;
    struct cell cells[COLUMNS_MAX];
    const char *json; /* NULL: `message` */
    const char *message;
} paths[] = {
    {UPDATE,
     {{"title", TEXT, "T", NULL},
      {"id", TEXT, ID1, NULL},
      {"seo_title", TEXT, "S", NULL}},
     "{\"product\":{\"id\":\"" ID1 "\",\"seo\":{\"title\":\"S\"},\"title\":"
     "\"T\"}}",
     NULL},
    /* NULL leaves a field out, and an object without fields */
    {UPDATE,
     {{"title", TEXT, NULL, NULL},
      {"id", TEXT, ID1, NULL},
      {"seo_title", TEXT, NULL, NULL},
      {"seo_description", TEXT, NULL, NULL}},
     "{\"product\":{\"id\":\"" ID1 "\"}}",
     NULL},
    /* with @null on the object, it is null */
    {PRODUCT_NULL,
     {{"title", TEXT, NULL, NULL},
      {"id", TEXT, ID1, NULL},
      {"seo_title", TEXT, NULL, NULL}},
     "{\"product\":{\"id\":\"" ID1 "\",\"seo\":{\"title\":null},\"title\":"
     "null}}",
     NULL},
    /* the only required variable */
    {UPDATE,
     {{"product", JSONB, NULL, NULL}, {"_key", TEXT, "k", NULL}},
     NULL,
     "row k, column product: it is NULL, but $product is required: "
     "ProductUpdateInput!"},
    {UPDATE,
     {{"title", TEXT, NULL, NULL}, {"_key", TEXT, "k", NULL}},
     "{\"product\":{}}",
     NULL},
    {PRICES,
     {{"product_id", TEXT, NULL, NULL},
      {"variants", JSONB, "[]", NULL},
      {"_key", INT8, "4", NULL}},
     NULL,
     "row 4, column product_id: it is NULL, but $product_id"},
    /* a key that is NULL */
    {PRICES,
     {{"product_id", TEXT, NULL, NULL}, {"variants", JSONB, "[]", NULL}},
     NULL,
     "the key of the row, product_id, is NULL"},
    {UPDATE,
     {{"product", JSONB, "{\"title\": \"x\"}", NULL}},
     NULL,
     "the key of the row, id, is NULL"},
    /* oneOf by columns */
    {"mutation($input: ProductSetInput!, $identifier: ProductSetIdentifiers!) "
     "{ productSet(input: $input, identifier: $identifier) { product { id } } }",
     {{"input", JSONB, "{}", NULL},
      {"identifier_handle", TEXT, "h", NULL},
      {"identifier_id", TEXT, NULL, NULL},
      {"_key", TEXT, "k", NULL}},
     "{\"input\":{},\"identifier\":{\"handle\":\"h\"}}",
     NULL},
    {"mutation($input: ProductSetInput!, $identifier: ProductSetIdentifiers! "
     "@null) { productSet(input: $input, identifier: $identifier) { product { "
     "id } } }",
     {{"input", JSONB, "{}", NULL},
      {"identifier_handle", TEXT, "h", NULL},
      {"identifier_id", TEXT, ID1, NULL},
      {"_key", TEXT, "k", NULL}},
     NULL,
     "row k, column identifier_handle: ProductSetIdentifiers takes exactly one "
     "field that is not null, found 2"},
};

START_TEST(columns_become_objects)
{
    bool made = make_row(make_mutation(paths[_i].mutation), paths[_i].cells);

    if (paths[_i].json != NULL) {
        ck_assert_msg(made, "%s", fault.message);
        ck_assert_str_eq(text_of(line.variables), paths[_i].json);
        return;
    }
    ck_assert_msg(!made, "%s", text_of(line.variables));
    ck_assert_msg(strncmp(fault.message, paths[_i].message,
                          strlen("row 4, column product_id")) == 0,
                  "%s", fault.message);
}

END_TEST

/* ---- keys and hashes ----------------------------------------------------- */

START_TEST(a_key_of_several_parts_is_written_as_jsonb_writes_it)
{
    struct cell cells[COLUMNS_MAX] = {{"id", TEXT, ID1, NULL},
                                      {"title", TEXT, "a \"b\"\t\001", NULL},
                                      {"_key", TEXT, NULL, NULL}};
    const struct mutation *m =
        make_mutation("mutation($product: ProductUpdateInput!) @push(key: "
                      "[\"title\", \"id\"]) " UPDATE_FIELD);

    cells[2].name = NULL;
    ck_assert_msg(make_row(m, cells), "%s", fault.message);
    ck_assert_str_eq(text_of(line.key),
                     "[\"a \\\"b\\\"\\t\\u0001\", \"" ID1 "\"]");
}

END_TEST

START_TEST(numbers_in_a_key_stay_numbers)
{
    struct cell cells[COLUMNS_MAX] = {{"k", TEXT, ID1, NULL},
                                      {"i", INT4, "5", NULL},
                                      {"n", NUMERIC, "1.50", NULL}};
    struct mutation m = *scalar_mutation();
    static const char *const names[] = {"i", "n", "k"};

    m.key = names;
    m.key_count = 3;
    ck_assert(make_row(&m, cells));
    ck_assert_str_eq(text_of(line.key), "[5, 1.50, \"" ID1 "\"]");
}

END_TEST

START_TEST(a_key_inside_of_a_variable_is_found)
{
    struct cell cells[COLUMNS_MAX] = {
        {"product", JSONB, "{\"title\": 1, \"id\": \"" ID1 "\"}", NULL}};

    ck_assert_msg(make_row(make_mutation(UPDATE), cells), "%s", fault.message);
    ck_assert_str_eq(text_of(line.key), ID1);
    ck_assert_str_eq(text_of(line.variables),
                     "{\"product\":{\"id\":\"" ID1 "\",\"title\":\"1\"}}");
}

END_TEST

#define ADJUST                                           \
    "mutation($input: InventoryAdjustQuantitiesInput!) " \
    "{ inventoryAdjustQuantities(input: $input) { userErrors { field } } }"
#define CHANGES                                                           \
    "[{\"delta\": 1, \"changeFromQuantity\": null, \"inventoryItemId\": " \
    "\"gid://shopify/InventoryItem/1\", \"locationId\": "                 \
    "\"gid://shopify/Location/1\"}]"

START_TEST(the_hash_leaves_the_idempotency_key_out)
{
    struct cell cells[COLUMNS_MAX] = {{"_key", TEXT, "e1", NULL},
                                      {"reason", TEXT, "x", NULL},
                                      {"name", TEXT, "available", NULL},
                                      {"changes", JSONB, CHANGES, NULL}};
    const struct mutation *m = make_mutation(ADJUST);
    char hash[LINE_HASH_BYTES];
    struct buf other = buf_with_ceiling(10000);

    ck_assert_msg(make_row(m, cells), "%s", fault.message);
    ck_assert_msg(
        strstr(text_of(line.variables), ",\"bulkpg_key\":\"" KEY "\"}") != NULL,
        "%s", text_of(line.variables));
    ck_assert_uint_eq(strlen(line.hash), 32);
    line_hash(m, line.variables, hash);
    ck_assert_str_eq(hash, line.hash);
    line_with_key(m, line.variables, "k\"2", &other);
    ck_assert(strstr(buf_str(&other), ",\"bulkpg_key\":\"k\\\"2\"}") != NULL);
    ck_assert(strstr(buf_str(&other), KEY) == NULL);
    line_hash(m, buf_span(&other), hash);
    ck_assert_str_eq(hash, line.hash);
    cells[1].value = "y";
    ck_assert(make_line(cells));
    ck_assert_str_ne(hash, line.hash);
    buf_free(&other);
}

END_TEST

START_TEST(the_files_own_idempotency_key_is_the_last_member)
{
    struct cell cells[COLUMNS_MAX] = {{"event", TEXT, "e1", NULL},
                                      {"input_reason", TEXT, "x", NULL},
                                      {"input_name", TEXT, "available", NULL},
                                      {"input_changes", JSONB, CHANGES, NULL}};
    const struct mutation *m = make_mutation(
        "mutation($event: String!, $input: InventoryAdjustQuantitiesInput!) "
        "@push(key: \"event\") { inventoryAdjustQuantities(input: $input) "
        "@idempotent(key: $event) { userErrors { field } } }");
    char first[LINE_HASH_BYTES];

    ck_assert_msg(make_row(m, cells), "%s", fault.message);
    ck_assert_msg(strncmp(text_of(line.variables), "{\"input\":", 9) == 0 &&
                      strstr(text_of(line.variables), "},\"event\":\"e1\"}"),
                  "%s", text_of(line.variables));
    memcpy(first, line.hash, sizeof(first));
    cells[0].value = "e2";
    ck_assert(make_line(cells));
    ck_assert_str_eq(first, line.hash);
    ck_assert_str_eq(text_of(line.key), "e2");
}

END_TEST

/* ---- before -------------------------------------------------------------- */

static const struct {
    struct cell cells[COLUMNS_MAX];
    enum line_before compared;
    const char *before;
} befores[] = {
    {{{"id", TEXT, ID1, NULL},
      {"title", TEXT, "new", NULL},
      {"_before_title", TEXT, "old", NULL}},
     LINE_BEFORE_DIFFERENT,
     "{\"product\":{\"id\":\"" ID1 "\",\"title\":\"old\"}}"},
    {{{"id", TEXT, ID1, NULL},
      {"title", TEXT, "new", NULL},
      {"_before_title", TEXT, "new", NULL}},
     LINE_BEFORE_EQUAL,
     "{\"product\":{\"id\":\"" ID1 "\",\"title\":\"new\"}}"},
    /* NULL before is null, where the type allows it */
    {{{"id", TEXT, ID1, NULL},
      {"title", TEXT, "new", NULL},
      {"_before_title", TEXT, NULL, NULL}},
     LINE_BEFORE_DIFFERENT,
     "{\"product\":{\"id\":\"" ID1 "\",\"title\":null}}"},
    /* what is not sent is not undone */
    {{{"id", TEXT, ID1, NULL},
      {"title", TEXT, NULL, NULL},
      {"_before_title", TEXT, "old", NULL}},
     LINE_BEFORE_EQUAL,
     "{\"product\":{\"id\":\"" ID1 "\"}}"},
    /* the hash decides if a column has no value before */
    {{{"id", TEXT, ID1, NULL},
      {"title", TEXT, "new", NULL},
      {"vendor", TEXT, "v", NULL},
      {"_before_title", TEXT, "new", NULL}},
     LINE_BEFORE_UNKNOWN,
     "{\"product\":{\"id\":\"" ID1 "\",\"title\":\"new\",\"vendor\":\"v\"}}"},
    {{{"id", TEXT, ID1, NULL},
      {"title", TEXT, "new", NULL},
      {"vendor", TEXT, NULL, NULL},
      {"_before_title", TEXT, "new", NULL}},
     LINE_BEFORE_EQUAL,
     "{\"product\":{\"id\":\"" ID1 "\",\"title\":\"new\"}}"},
    /* equal values in another order of fields */
    {{{"id", TEXT, ID1, NULL},
      {"seo", JSONB, "{\"title\": \"t\", \"description\": \"d\"}", NULL},
      {"_before_seo", JSON, "{\"description\":\"d\",\"title\":\"t\"}", NULL}},
     LINE_BEFORE_EQUAL,
     "{\"product\":{\"id\":\"" ID1
     "\",\"seo\":{\"description\":\"d\",\"title\":\"t\"}}}"},
    /* a value before that is not valid: the row is sent, and has no image */
    {{{"id", TEXT, ID1, NULL},
      {"status", TEXT, "ACTIVE", NULL},
      {"_before_status", TEXT, "NOPE", NULL}},
     LINE_BEFORE_DIFFERENT,
     "(none)"},
    {{{"id", TEXT, ID1, NULL}, {"title", TEXT, "new", NULL}},
     LINE_BEFORE_UNKNOWN,
     "(none)"},
};

START_TEST(the_values_before_give_an_image)
{
    ck_assert_msg(make_row(make_mutation(UPDATE), befores[_i].cells), "%s",
                  fault.message);
    ck_assert_int_eq(line.compared, befores[_i].compared);
    ck_assert_str_eq(text_of(line.before), befores[_i].before);
}

END_TEST

START_TEST(decimals_are_compared_as_numbers)
{
    struct cell cells[COLUMNS_MAX] = {{"k", TEXT, ID1, NULL},
                                      {"n", NUMERIC, "12.50", NULL},
                                      {"_before_n", TEXT, "12.5", NULL},
                                      {"in", JSONB, "{\"a\": 1}", NULL},
                                      {"_before_in", JSON, "{\"a\":1}", NULL}};

    ck_assert(make_row(scalar_mutation(), cells));
    ck_assert_int_eq(line.compared, LINE_BEFORE_EQUAL);
    ck_assert(strstr(text_of(line.variables), "\"n\":\"12.50\"") != NULL);
    ck_assert(strstr(text_of(line.before), "\"n\":\"12.5\"") != NULL);
    cells[2].value = "10.0";
    ck_assert(make_line(cells));
    ck_assert_int_eq(line.compared, LINE_BEFORE_DIFFERENT);
    cells[1].value = "10";
    ck_assert(make_line(cells));
    ck_assert_int_eq(line.compared, LINE_BEFORE_EQUAL);
}

END_TEST

START_TEST(null_before_a_required_value_cannot_be_undone)
{
    struct cell cells[COLUMNS_MAX] = {{"product_id", TEXT, ID1, NULL},
                                      {"variants", JSONB, "[]", NULL},
                                      {"_before_variants", JSONB, NULL, NULL}};

    ck_assert(make_row(make_mutation(PRICES), cells));
    ck_assert_int_eq(line.compared, LINE_BEFORE_DIFFERENT);
    ck_assert_ptr_null(line.before.bytes);
}

END_TEST

/* ---- rows after each other, and --from ----------------------------------- */

START_TEST(a_fault_does_not_harm_the_next_row)
{
    struct cell cells[COLUMNS_MAX] = {
        {"product_id", TEXT, ID1, NULL},
        {"variants", JSONB, "[{\"x\": 1}]", NULL}};

    ck_assert(!make_row(make_mutation(PRICES), cells));
    ck_assert_str_eq(fault.message,
                     "row " ID1
                     ", column variants: [0]: ProductVariantsBulkInput has no "
                     "field \"x\"");
    cells[1].value = "[{\"price\": 12.50, \"id\": "
                     "\"gid://shopify/ProductVariant/2\"}]";
    ck_assert_msg(make_line(cells), "%s", fault.message);
    ck_assert_str_eq(text_of(line.variables),
                     "{\"productId\":\"" ID1 "\",\"variants\":[{\"id\":"
                     "\"gid://shopify/ProductVariant/2\",\"price\":\"12.50\"}]"
                     "}");
}

END_TEST

static const struct {
    const char *text;
    const char *json; /* NULL: `message` */
    const char *message;
} lines[] = {
    {"{\"variants\": [], \"productId\": \"" ID1 "\", \"Jane Doe\": 1}", NULL,
     "the mutation has no variable with a name of 8 bytes"},
    {"{\"variants\": [], \"productId\": \"" ID1 "\"}",
     "{\"productId\":\"" ID1 "\",\"variants\":[]}", NULL},
    {"{\"variants\": [],", NULL, "not valid JSON"},
    {"[]", NULL, "the line is not an object of variables"},
    {"{\"variants\": [], \"productId\": \"" ID1 "\", \"x\": 1}", NULL,
     "the mutation has no variable \"x\""},
    {"{\"variants\": []}", NULL, "the key of the row, productId, is NULL"},
    {"{\"productId\": \"" ID1 "\", \"variants\": [{\"id\": "
     "\"gid://shopify/ProductVariant/1\", \"barcode\": \"\\ude00\"}]}",
     NULL, "row " ID1 ": it has half of a surrogate pair"},
    {"{\"productId\": \"a\\u0000b\", \"variants\": []}", NULL,
     "the key of the row, productId, has a NUL character"},
    {"{\"productId\": \"" ID1 "\"}", NULL,
     "row " ID1 ", column variants: it is missing, but "
     "[ProductVariantsBulkInput!]! is required"},
    {"{\"productId\": \"1\", \"variants\": []}", NULL,
     "row 1, column productId: the value (a string, 1 byte) is not a gid"},
    {"{\"productId\": \"" ID1 "\", \"productId\": \"x\", \"variants\": []}",
     NULL, "\"productId\" is given twice"},
    {"{\"productId\": \"" ID1 "\", \"variants\": null}", NULL,
     "column variants: [ProductVariantsBulkInput!]! expected, found null"},
};

START_TEST(a_line_of_a_file_has_the_same_checks)
{
    const struct binding *binding;
    bool made;

    ck_assert(binding_make_for_json(&types.arena, make_mutation(PRICES),
                                    &binding, &err));
    maker = line_maker_new(binding);
    made = line_from_json(maker, span_str(lines[_i].text), KEY, &line, &fault);
    if (lines[_i].json != NULL) {
        ck_assert_msg(made, "%s", fault.message);
        ck_assert_str_eq(text_of(line.variables), lines[_i].json);
        ck_assert_str_eq(text_of(line.key), ID1);
        ck_assert_uint_eq(strlen(line.hash), 32);
        return;
    }
    ck_assert(!made);
    ck_assert_int_eq(fault.kind, ERR_ROW);
    ck_assert_msg(strstr(fault.message, lines[_i].message) != NULL, "%s",
                  fault.message);
}

END_TEST

static Suite *
line_suite(void)
{
    Suite *suite = suite_create("line");
    TCase *tests = tcase_create("line");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, a_value_is_checked_by_its_type, 0,
                        COUNT(scalars));
    tcase_add_loop_test(tests, a_fault_does_not_have_the_value, 0,
                        COUNT(secrets));
    tcase_add_test(tests,
                   an_api_without_gids_takes_ids_and_numbers_as_they_are);
    tcase_add_loop_test(tests, columns_become_objects, 0, COUNT(paths));
    tcase_add_test(tests, a_key_of_several_parts_is_written_as_jsonb_writes_it);
    tcase_add_test(tests, numbers_in_a_key_stay_numbers);
    tcase_add_test(tests, a_key_inside_of_a_variable_is_found);
    tcase_add_test(tests, the_hash_leaves_the_idempotency_key_out);
    tcase_add_test(tests, the_files_own_idempotency_key_is_the_last_member);
    tcase_add_loop_test(tests, the_values_before_give_an_image, 0,
                        COUNT(befores));
    tcase_add_test(tests, decimals_are_compared_as_numbers);
    tcase_add_test(tests, null_before_a_required_value_cannot_be_undone);
    tcase_add_test(tests, a_fault_does_not_harm_the_next_row);
    tcase_add_loop_test(tests, a_line_of_a_file_has_the_same_checks, 0,
                        COUNT(lines));
    suite_add_tcase(suite, tests);
    return suite;
}

int
main(void)
{
    return suite_run(line_suite());
}
