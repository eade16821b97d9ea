/*
 * left_out - the fields with @optional that a run was without. They are in its
 * notes.
 */
#ifndef JOURNAL_LEFT_OUT_H
#define JOURNAL_LEFT_OUT_H

#include "journal/runs.h"

/* "products.vendor (denied), products.size (the API does not have it)", in
 * `arena`; "": nothing was left out, or the notes do not say. */
const char *
journal_left_out(const struct journal_run *run, struct arena *arena);

/* The same as a JSON array of {"field","why","table"}, in `arena`. */
struct span
journal_left_out_json(const struct journal_run *run, struct arena *arena);

#endif
