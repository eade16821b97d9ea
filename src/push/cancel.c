#include "push/cancel.h"

#include "job/store.h"
#include "journal/chunk.h"
#include "shopify/bulk.h"

/* The marker shows that the operation is ours. */
static bool
cancel_chunk(struct session *session, const struct journal_chunk *chunk,
             const struct log_ctx *log, struct err *err)
{
    struct bulk_operation bulk;

    return bulk_check_marker(session, chunk->operation_id, chunk->marker, 0,
                             log, err) &&
           bulk_cancel(session, chunk->operation_id, 0, log, &bulk, err);
}

bool
push_cancel(struct context *context, struct store_state *store,
            const struct journal_push *push, struct arena *arena,
            int *operations, struct err *err)
{
    struct log_ctx log = {
        .push_id = push->ref.push_id, .store = push->store, .job = push->job};
    struct journal_chunks chunks;
    bool canceled;

    *operations = 0;
    if (!journal_push_cancel(context->journal, push->ref.push_id, &canceled,
                             err) ||
        !journal_chunk_list(context->journal, push->ref.push_id, false, arena,
                            &chunks, err))
        return false;
    for (size_t i = 0; i < chunks.count; i++) {
        const struct journal_chunk *chunk = &chunks.chunks[i];

        if (chunk->operation_id == NULL || chunk->marker == NULL ||
            chunk->state != CHUNK_RUNNING)
            continue;
        if (!cancel_chunk(store_session(context, store), chunk, &log, err))
            return false;
        ++*operations;
    }
    return true;
}
