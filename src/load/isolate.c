#include "load/isolate.h"

#include <string.h>

#include "load/binary.h"

enum {
    HEADER_BYTES = 20, /* the array's header: see batch.h */
    ROWS_AT = 12,      /* offset of the number of rows in it */
    LINE_AT = 16       /* offset of the value of _line in a row: after the row's
                        * length, its number of columns, a type, a length */
};

/* Consecutive rows of a batch, at the offsets from `from` to `to`. */
struct part {
    const struct batch *batch;
    size_t from;
    size_t to;
    int rows;
};

static uint64_t
read_big_endian(const char *bytes, size_t length)
{
    uint64_t value = 0;

    for (size_t i = 0; i < length; i++)
        value = value << 8 | (unsigned char)bytes[i];
    return value;
}

/* The offset of the row after the one at `at`. */
static size_t
next_row(const struct batch *batch, size_t at)
{
    return at + 4 + (size_t)read_big_endian(batch->bytes.bytes + at, 4);
}

/* BEGIN or ROLLBACK, in a paged run: its rows must not stay in staging. */
static bool
send_around(struct ring *ring, const char *statement, struct err *err)
{
    return !ring->is_paged ||
           pg_pipe_send(ring->pipes[0], statement, span_of(NULL, 0),
                        &ring->around, err);
}

static bool
send_rows(struct ring *ring, const struct batch *batch, struct span rows,
          struct err *err)
{
    return send_around(ring, RING_BEGIN, err) &&
           pg_pipe_send(ring->pipes[0], batch->table->statement, rows,
                        &ring->part, err) &&
           send_around(ring, RING_ROLLBACK, err) &&
           pg_pipe_drain(ring->pipes[0], err);
}

/* Send a part as an array of its own, and wait for the answer. The array's
 * header overwrites the bytes before the part, which are then restored. */
static bool
send_part(struct ring *ring, const struct part *part, struct err *err)
{
    struct buf *bytes = (struct buf *)&part->batch->bytes;
    char *header = bytes->bytes + part->from - HEADER_BYTES;
    char saved[HEADER_BYTES];
    bool sent;

    memcpy(saved, header, HEADER_BYTES);
    memcpy(header, bytes->bytes, HEADER_BYTES);
    binary_set_int32(bytes, part->from - HEADER_BYTES + ROWS_AT, part->rows);
    sent =
        send_rows(ring, part->batch,
                  span_of(header, part->to - part->from + HEADER_BYTES), err);
    memcpy(header, saved, HEADER_BYTES);
    return sent;
}

static bool isolate_part(struct ring *ring, const struct part *part,
                         struct refused *refused, struct err *err);

static bool
isolate_halves(struct ring *ring, const struct part *part,
               struct refused *refused, struct err *err)
{
    struct part first = *part, second = *part;

    first.rows = part->rows / 2;
    second.rows = part->rows - first.rows;
    first.to = first.from;
    for (int i = 0; i < first.rows; i++)
        first.to = next_row(part->batch, first.to);
    second.from = first.to;
    return isolate_part(ring, &first, refused, err) &&
           isolate_part(ring, &second, refused, err);
}

static bool
isolate_part(struct ring *ring, const struct part *part,
             struct refused *refused, struct err *err)
{
    struct err why;

    ring->part.err.kind = ERR_NONE;
    if (!send_part(ring, part, err))
        return false;
    why = ring->part.err;
    if (why.kind == ERR_NONE)
        return true;
    if (!refused_is_row(&why)) {
        *err = why;
        return false;
    }
    if (part->rows > 1)
        return isolate_halves(ring, part, refused, err);
    refused_add(refused,
                (int64_t)read_big_endian(
                    part->batch->bytes.bytes + part->from + LINE_AT, 8),
                &why);
    return true;
}

bool
isolate_refused(struct ring *ring, struct refused *refused, struct err *err)
{
    if (ring->pipe_count == 0) /* no batch was refused */
        return true;
    if (!ring_settle_failed(ring, err))
        return false;
    ring->isolating = true;
    for (struct batch *b = ring->refused; b != NULL; b = b->next_free) {
        struct part whole = {.batch = b,
                             .from = HEADER_BYTES,
                             .to = b->bytes.length,
                             .rows = b->rows};

        if (!isolate_part(ring, &whole, refused, err))
            return false;
    }
    return true;
}
