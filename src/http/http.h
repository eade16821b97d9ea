/*
 * http - requests and downloads with libcurl, for tasks.
 *
 * This is the only folder that knows curl. The process has one client. It
 * serves all transfers inside the scheduler's wait (http_wait() is the
 * task_wait_fn), so a task simply waits for its answer.
 *
 * TLS certificates are verified. Redirects are not followed; the caller gets
 * the redirect as the answer. Plain http is allowed for loopback addresses
 * only, and proxies from the environment are not used for these. Requests use
 * HTTP/2 if the server offers it. A stream uses HTTP/1.1 and a connection of
 * its own, because a paused HTTP/2 stream blocks the other streams of its
 * connection.
 */
#ifndef HTTP_HTTP_H
#define HTTP_HTTP_H

#include <poll.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"

struct http;

enum { HTTP_HEADER_BYTES = 256 }; /* kept of a header below */

/* A transfer fails if no byte moves in either direction for
 * `stall_timeout_ms`. `user_agent` is borrowed as long as the client exists.
 * Certificate authorities come from the files that CURL_CA_BUNDLE, or
 * SSL_CERT_FILE and SSL_CERT_DIR, name; otherwise from curl's own default.
 * SIGPIPE is ignored from now on, so that a connection that the server closes
 * is an error and does not end the program. */
MUST_CHECK bool http_new(int64_t stall_timeout_ms, const char *user_agent,
                         struct http **http, struct err *err);
void http_free(struct http *http);

/* Set the timeouts of transfers that begin from now on. A complete answer, or
 * the head of a stream, must arrive within `request_timeout_ms`. */
void http_set_timeouts(struct http *http, int64_t stall_timeout_ms,
                       int64_t request_timeout_ms);
int64_t http_stall_timeout(const struct http *http);

/* Read certificate authorities from this file instead. `path` is borrowed. */
void http_set_ca_file(struct http *http, const char *path);

/* The scheduler's wait: call curl_multi_poll() with `fds` as extra descriptors,
 * then let curl work. `http` is the ctx of tasks_init(). */
void http_wait(void *http, struct pollfd *fds, size_t count, int timeout_ms);

/* A rate limit as headers describe it. */
struct http_limit {
    char limit[32];
    char remaining[32];
    char reset[32];
    char cost[32]; /* of this request */
};

/* The status and the headers of an answer. A header that is absent is "". */
struct http_head {
    int status;
    char request_id[64]; /* X-Request-ID */
    char content_range[HTTP_HEADER_BYTES];
    char content_encoding[64];
    char etag[HTTP_HEADER_BYTES];
    char location[HTTP_HEADER_BYTES];
    char retry_after[64];
    char api_version[32];               /* X-Shopify-API-Version */
    char deprecated[HTTP_HEADER_BYTES]; /* X-Shopify-API-Deprecated-Reason */
    char date[40];                      /* Date */
    struct http_limit points;           /* X-RateLimit-*, or RateLimit-* */
    struct http_limit requests;         /* X-RateLimit-Requests-* */
    struct http_limit complexity;       /* X-RateLimit-Complexity-* */
};

struct http_request {
    const char *method; /* "GET" or "POST" */
    const char *url;
    const char *const
        *headers;     /* "Name: value"; the last one is NULL; or NULL */
    struct span body; /* of a POST; borrowed until the answer */
    bool once; /* use a new connection, so that the request is sent only once:
                * curl repeats a request if the server closes a reused one */
    int64_t deadline_ms; /* time of clock_now_ms() by which the request must
                          * end; 0: the client's timeouts are enough */
};

/* Send a request and wait for the complete answer. `body` is cleared first; an
 * answer beyond its ceiling is ERR_FAILED. Every HTTP status counts as success
 * here. If no answer arrives, the errors are
 *     ERR_TRANSIENT  resolving, connecting, a reset, a stall, a timeout, an
 *                    answer that ends early
 *     ERR_CONFIG     the URL, TLS verification or protocol, a proxy that
 *                    refuses, plain http to other than loopback addresses
 *     ERR_STOPPED
 * Messages name the method and the URL without its query part. The code is
 * NOT_SENT if no byte of the request was sent, ANSWER_LOST if some bytes may
 * have arrived, and TOO_LARGE for an answer beyond the ceiling. */
MUST_CHECK bool
http_fetch(struct http *http, const struct http_request *request,
           struct http_head *head, struct buf *body, struct err *err);

/* "libcurl 7.88.1, OpenSSL/3.0.17", for --version. */
const char *http_version_text(void);

#endif
