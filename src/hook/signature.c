#include "hook/signature.h"

#include <sha2.h>
#include <string.h>

enum { BLOCK_BYTES = 64 };

/* A secret that is longer than a block is replaced by its hash. */
static void
make_key(struct span secret, uint8_t key[BLOCK_BYTES])
{
    SHA2_CTX hash;

    memset(key, 0, BLOCK_BYTES);
    if (secret.length <= BLOCK_BYTES) {
        memcpy(key, secret.bytes, secret.length);
        return;
    }
    SHA256Init(&hash);
    SHA256Update(&hash, (const uint8_t *)secret.bytes, secret.length);
    SHA256Final(key, &hash);
}

static void
hash_keyed(const uint8_t key[BLOCK_BYTES], uint8_t pad, const void *bytes,
           size_t length, uint8_t digest[SIGNATURE_BYTES])
{
    uint8_t padded[BLOCK_BYTES];
    SHA2_CTX hash;

    for (size_t i = 0; i < BLOCK_BYTES; i++)
        padded[i] = key[i] ^ pad;
    SHA256Init(&hash);
    SHA256Update(&hash, padded, BLOCK_BYTES);
    SHA256Update(&hash, bytes, length);
    SHA256Final(digest, &hash);
    explicit_bzero(padded, sizeof(padded));
}

void
signature_digest(struct span secret, struct span body,
                 uint8_t digest[SIGNATURE_BYTES])
{
    uint8_t key[BLOCK_BYTES], inner[SIGNATURE_BYTES];

    make_key(secret, key);
    hash_keyed(key, 0x36, body.bytes, body.length, inner);
    hash_keyed(key, 0x5c, inner, sizeof(inner), digest);
    explicit_bzero(key, sizeof(key));
}

const char *
signature_write(struct span secret, struct span body, char text[SIGNATURE_TEXT])
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                 "abcdefghijklmnopqrstuvwxyz0123456789+/";
    uint8_t digest[SIGNATURE_BYTES + 1] = {0};
    size_t at = 0;

    signature_digest(secret, body, digest);
    for (size_t i = 0; i < sizeof(digest); i += 3) {
        uint32_t three = (uint32_t)digest[i] << 16 |
                         (uint32_t)digest[i + 1] << 8 | digest[i + 2];

        for (int shift = 18; shift >= 0; shift -= 6)
            text[at++] = digits[three >> shift & 63];
    }
    text[SIGNATURE_LENGTH - 1] = '='; /* 32 bytes are not divisible by 3 */
    text[SIGNATURE_LENGTH] = '\0';
    return text;
}

bool
signature_is(struct span given, struct span secret, struct span body)
{
    char right[SIGNATURE_TEXT];
    unsigned differences = 0;

    signature_write(secret, body, right);
    if (given.length != SIGNATURE_LENGTH)
        return false;
    for (size_t i = 0; i < SIGNATURE_LENGTH; i++)
        differences |= (unsigned char)(given.bytes[i] ^ right[i]);
    return differences == 0;
}
