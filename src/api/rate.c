/*
 * A bucket has the points and the queue of waiting requests; all sources with
 * the same credentials use it.
 *
 *     wait ─► the next in turn? ─► place free? ─► points enough? ─► start
 *              no: until another    no: until      no: until so many
 *              has started          one has ended  are restored
 *
 * The next request is the one whose job had its turn longest ago, among those
 * whose source has a free place. It waits for its points at the head of the
 * queue, so that small requests cannot overtake it for ever.
 *
 * When a request starts, its estimated points are taken from the bucket. When
 * it ends, they are corrected by its cost, and by the points that the server
 * reports as left. Between answers the bucket grows by `share` of the server's
 * rate. It is never set to more than that, even if the server has more points
 * left: bulkpg leaves the difference to others.
 *
 * Hazards. The points that the server reports as left may not include requests
 * in flight, so the estimates of these are subtracted from the first report. An
 * estimate above the whole bucket would wait for ever; it is reduced to what
 * bulkpg may take. Every change of the state wakes all waiting requests, which
 * then test their conditions again.
 */
#include "api/rate.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/task.h"

enum {
    LONGEST_MS = 3600000,
    GOOD_TO_GROW = 10,
    RESET_MARGIN_MS = 500, /* resets are reported in whole seconds */
    VISIBLE_MS = 2000,     /* shorter waits are not shown, */
    LOGGED_MS = 10000,     /* and these not logged */
    BUCKET = RATE_WINDOWS  /* the place of the bucket in struct rate_pass */
};

struct window {
    bool is_known;
    double most;
    double left;
    double last_cost; /* of the last request that reported it */
    int64_t reset_at_ms;
};

struct waiter {
    struct rate *rate;
    struct rate_user *user;
    double points;
    struct waiter *next; /* in the order of arrival */
};

struct rate_bucket {
    uint64_t key;
    bool is_known;
    double most;
    double left;
    double per_second; /* that bulkpg takes */
    double share;      /* the smallest of its sources */
    int64_t at_ms;     /* when `left` was computed */
    struct window windows[RATE_WINDOWS];
    int64_t blocked_until_ms; /* an announced wait */
    int64_t awaited_ms;       /* what the next request waits for; 0: nothing */
    int64_t shown_ms;         /* the same, when it was logged last */
    double in_flight;         /* estimates of the requests in flight */
    uint64_t turns;
    struct waiter *waiting;
    struct task_queue changed;
    struct rate_bucket *next;
};

struct rate {
    struct rate_bucket *bucket;
    int concurrency;
    double share;
    int allowed; /* requests in flight at this time */
    int in_flight;
    int good;             /* answers since `allowed` changed last */
    uint64_t halved_turn; /* only later requests can halve it again */
};

/* ---- life --------------------------------------------------------------- */

/* FNV-1a. */
static uint64_t
hash_of(const char *text)
{
    uint64_t hash = 14695981039346656037U;

    for (; *text != '\0'; text++)
        hash = (hash ^ (unsigned char)*text) * 1099511628211U;
    return hash;
}

static struct rate_bucket *
find_bucket(struct rate_pool *pool, uint64_t key)
{
    struct rate_bucket *bucket = pool->buckets;

    while (bucket != NULL && bucket->key != key)
        bucket = bucket->next;
    if (bucket != NULL)
        return bucket;
    bucket = mem_alloc(sizeof(*bucket));
    bucket->key = key;
    bucket->share = 1;
    bucket->next = pool->buckets;
    pool->buckets = bucket;
    return bucket;
}

struct rate *
rate_new(struct rate_pool *pool, const char *credentials, int concurrency,
         double share)
{
    struct rate *rate = mem_alloc(sizeof(*rate));

    rate->bucket = find_bucket(pool, hash_of(credentials));
    rate->concurrency = rate->allowed = concurrency;
    rate->share = share;
    if (share < rate->bucket->share)
        rate->bucket->share = share;
    return rate;
}

void
rate_free(struct rate *rate)
{
    free(rate);
}

void
rate_pool_free(struct rate_pool *pool)
{
    while (pool->buckets != NULL) {
        struct rate_bucket *bucket = pool->buckets;

        pool->buckets = bucket->next;
        free(bucket);
    }
}

struct rate_told
rate_told_nothing(void)
{
    struct rate_told told = {.cost = -1, .most = -1};

    for (int i = 0; i < RATE_WINDOWS; i++)
        told.windows[i] = (struct rate_told_window){
            .most = -1, .left = -1, .cost = -1, .reset_ms = -1};
    return told;
}

int64_t
rate_longest_ms(void)
{
    return LONGEST_MS;
}

/* ---- points ------------------------------------------------------------- */

static double
least(double a, double b)
{
    return a < b ? a : b;
}

/* What is left to others. */
static double
floor_of(const struct rate_bucket *bucket, double most)
{
    return (1 - bucket->share) * most;
}

static void
restore(struct rate_bucket *bucket, int64_t now_ms)
{
    double seconds = (double)(now_ms - bucket->at_ms) / 1000;

    bucket->left =
        least(bucket->most, bucket->left + seconds * bucket->per_second);
    bucket->at_ms = now_ms;
    for (int i = 0; i < RATE_WINDOWS; i++) {
        struct window *window = &bucket->windows[i];

        if (window->is_known && window->reset_at_ms <= now_ms)
            window->left = window->most;
    }
}

/* What the request takes from window `i`, by its estimate. */
static double
points_from_window(const struct rate_bucket *bucket, int i, double points)
{
    const struct window *window = &bucket->windows[i];

    if (i == RATE_REQUESTS)
        points = 1;
    else if (i == RATE_COMPLEXITY)
        points = window->last_cost;
    return window->is_known
               ? least(points, window->most - floor_of(bucket, window->most))
               : points;
}

static double
points_from_bucket(const struct rate_bucket *bucket, double points)
{
    return bucket->is_known
               ? least(points, bucket->most - floor_of(bucket, bucket->most))
               : points;
}

/* The time at which the window has enough points; the past, if it has. */
static int64_t
window_ready_ms(const struct rate_bucket *bucket, int i, double points)
{
    const struct window *window = &bucket->windows[i];

    if (!window->is_known ||
        window->left - points_from_window(bucket, i, points) >=
            floor_of(bucket, window->most))
        return 0;
    return window->reset_at_ms + RESET_MARGIN_MS;
}

static int64_t
bucket_ready_ms(const struct rate_bucket *bucket, double points)
{
    double missing = floor_of(bucket, bucket->most) +
                     points_from_bucket(bucket, points) - bucket->left;

    if (!bucket->is_known || missing <= 0)
        return 0;
    if (bucket->per_second <= 0)
        return CLOCK_NEVER;
    missing = missing * 1000 / bucket->per_second;
    return missing > LONGEST_MS * 2.0 ? CLOCK_NEVER
                                      : bucket->at_ms + (int64_t)missing + 1;
}

/* The time at which a request with this estimate may start. */
static int64_t
ready_ms(struct rate_bucket *bucket, double points, int64_t now_ms)
{
    int64_t ready, other;

    restore(bucket, now_ms);
    ready = bucket_ready_ms(bucket, points);
    if (bucket->blocked_until_ms > ready)
        ready = bucket->blocked_until_ms;
    for (int i = 0; i < RATE_WINDOWS; i++) {
        other = window_ready_ms(bucket, i, points);
        if (other > ready)
            ready = other;
    }
    return ready;
}

static void
take_points(struct rate_bucket *bucket, double points, struct rate_pass *pass)
{
    for (int i = 0; i < RATE_WINDOWS; i++) {
        pass->points[i] = points_from_window(bucket, i, points);
        bucket->windows[i].left -= pass->points[i];
    }
    pass->points[BUCKET] = points_from_bucket(bucket, points);
    bucket->left -= pass->points[BUCKET];
    bucket->in_flight += pass->points[BUCKET];
}

/* ---- turns -------------------------------------------------------------- */

/* The waiting request that starts next; NULL if no source has a place. */
static struct waiter *
next_waiter(const struct rate_bucket *bucket)
{
    struct waiter *next = NULL;

    for (struct waiter *one = bucket->waiting; one != NULL; one = one->next)
        if (one->rate->in_flight < one->rate->allowed &&
            (next == NULL || one->user->turn < next->user->turn))
            next = one;
    return next;
}

static void
arrive(struct rate_bucket *bucket, struct waiter *waiter)
{
    struct waiter **end = &bucket->waiting;

    while (*end != NULL)
        end = &(*end)->next;
    *end = waiter;
}

static void
leave(struct rate_bucket *bucket, const struct waiter *waiter)
{
    struct waiter **at = &bucket->waiting;

    while (*at != waiter)
        at = &(*at)->next;
    *at = waiter->next;
    bucket->awaited_ms = 0;
    task_wake_all(&bucket->changed);
}

static void
start(struct waiter *waiter, struct rate_pass *pass)
{
    struct rate_bucket *bucket = waiter->rate->bucket;

    take_points(bucket, waiter->points, pass);
    waiter->user->turn = pass->began = ++bucket->turns;
    waiter->rate->in_flight++;
}

static bool
too_long(int64_t wait_ms, struct err *err)
{
    char text[32];

    if (wait_ms > INT64_MAX / 2)
        return err_set(err, MSG_RATE_WAIT,
                       "the server's rate limit allows no request");
    return err_set(err, MSG_RATE_WAIT,
                   "the server's rate limit allows the next request only in "
                   "%s",
                   duration_rough(wait_ms, text));
}

static void
show(struct rate_bucket *bucket, int64_t ready_at_ms, int64_t now_ms,
     const struct log_ctx *log)
{
    bucket->awaited_ms = ready_at_ms - now_ms < VISIBLE_MS ? 0 : ready_at_ms;
    if (ready_at_ms - now_ms < LOGGED_MS || bucket->shown_ms > now_ms)
        return;
    bucket->shown_ms = ready_at_ms;
    log_info(log, "waiting for the server's rate limit",
             LOG_NUM("delay_ms", ready_at_ms - now_ms), LOG_END);
}

/* Wait until `waiter` may start. */
static bool
await_turn(struct rate_bucket *bucket, struct waiter *waiter,
           const struct log_ctx *log, struct err *err)
{
    for (;;) {
        int64_t now_ms = clock_now_ms();
        int64_t until_ms = CLOCK_NEVER;

        if (next_waiter(bucket) == waiter) {
            until_ms = ready_ms(bucket, waiter->points, now_ms);
            if (until_ms <= now_ms)
                return true;
            if (until_ms - now_ms > LONGEST_MS)
                return too_long(until_ms - now_ms, err);
            show(bucket, until_ms, now_ms, log);
        }
        if (task_wait(&bucket->changed, until_ms) == TASK_STOPPED)
            return task_stopped(err);
    }
}

bool
rate_begin(struct rate *rate, struct rate_user *user, double points,
           const struct log_ctx *log, struct rate_pass *pass, struct err *err)
{
    struct rate_bucket *bucket = rate->bucket;
    struct waiter waiter = {.rate = rate, .user = user, .points = points};
    bool ok;

    *pass = (struct rate_pass){0};
    arrive(bucket, &waiter);
    ok = await_turn(bucket, &waiter, log, err);
    if (ok)
        start(&waiter, pass);
    leave(bucket, &waiter);
    return ok;
}

/* ---- answers ------------------------------------------------------------ */

static void
correct_bucket(struct rate_bucket *bucket, const struct rate_pass *pass,
               const struct rate_told *told, int64_t now_ms)
{
    double cost = told->cost >= 0 ? told->cost : pass->points[BUCKET];

    if (told->is_throttled)
        cost = 0; /* it was refused */
    bucket->in_flight -= pass->points[BUCKET];
    bucket->left += pass->points[BUCKET] - cost;
    if (told->most <= 0 || told->left < 0)
        return;
    if (!bucket->is_known)
        bucket->left = told->left - bucket->in_flight;
    bucket->left = least(bucket->left, told->left);
    bucket->most = told->most;
    bucket->per_second = told->per_second * bucket->share;
    bucket->at_ms = now_ms;
    bucket->is_known = true;
}

/* Is it the window that was reported before? Its reset is then the same, but
 * for the time that answers take. */
static bool
is_same_window(const struct window *window, int64_t reset_at_ms)
{
    int64_t apart = window->reset_at_ms - reset_at_ms;

    return window->is_known && apart > -2000 && apart < 2000;
}

static void
correct_window(struct window *window, double taken,
               const struct rate_told_window *told, int64_t now_ms)
{
    int64_t reset_at_ms = now_ms + told->reset_ms;

    if (told->cost >= 0) {
        window->left += taken - told->cost;
        window->last_cost = told->cost;
    }
    if (told->most <= 0 || told->left < 0 || told->reset_ms < 0)
        return;
    window->left = is_same_window(window, reset_at_ms)
                       ? least(window->left, told->left)
                       : told->left;
    window->most = told->most;
    window->reset_at_ms = reset_at_ms;
    window->is_known = true;
}

static bool
is_told(const struct rate_bucket *bucket)
{
    for (int i = 0; i < RATE_WINDOWS; i++)
        if (bucket->windows[i].is_known)
            return true;
    return bucket->is_known;
}

/* Requests that were in flight together fail together, which halves the number
 * only once. */
static void
adapt(struct rate *rate, const struct rate_pass *pass,
      const struct rate_told *told)
{
    if (is_told(rate->bucket))
        return;
    if (told->is_throttled || told->is_strained) {
        rate->good = 0;
        if (pass->began <= rate->halved_turn)
            return;
        rate->halved_turn = rate->bucket->turns;
        rate->allowed = rate->allowed > 1 ? rate->allowed / 2 : 1;
    } else if (++rate->good >= GOOD_TO_GROW) {
        rate->good = 0;
        if (rate->allowed < rate->concurrency)
            rate->allowed++;
    }
}

void
rate_end(struct rate *rate, const struct rate_pass *pass,
         const struct rate_told *told)
{
    struct rate_bucket *bucket = rate->bucket;
    int64_t now_ms = clock_now_ms();

    rate->in_flight--;
    restore(bucket, now_ms);
    correct_bucket(bucket, pass, told, now_ms);
    for (int i = 0; i < RATE_WINDOWS; i++)
        correct_window(&bucket->windows[i], pass->points[i], &told->windows[i],
                       now_ms);
    if (told->wait_ms > 0 && now_ms + told->wait_ms > bucket->blocked_until_ms)
        bucket->blocked_until_ms = now_ms + told->wait_ms;
    adapt(rate, pass, told);
    task_wake_all(&bucket->changed);
}

/* ---- for people --------------------------------------------------------- */

int64_t
rate_awaited_ms(const struct rate *rate)
{
    const struct rate_bucket *bucket = rate->bucket;

    return bucket->awaited_ms > clock_now_ms() ? bucket->awaited_ms : 0;
}

double
rate_left(const struct rate *rate)
{
    const struct rate_bucket *bucket = rate->bucket;

    if (bucket->is_known)
        return bucket->left > 0 ? bucket->left : 0;
    for (int i = 0; i < RATE_WINDOWS; i++)
        if (bucket->windows[i].is_known)
            return bucket->windows[i].left > 0 ? bucket->windows[i].left : 0;
    return -1;
}

double
rate_per_second(const struct rate *rate)
{
    return rate->bucket->is_known ? rate->bucket->per_second : -1;
}

int
rate_in_flight(const struct rate *rate)
{
    return rate->in_flight;
}

int
rate_allowed(const struct rate *rate)
{
    return rate->allowed;
}
