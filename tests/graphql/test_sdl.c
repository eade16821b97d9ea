/* graphql: a schema in SDL gives the same types as an introspection result. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "graphql/check.h"
#include "graphql/connection.h"
#include "graphql/schema.h"
#include "graphql/types_file.h"
#include "support/suite.h"
#include "support/types.h"

static struct types types;
static struct gql_types_file *made;
static struct err err;
static char path[64];

static void
setup(void)
{
    memset(&err, 0, sizeof(err));
    made = NULL;
}

static void
teardown(void)
{
    gql_types_file_free(made);
}

/* ---- texts made here ---------------------------------------------------- */

static bool
open_text(const char *text)
{
    FILE *file;
    int fd;

    strcpy(path, "/tmp/bulkpg-sdl-XXXXXX");
    fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    file = fdopen(fd, "w");
    fputs(text, file);
    fclose(file);
    if (gql_types_file_open(path, &made, &err)) {
        unlink(path);
        return true;
    }
    unlink(path);
    return false;
}

static void
assert_opens(const char *text)
{
    if (!open_text(text))
        ck_abort_msg("%s", err.message);
}

static void
assert_type(const char *name, const char *json)
{
    struct span found;

    ck_assert_msg(gql_types_file_find(made, name, &found), "%s", name);
    ck_assert_uint_eq(found.length, strlen(found.bytes));
    ck_assert_str_eq(found.bytes, json);
}

START_TEST(types_become_introspection_objects)
{
    assert_opens(
        "\"A schema.\" schema @link(url: \"x\") { query: Q mutation: M }\n"
        "directive @d(a: Int = 1 @x, b: [S!]) repeatable on\n"
        "  | FIELD_DEFINITION | OBJECT\n"
        "\"\"\"A \"query\".\"\"\"\n"
        "type Q implements & N & O @d(a: 2) {\n"
        "  \"of it\" id: ID!\n"
        "  list(first: Int = 3, after: [[S!]]! \"x\" in: In = {a: [1]}): [[T!]]!"
        " @deprecated(reason: \"old\")\n"
        "  id: Int @deprecated\n"
        "}\n"
        "interface N { id: ID! } interface O implements N { id: ID! }\n"
        "scalar S @specifiedBy(url: \"u\")\n"
        "union T = | Q | M\n"
        "type M { e: E @deprecated }\n"
        "enum E { A @deprecated B }\n"
        "input In { a: [Int!] = [] \"b\" b: E }\n"
        "input One @d @oneOf { a: Int }\n");
    ck_assert_str_eq(gql_types_file_query_type(made), "Q");
    assert_type(
        "Q",
        "{\"kind\":\"OBJECT\",\"name\":\"Q\",\"fields\":["
        "{\"name\":\"id\",\"isDeprecated\":false,\"deprecationReason\":null,"
        "\"args\":[],\"type\":{\"kind\":\"NON_NULL\",\"ofType\":"
        "{\"kind\":\"SCALAR\",\"name\":\"ID\"}}},"
        "{\"name\":\"list\",\"isDeprecated\":true,\"deprecationReason\":\"old\""
        ",\"args\":[{\"name\":\"first\",\"description\":null,\"type\":"
        "{\"kind\":\"SCALAR\",\"name\":\"Int\"},\"defaultValue\":\"3\"},"
        "{\"name\":\"after\",\"description\":null,\"type\":{\"kind\":"
        "\"NON_NULL\",\"ofType\":{\"kind\":\"LIST\",\"ofType\":{\"kind\":"
        "\"LIST\",\"ofType\":{\"kind\":\"NON_NULL\",\"ofType\":{\"kind\":"
        "\"SCALAR\",\"name\":\"S\"}}}}},\"defaultValue\":null},"
        "{\"name\":\"in\",\"description\":\"x\",\"type\":{\"kind\":"
        "\"INPUT_OBJECT\",\"name\":\"In\"},\"defaultValue\":\"{a: [1]}\"}],"
        "\"type\":{\"kind\":\"NON_NULL\",\"ofType\":{\"kind\":\"LIST\","
        "\"ofType\":{\"kind\":\"LIST\",\"ofType\":{\"kind\":\"NON_NULL\","
        "\"ofType\":{\"kind\":\"UNION\",\"name\":\"T\"}}}}}}],"
        "\"interfaces\":[{\"name\":\"O\"},{\"name\":\"N\"}]}");
    assert_type("One", "{\"kind\":\"INPUT_OBJECT\",\"name\":\"One\","
                       "\"inputFields\":[{\"name\":\"a\",\"description\":"
                       "null,\"type\":{\"kind\":\"SCALAR\",\"name\":\"Int\"},"
                       "\"defaultValue\":null}],\"isOneOf\":true}");
    assert_type("S", "{\"kind\":\"SCALAR\",\"name\":\"S\"}");
    assert_type("T", "{\"kind\":\"UNION\",\"name\":\"T\",\"possibleTypes\":["
                     "{\"name\":\"M\"},{\"name\":\"Q\"}]}");
    assert_type("E", "{\"kind\":\"ENUM\",\"name\":\"E\",\"enumValues\":["
                     "{\"name\":\"B\"},{\"name\":\"A\"}]}");
    assert_type("N", "{\"kind\":\"INTERFACE\",\"name\":\"N\",\"fields\":["
                     "{\"name\":\"id\",\"isDeprecated\":false,"
                     "\"deprecationReason\":null,\"args\":[],\"type\":{"
                     "\"kind\":\"NON_NULL\",\"ofType\":{\"kind\":\"SCALAR\","
                     "\"name\":\"ID\"}}}],\"interfaces\":[],"
                     "\"possibleTypes\":[{\"name\":\"Q\"}]}");
    assert_type("In", "{\"kind\":\"INPUT_OBJECT\",\"name\":\"In\","
                      "\"inputFields\":[{\"name\":\"a\",\"description\":null,"
                      "\"type\":{\"kind\":\"LIST\",\"ofType\":{\"kind\":"
                      "\"NON_NULL\",\"ofType\":{\"kind\":\"SCALAR\",\"name\":"
                      "\"Int\"}}},\"defaultValue\":\"[]\"},"
                      "{\"name\":\"b\",\"description\":\"b\",\"type\":{"
                      "\"kind\":\"ENUM\",\"name\":\"E\"},\"defaultValue\":"
                      "null}]}");
}

END_TEST

START_TEST(extensions_add_to_their_type)
{
    struct span json;

    assert_opens("\xef\xbb\xbf# first\n"
                 "extend type Query @d { b: Int }\n"
                 "type Query { a: Int }\n"
                 "extend schema @link(url: \"u\")\n"
                 "extend type Query implements N\n"
                 "interface N { a: Int }\n"
                 "extend enum E { B } enum E { A }\n"
                 "extend union U = N2 type N2 { a: Int }\n");
    ck_assert_str_eq(gql_types_file_query_type(made), "Query");
    ck_assert(gql_types_file_find(made, "Query", &json));
    ck_assert_ptr_nonnull(strstr(json.bytes, "\"name\":\"a\""));
    ck_assert_ptr_nonnull(strstr(json.bytes, "\"name\":\"b\""));
    ck_assert_ptr_nonnull(
        strstr(json.bytes, "\"interfaces\":[{\"name\":\"N\""));
    assert_type("E", "{\"kind\":\"ENUM\",\"name\":\"E\",\"enumValues\":["
                     "{\"name\":\"A\"},{\"name\":\"B\"}]}");
    ck_assert(!gql_types_file_find(made, "Nope", &json));
}

END_TEST

static const struct {
    const char *text;
    const char *message; /* after the file's name */
} faults[] = {
    {"type Query { a: Int", ":1:20: expected"},
    {"type Query { a Int }", ":1:16: expected \":\", found \"Int\""},
    {"type Query { a: [Int }", ":1:22: expected \"]\", found \"}\""},
    {"type Query { a: Nope }", ":1:17: the type Nope is not defined"},
    {"type Query { a(b: [Nope!]): Int }",
     ":1:19: the type Nope is not defined"},
    {"input I { a: Nope } type Query { a: Int }",
     ":1:14: the type Nope is not defined"},
    {"type Query { a: Int }\nscalar A\ntype A { a: Int }",
     ":3:1: the type A is defined twice, first in line 2"},
    {"type A { a: Int }", ": the query type Query is not defined"},
    {"schema { query: B } type A { a: Int }",
     ": the query type B is not defined"},
    {"query { a }", ":1:1: expected a definition of a schema"},
    {"extend directive @d on FIELD", ":1:8: expected a definition"},
    {"type Query { a: [[[[[[[[[Int]]]]]]]]] }",
     ":1:25: a list is nested deeper than 8 levels"},
    {"type Query { a: \"Int }", ":1:17: "},
    {"type Query { a: Int @d(x: $y) }", ":1:27: "},
};

START_TEST(faults_have_their_place)
{
    const char *place;

    ck_assert_msg(!open_text(faults[_i].text), "%s", faults[_i].text);
    ck_assert_int_eq(err.kind, ERR_CONFIG);
    ck_assert_str_eq(err.code, "TYPES_FILE");
    ck_assert_msg(strncmp(err.message, path, strlen(path)) == 0, "%s",
                  err.message);
    place = err.message + strlen(path);
    ck_assert_msg(
        strncmp(place, faults[_i].message, strlen(faults[_i].message)) == 0,
        "%s", place);
}

END_TEST

START_TEST(a_long_name_is_refused)
{
    char text[400];

    memset(text, 'a', sizeof(text));
    memcpy(text, "type ", 5);
    text[399] = '\0';
    ck_assert(!open_text(text));
    ck_assert_ptr_nonnull(strstr(err.message, "more than 255 bytes"));
}

END_TEST

/* ---- published schemas -------------------------------------------------- */

static const struct {
    const char *path;
    const char *query;
    const char *connection;
} published[] = {
    {"tests/data/sdl/github.graphql",
     "{ repository(owner: \"o\", name: \"n\") { issues(first: 2, filterBy: "
     "{since: \"2026-01-01T00:00:00Z\", states: OPEN}) { totalCount edges { "
     "node { id author { login ... on User { id name } } labels(first: 3) { "
     "nodes { name } } } } pageInfo { endCursor hasNextPage } } } }",
     "IssueConnection"},
    {"tests/data/sdl/saleor.graphql",
     "{ orders(first: 5, where: {updatedAt: {gte: "
     "\"2026-01-01T00:00:00Z\"}}) { edges { node { id created lines { id "
     "quantity unitPrice { gross { amount currency } } } } } } }",
     "OrderCountableConnection"},
    {"tests/data/sdl/linear.graphql",
     "{ issues(first: 5, orderBy: updatedAt, filter: {updatedAt: {gt: "
     "\"2026-01-01\"}}) { nodes { id title dueDate team { id key } labels { "
     "nodes { id } } } } }",
     "IssueConnection"},
    {"tests/data/sdl/infrahub.graphql",
     "{ InfraDevice(limit: 5, offset: 0) { count edges { node { id "
     "display_label name { value updated_at } } } } }",
     "PaginatedInfraDevice"},
};

START_TEST(published_schemas_can_be_read)
{
    types_open(&types, published[_i].path);
    if (!gql_check(types_parse(&types, published[_i].query), types.schema,
                   &err))
        ck_abort_msg("%s", err.message);
    ck_assert(gql_is_connection(types.schema, published[_i].connection));
    types_close(&types);
}

END_TEST

/* GitHub's schema defines arguments and fields with descriptions that have
 * every kind of character, and interfaces with many types. */
START_TEST(an_interface_knows_its_types)
{
    const struct gql_type *node;

    types_open(&types, "tests/data/sdl/github.graphql");
    types_add(&types, "Node");
    types_add(&types, "Issue");
    node = gql_schema_find(types.schema, "Node");
    ck_assert(gql_type_admits(node, "Issue"));
    ck_assert(gql_type_admits(node, "Repository"));
    ck_assert(!gql_type_admits(node, "PageInfo"));
    ck_assert(gql_name_in(gql_schema_find(types.schema, "Issue")->interfaces,
                          "Node"));
    types_close(&types);
}

END_TEST

static Suite *
sdl_suite(void)
{
    Suite *suite = suite_create("graphql_sdl");
    TCase *tests = tcase_create("sdl");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, types_become_introspection_objects);
    tcase_add_test(tests, extensions_add_to_their_type);
    tcase_add_loop_test(tests, faults_have_their_place, 0, COUNT(faults));
    tcase_add_test(tests, a_long_name_is_refused);
    tcase_add_loop_test(tests, published_schemas_can_be_read, 0,
                        COUNT(published));
    tcase_add_test(tests, an_interface_knows_its_types);
    suite_add_tcase(suite, tests);
    return suite;
}

int
main(void)
{
    return suite_run(sdl_suite());
}
