/*
 * arena - many small things that are freed together.
 *
 * An arena keeps its blocks when cleared, so one that is cleared per line
 * stops allocating once it has seen the longest line.
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
    struct arena_block *first;   /* blocks in the order they were made */
    struct arena_block *current; /* the one being filled */
};

/* Zeroed, aligned for any type, valid until clear or free. */
void *arena_alloc(struct arena *arena, size_t size);
void *arena_array(struct arena *arena, size_t count, size_t size);

/* `length` bytes, neither zeroed nor aligned: for text on the byte path. */
char *arena_bytes(struct arena *arena, size_t length);

/* Copies that end in a NUL. */
char *arena_strdup(struct arena *arena, const char *text);
char *arena_dup(struct arena *arena, struct span span);
char *
arena_printf(struct arena *arena, const char *format, ...) PRINTF_LIKE(2, 3);

/* Forget everything; keep up to a MiB of blocks for what comes next. */
void arena_clear(struct arena *arena);
void arena_free(struct arena *arena);

/* All that `other` holds is `arena`'s from now on; `other` is empty. */
void arena_take(struct arena *arena, struct arena *other);

/* Bytes held from the system. */
size_t arena_held_bytes(const struct arena *arena);

#endif
