/*
 * session - what a journal is: the control connection and what it holds.
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
    struct task_lock lock; /* held while the connection is used */
    char uuid[JOURNAL_UUID_BYTES];
    bool has_citus;
    int64_t session_pid; /* of conn at the server */
    char session_start[SESSION_START_BYTES];
    struct journal_claim *claims; /* held; names are the caller's */
    size_t claim_count;
};

#endif
