/*
 * journal - the schema bulkpg: runs, operations, rejects, relations,
 * watermarks.
 *
 *     claim ─► run_begin ─► operation_add ─► run_status … ─► run_loading
 *           ─► run_status(MERGING) ─► [fence … finish_in] ─► release
 *
 * All statements are files in sql/. They run on the process's one control
 * connection, one at a time; tasks wait for their turn. A stop ends this wait
 * with ERR_STOPPED, but it does not interrupt a statement that has been sent,
 * so its outcome is always known.
 *
 * Functions that end in _in, and those named journal_queue_, run on the
 * caller's connection, inside its transaction, so that they commit with its
 * rows.
 *
 * Points in time are text, "2026-01-02T03:04:05Z"; SQL NULL is NULL. Ages are
 * milliseconds by the database's clock. Counts are numbers; SQL NULL is -1.
 * Text that a function returns is in the caller's arena.
 */
#ifndef JOURNAL_JOURNAL_H
#define JOURNAL_JOURNAL_H

#include <stddef.h>

#include "base/err.h"
#include "pg/queue.h"

struct arena;
struct journal;

enum { JOURNAL_UUID_BYTES = 37, JOURNAL_TIME_BYTES = 40 };

/* ---- open -------------------------------------------------------------- */

/* Open the journal on `conn`, which is borrowed.
 *
 * With `make`, the journal is created or migrated to this program's version;
 * several processes may do this at the same time. Without `make`, nothing is
 * changed: ERR_CONFIG with the code NO_JOURNAL if the journal does not exist,
 * or with JOURNAL_OLDER if it is older than this program. Always: ERR_CONFIG
 * with JOURNAL_NEWER if it is newer, and ERR_DENIED if the role lacks a
 * privilege; the hint is the GRANT to run. */
MUST_CHECK bool journal_open(struct pg_conn *conn, bool make,
                             struct journal **journal, struct err *err);

/* Ask ahead what journal_open() and journal_free_connections() ask. */
void journal_open_ahead(struct pg_conn *conn, const void *owner);

/* Free the journal. The connection stays open and keeps its claims. */
void journal_close(struct journal *journal);

/* Use `conn` instead of the connection that was lost, and take the claims
 * again. If the server still has the old session, it is ended first. If another
 * process has taken a claim, journal_check_claim() reports it. On failure the
 * journal keeps the old connection. */
MUST_CHECK bool
journal_reopen(struct journal *journal, struct pg_conn *conn, struct err *err);

const char *journal_uuid(const struct journal *journal);

/* The secret that the hashes of rows are made with. */
uint64_t journal_hash_secret(const struct journal *journal);

/* True if the database has Citus. Each commit then needs round trips to the
 * workers. */
bool journal_has_citus(const struct journal *journal);

/* Grant USAGE and SELECT on the journal to `role`. ERR_CONFIG with the code
 * NO_ROLE if the role does not exist. */
MUST_CHECK bool
journal_grant(struct journal *journal, const char *role, struct err *err);

/* Grant SELECT on bulkpg's tables and views in `schema` to `role`, if it lacks
 * it: a user may add a reader long after the tables were created. */
MUST_CHECK bool
journal_grant_tables(struct journal *journal, const char *schema,
                     const char *role, struct err *err);

/* Borrow the control connection for other statements, such as DDL. Other tasks
 * that use the journal wait until journal_give_back(). */
MUST_CHECK bool
journal_borrow(struct journal *journal, struct pg_conn **conn, struct err *err);
void journal_give_back(struct journal *journal);

/* Get the number of connections that this role can still open to this
 * database. */
MUST_CHECK bool journal_free_connections(struct journal *journal,
                                         int64_t *count, struct err *err);

/* Did a transaction fail at the fence of its run or push? `ours` is the answer
 * to the fence. */
bool journal_fence_failed(const struct pg_result *ours, const struct err *err);

/* ---- housekeeping ------------------------------------------------------ */

/* How long the journal keeps ended runs and pushes, rejects, and what pushes
 * sent. */
struct journal_keep {
    int64_t journal_ms;
    int64_t rejects_ms;
    int64_t push_ms;
};

/* Delete what is older, and frontiers that are no longer needed. The newest run
 * and the last good run of each store and job are kept. Those with --ids,
 * events, and objects that no job fetches are kept for 7 days. */
MUST_CHECK bool journal_prune(struct journal *journal,
                              const struct journal_keep *keep, struct err *err);

#endif
