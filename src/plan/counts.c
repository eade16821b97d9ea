/*
 * Counts of a connection's rows. If the type around a connection `variants` has
 * a field `variantsCount`, the document also asks for it, with the alias
 * bulkpg_c2 (2 is the table's number), and for `updatedAt`, as bulkpg_u. The
 * load compares the count with the rows of the result: see "Truncated
 * connections" in docs/guarantees.md.
 *
 * A connection may be selected at several places, in fragments for different
 * types. Each place gets its count, with the same alias, if the types of the
 * counts agree; otherwise the document would not be valid.
 */
#include <string.h>

#include "plan/build.h"

#define UPDATED_KEY "bulkpg_u"

/* Bulk queries have no more connections, and only they are compared with their
 * counts. */
enum { BULK_CONNECTIONS_MAX = PLAN_COUNTED_MAX + 1 };

/* ---- fields that can be asked for --------------------------------------- */

/* Bulk operations ignore paging. Any other argument may leave out rows, which
 * the count includes. */
static bool
is_paging(const char *argument)
{
    return strcmp(argument, "first") == 0 || strcmp(argument, "last") == 0 ||
           strcmp(argument, "after") == 0 || strcmp(argument, "before") == 0;
}

static bool
has_all_rows(const struct gql_selection *field)
{
    for (const struct gql_argument *a = field->arguments; a; a = a->next)
        if (!is_paging(a->name))
            return false;
    return true;
}

/* The field `name` if its type is `wanted_type` and if it needs no arguments;
 * otherwise NULL. */
static const struct gql_field *
find_plain(const struct gql_type *type, const char *name,
           const char *wanted_type)
{
    const struct gql_field *field =
        type != NULL ? gql_type_field(type, name) : NULL;

    if (field == NULL || field->type.list_depth > 0 ||
        strcmp(field->type.name, wanted_type) != 0)
        return NULL;
    for (const struct gql_input *a = field->arguments; a; a = a->next)
        if (a->type.non_null && !a->has_default)
            return NULL;
    return field;
}

/* Does another place ask for the same key with another type? This happens in
 * fragments on an abstract type, and such fields cannot be merged. */
static bool
is_asked_otherwise(const struct builder *b, const struct shape_key *updated,
                   const char *type)
{
    for (int i = 0; i < b->plan->table_count; i++) {
        const struct table_draft *draft = b->drafts[i];

        for (int n = 0; n < draft->count_count; n++)
            if (draft->counts[n].updated == updated &&
                strcmp(draft->counts[n].updated_type, type) != 0)
                return true;
    }
    return false;
}

/* ---- during the walk ---------------------------------------------------- */

/* The updatedAt of the object that has the connection: the query's own, if it
 * selects it beside the connection; otherwise one that bulkpg adds. */
static void
note_updated(struct builder *b, struct table_draft *draft,
             const struct count_place *place, struct count_site *site)
{
    const struct gql_field *updated = find_plain(
        gql_schema_find(b->schema, place->type_name), "updatedAt", "DateTime");
    struct shape *shape = place->parent->table->shape;
    struct shape_key *key;

    if (updated == NULL)
        return;
    if (selections_have(place->siblings, "updatedAt", "updatedAt")) {
        draft->own_updated_key = shape_add(shape, place->key, "updatedAt");
        return;
    }
    key = shape_add(shape, place->key, UPDATED_KEY);
    if (is_asked_otherwise(b, key, updated->type.text))
        return;
    draft->updated_key = key;
    site->updated = key;
    site->updated_type = updated->type.text;
}

/* The field that counts the connection's rows; NULL: there is none. */
static const struct gql_field *
find_counter(const struct builder *b, const char *type_name,
             const char *counter)
{
    return counter != NULL ? find_plain(gql_schema_find(b->schema, type_name),
                                        counter, "Count")
                           : NULL;
}

static const char *
count_alias(struct builder *b, const struct table_draft *draft)
{
    return arena_printf(b->arena, "bulkpg_c%d", draft->table->number);
}

void
counts_note(struct builder *b, struct table_draft *draft,
            const struct count_place *place)
{
    const char *counter = b->dialect->counter_of(place->field->name, b->arena);
    const struct gql_field *definition =
        find_counter(b, place->type_name, counter);
    struct shape *shape = place->parent->table->shape;
    struct count_site *site = &draft->counts[draft->count_count];
    struct shape_key *counted;

    if (definition == NULL || draft->table->skip ||
        draft->table->number > BULK_CONNECTIONS_MAX ||
        !has_all_rows(place->field) ||
        (draft->count_type != NULL &&
         strcmp(draft->count_type, definition->type.text) != 0))
        return;
    *site = (struct count_site){
        .siblings = place->siblings, .field = place->field, .counter = counter};
    counted = shape_add(shape, place->key, count_alias(b, draft));
    draft->count_type = definition->type.text;
    draft->count_key = shape_add(shape, counted, "count");
    draft->precision_key = shape_add(shape, counted, "precision");
    note_updated(b, draft, place, site);
    draft->count_count++;
}

/* ---- after the walk ----------------------------------------------------- */

void
counts_settle(struct builder *b)
{
    for (int i = 0; i < b->plan->table_count; i++) {
        struct table_draft *draft = b->drafts[i];
        struct plan_table *parent = draft->table->parent;
        struct plan_count *count;

        if (draft->count_count == 0)
            continue;
        count = arena_alloc(b->arena, sizeof(*count));
        count->column =
            arena_printf(b->arena, "_count_%d", draft->table->number);
        draft->table->count = draft->count = count;
        parent->counted[parent->counted_count++] = draft->table;
    }
}

void
counts_settle_slots(struct table_draft *draft)
{
    struct plan_count *count = draft->count;

    if (count == NULL)
        return;
    count->count_slot = shape_slot(draft->count_key);
    count->precision_slot = shape_slot(draft->precision_key);
    count->updated_slot = shape_slot(draft->updated_key);
    count->own_updated_slot = shape_slot(draft->own_updated_key);
}

/* ---- in the document ---------------------------------------------------- */

static void
put_behind(struct gql_selection *before, struct gql_selection *field)
{
    field->next = before->next;
    before->next = field;
}

/* The count is added beside the connection, so that it is inside the same
 * fragments. */
void
counts_submit(struct builder *b, struct table_draft *draft)
{
    const char *alias = count_alias(b, draft);

    for (int i = 0; i < draft->count_count; i++) {
        const struct count_site *site = &draft->counts[i];
        struct gql_selection *counter;

        if (site->updated != NULL &&
            !selections_have(site->siblings, UPDATED_KEY, "updatedAt"))
            put_behind(site->field,
                       selections_field(b, UPDATED_KEY, "updatedAt"));
        if (selections_have(site->siblings, alias, site->counter))
            continue;
        counter = selections_field(b, alias, site->counter);
        counter->selections = selections_field(b, NULL, "count");
        counter->selections->next = selections_field(b, NULL, "precision");
        put_behind(site->field, counter);
    }
}
