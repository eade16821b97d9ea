/* judge: what errors beside the data mean. */
#include <check.h>
#include <string.h>

#include "paged/judge.h"
#include "support/pages.h"
#include "support/suite.h"

static struct pages_api api;
static struct arena arena;
static struct buf text;

static void
setup(void)
{
    pages_open(&api, "tests/fakeshop/admin-2026-10.reduced.json", "shopify");
    text = buf_with_ceiling(200);
}

static void
teardown(void)
{
    buf_free(&text);
    arena_free(&arena);
    pages_close(&api);
}

static struct json *
parse(const char *json)
{
    struct json *root;
    struct err err;

    ck_assert_msg(json_parse(&arena, span_str(json), &root, &err), "%s",
                  err.message);
    return root;
}

#define DENIED                                                \
    "{\"message\":\"no\",\"path\":[\"products\",\"nodes\",3," \
    "\"title\"],\"extensions\":{\"code\":\"ACCESS_DENIED\"}}"
#define FAULT "{\"message\":\"hm\",\"path\":[\"products\",\"nodes\",3]}"

static const struct {
    const char *errors;
    const char *data;
    enum judge_verdict verdict;
} verdicts[] = {
    {NULL, "{}", JUDGE_WHOLE},
    {"[" DENIED "]", "{}", JUDGE_DENIED},
    {"[" DENIED "," DENIED "]", "{}", JUDGE_DENIED},
    {"[" DENIED "," FAULT "]", "{}", JUDGE_FAULT},
    {"[" DENIED "]", "null", JUDGE_FAULT},
    {"[" DENIED "]", NULL, JUDGE_FAULT},
    {"[{\"type\":\"FORBIDDEN\",\"path\":[\"a\"]}]", "{}", JUDGE_DENIED},
    {"[{\"type\":\"FORBIDDEN\"}]", "{}", JUDGE_FAULT},
    {"[" FAULT "]", "{}", JUDGE_FAULT},
    {"[\"words\"]", "{}", JUDGE_FAULT},
    {"\"words\"", "{}", JUDGE_FAULT}};

START_TEST(errors_decide)
{
    const char *errors = verdicts[_i].errors, *data = verdicts[_i].data;

    ck_assert_int_eq(judge_beside_data(errors != NULL ? parse(errors) : NULL,
                                       data != NULL ? parse(data) : NULL),
                     verdicts[_i].verdict);
}

END_TEST

START_TEST(paths_name_columns)
{
    static const char query[] =
        "query @paged { products { nodes { title variants { edges { node { "
        "sku } } } } } }";
    const struct pages_connection *products =
        pages_connection(&api, query, "products");
    const struct pages *pages = api.plan->pages;
    const struct pages_connection *variants = &pages->connections[1];
    const struct json *error = parse(DENIED);
    const char *rest;

    judge_path(error, products->read, &text);
    ck_assert_str_eq(buf_str(&text), "products.title");
    ck_assert_ptr_eq(judge_table(pages, buf_str(&text), &rest),
                     products->table);
    ck_assert_str_eq(rest, "title");
    judge_path(parse("{\"path\":[\"nodes\",1,\"variants\",\"edges\",0,\"node\","
                     "\"sku\"]}"),
               variants->read, &text);
    ck_assert_str_eq(buf_str(&text), "products.variants.sku");
    ck_assert_ptr_eq(judge_table(pages, buf_str(&text), &rest),
                     variants->table);
    ck_assert_str_eq(rest, "sku");
    judge_path(parse("{\"path\":[\"nodes\",0,\"sku\"]}"), variants->by_ids,
               &text);
    ck_assert_str_eq(buf_str(&text), "products.variants.sku");
    ck_assert_ptr_null(judge_table(pages, "orders.name", &rest));
    judge_path(parse("{\"message\":\"x\"}"), products->read, &text);
    ck_assert_str_eq(buf_str(&text), "");
}

END_TEST

START_TEST(words_are_the_servers)
{
    judge_words(parse("[" DENIED ",{},\"plain\"]"), &text);
    ck_assert_str_eq(buf_str(&text), "no (ACCESS_DENIED); an error without a "
                                     "message; plain");
    buf_clear(&text);
    judge_words(parse("\"only words\""), &text);
    ck_assert_str_eq(buf_str(&text), "only words");
}

END_TEST

static Suite *
judge_suite(void)
{
    Suite *suite = suite_create("judge");
    TCase *all = tcase_create("judge");

    tcase_add_checked_fixture(all, setup, teardown);
    tcase_add_loop_test(all, errors_decide, 0,
                        sizeof(verdicts) / sizeof(verdicts[0]));
    tcase_add_test(all, paths_name_columns);
    tcase_add_test(all, words_are_the_servers);
    suite_add_tcase(suite, all);
    return suite;
}

int
main(void)
{
    return suite_run(judge_suite());
}
