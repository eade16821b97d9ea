/*
 * live - one line per job on the terminal while a command runs.
 *
 * Working jobs come first. A task redraws the lines five times a second. In a
 * narrow window names are cut and times are left out. Log lines of level `warn`
 * or above, or all lines with -v, appear above the block. Lines of level `info`
 * are dropped, because the block shows the same. Without a terminal, and with
 * TERM=dumb, -q or --log-format json, no block is drawn, and the log is written
 * as usual.
 */
#ifndef CLI_LIVE_H
#define CLI_LIVE_H

#include "base/task.h"
#include "cli/screen.h"
#include "job/jobs.h"

struct live {
    struct jobs *jobs;
    bool is_on;
    bool is_verbose;
    bool ends;
    struct screen screen;
    struct task_queue ending;
    struct task_group group;
};

/* Call inside a task. `jobs` must not move before live_end(). Print nothing
 * else before live_end(). */
void
live_begin(struct live *live, struct jobs *jobs, const struct options *options);
void live_end(struct live *live);

struct live_frame {
    int lines; /* at most */
    int columns;
    int64_t now_ms;
};

/* Fill in the lines to draw and return how many. Their texts are in the
 * arena. */
int live_lines(const struct jobs *jobs, const struct live_frame *frame,
               struct arena *arena, struct screen_line lines[SCREEN_LINES_MAX]);

#endif
