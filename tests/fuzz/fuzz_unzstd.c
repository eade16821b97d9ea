/* unzstd: the pieces in which a file comes must not change the result. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "source/unzstd.h"

enum { OUTPUT_BYTES = 4 * 1024 * 1024, OUT_BYTES = 4096 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* False if the data is refused, or after the maximum that the test reads. */
static bool
take(struct unzstd *unzstd, struct span piece, size_t room, struct buf *plain)
{
    char out[OUT_BYTES];
    struct err err = {0};
    size_t length;

    do {
        size_t before = piece.length;

        if (!unzstd_read(unzstd, &piece, out, room, &length, &err)) {
            if (!err_is(&err, MSG_BAD_ZSTD) && !err_is(&err, MSG_ZSTD_WINDOW))
                abort();
            return false;
        }
        if (length > room ||
            (length == 0 && piece.length > 0 && piece.length == before))
            abort();
        buf_append_span(plain, span_of(out, length));
    } while ((length > 0 || piece.length > 0) && !plain->overflowed);
    return !plain->overflowed;
}

static bool
unpack(struct span packed, size_t piece, size_t room, struct buf *plain)
{
    struct unzstd *unzstd = unzstd_new();
    struct err err = {0};
    bool ok = true;

    while (ok && packed.length > 0) {
        size_t now = packed.length < piece ? packed.length : piece;

        ok = take(unzstd, span_head(packed, now), room, plain);
        packed = span_tail(packed, now);
    }
    ok = ok && unzstd_end(unzstd, &err);
    unzstd_free(unzstd);
    return ok;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const size_t pieces[] = {1, 7};
    struct span packed = span_of((const char *)data, size);
    struct buf whole = buf_with_ceiling(OUTPUT_BYTES);
    bool good = unpack(packed, size, OUT_BYTES, &whole);

    for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
        struct buf plain = buf_with_ceiling(OUTPUT_BYTES);

        if (unpack(packed, pieces[i], 13, &plain) != good ||
            (good && !span_equal(buf_span(&plain), buf_span(&whole))))
            abort();
        buf_free(&plain);
    }
    buf_free(&whole);
    return 0;
}
