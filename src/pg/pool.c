#include "pg/pool.h"

#include <poll.h>

#include "pg/queue.h"
#include "pg/wire.h"
#include "sql.h"

/* A server that ends the session says so, or closes it. It says nothing else to
 * a session that waits. */
static bool
is_there(const struct pg_conn *conn)
{
    struct pollfd fd = {.fd = PQsocket(conn->raw), .events = POLLIN};

    return pg_is_alive(conn) && poll(&fd, 1, 0) == 0;
}

struct pg_conn *
pg_pool_take(struct pg_pool *pool, const char *name)
{
    while (pool->count > 0) {
        struct pg_conn *conn = pool->waiting[--pool->count];

        if (is_there(conn)) {
            pg_queue_script(conn, sql_session_reset, NULL);
            wire_queue_settings(conn);
            pg_queue(conn, sql_session_name, 1, &name, NULL);
            pg_queue_sync(conn);
            return conn;
        }
        pg_close(conn);
    }
    return NULL;
}

/* What is still queued belongs to a use that failed. */
static bool
is_clean(const struct pg_conn *conn)
{
    return pg_is_alive(conn) && conn->queue.first == NULL &&
           PQpipelineStatus(conn->raw) == PQ_PIPELINE_OFF &&
           PQtransactionStatus(conn->raw) == PQTRANS_IDLE;
}

void
pg_pool_give(struct pg_pool *pool, struct pg_conn *conn)
{
    if (conn == NULL)
        return;
    if (is_clean(conn) && ++conn->uses < PG_POOL_USES_MOST &&
        pool->count < PG_POOL_MOST)
        pool->waiting[pool->count++] = conn;
    else
        pg_close(conn);
}

void
pg_pool_close(struct pg_pool *pool)
{
    while (pool->count > 0)
        pg_close(pool->waiting[--pool->count]);
}
