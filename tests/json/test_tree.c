/* tree, walk, index: JSON documents in memory, and finding values in them. */
#include <check.h>
#include <math.h>
#include <string.h>

#include "base/buf.h"
#include "json/index.h"
#include "json/tree.h"
#include "support/suite.h"

static struct arena arena;
static struct err err;

static void
setup(void)
{
    arena = (struct arena){0};
    memset(&err, 0, sizeof(err));
}

static void
teardown(void)
{
    arena_free(&arena);
}

static struct json *
parse(const char *text)
{
    struct json *root = NULL;

    if (!json_parse(&arena, span_str(text), &root, &err))
        ck_abort_msg("%s", err.message);
    return root;
}

static void
assert_source(const struct json *value, const char *source)
{
    ck_assert_msg(span_is(value->source, source), "%.*s is not %s",
                  SPAN_ARG(value->source), source);
}

/* ---- the tree ----------------------------------------------------------- */

START_TEST(members_of_the_outer_object_are_not_parsed)
{
    static const char text[] = "{\"data\":{\"a\":{\"x\":[1,{}]},\"b\":[2,[3]],"
                               "\"c\":4},\"errors\":[{\"data\":{\"y\":{\"z\":5"
                               "}}}]}";
    struct json *root, *a, *b;

    ck_assert(json_parse_outer(&arena, span_str(text), "data", &root, &err));
    a = json_path(root, "data", "a", NULL);
    b = json_path(root, "data", "b", NULL);
    ck_assert_int_eq(a->kind, JSON_OBJECT);
    ck_assert_ptr_null(a->first);
    assert_source(a, "{\"x\":[1,{}]}");
    ck_assert_int_eq(b->kind, JSON_ARRAY);
    assert_source(b, "[2,[3]]");
    ck_assert_str_eq(json_str(json_path(root, "data", "c", NULL)), "4");
    ck_assert_str_eq(json_str(json_path(json_get(root, "errors")->first, "data",
                                        "y", "z", NULL)),
                     "5");
    assert_source(root, text);
}

END_TEST

/* Brackets in strings do not count, nor do quotes after a backslash. */
static const struct {
    const char *text;
    const char *source; /* of data.a; NULL: the text is not JSON */
} outer_texts[] = {
    {"{\"data\":{\"a\":{\"s\":\"}]{[\"}}}", "{\"s\":\"}]{[\"}"},
    {"{\"data\":{\"a\":[\"\\\"]\",\"\\\\\"]}}", "[\"\\\"]\",\"\\\\\"]"},
    {" { \"data\" : { \"a\" : [ ] } } ", "[ ]"},
    {"{\"data\":{\"b\":[1],\"a\":{}}}", "{}"},
    {"{\"data\":{\"b\":null,\"a\":\"x\"},\"e\":{}}", "\"x\""},
    {"{\"x\":[{\"data\":{\"a\":[1]}}],\"data\":{\"a\":[2]}}", "[2]"},
    {"{\"data\":{\"a\":[1]},\"data\":{\"a\":[2]}}", "[2]"},
    {"{\"data\":{\"a\":[1,[2]}", NULL},
    {"{\"data\":{\"a\":[1]}", NULL},
    {"{\"data\":{\"a\":[1]}} x", NULL},
    {"{\"data\":{\"a\":[\"\\\"]}}", NULL},
    {"{\"data\":{\"a\" [1]}}", NULL},
    {"{\"data\":{\"a\":[1]},}", NULL},
    {"", NULL},
    {"{", NULL},
    {"{\"data\":", NULL},
};

START_TEST(the_outer_object_is_found_in_any_text)
{
    struct json *root;

    if (outer_texts[_i].source == NULL) {
        ck_assert(!json_parse_outer(&arena, span_str(outer_texts[_i].text),
                                    "data", &root, &err));
        return;
    }
    ck_assert_msg(json_parse_outer(&arena, span_str(outer_texts[_i].text),
                                   "data", &root, &err),
                  "%s", err.message);
    assert_source(json_path(root, "data", "a", NULL), outer_texts[_i].source);
}

END_TEST

START_TEST(an_outer_object_may_have_many_members)
{
    struct buf text = buf_with_ceiling(4096);
    struct json *root, *data;

    buf_append_str(&text, "{\"data\":{\"a\":[0]");
    for (int i = 1; i < 40; i++)
        buf_printf(&text, ",\"a%d\":[%d]", i, i);
    buf_append_str(&text, "}}");
    ck_assert(json_parse_outer(&arena, buf_span(&text), "data", &root, &err));
    data = json_get(root, "data");
    ck_assert_uint_eq(data->count, 40);
    assert_source(json_get(data, "a3"), "[3]");
    assert_source(json_get(data, "a39"), "[39]");
    buf_free(&text);
}

END_TEST

START_TEST(the_number_of_values_is_limited)
{
    struct buf text = buf_with_ceiling(4 * JSON_MAX_NODES);
    struct json *root;

    buf_append_char(&text, '[');
    for (int i = 0; i < JSON_MAX_NODES - 2; i++)
        buf_append_str(&text, "1,");
    buf_append_str(&text, "1]");
    ck_assert(json_parse(&arena, buf_span(&text), &root, &err));
    text.bytes[text.length - 1] = ',';
    buf_append_str(&text, "1]");
    ck_assert(!json_parse(&arena, buf_span(&text), &root, &err));
    ck_assert_str_eq(err.code, "TOO_LARGE");
    ck_assert_str_eq(err.message, "JSON with more than 100000 values");
    buf_free(&text);
}

END_TEST

START_TEST(children_keep_their_order)
{
    const struct json *root = parse("{\"a\":[1,\"x\",null],\"b\":{}}");
    const struct json *a = root->first;

    ck_assert_int_eq(root->kind, JSON_OBJECT);
    ck_assert_uint_eq(root->count, 2);
    ck_assert_ptr_null(root->key);
    ck_assert_str_eq(a->key, "a");
    ck_assert_int_eq(a->kind, JSON_ARRAY);
    ck_assert_uint_eq(a->count, 3);
    ck_assert_int_eq(a->first->kind, JSON_NUMBER);
    ck_assert_ptr_null(a->first->key);
    ck_assert_int_eq(a->first->next->kind, JSON_STRING);
    ck_assert_int_eq(a->first->next->next->kind, JSON_NULL);
    ck_assert_ptr_null(a->first->next->next->next);
    ck_assert_str_eq(a->next->key, "b");
    ck_assert_int_eq(a->next->kind, JSON_OBJECT);
    ck_assert_ptr_null(a->next->first);
}

END_TEST

START_TEST(every_value_has_its_source)
{
    const char *text =
        " { \"a\" : [ -1.5e3 , \"\\u00e9\\n\",\ttrue ,null,[ ] ] ,\n"
        "\"b\":false , \"c\\\"\" :{ \"d\":\"\"} } ";
    const struct json *root = parse(text);
    const struct json *item = root->first->first;

    ck_assert_ptr_eq(root->source.bytes, text + 1);
    ck_assert_uint_eq(root->source.length, strlen(text) - 2);
    assert_source(root->first, "[ -1.5e3 , \"\\u00e9\\n\",\ttrue ,null,[ ] ]");
    assert_source(item, "-1.5e3");
    assert_source(item->next, "\"\\u00e9\\n\"");
    assert_source(item->next->next, "true");
    assert_source(item->next->next->next, "null");
    assert_source(item->next->next->next->next, "[ ]");
    assert_source(json_get(root, "b"), "false");
    assert_source(json_get(root, "c\""), "{ \"d\":\"\"}");
    assert_source(json_get(root, "c\"")->first, "\"\"");
}

END_TEST

static const struct {
    const char *text;
    enum json_kind kind;
    const char *decoded;
    const char *source;
} scalars[] = {
    {"12", JSON_NUMBER, "12", "12"},
    {" 12 ", JSON_NUMBER, "12", "12"},
    {"\n-0.50E-7", JSON_NUMBER, "-0.50E-7", "-0.50E-7"},
    {"123456789012345678901234567890", JSON_NUMBER,
     "123456789012345678901234567890", "123456789012345678901234567890"},
    {"\"\"", JSON_STRING, "", "\"\""},
    {" \"a\\\"\\\\\\/\\b\\f\\n\\r\\t\\u20ac\\ud83d\\ude00\" ", JSON_STRING,
     "a\"\\/\b\f\n\r\t€😀",
     "\"a\\\"\\\\\\/\\b\\f\\n\\r\\t\\u20ac\\ud83d\\ude00\""},
    {"\"é\"", JSON_STRING, "é", "\"é\""},
    {"null", JSON_NULL, "", "null"},
    {" true", JSON_TRUE, "", "true"},
    {"false ", JSON_FALSE, "", "false"},
};

START_TEST(a_scalar_is_a_text)
{
    const struct json *root = parse(scalars[_i].text);

    ck_assert_int_eq(root->kind, scalars[_i].kind);
    ck_assert_str_eq(root->text.bytes, scalars[_i].decoded);
    ck_assert_uint_eq(root->text.length, strlen(scalars[_i].decoded));
    assert_source(root, scalars[_i].source);
}

END_TEST

START_TEST(members_are_found_along_paths)
{
    const struct json *root =
        parse("{\"data\":{\"shop\":{\"name\":\"Acme\"},\"none\":null}}");

    ck_assert_str_eq(json_str(json_path(root, "data", "shop", "name", NULL)),
                     "Acme");
    ck_assert_ptr_null(json_path(root, "data", "nope", "name", NULL));
    ck_assert_ptr_null(json_path(root, "data", "none", "name", NULL));
    ck_assert_ptr_null(json_path(NULL, "data", NULL));
    ck_assert_ptr_null(json_get(json_get(root, "nope"), "x"));
    ck_assert_ptr_null(json_get(parse("[1]"), "x"));
}

END_TEST

START_TEST(the_last_of_equal_keys_counts)
{
    const struct json *root = parse("{\"a\":1,\"b\":2,\"a\":3}");

    ck_assert_str_eq(json_str(json_get(root, "a")), "3");
}

END_TEST

START_TEST(only_strings_and_numbers_have_text)
{
    ck_assert_str_eq(json_str(parse("1.0")), "1.0");
    ck_assert_str_eq(json_str(parse("\"x\"")), "x");
    ck_assert_ptr_null(json_str(parse("true")));
    ck_assert_ptr_null(json_str(parse("null")));
    ck_assert_ptr_null(json_str(parse("[]")));
    ck_assert_ptr_null(json_str(NULL));
}

END_TEST

START_TEST(true_is_true)
{
    ck_assert(json_is_true(parse("true")));
    ck_assert(!json_is_true(parse("false")));
    ck_assert(!json_is_true(parse("\"true\"")));
    ck_assert(!json_is_true(parse("1")));
    ck_assert(!json_is_true(NULL));
}

END_TEST

static const struct {
    const char *text;
    bool is_integer;
    int64_t integer;
    double number; /* NAN: not a number */
} numbers[] = {
    {"5033", true, 5033, 5033},
    {"\"5033\"", true, 5033, 5033},
    {"-7", true, -7, -7},
    {"0", true, 0, 0},
    {"9223372036854775807", true, INT64_MAX, 9223372036854775807.0},
    {"\"-9223372036854775808\"", true, INT64_MIN, -9223372036854775808.0},
    {"9223372036854775808", false, 0, 9223372036854775808.0},
    {"2000.0", false, 0, 2000},
    {"\"2e3\"", false, 0, 2000},
    {"1e999", false, 0, NAN},
    {"\"\"", false, 0, NAN},
    {"\"-\"", false, 0, NAN},
    {"\"1-2\"", false, 0, NAN},
    {"\" 1\"", false, 0, NAN},
    {"\"0x10\"", false, 0, NAN},
    {"\"inf\"", false, 0, NAN},
    {"\"12 apples\"", false, 0, NAN},
    {"\"1\\u00002\"", false, 0, NAN},
    {"true", false, 0, NAN},
    {"null", false, 0, NAN},
    {"[1]", false, 0, NAN},
};

START_TEST(numbers_are_read_from_numbers_and_strings)
{
    const struct json *value = parse(numbers[_i].text);
    int64_t integer = 0;
    double number = NAN;

    ck_assert_int_eq(json_int64(value, &integer), numbers[_i].is_integer);
    ck_assert_int_eq(integer, numbers[_i].integer);
    ck_assert_int_eq(json_double(value, &number), !isnan(numbers[_i].number));
    if (!isnan(numbers[_i].number))
        ck_assert_double_eq(number, numbers[_i].number);
}

END_TEST

START_TEST(an_absent_value_is_not_a_number)
{
    int64_t integer;
    double number;

    ck_assert(!json_int64(NULL, &integer));
    ck_assert(!json_double(NULL, &number));
}

END_TEST

/* ---- faults ------------------------------------------------------------- */

static const struct {
    const char *text;
    const char *message; /* or its beginning */
} faults[] = {
    {"", "not valid JSON at byte 0: "},
    {" ", "not valid JSON at byte 1: "},
    {"{", "not valid JSON at byte 1: "},
    {"[1", "not valid JSON at byte 2: "},
    {"{} x", "not valid JSON at byte 4: "},
    {"{} {}", "not valid JSON at byte 4: "},
    {"1 2", "not valid JSON at byte 3: "},
    {"[1,]", "not valid JSON at byte 4: "},
    {"{\"a\"}", "not valid JSON at byte 5: "},
    {"{a:1}", "not valid JSON at byte "},
    {"[01]", "not valid JSON at byte 3: "},
    {"/* x */ 1", "not valid JSON at byte "},
    {"nul", "not valid JSON at byte "},
    {"\"a\nb\"", "not valid JSON at byte "},
    {"\"a\\x\"", "not valid JSON at byte "},
    {"[\"a\", \"\xff\"]", "not valid UTF-8 at byte 7"},
    {"\"\xed\xa0\x80\"", "not valid UTF-8 at byte 1"},
};

START_TEST(errors_name_the_place)
{
    struct json *root;

    ck_assert(!json_parse(&arena, span_str(faults[_i].text), &root, &err));
    ck_assert_int_eq(err.kind, ERR_FAILED);
    ck_assert_msg(strncmp(err.message, faults[_i].message,
                          strlen(faults[_i].message)) == 0,
                  "%s", err.message);
    ck_assert_ptr_null(strchr(err.message, '\n'));
}

END_TEST

/* `count` nested arrays. */
static struct span
nested(int count)
{
    char *text = arena_bytes(&arena, 2 * (size_t)count);

    memset(text, '[', (size_t)count);
    memset(text + count, ']', (size_t)count);
    return span_of(text, 2 * (size_t)count);
}

START_TEST(nesting_is_limited)
{
    struct json *root;

    ck_assert(json_parse(&arena, nested(JSON_MAX_DEPTH), &root, &err));
    ck_assert(!json_parse(&arena, nested(JSON_MAX_DEPTH + 1), &root, &err));
    ck_assert_str_eq(err.message,
                     "JSON nested deeper than 64 levels at byte 65");
    ck_assert(!json_parse(&arena, nested(1000000), &root, &err));
}

END_TEST

/* ---- the index ---------------------------------------------------------- */

static struct buf seen;

static void
record(void *ctx, size_t path, struct span source, struct span text)
{
    ck_assert_ptr_eq(ctx, &seen);
    buf_printf(&seen, "%zu %.*s=%.*s;", path, SPAN_ARG(source), SPAN_ARG(text));
}

static const char *
find(const char *text, const char *const *paths, size_t count)
{
    buf_free(&seen);
    seen = buf_with_ceiling(4096);
    if (!json_index(span_str(text), paths, count, record, &seen, &err))
        ck_abort_msg("%s", err.message);
    return buf_str(&seen);
}

START_TEST(the_index_finds_values_and_their_places)
{
    static const char *const paths[] = {"a.b[]", "a.b[].n", "a.c", "[]", "a"};
    const char *text = "{\"a\":{\"b\":[{\"n\":\"x\\n\",\"m\":1}, {},7],\"c\":"
                       "12,\"n\":0,\"bb\":[1]},\"c\":5,\"b\":[1]}";

    ck_assert_str_eq(find(text, paths, 4),
                     "1 \"x\\n\"=x\n;0 {\"n\":\"x\\n\",\"m\":1}=;0 {}=;0 7=7;"
                     "2 12=12;");
    ck_assert_str_eq(find("[1,[2]]", paths, 4), "3 1=1;3 [2]=;");
    ck_assert_str_eq(find("{\"a\":[{\"b\":1}]}", paths, 5), "4 [{\"b\":1}]=;");
    ck_assert_str_eq(
        find("{\"a\":{\"b\":{\"n\":1},\"c.d\":1,\"c[]\":1}}", paths, 4), "");
    ck_assert_str_eq(find("3", paths, 4), "");
    buf_free(&seen);
}

END_TEST

START_TEST(indexing_invalid_json_fails)
{
    static const char *const paths[] = {"a"};

    seen = buf_with_ceiling(4096);
    ck_assert(!json_index(span_str("{\"a\":1"), paths, 1, record, &seen, &err));
    ck_assert_str_eq(buf_str(&seen), "0 1=1;");
    ck_assert_int_eq(err.kind, ERR_FAILED);
    buf_free(&seen);
}

END_TEST

static Suite *
tree_suite(void)
{
    Suite *suite = suite_create("tree");
    TCase *tests = tcase_create("tree");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, members_of_the_outer_object_are_not_parsed);
    tcase_add_loop_test(tests, the_outer_object_is_found_in_any_text, 0,
                        COUNT(outer_texts));
    tcase_add_test(tests, an_outer_object_may_have_many_members);
    tcase_add_test(tests, the_number_of_values_is_limited);
    tcase_add_test(tests, children_keep_their_order);
    tcase_add_test(tests, every_value_has_its_source);
    tcase_add_loop_test(tests, a_scalar_is_a_text, 0, COUNT(scalars));
    tcase_add_test(tests, members_are_found_along_paths);
    tcase_add_test(tests, the_last_of_equal_keys_counts);
    tcase_add_test(tests, only_strings_and_numbers_have_text);
    tcase_add_test(tests, true_is_true);
    tcase_add_loop_test(tests, numbers_are_read_from_numbers_and_strings, 0,
                        COUNT(numbers));
    tcase_add_test(tests, an_absent_value_is_not_a_number);
    tcase_add_loop_test(tests, errors_name_the_place, 0, COUNT(faults));
    tcase_add_test(tests, nesting_is_limited);
    tcase_add_test(tests, the_index_finds_values_and_their_places);
    tcase_add_test(tests, indexing_invalid_json_fails);
    suite_add_tcase(suite, tests);
    return suite;
}

int
main(void)
{
    return suite_run(tree_suite());
}
