/*
 * transfer - one exchange with a server, for which one task waits.
 *
 * Private to this folder. It is the common part of fetches and streams: the
 * curl handle with all options for security, the head of the answer, the wait
 * with its timeouts, and the error messages.
 */
#ifndef HTTP_TRANSFER_H
#define HTTP_TRANSFER_H

#include <curl/curl.h>

#include "base/task.h"
#include "http/http.h"
#include "http/trust.h"

struct http {
    CURLM *multi;
    int64_t stall_timeout_ms;
    int64_t request_timeout_ms;
    const char *user_agent;
    struct trust trust;
    struct curl_waitfd *extra; /* for http_wait(); kept between the waits */
    size_t extra_capacity;
};

enum transfer_mode {
    TRANSFER_WHOLE, /* with gzip and HTTP/2, if the server offers them */
    TRANSFER_STREAM /* without gzip, on a connection of its own */
};

/* It must not move between start and end, because curl has its address. */
struct transfer {
    struct http *http;
    CURL *easy;
    struct curl_slist *headers;
    char name[256]; /* "GET https://host/path", for messages */
    struct http_head head;
    bool head_done; /* the head of a final answer is complete */
    bool ended;     /* curl has finished, with `result` */
    CURLcode result;
    int64_t began_ms;
    int64_t end_ms;            /* when it must have ended, or CLOCK_NEVER */
    int64_t active_ms;         /* when a byte moved last, or a wait began */
    curl_off_t sent, received; /* bytes, as curl last reported them */
    struct task_queue waiting;
    char error_text[CURL_ERROR_SIZE];
};

/* curl calls `on_body` with `ctx` for the bytes of the body. */
MUST_CHECK bool
transfer_start(struct transfer *transfer, struct http *http,
               const struct http_request *request, enum transfer_mode mode,
               curl_write_callback on_body, void *ctx, struct err *err);
void transfer_end(struct transfer *transfer);

/* A byte moved, or a wait begins: restart the stall timeout. */
void transfer_touch(struct transfer *transfer);

/* Wait until a callback or the end of the transfer wakes the task. */
MUST_CHECK bool transfer_wait(struct transfer *transfer, struct err *err);

/* Did an ended transfer get the complete answer? curl alone accepts a part of a
 * head as an answer. */
bool transfer_is_whole(const struct transfer *transfer);

/* Set the error of an ended transfer. Always returns false. */
bool transfer_failed(struct transfer *transfer, struct err *err);

#endif
