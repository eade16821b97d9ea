/*
 * views - bulkpg's views over all stores: one for each table name, in a schema
 * of their own.
 *
 *     stores.products   SELECT 'acme' AS store, … FROM acme.products
 *                       UNION ALL SELECT 'beta', … FROM beta.products
 *     stores.shops      the domain, currency, … of each store, from the journal
 *
 * sql/views/view_plan.sql finds their tables in the journal and the catalogs,
 * and has the rules for their columns. A view's COMMENT shows that bulkpg
 * created it; a dump keeps it. Processes that change views wait for each other,
 * under lock_timeout.
 */
#ifndef LOAD_VIEWS_H
#define LOAD_VIEWS_H

#include "base/arena.h"
#include "pg/conn.h"

struct view_change {
    char what[16];  /* made, changed, remade, unchanged, dropped or nothing */
    int64_t stores; /* how many stores it covers */
};

/* Bring one view up to date, in one short transaction. Other roles keep their
 * rights on it. ERR_CONFIG with the code VIEW_FOREIGN if an object that bulkpg
 * did not create has its name. ERR_FAILED if the view must be dropped and
 * another object depends on it. */
MUST_CHECK bool
views_change(struct pg_conn *conn, const char *schema, const char *name,
             struct view_change *change, struct err *err);

/* Views that were dropped and must be created again. All zero is none. */
struct view;

struct views {
    struct view *first;
    struct arena arena;
};

/* Drop bulkpg's views that read a table, so that the types of its columns can
 * change, and create them again. Both run in the caller's transaction. */
MUST_CHECK bool
views_take_down(struct pg_conn *conn, const char *schema, const char *table,
                struct views *views, struct err *err);
MUST_CHECK bool
views_put_up(struct pg_conn *conn, const struct views *views, struct err *err);
void views_free(struct views *views);

#endif
