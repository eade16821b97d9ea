/*
 * isolate - find the rows for which the server refused a batch.
 *
 * Private to this folder.
 */
#ifndef LOAD_ISOLATE_H
#define LOAD_ISOLATE_H

#include "load/refused.h"
#include "load/ring.h"

/* Send every batch that came back refused again, in halves, until its refused
 * rows stand alone, and add their lines. What goes in on the way does no harm:
 * the staging is thrown away. ERR_* of anything else that goes wrong. */
MUST_CHECK bool
isolate_refused(struct ring *ring, struct refused *refused, struct err *err);

#endif
