/*
 * ask - asks for the pages of a batch, until they can be loaded.
 *
 *     ask ─► judge ─┬─ good ─► cut
 *                   ├─ too large, too complex: fewer parents, then fewer rows;
 *                   │          the others wait again
 *                   └─ errors beside the data: once more, then by halves, down
 *                              to one row (isolate.h)
 *
 * Private to this folder.
 */
#ifndef WALK_ASK_H
#define WALK_ASK_H

#include "walk/page.h"

/* Fill the page. Entries of its batch that could not be asked for together with
 * the others are given back. */
MUST_CHECK bool ask_page(struct page *page, struct err *err);

/* A single request of a page, its answer in `arena`. It cannot be made
 * smaller; with `once` it is not sent again after a failure. */
struct ask_answer {
    struct span body;
    struct json *data;
    struct json *errors;
};

MUST_CHECK bool
ask_one(struct page *page, const struct pages_request *request,
        const struct pages_values *values, bool once, struct arena *arena,
        struct ask_answer *answer, struct err *err);

/* The server's time of a small request, as the run's moment; in the walker's
 * arena. */
MUST_CHECK bool ask_moment(struct walker *walker, struct err *err);

#endif
