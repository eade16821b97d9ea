#include "base/random.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/types.h>

enum { UUID_BYTES = 16, POOL_BYTES = 256 };

/* Random bytes that are not used yet. A system call gives many of them, because
 * a push needs a key for each row. */
static struct {
    unsigned char bytes[POOL_BYTES];
    size_t left;
} pool;

static void
fill_pool(void)
{
    ssize_t got;

    do
        got = getrandom(pool.bytes, POOL_BYTES, 0);
    while (got < 0 && errno == EINTR);
    if (got != POOL_BYTES)
        abort();
    pool.left = POOL_BYTES;
}

void
random_uuid(char uuid[RANDOM_UUID_BYTES])
{
    static const char digits[] = "0123456789abcdef";
    unsigned char *b;
    char *to = uuid;

    if (pool.left < UUID_BYTES)
        fill_pool();
    pool.left -= UUID_BYTES;
    b = &pool.bytes[pool.left];
    b[6] = (unsigned char)((b[6] & 0x0f) | 0x40);
    b[8] = (unsigned char)((b[8] & 0x3f) | 0x80);
    for (int i = 0; i < UUID_BYTES; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *to++ = '-';
        *to++ = digits[b[i] >> 4];
        *to++ = digits[b[i] & 0x0f];
        b[i] = 0;
    }
    *to = '\0';
}
