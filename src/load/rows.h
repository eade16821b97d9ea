/*
 * rows - one line's values as rows of its table and of its lists' tables.
 *
 * Private to this folder: loader.h is the way in.
 */
#ifndef LOAD_ROWS_H
#define LOAD_ROWS_H

#include "base/arena.h"
#include "json/record.h"
#include "load/batch.h"
#include "load/tally.h"
#include "plan/layout.h"
#include "plan/plan.h"

/* A table as the loader sees it. */
struct loader_table {
    const struct plan_table *plan;
    char *stage;       /* NULL: skipped, nothing is staged */
    char *statement;   /* name of its prepared INSERT */
    uint32_t row_type; /* pg_type.oid of staging's row and array types */
    uint32_t array_type;
    struct layout_column *columns; /* of staging, in wire order */
    int column_count;
    uint64_t names_hash;            /* of what rows are hashed under */
    struct record *record;          /* of a list's elements */
    struct tally tally;             /* of the rows that came for connections */
    int32_t told[PLAN_COUNTED_MAX]; /* counts of the row put last; for each
                                     * connection below, or ROWS_UNTOLD */
    uint64_t odd_counts;            /* that could not be read */
    struct batch *batch;            /* being filled; NULL: none */
    size_t mark_bytes;              /* of the batch when the line began */
    int mark_rows;
    int32_t position; /* of the next list element in its line */
};

#define ROWS_UNTOLD INT32_MIN

void rows_table_init(struct loader_table *table, const struct plan_table *plan);
void rows_table_free(struct loader_table *table);

/* asked_at of a result that nobody knows the time of. */
#define ROWS_ASKED_UNKNOWN INT64_MIN

/* What a row is made of. */
struct row_source {
    const struct record *record;
    const struct record_value *parent_id; /* NULL for a root */
    int64_t line;
    int64_t asked_at; /* when the operation began: microseconds since 2000 */
    int32_t position;
    int32_t parent_position; /* of the list's element that a list is in */
    struct arena *arena;     /* for gid types that are learned */
};

/* What must widen before a row fits: a domain of ids, or a column. */
struct rows_widen {
    struct plan_gid *gid;
    struct plan_column *column;
};

/* Append the row to the table's batch. ERR_ROW leaves the batch as it was;
 * with the code WIDEN `widen` says what is in the way. */
MUST_CHECK bool
rows_put(struct loader_table *table, const struct row_source *source,
         struct rows_widen *widen, struct err *err);

#endif
