/* split: whatever an answer is, each line must be one line, and an answer that
 * is refused must say why. If the answer is JSON, so must be each line, with
 * its table's tag; a line with a parent must come after the line of that parent
 * or after the parent was reported; and each instance must be below such a
 * parent. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/dict.h"
#include "json/tree.h"
#include "paged/split.h"
#include "support/pages.h"

enum { REQUESTS_MAX = 32 };

static const char forge_query[] =
    "{ repository(owner: \"o\", name: \"n\") { name issues { nodes { title "
    "labels { nodes { name } } comments { edges { node { body reactions { "
    "edges { reactedAt node { content } } } } } } } } stargazers { edges { "
    "starredAt node { login } } } } search(query: \"q\") { nodes { ... on Issue "
    "{ comments { nodes { body } } } ... on User { login } } } }";

static const char shop_query[] =
    "query @paged { orders { nodes { name refunds @table { id "
    "refundLineItems { nodes { quantity } } } customer { orders { nodes { name "
    "} } } } } }";

static const char graph_query[] =
    "{ Device { edges { node_metadata { updated_at } node { name { value } "
    "site { node { racks { edges { node { id } } } } } } } } events { kind } }";

static struct pages_api apis[3];
static struct split *splitter;
static const struct pages_request *requests[REQUESTS_MAX];
static size_t request_count;

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
add_request(const struct pages_request *request)
{
    if (request == NULL)
        return;
    if (request_count == REQUESTS_MAX)
        abort();
    requests[request_count++] = request;
}

static void
add_api(struct pages_api *api, const char *path, const char *preset,
        const char *query)
{
    pages_open(api, path, preset);
    if (!pages_plan(api, query) || api->plan->pages == NULL)
        abort();
    for (int i = 0; i < api->plan->pages->count; i++) {
        const struct pages_connection *c = &api->plan->pages->connections[i];

        add_request(c->read);
        add_request(c->by_ids);
    }
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    add_api(&apis[0], "tests/data/pages/forge.graphql", "github", forge_query);
    add_api(&apis[1], "tests/data/pages/graph.graphql", "infrahub",
            graph_query);
    add_api(&apis[2], "tests/fakeshop/admin-2026-10.reduced.json", "shopify",
            shop_query);
    splitter = split_new();
    return 0;
}

/* ---- what must hold ----------------------------------------------------- */

struct cut {
    struct arena arena;
    struct dict ids; /* of the parents so far */
    bool is_json;    /* the answer */
    int64_t lines;
};

static void
must_know(struct cut *cut, struct span id)
{
    if (cut->is_json && dict_get(&cut->ids, arena_dup(&cut->arena, id)) == NULL)
        abort();
}

static void
know(struct cut *cut, struct span id)
{
    if (id.length > 0)
        (void)dict_add_name(&cut->ids, arena_dup(&cut->arena, id));
}

/* Elements of lists are parents, too. An object may have several ids: a server
 * can send the same key twice. */
static void
know_elements(struct cut *cut, const struct json *value)
{
    for (const struct json *v = value->first; v != NULL; v = v->next) {
        if (v->key != NULL && strcmp(v->key, "id") == 0)
            know(cut, v->text);
        know_elements(cut, v);
    }
}

static bool
on_line(void *ctx, const struct plan_table *table, struct span line,
        struct err *err)
{
    struct cut *cut = ctx;
    struct json *json;
    const struct json *parent;

    if (memchr(line.bytes, '\n', line.length) != NULL)
        abort();
    cut->lines++;
    if (!json_parse(&cut->arena, line, &json, err)) {
        if (cut->is_json)
            abort();
        return true;
    }
    if (json_get(json, table->page_tag) == NULL)
        abort();
    parent = json_get(json, "__parentId");
    if (parent != NULL && parent->kind != JSON_STRING)
        abort();
    if ((parent != NULL) != (table->parent != NULL))
        abort();
    if (parent != NULL)
        must_know(cut, parent->text);
    know_elements(cut, json);
    return true;
}

static bool
on_instance(void *ctx, const struct split_instance *instance, struct err *err)
{
    (void)err;
    if (instance->rows < 0 || instance->nulls < 0 || instance->total < -1)
        abort();
    if (instance->parent_id.length > 0)
        must_know(ctx, instance->parent_id);
    if (instance->state == SPLIT_OPEN &&
        instance->connection->kind == PAGES_RELAY &&
        instance->cursor.length == 0)
        abort();
    return true;
}

static bool
on_parent(void *ctx, int index, struct span id, struct err *err)
{
    (void)err;
    if (index < 0)
        abort();
    know(ctx, id);
    return true;
}

static void
cut_one(const struct pages_request *request, struct span answer)
{
    struct cut cut = {.lines = 0};
    struct split_sink sink = {.line = on_line,
                              .instance = on_instance,
                              .parent = on_parent,
                              .ctx = &cut};
    struct pages_values values = {.rows = 100, .parent_id = "P"};
    struct split_counts counts;
    struct json *json;
    struct err err = {0};

    cut.is_json = json_parse(&cut.arena, answer, &json, &err);
    cut.ids.arena = &cut.arena;
    know(&cut, span_str(values.parent_id));
    if (!split_page(splitter, request, &values, answer, &sink, &counts, &err)) {
        if (err.message[0] == '\0')
            abort();
    } else if (counts.lines != cut.lines) {
        abort();
    }
    arena_free(&cut.arena);
}

/* The first byte chooses the request. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 0)
        cut_one(requests[data[0] % request_count],
                span_of((const char *)data + 1, size - 1));
    return 0;
}
