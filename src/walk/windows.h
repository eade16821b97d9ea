/*
 * windows - the root of a run that @slice cuts, read in windows side by side.
 *
 * They are the same as those of bulk operations (bulk/slices.h), and in the
 * notes of the run as well.
 *
 * Private to this folder.
 */
#ifndef WALK_WINDOWS_H
#define WALK_WINDOWS_H

#include "walk/walker.h"

/* Cut a full run, if its query has @slice. */
MUST_CHECK bool
windows_cut(struct walker *walker, enum run_mode mode, struct err *err);

/* Read the windows from the notes of an earlier process. */
MUST_CHECK bool
windows_resume(struct walker *walker, const char *notes, struct err *err);

/* After the last page: how many roots there must be at least. */
MUST_CHECK bool windows_count(struct walker *walker, struct err *err);

#endif
