/* A monotonic clock that a test can set ahead. The tests load it into the
 * program with LD_PRELOAD.
 *
 *     CLOCK_AHEAD=FILE  FILE contains the number of seconds to add
 *
 * poll() reduces its timeout to 50 ms, so that the program soon reads the
 * clock again after a test has changed the file.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static long
seconds_ahead(void)
{
    const char *path = getenv("CLOCK_AHEAD");
    FILE *file = path != NULL ? fopen(path, "r") : NULL;
    long seconds = 0;

    if (file == NULL)
        return 0;
    if (fscanf(file, "%ld", &seconds) != 1)
        seconds = 0;
    fclose(file);
    return seconds;
}

int
clock_gettime(clockid_t id, struct timespec *now)
{
    static int (*libc)(clockid_t, struct timespec *);
    int status;

    if (libc == NULL)
        *(void **)&libc = dlsym(RTLD_NEXT, "clock_gettime");
    status = libc(id, now);
    if (status == 0 && id == CLOCK_MONOTONIC)
        now->tv_sec += seconds_ahead();
    return status;
}

int
poll(struct pollfd *fds, nfds_t count, int timeout_ms)
{
    static int (*libc)(struct pollfd *, nfds_t, int);

    if (libc == NULL)
        *(void **)&libc = dlsym(RTLD_NEXT, "poll");
    return libc(fds, count, timeout_ms > 50 ? 50 : timeout_ms);
}
