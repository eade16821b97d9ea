/*
 * refused - lines whose rows the server would not have.
 *
 * A batch refused with a SQLSTATE of class 22 or 54 says nothing of which row
 * it was. It is sent again in halves until the refused rows stand alone; the
 * load then begins anew, and those lines are rejected with their bytes.
 */
#ifndef LOAD_REFUSED_H
#define LOAD_REFUSED_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum { REFUSED_REASON_BYTES = 256 };

struct refused_line {
    int64_t line; /* staging's _line */
    char reason[REFUSED_REASON_BYTES];
};

/* All zero is empty; free with refused_free(). */
struct refused {
    struct refused_line *lines;
    size_t count;
};

/* Add a line, once. */
void refused_add(struct refused *refused, int64_t line, const char *reason);

/* Why the line was refused; NULL when it was not. */
const char *refused_reason(const struct refused *refused, int64_t line);
void refused_free(struct refused *refused);

/* Is it the kind of failure that one row can cause? */
bool refused_is_row(const struct err *err);

#endif
