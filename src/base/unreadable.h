/*
 * unreadable - what lets this user read a file that it may not read.
 */
#ifndef BASE_UNREADABLE_H
#define BASE_UNREADABLE_H

#include "base/err.h"

/* `path` could not be opened for reading, with errno `why`. Where permissions
 * are the reason, the hint is the command that changes them; of a secret none
 * that others can read it by. Always returns false. */
bool
unreadable_hint(struct err *err, const char *path, int why, bool is_secret);

#endif
