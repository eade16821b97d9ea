/*
 * target - the tables as they stand in the database, and what must change
 * before rows can be merged into them.
 *
 * Inspected before the load, so that a gid column that was widened earlier is
 * loaded as text at once and a table that cannot take the rows fails before
 * anything is asked of the store. Adapted after it, in a short transaction
 * under lock_timeout, before the merge; our views over all stores that read a
 * column that widens are remade in the same transaction.
 */
#ifndef LOAD_TARGET_H
#define LOAD_TARGET_H

#include "base/buf.h"
#include "pg/conn.h"
#include "plan/plan.h"

/* What the journal knows of a table. */
struct target_memory {
    bool is_owned;          /* it is ours */
    bool had_mark;          /* so are its columns _deleted_at */
    bool had_position;      /* and _position */
    const bool *had_column; /* by plan column: bulkpg created it once */
};

struct target {
    bool exists;
    bool is_partitioned;
    bool lost_column; /* one was dropped by hand: every row is written anew */
    bool *has_column; /* by plan column; in the arena */
    bool *has_index;  /* one begins with it */
    enum plan_type *has_type; /* by plan column: as it is, which widens where
                               * the plan's is another one */
    const char *const *names; /* of all its columns, NULL-terminated */
    bool parent_is_number;
    bool has_mark;     /* a column _deleted_at of ours */
    bool has_position; /* a column _position of ours */
};

/* Look at every table of the plan in `schema`; `targets` and `memory`
 * have one per table. Domains whose columns are text already become whole. A
 * table that is there and not ours is ERR_CONFIG, and so is a column of it that
 * the query would write; ERR_FAILED when a column or
 * key is not as the plan has it: the message names it, the hint is what to do
 * by hand. */
MUST_CHECK bool
target_inspect(struct pg_conn *conn, struct plan *plan, const char *schema,
               const struct target_memory *memory, struct target *targets,
               struct arena *arena, struct err *err);

/* Does the table have a column of this name, ours or not? */
bool target_has(const struct target *target, const char *name);

/* The statements that existing tables need, one a line: new columns, widened
 * types. Nothing is appended when they fit. */
void target_changes(struct buf *sql, const struct plan *plan,
                    const char *schema, const struct target *targets);

/* The same of one table. And the columns whose type they change, as elements
 * of a JSON array that was begun; false when there are none. */
void target_table_changes(struct buf *sql, const struct plan_table *table,
                          const char *schema, const struct target *target);
bool target_widens(const struct plan_table *table, const struct target *target);
bool target_column_widens(const struct plan_table *table,
                          const struct target *target, int column);
bool target_changed_columns(struct buf *json, const struct plan_table *table,
                            const struct target *target);

/* Does a table that exists and has a column of its rows' ids hold ids of this
 * gid type, whole as text? */
MUST_CHECK bool
target_holds_type(struct pg_conn *conn, const struct plan_table *table,
                  const struct target *target, const char *schema,
                  const char *type, bool *held, struct err *err);

/* Records which columns are ours, in the transaction that creates them: a run
 * that fails later leaves no column that nobody knows. */
typedef bool target_record_fn(void *ctx, struct pg_conn *conn, struct err *err);

/* Run those statements in one short transaction, tables by name: ids and what
 * points to them widen together. `record` is called only if there are any. */
MUST_CHECK bool
target_adapt(struct pg_conn *conn, const struct plan *plan, const char *schema,
             const struct target *targets, target_record_fn *record, void *ctx,
             struct err *err);

#endif
