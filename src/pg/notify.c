#include "pg/notify.h"

#include <stdio.h>
#include <unistd.h>

#include "pg/wire.h"

enum { LISTEN_BYTES = 80 };

void
pg_listen(struct pg_conn *conn, const char *channel, pg_heard_fn *heard,
          void *ctx)
{
    char sql[LISTEN_BYTES];

    conn->heard = heard;
    conn->heard_ctx = ctx;
    snprintf(sql, sizeof(sql), "LISTEN %s", channel);
    queue_optional(conn, sql, 0, NULL, NULL);
}

/* A descriptor of its own, because closing one that is waited for would leave
 * the wait without an end. */
enum task_wake
pg_wait_notified(const struct pg_conn *conn, int64_t deadline_ms)
{
    int fd = dup(PQsocket(conn->raw));
    enum task_wake wake;

    if (fd < 0)
        return task_sleep_until(deadline_ms);
    wake = task_wait_fd(fd, POLLIN, deadline_ms);
    close(fd);
    return wake;
}

void
pg_hear(struct pg_conn *conn)
{
    if (conn->lost)
        return;
    if (PQconsumeInput(conn->raw) == 0)
        conn->lost = true;
    else
        notify_take(conn);
}

void
notify_take(struct pg_conn *conn)
{
    PGnotify *told;

    while (conn->heard != NULL && (told = PQnotifies(conn->raw)) != NULL) {
        conn->heard(conn->heard_ctx, told->extra);
        PQfreemem(told);
    }
}
