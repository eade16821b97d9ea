/* graphql: types are added one by one, and a schema lists those that a document
 * needs. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "graphql/connection.h"
#include "graphql/schema.h"
#include "graphql/types_file.h"
#include "support/suite.h"
#include "support/types.h"

static const char types_path[] = "tests/data/graphql/types.json";

static struct types types;
static struct err err;

static void
setup(void)
{
    memset(&err, 0, sizeof(err));
    types_open(&types, types_path);
}

static void
teardown(void)
{
    types_close(&types);
}

static struct gql_type *
add(const char *name)
{
    struct span json;

    ck_assert_msg(gql_types_file_find(types.file, name, &json), "%s", name);
    if (!gql_schema_add(types.schema, json, &err))
        ck_abort_msg("%s", err.message);
    return gql_schema_find(types.schema, name);
}

static bool
add_json(const char *json)
{
    return gql_schema_add(types.schema, span_str(json), &err);
}

/* ---- one type ----------------------------------------------------------- */

START_TEST(an_object_has_fields_with_arguments)
{
    struct gql_type *root = add("QueryRoot");
    struct gql_field *products = gql_type_field(root, "products");
    const struct gql_input *argument;

    ck_assert_int_eq(root->kind, GQL_OBJECT_TYPE);
    ck_assert_str_eq(products->type.name, "ProductConnection");
    ck_assert_int_eq(products->type.kind, GQL_OBJECT_TYPE);
    ck_assert(products->type.non_null);
    ck_assert_uint_eq(products->type.list_depth, 0);
    ck_assert_str_eq(products->type.text, "ProductConnection!");
    argument = gql_find_input(products->arguments, "sortKey");
    ck_assert_int_eq(argument->type.kind, GQL_ENUM_TYPE);
    ck_assert(argument->has_default);
    argument = gql_find_input(products->arguments, "query");
    ck_assert_ptr_nonnull(strstr(argument->description, "created_at"));
    ck_assert(!argument->has_default);
    ck_assert_ptr_null(gql_find_input(products->arguments, "nope"));
    ck_assert_ptr_null(gql_type_field(root, "nope"));
}

END_TEST

START_TEST(references_know_their_wrappers)
{
    const struct gql_type *product = add("Product");
    const struct gql_field *nodes = gql_type_field(add("QueryRoot"), "nodes");
    const struct gql_type_ref *tags = &gql_type_field(product, "tags")->type;
    const struct gql_type_ref *media =
        &gql_type_field(product, "featuredMedia")->type;

    ck_assert_str_eq(tags->text, "[String!]!");
    ck_assert_str_eq(tags->name, "String");
    ck_assert_uint_eq(tags->list_depth, 1);
    ck_assert(tags->non_null);
    ck_assert_str_eq(media->text, "Media");
    ck_assert_int_eq(media->kind, GQL_INTERFACE_TYPE);
    ck_assert(!media->non_null);
    ck_assert_str_eq(nodes->type.text, "[Node]!");
    ck_assert_str_eq(nodes->arguments->type.text, "[ID!]!");
}

END_TEST

START_TEST(deprecated_fields_are_read)
{
    const struct gql_field *html = gql_type_field(add("Product"), "bodyHtml");

    ck_assert(html->deprecated);
    ck_assert_str_eq(html->deprecation_reason,
                     "Use `descriptionHtml` instead.");
    html = gql_type_field(add("Product"), "descriptionHtml");
    ck_assert(!html->deprecated);
    ck_assert_str_eq(html->deprecation_reason, "");
}

END_TEST

START_TEST(an_interface_admits_its_possible_types)
{
    const struct gql_type *media = add("Media");
    const struct gql_type *video = add("Video");

    ck_assert(gql_type_is_abstract(media));
    ck_assert(gql_type_admits(media, "Video"));
    ck_assert(!gql_type_admits(media, "Product"));
    ck_assert(!gql_type_is_abstract(video));
    ck_assert(gql_type_admits(video, "Video"));
    ck_assert(!gql_type_admits(video, "MediaImage"));
    ck_assert(gql_name_in(video->interfaces, "Media"));
    ck_assert_ptr_nonnull(gql_type_field(media, "alt"));
}

END_TEST

START_TEST(a_union_admits_its_members)
{
    const struct gql_type *reference = add("MetafieldReference");

    ck_assert_int_eq(reference->kind, GQL_UNION_TYPE);
    ck_assert(gql_type_is_abstract(reference));
    ck_assert(gql_type_admits(reference, "ProductVariant"));
    ck_assert(!gql_type_admits(reference, "Shop"));
    ck_assert_ptr_null(reference->fields);
}

END_TEST

START_TEST(enumerations_and_inputs_are_read)
{
    const struct gql_type *status = add("ProductStatus");
    struct gql_type *input = add("UniqueMetafieldValueInput");

    ck_assert_int_eq(status->kind, GQL_ENUM_TYPE);
    ck_assert(gql_name_in(status->enum_values, "ACTIVE"));
    ck_assert(!gql_name_in(status->enum_values, "active"));
    ck_assert_int_eq(input->kind, GQL_INPUT_TYPE);
    ck_assert_str_eq(gql_find_input(input->input_fields, "key")->type.text,
                     "String!");
    ck_assert_int_eq(add("HTML")->kind, GQL_SCALAR_TYPE);
}

END_TEST

START_TEST(some_kinds_have_fields)
{
    ck_assert(gql_kind_is_composite(GQL_OBJECT_TYPE));
    ck_assert(gql_kind_is_composite(GQL_INTERFACE_TYPE));
    ck_assert(gql_kind_is_composite(GQL_UNION_TYPE));
    ck_assert(!gql_kind_is_composite(GQL_SCALAR_TYPE));
    ck_assert(!gql_kind_is_composite(GQL_ENUM_TYPE));
    ck_assert(!gql_kind_is_composite(GQL_INPUT_TYPE));
}

END_TEST

START_TEST(the_first_description_of_a_type_stays)
{
    const struct gql_type *first;

    ck_assert(add_json("{\"kind\":\"SCALAR\",\"name\":\"X\"}"));
    first = gql_schema_find(types.schema, "X");
    ck_assert(add_json("{\"kind\":\"ENUM\",\"name\":\"X\"}"));
    ck_assert_ptr_eq(gql_schema_find(types.schema, "X"), first);
    ck_assert_int_eq(first->kind, GQL_SCALAR_TYPE);
}

END_TEST

START_TEST(unknown_keys_are_ignored)
{
    ck_assert(add_json("{\"isOneOf\":true,\"kind\":\"OBJECT\",\"name\":\"X\","
                       "\"fields\":[{\"name\":\"a\",\"requiredAccess\":{},"
                       "\"type\":{\"kind\":\"SCALAR\",\"name\":\"Int\"}}],"
                       "\"enumValues\":null}"));
    ck_assert_str_eq(gql_schema_find(types.schema, "X")->fields->name, "a");
    ck_assert_ptr_null(gql_schema_find(types.schema, "X")->fields->arguments);
}

END_TEST

static const struct {
    const char *json;
    const char *message;
} no_types[] = {
    {"",
     "introspected type: not valid JSON at byte 0: parse error: premature EOF"},
    {"null", "not an introspected type: it has no kind"},
    {"{\"name\":\"X\"}", "not an introspected type: it has no kind"},
    {"{\"kind\":\"LIST\",\"name\":\"X\"}",
     "not an introspected type: it has no kind"},
    {"{\"kind\":\"OBJECT\",\"name\":null}",
     "not an introspected type: it has no name"},
    {"{\"kind\":\"OBJECT\",\"name\":\"X\",\"fields\":[{}]}",
     "introspected type X: a part of it has no name"},
    {"{\"kind\":\"OBJECT\",\"name\":\"X\",\"fields\":[{\"name\":\"a\"}]}",
     "introspected type X: a type in it has no kind"},
    {"{\"kind\":\"OBJECT\",\"name\":\"X\",\"fields\":[{\"name\":\"a\","
     "\"type\":{\"kind\":\"LIST\",\"ofType\":null}}]}",
     "introspected type X: a type in it has no kind"},
    {"{\"kind\":\"ENUM\",\"name\":\"X\",\"enumValues\":[1]}",
     "introspected type X: a part of it has no name"},
    {"{\"kind\":\"INPUT_OBJECT\",\"name\":\"X\",\"inputFields\":[{\"name\":"
     "\"a\",\"type\":{\"kind\":\"SCALAR\"}}]}",
     "introspected type X: a part of it has no name"},
};

START_TEST(malformed_types_are_refused)
{
    ck_assert(!add_json(no_types[_i].json));
    ck_assert_int_eq(err.kind, ERR_FAILED);
    ck_assert_str_eq(err.message, no_types[_i].message);
    ck_assert_ptr_null(gql_schema_find(types.schema, "X"));
}

END_TEST

/* No store has such types, and it would take long to search them. */
START_TEST(long_names_and_lists_of_inputs_are_refused)
{
    struct buf json = buf_with_ceiling(1024 * 1024);
    char name[257];

    memset(name, 'n', 256);
    name[256] = '\0';
    ck_assert(!add_json(arena_printf(
        &types.arena, "{\"kind\":\"OBJECT\",\"name\":\"%s\"}", name)));
    ck_assert_ptr_nonnull(strstr(err.message, "more than 255 bytes"));
    buf_append_str(&json, "{\"kind\":\"INPUT_OBJECT\",\"name\":\"X\","
                          "\"inputFields\":[");
    for (int i = 0; i <= 1000; i++)
        buf_printf(&json,
                   "%s{\"name\":\"i%d\",\"type\":{\"kind\":"
                   "\"SCALAR\",\"name\":\"Int\"}}",
                   i > 0 ? "," : "", i);
    buf_append_str(&json, "]}");
    ck_assert(!add_json(buf_str(&json)));
    ck_assert_str_eq(
        err.message,
        "introspected type X: it has a list of more than 1000 arguments or "
        "input fields");
    buf_free(&json);
}

END_TEST

/* One JSON object has both lists. A name of one is not a name of the other. */
START_TEST(a_value_is_not_a_field)
{
    ck_assert(add_json("{\"kind\":\"OBJECT\",\"name\":\"X\",\"fields\":[],"
                       "\"enumValues\":[{\"name\":\"a\"}],"
                       "\"possibleTypes\":[{\"name\":\"b\"}]}"));
    ck_assert_ptr_null(gql_type_field(gql_schema_find(types.schema, "X"), "a"));
    ck_assert_ptr_null(
        gql_type_input_field(gql_schema_find(types.schema, "X"), "b"));
    ck_assert(gql_type_has_value(gql_schema_find(types.schema, "X"), "a"));
}

END_TEST

static void
count_type(void *ctx, const struct gql_type *type)
{
    ck_assert_ptr_eq(gql_schema_find(types.schema, type->name), type);
    ++*(size_t *)ctx;
}

START_TEST(each_type_is_visited_once)
{
    size_t count = 0;

    add("Product");
    add("Media");
    add("Product");
    gql_schema_each(types.schema, count_type, &count);
    ck_assert_uint_eq(count, 2);
}

END_TEST

START_TEST(the_query_type_can_be_set)
{
    ck_assert_str_eq(gql_schema_query_type(types.schema), "QueryRoot");
    gql_schema_set_query_type(types.schema, "Query");
    ck_assert_str_eq(gql_schema_query_type(types.schema), "Query");
}

END_TEST

/* ---- connections -------------------------------------------------------- */

START_TEST(a_connection_needs_its_edges)
{
    add("ProductConnection");
    ck_assert(!gql_is_connection(types.schema, "ProductConnection"));
    add("ProductEdge");
    ck_assert(gql_is_connection(types.schema, "ProductConnection"));
    ck_assert_str_eq(
        gql_connection_node(types.schema, "ProductConnection")->text,
        "Product!");
    add("StringConnection");
    add("StringEdge");
    ck_assert_int_eq(
        gql_connection_node(types.schema, "StringConnection")->kind,
        GQL_SCALAR_TYPE);
    add("Product");
    ck_assert(!gql_is_connection(types.schema, "Product"));
    ck_assert(!gql_is_connection(types.schema, "ProductEdge"));
    ck_assert(!gql_is_connection(types.schema, "Nope"));
    ck_assert_ptr_null(gql_connection_node(types.schema, "Product"));
}

END_TEST

/* ---- what is missing ---------------------------------------------------- */

/* The missing types, turn by turn, as "A B | C | ". Each turn adds them. */
static const char *
turns(const char *text)
{
    struct gql_document *document;
    const struct gql_name *name;
    char *list = arena_strdup(&types.arena, "");

    if (!gql_parse(&types.arena, "q", span_str(text), &document, &err))
        ck_abort_msg("%s", err.message);
    for (name = gql_schema_missing(types.schema, document, &types.arena);
         name != NULL;
         name = gql_schema_missing(types.schema, document, &types.arena)) {
        for (; name != NULL; name = name->next) {
            struct span json;

            list = arena_printf(&types.arena, "%s%s ", list, name->name);
            if (gql_types_file_find(types.file, name->name, &json))
                add(name->name);
            else
                gql_schema_add_absent(types.schema, name->name);
        }
        list = arena_printf(&types.arena, "%s| ", list);
    }
    return list;
}

static const struct {
    const char *text;
    const char *turns;
} missing[] = {
    {"{ products { edges { node { id title } cursor } } }",
     "QueryRoot | ProductConnection | ProductEdge | Product | "},
    {"{ products(first: 1) { nodes { id } pageInfo { hasNextPage } } }",
     "QueryRoot | ProductConnection | ProductEdge Product PageInfo | "},
    {"{ __typename shop { id } node: shop { name } }", "QueryRoot | Shop | "},
    {"{ shop { nope { id } } nope { id } }", "QueryRoot | Shop | "},
    {"{ shop }", "QueryRoot | Shop | "},
    {"{ ...F } fragment F on QueryRoot { node(id: 1) { ...G ... { id } } } "
     "fragment G on Product { media { edges { node { ... on Video { id } } } } "
     "}",
     "QueryRoot Product | Node MediaConnection | MediaEdge | Media | Video | "},
    {"{ shop { ... on Nope { id } ... on Product { id } } }",
     "QueryRoot | Shop | Nope Product | "},
    {"fragment F on Shop { id } fragment G on Shop { name }",
     "QueryRoot Shop | "},
    {"{ products(sortKey: TITLE, first: 1, query: \"x\") { edges { cursor } } "
     "}",
     "QueryRoot | ProductSortKeys ProductConnection | ProductEdge | "},
    {"{ products(sortKey: null) { edges { cursor } } }",
     "QueryRoot | ProductConnection | ProductEdge | "},
    {"{ productByIdentifier(identifier: {customId: {key: \"k\"}, x: 1}) { id } "
     "}",
     "QueryRoot | ProductIdentifierInput Product | UniqueMetafieldValueInput "
     "| "},
    {"{ productByIdentifier(identifier: {id: 1}) { status } }",
     "QueryRoot | ProductIdentifierInput Product | "},
    {"{ productByIdentifier(identifier: [{customId: {}}]) { id } }",
     "QueryRoot | ProductIdentifierInput Product | UniqueMetafieldValueInput "
     "| "},
    {"{ orders { edges { node { localizedFields(purposes: [TAX, TAX]) { "
     "edges { cursor } } } } } }",
     "QueryRoot | OrderConnection | OrderEdge | Order | LocalizedFieldPurpose "
     "LocalizedFieldConnection | LocalizedFieldEdge | "},
    {"mutation { x { id } }", "Mutation | "},
};

START_TEST(missing_types_are_listed_turn_by_turn)
{
    ck_assert_str_eq(turns(missing[_i].text), missing[_i].turns);
}

END_TEST

/* A mutation needs the types of its variables as a whole, each once, and those
 * of its lists of errors. */
START_TEST(a_mutation_needs_what_its_variables_contain)
{
    static const char *const texts[] = {
        "{\"kind\":\"OBJECT\",\"name\":\"M\",\"fields\":[{\"name\":\"set\","
        "\"args\":[{\"name\":\"in\",\"type\":{\"kind\":\"INPUT_OBJECT\","
        "\"name\":\"In\"}}],\"type\":{\"kind\":\"OBJECT\",\"name\":\"P\"}}]}",
        "{\"kind\":\"INPUT_OBJECT\",\"name\":\"In\",\"inputFields\":[{\"name\":"
        "\"e\",\"type\":{\"kind\":\"ENUM\",\"name\":\"E\"}},{\"name\":\"in\","
        "\"type\":{\"kind\":\"LIST\",\"ofType\":{\"kind\":\"INPUT_OBJECT\","
        "\"name\":\"In\"}}},{\"name\":\"s\",\"type\":{\"kind\":\"SCALAR\","
        "\"name\":\"S\"}}]}",
        "{\"kind\":\"OBJECT\",\"name\":\"P\",\"fields\":[{\"name\":\"a\","
        "\"type\":{\"kind\":\"SCALAR\",\"name\":\"Int\"}},{\"name\":\"things\","
        "\"type\":{\"kind\":\"LIST\",\"ofType\":{\"kind\":\"OBJECT\",\"name\":"
        "\"ThingUserError\"}}},{\"name\":\"other\",\"type\":{\"kind\":"
        "\"OBJECT\",\"name\":\"Other\"}}]}"};
    const char *text = "mutation($in: [In!]!, $d: Date, $i: Int) { set(in: "
                       "$in) { a } }";

    types_add_made(&types, "QueryRoot", texts, 3);
    gql_schema_set_mutation_type(types.schema, "M");
    ck_assert_str_eq(gql_schema_mutation_type(types.schema), "M");
    ck_assert_str_eq(turns(text), "E Date ThingUserError | ");
}

END_TEST

static const struct {
    const char *text;
    bool known;
    const char *name;
    unsigned depth;
    bool non_null;
    enum gql_type_kind kind;
} refs[] = {
    {"ID", true, "ID", 0, false, GQL_SCALAR_TYPE},
    {"[ID!]!", true, "ID", 1, true, GQL_SCALAR_TYPE},
    {"[[ProductIdentifierInput]!]", true, "ProductIdentifierInput", 2, false,
     GQL_INPUT_TYPE},
    {"Nope!", false, "Nope", 0, true, GQL_SCALAR_TYPE},
};

START_TEST(the_type_of_a_variable_is_read)
{
    struct gql_type_ref ref;

    (void)add("ProductIdentifierInput");
    ck_assert_int_eq(
        gql_schema_read_ref(types.schema, &types.arena, refs[_i].text, &ref),
        refs[_i].known);
    ck_assert_str_eq(ref.name, refs[_i].name);
    ck_assert_uint_eq(ref.list_depth, refs[_i].depth);
    ck_assert_int_eq(ref.non_null, refs[_i].non_null);
    ck_assert_int_eq(ref.kind, refs[_i].kind);
    ck_assert_str_eq(ref.text, refs[_i].text);
}

END_TEST

START_TEST(one_of_is_read)
{
    ck_assert(add_json("{\"isOneOf\":true,\"kind\":\"INPUT_OBJECT\",\"name\":"
                       "\"A\"}"));
    ck_assert(add_json("{\"isOneOf\":false,\"kind\":\"INPUT_OBJECT\",\"name\":"
                       "\"B\"}"));
    ck_assert(add_json("{\"isOneOf\":null,\"kind\":\"INPUT_OBJECT\",\"name\":"
                       "\"C\"}"));
    ck_assert(gql_schema_find(types.schema, "A")->one_of);
    ck_assert(!gql_schema_find(types.schema, "B")->one_of);
    ck_assert(!gql_schema_find(types.schema, "C")->one_of);
}

END_TEST

START_TEST(absent_types_are_asked_for_once)
{
    ck_assert(!gql_schema_is_absent(types.schema, "QueryRoot"));
    gql_schema_add_absent(types.schema, "QueryRoot");
    gql_schema_add_absent(types.schema, "QueryRoot");
    ck_assert(gql_schema_is_absent(types.schema, "QueryRoot"));
    ck_assert_str_eq(turns("{ shop { id } }"), "");
}

END_TEST

/* ---- types in a file ---------------------------------------------------- */

START_TEST(a_file_is_indexed_by_name)
{
    struct span json;

    ck_assert_str_eq(gql_types_file_query_type(types.file), "QueryRoot");
    ck_assert(gql_types_file_find(types.file, "ProductEdge", &json));
    ck_assert(
        span_starts(json, "{\"kind\":\"OBJECT\",\"name\":\"ProductEdge\""));
    ck_assert(json.bytes[json.length - 1] == '}');
    ck_assert(!gql_types_file_find(types.file, "Nope", &json));
    ck_assert(!gql_types_file_find(types.file, "", &json));
}

END_TEST

/* Open a file with this content. The file is removed afterwards. */
static bool
open_text(const char *text, struct gql_types_file **opened)
{
    char path[] = "/tmp/test_graphql_schema.XXXXXX";
    int fd = mkstemp(path);
    bool done;

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, text, strlen(text)), (int)strlen(text));
    close(fd);
    done = gql_types_file_open(path, opened, &err);
    unlink(path);
    return done;
}

START_TEST(a_file_names_the_mutation_type)
{
    static const char *const texts[] = {
        "{\"__schema\":{\"queryType\":{\"name\":\"Q\"},\"mutationType\":{"
        "\"name\":\"M\"},\"types\":[{\"name\":\"Q\"}]}}",
        "{\"data\":{\"__schema\":{\"mutationType\":{\"name\":\"M\"},"
        "\"queryType\":{\"name\":\"Q\"},\"types\":[{\"name\":\"Q\"}]}}}",
        "type Query { a: Int } type M { a: Int } schema { mutation: M }"};
    static const char *const none[] = {
        "{\"__schema\":{\"queryType\":{\"name\":\"Q\"},\"mutationType\":null,"
        "\"types\":[{\"name\":\"Q\"}]}}",
        "type Query { a: Int }"};
    struct gql_types_file *opened;

    for (int i = 0; i < COUNT(texts); i++) {
        ck_assert(open_text(texts[i], &opened));
        ck_assert_str_eq(gql_types_file_mutation_type(opened), "M");
        gql_types_file_free(opened);
    }
    for (int i = 0; i < COUNT(none); i++) {
        ck_assert(open_text(none[i], &opened));
        ck_assert_ptr_null(gql_types_file_mutation_type(opened));
        gql_types_file_free(opened);
    }
    ck_assert(
        open_text("type Query { a: Int } type Mutation { a: Int }", &opened));
    ck_assert_str_eq(gql_types_file_mutation_type(opened), "Mutation");
    gql_types_file_free(opened);
}

END_TEST

START_TEST(the_envelope_may_be_missing)
{
    struct gql_types_file *opened;
    struct span json;

    ck_assert(open_text("{\"__schema\":{\"types\":[{\"fields\":[{\"name\":"
                        "\"no\"}],\"name\":\"B\"},{},{\"name\":\"A\"}],"
                        "\"queryType\":{\"name\":\"Q\"}},\"extensions\":{}}",
                        &opened));
    ck_assert_str_eq(gql_types_file_query_type(opened), "Q");
    ck_assert(gql_types_file_find(opened, "A", &json));
    ck_assert(span_is(json, "{\"name\":\"A\"}"));
    ck_assert(gql_types_file_find(opened, "B", &json));
    ck_assert(!gql_types_file_find(opened, "no", &json));
    gql_types_file_free(opened);
}

END_TEST

static const struct {
    const char *text;
    const char *message; /* a part of the error */
} no_files[] = {
    {"", "the file is empty"},
    {"{", "not valid JSON at byte 1"},
    {"{}", "not an introspection result"},
    {"{\"data\":{\"__schema\":{\"types\":[{\"name\":\"A\"}]}}}",
     "not an introspection result"},
    {"{\"data\":{\"__schema\":{\"queryType\":{\"name\":\"A\"}}}}",
     "not an introspection result"},
};

START_TEST(other_files_are_refused)
{
    struct gql_types_file *opened;

    ck_assert(!open_text(no_files[_i].text, &opened));
    ck_assert_int_eq(err.kind, ERR_CONFIG);
    ck_assert_ptr_nonnull(strstr(err.message, no_files[_i].message));
    ck_assert(strncmp(err.message, "/tmp/test_graphql_schema.", 25) == 0);
}

END_TEST

START_TEST(a_file_that_cannot_be_read_is_reported)
{
    struct gql_types_file *opened;

    ck_assert(!gql_types_file_open("nope.json", &opened, &err));
    ck_assert_str_eq(err.message, "nope.json: No such file or directory");
    ck_assert_str_eq(err.hint,
                     "create the file with bulkpg types --store S > FILE");
    ck_assert_int_eq(err.kind, ERR_CONFIG);
    ck_assert(!gql_types_file_open("tests", &opened, &err));
    ck_assert_str_eq(err.message, "tests: not a regular file");
    gql_types_file_free(NULL);
}

END_TEST

static Suite *
schema_suite(void)
{
    Suite *suite = suite_create("graphql_schema");
    TCase *tests = tcase_create("schema");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, an_object_has_fields_with_arguments);
    tcase_add_test(tests, references_know_their_wrappers);
    tcase_add_test(tests, deprecated_fields_are_read);
    tcase_add_test(tests, an_interface_admits_its_possible_types);
    tcase_add_test(tests, a_union_admits_its_members);
    tcase_add_test(tests, enumerations_and_inputs_are_read);
    tcase_add_test(tests, some_kinds_have_fields);
    tcase_add_test(tests, the_first_description_of_a_type_stays);
    tcase_add_test(tests, unknown_keys_are_ignored);
    tcase_add_loop_test(tests, malformed_types_are_refused, 0, COUNT(no_types));
    tcase_add_test(tests, long_names_and_lists_of_inputs_are_refused);
    tcase_add_test(tests, a_value_is_not_a_field);
    tcase_add_test(tests, each_type_is_visited_once);
    tcase_add_test(tests, the_query_type_can_be_set);
    tcase_add_test(tests, a_connection_needs_its_edges);
    tcase_add_loop_test(tests, missing_types_are_listed_turn_by_turn, 0,
                        COUNT(missing));
    tcase_add_test(tests, absent_types_are_asked_for_once);
    tcase_add_test(tests, a_file_is_indexed_by_name);
    tcase_add_test(tests, a_mutation_needs_what_its_variables_contain);
    tcase_add_loop_test(tests, the_type_of_a_variable_is_read, 0, COUNT(refs));
    tcase_add_test(tests, one_of_is_read);
    tcase_add_test(tests, a_file_names_the_mutation_type);
    tcase_add_test(tests, the_envelope_may_be_missing);
    tcase_add_loop_test(tests, other_files_are_refused, 0, COUNT(no_files));
    tcase_add_test(tests, a_file_that_cannot_be_read_is_reported);
    suite_add_tcase(suite, tests);
    return suite;
}

int
main(void)
{
    return suite_run(schema_suite());
}
