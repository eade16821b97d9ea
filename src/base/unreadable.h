/*
 * unreadable - hints for files that this user has no permission to read.
 */
#ifndef BASE_UNREADABLE_H
#define BASE_UNREADABLE_H

#include "base/err.h"

/* Opening `path` for reading failed with errno `why`. If the reason is a
 * missing permission, set a hint with the command that grants it. For a secret,
 * that command does not let other users read the file. Always returns false. */
bool
unreadable_hint(struct err *err, const char *path, int why, bool is_secret);

#endif
