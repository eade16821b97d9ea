#include "api/introspect.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"

enum {
    TYPES_PER_REQUEST = 8, /* the largest type costs 61 points of 1000 */
    DOCUMENT_BYTES = 64 * 1024,
    REPLY_BYTES = 16 * 1024 * 1024
};

static const char fragments[] =
    "fragment FullType on __Type { kind name%s"
    " fields(includeDeprecated: true) { name isDeprecated deprecationReason"
    " args { name description type { ...TypeRef } defaultValue }"
    " type { ...TypeRef } }"
    " inputFields { name description type { ...TypeRef } defaultValue }"
    " interfaces { name }"
    " enumValues(includeDeprecated: true) { name }"
    " possibleTypes { name } }\n"
    "fragment TypeRef on __Type { kind name ofType { kind name"
    " ofType { kind name ofType { kind name ofType { kind name"
    " ofType { kind name ofType { kind name ofType { kind name"
    " } } } } } } } }\n";

/* query IntrospectTypes { t0: __type(name: "Product") { ...FullType } … } */
static void
write_document(struct buf *document, const char *const *names, size_t count,
               bool asks_one_of)
{
    buf_append_str(document, "query IntrospectTypes {\n");
    for (size_t i = 0; i < count; i++) {
        buf_printf(document, " t%zu: __type(name: ", i);
        buf_append_json(document, span_str(names[i]));
        buf_append_str(document, ") { ...FullType }\n");
    }
    buf_append_str(document, "}\n");
    buf_printf(document, fragments, asks_one_of ? " isOneOf" : "");
}

static bool
hand_out(const struct json *data, const char *const *names, size_t count,
         introspect_type_fn *on_type, void *ctx, struct err *err)
{
    for (size_t i = 0; i < count; i++) {
        char alias[32];
        const struct json *type;
        struct span json = span_of("", 0);

        snprintf(alias, sizeof(alias), "t%zu", i);
        type = json_get(data, alias);
        if (type != NULL && type->kind == JSON_OBJECT)
            json = type->source;
        if (!on_type(ctx, names[i], json, err))
            return false;
    }
    return true;
}

/* *too_dear: the request cost too much, or its answer was too large. The
 * caller then asks for fewer types. */
static bool
ask_for(const struct introspect_way *way, const char *const *names,
        size_t count, introspect_type_fn *on_type, void *ctx, bool *too_dear,
        struct err *err)
{
    struct buf document = buf_with_ceiling(DOCUMENT_BYTES);
    struct arena arena = {0};
    struct request request = {
        .what = "introspect", .reply_ceiling = REPLY_BYTES, .outer = true};
    struct json *data;
    bool ok;

    write_document(&document, names, count, way->asks_one_of);
    request.document = buf_str(&document);
    ok = way->ask(way->ctx, &request, &arena, &data, err);
    *too_dear = !ok && count > 1 &&
                (err_is(err, MSG_MAX_COST_EXCEEDED) ||
                 err_is(err, MSG_TOO_LARGE) || err_is(err, MSG_TOO_COMPLEX));
    if (ok)
        ok = hand_out(data, names, count, on_type, ctx, err);
    arena_free(&arena);
    buf_free(&document);
    return ok;
}

bool
introspect_types(const struct introspect_way *way, const char *const *names,
                 size_t count, introspect_type_fn *on_type, void *ctx,
                 struct err *err)
{
    size_t most = TYPES_PER_REQUEST;

    while (count > 0) {
        size_t now = count < most ? count : most;
        bool too_dear;

        if (ask_for(way, names, now, on_type, ctx, &too_dear, err)) {
            names += now;
            count -= now;
        } else if (too_dear) {
            most = now / 2;
        } else {
            return false;
        }
    }
    return true;
}

bool
introspect_query_type(const struct introspect_way *way, char name[128],
                      struct err *err)
{
    static const struct request request = {
        .what = "introspect",
        .document = "query IntrospectQueryType {"
                    " __schema { queryType { name } } }"};
    struct arena arena = {0};
    struct json *data;
    const char *found = NULL;
    bool ok = way->ask(way->ctx, &request, &arena, &data, err);

    if (ok) {
        found =
            json_str(json_path(data, "__schema", "queryType", "name", NULL));
        ok = found != NULL && strlen(found) < 128;
        if (ok)
            snprintf(name, 128, "%s", found);
        else
            err_set(err, MSG_BAD_TYPES,
                    "introspect: the store's answer has no valid name of the "
                    "query type");
    }
    arena_free(&arena);
    return ok;
}

/* Does the type __Type, whose fields are given, have the field isOneOf? */
static bool
has_one_of(const struct json *type)
{
    const struct json *fields = json_get(type, "fields");
    const struct json *field = fields != NULL ? fields->first : NULL;

    for (; field != NULL; field = field->next) {
        const char *name = json_str(json_get(field, "name"));

        if (name != NULL && strcmp(name, "isOneOf") == 0)
            return true;
    }
    return false;
}

bool
introspect_mutation_type(const struct introspect_way *way,
                         struct introspect_mutation *mutation, struct err *err)
{
    static const struct request request = {
        .what = "introspect",
        .document = "query IntrospectMutationType {"
                    " __schema { mutationType { name } }"
                    " __type(name: \"__Type\") { fields { name } } }"};
    struct arena arena = {0};
    struct json *data;
    const char *name;
    bool ok = way->ask(way->ctx, &request, &arena, &data, err);

    if (ok) {
        name =
            json_str(json_path(data, "__schema", "mutationType", "name", NULL));
        *mutation = (struct introspect_mutation){
            .asks_one_of = has_one_of(json_get(data, "__type"))};
        if (name != NULL && strlen(name) < sizeof(mutation->name))
            snprintf(mutation->name, sizeof(mutation->name), "%s", name);
    }
    arena_free(&arena);
    return ok;
}
