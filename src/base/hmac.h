/*
 * hmac - HMAC-SHA-256 (RFC 2104), with a key that is prepared once.
 */
#ifndef BASE_HMAC_H
#define BASE_HMAC_H

#include <sha2.h>
#include <stdint.h>

#include "base/span.h"

enum { HMAC_BYTES = 32 };

/* The state after the first block of each of the two hashes. It is as secret as
 * the key: wipe it with explicit_bzero(). */
struct hmac_key {
    SHA2_CTX inner;
    SHA2_CTX outer;
};

void hmac_prepare(struct hmac_key *key, struct span secret);
void hmac_digest(const struct hmac_key *key, struct span text,
                 uint8_t digest[HMAC_BYTES]);

#endif
