#include "pg/copy.h"

#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "pg/queue.h"
#include "pg/wire.h"

enum {
    QUERY_BYTES_MAX = 1024 * 1024,
    PENDING_BYTES_MAX = 64 * 1024, /* of rows that are not whole yet */
    SIGNATURE_BYTES = 11,
    HEADER_BYTES = SIGNATURE_BYTES + 4 + 4, /* flags, length of what follows */
    NULL_BYTES = 6,                         /* columns, length -1 */
    NUMBER_BYTES = NULL_BYTES + 8
};

/* The binary format: a header, then per row the number of columns and the
 * length and bytes of each; -1 columns are the end. */
struct reader {
    pg_number_fn *on_number;
    void *ctx;
    struct buf pending;
    bool has_header;
    bool has_end;
    bool is_senseless;
};

static uint64_t
read_big_endian(const char *bytes, size_t length)
{
    uint64_t value = 0;

    for (size_t i = 0; i < length; i++)
        value = value << 8 | (unsigned char)bytes[i];
    return value;
}

/* Bytes of the header that `bytes` begins with; 0: it is not whole yet. */
static size_t
read_header(struct reader *reader, struct span bytes)
{
    static const char signature[] = "PGCOPY\n\377\r\n";

    if (bytes.length < HEADER_BYTES)
        return 0;
    reader->has_header = true;
    reader->is_senseless =
        memcmp(bytes.bytes, signature, SIGNATURE_BYTES) != 0 ||
        read_big_endian(bytes.bytes + SIGNATURE_BYTES, 8) != 0;
    return HEADER_BYTES;
}

/* The same of a row, which is handed over. */
static size_t
read_row(struct reader *reader, struct span bytes)
{
    int16_t columns;
    int32_t length;
    int64_t number;

    if (bytes.length < 2)
        return 0;
    columns = (int16_t)read_big_endian(bytes.bytes, 2);
    if (columns == -1) {
        reader->has_end = true;
        return 2;
    }
    if (bytes.length < NULL_BYTES)
        return 0;
    length = (int32_t)read_big_endian(bytes.bytes + 2, 4);
    reader->is_senseless = columns != 1 || (length != -1 && length != 8);
    if (reader->is_senseless)
        return 0;
    if (length == -1) {
        reader->on_number(reader->ctx, NULL);
        return NULL_BYTES;
    }
    if (bytes.length < NUMBER_BYTES)
        return 0;
    number = (int64_t)read_big_endian(bytes.bytes + NULL_BYTES, 8);
    reader->on_number(reader->ctx, &number);
    return NUMBER_BYTES;
}

/* How much of `bytes` could be read. */
static size_t
read_all(struct reader *reader, struct span bytes)
{
    size_t at = 0, length = 1;

    while (length > 0 && at < bytes.length && !reader->is_senseless) {
        struct span rest = span_tail(bytes, at);

        reader->is_senseless = reader->has_end; /* and yet there is more */
        if (reader->is_senseless)
            break;
        length = reader->has_header ? read_row(reader, rest)
                                    : read_header(reader, rest);
        at += length;
    }
    return at;
}

/* A wire_data_fn. Mostly a piece is one whole row, and nothing is pending. */
static void
on_data(void *ctx, struct span bytes)
{
    struct reader *reader = ctx;
    struct buf *pending = &reader->pending;
    size_t taken;

    if (reader->is_senseless)
        return;
    if (pending->length > 0) {
        buf_append_span(pending, bytes);
        bytes = buf_span(pending);
    }
    taken = read_all(reader, bytes);
    if (pending->length > 0) {
        memmove(pending->bytes, pending->bytes + taken,
                pending->length - taken);
        pending->length -= taken;
    } else {
        buf_append_span(pending, span_tail(bytes, taken));
    }
    reader->is_senseless = reader->is_senseless || pending->overflowed;
}

bool
pg_copy_numbers(struct pg_conn *conn, const char *query,
                pg_number_fn *on_number, void *ctx, struct err *err)
{
    struct reader reader = {.on_number = on_number,
                            .ctx = ctx,
                            .pending = buf_with_ceiling(PENDING_BYTES_MAX)};
    struct buf sql = buf_with_ceiling(QUERY_BYTES_MAX);
    bool copied;

    buf_printf(&sql, "COPY (%s) TO STDOUT (FORMAT binary)", query);
    copied = pg_settle(conn, err) &&
             wire_copy(conn, buf_str(&sql), on_data, &reader, err);
    if (copied && (reader.is_senseless || !reader.has_end))
        copied = wire_senseless(conn, "a COPY with other data", err);
    buf_free(&sql);
    buf_free(&reader.pending);
    return copied;
}
