/*
 * put - write the rows of one line, and of the lists in it: all or none.
 *
 *     put_begin ─► put_line ─► put_send_full
 *                     └─ rejected ─► put_undo
 *
 * Private to this folder; a part of the loader. A list may have any length:
 * batches that become full within a line are sent before the line ends. If the
 * line is rejected later, put_undo() removes its rows from the batches that are
 * still being filled. If some rows have already been sent, it notes the line in
 * `void_lines`, and the merge deletes these rows from staging.
 */
#ifndef LOAD_PUT_H
#define LOAD_PUT_H

#include "load/ring.h"
#include "load/rows.h"

struct put {
    struct ring *ring;           /* the loader's */
    struct loader_table *tables; /* the loader's, by plan index */
    int table_count;
    struct arena *arena;     /* for gid types */
    int64_t line;            /* the current line's value of _line */
    bool line_sent;          /* some of its rows have been sent */
    struct buf void_lines;   /* "{1,2,3", without the closing brace */
    struct rows_widen widen; /* after WIDEN: the domain or column to widen */
    struct plan_gid **gids;  /* domains without a type when the line began; if
                              * it is rejected, they lose the type it has set */
    int gid_count;
    bool gids_asked; /* `gids` has been filled once */
};

void put_init(struct put *put, struct plan *plan, struct ring *ring,
              struct loader_table *tables);
void put_free(struct put *put);

/* Note the state of every batch before the line. */
void put_begin(struct put *put, int64_t line);

/* Write the line's row into the table's batch, then the rows of its lists.
 * After ERR_ROW call put_undo(). With the code WIDEN, `widen` says what must
 * widen, and the load must restart. */
MUST_CHECK bool put_line(struct put *put, const struct plan_table *table,
                         const struct row_source *source, struct err *err);
void put_undo(struct put *put);

/* Send the batches that are full, or all batches. */
MUST_CHECK bool put_send_full(struct put *put, struct err *err);
MUST_CHECK bool put_send_all(struct put *put, struct err *err);

#endif
