#include "push/diff.h"

#include <string.h>

static bool
is_in_doubt(enum row_state state)
{
    return state == ROW_SENDING || state == ROW_UNKNOWN || state == ROW_HELD;
}

static enum row_state
unless_equal(bool is_equal)
{
    return is_equal ? ROW_UNCHANGED : ROW_PLANNED;
}

/* The row was never sent, or the journal no longer has it. */
static enum row_state
diff_new(const struct diff *diff, enum line_before compared)
{
    return unless_equal(!diff->sends_all && compared == LINE_BEFORE_EQUAL);
}

/* The store has the variables that were sent last. The values before are those
 * that it had at the last load, which may be earlier or later. */
static enum row_state
diff_applied(const struct diff *diff, const struct diff_known *known,
             bool is_same, enum line_before compared)
{
    if (diff->counts)
        return ROW_UNCHANGED;
    if (diff->sends_all)
        return ROW_PLANNED;
    if (compared != LINE_BEFORE_UNKNOWN && !known->is_newer)
        return unless_equal(compared == LINE_BEFORE_EQUAL);
    return unless_equal(is_same);
}

enum row_state
diff_row(const struct diff *diff, const struct diff_known *known,
         const char *hash, enum line_before compared)
{
    bool is_same;

    if (diff->is_retry)
        return ROW_PLANNED;
    if (known == NULL)
        return diff_new(diff, compared);
    is_same = strcmp(known->hash, hash) == 0;
    if (is_in_doubt(known->state))
        return diff->may_repeat && !diff->counts ? ROW_PLANNED : ROW_HELD;
    if (known->state == ROW_APPLIED)
        return diff_applied(diff, known, is_same, compared);
    if (diff->counts && known->state == ROW_PARTLY)
        return ROW_PARTLY; /* the event took effect, if only a part of it */
    if (is_same && !diff->sends_all)
        return known->state; /* refused */
    return ROW_PLANNED;
}
