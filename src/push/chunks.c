/*
 *     list ─► restored? ─► canary ─► crew: next chunk ─► chunk_run ─► again?
 *                                      ▲                               │
 *                                      └───────────────────────────────┘
 *
 * Each task of the crew takes the next chunk until there is none, a chunk has
 * failed, or the result of one was not proven. A chunk in progress always
 * continues to its end: what was submitted is settled if that is possible.
 *
 * Hazards. The journal may be older than the store (restored.h).
 */
#include "push/chunks.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/task.h"
#include "push/chunk.h"
#include "push/restored.h"
#include "push/settle.h"
#include "push/stage.h"

enum { REFUSED_OF = 5 /* more than one of so many refused: stop */ };

struct crew {
    struct push *push;
    struct journal_chunk *chunks; /* owned; those that wait from `next` on */
    size_t count;
    size_t next;
    bool is_stopping; /* no other chunk begins */
    struct err err;   /* of the first failure; kind ERR_NONE: none */
    struct task_group group;
};

/* ---- one chunk ----------------------------------------------------------- */

static void
add_chunk(struct crew *crew, const struct journal_chunk *row)
{
    crew->chunks =
        mem_resize(crew->chunks, (crew->count + 1) * sizeof(*crew->chunks));
    crew->chunks[crew->count++] = *row;
}

/* The rows of a settled chunk that are unknown are sent again. */
static bool
add_again(struct crew *crew, int64_t n, struct err *err)
{
    struct push *push = crew->push;
    struct journal_chunks open;
    int64_t again;

    if (!push->may_repeat || crew->is_stopping ||
        (push->is_resumed && push->undo_of == 0))
        return true;
    if (!journal_chunk_again(push->journal, &push->ref, n, SETTLE_TRIES,
                             push->mutation->key_variable != NULL ? PUSH_KEY_MS
                                                                  : 0,
                             &again, err))
        return false;
    if (again == 0)
        return true;
    if (!journal_chunk_list(push->journal, push->ref.push_id, false,
                            &push->arena, &open, err))
        return false;
    for (size_t i = 0; i < open.count; i++)
        if (open.chunks[i].n == again)
            add_chunk(crew, &open.chunks[i]);
    return true;
}

static void
note_failure(struct crew *crew, const struct err *err)
{
    crew->is_stopping = true;
    if (crew->err.kind == ERR_NONE || crew->err.kind == ERR_STOPPED)
        crew->err = *err;
}

static void
run_chunk(struct crew *crew, const struct journal_chunk *row)
{
    struct chunk *chunk = mem_alloc(sizeof(*chunk));
    struct err err;

    chunk_init(chunk, crew->push, row);
    if (!chunk_run(chunk, &err))
        note_failure(crew, &err);
    else if (crew->push->distrust.kind != ERR_NONE)
        crew->is_stopping = true;
    else if (!chunk->is_held && !add_again(crew, row->n, &err))
        note_failure(crew, &err);
    chunk_free(chunk);
    free(chunk);
}

static void
work(void *ctx)
{
    struct crew *crew = ctx;

    while (!crew->is_stopping && crew->next < crew->count) {
        struct journal_chunk row = crew->chunks[crew->next++];

        run_chunk(crew, &row);
    }
}

/* A task ends when no chunk waits; a chunk that ends later may add another. */
static void
run_all(struct crew *crew)
{
    while (!crew->is_stopping && crew->next < crew->count) {
        size_t waiting = crew->count - crew->next;

        for (size_t i = 0; i < waiting && i < BULK_SLOTS; i++)
            task_group_spawn(&crew->group, "chunk", work, crew);
        task_group_wait(&crew->group);
    }
}

/* ---- the canary ---------------------------------------------------------- */

/* How many rows of the push are sent, also in chunks that are settled. */
static bool
count_lines(struct push *push, int64_t *lines, struct err *err)
{
    struct journal_chunks all;

    if (!journal_chunk_list(push->journal, push->ref.push_id, true,
                            &push->arena, &all, err))
        return false;
    *lines = 0;
    for (size_t i = 0; i < all.count; i++)
        if (all.chunks[i].repeats == 0)
            *lines += all.chunks[i].lines;
    return true;
}

/* The first chunk can also be short because of @push(rows:), or because its
 * rows are long. What decides is in the journal, so that a push that is resumed
 * decides the same. */
static bool
has_canary(const struct crew *crew, bool *has, struct err *err)
{
    int64_t lines;

    *has = false;
    if (crew->count < 2 || crew->chunks[0].n != 1 ||
        crew->chunks[0].lines > STAGE_CANARY_ROWS)
        return true;
    if (!count_lines(crew->push, &lines, err))
        return false;
    *has = lines > STAGE_CANARY_FROM;
    return true;
}

/* The outcomes of rows; of those that were sent several times, the last. */
struct canary {
    int64_t lines;
    int64_t refused;
    int64_t unknown;
    int64_t denied;
};

static void
judge_canary(struct crew *crew, const struct canary *canary)
{
    struct err err;

    if (canary->denied > 0) {
        err_set(&err, MSG_ACCESS_DENIED,
                "the app lacks a scope that the mutation needs; the other rows "
                "were not sent");
        note_failure(crew, &err);
    } else if ((canary->refused + canary->unknown) * REFUSED_OF >
               canary->lines) {
        err_set(&err, MSG_CANARY,
                "of the first %" PRId64 " rows, the store refused %" PRId64
                ", and %" PRId64 " are unknown; the others were not sent",
                canary->lines, canary->refused, canary->unknown);
        note_failure(crew, &err);
    }
}

static void
run_part(struct crew *crew, const struct journal_chunk *row,
         struct canary *canary)
{
    const struct push_tallies *now = &crew->push->tallies;
    struct push_tallies before = *now;

    run_chunk(crew, row);
    canary->refused +=
        now->refused + now->partly - before.refused - before.partly;
    canary->unknown = now->unknown - before.unknown;
    canary->denied += now->denied - before.denied;
}

/* Its rows that are unknown are sent again before it is judged. */
static void
run_canary(struct crew *crew)
{
    size_t rest = crew->count;
    struct journal_chunk row = crew->chunks[crew->next++];
    struct canary canary = {.lines = row.lines};

    run_part(crew, &row, &canary);
    while (!crew->is_stopping && crew->count > rest) {
        row = crew->chunks[--crew->count];
        run_part(crew, &row, &canary);
    }
    if (!crew->is_stopping)
        judge_canary(crew, &canary);
}

/* ---- all chunks ---------------------------------------------------------- */

/* Even while stopping: the rows are then skipped, and not in doubt. */
static bool
skip_rest(struct push *push, struct err *err)
{
    int64_t skipped;
    bool ok;

    task_shield();
    ok = journal_chunk_skip(push->journal, &push->ref, &skipped, err);
    task_unshield();
    if (ok && skipped > 0)
        log_info(&push->log, "chunks were not submitted",
                 LOG_NUM("chunks", skipped), LOG_END);
    return ok;
}

static bool
list_open(struct crew *crew, struct err *err)
{
    struct push *push = crew->push;
    struct journal_chunks open;

    if (!journal_chunk_list(push->journal, push->ref.push_id, false,
                            &push->arena, &open, err))
        return false;
    for (size_t i = 0; i < open.count; i++)
        add_chunk(crew, &open.chunks[i]);
    return true;
}

static bool
will_submit(const struct crew *crew)
{
    for (size_t i = 0; i < crew->count; i++)
        if (crew->chunks[i].state < CHUNK_SUBMITTING)
            return true;
    return false;
}

static void
run_crew(struct crew *crew)
{
    struct err err;
    bool canary;

    if ((will_submit(crew) && !restored_check(crew->push, &err)) ||
        !has_canary(crew, &canary, &err)) {
        note_failure(crew, &err);
        return;
    }
    if (canary)
        run_canary(crew);
    run_all(crew);
}

static bool
end_crew(struct crew *crew, struct err *err)
{
    struct err other;

    if (crew->is_stopping && !skip_rest(crew->push, &other))
        log_failure(LOG_WARN, &crew->push->log,
                    "chunks that were not submitted could not be skipped",
                    &other);
    if (crew->err.kind == ERR_NONE)
        return true;
    *err = crew->err;
    return false;
}

bool
chunks_run(struct push *push, struct err *err)
{
    struct crew crew = {.push = push};
    bool ok = list_open(&crew, err);

    if (ok) {
        run_crew(&crew);
        ok = end_crew(&crew, err);
    }
    free(crew.chunks);
    return ok;
}
