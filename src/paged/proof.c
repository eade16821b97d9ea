#include "paged/proof.h"

/* By cursor, rows that are added or removed during the walk may come or not, so
 * the smaller total counts. By offset, any change can move rows from one page
 * to another, so nothing may have changed. */
static bool
agrees(const struct pages_connection *connection,
       const struct proof_counts *counts)
{
    int64_t found = (counts->distinct >= 0 ? counts->distinct : counts->rows) +
                    counts->nulls;
    int64_t first = counts->told_first, last = counts->told_last;

    if (connection->is_only || (first < 0 && last < 0))
        return true;
    first = first < 0 ? last : first;
    last = last < 0 ? first : last;
    if (connection->kind == PAGES_OFFSET)
        return found == first && found == last;
    return found >= (first < last ? first : last);
}

enum proof
proof_of(const struct pages_connection *connection,
         const struct proof_counts *counts)
{
    if (agrees(connection, counts))
        return PROOF_WHOLE;
    return counts->repeats + 1 < PROOF_TRIES ? PROOF_AGAIN : PROOF_NONE;
}
