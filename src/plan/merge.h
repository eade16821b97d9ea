/*
 * merge - the statements that bring a table to what its staging holds.
 *
 * Rows are compared by key, _hash and _position, so that unchanged ones are not touched.
 * What is gone is deleted or, in tables with plan_table.marks_deleted, marked:
 * in a full run whatever is not in staging; in an incremental one whatever is
 * not in staging of a parent that came or that went itself. Each appends one
 * statement without semicolon; $1 is the run's loaded_at where said.
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
    const char *changes; /* table for places in staging; NULL: all is new */
    const char *gone;    /* table for ids of its rows that went; NULL: none */
    bool has_mark;       /* it has a column _deleted_at */
    bool is_partitioned;
    bool only_counts; /* removals count the rows that they would remove */
};

/* SELECT count(*) of the rows staged. */
void merge_count_staged(struct buf *sql, const struct merge_target *target);

/* Rows of lines that were rejected after part of them had been sent; $1 their
 * numbers as bigint[]. */
void merge_delete_lines(struct buf *sql, const struct merge_target *target);

/* A list's rows of a parent that came again: on a later line, or later in the
 * list that it is an element of. `parent` is the
 * staging of the parent's table. */
void merge_delete_superseded(struct buf *sql, const struct merge_target *target,
                             const struct merge_target *parent);

/* A list's rows whose parent, an element of another list, went with the
 * statement above. */
void merge_delete_orphans(struct buf *sql, const struct merge_target *target,
                          const struct merge_target *parent);

/* Of a key that came twice all but the highest line. */
void
merge_delete_duplicates(struct buf *sql, const struct merge_target *target);

/* Number _ordinal in a table that is keyed by it, _position in another that
 * has it: there once duplicates are gone. */
void merge_set_ordinals(struct buf *sql, const struct merge_target *target);

/* SELECT kind, parents, id, counted, came: of a connection's parents whose rows
 * may be cut off, how many there are of each kind, and the first
 * MERGE_EXAMPLES. `parent` is the staging of the parent's table, NULL where
 * nothing is counted. Once duplicates are gone. */
enum merge_truncated_kind {
    MERGE_TRUNCATED,       /* fewer came than were counted */
    MERGE_MAYBE_TRUNCATED, /* the same, but they may have gone since */
    MERGE_ROUND            /* not counted, and as many as are known to be cut */
};

enum { MERGE_EXAMPLES = 3 };

void merge_find_truncated(struct buf *sql, const struct merge_target *target,
                          const struct merge_target *parent);

/* The places in staging of rows that are new or changed, as a table
 * target->changes: the one comparison of both tables. And how many there are
 * of each kind. */
void merge_list_changes(struct buf *sql, const struct merge_target *target);
void merge_count_changes(struct buf *sql, const struct merge_target *target);

/* FROM the table's rows that are not marked, as t; and only those of them
 * whose keys are staged. */
void merge_from_live(struct buf *sql, const struct merge_target *target);
void merge_from_known(struct buf *sql, const struct merge_target *target);

/* The first two steps; $1 is loaded_at. */
void merge_update_changed(struct buf *sql, const struct merge_target *target);
void merge_insert_new(struct buf *sql, const struct merge_target *target);

/* SELECT count(*) of the rows to insert, and of those to update, that are not in
 * the table as they are staged; after both. */
void merge_count_unwritten(struct buf *sql, const struct merge_target *target);

/* The last step; $1 is loaded_at where rows are marked, else unused. */
void merge_remove_gone(struct buf *sql, const struct merge_target *target);

/* The same of an incremental run: below the parents that came, and below
 * those that went and stand nowhere else; before both, where others stand
 * below, the ids of those rows, into a table target->gone. */
void merge_remove_below(struct buf *sql, const struct merge_target *target,
                        const struct merge_target *parent);
void merge_make_gone(struct buf *sql, const struct merge_target *target);
void merge_list_gone(struct buf *sql, const struct merge_target *target,
                     const struct merge_target *parent);
void merge_remove_orphaned(struct buf *sql, const struct merge_target *target,
                           const struct merge_target *parent);

/* SELECT count(*) of the table's rows, marked ones not. */
void merge_count_live(struct buf *sql, const struct merge_target *target);

#endif
