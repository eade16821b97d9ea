/*
 * The rules of @mask.
 *
 *     HASH    any value but lists and JSON       text
 *     NULL    any value                          the column's type
 *     DOMAIN  a string                           text
 *     YEAR    a date, a time, or a string        integer
 *
 * The ids of rows are never masked: the rows below have them, too, and bulkpg
 * knows rows by them.
 *
 * A field that has a mask in one place must not be selected without one in
 * another place of the same rows. Two places are the same if their fields are,
 * from the root on: aliases, fragments, and the levels of pages do not count.
 * Arguments count, except those that choose rows.
 */
#include <string.h>

#include "base/dict.h"
#include "plan/build.h"
#include "plan/mask.h"

enum { PATH_BYTES_MAX = 1024 * 1024 };

/* ---- one place ----------------------------------------------------------- */

static bool
read_how(struct builder *b, const struct gql_directive *given,
         enum plan_mask *mask)
{
    static const char *const known[] = {"how", NULL};
    const struct gql_argument *how = gql_find_argument(given->arguments, "how");

    if (!directive_check(b, given, known))
        return false;
    for (int m = PLAN_MASK_HASH; m <= PLAN_MASK_YEAR; m++)
        if (how != NULL && how->value->kind == GQL_ENUM &&
            strcmp(how->value->text, mask_name((enum plan_mask)m)) == 0) {
            *mask = (enum plan_mask)m;
            return true;
        }
    return build_error(b, MSG_QUERY_DIRECTIVE,
                       how != NULL ? how->value->pos : given->pos,
                       "@mask needs how: HASH, NULL, DOMAIN or YEAR");
}

/* The values that a mask cannot take; NULL: it takes these. */
static const char *
refused_values(const struct column_site *site, enum plan_mask mask)
{
    bool is_id = site->gid != NULL;
    bool is_text = !is_id && site->type == PLAN_TEXT;
    bool is_time =
        !is_id && (site->type == PLAN_TIMESTAMPTZ || site->type == PLAN_DATE);

    if (mask == PLAN_MASK_NULL)
        return NULL;
    if (site->is_list || (!is_id && site->type == PLAN_JSONB))
        return "lists or JSON";
    if (mask == PLAN_MASK_DOMAIN && !is_text)
        return "values that are not strings";
    if (mask == PLAN_MASK_YEAR && !is_text && !is_time)
        return "values that are not dates";
    return NULL;
}

/* The type that a mask gives. */
static enum plan_type
type_of(enum plan_mask mask)
{
    return mask == PLAN_MASK_YEAR ? PLAN_INTEGER : PLAN_TEXT;
}

/* @column(type:) may only repeat the type. */
static bool
check_given_type(struct builder *b, const struct column_site *site,
                 const struct plan_column *column)
{
    const struct gql_directive *given =
        gql_find_directive(site->directives, "column");

    if (given == NULL || gql_find_argument(given->arguments, "type") == NULL ||
        (column->gid == NULL && column->type == type_of(column->mask)))
        return true;
    return build_error(b, MSG_QUERY_DIRECTIVE, given->pos,
                       "@mask(how: %s) makes \"%s\" a column of type %s",
                       mask_name(column->mask), site->path,
                       plan_type_name(type_of(column->mask)));
}

static bool
is_row_id(const struct table_draft *draft, const struct column_site *site)
{
    return site->gid != NULL && site->gid == draft->table->id_gid;
}

bool
mask_rules_read(struct builder *b, const struct table_draft *draft,
                const struct column_site *site, struct plan_column *column)
{
    const struct gql_directive *given =
        gql_find_directive(site->directives, "mask");
    const char *refused;

    if (given == NULL)
        return true;
    if (!read_how(b, given, &column->mask))
        return false;
    column->mask_pos = given->pos;
    if (is_row_id(draft, site))
        return build_error(b, MSG_QUERY_DIRECTIVE, given->pos,
                           "\"%s\" cannot have @mask: it is the id of its rows",
                           site->path);
    refused = refused_values(site, column->mask);
    if (refused != NULL)
        return build_error(b, MSG_QUERY_DIRECTIVE, given->pos,
                           "@mask(how: %s) on \"%s\" does not take %s",
                           mask_name(column->mask), site->path, refused);
    column->may_grow = false;
    if (column->mask == PLAN_MASK_NULL)
        return true;
    if (!check_given_type(b, site, column))
        return false;
    column->type = type_of(column->mask);
    column->gid = NULL;
    return true;
}

bool
mask_rules_refuse(struct builder *b, struct gql_directive *directives,
                  const char *what)
{
    const struct gql_directive *given = gql_find_directive(directives, "mask");

    return given == NULL ||
           build_error(b, MSG_QUERY_DIRECTIVE, given->pos,
                       "@mask belongs on a field with a single value; this one "
                       "is %s",
                       what);
}

/* ---- keys ---------------------------------------------------------------- */

static bool
check_keys(struct builder *b)
{
    for (int i = 0; i < b->plan->table_count; i++) {
        const struct plan_table *table = &b->plan->tables[i];

        for (int k = 0; k < table->natural_key_count; k++) {
            const struct plan_column *column =
                &table->columns[table->natural_key[k]];

            if (column->mask != PLAN_MASK_NONE)
                return build_error(b, MSG_QUERY_DIRECTIVE, column->mask_pos,
                                   "\"%s\" cannot have @mask: it is in the key "
                                   "of table \"%s\"",
                                   column->path, table->name);
        }
    }
    return true;
}

/* ---- all places ---------------------------------------------------------- */

/* The first place of a field without selections. */
struct leaf {
    const struct gql_selection *field;
    bool is_masked;
};

struct leaves {
    struct builder *b;
    struct dict found; /* by path */
};

/* The argument that follows `last` in the order of names; NULL: none. */
static const struct gql_argument *
next_argument(const struct gql_argument *list, const char *last)
{
    static const char *const choose_rows[] = {
        "first", "last",   "after",  "before", "reverse", "query", "sortKey",
        "limit", "offset", "filter", "where",  "orderBy", "sort",  NULL};
    const struct gql_argument *next = NULL;

    for (; list != NULL; list = list->next)
        if (!build_is_in(list->name, choose_rows) &&
            strcmp(list->name, last) > 0 &&
            (next == NULL || strcmp(list->name, next->name) < 0))
            next = list;
    return next;
}

/* Append a field as its path has it. */
static void
append_field(struct buf *path, const struct gql_selection *field)
{
    const char *last = "";
    const struct gql_argument *a;

    if (field->selections != NULL && gql_is_level(span_str(field->name)))
        return;
    buf_printf(path, "/%s", field->name);
    while ((a = next_argument(field->arguments, last)) != NULL) {
        buf_printf(path, "(%s:", a->name);
        gql_print_value(a->value, path);
        buf_append_char(path, ')');
        last = a->name;
    }
}

static bool
refuse_unmasked(struct leaves *leaves, const struct gql_selection *masked,
                const struct gql_selection *plain)
{
    const struct gql_directive *mask =
        gql_find_directive(masked->directives, "mask");

    build_error(leaves->b, MSG_QUERY_DIRECTIVE, plain->pos,
                "\"%s\" is selected without @mask here, and with @mask in line "
                "%u",
                plain->name, mask->pos.line);
    return err_hint(leaves->b->err,
                    "mask it in both places, or in none; an alias and @json do "
                    "not make it another field");
}

static bool
note_leaf(struct leaves *leaves, const char *path,
          const struct gql_selection *field)
{
    struct leaf *leaf = arena_alloc(leaves->b->scratch, sizeof(*leaf));
    const struct leaf *first = dict_get(&leaves->found, path);

    *leaf = (struct leaf){
        .field = field,
        .is_masked = gql_find_directive(field->directives, "mask") != NULL};
    if (first == NULL)
        return dict_add(&leaves->found, arena_strdup(leaves->b->scratch, path),
                        leaf);
    if (first->is_masked == leaf->is_masked)
        return true;
    return refuse_unmasked(leaves, first->is_masked ? first->field : field,
                           first->is_masked ? field : first->field);
}

static bool
note_leaves(struct leaves *leaves, struct buf *path,
            const struct gql_selection *list)
{
    bool fine = true;

    for (; fine && list != NULL; list = list->next) {
        size_t length = path->length;

        if (list->kind == GQL_FIELD)
            append_field(path, list);
        if (list->selections != NULL)
            fine = note_leaves(leaves, path, list->selections);
        else if (!path->overflowed && strcmp(list->name, "__typename") != 0)
            fine = note_leaf(leaves, buf_str(path), list);
        path->length = length;
    }
    return fine;
}

bool
mask_rules_check(struct builder *b)
{
    struct leaves leaves = {.b = b, .found = {.arena = b->scratch}};
    struct buf path = buf_with_ceiling(PATH_BYTES_MAX);
    bool fine;

    if (mask_first(b->plan) == NULL)
        return true;
    fine = check_keys(b) && note_leaves(&leaves, &path, b->plan->root);
    buf_free(&path);
    return fine;
}
