/*
 * pieces - lines and instances that wait until their parent's id is known.
 *
 * A child's line needs the id of its parent. In a page the child comes inside
 * of its parent, perhaps before the id. So the pieces of one row and of
 * everything below it are kept in the order in which they begin, and leave
 * together when the row ends: the row first.
 *
 * A piece without a line is an object that is not a row of its own: an element
 * of a list, or a parent whose children were asked for.
 *
 * Private to this folder.
 */
#ifndef PAGED_PIECES_H
#define PAGED_PIECES_H

#include "paged/split.h"

enum {
    PIECES_MAX = 200000, /* at a time: a row has no more below it */
    PIECES_NO_PARENT = -1
};

struct piece;

struct pieces {
    struct piece *list;
    int count;
    int room;
    struct buf text;   /* lines, ids and cursors */
    struct buf line;   /* the line that is given to the sink */
    struct span outer; /* the id of the parent that is not in the answer */
};

/* All zero is not valid: begin with this. */
struct pieces pieces_new(void);
void pieces_free(struct pieces *pieces);

/* Forget everything. Memory that a large answer needed is given back. */
void pieces_clear(struct pieces *pieces);

/* Begin a row of `table`, or, if it is NULL, an object without a line. Return
 * its number, or -1 if there are too many. */
int
pieces_begin(struct pieces *pieces, const struct plan_table *table, int parent);

/* Its id, and its JSON text: a string, or a number. */
void pieces_set_id(struct pieces *pieces, int piece, struct span source,
                   struct span id);

/* Its line, without what follows its members: the parent's id, and the brace at
 * its end. */
void pieces_set_line(struct pieces *pieces, int piece, struct span line);

/* It is not a row after all: the edge had no node. */
void pieces_drop(struct pieces *pieces, int piece);

/* Add an instance below `parent`; its parent_id is not set yet. The spans are
 * copied. False if there are too many pieces. */
bool pieces_instance(struct pieces *pieces, int parent,
                     const struct split_instance *instance);

/* The id of a piece; empty if it has none. */
struct span pieces_id(const struct pieces *pieces, int piece);

/* Give all pieces to the sink and forget them. */
MUST_CHECK bool
pieces_flush(struct pieces *pieces, const struct split_sink *sink,
             struct split_counts *counts, struct err *err);

#endif
