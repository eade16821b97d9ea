/* sdl: no schema file may crash its reader. A type that was read can be written
 * as an introspection object, which the schema must accept. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "graphql/introspection.h"
#include "graphql/sdl.h"
#include "graphql/sdl_json.h"

enum { JSON_BYTES = 64 * 1024 * 1024 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The schema may refuse a type only because of its limits. */
static void
check_refusal(const struct err *err)
{
    if (strcmp(err->code, "TOO_LARGE") != 0 &&
        strstr(err->message, "more than") == NULL)
        abort();
}

static void
check_type(const struct sdl *sdl, const struct sdl_type *type)
{
    struct buf json = buf_with_ceiling(JSON_BYTES);
    struct arena arena = {0};
    struct gql_type *read;
    size_t left = JSON_BYTES;
    struct err err = {0};

    sdl_json_write(sdl, type, &json);
    if (!gql_read_type(&arena, buf_span(&json), &left, &read, &err))
        check_refusal(&err);
    else if (strcmp(read->name, type->name) != 0 || read->kind != type->kind)
        abort();
    arena_free(&arena);
    buf_free(&json);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    struct sdl sdl;
    struct err err = {0};

    if (sdl_parse(&arena, "fuzz", span_of((const char *)data, size), &sdl,
                  &err)) {
        for (const struct sdl_type *t = sdl.types; t != NULL; t = t->next)
            check_type(&sdl, t);
        if (dict_get(&sdl.by_name, sdl.query_type) == NULL)
            abort();
    } else if (err.kind != ERR_CONFIG ||
               strncmp(err.message, "fuzz:", 5) != 0) {
        abort();
    }
    arena_free(&arena);
    return 0;
}
