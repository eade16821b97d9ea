/*
 * merge - the statements that bring a table to what its staging holds.
 *
 * Full runs: what is not in staging is gone. Rows are compared by key and
 * _hash, so that unchanged ones are not touched. Each appends one statement
 * without semicolon; $1 is the run's loaded_at where said.
 */
#ifndef PLAN_MERGE_H
#define PLAN_MERGE_H

#include "base/buf.h"
#include "plan/plan.h"

/* A table with the names that one run gives it. */
struct merge_target {
    const struct plan_table *table;
    const char *schema;
    const char *stage;
};

/* SELECT count(*) of the rows staged. */
void merge_count_staged(struct buf *sql, const struct merge_target *target);

/* Rows of lines that were rejected after part of them had been sent; $1 their
 * numbers as bigint[]. */
void merge_delete_lines(struct buf *sql, const struct merge_target *target);

/* A list's rows of a parent that came again on a later line. `parent` is the
 * staging of the parent's table. */
void merge_delete_superseded(struct buf *sql, const struct merge_target *target,
                             const struct merge_target *parent);

/* A list's rows whose parent, an element of another list, went with the
 * statement above. */
void merge_delete_orphans(struct buf *sql, const struct merge_target *target,
                          const struct merge_target *parent);

/* SELECT whether some key came twice, and the deletion of all but the highest
 * line of each. */
void merge_has_duplicates(struct buf *sql, const struct merge_target *target);
void
merge_delete_duplicates(struct buf *sql, const struct merge_target *target);

/* Give _ordinal its numbers, where the table is keyed by it. */
void merge_set_ordinals(struct buf *sql, const struct merge_target *target);

/* The three steps; $1 of update and insert is loaded_at. */
void merge_delete_gone(struct buf *sql, const struct merge_target *target);
void merge_update_changed(struct buf *sql, const struct merge_target *target);
void merge_insert_new(struct buf *sql, const struct merge_target *target);

#endif
