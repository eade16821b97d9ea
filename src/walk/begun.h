/*
 * begun - connections below rows that come more than once.
 *
 *     the row comes for the first time ─► BEGUN_NOT    what came is loaded
 *     a row below a root comes again ───► BEGUN_STAYS  what came is left out
 *     a root comes again ─┬─ the connection is being read ─► BEGUN_STAYS
 *                         ├─ one below it is being read ───► BEGUN_LATER
 *                         └─ otherwise ────────────────────► BEGUN_AGAIN
 *
 * A row below a root may be below several roots, and come with each of them,
 * with all that is below it: once is enough. A root that comes again has
 * changed, and so may have what is below it.
 *
 * Private to this folder.
 */
#ifndef WALK_BEGUN_H
#define WALK_BEGUN_H

#include "walk/walker.h"

/* A connection below a parent, whose rows came in the row of its parent, or
 * that is to be asked for apart. */
enum begun_how {
    BEGUN_NOT,   /* it was not begun before */
    BEGUN_STAYS, /* what was read, or is being read, stays */
    BEGUN_AGAIN, /* what came replaces what was read */
    BEGUN_LATER  /* what came is left out: its own requests read it again, when
                  * nothing below it is being read any more */
};

struct begun_asked;

/* What a page knows of the connections in its rows. */
struct begun {
    struct seen here;          /* begun by this page */
    struct seen left;          /* rows that are left out, below the present one
                                * of the connection that was asked for */
    struct begun_asked *asked; /* by connection: the latest answer */
};

void begun_init(struct begun *begun, const struct walker *walker);
void begun_free(struct begun *begun);

/* What is to be done with the connection of this parent? `is_apart`: its rows
 * did not come. Asked for each of its rows, and then once more; the first time
 * decides. */
enum begun_how
begun_ask(struct begun *begun, struct walker *walker,
          const struct pages_connection *c, struct span parent, bool is_apart);

/* The page has the connection of this parent. It ends. */
void begun_note(struct begun *begun, struct walker *walker,
                const struct pages_connection *c, struct span parent);

/* All rows of the connection of the latest parent have come. */
void begun_end(struct begun *begun, const struct pages_connection *c);

/* A row is left out, and so is everything below it; and the next row of the
 * connection that was asked for comes. */
void begun_leave_out(struct begun *begun, const struct pages_connection *c,
                     struct span id);
void begun_next_row(struct begun *begun);

/* Remember that the connection below this parent was begun. */
void begun_add(struct walker *walker, const struct pages_connection *c,
               struct span parent);

/* The connection is read again: it brings everything below it again. */
void begun_round(struct walker *walker, const struct pages_connection *above);

/* A hash of the connection below this parent; another one after a connection
 * above it was read again. */
uint64_t begun_instance(const struct walker *walker,
                        const struct pages_connection *c, struct span parent);

#endif
