/*
 * merge - staging becomes the tables, inside one transaction of the caller's.
 *
 *     begin ─► fence ─► merge_count ─► verify ─► merge_settle ─► verify
 *                                         commit ◄─ merge_apply ◄──┘
 *
 * A table that does not exist yet and whose rows have keys is its staging
 * table, with a key and a new name; every other one is brought to what its
 * staging holds by set. Nothing above ROW EXCLUSIVE is locked on tables that
 * were there before.
 */
#ifndef LOAD_MERGE_H
#define LOAD_MERGE_H

#include "pg/conn.h"
#include "plan/plan.h"

/* One table of a run. */
struct merge_table {
    const struct plan_table *table;
    const char *stage; /* NULL: skipped */
    bool exists;       /* the table, before this run */
    bool has_mark;     /* the table has a column _deleted_at */
    bool is_partitioned;
    bool becomes_table;     /* staging is to become it */
    bool removes;           /* rows that are gone go */
    bool is_whole;          /* all rows that the store shows have come */
    bool is_even;           /* and each parent's, as far as no key is twice */
    const bool *has_column; /* by plan column, where it exists */
    int64_t staged;         /* rows, before duplicates go */
    int64_t duplicates;
    int64_t superseded; /* list rows of lines that came again */
    int64_t inserted;
    int64_t updated;
    int64_t deleted;
    int64_t unchanged;
    int64_t not_inserted; /* rows that a statement should have written, and */
    int64_t not_updated;  /* that are not so: see load/swallowed.h */
    int64_t not_deleted;
    const char *interferers; /* users' triggers and rules; NULL: none */
    bool is_read_back;       /* what is written is looked up in the table */
    /* Tables that stand until the end of the merge; NULL: none. */
    const char *changes; /* with the places in staging of what is written */
    const char *gone;    /* with the ids of rows that went */
};

/* Takes one warning; borrowed for the call. */
typedef void merge_warn_fn(void *ctx, enum msg msg, const char *warning);

struct merge {
    struct pg_conn *conn;
    const char *schema;
    const char *loaded_at;      /* of the run, as text */
    const char *const *readers; /* roles; NULL-terminated */
    bool incremental;           /* roots that did not come are there still */
    enum plan_deletes deletes;
    struct arena *arena;
    struct merge_table *tables; /* by plan index */
    int table_count;
    merge_warn_fn *warn;
    void *warn_ctx;
    int64_t index_ns; /* in making keys and indexes of tables that are new */
};

/* Delete what belongs to rejected lines (`void_lines`, bigint[] text, may be
 * NULL) and count what is staged. */
MUST_CHECK bool
merge_count(struct merge *merge, const char *void_lines, struct err *err);

/* Rows of a table that were there before the merge, marked ones not. */
MUST_CHECK bool
merge_rows_before(struct merge *merge, const struct merge_table *table,
                  int64_t *rows, struct err *err);

/* Rows of a table that are left of what was staged, once it is settled. */
int64_t merge_rows_came(const struct merge_table *table);

/* Lines that are staged: rows of lists do not count. */
int64_t merge_lines_staged(const struct merge *merge);

/* Staging as the tables are to be: one row a key. The tables themselves are
 * not touched yet. */
MUST_CHECK bool merge_settle(struct merge *merge, struct err *err);

MUST_CHECK bool merge_apply(struct merge *merge, struct err *err);

#endif
