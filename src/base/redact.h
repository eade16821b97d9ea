/*
 * redact - secrets in words that come from outside.
 *
 * We never print a secret ourselves, but a store's error may quote the token
 * it refuses, a proxy's the URL that it was asked for. So whatever ends in a
 * message or a log line goes through redact(): err.h and log.h see to it. The
 * store's answers go through redact_bytes() before they are read, so that a
 * token in an id or a name of theirs does not get into the journal either.
 */
#ifndef BASE_REDACT_H
#define BASE_REDACT_H

#include <stddef.h>

/* Hide `secret` from now on, until it is forgotten as often as it was
 * learned. It is copied; one of less than 6 bytes, or NULL, is none. */
void redact_learn(const char *secret);
void redact_forget(const char *secret);

/* Put "***" in place of what was learned, of what looks like one of Shopify's
 * tokens, of the beginning of a secret that the text ends in, and of the query
 * part of http and https URLs. Never makes `text` longer. */
void redact(char *text);

/* The same for `length` bytes of any content, without the last two: whole
 * secrets, and what looks like a token. Returns the new length. */
size_t redact_bytes(char *bytes, size_t length);

#endif
