/*
 * A transfer from its start to its end:
 *
 *     start ─► wait ─┬─► ended: complete, or with an error
 *                ▲   ├─► its time is over (end_ms)
 *                └───┤   no byte for stall_timeout: stalled
 *             touch  └─► the task is stopped
 *
 * Callbacks of curl wake the task that waits. Each byte in either direction
 * touches the transfer, which restarts the stall timeout.
 *
 * Hazards:
 * - The struct must not move while curl has its address.
 * - Every option for security is checked: no redirects, TLS verified, only http
 *   and https, no request headers to a proxy. A transfer does not start if curl
 *   refuses one of them.
 * - A request is NOT_SENT only if curl's counters show that no byte of it was
 *   sent. Otherwise it may have arrived.
 */
#include "http/transfer.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "http/head.h"
#include "http/url.h"

enum {
    CONNECT_TIMEOUT_MS = 30000,
    STREAM_READ_BYTES = 256 * 1024,
    WHOLE_READ_BYTES = 64 * 1024
};

void
transfer_touch(struct transfer *transfer)
{
    transfer->active_ms = clock_now_ms();
}

/* ---- curl's callbacks -------------------------------------------------- */

static size_t
on_header(char *bytes, size_t size, size_t count, void *ctx)
{
    struct transfer *transfer = ctx;

    transfer_touch(transfer);
    if (transfer->head_done)
        return size * count; /* trailers */
    head_add_line(&transfer->head, span_of(bytes, size * count),
                  &transfer->head_done);
    if (transfer->head_done)
        task_wake_all(&transfer->waiting);
    return size * count;
}

/* curl calls it often, even if no byte moved. */
static int
on_progress(void *ctx, curl_off_t down_total, curl_off_t down,
            curl_off_t up_total, curl_off_t up)
{
    struct transfer *transfer = ctx;

    (void)down_total;
    (void)up_total;
    if (down != transfer->received || up != transfer->sent)
        transfer_touch(transfer);
    transfer->received = down;
    transfer->sent = up;
    return 0;
}

/* ---- options ----------------------------------------------------------- */

/* Returns 0 if curl accepts all options. The CURLcodes of all calls are
 * combined with |=, as in the functions below. */
static int
set_safety(const struct transfer *transfer, const char *url)
{
    CURL *easy = transfer->easy;
    int refused = 0;

    refused |= (int)curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    refused |= (int)curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    refused |= (int)curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    refused |= (int)curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    refused |=
        (int)curl_easy_setopt(easy, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
    /* The request's headers (with the token) go to the server only, not to a
     * proxy that makes the connection. */
    refused |= (int)curl_easy_setopt(easy, CURLOPT_HEADEROPT,
                                     (long)CURLHEADER_SEPARATE);
    refused |=
        (int)curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    if (url_is_loopback(url))
        refused |= (int)curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
    return refused | trust_apply(&transfer->http->trust, easy);
}

static int
set_patience(const struct transfer *transfer)
{
    CURL *easy = transfer->easy;
    int64_t most = transfer->http->stall_timeout_ms;
    int refused = 0;

    if (most <= 0 || most > CONNECT_TIMEOUT_MS)
        most = CONNECT_TIMEOUT_MS;
    refused |=
        (int)curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)most);
    refused |= (int)curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    refused |= (int)curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    /* Ending a transfer does not wait until its host name is resolved. */
    refused |= (int)curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
    return refused;
}

static int
set_mode(const struct transfer *transfer, enum transfer_mode mode)
{
    CURL *easy = transfer->easy;
    int refused = 0;

    if (mode == TRANSFER_STREAM) {
        refused |= (int)curl_easy_setopt(easy, CURLOPT_HTTP_VERSION,
                                         (long)CURL_HTTP_VERSION_1_1);
        refused |= (int)curl_easy_setopt(easy, CURLOPT_BUFFERSIZE,
                                         (long)STREAM_READ_BYTES);
        return refused;
    }
    refused |= (int)curl_easy_setopt(easy, CURLOPT_HTTP_VERSION,
                                     (long)CURL_HTTP_VERSION_2TLS);
    refused |= (int)curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "gzip");
    refused |=
        (int)curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, (long)WHOLE_READ_BYTES);
    return refused;
}

static int
set_callbacks(struct transfer *transfer, curl_write_callback on_body, void *ctx)
{
    CURL *easy = transfer->easy;
    int refused = 0;

    refused |= (int)curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    refused |= (int)curl_easy_setopt(easy, CURLOPT_WRITEDATA, ctx);
    refused |= (int)curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    refused |=
        (int)curl_easy_setopt(easy, CURLOPT_HEADERDATA, (void *)transfer);
    refused |=
        (int)curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, on_progress);
    refused |=
        (int)curl_easy_setopt(easy, CURLOPT_XFERINFODATA, (void *)transfer);
    refused |= (int)curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
    refused |=
        (int)curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->error_text);
    refused |= (int)curl_easy_setopt(easy, CURLOPT_PRIVATE, (void *)transfer);
    return refused;
}

static bool
add_header(struct transfer *transfer, const char *header)
{
    struct curl_slist *longer = curl_slist_append(transfer->headers, header);

    if (longer == NULL)
        return false;
    transfer->headers = longer;
    return true;
}

static int
set_request(struct transfer *transfer, const struct http_request *request)
{
    CURL *easy = transfer->easy;
    int refused = 0;

    for (size_t i = 0; request->headers != NULL && request->headers[i] != NULL;
         i++)
        refused |= !add_header(transfer, request->headers[i]);
    /* No "Expect: 100-continue": it costs a round trip, and some proxies do not
     * support it. */
    refused |= !add_header(transfer, "Expect:");
    refused |=
        (int)curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer->headers);
    refused |= (int)curl_easy_setopt(easy, CURLOPT_URL, request->url);
    refused |= (int)curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
    refused |= (int)curl_easy_setopt(easy, CURLOPT_USERAGENT,
                                     transfer->http->user_agent);
    refused |=
        (int)curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, (long)request->once);
    if (strcmp(request->method, "POST") == 0) {
        refused |= (int)curl_easy_setopt(easy, CURLOPT_POST, 1L);
        refused |= (int)curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                                         (curl_off_t)request->body.length);
        refused |= (int)curl_easy_setopt(easy, CURLOPT_POSTFIELDS,
                                         request->body.bytes);
    }
    return refused;
}

/* ---- start and end ----------------------------------------------------- */

static int64_t
earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static void
set_end(struct transfer *transfer, const struct http_request *request)
{
    int64_t most = transfer->http->request_timeout_ms;

    transfer->began_ms = clock_now_ms();
    transfer->end_ms = most > 0 && most < CLOCK_NEVER - transfer->began_ms
                           ? transfer->began_ms + most
                           : CLOCK_NEVER;
    if (request->deadline_ms != 0)
        transfer->end_ms = earlier(transfer->end_ms, request->deadline_ms);
}

bool
transfer_start(struct transfer *transfer, struct http *http,
               const struct http_request *request, enum transfer_mode mode,
               curl_write_callback on_body, void *ctx, struct err *err)
{
    char url[224];

    memset(transfer, 0, sizeof(*transfer));
    transfer->http = http;
    snprintf(transfer->name, sizeof(transfer->name), "%s %s", request->method,
             log_url(request->url, url, sizeof(url)));
    if (!url_is_allowed(request->url)) {
        err_set(err, MSG_NOT_HTTPS, "%s: not an https URL", transfer->name);
        return false;
    }
    transfer->easy = curl_easy_init();
    transfer_touch(transfer);
    set_end(transfer, request);
    if (transfer->easy == NULL || set_safety(transfer, request->url) != 0 ||
        set_patience(transfer) != 0 || set_mode(transfer, mode) != 0 ||
        set_callbacks(transfer, on_body, ctx) != 0 ||
        set_request(transfer, request) != 0 ||
        curl_multi_add_handle(http->multi, transfer->easy) != CURLM_OK) {
        transfer_end(transfer);
        return err_set(err, MSG_BUG, "%s: curl refuses an option",
                       transfer->name);
    }
    return true;
}

void
transfer_end(struct transfer *transfer)
{
    if (transfer->easy != NULL) {
        curl_multi_remove_handle(transfer->http->multi, transfer->easy);
        curl_easy_cleanup(transfer->easy);
    }
    curl_slist_free_all(transfer->headers);
    transfer->easy = NULL;
    transfer->headers = NULL;
}

/* ---- errors ------------------------------------------------------------ */

/* Was any byte of the request sent, in any of curl's own tries? */
static enum msg
loss_of(const struct transfer *transfer)
{
    long sent = 0;

    curl_easy_getinfo(transfer->easy, CURLINFO_REQUEST_SIZE, &sent);
    return sent > 0 ? MSG_ANSWER_LOST : MSG_NOT_SENT;
}

/* Will the handshake fail again in every retry? It also fails if the connection
 * breaks, and then a retry can succeed. These error texts of OpenSSL and GnuTLS
 * mean that no protocol or cipher is common to both sides, or that the answer
 * is not TLS. */
static bool
is_final_handshake(const char *words)
{
    static const char *const final[] = {
        "wrong version number",   "unsupported protocol",
        "unknown protocol",       "unsupported version",
        "alert protocol version", "handshake failure",
        "no protocols available", "version too low",
        "packet length too long", "inappropriate fallback",
        "insufficient security",  "unsafe legacy renegotiation",
        "dh key too small",       "no cipher",
        "http request",           "unexpected TLS packet"};

    for (size_t i = 0; i < sizeof(final) / sizeof(final[0]); i++)
        if (strcasestr(words, final[i]) != NULL)
            return true;
    return false;
}

/* Did the proxy refuse the connection, with a status for which a retry is
 * useless? */
static bool
proxy_refused(const struct transfer *transfer)
{
    long status = 0;

    curl_easy_getinfo(transfer->easy, CURLINFO_HTTP_CONNECTCODE, &status);
    return transfer->result != CURLE_OK && transfer->head.status == 0 &&
           status >= 400 && status < 500 && status != 408 && status != 429;
}

/* The code for curl's result. */
static enum msg
msg_of(const struct transfer *transfer)
{
    if (proxy_refused(transfer))
        return MSG_PROXY_REFUSED;
    switch (transfer->result) {
    case CURLE_URL_MALFORMAT:
        return MSG_NOT_HTTPS;
    case CURLE_SSL_CIPHER:
    case CURLE_USE_SSL_FAILED:
        return MSG_TLS_PROTOCOL;
    case CURLE_SSL_CONNECT_ERROR:
        return is_final_handshake(transfer->error_text) ? MSG_TLS_PROTOCOL
                                                        : loss_of(transfer);
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CRL_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
    case CURLE_SSL_ENGINE_NOTFOUND:
        return MSG_TLS;
    default:
        return loss_of(transfer);
    }
}

/* curl's error text, beginning in lower case. Text after a '?' is cut, because
 * it may be the secret part of a URL. */
static void
describe(const struct transfer *transfer, char *text, size_t size)
{
    const char *words = transfer->error_text;
    size_t used = 0;

    if (transfer->result == CURLE_OK)
        words = "the answer ended before the end of its head";
    else if (words[0] == '\0')
        words = curl_easy_strerror(transfer->result);
    while (*words != '\0' && used + 1 < size) {
        if (*words == '?')
            words += strcspn(words, " ");
        else
            text[used++] = *words++;
    }
    text[used] = '\0';
    if (isupper((unsigned char)text[0]) && islower((unsigned char)text[1]))
        text[0] = (char)tolower((unsigned char)text[0]);
}

bool
transfer_is_whole(const struct transfer *transfer)
{
    return transfer->result == CURLE_OK && transfer->head_done;
}

/* Add which certificate authorities were used. */
static void
name_trust(const struct transfer *transfer, struct err *err)
{
    char text[512];

    if (*trust_describe(&transfer->http->trust, text, sizeof(text)) == '\0')
        return;
    err_add(err, "certificate authorities are read from %s", text);
    err_hint(err,
             "check the name of the host, and that %s contains the authority "
             "that issued its certificate",
             text);
}

bool
transfer_failed(struct transfer *transfer, struct err *err)
{
    char text[CURL_ERROR_SIZE];

    describe(transfer, text, sizeof(text));
    err_set(err, msg_of(transfer), "%s: %s", transfer->name, text);
    if (err_is(err, MSG_TLS))
        name_trust(transfer, err);
    memcpy(err->request_id, transfer->head.request_id, sizeof(err->request_id));
    return false;
}

static bool
stalled(const struct transfer *transfer, struct err *err)
{
    char text[32];

    return err_set(err, loss_of(transfer),
                   "%s: no data was sent or received for %s", transfer->name,
                   duration_format(transfer->http->stall_timeout_ms, text));
}

/* curl's CURLOPT_LOW_SPEED_TIME is not used: it counts whole seconds, and it
 * counts the time of a pause when the transfer is resumed. */
static int64_t
stall_deadline(const struct transfer *transfer)
{
    int64_t patience = transfer->http->stall_timeout_ms;

    if (patience <= 0 || patience >= CLOCK_NEVER - transfer->active_ms)
        return CLOCK_NEVER;
    return transfer->active_ms + patience;
}

/* Bytes may still arrive, but the complete answer is late. */
static bool
overdue(const struct transfer *transfer, struct err *err)
{
    char text[32];

    return err_set(
        err, loss_of(transfer), "%s: no complete answer within %s",
        transfer->name,
        duration_format(transfer->end_ms - transfer->began_ms, text));
}

bool
transfer_wait(struct transfer *transfer, struct err *err)
{
    for (;;) {
        int64_t stall_ms = stall_deadline(transfer);

        switch (task_wait(&transfer->waiting,
                          earlier(stall_ms, transfer->end_ms))) {
        case TASK_READY:
            return true;
        case TASK_STOPPED:
            return task_stopped(err);
        case TASK_TIMEOUT:
            if (clock_now_ms() >= transfer->end_ms)
                return overdue(transfer, err);
            if (clock_now_ms() >= stall_deadline(transfer))
                return stalled(transfer, err);
        }
    }
}
