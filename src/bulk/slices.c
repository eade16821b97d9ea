/*
 * How a full run is cut into windows.
 *
 * A window is the time from the earliest to the latest root, if the store can
 * sort by that time, else the time since Shopify began.
 *
 * If the store can count roots: begin with this window. Count the first halves
 * of all windows that have more than `rows` roots, in one request, and replace
 * each of these windows by its two halves. Repeat until no window is too large.
 * Then join neighbours that fit into one window.
 *
 * If it cannot: cut the window into EQUAL_WINDOWS of the same length.
 *
 * Hazards. Roots are created and removed while they are counted, so counts can
 * contradict each other. Therefore the second half is not counted, but gets the
 * rest of the whole; and halving ends at PARTS_MAX windows or at a length of
 * one second, whatever the counts are. If there are more than SLICES_MAX
 * windows, `rows` is doubled until they are joined to fewer. The first and the
 * last window are open, so that no root is missed; `low_s` and `high_s` are
 * used only to halve them. The windows are in the run's notes before the first
 * operation is submitted, because another process must resume the same windows.
 */
#include "bulk/slices.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/timestamp.h"
#include "bulk/slices_note.h"
#include "shopify/roots.h"

/* No store is older than Shopify. */
#define SHOPIFY_BEGAN_S INT64_C(1136073600) /* 2006-01-01 */

enum {
    EQUAL_WINDOWS = 5,     /* if the store cannot count */
    PARTS_MAX = 16 * 1024, /* four times the most that consistent counts need */
    DAY_S = 24 * 3600
};

static const char *
time_text(int64_t seconds, struct arena *arena)
{
    char text[CLOCK_UTC_BYTES];

    return arena_strdup(arena, clock_format_utc(seconds, text));
}

bool
slices_read_time(const char *text, int64_t *seconds)
{
    int64_t micros;
    struct err err;

    if (text == NULL || !timestamp_parse(span_str(text), &micros, &err))
        return false;
    *seconds = micros / 1000000 + TIMESTAMP_EPOCH_S;
    return true;
}

struct plan_window
slices_window(const struct slice *slice, const char *field, struct arena *arena)
{
    return (struct plan_window){
        .field = field,
        .from = slice->has_from ? time_text(slice->from_s, arena) : NULL,
        .to = slice->has_to ? time_text(slice->to_s, arena) : NULL};
}

/* ---- counting ---------------------------------------------------------- */

/* A window while the run is being cut. */
struct part {
    int64_t from_s;
    int64_t to_s;
    int64_t roots;
};

struct cutter {
    const struct plan *plan;
    const struct bulk_run *run;
    struct part *parts; /* in the order of time */
    int count;
    int64_t most; /* roots in one part */
};

static const char *
filter_of(const struct plan *plan, int64_t from_s, int64_t to_s,
          struct arena *arena)
{
    char from[CLOCK_UTC_BYTES], to[CLOCK_UTC_BYTES];
    struct plan_window window = {.field = plan->slice->field,
                                 .from = clock_format_utc(from_s, from),
                                 .to = clock_format_utc(to_s, to)};

    return plan_filter_in(plan, &window, arena);
}

bool
slices_count_roots(const struct plan *plan, const struct bulk_run *run,
                   int64_t *count, struct err *err)
{
    const struct plan_window all = {0};
    const char *filter = plan_filter_in(plan, &all, run->arena);

    *count = -1;
    return plan->slice->count_field == NULL ||
           roots_count(place_session(&run->place), plan->slice->count_field,
                       &filter, 1, run->log, count, err);
}

static bool
is_too_large(const struct cutter *cutter, const struct part *part)
{
    return part->roots > cutter->most && part->to_s - part->from_s > 1;
}

/* Count the first halves of all parts that are too large, in one request. */
static bool
count_halves(const struct cutter *cutter, int64_t *counts, struct err *err)
{
    const struct plan *plan = cutter->plan;
    const struct bulk_run *run = cutter->run;
    struct arena arena = {0};
    const char **filters =
        arena_array(&arena, (size_t)cutter->count, sizeof(*filters));
    size_t asked = 0;
    bool counted;

    for (int i = 0; i < cutter->count; i++) {
        const struct part *part = &cutter->parts[i];

        if (is_too_large(cutter, part))
            filters[asked++] = filter_of(
                plan, part->from_s,
                part->from_s + (part->to_s - part->from_s) / 2, &arena);
    }
    counted = roots_count(place_session(&run->place), plan->slice->count_field,
                          filters, asked, run->log, counts, err);
    arena_free(&arena);
    return counted;
}

/* Write the two halves of `whole`. The first has `first` roots, which the store
 * counted; the second has the rest, so it also gets the changes since the whole
 * was counted. */
static void
put_halves(struct part *to, const struct part *whole, int64_t first)
{
    int64_t middle_s = whole->from_s + (whole->to_s - whole->from_s) / 2;
    int64_t rest = whole->roots > first ? whole->roots - first : 0;

    to[0] = (struct part){whole->from_s, middle_s, first > 0 ? first : 0};
    to[1] = (struct part){middle_s, whole->to_s, rest};
}

/* Halve all parts that are too large. *again: there were any. */
static bool
halve_parts(struct cutter *cutter, bool *again, struct err *err)
{
    int64_t *counts = mem_array((size_t)cutter->count, sizeof(*counts));
    struct part *halved = mem_array((size_t)cutter->count * 2, sizeof(*halved));
    int count = 0, asked = 0;
    bool counted = count_halves(cutter, counts, err);

    for (int i = 0; counted && i < cutter->count; i++) {
        if (is_too_large(cutter, &cutter->parts[i])) {
            put_halves(&halved[count], &cutter->parts[i], counts[asked++]);
            count += 2;
        } else {
            halved[count++] = cutter->parts[i];
        }
    }
    *again = asked > 0;
    free(counts);
    if (!counted) {
        free(halved);
        return false;
    }
    free(cutter->parts);
    cutter->parts = halved;
    cutter->count = count;
    return true;
}

/* Join neighbours that fit into one window. This removes empty parts, too. */
static void
join_parts(struct cutter *cutter)
{
    int count = 0;

    for (int i = 1; i < cutter->count; i++) {
        struct part *last = &cutter->parts[count];

        if (last->roots + cutter->parts[i].roots <= cutter->most) {
            last->to_s = cutter->parts[i].to_s;
            last->roots += cutter->parts[i].roots;
        } else {
            cutter->parts[++count] = cutter->parts[i];
        }
    }
    cutter->count = count + 1;
}

static bool
cut_by_count(struct cutter *cutter, struct slices *slices, struct err *err)
{
    int64_t least = slices->before / (SLICES_MAX / 4) + 1;
    bool again = true;

    cutter->most = cutter->plan->slice->rows;
    if (cutter->most < least)
        cutter->most = least;
    cutter->parts[0].roots = slices->before;
    /* PARTS_MAX ends this if counts contradict each other. */
    while (again && cutter->count <= PARTS_MAX)
        if (!halve_parts(cutter, &again, err))
            return false;
    for (join_parts(cutter); cutter->count > SLICES_MAX; join_parts(cutter))
        cutter->most *= 2;
    return true;
}

/* ---- without counts ---------------------------------------------------- */

static void
cut_equally(struct cutter *cutter, const struct slices *slices)
{
    int64_t length_s = (slices->high_s - slices->low_s) / EQUAL_WINDOWS;

    if (length_s < 1)
        return;
    cutter->parts =
        mem_resize(cutter->parts, EQUAL_WINDOWS * sizeof(*cutter->parts));
    for (int i = 0; i < EQUAL_WINDOWS; i++)
        cutter->parts[i] =
            (struct part){.from_s = slices->low_s + i * length_s,
                          .to_s = slices->low_s + (i + 1) * length_s};
    cutter->count = EQUAL_WINDOWS;
}

/* ---- cutting ----------------------------------------------------------- */

static void
take_parts(struct slices *slices, const struct cutter *cutter)
{
    slices->items =
        arena_array(cutter->run->arena, SLICES_MAX, sizeof(*slices->items));
    for (int i = 0; i < cutter->count; i++)
        slices->items[i] = (struct slice){.n = i + 1,
                                          .has_from = i > 0,
                                          .has_to = i + 1 < cutter->count,
                                          .from_s = cutter->parts[i].from_s,
                                          .to_s = cutter->parts[i].to_s};
    slices->count = slices->last_n = cutter->count;
}

/* Ask the store for the times of the earliest and the latest root. If it cannot
 * sort by that time, the defaults remain. Each halving of a time without roots
 * would be a request. */
static bool
find_reach(const struct plan *plan, const struct bulk_run *run,
           struct slices *slices, struct err *err)
{
    const struct plan_slice *slice = plan->slice;
    const struct plan_window all = {0};
    char earliest[40], latest[40];
    struct err why;

    if (slice->sort_key == NULL)
        return true;
    if (!roots_reach(place_session(&run->place), plan->root->name,
                     slice->sort_key, slice->time_field,
                     plan_filter_in(plan, &all, run->arena), run->log, earliest,
                     latest, &why)) {
        if (why.kind != ERR_FAILED)
            *err = why;
        return why.kind == ERR_FAILED;
    }
    slices_read_time(earliest, &slices->low_s);
    slices_read_time(latest, &slices->high_s);
    return true;
}

/* Can one window have all roots? */
static bool
is_small(const struct slices *slices, const struct plan *plan)
{
    return slices->before >= 0 && slices->before <= plan->slice->rows;
}

static bool
cut(struct slices *slices, const struct plan *plan, const struct bulk_run *run,
    struct err *err)
{
    struct cutter cutter = {.plan = plan, .run = run, .count = 1};
    bool done;

    if (is_small(slices, plan))
        return true;
    if (!find_reach(plan, run, slices, err))
        return false;
    cutter.parts = mem_alloc(sizeof(*cutter.parts));
    cutter.parts[0] =
        (struct part){.from_s = slices->low_s, .to_s = slices->high_s};
    if (slices->before < 0)
        cut_equally(&cutter, slices);
    done = slices->before < 0 || cut_by_count(&cutter, slices, err);
    if (done && cutter.count > 1)
        take_parts(slices, &cutter);
    free(cutter.parts);
    return done;
}

bool
slices_cut(struct slices *slices, const struct plan *plan,
           const struct bulk_run *run, struct err *err)
{
    *slices = (struct slices){.low_s = SHOPIFY_BEGAN_S,
                              .high_s = clock_wall_us() / 1000000 +
                                        DAY_S, /* clocks differ */
                              .before = -1};
    if (!slices_count_roots(plan, run, &slices->before, err) ||
        !cut(slices, plan, run, err))
        return false;
    if (slices->count == 0)
        return true;
    log_info(run->log, "the run is cut into windows",
             LOG_NUM("windows", slices->count),
             LOG_NUM("roots", slices->before), LOG_END);
    return slices_note_keep(slices, plan->slice->field, run, err);
}

bool
slices_halve(struct slices *slices, int i, const struct plan *plan,
             const struct bulk_run *run, bool *kept, struct err *err)
{
    struct slice *whole = &slices->items[i];
    int64_t from_s = whole->has_from ? whole->from_s : slices->low_s;
    int64_t to_s = whole->has_to ? whole->to_s : slices->high_s;
    int64_t middle_s = from_s + (to_s - from_s) / 2;

    if (middle_s <= from_s || slices->count == SLICES_MAX)
        return false;
    memmove(whole + 2, whole + 1,
            (size_t)(slices->count - i - 1) * sizeof(*whole));
    whole[1] = *whole;
    whole[0].n = ++slices->last_n;
    whole[0].has_to = whole[1].has_from = true;
    whole[0].to_s = whole[1].from_s = middle_s;
    whole[1].n = ++slices->last_n;
    slices->count++;
    *kept = slices_note_keep(slices, plan->slice->field, run, err);
    return true;
}
