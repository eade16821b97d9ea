/*
 * proof - is a connection of one parent complete?
 *
 * When a connection has no more pages, it is complete according to the API. If
 * the API also reports a total, the number of rows must agree with the total.
 * If it does not, the connection is read again, up to three times in all.
 */
#ifndef PAGED_PROOF_H
#define PAGED_PROOF_H

#include "plan/pages.h"

enum { PROOF_TRIES = 3 };

enum proof {
    PROOF_WHOLE, /* complete */
    PROOF_AGAIN, /* the counts differ: read it again */
    PROOF_NONE   /* they still differ: what is missing is not known */
};

/* What is known of a connection that has no more pages. */
struct proof_counts {
    int64_t rows;
    int64_t distinct; /* keys among them; -1: not known */
    int64_t nulls;    /* rows that are null */
    int64_t told_first;
    int64_t told_last; /* the totals of the first and the last page; -1: none */
    int repeats;       /* how often it was read again */
};

enum proof proof_of(const struct pages_connection *connection,
                    const struct proof_counts *counts);

#endif
