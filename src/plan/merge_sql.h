/*
 * merge_sql - fill in the statements of sql/merge/ for one table of one run.
 *
 * The statements compare rows by key, _hash and _position, so that unchanged
 * rows are not written; and by their values if the hashes have another
 * definition. Each file describes its statement and its parameters. merge_sql.c
 * sets the names in braces; plan/template.h describes the braces.
 */
#ifndef PLAN_MERGE_SQL_H
#define PLAN_MERGE_SQL_H

#include "base/buf.h"
#include "plan/plan.h"

/* A table, and the names of one run's own tables for it. */
struct merge_sql_target {
    const struct plan_table *table;
    const char *schema;
    const char *stage;
    const char *changes;  /* of list_changes.sql; NULL: all rows are new */
    const char *gone;     /* of list_gone.sql; NULL: not needed */
    const char *hashes;   /* of list_hashes.sql; NULL: not needed */
    bool lists_unchanged; /* it lists the rows that came unchanged, not those
                           * that are gone */
    bool is_known;        /* rows that came unchanged are not staged */
    bool is_unstaged;     /* no row was: staging does not exist */
    bool by_value; /* its hashes have another definition than staging's */
    bool has_mark; /* the table has a column _deleted_at */
    bool is_partitioned;
    const char *const *asked; /* columns that a guard examines */
    int asked_count;
};

/* The kinds of parents that find_truncated.sql reports, and how many parents of
 * each kind it shows. */
enum merge_truncated_kind {
    MERGE_TRUNCATED,       /* fewer rows than the store counted */
    MERGE_MAYBE_TRUNCATED, /* the same, but rows may have been deleted since */
    MERGE_ROUND            /* not counted, and exactly 100 or 250 rows */
};

enum { MERGE_EXAMPLES = 3 };

/* Append the statement `text`, a file of sql/merge/, filled in for this table.
 * `parent` is the target of its parent table; NULL for the root, or if the
 * statement does not read the parent. */
void merge_sql(struct buf *sql, const char *text,
               const struct merge_sql_target *target,
               const struct merge_sql_target *parent);

/* The same for a table with @history: `text` is open_versions.sql or
 * close_versions.sql of sql/history/, and `change` the statement that it
 * contains. The statement returns the number of rows that `change` wrote. */
void merge_sql_versioned(struct buf *sql, const char *text, const char *change,
                         const struct merge_sql_target *target,
                         const struct merge_sql_target *parent);

#endif
