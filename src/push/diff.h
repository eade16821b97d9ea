/*
 * diff - decides whether a row has to be sent. The journal has what was last
 * sent for its key.
 */
#ifndef PUSH_DIFF_H
#define PUSH_DIFF_H

#include "journal/push.h"
#include "mapping/line.h"

struct diff {
    bool sends_all;  /* --all */
    bool counts;     /* the key names an event, which is sent once ever */
    bool may_repeat; /* rows whose outcome is unknown are sent again */
    bool is_retry;   /* the rows were chosen: all of them are sent */
};

/* What the journal knows about a key. */
struct diff_known {
    const char *hash; /* of the variables that were sent last */
    enum row_state state;
    bool is_newer; /* it was settled after the table was last loaded, so that
                    * the table's values before do not count */
};

/* ROW_PLANNED, ROW_UNCHANGED, ROW_HELD, or ROW_REFUSED or ROW_PARTLY if the
 * store has refused the same row before. `known` is NULL if the journal does
 * not know the key. */
enum row_state diff_row(const struct diff *diff, const struct diff_known *known,
                        const char *hash, enum line_before compared);

#endif
