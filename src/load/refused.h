/*
 * refused - lines whose rows the server refuses.
 *
 * A batch refused with a SQLSTATE of class 22 or 54 does not say which row
 * caused it. It is sent again in halves until the refused rows are alone; the
 * load then restarts, and those lines are rejected with their bytes. XX000 can
 * be a row that is too big for a Citus worker, and can be a worker that is
 * lost: a row is refused with it only if that happens in two loads.
 */
#ifndef LOAD_REFUSED_H
#define LOAD_REFUSED_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum { REFUSED_REASON_BYTES = 256 };

struct refused_line {
    int64_t line;    /* staging's _line */
    bool is_certain; /* false: XX000, once */
    char reason[REFUSED_REASON_BYTES];
};

/* All zero is empty; free with refused_free(). */
struct refused {
    struct refused_line *lines;
    size_t count;
};

/* Add a line, for `why` its row was refused alone. */
void refused_add(struct refused *refused, int64_t line, const struct err *why);

/* Why the line was refused for certain; NULL when it was not. */
const char *refused_reason(const struct refused *refused, int64_t line);
void refused_free(struct refused *refused);

/* How much is known: grows with each line, and when one becomes certain. */
size_t refused_evidence(const struct refused *refused);

/* Is it the kind of failure that one row can cause? */
bool refused_is_row(const struct err *err);

/* Is it an internal error of the server (XX000), which may have passed when the
 * load restarts? */
bool refused_is_internal(const struct err *err);

#endif
