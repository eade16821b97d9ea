/*
 * stream - a download whose bytes are pulled.
 *
 * What arrives is kept in one of two fixed buffers, and when the reader is
 * slow the transfer is paused before the next chunk is taken
 * (CURL_WRITEFUNC_PAUSE; curl gives the whole chunk again). It is resumed by
 * the reader's next call, so never from inside a callback of curl's.
 */
#ifndef HTTP_STREAM_H
#define HTTP_STREAM_H

#include "http/http.h"

struct http_stream;

/* Open a download and wait for its head. Errors as of http_fetch(). `stream` is
 * owned by the caller until http_stream_close(), also after an error in
 * reading. */
MUST_CHECK bool
http_stream_open(struct http *http, const struct http_request *request,
                 struct http_stream **stream, struct err *err);
const struct http_head *http_stream_head(const struct http_stream *stream);

/* The next bytes of the body, at most 256 KiB, borrowed until the next call;
 * empty when the body has ended as announced. A body cut short or stalled is
 * ERR_TRANSIENT. Waiting while nobody reads is no stall. */
MUST_CHECK bool http_stream_read(struct http_stream *stream, struct span *chunk,
                                 struct err *err);
void http_stream_close(struct http_stream *stream);

#endif
