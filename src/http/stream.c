#include "http/stream.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "http/transfer.h"

enum { BUFFER_BYTES = 256 * 1024 };

_Static_assert(CURL_MAX_WRITE_SIZE <= BUFFER_BYTES,
               "an empty inbox takes any chunk");

struct http_stream {
    struct transfer transfer;
    char *inbox; /* curl fills it */
    size_t inbox_length;
    char *lent; /* the reader uses it */
    bool paused;
};

/* Take all of a chunk or nothing. curl passes a refused chunk again as a
 * whole. */
static size_t
take_chunk(char *bytes, size_t size, size_t count, void *ctx)
{
    struct http_stream *stream = ctx;
    size_t length = size * count;

    transfer_touch(&stream->transfer);
    task_wake_all(&stream->transfer.waiting);
    if (length > BUFFER_BYTES - stream->inbox_length) {
        stream->paused = true;
        return CURL_WRITEFUNC_PAUSE;
    }
    memcpy(stream->inbox + stream->inbox_length, bytes, length);
    stream->inbox_length += length;
    return length;
}

/* curl_easy_pause() calls take_chunk(), which may pause again at once.
 * Therefore a transfer is resumed only here, in the reader's task. */
static void
resume(struct http_stream *stream)
{
    CURLcode result;

    if (!stream->paused || stream->transfer.ended)
        return;
    stream->paused = false;
    result = curl_easy_pause(stream->transfer.easy, CURLPAUSE_CONT);
    if (result != CURLE_OK) {
        stream->transfer.ended = true;
        stream->transfer.result = result;
    }
}

static bool
wait_for_head(struct http_stream *stream, struct err *err)
{
    struct transfer *transfer = &stream->transfer;

    while (!transfer->head_done && !transfer->ended)
        if (!transfer_wait(transfer, err))
            return false;
    transfer->end_ms = CLOCK_NEVER; /* the time for the body is not limited */
    return transfer->head_done || transfer_failed(transfer, err);
}

bool
http_stream_open(struct http *http, const struct http_request *request,
                 struct http_stream **stream, struct err *err)
{
    struct http_stream *made = mem_alloc(sizeof(*made));

    made->inbox = mem_alloc(BUFFER_BYTES);
    made->lent = mem_alloc(BUFFER_BYTES);
    if (!transfer_start(&made->transfer, http, request, TRANSFER_STREAM,
                        take_chunk, made, err) ||
        !wait_for_head(made, err)) {
        http_stream_close(made);
        return false;
    }
    *stream = made;
    return true;
}

const struct http_head *
http_stream_head(const struct http_stream *stream)
{
    return &stream->transfer.head;
}

/* Give the inbox to the reader, and the other buffer to curl. */
static void
swap(struct http_stream *stream, struct span *chunk)
{
    char *full = stream->inbox;

    *chunk = span_of(full, stream->inbox_length);
    stream->inbox = stream->lent;
    stream->inbox_length = 0;
    stream->lent = full;
}

bool
http_stream_read(struct http_stream *stream, struct span *chunk,
                 struct err *err)
{
    struct transfer *transfer = &stream->transfer;

    transfer_touch(transfer);
    while (stream->inbox_length == 0 && !transfer->ended)
        if (!transfer_wait(transfer, err))
            return false;
    swap(stream, chunk);
    if (chunk->length == 0 && !transfer_is_whole(transfer))
        return transfer_failed(transfer, err);
    resume(stream);
    return true;
}

void
http_stream_close(struct http_stream *stream)
{
    if (stream == NULL)
        return;
    transfer_end(&stream->transfer);
    free(stream->inbox);
    free(stream->lent);
    free(stream);
}
