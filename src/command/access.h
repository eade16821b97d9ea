/*
 * access - what `check` learns of a store's access: who answers, which
 * scopes the app has, and which its queries need.
 *
 * A bulk operation is accepted and fails later where a scope is missing, so
 * each query is sent as an ordinary one for the first row of each connection,
 * which is refused at once and tells why.
 */
#ifndef COMMAND_ACCESS_H
#define COMMAND_ACCESS_H

#include "command/verdict.h"
#include "job/job.h"

enum { ACCESS_SCOPES_MAX = 256 };

/* Names of scopes, in the arena of whoever looks. */
struct scopes {
    const char *names[ACCESS_SCOPES_MAX];
    size_t count;
};

/* One store while it is looked at. */
struct access {
    struct arena arena;
    bool answers; /* so that its queries can be tried */
    struct scopes granted;
    struct scopes missing;
    bool shows_some_orders; /* of 60 days only, and a query asks for orders */
    size_t unchecked;       /* queries that the store's fault stopped */
    const char *query;      /* the first of them */
    struct err why;
};

/* Ask the store who it is; kept where there is a journal. */
void access_check_store(struct access *access, struct context *context,
                        struct store_state *store, struct verdicts *verdicts);

/* Try a query that is prepared. False when it is refused: its verdict is then
 * given, and kept in the job's status. */
bool access_try_query(struct access *access, struct job *job, const char *what,
                      struct verdicts *verdicts);

/* Keep the failure of a query for access_report() if it is the store's fault;
 * false if it is not. */
bool access_collect(struct access *access, const struct store_state *store,
                    const char *query, const struct err *err);

/* One line for all queries that the store's fault stopped. */
void access_report(const struct access *access, const struct store_state *store,
                   struct verdicts *verdicts);

/* All scopes that the store's queries need, in one line to paste. */
void
access_check_scopes(const struct access *access,
                    const struct store_state *store, struct verdicts *verdicts);
void access_free(struct access *access);

#endif
