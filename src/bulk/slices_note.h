/*
 * slices_note - the windows of a run, as its notes in the journal keep them.
 *
 *     {"slices": {"field": "created_at", "before": 1456, "last_n": 3,
 *                 "low": "2006-01-01T00:00:00Z", "high": "...",
 *                 "windows": [{"n": 1, "from": null, "to": "..."}, ...]}}
 */
#ifndef BULK_SLICES_NOTE_H
#define BULK_SLICES_NOTE_H

#include "bulk/slices.h"

/* Keep them as windows of `field`. */
MUST_CHECK bool slices_note_keep(const struct slices *slices, const char *field,
                                 const struct bulk_run *run, struct err *err);

/* Would the windows in these notes be cut now, as the query is cut by `slice`,
 * or not at all, NULL? Notes without windows always fit. */
MUST_CHECK bool slices_note_fit(const struct plan_slice *slice,
                                const char *notes, bool *fit, struct err *err);

/* The windows in these notes, which must fit; not cut if there are none. */
MUST_CHECK bool slices_note_read(struct slices *slices, struct arena *arena,
                                 const char *notes, struct err *err);

#endif
