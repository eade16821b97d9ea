/*
 * comparable - which tables a full run compares before it sends their rows.
 */
#ifndef RUN_COMPARABLE_H
#define RUN_COMPARABLE_H

#include "run/tables.h"

struct comparable {
    const struct plan *plan;
    const struct tables *tables; /* NULL: the database was not asked */
    const char *schema;
    uint64_t hash_secret; /* the journal's: see load/hash.h */
    int64_t memory;       /* compare_memory */
    bool by_pages;        /* the result is read by pages */
};

/* Why all rows of a table are sent in a full run of the plan, as a text that
 * ends a sentence; NULL: those that did not change are not. Whether there is
 * memory for its hashes is not known before the run. */
const char *comparable_against(const struct comparable *comparable,
                               const struct plan_table *table);

/* The definition of the hashes that the plan gives a table's rows, and whether
 * those in the table have it. */
const char *
comparable_definition(const struct comparable *comparable,
                      const struct plan_table *table, struct arena *arena);
bool comparable_has_definition(const struct comparable *comparable,
                               const struct plan_table *table);

#endif
