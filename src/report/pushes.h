/*
 * pushes - the part of the report about what was sent to the stores.
 */
#ifndef REPORT_PUSHES_H
#define REPORT_PUSHES_H

#include "base/buf.h"
#include "journal/push.h"

enum { PUSHES_LISTED_MAX = 50 };

/* Append a table of the newest pushes, with what to do about those that did not
 * succeed; nothing if there are none. */
void pushes_append(struct buf *html, const struct journal_pushes *pushes);

#endif
