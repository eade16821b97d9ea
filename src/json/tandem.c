/*
 * The lines of a result are copied into blocks, and the blocks form a ring.
 *
 *     filled ─► READY ─► PARSING ─► its lines are taken ─► filled again
 *     OURS                          OURS
 *
 * tandem_line() fills one block. When it is full, it hands it to the thread,
 * and takes the lines of the block after it in the ring, which is the oldest.
 * If that is not parsed yet, it parses a block itself instead of waiting. The
 * result does not depend on which thread has parsed a block.
 *
 * A line that cannot be parsed, or has no room, is left to the one who takes
 * it. So there is one place that reports errors.
 *
 * Hazards:
 * - `lock` guards `ending` and the states of the blocks. The rest of a block
 *   belongs to the thread that parses it while it is PARSING, and to the thread
 *   that calls these functions while it is OURS.
 * - The thread must not touch anything but its block, its record and the shape,
 *   which nobody changes. It sets no errors, because these are redacted with
 *   the secrets that the other thread learns and forgets. It blocks all
 *   signals, so that they go to the other.
 * - Values point into the buffers of their block, which must not move.
 * - Taking a line may wait, and other tasks run meanwhile.
 */
#include "json/tandem.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "json/clean.h"

enum {
    BLOCKS = 4,
    BLOCK_BYTES = 64 * 1024,
    LINES_MOST = 1024,
    VALUES_MOST = BLOCK_BYTES / 8,
    READY_FEW = 2 /* so many blocks wake the thread */
};

enum state { OURS, READY, PARSING };

struct entry {
    struct line line;
    struct tandem_parsed parsed;
    bool is_parsed;
};

struct block {
    enum state state;
    struct buf bytes;   /* of the lines */
    struct buf clean;   /* the same, cleaned */
    struct buf strings; /* decoded */
    struct entry *entries;
    size_t count;
    struct record_kept *values;
    size_t value_count;
};

struct tandem {
    const struct shape *shape;
    tandem_take_fn *take;
    void *ctx;
    size_t bytes_left; /* before the thread starts */
    bool has_thread;
    bool is_alone;         /* there will not be one */
    struct record *own;    /* of the thread that calls */
    struct record *others; /* of the other thread */
    struct block blocks[BLOCKS];
    size_t at;         /* the block being filled */
    int64_t waited_ns; /* until blocks were parsed */

    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t ready;  /* blocks to parse, or the end */
    pthread_cond_t parsed; /* a block */
    bool ending;
};

/* How many threads the process has started; only tandems have any. */
static long thread_count;

/* ---- parsing, in either thread ----------------------------------------- */

static bool
parse_entry(struct record *record, struct block *block, struct entry *entry)
{
    size_t begin = block->clean.length;
    struct record_kept *values = block->values + block->value_count;
    size_t at;

    if (!clean_append(entry->line.text, &block->clean, &entry->parsed.replaced,
                      &at) ||
        !record_parse(record, span_tail(buf_span(&block->clean), begin), NULL))
        return false;
    entry->parsed.values = values;
    entry->parsed.has_unknown_keys = record_has_unknown_keys(record);
    entry->parsed.count = record_keep(
        record, values, VALUES_MOST - block->value_count, &block->strings);
    if (entry->parsed.count < 0)
        return false;
    block->value_count += (size_t)entry->parsed.count;
    return true;
}

static void
parse_block(struct record *record, struct block *block)
{
    buf_clear(&block->clean);
    buf_clear(&block->strings);
    block->value_count = 0;
    for (size_t i = 0; i < block->count; i++)
        block->entries[i].is_parsed =
            parse_entry(record, block, &block->entries[i]);
}

/* The oldest block that can be parsed, or NULL. `at` is the newest one while it
 * is filled, but not READY then; it is the oldest one while it is emptied. */
static struct block *
oldest_ready(struct tandem *w, size_t *count)
{
    struct block *oldest = NULL;

    *count = 0;
    for (size_t i = BLOCKS; i > 0; i--) {
        struct block *block = &w->blocks[(w->at + i - 1) % BLOCKS];

        if (block->state != READY)
            continue;
        oldest = block;
        ++*count;
    }
    return oldest;
}

/* Called with the lock, which is free meanwhile. */
static void
parse_unlocked(struct tandem *w, struct record *record, struct block *block)
{
    block->state = PARSING;
    pthread_mutex_unlock(&w->lock);
    parse_block(record, block);
    pthread_mutex_lock(&w->lock);
    block->state = OURS;
}

/* ---- the other thread -------------------------------------------------- */

static void *
run_thread(void *ctx)
{
    struct tandem *w = ctx;

    pthread_mutex_lock(&w->lock);
    while (!w->ending) {
        size_t count;
        struct block *block = oldest_ready(w, &count);

        if (block == NULL) {
            pthread_cond_wait(&w->ready, &w->lock);
            continue;
        }
        parse_unlocked(w, w->others, block);
        pthread_cond_signal(&w->parsed);
    }
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

static void
allocate_blocks(struct tandem *w)
{
    w->own = record_new(w->shape);
    w->others = record_new(w->shape);
    for (int i = 0; i < BLOCKS; i++) {
        struct block *block = &w->blocks[i];

        block->bytes = buf_with_ceiling(BLOCK_BYTES);
        block->clean = buf_with_ceiling(BLOCK_BYTES);
        block->strings = buf_with_ceiling(BLOCK_BYTES);
        buf_reserve(&block->bytes, BLOCK_BYTES);
        buf_reserve(&block->clean, BLOCK_BYTES);
        buf_reserve(&block->strings, BLOCK_BYTES);
        block->entries = mem_array(LINES_MOST, sizeof(*block->entries));
        block->values = mem_array(VALUES_MOST, sizeof(*block->values));
    }
}

static void
free_blocks(struct tandem *w)
{
    record_free(w->own);
    record_free(w->others);
    for (int i = 0; i < BLOCKS; i++) {
        buf_free(&w->blocks[i].bytes);
        buf_free(&w->blocks[i].clean);
        buf_free(&w->blocks[i].strings);
        free(w->blocks[i].entries);
        free(w->blocks[i].values);
    }
}

static bool
start_thread(struct tandem *w)
{
    sigset_t all, before;
    bool started;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    started = pthread_create(&w->thread, NULL, run_thread, w) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return started;
}

/* How many cores the process may use. */
static long
count_cores(void)
{
    cpu_set_t cores;

    if (sched_getaffinity(0, sizeof(cores), &cores) != 0)
        return sysconf(_SC_NPROCESSORS_ONLN); /* there are very many */
    return CPU_COUNT(&cores);
}

/* One core is left to the thread that calls. */
static bool
try_to_start(struct tandem *w)
{
    if (thread_count + 1 >= count_cores())
        return false;
    allocate_blocks(w);
    if (!start_thread(w)) {
        free_blocks(w);
        return false;
    }
    thread_count++;
    return true;
}

static bool
has_thread(struct tandem *w, size_t bytes)
{
    if (w->has_thread || w->is_alone)
        return w->has_thread;
    if (bytes < w->bytes_left) {
        w->bytes_left -= bytes;
        return false;
    }
    w->has_thread = try_to_start(w);
    w->is_alone = !w->has_thread;
    return w->has_thread;
}

struct tandem *
tandem_new(const struct shape *shape, size_t after_bytes, tandem_take_fn *take,
           void *ctx)
{
    struct tandem *w = mem_alloc(sizeof(*w));

    w->shape = shape;
    w->bytes_left = after_bytes;
    w->take = take;
    w->ctx = ctx;
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->ready, NULL);
    pthread_cond_init(&w->parsed, NULL);
    return w;
}

void
tandem_free(struct tandem *w)
{
    if (w == NULL)
        return;
    if (w->has_thread) {
        pthread_mutex_lock(&w->lock);
        w->ending = true;
        pthread_cond_signal(&w->ready);
        pthread_mutex_unlock(&w->lock);
        pthread_join(w->thread, NULL);
        thread_count--;
        free_blocks(w);
    }
    pthread_cond_destroy(&w->parsed);
    pthread_cond_destroy(&w->ready);
    pthread_mutex_destroy(&w->lock);
    free(w);
}

/* ---- blocks ------------------------------------------------------------ */

static void
wait_until_parsed(struct tandem *w, const struct block *block)
{
    int64_t begun = clock_now_ns();

    pthread_mutex_lock(&w->lock);
    while (block->state != OURS) {
        size_t count;
        struct block *other = oldest_ready(w, &count);

        if (other != NULL)
            parse_unlocked(w, w->own, other);
        else
            pthread_cond_wait(&w->parsed, &w->lock);
    }
    pthread_mutex_unlock(&w->lock);
    w->waited_ns += clock_now_ns() - begun;
}

/* Take the lines of a block, so that it can be filled again. */
static bool
empty_block(struct tandem *w, struct block *block, struct err *err)
{
    if (block->count == 0)
        return true;
    wait_until_parsed(w, block);
    for (size_t i = 0; i < block->count; i++) {
        const struct entry *entry = &block->entries[i];

        if (!w->take(w->ctx, &entry->line,
                     entry->is_parsed ? &entry->parsed : NULL, err))
            return false;
    }
    block->count = 0;
    buf_clear(&block->bytes);
    return true;
}

/* Give the block that is being filled to the thread. The next one in the ring
 * may still have lines. */
static void
hand_over(struct tandem *w)
{
    struct block *block = &w->blocks[w->at];
    size_t count;

    pthread_mutex_lock(&w->lock);
    block->state = READY;
    w->at = (w->at + 1) % BLOCKS;
    oldest_ready(w, &count);
    if (count >= READY_FEW)
        pthread_cond_signal(&w->ready);
    pthread_mutex_unlock(&w->lock);
}

static bool
is_full(const struct block *block, size_t bytes)
{
    return block->count == LINES_MOST ||
           block->bytes.length + bytes > BLOCK_BYTES;
}

static void
add_line(struct block *block, const struct line *line)
{
    struct entry *entry = &block->entries[block->count++];
    size_t begin = block->bytes.length;

    buf_append_span(&block->bytes, line->text);
    entry->line = *line;
    entry->line.text = span_tail(buf_span(&block->bytes), begin);
}

/* ---- interface --------------------------------------------------------- */

/* A byte order mark may precede the first line. */
static bool
suits_a_block(const struct line *line)
{
    return !line->too_long && line->offset > 0 &&
           line->text.length <= BLOCK_BYTES;
}

bool
tandem_line(struct tandem *w, const struct line *line, struct err *err)
{
    if (!has_thread(w, line->text.length))
        return w->take(w->ctx, line, NULL, err);
    if (!suits_a_block(line))
        return tandem_finish(w, err) && w->take(w->ctx, line, NULL, err);
    if (is_full(&w->blocks[w->at], line->text.length)) {
        hand_over(w);
        if (!empty_block(w, &w->blocks[w->at], err))
            return false;
    }
    add_line(&w->blocks[w->at], line);
    return true;
}

bool
tandem_finish(struct tandem *w, struct err *err)
{
    if (!w->has_thread)
        return true;
    if (w->blocks[w->at].count > 0)
        hand_over(w);
    for (size_t i = 0; i < BLOCKS; i++)
        if (!empty_block(w, &w->blocks[(w->at + i) % BLOCKS], err))
            return false;
    return true;
}

int64_t
tandem_waited_ns(const struct tandem *w)
{
    return w->waited_ns;
}
