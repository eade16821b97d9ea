/*
 * journal - schema bulkpg: what ran, what is owned, how far we came.
 *
 *     claim ─► run_begin ─► operation_add ─► run_status … ─► run_loading
 *           ─► run_status(MERGING) ─► [fence … finish_in] ─► release
 *
 * All statements are files of sql/. They run on the process's one control
 * connection, one at a time: tasks wait for each other here. A statement once
 * sent is waited for even while stopping, so none is left half known; waiting
 * for the connection itself ends with ERR_STOPPED.
 *
 * Functions that end in _in run on a connection of the caller's, inside its
 * transaction, so that they commit with its rows; journal_fence() belongs to
 * them. Points in time are text, "2026-01-02T03:04:05Z", NULL where SQL has
 * NULL; ages are milliseconds by the database's clock. Counts are -1 where
 * SQL has NULL. Text handed out lives in the caller's arena.
 */
#ifndef JOURNAL_JOURNAL_H
#define JOURNAL_JOURNAL_H

#include <stddef.h>

#include "base/err.h"
#include "pg/conn.h"

struct arena;
struct journal;

enum { JOURNAL_UUID_BYTES = 37, JOURNAL_TIME_BYTES = 40 };

/* ---- open -------------------------------------------------------------- */

/* Borrow `conn` and bring the journal up to this program's version; several
 * processes may do so at once. With `make` false nothing is made or changed,
 * and no journal is ERR_CONFIG with the code NO_JOURNAL, one that is not up to
 * date JOURNAL_OLDER. A journal newer than the program: JOURNAL_NEWER. No
 * right to make it: ERR_DENIED, the GRANT to run as hint. */
MUST_CHECK bool journal_open(struct pg_conn *conn, bool make,
                             struct journal **journal, struct err *err);

/* Frees; the connection stays open, and with it its claims. */
void journal_close(struct journal *journal);

/* Go on with `conn` in place of the connection that was lost, whose session
 * is ended where the server still holds it, and take the claims again. One
 * that cannot be had is missed by journal_check_claim(). On failure the old
 * connection stays. */
MUST_CHECK bool
journal_reopen(struct journal *journal, struct pg_conn *conn, struct err *err);

const char *journal_uuid(const struct journal *journal);

/* Does the database have Citus, on which every commit costs round trips to its
 * workers? */
bool journal_has_citus(const struct journal *journal);

/* USAGE and SELECT on the journal for `role`. An unknown role: ERR_CONFIG. */
MUST_CHECK bool
journal_grant(struct journal *journal, const char *role, struct err *err);

/* SELECT on our tables and views in `schema` for `role`, where it lacks it: a
 * reader may be named long after they were made. */
MUST_CHECK bool
journal_grant_tables(struct journal *journal, const char *schema,
                     const char *role, struct err *err);

/* The control connection for statements of one's own (DDL, catalogs), until
 * given back; everybody else waits meanwhile. */
MUST_CHECK bool
journal_borrow(struct journal *journal, struct pg_conn **conn, struct err *err);
void journal_give_back(struct journal *journal);

/* Connections this role may still open in this database. */
MUST_CHECK bool journal_free_connections(struct journal *journal,
                                         int64_t *count, struct err *err);

/* ---- housekeeping ------------------------------------------------------ */

/* Forget ended runs and rejects older than these; of each store and job the
 * newest run and the last good one stay. */
MUST_CHECK bool journal_prune(struct journal *journal, int64_t journal_keep_ms,
                              int64_t rejects_keep_ms, struct err *err);

#endif
