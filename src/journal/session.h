/*
 * session - struct journal: the control connection and its claims.
 *
 * Private to this folder.
 */
#ifndef JOURNAL_SESSION_H
#define JOURNAL_SESSION_H

#include "base/task.h"
#include "journal/journal.h"

enum { SESSION_START_BYTES = 64 };

struct journal_claim {
    const char *store;
    const char *job;
};

struct journal {
    struct pg_conn *conn;  /* borrowed */
    struct task_lock lock; /* held by the task that uses the connection */
    char uuid[JOURNAL_UUID_BYTES];
    uint64_t hash_secret;
    bool has_citus;
    int64_t session_pid; /* of the server's backend for `conn`; 0: not known */
    char session_start[SESSION_START_BYTES];
    struct journal_claim *claims; /* names are borrowed */
    size_t claim_count;
};

#endif
