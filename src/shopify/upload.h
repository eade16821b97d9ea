/*
 * upload - puts the lines of a bulk mutation where the store reads them.
 *
 *     upload_stage ─► the target: where, and with which signed fields
 *     upload_send  ─► POST of the file, which the storage confirms with its MD5
 *     upload_path  ─► what bulkOperationRunMutation calls the file
 *
 * A target is the JSON text that the store sent, so that a journal can keep it.
 * It is a secret for a day, because it is enough to write the file. Until then
 * the file can be written again, too. upload_overwrite() does that if an
 * operation must not begin any more: the store compares checksums, and a line
 * that is not JSON changes nothing.
 *
 * The storage is another host, and gets no header of the Admin API.
 *   https://shopify.dev/docs/api/usage/bulk-operations/imports
 */
#ifndef SHOPIFY_UPLOAD_H
#define SHOPIFY_UPLOAD_H

#include "shopify/session.h"

/* The storage takes no larger file. */
enum { UPLOAD_BYTES_MAX = 100 * 1024 * 1024 };

/* The bytes of a file; read() is as in http/form.h. */
struct upload_file {
    int64_t size;
    bool (*read)(void *ctx, struct span *chunk, struct err *err);
    void *ctx;
};

/* Ask the store for a target; its text is in `arena`. Errors are those of
 * session_query(), and ERR_FAILED with the code BAD_TARGET. */
MUST_CHECK bool
upload_stage(struct session *session, const char *file_name, int64_t size,
             const struct log_ctx *log, struct arena *arena,
             const char **target, struct err *err);

/* Send the file. Errors are those of http_form_post(), and
 *   ERR_TRANSIENT, UPLOAD_REFUSED  the storage answered another status than 2xx
 *   ERR_TRANSIENT, UPLOAD_DAMAGED  it has received other bytes
 *   ERR_FAILED, BAD_TARGET         the target has no URL or no path */
MUST_CHECK bool
upload_send(struct http *http, const char *target, const char *file_name,
            const struct upload_file *file, struct err *err);

/* Replace the file by a line that is not JSON. Errors are as above. */
MUST_CHECK bool upload_overwrite(struct http *http, const char *target,
                                 const char *file_name, struct err *err);

/* The path of the file, in `arena`; NULL if the target has none. */
const char *upload_path(const char *target, struct arena *arena);

#endif
