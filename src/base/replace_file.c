#include "base/replace_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool
cannot(struct err *err, const char *path)
{
    return err_set(err, MSG_CANNOT_WRITE, "cannot write %s: %s", path,
                   strerror(errno));
}

static bool
write_all(int fd, struct span bytes)
{
    size_t written = 0;

    while (written < bytes.length) {
        ssize_t count =
            write(fd, bytes.bytes + written, bytes.length - written);

        if (count < 0 && errno != EINTR)
            return false;
        written += count > 0 ? (size_t)count : 0;
    }
    return true;
}

static bool
write_through(const char *path, struct span bytes, struct err *err)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool ok = fd >= 0 && write_all(fd, bytes);

    if (!ok)
        cannot(err, path);
    if (fd >= 0)
        close(fd);
    return ok;
}

/* The content is on the disk before the name refers to it, so that the name
 * does not refer to an empty file after a power cut. */
static bool
write_beside(const char *path, struct span bytes, struct err *err)
{
    char beside[PATH_MAX + 16];
    int fd;
    bool ok;

    snprintf(beside, sizeof(beside), "%s.XXXXXX", path);
    fd = mkostemp(beside, O_CLOEXEC);
    if (fd < 0)
        return cannot(err, path);
    ok = fchmod(fd, 0644) == 0 && write_all(fd, bytes) && fsync(fd) == 0 &&
         rename(beside, path) == 0;
    if (!ok) {
        cannot(err, path);
        unlink(beside);
    }
    close(fd);
    return ok;
}

bool
replace_file(const char *path, struct span bytes, struct err *err)
{
    char real[PATH_MAX];
    struct stat status;

    if (stat(path, &status) == 0 && !S_ISREG(status.st_mode))
        return write_through(path, bytes, err);
    if (realpath(path, real) == NULL)
        snprintf(real, sizeof(real), "%s", path);
    return write_beside(real, bytes, err);
}
