/*
 * history - the table of versions that @history gives a table.
 *
 *     products_history   the columns of products, _valid_from, _valid_to
 *
 * Each row is one version of a row: the values that it had from _valid_from
 * until before _valid_to. A version without _valid_to is valid now. The key is
 * that of the table, and _valid_from. _hash, _loaded_at and _deleted_at are
 * left out: the first two may change although no value does, and a row that is
 * gone has no version now.
 */
#ifndef PLAN_HISTORY_H
#define PLAN_HISTORY_H

#include "base/buf.h"
#include "plan/layout.h"
#include "plan/mask.h"
#include "plan/plan.h"

/* The COMMENT of a history begins with this, so that bulkpg knows it again. */
#define HISTORY_MARK "bulkpg history: "

/* What a history looks like in the database. */
struct history_state {
    bool exists;
    bool *has_column; /* by the table's columns; in an arena, as the next */
    enum plan_type *has_type;
    enum mask_change *mask_change; /* by the table's columns: what must happen
                                    * to the values of the history */
    const bool *knows_mask; /* by the table's columns: is their present mask
                             * known? */
    const char *const *plain_gids; /* by the table's columns: see target.h */
    bool parent_is_number;
    bool has_position;
    bool has_typename;
};

/* Does a version have this column? */
bool history_has(const struct layout_column *column);

/* Create the history, empty, with its key and comments. */
void history_create(struct buf *sql, const struct plan_table *table,
                    const char *schema);

/* Add columns that it lacks, widen those that the table widens, and prepare
 * those whose values are masked. Nothing if the history does not exist. */
void history_change(struct buf *sql, const struct plan_table *table,
                    const char *schema, const struct history_state *state);

const char *
history_key_name(struct arena *arena, const struct plan_table *table);

#endif
