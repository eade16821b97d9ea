/*
 * live - the jobs of a command on the terminal, while they are under way.
 *
 * A line a job, those that work first; drawn by a task with a timer, five
 * times a second. A narrow window cuts names, and leaves times out. Log lines
 * from `warn` on appear above them, all of them with -v; the lines say what
 * those of level info would. Without a terminal, with TERM=dumb, -q or
 * --log-format json there is no line, and the log is as ever.
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

/* Inside a task. `jobs` stay where they are until live_end(), which comes
 * before anything else is printed. */
void
live_begin(struct live *live, struct jobs *jobs, const struct options *options);
void live_end(struct live *live);

struct live_frame {
    int lines; /* at most */
    int columns;
    int64_t now_ms;
};

/* The lines as they are to be drawn; their texts are the arena's. How many. */
int live_lines(const struct jobs *jobs, const struct live_frame *frame,
               struct arena *arena, struct screen_line lines[SCREEN_LINES_MAX]);

#endif
