/*
 * layout - the columns of a table and of its staging, in order, including
 * bulkpg's own.
 *
 *     staging   _line [_pos] [_parent_pos] [_count_n …] [_id]
 *               [_parent_id] [_ordinal] [_position] … [_typename] _hash
 *     table     [_parent_id] [_ordinal] [_position] … [_typename] _hash
 *               _loaded_at [_deleted_at]
 *
 * bulkpg sends rows in the form of staging. In a first load, staging itself
 * becomes the table: it loses its extra columns and gets _loaded_at.
 */
#ifndef PLAN_LAYOUT_H
#define PLAN_LAYOUT_H

#include "plan/plan.h"

enum layout_role {
    LAYOUT_LINE,     /* line number; the high bits are the operation's number */
    LAYOUT_POSITION, /* of a list's element in its line */
    LAYOUT_PARENT_POSITION, /* of a list in a list: _pos of the parent */
    LAYOUT_COUNT,  /* the least number of rows that table->counted[data] must
                    * have below this row; negative: it may be out of date,
                    * because the time of the row's last change is not known;
                    * NULL: not counted */
    LAYOUT_ROW_ID, /* the row's id, if no data column has it */
    LAYOUT_PARENT, /* the id of the row's parent */
    LAYOUT_ORDINAL,
    LAYOUT_PLACE, /* _position, of @position */
    LAYOUT_DATA,  /* table->columns[data] */
    LAYOUT_TYPENAME,
    LAYOUT_HASH,
    LAYOUT_LOADED_AT,
    LAYOUT_DELETED_AT
};

struct layout_column {
    enum layout_role role;
    const char *name;
    enum plan_type type;
    int data; /* LAYOUT_DATA: an index in table->columns; LAYOUT_COUNT: in
               * table->counted */
    bool in_staging;
    bool in_table;
    bool in_key;
};

enum { LAYOUT_OWN_MAX = 10 + PLAN_COUNTED_MAX };

/* Fill `columns`, which has room for column_count + LAYOUT_OWN_MAX, and return
 * their number. A gid column has its present type; it may widen later. */
int
layout_columns(const struct plan_table *table, struct layout_column *columns);

/* The same in memory of their own, which the caller frees. */
struct layout_column *layout_of(const struct plan_table *table, int *count);

/* Is this a list in the elements of another list? An element can appear twice
 * in one line, so the rows of the inner list need _parent_pos. */
bool layout_is_nested_list(const struct plan_table *table);

/* Write the names of the primary key's columns, in order, to `names`, which has
 * room for LAYOUT_KEY_MAX. Return their number. */
enum { LAYOUT_KEY_MAX = 20 };

int layout_key(const struct plan_table *table, const char **names);

#endif
