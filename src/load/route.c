/*
 * A line that was cut from a page names its table (paged/split.h). In a bulk
 * result a line without a __parentId is a root. How a line with a __parentId
 * finds its connection:
 *
 *  1. A tag names its connection. bulkpg adds tags to the document if several
 *     connections can have nodes of the same type.
 *  2. Without a tag, __typename or else the gid type of the id must be a type
 *     of the connection's nodes.
 *  3. If several connections remain, or the line has neither, the gid type of
 *     the parent decides, then the line's keys.
 *
 * Hazard. If only one connection is left, the line must still fit it by its
 * type, its parent or its keys. Otherwise it is rejected.
 */
#include "load/route.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "load/encode.h"
#include "load/rows.h"

/* gid types with another name than the GraphQL type of the object. */
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

enum { CANDIDATES_MAX = 8, NAME_BYTES_MAX = 64, LIST_BYTES = 256 };

struct candidates {
    const struct plan_table *tables[CANDIDATES_MAX];
    int count;
};

/* Does the table fit the part of a line that `ctx` points to? */
typedef bool keep_fn(const struct plan_table *table, const void *ctx);

/* Keep the candidates that `keep` accepts. If it accepts none, keep all and
 * return false. */
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
has_name(const struct gql_name *names, struct span type)
{
    for (const struct gql_name *n = names; n != NULL; n = n->next)
        if (span_is(type, n->name))
            return true;
    return false;
}

static bool
gives_typename(const struct plan_table *table, const void *ctx)
{
    const struct span *type = ctx;

    return has_name(table->concrete, *type);
}

static bool
gives_gid_type(const struct plan_table *table, const void *ctx)
{
    const struct span *type = ctx;

    if (has_name(table->concrete, *type) || span_is(*type, table->node_type) ||
        has_name(table->held, *type))
        return true;
    for (size_t i = 0; i < sizeof(gid_aliases) / sizeof(gid_aliases[0]); i++)
        if (span_is(*type, gid_aliases[i].gid) &&
            has_name(table->concrete, span_str(gid_aliases[i].type)))
            return true;
    return false;
}

bool
route_allows(const struct plan_table *table, struct span gid_type)
{
    return gives_gid_type(table, &gid_type);
}

static bool
parent_gives_gid_type(const struct plan_table *table, const void *ctx)
{
    return gives_gid_type(table->parent, ctx);
}

/* ---- keys ---------------------------------------------------------------- */

static bool
has_key(const struct plan_table *table, int slot)
{
    for (int i = 0; i < table->key_slot_count; i++)
        if (table->key_slots[i] == slot)
            return true;
    return false;
}

/* Return how many of the line's keys the table has, and set *others to how many
 * it lacks. The keys that route the line (id, __parentId, __typename) do not
 * count. */
static int
count_keys(const struct plan_table *table, const struct record *record,
           int *others)
{
    const struct shape *shape = table->shape;
    int count = 0;

    *others = 0;
    for (const struct shape_key *key = shape->root.first; key;
         key = key->next) {
        if (record_get(record, key->slot) == NULL || span_is(key->key, "id") ||
            span_is(key->key, "__parentId") || span_is(key->key, "__typename"))
            continue;
        if (has_key(table, key->slot))
            count++;
        else
            ++*others;
    }
    return count;
}

static bool
has_all_keys(const struct plan_table *table, const void *ctx)
{
    int others;

    (void)count_keys(table, ctx, &others);
    return others == 0;
}

/* For a line of which only the keys are known. No table has a key that the
 * query does not have, and a line without keys could belong to any table. */
static bool
has_just_these_keys(const struct plan_table *table, const void *ctx)
{
    int others;

    return count_keys(table, ctx, &others) > 0 && others == 0 &&
           !record_has_unknown_keys(ctx);
}

static bool
has_any_key(const struct plan_table *table, const struct record *record)
{
    int others;

    return count_keys(table, record, &others) > 0;
}

/* ---- refusals ------------------------------------------------------------ */

/* The type as a message shows it. A text that is not a name is not shown. */
static struct span
printable(struct span type)
{
    bool is_name = type.length > 0 && type.length <= NAME_BYTES_MAX;

    for (size_t i = 0; i < type.length && is_name; i++)
        is_name = isalnum((unsigned char)type.bytes[i]) || type.bytes[i] == '_';
    return is_name ? type : span_str("an unknown type");
}

static const struct plan_table *
refuse_typename(struct span type, struct err *err)
{
    type = printable(type);
    err_set(err, MSG_LINE_TABLE,
            "no connection of the query has nodes of its __typename, %.*s",
            SPAN_ARG(type));
    return NULL;
}

static const struct plan_table *
refuse_id(struct span gid_type, struct err *err)
{
    if (gid_type.length == 0) {
        err_set(err, MSG_LINE_TABLE, "its id is not a gid");
        return NULL;
    }
    gid_type = printable(gid_type);
    err_set(err, MSG_LINE_TABLE,
            "its id is a gid of %.*s, and no connection of the query has "
            "nodes of that type",
            SPAN_ARG(gid_type));
    err_hint(err, "load the file with the query that produced it; if the "
                  "store gives such ids, select __typename in the connection");
    return NULL;
}

static const struct plan_table *
refuse_unknown(struct err *err)
{
    err_set(err, MSG_LINE_TABLE,
            "it has no id and no __typename, and neither its __parentId nor "
            "its keys fit a connection of the query");
    return NULL;
}

/* In a result that bulkpg requested, tags distinguish such connections. The
 * file of another program has no tags. */
static const struct plan_table *
refuse_several(const struct candidates *c, struct err *err)
{
    char paths[LIST_BYTES] = "";
    size_t used = 0;

    for (int i = 0; i < c->count && used < sizeof(paths); i++)
        used += (size_t)snprintf(paths + used, sizeof(paths) - used, "%s%s",
                                 i > 0 ? ", " : "", c->tables[i]->path);
    err_set(err, MSG_LINE_TABLE, "it fits more than one connection: %s", paths);
    err_hint(err, "bulkpg did not make this file: its own files (run --keep) "
                  "name the connection of each such line; or write a query "
                  "with one connection that has the rows of all of them");
    return NULL;
}

static const struct plan_table *
refuse_tag(const struct plan_table *table, struct err *err)
{
    err_set(err, MSG_LINE_TABLE,
            "its tag names %s, but its __parentId is that of another "
            "connection's parent",
            table->path);
    err_hint(err, "load the file with the query that produced it");
    return NULL;
}

/* ---- routes -------------------------------------------------------------- */

/* The string at a slot; empty if there is none. */
static struct span
text_at(const struct record *record, int slot)
{
    const struct record_value *value = record_get(record, slot);

    return value != NULL && value->kind == JSON_STRING ? value->text
                                                       : span_of("", 0);
}

static bool
has_id(const struct plan *plan, const struct record *record)
{
    const struct record_value *id = record_get(record, plan->id_slot);

    return id != NULL && id->kind != JSON_NULL;
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

static bool
any_gives(const struct candidates *c, struct span type)
{
    for (int i = 0; i < c->count; i++)
        if (gives_typename(c->tables[i], &type))
            return true;
    return false;
}

/* The connection whose tag the line has, or NULL. A tag is ignored if its
 * connection cannot have nodes of the line's type but another one can: then
 * another query has set it. */
static const struct plan_table *
find_tagged(const struct candidates *c, const struct record *record)
{
    for (int i = 0; i < c->count; i++) {
        struct span type = text_at(record, c->tables[i]->tag_slot);

        if (type.length > 0 &&
            (has_name(c->tables[i]->concrete, type) || !any_gives(c, type)))
            return c->tables[i];
    }
    return NULL;
}

/* The tag decides, unless the line's parent fits another connection of the same
 * type instead: then another query has set the tag. */
static const struct plan_table *
take_tagged(const struct candidates *c, const struct plan_table *table,
            const struct record *record, struct span parent_type,
            struct err *err)
{
    struct span type = text_at(record, table->tag_slot);

    if (parent_type.length == 0 || parent_gives_gid_type(table, &parent_type))
        return table;
    for (int i = 0; i < c->count; i++)
        if (gives_typename(c->tables[i], &type) &&
            parent_gives_gid_type(c->tables[i], &parent_type))
            return refuse_tag(table, err);
    return table;
}

/* For a line whose type is known. */
static const struct plan_table *
choose_by_parent(struct candidates *c, const struct record *record,
                 struct span parent_type, struct err *err)
{
    if (c->count > 1)
        narrow(c, parent_gives_gid_type, &parent_type);
    if (c->count > 1)
        narrow(c, has_all_keys, record);
    return c->count == 1 ? c->tables[0] : refuse_several(c, err);
}

static const struct plan_table *
choose_untyped(struct candidates *c, const struct record *record,
               struct span parent_type, struct err *err)
{
    bool is_known = narrow(c, parent_gives_gid_type, &parent_type);

    if (is_known && c->count == 1)
        return has_any_key(c->tables[0], record) ? c->tables[0]
                                                 : refuse_unknown(err);
    if (!narrow(c, has_just_these_keys, record))
        return refuse_unknown(err);
    return c->count == 1 ? c->tables[0] : refuse_several(c, err);
}

const struct plan_table *
route_paged(const struct plan *plan, const struct record *record)
{
    for (int i = 0; i < plan->table_count; i++) {
        const struct plan_table *table = &plan->tables[i];
        const struct record_value *tag =
            table->page_tag != NULL ? record_get(record, table->page_tag_slot)
                                    : NULL;

        if (tag != NULL && tag->kind == JSON_TRUE)
            return table;
    }
    return NULL;
}

const struct plan_table *
route_line(const struct plan *plan, const struct record *record,
           struct err *err)
{
    struct candidates c = nested_connections(plan);
    struct span type = text_at(record, plan->typename_slot);
    struct span gid_type = encode_gid_type(text_at(record, plan->id_slot));
    struct span parent_type =
        encode_gid_type(text_at(record, plan->parent_id_slot));
    const struct plan_table *tagged = find_tagged(&c, record);

    if (c.count == 0) {
        err_set(err, MSG_LINE_TABLE,
                "it has a __parentId, but the query has no nested connection");
        return NULL;
    }
    if (tagged != NULL)
        return take_tagged(&c, tagged, record, parent_type, err);
    if (type.length == 0 && !has_id(plan, record))
        return choose_untyped(&c, record, parent_type, err);
    if (type.length > 0 && !narrow(&c, gives_typename, &type))
        return refuse_typename(type, err);
    if (type.length == 0 && !narrow(&c, gives_gid_type, &gid_type))
        return refuse_id(gid_type, err);
    return choose_by_parent(&c, record, parent_type, err);
}
