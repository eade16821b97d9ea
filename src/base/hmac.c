#include "base/hmac.h"

#include <string.h>

enum { BLOCK_BYTES = 64 };

/* A secret that is longer than a block is replaced by its hash. */
static void
make_block(struct span secret, uint8_t block[BLOCK_BYTES])
{
    SHA2_CTX hash;

    memset(block, 0, BLOCK_BYTES);
    if (secret.length <= BLOCK_BYTES) {
        memcpy(block, secret.bytes, secret.length);
        return;
    }
    SHA256Init(&hash);
    SHA256Update(&hash, (const uint8_t *)secret.bytes, secret.length);
    SHA256Final(block, &hash);
}

static void
begin_hash(SHA2_CTX *hash, const uint8_t block[BLOCK_BYTES], uint8_t pad)
{
    uint8_t padded[BLOCK_BYTES];

    for (size_t i = 0; i < BLOCK_BYTES; i++)
        padded[i] = block[i] ^ pad;
    SHA256Init(hash);
    SHA256Update(hash, padded, BLOCK_BYTES);
    explicit_bzero(padded, sizeof(padded));
}

void
hmac_prepare(struct hmac_key *key, struct span secret)
{
    uint8_t block[BLOCK_BYTES];

    make_block(secret, block);
    begin_hash(&key->inner, block, 0x36);
    begin_hash(&key->outer, block, 0x5c);
    explicit_bzero(block, sizeof(block));
}

void
hmac_digest(const struct hmac_key *key, struct span text,
            uint8_t digest[HMAC_BYTES])
{
    SHA2_CTX hash = key->inner;

    SHA256Update(&hash, (const uint8_t *)text.bytes, text.length);
    SHA256Final(digest, &hash);
    hash = key->outer;
    SHA256Update(&hash, digest, HMAC_BYTES);
    SHA256Final(digest, &hash);
}
