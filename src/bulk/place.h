/*
 * place - where bulk operations are: a store, and the journal that records
 * them.
 *
 * The folder bulk/ guarantees: a document is submitted once, or the journal
 * shows that its answer was lost; each step is in the journal before the next
 * begins; operations of other programs are never touched. Operations do not
 * know jobs or commands: they get their place, their run, their document and
 * the names for messages.
 */
#ifndef BULK_PLACE_H
#define BULK_PLACE_H

#include "config/config.h"
#include "job/context.h"
#include "journal/journal.h"
#include "journal/run.h"

/* All borrowed. */
struct bulk_place {
    struct store_state *store; /* its session and slots */
    struct journal *journal;
    const struct tuning_config *tuning;
};

/* A run that has operations. All borrowed. */
struct bulk_run {
    struct bulk_place place;
    struct run_ref ref;
    struct arena *arena;    /* lives as long as the operations do */
    struct log_ctx *log;    /* has the id that operation_name() set last */
    const char *query_file; /* for messages */
};

/* The store's session, opened on first use. */
struct session *place_session(const struct bulk_place *place);

/* Check that requests to the store are possible. A store without credentials
 * can be the target of `bulkpg load`, but gets no requests: then the error is
 * its configuration's. */
MUST_CHECK bool place_can_ask(const struct bulk_place *place, struct err *err);

/* The text with which the queries of all operations of this journal begin. */
enum { PLACE_OWNER_BYTES = 64 };

const char *
place_owner(const struct bulk_place *place, char owner[PLACE_OWNER_BYTES]);

#endif
