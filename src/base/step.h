/*
 * step - bytes that are compared together.
 *
 *     for each STEP bytes of a text:
 *     load ─► compare (with ==, <, &, |) ─► step_find() ─► step_first()
 */
#ifndef BASE_STEP_H
#define BASE_STEP_H

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { STEP = 16, STEP_ALL = 0xffff /* all of them are found */ };

/* They are signed, so that bytes above ASCII compare less than all others. */
typedef signed char step_bytes __attribute__((vector_size(STEP)));
typedef char step_chars __attribute__((vector_size(STEP)));

/* Bit n is set if a comparison has found byte n. */
typedef uint32_t step_found;

static inline step_bytes
step_load(const char *bytes)
{
    step_bytes loaded;

    memcpy(&loaded, bytes, STEP);
    return loaded;
}

/* A comparison sets all bits of a byte. One bit of each is kept, another one in
 * each of eight bytes, and the product has all of them in its highest byte. */
static inline uint32_t
step_eight(uint64_t word)
{
    word = le64toh(word) & UINT64_C(0x8040201008040201);
    return (uint32_t)(word * UINT64_C(0x0101010101010101) >> 56);
}

static inline step_found
step_find(step_bytes compared)
{
#ifdef __SSE2__
    return (step_found)__builtin_ia32_pmovmskb128((step_chars)compared);
#else
    uint64_t words[2];

    memcpy(words, &compared, STEP);
    return step_eight(words[0]) | step_eight(words[1]) << 8;
#endif
}

/* Four steps together: their comparisons, and what they have found. */
enum { STEPS = 4 * STEP };

static inline uint64_t
steps_find(step_bytes a, step_bytes b, step_bytes c, step_bytes d)
{
    return (uint64_t)(step_find(a) | step_find(b) << STEP) |
           (uint64_t)(step_find(c) | step_find(d) << STEP) << 2 * STEP;
}

/* The place of the first byte that was found; `found` is not 0. */
static inline size_t
step_first(step_found found)
{
    return (size_t)__builtin_ctz(found);
}

static inline size_t
steps_first(uint64_t found)
{
    return (size_t)__builtin_ctzll(found);
}

#endif
