/*
 * curl asks for bytes in a callback, which must not wait. So the task and the
 * callback take turns:
 *
 *     task   read ─► outbox ─► resume ─► wait ──────────────► read ...
 *     curl                       └─► take ... outbox empty: pause, wake
 *
 * A transfer that is paused for its upload still receives: an early refusal
 * ends it.
 *
 * Hazards. A pause ends only in the task, never inside a callback. If curl read
 * the end of a field and a pause at once, it sends the field and remembers the
 * pause for its next read: it is not paused yet, and CURLPAUSE_CONT would not
 * make it forget. So the transfer is paused before it is resumed. A file that
 * is too short or too long must not reach the server as if it were complete:
 * the transfer is aborted before its last byte.
 */
#include "http/form.h"

#include <inttypes.h>

#include "base/clock.h"
#include "http/transfer.h"

struct posting {
    struct transfer transfer;
    const struct http_form *form;
    curl_mime *parts;
    struct buf *answer;
    struct span outbox; /* bytes that curl has not taken yet */
    int64_t taken;      /* bytes of the file that curl has taken */
    int64_t given;      /* and those that read() gave */
    bool is_paused;
    bool has_failed; /* read() did, with `err` */
    struct err err;
};

/* ---- curl's callbacks -------------------------------------------------- */

static size_t
take_file(char *to, size_t size, size_t count, void *ctx)
{
    struct posting *posting = ctx;
    size_t length = size * count;

    if (posting->has_failed)
        return CURL_READFUNC_ABORT;
    if (posting->taken == posting->form->file_size)
        return 0;
    task_wake_all(&posting->transfer.waiting);
    if (posting->outbox.length == 0) {
        posting->is_paused = true;
        return CURL_READFUNC_PAUSE;
    }
    if (length > posting->outbox.length)
        length = posting->outbox.length;
    memcpy(to, posting->outbox.bytes, length);
    posting->outbox = span_tail(posting->outbox, length);
    posting->taken += (int64_t)length;
    return length;
}

static size_t
take_answer(char *bytes, size_t size, size_t count, void *ctx)
{
    struct posting *posting = ctx;
    struct buf *answer = posting->answer;
    size_t length = size * count;
    size_t room = answer->ceiling - answer->length;

    transfer_touch(&posting->transfer);
    buf_append(answer, bytes, length < room ? length : room);
    return length;
}

/* ---- the form ---------------------------------------------------------- */

/* Returns 0 if curl accepts the part, as the functions of transfer.c do. */
static int
add_field(curl_mime *parts, const struct http_form_field *field)
{
    curl_mimepart *part = curl_mime_addpart(parts);
    int refused = part == NULL;

    if (part != NULL) {
        refused |= (int)curl_mime_name(part, field->name);
        refused |=
            (int)curl_mime_data(part, field->value, CURL_ZERO_TERMINATED);
    }
    return refused;
}

static int
add_file(struct posting *posting)
{
    const struct http_form *form = posting->form;
    curl_mimepart *part = curl_mime_addpart(posting->parts);
    int refused = part == NULL;

    if (part == NULL)
        return refused;
    refused |= (int)curl_mime_name(part, "file");
    refused |= (int)curl_mime_filename(part, form->file_name);
    refused |= (int)curl_mime_type(part, form->file_type);
    refused |= (int)curl_mime_data_cb(part, form->file_size, take_file, NULL,
                                      NULL, posting);
    return refused;
}

/* curl reads the options in the scheduler's next wait. */
static bool
add_parts(struct posting *posting, struct err *err)
{
    CURL *easy = posting->transfer.easy;
    int refused = 0;

    posting->parts = curl_mime_init(easy);
    if (posting->parts == NULL)
        return err_set(err, MSG_BUG, "curl makes no form");
    for (size_t i = 0; i < posting->form->field_count; i++)
        refused |= add_field(posting->parts, &posting->form->fields[i]);
    refused |= add_file(posting);
    refused |= (int)curl_easy_setopt(easy, CURLOPT_MIMEPOST, posting->parts);
    return refused == 0 || err_set(err, MSG_BUG, "curl refuses a form");
}

/* ---- the task's part --------------------------------------------------- */

static void
resume(struct posting *posting)
{
    CURLcode result;

    if (!posting->is_paused || posting->transfer.ended)
        return;
    posting->is_paused = false;
    result = curl_easy_pause(posting->transfer.easy, CURLPAUSE_SEND);
    if (result == CURLE_OK)
        result = curl_easy_pause(posting->transfer.easy, CURLPAUSE_CONT);
    if (result != CURLE_OK) {
        posting->transfer.ended = true;
        posting->transfer.result = result;
    }
}

static bool
check_length(const struct posting *posting, size_t more, struct err *err)
{
    int64_t size = posting->form->file_size;
    int64_t given = posting->given + (int64_t)more;

    if (more > 0 ? given <= size : given == size)
        return true;
    return err_set(err, MSG_BUG,
                   "the file to upload has %s than the announced %" PRId64
                   " bytes",
                   given < size ? "fewer" : "more", size);
}

/* Get the next bytes. The transfer ends if that fails. */
static void
fill_outbox(struct posting *posting)
{
    const struct http_form *form = posting->form;
    struct span chunk;

    if (!form->read(form->ctx, &chunk, &posting->err) ||
        !check_length(posting, chunk.length, &posting->err)) {
        posting->has_failed = true;
    } else {
        posting->outbox = chunk;
        posting->given += (int64_t)chunk.length;
    }
    transfer_touch(&posting->transfer);
    resume(posting);
}

/* Once the file is sent, the answer must arrive in time. */
static void
limit_answer(struct posting *posting)
{
    struct transfer *transfer = &posting->transfer;
    int64_t most = transfer->http->request_timeout_ms;

    if (transfer->end_ms != CLOCK_NEVER || most <= 0 ||
        posting->taken < posting->form->file_size)
        return;
    transfer->began_ms = clock_now_ms();
    if (most < CLOCK_NEVER - transfer->began_ms)
        transfer->end_ms = transfer->began_ms + most;
}

static bool
wants_bytes(const struct posting *posting)
{
    return posting->outbox.length == 0 && !posting->has_failed &&
           posting->given < posting->form->file_size;
}

static bool
post_all(struct posting *posting, struct err *err)
{
    struct transfer *transfer = &posting->transfer;

    transfer->end_ms = CLOCK_NEVER;
    while (!transfer->ended && !posting->has_failed) {
        if (wants_bytes(posting)) {
            fill_outbox(posting);
            continue;
        }
        limit_answer(posting);
        if (!transfer_wait(transfer, err))
            return false;
    }
    if (posting->has_failed) {
        *err = posting->err;
        return false;
    }
    return transfer_is_whole(transfer) || transfer_failed(transfer, err);
}

static bool
is_refused(const struct posting *posting, const struct err *err)
{
    return err->kind == ERR_TRANSIENT && posting->transfer.head_done &&
           posting->transfer.head.status >= 400;
}

bool
http_form_post(struct http *http, const struct http_form *form,
               struct http_head *head, struct buf *answer, struct err *err)
{
    struct http_request request = {
        .method = "POST", .url = form->url, .once = true};
    struct posting posting = {.form = form, .answer = answer};
    bool ok;

    buf_clear(answer);
    if (!transfer_start(&posting.transfer, http, &request, TRANSFER_STREAM,
                        take_answer, &posting, err))
        return false;
    ok = add_parts(&posting, err) && post_all(&posting, err);
    *head = posting.transfer.head;
    if (!ok && !posting.has_failed && is_refused(&posting, err))
        ok = true;
    transfer_end(&posting.transfer);
    curl_mime_free(posting.parts);
    return ok;
}
