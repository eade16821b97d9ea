/*
 * split - cuts the answer of a page into the lines of a bulk result.
 *
 *     answer + places ─► lines       in the order that loader_line() takes:
 *                                    a parent before its children
 *                    ├─► instances   what is known of each connection of each
 *                    │               parent, and what to ask next
 *                    └─► parents     which of the ids that were asked for came
 *
 *     {"bulkpg_t2":"Variant","id":"…","sku":"…","bulkpg_e":{"at":"…"},
 *      "__parentId":"…"}             (one line)
 *
 * A line has its table's tag first, then the members of the node without the
 * connections in it, then those of the edge. Values are copied as they came.
 *
 * The caller judges the answer first: errors, and whether there is `data`. The
 * splitter reports nulls and missing members, and leaves the verdict to the
 * caller. It may already have given lines when it fails, so lines count only
 * once it has succeeded.
 *
 * Memory: at most about twice the outermost row with all that is below it, and
 * 200 bytes for each row below it. Nothing is kept between answers but the
 * buffers, which shrink again.
 */
#ifndef PAGED_SPLIT_H
#define PAGED_SPLIT_H

#include "base/err.h"
#include "base/span.h"
#include "plan/pages.h"

enum split_state {
    SPLIT_CLOSED, /* it has no more rows; or the object around it is null, or
                   * of a type without the connection, so it has none */
    SPLIT_OPEN,   /* more rows follow after `cursor`, or at `offset` */
    SPLIT_APART,  /* it was not asked for: read it from its beginning */
    SPLIT_NULL,   /* the connection, or its list of rows, or an object on the
                   * way to a root, is null or missing; never an empty
                   * connection */
    SPLIT_BROKEN  /* hasNextPage is true without a cursor, or the connection
                   * has no readable pageInfo */
};

/* A connection of one parent. All spans are valid only during the call. */
struct split_instance {
    const struct pages_connection *connection;
    struct span parent_id; /* decoded; empty for a root */
    enum split_state state;
    int64_t rows;       /* in this answer, nulls not included */
    int64_t nulls;      /* edges or nodes that are null */
    int64_t total;      /* as told; -1: not told */
    struct span cursor; /* endCursor, decoded; empty: none */
    int64_t offset;     /* of the next page */
};

struct split_sink {
    /* The row of the next line: its id and its parent's, decoded; empty if it
     * has none. May be NULL. */
    void (*row)(void *ctx, const struct plan_table *table, struct span parent,
                struct span id);

    /* A line, without the newline at its end. */
    bool (*line)(void *ctx, const struct plan_table *table, struct span line,
                 struct err *err);

    /* An instance, after its lines and those of its parent. */
    bool (*instance)(void *ctx, const struct split_instance *instance,
                     struct err *err);

    /* PAGES_BY_IDS and PAGES_BY_ID: object number `index` of the answer, from
     * 0, and its id; empty if the object is null. `nodes` answers in the order
     * of the ids; other roots may leave out what is gone. The same is called
     * for the rows of a request by_ids. Called before the lines of the
     * object. */
    bool (*parent)(void *ctx, int index, struct span id, struct err *err);
    void *ctx;
};

struct split_counts {
    int64_t lines;
    int64_t orphans; /* rows left out, because their parent has no id */
};

struct split;

struct split *split_new(void);
void split_free(struct split *split); /* NULL is allowed */

/* Cut the answer to `request`, which was sent with `values`. ERR_FAILED if the
 * answer is not JSON, or if a value cannot be what the request asked for, such
 * as a number in place of a row. False also if the sink returned false. */
MUST_CHECK bool
split_page(struct split *split, const struct pages_request *request,
           const struct pages_values *values, struct span answer,
           const struct split_sink *sink, struct split_counts *counts,
           struct err *err);

#endif
