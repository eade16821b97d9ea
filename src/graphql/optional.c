/*
 * Two walks through the document from its root, with the types:
 *
 *     choose   which fields with @optional lead to a denied field
 *     mark     these, and those that the types do not have; list their columns
 *
 * Then the marked fields are removed where they are written. A fragment that is
 * spread at several places is the same at all of them: a field that is left out
 * at one is left out at each.
 *
 * Hazards. The document was not checked yet: fragments may be unknown or spread
 * themselves, and a small document can spread the same fields very often.
 * Therefore depth, number of steps, and length of paths are limited. A walk
 * that ends early leaves fields in the document, which the check then reports.
 */
#include "graphql/optional.h"

#include <string.h>

#include "graphql/connection.h"

enum { STEPS_MAX = 50000, DEPTH_MAX = 200, PATH_BYTES_MAX = 1000 };

struct chosen {
    const char *path;
    struct chosen *next;
};

struct leaving {
    struct gql_document *document;
    const struct gql_schema *schema;
    struct arena *arena;
    const char *const *denied;
    bool chooses; /* the first walk */
    struct chosen *chosen;
    struct gql_optional *optional;
    struct gql_left_out **fields_end;
    struct gql_left_out **asked_end;
    struct gql_left_leaf **leaves_end;
    int steps;
    int depth;
};

/* The objects around a field. */
struct place {
    const struct gql_type *type; /* NULL: the store does not have it */
    const char *owner;           /* its name, without narrowing an object */
    const char *path;
    const char *optional; /* the innermost field with @optional around */
    bool is_pages;        /* a connection or an edge */
    bool is_abstract;     /* since the row */
    bool is_whole;        /* its fields have no columns of their own */
    bool is_left_out;
};

/* ---- paths --------------------------------------------------------------- */

bool
gql_is_level(struct span part)
{
    static const char *const levels[] = {"edges", "node", "nodes", "items"};

    for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++)
        if (span_equal(part, span_str(levels[i])))
            return true;
    return false;
}

static struct span
next_part(const char **path)
{
    struct span part;

    do {
        size_t length = strcspn(*path, ".");

        part = span_of(*path, length);
        *path += length + ((*path)[length] == '.');
    } while (part.length > 0 && gql_is_level(part));
    return part;
}

/* Are the paths equal, apart from the levels of pages? */
static bool
same_path(const char *a, const char *b)
{
    struct span one, other;

    do {
        one = next_part(&a);
        other = next_part(&b);
        if (!span_equal(one, other))
            return false;
    } while (one.length > 0);
    return true;
}

static const char *
join(struct arena *arena, const char *path, const char *key)
{
    return path[0] != '\0' ? arena_printf(arena, "%s.%s", path, key) : key;
}

/* ---- denied fields ------------------------------------------------------- */

static bool
is_denied(const struct leaving *l, const char *path,
          const struct gql_selection *field)
{
    for (const char *const *d = l->denied; *d != NULL; d++)
        if (**d == '?' ? strcmp(*d + 1, field->name) == 0 : same_path(*d, path))
            return true;
    return false;
}

static bool
is_chosen(const struct leaving *l, const char *path)
{
    for (const struct chosen *c = l->chosen; c != NULL; c = c->next)
        if (strcmp(c->path, path) == 0)
            return true;
    return false;
}

static void
choose(struct leaving *l, const char *path)
{
    struct chosen *made;

    if (path == NULL || is_chosen(l, path))
        return;
    made = arena_alloc(l->arena, sizeof(*made));
    *made = (struct chosen){.path = path, .next = l->chosen};
    l->chosen = made;
}

/* ---- what is left out ---------------------------------------------------- */

/* Append the field to a list, unless it has its path. */
static void
add_field(struct leaving *l, const struct gql_left_out *list,
          struct gql_left_out ***end, const struct gql_left_out *field)
{
    struct gql_left_out *made;

    for (; list != NULL; list = list->next)
        if (strcmp(list->path, field->path) == 0)
            return;
    made = arena_alloc(l->arena, sizeof(*made));
    *made = *field;
    **end = made;
    *end = &made->next;
}

static void
add_leaf(struct leaving *l, const struct place *at, const char *path,
         const struct gql_selection *field, const struct gql_field *definition)
{
    struct gql_left_leaf *made = arena_alloc(l->arena, sizeof(*made));

    *made = (struct gql_left_leaf){.path = path,
                                   .field = field,
                                   .definition = definition,
                                   .owner = at->owner,
                                   .is_abstract = at->is_abstract};
    *l->leaves_end = made;
    l->leaves_end = &made->next;
}

/* ---- the walk ------------------------------------------------------------ */

static bool
has(const struct gql_selection *field, const char *directive)
{
    return gql_find_directive(field->directives, directive) != NULL;
}

/* `node` alone may be that of a to-one edge. */
static bool
selects_levels(const struct gql_selection *list, bool counts_node)
{
    for (; list != NULL; list = list->next)
        if (list->kind == GQL_FIELD && list->selections != NULL &&
            gql_is_level(span_str(list->name)) &&
            (counts_node || strcmp(list->name, "node") != 0))
            return true;
    return false;
}

static bool
is_connection(const struct leaving *l, const struct gql_selection *field,
              const struct gql_field *definition)
{
    struct gql_pages pages;

    if (!selects_levels(field->selections, definition != NULL))
        return false;
    return definition == NULL ||
           gql_is_connection(l->schema, definition->type.name) ||
           gql_find_pages(l->schema, definition, &pages);
}

/* A root that is a list needs no @table. */
static bool
is_list_table(const struct place *at, const struct gql_selection *field,
              const struct gql_field *definition)
{
    if (has(field, "json") || field->selections == NULL)
        return false;
    if (definition == NULL)
        return has(field, "table");
    return definition->type.list_depth > 0 &&
           (has(field, "table") || at->path[0] == '\0');
}

static void
walk(struct leaving *l, const struct place *at, struct gql_selection *list);

static void
walk_below(struct leaving *l, const struct place *at, const char *path,
           struct gql_selection *field, const struct gql_field *definition)
{
    bool is_level = at->is_pages && gql_is_level(span_str(field->name));
    bool is_pages = is_connection(l, field, definition);
    bool is_rows = is_pages || is_level || is_list_table(at, field, definition);
    struct place inside = *at;

    inside.path = path;
    inside.type = NULL;
    inside.owner = NULL;
    inside.is_pages =
        is_pages || (is_level && strcmp(field->name, "edges") == 0);
    if (has(field, "optional"))
        inside.optional = path;
    if (is_rows)
        inside.is_abstract = false;
    else
        inside.is_whole |= at->is_pages || has(field, "json") ||
                           (definition && definition->type.list_depth > 0);
    if (definition != NULL) {
        inside.type = gql_schema_find(l->schema, definition->type.name);
        inside.owner = definition->type.name;
        inside.is_abstract |= gql_type_is_abstract(inside.type);
    }
    walk(l, &inside, field->selections);
}

/* Mark a field that is left out, and list its columns. False if it is not. */
static bool
leave_out(struct leaving *l, const struct place *at, const char *path,
          struct gql_selection *field, const struct gql_field *definition)
{
    bool is_lacking = has(field, "optional") && definition == NULL;
    bool is_table = is_connection(l, field, definition) ||
                    is_list_table(at, field, definition);
    struct place inside = *at;
    struct gql_left_out one = {.path = path,
                               .pos = field->pos,
                               .is_denied = !is_lacking,
                               .is_table = is_table};

    if (!at->is_left_out) {
        if (!is_lacking && !is_chosen(l, path)) {
            if (has(field, "optional"))
                add_field(l, l->optional->asked, &l->asked_end, &one);
            return false;
        }
        field->is_left_out = true;
        add_field(l, l->optional->fields, &l->fields_end, &one);
        inside.is_left_out = true;
    }
    if (is_table)
        return true;
    if (field->selections != NULL && !has(field, "json") &&
        (definition == NULL || definition->type.list_depth == 0))
        walk_below(l, &inside, path, field, definition);
    else if (!at->is_whole && !at->is_pages)
        add_leaf(l, at, path, field, definition);
    return true;
}

static void
walk_field(struct leaving *l, const struct place *at,
           struct gql_selection *field)
{
    const char *key = gql_response_key(field);
    bool is_level = at->is_pages && gql_is_level(span_str(field->name));
    const char *path = is_level ? at->path : join(l->arena, at->path, key);
    const struct gql_field *definition =
        at->type != NULL ? gql_type_field(at->type, field->name) : NULL;

    if (strcmp(field->name, "__typename") == 0 ||
        strlen(path) > PATH_BYTES_MAX || (at->type == NULL && !at->is_left_out))
        return;
    if (l->chooses) {
        if (is_denied(l, path, field))
            choose(l, has(field, "optional") ? path : at->optional);
    } else if (leave_out(l, at, path, field, definition)) {
        return;
    }
    if (definition != NULL && field->selections != NULL)
        walk_below(l, at, path, field, definition);
}

/* A fragment narrows an abstract type. On an interface it does not change the
 * type of an object. */
static void
walk_fragment(struct leaving *l, const struct place *at, const char *condition,
              struct gql_selection *list)
{
    struct place inside = *at;

    if (condition != NULL) {
        inside.type = gql_schema_find(l->schema, condition);
        if (at->type == NULL || gql_type_is_abstract(at->type))
            inside.owner = condition;
    }
    walk(l, &inside, list);
}

static void
walk_one(struct leaving *l, const struct place *at,
         struct gql_selection *selection)
{
    const struct gql_fragment *fragment;

    switch (selection->kind) {
    case GQL_FIELD:
        walk_field(l, at, selection);
        break;
    case GQL_INLINE_FRAGMENT:
        walk_fragment(l, at, selection->type_condition, selection->selections);
        break;
    case GQL_SPREAD:
        fragment = gql_find_fragment(l->document, selection->name);
        if (fragment != NULL)
            walk_fragment(l, at, fragment->type_condition,
                          fragment->selections);
        break;
    }
}

static void
walk(struct leaving *l, const struct place *at, struct gql_selection *list)
{
    if (l->depth == DEPTH_MAX)
        return;
    l->depth++;
    for (; list != NULL && l->steps < STEPS_MAX; list = list->next, l->steps++)
        if (!gql_is_skipped(list->directives))
            walk_one(l, at, list);
    l->depth--;
}

static void
walk_query(struct leaving *l, bool chooses)
{
    const char *name = gql_schema_query_type(l->schema);
    struct place root = {
        .type = gql_schema_find(l->schema, name), .owner = name, .path = ""};

    l->chooses = chooses;
    l->steps = 0;
    walk(l, &root, l->document->operations->selections);
}

/* ---- removing ------------------------------------------------------------ */

static struct gql_selection *
filler(struct leaving *l)
{
    struct gql_selection *made = arena_alloc(l->arena, sizeof(*made));

    *made = (struct gql_selection){
        .kind = GQL_FIELD, .name = "__typename", .is_filler = true};
    return made;
}

static void
prune(struct leaving *l, struct gql_selection **list, bool is_root)
{
    struct gql_selection **at = list;
    bool had_any = *list != NULL;

    while (*at != NULL) {
        if ((*at)->is_left_out) {
            *at = (*at)->next;
            continue;
        }
        prune(l, &(*at)->selections, false);
        at = &(*at)->next;
    }
    if (had_any && *list == NULL && !is_root)
        *list = filler(l);
}

static bool
any_optional(const struct gql_selection *list)
{
    for (; list != NULL; list = list->next)
        if (has(list, "optional") || any_optional(list->selections))
            return true;
    return false;
}

static bool
is_optional(const struct gql_document *document)
{
    const struct gql_operation *operation = document->operations;

    if (operation == NULL || operation->kind != GQL_QUERY)
        return false;
    for (const struct gql_fragment *f = document->fragments; f; f = f->next)
        if (any_optional(f->selections))
            return true;
    return any_optional(operation->selections);
}

bool
gql_leave_out(struct gql_document *document, const struct gql_schema *schema,
              const char *const *denied, struct arena *arena, struct err *err)
{
    struct gql_optional *optional = arena_alloc(arena, sizeof(*optional));
    struct leaving l = {.document = document,
                        .schema = schema,
                        .arena = arena,
                        .denied = denied,
                        .optional = optional,
                        .fields_end = &optional->fields,
                        .asked_end = &optional->asked,
                        .leaves_end = &optional->leaves};
    struct gql_operation *operation = document->operations;

    document->optional = optional;
    if (!is_optional(document))
        return true;
    if (denied != NULL)
        walk_query(&l, true);
    walk_query(&l, false);
    prune(&l, &operation->selections, true);
    for (struct gql_fragment *f = document->fragments; f; f = f->next)
        prune(&l, &f->selections, false);
    if (operation->selections != NULL)
        return true;
    return gql_error(err, MSG_QUERY_TYPES, document, operation->pos,
                     "the store has none of the query's fields: all of them "
                     "are @optional and left out");
}
