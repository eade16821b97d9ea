/*
 * verdict - what `check` finds: one line each, with the suggested fix below.
 *
 *     ok     store acme (https://acme.myshopify.com): Basic, EUR
 *     warn   query queries/x.graphql (store acme): ... is deprecated
 *            use descriptionHtml
 *     error  database: ...
 *
 * The last line is "12 ok, 1 warn, 2 error". With --json each line is an event
 * (base/event.h), and the last one is the summary. With -q only errors are
 * printed, each with its fix in the same line. The exit status is that of the
 * worst error; warnings do not count.
 */
#ifndef COMMAND_VERDICT_H
#define COMMAND_VERDICT_H

#include <stddef.h>

#include "base/log.h"

struct verdicts {
    bool quiet;           /* errors only */
    struct log_ctx about; /* the store and the job that are examined */
    int jobs;             /* queries and mutations that were examined */
    int ok, warn, error;  /* how many */
    int status;
};

/* What is examined from now on. NULL: no store, no job in particular. */
void
verdict_about(struct verdicts *verdicts, const char *store, const char *job);

/* Print an ok line. `detail` may be "". */
void
verdict_ok(struct verdicts *verdicts, const char *what, const char *detail);

/* Print a line with message and fix of `err`, which may be of any kind. */
void verdict_warn(struct verdicts *verdicts, const char *what,
                  const struct err *err);
void verdict_error(struct verdicts *verdicts, const char *what,
                   const struct err *err);

/* Print an error. If a privilege in the database is missing, it is an error of
 * the database, whatever was checked. */
void
verdict_blame(struct verdicts *verdicts, const char *what, struct err *err);

/* Print the summary. */
void verdict_end(const struct verdicts *verdicts);

#endif
