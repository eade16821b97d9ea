/*
 * slices_note - the windows of a run in its notes in the journal.
 *
 *     {"slices": {"field": "created_at", "before": 1456, "last_n": 3,
 *                 "low": "2006-01-01T00:00:00Z", "high": "...",
 *                 "windows": [{"n": 1, "from": null, "to": "..."}, ...]}}
 */
#ifndef BULK_SLICES_NOTE_H
#define BULK_SLICES_NOTE_H

#include "bulk/slices.h"

/* Save the windows, whose filter is `field`. */
MUST_CHECK bool slices_note_keep(const struct slices *slices, const char *field,
                                 const struct bulk_run *run, struct err *err);

/* *fit: a query with this `slice` (NULL: without @slice) can resume the windows
 * in these notes. Notes without windows always fit. */
MUST_CHECK bool slices_note_fit(const struct plan_slice *slice,
                                const char *notes, bool *fit, struct err *err);

/* Read the windows from these notes, which must fit. Without windows, the run
 * is not cut. */
MUST_CHECK bool slices_note_read(struct slices *slices, struct arena *arena,
                                 const char *notes, struct err *err);

#endif
