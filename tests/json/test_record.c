/* shape, record: the values of a line by slot, without allocations. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "json/record.h"
#include "support/suite.h"

enum { WARM_UP_LINES = 16, LINES = 5000 };

/* ---- counting allocations ----------------------------------------------- */

static size_t allocations;

#ifndef __SANITIZE_ADDRESS__
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);
void __libc_free(void *memory);

void *
malloc(size_t size)
{
    allocations++;
    return __libc_malloc(size);
}

void *
calloc(size_t count, size_t size)
{
    allocations++;
    return __libc_calloc(count, size);
}

void *
realloc(void *old, size_t size)
{
    allocations++;
    return __libc_realloc(old, size);
}

void
free(void *memory)
{
    __libc_free(memory);
}
#endif

/* False under a sanitizer or valgrind, which replace malloc(). */
static bool
allocations_are_seen(void)
{
    size_t before = allocations;
    void *volatile memory = malloc(1);

    free(memory);
    return allocations > before;
}

/* ---- the shape of the tests --------------------------------------------- */

static struct arena arena;
static struct shape shape;
static struct record *record;
static struct err err;
static int id, title, image, image_url, image_size, image_size_w, list, last;

static int
slot_at(struct shape_key *parent, const char *key)
{
    return shape_add(&shape, parent, key)->slot;
}

static void
setup(void)
{
    struct shape_key *picture, *size;

    arena = (struct arena){0};
    memset(&err, 0, sizeof(err));
    shape_init(&shape, &arena);
    shape_add(&shape, &shape.root, "id");
    picture = shape_add(&shape, &shape.root, "image");
    shape_add(&shape, &shape.root, "title");
    shape_add(&shape, picture, "url");
    size = shape_add(&shape, picture, "size");
    shape_add(&shape, size, "w");
    shape_add(&shape, &shape.root, "list");
    shape_add(&shape, &shape.root, "last");
    shape_number(&shape);
    id = slot_at(&shape.root, "id");
    title = slot_at(&shape.root, "title");
    image = slot_at(&shape.root, "image");
    image_url = slot_at(picture, "url");
    image_size = slot_at(picture, "size");
    image_size_w = slot_at(size, "w");
    list = slot_at(&shape.root, "list");
    last = slot_at(&shape.root, "last");
    record = record_new(&shape);
}

static void
teardown(void)
{
    record_free(record);
    arena_free(&arena);
}

/* ---- shapes ------------------------------------------------------------- */

START_TEST(slots_below_a_key_follow_it)
{
    ck_assert_int_eq(shape.slot_count, 8);
    ck_assert_int_eq(id, 0);
    ck_assert_int_eq(image, 1);
    ck_assert_int_eq(image_url, 2);
    ck_assert_int_eq(image_size, 3);
    ck_assert_int_eq(image_size_w, 4);
    ck_assert_int_eq(title, 5);
    ck_assert_int_eq(shape.by_slot[image]->end, title);
    ck_assert_int_eq(shape.by_slot[id]->end, image);
    ck_assert_int_eq(shape.by_slot[image_size]->end, title);
    ck_assert_ptr_eq(shape.by_slot[image_url]->parent, shape.by_slot[image]);
    ck_assert(span_is(shape.by_slot[last]->key, "last"));
}

END_TEST

START_TEST(a_key_added_twice_is_one)
{
    ck_assert_ptr_eq(shape_add(&shape, &shape.root, "title"),
                     shape.by_slot[title]);
    ck_assert_ptr_ne(shape_add(&shape, shape.by_slot[image], "title"),
                     shape.by_slot[title]);
}

END_TEST

/* ---- values ------------------------------------------------------------- */

static const char *const kind_names[] = {"null",   "false", "true",  "number",
                                         "string", "array", "object"};

/* All slots that are set, each as "slot kind text raw;". */
static const char *
describe(const struct record *r)
{
    static char text[2048];
    size_t used = 0;

    text[0] = '\0';
    for (int slot = 0; slot < shape.slot_count; slot++) {
        const struct record_value *value = record_get(r, slot);

        if (value != NULL)
            used += (size_t)snprintf(
                text + used, sizeof(text) - used, "%.*s %s [%.*s] %.*s;",
                SPAN_ARG(shape.by_slot[slot]->key), kind_names[value->kind],
                SPAN_ARG(value->text), SPAN_ARG(value->raw));
    }
    return text;
}

static const struct {
    const char *line;
    const char *values;
} lines[] = {
    {"{}", ""},
    {" \t{ }\r", ""},
    {"{\"id\":1}", "id number [1] 1;"},
    {"{\"id\":\"x\",\"title\":null,\"last\":true,\"list\":false}",
     "id string [x] \"x\";title null [] null;list false [] false;last true [] "
     "true;"},
    {"{\"title\":\"\"}", "title string [] \"\";"},
    {"{\"id\":-12.50e+3}", "id number [-12.50e+3] -12.50e+3;"},
    /* unusual blanks */
    {"{ \"id\" \t:  \r 1 \t, \"title\"\n:\n\"a b\"  , \"last\" : null }",
     "id number [1] 1;title string [a b] \"a b\";last null [] null;"},
    {"{\"list\" :  [ 1 , 2 ]  ,\"image\" : { \"url\" : \"u\" } }",
     "image object [] { \"url\" : \"u\" };url string [u] \"u\";list array [] "
     "[ 1 , 2 ];"},
    /* nested */
    {"{\"image\":{\"size\":{\"w\":7,\"h\":8},\"url\":\"u\"}}",
     "image object [] {\"size\":{\"w\":7,\"h\":8},\"url\":\"u\"};url string "
     "[u] \"u\";size object [] {\"w\":7,\"h\":8};w number [7] 7;"},
    {"{\"image\":{}}", "image object [] {};"},
    {"{\"image\":5}", "image number [5] 5;"},
    {"{\"image\":[{\"url\":\"not ours\"}]}",
     "image array [] [{\"url\":\"not ours\"}];"},
    {"{\"title\":{\"url\":1,\"id\":2}}",
     "title object [] {\"url\":1,\"id\":2};"},
    /* arrays are not split */
    {"{\"list\":[{\"id\":1,\"title\":[2]},null,[[]],\"]\"],\"last\":1}",
     "list array [] [{\"id\":1,\"title\":[2]},null,[[]],\"]\"];last number [1] "
     "1;"},
    {"{\"list\":[]}", "list array [] [];"},
    /* keys that the shape does not have */
    {"{\"x\":1,\"y\":{\"id\":2,\"z\":[{\"id\":3}]},\"w\":[[],{}],\"v\":null,"
     "\"u\":\"id\",\"t\":true,\"id\":4}",
     "id number [4] 4;"},
    {"{\"image\":{\"id\":1,\"q\":{\"url\":2},\"url\":3},\"url\":4}",
     "image object [] {\"id\":1,\"q\":{\"url\":2},\"url\":3};url number [3] "
     "3;"},
    {"{\"image\":{\"size\":{\"url\":1}},\"w\":2}",
     "image object [] {\"size\":{\"url\":1}};size object [] {\"url\":1};"},
    {"{\"idx\":1,\"i\":2,\"\":3,\"ID\":4}", ""},
    /* keys that appear twice */
    {"{\"id\":1,\"id\":2}", "id number [2] 2;"},
    {"{\"image\":{\"url\":\"a\",\"size\":{\"w\":1}},\"image\":null}",
     "image null [] null;"},
    {"{\"image\":{\"url\":\"a\"},\"image\":{\"size\":{\"w\":1}}}",
     "image object [] {\"size\":{\"w\":1}};size object [] {\"w\":1};w number "
     "[1] 1;"},
    {"{\"image\":{\"url\":\"a\"},\"image\":null,\"image\":{\"url\":\"b\"}}",
     "image object [] {\"url\":\"b\"};url string [b] \"b\";"},
    {"{\"image\":{\"size\":{\"w\":1}},\"image\":[1]}", "image array [] [1];"},
    {"{\"image\":{\"size\":{\"w\":1},\"size\":2}}",
     "image object [] {\"size\":{\"w\":1},\"size\":2};size number [2] 2;"},
    /* escapes */
    {"{\"title\":\"a\\nb\\u0041\\\"\\\\\\/\\ud83d\\ude00\"}",
     "title string [a\nbA\"\\/\xf0\x9f\x98\x80] "
     "\"a\\nb\\u0041\\\"\\\\\\/\\ud83d\\ude00\";"},
    {"{\"\\u0069d\":1,\"t\\u0069tle\":2}", "id number [1] 1;title number [2] "
                                           "2;"},
    {"{\"id\":\"\\u0041\",\"title\":\"\\u0042\",\"last\":\"c\"}",
     "id string [A] \"\\u0041\";title string [B] \"\\u0042\";last string [c] "
     "\"c\";"},
    {"{\"title\":\"gr\xc3\xbc\xc3\x9f\"}",
     "title string [gr\xc3\xbc\xc3\x9f] \"gr\xc3\xbc\xc3\x9f\";"},
};

START_TEST(values_are_found_by_slot)
{
    if (!record_parse(record, span_str(lines[_i].line), &err))
        ck_abort_msg("%s", err.message);
    ck_assert_str_eq(describe(record), lines[_i].values);
}

END_TEST

START_TEST(raw_and_plain_text_are_not_copied)
{
    static const char line[] = "{\"id\":\"plain\",\"list\":[1]}";

    ck_assert(record_parse(record, span_str(line), &err));
    ck_assert_ptr_eq(record_get(record, id)->text.bytes, line + 7);
    ck_assert_ptr_eq(record_get(record, id)->raw.bytes, line + 6);
    ck_assert_ptr_eq(record_get(record, list)->raw.bytes, strchr(line, '['));
}

END_TEST

START_TEST(no_value_of_the_line_before_remains)
{
    ck_assert(record_parse(record, span_str(lines[8].line), &err));
    ck_assert_ptr_nonnull(record_get(record, image_size_w));
    ck_assert(record_parse(record, span_str("{\"last\":1}"), &err));
    ck_assert_str_eq(describe(record), "last number [1] 1;");
    ck_assert_ptr_null(record_get(record, -1));
}

END_TEST

/* ---- lines that are refused --------------------------------------------- */

static const struct {
    const char *line;
    const char *reason; /* beginning of the message */
} faults[] = {
    {"", "not a JSON object"},
    {"  ", "not a JSON object"},
    {"null", "not a JSON object"},
    {"[1]", "not a JSON object"},
    {"\"x\"", "not a JSON object"},
    {"12", "not a JSON object"},
    {"\xef\xbb\xbf{}", "not a JSON object"},
    {"{", "the line does not end where its JSON object does"},
    {"{\"id\":1", "the line does not end where its JSON object does"},
    {"{\"id\":\"}", "the JSON ends early, at byte 8"},
    {"{\"id\":{}", "the JSON ends early, at byte 8"},
    {"{\"id\":1}\"}", "the line does not end where its JSON object does"},
    {"{\"id\":\v1}", "not valid JSON (a control character) at byte 6"},
    {"{\"image\":[1,\f2]}", "not valid JSON (a control character) at byte 12"},
    {"{\"image\":{\"url\":1}", "the JSON ends early, at byte 18"},
    {"{} 1", "the line does not end where its JSON object does"},
    {"{\"id\":1}{}", "not an object at byte"},
    {"{\"id\":1} {\"id\":2}", "not an object at byte"},
    {"{} x }", "not valid JSON ("},
    {"{}}", "not valid JSON ("},
    {"{} [] {}", "not an object at byte"},
    {"{} 1 }", "not an object at byte"},
    {"{} \"a\" }", "not an object at byte"},
    {"{,}", "not valid JSON ("},
    {"{\"id\" 1}", "not valid JSON ("},
    {"{\"id\":1,}", "not valid JSON ("},
    {"{\"id\":01}", "not valid JSON ("},
    {"{\"id\":+1}", "not valid JSON ("},
    {"{\"id\":1.}", "not valid JSON ("},
    {"{\"id\":nul}", "not valid JSON ("},
    {"{\"id\":NaN}", "not valid JSON ("},
    {"{id:1}", "not valid JSON ("},
    {"{'id':1}", "not valid JSON ("},
    {"{\"id\":\"a\tb\"}", "not valid JSON ("},
    {"{\"id\":\"\\x\"}", "not valid JSON ("},
    {"{\"id\":\"\\u12g4\"}", "not valid JSON ("},
    {"{\"id\":1}/* c */{}", "not valid JSON ("},
};

START_TEST(a_bad_line_has_a_reason_and_the_next_one_is_read)
{
    for (int round = 0; round < 3; round++) {
        ck_assert(!record_parse(record, span_str(faults[_i].line), &err));
        ck_assert_int_eq(err.kind, ERR_ROW);
        ck_assert_msg(strncmp(err.message, faults[_i].reason,
                              strlen(faults[_i].reason)) == 0,
                      "%s", err.message);
        ck_assert_ptr_null(strchr(err.message, '\n'));
        ck_assert(record_parse(record, span_str("{\"last\":1}"), &err));
        ck_assert_str_eq(describe(record), "last number [1] 1;");
    }
}

END_TEST

/* A line of `depth` levels: the object itself, and the levels below `key`. */
static struct span
nested_line(const char *key, const char *open, const char *close, int depth)
{
    static struct buf line;

    buf_free(&line);
    line = buf_with_ceiling(64 * 1024);
    buf_printf(&line, "{\"%s\":", key);
    for (int i = 1; i < depth; i++)
        buf_append_str(&line, open);
    buf_append_char(&line, '1');
    for (int i = 1; i < depth; i++)
        buf_append_str(&line, close);
    buf_append_char(&line, '}');
    return buf_span(&line);
}

static const struct {
    const char *key, *open, *close;
} nests[] = {
    {"list", "[", "]"},
    {"unknown", "[", "]"},
    {"image", "{\"size\":", "}"},
    {"unknown", "{\"a\":", "}"},
};

START_TEST(values_may_have_64_levels_and_no_more)
{
    const char *key = nests[_i].key;
    const char *open = nests[_i].open, *close = nests[_i].close;

    if (!record_parse(record, nested_line(key, open, close, 64), &err))
        ck_abort_msg("%s", err.message);
    for (int depth = 65; depth < 2000; depth += 300) {
        ck_assert(
            !record_parse(record, nested_line(key, open, close, depth), &err));
        ck_assert_msg(strstr(err.message, "deeper than 64 levels") != NULL,
                      "%s", err.message);
    }
    ck_assert(record_parse(record, nested_line(key, open, close, 64), &err));
}

END_TEST

/* ---- arrays of objects -------------------------------------------------- */

static char elements[1024];

static bool
add_element(void *ctx, struct record *r, struct err *error)
{
    const char *values = describe(r);

    if (ctx != NULL && strstr(values, ctx) != NULL)
        return err_set(error, MSG_LINE_VALUE, "told to stop");
    strcat(strcat(elements, values), "|");
    return true;
}

static const struct {
    const char *text;
    const char *elements;
} arrays[] = {
    {"[]", ""},
    {" [ ] ", ""},
    {"[{}]", "|"},
    {"[null]", ""},
    {"[{\"id\":1},{\"id\":2}]", "id number [1] 1;|id number [2] 2;|"},
    {"[ null , {\"id\" : 1 } , null, {\"last\":null} ]",
     "id number [1] 1;|last null [] null;|"},
    {"[{\"id\":1,\"title\":\"\\u0041\"},{\"title\":\"\\u0042\"}]",
     "id number [1] 1;title string [A] \"\\u0041\";|title string [B] "
     "\"\\u0042\";|"},
    {"[{\"image\":{\"size\":{\"w\":[{}]}}},{\"image\":null}]",
     "image object [] {\"size\":{\"w\":[{}]}};size object [] {\"w\":[{}]};w "
     "array [] [{}];|image null [] null;|"},
    {"[{\"list\":[[1],{\"id\":9}]}]", "list array [] [[1],{\"id\":9}];|"},
};

START_TEST(each_object_of_an_array_is_a_record)
{
    elements[0] = '\0';
    if (!record_parse_array(record, span_str(arrays[_i].text), add_element,
                            NULL, &err))
        ck_abort_msg("%s", err.message);
    ck_assert_str_eq(elements, arrays[_i].elements);
}

END_TEST

static const char *const bad_arrays[] = {
    "",
    "{}",
    "[1]",
    "[\"a\"]",
    "[true]",
    "[[]]",
    "[[{}]]",
    "[{}",
    "[{},",
    "[{}] []",
    "[{}] {}",
    "[{},1]",
    "[{\"id\":1},[{\"id\":2}]]",
    "[{}]]",
    "[{\"id\":}]",
};

START_TEST(an_array_of_anything_else_is_refused)
{
    elements[0] = '\0';
    ck_assert(!record_parse_array(record, span_str(bad_arrays[_i]), add_element,
                                  NULL, &err));
    ck_assert_int_eq(err.kind, ERR_ROW);
    ck_assert_str_ne(err.message, "");
    ck_assert(record_parse_array(record, span_str("[{\"id\":3}]"), add_element,
                                 NULL, &err));
    ck_assert(record_parse(record, span_str("{\"id\":3}"), &err));
}

END_TEST

START_TEST(the_callback_may_refuse_an_element)
{
    elements[0] = '\0';
    ck_assert(!record_parse_array(
        record, span_str("[{\"id\":1},{\"id\":2},{\"id\":3}]"), add_element,
        "[2]", &err));
    ck_assert_str_eq(err.message, "told to stop");
    ck_assert_str_eq(elements, "id number [1] 1;|");
    ck_assert(record_parse(record, span_str("{\"id\":3}"), &err));
}

END_TEST

/* ---- memory ------------------------------------------------------------- */

/* Check's assertions allocate, so this function uses none. */
static size_t
allocations_of_line(int i)
{
    char line[512];
    int length = snprintf(
        line, sizeof(line),
        "{\"id\":\"gid:\\/\\/shopify\\/Product\\/%d\",\"title\":\"caf\\u00e9 "
        "%d\",\"image\":{\"url\":\"https:\\/\\/x\",\"size\":{\"w\":%d}},"
        "\"list\":[{\"a\":[%d]}],\"unknown\":{\"b\":\"\\n\"},\"last\":null}",
        i, i, i, i);
    size_t before = allocations;

    if (!record_parse(record, span_of(line, (size_t)length), &err))
        ck_abort_msg("%s", err.message);
    return allocations - before;
}

START_TEST(parsing_a_line_allocates_nothing)
{
    size_t warm_up = 0, later = 0;

    for (int i = 0; i < WARM_UP_LINES; i++)
        warm_up += allocations_of_line(1000000 + i);
    for (int i = 0; i < LINES; i++)
        later += allocations_of_line(i);
    ck_assert_uint_eq(later, 0);
    ck_assert(warm_up > 0 || !allocations_are_seen());
}

END_TEST

static void
add_array_tests(Suite *suite)
{
    TCase *tests = tcase_create("arrays");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, each_object_of_an_array_is_a_record, 0,
                        COUNT(arrays));
    tcase_add_loop_test(tests, an_array_of_anything_else_is_refused, 0,
                        COUNT(bad_arrays));
    tcase_add_test(tests, the_callback_may_refuse_an_element);
    suite_add_tcase(suite, tests);
}

static Suite *
record_suite(void)
{
    Suite *suite = suite_create("shape_record");
    TCase *tests = tcase_create("objects");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, slots_below_a_key_follow_it);
    tcase_add_test(tests, a_key_added_twice_is_one);
    tcase_add_loop_test(tests, values_are_found_by_slot, 0, COUNT(lines));
    tcase_add_test(tests, raw_and_plain_text_are_not_copied);
    tcase_add_test(tests, no_value_of_the_line_before_remains);
    tcase_add_loop_test(tests, a_bad_line_has_a_reason_and_the_next_one_is_read,
                        0, COUNT(faults));
    tcase_add_loop_test(tests, values_may_have_64_levels_and_no_more, 0,
                        COUNT(nests));
    tcase_add_test(tests, parsing_a_line_allocates_nothing);
    suite_add_tcase(suite, tests);
    add_array_tests(suite);
    return suite;
}

int
main(void)
{
    return suite_run(record_suite());
}
