/*
 * trial - tries the SELECT of a mutation, and sends nothing.
 */
#ifndef PUSH_TRIAL_H
#define PUSH_TRIAL_H

#include "push/push.h"

struct trial_found {
    struct err stale;  /* tables are older than `fresh` allows, */
    struct err fault;  /* and the first row is not valid; kind ERR_NONE: no */
    const char *owner; /* type of the object that the first row names first:
                        * "Product"; "": not known */
};

/* Run the SELECT, bind its columns and make the line of its first row.
 * push->mutation is prepared. Texts are in the push's arena. ERR_CONFIG also if
 * the push is to be rolled back, but the SELECT gives no values before. */
MUST_CHECK bool
trial_select(struct push *push, struct trial_found *found, struct err *err);

#endif
