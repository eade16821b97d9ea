/*
 * views - our views over all stores: one per table name, in a schema of their
 * own.
 *
 *     all.products   SELECT 'acme' AS store, … FROM acme.products
 *                    UNION ALL SELECT 'beta', … FROM beta.products
 *
 * What they are made of is found in the journal and the catalogs, by
 * sql/views/view_plan.sql, where the rules for their columns stand. A view's
 * COMMENT tells that it is ours, and so do dumps. Their makers wait for each
 * other, under lock_timeout.
 */
#ifndef LOAD_VIEWS_H
#define LOAD_VIEWS_H

#include "base/arena.h"
#include "pg/conn.h"

struct view_change {
    char what[16];  /* made, changed, remade, unchanged, dropped or nothing */
    int64_t stores; /* that it is made of */
};

/* Bring one view up to date, in one short transaction; the rights that others
 * have on it stay. ERR_CONFIG with the code VIEW_FOREIGN when something that
 * is not ours has its name; ERR_FAILED when it must be taken down and
 * something stands on it. */
MUST_CHECK bool
views_change(struct pg_conn *conn, const char *schema, const char *name,
             struct view_change *change, struct err *err);

/* Views that were taken down. All zero is none. */
struct view;

struct views {
    struct view *first;
    struct arena arena;
};

/* In a transaction of the caller's: take down what of ours reads a table, so
 * that the type of its columns can change, and put up again what was taken
 * down. */
MUST_CHECK bool
views_take_down(struct pg_conn *conn, const char *schema, const char *table,
                struct views *views, struct err *err);
MUST_CHECK bool
views_put_up(struct pg_conn *conn, const struct views *views, struct err *err);
void views_free(struct views *views);

#endif
