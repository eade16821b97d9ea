/*
 * walk - the origin of a run that is read page by page.
 *
 *     begin:  the moment of the run, and the roots ─┐
 *     resume: what the frontier in the journal has ─┴─► wait: one source
 *
 * Several tasks (crew.h) take what is to be asked next from the frontier
 * (entries.h), ask for it (ask.h) and cut the answer into a page (page.h). The
 * source (feed.h) gives one page after the other to the run, which commits its
 * rows together with its changes of the frontier. In memory the frontier
 * changes earlier, when the page becomes ready.
 */
#ifndef WALK_WALK_H
#define WALK_WALK_H

#include "job/job.h"
#include "journal/frontier.h"
#include "source/origin.h"

struct walker;

struct walk {
    struct origin origin;
    struct job *job;

    struct frontier_head head; /* of the last committed page */
    const char *notes;         /* of the unfinished run that find() found */
    struct walker *walker;     /* owned; NULL: nothing is being read */
    struct source *source;     /* of its pages, or their copy with --keep */
};

/* Make the origin of a job's runs; the job's plan has pages. origin_free() ends
 * it. */
void walk_init(struct walk *walk, struct job *job);

#endif
