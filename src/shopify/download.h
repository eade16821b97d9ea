/*
 * download - the bytes of a result file, from first to last.
 *
 * Goes on where it broke off: a reset, a close, a stall, a 5xx or a body that
 * ends before `file_size` is followed by a request with Range and If-Range,
 * until three tries in a row brought no byte. Less than 1 kB/s over
 * stall_timeout, waits between tries included, is no progress either: the
 * third time in a row ends the download. No header of the Admin API is
 * ever sent here; redirects are refused.
 */
#ifndef SHOPIFY_DOWNLOAD_H
#define SHOPIFY_DOWNLOAD_H

#include "base/backoff.h"
#include "base/log.h"
#include "http/http.h"

struct download;

/* `url` is copied; `file_size` -1 when unknown. Nothing is sent yet. */
struct download *
download_new(struct http *http, const char *url, int64_t file_size,
             struct backoff backoff, const struct log_ctx *log);
void download_free(struct download *download);

/* The next bytes, borrowed until the next call; empty at the end. Codes:
 *   URL_LAPSED  (ERR_TRANSIENT) 400, 403, 404, 410: ask for the operation
 *               again
 *   RESTART     (ERR_TRANSIENT) the file changed under us, or Range was not
 *               honoured in the middle: begin again from byte 0
 *   TRUNCATED   (ERR_FAILED) it ended early, three times without progress
 *   TOO_SLOW    (ERR_FAILED) three times below 1 kB/s
 *   TOO_LONG    (ERR_FAILED) more bytes than `file_size`
 * and what http.h says. */
MUST_CHECK bool
download_read(struct download *download, struct span *chunk, struct err *err);

/* After ERR_LATER: has no other download of the class brought a byte since this
 * one began to fail? */
bool download_storage_is_gone(struct download *download);

#endif
