/*
 * cluster - a PostgreSQL server of the tests' own, thrown away afterwards.
 *
 * Listens on a Unix socket in a temporary directory and nowhere else. The
 * server will not run as root: root starts it as `postgres` or `nobody`. A
 * process of its own stops it and removes everything once the test program
 * is gone, however it went.
 */
#ifndef SUPPORT_CLUSTER_H
#define SUPPORT_CLUSTER_H

#include <stdbool.h>

/* Before the first test. The binaries are found by PG_BIN, `pg_config
 * --bindir`, or in Debian's directories. Ends the program when it fails. */
void cluster_start(void);
void cluster_stop(void);

/* Connection string for the superuser `owner` in database `postgres`; in
 * `database`; in `database` as `user`. Valid until the next few calls. Roles
 * need no password, but for `guarded`, whose is "right". */
const char *cluster_dsn(void);
const char *cluster_dsn_in(const char *database);
const char *cluster_dsn_as(const char *database, const char *user);

/* A new empty database; its name is valid as long as the program. `options`
 * is added to CREATE DATABASE. */
const char *cluster_database(const char *options);

/* Run SQL with psql as `owner`; false when it failed. */
bool cluster_psql(const char *database, const char *sql);

/* The directory of the socket. */
const char *cluster_directory(void);

#endif
