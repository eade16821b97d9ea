/*
 * isolate - find the rows that made the server refuse a batch.
 *
 * Private to this folder.
 */
#ifndef LOAD_ISOLATE_H
#define LOAD_ISOLATE_H

#include "load/refused.h"
#include "load/ring.h"

/* Send every refused batch of the ring again, in halves, until each refused row
 * is sent alone, and add the lines of these rows to `refused`. Accepted rows
 * get into staging a second time. That does no harm, because the caller drops
 * staging and restarts the load. A paged run keeps its staging: there each part
 * is rolled back. Fails only for another reason than a refused row. */
MUST_CHECK bool
isolate_refused(struct ring *ring, struct refused *refused, struct err *err);

#endif
