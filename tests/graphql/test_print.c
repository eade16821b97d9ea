/* graphql: equal documents are printed as the same text, and parsing this text
 * gives an equal document. */
#include <check.h>
#include <string.h>

#include "graphql/document.h"
#include "support/suite.h"

enum { CEILING_BYTES = 65536 };

static struct arena arena;
static struct buf first, second;
static struct err err;

static void
setup(void)
{
    arena = (struct arena){0};
    first = buf_with_ceiling(CEILING_BYTES);
    second = buf_with_ceiling(CEILING_BYTES);
    memset(&err, 0, sizeof(err));
}

static void
teardown(void)
{
    buf_free(&first);
    buf_free(&second);
    arena_free(&arena);
}

static void
print(const char *text, struct buf *out)
{
    struct gql_document *document;

    if (!gql_parse(&arena, "q", span_str(text), &document, &err))
        ck_abort_msg("%s", err.message);
    gql_print(document, out);
    ck_assert(!out->overflowed);
}

static const struct {
    const char *text;
    const char *printed;
} cases[] = {
    {"query{a}", "{\n  a\n}\n"},
    {"query Q{a}", "query Q {\n  a\n}\n"},
    {"query@d{a}", "query @d {\n  a\n}\n"},
    {"mutation{a}", "mutation {\n  a\n}\n"},
    {"subscription S{a}", "subscription S {\n  a\n}\n"},
    {"query($a:[Int!]=[1,2]@x,$b:T!){a}",
     "query ($a: [Int!] = [1, 2] @x, $b: T!) {\n  a\n}\n"},
    {"query Q($a:T)@d{a}", "query Q($a: T) @d {\n  a\n}\n"},
    {"{a:b(c:1,d:[],e:{},f:{g:true,h:null}) @i(j:-1.5e3) @k{l,m}}",
     "{\n  a: b(c: 1, d: [], e: {}, f: {g: true, h: null}) @i(j: -1.5e3) @k "
     "{\n    l\n    m\n  }\n}\n"},
    {"{...F@x ...on T@y{a} ...{b}} fragment F on T@z{c{d}}",
     "{\n  ...F @x\n  ... on T @y {\n    a\n  }\n  ... {\n    b\n  }\n}\n\n"
     "fragment F on T @z {\n  c {\n    d\n  }\n}\n"},
    {"fragment F on T{a} query A{b} query B{c}",
     "query A {\n  b\n}\n\nquery B {\n  c\n}\n\nfragment F on T {\n  a\n}\n"},
    {"{a(b:$c,d:E,f:false)}", "{\n  a(b: $c, d: E, f: false)\n}\n"},
    {"{a(b:\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0001\\u007f\\u0085\\u00A0é😀\")}",
     "{\n  a(b: \"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u007F\\u0085"
     "\u00a0é😀\")\n}\n"},
    {"{a(b:\"\xc2\x80\xc2\x9f\")}", "{\n  a(b: \"\\u0080\\u009F\")\n}\n"},
    {"{a(b:\"\"\"\n    one\n      \"two\"\n  \"\"\")}",
     "{\n  a(b: \"one\\n  \\\"two\\\"\")\n}\n"},
    {"# gone\n{,a,}# gone", "{\n  a\n}\n"},
};

START_TEST(printed_canonically)
{
    print(cases[_i].text, &first);
    ck_assert_str_eq(buf_str(&first), cases[_i].printed);
}

END_TEST

START_TEST(what_is_printed_reads_back_the_same)
{
    print(cases[_i].text, &first);
    print(buf_str(&first), &second);
    ck_assert_str_eq(buf_str(&first), buf_str(&second));
}

END_TEST

START_TEST(a_value_is_printed_alone)
{
    struct gql_value three = {.kind = GQL_INT, .text = "3"};
    struct gql_argument field = {.name = "x", .value = &three};
    struct gql_value made = {.kind = GQL_OBJECT, .fields = &field};

    gql_print_value(&made, &first);
    ck_assert_str_eq(buf_str(&first), "{x: 3}");
}

END_TEST

static Suite *
print_suite(void)
{
    Suite *suite = suite_create("graphql_print");
    TCase *tests = tcase_create("print");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, printed_canonically, 0, COUNT(cases));
    tcase_add_loop_test(tests, what_is_printed_reads_back_the_same, 0,
                        COUNT(cases));
    tcase_add_test(tests, a_value_is_printed_alone);
    suite_add_tcase(suite, tests);
    return suite;
}

int
main(void)
{
    return suite_run(print_suite());
}
