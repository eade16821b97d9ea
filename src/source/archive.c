#include "source/archive.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "source/keep.h"

#define ENDING  ".jsonl" KEEP_PACKED
#define SIDECAR ".meta.json"

const char *
archive_path(struct arena *arena, const char *directory, const char *store,
             const char *job, int64_t run_id, int64_t n)
{
    return arena_printf(arena, "%s/%s.%s.%" PRId64 ".%" PRId64 ".jsonl",
                        directory, store, job, run_id, n);
}

/* ---- finding ------------------------------------------------------------- */

/* The number of a result, from its name; 0: it is not one of these. */
static long
number_of(const char *name, const char *prefix)
{
    size_t length = strlen(prefix);
    char *end;
    long n;

    if (strncmp(name, prefix, length) != 0)
        return 0;
    n = strtol(name + length, &end, 10);
    return n > 0 && strcmp(end, ENDING) == 0 ? n : 0;
}

static int
compare_numbers(const void *a, const void *b)
{
    const long *left = a, *right = b;

    return (*left > *right) - (*left < *right);
}

enum { RESULTS_MAX = 4096 };

static int
list_numbers(const char *directory, const char *prefix, long *numbers)
{
    DIR *folder = opendir(directory);
    struct dirent *entry;
    int count = 0;

    if (folder == NULL)
        return 0;
    while ((entry = readdir(folder)) != NULL && count < RESULTS_MAX) {
        long n = number_of(entry->d_name, prefix);

        if (n > 0)
            numbers[count++] = n;
    }
    closedir(folder);
    qsort(numbers, (size_t)count, sizeof(*numbers), compare_numbers);
    return count;
}

bool
archive_find(const char *directory, const char *store, const char *job,
             int64_t run_id, struct arena *arena, const char ***paths,
             int *count, struct err *err)
{
    const char *prefix =
        arena_printf(arena, "%s.%s.%" PRId64 ".", store, job, run_id);
    long *numbers = arena_array(arena, RESULTS_MAX, sizeof(*numbers));

    *count = list_numbers(directory, prefix, numbers);
    *paths = arena_array(arena, (size_t)*count + 1, sizeof(**paths));
    for (int i = 0; i < *count; i++)
        (*paths)[i] = arena_printf(arena, "%s/%s%ld" ENDING, directory, prefix,
                                   numbers[i]);
    return *count > 0 ||
           err_set(err, MSG_NO_ARCHIVE,
                   "folder %s has no result of run %" PRId64 " of %s/%s",
                   directory, run_id, store, job);
}

/* ---- removing ------------------------------------------------------------ */

/* <store>.<job>.<run>.<n>.jsonl.zst */
static bool
is_archived(const char *name)
{
    size_t length = strlen(name), ending = strlen(ENDING);
    int numbers = 0;

    if (length <= ending || strcmp(name + length - ending, ENDING) != 0)
        return false;
    for (length -= ending; length > 0 && numbers < 2; numbers++) {
        size_t digits = 0;

        while (digits < length && name[length - digits - 1] >= '0' &&
               name[length - digits - 1] <= '9')
            digits++;
        if (digits == 0 || digits == length || name[length - digits - 1] != '.')
            return false;
        length -= digits + 1;
    }
    return numbers == 2 && memchr(name, '.', length) != NULL;
}

static void
remove_result(int folder, const char *name)
{
    char sidecar[KEEP_PATH_BYTES];

    snprintf(sidecar, sizeof(sidecar), "%.*s" SIDECAR,
             (int)(strlen(name) - strlen(KEEP_PACKED)), name);
    if (unlinkat(folder, name, 0) == 0)
        unlinkat(folder, sidecar, 0);
}

void
archive_prune(const char *directory, int64_t keep_ms)
{
    DIR *folder = opendir(directory);
    int64_t oldest_s = clock_wall_us() / 1000000 - keep_ms / 1000;
    struct dirent *entry;
    struct stat file;

    if (folder == NULL)
        return;
    while ((entry = readdir(folder)) != NULL)
        if (is_archived(entry->d_name) &&
            fstatat(dirfd(folder), entry->d_name, &file, AT_SYMLINK_NOFOLLOW) ==
                0 &&
            S_ISREG(file.st_mode) && (int64_t)file.st_mtime < oldest_s)
            remove_result(dirfd(folder), entry->d_name);
    closedir(folder);
}
