/*
 * isolate - a page of one row that the API answers with errors.
 *
 * The page is asked for without the fields of its row, only with its id and its
 * place; then the row by its id. If that fails, too, the row is a reject, and
 * the walk goes on after it.
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
