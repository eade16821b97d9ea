#include "hook/signature.h"

#include <string.h>

#include "base/hmac.h"

void
signature_digest(struct span secret, struct span body,
                 uint8_t digest[SIGNATURE_BYTES])
{
    struct hmac_key key;

    hmac_prepare(&key, secret);
    hmac_digest(&key, body, digest);
    explicit_bzero(&key, sizeof(key));
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

    /* No secret decides about the length, so it need not be hidden. */
    if (given.length != SIGNATURE_LENGTH)
        return false;
    signature_write(secret, body, right);
    for (size_t i = 0; i < SIGNATURE_LENGTH; i++)
        differences |= (unsigned char)(given.bytes[i] ^ right[i]);
    return differences == 0;
}
