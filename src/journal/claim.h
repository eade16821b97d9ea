/*
 * claim - the lock of a job, so that one process at a time runs (store, job).
 *
 * A claim is an advisory lock of the control connection's session. It ends with
 * that session, also if the process is killed.
 */
#ifndef JOURNAL_CLAIM_H
#define JOURNAL_CLAIM_H

#include "journal/journal.h"

enum { JOURNAL_CLAIM_MS = 5000 };

/* Queue the claim, so that questions asked ahead are asked after it, in the
 * same wait. journal_claim() must follow. */
void journal_claim_ahead(const struct journal *journal, struct pg_conn *conn,
                         const void *owner, const char *store, const char *job);

/* Take the lock, waiting at most `patience_ms`. `store` and `job` are borrowed
 * until journal_release(). ERR_LATER with the code LOCKED if another process
 * has the lock; the message names its session. ERR_BUG if this process already
 * has it. */
MUST_CHECK bool
journal_claim(struct journal *journal, const char *store, const char *job,
              int64_t patience_ms, struct err *err);
void
journal_release(struct journal *journal, const char *store, const char *job);

/* The same with the journal's next statement, in its wait, which must follow
 * soon: another process may be waiting for the lock. */
void journal_release_soon(struct journal *journal, const char *store,
                          const char *job);

/* Does any session have the lock? Only a hint: that may change at once. */
MUST_CHECK bool
journal_is_claimed(struct journal *journal, const char *store, const char *job,
                   bool *claimed, struct err *err);

/* The same kind of lock for an app's refresh token at a store. Its key never
 * equals that of a job, because an address is not a valid store name.
 * ERR_TRANSIENT with the code LOCKED if another process has the lock. Both
 * strings are borrowed until journal_release(). */
MUST_CHECK bool
journal_claim_token(struct journal *journal, const char *base_url,
                    const char *client_id, struct err *err);

/* Ask the server whether the control connection's session still has the lock.
 * ERR_LATER with the code CLAIM_LOST if the connection is lost, or if a proxy
 * that pools transactions has switched to another session. */
MUST_CHECK bool journal_check_claim(struct journal *journal, const char *store,
                                    const char *job, struct err *err);

/* For journal_reopen(): take all claims again on a new connection. A claim that
 * another process has taken since is not an error here; journal_check_claim()
 * finds it. */
MUST_CHECK bool journal_claim_again(struct journal *journal,
                                    struct pg_conn *conn, struct err *err);

/* Ask ahead what journal_check_claim() asks: see pg/queue.h. */
void journal_check_claim_ahead(const struct journal *journal,
                               struct pg_conn *conn, const void *owner,
                               const char *store, const char *job);

#endif
