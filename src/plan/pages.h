/*
 * pages - the requests that read a query page by page.
 *
 *     plan ─► connections ─┬─► read     pages of the connection
 *                          ├─► bare     the same with ids only
 *                          └─► by_ids   rows, by their ids
 *     request ─► document, variables, and the places of its answer
 *
 * plan_build() makes plan->pages beside the tables. A walk begins with the
 * requests of all roots. paged/split.h cuts an answer into lines and reports
 * what to ask next. Tables, columns and the plan's hash do not depend on this
 * part.
 *
 * A document is constant. What changes from request to request is in its
 * variables, which pages_variables() writes. A variable without a value is left
 * out, so that the server treats its argument as absent:
 *
 *     $first    rows of a page (the argument may be limit:)
 *     $after    cursor of the last row that was read
 *     $offset   rows before the page (the argument may be skip:)
 *     $ids $id  parents, or rows: a list, or one
 *     $count    how many ids, for a root that has pages
 *     $first3   rows of a nested connection's first page; 3 is the number of
 *               its table
 *     $query    the filter of a window, with the query's own filter
 *     $sort     the order of the root's rows
 *     $reverse  whether it begins with the last row
 *     $since, $until   the reserved variables of @incremental
 */
#ifndef PLAN_PAGES_H
#define PLAN_PAGES_H

#include "plan/plan.h"

/* The member of a line that has the fields of an edge beside its node. */
#define PAGES_EDGE_KEY "bulkpg_e"

/* The longest id that rows are asked for by, or below; and the longest cursor.
 * An API may send any; the frontier has many of them. */
enum { PAGES_ID_BYTES_MAX = 2048, PAGES_CURSOR_BYTES_MAX = 16 * 1024 };

enum pages_kind {
    PAGES_ONE,    /* a single object at the root: a table of one row */
    PAGES_RELAY,  /* first, after; ends if pageInfo.hasNextPage is false */
    PAGES_OFFSET, /* limit, offset; ends if as many rows came as the total, or,
                   * without a total, with an empty page */
    PAGES_LIST    /* a list without pages: complete in one answer */
};

/* How a request selects what it reads. */
enum pages_by {
    PAGES_BY_ROOT, /* it begins at the query's root */
    PAGES_BY_IDS,  /* a list of ids: $ids, at most `ids_max` */
    PAGES_BY_ID    /* one id: $id */
};

/* ---- answers ------------------------------------------------------------ */

/* An answer is a tree of places below `data`. Members of `data` that no place
 * names are part of their row, or, outside of rows, are ignored. */
enum pages_place_kind {
    PAGES_OBJECT,   /* an object on the way to the places below it */
    PAGES_ROW,      /* an object that is one row: PAGES_ONE */
    PAGES_ROWS,     /* a connection, with its rows */
    PAGES_ELEMENTS, /* a list in a row, with connections in its elements. The
                    * list stays in the line of the row, without them */
    PAGES_PARENTS   /* the objects with the ids of the request: an array, or for
                    * PAGES_BY_ID one object. They are not rows */
};

struct pages_connection;

struct pages_place {
    enum pages_place_kind kind;
    const char *key; /* response key in the object around it */
    const struct pages_connection *connection; /* ROW, ROWS */
    const struct plan_table *table; /* of the rows, elements or parents: their
                                     * id is the parent's id of the connections
                                     * below */
    bool is_optional; /* the object around it may lack the key, because a
                       * fragment selects it */

    /* Of a connection, and of parents that are found by one: "edges", "nodes" or
     * "items", NULL if the value itself is the list; "node", NULL if the
     * elements are the rows themselves; and the key of the total, "totalCount",
     * NULL if none is asked for. */
    const char *rows_key;
    const char *node_key;
    const char *total_key;

    /* What the objects at this place have below them. */
    const struct pages_place *first;
    const struct pages_place *next; /* sibling */

    /* Connections that are asked for apart, by the ids of these rows or
     * elements: indexes in pages->connections. */
    const int *apart;
    int apart_count;

    int objects; /* objects and lists in one row, for the estimate */
};

/* ---- requests ----------------------------------------------------------- */

struct pages_request {
    const char *document;
    enum pages_by by;
    int ids_max;                               /* PAGES_BY_IDS */
    const struct pages *pages;                 /* that it belongs to */
    const struct pages_connection *connection; /* that it reads */
    const struct pages_place *places;          /* below `data` */
    bool takes_count;                          /* $count */
    bool takes_rows;                           /* $first */
    bool takes_after;
    bool takes_offset;
    bool takes_filter; /* $query */
    bool takes_since;
    bool takes_until;
    const char *sort_steady; /* $sort of a full run: "ID"; NULL: no $sort */
    const char *sort_window; /* $sort in a window: "UPDATED_AT"; may be NULL */
    bool takes_reverse;      /* $reverse */
    const int *nested; /* numbers of the tables whose first pages it has */
    int nested_count;
};

struct pages_connection {
    int index; /* in pages->connections; the same for equal plans */
    enum pages_kind kind;
    const struct plan_table *table;        /* of its rows */
    const char *path;                      /* "repository.issues" */
    int level;                             /* 0: a root */
    const struct pages_connection *parent; /* the one whose rows, or lists in
                                            * whose rows, contain it; NULL: a
                                            * root */
    const struct plan_table *owner; /* the rows whose ids `read` takes: the
                                     * table of the parent, or of a list in its
                                     * rows; NULL: a root */
    bool is_nested; /* its first page comes in the page of its parent; the
                     * rest, and all of it otherwise, through `read` */
    bool is_only;   /* a literal first: or limit: asked for only so many rows.
                     * It is not walked on, and takes no part in proof and
                     * removal */
    int64_t only;   /* so many; of a list, its literal limit:, 0 if it has none.
                     * As many rows as that may not be all */
    bool has_total;

    /* The pages: of a root, or below the parents that the request names. A page
     * below several parents is the first page of each; the following pages are
     * asked for with one parent. */
    const struct pages_request *read;

    /* The same, but the rows have only their ids; NULL: they have none. It has
     * no nested connections. */
    const struct pages_request *bare;

    /* Rows by their own ids; NULL: the API cannot find them so. An id without
     * a row is gone. */
    const struct pages_request *by_ids;
};

struct pages {
    const struct pages_connection *connections; /* parents before children */
    int count;
    const struct dialect_pages *dialect;
};

/* ---- variables ---------------------------------------------------------- */

struct pages_values {
    int64_t rows; /* $first; nested connections get it, too, unless
                         * nested_rows is set */
    int64_t nested_rows;
    const char *after; /* NULL: from the beginning */
    int64_t offset;    /* 0: from the beginning */
    bool reverse;      /* from the end: $reverse */
    const char *const *ids;
    int id_count;
    const char *parent_id; /* by_ids: the parent of all these rows, which their
                            * answer does not have; NULL for roots */
    const struct plan_window *window; /* NULL: a full run */
};

/* Write the variables of a request as a JSON object. */
void
pages_variables(const struct plan *plan, const struct pages_request *request,
                const struct pages_values *values, struct buf *json);

/* ---- one root by ids ---------------------------------------------------- */

/* The argument by which the query itself selects rows of a root, other than
 * pages, order and windows: "query"; NULL: it selects all rows. The arguments
 * of an object around the root count only if the API has filters, because then
 * a row may be below several such objects. */
const char *
pages_own_filter(const struct plan *plan, const struct pages_connection *root);

/* ---- estimates ---------------------------------------------------------- */

/* The upper limit of what a request costs, by the API's own formula if it is
 * known (struct dialect_pages, cost); else 1. */
double
pages_points(const struct pages *pages, const struct pages_request *request,
             const struct pages_values *values);

/* The most rows that its answer can have, with those of nested connections. */
int64_t pages_rows(const struct pages_request *request,
                   const struct pages_values *values);

enum { PAGES_ROWS_MOST = 10000 }; /* of an answer with nested connections */

/* Rows of a nested first page, at least 1 and at most `rows`, so that a page of
 * `rows` rows has at most `most` rows in all. */
int64_t pages_nested_rows(const struct pages_request *request, int64_t rows,
                          int64_t most);

#endif
