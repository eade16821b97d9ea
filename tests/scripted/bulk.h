/*
 * bulk - a store and a journal that do what a test tells them to.
 *
 * They take the place of shopify/bulk.c, bulk/place.c and the parts of the
 * journal that bulk/ writes to. Each call to the store gets the next answer;
 * calls to both are lines of one transcript, in their order:
 *
 *     journal: 1.1 sent
 *     store: submit # bulkpg u/9/1.1
 *     journal: 1.1 is 7 CREATED
 *     journal: run polling
 *
 * Time stands still but for waits, which are over at once.
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
    const char *url;        /* likewise */
    bool is_absent;         /* "find" does not find it */
    enum msg msg;           /* it fails with this */
    enum err_kind kind;     /* and as this; ERR_NONE: as the table says */
    int64_t wait_ms;        /* what the store asks for */
    int64_t takes_ms;       /* by how much the clock moves meanwhile */
    bool stops;             /* the program is told to stop meanwhile */
};

/* The run that all belongs to: 9, with little patience of 1 to 4 s, a budget
 * of 60 s and no deadline. A test may change it. */
extern struct bulk_run scripted_run_ref;
extern struct tuning_config scripted_tuning;
extern struct store_state scripted_store;
extern struct err scripted_fault; /* of the store's section; all zero: none */

/* Before each test, and after it. */
void scripted_bulk_setup(void);
void scripted_bulk_teardown(void);

/* Run `body` as a task. Every answer must have been asked for when it ends. */
void scripted_bulk_play(const struct scripted_answer *answers, size_t count,
                        void (*body)(void *ctx), void *ctx);

/* What was called so far, and the note that the run has: "" before. */
const char *scripted_transcript(void);
const char *scripted_note(void);

/* The journal refuses to write this line: ERR_LATER, code TAKEN_OVER. */
void scripted_journal_refuses(const char *line);

#endif
