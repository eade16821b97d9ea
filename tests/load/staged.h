/*
 * staged - a store with one job: lines go in, tables come out.
 *
 *     staged_open ─► staged_load ─► staged_merge ─► ... ─► staged_close
 *
 * Everything but the store is real: plan, loader, merge and a database of its
 * own, in whose schema "s" the tables are. What is not under test must go well:
 * anything that fails ends the test.
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
    struct target_memory *memory; /* by plan table, the test's to change */
    struct target *targets;
    struct loader *loader; /* of the load that is not merged yet */
    struct merge merge;
    int64_t run_id;
    int rejects;
    char warned[32]; /* code of the last warning */
    char warning[1000];
};

/* Inside a task, and a cluster. */
void staged_open(struct staged *staged, const char *query);
void staged_close(struct staged *staged);

/* Look at the tables as a run does, into `targets`. */
MUST_CHECK bool staged_inspect(struct staged *staged, struct err *err);

/* Look, load the lines, adapt the tables, and begin the merge's transaction.
 * The test may change `merge` before it merges. */
void staged_load(struct staged *staged, const char *lines);

/* Settle and apply, without commit. */
MUST_CHECK bool staged_merge(struct staged *staged, struct err *err);

/* Commit, or undo all since staged_load(), and forget the load. */
void staged_commit(struct staged *staged);
void staged_undo(struct staged *staged);

/* Load, merge, commit; all of it goes well. */
void staged_run(struct staged *staged, const char *lines);

/* What a query answers with. */
const char *staged_text(struct staged *staged, const char *sql);

#endif
