/*
 * statement - the statements of a merge, sent for one table.
 *
 * Private to this folder. `text` is a file of sql/merge/; `above` is the table
 * above, if the statement reads that one too, else NULL.
 */
#ifndef LOAD_STATEMENT_H
#define LOAD_STATEMENT_H

#include "base/buf.h"
#include "load/merge.h"
#include "plan/merge_sql.h"

enum { STATEMENT_BYTES_MAX = 4 * 1024 * 1024 };

/* The table with the names that this run gives it. */
struct merge_sql_target
statement_target(const struct merge *merge, const struct merge_table *table);

/* Send it; the caller frees the result. */
MUST_CHECK bool statement_ask(struct merge *merge, const char *text,
                              const struct merge_sql_target *target,
                              const struct merge_sql_target *above, int count,
                              const char *const *values,
                              struct pg_result **result, struct err *err);

/* How many rows it changed. */
MUST_CHECK bool
statement_run(struct merge *merge, const char *text,
              const struct merge_table *table, const struct merge_table *above,
              int count, const char *const *values, int64_t *affected,
              struct err *err);

/* The one number that it answers with. */
MUST_CHECK bool statement_number(struct merge *merge, const char *text,
                                 const struct merge_table *table,
                                 int64_t *number, struct err *err);
MUST_CHECK bool statement_number_below(struct merge *merge, const char *text,
                                       const struct merge_table *table,
                                       const struct merge_table *above,
                                       int64_t *number, struct err *err);

/* Run statements of ddl.h, if there are any. Frees `sql`. */
MUST_CHECK bool
statement_ddl(struct merge *merge, struct buf *sql, struct err *err);

/* The same of statements that make keys or indexes: it adds to
 * merge->index_ns. */
MUST_CHECK bool
statement_index(struct merge *merge, struct buf *sql, struct err *err);

/* ANALYZE a table or its staging. */
MUST_CHECK bool
statement_analyze(struct merge *merge, const char *relation, struct err *err);

#endif
