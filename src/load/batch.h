/*
 * batch - rows of one staging table, as one binary array of its row type.
 *
 *     header   dimensions 1, has-null 0, element type, rows, lower bound 1
 *     row      length, columns, then per column: type, length, value
 *
 * This is the format that array_recv() and record_recv() of PostgreSQL read.
 * Batches come from a fixed ring (ring.h): a batch is free, is being filled by
 * one table, or was sent and waits for its answer. It keeps its bytes until the
 * answer comes, because isolate.c may have to send them again.
 */
#ifndef LOAD_BATCH_H
#define LOAD_BATCH_H

#include <stdint.h>

#include "base/buf.h"

enum {
    /* A batch is full when it reaches either limit; larger batches do not fit
     * into the CPU's cache. A single row may exceed BATCH_BYTES. */
    BATCH_ROWS = 500,
    BATCH_BYTES = 256 * 1024,
    /* PostgreSQL takes at most 1 GB in one value. */
    BATCH_CEILING_BYTES = 1000 * 1024 * 1024
};

struct loader_table;

struct batch {
    struct batch *next_free;
    const struct loader_table *table; /* whose rows it holds */
    struct buf bytes;
    int rows;
};

/* Begin an array of `row_type` (pg_type.oid). */
void batch_begin(struct batch *batch, uint32_t row_type);

/* The row type of an array that was begun before it was known. */
void batch_set_type(struct batch *batch, uint32_t row_type);

/* Begin a row of `columns` columns. Returns the offset of the row, which
 * batch_row_end() takes; to undo the row, cut `bytes` there. */
size_t batch_row_begin(struct batch *batch, int columns);
void batch_row_end(struct batch *batch, size_t place);

bool batch_is_full(const struct batch *batch);

/* Write the number of rows into the header. The batch can then be sent. */
void batch_seal(struct batch *batch);

/* Empty the batch for its next use, and free memory beyond the usual size. */
void batch_reset(struct batch *batch);

#endif
