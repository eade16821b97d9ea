/*
 * The first bytes show whether the file is compressed. A pipe may deliver them
 * one at a time, so read_first() reads until it has all of them. The bytes of a
 * compressed file then go from `buffer` through unpack.h into `unpacked`, and
 * read() returns chunks of `unpacked`; otherwise it returns chunks of
 * `buffer`.
 */
#include "source/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/task.h"
#include "base/unreadable.h"
#include "source/sidecar.h"
#include "source/unpack.h"

enum { CHUNK_BYTES = 256 * 1024 };

struct source_file {
    struct source source;
    const char *path;
    int fd; /* the open file; 0: standard input; -1: not open */
    char *buffer;
    struct unpack *unpack; /* NULL: the file is not compressed */
    char *unpacked;
    struct span packed; /* bytes in `buffer` that are not yet decompressed */
    bool used;          /* opened before: standard input cannot be read twice */
    bool begun;         /* the first chunk has been read */
    bool ended;         /* the last chunk has been read */
};

/* ---- opening ----------------------------------------------------------- */

static const char *
name_of(const struct source_file *file)
{
    return strcmp(file->path, "-") == 0 ? "standard input" : file->path;
}

static bool
open_file(struct source *source, struct err *err)
{
    struct source_file *file = (struct source_file *)source;
    bool is_stdin = strcmp(file->path, "-") == 0;
    int why;

    if (is_stdin && file->used)
        return err_set(err, MSG_READ_ONCE,
                       "the load must restart, but standard input cannot be "
                       "read again");
    file->fd = is_stdin ? STDIN_FILENO : open(file->path, O_RDONLY | O_CLOEXEC);
    file->used = true;
    file->begun = file->ended = false;
    file->packed = span_of("", 0);
    if (file->buffer == NULL)
        file->buffer = mem_alloc(CHUNK_BYTES);
    if (file->fd >= 0)
        return true;
    why = errno;
    err_set(err, MSG_CANNOT_READ, "cannot read %s: %s", file->path,
            strerror(why));
    err_as(err, ERR_CONFIG);
    return unreadable_hint(err, file->path, why, false);
}

/* ---- reading ----------------------------------------------------------- */

/* A storage server that cannot deliver a result answers with an HTML or XML
 * page, and a user may have saved that page. */
static bool
refuse_markup(const struct source_file *file, struct span first,
              struct err *err)
{
    first = span_trim(first);
    if (first.length == 0 || first.bytes[0] != '<')
        return true;
    return err_set(err, MSG_FILE_NOT_JSONL, "%s is HTML or XML, not a result",
                   name_of(file));
}

/* Read into `buffer` after its first `have` bytes; *length is 0 at the end of
 * the file. A pipe may block for long, so other tasks run meanwhile. */
static bool
read_bytes(struct source_file *file, size_t have, size_t *length,
           struct err *err)
{
    ssize_t count;

    do {
        if (task_wait_fd(file->fd, POLLIN, CLOCK_NEVER) == TASK_STOPPED)
            return task_stopped(err);
        count = read(file->fd, file->buffer + have, CHUNK_BYTES - have);
    } while (count < 0 && (errno == EINTR || errno == EAGAIN));
    if (count < 0)
        return err_set(err, MSG_CANNOT_READ, "cannot read %s: %s",
                       name_of(file), strerror(errno));
    *length = (size_t)count;
    file->ended = count == 0;
    return true;
}

/* Read enough bytes to see whether the file is compressed. */
static bool
read_first(struct source_file *file, struct span *first, struct err *err)
{
    size_t have = 0, more = 1;

    while (have < UNPACK_MAGIC_BYTES && more > 0) {
        if (!read_bytes(file, have, &more, err))
            return false;
        have += more;
    }
    *first = span_of(file->buffer, have);
    if (unpack_is_packed(*first)) {
        file->unpack = unpack_new(*first);
        file->unpacked = mem_alloc(CHUNK_BYTES);
    }
    return true;
}

static bool
read_next(struct source_file *file, struct span *chunk, struct err *err)
{
    size_t length = 0;

    if (!file->begun)
        return read_first(file, chunk, err);
    if (!file->ended && !read_bytes(file, 0, &length, err))
        return false;
    *chunk = span_of(file->buffer, length);
    return true;
}

static bool
decompress(struct source_file *file, struct span *chunk, struct err *err)
{
    size_t length = 0;

    file->packed = *chunk;
    for (;;) {
        if (!unpack_read(file->unpack, &file->packed, file->unpacked,
                         CHUNK_BYTES, &length, err))
            return err_wrap(err, "%s", name_of(file));
        *chunk = span_of(file->unpacked, length);
        if (length > 0)
            return true;
        if (file->packed.length > 0)
            continue;
        if (file->ended)
            return unpack_end(file->unpack, err) ||
                   err_wrap(err, "%s", name_of(file));
        task_yield();
        if (!read_next(file, &file->packed, err))
            return false;
    }
}

static bool
read_file(struct source *source, struct span *chunk, struct err *err)
{
    struct source_file *file = (struct source_file *)source;
    bool is_first = !file->begun;

    if (file->unpack != NULL)
        *chunk = file->packed;
    else if (!read_next(file, chunk, err))
        return false;
    file->begun = true;
    if (file->unpack != NULL && !decompress(file, chunk, err))
        return false;
    return !is_first || refuse_markup(file, *chunk, err);
}

static void
close_file(struct source *source)
{
    struct source_file *file = (struct source_file *)source;

    if (file->fd > STDIN_FILENO)
        close(file->fd);
    file->fd = -1;
    unpack_free(file->unpack);
    file->unpack = NULL;
    free(file->buffer);
    free(file->unpacked);
    file->buffer = file->unpacked = NULL;
}

/* ---- the source -------------------------------------------------------- */

static bool
is_packed_file(const char *path)
{
    char first[UNPACK_MAGIC_BYTES];
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    ssize_t length = fd >= 0 ? read(fd, first, sizeof(first)) : 0;

    if (fd >= 0)
        close(fd);
    return length == sizeof(first) &&
           unpack_is_packed(span_of(first, sizeof(first)));
}

/* From the sidecar, or else from the file system. The size of a compressed
 * file says nothing about the size of its result. */
static int64_t
size_of_file(const struct source *source)
{
    const struct source_file *file = (const struct source_file *)source;
    struct stat status;

    if (source->claims.file_size >= 0 || stat(file->path, &status) != 0 ||
        !S_ISREG(status.st_mode) || is_packed_file(file->path))
        return source->claims.file_size;
    return (int64_t)status.st_size;
}

static void
free_file(struct source *source)
{
    close_file(source);
    free(source);
}

/* Standard input, or a file that is not a regular one, such as a pipe. */
static bool
is_read_once(const char *path)
{
    struct stat status;

    return strcmp(path, "-") == 0 || stat(path, &status) != 0 ||
           !S_ISREG(status.st_mode);
}

bool
source_file_new(const char *path, const char *plan_hash, bool any_query,
                struct arena *arena, struct source **source, struct err *err)
{
    static const struct source_ops ops = {.open = open_file,
                                          .read = read_file,
                                          .close = close_file,
                                          .size = size_of_file,
                                          .free = free_file};
    struct sidecar about;
    struct source_file *file;

    if (!sidecar_read(path, arena, &about, err) ||
        (!any_query && !sidecar_check_plan(&about, path, plan_hash, err)))
        return false;
    file = mem_alloc(sizeof(*file));
    *file = (struct source_file){
        .source = {.ops = &ops,
                   .claims = about.claims,
                   .name = path,
                   .asked_at = about.created_at,
                   .odd_count = "",
                   .incomplete = about.partial,
                   .window = about.window,
                   .left_out = about.left_out,
                   .is_read_once = is_read_once(path),
                   .is_of_query = any_query || about.plan_hash[0] != '\0'},
        .path = path,
        .fd = -1};
    *source = &file->source;
    return true;
}
