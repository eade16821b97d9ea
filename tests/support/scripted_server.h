/*
 * scripted_server - an HTTP server that plays a script.
 *
 * Each request gets the next step as its answer, on any connection. Requests
 * are kept for the test. The server's tasks run beside the test's task, on a
 * free port of the loopback address.
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
    SCRIPTED_STALL  /* the same, but leave the connection open */
};

struct scripted_step {
    const char *expect;  /* text that the request must contain, or NULL */
    const char *raw;     /* unless NULL: send this alone, then close */
    int status;          /* 0: close without an answer */
    const char *headers; /* "Name: value\r\n" each; or NULL */
    const char *body;    /* or NULL */
    size_t length;       /* of the body; 0: up to its NUL */
    bool chunked;
    enum scripted_ending ending;
    size_t stop_at;
    int64_t delay_ms; /* before the answer */
    size_t early_at;  /* unless 0: answer after this many bytes of the request,
                       * and close without reading the rest */
};

struct scripted_server;

/* Call it inside scripted_run(), whose end stops and frees the server. The
 * texts of the steps are borrowed while they are sent. */
struct scripted_server *
scripted_server_new(const struct scripted_step *steps, size_t count);

/* The same with a function that answers each request, in any order. What the
 * step points to must live until the end of the test. */
typedef struct scripted_step scripted_answer_fn(void *ctx, const char *request);
struct scripted_server *
scripted_server_answering(scripted_answer_fn *answer, void *ctx);

/* http://127.0.0.1:<port> */
const char *scripted_server_url(const struct scripted_server *server);
size_t scripted_server_requests(const struct scripted_server *server);
size_t scripted_server_connections(const struct scripted_server *server);

/* Head and body of request `index`; "" if it was not received. */
const char *
scripted_server_request(const struct scripted_server *server, size_t index);

/* Bytes of answers sent so far. */
size_t scripted_server_sent(const struct scripted_server *server);

/* Run `body` as a task, with a client that has this stall timeout. */
void scripted_run(int64_t stall_timeout_ms, void (*body)(struct http *http));

/* A test of Check whose body runs as a task. */
#define TASK_TEST(name, stall_timeout_ms)            \
    static void name##_task(struct http *http);      \
    START_TEST(name)                                 \
    {                                                \
        scripted_run(stall_timeout_ms, name##_task); \
    }                                                \
    END_TEST                                         \
    static void name##_task(struct http *http)

/* The same as a loop test. The body gets the number of the turn as `row`. */
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
