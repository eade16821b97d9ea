/*
 * http - requests and downloads over libcurl, from inside tasks.
 *
 * The only folder that knows curl. One client for the process moves every
 * transfer inside the scheduler's wait (http_wait() is the task_wait_fn), so
 * tasks just wait for their answer. TLS is verified, redirects are never
 * followed (they come back as the answer they are), plain http goes to
 * loopback addresses only and proxies of the environment are not used for
 * those. Requests use HTTP/2 where offered; a stream keeps to HTTP/1.1 and a
 * connection of its own, since a paused HTTP/2 stream holds up every other
 * one on its connection.
 */
#ifndef HTTP_HTTP_H
#define HTTP_HTTP_H

#include <poll.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"

struct http;

enum { HTTP_HEADER_BYTES = 256 }; /* kept of each header below */

/* `stall_timeout_ms`: no byte in either direction for so long ends any
 * transfer. `user_agent` is borrowed for the client's life. Certificate
 * authorities come from the files that CURL_CA_BUNDLE, or SSL_CERT_FILE and
 * SSL_CERT_DIR, name; else from where curl was built to look. SIGPIPE is
 * ignored from now on: a peer that hangs up is an error, not our end. */
MUST_CHECK bool http_new(int64_t stall_timeout_ms, const char *user_agent,
                         struct http **http, struct err *err);
void http_free(struct http *http);

/* For the transfers that begin from now on. `request_timeout_ms`: a whole
 * answer, or the head of a stream, takes no longer. */
void http_set_timeouts(struct http *http, int64_t stall_timeout_ms,
                       int64_t request_timeout_ms);
int64_t http_stall_timeout(const struct http *http);

/* Certificate authorities come from this file instead; borrowed. */
void http_set_ca_file(struct http *http, const char *path);

/* The scheduler's wait: curl_multi_poll with `fds` as extra descriptors, then
 * curl's own work. `http` is the ctx. */
void http_wait(void *http, struct pollfd *fds, size_t count, int timeout_ms);

/* What an answer said besides its body; "" where a header was absent. */
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
};

struct http_request {
    const char *method; /* "GET" or "POST" */
    const char *url;
    const char *const *headers; /* "Name: value", ended by NULL; or NULL */
    struct span body;           /* of a POST; borrowed until the answer */
    bool once; /* on a new connection: where the server hangs up on a reused
                * one, curl by itself sends the request again */
    int64_t deadline_ms; /* clock_now_ms(): the answer comes by then, or the
                          * request ends; 0: only the client's timeouts do */
};

/* Send it and wait for the whole answer. `body` is cleared first and keeps
 * its ceiling: a larger answer is ERR_FAILED. Any HTTP status is success
 * here. Without an answer: ERR_TRANSIENT (resolve, connect, reset, stall,
 * out of time, cut short), ERR_CONFIG (URL, TLS verification or protocol, a
 * proxy that refuses, plain http beyond loopback), ERR_STOPPED. Messages name
 * method and URL without its query part. The code is "NOT_SENT" when no byte of
 * the request left, "ANSWER_LOST" when some may have arrived, "TOO_LARGE" for
 * an answer beyond the ceiling. */
MUST_CHECK bool
http_fetch(struct http *http, const struct http_request *request,
           struct http_head *head, struct buf *body, struct err *err);

/* "libcurl 7.88.1, OpenSSL/3.0.17": what --version says. */
const char *http_version_text(void);

#endif
