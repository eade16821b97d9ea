#include "http/head.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define KEPT(name, field)                             \
    {                                                 \
        (name), offsetof(struct http_head, field),    \
            sizeof(((struct http_head *)NULL)->field) \
    }

/* The header fields that are used. Names are compared without case. */
static const struct kept {
    const char *name;
    size_t offset;
    size_t size;
} kept[] = {
    KEPT("X-Request-ID", request_id),
    KEPT("Content-Range", content_range),
    KEPT("Content-Encoding", content_encoding),
    KEPT("ETag", etag),
    KEPT("Location", location),
    KEPT("Retry-After", retry_after),
    KEPT("X-Shopify-API-Version", api_version),
    KEPT("X-Shopify-API-Deprecated-Reason", deprecated),
    KEPT("Date", date),
    KEPT("X-RateLimit-Limit", points.limit),
    KEPT("X-RateLimit-Remaining", points.remaining),
    KEPT("X-RateLimit-Reset", points.reset),
    KEPT("RateLimit-Limit", points.limit),
    KEPT("RateLimit-Remaining", points.remaining),
    KEPT("RateLimit-Reset", points.reset),
    KEPT("X-RateLimit-Requests-Limit", requests.limit),
    KEPT("X-RateLimit-Requests-Remaining", requests.remaining),
    KEPT("X-RateLimit-Requests-Reset", requests.reset),
    KEPT("X-RateLimit-Complexity-Limit", complexity.limit),
    KEPT("X-RateLimit-Complexity-Remaining", complexity.remaining),
    KEPT("X-RateLimit-Complexity-Reset", complexity.reset),
    KEPT("X-Complexity", complexity.cost),
};

/* -1 if the text has anything but digits. */
static int
parse_status(struct span text)
{
    int status = 0;

    for (size_t i = 0; i < text.length; i++) {
        if (text.bytes[i] < '0' || text.bytes[i] > '9')
            return -1;
        status = status * 10 + (text.bytes[i] - '0');
    }
    return status;
}

static bool
is_name(struct span span, const char *name)
{
    return span.length == strlen(name) &&
           strncasecmp(span.bytes, name, span.length) == 0;
}

static void
add_field(struct http_head *head, struct span name, struct span value)
{
    for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
        if (is_name(name, kept[i].name))
            snprintf((char *)head + kept[i].offset, kept[i].size, "%.*s",
                     SPAN_ARG(value));
}

/* "HTTP/1.1 200 OK" begins a head. The head of an interim answer is cleared. */
static void
begin(struct http_head *head, struct span line)
{
    const char *blank = memchr(line.bytes, ' ', line.length);
    size_t at = blank != NULL ? (size_t)(blank - line.bytes) + 1 : line.length;

    memset(head, 0, sizeof(*head));
    if (line.length >= at + 3)
        head->status = parse_status(span_of(line.bytes + at, 3));
}

void
head_add_line(struct http_head *head, struct span line, bool *done)
{
    const char *colon;

    line = span_trim(line);
    if (span_starts(line, "HTTP/")) {
        begin(head, line);
        return;
    }
    if (line.length == 0) {
        *done = head->status >= 200;
        return;
    }
    colon = memchr(line.bytes, ':', line.length);
    if (colon != NULL) {
        size_t at = (size_t)(colon - line.bytes);

        add_field(head, span_trim(span_head(line, at)),
                  span_trim(span_tail(line, at + 1)));
    }
}
