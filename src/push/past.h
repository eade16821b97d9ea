/*
 * past - a push that is already in the journal: finds it, takes it over, and
 * settles its rows as a user decides.
 */
#ifndef PUSH_PAST_H
#define PUSH_PAST_H

#include "push/push.h"

/* Find a push by its id. ERR_USAGE if there is none. */
MUST_CHECK bool
past_find(struct journal *journal, int64_t push_id, struct arena *arena,
          struct journal_push **push, struct err *err);

/* Prepare the mutation as it was when the push began, to read its answers. If
 * the API's types have changed so that this is not possible, push->unread says
 * why, and the answers leave their rows unknown. */
MUST_CHECK bool
past_prepare(struct push *push, const struct journal_push *earlier,
             struct err *err);

/* Take over the push. The caller has the claim of its job. Without
 * past_prepare(), the push has no mutation; past_decide() does not need it. */
MUST_CHECK bool past_take(struct push *push, const struct journal_push *earlier,
                          struct err *err);

/* The mutation's file as it was then. */
struct query_file
past_file(const struct journal_push *earlier, struct arena *arena);

/* Settle rows whose outcome is not known as a user decides: all of them, or
 * those with these keys. *rows: how many. ERR_FAILED if the store has the
 * operation after all: then the next push reads its result. */
MUST_CHECK bool
past_decide(struct push *push, bool applied, const char *const *keys,
            int64_t *rows, struct err *err);

#endif
