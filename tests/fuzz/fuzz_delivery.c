/* delivery: no request may crash its reader, and an event has only printable
 * texts and a number that is not negative. The input is headers, "Name: value"
 * on a line each, an empty line, and the body. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "hook/delivery.h"
#include "hook/signature.h"

enum { HEADERS_BYTES = 64 * 1024 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Split a line into two texts that end in NUL, as the server passes them. */
static void
take_header(struct delivery *delivery, char *line)
{
    char *colon = strchr(line, ':');

    if (colon == NULL)
        return;
    *colon = '\0';
    delivery_header(delivery, line, colon + 1);
}

/* Returns the body. The headers borrow `room`. */
static struct span
take_headers(struct delivery *delivery, struct span text, struct buf *room)
{
    while (text.length > 0) {
        const char *end = memchr(text.bytes, '\n', text.length);
        size_t length = end != NULL ? (size_t)(end - text.bytes) : text.length;
        size_t at = room->length;

        buf_append_span(room, span_head(text, length));
        buf_append_char(room, '\0');
        text = span_tail(text, end != NULL ? length + 1 : length);
        if (room->overflowed || length == 0)
            break;
        take_header(delivery, &room->bytes[at]);
    }
    return text;
}

static void
check_name(const char *name)
{
    if (strlen(name) >= DELIVERY_NAME_BYTES)
        abort();
    for (; *name != '\0'; name++)
        if (*name <= ' ' || *name > '~')
            abort();
}

static void
check_event(const struct delivery_event *event)
{
    check_name(event->topic);
    check_name(event->event_id);
    if (event->topic[0] == '\0' || event->object_id < 0)
        abort();
    if (event->finished[0] != '\0' &&
        strncmp(event->finished, "gid://shopify/BulkOperation/", 28) != 0)
        abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf room = buf_with_ceiling(HEADERS_BYTES);
    struct delivery delivery = {0};
    struct delivery_event event;
    char signature[SIGNATURE_TEXT];
    struct err err = {0};

    (void)buf_reserve(&room, HEADERS_BYTES); /* so that it does not move */
    delivery.body =
        take_headers(&delivery, span_of((const char *)data, size), &room);
    if (delivery_read(&delivery, &event, &err))
        check_event(&event);
    else if (!err_is(&err, MSG_WEBHOOK_INVALID))
        abort();
    signature_write(span_str("secret"), delivery.body, signature);
    if (!signature_is(span_str(signature), span_str("secret"), delivery.body))
        abort();
    if (signature_is(delivery.signature, span_str("secret"), delivery.body) &&
        strncmp(signature, delivery.signature.bytes, SIGNATURE_LENGTH) != 0)
        abort();
    buf_free(&room);
    return 0;
}
