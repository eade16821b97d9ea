#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "app/options.h"
#include "base/err.h"
#include "http/http.h"
#include "json/walk.h"
#include "pg/conn.h"

static void
print_libraries(void)
{
    printf("%s\n%s\n%s\n", http_version_text(), pg_version_text(),
           json_version_text());
}

/* What was printed must have got somewhere: a full disk is a failure. Whoever
 * closed a pipe, such as head, has read what it wanted. */
static int
finish_output(int status)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return status;
    if (errno != EPIPE)
        fprintf(stderr,
                "bulkpg: cannot write to standard output: %s\nhint: %s (%s)\n",
                strerror(errno), message_at(MSG_CANNOT_WRITE)->remedy,
                message_at(MSG_CANNOT_WRITE)->code);
    return err_worse_status(status, err_exit_status(ERR_FAILED));
}

int
main(int argc, char **argv)
{
    options_on_version(print_libraries);
    return finish_output(options_run(argc, argv));
}
