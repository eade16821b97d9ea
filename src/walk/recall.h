/*
 * recall - what an earlier process has read, of a walk that is resumed.
 *
 *     recall_entries: the frontier in the journal
 *     recall_row:     each row that is staged
 *
 * Only some rows must be recalled (struct origin, recalls): those of
 * connections that are being read and have a total, and, below connections that
 * are being read, the parents.
 *
 * The walker has seen parents whose children were begun, and keys of
 * connections that are not complete. Without them, rows that come again after
 * the resume would count as others, and those without ids would be staged
 * twice.
 *
 * Private to this folder.
 */
#ifndef WALK_RECALL_H
#define WALK_RECALL_H

#include "walk/walker.h"

/* All entries; none of them is added to the frontier in memory. */
MUST_CHECK bool recall_entries(struct walker *walker, struct err *err);

/* After recall_entries(): a row of the connection with this index. NULL: a
 * root, or a row without an id. */
void recall_row(struct walker *walker, int connection, const char *parent_id,
                const char *id);

#endif
