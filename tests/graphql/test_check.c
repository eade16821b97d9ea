/* graphql: the check refuses what the store would refuse, with its place. */
#include <check.h>
#include <string.h>

#include "base/nearest.h"
#include "graphql/check.h"
#include "graphql/check_parts.h"
#include "support/suite.h"
#include "support/types.h"

static const char types_path[] = "tests/data/graphql/types.json";

/* Types with constructs that the real ones lack: lists of everything, defaults,
 * a recursive interface, and objects with different fields of one name. */
static const char *const made_types[] = {
    "{\"kind\":\"OBJECT\",\"name\":\"Made\",\"fields\":["
    "{\"name\":\"int\",\"args\":["
    "{\"name\":\"i\",\"type\":{\"kind\":\"SCALAR\",\"name\":\"Int\"}},"
    "{\"name\":\"f\",\"type\":{\"kind\":\"SCALAR\",\"name\":\"Float\"}},"
    "{\"name\":\"b\",\"type\":{\"kind\":\"SCALAR\",\"name\":\"Boolean\"}},"
    "{\"name\":\"id\",\"type\":{\"kind\":\"SCALAR\",\"name\":\"ID\"}},"
    "{\"name\":\"s\",\"type\":{\"kind\":\"SCALAR\",\"name\":\"String\"}},"
    "{\"name\":\"date\",\"type\":{\"kind\":\"SCALAR\",\"name\":\"DateTime\"}},"
    "{\"name\":\"e\",\"type\":{\"kind\":\"ENUM\",\"name\":\"Color\"}},"
    "{\"name\":\"o\",\"type\":{\"kind\":\"INPUT_OBJECT\",\"name\":\"In\"}},"
    "{\"name\":\"g\",\"type\":{\"kind\":\"ENUM\",\"name\":\"Gone\"}},"
    "{\"name\":\"d\",\"type\":{\"kind\":\"NON_NULL\",\"ofType\":{\"kind\":"
    "\"SCALAR\",\"name\":\"Int\"}},\"defaultValue\":\"1\"},"
    "{\"name\":\"l\",\"type\":{\"kind\":\"LIST\",\"ofType\":{\"kind\":"
    "\"NON_NULL\",\"ofType\":{\"kind\":\"LIST\",\"ofType\":{\"kind\":"
    "\"SCALAR\",\"name\":\"Int\"}}}}}],"
    "\"type\":{\"kind\":\"SCALAR\",\"name\":\"Int\"}},"
    "{\"name\":\"pet\",\"type\":{\"kind\":\"INTERFACE\",\"name\":\"Pet\"}},"
    "{\"name\":\"both\",\"type\":{\"kind\":\"UNION\",\"name\":\"Both\"}},"
    "{\"name\":\"gone\",\"type\":{\"kind\":\"OBJECT\",\"name\":\"Gone\"}}]}",

    "{\"kind\":\"ENUM\",\"name\":\"Color\",\"enumValues\":[{\"name\":\"RED\"},"
    "{\"name\":\"GREEN\"}]}",

    "{\"kind\":\"INPUT_OBJECT\",\"name\":\"In\",\"inputFields\":["
    "{\"name\":\"must\",\"type\":{\"kind\":\"NON_NULL\",\"ofType\":{\"kind\":"
    "\"SCALAR\",\"name\":\"Int\"}}},"
    "{\"name\":\"may\",\"type\":{\"kind\":\"NON_NULL\",\"ofType\":{\"kind\":"
    "\"SCALAR\",\"name\":\"Int\"}},\"defaultValue\":\"1\"},"
    "{\"name\":\"in\",\"type\":{\"kind\":\"LIST\",\"ofType\":{\"kind\":"
    "\"INPUT_OBJECT\",\"name\":\"In\"}}}]}",

    "{\"kind\":\"INTERFACE\",\"name\":\"Pet\",\"fields\":["
    "{\"name\":\"name\",\"args\":[{\"name\":\"n\",\"type\":{\"kind\":"
    "\"SCALAR\",\"name\":\"Int\"}},{\"name\":\"c\",\"type\":{\"kind\":"
    "\"SCALAR\",\"name\":\"JSON\"}}],"
    "\"type\":{\"kind\":\"SCALAR\",\"name\":\"String\"}},"
    "{\"name\":\"nick\",\"type\":{\"kind\":\"SCALAR\",\"name\":\"String\"}},"
    "{\"name\":\"friend\",\"type\":{\"kind\":\"INTERFACE\",\"name\":\"Pet\"}}],"
    "\"possibleTypes\":[{\"name\":\"Dog\"},{\"name\":\"Cat\"}]}",

    "{\"kind\":\"OBJECT\",\"name\":\"Dog\",\"fields\":["
    "{\"name\":\"name\",\"args\":[{\"name\":\"n\",\"type\":{\"kind\":"
    "\"SCALAR\",\"name\":\"Int\"}}],"
    "\"type\":{\"kind\":\"SCALAR\",\"name\":\"String\"}},"
    "{\"name\":\"nick\",\"type\":{\"kind\":\"SCALAR\",\"name\":\"String\"}},"
    "{\"name\":\"friend\",\"type\":{\"kind\":\"INTERFACE\",\"name\":\"Pet\"}},"
    "{\"name\":\"puppies\",\"type\":{\"kind\":\"LIST\",\"ofType\":{\"kind\":"
    "\"OBJECT\",\"name\":\"Dog\"}}},"
    "{\"name\":\"age\",\"type\":{\"kind\":\"SCALAR\",\"name\":\"Int\"}}]}",

    "{\"kind\":\"OBJECT\",\"name\":\"Cat\",\"fields\":["
    "{\"name\":\"name\",\"args\":[{\"name\":\"n\",\"type\":{\"kind\":"
    "\"SCALAR\",\"name\":\"Int\"}}],"
    "\"type\":{\"kind\":\"SCALAR\",\"name\":\"String\"}},"
    "{\"name\":\"nick\",\"type\":{\"kind\":\"SCALAR\",\"name\":\"String\"}},"
    "{\"name\":\"friend\",\"type\":{\"kind\":\"INTERFACE\",\"name\":\"Pet\"}},"
    "{\"name\":\"kitten\",\"type\":{\"kind\":\"OBJECT\",\"name\":\"Cat\"}},"
    "{\"name\":\"age\",\"type\":{\"kind\":\"NON_NULL\",\"ofType\":{\"kind\":"
    "\"SCALAR\",\"name\":\"Int\"}}}]}",

    "{\"kind\":\"UNION\",\"name\":\"Other\",\"possibleTypes\":[{\"name\":"
    "\"Dog\"}]}",

    "{\"kind\":\"UNION\",\"name\":\"Both\",\"possibleTypes\":[{\"name\":"
    "\"Cat\"}]}",
};

static struct types types;
static struct gql_document *document;
static struct err err;

static void
setup(void)
{
    memset(&err, 0, sizeof(err));
    types_open(&types, types_path);
}

static void
setup_made(void)
{
    setup();
    types_add_made(&types, "Made", made_types, COUNT(made_types));
}

static void
teardown(void)
{
    types_close(&types);
}

static bool
check(const char *text)
{
    document = types_parse(&types, text);
    return gql_check(document, types.schema, &err);
}

static void
assert_said(const char *message)
{
    ck_assert_int_eq(err.kind, ERR_CONFIG);
    ck_assert_str_eq(err.message, arena_printf(&types.arena, "q:%s", message));
}

/* ---- valid -------------------------------------------------------------- */

static const char *const valid[] = {
    "{ products { edges { node { id } } } }",
    "query Q @incremental(field: \"x\") @deletes(mode: SOFT) @slice { shop { "
    "id } }",
    "{ __typename shop { __typename t: __typename } }",
    "{ products(first: 5, sortKey: TITLE, query: null, reverse: true) { edges "
    "{ cursor node { tags @index @column(name: \"t\") status } } } }",
    "{ products @table(name: \"p\", skip: true) { edges { node { featuredMedia "
    "@json { alt preview { status } ... on Video { duration } ...I } } } } } "
    "fragment I on MediaImage { image { url } }",
    "{ shop { ... @include(if: true) { id } ...F @skip(if: false) } } "
    "fragment F on Shop { name @skip(if: true) }",
    "{ node(id: 12) { ... on Product { id } ... on HasMetafields { metafield("
    "key: \"k\") { value } } } }",
    "{ nodes(ids: \"gid://shopify/Shop/1\") { id } }",
    "{ nodes(ids: [1, \"2\"]) { id } }",
    "{ productByIdentifier(identifier: {customId: {key: \"k\", value: \"v\"}, "
    "id: null}) { id } }",
    "{ shop { id id name: id } }",
    "{ shop { ...A ...A } } fragment A on Shop { ...B id } "
    "fragment B on Shop { name }",
};

START_TEST(valid_documents_pass)
{
    if (!check(valid[_i]))
        ck_abort_msg("%s", err.message);
}

END_TEST

static const char *const valid_made[] = {
    "{ int(i: 2147483647, f: 1, b: true, id: 7, s: \"x\", date: {any: [1]}) }",
    "{ int(i: -2147483648, f: -1.5e3, id: \"7\", s: \"\"\"x\"\"\", date: 1) }",
    "{ int(i: null, e: RED, d: 5, date: [X, null]) }",
    "{ int(l: [[1, null], [], 2]) }",
    "{ int(l: 1) }",
    "{ int(l: null) }",
    "{ int(o: {must: 1}) }",
    "{ int(o: {must: 1, may: 2, in: [{must: 1}, null]}) }",
    "{ int(o: {must: 1, in: {must: 1, in: null}}) }",
    /* fields that merge */
    "{ pet { name nick name } pet { name } }",
    "{ pet { ... on Dog { x: name } ... on Cat { x: nick } } }",
    "{ pet { ... on Dog { name(n: 1) } ... on Cat { name(n: 2) } } }",
    "{ pet { name(n: 1, c: {a: 1, b: [X, 2.5, true, null, \"s\"]}) "
    "name(c: {b: [X, 2.5, true, null, \"\"\"s\"\"\"], a: 1}, n: 1) } }",
    "{ pet { ... on Dog { x: friend { name } } ... on Cat { x: kitten { name } "
    "} } }",
    "{ both { ... on Pet { name } ... on Cat { name } } }",
};

START_TEST(valid_made_documents_pass)
{
    if (!check(valid_made[_i]))
        ck_abort_msg("%s", err.message);
}

END_TEST

/* ---- not valid ---------------------------------------------------------- */

static const struct {
    const char *text;
    const char *message;
} faults[] = {
    /* the operation */
    {"fragment F on Shop { id }", "1:1: the file has fragments but no query"},
    {"{ shop { id } }\nquery B { shop { id } }",
     "2:1: this is a second operation; a query file has exactly one"},
    {" mutation { shop { id } }",
     "1:2: only a query can run as a bulk operation"},
    {"subscription { shop { id } }",
     "1:1: only a query can run as a bulk operation"},
    {"query ($first: Int) { products(first: $first) { edges { cursor } } }",
     "1:8: a bulk query cannot have variables; write the values in the query"},
    {"{ products(first: $first) { edges { cursor } } }",
     "1:19: a bulk query cannot have variables; write the value in place of "
     "$first"},
    {"{ shop @table(key: [$k]) { id } }",
     "1:21: a bulk query cannot have variables; write the value in place of "
     "$k"},
    /* fields */
    {"{ products { edges { node { titel } } } }",
     "1:29: unknown field \"titel\" of Product; did you mean \"title\"?"},
    {"{ products { edges { node { x: TITLE } } } }",
     "1:32: unknown field \"TITLE\" of Product; did you mean \"title\"?"},
    {"{ shop { zzzzzz } }", "1:10: unknown field \"zzzzzz\" of Shop"},
    {"{ produtcs { id } }",
     "1:3: unknown field \"produtcs\" of QueryRoot; did you mean "
     "\"products\"?"},
    {"{ __schema { types { name } } }",
     "1:3: a bulk query cannot ask for \"__schema\""},
    {"{ a: __type(name: \"x\") { name } }",
     "1:6: a bulk query cannot ask for \"__type\""},
    {"{ shop { __id } }",
     "1:10: unknown field \"__id\" of Shop; did you mean \"id\"?"},
    {"{ shop { id { x } } }",
     "1:10: \"id\" is ID!: it has no fields to select"},
    {"{ shop { __typename { x } } }",
     "1:10: \"__typename\" is String!: it has no fields to select"},
    {"{ products { edges { node { status { x } } } } }",
     "1:29: \"status\" is ProductStatus!: it has no fields to select"},
    {"{ shop }", "1:3: \"shop\" is Shop!: select fields of it, \"shop { ... "
                 "}\""},
    {"{ products { edges { node { media } } } }",
     "1:29: \"media\" is MediaConnection!: select fields of it, \"media { ... "
     "}\""},
    {"{ products { edges { node { metafields { edges { node { reference { id } "
     "} } } } } } }",
     "1:69: unknown field \"id\" of MetafieldReference: select fields of a "
     "union with \"... on Type { ... }\""},
    /* arguments */
    {"{ products(frist: 1) { edges { cursor } } }",
     "1:12: unknown argument \"frist\" of \"products\"; did you mean "
     "\"first\"?"},
    {"{ shop { id(x: 1) } }", "1:13: unknown argument \"x\" of \"id\""},
    {"{ __typename(x: 1) }", "1:14: unknown argument \"x\" of \"__typename\""},
    {"{ products(first: 1, first: 1) { edges { cursor } } }",
     "1:22: argument \"first\" is given twice"},
    {"{ x: product { id } }",
     "1:6: argument \"id\" (ID!) of \"product\" is required"},
    {"{ product(id: null) { id } }",
     "1:15: argument \"id\" must be ID!, found null"},
    {"{ nodes(ids: [1, null]) { id } }",
     "1:18: argument \"ids\" must be ID!, found null"},
    {"{ products(sortKey: \"TITLE\") { edges { cursor } } }",
     "1:21: argument \"sortKey\" must be one of the values of ProductSortKeys, "
     "written without quotation marks; did you mean \"TITLE\"?"},
    {"{ products(sortKey: TITEL) { edges { cursor } } }",
     "1:21: unknown value TITEL of ProductSortKeys; did you mean \"TITLE\"?"},
    {"{ productByIdentifier(identifier: {customId: {key: \"k\"}}) { id } }",
     "1:46: field \"value\" (String!) of UniqueMetafieldValueInput is "
     "required"},
    {"{ productByIdentifier(identifier: {handel: \"k\"}) { id } }",
     "1:36: unknown field \"handel\" of ProductIdentifierInput; did you mean "
     "\"handle\"?"},
    {"{ productByIdentifier(identifier: {id: 1, id: 2}) { id } }",
     "1:43: field \"id\" is given twice"},
    /* fragments */
    {"{ shop { ...F } } fragment F on Shop { id }\nfragment F on Shop { name }",
     "2:10: fragment \"F\" is defined twice"},
    {"{ shop { ...Shpo } } fragment Shop on Shop { id }",
     "1:13: unknown fragment \"Shpo\"; did you mean \"Shop\"?"},
    {"{ shop { id } } fragment F on Shop { id }",
     "1:26: fragment \"F\" is not used"},
    {"{ shop { id } } fragment F on Shop { ...F }",
     "1:26: fragment \"F\" is not used"},
    {"{ shop { ...F } } fragment F on Shop { ... { ...F } }",
     "1:46: fragment \"F\" contains itself"},
    {"{ shop { ...F } } fragment F on Shop { ...G }\n"
     "fragment G on Shop { ...F }",
     "2:22: fragment \"F\" contains itself"},
    {"{ shop { ... on Shpo { id } } }",
     "1:17: unknown type \"Shpo\"; did you mean \"Shop\"?"},
    {"{ shop { ...F } } fragment F on Shpo { id }",
     "1:33: unknown type \"Shpo\"; did you mean \"Shop\"?"},
    {"{ products { edges { node { featuredMedia { ... on Vidoe { id } } } } } "
     "}",
     "1:52: unknown type \"Vidoe\"; did you mean \"Video\"?"},
    {"{ shop { ... on String { id } } }",
     "1:17: a fragment cannot be on String: it has no fields"},
    {"{ shop { ... on Product { id } } }",
     "1:17: no object is both Shop and Product, so this fragment selects "
     "nothing"},
    {"{ products { edges { node { featuredMedia { ... on Product { id } } } } "
     "} }",
     "1:52: no object is both Media and Product, so this fragment selects "
     "nothing"},
    {"{ shop { ...F } } fragment F on Media { alt }",
     "1:10: no object is both Shop and Media, so this fragment selects "
     "nothing"},
    {"{ shop { ...F } } fragment F on Shop { nope }",
     "1:40: unknown field \"nope\" of Shop; did you mean \"name\"?"},
    /* directives */
    {"{ shop { id @tabel } }",
     "1:13: unknown directive \"@tabel\"; did you mean \"@table\"?"},
    {"query @table { shop { id } }",
     "1:7: @table is not allowed here; it belongs on a field"},
    {"{ shop @slice { id } }",
     "1:8: @slice is not allowed here; it belongs on the query itself"},
    {"{ shop { ...F } } fragment F on Shop @skip(if: true) { id }",
     "1:38: @skip is not allowed here; it belongs on a field or a use of a "
     "fragment"},
    {"{ shop { ... @json { id } } }",
     "1:14: @json is not allowed here; it belongs on a field"},
    {"{ shop { ...F @index } } fragment F on Shop { id }",
     "1:15: @index is not allowed here; it belongs on a field"},
    {"{ shop { id @index @index } }", "1:20: @index is given twice"},
    {"{ shop { id @column(name: \"a\", name: \"b\") } }",
     "1:32: argument \"name\" is given twice"},
    {"{ shop { id @skip } }",
     "1:13: argument \"if\" (Boolean!) of @skip is required"},
    {"{ shop { id @include(if: \"no\") } }",
     "1:26: argument \"if\" must be Boolean, found \"no\""},
    {"{ shop { id @include(if: $x) } }",
     "1:26: a bulk query cannot have variables; write the value in place of "
     "$x"},
    {"{ shop { id @skip(if: true, unless: true) } }",
     "1:29: unknown argument \"unless\" of @skip"},
    /* merging */
    {"{ shop { name\n name: id } }",
     "2:2: \"name\" is \"id\" here and \"name\" in line 1: give one of them "
     "another alias"},
    {"{ products(first: 1) { edges { cursor } }\n products { edges { cursor } "
     "} }",
     "2:2: \"products\" has other arguments here than in line 1: give one of "
     "them an alias"},
};

START_TEST(faults_say_what_and_where)
{
    ck_assert(!check(faults[_i].text));
    assert_said(faults[_i].message);
}

END_TEST

static const struct {
    const char *text;
    const char *message;
} made_faults[] = {
    /* literals */
    {"{ int(i: 2147483648) }",
     "1:10: argument \"i\" must be Int, found 2147483648"},
    {"{ int(i: -2147483649) }",
     "1:10: argument \"i\" must be Int, found -2147483649"},
    {"{ int(i: 99999999999999999999) }",
     "1:10: argument \"i\" must be Int, found 99999999999999999999"},
    {"{ int(i: 1.0) }", "1:10: argument \"i\" must be Int, found 1.0"},
    {"{ int(i: \"1\") }", "1:10: argument \"i\" must be Int, found \"1\""},
    {"{ int(i: [1]) }", "1:10: argument \"i\" must be Int, found [1]"},
    {"{ int(f: \"1\") }", "1:10: argument \"f\" must be Float, found \"1\""},
    {"{ int(b: 1) }", "1:10: argument \"b\" must be Boolean, found 1"},
    {"{ int(id: 1.5) }", "1:11: argument \"id\" must be ID, found 1.5"},
    {"{ int(id: X) }", "1:11: argument \"id\" must be ID, found X"},
    {"{ int(s: 1) }", "1:10: argument \"s\" must be String, found 1"},
    {"{ int(d: null) }", "1:10: argument \"d\" must be Int!, found null"},
    {"{ int(e: 1) }", "1:10: argument \"e\" must be Color, found 1"},
    {"{ int(e: true) }", "1:10: argument \"e\" must be Color, found true"},
    {"{ int(e: BLUE) }", "1:10: unknown value BLUE of Color"},
    {"{ int(l: [[1], [null, \"x\"]]) }",
     "1:23: argument \"l\" must be Int, found \"x\""},
    {"{ int(l: [1, null]) }",
     "1:14: argument \"l\" must be [Int]!, found null"},
    {"{ int(l: [[[1]]]) }", "1:12: argument \"l\" must be Int, found [1]"},
    {"{ int(o: 1) }", "1:10: argument \"o\" must be In, found 1"},
    {"{ int(o: {}) }", "1:10: field \"must\" (Int!) of In is required"},
    {"{ int(o: {must: null}) }",
     "1:17: field \"must\" must be Int!, found null"},
    {"{ int(o: {must: 1, in: [{must: 1}, {must: X}]}) }",
     "1:43: field \"must\" must be Int, found X"},
    {"{ int(o: {must: 1, in: 5}) }", "1:24: field \"in\" must be In, found 5"},
    {"{ int(date: {a: 1, a: 2}) }", "1:20: field \"a\" is given twice"},
    {"{ int(date: [{a: [$x]}]) }",
     "1:19: a bulk query cannot have variables; write the value in place of "
     "$x"},
    {"{ int(i: \"a string that is so long that nobody wants to see all of "
     "it\") }",
     "1:10: argument \"i\" must be Int, found \"a string that is so long that "
     "nobody wants to see all of it\""},
    /* types that the store does not describe */
    {"{ gone { x } }",
     "1:3: the store does not describe the type Gone of \"gone\""},
    {"{ int(g: X) }",
     "1:10: the store does not describe the type Gone of argument \"g\""},
    /* possible types */
    {"{ both { ... on Other { __typename } } }",
     "1:17: no object is both Both and Other, so this fragment selects "
     "nothing"},
    {"{ both { ... on Dog { name } } }",
     "1:17: no object is both Both and Dog, so this fragment selects nothing"},
    /* merging */
    {"{ pet { x: name\n x: nick } }",
     "2:2: \"x\" is \"nick\" here and \"name\" in line 1: give one of them "
     "another alias"},
    {"{ pet { x: name\n ... on Dog { x: nick } } }",
     "2:15: \"x\" is \"nick\" here and \"name\" in line 1: give one of them "
     "another alias"},
    {"{ pet { ... on Dog { x: name } ... on Cat { x: name }\n x: nick } }",
     "2:2: \"x\" is \"nick\" here and \"name\" in line 1: give one of them "
     "another alias"},
    {"{ pet { ... on Dog { age }\n ... on Cat { age } } }",
     "2:15: \"age\" is Int! here and Int in line 1: give one of them an alias"},
    {"{ pet { ... on Dog { x: name }\n ... on Cat { x: age } } }",
     "2:15: \"x\" is Int! here and String in line 1: give one of them an "
     "alias"},
    {"{ pet { ... on Dog { x: puppies { age } }\n"
     "... on Cat { x: kitten { age } } } }",
     "2:14: \"x\" is Cat here and [Dog] in line 1: give one of them an alias"},
    {"{ pet { ... on Dog { x: friend { y: name } }\n"
     "... on Cat { x: kitten { y: age } } } }",
     "2:26: \"y\" is Int! here and String in line 1: give one of them an "
     "alias"},
    {"{ pet { friend { x: name } } pet { friend {\nx: nick } } }",
     "2:1: \"x\" is \"nick\" here and \"name\" in line 1: give one of them "
     "another alias"},
    {"{ pet { name(c: {a: 1})\n name(c: {a: 2}) } }",
     "2:2: \"name\" has other arguments here than in line 1: give one of them "
     "an alias"},
    {"{ pet { name(c: {a: 1})\n name(c: {b: 1}) } }",
     "2:2: \"name\" has other arguments here than in line 1: give one of them "
     "an alias"},
    {"{ pet { name(c: [1, 2])\n name(c: [1, 3]) } }",
     "2:2: \"name\" has other arguments here than in line 1: give one of them "
     "an alias"},
    {"{ pet { name(c: [1, 2])\n name(c: [1]) } }",
     "2:2: \"name\" has other arguments here than in line 1: give one of them "
     "an alias"},
    {"{ pet { name(c: true)\n name(c: false) } }",
     "2:2: \"name\" has other arguments here than in line 1: give one of them "
     "an alias"},
    {"{ pet { name(c: 1)\n name(c: \"1\") } }",
     "2:2: \"name\" has other arguments here than in line 1: give one of them "
     "an alias"},
    {"{ pet { ...A\n...B } } fragment A on Pet { x: name } "
     "fragment B on Dog {\nx: nick }",
     "3:1: \"x\" is \"nick\" here and \"name\" in line 2: give one of them "
     "another alias"},
};

START_TEST(made_faults_say_what_and_where)
{
    ck_assert(!check(made_faults[_i].text));
    assert_said(made_faults[_i].message);
}

END_TEST

START_TEST(a_long_literal_is_cut_short)
{
    char text[400];

    memset(text, 'x', sizeof(text));
    memcpy(text, "{ int(i: \"", 10);
    memcpy(text + sizeof(text) - 5, "\") }", 5);
    ck_assert(!check(text));
    ck_assert_uint_lt(strlen(err.message), 200);
    ck_assert_ptr_nonnull(strstr(err.message, "xxx..."));
}

END_TEST

START_TEST(an_unknown_query_type_is_reported)
{
    gql_schema_set_query_type(types.schema, "Nope");
    ck_assert(!check("{ shop { id } }"));
    assert_said("1:1: the store does not describe its query type Nope");
}

END_TEST

/* `count` fragments on Pet. Each spreads the next one, once or, with `each`,
 * twice. */
static const char *
spreading(int count, const char *each)
{
    struct buf text = buf_with_ceiling(1 << 20);
    const char *copy;

    buf_append_str(&text, "{ pet { ...F0 } }\n");
    for (int i = 0; i < count; i++) {
        buf_printf(&text, "fragment F%d on Pet { ", i);
        buf_printf(&text, i + 1 < count ? "a: friend { ...F%d } " : "name ",
                   i + 1);
        if (i + 1 < count && each[0] != '\0')
            buf_printf(&text, "b: friend { ...F%d } ", i + 1);
        buf_append_str(&text, "}\n");
    }
    copy = arena_strdup(&types.arena, buf_str(&text));
    buf_free(&text);
    return copy;
}

START_TEST(fragments_cannot_multiply_without_limit)
{
    ck_assert(check(spreading(10, "b")));
    ck_assert(!check(spreading(30, "b")));
    ck_assert_ptr_nonnull(strstr(err.message, "more than 10000 fields"));
}

END_TEST

/* F0 spreads F1 twice, F1 spreads F2 twice, and so on, all in one place. */
static const char *
doubling(int count)
{
    struct buf text = buf_with_ceiling(1 << 20);
    const char *copy;

    buf_append_str(&text, "{ pet { ...F0 } }\n");
    for (int i = 0; i < count; i++)
        buf_printf(&text, "fragment F%d on Pet { ...F%d ...F%d }\n", i, i + 1,
                   i + 1);
    buf_printf(&text, "fragment F%d on Pet { name }", count);
    copy = arena_strdup(&types.arena, buf_str(&text));
    buf_free(&text);
    return copy;
}

START_TEST(fragments_that_double_are_refused_at_their_place)
{
    ck_assert(check(doubling(11)));
    ck_assert(!check(doubling(30)));
    assert_said(
        "20:30: with fragments expanded, the query has more than 10000 fields");
    ck_assert(!check(doubling(60)));
    assert_said(
        "50:30: with fragments expanded, the query has more than 10000 fields");
}

END_TEST

/* The number of steps that a check of `text` takes. `text` must be a valid
 * document, or one that takes too many; then `enough` becomes false. */
static size_t
steps_of(const char *text, bool *enough)
{
    struct gql_checker checker = {.document = types_parse(&types, text),
                                  .schema = types.schema,
                                  .err = &err};

    ck_assert(gql_check_fragments(&checker));
    *enough = gql_check_merge(&checker);
    arena_free(&checker.scratch);
    return checker.steps;
}

/* At each level the check looks at the fields of `friend` twice: for a dog and
 * for a cat. */
static const char *
branching(int depth)
{
    struct buf text = buf_with_ceiling(1 << 20);
    const char *copy;

    buf_append_str(&text, "{ pet { ");
    for (int i = 0; i < depth; i++)
        buf_append_str(&text, "... on Dog { friend { name } } ... on Cat { "
                              "friend { name } } friend { ");
    buf_append_str(&text, "name ");
    for (int i = 0; i < depth + 2; i++)
        buf_append_str(&text, "}");
    copy = arena_strdup(&types.arena, buf_str(&text));
    buf_free(&text);
    return copy;
}

START_TEST(a_check_takes_a_bounded_number_of_steps)
{
    bool enough;

    ck_assert_uint_lt(steps_of(branching(8), &enough), GQL_MAX_STEPS);
    ck_assert(enough);
    ck_assert_uint_lt(steps_of(branching(40), &enough), GQL_MAX_STEPS + 1000);
    ck_assert(!enough);
    ck_assert_int_eq(err.kind, ERR_CONFIG);
    ck_assert_ptr_nonnull(strstr(err.message, "takes more than 2000000 steps"));
}

END_TEST

/* `count` fields with different keys, and the same ones again. */
static const char *
wide(int count)
{
    struct buf text = buf_with_ceiling(1 << 20);
    const char *copy;

    buf_append_str(&text, "{ pet {");
    for (int i = 0; i < 2 * count; i++)
        buf_printf(&text, " k%d: name(n: %d)", i % count, i % count);
    buf_append_str(&text, " } }");
    copy = arena_strdup(&types.arena, buf_str(&text));
    buf_free(&text);
    return copy;
}

START_TEST(twice_the_fields_take_twice_the_steps)
{
    bool enough;
    size_t half = steps_of(wide(750), &enough);

    ck_assert(enough);
    ck_assert_uint_le(steps_of(wide(1500), &enough), 2 * half);
    ck_assert(enough);
}

END_TEST

/* A fragment of 34 levels: at the top, and again `depth` fields deeper. */
static const char *
deep_spread(int depth)
{
    struct buf text = buf_with_ceiling(1 << 20);
    const char *copy;

    buf_append_str(&text, "{ pet { ...F ");
    for (int i = 0; i < depth; i++)
        buf_append_str(&text, "friend{");
    buf_append_str(&text, "... {...F}");
    for (int i = 0; i < depth + 2; i++)
        buf_append_str(&text, "}");
    buf_append_str(&text, "fragment F on Pet {");
    for (int i = 0; i < 33; i++)
        buf_append_str(&text, "friend{");
    buf_append_str(&text, "name");
    for (int i = 0; i < 34; i++)
        buf_append_str(&text, "}");
    copy = arena_strdup(&types.arena, buf_str(&text));
    buf_free(&text);
    return copy;
}

START_TEST(fragments_cannot_nest_without_limit)
{
    ck_assert(check(spreading(31, "")));
    ck_assert(!check(spreading(32, "")));
    assert_said(
        "33:23: with fragments expanded, selections are nested deeper than 64 "
        "levels");
    ck_assert(!check(spreading(250, "")));
    ck_assert(check(deep_spread(27)));
    ck_assert(!check(deep_spread(28))); /* the same fragment, but deeper */
    assert_said(
        "1:215: with fragments expanded, selections are nested deeper than 64 "
        "levels");
}

END_TEST

/* ---- many at once ------------------------------------------------------- */

static const struct {
    const char *text;
    const char *message;
} unknowns[] = {
    {"{ products { edges { node { id weight\nweigth { x } titel } } } }",
     "1:32: unknown field \"weight\" of Product; q:2:1: unknown field "
     "\"weigth\" of Product; q:2:14: unknown field \"titel\" of Product; did "
     "you mean \"title\"?"},
    /* once for each place where it is written; other faults are not reported */
    {"{ products { edges { node { ...F } } } p: products { edges { node { "
     "...F } } } }\nfragment F on Product { zzzzzzzz yyyyyyyy }",
     "2:25: unknown field \"zzzzzzzz\" of Product; q:2:34: unknown field "
     "\"yyyyyyyy\" of Product"},
    {"{ products { edges { node { zzzzzzzz tags { x } } } } }",
     "1:29: unknown field \"zzzzzzzz\" of Product"},
    /* edges or node is missing */
    {"{ products { zzzzzzzz } }",
     "1:14: unknown field \"zzzzzzzz\" of ProductConnection: select fields of "
     "its rows with \"edges { node { ... } }\""},
    {"{ products { node { id } } }",
     "1:14: unknown field \"node\" of ProductConnection: select fields of its "
     "rows with \"edges { node { ... } }\""},
    {"{ products { edges { title } } }",
     "1:22: unknown field \"title\" of ProductEdge: select fields of its rows "
     "with \"node { ... }\""},
};

START_TEST(unknown_fields_are_reported_together)
{
    ck_assert(!check(unknowns[_i].text));
    assert_said(unknowns[_i].message);
    ck_assert_str_eq(err.code, "QUERY_TYPES");
}

END_TEST

static size_t
count_of(const char *text, const char *part)
{
    size_t count = 0;

    for (; (text = strstr(text, part)) != NULL; text++)
        count++;
    return count;
}

/* `count` unknown fields of `length` letters. */
static const char *
misspelt(int count, int length)
{
    struct buf text = buf_with_ceiling(1 << 20);
    const char *copy;

    buf_append_str(&text, "{ products { edges { node {");
    for (int i = 0; i < count; i++)
        buf_printf(&text, " z%0*d", length - 1, i);
    buf_append_str(&text, " } } } }");
    copy = arena_strdup(&types.arena, buf_str(&text));
    buf_free(&text);
    return copy;
}

START_TEST(the_number_of_reported_fields_is_limited)
{
    ck_assert(!check(misspelt(20, 20)));
    ck_assert_uint_eq(count_of(err.message, "unknown field"), 20);
    ck_assert_ptr_null(strstr(err.message, "more"));
    ck_assert(!check(misspelt(23, 20)));
    ck_assert_uint_eq(count_of(err.message, "unknown field"), 20);
    ck_assert_ptr_nonnull(strstr(err.message, "; and 3 more"));
    ck_assert(!check(misspelt(5000, 200)));
    ck_assert_uint_gt(count_of(err.message, "unknown field"), 5);
    ck_assert_ptr_nonnull(strstr(err.message, " more"));
    ck_assert(!check(misspelt(2, 4000)));
    ck_assert_ptr_nonnull(strstr(err.message, "q:1:29: unknown field"));
}

END_TEST

/* ---- spelling ----------------------------------------------------------- */

static const struct {
    const char *word;
    const char *candidate;
    bool near;
} spellings[] = {
    {"title", "title", true},
    {"titel", "title", true},
    {"ttle", "title", true},
    {"tittle", "title", true},
    {"TITLE", "title", true},
    {"titles", "handle", false},
    {"id", "ids", true},
    {"id", "x", false},
    {"", "a", true},
    {"abc", "", false},
    {"createdAt", "updatedAt", true},
    {"createdAt", "publishedAt", false},
};

START_TEST(similar_names_are_suggested)
{
    struct nearest nearest = nearest_to(spellings[_i].word);

    nearest_try(&nearest, spellings[_i].candidate);
    ck_assert_int_eq(nearest.best != NULL, spellings[_i].near);
}

END_TEST

START_TEST(the_most_similar_name_is_suggested)
{
    struct nearest nearest = nearest_to("varaint");
    char name[100];

    ck_assert_str_eq(nearest_hint(&nearest), "");
    nearest_try(&nearest, "variants");
    nearest_try(&nearest, "variant");
    nearest_try(&nearest, "vari");
    ck_assert_str_eq(nearest_hint(&nearest), "; did you mean \"variant\"?");
    memset(name, 'v', sizeof(name));
    name[sizeof(name) - 1] = '\0';
    nearest_try(&nearest, name);
    ck_assert_str_eq(nearest.best, "variant");
    nearest = nearest_to(name);
    nearest_try(&nearest, name);
    ck_assert_ptr_null(nearest.best);
}

END_TEST

static void
add_made_tests(Suite *suite)
{
    TCase *tests = tcase_create("made types");

    tcase_add_checked_fixture(tests, setup_made, teardown);
    tcase_add_loop_test(tests, valid_made_documents_pass, 0, COUNT(valid_made));
    tcase_add_loop_test(tests, made_faults_say_what_and_where, 0,
                        COUNT(made_faults));
    tcase_add_test(tests, a_long_literal_is_cut_short);
    tcase_add_test(tests, fragments_cannot_multiply_without_limit);
    tcase_add_test(tests, fragments_cannot_nest_without_limit);
    tcase_add_test(tests, fragments_that_double_are_refused_at_their_place);
    tcase_add_test(tests, a_check_takes_a_bounded_number_of_steps);
    tcase_add_test(tests, twice_the_fields_take_twice_the_steps);
    suite_add_tcase(suite, tests);
}

static Suite *
check_suite(void)
{
    Suite *suite = suite_create("graphql_check");
    TCase *tests = tcase_create("check");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, valid_documents_pass, 0, COUNT(valid));
    tcase_add_loop_test(tests, faults_say_what_and_where, 0, COUNT(faults));
    tcase_add_test(tests, an_unknown_query_type_is_reported);
    tcase_add_loop_test(tests, unknown_fields_are_reported_together, 0,
                        COUNT(unknowns));
    tcase_add_test(tests, the_number_of_reported_fields_is_limited);
    tcase_add_loop_test(tests, similar_names_are_suggested, 0,
                        COUNT(spellings));
    tcase_add_test(tests, the_most_similar_name_is_suggested);
    suite_add_tcase(suite, tests);
    add_made_tests(suite);
    return suite;
}

int
main(void)
{
    return suite_run(check_suite());
}
