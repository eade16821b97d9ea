#include "load/wire.h"

#include <string.h>

enum { SHOWN_BYTES = 40 /* of a bad value, in messages */ };

void
wire_set_int32(struct buf *out, size_t at, int32_t value)
{
    uint32_t bytes = htobe32((uint32_t)value);

    if (!out->overflowed)
        memcpy(out->bytes + at, &bytes, sizeof(bytes));
}

bool
wire_refuse(struct span text, const char *what, struct err *err)
{
    bool cut = text.length > SHOWN_BYTES;

    return err_set(err, MSG_LINE_VALUE, "\"%.*s%s\" is no %s",
                   cut ? SHOWN_BYTES : (int)text.length, text.bytes,
                   cut ? "…" : "", what);
}
