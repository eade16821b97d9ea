/*
 * pg_task - runs the body of a test as a task, with sessions in the cluster.
 */
#ifndef SUPPORT_PG_TASK_H
#define SUPPORT_PG_TASK_H

#include "pg/conn.h"

/* Run `body` as a task, and wait for it and all tasks that it spawns. */
void pg_task_run(void (*body)(void));

/* Call them inside a task. If they fail, the test fails. */
struct pg_conn *pg_task_connect(const struct pg_config *config);
void pg_task_script(struct pg_conn *conn, const char *sql);
int pg_task_backend(struct pg_conn *conn); /* its process id */

#endif
