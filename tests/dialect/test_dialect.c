/* dialect: plan/ works with another API than Shopify's, through a dialect
 * alone. */
#include <check.h>
#include <string.h>

#include "dialect/dialect.h"
#include "graphql/check.h"
#include "support/suite.h"
#include "support/types.h"

static const char types_path[] = "tests/data/graphql/types.json";

/* ---- the toy ------------------------------------------------------------ */

/* The API of a library: ids are words, money is in cents, the type of times is
 * Stamp, and a filter is written as where: "printed >= ... and ...". */
static bool
toy_check_query(const struct gql_document *document,
                const struct gql_schema *schema, struct err *err)
{
    const struct gql_selection *root = document->operations->selections;

    return gql_check(document, schema, err) &&
           (root->alias == NULL ||
            gql_error(err, MSG_QUERY_BULK_RULE, document, root->pos,
                      "Toy knows no aliases here"));
}

static bool
toy_check_filter(const struct gql_document *document,
                 const struct gql_schema *schema, struct err *err)
{
    (void)document;
    (void)schema;
    (void)err;
    return true;
}

static struct gql_note *
toy_notes(const struct gql_document *document, const struct gql_schema *schema,
          struct arena *arena)
{
    (void)document;
    (void)schema;
    (void)arena;
    return NULL;
}

static bool
toy_check_window(const struct dialect_window *window, struct err *err)
{
    (void)window;
    (void)err;
    return true;
}

static bool
toy_has_filter(const struct gql_document *document,
               const struct gql_schema *schema, const char *root_field,
               const char *name)
{
    (void)document;
    (void)schema;
    return strcmp(root_field, "books") == 0 && strcmp(name, "printed") == 0;
}

static const char *
toy_filter_in(const char *own, const char *field, const char *from,
              const char *to, struct arena *arena)
{
    (void)to;
    return from == NULL
               ? own
               : arena_printf(arena, "%s%s%s >= %s", own,
                              own[0] != '\0' ? " and " : "", field, from);
}

static int64_t
toy_least_overlap_ms(const char *root_field)
{
    (void)root_field;
    return 3600000;
}

static const char *
toy_counter_of(const char *connection, struct arena *arena)
{
    (void)connection;
    (void)arena;
    return NULL;
}

static enum dialect_scalar
toy_scalar_type(const char *scalar)
{
    if (strcmp(scalar, "Cents") == 0)
        return DIALECT_INT64;
    if (strcmp(scalar, "Stamp") == 0)
        return DIALECT_TIME;
    return strcmp(scalar, "String") == 0 ? DIALECT_STRING : DIALECT_ANY;
}

static const struct dialect toy = {.name = "Toy",
                                   .document_bytes_max = 1024,
                                   .filter_argument = "where",
                                   .check_query = toy_check_query,
                                   .check_filter = toy_check_filter,
                                   .notes = toy_notes,
                                   .check_window = toy_check_window,
                                   .has_filter = toy_has_filter,
                                   .filter_in = toy_filter_in,
                                   .least_overlap_ms = toy_least_overlap_ms,
                                   .counter_of = toy_counter_of,
                                   .scalar_type = toy_scalar_type};

#define SCALAR(name)      "{\"kind\":\"SCALAR\",\"name\":\"" name "\"}"
#define OBJECT(name)      "{\"kind\":\"OBJECT\",\"name\":\"" name "\"}"
#define FIELD(name, type) "{\"name\":\"" name "\",\"type\":" type "}"
#define FILTERED(name, type) \
    "{\"name\":\"" name      \
    "\",\"args\":[" FIELD("where", SCALAR("String")) "],\"type\":" type "}"
#define TYPE(name, fields) \
    "{\"kind\":\"OBJECT\",\"name\":\"" name "\",\"fields\":[" fields "]}"
#define CONNECTION(name)                                                   \
    TYPE(name "Connection",                                                \
         FIELD("edges",                                                    \
               "{\"kind\":\"LIST\",\"ofType\":" OBJECT(name "Edge") "}")), \
        TYPE(name "Edge", FIELD("node", OBJECT(name)))

#define ID_FIELD \
    FIELD("id", "{\"kind\":\"NON_NULL\",\"ofType\":" SCALAR("ID") "}")

/* clang-format off */
static const char *const library[] = {
    TYPE("Library", FILTERED("books", OBJECT("BookConnection"))),
    CONNECTION("Book"),
    TYPE("Book",
         ID_FIELD ","
         FIELD("title", SCALAR("String")) ","
         FIELD("price", SCALAR("Cents")) ","
         FIELD("printed", SCALAR("Stamp")) ","
         FIELD("mood", SCALAR("Mood")) ","
         FIELD("chapters", OBJECT("ChapterConnection")) ","
         FIELD("chaptersCount", OBJECT("Count"))),
    CONNECTION("Chapter"),
    TYPE("Chapter", ID_FIELD),
    TYPE("Count",
         FIELD("count", SCALAR("Int")) ","
         FIELD("precision", SCALAR("String"))),
};
/* clang-format on */

/* ---- plans of the toy --------------------------------------------------- */

static struct types types;
static struct err err;

static void
setup(void)
{
    memset(&err, 0, sizeof(err));
    types_open(&types, types_path);
    types_add_made(&types, "Library", library, COUNT(library));
}

static void
teardown(void)
{
    types_close(&types);
}

static struct plan *
plan_of(const char *text)
{
    struct gql_document *document = types_parse(&types, text);
    struct plan *plan;

    if (!toy.check_query(document, types.schema, &err) ||
        !toy.check_filter(document, types.schema, &err) ||
        !plan_build(&types.arena, "job", document, types.schema, &toy, &plan,
                    &err))
        return NULL;
    return plan;
}

static enum plan_type
type_of(const struct plan_table *table, const char *column)
{
    for (int i = 0; i < table->column_count; i++)
        if (strcmp(table->columns[i].name, column) == 0)
            return plan_column_type(&table->columns[i]);
    ck_abort_msg("no column %s", column);
    return PLAN_TYPE_COUNT;
}

START_TEST(columns_have_the_types_of_the_dialect)
{
    const struct plan *plan =
        plan_of("{ books { edges { node { id title price printed mood } } } }");
    const struct plan_table *books;

    ck_assert_msg(plan != NULL, "%s", err.message);
    books = &plan->tables[0];
    ck_assert_int_eq(type_of(books, "id"), PLAN_TEXT);
    ck_assert_int_eq(type_of(books, "title"), PLAN_TEXT);
    ck_assert_int_eq(type_of(books, "price"), PLAN_BIGINT);
    ck_assert_int_eq(type_of(books, "printed"), PLAN_TIMESTAMPTZ);
    ck_assert_int_eq(type_of(books, "mood"), PLAN_TEXT);
    ck_assert(!books->columns[1].takes_json);
    ck_assert(books->columns[4].takes_json);
}

END_TEST

/* The types have a field chaptersCount, but the dialect has no counters. */
START_TEST(without_counters_no_count_is_selected)
{
    const struct plan *plan = plan_of("{ books { edges { node { id chapters { "
                                      "edges { node { id } } } } } } }");

    ck_assert_msg(plan != NULL, "%s", err.message);
    ck_assert_int_eq(plan->table_count, 2);
    ck_assert_ptr_null(plan->tables[1].count);
    ck_assert(plan->tables[1].parent_gid->whole);
    ck_assert_ptr_null(strstr(plan->document, "chaptersCount"));
}

END_TEST

START_TEST(a_window_has_the_syntax_of_the_dialect)
{
    const struct plan *plan =
        plan_of("query @incremental(field: \"printed\", overlap: \"1m\") { "
                "books(where: \"mood = good\") { edges { node { id } } } }");
    struct plan_window window = {.field = "printed", .from = "2026"};

    ck_assert_msg(plan != NULL, "%s", err.message);
    ck_assert_int_eq(plan->incremental->overlap_ms, 3600000);
    ck_assert_ptr_nonnull(
        strstr(plan_document_in(plan, &window, &types.arena),
               "books(where: \"mood = good and printed >= 2026\")"));
}

END_TEST

static const struct {
    const char *text;
    const char *message;
} faults[] = {
    {"{ b: books { edges { node { id } } } }",
     "q:1:3: Toy knows no aliases here"},
    {"query @incremental { books { edges { node { id } } } }",
     "q:1:7: \"books\" has no filter \"updated_at\" that a window could use"},
};

START_TEST(the_rules_of_the_dialect_are_checked)
{
    ck_assert_ptr_null(plan_of(faults[_i].text));
    ck_assert_int_eq(err.kind, ERR_CONFIG);
    ck_assert_str_eq(err.message, faults[_i].message);
}

END_TEST

START_TEST(the_dialect_limits_the_size_of_a_query)
{
    char text[2048] = "{ books { edges { node { id ";

    for (int i = 0; i < 40; i++)
        strcat(text, arena_printf(&types.arena, "title_%d: title ", i));
    strcat(text, "} } } }");
    ck_assert_ptr_null(plan_of(text));
    ck_assert_str_eq(
        err.message,
        "q:1:1: the query is too large: Toy accepts at most 1,024 bytes, "
        "including those that bulkpg adds");
}

END_TEST

int
main(void)
{
    Suite *suite = suite_create("dialect");
    TCase *tests = tcase_create("toy");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, columns_have_the_types_of_the_dialect);
    tcase_add_test(tests, without_counters_no_count_is_selected);
    tcase_add_test(tests, a_window_has_the_syntax_of_the_dialect);
    tcase_add_loop_test(tests, the_rules_of_the_dialect_are_checked, 0,
                        COUNT(faults));
    tcase_add_test(tests, the_dialect_limits_the_size_of_a_query);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
