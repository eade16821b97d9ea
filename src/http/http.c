/*
 * The client, the scheduler's wait, and fetches.
 *
 * curl does all its work in http_wait(): curl_multi_poll() gets the tasks'
 * descriptors as extra ones, then curl serves its transfers, then the tasks
 * whose transfers have ended are woken. Callbacks of curl only copy bytes and
 * set fields; no task runs inside a callback.
 *
 * A fetch is a transfer whose body goes to a buffer. If the answer is too
 * large, the transfer ends before all of it has arrived.
 */
#include "http/http.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "http/transfer.h"

enum { LONGEST_WAIT_MS = 3600000, REQUEST_TIMEOUT_MS = 60000 };

bool
http_new(int64_t stall_timeout_ms, const char *user_agent, struct http **http,
         struct err *err)
{
    struct http *made;

    /* With CURLOPT_NOSIGNAL, curl does not ignore SIGPIPE itself, and OpenSSL
     * writes with write(2). */
    signal(SIGPIPE, SIG_IGN);
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return err_set(err, MSG_BUG, "curl does not start");
    made = mem_alloc(sizeof(*made));
    made->stall_timeout_ms = stall_timeout_ms;
    made->request_timeout_ms = REQUEST_TIMEOUT_MS;
    made->user_agent = user_agent;
    made->trust = trust_of_environment();
    made->multi = curl_multi_init();
    if (made->multi == NULL) {
        free(made);
        curl_global_cleanup();
        return err_set(err, MSG_BUG, "curl does not start");
    }
    *http = made;
    return true;
}

void
http_set_timeouts(struct http *http, int64_t stall_timeout_ms,
                  int64_t request_timeout_ms)
{
    http->stall_timeout_ms = stall_timeout_ms;
    http->request_timeout_ms = request_timeout_ms;
}

int64_t
http_stall_timeout(const struct http *http)
{
    return http->stall_timeout_ms;
}

void
http_set_ca_file(struct http *http, const char *path)
{
    http->trust = (struct trust){.file = path, .file_from = "ca_file"};
}

void
http_free(struct http *http)
{
    if (http == NULL)
        return;
    curl_multi_cleanup(http->multi);
    free(http->extra);
    free(http);
    curl_global_cleanup();
}

/* ---- the wait ---------------------------------------------------------- */

static short
events_to_curl(short events)
{
    int flags = 0;

    if (events & POLLIN)
        flags |= CURL_WAIT_POLLIN;
    if (events & POLLPRI)
        flags |= CURL_WAIT_POLLPRI;
    if (events & POLLOUT)
        flags |= CURL_WAIT_POLLOUT;
    return (short)flags;
}

/* curl reports errors and hang-ups as readable. */
static short
events_from_curl(short flags)
{
    int events = 0;

    if (flags & CURL_WAIT_POLLIN)
        events |= POLLIN;
    if (flags & CURL_WAIT_POLLPRI)
        events |= POLLPRI;
    if (flags & CURL_WAIT_POLLOUT)
        events |= POLLOUT;
    return (short)events;
}

static void
wake_finished(struct http *http)
{
    int left;

    for (;;) {
        CURLMsg *message = curl_multi_info_read(http->multi, &left);
        struct transfer *transfer = NULL;

        if (message == NULL)
            return;

        if (message->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
        transfer->ended = true;
        transfer->result = message->data.result;
        task_wake_all(&transfer->waiting);
    }
}

static void
reserve_extra(struct http *http, size_t count)
{
    if (count <= http->extra_capacity)
        return;
    http->extra = mem_resize(http->extra, count * sizeof(*http->extra));
    http->extra_capacity = count;
}

/* Is one of curl's own timers due? It is if a transfer was added or resumed. */
static bool
is_due(struct http *http)
{
    long left_ms = -1;

    return curl_multi_timeout(http->multi, &left_ms) != CURLM_OK ||
           left_ms == 0;
}

/* curl_multi_poll() returns earlier if one of curl's own timers is due.
 * curl_multi_perform() polls each transfer again, so it is called only if one
 * of them has something to do. */
void
http_wait(void *ctx, struct pollfd *fds, size_t count, int timeout_ms)
{
    struct http *http = ctx;
    int running, ready = 0;

    reserve_extra(http, count);
    for (size_t i = 0; i < count; i++)
        http->extra[i] = (struct curl_waitfd){
            .fd = fds[i].fd, .events = events_to_curl(fds[i].events)};
    curl_multi_poll(http->multi, http->extra, (unsigned)count,
                    timeout_ms < 0 ? LONGEST_WAIT_MS : timeout_ms, &ready);
    for (size_t i = 0; i < count; i++) {
        fds[i].revents = events_from_curl(http->extra[i].revents);
        ready -= http->extra[i].revents != 0;
    }
    if (ready <= 0 && !is_due(http))
        return;
    curl_multi_perform(http->multi, &running);
    wake_finished(http);
}

/* ---- whole answers ----------------------------------------------------- */

struct fetch {
    struct transfer transfer;
    struct buf *body;
};

/* Of a large answer, so that it is not moved while it grows. */
static void
make_room(struct fetch *fetch)
{
    curl_off_t length = -1;

    curl_easy_getinfo(fetch->transfer.easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T,
                      &length);
    if (length > 0 && (uint64_t)length <= fetch->body->ceiling)
        (void)buf_reserve(fetch->body, (size_t)length);
}

/* Returning 0 ends the transfer if the answer is too large. */
static size_t
take_body(char *bytes, size_t size, size_t count, void *ctx)
{
    struct fetch *fetch = ctx;

    if (fetch->body->length == 0)
        make_room(fetch);
    transfer_touch(&fetch->transfer);
    buf_append(fetch->body, bytes, size * count);
    return fetch->body->overflowed ? 0 : size * count;
}

static bool
wait_for_end(struct fetch *fetch, struct err *err)
{
    struct transfer *transfer = &fetch->transfer;

    while (!transfer->ended)
        if (!transfer_wait(transfer, err))
            return false;
    if (fetch->body->overflowed) {
        return err_set(err, MSG_TOO_LARGE,
                       "%s: the answer is larger than %zu bytes",
                       transfer->name, fetch->body->ceiling);
    }
    return transfer_is_whole(transfer) || transfer_failed(transfer, err);
}

bool
http_fetch(struct http *http, const struct http_request *request,
           struct http_head *head, struct buf *body, struct err *err)
{
    struct fetch fetch = {.body = body};
    bool ok;

    buf_clear(body);
    if (!transfer_start(&fetch.transfer, http, request, TRANSFER_WHOLE,
                        take_body, &fetch, err))
        return false;
    ok = wait_for_end(&fetch, err);
    *head = fetch.transfer.head;
    transfer_end(&fetch.transfer);
    return ok;
}

const char *
http_version_text(void)
{
    static char text[128];
    const curl_version_info_data *info = curl_version_info(CURLVERSION_NOW);

    snprintf(text, sizeof(text), "libcurl %s, %s", info->version,
             info->ssl_version != NULL ? info->ssl_version : "no TLS");
    return text;
}
