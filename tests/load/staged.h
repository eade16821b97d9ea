/*
 * staged - load lines into tables as a run does, without a store.
 *
 *     staged_open ─► staged_load ─► staged_merge ─► ... ─► staged_close
 *
 * The plan, the loader, the merge and the database are real. Each test has a
 * database of its own, with the tables in schema "s". Functions that return
 * nothing end the test if they fail.
 */
#ifndef LOAD_STAGED_H
#define LOAD_STAGED_H

#include "load/adapt.h"
#include "load/loader.h"
#include "load/merge.h"
#include "pg/conn.h"
#include "support/types.h"

#define STAGED_QUERY                                                           \
    "{ products { edges { node { title variants { edges { node { sku } } } } " \
    "} } }"

/* Lines of that query: products and their variants. */
#define PRODUCT(n, title) \
    "{\"id\":\"gid://shopify/Product/" n "\",\"title\":" title "}\n"
#define VARIANT(n, sku, product)                                  \
    "{\"id\":\"gid://shopify/ProductVariant/" n "\",\"sku\":" sku \
    ",\"__parentId\":\"gid://shopify/Product/" product "\"}\n"

struct staged {
    struct types types;
    struct plan *plan;
    const char *database;
    struct pg_conn *conn;
    struct target_memory *memory; /* by plan table; the test may change it */
    struct target *targets;
    struct loader *loader; /* of the load that is not committed yet */
    struct merge merge;
    int64_t run_id;
    int rejects;
    char warned[32]; /* code of the last warning */
    char warning[1000];
};

/* Needs a running task and the test cluster. */
void staged_open(struct staged *staged, const char *query);
void staged_close(struct staged *staged);

/* Inspect the tables into `targets`. */
MUST_CHECK bool staged_inspect(struct staged *staged, struct err *err);

/* Inspect the tables, load the lines, adapt the tables, and begin the merge's
 * transaction. The test may change `merge` before it calls staged_merge(). */
void staged_load(struct staged *staged, const char *lines);

/* Settle and apply, without a commit. */
MUST_CHECK bool staged_merge(struct staged *staged, struct err *err);

/* Commit the merge, or roll it back. Both free the loader. */
void staged_commit(struct staged *staged);
void staged_undo(struct staged *staged);

/* Load, merge, commit. */
void staged_run(struct staged *staged, const char *lines);

/* The first value that a query returns, as text. */
const char *staged_text(struct staged *staged, const char *sql);

#endif
