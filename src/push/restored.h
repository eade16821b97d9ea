/*
 * restored - is the journal older than the store?
 *
 * After a restore from a backup, or in a copy, the journal does not know what
 * was pushed last: its diff is wrong, and rows that must be sent once would be
 * sent again. Two things tell:
 *
 *     the store lists bulk operations   each one with this journal's uuid
 *                                       must be known
 *     the database's identity           is recorded with each push
 *
 * The store does not list single requests. If the database has another
 * identity, it is not known whether there were any.
 */
#ifndef PUSH_RESTORED_H
#define PUSH_RESTORED_H

#include "push/push.h"

/* Ask a Shopify store for the mutations of this journal. ERR_FAILED with the
 * code JOURNAL_RESTORED if there is one that the journal does not know. */
MUST_CHECK bool restored_check(struct push *push, struct err *err);

/* Before the rows: is the database still the one in which the store's earlier
 * pushes began? If not, and the rows must not be sent twice: ERR_FAILED with
 * the code JOURNAL_MOVED. If they may be, this is a warning. */
MUST_CHECK bool restored_check_database(struct push *push, struct err *err);

#endif
