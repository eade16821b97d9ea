/*
 * @incremental, @slice, @deletes, @history and @every: how tables are kept up
 * to date. This stage checks that windows are possible and that an incremental
 * run can find the rows that are gone.
 */
#include <ctype.h>
#include <string.h>

#include "plan/build.h"
#include "plan/names.h"

enum { MINUTE_MS = 60 * 1000, HOUR_MS = 60 * MINUTE_MS, DAY_MS = 24 * HOUR_MS };

/* ---- @incremental ---------------------------------------------------- */

static bool
read_incremental(struct builder *b, const struct gql_directive *given,
                 struct plan_incremental *incremental)
{
    static const char *const known[] = {"field", "overlap", "fullEvery", NULL};
    const char *field;

    *incremental = (struct plan_incremental){.field = PLAN_INCREMENTAL_FIELD,
                                             .overlap_ms = 5 * MINUTE_MS,
                                             .full_every_ms = 7 * DAY_MS};
    if (!directive_check(b, given, known) ||
        !directive_string(b, given, "field", &field) ||
        !directive_duration(b, given, "overlap", &incremental->overlap_ms) ||
        !directive_duration(b, given, "fullEvery", &incremental->full_every_ms))
        return false;
    if (field != NULL)
        incremental->field = field;
    return true;
}

/* A filter is an argument of one root, which must be a connection. */
static bool
check_one_root(struct builder *b, struct gql_pos pos)
{
    const struct plan *plan = b->plan;
    int roots = 0;

    for (int i = 0; i < plan->table_count; i++)
        roots += plan->tables[i].kind == PLAN_ROOT;
    return (roots == 1 && plan->root->next == NULL &&
            !plan->tables[0].is_single &&
            strchr(plan->tables[0].path, '.') == NULL) ||
           build_error(b, MSG_QUERY_WINDOW, pos,
                       "@incremental and @slice need a query with one root "
                       "field, a connection with a filter");
}

/* Can the API bind the window to variables of the query? Then it needs no
 * filter. */
static bool
takes_since(const struct builder *b)
{
    return b->dialect->pages != NULL && b->dialect->pages->takes_since;
}

static bool
check_window_filter(struct builder *b, struct gql_pos pos, const char *field)
{
    const struct gql_selection *root = b->plan->root;
    struct dialect_window window = {
        .document = b->document, .root = root, .field = field, .pos = pos};

    return check_one_root(b, pos) &&
           b->dialect->check_window(&window, b->err) &&
           (b->dialect->has_filter(b->document, b->schema, root->name, field) ||
            build_error(b, MSG_QUERY_WINDOW, pos,
                        "\"%s\" has no filter \"%s\" that a window could use",
                        root->name, field));
}

static bool
has_id_column(const struct plan_table *table)
{
    return plan_id_column(table) != NULL;
}

/* An incremental run finds rows that are gone below a parent: a row is gone if
 * its parent is in staging and the row is not, or if its parent is gone. The
 * first rule needs the parents' ids in staging, the second needs them in their
 * table. */
static bool
check_parents(struct builder *b)
{
    for (int i = 0; i < b->plan->table_count; i++) {
        struct plan_table *table = &b->plan->tables[i];
        struct plan_table *parent = table->parent;

        if (table->skip) {
            build_error(b, MSG_QUERY_WINDOW, table->pos,
                        "\"%s\" is skipped, so an incremental run could not "
                        "find those of its rows that are gone",
                        table->path);
            return err_hint(b->err, "remove skip or @incremental");
        }
        if (parent != NULL && !has_id_column(parent))
            parent->stages_id = true;
        if (parent != NULL && parent->parent != NULL &&
            !has_id_column(parent)) {
            build_error(b, MSG_QUERY_WINDOW, parent->pos,
                        "\"%s\" has no column with the id that \"%s\" refers "
                        "to, so an incremental run could not find rows that "
                        "are gone",
                        parent->path, table->path);
            return err_hint(b->err, "select its id if it has one, or remove "
                                    "@incremental");
        }
    }
    return true;
}

static bool
settle_incremental(struct builder *b, const struct gql_directive *given)
{
    struct plan_incremental *incremental =
        arena_alloc(b->arena, sizeof(*incremental));
    int64_t least_ms = 0;

    if (takes_since(b) && gql_find_argument(given->arguments, "field") != NULL)
        return build_error(b, MSG_QUERY_DIRECTIVE, given->pos,
                           "@incremental(field:) has no effect: the query "
                           "itself compares a time with $since");
    if (!read_incremental(b, given, incremental) ||
        (!takes_since(b) &&
         !check_window_filter(b, given->pos, incremental->field)) ||
        !check_parents(b))
        return false;
    if (!takes_since(b))
        least_ms = b->dialect->least_overlap_ms(b->plan->root->name);
    if (incremental->overlap_ms < least_ms)
        incremental->overlap_ms = least_ms;
    b->plan->incremental = incremental;
    return true;
}

/* ---- @slice ---------------------------------------------------------- */

enum { SLICE_ROWS = 250000 };

/* The field of the query type that counts roots, such as productsCount(query:,
 * limit:); NULL if the store has none. */
static const char *
find_count(struct builder *b)
{
    const struct gql_type *query =
        gql_schema_find(b->schema, gql_schema_query_type(b->schema));
    const char *name = b->dialect->counter_of(b->plan->root->name, b->arena);
    const struct gql_field *field =
        name != NULL ? gql_type_field(query, name) : NULL;

    if (field == NULL ||
        gql_find_input(field->arguments, b->dialect->filter_argument) == NULL ||
        gql_find_input(field->arguments, "limit") == NULL)
        return NULL;
    return name;
}

/* Set the sort key and the field of the slice's time: for created_at these are
 * CREATED_AT and createdAt. They stay NULL if the store lacks one of them. */
static void
find_order(struct builder *b, struct plan_slice *slice)
{
    const struct gql_type *query =
        gql_schema_find(b->schema, gql_schema_query_type(b->schema));
    const struct gql_field *root = gql_type_field(query, b->plan->root->name);
    char *key = arena_strdup(b->arena, slice->field);
    char *camel = arena_strdup(b->arena, slice->field), *to = camel;

    for (const char *from = slice->field; *from != '\0'; from++)
        *to++ = *from == '_' && from[1] != '\0'
                    ? (char)toupper((unsigned char)*++from)
                    : *from;
    *to = '\0';
    for (char *c = key; *c != '\0'; c++)
        *c = (char)toupper((unsigned char)*c);
    if (gql_find_input(root->arguments, "sortKey") == NULL ||
        gql_type_field(b->drafts[0]->type, camel) == NULL)
        return;
    slice->sort_key = key;
    slice->time_field = camel;
}

static bool
settle_slice(struct builder *b, const struct gql_directive *given)
{
    static const char *const known[] = {"field", "rows", NULL};
    struct plan_slice *slice = arena_alloc(b->arena, sizeof(*slice));

    if (b->dialect->filter_argument == NULL)
        return build_error(b, MSG_QUERY_WINDOW, given->pos,
                           "@slice needs a filter that bulkpg knows, and %s "
                           "has none",
                           b->dialect->name);
    if (!directive_check(b, given, known) ||
        !directive_string(b, given, "field", &slice->field) ||
        !directive_number(b, given, "rows", &slice->rows))
        return false;
    if (slice->rows == 0)
        slice->rows = SLICE_ROWS;
    if (slice->field == NULL)
        slice->field = "created_at";
    if (strcmp(slice->field, "updated_at") == 0) {
        build_error(b, MSG_QUERY_WINDOW, given->pos,
                    "@slice cannot use updated_at: a row that changes during "
                    "the run would be in two windows, or in none");
        return err_hint(b->err, "use a time that does not change, such as "
                                "created_at");
    }
    if (!check_window_filter(b, given->pos, slice->field))
        return false;
    slice->count_field = find_count(b);
    find_order(b, slice);
    b->plan->slice = slice;
    return true;
}

/* ---- @deletes -------------------------------------------------------- */

static bool
read_mode(struct builder *b, const struct gql_directive *given)
{
    static const char *const modes[] = {"HARD", "SOFT", "KEEP"};
    const struct gql_argument *mode =
        gql_find_argument(given->arguments, "mode");

    if (mode == NULL || mode->value->kind == GQL_NULL)
        return true;
    if (mode->value->kind == GQL_ENUM)
        for (int i = 0; i < 3; i++)
            if (strcmp(mode->value->text, modes[i]) == 0) {
                b->plan->deletes = (enum plan_deletes)i;
                b->plan->says_deletes = true;
                return true;
            }
    return build_error(b, MSG_QUERY_DIRECTIVE, mode->value->pos,
                       "mode of @deletes must be HARD, SOFT or KEEP");
}

static void
settle_marks(struct plan *plan)
{
    for (int i = 0; i < plan->table_count; i++) {
        struct plan_table *table = &plan->tables[i];

        table->marks_deleted = plan->deletes == PLAN_DELETES_SOFT &&
                               !table->has_ordinal && !table->skip;
    }
}

static bool
settle_deletes(struct builder *b, const struct gql_directive *given)
{
    static const char *const known[] = {"mode", "all", NULL};

    if (!directive_check(b, given, known) || !read_mode(b, given) ||
        !directive_boolean(b, given, "all", &b->plan->may_shrink))
        return false;
    settle_marks(b->plan);
    return true;
}

void
plan_default_deletes(struct plan *plan, enum plan_deletes mode)
{
    if (plan->says_deletes)
        return;
    plan->deletes = mode;
    settle_marks(plan);
}

/* ---- @history ------------------------------------------------------------ */

/* The rows of a table without a key of its own are other rows in each run. */
static bool
refuse_history(struct builder *b, const struct gql_directive *given,
               const struct plan_table *table)
{
    build_error(b, MSG_QUERY_DIRECTIVE, given->pos,
                "@history: the rows of \"%s\" have no key, so their versions "
                "cannot be told apart",
                table->path);
    return err_hint(b->err,
                    "select its id, or give it a key with @table(key:)");
}

static bool
settle_history(struct builder *b, const struct gql_directive *given)
{
    static const char *const known[] = {NULL};

    if (!directive_check(b, given, known))
        return false;
    for (int i = 0; i < b->plan->table_count; i++) {
        struct plan_table *table = &b->plan->tables[i];

        if (table->skip)
            continue;
        if (table->has_ordinal)
            return refuse_history(b, given, table);
        table->history = name_shorten(
            b->arena, arena_printf(b->arena, "%s_history", table->name));
    }
    return true;
}

/* ---- @every ---------------------------------------------------------- */

/* job/due.h reads it. */
static bool
check_every(struct builder *b, const struct gql_directive *given)
{
    static const char *const known[] = {"age", NULL};
    int64_t age_ms = 0;

    if (!directive_check(b, given, known) ||
        !directive_duration(b, given, "age", &age_ms))
        return false;
    return age_ms > 0 ||
           build_error(b, MSG_QUERY_DIRECTIVE, given->pos,
                       "@every needs an age above 0, such as age: \"15m\"");
}

/* ---- all of them ----------------------------------------------------- */

bool
upkeep_settle(struct builder *b)
{
    struct gql_directive *list = b->document->operations->directives;
    const struct gql_directive *incremental =
        gql_find_directive(list, "incremental");
    const struct gql_directive *deletes = gql_find_directive(list, "deletes");
    const struct gql_directive *history = gql_find_directive(list, "history");
    const struct gql_directive *slice = gql_find_directive(list, "slice");
    const struct gql_directive *every = gql_find_directive(list, "every");

    if (b->plan->paged.way == PLAN_BY_COUNT)
        b->plan->paged.count_field = find_count(b);
    return (incremental == NULL || settle_incremental(b, incremental)) &&
           (slice == NULL || settle_slice(b, slice)) &&
           (deletes == NULL || settle_deletes(b, deletes)) &&
           (history == NULL || settle_history(b, history)) &&
           (every == NULL || check_every(b, every));
}
