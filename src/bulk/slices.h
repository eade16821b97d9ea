/*
 * slices - a full run cut into windows of roots, by @slice.
 *
 *     ── before ──┬── [a, b) ──┬── [b, c) ──┬── from c on ──
 *
 * Half-open, the first and the last without end, so that every root is in
 * one of them whatever its time, and since that time does not change, in one
 * only. Where the store can count, windows are halved until each has at most
 * `rows` roots, and small neighbours joined; where it cannot, they are of
 * equal length. One that the store does not finish in time is halved.
 *
 * The windows are kept in the notes of the run, "slices", so that whoever
 * resumes it goes on with the same ones.
 */
#ifndef BULK_SLICES_H
#define BULK_SLICES_H

#include "bulk/place.h"
#include "plan/plan.h"

enum { SLICES_MAX = 500 };

/* One operation's part of the roots. In the run's arena. */
struct slice {
    int n;         /* of its operation, from 1 */
    bool has_from; /* seconds since 1970 */
    bool has_to;
    int64_t from_s;
    int64_t to_s;
};

/* All zero: the run is not cut. */
struct slices {
    struct slice *items; /* in the order of time */
    int count;
    int last_n;     /* numbers are never used again */
    int64_t low_s;  /* where the first one is taken to begin, to halve it, */
    int64_t high_s; /* and the last one to end */
    int64_t before; /* roots counted before; -1: the store cannot count */
};

/* Ask the store and cut, and keep the windows in the run's notes. Not cut
 * when one window would do. */
MUST_CHECK bool slices_cut(struct slices *slices, const struct plan *plan,
                           const struct bulk_run *run, struct err *err);

/* Replace items[i] by its two halves, the second behind it, both with new
 * numbers. False when it is too short for that, `err` untouched; *kept tells
 * whether the journal could be told. */
MUST_CHECK bool
slices_halve(struct slices *slices, int i, const struct plan *plan,
             const struct bulk_run *run, bool *kept, struct err *err);

/* Its times as the store reads them, in `arena`. `field` is borrowed. */
struct plan_window slices_window(const struct slice *slice, const char *field,
                                 struct arena *arena);

/* A time as the store writes it, to seconds since 1970. False, *seconds
 * untouched, when it is none, or NULL. */
bool slices_read_time(const char *text, int64_t *seconds);

/* Roots there are now; -1: the store cannot count. */
MUST_CHECK bool
slices_count_roots(const struct plan *plan, const struct bulk_run *run,
                   int64_t *count, struct err *err);

#endif
