/*
 * script - the statements of a script, one at a time.
 *
 * Private to src/pg. Several statements in one query string are one implicit
 * transaction, and Citus refuses many such strings; sent one by one they are
 * what their author sees. The cut is PostgreSQL's own lexical structure:
 * quoted strings and names, E'...' escapes, dollar quotes, nested comments.
 */
#ifndef PG_SCRIPT_H
#define PG_SCRIPT_H

#include "base/span.h"

/* The next statement of `*script`, without its semicolon and without the
 * blanks and comments around it; `*script` moves behind it. False at the end.
 * The span lies in the script. A quote that never ends reaches to the end: the
 * server names that error. */
bool script_next(struct span *script, struct span *statement);

#endif
