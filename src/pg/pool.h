/*
 * pool - sessions that wait for their next use, so that not every load has to
 * open its own. A new session costs the server a process, and the reading of
 * its catalogs.
 *
 * With the first statement of its next use, a session gets another name, and is
 * set up as a new one: a user's trigger may have left settings, another role,
 * locks, prepared statements or temporary tables.
 */
#ifndef PG_POOL_H
#define PG_POOL_H

#include "pg/conn.h"

enum {
    PG_POOL_MOST = 8,       /* sessions that wait */
    PG_POOL_USES_MOST = 100 /* the server's cache grows with each table */
};

/* All sessions in it have the same dsn. Initialize with {0}. */
struct pg_pool {
    struct pg_conn *waiting[PG_POOL_MOST];
    int count;
};

/* A session that waits, or NULL. `name` is its new application_name. */
struct pg_conn *pg_pool_take(struct pg_pool *pool, const char *name);

/* Keep the session for its next use, or close it: if it is lost, in a
 * transaction, or has been used often, or if enough others wait. NULL is
 * none. */
void pg_pool_give(struct pg_pool *pool, struct pg_conn *conn);

void pg_pool_close(struct pg_pool *pool);

#endif
