/*
 * cluster - a temporary PostgreSQL server for the tests.
 *
 * The server listens only on a Unix socket in a temporary directory. PostgreSQL
 * refuses to run as root, so root starts it as `postgres` or `nobody`. A guard
 * process stops the server and removes all files when the test program has
 * ended, even if it crashed.
 */
#ifndef SUPPORT_CLUSTER_H
#define SUPPORT_CLUSTER_H

#include <stdbool.h>

/* Call it before the first test. PG_BIN, `pg_config --bindir` or Debian's
 * directories have the binaries. A failure ends the program. */
void cluster_start(void);
void cluster_stop(void);

/* Connection strings for the superuser `owner` in database `postgres`, for
 * `owner` in `database`, and for `user` in `database`. They are valid until the
 * next few calls. Only the role `guarded` needs a password: "right". */
const char *cluster_dsn(void);
const char *cluster_dsn_in(const char *database);
const char *cluster_dsn_as(const char *database, const char *user);

/* Create an empty database, with `options` added to CREATE DATABASE. Its name
 * is valid until the program ends. */
const char *cluster_database(const char *options);

/* Run SQL with psql as `owner`. False if it fails. */
bool cluster_psql(const char *database, const char *sql);

/* The directory of the socket. */
const char *cluster_directory(void);

#endif
