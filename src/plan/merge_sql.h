/*
 * merge_sql - the statements of sql/merge/ for one table of one run.
 *
 * Rows are compared by key, _hash and _position, so that unchanged ones are not
 * touched. Each file says what its statement does and what its parameters are.
 * What a name in braces stands for is in merge_sql.c; how the braces are read,
 * in plan/template.h.
 */
#ifndef PLAN_MERGE_SQL_H
#define PLAN_MERGE_SQL_H

#include "base/buf.h"
#include "plan/plan.h"

/* A table with the names that one run gives it. */
struct merge_sql_target {
    const struct plan_table *table;
    const char *schema;
    const char *stage;
    const char *changes; /* table for places in staging; NULL: all is new */
    const char *gone;    /* table for ids of its rows that went; NULL: none */
    bool has_mark;       /* it has a column _deleted_at */
    bool is_partitioned;
    const char *const *asked; /* columns that a guard asks about */
    int asked_count;
};

/* What find_truncated.sql says of a connection's parents, and how many of each
 * kind it shows. */
enum merge_truncated_kind {
    MERGE_TRUNCATED,       /* fewer came than were counted */
    MERGE_MAYBE_TRUNCATED, /* the same, but they may have gone since */
    MERGE_ROUND            /* not counted, and as many as are known to be cut */
};

enum { MERGE_EXAMPLES = 3 };

/* Append the statement that `text`, a file of sql/merge/, is for this table.
 * `parent` is the table above it, if the statement reads that one too: else
 * NULL. */
void merge_sql(struct buf *sql, const char *text,
               const struct merge_sql_target *target,
               const struct merge_sql_target *parent);

#endif
