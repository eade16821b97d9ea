/* reply: no answer of a source may crash its reader. It is an answer with data
 * or errors, or an error with a message, and what it says about the rate keeps
 * the rate's numbers in order. The first byte of the input selects the kind of
 * the request; the head of the answer ends with an empty line. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "api/reply.h"
#include "http/head.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Read the head, and return the body. */
static struct span
read_head(struct http_head *head, struct span text)
{
    bool done = false;

    *head = (struct http_head){.status = 200};
    while (!done && text.length > 0) {
        const char *end = memchr(text.bytes, '\n', text.length);
        size_t length =
            end != NULL ? (size_t)(end - text.bytes) + 1 : text.length;

        head_add_line(head, span_head(text, length), &done);
        text = span_tail(text, length);
    }
    return text;
}

static void
check_rate(const struct rate_told *told)
{
    struct rate_pool pool = {0};
    struct rate *rate = rate_new(&pool, "fuzz", 4, 0.8);
    struct rate_pass pass = {{0}, 0};

    if (told->wait_ms < 0)
        abort();
    rate_end(rate, &pass, told);
    rate_end(rate, &pass, told);
    if (isnan(rate_left(rate)) || rate_allowed(rate) < 1)
        abort();
    rate_free(rate);
    rate_pool_free(&pool);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span text = span_of((const char *)data, size);
    struct request request = {.what = "fuzz"};
    struct arena arena = {0};
    struct request_try now = {
        .request = &request, .arena = &arena, .told = rate_told_nothing()};
    struct http_head head;
    struct reply reply;
    struct err err = {0};
    struct span body;

    if (size > 0) {
        request.partial = (data[0] & 1) != 0;
        request.outer = (data[0] & 2) != 0;
        request.has_worked = (data[0] & 4) != 0;
        text = span_tail(text, 1);
    }
    body = read_head(&head, text);
    if (reply_read("fuzz", &now, &head, body, &reply, &err)) {
        if (reply.errors == NULL &&
            (reply.data == NULL || reply.data->kind != JSON_OBJECT))
            abort();
    } else if (err.kind == ERR_NONE || err.message[0] == '\0' ||
               err.code[0] == '\0') {
        abort();
    }
    check_rate(&now.told);
    arena_free(&arena);
    return 0;
}
