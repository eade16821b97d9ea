#include "paged/judge.h"

#include <string.h>

#include "api/reply.h"
#include "graphql/optional.h"

/* A field that the credentials may not see is null in every row. */
bool
judge_is_denial(const struct json *error)
{
    const struct json *path = json_get(error, "path");

    return path != NULL && path->kind == JSON_ARRAY && reply_is_denial(error);
}

enum judge_verdict
judge_beside_data(const struct json *errors, const struct json *data)
{
    if (errors == NULL)
        return JUDGE_WHOLE;
    if (data == NULL || data->kind != JSON_OBJECT || errors->kind != JSON_ARRAY)
        return JUDGE_FAULT;
    for (const struct json *e = errors->first; e != NULL; e = e->next)
        if (!judge_is_denial(e))
            return JUDGE_FAULT;
    return JUDGE_DENIED;
}

/* The path of the objects that the request names by their ids. */
static const char *
base_of(const struct pages_request *request)
{
    const struct pages_connection *c = request->connection;

    if (request->by == PAGES_BY_ROOT)
        return "";
    return request == c->by_ids ? c->path : c->owner->path;
}

void
judge_path(const struct json *error, const struct pages_request *request,
           struct buf *path)
{
    const struct json *keys = json_get(error, "path");
    const struct json *key;

    buf_clear(path);
    if (keys == NULL || keys->kind != JSON_ARRAY || keys->first == NULL)
        return;
    buf_append_str(path, base_of(request));
    key = request->by == PAGES_BY_ROOT ? keys->first : keys->first->next;
    for (; key != NULL; key = key->next) {
        if (key->kind != JSON_STRING || gql_is_level(span_str(json_str(key))))
            continue;
        if (path->length > 0)
            buf_append_char(path, '.');
        buf_append_str(path, json_str(key));
    }
}

/* What follows `prefix` and a dot in `path`; NULL if it is another path. */
static const char *
after(const char *path, const char *prefix)
{
    size_t length = strlen(prefix);

    if (strncmp(path, prefix, length) != 0)
        return NULL;
    if (path[length] == '.')
        return path + length + 1;
    return path[length] == '\0' ? path + length : NULL;
}

const struct plan_table *
judge_table(const struct pages *pages, const char *path, const char **rest)
{
    const struct plan_table *found = NULL;

    *rest = path;
    for (int i = 0; i < pages->count; i++) {
        const struct pages_connection *c = &pages->connections[i];
        const char *below = after(path, c->path);

        if (below == NULL || strlen(below) >= strlen(*rest) + (found == NULL))
            continue;
        found = c->table;
        *rest = below;
    }
    return found;
}

void
judge_words(const struct json *errors, struct buf *words)
{
    const struct json *error =
        errors->kind == JSON_ARRAY ? errors->first : errors;

    for (bool more = true; error != NULL && more; error = error->next) {
        const char *code = reply_code(error);
        const char *text = json_str(
            error->kind == JSON_OBJECT ? json_get(error, "message") : error);

        if (words->length > 0)
            buf_append_str(words, "; ");
        buf_append_str(words,
                       text != NULL ? text : "an error without a message");
        if (code != NULL)
            buf_printf(words, " (%s)", code);
        more = errors->kind == JSON_ARRAY && !words->overflowed;
    }
}
