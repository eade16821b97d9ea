#include "base/read_file.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum { CHUNK_BYTES = 4096 };

/* The first read asks for `want` bytes, one more than the size of the file.
 * Later ones use the room that is left in the buffer. So a file that does not
 * grow fits the first allocation, and the last read finds its end without
 * another one. At the ceiling, one more byte is read to find out whether the
 * file is longer. */
static enum read_file_end
read_all(int fd, struct buf *text, size_t want)
{
    ssize_t got;

    do {
        size_t left = text->ceiling - text->length;
        char beyond;

        if (left == 0) {
            got = read(fd, &beyond, 1);
            errno = got > 0 ? EFBIG : errno;
            return got == 0  ? READ_FILE_OK
                   : got > 0 ? READ_FILE_TOO_LONG
                             : READ_FILE_FAILED;
        }
        want = want < left ? want : left;
        got = read(fd, buf_reserve(text, want), want);
        if (got < 0)
            return READ_FILE_FAILED;
        buf_extend(text, (size_t)got);
        want = text->capacity - text->length;
        want = want > 0 ? want : CHUNK_BYTES;
    } while (got > 0);
    return READ_FILE_OK;
}

static enum read_file_end
read_regular(int fd, struct buf *text, struct stat *status)
{
    if (fstat(fd, status) != 0)
        return READ_FILE_FAILED;
    if (!S_ISREG(status->st_mode)) {
        errno = S_ISDIR(status->st_mode) ? EISDIR : EINVAL;
        return READ_FILE_NOT_REGULAR;
    }
    return read_all(fd, text,
                    status->st_size > 0 ? (size_t)status->st_size + 1
                                        : CHUNK_BYTES);
}

enum read_file_end
read_file_text(const char *path, struct buf *text, struct stat *status)
{
    struct stat unasked;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    enum read_file_end end;
    int why;

    if (fd < 0)
        return READ_FILE_FAILED;
    end = read_regular(fd, text, status != NULL ? status : &unasked);
    why = errno;
    close(fd);
    errno = why;
    return end;
}
