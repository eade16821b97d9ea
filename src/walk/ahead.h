/*
 * ahead - pages of a connection by offset that are asked for side by side.
 *
 * The offset of such a page is known before the pages in front of it arrive. So
 * if fewer requests are in flight than allowed, bulkpg also asks for the
 * following pages. It cuts their answers in order, into the same page. If one
 * of them cannot be used, bulkpg drops it and those after it, and asks for them
 * again as usual.
 *
 * Private to this folder.
 */
#ifndef WALK_AHEAD_H
#define WALK_AHEAD_H

#include "walk/page.h"

struct ahead_answer;

struct ahead {
    struct page *page;
    const struct pages_request *request;
    struct ahead_answer *answers; /* owned; NULL: none */
    int count;
    struct task_group tasks;
};

/* Ask for the pages after the one with these values. */
void ahead_begin(struct ahead *ahead, struct page *page,
                 const struct pages_request *request,
                 const struct pages_values *values);

/* After the page itself was cut: cut what follows. */
MUST_CHECK bool ahead_cut(struct ahead *ahead, struct err *err);

/* Wait for all requests, and forget them. */
void ahead_end(struct ahead *ahead);

#endif
