/*
 * webhooks - the part of the report about webhooks.
 */
#ifndef REPORT_WEBHOOKS_H
#define REPORT_WEBHOOKS_H

#include "base/buf.h"
#include "journal/event.h"

enum { WEBHOOKS_LISTED_MAX = 500 };

/* Append what was received from each store, and the objects that its jobs are
 * still to fetch; nothing if no webhook was ever received. */
void webhooks_append(struct buf *html, const struct journal_live *live);

#endif
