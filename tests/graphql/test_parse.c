/* graphql: the parser reads every construct of the grammar with its position,
 * and reports every fault with its line and column. */
#include <check.h>
#include <string.h>

#include "graphql/document.h"
#include "support/suite.h"

static struct arena arena;
static struct gql_document *document;
static struct err err;

static void
setup(void)
{
    arena = (struct arena){0};
    document = NULL;
    memset(&err, 0, sizeof(err));
}

static void
teardown(void)
{
    arena_free(&arena);
}

static bool
parse(const char *text)
{
    return gql_parse(&arena, "q", span_str(text), &document, &err);
}

/* The first selection of the first operation of a document that parses. */
static struct gql_selection *
first_of(const char *text)
{
    if (!parse(text))
        ck_abort_msg("%s", err.message);
    return document->operations->selections;
}

static struct gql_value *
value_of(const char *text)
{
    return first_of(text)->arguments->value;
}

/* ---- definitions ------------------------------------------------------- */

START_TEST(shorthand_is_an_anonymous_query)
{
    const struct gql_operation *operation;

    first_of("{ shop { id } }");
    operation = document->operations;
    ck_assert_int_eq(operation->kind, GQL_QUERY);
    ck_assert_ptr_null(operation->name);
    ck_assert_ptr_null(operation->next);
    ck_assert_str_eq(operation->selections->name, "shop");
    ck_assert_str_eq(operation->selections->selections->name, "id");
    ck_assert_ptr_null(operation->selections->selections->selections);
}

END_TEST

START_TEST(operations_keep_their_order_and_kind)
{
    const struct gql_operation *operation;

    first_of("query A { a } mutation B { b } subscription { c } "
             "fragment F on T { d } fragment G on U { e }");
    operation = document->operations;
    ck_assert_str_eq(operation->name, "A");
    operation = operation->next;
    ck_assert_int_eq(operation->kind, GQL_MUTATION);
    ck_assert_str_eq(operation->name, "B");
    operation = operation->next;
    ck_assert_int_eq(operation->kind, GQL_SUBSCRIPTION);
    ck_assert_ptr_null(operation->name);
    ck_assert_str_eq(document->fragments->name, "F");
    ck_assert_str_eq(document->fragments->type_condition, "T");
    ck_assert_str_eq(document->fragments->next->name, "G");
    ck_assert_ptr_eq(gql_find_fragment(document, "G"),
                     document->fragments->next);
    ck_assert_ptr_null(gql_find_fragment(document, "H"));
}

END_TEST

START_TEST(variables_have_types_defaults_and_directives)
{
    const struct gql_variable *variable;

    first_of("query ($a: [[ID!]]! = [\"x\"] @d(x: 1), $b: Int) { a(x: $a) }");
    variable = document->operations->variables;
    ck_assert_str_eq(variable->name, "a");
    ck_assert_str_eq(variable->type, "[[ID!]]!");
    ck_assert_int_eq(variable->default_value->kind, GQL_LIST);
    ck_assert_str_eq(variable->directives->name, "d");
    ck_assert_uint_eq(variable->pos.column, 8);
    ck_assert_str_eq(variable->next->name, "b");
    ck_assert_ptr_null(variable->next->default_value);
}

END_TEST

START_TEST(keywords_are_names_elsewhere)
{
    const struct gql_selection *field =
        first_of("query query { fragment on: type true(null: 1) ...query } "
                 "fragment query on on { on }");

    ck_assert_str_eq(document->operations->name, "query");
    ck_assert_str_eq(field->name, "fragment");
    ck_assert_str_eq(field->next->alias, "on");
    ck_assert_str_eq(field->next->name, "type");
    ck_assert_str_eq(field->next->next->name, "true");
    ck_assert_str_eq(field->next->next->next->name, "query");
    ck_assert_str_eq(document->fragments->type_condition, "on");
}

END_TEST

/* ---- selections --------------------------------------------------------- */

START_TEST(a_field_may_have_all_parts)
{
    struct gql_selection *field =
        first_of("{\n  top: products(first: 5, query: \"x\")\n"
                 "    @table(name: \"p\") @json { id }\n}");

    ck_assert_str_eq(field->alias, "top");
    ck_assert_str_eq(field->name, "products");
    ck_assert_str_eq(gql_response_key(field), "top");
    ck_assert_str_eq(gql_response_key(field->selections), "id");
    ck_assert_uint_eq(field->pos.line, 2);
    ck_assert_uint_eq(field->pos.column, 3);
    ck_assert_uint_eq(field->name_pos.column, 8);
    ck_assert_str_eq(gql_find_argument(field->arguments, "query")->value->text,
                     "x");
    ck_assert_uint_eq(field->arguments->next->pos.column, 27);
    ck_assert_ptr_null(gql_find_argument(field->arguments, "last"));
    ck_assert_uint_eq(field->directives->pos.line, 3);
    ck_assert_uint_eq(field->directives->pos.column, 5);
    ck_assert_ptr_eq(gql_find_directive(field->directives, "json"),
                     field->directives->next);
    ck_assert_ptr_null(gql_find_directive(field->directives, "index"));
}

END_TEST

START_TEST(fragments_are_used_in_three_ways)
{
    struct gql_selection *used =
        first_of("{ ...F @skip(if: true) ... on T @a { b } ... @c { d } "
                 "... { e } } fragment F on T { f }");

    ck_assert_int_eq(used->kind, GQL_SPREAD);
    ck_assert_str_eq(used->name, "F");
    ck_assert_uint_eq(used->name_pos.column, 6);
    ck_assert(gql_is_skipped(used->directives));
    used = used->next;
    ck_assert_int_eq(used->kind, GQL_INLINE_FRAGMENT);
    ck_assert_str_eq(used->type_condition, "T");
    ck_assert_str_eq(used->directives->name, "a");
    ck_assert_str_eq(used->selections->name, "b");
    used = used->next;
    ck_assert_ptr_null(used->type_condition);
    ck_assert_str_eq(used->directives->name, "c");
    ck_assert_str_eq(used->next->selections->name, "e");
}

END_TEST

static const struct {
    const char *text;
    bool skipped;
} skips[] = {
    {"{ a }", false},
    {"{ a @skip(if: true) }", true},
    {"{ a @skip(if: false) }", false},
    {"{ a @include(if: false) }", true},
    {"{ a @include(if: true) }", false},
    {"{ a @include(if: true) @skip(if: true) }", true},
    {"{ a @skip }", false},
    {"{ a @other(if: false) }", false},
};

START_TEST(fields_are_skipped_by_either_directive)
{
    ck_assert_int_eq(gql_is_skipped(first_of(skips[_i].text)->directives),
                     skips[_i].skipped);
}

END_TEST

/* ---- values ------------------------------------------------------------- */

static const struct {
    const char *text;
    enum gql_value_kind kind;
    const char *decoded;
} scalars[] = {
    {"{ a(b: 0) }", GQL_INT, "0"},
    {"{ a(b: -0) }", GQL_INT, "-0"},
    {"{ a(b: 120) }", GQL_INT, "120"},
    {"{ a(b: -9876543210) }", GQL_INT, "-9876543210"},
    {"{ a(b: 1.50) }", GQL_FLOAT, "1.50"},
    {"{ a(b: 0e0) }", GQL_FLOAT, "0e0"},
    {"{ a(b: -1.0E+10) }", GQL_FLOAT, "-1.0E+10"},
    {"{ a(b: 6e-2) }", GQL_FLOAT, "6e-2"},
    {"{ a(b: $v) }", GQL_VARIABLE, "v"},
    {"{ a(b: ACTIVE) }", GQL_ENUM, "ACTIVE"},
    {"{ a(b: _x1) }", GQL_ENUM, "_x1"},
    {"{ a(b: trueish) }", GQL_ENUM, "trueish"},
    {"{ a(b: null) }", GQL_NULL, "null"},
    {"{ a(b: \"\") }", GQL_STRING, ""},
    {"{ a(b: \"a # b, {c}\") }", GQL_STRING, "a # b, {c}"},
    {"{ a(b: \"\\\" \\\\ \\/ \\b\\f\\n\\r\\t\") }", GQL_STRING,
     "\" \\ / \b\f\n\r\t"},
    {"{ a(b: \"\\u00e9 \\u20AC\") }", GQL_STRING, "é €"},
    {"{ a(b: \"\\ud83d\\uDE00\") }", GQL_STRING, "😀"},
    {"{ a(b: \"\\u{e9}\\u{1F600}\\u{00010ffff}\") }", GQL_STRING,
     "é😀\xf4\x8f\xbf\xbf"},
    {"{ a(b: \"é😀\") }", GQL_STRING, "é😀"},
    {"{ a(b: \"\tx\x7f\") }", GQL_STRING, "\tx\x7f"},
};

START_TEST(scalars_are_decoded)
{
    const struct gql_value *value = value_of(scalars[_i].text);

    ck_assert_int_eq(value->kind, scalars[_i].kind);
    ck_assert_str_eq(value->text, scalars[_i].decoded);
    ck_assert_uint_eq(value->pos.column, 8);
}

END_TEST

START_TEST(booleans_are_true_or_false)
{
    ck_assert_int_eq(value_of("{ a(b: true) }")->kind, GQL_BOOLEAN);
    ck_assert(value_of("{ a(b: true) }")->boolean);
    ck_assert(!value_of("{ a(b: false) }")->boolean);
}

END_TEST

START_TEST(lists_and_objects_nest)
{
    const struct gql_value *list = value_of("{ a(b: [1 [] {x: {y: null}}]) }");
    const struct gql_value *object;

    ck_assert_int_eq(list->kind, GQL_LIST);
    ck_assert_str_eq(list->items->text, "1");
    ck_assert_ptr_null(list->items->next->items);
    object = list->items->next->next;
    ck_assert_int_eq(object->kind, GQL_OBJECT);
    ck_assert_ptr_null(object->next);
    ck_assert_str_eq(object->fields->name, "x");
    ck_assert_int_eq(object->fields->value->fields->value->kind, GQL_NULL);
    ck_assert_ptr_null(value_of("{ a(b: {}) }")->fields);
}

END_TEST

static const struct {
    const char *source; /* between the quotation marks */
    const char *decoded;
} blocks[] = {
    {"", ""},
    {"one", "one"},
    {"  one  ", "  one  "},
    {"\n    Hello,\n      World!\n\n    Yours\n  ",
     "Hello,\n  World!\n\nYours"},
    {"\r\n\r\n  a\r\n  b\r\n", "a\nb"},
    {"\r  a\r\r  b\r", "a\n\nb"},
    {"\n \n\t\n", ""},
    {"first\n    second\n      third", "first\nsecond\n  third"},
    {"  first\n second", "  first\nsecond"},
    {"\n  a\n b\n", " a\nb"},
    {"\n\ta\n\t\tb\n", "a\n\tb"},
    {"\n    a\n  \n    b\n", "a\n\nb"},
    {"\n    a\n      \n    b\n", "a\n  \nb"},
    {"a \\\"\"\" b", "a \"\"\" b"},
    {"a \" \"\" b", "a \" \"\" b"},
    {"\\n \\u0041 \\ ", "\\n \\u0041 \\ "},
    {"é\n  😀", "é\n😀"},
};

START_TEST(block_strings_lose_their_indentation)
{
    const char *text =
        arena_printf(&arena, "{ a(b: \"\"\"%s\"\"\") }", blocks[_i].source);
    const struct gql_value *value = value_of(text);

    ck_assert_int_eq(value->kind, GQL_STRING);
    ck_assert_str_eq(value->text, blocks[_i].decoded);
}

END_TEST

/* ---- ignored characters, and positions ---------------------------------- */

START_TEST(ignored_characters_may_be_anywhere)
{
    const struct gql_selection *field =
        first_of("\xef\xbb\xbf#graphql\n,,{,a(,b:,1,,c:2),#, {\r\n"
                 "\xef\xbb\xbf\t...#x\r on#y\n T{b}},#end");

    ck_assert_str_eq(field->name, "a");
    ck_assert_str_eq(field->arguments->next->name, "c");
    ck_assert_str_eq(field->next->type_condition, "T");
}

END_TEST

static const struct {
    const char *text; /* its last field is called z */
    unsigned line, column;
} positions[] = {
    {"{z}", 1, 2},
    {"\xef\xbb\xbf{z}", 1, 2},
    {"{\nz}", 2, 1},
    {"{\rz}", 2, 1},
    {"{\r\nz}", 2, 1},
    {"{\n\r\n\r\r z}", 5, 2},
    {"{\tz}", 1, 3},
    {"# é😀\n{ # x\n  z }", 3, 3},
    {"{ a(b: \"é😀\") z}", 1, 14},
    {"{ a(b: \"\\u00e9\\u{1F600}\") z}", 1, 27},
    {"{ a(b: \"\"\"\né\r\n\"\"\") z}", 3, 6},
    {"{ a(b: \"\"\"\\\"\"\"é\"\"\") z}", 1, 21},
};

START_TEST(columns_count_characters)
{
    const struct gql_selection *field = first_of(positions[_i].text);

    while (field->next != NULL)
        field = field->next;
    ck_assert_str_eq(field->name, "z");
    ck_assert_uint_eq(field->pos.line, positions[_i].line);
    ck_assert_uint_eq(field->pos.column, positions[_i].column);
}

END_TEST

/* ---- faults ------------------------------------------------------------- */

static const struct {
    const char *text;
    const char *message;
} faults[] = {
    /* definitions */
    {"", "1:1: expected a query or a fragment, found the end of the file"},
    {" # nothing\n", "2:1: expected a query or a fragment, found the end of "
                     "the file"},
    {"products { id }", "1:1: expected a query or a fragment, found "
                        "\"products\""},
    {"{ a } }", "1:7: expected a query or a fragment, found \"}\""},
    {"query", "1:6: expected \"{\", found the end of the file"},
    {"query Q", "1:8: expected \"{\", found the end of the file"},
    {"query 1 { a }", "1:7: expected \"{\", found \"1\""},
    {"fragment on T { a }", "1:10: expected a fragment's name, found \"on\""},
    {"fragment on on T { a }", "1:10: expected a fragment's name, found "
                               "\"on\""},
    {"fragment F T { a }", "1:12: expected \"on\", found \"T\""},
    {"fragment F on { a }", "1:15: expected a type's name, found \"{\""},
    {"type T { a: Int }",
     "1:1: this is a definition of a schema; a query file has only a query and "
     "its fragments"},
    {"{ a }\nextend type T { a: Int }",
     "2:1: this is a definition of a schema; a query file has only a query and "
     "its fragments"},
    {"\"about T\" type T { a: Int }",
     "1:1: this is a definition of a schema; a query file has only a query and "
     "its fragments"},
    /* variables */
    {"query () { a }", "1:8: expected \"$\", found \")\""},
    {"query ($: Int) { a }", "1:9: expected a variable's name, found \":\""},
    {"query ($a Int) { a }", "1:11: expected \":\", found \"Int\""},
    {"query ($a: ) { a }", "1:12: expected a type, found \")\""},
    {"query ($a: [Int) { a }", "1:16: expected \"]\", found \")\""},
    {"query ($a: Int!!) { a }", "1:16: expected \"$\", found \"!\""},
    {"query ($a: Int = $b) { a }", "1:18: expected a value without variables, "
                                   "found \"$\""},
    {"query ($a: Int = [{x: $b}]) { a }",
     "1:23: expected a value without variables, found \"$\""},
    {"query ($a: Int @d(x: $b)) { a }",
     "1:22: expected a value without variables, found \"$\""},
    /* selections */
    {"{", "1:2: expected a field's name or \"}\", found the end of the file"},
    {"{}", "1:2: expected a field's name, found \"}\""},
    {"{ a {} }", "1:6: expected a field's name, found \"}\""},
    {"{ a", "1:4: expected a field's name or \"}\", found the end of the "
            "file"},
    {"{ a: }", "1:6: expected a field's name, found \"}\""},
    {"{ a: b: c }", "1:7: expected a field's name or \"}\", found \":\""},
    {"{ \"a\" }", "1:3: expected a field's name or \"}\", found a string"},
    {"{ ... }", "1:7: expected a fragment's name, \"on\" or \"{\", found "
                "\"}\""},
    {"{ ... on { a } }", "1:10: expected a type's name, found \"{\""},
    {"{ ... on T }", "1:12: expected \"{\", found \"}\""},
    {"{ ... @skip }", "1:13: expected \"{\", found \"}\""},
    {"{ ... on T {} }", "1:13: expected a field's name, found \"}\""},
    {"{ a @ }", "1:7: expected a directive's name, found \"}\""},
    {"{ a @d() }", "1:8: expected an argument's name, found \")\""},
    /* arguments and values */
    {"{ a() }", "1:5: expected an argument's name, found \")\""},
    {"{ a(b) }", "1:6: expected \":\", found \")\""},
    {"{ a(b:) }", "1:7: expected a value, found \")\""},
    {"{ a(b: 1", "1:9: expected an argument's name or \")\", found the end of "
                 "the file"},
    {"{ a(b: @) }", "1:8: expected a value, found \"@\""},
    {"{ a(b: $) }", "1:9: expected a variable's name, found \")\""},
    {"{ a(b: [1) }", "1:10: expected a value, found \")\""},
    {"{ a(b: [", "1:9: expected a value, found the end of the file"},
    {"{ a(b: {1: 2}) }", "1:9: expected a field name or \"}\", found \"1\""},
    {"{ a(b: {c 2}) }", "1:11: expected \":\", found \"2\""},
    /* numbers */
    {"{ a(b: 01) }", "1:9: a number cannot have more digits after a leading "
                     "0"},
    {"{ a(b: -) }", "1:9: expected a digit in this number"},
    {"{ a(b: 1.) }", "1:10: expected a digit in this number"},
    {"{ a(b: 1e) }", "1:10: expected a digit in this number"},
    {"{ a(b: 1e+) }", "1:11: expected a digit in this number"},
    {"{ a(b: 1.5.5) }", "1:11: a number cannot be followed by \".\""},
    {"{ a(b: 1...F) }", "1:10: expected a digit in this number"},
    {"{ a(b: 0x1F) }", "1:9: a number cannot be followed by \"x\""},
    {"{ a(b: 12_000) }", "1:10: a number cannot be followed by \"_\""},
    {"{ a(b: 1.5f) }", "1:11: a number cannot be followed by \"f\""},
    {"{ a(b: .5) }", "1:8: unexpected character \".\""},
    {"{ a(b: +5) }", "1:8: unexpected character \"+\""},
    /* strings */
    {"{ a(b: \"x) }", "1:8: this string is not closed"},
    {"{ a(b: \"x\n\") }", "1:8: this string is not closed"},
    {"{ a(b: \"x\r\") }", "1:8: this string is not closed"},
    {"{ a(b: \"x\\\n\") }", "1:8: this string is not closed"},
    {"{ a(b: \"x\\\") }", "1:8: this string is not closed"},
    {"{ a(b: \"x\\", "1:8: this string is not closed"},
    {"{ a(b: \"\"\"x\"\") }", "1:8: this string is not closed"},
    {"{ a(b: \"\"\"x\\\"\"\") }", "1:8: this string is not closed"},
    {"{ a(b: \"é\\q\") }", "1:10: unknown escape \"\\q\" in a string; a "
                           "backslash is written \\\\"},
    {"{ a(b: \"\\u12\") }", "1:9: expected \\u with four hexadecimal digits "
                            "or \\u{...}"},
    {"{ a(b: \"\\u00g0\") }", "1:9: expected \\u with four hexadecimal digits "
                              "or \\u{...}"},
    {"{ a(b: \"\\u{}\") }", "1:9: expected \\u with four hexadecimal digits or "
                            "\\u{...}"},
    {"{ a(b: \"\\u{41\") }", "1:9: expected \\u with four hexadecimal digits "
                             "or \\u{...}"},
    {"{ a(b: \"\\u{110000}\") }", "1:9: \"\\u{110000}\" is not a character"},
    {"{ a(b: \"\\u{100000000000041}\") }",
     "1:9: \"\\u{100000000000041}\" is not a character"},
    {"{ a(b: \"\\ud83d\") }", "1:9: \"\\ud83d\" is not a character"},
    {"{ a(b: \"\\ud83d\\u0041\") }", "1:9: \"\\ud83d\" is not a character"},
    {"{ a(b: \"\\ud83d\\u{de00}\") }", "1:9: \"\\ud83d\" is not a character"},
    {"{ a(b: \"\\ude00\") }", "1:9: \"\\ude00\" is not a character"},
    {"{ a(b: \"\\u{d800}\") }", "1:9: \"\\u{d800}\" is not a character"},
    {"{ a(b: \"\\u0000\") }", "1:9: \"\\u0000\" is not a character"},
    /* characters */
    {"{ a? }", "1:4: unexpected character \"?\""},
    {"{ a & b }", "1:5: unexpected character \"&\""},
    {"{ é }", "1:3: unexpected character \"é\""},
    {"{ a .. b }", "1:5: unexpected character \".\""},
    {"{ a(b: 'x') }", "1:8: unexpected character \"'\"; strings have double "
                      "quotes"},
    {"{ a\f }", "1:4: control character U+000C is not allowed"},
    {"{ a } # \x1b", "1:9: control character U+001B is not allowed"},
    {"{ a(b: \"\x01\") }", "1:9: control character U+0001 is not allowed"},
    {"{\n é\xff }", "2:3: byte 0xFF is not valid UTF-8"},
    {"# \xc0\xaf", "1:3: byte 0xC0 is not valid UTF-8"},
    {"# \xed\xa0\x80", "1:3: byte 0xED is not valid UTF-8"},
    {"# \xf4\x90\x80\x80", "1:3: byte 0xF4 is not valid UTF-8"},
    {"\xef\xbb\xbf# \xe2\x82", "1:3: byte 0xE2 is not valid UTF-8"},
};

START_TEST(faults_say_what_and_where)
{
    ck_assert(!parse(faults[_i].text));
    ck_assert_int_eq(err.kind, ERR_CONFIG);
    ck_assert_str_eq(err.message,
                     arena_printf(&arena, "q:%s", faults[_i].message));
}

END_TEST

START_TEST(a_nul_byte_does_not_end_the_text)
{
    ck_assert(!gql_parse(&arena, "q", span_of("{ a }\0{", 7), &document, &err));
    ck_assert_str_eq(err.message,
                     "q:1:6: control character U+0000 is not allowed");
}

END_TEST

/* ---- limits -------------------------------------------------------------- */

/* `count` times `open`, then `inner`, then `count` times `close`. */
static const char *
nest(const char *open, const char *inner, const char *close, int count)
{
    struct buf text = buf_with_ceiling(1 << 20);
    const char *copy;

    for (int i = 0; i < count; i++)
        buf_append_str(&text, open);
    buf_append_str(&text, inner);
    for (int i = 0; i < count; i++)
        buf_append_str(&text, close);
    copy = arena_strdup(&arena, buf_str(&text));
    buf_free(&text);
    return copy;
}

START_TEST(nesting_is_limited)
{
    ck_assert(parse(nest("{a", "", "}", 64)));
    ck_assert(!parse(nest("{a", "", "}", 65)));
    ck_assert_str_eq(err.message, "q:1:129: selections are nested deeper than "
                                  "64 levels");
    ck_assert(!parse(nest("{...on T", "{a}", "}", 100000)));
    ck_assert(
        parse(arena_printf(&arena, "{a(b:%s)}", nest("[", "1", "]", 64))));
    ck_assert(
        !parse(arena_printf(&arena, "{a(b:%s)}", nest("[", "1", "]", 65))));
    ck_assert_str_eq(err.message,
                     "q:1:71: this value is nested deeper than 64 levels");
    ck_assert(!parse(
        arena_printf(&arena, "{a(b:%s)}", nest("{c:", "1", "}", 100000))));
    ck_assert(!parse(
        arena_printf(&arena, "query($a:%s){a}", nest("[", "T", "]", 65))));
    ck_assert_str_eq(err.message,
                     "q:1:74: this type is nested deeper than 64 levels");
}

END_TEST

/* `before`, then `count` times `each` followed by a number, then `after`. */
static const char *
repeat(const char *before, const char *each, int count, const char *after)
{
    struct buf text = buf_with_ceiling(1 << 21);
    const char *copy;

    buf_append_str(&text, before);
    for (int i = 0; i < count; i++)
        buf_printf(&text, "%s%d ", each, i);
    buf_append_str(&text, after);
    copy = arena_strdup(&arena, buf_str(&text));
    buf_free(&text);
    return copy;
}

START_TEST(the_size_of_a_file_is_limited)
{
    ck_assert(parse(repeat("{ ", "a", 20000, "}")));
    ck_assert(!parse(repeat("{ ", "a", 20001, "}")));
    ck_assert_int_eq(err.kind, ERR_CONFIG);
    ck_assert_str_eq(
        err.message,
        "q:1:128893: the file has more than 20000 fields, fragments, arguments "
        "and values");
    ck_assert(!parse(repeat("", "{a} query Q", 20000, "{a}")));
    ck_assert(!parse(repeat("{ a(b: [", "", 20000, "]) }")));
    ck_assert(parse(repeat("{ a(b: {", "c: ", 250, "}) }")));
    ck_assert(!parse(repeat("{ a(b: {", "c: ", 251, "}) }")));
    ck_assert_ptr_nonnull(strstr(err.message, "more than 250 arguments in one "
                                              "place"));
    ck_assert(!parse(repeat("{ a(", "c: ", 251, ") }")));
    ck_assert(parse(repeat("{ a } fragment F ", "on T { a } fragment F", 249,
                           "on T { a }")));
    ck_assert(!parse(repeat("{ a } fragment F ", "on T { a } fragment F", 250,
                            "on T { a }")));
    ck_assert_ptr_nonnull(strstr(err.message, "more than 250 named fragments"));
}

END_TEST

START_TEST(blank_lines_after_a_block_are_cut_off_fast)
{
    char *text = arena_bytes(&arena, 1000001);

    memset(text, '\n', 1000000);
    memcpy(text, "{ a(b: \"\"\"x", 11);
    memcpy(text + 999990, "\"\"\") }", 7);
    text[1000000] = '\0';
    ck_assert(parse(text));
    ck_assert_str_eq(document->operations->selections->arguments->value->text,
                     "x");
}

END_TEST

static Suite *
parse_suite(void)
{
    Suite *suite = suite_create("graphql_parse");
    TCase *tests = tcase_create("parse");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, shorthand_is_an_anonymous_query);
    tcase_add_test(tests, operations_keep_their_order_and_kind);
    tcase_add_test(tests, variables_have_types_defaults_and_directives);
    tcase_add_test(tests, keywords_are_names_elsewhere);
    tcase_add_test(tests, a_field_may_have_all_parts);
    tcase_add_test(tests, fragments_are_used_in_three_ways);
    tcase_add_loop_test(tests, fields_are_skipped_by_either_directive, 0,
                        COUNT(skips));
    tcase_add_loop_test(tests, scalars_are_decoded, 0, COUNT(scalars));
    tcase_add_test(tests, booleans_are_true_or_false);
    tcase_add_test(tests, lists_and_objects_nest);
    tcase_add_loop_test(tests, block_strings_lose_their_indentation, 0,
                        COUNT(blocks));
    tcase_add_test(tests, ignored_characters_may_be_anywhere);
    tcase_add_loop_test(tests, columns_count_characters, 0, COUNT(positions));
    tcase_add_loop_test(tests, faults_say_what_and_where, 0, COUNT(faults));
    tcase_add_test(tests, a_nul_byte_does_not_end_the_text);
    tcase_add_test(tests, nesting_is_limited);
    tcase_add_test(tests, the_size_of_a_file_is_limited);
    tcase_add_test(tests, blank_lines_after_a_block_are_cut_off_fast);
    suite_add_tcase(suite, tests);
    return suite;
}

int
main(void)
{
    return suite_run(parse_suite());
}
