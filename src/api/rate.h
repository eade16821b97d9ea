/*
 * rate - when a request may start, so that the server's rate limit holds.
 *
 *     rate_begin ─► waits for its turn, for a place among the requests in
 *                   flight, and for the points that it needs
 *     rate_end   ─► gives the place back; what the server reported corrects
 *                   the points
 *
 * All requests with the same credentials share a bucket, because the server
 * counts them together. Each source has its own limit on requests in flight
 * (struct rate). Jobs take turns: of all waiting requests, the one whose job
 * began a request longest ago is the next.
 *
 * Three kinds of limits are read from answers. A bucket has points that the
 * server restores all the time. A window has points until it is reset. An
 * announced wait is a time until which nothing may be sent. Where the server
 * reports none of them, the number of requests in flight adapts: it halves when
 * the server is overloaded, and grows by one after ten good answers.
 *
 * bulkpg takes at most `share` of what the server restores, and leaves at least
 * 1 - share of the bucket or window to others.
 */
#ifndef API_RATE_H
#define API_RATE_H

#include <stdint.h>

#include "base/err.h"
#include "base/log.h"

enum {
    RATE_POINTS,     /* X-RateLimit-…: what the API calls its points */
    RATE_REQUESTS,   /* X-RateLimit-Requests-… */
    RATE_COMPLEXITY, /* X-RateLimit-Complexity-… */
    RATE_WINDOWS
};

/* What an answer reports; see rate_told_nothing(). */
struct rate_told {
    double cost; /* of the request; -1: not reported */

    double most; /* points of a full bucket; -1: no bucket is reported */
    double left;
    double per_second;

    struct rate_told_window {
        double most; /* -1: no window is reported */
        double left;
        double cost;      /* of the request; -1: not reported */
        int64_t reset_ms; /* until its reset; -1: not reported */
    } windows[RATE_WINDOWS];

    bool is_throttled; /* the server refused the request because of the rate,
                        * and it cost nothing */
    int64_t wait_ms;   /* the wait that it announced; 0: none */
    bool is_strained;  /* 5xx, or no answer in time */
};

/* All buckets of the process. All zero is an empty pool. */
struct rate_pool {
    struct rate_bucket *buckets;
};

/* A source's share of a bucket. */
struct rate;

/* A job's turns. All zero to begin. */
struct rate_user {
    uint64_t turn;
};

/* A request between rate_begin() and rate_end(). */
struct rate_pass {
    double
        points[RATE_WINDOWS + 1]; /* taken from the windows, and the bucket */
    uint64_t began;               /* the number of its turn */
};

/* A source that sends at most `concurrency` requests at once. `credentials`
 * identifies the server and what authenticates us there; only a hash of it is
 * kept. */
struct rate *rate_new(struct rate_pool *pool, const char *credentials,
                      int concurrency, double share);
void rate_free(struct rate *rate); /* NULL is allowed */

/* Free the buckets, after the last rate_free(). */
void rate_pool_free(struct rate_pool *pool);

/* Wait until a request of `user` that costs about `points` may start. ERR_LATER
 * if the server's limit would make it wait for more than an hour, ERR_STOPPED
 * if the program is stopped. */
MUST_CHECK bool
rate_begin(struct rate *rate, struct rate_user *user, double points,
           const struct log_ctx *log, struct rate_pass *pass, struct err *err);

/* The request has ended. */
void rate_end(struct rate *rate, const struct rate_pass *pass,
              const struct rate_told *told);

struct rate_told rate_told_nothing(void);

/* The longest wait that is waited for. */
int64_t rate_longest_ms(void);

/* For people. The time of clock_now_ms() until which requests wait for the
 * server's limit; 0: none waits for it, or only a moment. */
int64_t rate_awaited_ms(const struct rate *rate);

/* Points that are left at the server, as far as known; -1: not known. */
double rate_left(const struct rate *rate);

/* Points per second that bulkpg may take; -1: not known. */
double rate_per_second(const struct rate *rate);

/* Requests in flight, and how many there may be now. */
int rate_in_flight(const struct rate *rate);
int rate_allowed(const struct rate *rate);

#endif
