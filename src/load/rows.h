/*
 * rows - write one row into the batch of its table.
 *
 * Private to this folder.
 */
#ifndef LOAD_ROWS_H
#define LOAD_ROWS_H

#include "base/arena.h"
#include "base/hmac.h"
#include "json/record.h"
#include "load/batch.h"
#include "load/known.h"
#include "load/tally.h"
#include "plan/layout.h"
#include "plan/plan.h"

/* A table as the loader sees it. */
struct loader_table {
    const struct plan_table *plan;
    char *stage;                   /* NULL: nothing is staged */
    char *statement;               /* name of its prepared INSERT */
    uint32_t row_type;             /* pg_type.oid of staging's row type */
    uint32_t array_type;           /* and of the array type over it */
    struct layout_column *columns; /* of staging, in wire order */
    int column_count;
    uint64_t hash_seed;              /* see load/hash.h */
    const struct hmac_key *mask_key; /* of @mask(how: HASH); NULL: none */
    struct record *record;           /* for the elements of a list */
    struct tally tally;              /* if the table is a connection */
    int32_t told[PLAN_COUNTED_MAX];  /* of the last row: LAYOUT_COUNT for each
                                     * counted connection, or ROWS_UNTOLD,
                                     * ROWS_UNPROVEN */
    uint64_t odd_counts;             /* how many counts could not be read */
    struct known *known;             /* hashes of the table's rows; NULL: all
                                     * rows are sent */
    bool *has_value;      /* if it is there, by column of staging: a line that
                          * was accepted has a value */
    bool *row_has_value;  /* the last row has a value */
    int64_t hash;         /* of the last row */
    enum known_mark mark; /* what the line did to `known` */
    struct batch *batch;  /* being filled; NULL: none */
    size_t mark_bytes;    /* size of the batch before the line */
    int mark_rows;        /* its rows before the line */
    int32_t position;     /* of the next list element in the line */
};

/* The row has no count of its children; or a count that proves nothing. */
#define ROWS_UNTOLD   INT32_MIN
#define ROWS_UNPROVEN (INT32_MIN + 1)

/* `secret` is the journal's: see load/hash.h. */
void rows_table_init(struct loader_table *table, const struct plan_table *plan,
                     uint64_t secret);
void rows_table_free(struct loader_table *table);

/* asked_at, if it is not known when the operation began. */
#define ROWS_ASKED_UNKNOWN INT64_MIN

/* The values of a row. */
struct row_source {
    const struct record *record;
    const struct record_value *parent_id; /* NULL for a root */
    int64_t line;
    int64_t asked_at; /* when the operation began: microseconds since 2000 */
    int32_t position; /* of a list's element in its line */
    int32_t parent_position; /* of a list within a list: that of the outer
                              * element */
    struct arena *arena;     /* for gid types */
};

/* What must widen before a row fits: a domain of ids, or a column. If `column`
 * is set, `gid` does not count. */
struct rows_widen {
    struct plan_gid *gid;
    struct plan_column *column;
};

/* Append the row to the table's batch, or mark it as one that the table has.
 * After a failure the batch is unchanged. After ERR_ROW with the code WIDEN,
 * `widen` says what must widen. */
MUST_CHECK bool
rows_put(struct loader_table *table, const struct row_source *source,
         struct rows_widen *widen, struct err *err);

/* From now on rows whose hash is in `known` are marked there and not appended.
 * Takes the set over. */
void rows_compare(struct loader_table *table, struct known *known);

/* Accept the line of the row that was put last; or reject it, and undo its
 * mark. A line has one row at most in a table that is compared: lists are not
 * compared. */
void rows_keep(struct loader_table *table);
void rows_undo(struct loader_table *table);

/* Has any line that was accepted a value in this column of the plan? Of a table
 * that is compared. */
bool rows_has_value(const struct loader_table *table, int data);

#endif
