/*
 * request - one GraphQL request with all its retries, to any server.
 *
 *   authorize ─► POST ─► judge ─┬─► the answer
 *       ▲                       ├─► an error that a retry would not change
 *       │                       │
 *       ├── at once, one time ──┤   the credential was refused
 *       └── wait (patience.h) ──┘   it may work later
 *
 * A request with a `user` starts when the server's rate limit allows it
 * (rate.h). A wait that the server announces is not a failure, and does not
 * use the budget. If it would be longer than an hour, the request ends with
 * ERR_LATER.
 *
 * The two hooks know the server's credentials and the meaning of its answers.
 * The rules for retries are the same for every server.
 */
#ifndef API_REQUEST_H
#define API_REQUEST_H

#include <stddef.h>

#include "api/patience.h"
#include "api/rate.h"
#include "base/arena.h"
#include "http/http.h"

struct request {
    const char *what; /* its class, and its name in messages: "poll" */
    const char *document;
    const char *variables; /* a JSON object; or NULL */
    size_t reply_ceiling;  /* of the answer, in bytes. 0: 4 MiB, enough for
                            * everything except types. If set, a larger answer
                            * is ERR_FAILED, else ERR_TRANSIENT */
    bool outer;  /* members of `data` stay JSON text: json_parse_outer() */
    bool once;   /* do not send it twice blindly: see request_send() */
    bool finish; /* once sent, wait for the answer even while stopping */
    int64_t deadline_ms; /* clock_now_ms() at which it ends with ERR_LATER,
                          * without giving up the server; 0: only the budget
                          * limits it */

    /* For requests of pages. */
    struct rate_user *user; /* whose turn it is; NULL: the request does not
                             * wait for the rate */
    double points;          /* what it costs, about */
    bool partial;           /* `data` with `errors` is an answer, too */
    bool takes_errors; /* so are `errors` without data, unless they say that a
                        * retry may work */
    bool has_worked;   /* the document was answered before, so an error without
                      * data may pass */
    bool hides_words;  /* errors do not have the server's words, unless these
                        * are about the document: they may quote a value that
                        * the query masks */
    const bool *given_up; /* *given_up true: nobody waits for the answer any
                           * more, so there are no more tries; NULL: never */

    /* Ask for fewer rows, after a time-out, 502, 504, a refusal because of
     * complexity, or an answer that is too large. It returns the variables to
     * send instead, which live as long as the request; NULL: no smaller page
     * is possible. NULL: the request cannot be made smaller. */
    const char *(*smaller)(void *ctx, const struct err *why);
    void *smaller_ctx;
};

/* A try in progress, as the hooks see it. The hooks change only the last three
 * members. */
struct request_try {
    const struct request *request;
    const struct log_ctx *log;
    struct arena *arena; /* for what judge reads; empty when a try begins */
    int64_t deadline_ms; /* when the try must have ended */
    bool was_renewed;    /* a new credential was requested already */
    /* ---- */
    int64_t wait_ms; /* how long the server asks bulkpg to wait; 0: not known */
    struct rate_told told; /* what the answer says about the rate */
    bool is_stale; /* set by judge if the credential was refused and can be
                      * replaced. authorize is then called with it still set */
};

/* Header lines. They are wiped after they were sent. */
struct request_headers;

/* Add "name: value"; false if the headers are full. */
MUST_CHECK bool request_header(struct request_headers *headers,
                               const char *name, const char *value);

struct request_hooks {
    /* Add the headers that authenticate bulkpg. If it fails, nothing is
     * sent. */
    bool (*authorize)(void *ctx, struct request_try *now,
                      struct request_headers *headers, struct err *err);

    /* Decide what the answer means. `body` lives as long as the arena, and
     * secrets in it are hidden. ERR_TRANSIENT: a retry may work. ERR_LATER:
     * the server wants no more requests. */
    bool (*judge)(void *ctx, struct request_try *now,
                  const struct http_head *head, struct span body,
                  struct err *err);
    void *ctx;
};

struct request_server {
    struct http *http;
    const char *url;
    struct patience *patience;
    struct rate *rate; /* NULL: no request waits for it */
};

/* Send `request` until it succeeds, fails for good, or its budget is spent
 * (then ERR_LATER). What judge read is in `arena`, even after a failure.
 *
 * With `once` it is sent again only if the server said that it did nothing (a
 * stale credential, THROTTLED). If the answer is lost, the error is
 * ERR_TRANSIENT with the code "ANSWER_LOST" if the request may have reached
 * the server, and "NOT_SENT" if it cannot have. */
MUST_CHECK bool
request_send(const struct request_server *server, const struct request *request,
             const struct request_hooks *hooks, const struct log_ctx *log,
             struct arena *arena, struct err *err);

#endif
