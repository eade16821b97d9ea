/*
 * hash - computes a row's _hash.
 *
 * A hash is computed from the row's values, its key with the parent's id, and
 * the definition: the algorithm, the journal's secret, and the names, types and
 * masks of the columns. Columns with @mask have their masked values. The row's
 * position and the counts of rows below it are not part of it. Hashes with
 * different definitions cannot be compared.
 */
#ifndef LOAD_HASH_H
#define LOAD_HASH_H

#include "plan/layout.h"

enum { HASH_DEFINITION_BYTES = 24 };

/* The hash of the table's definition, with its columns as they are now. */
uint64_t hash_seed(const struct plan_table *table, uint64_t secret);

/* The same as text, as bulkpg.relation keeps it. */
void hash_definition(const struct plan_table *table, uint64_t secret,
                     char text[HASH_DEFINITION_BYTES]);

/* Of a row: `parent` is its column of the parent's id, empty if it has none;
 * `values` are the others. Never 0. */
int64_t hash_row(uint64_t seed, struct span parent, struct span values);

#endif
