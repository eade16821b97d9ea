#include "source/unzstd.h"

#include <inttypes.h>
#include <stdlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "base/mem.h"

#define MAGIC "\x28\xb5\x2f\xfd"

/* A frame that is skipped begins with a byte from 0x50 to 0x5f and these. pzstd
 * writes one before the data. */
#define SKIPPED "\x2a\x4d\x18"

enum { WINDOW_LOG_MAX = 24 /* 16 MiB */ };

struct unzstd {
    ZSTD_DCtx *stream;
    uint64_t taken; /* compressed bytes so far */
    bool in_frame;
};

bool
unzstd_is_packed(struct span first)
{
    return span_starts(first, MAGIC) ||
           (first.length > 0 && (first.bytes[0] & 0xf0) == 0x50 &&
            span_starts(span_tail(first, 1), SKIPPED));
}

struct unzstd *
unzstd_new(void)
{
    struct unzstd *unzstd = mem_alloc(sizeof(*unzstd));

    *unzstd = (struct unzstd){.stream = ZSTD_createDCtx()};
    if (unzstd->stream == NULL ||
        ZSTD_isError(ZSTD_DCtx_setParameter(unzstd->stream, ZSTD_d_windowLogMax,
                                            WINDOW_LOG_MAX)))
        mem_out("zstd does not start");
    return unzstd;
}

void
unzstd_free(struct unzstd *unzstd)
{
    if (unzstd == NULL)
        return;
    ZSTD_freeDCtx(unzstd->stream);
    free(unzstd);
}

static bool
refuse(const struct unzstd *unzstd, size_t code, struct err *err)
{
    if (ZSTD_getErrorCode(code) == ZSTD_error_frameParameter_windowTooLarge)
        return err_set(err, MSG_ZSTD_WINDOW,
                       "the zstd file needs a window of more than %d MiB",
                       1 << (WINDOW_LOG_MAX - 20));
    return err_set(err, MSG_BAD_ZSTD,
                   "the zstd file is damaged at byte %" PRIu64 ": %s",
                   unzstd->taken, ZSTD_getErrorName(code));
}

bool
unzstd_read(struct unzstd *unzstd, struct span *packed, char *out, size_t size,
            size_t *length, struct err *err)
{
    ZSTD_inBuffer in = {packed->bytes, packed->length, 0};
    ZSTD_outBuffer to = {out, size, 0};
    size_t left = ZSTD_decompressStream(unzstd->stream, &to, &in);

    unzstd->taken += in.pos;
    *packed = span_tail(*packed, in.pos);
    *length = to.pos;
    if (ZSTD_isError(left))
        return refuse(unzstd, left, err);
    if (in.pos > 0 || to.pos > 0)
        unzstd->in_frame = left != 0;
    return true;
}

bool
unzstd_end(const struct unzstd *unzstd, struct err *err)
{
    return !unzstd->in_frame ||
           err_set(err, MSG_BAD_ZSTD,
                   "the zstd file is cut off after %" PRIu64 " bytes",
                   unzstd->taken);
}
