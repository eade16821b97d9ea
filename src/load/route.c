/*
 * How a line with a __parentId finds its connection:
 *
 *     __typename, and the tag where several connections can give it
 *     else the type in its id: what no connection allows is rejected
 *     among what is left, or without an id: the parent's type, then the keys
 *
 * A line is never given to the connection that happens to be left over.
 */
#include "load/route.h"

#include <ctype.h>
#include <stdio.h>
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

enum { CANDIDATES_MAX = 8, NAME_BYTES_MAX = 64, LIST_BYTES = 256 };

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

/* How many of the line's keys the table has; *others: how many it lacks. What
 * says whose line it is does not count. */
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

/* For a line of which nothing else is known: a key that the query does not
 * have is no table's, and a line without keys could be anyone's. */
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

/* ---- why not ------------------------------------------------------------- */

/* A type as it may be printed: what is not a name is not shown. */
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
            "no connection of the query gives its __typename, %.*s",
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
    err_hint(err, "load the file with the query that it was made by; if the "
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

/* What bulkpg asks for besides tells such connections apart; another program's
 * file does not have it. */
static const struct plan_table *
refuse_several(const struct candidates *c, struct err *err)
{
    char paths[LIST_BYTES] = "";
    size_t used = 0;

    for (int i = 0; i < c->count && used < sizeof(paths); i++)
        used += (size_t)snprintf(paths + used, sizeof(paths) - used, "%s%s",
                                 i > 0 ? ", " : "", c->tables[i]->path);
    err_set(err, MSG_LINE_TABLE, "it fits more than one connection: %s", paths);
    err_hint(err, "bulkpg did not make this file: in its own the lines are "
                  "marked (run --keep); or write one connection that has the "
                  "rows of all of them");
    return NULL;
}

static const struct plan_table *
refuse_tag(const struct plan_table *table, struct err *err)
{
    err_set(err, MSG_LINE_TABLE,
            "its mark says %s, but its __parentId is that of another "
            "connection's parent",
            table->path);
    err_hint(err, "load the file with the query that it was made by");
    return NULL;
}

/* ---- routes -------------------------------------------------------------- */

/* The text of a string at a slot; empty when there is none. */
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

/* The connection whose tag the line has; NULL: none. The tag of a connection
 * that cannot give its type, as another one does, is another query's. */
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

/* A tag decides, unless another connection of the same type has the parent
 * that the line names: it was made by another query then. */
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

/* Of a known type: the parent's type, then the keys. */
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
