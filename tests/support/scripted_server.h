/*
 * scripted_server - an HTTP server that answers what a test tells it to.
 *
 * Each request, over whatever connection it comes, is answered by the next
 * step; what was asked is kept for the test to look at. Runs as tasks beside
 * the test's own, on a free port of the loopback address.
 *
 *     static const struct scripted_step steps[] = {
 *         {.expect = "POST /x", .status = 200, .body = "{}"},
 *         {.status = 200, .body = text, .ending = SCRIPTED_CUT, .stop_at = 9}};
 */
#ifndef TESTS_SCRIPTED_SERVER_H
#define TESTS_SCRIPTED_SERVER_H

#include <stddef.h>
#include <stdint.h>

#include "http/http.h"

enum scripted_ending {
    SCRIPTED_WHOLE,
    SCRIPTED_CUT,   /* close after `stop_at` bytes of the body */
    SCRIPTED_RESET, /* the same, with a TCP reset */
    SCRIPTED_STALL  /* send no more after them, but stay */
};

struct scripted_step {
    const char *expect;  /* text that the request has to contain; or NULL */
    const char *raw;     /* sent as it is instead of all below, then closed */
    int status;          /* 0: close without an answer */
    const char *headers; /* "Name: value\r\n" each; or NULL */
    const char *body;    /* or NULL */
    size_t length;       /* of body; 0: up to its NUL */
    bool chunked;
    enum scripted_ending ending;
    size_t stop_at;
    int64_t delay_ms; /* before the answer */
};

struct scripted_server;

/* Inside scripted_run(). Stopped and freed by its end; what the steps point to
 * is borrowed while it is sent. */
struct scripted_server *
scripted_server_new(const struct scripted_step *steps, size_t count);

/* http://127.0.0.1:<port> */
const char *scripted_server_url(const struct scripted_server *server);
size_t scripted_server_requests(const struct scripted_server *server);
size_t scripted_server_connections(const struct scripted_server *server);

/* Head and body of request `index`; "" when there was none. */
const char *
scripted_server_request(const struct scripted_server *server, size_t index);

/* Bytes of answers that left so far. */
size_t scripted_server_sent(const struct scripted_server *server);

/* Run `body` as a task with a client of that patience, until it returns. */
void scripted_run(int64_t stall_timeout_ms, void (*body)(struct http *http));

/* A test of check's whose body runs as a task. */
#define TASK_TEST(name, stall_timeout_ms)            \
    static void name##_task(struct http *http);      \
    START_TEST(name)                                 \
    {                                                \
        scripted_run(stall_timeout_ms, name##_task); \
    }                                                \
    END_TEST                                         \
    static void name##_task(struct http *http)

/* The same as a loop test; its body has the number of the turn as `row`. */
#define TASK_LOOP_TEST(name, stall_timeout_ms)           \
    static int name##_row;                               \
    static void name##_body(struct http *http, int row); \
    static void name##_task(struct http *http)           \
    {                                                    \
        name##_body(http, name##_row);                   \
    }                                                    \
    START_TEST(name)                                     \
    {                                                    \
        name##_row = _i;                                 \
        scripted_run(stall_timeout_ms, name##_task);     \
    }                                                    \
    END_TEST                                             \
    static void name##_body(struct http *http, int row)

#define SERVE(steps) \
    scripted_server_new(steps, sizeof(steps) / sizeof((steps)[0]))

#endif
