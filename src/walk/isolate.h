/*
 * isolate - a page of one row that the API answers with errors.
 *
 * The page is asked for again without the fields of its row, to learn the row's
 * id and where the next page begins. Then the row is asked for by its id. If
 * that fails, too, the row is a reject, and the walk continues after it.
 *
 * Private to this folder.
 */
#ifndef WALK_ISOLATE_H
#define WALK_ISOLATE_H

#include "walk/page.h"

/* The request with `values` failed with `errors`. ERR_FAILED if not even the
 * ids can be read. */
MUST_CHECK bool
isolate_row(struct page *page, const struct pages_values *values,
            const struct json *errors, struct err *err);

#endif
