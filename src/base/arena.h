/*
 * arena - many small things that are freed together.
 *
 * An arena keeps its blocks when it is cleared. An arena that is cleared after
 * each line stops allocating once it has held the longest line.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

#include "base/err.h"
#include "base/span.h"

struct arena_block;

/* All zero is an empty arena. */
struct arena {
    struct arena_block *first;   /* of the list of all blocks */
    struct arena_block *current; /* the one being filled */
    bool has_adopted;            /* memory of others */
};

/* The memory is zeroed, aligned for any type, and valid until the arena is
 * cleared or freed. The program ends if there is not enough memory. */
void *arena_alloc(struct arena *arena, size_t size);
void *arena_array(struct arena *arena, size_t count, size_t size);

/* Allocate `length` bytes that are neither zeroed nor aligned. This is faster,
 * and enough for text. */
char *arena_bytes(struct arena *arena, size_t length);

/* Copy the text into the arena, with a NUL at the end. */
char *arena_strdup(struct arena *arena, const char *text);
char *arena_dup(struct arena *arena, struct span span);
char *
arena_printf(struct arena *arena, const char *format, ...) PRINTF_LIKE(2, 3);

/* Free this memory, which malloc() gave, together with the rest. */
void arena_adopt(struct arena *arena, char *bytes, size_t length);

/* Forget everything. The blocks are kept for later use, unless they hold more
 * than 1 MiB, or adopted memory. */
void arena_clear(struct arena *arena);
void arena_free(struct arena *arena);

/* Move everything that `other` holds to `arena`; `other` is empty then. */
void arena_take(struct arena *arena, struct arena *other);

/* Bytes allocated from the system. */
size_t arena_held_bytes(const struct arena *arena);

#endif
