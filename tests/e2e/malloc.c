/* A malloc that counts allocations and can fail. The tests load it into the
 * program with LD_PRELOAD. Environment variables control it:
 *
 *     MALLOC_COUNT=FILE   at exit, write the number of allocations to FILE
 *     MALLOC_FAIL_AT=N    the N-th allocation fails
 *     MALLOC_FAIL_FROM=N  the N-th allocation and all later ones fail
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* Other names of glibc's own functions, which these call. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

static unsigned long calls, fail_at, fail_from;

static unsigned long
number(const char *name)
{
    const char *text = getenv(name);

    return text != NULL ? strtoul(text, NULL, 10) : 0;
}

__attribute__((constructor)) static void
begin(void)
{
    fail_at = number("MALLOC_FAIL_AT");
    fail_from = number("MALLOC_FAIL_FROM");
    calls = 0;
}

__attribute__((destructor)) static void
end(void)
{
    const char *path = getenv("MALLOC_COUNT");
    FILE *file = path != NULL ? fopen(path, "w") : NULL;

    if (file == NULL)
        return;
    fprintf(file, "%lu\n", calls);
    fclose(file);
}

static int
fails(void)
{
    unsigned long call = __atomic_add_fetch(&calls, 1, __ATOMIC_RELAXED);

    if (call != fail_at && (fail_from == 0 || call < fail_from))
        return 0;
    errno = ENOMEM;
    return 1;
}

void *
malloc(size_t size)
{
    return fails() ? NULL : __libc_malloc(size);
}

void *
calloc(size_t count, size_t size)
{
    return fails() ? NULL : __libc_calloc(count, size);
}

void *
realloc(void *old, size_t size)
{
    return fails() ? NULL : __libc_realloc(old, size);
}

void *
memalign(size_t alignment, size_t size)
{
    return fails() ? NULL : __libc_memalign(alignment, size);
}

void *
aligned_alloc(size_t alignment, size_t size)
{
    return memalign(alignment, size);
}

int
posix_memalign(void **memory, size_t alignment, size_t size)
{
    *memory = memalign(alignment, size);
    return *memory != NULL ? 0 : ENOMEM;
}
