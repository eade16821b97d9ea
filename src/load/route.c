#include <string.h>

#include "load/encode.h"
#include "load/rows.h"

/* gid types that go by another name than the GraphQL type they are ids of. */
static const struct {
    const char *gid;
    const char *type;
} gid_aliases[] = {
    {"ProductImage", "Image"},
    {"CollectionImage", "Image"},
    {"ArticleImage", "Image"},
    {"ImageSource", "Image"},
    {"DiscountCodeNode", "DiscountNode"},
    {"DiscountAutomaticNode", "DiscountNode"},
};

enum { CANDIDATES_MAX = 8 };

struct candidates {
    const struct plan_table *tables[CANDIDATES_MAX];
    int count;
};

/* Does `keep` say yes to a table for what it looks at? */
typedef bool keep_fn(const struct plan_table *table, const void *ctx);

/* Keep those that `keep` wants; all of them, and false, when it wants none. */
static bool
narrow(struct candidates *c, keep_fn *keep, const void *ctx)
{
    struct candidates kept = {.count = 0};

    for (int i = 0; i < c->count; i++)
        if (keep(c->tables[i], ctx))
            kept.tables[kept.count++] = c->tables[i];
    if (kept.count > 0)
        *c = kept;
    return kept.count > 0;
}

static bool
has_concrete(const struct plan_table *table, struct span type)
{
    for (const struct gql_name *n = table->concrete; n != NULL; n = n->next)
        if (span_is(type, n->name))
            return true;
    return false;
}

static bool
gives_typename(const struct plan_table *table, const void *ctx)
{
    const struct span *type = ctx;

    return has_concrete(table, *type);
}

static bool
gives_gid_type(const struct plan_table *table, const void *ctx)
{
    const struct span *type = ctx;

    if (has_concrete(table, *type) || span_is(*type, table->node_type))
        return true;
    for (size_t i = 0; i < sizeof(gid_aliases) / sizeof(gid_aliases[0]); i++)
        if (span_is(*type, gid_aliases[i].gid) &&
            has_concrete(table, span_str(gid_aliases[i].type)))
            return true;
    return false;
}

static bool
parent_gives_gid_type(const struct plan_table *table, const void *ctx)
{
    return gives_gid_type(table->parent, ctx);
}

static bool
has_all_keys(const struct plan_table *table, const void *ctx)
{
    const struct record *record = ctx;
    const struct shape *shape = table->shape;

    for (const struct shape_key *key = shape->root.first; key;
         key = key->next) {
        bool known = span_is(key->key, "__parentId") ||
                     span_is(key->key, "__typename") ||
                     record_get(record, key->slot) == NULL;

        for (int i = 0; i < table->key_slot_count && !known; i++)
            known = table->key_slots[i] == key->slot;
        if (!known)
            return false;
    }
    return true;
}

/* The text of a string at a slot; empty when there is none. */
static struct span
text_at(const struct record *record, int slot)
{
    const struct record_value *value = record_get(record, slot);

    return value != NULL && value->kind == JSON_STRING ? value->text
                                                       : span_of("", 0);
}

static struct candidates
nested_connections(const struct plan *plan)
{
    struct candidates c = {.count = 0};

    for (int i = 0; i < plan->table_count && c.count < CANDIDATES_MAX; i++)
        if (plan->tables[i].kind == PLAN_CONNECTION)
            c.tables[c.count++] = &plan->tables[i];
    return c;
}

const struct plan_table *
route_line(const struct plan *plan, const struct record *record,
           const char **reason)
{
    struct candidates c = nested_connections(plan);
    struct span type = text_at(record, plan->typename_slot);
    struct span gid_type = encode_gid_type(text_at(record, plan->id_slot));
    struct span parent_type =
        encode_gid_type(text_at(record, plan->parent_id_slot));
    bool told = false; /* by something of the line, not for want of others */

    for (int i = 0; i < c.count; i++)
        if (text_at(record, c.tables[i]->tag_slot).length > 0)
            return c.tables[i];
    if (type.length > 0) {
        told = narrow(&c, gives_typename, &type);
        if (c.count > 0 && !told) {
            *reason = "no connection of the query gives its __typename";
            return NULL;
        }
    }
    if (!(told && c.count == 1) && gid_type.length > 0)
        told = narrow(&c, gives_gid_type, &gid_type) || told;
    if (!(told && c.count == 1) && parent_type.length > 0)
        told = narrow(&c, parent_gives_gid_type, &parent_type) || told;
    if (!(told && c.count == 1))
        told = narrow(&c, has_all_keys, record) || told;
    if (told && c.count == 1)
        return c.tables[0];
    *reason = c.count == 0 ? "it has a __parentId, but the query has no "
                             "nested connection"
                           : "nothing tells which connection it belongs to";
    return NULL;
}
