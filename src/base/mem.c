#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/message.h"

static void *
check(void *memory, size_t size)
{
    char what[64];

    if (memory == NULL) {
        snprintf(what, sizeof(what), "%zu bytes wanted", size);
        mem_out(what);
    }
    return memory;
}

void
mem_out(const char *what)
{
    const struct message *message = message_at(MSG_OUT_OF_MEMORY);

    fprintf(stderr, "bulkpg: out of memory (%s)\nhint: %s (%s)\n", what,
            message->remedy, message->code);
    exit(EX_SOFTWARE);
}

void *
mem_alloc(size_t size)
{
    return check(calloc(1, size > 0 ? size : 1), size);
}

void *
mem_resize(void *old, size_t size)
{
    return check(realloc(old, size > 0 ? size : 1), size);
}

char *
mem_strdup(const char *text)
{
    size_t size = strlen(text) + 1;

    return memcpy(check(malloc(size), size), text, size);
}

void *
mem_array(size_t count, size_t size)
{
    return check(calloc(count > 0 ? count : 1, size), count * size);
}
