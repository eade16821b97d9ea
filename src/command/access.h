/*
 * access - how `check` examines the access to a store: whether it answers,
 * which scopes the app has, and which scopes the queries need.
 *
 * A bulk operation with a missing scope is accepted and fails later. An
 * ordinary query is refused at once, with the reason. So each query is sent as
 * an ordinary one for the first row of each connection.
 */
#ifndef COMMAND_ACCESS_H
#define COMMAND_ACCESS_H

#include "command/verdict.h"
#include "job/job.h"

enum { ACCESS_SCOPES_MAX = 256 };

/* Names of scopes, in the arena of struct access. */
struct scopes {
    const char *names[ACCESS_SCOPES_MAX];
    size_t count;
};

/* The state of one store during a check. */
struct access {
    struct arena arena;
    bool answers; /* the store answers, and its queries can be tried */
    struct scopes granted;
    struct scopes missing;
    bool shows_some_orders; /* the store shows orders of 60 days only, and a
                             * query asks for orders */
    size_t unchecked;       /* queries that a fault of the store stopped */
    const char *query;      /* the first of these queries */
    struct err why;
};

/* Ask the store for its shop and scopes, and save the shop if there is a
 * journal. */
void access_check_store(struct access *access, struct context *context,
                        struct store_state *store, struct verdicts *verdicts);

/* Try a prepared query. If the store refuses it, report that, set the job's
 * status and return false. */
bool access_try_query(struct access *access, struct job *job, const char *what,
                      struct verdicts *verdicts);

/* A mutation cannot be tried. Does the app have one of these scopes ("a|b";
 * NULL: they are not known)? If not, report that and return false. */
MUST_CHECK bool
access_has_scopes(struct access *access, const char *scopes, const char *place,
                  const char *what, struct verdicts *verdicts);

/* If the failure of a query is a fault of the store, keep it for
 * access_report() and return true. */
bool access_collect(struct access *access, const struct store_state *store,
                    const char *query, const struct err *err);

/* Report, in one line, all queries that a fault of the store stopped. */
void access_report(const struct access *access, const struct store_state *store,
                   struct verdicts *verdicts);

/* Report all scopes that the store's queries need, in one line to paste. */
void
access_check_scopes(const struct access *access,
                    const struct store_state *store, struct verdicts *verdicts);
void access_free(struct access *access);

#endif
