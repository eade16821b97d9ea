/*
 * tallies - what a walk knows of each connection, for the proof and for
 * bulkpg.walk.
 *
 * They are in the head row of the frontier as JSON, so that a resumed run
 * continues to count.
 *
 * Private to this folder.
 */
#ifndef WALK_TALLIES_H
#define WALK_TALLIES_H

#include "base/arena.h"
#include "base/buf.h"
#include "plan/pages.h"

struct tally {
    int64_t begun;     /* instances: connections of one parent that must be */
    int64_t instances; /* read, and those that were read to their end */
    int64_t pages;
    int64_t rows;
    int64_t told; /* totals of the instances; -1: the API reports none */
    int64_t nulls;
    int64_t missing; /* rows that the API cannot give */
    int64_t repeats;
    int64_t unproven; /* instances */
    int64_t full;     /* lists with as many rows as their limit */
    double points;
};

/* A query has fewer fields; an API may name others. */
enum { TALLIES_DENIED_MOST = 1000 };

/* A field that the API denied. */
struct denied {
    char *path; /* owned */
    int64_t times;
    struct denied *next;
};

struct tallies {
    const struct pages *pages;
    struct tally *of; /* by connection */
    int64_t last_number;
    struct denied *denied;
    int denied_count;
};

void tallies_init(struct tallies *tallies, const struct pages *pages);
void tallies_free(struct tallies *tallies);

void tallies_add(struct tallies *tallies, const struct tallies *more);

/* Add the total of an instance; -1: not told. An API may tell any number, so
 * the sum has an upper limit. */
void tallies_tell(struct tally *tally, int64_t total);

/* Add what a request has cost. */
void tallies_pay(struct tally *tally, double points);

void tallies_deny(struct tallies *tallies, const char *path, int64_t times);

/* Write the tallies as JSON, and read them. Reading returns false if the text
 * is not valid. */
void tallies_write(const struct tallies *tallies, struct buf *json);
bool tallies_read(struct tallies *tallies, const char *json);

#endif
