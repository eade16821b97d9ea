/*
 * expense - what it costs to read a query by pages, for `bulkpg plan`.
 */
#ifndef PLAN_EXPENSE_H
#define PLAN_EXPENSE_H

#include "plan/pages.h"

/* How the pages are read. */
struct expense_terms {
    int64_t rows;        /* of a page */
    int64_t concurrency; /* requests in flight */
    double per_second;   /* points that bulkpg takes of those that the API
                          * grants at least; 0: not known */
};

/* The requests of one connection. */
struct expense {
    int parents;      /* rows whose connections one request reads; 0: the
                       * request begins at the root */
    int64_t rows;     /* the most of an answer, with those below */
    double points;    /* the most for a request */
    int64_t per_many; /* requests for EXPENSE_MANY rows, or, below parents, for
                       * the first pages of so many parents; 0: the first pages
                       * come with the parents, or there is only one request */
};

enum { EXPENSE_MANY = 10000 };

/* False if the connection has no requests of its own. */
bool expense_of(const struct plan *plan, const struct pages_connection *c,
                const struct expense_terms *terms, struct expense *expense);

/* Print the requests, level by level. */
void expense_print(const struct plan *plan, const struct expense_terms *terms,
                   struct buf *text);

/* The word for a kind of pages: "cursor". */
const char *expense_kind(enum pages_kind kind);

#endif
