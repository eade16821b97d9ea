#include "source/gunzip.h"

#include <inttypes.h>
#include <stdlib.h>
#include <zlib.h>

#include "base/mem.h"

#define MAGIC "\x1f\x8b"

/* For inflateInit2(): a window of 32 KiB; 16 more: expect a gzip header. */
enum { WINDOW_BITS = MAX_WBITS + 16 };

struct gunzip {
    z_stream stream;
    uint64_t taken;  /* compressed bytes so far */
    bool in_member;  /* inside a member */
    bool had_member; /* at least one member has ended */
    bool only_zeros; /* padding has begun: only zeros may follow */
};

bool
gunzip_is_packed(struct span first)
{
    return span_starts(first, MAGIC);
}

static void *
allocate(void *ctx, unsigned count, unsigned size)
{
    (void)ctx;
    return mem_array(count, size);
}

static void
release(void *ctx, void *memory)
{
    (void)ctx;
    free(memory);
}

struct gunzip *
gunzip_new(void)
{
    struct gunzip *gunzip = mem_alloc(sizeof(*gunzip));

    gunzip->stream.zalloc = allocate;
    gunzip->stream.zfree = release;
    if (inflateInit2(&gunzip->stream, WINDOW_BITS) != Z_OK)
        mem_out("zlib does not start");
    return gunzip;
}

void
gunzip_free(struct gunzip *gunzip)
{
    if (gunzip == NULL)
        return;
    inflateEnd(&gunzip->stream);
    free(gunzip);
}

static bool
refuse(const struct gunzip *gunzip, const char *why, struct err *err)
{
    return err_set(err, MSG_BAD_GZIP,
                   "the gzip file is damaged at byte %" PRIu64 ": %s",
                   gunzip->taken, why != NULL ? why : "zlib gives no reason");
}

/* gzip accepts zeros after the last member as padding, as on tapes. */
static void
skip_zeros(struct gunzip *gunzip, struct span *packed)
{
    while (packed->length > 0 && packed->bytes[0] == '\0') {
        *packed = span_tail(*packed, 1);
        gunzip->taken++;
        gunzip->only_zeros = true;
    }
}

/* If the last member has ended, enter the next one, if there is one. */
static bool
begin_member(struct gunzip *gunzip, struct span *packed, struct err *err)
{
    if (gunzip->in_member)
        return true;
    if (gunzip->had_member)
        skip_zeros(gunzip, packed);
    if (packed->length == 0)
        return true;
    if (gunzip->only_zeros || packed->bytes[0] != MAGIC[0])
        return refuse(gunzip, "other data follows the last member", err);
    gunzip->in_member = true;
    return inflateReset(&gunzip->stream) == Z_OK ||
           refuse(gunzip, gunzip->stream.msg, err);
}

static bool
unpack(struct gunzip *gunzip, struct span *packed, char *out, size_t size,
       size_t *length, struct err *err)
{
    z_stream *stream = &gunzip->stream;
    size_t taken;
    int status;

    stream->next_in = (z_const Bytef *)packed->bytes;
    stream->avail_in = (uInt)packed->length;
    stream->next_out = (Bytef *)out;
    stream->avail_out = (uInt)size;
    status = inflate(stream, Z_NO_FLUSH);
    taken = packed->length - stream->avail_in;
    gunzip->taken += taken;
    *packed = span_tail(*packed, taken);
    *length = size - stream->avail_out;
    if (status == Z_STREAM_END) {
        gunzip->in_member = false;
        gunzip->had_member = true;
        return true;
    }
    return status == Z_OK || status == Z_BUF_ERROR ||
           refuse(gunzip, stream->msg, err);
}

bool
gunzip_read(struct gunzip *gunzip, struct span *packed, char *out, size_t size,
            size_t *length, struct err *err)
{
    *length = 0;
    return begin_member(gunzip, packed, err) &&
           (!gunzip->in_member ||
            unpack(gunzip, packed, out, size, length, err));
}

bool
gunzip_end(const struct gunzip *gunzip, struct err *err)
{
    return !gunzip->in_member ||
           err_set(err, MSG_BAD_GZIP,
                   "the gzip file is cut off after %" PRIu64 " bytes",
                   gunzip->taken);
}
