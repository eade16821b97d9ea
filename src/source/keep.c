/*
 * Order of the writes:
 *
 *     part ─► fsync ─► remove NAME.jsonl ─► write the sidecar ─► rename part
 *
 * so that NAME.jsonl never has the sidecar of another result. The part is
 * locked while it is written. keep_clean() removes parts without a lock:
 * their process was killed.
 *
 * Hazards. A path may be a symbolic link that another user created, so files
 * are created with O_EXCL after unlink(). Another process may do the same with
 * our part: it took the run over, or it uses another database whose runs have
 * the same numbers. is_ours() finds that out before a part is renamed or
 * removed. Long results are handed to the disk while they are written;
 * otherwise fsync() at the end takes all of the time.
 */
#include "source/keep.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "source/pack.h"

#define PART    ".part"
#define SIDECAR ".meta.json"

/* The kernel is asked to write every 8 MiB to disk, so that the fsync() at the
 * end of a large result does not take long. */
enum { START_BYTES = 8 * 1024 * 1024 };

const char *
keep_path(struct arena *arena, const char *directory, const char *store,
          const char *job, int64_t run_id, int64_t n)
{
    return arena_printf(arena, "%s/%s.%s.%" PRId64 ".%" PRId64 ".jsonl",
                        directory, store, job, run_id, n);
}

static bool
cannot_keep(const char *path, struct err *err)
{
    return err_set(err, MSG_CANNOT_KEEP, "cannot write %s: %s", path,
                   strerror(errno));
}

/* False, and errno is set, if the result is too long for a path. */
static bool
join(const char *path, const char *ending, char whole[KEEP_PATH_BYTES])
{
    int length = snprintf(whole, KEEP_PATH_BYTES, "%s%s", path, ending);

    if (length >= 0 && length < KEEP_PATH_BYTES)
        return true;
    errno = ENAMETOOLONG;
    return false;
}

bool
keep_sidecar_path(const char *path, char sidecar[KEEP_PATH_BYTES])
{
    return join(path, SIDECAR, sidecar);
}

/* ---- the folder --------------------------------------------------------- */

static bool
is_folder(const char *path)
{
    struct stat file;

    if (stat(path, &file) != 0)
        return false;
    errno = ENOTDIR;
    return S_ISDIR(file.st_mode) && access(path, W_OK | X_OK) == 0;
}

bool
keep_make_folder(const char *path, struct err *err)
{
    if (path == NULL || mkdir(path, S_IRWXU) == 0 ||
        (errno == EEXIST && is_folder(path)))
        return true;
    return err_set(err, MSG_NO_FOLDER, "cannot write to folder %s: %s", path,
                   strerror(errno));
}

/* ---- parts ------------------------------------------------------------- */

/* Create a file; an existing one is removed first, so that a symbolic link is
 * not followed. */
static int
open_new(const char *path)
{
    if (unlink(path) != 0 && errno != ENOENT)
        return -1;
    return open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
                S_IRUSR | S_IWUSR);
}

static bool
write_all(int fd, struct span bytes)
{
    while (bytes.length > 0) {
        ssize_t count = write(fd, bytes.bytes, bytes.length);

        if (count < 0 && errno != EINTR)
            return false;
        bytes = span_tail(bytes, count > 0 ? (size_t)count : 0);
    }
    return true;
}

/* The lock on the part shows keep_clean() in other processes that this part is
 * still being written. */
bool
keep_open(struct keep *keep, struct err *err)
{
    char part[KEEP_PATH_BYTES];

    *keep = (struct keep){.path = keep->path,
                          .named = keep->named,
                          .packs = keep->packs,
                          .fd = -1};
    if (join(keep->path, PART, part))
        keep->fd = open_new(part);
    if (keep->fd < 0)
        return err_set(err, MSG_CANNOT_WRITE, "cannot write %s: %s", keep->path,
                       strerror(errno));
    (void)flock(keep->fd, LOCK_EX | LOCK_NB);
    keep->pack = keep->packs ? pack_new() : NULL;
    return true;
}

/* Is the open file still the part of this name? */
static bool
is_ours(int fd, const char *part)
{
    struct stat mine, named;

    return fstat(fd, &mine) == 0 && lstat(part, &named) == 0 &&
           mine.st_dev == named.st_dev && mine.st_ino == named.st_ino;
}

static bool
is_long_enough(int fd, int64_t bytes)
{
    struct stat file;

    return fstat(fd, &file) == 0 && S_ISREG(file.st_mode) &&
           file.st_size >= bytes;
}

static int
open_part(const char *path)
{
    char part[KEEP_PATH_BYTES];

    return join(path, PART, part)
               ? open(part, O_WRONLY | O_NOFOLLOW | O_CLOEXEC)
               : -1;
}

bool
keep_has(const char *path, int64_t bytes)
{
    int fd = open_part(path);
    bool has = fd >= 0 && is_long_enough(fd, bytes);

    if (fd >= 0)
        close(fd);
    return has;
}

bool
keep_continue(struct keep *keep, int64_t bytes, struct err *err)
{
    int fd = open_part(keep->path);
    bool cut = fd >= 0 && is_long_enough(fd, bytes) &&
               ftruncate(fd, bytes) == 0 && lseek(fd, bytes, SEEK_SET) == bytes;

    *keep = (struct keep){.path = keep->path,
                          .named = keep->named,
                          .packs = keep->packs,
                          .fd = fd,
                          .bytes = bytes,
                          .started = bytes};
    keep->stays = true;
    if (!cut) {
        keep_close(keep);
        return err_set(err, MSG_CANNOT_WRITE,
                       "cannot continue the copy %s" PART, keep->path);
    }
    (void)flock(fd, LOCK_EX | LOCK_NB);
    keep->pack = keep->packs ? pack_new() : NULL;
    return true;
}

static void
start_writing(struct keep *keep)
{
    if (keep->bytes - keep->started < START_BYTES)
        return;
    (void)sync_file_range(keep->fd, keep->started, keep->bytes - keep->started,
                          SYNC_FILE_RANGE_WRITE);
    keep->started = keep->bytes;
}

static bool
write_bytes(void *ctx, struct span bytes, struct err *err)
{
    struct keep *keep = ctx;

    if (!write_all(keep->fd, bytes))
        return cannot_keep(keep->path, err);
    keep->bytes += (int64_t)bytes.length;
    start_writing(keep);
    return true;
}

bool
keep_flush(struct keep *keep, struct err *err)
{
    return keep->pack == NULL || pack_end(keep->pack, write_bytes, keep, err);
}

bool
keep_write(struct keep *keep, struct span bytes, struct err *err)
{
    keep->is_whole = bytes.length == 0;
    if (keep->is_whole)
        return keep_flush(keep, err);
    return keep->pack != NULL
               ? pack_add(keep->pack, bytes, write_bytes, keep, err)
               : write_bytes(keep, bytes, err);
}

/* ---- the end ------------------------------------------------------------ */

/* A rename survives a power cut only after fsync() of the folder. */
static void
sync_folder(const char *path)
{
    char copy[KEEP_PATH_BYTES];
    int fd;

    snprintf(copy, sizeof(copy), "%s", path);
    fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return;
    (void)fsync(fd);
    close(fd);
}

static bool
write_sidecar(const char *path, struct span bytes)
{
    char sidecar[KEEP_PATH_BYTES], part[KEEP_PATH_BYTES];
    bool written = false;
    int fd = -1;

    if (join(path, SIDECAR, sidecar) && join(sidecar, PART, part))
        fd = open_new(part);
    if (fd < 0)
        return false;
    written =
        write_all(fd, bytes) && fsync(fd) == 0 && rename(part, sidecar) == 0;
    if (!written) {
        int why = errno;

        unlink(part);
        errno = why;
    }
    close(fd);
    return written;
}

/* An earlier result of that name is removed first, so that it is never seen
 * with the new sidecar. */
static bool
take_names(const struct keep *keep, struct span sidecar)
{
    const char *named = keep->named != NULL ? keep->named : keep->path;
    char part[KEEP_PATH_BYTES];

    return fsync(keep->fd) == 0 && join(keep->path, PART, part) &&
           (unlink(keep->path) == 0 || errno == ENOENT) &&
           write_sidecar(named, sidecar) && rename(part, keep->path) == 0;
}

static bool
has_lost_part(const struct keep *keep)
{
    char part[KEEP_PATH_BYTES];

    return join(keep->path, PART, part) && !is_ours(keep->fd, part);
}

bool
keep_finish(struct keep *keep, struct span sidecar, struct err *err)
{
    if (has_lost_part(keep)) {
        keep->is_whole = false;
        return err_set(err, MSG_CANNOT_KEEP,
                       "cannot write %s: its part was removed, or another "
                       "process writes it",
                       keep->path);
    }
    if (!take_names(keep, sidecar)) {
        keep->is_whole = false;
        return cannot_keep(keep->path, err);
    }
    sync_folder(keep->path);
    close(keep->fd);
    keep->fd = -1;
    return true;
}

void
keep_close(struct keep *keep)
{
    char part[KEEP_PATH_BYTES];

    pack_free(keep->pack);
    keep->pack = NULL;
    if (keep->path == NULL || keep->fd < 0)
        return;
    if (!keep->is_whole && !keep->stays && join(keep->path, PART, part) &&
        is_ours(keep->fd, part))
        unlink(part);
    close(keep->fd);
    keep->fd = -1;
}

/* ---- parts of killed runs ------------------------------------------------ */

static bool
skip_digits(const char **at)
{
    const char *begin = *at;

    *at += strspn(*at, "0123456789");
    return *at > begin;
}

/* <store>.<job>.<run>.<n>.jsonl.part, …jsonl.zst.part or …jsonl.meta.json.part;
 * `prefix` is "<store>.<job>.". */
static bool
is_part(const char *name, const char *prefix)
{
    size_t length = strlen(prefix);

    if (strncmp(name, prefix, length) != 0)
        return false;
    name += length;
    return skip_digits(&name) && *name++ == '.' && skip_digits(&name) &&
           (strcmp(name, ".jsonl" PART) == 0 ||
            strcmp(name, ".jsonl" KEEP_PACKED PART) == 0 ||
            strcmp(name, ".jsonl" SIDECAR PART) == 0);
}

/* A part that is locked belongs to a process that still writes it. */
void
keep_remove_part(int folder, const char *name)
{
    int fd =
        openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

    if (fd < 0)
        return;
    if (flock(fd, LOCK_EX | LOCK_NB) == 0)
        unlinkat(folder, name, 0);
    close(fd);
}

void
keep_drop(struct keep *keep)
{
    char part[KEEP_PATH_BYTES];

    keep_close(keep);
    if (keep->path != NULL && join(keep->path, PART, part))
        keep_remove_part(AT_FDCWD, part);
}

void
keep_clean(const char *directory, const char *store, const char *job)
{
    char prefix[KEEP_PATH_BYTES];
    DIR *folder = opendir(directory);
    struct dirent *entry;

    if (folder == NULL)
        return;
    snprintf(prefix, sizeof(prefix), "%s.%s.", store, job);
    while ((entry = readdir(folder)) != NULL)
        if (is_part(entry->d_name, prefix))
            keep_remove_part(dirfd(folder), entry->d_name);
    closedir(folder);
}
