/*
 * roots - how many roots a connection has, and how far they reach in time:
 * asked by ordinary queries, before a bulk operation is cut into windows.
 *   productsCount(query: "…", limit: null) { count precision }
 */
#ifndef SHOPIFY_ROOTS_H
#define SHOPIFY_ROOTS_H

#include "shopify/session.h"

/* `counts[i]` of those that `filters[i]` finds; -1 where the store does not
 * know it exactly. Asked for a few at a time. */
MUST_CHECK bool
roots_count(struct session *session, const char *count_field,
            const char *const *filters, size_t count, const struct log_ctx *log,
            int64_t *counts, struct err *err);

/* The `time_field` of the first and the last in the order of `sort_key`, as
 * the store writes it; "" when there is none. */
MUST_CHECK bool
roots_reach(struct session *session, const char *root_field,
            const char *sort_key, const char *time_field, const char *filter,
            const struct log_ctx *log, char earliest[40], char latest[40],
            struct err *err);

#endif
