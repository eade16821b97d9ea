#include "pg/conn.h"
#include "pg/wire.h"
#include "sql.h"

/* The process id of the server's backend that serves the connection now; -1 if
 * it cannot be determined. */
static int64_t
session_pid(struct pg_conn *conn)
{
    struct pg_result *session;
    struct err err;
    int64_t pid = -1;

    if (!pg_exec(conn, sql_session_identity, 0, NULL, &session, &err))
        return -1;
    if (pg_rows(session) == 1)
        pid = pg_int64(session, 0, 0);
    pg_result_free(session);
    return pid;
}

/* A pooler reports a process id of its own to the client, so PQbackendPID()
 * differs from the backend's. */
bool
pg_shares_session(struct pg_conn *conn, const struct pg_config *config)
{
    struct pg_conn *other;
    struct err err;
    int64_t pid = session_pid(conn);
    bool shares;

    if (pid < 0 || pid == PQbackendPID(conn->raw) ||
        !pg_connect(config, &other, &err))
        return false;
    shares = session_pid(other) == pid || session_pid(conn) != pid;
    pg_close(other);
    return shares;
}
