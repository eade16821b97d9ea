/*
 * verdict - what `check` finds: one line each, and its remedy below.
 *
 *     ok     store acme (https://acme.myshopify.com): Basic, EUR
 *     warn   query queries/x.graphql (store acme): ... is deprecated
 *            use descriptionHtml
 *     error  database: ...
 *
 * and at the end "12 ok, 1 warn, 2 error"; or an array of objects in JSON. With
 * -q the errors only, each with its remedy in its line. The exit status is that
 * of the worst error; warnings do not count.
 */
#ifndef COMMAND_VERDICT_H
#define COMMAND_VERDICT_H

#include <stddef.h>

#include "base/err.h"

struct verdicts {
    bool json;
    bool quiet; /* errors only */
    bool any;
    int ok, warn, error; /* how many */
    int status;
};

/* `detail` may be "". */
void
verdict_ok(struct verdicts *verdicts, const char *what, const char *detail);

/* Message and hint of `err`; it may be of any kind. */
void verdict_warn(struct verdicts *verdicts, const char *what,
                  const struct err *err);
void verdict_error(struct verdicts *verdicts, const char *what,
                   const struct err *err);

/* A right that the database does not give is the database's error, whatever
 * was looked at. */
void
verdict_blame(struct verdicts *verdicts, const char *what, struct err *err);

/* The end of the JSON, or the counts. */
void verdict_end(const struct verdicts *verdicts);

#endif
