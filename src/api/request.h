/*
 * request - one GraphQL request over all its tries, whoever the server is.
 *
 *   authorize ─► POST ─► judge ─┬─► the answer
 *       ▲                       ├─► an error that no other try would change
 *       │                       │
 *       ├── at once, one time ──┤   the credential was refused
 *       └── wait (patience.h) ──┘   it may work later
 *
 * What a credential is and what an answer means is for the two hooks. What is
 * tried again, after how long and for how long is the same for every server.
 */
#ifndef API_REQUEST_H
#define API_REQUEST_H

#include <stddef.h>

#include "api/patience.h"
#include "base/arena.h"
#include "http/http.h"

struct request {
    const char *what; /* its class, and its name in messages: "poll" */
    const char *document;
    const char *variables; /* a JSON object; or NULL */
    size_t reply_ceiling;  /* 0: 4 MiB, enough for anything but types; where
                            * it is given, a larger answer is ERR_FAILED */
    bool outer;  /* members of `data` stay JSON text: json_parse_outer() */
    bool once;   /* not to be repeated blindly: see request_send() */
    bool finish; /* once sent, its answer is waited for even while stopping */
    int64_t deadline_ms; /* clock_now_ms(): no longer, then ERR_LATER without
                          * giving up the server; 0: as the budget says */
};

/* A try under way, as the hooks see it. */
struct request_try {
    const struct request *request; /* read only, as all above the line */
    const struct log_ctx *log;
    struct arena *arena; /* what is read of the answer; empty at first */
    int64_t deadline_ms; /* when the try must have ended */
    bool was_renewed;    /* another credential has been asked for: no more */
    /* ---- */
    int64_t wait_ms; /* how long the server asks us to wait; 0: not said */
    bool is_stale;   /* judge: the credential was refused, and another can be
                      * had. Then authorize is called again, with it set. */
};

/* Header lines, wiped when they have been sent. */
struct request_headers;

/* Add "name: value"; false when there is no room for it. */
MUST_CHECK bool request_header(struct request_headers *headers,
                               const char *name, const char *value);

struct request_hooks {
    /* Add the headers that the server knows us by. Without them nothing is
     * sent. */
    bool (*authorize)(void *ctx, struct request_try *now,
                      struct request_headers *headers, struct err *err);

    /* What does this answer mean? `body` lives as long as the arena; secrets
     * that it repeats are hidden. ERR_TRANSIENT: it may work later;
     * ERR_LATER: the server does not want to be asked again. */
    bool (*judge)(void *ctx, struct request_try *now,
                  const struct http_head *head, struct span body,
                  struct err *err);
    void *ctx;
};

struct request_server {
    struct http *http;
    const char *url;
    struct patience *patience;
};

/* Send `request` until it succeeds, is refused for good, or its budget is
 * spent (then ERR_LATER). What judge read is in `arena`, also after a failure.
 *
 * With `once` it is tried again only where the server said that it did nothing
 * (a stale credential, THROTTLED). A lost answer is then ERR_TRANSIENT with
 * the code "ANSWER_LOST" when the request may have reached the server, and
 * "NOT_SENT" when it cannot have. */
MUST_CHECK bool
request_send(const struct request_server *server, const struct request *request,
             const struct request_hooks *hooks, const struct log_ctx *log,
             struct arena *arena, struct err *err);

#endif
