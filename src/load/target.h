/*
 * target - read what the plan's tables look like in the database.
 *
 * This happens before the load, so that a gid column that was widened earlier
 * is loaded as text from the start. A table that cannot take the rows fails the
 * run before bulkpg asks the store for anything. adapt.h changes the tables
 * after the load.
 */
#ifndef LOAD_TARGET_H
#define LOAD_TARGET_H

#include "base/buf.h"
#include "pg/conn.h"
#include "plan/history.h"
#include "plan/mask.h"
#include "plan/plan.h"

/* What the journal knows about the mask of a column's values. */
struct target_mask {
    const char *how;      /* "HASH"; NULL: they are plain */
    const char *key;      /* of HASH: the check value of the key */
    const char *gid_type; /* of plain ids that are numbers; NULL: not known */
};

/* What the journal knows about a table. */
struct target_memory {
    bool is_owned;          /* bulkpg created the table */
    bool had_mark;          /* bulkpg once created its column _deleted_at */
    bool had_position;      /* the same for _position */
    bool had_history;       /* the last merge kept its history */
    bool knows_history;     /* the values of its history have the masks below */
    bool lacked_column;     /* the last plan did not have a column that this one
                             * has again, so that its values are out of date */
    const bool *had_column; /* by plan column: bulkpg once created it */
    const struct target_mask *masks; /* by plan column; NULL: all are plain */
    const char *hash_definition;     /* of its rows' hashes; NULL: not known */
    bool is_uneven; /* the last full result had duplicates or lacked rows */
};

struct target {
    bool exists;
    bool is_partitioned;
    int64_t rows_about; /* by the statistics; 0 or less: not known */
    bool lost_column;   /* a column was dropped by hand, or comes back to the
                       * query: every row is rewritten */
    bool *has_column;   /* by plan column; in the arena, as the next two */
    bool *has_index;    /* by plan column: an index begins with it */
    enum plan_type *has_type; /* by plan column: its present type. If the plan
                               * has another one, the column is widened */
    const struct target_mask *masks; /* by plan column: present masks */
    enum mask_change *mask_change;   /* by plan column: what must happen to its
                                      * values. NULL: nothing */
    const char **plain_gids;  /* by plan column: the gid type of ids that are
                              * masked, and are numbers so far; or NULL */
    const char *const *names; /* of all its columns, NULL-terminated */
    bool parent_is_number;    /* the column of the parent's id is a bigint */
    bool has_mark;            /* bulkpg's column _deleted_at exists */
    bool has_position;        /* bulkpg's column _position exists */
    struct history_state history; /* of @history */
};

/* What must happen to the values of a column. */
enum mask_change target_mask_change(const struct target *target, int column);

/* Read all tables of the plan in `schema`. `memory` has, and `targets` gets,
 * one entry per table. If the column of an id domain is text already, the
 * domain is widened in the plan. ERR_CONFIG if bulkpg did not create the table,
 * or a column of it that the query would write. ERR_FAILED if a column or the
 * key does not fit the plan. The message names it, and the hint says what to do
 * by hand. */
MUST_CHECK bool
target_inspect(struct pg_conn *conn, struct plan *plan, const char *schema,
               const struct target_memory *memory, struct target *targets,
               struct arena *arena, struct err *err);

/* Can a column of this type take the rows? It may be narrower than the plan's:
 * the run widens it. If an earlier run has widened it, the plan changes. */
MUST_CHECK bool target_fits_gid(struct plan_gid *gid, enum plan_type type);
MUST_CHECK bool target_fits_data(struct plan_column *data, enum plan_type type);

/* Report COLUMN_TYPE, with types in words. Returns false. */
bool
target_refuse_type(const char *schema, const char *table, const char *column,
                   const char *has, const char *wants, struct err *err);

/* Does the table have a column of this name, even if bulkpg did not create
 * it? */
bool target_has(const struct target *target, const char *name);

/* Does the id column of a table have ids of this gid type, stored as text? The
 * table must exist and have an id column. */
MUST_CHECK bool
target_holds_type(struct pg_conn *conn, const struct plan_table *table,
                  const struct target *target, const char *schema,
                  const char *type, bool *held, struct err *err);

/* Ask ahead what target_inspect() asks: see pg/queue.h. */
void target_inspect_ahead(struct pg_conn *conn, const void *owner,
                          const struct plan *plan, const char *schema);

#endif
