#include "load/binary.h"

#include <string.h>

void
binary_set_int32(struct buf *out, size_t at, int32_t value)
{
    uint32_t bytes = htobe32((uint32_t)value);

    if (!out->overflowed)
        memcpy(out->bytes + at, &bytes, sizeof(bytes));
}
