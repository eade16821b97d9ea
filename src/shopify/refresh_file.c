#include "shopify/refresh_file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/read_file.h"

enum { ROOM_BYTES = 4096 };

static bool
cannot(struct err *err, const char *what, const char *path)
{
    return err_set(err, MSG_REFRESH_TOKEN_FILE, "cannot %s %s: %s", what, path,
                   strerror(errno));
}

static bool
read_token(const char *path, struct buf *token, struct err *err)
{
    enum read_file_end end = read_file_text(path, token, NULL);

    if (end == READ_FILE_FAILED || end == READ_FILE_NOT_REGULAR)
        return cannot(err, "read", path);
    if (span_trim(buf_span(token)).length == 0 || end != READ_FILE_OK) {
        return err_set(err, MSG_REFRESH_TOKEN_FILE,
                       "%s does not contain a refresh token", path);
    }
    return true;
}

/* Give the new file the owner of the old one: the next job that reads it may
 * run as that user. */
static bool
keep_owner(struct refresh_file *file)
{
    struct stat old, new;

    return stat(file->path, &old) == 0 && fstat(file->fd, &new) == 0 &&
           ((old.st_uid == new.st_uid &&old.st_gid == new.st_gid) ||
            fchown(file->fd, old.st_uid, old.st_gid) == 0);
}

/* Create the new file, and reserve disk space for its bytes. */
static bool
make_room(struct refresh_file *file, struct err *err)
{
    int length = snprintf(file->new_path, sizeof(file->new_path), "%s.XXXXXX",
                          file->path);

    if (length < 0 || (size_t)length >= sizeof(file->new_path)) {
        errno = ENAMETOOLONG;
        return cannot(err, "create a file beside", file->path);
    }
    file->fd = mkostemp(file->new_path, O_CLOEXEC); /* 0600 */
    if (file->fd < 0)
        return cannot(err, "create a file beside", file->path);
    if (!keep_owner(file)) {
        cannot(err, "keep the owner of", file->path);
        refresh_file_close(file);
        return false;
    }
    errno = posix_fallocate(file->fd, 0, ROOM_BYTES);
    if (errno != 0) {
        cannot(err, "write", file->new_path);
        refresh_file_close(file);
        return false;
    }
    return true;
}

bool
refresh_file_open(struct refresh_file *file, const char *path,
                  struct buf *token, struct err *err)
{
    file->fd = -1;
    if (realpath(path, file->path) == NULL)
        return cannot(err, "read", path);
    return read_token(file->path, token, err) && make_room(file, err);
}

static bool
write_token(const struct refresh_file *file, const char *token)
{
    size_t length = strlen(token);
    char *line = malloc(length + 2);
    bool ok;

    if (line == NULL)
        return false;
    snprintf(line, length + 2, "%s\n", token);
    ok = pwrite(file->fd, line, length + 1, 0) == (ssize_t)(length + 1) &&
         ftruncate(file->fd, (off_t)(length + 1)) == 0 && fsync(file->fd) == 0;
    explicit_bzero(line, length + 2);
    free(line);
    return ok;
}

/* A rename survives a power cut only after its directory was flushed. */
static void
sync_directory(const char *path)
{
    char copy[PATH_MAX];
    int fd;

    snprintf(copy, sizeof(copy), "%s", path);
    fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return;
    fsync(fd);
    close(fd);
}

bool
refresh_file_replace(struct refresh_file *file, const char *token,
                     struct err *err)
{
    if (!write_token(file, token))
        return cannot(err, "write", file->new_path);
    if (rename(file->new_path, file->path) != 0)
        return cannot(err, "replace", file->path);
    close(file->fd);
    file->fd = -1;
    sync_directory(file->path);
    return true;
}

void
refresh_file_close(struct refresh_file *file)
{
    if (file->fd < 0)
        return;
    close(file->fd);
    unlink(file->new_path);
    file->fd = -1;
}
