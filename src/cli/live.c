/* One task draws the block of lines every 200 ms until live_end(). It reads the
 * jobs while they work. That is safe because all jobs are in one thread, and
 * they need not know about the screen.
 *
 * While the block is drawn, the log is diverted. Warnings and errors, or all
 * lines with -v, are written above the block. Other lines are dropped, because
 * the block shows the same. live_end() must come before anything else writes to
 * the terminal.
 *
 * The task is shielded: after a signal it draws until live_end(), because the
 * jobs may take a while to stop. */
#include "cli/live.h"

#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/shown.h"
#include "cli/describe.h"

enum {
    FRAME_MS = 200,
    LINE_BYTES_MAX = 2048,
    SHOWN_BYTES_MAX = 6 * LINE_BYTES_MAX,
    COLUMNS_FOR_TIME = 30
};

/* ---- lines ------------------------------------------------------------- */

/* The order of the jobs in the block. */
enum rank { WORKING, FAILED, WAITING, DONE, RANKS };

static enum rank
rank_of(const struct job *job)
{
    if (job->progress.phase == PROGRESS_ENDED)
        return job->err.kind != ERR_NONE ? FAILED : DONE;
    return describe_waits(&job->progress) ? WAITING : WORKING;
}

static enum screen_colour
colour_of(const struct job *job)
{
    switch (rank_of(job)) {
    case FAILED:
        return SCREEN_RED;
    case WAITING:
        return SCREEN_FAINT;
    case DONE:
        return job->rejects > 0 ? SCREEN_YELLOW : SCREEN_GREEN;
    default:
        return SCREEN_PLAIN;
    }
}

static int
name_width(const struct job *job)
{
    return (int)(strlen(job->config->name) + 1 + strlen(job->file->job));
}

/* At most half of the window: the rest shows what the jobs are doing. */
static int
widest_name(const struct jobs *jobs, int columns)
{
    int widest = 0;

    for (size_t i = 0; i < jobs->count; i++)
        if (name_width(&jobs->items[i]) > widest)
            widest = name_width(&jobs->items[i]);
    return widest < columns / 2 ? widest : columns / 2;
}

static void
append_name(struct buf *text, const struct job *job, int width)
{
    struct buf raw = buf_with_ceiling(LINE_BYTES_MAX);
    struct buf name = buf_with_ceiling(SHOWN_BYTES_MAX);
    int shown;

    buf_printf(&raw, "%s/%s", job->config->name, job->file->job);
    shown_append(&name, buf_span(&raw));
    shown = screen_append_fitting(text, buf_str(&name), width);
    buf_printf(text, "%*s  ", width - shown, "");
    buf_free(&raw);
    buf_free(&name);
}

static struct screen_line
job_line(struct job *job, const struct live_frame *frame, int width,
         struct arena *arena)
{
    struct buf text = buf_with_ceiling(LINE_BYTES_MAX);
    struct buf shown = buf_with_ceiling(SHOWN_BYTES_MAX);
    struct screen_line line = {.colour = colour_of(job)};

    append_name(&text, job, width);
    if (frame->columns >= COLUMNS_FOR_TIME)
        describe_append_time(&job->progress, frame->now_ms, &text);
    describe_job(job, frame->now_ms, &text);
    shown_append(&shown, buf_span(&text));
    line.text = arena_strdup(arena, buf_str(&shown));
    buf_free(&text);
    buf_free(&shown);
    return line;
}

/* "… and 37 more: 2 failed, 35 waiting" */
static struct screen_line
rest_line(const size_t left[RANKS], struct arena *arena)
{
    static const char *const what[] = {"under way", "failed", "waiting",
                                       "done"};
    struct buf text = buf_with_ceiling(LINE_BYTES_MAX);
    struct screen_line line = {.colour = SCREEN_FAINT};
    const char *before = ": ";

    buf_printf(&text, "… and %zu more",
               left[WORKING] + left[FAILED] + left[WAITING] + left[DONE]);
    for (int i = 0; i < RANKS; i++) {
        if (left[i] == 0)
            continue;
        buf_printf(&text, "%s%zu %s", before, left[i], what[i]);
        before = ", ";
    }
    line.text = arena_strdup(arena, buf_str(&text));
    buf_free(&text);
    return line;
}

int
live_lines(const struct jobs *jobs, const struct live_frame *frame,
           struct arena *arena, struct screen_line lines[SCREEN_LINES_MAX])
{
    int most = frame->lines;
    int room = jobs->count <= (size_t)most ? most : most - 1;
    int width = widest_name(jobs, frame->columns), count = 0;
    size_t left[RANKS] = {0};

    for (int rank = 0; rank < RANKS; rank++)
        for (size_t i = 0; i < jobs->count; i++) {
            if ((int)rank_of(&jobs->items[i]) != rank)
                continue;
            if (count < room)
                lines[count++] = job_line(&jobs->items[i], frame, width, arena);
            else
                left[rank]++;
        }
    if (room < most)
        lines[count++] = rest_line(left, arena);
    return count;
}

/* ---- drawing ----------------------------------------------------------- */

static void
draw(struct live *live)
{
    struct screen_line lines[SCREEN_LINES_MAX];
    struct live_frame frame = {.lines = screen_most_lines(&live->screen),
                               .columns = live->screen.columns,
                               .now_ms = clock_now_ms()};
    struct arena arena = {0};
    int count = live_lines(live->jobs, &frame, &arena, lines);

    screen_draw(&live->screen, lines, count);
    arena_free(&arena);
}

/* Shielded, so that the block is drawn while the jobs stop after a signal. */
static void
draw_on(void *ctx)
{
    struct live *live = ctx;

    task_shield();
    while (!live->ends) {
        draw(live);
        (void)task_wait(&live->ending, clock_after_ms(FRAME_MS));
    }
    task_unshield();
}

static void
write_log(void *ctx, enum log_level level, const char *line, size_t length)
{
    struct live *live = ctx;

    if (level <= LOG_WARN || live->is_verbose)
        screen_above(&live->screen, line, length);
}

void
live_begin(struct live *live, struct jobs *jobs, const struct options *options)
{
    *live = (struct live){.jobs = jobs,
                          .is_verbose = options->log_level == LOG_DEBUG};
    live->is_on = !options->quiet && !options->json &&
                  options->log_format == LOG_TEXT && jobs->count > 0 &&
                  screen_is_possible(STDERR_FILENO);
    if (!live->is_on)
        return;
    screen_begin(&live->screen, STDERR_FILENO);
    log_divert(write_log, live);
    task_group_spawn(&live->group, "live", draw_on, live);
}

void
live_end(struct live *live)
{
    if (!live->is_on)
        return;
    live->ends = true;
    task_wake_all(&live->ending);
    task_group_wait(&live->group);
    log_divert(NULL, NULL);
    screen_end(&live->screen);
    live->is_on = false;
}
