/*
 * redact - secrets in words that come from outside.
 *
 * We never print a secret ourselves, but a store's error may quote the token
 * it refuses, a proxy's the URL that it was asked for. So whatever ends in a
 * message or a log line goes through redact(): err.h and log.h see to it.
 */
#ifndef BASE_REDACT_H
#define BASE_REDACT_H

/* Hide `secret` from now on, until it is forgotten as often as it was
 * learned. It is copied; one of less than 6 bytes, or NULL, is none. */
void redact_learn(const char *secret);
void redact_forget(const char *secret);

/* Put "***" in place of what was learned, also where the text ends in the
 * middle of it, of what looks like one of Shopify's tokens, and of the query
 * part of http and https URLs. Never makes `text` longer. */
void redact(char *text);

#endif
