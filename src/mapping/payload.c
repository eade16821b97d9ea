/*
 * The payload is what the mutation answers: its lists of errors, and values
 * that become columns of the result table.
 *
 *     scalar                  a column of the type that a query would give it
 *     object                  a column for each of its fields
 *     list, object @json      a column jsonb
 *     list of errors          not a column: errors decide about the row
 *
 * Fragments are followed; a field that is selected twice is one column. Hazard:
 * a small document can select the same fields very often through fragments, so
 * the number of selections that are looked at is limited.
 */
#include <string.h>

#include "graphql/collect.h"
#include "graphql/connection.h"
#include "mapping/parts.h"
#include "plan/names.h"

enum {
    LEAVES_MAX = 500,
    DEPTH_MAX = 64,
    ERROR_LISTS_MAX = 16,
    SELECTIONS_MAX = 20000
};

/* The selections that are walked over, and the path that leads to them. */
struct walk {
    struct mutation_builder *b;
    struct mutation_leaf *leaves;
    struct mutation_errors *errors;
    const char *keys[DEPTH_MAX];
    int depth;
    int looks;
    int whole; /* levels inside of a column jsonb */
};

static const char *
join(struct walk *walk, const char *between, bool snake)
{
    struct arena *arena = walk->b->arena;
    const char *text = "";

    for (int i = 0; i < walk->depth; i++) {
        const char *key =
            snake ? name_snake_case(arena, walk->keys[i]) : walk->keys[i];

        text = arena_printf(arena, "%s%s%s", text, i > 0 ? between : "", key);
    }
    return text;
}

/* ---- columns ------------------------------------------------------------- */

static bool
check_name(struct walk *walk, const struct mutation_leaf *leaf,
           struct gql_pos pos)
{
    struct mutation_builder *b = walk->b;
    const struct mutation *m = b->mutation;

    if (leaf->column[0] == '_')
        return mutation_error(b, MSG_QUERY_NAME, pos,
                              "\"%s\" gives the column \"%s\", but names that "
                              "begin with \"_\" are reserved for bulkpg's own "
                              "columns",
                              leaf->path, leaf->column);
    for (int i = 0; i < m->leaf_count; i++) {
        if (strcmp(m->leaves[i].column, leaf->column) != 0)
            continue;
        mutation_error(b, MSG_QUERY_NAME, pos,
                       "\"%s\" and \"%s\" both give column \"%s\" of table "
                       "\"%s\"",
                       m->leaves[i].path, leaf->path, leaf->column, m->table);
        return err_hint(b->err, "write: %s @column(name: \"%.50s_2\")",
                        leaf->keys[leaf->depth - 1], leaf->column);
    }
    return true;
}

static bool
read_column(struct walk *walk, const struct gql_selection *selection,
            struct mutation_leaf *leaf)
{
    static const char *const known[] = {"name", "type", NULL};
    struct mutation_builder *b = walk->b;
    const struct gql_directive *given =
        gql_find_directive(selection->directives, "column");
    const char *name, *type;

    if (given == NULL)
        return true;
    if (!push_directive_check(b, given, known) ||
        !push_directive_string(b, given, "name", &name) ||
        !push_directive_string(b, given, "type", &type))
        return false;
    if (name != NULL)
        leaf->column = name;
    if (strlen(leaf->column) > NAME_BYTES_MAX)
        return mutation_error(b, MSG_QUERY_NAME, given->pos,
                              "the name \"%s\" is longer than PostgreSQL's "
                              "limit of 63 bytes",
                              leaf->column);
    if (type == NULL)
        return true;
    leaf->is_number_of_gid =
        leaf->is_number_of_gid && strcmp(type, "bigint") == 0;
    return plan_type_named(type, &leaf->type) ||
           mutation_error(b, MSG_QUERY_DIRECTIVE, given->pos,
                          "@column does not know the type \"%s\"", type);
}

static const char *const *
copy_keys(struct walk *walk)
{
    const char **keys =
        arena_array(walk->b->arena, (size_t)walk->depth + 1, sizeof(*keys));

    memcpy(keys, walk->keys, (size_t)walk->depth * sizeof(*keys));
    return keys;
}

/* Is it the id of an object of a known type, whose gid has a number? */
static bool
has_number(const struct walk *walk, const struct gql_type *parent,
           const struct gql_field *field)
{
    const struct dialect *dialect = walk->b->mutation->dialect;

    return dialect->ids_are_gids && strcmp(field->type.name, "ID") == 0 &&
           field->type.list_depth == 0 && strcmp(field->name, "id") == 0 &&
           parent->kind == GQL_OBJECT_TYPE &&
           !dialect->keeps_whole_gid(parent->name);
}

static enum plan_type
type_of(const struct walk *walk, const struct gql_type_ref *type, bool is_whole)
{
    if (is_whole)
        return PLAN_JSONB;
    if (type->kind == GQL_ENUM_TYPE)
        return PLAN_TEXT;
    return plan_scalar_type(
        walk->b->mutation->dialect->scalar_type(type->name));
}

static bool
add_leaf(struct walk *walk, const struct gql_type *parent,
         const struct gql_field *field, const struct gql_selection *selection,
         bool is_whole)
{
    struct mutation_builder *b = walk->b;
    struct mutation *m = b->mutation;
    struct mutation_leaf *leaf = &walk->leaves[m->leaf_count];

    if (walk->whole > 0)
        return true;
    if (m->leaf_count == LEAVES_MAX)
        return mutation_error(b, MSG_QUERY_TOO_LARGE, selection->pos,
                              "the payload has more than %d columns",
                              LEAVES_MAX);
    *leaf = (struct mutation_leaf){
        .column = name_shorten(b->arena, join(walk, "_", true)),
        .path = join(walk, ".", false),
        .keys = copy_keys(walk),
        .depth = walk->depth,
        .type = type_of(walk, &field->type, is_whole),
        .graphql_type = arena_strdup(b->arena, field->type.text)};
    for (int i = 0; i < m->leaf_count; i++)
        if (strcmp(m->leaves[i].path, leaf->path) == 0)
            return true; /* selected twice */
    if (!is_whole && has_number(walk, parent, field)) {
        leaf->type = PLAN_BIGINT;
        leaf->is_number_of_gid = true;
    }
    if (!read_column(walk, selection, leaf) ||
        !check_name(walk, leaf, selection->pos))
        return false;
    m->leaf_count++;
    return true;
}

/* ---- lists of errors ----------------------------------------------------- */

bool
payload_needs_arguments(const struct gql_field *field)
{
    for (const struct gql_input *a = field->arguments; a != NULL; a = a->next)
        if (a->type.non_null && !a->has_default)
            return true;
    return false;
}

static bool
has_errors(const struct mutation *m, const char *key)
{
    for (int i = 0; i < m->errors_count; i++)
        if (strcmp(m->errors[i].key, key) == 0)
            return true;
    return false;
}

static bool
add_errors(struct walk *walk, const struct gql_field *field, const char *key,
           struct gql_pos pos)
{
    struct mutation *m = walk->b->mutation;

    if (has_errors(m, key))
        return true;
    if (m->errors_count == ERROR_LISTS_MAX)
        return mutation_error(walk->b, MSG_QUERY_TOO_LARGE, pos,
                              "the payload has more than %d lists of errors",
                              ERROR_LISTS_MAX);
    walk->errors[m->errors_count++] = (struct mutation_errors){
        .key = arena_strdup(walk->b->arena, key),
        .holds_objects = gql_kind_is_composite(field->type.kind)};
    return true;
}

/* complete.c selects all lists of errors under their own names. */
static bool
add_all_errors(struct walk *walk)
{
    const struct gql_type *payload = walk->b->payload;

    for (const struct gql_field *f = payload->fields; f != NULL; f = f->next)
        if (gql_is_error_list(f) && !payload_needs_arguments(f) &&
            !add_errors(walk, f, f->name, walk->b->root->pos))
            return false;
    return true;
}

/* Some APIs report a failure with a Boolean. */
static void
find_ok(struct mutation_builder *b)
{
    static const char *const names[] = {"ok", "success"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const struct gql_field *field = gql_type_field(b->payload, names[i]);

        if (field != NULL && field->type.list_depth == 0 &&
            strcmp(field->type.name, "Boolean") == 0 &&
            !payload_needs_arguments(field))
            b->mutation->ok_key = names[i];
    }
}

/* ---- the walk ------------------------------------------------------------ */

static bool walk_list(struct walk *walk, const struct gql_type *parent,
                      const struct gql_selection *list);

static bool
refuse_directives(struct walk *walk, const struct gql_selection *selection)
{
    static const char *const others[] = {"table", "index", "position", "mask",
                                         "optional"};

    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        const struct gql_directive *found =
            gql_find_directive(selection->directives, others[i]);

        if (found != NULL)
            return mutation_error(walk->b, MSG_QUERY_DIRECTIVE, found->pos,
                                  "@%s is not allowed in the payload of a "
                                  "mutation%s",
                                  others[i],
                                  i == 0 ? ", except on its root field" : "");
    }
    return true;
}

static bool
walk_below(struct walk *walk, const struct gql_type *parent,
           const struct gql_field *field, const struct gql_selection *selection)
{
    const struct gql_type *type =
        gql_schema_find(walk->b->mutation->schema, field->type.name);

    if (!gql_kind_is_composite(field->type.kind))
        return add_leaf(walk, parent, field, selection,
                        field->type.list_depth > 0);
    if (gql_is_connection(walk->b->mutation->schema, field->type.name))
        return mutation_error(walk->b, MSG_MUTATION_RULE, selection->name_pos,
                              "\"%s\" is a connection: select it in a query of "
                              "queries/, not in the payload of a mutation",
                              selection->name);
    if (field->type.list_depth > 0 ||
        gql_find_directive(selection->directives, "json") != NULL) {
        bool walked;

        walk->whole++; /* inside, only connections are looked for */
        walked = walk_list(walk, type, selection->selections);
        walk->whole--;
        return walked && add_leaf(walk, parent, field, selection, true);
    }
    return walk_list(walk, type, selection->selections);
}

static bool
walk_field(struct walk *walk, const struct gql_type *parent,
           const struct gql_selection *selection)
{
    const struct gql_field *field = gql_selected_field(parent, selection->name);
    bool walked;

    if (strcmp(field->name, "__typename") == 0 ||
        gql_is_skipped(selection->directives))
        return true;
    if (walk->depth == 0 && gql_is_error_list(field))
        return !payload_needs_arguments(field) ||
               add_errors(walk, field, gql_response_key(selection),
                          selection->pos);
    if (walk->depth == DEPTH_MAX)
        return mutation_error(walk->b, MSG_QUERY_TOO_LARGE, selection->pos,
                              "the payload has more than %d levels", DEPTH_MAX);
    walk->keys[walk->depth++] = gql_response_key(selection);
    walked = refuse_directives(walk, selection) &&
             walk_below(walk, parent, field, selection);
    walk->depth--;
    return walked;
}

static bool
walk_fragment(struct walk *walk, const struct gql_type *parent,
              const struct gql_selection *selection)
{
    const char *condition = selection->type_condition;
    const struct gql_selection *below = selection->selections;

    if (gql_is_skipped(selection->directives))
        return true;
    if (selection->kind == GQL_SPREAD) {
        const struct gql_fragment *fragment =
            gql_find_fragment(walk->b->document, selection->name);

        condition = fragment->type_condition;
        below = fragment->selections;
    }
    if (condition != NULL)
        parent = gql_schema_find(walk->b->mutation->schema, condition);
    return walk_list(walk, parent, below);
}

static bool
walk_list(struct walk *walk, const struct gql_type *parent,
          const struct gql_selection *list)
{
    for (; list != NULL; list = list->next) {
        if (++walk->looks > SELECTIONS_MAX)
            return mutation_error(walk->b, MSG_QUERY_TOO_LARGE, list->pos,
                                  "the payload has more than %d fields",
                                  SELECTIONS_MAX);
        if (list->kind == GQL_FIELD ? !walk_field(walk, parent, list)
                                    : !walk_fragment(walk, parent, list))
            return false;
    }
    return true;
}

/* The root is a scalar or a list: one column for all of it. */
static bool
read_plain(struct walk *walk)
{
    struct mutation_builder *b = walk->b;

    walk->keys[walk->depth++] = gql_response_key(b->root);
    if (!add_leaf(walk, b->payload, b->field, b->root,
                  b->field->type.list_depth > 0))
        return false;
    walk->depth--;
    walk->leaves[0].depth = 0;
    return true;
}

bool
payload_read(struct mutation_builder *b)
{
    struct walk walk = {
        .b = b,
        .leaves = arena_array(b->arena, LEAVES_MAX, sizeof(*walk.leaves)),
        .errors = arena_array(b->arena, ERROR_LISTS_MAX, sizeof(*walk.errors))};

    b->mutation->leaves = walk.leaves;
    b->mutation->errors = walk.errors;
    if (b->payload == NULL)
        return read_plain(&walk);
    if (!walk_list(&walk, b->payload, b->root->selections) ||
        !add_all_errors(&walk))
        return false;
    find_ok(b);
    return true;
}
