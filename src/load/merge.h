/*
 * merge - change the tables from staging, inside the caller's transaction.
 *
 *     begin ─► fence ─► merge_queue_count ─► merge_settle ─► verify
 *                                            commit ◄─ merge_apply ◄┘
 *
 * If a table does not exist yet and its rows have keys, its staging gets a
 * primary key and the table's name. Any other table is changed by a few
 * statements that compare it with its staging. They take no lock stronger than
 * ROW EXCLUSIVE on tables that existed before.
 */
#ifndef LOAD_MERGE_H
#define LOAD_MERGE_H

#include "load/known.h"
#include "pg/conn.h"
#include "plan/plan.h"

/* One table of a run. The caller sets the members up to has_column; the others
 * begin as zero. */
struct merge_table {
    const struct plan_table *table;
    const char *stage; /* NULL: skipped */
    bool is_unstaged;  /* staging was not created, because no row had to be
                        * sent. Then all tables that have a name of staging are
                        * so, and each has `known` */
    bool exists;       /* the table existed before this run */
    bool has_mark;     /* the table has a column _deleted_at */
    bool is_partitioned;
    bool has_history;       /* the table of @history exists, and */
    bool keeps_history;     /* the last merge kept it */
    bool becomes_table;     /* staging is renamed and becomes the table */
    bool removes;           /* rows that are gone are removed */
    bool is_whole;          /* staging has all rows that the store shows */
    bool is_even;           /* loader_has_all_rows() */
    const bool *has_column; /* by plan column, if the table exists */
    bool by_value; /* its hashes have another definition than staging's */
    struct known
        *known; /* the set that rows which came unchanged are marked in,
                          * and which are not staged; NULL: all rows are */
    const bool *has_value; /* if `known` is set, by plan column: a row that came
                            * has a value */
    int64_t staged;        /* rows that came, with duplicates, staged or not */
    int64_t duplicates;
    int64_t superseded; /* list rows whose parent appears again in a later
                         * line */
    int64_t inserted;
    int64_t updated;
    int64_t deleted;
    int64_t unchanged;
    int64_t not_inserted; /* rows that a statement should have written and */
    int64_t not_updated;  /* did not write: see load/swallowed.h */
    int64_t not_deleted;
    const char *interferers; /* the user's triggers and rules; NULL: none */
    bool is_read_back;       /* the table is read to count written rows */
    /* Answers of the server that are used up within the merge. */
    struct pg_result *counts;       /* of the rows to insert and to update */
    struct pg_result *null_columns; /* columns that are NULL in all rows */
    struct pg_result *values;    /* how many rows have values in such columns */
    struct pg_result *grants;    /* GRANT statements for a new table */
    struct pg_result *truncated; /* parents that lack rows; NULL: not asked */
    int64_t live;                /* rows of the table before */
    int64_t inserts;             /* rows to insert */
    int64_t updates;             /* rows to update */
    int64_t others; /* rows with the same values, if values were compared; else
                     * updates of rows that were marked as gone */
    bool has_come_twice; /* of a row to be updated, `known` has the hash that it
                          * had as one that came */
    int64_t gone;        /* rows that did not come; -1: not counted */
    int64_t removed[2];  /* by each statement that removes rows */
    /* Helper tables that exist until the end of the merge; NULL: none. */
    const char *changes;  /* new and changed rows, as positions in staging */
    const char *gone_ids; /* the ids of removed rows */
    const char *hashes;   /* the hashes of removed rows, or */
    bool lists_unchanged; /* those of rows that came unchanged */
    struct merge_example *examples; /* of a dry run: see load/examples.h */
};

/* When keys or indexes of a new table were created, by the server's clock. */
struct merge_time {
    int64_t from_ns;
    int64_t to_ns;
    struct merge_time *next;
};

/* Takes one warning; the text is valid only during the call. */
typedef void merge_warn_fn(void *ctx, enum msg msg, const char *warning);

struct merge {
    struct pg_conn *conn;
    const char *schema;
    const char *loaded_at;      /* the run's time for _loaded_at, as text */
    const char *const *readers; /* roles; NULL-terminated */
    bool incremental;           /* roots that are not in staging are not gone */
    const char *const *named_gone; /* except these: whole ids of roots that do
                                    * not exist. The plan has one root then */
    int named_gone_count;
    enum plan_deletes deletes;
    struct arena *arena;
    struct merge_table *tables; /* by plan index */
    int table_count;
    bool guards_nulls; /* guard_nulls() is wanted */
    bool
        is_dry; /* the caller rolls back: see load/examples.h. All tables exist,
                  * histories stay as they are, and staging is not dropped */
    merge_warn_fn *warn;
    void *warn_ctx;
    bool has_looked;            /* for triggers and rules of the user's */
    bool is_interfered;         /* a table has some: see load/versions.h */
    struct pg_result *triggers; /* the answer to swallowed_queue_look() */
    struct pg_result *sums;     /* the answer to compare_begin() */
    struct merge_time *index_times;
};

/* Queue what deletes the staged rows of rejected lines and counts the rest.
 * `void_lines` is the text of a bigint[], or NULL (loader_void_lines()).
 * merge_settle() adds the rows that came unchanged. */
MUST_CHECK bool
merge_queue_count(struct merge *merge, const char *void_lines, struct err *err);

/* Count the rows that the table had before the merge, without rows that are
 * marked as deleted. */
MUST_CHECK bool
merge_rows_before(struct merge *merge, const struct merge_table *table,
                  int64_t *rows, struct err *err);

/* Return how many rows of a table are in staging after merge_settle(). */
int64_t merge_rows_came(const struct merge_table *table);

/* Return how many lines are staged or came unchanged. Rows of lists do not
 * count. */
int64_t merge_lines_staged(const struct merge *merge);

/* Wait for what was queued; reduce staging to one row per key; find what
 * changes, and what guard_nulls() asks. This does not touch the tables. */
MUST_CHECK bool merge_settle(struct merge *merge, struct err *err);

/* Change the tables, and drop staging. */
MUST_CHECK bool merge_apply(struct merge *merge, struct err *err);

/* Free the answers, after a failure too. */
void merge_end(struct merge *merge);

/* How long keys and indexes of new tables took. */
int64_t merge_index_ns(const struct merge *merge);

#endif
