/*
 * span - a reference to bytes that are owned elsewhere.
 *
 * A function that returns a span documents how long it is valid. Code that
 * needs the bytes for longer copies them. A span need not end with a NUL.
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

/* The rest of `span` after its first `length` bytes. */
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

/* Most spans are keys, names or types. If they have 8 to 16 bytes, it is enough
 * to compare the first and the last 8 bytes. */
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

/* Are two texts equal? NULL is equal to NULL only. */
static inline bool
span_same_text(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static inline bool
span_starts(struct span span, const char *prefix)
{
    size_t length = strlen(prefix);

    return span.length >= length && memcmp(span.bytes, prefix, length) == 0;
}

/* `span` without blanks, tabs, CRs and LFs at both ends. */
struct span span_trim(struct span span);

#endif
