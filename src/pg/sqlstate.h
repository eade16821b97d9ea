/*
 * sqlstate - what an SQLSTATE means for whoever handles the failure.
 *
 * base/messages.def knows it. Private to src/pg; everybody else branches on
 * err->kind and, rarely, on err->code.
 */
#ifndef PG_SQLSTATE_H
#define PG_SQLSTATE_H

#include "base/err.h"

/* ERR_FAILED for what is not listed, "" included. */
enum err_kind sqlstate_kind(const char *sqlstate);

/* Fill `err` from the parts of a server's error; `detail` and `hint` may be
 * NULL. Always returns false. */
bool sqlstate_err(struct err *err, const char *sqlstate, const char *message,
                  const char *detail, const char *hint);

#endif
