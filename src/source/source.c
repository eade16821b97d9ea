#include "source/source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/unreadable.h"
#include "source/sidecar.h"

enum { CHUNK_BYTES = 256 * 1024, SIDECAR_CEILING = 1024 * 1024 };

/* ---- opening ----------------------------------------------------------- */

static const char *
name_of(const struct source *source)
{
    return strcmp(source->path, "-") == 0 ? "standard input" : source->path;
}

static bool
open_file(struct source *source, struct err *err)
{
    bool is_stdin = strcmp(source->path, "-") == 0;
    int why;

    if (is_stdin && source->used)
        return err_set(err, MSG_READ_ONCE,
                       "the load must begin again, and standard input cannot");
    source->fd =
        is_stdin ? STDIN_FILENO : open(source->path, O_RDONLY | O_CLOEXEC);
    source->used = true;
    source->begun = source->ended = false;
    source->packed = span_of("", 0);
    if (source->buffer == NULL)
        source->buffer = mem_alloc(CHUNK_BYTES);
    if (source->fd >= 0)
        return true;
    why = errno;
    err_set(err, MSG_CANNOT_READ, "cannot read %s: %s", source->path,
            strerror(why));
    err_as(err, ERR_CONFIG);
    return unreadable_hint(err, source->path, why, false);
}

static void
open_download(struct source *source)
{
    source->download = download_new(
        source->context->http, source->operation->url, source->claims.file_size,
        session_backoff(source->session, "download"), source->log);
}

bool
source_open(struct source *source, struct err *err)
{
    if (source->keep.path != NULL && !keep_open(&source->keep, err))
        return false;
    if (source->operation == NULL)
        return open_file(source, err);
    if (source->operation->url[0] != '\0')
        open_download(source);
    return true;
}

/* ---- reading ----------------------------------------------------------- */

/* A page that says why there is no result, saved as one. */
static bool
refuse_markup(const struct source *source, struct span first, struct err *err)
{
    first = span_trim(first);
    if (first.length == 0 || first.bytes[0] != '<')
        return true;
    err_set(err, MSG_NOT_JSONL, "%s is HTML or XML, not a result",
            name_of(source));
    return err_as(err, ERR_FAILED);
}

/* The file's own bytes, behind the first `have` in the buffer: *length more,
 * none at its end. A pipe may take long: it is waited for like a socket. */
static bool
read_bytes(struct source *source, size_t have, size_t *length, struct err *err)
{
    ssize_t count;

    do {
        if (task_wait_fd(source->fd, POLLIN, CLOCK_NEVER) == TASK_STOPPED)
            return task_stopped(err);
        count = read(source->fd, source->buffer + have, CHUNK_BYTES - have);
    } while (count < 0 && (errno == EINTR || errno == EAGAIN));
    if (count < 0)
        return err_set(err, MSG_CANNOT_READ, "cannot read %s: %s",
                       name_of(source), strerror(errno));
    *length = (size_t)count;
    source->ended = count == 0;
    return true;
}

/* As many bytes as show whether the file is packed, however they come. */
static bool
read_first(struct source *source, struct span *first, struct err *err)
{
    size_t have = 0, more = 1;

    while (have < GUNZIP_MAGIC_BYTES && more > 0) {
        if (!read_bytes(source, have, &more, err))
            return false;
        have += more;
    }
    *first = span_of(source->buffer, have);
    if (gunzip_is_packed(*first)) {
        source->gunzip = gunzip_new();
        source->unpacked = mem_alloc(CHUNK_BYTES);
    }
    return true;
}

static bool
read_next(struct source *source, struct span *chunk, struct err *err)
{
    size_t length = 0;

    if (!source->begun)
        return read_first(source, chunk, err);
    if (!source->ended && !read_bytes(source, 0, &length, err))
        return false;
    *chunk = span_of(source->buffer, length);
    return true;
}

static bool
unpack(struct source *source, struct span *chunk, struct err *err)
{
    size_t length = 0;

    source->packed = *chunk;
    for (;;) {
        if (!gunzip_read(source->gunzip, &source->packed, source->unpacked,
                         CHUNK_BYTES, &length, err))
            return err_wrap(err, "%s", name_of(source));
        *chunk = span_of(source->unpacked, length);
        if (length > 0)
            return true;
        if (source->packed.length > 0)
            continue;
        if (source->ended)
            return gunzip_end(source->gunzip, err) ||
                   err_wrap(err, "%s", name_of(source));
        task_yield();
        if (!read_next(source, &source->packed, err))
            return false;
    }
}

static bool
read_file(struct source *source, struct span *chunk, struct err *err)
{
    bool is_first = !source->begun;

    if (source->gunzip != NULL)
        *chunk = source->packed;
    else if (!read_next(source, chunk, err))
        return false;
    source->begun = true;
    if (source->gunzip != NULL && !unpack(source, chunk, err))
        return false;
    return !is_first || refuse_markup(source, *chunk, err);
}

bool
source_read(struct source *source, struct span *chunk, struct err *err)
{
    *chunk = span_of("", 0); /* a result without URL is empty */
    if (source->download != NULL) {
        if (!download_read(source->download, chunk, err)) {
            if (err->kind == ERR_LATER &&
                download_storage_is_gone(source->download))
                session_give_up(source->session, err);
            return false;
        }
    } else if (source->operation == NULL && !read_file(source, chunk, err)) {
        return false;
    }
    return source->keep.path == NULL || keep_write(&source->keep, *chunk, err);
}

void
source_close(struct source *source)
{
    download_free(source->download);
    source->download = NULL;
    if (source->operation == NULL && source->fd > STDIN_FILENO)
        close(source->fd);
    source->fd = -1;
    keep_close(&source->keep);
    gunzip_free(source->gunzip);
    source->gunzip = NULL;
    free(source->buffer);
    free(source->unpacked);
    source->buffer = source->unpacked = NULL;
}

/* One chunk through `lines`; *ended at the end. */
static bool
feed_chunk(struct source *source, struct lines *lines, bool *ended,
           struct err *err)
{
    int64_t begun = clock_now_ns(), has_read;
    struct span chunk;
    bool fed;

    if (!source_read(source, &chunk, err))
        return false;
    has_read = clock_now_ns();
    source->read_ns += has_read - begun;
    *ended = chunk.length == 0;
    fed = *ended ? lines_finish(lines, err) : lines_feed(lines, chunk, err);
    source->feed_ns += clock_now_ns() - has_read;
    return fed;
}

bool
source_feed(struct source *source, struct lines *lines, struct err *err)
{
    bool ended = false;

    source->read_ns = source->feed_ns = 0;
    for (;;) {
        if (tasks_stopping())
            return task_stopped(err);
        if (!feed_chunk(source, lines, &ended, err))
            return false;
        if (ended)
            return true;
        task_yield();
    }
}

static bool
is_packed_file(const char *path)
{
    char first[GUNZIP_MAGIC_BYTES];
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    ssize_t length = fd >= 0 ? read(fd, first, sizeof(first)) : 0;

    if (fd >= 0)
        close(fd);
    return length == sizeof(first) &&
           gunzip_is_packed(span_of(first, sizeof(first)));
}

int64_t
source_bytes(const struct source *source)
{
    struct stat file;

    if (source->claims.file_size >= 0 || source->operation != NULL ||
        stat(source->path, &file) != 0 || !S_ISREG(file.st_mode) ||
        is_packed_file(source->path))
        return source->claims.file_size;
    return (int64_t)file.st_size;
}

const char *
source_asked_at(const struct source *source)
{
    return source->operation != NULL ? source->operation->created_at
                                     : source->asked_at;
}

bool
source_keep(struct source *source, struct err *err)
{
    struct buf sidecar = buf_with_ceiling(SIDECAR_CEILING);
    bool kept;

    if (source->keep.path == NULL)
        return true;
    sidecar_write(source, &sidecar);
    kept = keep_finish(&source->keep, buf_span(&sidecar), err);
    buf_free(&sidecar);
    return kept;
}
