#include "source/pack.h"

#include <stdlib.h>
#include <zstd.h>

#include "base/mem.h"

/* The fastest ordinary level, with a smaller window than its own (2^19): lines
 * resemble those before them, so it takes a fifth less time, and files become a
 * tenth larger. Frames have a checksum. */
enum { LEVEL = 1, WINDOW_LOG = 17, OUT_BYTES = 128 * 1024 };

struct pack {
    ZSTD_CCtx *stream;
    char out[OUT_BYTES];
};

static bool
set(struct pack *pack, ZSTD_cParameter what, int value)
{
    return !ZSTD_isError(ZSTD_CCtx_setParameter(pack->stream, what, value));
}

struct pack *
pack_new(void)
{
    struct pack *pack = mem_alloc(sizeof(*pack));

    pack->stream = ZSTD_createCCtx();
    if (pack->stream == NULL || !set(pack, ZSTD_c_compressionLevel, LEVEL) ||
        !set(pack, ZSTD_c_windowLog, WINDOW_LOG) ||
        !set(pack, ZSTD_c_checksumFlag, 1))
        mem_out("zstd does not start");
    return pack;
}

void
pack_free(struct pack *pack)
{
    if (pack == NULL)
        return;
    ZSTD_freeCCtx(pack->stream);
    free(pack);
}

static bool
compress(struct pack *pack, struct span bytes, ZSTD_EndDirective how,
         pack_write_fn *write, void *ctx, struct err *err)
{
    ZSTD_inBuffer in = {bytes.bytes, bytes.length, 0};
    bool done = false;

    while (!done) {
        ZSTD_outBuffer out = {pack->out, OUT_BYTES, 0};
        size_t left = ZSTD_compressStream2(pack->stream, &out, &in, how);

        if (ZSTD_isError(left))
            return err_set(err, MSG_BUG, "zstd: %s", ZSTD_getErrorName(left));
        if (out.pos > 0 && !write(ctx, span_of(pack->out, out.pos), err))
            return false;
        done = how == ZSTD_e_end ? left == 0 : in.pos == in.size;
    }
    return true;
}

bool
pack_add(struct pack *pack, struct span bytes, pack_write_fn *write, void *ctx,
         struct err *err)
{
    return compress(pack, bytes, ZSTD_e_continue, write, ctx, err);
}

bool
pack_end(struct pack *pack, pack_write_fn *write, void *ctx, struct err *err)
{
    return compress(pack, span_of("", 0), ZSTD_e_end, write, ctx, err);
}
