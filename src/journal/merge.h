/*
 * merge - the journal's part of the merge transaction, on the merge's
 * connection. The fence is first, journal_finish_in() last; between them are
 * the table counts (bulkpg.run_table) and the watermark. Functions named
 * journal_queue_... queue statements that need no wait of their own: see
 * pg/queue.h.
 */
#ifndef JOURNAL_MERGE_H
#define JOURNAL_MERGE_H

#include "journal/run.h"

/* Lock the run's row, if its status is still `status` and its `resumed` has not
 * changed. Otherwise the statement fails, and so nothing after it in the
 * transaction has an effect. Check journal_fence_failed(), and after the
 * rollback journal_run_not_ours_in(). */
void journal_queue_fence(struct pg_conn *conn, const struct run_ref *run,
                         enum run_status status, struct pg_result **ours);

struct journal_run_table {
    const char *table_schema;
    const char *table_name;
    int64_t staged;
    int64_t inserted;
    int64_t updated;
    int64_t deleted;
    int64_t unchanged;
    /* Of a dry run: the keys of some of these rows, as text; NULL: none. */
    const char *shown_inserted;
    const char *shown_updated;
    const char *shown_deleted;
};

void journal_queue_tables(struct pg_conn *conn, int64_t run_id,
                          const struct journal_run_table *tables, size_t count);

/* Move the watermark `high` to the earliest createdAt of the run's operations.
 * It never moves back. An incremental run moves it only if its window began at
 * or before the old watermark. A full run also sets `last_full`. Replays and
 * runs with --since change nothing. */
void journal_queue_watermark(struct pg_conn *conn, int64_t run_id);

/* Record the run's end. Everything that was queued before is settled. */
MUST_CHECK bool
journal_finish_in(struct pg_conn *conn, const struct run_ref *run,
                  const struct run_end *end, struct err *err);

/* List how many rows of each table a run changed, sorted by schema and
 * table. */
struct journal_run_tables {
    struct journal_run_table *tables;
    size_t count;
};

MUST_CHECK bool
journal_run_tables(struct journal *journal, int64_t run_id, struct arena *arena,
                   struct journal_run_tables *tables, struct err *err);

#endif
