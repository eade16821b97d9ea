#include <stdio.h>
#include <string.h>

#include "pg/wire.h"
#include "sql.h"

/* An error with an SQLSTATE is an answer, too, for example that there are too
 * many connections. */
static bool
has_answered(const struct err *err)
{
    if (err->kind == ERR_STOPPED)
        return true; /* the wait that asks is stopped, too */
    return strncmp(err->code, "08", 2) != 0 &&
           strncmp(err->code, "57P", 3) != 0;
}

bool
watch_is_working(const struct pg_conn *conn)
{
    char backend[24];
    const char *values[] = {backend};
    struct pg_conn *second;
    struct pg_result *result = NULL;
    struct err err;
    bool works;

    if (conn->dsn == NULL)
        return false;
    snprintf(backend, sizeof(backend), "%lld", (long long)conn->backend);
    if (!wire_connect_again(conn, &second, &err))
        return has_answered(&err);
    if (pg_exec(second, sql_backend_works, 1, values, &result, &err))
        works = pg_bool(result, 0, 0);
    else
        works = has_answered(&err);
    pg_result_free(result);
    pg_close(second);
    return works;
}
