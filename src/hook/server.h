/*
 * server - an HTTP server for webhooks, inside our tasks.
 *
 *     POST /        a webhook; the headers say of which store
 *     POST /STORE   the same, of this store
 *     GET /health   200 if webhooks can be taken, else 503
 *
 * This is the only file that knows libmicrohttpd. The library has no threads
 * here: server_run() waits for its one epoll descriptor. TLS belongs to the
 * proxy before the server.
 *
 * Any client may connect, so everything has a limit: connections, the time for
 * a request's head and for its body (10 s each), headers (8 KiB), a body
 * (1 MiB), and all bodies together.
 */
#ifndef HOOK_SERVER_H
#define HOOK_SERVER_H

#include "base/err.h"
#include "hook/delivery.h"

struct server;
struct server_request;

/* What the server calls. `take` returns the status to answer a request with, or
 * 0: server_answer() will be called. */
struct server_handler {
    unsigned (*take)(void *ctx, const struct delivery *delivery,
                     struct server_request *request);
    bool (*is_well)(void *ctx);
    void *ctx;
};

struct server_limits {
    unsigned connections;
    size_t bodies_bytes; /* of all together */
};

/* How many connections the process may have, from its limit on open files,
 * which is raised as far as it may be. ERR_CONFIG with the code LISTEN_FILES if
 * that is too few. */
MUST_CHECK bool server_connections(unsigned *connections, struct err *err);

/* Listen on a numeric address. Port 0: any free one. ERR_FAILED with the code
 * LISTEN_ADDRESS. */
MUST_CHECK bool
server_new(const char *address, int port, const struct server_limits *limits,
           const struct server_handler *handler, struct server **server,
           struct err *err);
void server_free(struct server *server);

/* The port that it listens on. */
int server_port(const struct server *server);

/* Serve until the task is stopped. Then take no more requests, finish those
 * that have begun, and close all connections. */
void server_run(struct server *server);

/* Answer a request for which `take` returned 0. */
void server_answer(struct server_request *request, unsigned status);

#endif
