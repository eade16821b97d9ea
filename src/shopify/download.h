/*
 * download - the bytes of a result file, in order.
 *
 * An interrupted download resumes where it ended. After a reset, a close, a
 * stall, a 5xx or a body that ends before `file_size`, the next request has
 * Range and If-Range. The download fails if three tries in a row bring no
 * byte, or if it is slower than 1 kB/s three times in a row, each time over
 * stall_timeout; waits between tries count. Requests never have the headers of
 * the Admin API, and redirects are refused.
 */
#ifndef SHOPIFY_DOWNLOAD_H
#define SHOPIFY_DOWNLOAD_H

#include "base/backoff.h"
#include "base/log.h"
#include "http/http.h"

struct download;

/* `url` is copied; `file_size` is -1 if unknown. This sends nothing yet. */
struct download *
download_new(struct http *http, const char *url, int64_t file_size,
             struct backoff backoff, const struct log_ctx *log);
void download_free(struct download *download);

/* The next bytes, borrowed until the next call; empty at the end. Codes:
 *   URL_LAPSED  (ERR_TRANSIENT) 400, 403, 404, 410: ask the store for a new
 *               URL
 *   RESTART     (ERR_TRANSIENT) the file changed, or the storage ignored
 *               Range: read again from byte 0
 *   TRUNCATED   (ERR_FAILED) three tries in a row brought no byte
 *   TOO_SLOW    (ERR_FAILED) three times in a row below 1 kB/s
 *   TOO_LONG    (ERR_FAILED) more bytes than `file_size`
 * and the errors of http.h. */
MUST_CHECK bool
download_read(struct download *download, struct span *chunk, struct err *err);

/* After ERR_LATER: true if no other download of the class has received a byte
 * since this one began to fail. */
bool download_storage_is_gone(struct download *download);

#endif
