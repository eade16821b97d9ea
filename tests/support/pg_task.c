#include "support/pg_task.h"

#include <check.h>

#include "base/task.h"

static void
run_body(void *ctx)
{
    void (*body)(void) = *(void (**)(void))ctx;

    body();
}

void
pg_task_run(void (*body)(void))
{
    tasks_init(NULL, NULL);
    task_spawn("test", run_body, &body);
    tasks_run();
}

struct pg_conn *
pg_task_connect(const struct pg_config *config)
{
    struct pg_conn *conn;
    struct err err = {0};

    ck_assert_msg(pg_connect(config, &conn, &err), "%s: %s", err.code,
                  err.message);
    return conn;
}

void
pg_task_script(struct pg_conn *conn, const char *sql)
{
    struct err err = {0};

    ck_assert_msg(pg_script(conn, sql, &err), "%s: %s", err.code, err.message);
}

int
pg_task_backend(struct pg_conn *conn)
{
    struct pg_result *result;
    struct err err = {0};
    int pid;

    ck_assert_msg(
        pg_exec(conn, "SELECT pg_backend_pid()", 0, NULL, &result, &err),
        "%s: %s", err.code, err.message);
    pid = (int)pg_int64(result, 0, 0);
    pg_result_free(result);
    return pid;
}
