/*
 * A loop of tries, which all continue at the same offset:
 *
 *     open ─► check head ─► read ... ─► end
 *      ▲                      │
 *      └── wait, with Range ──┘  broken, stalled, slow, 5xx
 *
 * A request that resumes has Range and If-Range. Its answer must continue
 * exactly at the offset, in the same file; else the caller must read again
 * from byte 0 (RESTART).
 *
 * Two counters end the download of a bad file: tries in a row that brought no
 * byte (fruitless), and periods of stall_timeout with less than 1 kB/s, waits
 * included (meter). If the storage cannot be reached, the file is not the
 * cause, and only the budget of the class ends the download.
 *
 * Hazard: an error after the last byte must be ignored, as all bytes are here.
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

/* The speed over one period of stall_timeout: 1 kB/s is a byte per
 * millisecond. */
struct meter {
    int64_t waited_ms;
    int64_t bytes;
    int slow; /* periods in a row that were too slow */
};

struct download {
    struct http *http;
    char *url;
    int64_t file_size;  /* -1: unknown */
    int64_t offset;     /* bytes handed out */
    int64_t try_offset; /* `offset` when the current request began */
    struct backoff backoff;
    const struct log_ctx *log;
    struct http_stream *stream; /* NULL between two requests */
    char etag[HTTP_HEADER_BYTES];
    int fruitless; /* tries in a row that brought no byte */
    struct meter meter;
    bool is_late; /* the open stream is too slow and must be closed */
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

/* Without this, a storage that sends one byte now and then would keep the
 * download busy for years. */
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
                   "the result arrived at less than 1 kB/s over %s",
                   duration_format(http_stall_timeout(download->http), window));
}

/* ---- heads ------------------------------------------------------------- */

static bool
restart(struct err *err, const char *why)
{
    return err_set(err, MSG_RESTART,
                   "the result must be read again from the start: %s", why);
}

/* "bytes 1000-1999/2000" must begin exactly at the download's offset. */
static bool
check_range(const struct download *download, const struct http_head *head,
            struct err *err)
{
    int64_t first, last, size = -1;
    int fields =
        sscanf(head->content_range, "bytes %" SCNd64 "-%" SCNd64 "/%" SCNd64,
               &first, &last, &size);

    if (fields < 2 || first != download->offset || last < first)
        return restart(err, "the storage sent a range that was not requested");
    if (size >= 0 && download->file_size >= 0 && size != download->file_size)
        return restart(err, "the size of the file has changed");
    if (download->etag[0] != '\0' && head->etag[0] != '\0' &&
        strcmp(download->etag, head->etag) != 0)
        return restart(err, "the ETag of the file has changed");
    return true;
}

/* If-Range takes strong validators only. An ETag that fills its array may be
 * cut short, and is not used. */
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
                   "which bulkpg did not request",
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
                       "the result's URL has expired (HTTP %d)", head->status);
    }
    if (head->status >= 300 && head->status < 400) {
        err_set(err, MSG_REDIRECTED,
                "the result's storage redirects to %s (HTTP %d), which bulkpg "
                "does not follow",
                answer_location_host(head, host, sizeof(host)), head->status);
        err_as(err, ERR_FAILED);
        return err_hint(err, "check any proxy in between, then run the job "
                             "again");
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
        return restart(err,
                       "the storage sent the whole file instead of the rest");
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

/* A line of JSON does not begin with "<": this is a page of the storage. */
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
                       " bytes that the store announced",
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

/* One try: open the stream if it is not open, and read the next bytes. */
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

/* The storage cannot be reached or does not work: only the budget ends this.
 * 416 is different: the file ends before the download's offset. */
static bool
is_out_of_reach(const struct err *err)
{
    return has_code(err, "NOT_SENT") ||
           (strncmp(err->code, "HTTP_", 5) == 0 && !has_code(err, "HTTP_416"));
}

/* Read, and measure how long it took. Time does not count while the storage
 * cannot be reached. */
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
             "the download made no progress beyond byte %" PRId64
             " in %d tries",
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
                    "resuming the download", err))
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
            download->ended = true; /* the error came after the last byte */
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
