/*
 * walker - the state of a walk, shared by the files of this folder.
 *
 * Private to this folder.
 */
#ifndef WALK_WALKER_H
#define WALK_WALKER_H

#include "api/page_size.h"
#include "bulk/slices.h"
#include "job/job.h"
#include "journal/walk.h"
#include "paged/split.h"
#include "source/origin.h"
#include "walk/ends.h"
#include "walk/entries.h"
#include "walk/seen.h"
#include "walk/tallies.h"

struct page;

/* Pages that wait for their commit, and how much longer than their answers
 * their lines are expected to be. */
enum { READY_BYTES_MAX = 16 * 1024 * 1024, LINES_PER_ANSWER = 2 };

/* What is known of the requests of one connection. */
struct manner {
    struct page_size rows; /* of a page */
    struct page_size ids;  /* parents in one request */
    bool has_worked;       /* its document was answered with data */
};

struct walker {
    struct job *job;
    struct origin *origin;
    const struct plan *plan;
    const struct pages *pages;
    struct run_ref ref;
    struct plan_window window;
    const struct plan_window *in_window; /* NULL: a full run */
    struct slices slices;   /* windows of the root, side by side; may be none */
    const char *moment;     /* where the next window begins */
    const char *at;         /* the moment that requests ask for; NULL: now */
    const char *const *ids; /* with --ids; NULL: all roots */
    int id_count;
    int next_id;

    /* By plan table; NULL: rows of a list. */
    const struct pages_connection **connection_of;

    struct entries entries;
    struct manner *manners; /* by connection */
    struct ends *ends;      /* the same, of roots */
    int *most;              /* parents in a request now, by connection */
    struct tallies tallies; /* of committed pages */
    struct seen keys;       /* of connections with several pages and a total,
                             * and of rejected roots */
    struct seen parents;    /* whose children were begun, ever and in this
                             * round of their connection */
    struct seen open;       /* after a resume: connections with a total that an
                             * earlier process has read in part */
    int *rounds;            /* by connection: how often one above it was read
                             * again */
    struct split *split;

    int workers;
    struct task_group crew;
    struct task_queue changed;   /* anything below, or the entries */
    struct task_lock committing; /* from a page's delivery to its commit, and
                                  * while the journal's entries are read */
    bool is_committing;
    struct page *ready;   /* applied, to be committed; the first one first */
    int ready_count;      /* with `current` */
    size_t ready_bytes;   /* of their lines */
    struct page *current; /* that the run has */
    bool has_crew;
    bool has_begun; /* a page was committed: roots are in the journal */
    struct frontier_entry *roots; /* as they begin */
    int root_count;
    bool ended; /* free() was called */
    bool failed;
    struct err err; /* why */

    int64_t requests;
    const char *incomplete; /* of the conclusion: why a load of the saved pages
                             * must remove no rows; NULL: nothing is missing */
    const char **gone;      /* roots of --ids that do not exist */
    int gone_count;
    int gone_room;
    struct arena arena; /* of the conclusion, and of the moment */
};

/* The walker of a run, with an empty frontier. Everything is borrowed. */
struct walker *
walker_new(struct job *job, struct origin *origin, const char *const *ids,
           int id_count, const struct origin_run *run);

/* Ends its tasks; waits for their requests. NULL is allowed. */
void walker_free(struct walker *walker);

/* The entry of a root that is cut into windows: the number of its window is its
 * offset, because pages by cursor have none. NULL: another entry. */
const struct slice *
walker_slice(const struct walker *walker, const struct frontier_entry *row);

/* Wait until an answer of this size can be cut. The lines of pages that are
 * ready to be committed may have READY_BYTES_MAX; one page always fits. */
MUST_CHECK bool
walker_await_space(struct walker *walker, size_t answer_bytes, struct err *err);

/* Is there nothing left to be asked or committed, after the present page? */
bool walker_is_done(const struct walker *walker);

/* The walk has failed: the first failure counts. */
void walker_fail(struct walker *walker, const struct err *err);

#endif
