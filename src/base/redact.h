/*
 * redact - hides secrets in text from outside.
 *
 * The program never prints a secret. But an error of a store may quote the
 * token that it refuses, and an error of a proxy may quote the URL. Therefore
 * err.h and log.h redact all messages and log lines. The store's answers are
 * redacted with redact_bytes() before they are read, so that a token in an id
 * or a name does not get into the journal either.
 */
#ifndef BASE_REDACT_H
#define BASE_REDACT_H

#include <stddef.h>

/* Hide `secret` from now on; and stop hiding it. A secret that was learned
 * several times is hidden until it has been forgotten as many times. The secret
 * is copied. NULL and texts of less than 6 bytes are ignored. */
void redact_learn(const char *secret);
void redact_forget(const char *secret);

/* Write "***" in place of
 *     secrets that were learned,
 *     strings that look like one of Shopify's tokens (their prefix is kept),
 *     the beginning of a secret at the end of the text,
 *     and the query part of http and https URLs.
 * `text` does not become longer. */
void redact(char *text);

/* A copy of `text` without them, to be freed. */
char *redact_copy(const char *text);

/* Hide only learned secrets and Shopify's tokens, in `length` bytes of any
 * content. Returns the new length. */
size_t redact_bytes(char *bytes, size_t length);

#endif
