/*
 * removal - delete staged rows of a paged run before they are read again.
 *
 * If a connection is read a second time, its first rows and all rows below them
 * are deleted. So is a row that the API no longer has. Only rows of earlier
 * pages are deleted.
 *
 * Private to this folder.
 */
#ifndef LOAD_REMOVAL_H
#define LOAD_REMOVAL_H

#include "load/loader.h"
#include "load/rows.h"
#include "pg/conn.h"

struct removal_counts {
    int64_t lines; /* deleted rows, without those of lists */
    int64_t roots; /* of these, rows of root tables */
};

/* A line of a copy that says which rows of the lines before are replaced; see
 * source/copy.h. */
#define REMOVAL_LINE "{\"bulkpg_removes\":"

/* Read such a line. Its texts are in `arena`. ERR_FAILED if it is not one of
 * this plan. */
MUST_CHECK bool
removal_read(const struct plan *plan, struct arena *arena, struct span line,
             struct loader_removal *removal, struct err *err);

/* Delete the rows in the transaction that is open on `conn`, and all rows below
 * them. `before` is the first value of _line that stays. What was queued before
 * is sent in the same wait. */
MUST_CHECK bool
removal_run(struct pg_conn *conn, const char *schema,
            const struct loader_table *tables, int table_count, int64_t before,
            const struct loader_removal *removals, size_t count,
            struct removal_counts *counts, struct err *err);

#endif
