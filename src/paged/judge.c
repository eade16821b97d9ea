#include "paged/judge.h"

#include <string.h>
#include <strings.h>

static const char *
code_of(const struct json *error)
{
    const char *code = json_str(json_path(error, "extensions", "code", NULL));

    return code != NULL ? code : json_str(json_get(error, "type"));
}

/* A field that the credentials may not see is null in every row. */
bool
judge_is_denial(const struct json *error)
{
    static const char *const codes[] = {
        "ACCESS_DENIED", "FORBIDDEN", "PERMISSION_DENIED", "PermissionDenied"};
    const char *code = code_of(error);
    const struct json *path = json_get(error, "path");

    if (code == NULL || path == NULL || path->kind != JSON_ARRAY)
        return false;
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
        if (strcasecmp(code, codes[i]) == 0)
            return true;
    return false;
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

/* The keys of a page's own levels are not part of a path. */
static bool
is_level(const char *key)
{
    static const char *const levels[] = {"edges", "node", "nodes", "items"};

    for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++)
        if (strcmp(key, levels[i]) == 0)
            return true;
    return false;
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
        if (key->kind != JSON_STRING || is_level(json_str(key)))
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
        const char *code = code_of(error);
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
