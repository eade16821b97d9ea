#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/out.h"
#include "cli/options.h"
#include "command/commands.h"
#include "http/http.h"
#include "json/walk.h"
#include "pg/conn.h"

static void
print_libraries(void)
{
    out_line(stdout, "%s", http_version_text());
    out_line(stdout, "%s", pg_version_text());
    out_line(stdout, "%s", json_version_text());
}

/* If the caller closed stdin, stdout or stderr, the next socket or file would
 * get its number, and bulkpg would write its output into it. */
static bool
open_standard_files(void)
{
    int fd;

    do
        fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd < 0)
        return false;
    close(fd);
    return true;
}

/* Reports an error of standard output, and returns the worse of both statuses.
 * A closed pipe is not reported: a reader such as head has read what it
 * wanted. */
static int
finish_output(int status)
{
    struct err err;

    out_flush();
    if (out_errno() == 0)
        return status;
    err_set(&err, MSG_CANNOT_PRINT, "cannot write to standard output: %s",
            strerror(out_errno()));
    if (out_errno() != EPIPE) {
        out_line(stderr, "bulkpg: %s", err.message);
        out_line(stderr, "hint: %s (%s)", err_remedy(&err), err.code);
    }
    return err_worse_status(status, err_exit_status(err.kind));
}

int
main(int argc, char **argv)
{
    if (!open_standard_files())
        return err_exit_status(ERR_BUG);
    options_on_version(print_libraries);
    return finish_output(options_run(argc, argv, &commands));
}
