/*
 * chunk - one bulk operation of a push, from its lines to their outcomes.
 *
 *     planned ─► stage ─► upload ─► submit ─► poll ─► result ─► settled
 *
 * Each state is in the journal before the act that it announces (see
 * journal/chunk.h), so a chunk continues from its state, in this process or in
 * the next one.
 */
#ifndef PUSH_CHUNK_H
#define PUSH_CHUNK_H

#include "journal/chunk.h"
#include "push/push.h"
#include "shopify/bulk.h"

/* Must not move while it runs: its log lines point into it. */
struct chunk {
    struct push *push;
    struct arena arena; /* for the texts in `row` */
    struct log_ctx log; /* of the push, with the operation's id */
    struct journal_chunk row;
    struct bulk_operation bulk; /* the store's last answer; id "": none yet */
    struct backoff failures;    /* of uploads and of submissions that were not
                                 * sent */
    struct backoff slots;       /* waits for a slot */
    bool has_slot;
    bool told_of_slot; /* a warning about the wait was logged */
    bool is_held;      /* its rows wait for bulkpg push --settle */
};

void chunk_init(struct chunk *chunk, struct push *push,
                const struct journal_chunk *row);
void chunk_free(struct chunk *chunk);

/* Continue until the chunk is settled or held. ERR_LATER: no slot, or a server
 * that does not answer; also for rows that are held from now on (PUSH_HELD).
 * ERR_FAILED, ERR_CONFIG, ERR_DENIED: the store refuses the submission, of
 * which nothing ran; ERR_STOPPED. */
MUST_CHECK bool chunk_run(struct chunk *chunk, struct err *err);

/* The name of the chunk's file, in its arena. */
const char *chunk_file_name(struct chunk *chunk);

/* Save the chunk's row with this state. */
MUST_CHECK bool
chunk_save(struct chunk *chunk, enum chunk_state state, struct err *err);

/* The store has the operation chunk->bulk: save its id. Not interrupted by a
 * stop. */
MUST_CHECK bool chunk_taken(struct chunk *chunk, struct err *err);

#endif
