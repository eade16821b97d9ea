/*
 * batch - rows of one staging table as one binary array of its row type.
 *
 *     header   dimensions 1, has-null 0, element type, rows, lower bound 1
 *     row      length, columns, then per column: type, length, value
 *
 * The form is array_recv's and record_recv's. Batches come from a fixed ring:
 * a batch is FREE, is being FILLED by one table, or was SENT and waits for
 * its sync. Its bytes stay until then, so that it could be sent again.
 */
#ifndef LOAD_BATCH_H
#define LOAD_BATCH_H

#include <stdint.h>

#include "base/buf.h"

enum {
    BATCH_ROWS = 500,         /* more and the arrays leave the CPU's cache */
    BATCH_BYTES = 256 * 1024, /* whichever comes first; a single row may be
                               * larger */
    BATCH_CEILING_BYTES = 1000 * 1024 * 1024 /* PostgreSQL's 1 GB, nearly */
};

struct loader_table;

struct batch {
    struct batch *next_free;
    const struct loader_table *table; /* it is filled for */
    struct buf bytes;
    int rows;
};

/* Begin an array of `row_type` (pg_type.oid). */
void batch_begin(struct batch *batch, uint32_t row_type);

/* Begin a row of `columns` columns; its place, for end and undo. */
size_t batch_row_begin(struct batch *batch, int columns);
void batch_row_end(struct batch *batch, size_t place);

bool batch_is_full(const struct batch *batch);

/* Write the row count into the header: ready to be sent. */
void batch_seal(struct batch *batch);

/* Back to FREE; memory beyond the ordinary size is given back. */
void batch_reset(struct batch *batch);

#endif
