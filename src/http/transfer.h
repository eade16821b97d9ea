/*
 * transfer - one exchange with a server, waited for by one task.
 *
 * Private to this folder. What fetches and streams have in common: the curl
 * handle with every option that keeps us safe, the answer's head, the wait
 * and its patience, and what went wrong in words.
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
    struct curl_waitfd *extra; /* of http_wait(), kept between turns */
    size_t extra_capacity;
};

enum transfer_mode {
    TRANSFER_WHOLE, /* gzip and HTTP/2 welcome */
    TRANSFER_STREAM /* bytes as they are, on a connection of its own */
};

/* Must not move between start and end: curl holds its address. */
struct transfer {
    struct http *http;
    CURL *easy;
    struct curl_slist *headers;
    char name[256]; /* "GET https://host/path", for messages */
    struct http_head head;
    bool head_done; /* no interim answer, and its last line came */
    bool ended;     /* curl has finished, with `result` */
    CURLcode result;
    int64_t began_ms;
    int64_t end_ms;            /* it takes no longer; CLOCK_NEVER: no limit */
    int64_t active_ms;         /* a byte moved last, or a wait began */
    curl_off_t sent, received; /* as curl counted when asked last */
    struct task_queue waiting;
    char error_text[CURL_ERROR_SIZE];
};

/* Body bytes go to `on_body(…, ctx)`, a write callback of curl's. */
MUST_CHECK bool
transfer_start(struct transfer *transfer, struct http *http,
               const struct http_request *request, enum transfer_mode mode,
               curl_write_callback on_body, void *ctx, struct err *err);
void transfer_end(struct transfer *transfer);

/* A byte moved, or somebody begins to wait: patience starts anew. */
void transfer_touch(struct transfer *transfer);

/* Wait until a callback or the end of the transfer wakes us. */
MUST_CHECK bool transfer_wait(struct transfer *transfer, struct err *err);

/* Did an ended transfer bring all that was announced? curl alone takes the
 * half of a head for an answer. */
bool transfer_is_whole(const struct transfer *transfer);

/* Why an ended transfer failed. Always returns false. */
bool transfer_failed(struct transfer *transfer, struct err *err);

#endif
