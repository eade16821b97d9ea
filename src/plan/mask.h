/*
 * mask - columns that do not have what the store sent, but what is left of it
 * after @mask.
 *
 *     plan/mask_rules.c   reads and checks @mask
 *     job/masks.c         the key of [privacy], before anything is loaded
 *     load/masked.c       masks a value before it is encoded
 *     load/remask.c       masks the values that a table has already
 *
 * The plain value of a masked column is in no statement, journal, file or
 * message. So the lines of a masked query are not quoted either.
 */
#ifndef PLAN_MASK_H
#define PLAN_MASK_H

#include "plan/plan.h"

/* "HASH", as in the query; NULL: no mask. */
const char *mask_name(enum plan_mask mask);

/* The first masked column of a plan; the first with PLAN_MASK_HASH. NULL: there
 * is none. */
const struct plan_column *mask_first(const struct plan *plan);
const struct plan_column *mask_first_hash(const struct plan *plan);

/* Set the check value of the key that the values are hashed with. It becomes a
 * part of the plan's hash. */
void mask_set_key(struct plan *plan, const char *check);

/* What must happen to a column that has values already. */
enum mask_change {
    MASK_KEEPS,  /* nothing */
    MASK_CLEARS, /* they cannot be masked: set them to NULL */
    MASK_APPLIES /* mask them */
};

/* Set an error "file:line:column: message", at the @mask of a column. Always
 * returns false. */
bool mask_error(const struct plan *plan, const struct plan_column *column,
                enum msg msg, struct err *err, const char *format, ...)
    PRINTF_LIKE(5, 6);

#endif
