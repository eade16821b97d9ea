/*
 * target - the plan's tables as they are in the database.
 *
 * Inspected before the load, so that a gid column that was widened earlier is
 * loaded as text at once, and a table that cannot take the rows fails before
 * anything is asked of the store. load/adapt.h changes them after the load.
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

/* Does a table that exists and has a column of its rows' ids hold ids of this
 * gid type, whole as text? */
MUST_CHECK bool
target_holds_type(struct pg_conn *conn, const struct plan_table *table,
                  const struct target *target, const char *schema,
                  const char *type, bool *held, struct err *err);

#endif
