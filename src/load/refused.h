/*
 * refused - lines whose rows the server refuses.
 *
 * If the server refuses a batch with a SQLSTATE of class 22 or 54, it does not
 * say which row caused this. isolate.c finds the rows. The load then restarts
 * and rejects their lines. XX000 can mean that a row is too large for a Citus
 * worker, or that a worker was lost. So a line counts as refused with XX000
 * only after this has happened in two loads.
 */
#ifndef LOAD_REFUSED_H
#define LOAD_REFUSED_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum { REFUSED_REASON_BYTES = 256 };

struct refused_line {
    int64_t line;    /* staging's _line */
    bool is_certain; /* false: refused once, with XX000 */
    char reason[REFUSED_REASON_BYTES];
};

/* All zero is an empty list. Free it with refused_free(). */
struct refused {
    struct refused_line *lines;
    size_t count;
    bool hides_words; /* the server's words may quote a column with @mask */
};

/* Add a line. `why` is the server's error for a row of it, sent alone. */
void refused_add(struct refused *refused, int64_t line, const struct err *why);

/* The reason if the line is certainly refused, else NULL. */
const char *refused_reason(const struct refused *refused, int64_t line);
void refused_free(struct refused *refused);

/* A number that grows with each new line and with each line that becomes
 * certain. If it did not grow, another restart of the load is useless. */
size_t refused_evidence(const struct refused *refused);

/* Is it an error that a single row can cause? */
bool refused_is_row(const struct err *err);

/* Remove from an error of the server what may quote a value of a row. For loads
 * of queries with @mask. */
void refused_hide_words(struct err *err);

/* Is it an internal error of the server (XX000)? It may not happen again when
 * the load restarts. */
bool refused_is_internal(const struct err *err);

#endif
