#include "support/scripted_server.h"

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/task.h"

enum {
    MOST_REQUESTS = 64,
    REQUEST_BYTES = 4 * 1024 * 1024,
    GLANCE_MS = 5, /* time between two checks of `stopping` */
    CHUNK_BYTES = 1000
};

struct scripted_server {
    struct scripted_server *next;
    struct scripted_step *steps; /* a copy, as the test's may be on its stack */
    size_t count;
    scripted_answer_fn *answer; /* instead of steps; or NULL */
    void *answer_ctx;
    int fd;
    char url[64];
    char *requests[MOST_REQUESTS];
    size_t request_count;
    size_t connections;
    size_t sent;
    bool stopping;
};

struct connection {
    struct scripted_server *server;
    int fd;
};

static struct scripted_server *servers;

/* ---- bytes ------------------------------------------------------------- */

/* False if the test has ended. */
static bool
wait_for(struct scripted_server *server, int fd, short events)
{
    for (;;) {
        enum task_wake wake =
            task_wait_fd(fd, events, clock_after_ms(GLANCE_MS));

        if (server->stopping || wake == TASK_STOPPED)
            return false;
        if (wake == TASK_READY)
            return true;
    }
}

static bool
rest(struct scripted_server *server, int64_t ms)
{
    int64_t until = clock_after_ms(ms);

    while (clock_now_ms() < until) {
        if (server->stopping ||
            task_sleep_until(clock_after_ms(GLANCE_MS)) == TASK_STOPPED)
            return false;
    }
    return true;
}

static bool
send_all(struct connection *connection, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t sent = send(connection->fd, bytes, length, MSG_NOSIGNAL);

        if (sent > 0) {
            bytes += sent;
            length -= (size_t)sent;
            connection->server->sent += (size_t)sent;
        } else if (errno != EAGAIN ||
                   !wait_for(connection->server, connection->fd, POLLOUT)) {
            return false;
        }
    }
    return true;
}

/* ---- requests ---------------------------------------------------------- */

static size_t
body_length(const char *head)
{
    const char *line = strcasestr(head, "\r\nContent-Length:");

    return line != NULL ? strtoul(line + 17, NULL, 10) : 0;
}

/* The step that answers the next request; NULL after the last. */
static const struct scripted_step *
next_step(const struct scripted_server *server)
{
    return server->request_count < server->count
               ? &server->steps[server->request_count]
               : NULL;
}

static bool
is_complete(const struct scripted_server *server, const struct buf *request)
{
    const struct scripted_step *step = next_step(server);
    const char *end = strstr(buf_str(request), "\r\n\r\n");
    size_t head = end != NULL ? (size_t)(end - request->bytes) + 4 : 0;

    if (step != NULL && step->early_at > 0 && request->length >= step->early_at)
        return true;
    return end != NULL &&
           request->length >= head + body_length(buf_str(request));
}

static bool
read_request(struct connection *connection, struct buf *request)
{
    char bytes[16384];

    buf_clear(request);
    while (!is_complete(connection->server, request)) {
        ssize_t got = recv(connection->fd, bytes, sizeof(bytes), 0);

        if (got > 0)
            buf_append(request, bytes, (size_t)got);
        else if (got == 0 || errno != EAGAIN ||
                 !wait_for(connection->server, connection->fd, POLLIN))
            return false;
    }
    return true;
}

/* ---- answers ----------------------------------------------------------- */

static void
write_head(const struct scripted_step *step, size_t length, struct buf *buf)
{
    buf_printf(buf, "HTTP/1.1 %d Scripted\r\n", step->status);
    if (step->headers != NULL)
        buf_append_str(buf, step->headers);
    if (step->chunked)
        buf_append_str(buf, "Transfer-Encoding: chunked\r\n\r\n");
    else
        buf_printf(buf, "Content-Length: %zu\r\n\r\n", length);
}

static bool
send_chunks(struct connection *connection, const char *body, size_t length,
            bool whole)
{
    bool ok = true;

    for (size_t at = 0; ok && at < length; at += CHUNK_BYTES) {
        size_t now = length - at < CHUNK_BYTES ? length - at : CHUNK_BYTES;
        char size[32];

        snprintf(size, sizeof(size), "%zx\r\n", now);
        ok = send_all(connection, size, strlen(size)) &&
             send_all(connection, body + at, now) &&
             send_all(connection, "\r\n", 2);
    }
    return ok && (!whole || send_all(connection, "0\r\n\r\n", 5));
}

static bool
send_answer(struct connection *connection, const struct scripted_step *step)
{
    const char *body = step->body != NULL ? step->body : "";
    size_t length = step->length > 0 ? step->length : strlen(body);
    size_t now = step->ending == SCRIPTED_WHOLE ? length : step->stop_at;
    struct buf head = buf_with_ceiling(64 * 1024);
    bool ok;

    write_head(step, length, &head);
    ok = send_all(connection, buf_str(&head), head.length);
    buf_free(&head);
    if (!ok)
        return false;
    return step->chunked ? send_chunks(connection, body, now,
                                       step->ending == SCRIPTED_WHOLE)
                         : send_all(connection, body, now);
}

static void
reset(struct connection *connection)
{
    struct linger linger = {.l_onoff = 1, .l_linger = 0};

    setsockopt(connection->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
}

/* True if the connection can be used again. */
static bool
play(struct connection *connection, const struct scripted_step *step,
     const char *request)
{
    if (step->expect != NULL && strstr(request, step->expect) == NULL)
        ck_abort_msg("expected \"%s\" in: %s", step->expect, request);
    if (!rest(connection->server, step->delay_ms))
        return false;
    if (step->raw != NULL) {
        send_all(connection, step->raw,
                 step->length > 0 ? step->length : strlen(step->raw));
        return false;
    }
    if (step->status == 0 || !send_answer(connection, step))
        return false;
    if (step->ending == SCRIPTED_STALL)
        rest(connection->server, 3600000);
    else if (step->ending == SCRIPTED_RESET && rest(connection->server, 50))
        reset(connection);
    return step->ending == SCRIPTED_WHOLE && step->early_at == 0;
}

static bool
answer_next(struct connection *connection, const char *request)
{
    struct scripted_server *server = connection->server;
    size_t index = server->request_count;

    if (server->answer != NULL) {
        struct scripted_step step = server->answer(server->answer_ctx, request);

        return play(connection, &step, request);
    }
    if (index >= server->count || index >= MOST_REQUESTS)
        ck_abort_msg("more requests than steps: %s", request);
    server->requests[server->request_count++] = mem_strdup(request);
    return play(connection, &server->steps[index], request);
}

static void
serve_connection(void *ctx)
{
    struct connection *connection = ctx;
    struct buf request = buf_with_ceiling(REQUEST_BYTES);

    task_shield();
    while (read_request(connection, &request))
        if (!answer_next(connection, buf_str(&request)))
            break;
    buf_free(&request);
    close(connection->fd);
    free(connection);
    task_unshield();
}

static void
serve(void *ctx)
{
    struct scripted_server *server = ctx;

    task_shield(); /* a test that calls tasks_stop() still needs the server */
    while (wait_for(server, server->fd, POLLIN)) {
        int fd = accept4(server->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        struct connection *connection;

        if (fd < 0)
            continue;
        server->connections++;
        connection = mem_alloc(sizeof(*connection));
        connection->server = server;
        connection->fd = fd;
        task_spawn("scripted connection", serve_connection, connection);
    }
    close(server->fd);
    task_unshield();
}

/* ---- start and end ----------------------------------------------------- */

static void
listen_on_free_port(struct scripted_server *server)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof(address);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    server->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    ck_assert_int_ge(server->fd, 0);
    ck_assert_int_eq(
        bind(server->fd, (struct sockaddr *)&address, sizeof(address)), 0);
    ck_assert_int_eq(listen(server->fd, 16), 0);
    getsockname(server->fd, (struct sockaddr *)&address, &length);
    snprintf(server->url, sizeof(server->url), "http://127.0.0.1:%u",
             (unsigned)ntohs(address.sin_port));
}

static void
begin(struct scripted_server *server)
{
    listen_on_free_port(server);
    server->next = servers;
    servers = server;
    task_spawn("scripted server", serve, server);
}

struct scripted_server *
scripted_server_new(const struct scripted_step *steps, size_t count)
{
    struct scripted_server *server = mem_alloc(sizeof(*server));

    server->steps = mem_array(count, sizeof(*steps));
    memcpy(server->steps, steps, count * sizeof(*steps));
    server->count = count;
    begin(server);
    return server;
}

struct scripted_server *
scripted_server_answering(scripted_answer_fn *answer, void *ctx)
{
    struct scripted_server *server = mem_alloc(sizeof(*server));

    server->answer = answer;
    server->answer_ctx = ctx;
    begin(server);
    return server;
}

static void
free_servers(void)
{
    while (servers != NULL) {
        struct scripted_server *server = servers;

        servers = server->next;
        for (size_t i = 0; i < server->request_count; i++)
            free(server->requests[i]);
        free(server->steps);
        free(server);
    }
}

const char *
scripted_server_url(const struct scripted_server *server)
{
    return server->url;
}

size_t
scripted_server_requests(const struct scripted_server *server)
{
    return server->request_count;
}

size_t
scripted_server_connections(const struct scripted_server *server)
{
    return server->connections;
}

const char *
scripted_server_request(const struct scripted_server *server, size_t index)
{
    return index < server->request_count ? server->requests[index] : "";
}

size_t
scripted_server_sent(const struct scripted_server *server)
{
    return server->sent;
}

struct run {
    struct http *http;
    void (*body)(struct http *http);
};

static void
run_body(void *ctx)
{
    struct run *run = ctx;

    run->body(run->http);
    for (struct scripted_server *s = servers; s != NULL; s = s->next)
        s->stopping = true;
}

void
scripted_run(int64_t stall_timeout_ms, void (*body)(struct http *http))
{
    struct run run = {.body = body};
    struct err err;

    ck_assert(http_new(stall_timeout_ms, "bulkpg-test", &run.http, &err));
    tasks_init(http_wait, run.http);
    task_spawn("test", run_body, &run);
    tasks_run();
    free_servers();
    http_free(run.http);
}
