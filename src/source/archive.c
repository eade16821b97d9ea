/*
 * The names of the files are the only index. They are parsed from their end.
 *
 * Hazards. Other processes write and remove files meanwhile, and the user may
 * put other files into the folder. So a file that is gone is not an error, and
 * only names of the exact form are listed or removed. A sidecar is removed only
 * if no form of its result is left.
 */
#include "source/archive.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/dict.h"
#include "base/mem.h"
#include "base/span.h"
#include "source/keep.h"

#define PLAIN   ".jsonl"
#define ENDING  PLAIN KEEP_PACKED
#define SIDECAR ".meta.json"
#define GZIPPED PLAIN ".gz"
#define PART    ".part"

void
archive_make(const char *directory)
{
    struct err ignored;

    if (directory[0] != '\0')
        (void)!keep_make_folder(directory, &ignored);
}

/* ---- names --------------------------------------------------------------- */

static bool
is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

/* Is it <store>.<job>.<run>.<n><ending>? *stem is the length before the
 * ending. */
static bool
is_archived(const char *name, const char *ending, size_t *stem)
{
    size_t length = strlen(name), end = strlen(ending);
    int numbers = 0;

    if (length <= end || strcmp(name + length - end, ending) != 0)
        return false;
    *stem = length - end;
    for (length = *stem; length > 0 && numbers < 2; numbers++) {
        size_t digits = 0;

        while (digits < length && is_digit(name[length - digits - 1]))
            digits++;
        if (digits == 0 || digits == length || name[length - digits - 1] != '.')
            return false;
        length -= digits + 1;
    }
    return numbers == 2 && memchr(name, '.', length) != NULL;
}

/* ---- finding ------------------------------------------------------------- */

/* The number of a result, from its name; 0: it is not one of these. Only the
 * form that keep_path() writes counts, or one result could have two
 * names. */
static long
number_of(const char *name, const char *prefix)
{
    size_t length = strlen(prefix);
    char *end;
    long n;

    if (strncmp(name, prefix, length) != 0 || !is_digit(name[length]) ||
        name[length] == '0')
        return 0;
    n = strtol(name + length, &end, 10);
    return n < LONG_MAX && strcmp(end, ENDING) == 0 ? n : 0;
}

/* A link to a result elsewhere is followed. */
static bool
is_file(int folder, const char *name)
{
    struct stat file;

    return fstatat(folder, name, &file, 0) == 0 && S_ISREG(file.st_mode);
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

        if (n > 0 && is_file(dirfd(folder), entry->d_name))
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

/* ---- listing ------------------------------------------------------------- */

/* What archive_list() has found so far. */
struct listing {
    struct arena *arena;
    struct dict by_name; /* "<store>.<job>" */
    struct archive_job **jobs;
    size_t count;
    size_t room;
};

static void
append_job(struct listing *listing, struct archive_job *job)
{
    if (listing->count == listing->room) {
        listing->room = listing->room > 0 ? listing->room * 2 : 64;
        listing->jobs =
            mem_resize(listing->jobs, listing->room * sizeof(*listing->jobs));
    }
    listing->jobs[listing->count++] = job;
}

/* The job of a name "<store>.<job>", which is added if it is new. */
static struct archive_job *
job_of(struct listing *listing, struct span name)
{
    char *key = arena_dup(listing->arena, name);
    struct archive_job *job = dict_get(&listing->by_name, key);
    char *point = strrchr(key, '.');

    if (job != NULL)
        return job;
    job = arena_alloc(listing->arena, sizeof(*job));
    *job = (struct archive_job){
        .store = arena_dup(listing->arena, span_of(key, (size_t)(point - key))),
        .job = point + 1,
        .first_run = INT64_MAX,
        .oldest_s = INT64_MAX};
    (void)dict_add(&listing->by_name, key, job);
    append_job(listing, job);
    return job;
}

static void
add_result(struct listing *listing, const char *name, size_t stem,
           const struct stat *file)
{
    struct archive_job *job;
    size_t length = stem;
    int64_t run;

    while (name[--length] != '.')
        ;
    while (name[length - 1] != '.')
        length--;
    run = strtoll(name + length, NULL, 10);
    job = job_of(listing, span_of(name, length - 1));
    job->results++;
    job->bytes += (int64_t)file->st_size;
    if (run < job->first_run)
        job->first_run = run;
    if (run > job->last_run)
        job->last_run = run;
    if ((int64_t)file->st_mtime < job->oldest_s)
        job->oldest_s = (int64_t)file->st_mtime;
}

static int
compare_sizes(const void *a, const void *b)
{
    const struct archive_job *left = *(struct archive_job *const *)a;
    const struct archive_job *right = *(struct archive_job *const *)b;
    int by_name = strcmp(left->store, right->store);

    if (left->bytes != right->bytes)
        return left->bytes < right->bytes ? 1 : -1;
    return by_name != 0 ? by_name : strcmp(left->job, right->job);
}

static struct archive_job *
sort_jobs(struct listing *listing)
{
    struct archive_job *sorted =
        arena_array(listing->arena, listing->count, sizeof(*sorted));

    qsort(listing->jobs, listing->count, sizeof(*listing->jobs), compare_sizes);
    for (size_t i = 0; i < listing->count; i++)
        sorted[i] = *listing->jobs[i];
    return sorted;
}

struct archive_job *
archive_list(const char *directory, struct arena *arena, size_t *count)
{
    struct listing listing = {.arena = arena, .by_name = {.arena = arena}};
    struct archive_job *sorted = NULL;
    DIR *folder = opendir(directory);
    struct dirent *entry;
    struct stat file;
    size_t stem;

    while (folder != NULL && (entry = readdir(folder)) != NULL)
        if (is_archived(entry->d_name, ENDING, &stem) &&
            fstatat(dirfd(folder), entry->d_name, &file, 0) == 0 &&
            S_ISREG(file.st_mode))
            add_result(&listing, entry->d_name, stem, &file);
    if (folder != NULL)
        closedir(folder);
    if (listing.count > 0)
        sorted = sort_jobs(&listing);
    *count = listing.count;
    free(listing.jobs);
    return sorted;
}

/* ---- the end of a run ---------------------------------------------------- */

static bool
belongs_to(const char *name, const char *prefix)
{
    size_t length;

    return strncmp(name, prefix, strlen(prefix)) == 0 &&
           (is_archived(name, ENDING, &length) ||
            is_archived(name, PLAIN SIDECAR, &length));
}

void
archive_stamp(const char *directory, const char *store, const char *job,
              int64_t run_id)
{
    DIR *folder = directory[0] != '\0' ? opendir(directory) : NULL;
    struct arena arena = {0};
    const char *prefix =
        arena_printf(&arena, "%s.%s.%" PRId64 ".", store, job, run_id);
    struct dirent *entry;

    while (folder != NULL && (entry = readdir(folder)) != NULL)
        if (belongs_to(entry->d_name, prefix))
            (void)!utimensat(dirfd(folder), entry->d_name, NULL,
                             AT_SYMLINK_NOFOLLOW);
    if (folder != NULL)
        closedir(folder);
    arena_free(&arena);
}

/* ---- removing ------------------------------------------------------------ */

/* A file whose name is the first `length` bytes of `name`, and this ending. */
static bool
name_file(char *path, const char *name, size_t length, const char *ending)
{
    int written =
        snprintf(path, KEEP_PATH_BYTES, "%.*s%s", (int)length, name, ending);

    return written > 0 && written < KEEP_PATH_BYTES;
}

static bool
is_there(int folder, const char *name, size_t length, const char *ending)
{
    char path[KEEP_PATH_BYTES];

    return name_file(path, name, length, ending) &&
           faccessat(folder, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* The sidecar may also belong to a copy of the same result that run --keep
 * wrote into this folder. */
static void
remove_sidecar(int folder, const char *name, size_t length)
{
    char sidecar[KEEP_PATH_BYTES];

    if (!is_there(folder, name, length, ENDING) &&
        !is_there(folder, name, length, PLAIN) &&
        !is_there(folder, name, length, GZIPPED) &&
        name_file(sidecar, name, length, PLAIN SIDECAR))
        unlinkat(folder, sidecar, 0);
}

static bool
is_older(int folder, const char *name, int64_t oldest_s)
{
    struct stat file;

    return fstatat(folder, name, &file, AT_SYMLINK_NOFOLLOW) == 0 &&
           S_ISREG(file.st_mode) && (int64_t)file.st_mtime < oldest_s;
}

/* A part ends after the archive's own endings; one of run --keep is left alone,
 * because a run may continue it. */
static bool
is_part(const char *name)
{
    size_t length;

    return is_archived(name, ENDING PART, &length) ||
           is_archived(name, PLAIN SIDECAR PART, &length);
}

/* A process that was killed may have left a part, or a sidecar without its
 * result. */
static void
prune_one(int folder, const char *name, int64_t oldest_s)
{
    size_t length;
    bool is_result = is_archived(name, ENDING, &length);

    if (is_part(name) && is_older(folder, name, oldest_s))
        keep_remove_part(folder, name);
    if ((!is_result && !is_archived(name, PLAIN SIDECAR, &length)) ||
        !is_older(folder, name, oldest_s))
        return;
    if (!is_result || unlinkat(folder, name, 0) == 0)
        remove_sidecar(folder, name, length);
}

void
archive_prune(const char *directory, int64_t keep_ms)
{
    DIR *folder = opendir(directory);
    int64_t oldest_s = clock_wall_us() / 1000000 - keep_ms / 1000;
    struct dirent *entry;

    if (folder == NULL)
        return;
    while ((entry = readdir(folder)) != NULL)
        prune_one(dirfd(folder), entry->d_name, oldest_s);
    closedir(folder);
}
