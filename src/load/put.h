/*
 * put - the rows of one line, and of the lists in it: all of them or none.
 *
 *     put_begin ─► put_line ─► put_send_full
 *                     └─ refused ─► put_undo
 *
 * Private to this folder; a part of the loader, which owns what is borrowed
 * here. A list of any length passes through: batches that fill up within a
 * line are sent before it ends. Undoing the line later takes its rows back from
 * the batches that are still being filled, and remembers the number of the
 * line for those that have been sent: the merge deletes them from staging.
 */
#ifndef LOAD_PUT_H
#define LOAD_PUT_H

#include "load/ring.h"
#include "load/rows.h"

struct put {
    struct ring *ring;           /* borrowed, */
    struct loader_table *tables; /* by plan index, */
    int table_count;
    struct arena *arena;     /* for gid types that rows teach */
    int64_t line;            /* the current one, as staging's _line */
    bool line_sent;          /* some of its rows have gone out */
    struct buf void_lines;   /* "{1,2,3" */
    struct rows_widen widen; /* what was in the way of the line, if WIDEN */
    struct plan_gid **gids;  /* of no known type when the line began: what they
                              * learn from it is forgotten if it is rejected */
    int gid_count;
    bool gids_asked;
};

void put_init(struct put *put, struct plan *plan, struct ring *ring,
              struct loader_table *tables);
void put_free(struct put *put);

/* Mark where every batch stands before the line. */
void put_begin(struct put *put, int64_t line);

/* Write the line's row into the table's batch, then its lists. After a failure
 * of a row: put_undo(), or, with the code WIDEN, `widen` says what must. */
MUST_CHECK bool put_line(struct put *put, const struct plan_table *table,
                         const struct row_source *source, struct err *err);
void put_undo(struct put *put);

/* Send every batch that is full; all that have rows. */
MUST_CHECK bool put_send_full(struct put *put, struct err *err);
MUST_CHECK bool put_send_all(struct put *put, struct err *err);

#endif
