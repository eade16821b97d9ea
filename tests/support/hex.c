#include "support/hex.h"

#include <check.h>
#include <stdio.h>

const char *
hex_groups(struct span bytes, size_t group)
{
    static char text[4096];
    size_t used = 0;

    text[0] = '\0';
    ck_assert_uint_lt(bytes.length * 3, sizeof(text));
    for (size_t i = 0; i < bytes.length; i++)
        used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%02x",
                                 i % group == 0 && i > 0 ? " " : "",
                                 (unsigned char)bytes.bytes[i]);
    return text;
}
