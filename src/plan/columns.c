/*
 * Columns: name, path and type come from the field or from @column. Columns of
 * ids have a gid domain, so that ids of the same objects widen together. Names
 * and paths have a maximum length and are unique within a table.
 */
#include <string.h>

#include "plan/build.h"
#include "plan/names.h"

static const struct {
    const char *name; /* as PostgreSQL writes it */
    enum plan_type type;
} type_names[] = {
    {"text", PLAN_TEXT},
    {"bigint", PLAN_BIGINT},
    {"integer", PLAN_INTEGER},
    {"numeric", PLAN_NUMERIC},
    {"double precision", PLAN_DOUBLE},
    {"boolean", PLAN_BOOLEAN},
    {"timestamptz", PLAN_TIMESTAMPTZ},
    {"date", PLAN_DATE},
    {"jsonb", PLAN_JSONB},
    {"uuid", PLAN_UUID},
    {"inet", PLAN_INET},
    {"cidr", PLAN_CIDR},
    {"macaddr", PLAN_MACADDR},
};

static const enum plan_type scalar_types[DIALECT_SCALAR_COUNT] = {
    [DIALECT_ANY] = PLAN_TEXT,        [DIALECT_STRING] = PLAN_TEXT,
    [DIALECT_BOOLEAN] = PLAN_BOOLEAN, [DIALECT_INT32] = PLAN_INTEGER,
    [DIALECT_INT64] = PLAN_BIGINT,    [DIALECT_DECIMAL] = PLAN_NUMERIC,
    [DIALECT_DOUBLE] = PLAN_DOUBLE,   [DIALECT_TIME] = PLAN_TIMESTAMPTZ,
    [DIALECT_DATE] = PLAN_DATE,       [DIALECT_JSON] = PLAN_JSONB};

/* The system columns that PostgreSQL adds to every table. */
static const char *const system_columns[] = {"tableoid", "xmin", "cmin",
                                             "xmax",     "cmax", "ctid"};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

const char *
plan_type_name(enum plan_type type)
{
    for (size_t i = 0; i < COUNT(type_names); i++)
        if (type_names[i].type == type)
            return type_names[i].name;
    return "text";
}

bool
plan_type_named(const char *name, enum plan_type *type)
{
    for (size_t i = 0; i < COUNT(type_names); i++) {
        if (strcmp(type_names[i].name, name) != 0)
            continue;
        *type = type_names[i].type;
        return true;
    }
    return false;
}

/* integer ─► bigint ─► numeric ─► text; date ─► timestamptz ─► text; any other
 * type of a plan ─► text. */
bool
plan_type_widens(enum plan_type from, enum plan_type to)
{
    switch (to) {
    case PLAN_BIGINT:
        return from == PLAN_INTEGER;
    case PLAN_NUMERIC:
        return from == PLAN_INTEGER || from == PLAN_BIGINT;
    case PLAN_TIMESTAMPTZ:
        return from == PLAN_DATE;
    case PLAN_TEXT:
        return from != PLAN_TEXT && from != PLAN_TYPE_COUNT;
    default:
        return false;
    }
}

enum plan_type
plan_scalar_type(enum dialect_scalar scalar)
{
    return scalar_types[scalar];
}

struct plan_gid *
columns_make_gid(struct builder *b, bool whole, const char *expected)
{
    struct plan_gid *gid = arena_alloc(b->arena, sizeof(*gid));

    if (expected != NULL)
        gid->expected = arena_strdup(b->arena, expected);
    gid->whole = whole || !b->dialect->ids_are_gids || expected == NULL ||
                 b->dialect->keeps_whole_gid(expected);
    return gid;
}

/* The reason why a column cannot have this name; NULL if it can. */
static const char *
name_fault(const char *name)
{
    if (strlen(name) > NAME_BYTES_MAX)
        return "is longer than PostgreSQL's limit of 63 bytes";
    if (name[0] == '_')
        return "begins with \"_\", which is reserved for bulkpg's own columns";
    for (size_t i = 0; i < COUNT(system_columns); i++)
        if (strcmp(system_columns[i], name) == 0)
            return "is a system column of PostgreSQL";
    return NULL;
}

bool
columns_check_name(struct builder *b, struct gql_pos pos, const char *name)
{
    const char *fault = name_fault(name);

    return fault == NULL || build_error(b, MSG_QUERY_NAME, pos,
                                        "the name \"%s\" %s", name, fault);
}

bool
columns_check_path(struct builder *b, struct gql_pos pos, const char *path)
{
    return strlen(path) <= PLAN_PATH_BYTES_MAX ||
           build_error(b, MSG_QUERY_TOO_LARGE, pos,
                       "the path to this field is longer than %d bytes; give "
                       "some of its fields shorter aliases",
                       PLAN_PATH_BYTES_MAX);
}

const char *
columns_last_key(const char *path)
{
    const char *dot = strrchr(path, '.');

    return dot != NULL ? dot + 1 : path;
}

const char *
plan_column_key(const struct plan_column *column)
{
    return columns_last_key(column->path);
}

/* Check a name that is derived from a field. The hint says how to set another
 * name. */
static bool
check_derived_name(struct builder *b, const struct column_site *site,
                   const char *name)
{
    const char *fault = name_fault(name);
    const char *bare = name + strspn(name, "_");

    if (fault == NULL)
        return true;
    build_error(b, MSG_QUERY_NAME, site->pos,
                "\"%s\" gives the name \"%s\", which %s", site->path, name,
                fault);
    return err_hint(b->err, "write: %s @column(name: \"%.50s%s\")",
                    columns_last_key(site->path), bare,
                    bare == name ? "_" : "");
}

/* @column(type:) on the row's own id. Its children's _parent_id is in the same
 * gid domain, so the type applies to it, too. */
static bool
give_id_type(struct builder *b, const struct gql_directive *directive,
             struct plan_column *column)
{
    if (column->type != PLAN_TEXT)
        return build_error(b, MSG_QUERY_DIRECTIVE, directive->pos,
                           "the id of a row must be text or bigint, not %s",
                           plan_type_name(column->type));
    column->gid->whole = true;
    return true;
}

static bool
read_given_type(struct builder *b, const struct gql_directive *directive,
                struct plan_column *column)
{
    const char *given;

    if (!directive_string(b, directive, "type", &given))
        return false;
    if (given == NULL)
        return true;
    if (plan_type_named(given, &column->type)) {
        column->may_grow = false;
        if (column->type == PLAN_BIGINT && column->gid != NULL)
            column->gid->whole = false;
        if (column->type == PLAN_BIGINT || column->gid == NULL)
            return true;
        if (strcmp(column->path, "id") == 0)
            return give_id_type(b, directive, column);
        column->gid = NULL; /* text: the gid as the store sent it */
        return true;
    }
    return build_error(b, MSG_QUERY_DIRECTIVE, directive->pos,
                       "@column does not know the type \"%s\"; types are text, "
                       "bigint, integer, numeric, double precision, boolean, "
                       "timestamptz, date, jsonb, uuid, inet, cidr, macaddr",
                       given);
}

/* Apply @column and @index to the column. */
static bool
read_directives(struct builder *b, const struct column_site *site,
                struct plan_column *column)
{
    static const char *const known[] = {"name", "type", NULL};
    static const char *const none[] = {NULL};
    const struct gql_directive *given =
        gql_find_directive(site->directives, "column");
    const struct gql_directive *index =
        gql_find_directive(site->directives, "index");
    const char *name;

    if (gql_find_directive(site->directives, "table") != NULL)
        return build_error(b, MSG_QUERY_DIRECTIVE, site->pos,
                           "@table belongs on connections and lists of "
                           "objects; \"%s\" is neither",
                           site->path);
    if (gql_find_directive(site->directives, "position") != NULL)
        return build_error(b, MSG_QUERY_DIRECTIVE, site->pos,
                           "@position belongs on connections and on lists "
                           "with @table; \"%s\" is neither",
                           site->path);
    if (index != NULL) {
        column->index = true;
        if (!directive_check(b, index, none))
            return false;
    }
    if (given == NULL)
        return check_derived_name(b, site, column->name);
    if (!directive_check(b, given, known) ||
        !directive_string(b, given, "name", &name) ||
        !read_given_type(b, given, column))
        return false;
    if (name == NULL)
        return check_derived_name(b, site, column->name);
    column->name = name;
    return columns_check_name(b, given->pos, name);
}

static bool
refuse_twin(struct builder *b, const struct table_draft *draft,
            const struct plan_column *first, const struct column_site *site)
{
    build_error(b, MSG_QUERY_NAME, site->pos,
                "\"%s\" and \"%s\" both give column \"%s\" of table \"%s\"",
                first->path, site->path, first->name, draft->table->name);
    return err_hint(b->err, "write: %s @column(name: \"%.50s_2\")",
                    columns_last_key(site->path), first->name);
}

/* The column was already selected, for example in another fragment. Only the
 * first place may have @column, unless the second one says the same. */
static bool
meet_again(struct builder *b, struct plan_column *first,
           const struct plan_column *again, const struct column_site *site)
{
    if (gql_find_directive(site->directives, "column") != NULL &&
        (strcmp(first->name, again->name) != 0 || first->type != again->type))
        return build_error(b, MSG_QUERY_DIRECTIVE, site->pos,
                           "\"%s\" was already selected with another name or "
                           "type; write its @column there",
                           site->path);
    if (first->mask != again->mask)
        return build_error(b, MSG_QUERY_DIRECTIVE, site->pos,
                           "\"%s\" was already selected with another @mask, "
                           "or without one",
                           site->path);
    first->index = first->index || again->index;
    first->is_optional = first->is_optional || again->is_optional;
    return true;
}

/* Is `inner`, such as "seo.title", a path inside `outer`, such as "seo"? */
static bool
contains(const char *outer, const char *inner)
{
    size_t length = strlen(outer);

    return strncmp(outer, inner, length) == 0 && inner[length] == '.';
}

static bool
refuse_both_ways(struct builder *b, const struct plan_column *other,
                 const struct column_site *site)
{
    if (!(other->is_list && contains(other->path, site->path)) &&
        !(site->is_list && contains(site->path, other->path)))
        return true;
    return build_error(b, MSG_QUERY_DIRECTIVE, site->pos,
                       "\"%s\" and \"%s\": an object is either one jsonb "
                       "column or one column per field, not both",
                       other->path, site->path);
}

bool
columns_add(struct builder *b, struct table_draft *draft,
            const struct column_site *site)
{
    struct plan_table *table = draft->table;
    struct plan_column *column = arena_alloc(b->arena, sizeof(*column));
    struct plan_column *other;

    *column = (struct plan_column){.name = name_shorten(b->arena, site->name),
                                   .path = site->path,
                                   .graphql_type = site->graphql_type,
                                   .pos = site->pos,
                                   .type = site->type,
                                   .gid = site->gid,
                                   .is_list = site->is_list,
                                   .may_grow = site->type == PLAN_BIGINT,
                                   .takes_json = site->takes_json,
                                   .is_optional = site->is_optional};
    if (!columns_check_path(b, site->pos, site->path) ||
        !read_directives(b, site, column) ||
        !mask_rules_read(b, draft, site, column))
        return false;
    other = dict_get(&draft->by_path, site->path);
    if (other != NULL)
        return meet_again(b, other, column, site);
    for (int i = 0; i < table->column_count; i++)
        if (!refuse_both_ways(b, draft->columns[i], site))
            return false;
    other = dict_get(&draft->by_name, column->name);
    if (other != NULL)
        return refuse_twin(b, draft, other, site);
    if (table->column_count == PLAN_COLUMNS_MAX)
        return build_error(b, MSG_QUERY_TOO_LARGE, site->pos,
                           "table \"%s\" would have more than %d columns",
                           table->name, PLAN_COLUMNS_MAX);
    column->slot = -1;
    draft->by_name.arena = draft->by_path.arena = b->scratch;
    (void)dict_add(&draft->by_name, column->name, column);
    (void)dict_add(&draft->by_path, column->path, column);
    draft->columns[table->column_count++] = column;
    draft->keys[table->column_count - 1] = site->key;
    return true;
}
