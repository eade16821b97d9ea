#include "shopify/metafields.h"

#include "json/write.h"

enum { VARIABLES_BYTES = 8192, PAGES_MAX = 100 };

static const char document[] =
    "query ListMetafields($owner: MetafieldOwnerType!, $after: String) {"
    " metafieldDefinitions(ownerType: $owner, first: 250, after: $after) {"
    " nodes { namespace key type { name } }"
    " pageInfo { hasNextPage endCursor } } }";

static void
write_variables(struct buf *text, const char *owner, const char *after)
{
    struct json_out *json = json_out_new(text);

    json_out_open(json, '{');
    json_out_text(json, "owner", owner);
    json_out_text(json, "after", after);
    json_out_close(json, '}');
    json_out_free(json);
}

/* A definition that lacks one of its members is left out. */
static void
take(const struct json *node, struct arena *arena, struct metafield ***end)
{
    struct metafield *made = arena_alloc(arena, sizeof(*made));

    made->namespace_ = json_str(json_get(node, "namespace"));
    made->key = json_str(json_get(node, "key"));
    made->type = json_str(json_path(node, "type", "name", NULL));
    if (made->namespace_ == NULL || made->key == NULL || made->type == NULL)
        return;
    **end = made;
    *end = &made->next;
}

/* *after: the cursor of the next page; NULL: that was the last one. */
static bool
ask_definitions(struct session *session, const char *owner,
                const struct log_ctx *log, struct arena *arena,
                const char **after, const struct json **list, struct err *err)
{
    struct buf variables = buf_with_ceiling(VARIABLES_BYTES);
    struct answer reply;
    const struct json *info;
    bool ok;

    write_variables(&variables, owner, *after);
    ok = session_query(session, "metafields", document, buf_str(&variables),
                       log, arena, &reply, err);
    buf_free(&variables);
    if (!ok)
        return false;
    *list = json_get(reply.data, "metafieldDefinitions");
    info = json_get(*list, "pageInfo");
    *after = json_is_true(json_get(info, "hasNextPage"))
                 ? json_str(json_get(info, "endCursor"))
                 : NULL;
    return true;
}

bool
metafields_list(struct session *session, const char *owner,
                const struct log_ctx *log, struct arena *arena,
                struct metafield **first, struct err *err)
{
    struct metafield **end = first;
    const char *after = NULL;
    int pages = 0;

    *first = NULL;
    do {
        const struct json *list, *nodes;

        if (++pages > PAGES_MAX)
            return err_set(err, MSG_PAGE_CURSOR,
                           "the store has more than %d pages of metafield "
                           "definitions",
                           PAGES_MAX);

        if (!ask_definitions(session, owner, log, arena, &after, &list, err))
            return false;
        nodes = json_get(list, "nodes");
        if (nodes == NULL || nodes->kind != JSON_ARRAY)
            break;
        for (const struct json *n = nodes->first; n != NULL; n = n->next)
            take(n, arena, &end);
    } while (after != NULL);
    return true;
}
