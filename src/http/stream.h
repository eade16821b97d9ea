/*
 * stream - a download whose reader sets the pace.
 *
 * Bytes are kept in one of two buffers of fixed size. If the reader is slow,
 * the transfer is paused before the next chunk (CURL_WRITEFUNC_PAUSE; curl
 * later passes the whole chunk again). The reader's next call resumes it, so it
 * is never resumed from inside a callback of curl.
 */
#ifndef HTTP_STREAM_H
#define HTTP_STREAM_H

#include "http/http.h"

struct http_stream;

/* Open a download and wait for its head. Fails as http_fetch() does. The caller
 * must close `stream` with http_stream_close(), even if reading fails. */
MUST_CHECK bool
http_stream_open(struct http *http, const struct http_request *request,
                 struct http_stream **stream, struct err *err);
const struct http_head *http_stream_head(const struct http_stream *stream);

/* Read the next bytes of the body, at most 256 KiB. They are borrowed until the
 * next call, and empty if the body has ended as announced. A body that ends
 * early or stalls is ERR_TRANSIENT. Time in which the caller does not read does
 * not count as a stall. */
MUST_CHECK bool http_stream_read(struct http_stream *stream, struct span *chunk,
                                 struct err *err);
void http_stream_close(struct http_stream *stream);

#endif
