/*
 * scan - finds where the values of a JSON text end, and decodes strings.
 *
 * These functions accept exactly JSON (RFC 8259). A function gets a place in
 * the text and returns the place after what it read. It returns NULL if that is
 * not JSON, or if the text ends first. Nothing is allocated.
 */
#ifndef JSON_SCAN_H
#define JSON_SCAN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/span.h"

struct scan {
    const char *end;      /* of the text */
    const char *too_deep; /* where a value had too many levels, or NULL */
};

static inline const char *
scan_blanks(const struct scan *scan, const char *at)
{
    while (at < scan->end &&
           (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r'))
        at++;
    return at;
}

/* The colon after a key, and the blanks on both sides. */
const char *scan_colon(const struct scan *scan, const char *at);

/* A string that begins at `at`. *has_escapes: it must be decoded. */
const char *
scan_string(const struct scan *scan, const char *at, bool *has_escapes);

const char *scan_number(const struct scan *scan, const char *at);

/* `word` itself: true, false or null. */
const char *
scan_word(const struct scan *scan, const char *at, struct span word);

/* A value of any kind, which may have `levels` levels of arrays and objects. */
const char *scan_value(struct scan *scan, const char *at, int levels);

/* Decode the text between the quotes of a string that scan_string() accepted.
 * `out` has room for as many bytes as the text has. Returns the length of the
 * result. A surrogate without its other half becomes U+FFFD. */
size_t scan_decode(struct span text, char *out);

#endif
