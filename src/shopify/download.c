/*
 * A loop of tries around one offset:
 *
 *     open ─► check head ─► read ... ─► end
 *      ▲                      │
 *      └── wait, with Range ──┘  broken, stalled, slow, 5xx
 *
 * A request from the middle has Range and If-Range. Its answer must continue
 * exactly at the offset, in the same file; else the caller has to begin again
 * from byte 0 (RESTART).
 *
 * What counts against the file is counted: tries in a row that brought no byte
 * (fruitless), and windows of stall_timeout with less than 1 kB/s, waits
 * included (meter). A storage that cannot be reached is not the file's fault:
 * only the budget of the class ends that.
 *
 * Hazard: after the last byte an error means nothing, whatever it is.
 */
#include "shopify/download.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/retry.h"
#include "http/stream.h"
#include "http/url.h"
#include "shopify/answer.h"

enum { MOST_FRUITLESS = 3 };

/* What came while it was waited for: 1 kB/s is a byte per millisecond. */
struct meter {
    int64_t waited_ms;
    int64_t bytes;
    int slow; /* windows in a row that brought too little */
};

struct download {
    struct http *http;
    char *url;
    int64_t file_size;  /* -1: unknown */
    int64_t offset;     /* bytes handed out */
    int64_t try_offset; /* of them before the request that is under way */
    struct backoff backoff;
    const struct log_ctx *log;
    struct http_stream *stream; /* NULL: between two requests */
    char etag[HTTP_HEADER_BYTES];
    int fruitless; /* tries in a row that brought no byte */
    struct meter meter;
    bool is_late; /* the stream that is open is too slow to be kept */
    bool ended;
};

struct download *
download_new(struct http *http, const char *url, int64_t file_size,
             struct backoff backoff, const struct log_ctx *log)
{
    struct download *download = mem_alloc(sizeof(*download));

    download->http = http;
    download->url = mem_strdup(url);
    download->file_size = file_size;
    download->backoff = backoff;
    download->log = log;
    return download;
}

void
download_free(struct download *download)
{
    if (download == NULL)
        return;
    http_stream_close(download->stream);
    explicit_bzero(download->url, strlen(download->url));
    free(download->url);
    free(download);
}

static bool
has_all(const struct download *download)
{
    return download->file_size >= 0 && download->offset == download->file_size;
}

/* ---- speed ------------------------------------------------------------- */

/* A storage that sends a byte now and then would be read for years. */
static void
measure(struct download *download, int64_t since_ms, size_t bytes)
{
    struct meter *meter = &download->meter;

    meter->waited_ms += clock_now_ms() - since_ms;
    meter->bytes += (int64_t)bytes;
    if (meter->waited_ms < http_stall_timeout(download->http))
        return;
    download->is_late = meter->bytes < meter->waited_ms;
    *meter = (struct meter){.slow = download->is_late ? meter->slow + 1 : 0};
}

static bool
too_slow(const struct download *download, struct err *err)
{
    char window[32];

    return err_set(err, MSG_TOO_SLOW,
                   "the result arrives at less than 1 kB/s over %s",
                   duration_format(http_stall_timeout(download->http), window));
}

/* ---- heads ------------------------------------------------------------- */

static bool
restart(struct err *err, const char *why)
{
    return err_set(err, MSG_RESTART, "the result must be read anew: %s", why);
}

/* "bytes 1000-1999/2000" has to go on exactly where we are. */
static bool
check_range(const struct download *download, const struct http_head *head,
            struct err *err)
{
    int64_t first, last, size = -1;
    int fields =
        sscanf(head->content_range, "bytes %" SCNd64 "-%" SCNd64 "/%" SCNd64,
               &first, &last, &size);

    if (fields < 2 || first != download->offset || last < first)
        return restart(err, "its storage sent another range than asked for");
    if (size >= 0 && download->file_size >= 0 && size != download->file_size)
        return restart(err, "its size has changed");
    if (download->etag[0] != '\0' && head->etag[0] != '\0' &&
        strcmp(download->etag, head->etag) != 0)
        return restart(err, "it is another file now (ETag)");
    return true;
}

/* If-Range takes strong validators only; one cut short is none. */
static void
keep_etag(struct download *download, const struct http_head *head)
{
    download->etag[0] = '\0';
    if (head->etag[0] == '"' && strlen(head->etag) < HTTP_HEADER_BYTES - 1)
        memcpy(download->etag, head->etag, sizeof(download->etag));
}

static bool
check_encoding(const struct http_head *head, struct err *err)
{
    if (head->content_encoding[0] == '\0' ||
        strcmp(head->content_encoding, "identity") == 0)
        return true;
    return err_set(err, MSG_ENCODING,
                   "the result came with Content-Encoding %s, "
                   "which nobody asked for",
                   head->content_encoding);
}

static bool
is_lapsed(int status)
{
    return status == 400 || status == 403 || status == 404 || status == 410;
}

static bool
refuse_status(const struct http_head *head, struct err *err)
{
    bool later = head->status >= 500 || head->status == 408 ||
                 head->status == 416 || head->status == 429;
    char code[40], host[128];

    if (is_lapsed(head->status)) {
        return err_set(err, MSG_URL_LAPSED,
                       "the result's URL has lapsed (HTTP %d)", head->status);
    }
    if (head->status >= 300 && head->status < 400) {
        err_set(err, MSG_REDIRECTED,
                "the result's storage redirects us to %s "
                "(HTTP %d): refused",
                answer_location_host(head, host, sizeof(host)), head->status);
        err_as(err, ERR_FAILED);
        return err_hint(err, "is there a proxy between? Run it again");
    }
    err_set(err, MSG_HTTP_, "the result's storage answered HTTP %d",
            head->status);
    snprintf(code, sizeof(code), "HTTP_%d", head->status);
    err_as(err, later ? ERR_TRANSIENT : ERR_FAILED);
    return err_given(err, code);
}

static bool
check_head(struct download *download, const struct http_head *head,
           struct err *err)
{
    if (head->status == 206 && download->offset > 0)
        return check_encoding(head, err) && check_range(download, head, err);
    if (head->status != 200)
        return refuse_status(head, err);
    if (download->offset > 0)
        return restart(err, "its storage sent all of it again, not the rest");
    keep_etag(download, head);
    return check_encoding(head, err);
}

/* ---- one try ----------------------------------------------------------- */

static bool
open_stream(struct download *download, struct err *err)
{
    char range[64], if_range[HTTP_HEADER_BYTES + 16];
    const char *headers[3] = {NULL, NULL, NULL};
    struct http_request request = {.method = "GET",
                                   .url = download->url,
                                   .headers = headers,
                                   .deadline_ms =
                                       backoff_deadline(&download->backoff)};

    download->try_offset = download->offset;
    if (download->offset > 0) {
        snprintf(range, sizeof(range), "Range: bytes=%" PRId64 "-",
                 download->offset);
        headers[0] = range;
        if (download->etag[0] != '\0') {
            snprintf(if_range, sizeof(if_range), "If-Range: %s",
                     download->etag);
            headers[1] = if_range;
        }
    }
    return http_stream_open(download->http, &request, &download->stream, err);
}

static void
close_stream(struct download *download)
{
    http_stream_close(download->stream);
    download->stream = NULL;
}

/* A storage's own page instead of the file: no line of JSON begins so. */
static bool
check_first_byte(const struct download *download, struct span chunk,
                 struct err *err)
{
    if (download->offset > 0 || !span_starts(chunk, "<"))
        return true;
    return err_set(err, MSG_NOT_JSONL,
                   "the result's storage sent a page of HTML or "
                   "XML instead of the result");
}

static bool
take(struct download *download, struct span chunk, struct err *err)
{
    if (!check_first_byte(download, chunk, err))
        return false;
    download->offset += (int64_t)chunk.length;
    if (download->file_size >= 0 && download->offset > download->file_size) {
        return err_set(err, MSG_TOO_LONG,
                       "the result is longer than the %" PRId64
                       " bytes announced",
                       download->file_size);
    }
    backoff_succeeded(&download->backoff);
    return true;
}

static bool
end(struct download *download, struct err *err)
{
    if (download->file_size >= 0 && !has_all(download)) {
        return err_set(err, MSG_TRUNCATED,
                       "the result ended at byte %" PRId64 " of %" PRId64,
                       download->offset, download->file_size);
    }
    download->ended = true;
    return true;
}

/* The next bytes with what is open, or newly opened, now. */
static bool
try_read(struct download *download, struct span *chunk, int64_t *wait_ms,
         struct err *err)
{
    if (download->stream == NULL) {
        const struct http_head *head;

        if (!open_stream(download, err))
            return false;
        head = http_stream_head(download->stream);
        if (!check_head(download, head, err)) {
            *wait_ms = answer_retry_after_ms(head);
            return false;
        }
    }
    if (!http_stream_read(download->stream, chunk, err))
        return false;
    return chunk->length > 0 ? take(download, *chunk, err) : end(download, err);
}

/* ---- all tries --------------------------------------------------------- */

static bool
has_code(const struct err *err, const char *code)
{
    return strcmp(err->code, code) == 0;
}

static bool
may_go_on(const struct err *err)
{
    return err->kind == ERR_TRANSIENT && !has_code(err, "URL_LAPSED") &&
           !has_code(err, "RESTART");
}

/* A storage that is out of reach or out of order is no fault of the file:
 * only the budget ends that. 416 is the file's: it ends before our offset. */
static bool
is_out_of_reach(const struct err *err)
{
    return has_code(err, "NOT_SENT") ||
           (strncmp(err->code, "HTTP_", 5) == 0 && !has_code(err, "HTTP_416"));
}

/* The same, and how long it took: only if the storage is to blame. */
static bool
read_measured(struct download *download, struct span *chunk, int64_t *wait_ms,
              struct err *err)
{
    int64_t began_ms = clock_now_ms();
    bool got;

    if (download->is_late)
        return too_slow(download, err);
    backoff_begin(&download->backoff);
    got = try_read(download, chunk, wait_ms, err);
    if (got || !is_out_of_reach(err))
        measure(download, began_ms, chunk->length);
    return got;
}

static bool
give_up(const struct download *download, struct err *err)
{
    err->kind = ERR_FAILED;
    err_wrap(err,
             "the download stands at byte %" PRId64
             " after %d tries without progress",
             download->offset, MOST_FRUITLESS);
    if (!has_code(err, "NOT_JSONL") && !err_is(err, MSG_TOO_SLOW))
        err_code(err, MSG_TRUNCATED);
    return false;
}

static bool
wait_before_retry(struct download *download, int64_t wait_ms, struct err *err)
{
    int64_t began_ms = clock_now_ms();
    bool is_reached = !is_out_of_reach(err);

    if (download->offset > download->try_offset)
        download->fruitless = 0;
    else if (is_reached)
        download->fruitless++;
    if (download->fruitless >= MOST_FRUITLESS ||
        download->meter.slow >= MOST_FRUITLESS)
        return give_up(download, err);
    download->is_late = false;
    err_wrap(err, "at byte %" PRId64, download->offset);
    if (!retry_wait(&download->backoff, wait_ms, download->log,
                    "the download goes on", err))
        return false;
    if (is_reached)
        measure(download, began_ms, 0);
    return true;
}

static bool
check_url(const struct download *download, struct err *err)
{
    char text[200];

    if (url_is_allowed(download->url))
        return true;
    return err_set(err, MSG_URL_REFUSED, "the result's URL is not https: %s",
                   log_url(download->url, text, sizeof(text)));
}

bool
download_read(struct download *download, struct span *chunk, struct err *err)
{
    *chunk = span_of("", 0);
    if (download->ended)
        return true;
    if (!check_url(download, err))
        return false;
    for (;;) {
        int64_t wait_ms = 0;

        if (read_measured(download, chunk, &wait_ms, err))
            return true;
        close_stream(download);
        *chunk = span_of("", 0);
        if (err->kind == ERR_TRANSIENT && has_all(download)) {
            download->ended = true; /* broken only after the last byte */
            return true;
        }
        if (!may_go_on(err) || !wait_before_retry(download, wait_ms, err))
            return false;
    }
}

bool
download_storage_is_gone(struct download *download)
{
    return !backoff_is_alone(&download->backoff);
}
