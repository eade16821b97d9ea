/*
 * pg_task - a test's body as a task, and its sessions with the cluster.
 */
#ifndef SUPPORT_PG_TASK_H
#define SUPPORT_PG_TASK_H

#include "pg/conn.h"

/* Run `body` as a task, until it and all it spawned are done. */
void pg_task_run(void (*body)(void));

/* Inside a task; the test fails when they do. */
struct pg_conn *pg_task_connect(const struct pg_config *config);
void pg_task_script(struct pg_conn *conn, const char *sql);
int pg_task_backend(struct pg_conn *conn); /* its process id */

#endif
