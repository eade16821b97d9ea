/*
 * sqlstate - converts errors of the server to an err.
 *
 * The kinds are in base/messages.def. Private to src/pg; other code checks
 * err->kind and, rarely, err->code.
 */
#ifndef PG_SQLSTATE_H
#define PG_SQLSTATE_H

#include "base/err.h"

/* The kind of an SQLSTATE; ERR_FAILED for unlisted ones and for "". */
enum err_kind sqlstate_kind(const char *sqlstate);

/* Fill `err` from the parts of a server's error; `detail` and `hint` may be
 * NULL. Always returns false. */
bool sqlstate_err(struct err *err, const char *sqlstate, const char *message,
                  const char *detail, const char *hint);

#endif
