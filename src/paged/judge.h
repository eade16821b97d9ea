/*
 * judge - what errors beside `data` mean for a page.
 *
 *     no errors                       the page is loaded
 *     only denied fields, and data    it is loaded; the fields are counted
 *     anything else                   it is not: some of its rows have a fault
 *
 * The errors of an answer without usable `data` never come here, unless one of
 * them leads into a row: api/reply.h judges them before.
 */
#ifndef PAGED_JUDGE_H
#define PAGED_JUDGE_H

#include "base/buf.h"
#include "json/tree.h"
#include "plan/pages.h"

enum judge_verdict { JUDGE_WHOLE, JUDGE_DENIED, JUDGE_FAULT };

/* `errors` may be NULL. */
enum judge_verdict
judge_beside_data(const struct json *errors, const struct json *data);

/* Does the error deny a field at some path? */
bool judge_is_denial(const struct json *error);

/* The path of the field that an error of an answer to `request` is about,
 * without numbers and the levels of pages: "products.variants.price". Empty if
 * the error has no path. */
void judge_path(const struct json *error, const struct pages_request *request,
                struct buf *path);

/* The table of `pages` with the longest path that `path` begins with; and what
 * is left of the path. NULL if there is none. */
const struct plan_table *
judge_table(const struct pages *pages, const char *path, const char **rest);

/* Append the server's words, as far as there is room. */
void judge_words(const struct json *errors, struct buf *words);

#endif
