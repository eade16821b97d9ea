/*
 * The life of a connection and of its requests:
 *
 *     accepted ─► head ─► body ─► take ─┬──────────────► answered ─► next head
 *        │         │       │            └─► suspended ──►   │
 *        └─────────┴───────┴── 10 s in one state: closed    └─► or closed
 *
 * libmicrohttpd calls on_request() when a head is complete, for each part of a
 * body, at the end of the body, and once more after a suspended connection was
 * resumed. It closes idle connections itself, but one byte every few seconds
 * keeps a connection from being idle. So each connection is in a list, in the
 * order in which its state began, and one that takes too long is shut down.
 *
 * If all bodies together take too much memory, the largest are dropped, and
 * their requests are answered with 503.
 *
 * A body that is too large is read and dropped, as far as that is reasonable,
 * because a client that is still sending may not see an early answer.
 *
 * Hazards.
 * - A suspended connection is not watched, so its client may be gone. The
 *   request lives until it is resumed and ended by the library, which
 *   on_completed() reports.
 * - A daemon must not be stopped while connections are suspended.
 * - The library calls back from inside MHD_run() only. No callback waits.
 * - Nothing in the library's epoll instance tells that a request was resumed.
 *   So server_answer() writes to `wake_fd`, and the server waits for both.
 */
#include "hook/server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/task.h"

enum {
    BODY_BYTES = 1024 * 1024,
    DROPPED_BYTES = 8 * 1024 * 1024, /* of a body that is too large */
    HEAD_BYTES = 8 * 1024,
    PATIENCE_MS = 10000,
    SWEEP_MS = 500,
    FINISH_MS = 5000, /* for requests that have begun before a stop */
    BACKLOG = 4096,
    ROUNDS_MOST = 16, /* before other tasks run */
    CONNECTIONS_MOST = 16384,
    CONNECTIONS_LEAST = 64,
    OTHER_FILES = 64 /* the database, stores, files */
};

/* One connection; the library keeps it as its socket context. */
struct link {
    struct link *next;
    struct link *previous;
    int fd;
    struct server_request *request; /* NULL: none has begun */
    int64_t since_ms;               /* when its state began */
    bool waits;                     /* suspended */
};

struct server_request {
    struct server *server;
    struct MHD_Connection *connection;
    struct link *link;
    struct buf body;
    size_t dropped;
    unsigned status; /* 0: not decided yet */
    bool is_health;
};

/* Statuses with their texts; a response is made once and used by all. */
static const struct {
    unsigned status;
    const char *text;
    const char *allow;
} answers[] = {{200, "ok\n", NULL},
               {400, "not a webhook\n", NULL},
               {401, "not signed by a store of bulkpg.ini\n", NULL},
               {404, "not found\n", NULL},
               {405, "method not allowed\n", "POST"},
               {413, "larger than 1 MiB\n", NULL},
               {503, "try again later\n", NULL}};

enum { ANSWERS = sizeof(answers) / sizeof(answers[0]) };

struct server {
    struct MHD_Daemon *daemon;
    int epoll_fd; /* the library's */
    int wake_fd;  /* readable: a request was resumed */
    int wait_fd;  /* readable if one of both is */
    int listen_fd;
    struct server_limits limits;
    struct server_handler handler;
    struct link list; /* ring; the oldest is list.next */
    size_t bodies_bytes;
    size_t open; /* requests */
    size_t suspended;
    bool is_stopping;
    struct MHD_Response *responses[ANSWERS];
    struct MHD_Response *only_get; /* 405 for /health */
};

/* ---- connections -------------------------------------------------------- */

static void
take_out(struct link *link)
{
    link->next->previous = link->previous;
    link->previous->next = link->next;
}

/* A state of the connection begins now. */
static void
touch(struct server *server, struct link *link)
{
    if (link->next != NULL)
        take_out(link);
    link->since_ms = clock_now_ms();
    link->next = &server->list;
    link->previous = server->list.previous;
    link->previous->next = link;
    server->list.previous = link;
}

static void
on_connection(void *ctx, struct MHD_Connection *connection, void **context,
              enum MHD_ConnectionNotificationCode code)
{
    struct server *server = ctx;
    struct link *link = *context;

    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        link = mem_alloc(sizeof(*link));
        link->fd = MHD_get_connection_info(connection,
                                           MHD_CONNECTION_INFO_CONNECTION_FD)
                       ->connect_fd;
        touch(server, link);
        *context = link;
    } else if (link != NULL) {
        take_out(link);
        free(link);
        *context = NULL;
    }
}

/* The library closes the connection when it sees that nothing more can come. */
static void
end_slow(struct server *server)
{
    int64_t now = clock_now_ms();

    while (server->list.next != &server->list &&
           now - server->list.next->since_ms >= PATIENCE_MS) {
        struct link *link = server->list.next;

        if (!link->waits)
            shutdown(link->fd, SHUT_RDWR);
        touch(server, link);
    }
}

/* ---- answers ------------------------------------------------------------ */

static struct MHD_Response *
make_response(const char *text, const char *allow)
{
    struct MHD_Response *response = MHD_create_response_from_buffer(
        strlen(text), (void *)(uintptr_t)text, MHD_RESPMEM_PERSISTENT);

    if (response == NULL ||
        MHD_add_response_header(response, "Content-Type", "text/plain") !=
            MHD_YES ||
        (allow != NULL &&
         MHD_add_response_header(response, "Allow", allow) != MHD_YES))
        mem_out("an answer");
    return response;
}

static enum MHD_Result
answer(struct server_request *request)
{
    struct server *server = request->server;
    struct MHD_Response *response = server->responses[ANSWERS - 1];

    for (size_t i = 0; i < ANSWERS; i++)
        if (answers[i].status == request->status)
            response = server->responses[i];
    if (request->is_health && request->status == 405)
        response = server->only_get;
    return MHD_queue_response(request->connection, request->status, response);
}

static void
wake(struct server *server)
{
    uint64_t one = 1;

    (void)!write(server->wake_fd, &one, sizeof(one));
}

void
server_answer(struct server_request *request, unsigned status)
{
    request->status = status;
    request->link->waits = false;
    touch(request->server, request->link);
    request->server->suspended--;
    MHD_resume_connection(request->connection);
    wake(request->server);
}

/* ---- the body ----------------------------------------------------------- */

static void
count_bytes(struct server_request *request, size_t before)
{
    request->server->bodies_bytes += request->body.capacity - before;
}

static void
free_body(struct server_request *request)
{
    request->server->bodies_bytes -= request->body.capacity;
    buf_free(&request->body);
    request->body = buf_with_ceiling(BODY_BYTES);
}

/* From now on the body is dropped, and this is the answer. */
static void
drop_body(struct server_request *request, unsigned status)
{
    free_body(request);
    request->status = status;
}

/* Drop the largest bodies until all of them fit. So clients that hold large
 * bodies are in each other's way, but not in that of usual webhooks. */
static void
make_room(struct server *server)
{
    while (server->bodies_bytes > server->limits.bodies_bytes) {
        struct server_request *largest = NULL;

        for (struct link *link = server->list.next; link != &server->list;
             link = link->next)
            if (link->request != NULL &&
                (largest == NULL ||
                 link->request->body.capacity > largest->body.capacity))
                largest = link->request;
        if (largest == NULL)
            return;
        drop_body(largest, 503);
    }
}

static enum MHD_Result
take_part(struct server_request *request, const char *bytes, size_t count)
{
    size_t before = request->body.capacity;

    if (request->status != 0) {
        request->dropped += count;
        return request->dropped <= DROPPED_BYTES ? MHD_YES : MHD_NO;
    }
    buf_append(&request->body, bytes, count);
    count_bytes(request, before);
    if (request->body.overflowed)
        drop_body(request, 413);
    else
        make_room(request->server);
    return MHD_YES;
}

/* ---- requests ----------------------------------------------------------- */

static enum MHD_Result
collect_header(void *ctx, enum MHD_ValueKind kind, const char *name,
               const char *value)
{
    (void)kind;
    delivery_header(ctx, name, value != NULL ? value : "");
    return MHD_YES;
}

static enum MHD_Result
take(struct server_request *request, const char *path)
{
    struct server *server = request->server;
    struct delivery delivery = {.store = span_str(path + 1),
                                .body = buf_span(&request->body)};

    MHD_get_connection_values(request->connection, MHD_HEADER_KIND,
                              collect_header, &delivery);
    request->status =
        server->handler.take(server->handler.ctx, &delivery, request);
    free_body(request);
    if (request->status != 0)
        return answer(request);
    request->link->waits = true;
    server->suspended++;
    MHD_suspend_connection(request->connection);
    return MHD_YES;
}

/* The status that follows from method and path; 0: a webhook or /health. */
static unsigned
route(struct server_request *request, const char *method, const char *path)
{
    bool posts = strcmp(method, "POST") == 0;

    if (path[0] != '/' || strchr(path + 1, '/') != NULL)
        return 404;
    request->is_health = strcmp(path, "/health") == 0;
    if (request->is_health)
        return strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0 ? 0
                                                                         : 405;
    return posts ? 0 : 405;
}

static const char *
header(const struct server_request *request, const char *name)
{
    const char *value =
        MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name);

    return value != NULL ? value : "";
}

/* Answer at once if the body need not be read: the client waits for our
 * consent, or it is so large that it would not be read to its end. */
static bool
is_answered_early(const struct server_request *request)
{
    unsigned long long length =
        strtoull(header(request, "Content-Length"), NULL, 10);

    return request->status != 0 &&
           (length > DROPPED_BYTES ||
            strncasecmp(header(request, "Expect"), "100-continue", 12) == 0);
}

static enum MHD_Result
begin(struct server *server, struct MHD_Connection *connection,
      const char *method, const char *path, void **context)
{
    struct server_request *request = mem_alloc(sizeof(*request));

    request->server = server;
    request->connection = connection;
    request->body = buf_with_ceiling(BODY_BYTES);
    request->link =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)
            ->socket_context;
    request->link->request = request;
    *context = request;
    server->open++;
    touch(server, request->link);
    request->status = route(request, method, path);
    if (request->status == 0 && server->is_stopping)
        request->status = 503;
    if (request->status == 0 &&
        strtoull(header(request, "Content-Length"), NULL, 10) > BODY_BYTES)
        request->status = 413;
    return is_answered_early(request) ? answer(request) : MHD_YES;
}

static enum MHD_Result
on_request(void *ctx, struct MHD_Connection *connection, const char *path,
           const char *method, const char *version, const char *bytes,
           size_t *count, void **context)
{
    struct server *server = ctx;
    struct server_request *request = *context;
    size_t part = *count;

    (void)version;
    if (request == NULL)
        return begin(server, connection, method, path, context);
    if (part > 0) {
        *count = 0;
        return take_part(request, bytes, part);
    }
    if (request->status == 0 && request->is_health)
        request->status =
            server->handler.is_well(server->handler.ctx) ? 200 : 503;
    return request->status != 0 ? answer(request) : take(request, path);
}

static void
on_completed(void *ctx, struct MHD_Connection *connection, void **context,
             enum MHD_RequestTerminationCode code)
{
    struct server *server = ctx;
    struct server_request *request = *context;

    (void)connection, (void)code;
    if (request == NULL)
        return;
    free_body(request);
    request->link->request = NULL;
    touch(server, request->link);
    server->open--;
    free(request);
    *context = NULL;
}

/* ---- listening ---------------------------------------------------------- */

bool
server_connections(unsigned *connections, struct err *err)
{
    struct rlimit files = {0};

    if (getrlimit(RLIMIT_NOFILE, &files) != 0)
        return err_set(err, MSG_LISTEN_FILES,
                       "cannot read the limit on open files: %s",
                       strerror(errno));
    if (files.rlim_cur < CONNECTIONS_MOST + OTHER_FILES &&
        files.rlim_cur < files.rlim_max) {
        files.rlim_cur = files.rlim_max < CONNECTIONS_MOST + OTHER_FILES
                             ? files.rlim_max
                             : CONNECTIONS_MOST + OTHER_FILES;
        if (setrlimit(RLIMIT_NOFILE, &files) != 0 &&
            getrlimit(RLIMIT_NOFILE, &files) != 0)
            files.rlim_cur = 0;
    }
    if (files.rlim_cur < CONNECTIONS_LEAST + OTHER_FILES)
        return err_set(err, MSG_LISTEN_FILES,
                       "the process may open %llu files, but needs %d",
                       (unsigned long long)files.rlim_cur,
                       CONNECTIONS_LEAST + OTHER_FILES);
    *connections = files.rlim_cur < CONNECTIONS_MOST + OTHER_FILES
                       ? (unsigned)files.rlim_cur - OTHER_FILES
                       : CONNECTIONS_MOST;
    return true;
}

union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

/* Returns the length of the address; 0: it is not one. */
static socklen_t
read_address(const char *text, int port, union address *address)
{
    memset(address, 0, sizeof(*address));
    if (inet_pton(AF_INET, text, &address->v4.sin_addr) == 1) {
        address->v4.sin_family = AF_INET;
        address->v4.sin_port = htons((uint16_t)port);
        return sizeof(address->v4);
    }
    if (inet_pton(AF_INET6, text, &address->v6.sin6_addr) == 1) {
        address->v6.sin6_family = AF_INET6;
        address->v6.sin6_port = htons((uint16_t)port);
        return sizeof(address->v6);
    }
    return 0;
}

static bool
listen_on(const char *text, int port, int *fd, struct err *err)
{
    union address address;
    socklen_t length = read_address(text, port, &address);
    int on = 1;

    if (length == 0)
        return err_set(err, MSG_LISTEN_ADDRESS,
                       "\"%.100s\" is not a numeric address", text);
    *fd = socket(address.any.sa_family,
                 SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (*fd >= 0 &&
        setsockopt(*fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
        bind(*fd, &address.any, length) == 0 && listen(*fd, BACKLOG) == 0)
        return true;
    err_set(err, MSG_LISTEN_ADDRESS, "cannot listen on %s port %d: %s", text,
            port, strerror(errno));
    if (*fd >= 0)
        close(*fd);
    return false;
}

int
server_port(const struct server *server)
{
    union address address = {0};
    socklen_t length = sizeof(address);

    if (getsockname(server->listen_fd, &address.any, &length) != 0)
        return 0;
    return ntohs(address.any.sa_family == AF_INET6 ? address.v6.sin6_port
                                                   : address.v4.sin_port);
}

static struct MHD_Daemon *
start_daemon(struct server *server)
{
    return MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, on_request,
        server, MHD_OPTION_LISTEN_SOCKET, server->listen_fd,
        MHD_OPTION_CONNECTION_LIMIT, server->limits.connections,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HEAD_BYTES,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)(PATIENCE_MS / 1000),
        MHD_OPTION_NOTIFY_COMPLETED, on_completed, server,
        MHD_OPTION_NOTIFY_CONNECTION, on_connection, server, MHD_OPTION_END);
}

static bool
begin_waits(struct server *server)
{
    struct epoll_event readable = {.events = EPOLLIN};

    server->epoll_fd =
        MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
    server->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    server->wait_fd = epoll_create1(EPOLL_CLOEXEC);
    return server->wake_fd >= 0 && server->wait_fd >= 0 &&
           epoll_ctl(server->wait_fd, EPOLL_CTL_ADD, server->epoll_fd,
                     &readable) == 0 &&
           epoll_ctl(server->wait_fd, EPOLL_CTL_ADD, server->wake_fd,
                     &readable) == 0;
}

bool
server_new(const char *address, int port, const struct server_limits *limits,
           const struct server_handler *handler, struct server **made,
           struct err *err)
{
    struct server *server = mem_alloc(sizeof(*server));

    server->wake_fd = server->wait_fd = -1;
    server->limits = *limits;
    server->handler = *handler;
    server->list.next = server->list.previous = &server->list;
    if (!listen_on(address, port, &server->listen_fd, err)) {
        free(server);
        return false;
    }
    server->daemon = start_daemon(server);
    if (server->daemon == NULL || !begin_waits(server)) {
        err_set(err, MSG_BUG, "libmicrohttpd does not start: %s",
                strerror(errno));
        if (server->daemon == NULL)
            close(server->listen_fd);
        server_free(server);
        return false;
    }
    for (size_t i = 0; i < ANSWERS; i++)
        server->responses[i] = make_response(answers[i].text, answers[i].allow);
    server->only_get = make_response("method not allowed\n", "GET, HEAD");
    *made = server;
    return true;
}

void
server_free(struct server *server)
{
    if (server->daemon != NULL)
        MHD_stop_daemon(server->daemon);
    if (server->wait_fd >= 0)
        close(server->wait_fd);
    if (server->wake_fd >= 0)
        close(server->wake_fd);
    for (size_t i = 0; i < ANSWERS && server->responses[i] != NULL; i++)
        MHD_destroy_response(server->responses[i]);
    if (server->only_get != NULL)
        MHD_destroy_response(server->only_get);
    free(server);
}

/* ---- serving ------------------------------------------------------------ */

/* The library accepts ten connections and serves 128 in a round. If thousands
 * connect at once, further rounds follow, so that none has to wait until the
 * kernel repeats its attempt. */
static void
serve_ready(struct server *server)
{
    struct pollfd ready = {.fd = server->epoll_fd, .events = POLLIN};

    for (int i = 0; i < ROUNDS_MOST; i++) {
        MHD_run(server->daemon);
        if (poll(&ready, 1, 0) <= 0)
            return;
    }
}

/* Wait for events, and serve them. */
static enum task_wake
serve_once(struct server *server)
{
    int64_t deadline = clock_after_ms(SWEEP_MS);
    MHD_UNSIGNED_LONG_LONG timeout_ms;
    uint64_t resumed;
    enum task_wake wake;

    if (MHD_get_timeout(server->daemon, &timeout_ms) == MHD_YES &&
        timeout_ms < SWEEP_MS)
        deadline = clock_after_ms((int64_t)timeout_ms);
    wake = task_wait_fd(server->wait_fd, POLLIN, deadline);
    (void)!read(server->wake_fd, &resumed, sizeof(resumed));
    serve_ready(server);
    end_slow(server);
    return wake;
}

/* Suspended requests are always waited for: their events may be committed. */
static void
finish(struct server *server)
{
    int64_t end = clock_after_ms(FINISH_MS);
    int fd = MHD_quiesce_daemon(server->daemon);

    server->is_stopping = true;
    if (fd >= 0)
        close(fd);
    task_shield();
    while (server->suspended > 0 || (server->open > 0 && clock_now_ms() < end))
        (void)serve_once(server);
    MHD_run(server->daemon);
    task_unshield();
    MHD_stop_daemon(server->daemon);
    server->daemon = NULL;
}

void
server_run(struct server *server)
{
    while (serve_once(server) != TASK_STOPPED)
        continue;
    finish(server);
}
