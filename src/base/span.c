#include "base/span.h"

static bool
is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct span
span_trim(struct span span)
{
    while (span.length > 0 && is_blank(span.bytes[0]))
        span = span_tail(span, 1);
    while (span.length > 0 && is_blank(span.bytes[span.length - 1]))
        span.length--;
    return span;
}
