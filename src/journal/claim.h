/*
 * claim - one process at a time runs (store, job).
 *
 * A claim is a lock of the control connection's session: it ends with that
 * connection, whatever becomes of the process.
 */
#ifndef JOURNAL_CLAIM_H
#define JOURNAL_CLAIM_H

#include "journal/journal.h"

enum { JOURNAL_CLAIM_MS = 5000 };

/* Take the lock, trying for `patience_ms`; `store` and `job` must outlive the
 * claim. Held by somebody else: ERR_LATER
 * with the code LOCKED, who it is in the message. Claimed by this process
 * already: ERR_BUG. */
MUST_CHECK bool
journal_claim(struct journal *journal, const char *store, const char *job,
              int64_t patience_ms, struct err *err);
void
journal_release(struct journal *journal, const char *store, const char *job);

/* The same lock, for one app's refresh token at one store: an address is no
 * store's name, so it is no job's. Held by somebody else: ERR_TRANSIENT with
 * the code LOCKED. Both strings are borrowed until journal_release(). */
MUST_CHECK bool
journal_claim_token(struct journal *journal, const char *base_url,
                    const char *client_id, struct err *err);

/* Is the claim still ours at the server? ERR_LATER with the code CLAIM_LOST
 * when the connection, or the lock behind a transaction-pooling proxy, is
 * gone. */
MUST_CHECK bool journal_check_claim(struct journal *journal, const char *store,
                                    const char *job, struct err *err);

/* For journal_reopen(): the claims held, on a new connection; whoever holds one
 * now keeps it. */
MUST_CHECK bool journal_claim_again(struct journal *journal,
                                    struct pg_conn *conn, struct err *err);

#endif
