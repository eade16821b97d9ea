#include "job/progress.h"

#include <stddef.h>

#include "base/clock.h"
#include "json/lines.h"
#include "load/loader.h"

void
progress_phase(struct progress *progress, enum progress_phase phase)
{
    progress->phase = phase;
    progress_show(progress, NULL, NULL);
    if (progress->begun_ms == 0)
        progress->begun_ms = clock_now_ms();
    if (phase == PROGRESS_ENDED)
        progress->ended_ms = clock_now_ms();
}

void
progress_show(struct progress *progress, progress_look_fn *look,
              const void *what)
{
    progress->look = look;
    progress->what = what;
}

static uint64_t
count_lines(const struct progress_load *load)
{
    return load->lines_before + (load->lines != NULL ? load->counts->lines : 0);
}

bool
progress_look(const struct progress *progress, struct progress_seen *seen)
{
    *seen = (struct progress_seen){.bytes_expected = -1, .points_left = -1};
    if (progress->look == NULL)
        return false;
    progress->look(progress->what, seen);
    if (progress->phase == PROGRESS_PAGING && progress->load.lines != NULL)
        seen->lines = count_lines(&progress->load);
    return true;
}

int64_t
progress_ms(const struct progress *progress, int64_t now_ms)
{
    if (progress->begun_ms == 0)
        return 0;
    return (progress->phase == PROGRESS_ENDED ? progress->ended_ms : now_ms) -
           progress->begun_ms;
}

/* ---- a load ------------------------------------------------------------ */

static void
look_at_load(const void *what, struct progress_seen *seen)
{
    const struct progress_load *load = what;

    seen->bytes = load->bytes_before;
    seen->lines = count_lines(load);
    seen->bytes_expected = load->bytes_expected;
    if (load->lines != NULL)
        seen->bytes += load->lines->offset;
}

void
progress_load(struct progress *progress, int64_t bytes_expected)
{
    progress_phase(progress, PROGRESS_LOADING);
    progress->load = (struct progress_load){.bytes_expected = bytes_expected};
    progress->lines_pace = progress->bytes_pace = (struct pace){0};
    progress_show(progress, look_at_load, &progress->load);
}

void
progress_source(struct progress *progress, const struct lines *lines,
                const struct loader_counts *counts)
{
    progress->load.lines = lines;
    progress->load.counts = counts;
}

void
progress_source_end(struct progress *progress)
{
    struct progress_load *load = &progress->load;
    struct progress_seen seen = {0};

    look_at_load(load, &seen);
    load->bytes_before = seen.bytes;
    load->lines_before = seen.lines;
    load->lines = NULL;
    load->counts = NULL;
}
