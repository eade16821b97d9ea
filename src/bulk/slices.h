/*
 * slices - a full run that @slice cuts into windows of roots.
 *
 *     ── before a ──┬── [a, b) ──┬── [b, c) ──┬── from c on ──
 *
 * Windows are half-open, and the first and the last have one end only. So
 * every root is in a window, and because its time does not change, in one
 * window only. If the store can count roots, windows are halved until each has
 * at most `rows` roots, and small neighbours are joined. Otherwise all windows
 * have the same length. If the store does not finish a window in time, the
 * window is halved.
 *
 * The windows are saved in the notes of the run, as "slices", so that a
 * resumed run has the same windows.
 */
#ifndef BULK_SLICES_H
#define BULK_SLICES_H

#include "bulk/place.h"
#include "plan/plan.h"

enum { SLICES_MAX = 500 };

/* One window, which one operation fetches. In the run's arena. */
struct slice {
    int n; /* number of its operation, from 1 */
    bool has_from;
    bool has_to;
    int64_t from_s; /* seconds since 1970 */
    int64_t to_s;
};

/* All zero: the run is not cut. */
struct slices {
    struct slice *items; /* in the order of time */
    int count;
    int last_n;     /* the largest number so far; none is used twice */
    int64_t low_s;  /* to halve the first window, it begins here, */
    int64_t high_s; /* and the last window ends here */
    int64_t before; /* roots before the fetch; -1: the store cannot count */
};

/* Ask the store, cut the run, and save the windows in its notes. If one window
 * is enough, the run is not cut. */
MUST_CHECK bool slices_cut(struct slices *slices, const struct plan *plan,
                           const struct bulk_run *run, struct err *err);

/* Replace items[i] by its two halves, which get new numbers. False if it is
 * too short or if there are SLICES_MAX windows; `err` is then unchanged. *kept:
 * the journal was updated; if not, `err` says why. */
MUST_CHECK bool
slices_halve(struct slices *slices, int i, const struct plan *plan,
             const struct bulk_run *run, bool *kept, struct err *err);

/* The window with its times as text, in `arena`. `field` is borrowed. */
struct plan_window slices_window(const struct slice *slice, const char *field,
                                 struct arena *arena);

/* Read a time as the store writes it, to seconds since 1970. False, with
 * *seconds unchanged, if `text` is NULL or not a time. */
bool slices_read_time(const char *text, int64_t *seconds);

/* The number of roots now; -1: the store cannot count them. */
MUST_CHECK bool
slices_count_roots(const struct plan *plan, const struct bulk_run *run,
                   int64_t *count, struct err *err);

#endif
