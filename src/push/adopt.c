#include "push/adopt.h"

#include <inttypes.h>

#include "base/clock.h"
#include "base/task.h"
#include "job/store.h"
#include "push/result.h"
#include "shopify/upload.h"

enum {
    LOOK_EVERY_MS = 2000,
    TARGET_LIVES_MS = 24 * 3600 * 1000 /* then nothing can write the file */
};

/* ---- the search --------------------------------------------------------- */

static bool
look_once(struct chunk *chunk, bool *found, struct err *err)
{
    struct push *push = chunk->push;

    if (!bulk_find(store_session(push->context, push->store), BULK_MUTATION,
                   chunk->row.marker, &chunk->log, &chunk->bulk, found, err))
        return false;
    if (*found)
        log_info(&chunk->log, "the operation was found by its marker",
                 LOG_STR("found", chunk->bulk.id), LOG_END);
    return true;
}

/* If the database's clock was set back, the request seems to be sent later than
 * now: then it counts as sent now. */
static bool
search(struct chunk *chunk, bool *found, struct err *err)
{
    int64_t age_ms = chunk->row.sent_age_ms > 0 ? chunk->row.sent_age_ms : 0;
    int64_t deadline =
        clock_after_ms(age_ms < ADOPT_SEARCH_MS ? ADOPT_SEARCH_MS - age_ms : 0);

    for (;;) {
        if (!look_once(chunk, found, err))
            return false;
        if (*found || clock_now_ms() >= deadline)
            return true;
        if (task_sleep_until(clock_after_ms(LOOK_EVERY_MS)) == TASK_STOPPED)
            return task_stopped(err);
    }
}

/* ---- the fence ---------------------------------------------------------- */

/* Once the target has expired, the storage refuses to replace the file; but an
 * operation does not begin after a day, either. */
static bool
fence(struct chunk *chunk, struct err *err)
{
    if (chunk->row.target == NULL ||
        upload_overwrite(chunk->push->context->http, chunk->row.target,
                         chunk_file_name(chunk), err))
        return true;
    if (err_is(err, MSG_UPLOAD_REFUSED) &&
        chunk->row.sent_age_ms >= TARGET_LIVES_MS)
        return true;
    err_wrap(err, "replacing the lines of a submission that was lost");
    return err->kind == ERR_TRANSIENT ? err_as(err, ERR_LATER) : false;
}

/* ---- not found ---------------------------------------------------------- */

/* It may have begun just before the fence: look once more. */
static bool
give_up(struct chunk *chunk, struct err *err)
{
    bool found = false;

    if (!fence(chunk, err) || !look_once(chunk, &found, err))
        return false;
    return found ? chunk_taken(chunk, err) : result_settle_without(chunk, err);
}

/* Later pushes look for the operation again, and do not fail because of it. */
static bool
hold(struct chunk *chunk, struct err *err)
{
    struct push *push = chunk->push;
    int64_t held;

    if (!journal_chunk_hold(push->journal, &push->ref, chunk->row.n, &held,
                            err))
        return false;
    chunk->is_held = true;
    push->tallies.held += chunk->row.lines;
    if (held == 0)
        return true;
    return err_set(err, MSG_PUSH_HELD,
                   "the answer to the submission of %" PRId64
                   " rows was lost, and the store does not list the "
                   "operation: the rows are held",
                   held);
}

bool
adopt_lost(struct chunk *chunk, struct err *err)
{
    bool found = false;

    if (!search(chunk, &found, err))
        return false;
    if (found)
        return chunk_taken(chunk, err);
    return chunk->push->may_repeat ? give_up(chunk, err) : hold(chunk, err);
}

/* ---- by hand ------------------------------------------------------------ */

static bool
find_row(struct push *push, int64_t n, struct chunk *chunk, struct err *err)
{
    struct journal_chunks chunks;

    if (!journal_chunk_list(push->journal, push->ref.push_id, false,
                            &push->arena, &chunks, err))
        return false;
    for (size_t i = 0; i < chunks.count; i++)
        if (chunks.chunks[i].n == n) {
            chunk_init(chunk, push, &chunks.chunks[i]);
            return true;
        }
    return err_set(err, MSG_BUG, "push %" PRId64 " has no open chunk %" PRId64,
                   push->ref.push_id, n);
}

bool
adopt_look(struct push *push, int64_t n, bool *found, struct err *err)
{
    struct chunk chunk;
    bool ok;

    *found = false;
    if (!find_row(push, n, &chunk, err))
        return false;
    ok = look_once(&chunk, found, err) && (!*found || chunk_taken(&chunk, err));
    chunk_free(&chunk);
    return ok;
}

/* It may have begun just before the fence: look once more. */
static bool
fence_unless_found(struct chunk *chunk, bool *found, struct err *err)
{
    return search(chunk, found, err) &&
           (*found || (fence(chunk, err) && look_once(chunk, found, err))) &&
           (!*found || chunk_taken(chunk, err));
}

bool
adopt_fence(struct push *push, int64_t n, bool *found, struct err *err)
{
    struct chunk chunk;
    bool ok;

    *found = false;
    if (!find_row(push, n, &chunk, err))
        return false;
    ok = fence_unless_found(&chunk, found, err);
    chunk_free(&chunk);
    return ok;
}
