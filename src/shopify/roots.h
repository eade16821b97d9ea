/*
 * roots - how many roots a connection has, and their earliest and latest time.
 *
 * Ordinary queries ask for this before a run is cut into windows:
 *   productsCount(query: "…", limit: null) { count precision }
 */
#ifndef SHOPIFY_ROOTS_H
#define SHOPIFY_ROOTS_H

#include "shopify/session.h"

/* Set `counts[i]` to the number of roots that `filters[i]` finds, or to -1 if
 * the store does not count them exactly. Sends a few filters per request. */
MUST_CHECK bool
roots_count(struct session *session, const char *count_field,
            const char *const *filters, size_t count, const struct log_ctx *log,
            int64_t *counts, struct err *err);

/* Read the `time_field` of the first and the last root in the order of
 * `sort_key`, as the store writes it; "" if there are no roots. */
MUST_CHECK bool
roots_reach(struct session *session, const char *root_field,
            const char *sort_key, const char *time_field, const char *filter,
            const struct log_ctx *log, char earliest[40], char latest[40],
            struct err *err);

#endif
