#include "app/source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/mem.h"
#include "json/tree.h"

enum {
    CHUNK_BYTES = 256 * 1024,
    SIDECAR_BYTES_MAX = 64 * 1024,
    PATH_BYTES = 4096
};

/* ---- reading ----------------------------------------------------------- */

static const char *
name_of(const struct source *source)
{
    return strcmp(source->path, "-") == 0 ? "standard input" : source->path;
}

static bool
open_file(struct source *source, struct err *err)
{
    bool is_stdin = strcmp(source->path, "-") == 0;

    if (is_stdin && source->used)
        return err_set(err, MSG_READ_ONCE,
                       "the load must begin again, and standard input cannot");
    source->fd =
        is_stdin ? STDIN_FILENO : open(source->path, O_RDONLY | O_CLOEXEC);
    source->used = true;
    source->begun = false;
    if (source->buffer == NULL)
        source->buffer = mem_alloc(CHUNK_BYTES);
    if (source->fd >= 0)
        return true;
    err_set(err, MSG_CANNOT_READ, "cannot read %s: %s", source->path,
            strerror(errno));
    return err_as(err, ERR_CONFIG);
}

static void
open_download(struct source *source)
{
    const struct tuning_config *tuning = &source->context->config.tuning;

    source->download = download_new(
        source->context->http, source->operation->url, source->claims.file_size,
        backoff_of(tuning->retry_initial_ms, tuning->retry_max_ms,
                   tuning->retry_budget_ms),
        source->log);
}

/* Read by nobody else: results hold customers' data. */
static bool
open_copy(struct source *source, struct err *err)
{
    int fd = open(source->keep_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
                  S_IRUSR | S_IWUSR);

    source->copy = fd >= 0 ? fdopen(fd, "wb") : NULL;
    return source->copy != NULL ||
           err_set(err, MSG_CANNOT_WRITE, "cannot write %s: %s",
                   source->keep_path, strerror(errno));
}

bool
source_open(struct source *source, struct err *err)
{
    if (source->keep_path != NULL && !open_copy(source, err))
        return false;
    if (source->operation == NULL)
        return open_file(source, err);
    if (source->operation->url[0] != '\0')
        open_download(source);
    return true;
}

/* A page that says why there is no result, saved as one. */
static bool
refuse_markup(const struct source *source, struct span first, struct err *err)
{
    first = span_trim(first);
    if (first.length == 0 || first.bytes[0] != '<')
        return true;
    err_set(err, MSG_NOT_JSONL, "%s is HTML or XML, no result",
            name_of(source));
    return err_as(err, ERR_FAILED);
}

/* Whoever writes into a pipe may take long: waited for like anything else. */
static bool
read_file(struct source *source, struct span *chunk, struct err *err)
{
    bool is_first = !source->begun;
    ssize_t length;

    do {
        if (task_wait_fd(source->fd, POLLIN, CLOCK_NEVER) == TASK_STOPPED)
            return task_stopped(err);
        length = read(source->fd, source->buffer, CHUNK_BYTES);
    } while (length < 0 && (errno == EINTR || errno == EAGAIN));
    if (length < 0)
        return err_set(err, MSG_CANNOT_READ, "cannot read %s: %s",
                       name_of(source), strerror(errno));
    source->begun = true;
    *chunk = span_of(source->buffer, (size_t)length);
    return !is_first || refuse_markup(source, *chunk, err);
}

/* The end of the result is when a copy must have come to the disk. */
static bool
copy_chunk(struct source *source, struct span chunk, struct err *err)
{
    if (source->copy == NULL)
        return true;
    if (fwrite(chunk.bytes, 1, chunk.length, source->copy) == chunk.length &&
        (chunk.length > 0 || fflush(source->copy) == 0))
        return true;
    err_set(err, MSG_CANNOT_WRITE, "cannot write %s: %s", source->keep_path,
            strerror(errno));
    return err_as(err, ERR_FAILED);
}

bool
source_read(struct source *source, struct span *chunk, struct err *err)
{
    *chunk = span_of("", 0); /* a result without URL is empty */
    if (source->download != NULL) {
        if (!download_read(source->download, chunk, err))
            return false;
    } else if (source->operation == NULL && !read_file(source, chunk, err)) {
        return false;
    }
    return copy_chunk(source, *chunk, err);
}

void
source_close(struct source *source)
{
    download_free(source->download);
    source->download = NULL;
    if (source->operation == NULL && source->fd > STDIN_FILENO)
        close(source->fd);
    source->fd = -1;
    if (source->copy != NULL)
        fclose(source->copy);
    source->copy = NULL;
    free(source->buffer);
    source->buffer = NULL;
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

int64_t
source_bytes(const struct source *source)
{
    struct stat file;

    if (source->claims.file_size >= 0 || source->operation != NULL ||
        stat(source->path, &file) != 0 || !S_ISREG(file.st_mode))
        return source->claims.file_size;
    return (int64_t)file.st_size;
}

const char *
source_asked_at(const struct source *source)
{
    return source->operation != NULL ? source->operation->created_at
                                     : source->asked_at;
}

/* ---- sidecars ---------------------------------------------------------- */

static void
sidecar_path(const char *path, char sidecar[PATH_BYTES])
{
    snprintf(sidecar, PATH_BYTES, "%s.meta.json", path);
}

/* A sidecar's text; NULL when there is none. */
static char *
read_text(const char *path, struct arena *arena)
{
    FILE *file = fopen(path, "rbe");
    char *text;

    if (file == NULL)
        return NULL;
    text = arena_bytes(arena, SIDECAR_BYTES_MAX);
    text[fread(text, 1, SIDECAR_BYTES_MAX - 1, file)] = '\0';
    fclose(file);
    return text;
}

static void
take_claim(const struct json *meta, const char *key, int64_t *claim)
{
    int64_t value;

    if (json_int64(json_get(meta, key), &value))
        *claim = value;
}

static void
take_time(const struct json *meta, char *time, size_t size)
{
    const char *text = json_str(json_get(meta, "createdAt"));

    if (text != NULL)
        snprintf(time, size, "%s", text);
}

bool
source_read_sidecar(struct source *source, struct err *err)
{
    struct arena arena = {0};
    char path[PATH_BYTES];
    const char *text;
    struct json *meta;
    bool done = true;

    sidecar_path(source->path, path);
    text = read_text(path, &arena);
    if (text != NULL && !json_parse(&arena, span_str(text), &meta, err)) {
        done = err_wrap(err, "%s", path);
        err->kind = ERR_CONFIG;
    } else if (text != NULL) {
        take_claim(meta, "objectCount", &source->claims.object_count);
        take_claim(meta, "rootObjectCount", &source->claims.root_object_count);
        take_claim(meta, "fileSize", &source->claims.file_size);
        take_time(meta, source->asked_at, sizeof(source->asked_at));
    }
    arena_free(&arena);
    return done;
}

bool
source_write_sidecar(const struct source *source,
                     const struct bulk_operation *operation, struct err *err)
{
    char path[PATH_BYTES];
    FILE *file;
    int fd;

    sidecar_path(source->keep_path, path);
    fd =
        open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, S_IRUSR | S_IWUSR);
    file = fd >= 0 ? fdopen(fd, "wb") : NULL;
    if (file == NULL)
        return err_set(err, MSG_CANNOT_WRITE, "cannot write %s: %s", path,
                       strerror(errno));
    fprintf(file,
            "{\"id\":\"%s\",\"createdAt\":\"%s\",\"completedAt\":\"%s\","
            "\"objectCount\":\"%lld\",\"rootObjectCount\":\"%lld\","
            "\"fileSize\":\"%lld\"}\n",
            operation->id, operation->created_at, operation->completed_at,
            (long long)source->claims.object_count,
            (long long)source->claims.root_object_count,
            (long long)source->claims.file_size);
    if (fclose(file) == 0)
        return true;
    err_set(err, MSG_CANNOT_WRITE, "cannot write %s: %s", path,
            strerror(errno));
    return err_as(err, ERR_FAILED);
}
