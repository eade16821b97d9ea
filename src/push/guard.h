/*
 * guard - reasons to send nothing at all.
 */
#ifndef PUSH_GUARD_H
#define PUSH_GUARD_H

#include "mapping/binding.h"
#include "push/stage.h"

/* Do the options fit the mutation? ERR_CONFIG for --all with a mutation that
 * counts. */
MUST_CHECK bool guard_options(const struct push *push, struct err *err);

/* Can the mutation be undone, if an undo or a rollback is asked for? If not,
 * ERR_CONFIG; also for a rollback of rows of --from, which have no values
 * before. */
MUST_CHECK bool guard_undo(const struct push *push, struct err *err);

/* Does the SELECT give values before, if the push is to be rolled back?
 * ERR_CONFIG. */
MUST_CHECK bool guard_before(const struct push *push,
                             const struct binding *binding, struct err *err);

/* Check the staged rows. ERR_FAILED if several rows have one key, or if there
 * are more than the mutation's max; ERR_ROW if rows are not valid. An undo may
 * have any number of rows. */
MUST_CHECK bool guard_rows(struct stage *stage, struct err *err);

#endif
