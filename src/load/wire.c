#include "load/wire.h"

#include <string.h>

enum { SHOWN_BYTES = 40 /* of a bad value, in messages */ };

void
wire_int16(struct buf *out, int16_t value)
{
    uint16_t v = (uint16_t)value;
    char bytes[2] = {(char)(v >> 8), (char)v};

    buf_append(out, bytes, sizeof(bytes));
}

static void
store_int32(char bytes[4], int32_t value)
{
    uint32_t v = (uint32_t)value;

    bytes[0] = (char)(v >> 24);
    bytes[1] = (char)(v >> 16);
    bytes[2] = (char)(v >> 8);
    bytes[3] = (char)v;
}

void
wire_int32(struct buf *out, int32_t value)
{
    char bytes[4];

    store_int32(bytes, value);
    buf_append(out, bytes, sizeof(bytes));
}

void
wire_set_int32(struct buf *out, size_t at, int32_t value)
{
    if (!out->overflowed)
        store_int32(out->bytes + at, value);
}

void
wire_int64(struct buf *out, int64_t value)
{
    uint64_t v = (uint64_t)value;
    char bytes[8];

    for (int i = 0; i < 8; i++)
        bytes[i] = (char)(v >> (56 - 8 * i));
    buf_append(out, bytes, sizeof(bytes));
}

void
wire_sized_int64(struct buf *out, int64_t value)
{
    wire_int32(out, sizeof(value));
    wire_int64(out, value);
}

bool
wire_refuse(struct span text, const char *what, struct err *err)
{
    bool cut = text.length > SHOWN_BYTES;

    return err_set(err, ERR_ROW, "\"%.*s%s\" is no %s",
                   cut ? SHOWN_BYTES : (int)text.length, text.bytes,
                   cut ? "…" : "", what);
}
