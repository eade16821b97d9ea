/*
 * form - posts a form with one large file, whose bytes a task provides.
 *
 * The form is multipart/form-data: the fields in the order in which they are
 * given, then the file. The length is known from the start, so the request is
 * not chunked. The sender sets the pace: if no bytes are ready, the transfer is
 * paused.
 *
 * A server may refuse a file before it has received all of it, and close the
 * connection. Its answer is then more useful than the error of the connection.
 * So an answer that refuses counts even if sending failed, or if the answer
 * ended early.
 */
#ifndef HTTP_FORM_H
#define HTTP_FORM_H

#include "http/http.h"

struct http_form_field {
    const char *name;
    const char *value;
};

struct http_form {
    const char *url;
    const struct http_form_field *fields;
    size_t field_count;
    const char *file_name;
    const char *file_type; /* its Content-Type */
    int64_t file_size;

    /* Get the next bytes of the file, borrowed until the next call; empty at
     * the end. It may wait. If it fails, or if the file does not have
     * `file_size` bytes, the request ends, and the server gets only a part. */
    bool (*read)(void *ctx, struct span *chunk, struct err *err);
    void *ctx;
};

/* Send the form once, on a new connection, and wait for the answer. `answer` is
 * cleared first; bytes beyond its ceiling are dropped. The time for sending is
 * limited only by the client's stall timeout, in which the time that read()
 * takes does not count. Errors are those of http_fetch(), and those of read().
 */
MUST_CHECK bool
http_form_post(struct http *http, const struct http_form *form,
               struct http_head *head, struct buf *answer, struct err *err);

#endif
