/*
 * script - splits a script into its statements.
 *
 * Private to src/pg. Several statements in one query string are one implicit
 * transaction, and Citus refuses many such strings. Therefore statements are
 * sent one by one. The script is split by PostgreSQL's lexical rules: quoted
 * strings and names, E'...' escapes, dollar quotes, nested comments.
 */
#ifndef PG_SCRIPT_H
#define PG_SCRIPT_H

#include "base/span.h"

/* Take the next statement of `*script`, without its semicolon and the blanks
 * and comments before it. `*script` becomes the rest. False at the end. The
 * span is a part of the script. A quote that is not closed extends to the end
 * of the script; the server reports that error. */
bool script_next(struct span *script, struct span *statement);

#endif
