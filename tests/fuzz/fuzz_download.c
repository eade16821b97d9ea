/* download: for any replies of the storage, the reader must get one file from
 * its first byte to its last, or an error.
 *
 * A script of heads and chunks replaces the network. Each byte of the file
 * follows from its offset (the model's file), so that the test notices a byte
 * from another offset. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/task.h"
#include "http/head.h"
#include "http/transfer.h"
#include "shopify/download.h"

enum { END_OF_ANSWER = 0x1e, CHUNK_BYTES = 7, MOST_ANSWERS = 64 };

struct http_stream {
    struct http_head head;
    struct span body; /* the rest of it; only its length matters */
    int64_t offset;   /* of the next byte, in the model's file */
    bool is_page;     /* begins with '<' */
    bool breaks_off;
    char chunk[CHUNK_BYTES];
};

static struct {
    struct span rest;
    int answers;
    int64_t handed_out; /* bytes that the reader has received */
} script;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char
byte_at(int64_t offset)
{
    return (char)('a' + (offset * 7 + offset / 26) % 26);
}

/* ---- the network and the scheduler, replaced --------------------------- */

static struct span
take_until(struct span *rest, char end)
{
    const char *found = memchr(rest->bytes, end, rest->length);
    size_t length =
        found != NULL ? (size_t)(found - rest->bytes) : rest->length;
    struct span taken = span_head(*rest, length);

    *rest = span_tail(*rest, found != NULL ? length + 1 : length);
    return taken;
}

/* The storage obeys HTTP: the body of a 206 begins at the offset in its
 * Content-Range, that of a 200 at the first byte. */
static int64_t
first_offset(const struct http_head *head)
{
    int64_t first;

    if (head->status == 206 &&
        sscanf(head->content_range, "bytes %ld", &first) == 1)
        return first;
    return 0;
}

/* A request must begin at the first byte that the reader has not received. */
static void
check_range(const struct http_request *request)
{
    int64_t from = 0;

    for (const char *const *h = request->headers; *h != NULL; h++)
        (void)sscanf(*h, "Range: bytes=%ld-", &from);
    if (from != script.handed_out)
        abort();
}

int64_t
http_stall_timeout(const struct http *http)
{
    (void)http;
    return 60000;
}

bool
http_stream_open(struct http *http, const struct http_request *request,
                 struct http_stream **stream, struct err *err)
{
    struct http_stream *made;
    struct span answer;
    bool done = false;

    (void)http;
    *stream = NULL;
    check_range(request);
    if (script.rest.length == 0 || ++script.answers > MOST_ANSWERS)
        return err_set(err, MSG_TRUNCATED, "the script has ended");
    made = calloc(1, sizeof(*made));
    answer = take_until(&script.rest, END_OF_ANSWER);
    head_add_line(&made->head, span_str("HTTP/1.1 200 OK"), &done);
    while (answer.length > 0 && !done)
        head_add_line(&made->head, take_until(&answer, '\n'), &done);
    made->body = answer;
    made->offset = first_offset(&made->head);
    made->is_page = span_starts(answer, "<");
    made->breaks_off = answer.length % 3 == 1;
    *stream = made;
    return true;
}

const struct http_head *
http_stream_head(const struct http_stream *stream)
{
    return &stream->head;
}

bool
http_stream_read(struct http_stream *stream, struct span *chunk,
                 struct err *err)
{
    size_t length =
        stream->body.length < CHUNK_BYTES ? stream->body.length : CHUNK_BYTES;

    if (length == 0 && stream->breaks_off) {
        return err_set(err, MSG_ANSWER_LOST, "broken off");
    }
    for (size_t i = 0; i < length; i++)
        stream->chunk[i] = byte_at(stream->offset + (int64_t)i);
    if (stream->is_page && stream->offset == 0)
        stream->chunk[0] = '<';
    stream->offset += (int64_t)length;
    stream->body = span_tail(stream->body, length);
    *chunk = span_of(stream->chunk, length);
    return true;
}

void
http_stream_close(struct http_stream *stream)
{
    free(stream);
}

bool
url_is_allowed(const char *url)
{
    (void)url;
    return true;
}

enum task_wake
task_sleep_until(int64_t deadline_ms)
{
    (void)deadline_ms;
    return TASK_TIMEOUT;
}

bool
task_stopped(struct err *err)
{
    return err_set(err, MSG_STOPPED, "stopped");
}

/* ---- the reader -------------------------------------------------------- */

static void
check_chunk(struct span chunk, int64_t offset)
{
    for (size_t i = 0; i < chunk.length; i++)
        if (chunk.bytes[i] != byte_at(offset + (int64_t)i))
            abort();
}

static void
read_all(struct download *download, int64_t file_size)
{
    struct err err = {0};
    struct span chunk;

    while (download_read(download, &chunk, &err)) {
        if (chunk.length == 0) {
            if (file_size >= 0 && script.handed_out != file_size)
                abort();
            return;
        }
        check_chunk(chunk, script.handed_out);
        script.handed_out += (int64_t)chunk.length;
        if (file_size >= 0 && script.handed_out > file_size)
            abort();
    }
    if (err.kind == ERR_NONE || err.kind == ERR_BUG || err.message[0] == '\0')
        abort();
}

/* The first byte of the input is the announced size; 255: none. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct download *download;
    int64_t file_size;

    if (size == 0)
        return 0;
    file_size = data[0] == 255 ? -1 : data[0];
    script.rest = span_of((const char *)data + 1, size - 1);
    script.answers = 0;
    script.handed_out = 0;
    log_configure(LOG_TEXT, LOG_ERROR);
    download = download_new(NULL, "https://example.invalid/r", file_size,
                            backoff_of(1, 2, 3600000), NULL);
    read_all(download, file_size);
    download_free(download);
    return 0;
}
