/*
 * merge - what commits with a merge, on its connection: the fence
 * first, the run's end last, and between them what it wrote (bulkpg.run_table)
 * and the watermark.
 */
#ifndef JOURNAL_MERGE_H
#define JOURNAL_MERGE_H

#include "journal/run.h"

/* First of all: lock the run's row where it still says `merging` and our
 * `resumed`. Else TAKEN_OVER, CANCELED or SUPERSEDED, as above. */
MUST_CHECK bool
journal_fence(struct pg_conn *conn, const struct run_ref *run, struct err *err);

struct journal_run_table {
    const char *table_schema;
    const char *table_name;
    int64_t staged;
    int64_t inserted;
    int64_t updated;
    int64_t deleted;
    int64_t unchanged;
};

MUST_CHECK bool journal_merge_tables(struct pg_conn *conn, int64_t run_id,
                                     const struct journal_run_table *tables,
                                     size_t count, struct err *err);

/* `high` to the earliest createdAt of the run's operations (never back, and
 * only if the run is full or its window began at or before the old one);
 * `last_full` of a full run. Not for replays nor --since. */
MUST_CHECK bool journal_advance_watermark_in(struct pg_conn *conn,
                                             int64_t run_id, struct err *err);

/* Last of all. */
MUST_CHECK bool
journal_finish_in(struct pg_conn *conn, const struct run_ref *run,
                  const struct run_end *end, struct err *err);

/* What a run wrote, by schema and table. */
struct journal_run_tables {
    struct journal_run_table *tables;
    size_t count;
};

MUST_CHECK bool
journal_run_tables(struct journal *journal, int64_t run_id, struct arena *arena,
                   struct journal_run_tables *tables, struct err *err);

#endif
