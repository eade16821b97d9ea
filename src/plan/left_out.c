/* Columns of fields that are left out. Their values are NULL: the result does
 * not have them. A saved result of an earlier time may. */
#include <string.h>

#include "plan/build.h"
#include "plan/names.h"

/* What follows the table's path and a dot; NULL if the path is not below it. */
static const char *
below(const struct plan_table *table, const char *path)
{
    size_t length = strlen(table->path);

    return strncmp(table->path, path, length) == 0 && path[length] == '.'
               ? path + length + 1
               : NULL;
}

/* The table with the longest path has the column. */
static struct table_draft *
find_owner(const struct builder *b, const char *path)
{
    struct table_draft *found = NULL;

    for (int i = 0; i < b->plan->table_count; i++)
        if (below(b->drafts[i]->table, path) != NULL &&
            (found == NULL ||
             strlen(b->drafts[i]->table->path) > strlen(found->table->path)))
            found = b->drafts[i];
    return found;
}

/* With @unwrap, the name of a column lacks these parts. The types of what is
 * left out may be unknown. */
static bool
is_wrapping(const struct builder *b, const char *part, const char *above,
            bool is_last)
{
    return b->unwraps && above[0] != '\0' &&
           (is_last ? strcmp(part, "value") == 0 : strcmp(part, "node") == 0);
}

/* Set the name, and the key in the table's shape. */
static void
follow(struct builder *b, const struct table_draft *draft,
       struct column_site *site)
{
    struct shape *shape = draft->table->shape;
    const char *rest = site->path;

    site->name = "";
    site->key = &shape->root;
    while (*rest != '\0') {
        size_t length = strcspn(rest, ".");
        const char *part = arena_dup(b->arena, span_of(rest, length));

        if (!is_wrapping(b, part, site->name, rest[length] == '\0'))
            site->name =
                walk_join(b, site->name, "_", name_snake_case(b->arena, part));
        site->key = shape_add(shape, site->key, part);
        rest += length + (rest[length] == '.');
    }
}

static bool
has_type(const struct gql_selection *field)
{
    const struct gql_directive *given =
        gql_find_directive(field->directives, "column");

    return given != NULL && gql_find_argument(given->arguments, "type") != NULL;
}

/* Does @mask decide the column's type? NULL does not. */
static bool
has_mask_type(const struct gql_selection *field)
{
    const struct gql_directive *given =
        gql_find_directive(field->directives, "mask");
    const struct gql_argument *how =
        given != NULL ? gql_find_argument(given->arguments, "how") : NULL;

    return how != NULL && how->value->kind == GQL_ENUM &&
           strcmp(how->value->text, "NULL") != 0;
}

/* Ids have the same type as they would if the field was there. */
static void
set_gid(struct builder *b, const struct gql_left_leaf *leaf,
        struct column_site *site)
{
    bool is_id = strcmp(leaf->field->name, "id") == 0;

    if (site->is_list || strcmp(leaf->definition->type.name, "ID") != 0)
        return;
    site->gid = columns_make_gid(b, leaf->is_abstract || !is_id,
                                 is_id ? leaf->owner : NULL);
}

/* The type by the field, or by another table that has the column. False if it
 * is not known, nor given in the query. */
static bool
set_type(struct builder *b, const struct gql_left_leaf *leaf,
         struct column_site *site)
{
    bool is_known =
        leaf->pg_type != NULL && plan_type_named(leaf->pg_type, &site->type);

    site->graphql_type = "not in this API";
    site->takes_json = true;
    if (leaf->definition != NULL) {
        walk_type_column(b, leaf->definition, site);
        set_gid(b, leaf, site);
        return true;
    }
    if (has_mask_type(leaf->field)) {
        site->type = PLAN_TEXT;
        return true;
    }
    if (is_known && leaf->gid_type != NULL)
        site->gid =
            columns_make_gid(b, site->type != PLAN_BIGINT, leaf->gid_type);
    return is_known || has_type(leaf->field);
}

static bool
add_column(struct builder *b, const struct gql_left_leaf *leaf)
{
    struct table_draft *draft = find_owner(b, leaf->path);
    struct column_site site = {.directives = leaf->field->directives,
                               .pos = leaf->field->pos,
                               .is_optional = true};

    if (draft == NULL)
        return true;
    site.path = arena_strdup(b->arena, below(draft->table, leaf->path));
    if (strcmp(site.path, "id") == 0 || !set_type(b, leaf, &site))
        return true;
    follow(b, draft, &site);
    return columns_add(b, draft, &site);
}

bool
left_out_add(struct builder *b)
{
    const struct gql_optional *optional = b->document->optional;

    if (optional == NULL)
        return true;
    b->plan->left_out = optional->fields;
    b->plan->asked_optional = optional->asked;
    for (const struct gql_left_leaf *l = optional->leaves; l; l = l->next)
        if (!add_column(b, l))
            return false;
    return true;
}

/* ---- for people and the journal ------------------------------------------ */

void
plan_write_left_out(const struct plan *plan, struct json_out *json)
{
    if (plan->left_out == NULL)
        return;
    json_out_key(json, "left_out");
    json_out_open(json, '[');
    for (const struct gql_left_out *f = plan->left_out; f; f = f->next) {
        json_out_open(json, '{');
        json_out_text(json, "field", f->path);
        json_out_text(json, "why", f->is_denied ? "denied" : "absent");
        json_out_boolean(json, "table", f->is_table);
        json_out_close(json, '}');
    }
    json_out_close(json, ']');
}

const char *
plan_left_out_text(const struct plan *plan, struct arena *arena)
{
    const char *text = "";

    for (const struct gql_left_out *f = plan->left_out; f; f = f->next)
        text = arena_printf(
            arena, "%s%s%s (%s)", text, text[0] != '\0' ? ", " : "", f->path,
            f->is_denied ? "denied" : "the API does not have it");
    return text;
}

const char *const *
plan_left_out_paths(const struct plan *plan, struct arena *arena)
{
    const char **paths;
    size_t count = 0;

    for (const struct gql_left_out *f = plan->left_out; f; f = f->next)
        count++;
    if (count == 0)
        return NULL;
    paths = arena_array(arena, count + 1, sizeof(*paths));
    count = 0;
    for (const struct gql_left_out *f = plan->left_out; f; f = f->next)
        paths[count++] = f->path;
    return paths;
}

static bool
has_path(const struct gql_left_out *list, const char *path)
{
    for (; list != NULL; list = list->next) {
        size_t length = strlen(list->path);

        if (strncmp(list->path, path, length) == 0 &&
            (path[length] == '\0' || path[length] == '.'))
            return true;
    }
    return false;
}

bool
plan_leaves_out(const struct plan *plan, const char *path)
{
    return has_path(plan->left_out, path);
}

bool
plan_is_optional(const struct plan *plan, const char *path)
{
    return has_path(plan->asked_optional, path);
}
