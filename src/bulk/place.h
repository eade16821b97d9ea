/*
 * place - where bulk operations are: a store, and the journal that keeps what
 * the store said of them.
 *
 * The folder bulk/ promises: what is submitted here is submitted once or known
 * to be lost, every step is in the journal before the next begins, and nobody
 * else's operation is touched. It knows no job and no command: an operation is
 * handed its place, its run, its document and the names for its messages.
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

/* A run that has operations there. All borrowed. */
struct bulk_run {
    struct bulk_place place;
    struct run_ref ref;
    struct arena *arena;    /* lives as long as the operations do */
    struct log_ctx *log;    /* names the operation that was named last */
    const char *query_file; /* for messages */
};

/* The store's session, opened on first use. */
struct session *place_session(const struct bulk_place *place);

/* A store that lacks credentials takes loads from files, but cannot be asked:
 * its fault. */
MUST_CHECK bool place_can_ask(const struct bulk_place *place, struct err *err);

/* How the queries of all operations of this journal begin. */
enum { PLACE_OWNER_BYTES = 64 };

const char *
place_owner(const struct bulk_place *place, char owner[PLACE_OWNER_BYTES]);

#endif
