/*
 * bulk - a store and a journal that play a script.
 *
 * They replace shopify/bulk.c, bulk/place.c and the parts of the journal to
 * which bulk/ writes. Each call to the store gets the next answer. All calls
 * are recorded as lines of one transcript, in their order:
 *
 *     journal: 1.1 sent
 *     store: submit # bulkpg u/9/1.1
 *     journal: 1.1 is 7 CREATED
 *     journal: run polling
 *
 * The clock is frozen. A wait ends at once and moves the clock.
 */
#ifndef SCRIPTED_BULK_H
#define SCRIPTED_BULK_H

#include "bulk/place.h"
#include "shopify/bulk.h"

struct scripted_answer {
    const char *call; /* "submit", "read", "find", "check" or "cancel" */
    enum bulk_status status;
    int64_t objects;
    const char *error_code; /* NULL: none */
    const char *url;        /* NULL: none */
    const char *partial;    /* URL of the partial result; NULL: none */
    bool is_absent;         /* "find" finds no operation */
    enum msg msg;           /* the call fails with this code */
    enum err_kind kind;     /* and this kind; ERR_NONE: the code's own kind */
    int64_t wait_ms;        /* delay that the store asks for */
    int64_t takes_ms;       /* the call moves the clock by this time */
    bool stops;             /* tasks_stop() is called during the call */
};

/* The run: number 9, with delays of 1 to 4 s, a budget of 60 s and no deadline.
 * A test may change it. */
extern struct bulk_run scripted_run_ref;
extern struct tuning_config scripted_tuning;
extern struct store_state scripted_store;
extern struct err scripted_fault; /* of the store's section; all zero: none */

/* Call them before and after each test. */
void scripted_bulk_setup(void);
void scripted_bulk_teardown(void);

/* Run `body` as a task. When it ends, all answers must have been used. */
void scripted_bulk_play(const struct scripted_answer *answers, size_t count,
                        void (*body)(void *ctx), void *ctx);

/* The calls so far, and the run's note; "" if there are none yet. */
const char *scripted_transcript(void);
const char *scripted_note(void);

/* Let the journal refuse to write this line, with ERR_LATER and the code
 * TAKEN_OVER. */
void scripted_journal_refuses(const char *line);

#endif
