/*
 * span - bytes that belong to someone else.
 *
 * A span is a loan: whoever hands one out says how long it stays valid, and
 * whoever wants the bytes for longer copies them. It need not end in a NUL.
 */
#ifndef BASE_SPAN_H
#define BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct span {
    const char *bytes;
    size_t length; /* in bytes */
};

/* For printf: "%.*s", SPAN_ARG(span). */
#define SPAN_ARG(span) (int)(span).length, (span).bytes

static inline struct span
span_of(const char *bytes, size_t length)
{
    return (struct span){.bytes = bytes, .length = length};
}

static inline struct span
span_str(const char *text)
{
    return span_of(text, strlen(text));
}

/* The first `length` bytes of `span`, which must be at least that long. */
static inline struct span
span_head(struct span span, size_t length)
{
    return span_of(span.bytes, length);
}

/* What is left of `span` after its first `length` bytes. */
static inline struct span
span_tail(struct span span, size_t length)
{
    return span_of(span.bytes + length, span.length - length);
}

static inline uint64_t
span_word(struct span span, size_t at)
{
    uint64_t word;

    memcpy(&word, span.bytes + at, sizeof(word));
    return word;
}

/* Mostly they are keys, names or types: of 8 to 16 bytes two words each are
 * all there is to compare. */
static inline bool
span_equal(struct span a, struct span b)
{
    const size_t word = sizeof(uint64_t);

    if (a.length != b.length)
        return false;
    if (a.length >= word && a.length <= 2 * word)
        return span_word(a, 0) == span_word(b, 0) &&
               span_word(a, a.length - word) == span_word(b, b.length - word);
    return a.length == 0 || memcmp(a.bytes, b.bytes, a.length) == 0;
}

static inline bool
span_is(struct span span, const char *text)
{
    return span_equal(span, span_str(text));
}

static inline bool
span_starts(struct span span, const char *prefix)
{
    size_t length = strlen(prefix);

    return span.length >= length && memcmp(span.bytes, prefix, length) == 0;
}

/* `span` without the blanks, tabs, CRs and LFs around it. */
struct span span_trim(struct span span);

#endif
