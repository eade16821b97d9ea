/*
 * signature - the signature of a webhook: HMAC-SHA-256 (RFC 2104) of the bytes
 * of its body, with a secret that the store and bulkpg share, in base64.
 */
#ifndef HOOK_SIGNATURE_H
#define HOOK_SIGNATURE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

enum {
    SIGNATURE_BYTES = 32,
    SIGNATURE_LENGTH = 44, /* in base64 */
    SIGNATURE_TEXT = SIGNATURE_LENGTH + 1
};

void signature_digest(struct span secret, struct span body,
                      uint8_t digest[SIGNATURE_BYTES]);

/* Write the signature as a header has it. Returns `text`. */
const char *signature_write(struct span secret, struct span body,
                            char text[SIGNATURE_TEXT]);

/* Is `given` the signature of the body? How long this takes depends only on the
 * lengths, so that a client cannot find out the signature byte by byte. */
bool signature_is(struct span given, struct span secret, struct span body);

#endif
