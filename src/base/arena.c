#include "base/arena.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"

enum { BLOCK_BYTES = 16 * 1024, KEPT_BYTES = 1024 * 1024, ALIGNMENT = 16 };

struct arena_block {
    struct arena_block *next;
    size_t size; /* of data[] */
    size_t used;
    char *adopted; /* other memory, of so many bytes; NULL: none */
    size_t adopted_bytes;
    _Alignas(ALIGNMENT) char data[];
};

static size_t
align_up(size_t size)
{
    return (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
}

static struct arena_block *
new_block(size_t size)
{
    struct arena_block *block = malloc(sizeof(*block) + size);

    if (block == NULL)
        mem_out("an arena");
    *block = (struct arena_block){.size = size};
    return block;
}

/* Make a block with room for `size` more bytes the current one. That is the
 * next block that arena_clear() kept, if it is large enough; otherwise a new
 * one is allocated. */
static struct arena_block *
block_with_room(struct arena *arena, size_t size)
{
    struct arena_block *block = arena->current;
    struct arena_block *next;

    if (block != NULL && block->size - block->used >= size)
        return block;
    next = block != NULL ? block->next : arena->first;
    if (next == NULL || next->size < size) {
        struct arena_block *after = next;

        next = new_block(size > BLOCK_BYTES ? size : BLOCK_BYTES);
        next->next = after;
        if (block != NULL)
            block->next = next;
        else
            arena->first = next;
    }
    next->used = 0;
    arena->current = next;
    return next;
}

char *
arena_bytes(struct arena *arena, size_t length)
{
    struct arena_block *block = block_with_room(arena, length);
    char *bytes = block->data + block->used;

    block->used += length;
    return bytes;
}

void *
arena_alloc(struct arena *arena, size_t size)
{
    struct arena_block *block = arena->current;
    void *memory;

    if (block != NULL)
        block->used = align_up(block->used);
    if (block != NULL && block->used > block->size)
        block->used = block->size;
    memory = arena_bytes(arena, align_up(size));
    memset(memory, 0, size);
    return memory;
}

void *
arena_array(struct arena *arena, size_t count, size_t size)
{
    if (size > 0 && count > SIZE_MAX / size)
        mem_out("an array");
    return arena_alloc(arena, count * size);
}

char *
arena_dup(struct arena *arena, struct span span)
{
    char *copy = arena_bytes(arena, span.length + 1);

    if (span.length > 0)
        memcpy(copy, span.bytes, span.length);
    copy[span.length] = '\0';
    return copy;
}

char *
arena_strdup(struct arena *arena, const char *text)
{
    return arena_dup(arena, span_str(text));
}

char *
arena_printf(struct arena *arena, const char *format, ...)
{
    va_list args, again;
    int length;
    char *text;

    va_start(args, format);
    va_copy(again, args);
    length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    text = arena_bytes(arena, (size_t)length + 1);
    vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    return text;
}

void
arena_adopt(struct arena *arena, char *bytes, size_t length)
{
    struct arena_block *block = new_block(0);

    block->adopted = bytes;
    block->adopted_bytes = length;
    block->next = arena->first;
    arena->first = block;
    arena->has_adopted = true;
}

void
arena_clear(struct arena *arena)
{
    if (arena->has_adopted || arena_held_bytes(arena) > KEPT_BYTES) {
        arena_free(arena);
        return;
    }
    arena->current = arena->first;
    if (arena->first != NULL)
        arena->first->used = 0;
}

void
arena_free(struct arena *arena)
{
    for (struct arena_block *block = arena->first; block != NULL;) {
        struct arena_block *next = block->next;

        free(block->adopted);
        free(block);
        block = next;
    }
    *arena = (struct arena){0};
}

void
arena_take(struct arena *arena, struct arena *other)
{
    struct arena_block *last = other->first;

    if (last == NULL)
        return;
    while (last->next != NULL)
        last = last->next;
    last->next = arena->first;
    arena->first = other->first;
    if (arena->current == NULL)
        arena->current = other->current;
    arena->has_adopted = arena->has_adopted || other->has_adopted;
    *other = (struct arena){0};
}

size_t
arena_held_bytes(const struct arena *arena)
{
    size_t held = 0;

    for (const struct arena_block *b = arena->first; b != NULL; b = b->next)
        held += sizeof(*b) + b->size + b->adopted_bytes;
    return held;
}
