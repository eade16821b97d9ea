#include "load/batch.h"

#include "load/binary.h"

/* Offsets in the header, of the rows' type and number. */
enum { TYPE_AT = 8, ROWS_AT = 12 };

void
batch_begin(struct batch *batch, uint32_t row_type)
{
    batch->rows = 0;
    buf_clear(&batch->bytes);
    binary_int32(&batch->bytes, 1);
    binary_int32(&batch->bytes, 0);
    binary_int32(&batch->bytes, (int32_t)row_type);
    binary_int32(&batch->bytes, 0);
    binary_int32(&batch->bytes, 1);
}

void
batch_set_type(struct batch *batch, uint32_t row_type)
{
    binary_set_int32(&batch->bytes, TYPE_AT, (int32_t)row_type);
}

size_t
batch_row_begin(struct batch *batch, int columns)
{
    size_t place = batch->bytes.length;

    binary_int32(&batch->bytes, 0);
    binary_int32(&batch->bytes, columns);
    return place;
}

void
batch_row_end(struct batch *batch, size_t place)
{
    binary_set_int32(&batch->bytes, place,
                     (int32_t)(batch->bytes.length - place - 4));
    batch->rows++;
}

bool
batch_is_full(const struct batch *batch)
{
    return batch->rows >= BATCH_ROWS || batch->bytes.length >= BATCH_BYTES;
}

void
batch_seal(struct batch *batch)
{
    binary_set_int32(&batch->bytes, ROWS_AT, batch->rows);
}

void
batch_reset(struct batch *batch)
{
    batch->rows = 0;
    buf_clear(&batch->bytes);
    buf_shrink(&batch->bytes, BATCH_BYTES * 2);
}
