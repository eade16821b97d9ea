/* graphql: what was printed reads back, and prints the same again. */
#include <stdint.h>
#include <stdlib.h>

#include "graphql/document.h"

/* Print what `text` says into `out`; false when it says nothing. */
static bool
print_parsed(struct span text, struct buf *out)
{
    struct arena arena = {0};
    struct gql_document *document;
    struct err err = {0};
    bool parsed = gql_parse(&arena, "fuzz", text, &document, &err);

    if (parsed)
        gql_print(document, out);
    else if (err.kind != ERR_CONFIG)
        abort();
    arena_free(&arena);
    return parsed;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf once = buf_with_ceiling(SIZE_MAX / 4);
    struct buf again = buf_with_ceiling(SIZE_MAX / 4);

    if (print_parsed(span_of((const char *)data, size), &once) &&
        (!print_parsed(buf_span(&once), &again) ||
         !span_equal(buf_span(&once), buf_span(&again))))
        abort();
    buf_free(&once);
    buf_free(&again);
    return 0;
}
