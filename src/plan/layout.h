/*
 * layout - the columns that a table really has, ours included, in order.
 *
 *     staging   _line [_pos] [_parent_pos] [_count_n …] [_id]
 *               [_parent_id] [_ordinal] [_position] … [_typename] _hash
 *     table     [_parent_id] [_ordinal] [_position] … [_typename] _hash
 *               _loaded_at [_deleted_at]
 *
 * Staging is what goes over the wire. A first load drops its line number and
 * adds _loaded_at, and it is the table.
 */
#ifndef PLAN_LAYOUT_H
#define PLAN_LAYOUT_H

#include "plan/plan.h"

enum layout_role {
    LAYOUT_LINE,     /* line number, with the operation's number above it */
    LAYOUT_POSITION, /* of a list's element in its line */
    LAYOUT_PARENT_POSITION, /* of a list in a list: its element's */
    LAYOUT_COUNT,  /* of the rows that table->counted[data] must have here
                      * at least; negative: nothing says that it was told
                      * after the last change; NULL: not told */
    LAYOUT_ROW_ID, /* the row's id, where it is no column */
    LAYOUT_PARENT,
    LAYOUT_ORDINAL,
    LAYOUT_PLACE, /* of a row with a key of its own: @position */
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
    int data; /* LAYOUT_DATA: index in table->columns; LAYOUT_COUNT: in
               * table->counted */
    bool in_staging;
    bool in_table;
    bool in_key;
};

enum { LAYOUT_OWN_MAX = 10 + PLAN_COUNTED_MAX };

/* Fill `columns`, which has room for column_count + LAYOUT_OWN_MAX; how many
 * there are. Types are as the gid domains stand now. */
int
layout_columns(const struct plan_table *table, struct layout_column *columns);

/* A list in the elements of a list: an element may come twice in one line, so
 * that its rows must say whose they are. */
bool layout_is_nested_list(const struct plan_table *table);

/* The names of the primary key's columns, in its order, into `names`, which
 * has room for LAYOUT_KEY_MAX; how many there are. */
enum { LAYOUT_KEY_MAX = 20 };

int layout_key(const struct plan_table *table, const char **names);

#endif
