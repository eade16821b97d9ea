/*
 * statement - send a statement of the merge for one table.
 *
 * Private to this folder. `text` is a template, the text of a file in
 * sql/merge/. `above` is the parent's table if the statement reads it too, else
 * NULL. `count` and `values` are the statement's parameters.
 */
#ifndef LOAD_STATEMENT_H
#define LOAD_STATEMENT_H

#include "base/buf.h"
#include "load/merge.h"
#include "pg/queue.h"
#include "plan/merge_sql.h"

enum { STATEMENT_BYTES_MAX = 4 * 1024 * 1024 };

/* The names of the table, its staging and its helper tables in this run. */
struct merge_sql_target
statement_target(const struct merge *merge, const struct merge_table *table);

/* Queue the statement: see pg/queue.h. Its errors name the table. */
MUST_CHECK bool statement_queue(struct merge *merge, const char *text,
                                const struct merge_table *table,
                                const struct merge_table *above, int count,
                                const char *const *values,
                                struct pg_answer answer, struct err *err);

/* The same for a table with @history: see merge_sql_versioned(). */
MUST_CHECK bool
statement_queue_versioned(struct merge *merge, const char *text,
                          const char *change, const struct merge_table *table,
                          const struct merge_table *above, int count,
                          const char *const *values, struct pg_answer answer,
                          struct err *err);

/* Queue the statements in `sql`, which may be empty. Frees `sql`. */
MUST_CHECK bool
statement_queue_ddl(struct merge *merge, const struct merge_table *table,
                    struct buf *sql, struct err *err);

/* The same for statements that create keys or indexes. Their time counts in
 * merge_index_ns(). */
MUST_CHECK bool
statement_queue_index(struct merge *merge, const struct merge_table *table,
                      struct buf *sql, struct err *err);

/* Queue an ANALYZE of a table or its staging. */
MUST_CHECK bool
statement_queue_analyze(struct merge *merge, const struct merge_table *table,
                        const char *relation, struct err *err);

/* Queue a statement that returns rows. */
MUST_CHECK bool statement_queue_ask(struct merge *merge, const char *text,
                                    const struct merge_sql_target *target,
                                    struct pg_result **result, struct err *err);

/* Send the statement. The caller frees the result. */
MUST_CHECK bool statement_ask(struct merge *merge, const char *text,
                              const struct merge_sql_target *target,
                              const struct merge_sql_target *above, int count,
                              const char *const *values,
                              struct pg_result **result, struct err *err);

/* Send the statement. Sets *affected to the number of rows that it changed. */
MUST_CHECK bool
statement_run(struct merge *merge, const char *text,
              const struct merge_table *table, const struct merge_table *above,
              int count, const char *const *values, int64_t *affected,
              struct err *err);

/* Send a statement that returns one number. */
MUST_CHECK bool statement_number(struct merge *merge, const char *text,
                                 const struct merge_table *table,
                                 int64_t *number, struct err *err);
MUST_CHECK bool statement_number_below(struct merge *merge, const char *text,
                                       const struct merge_table *table,
                                       const struct merge_table *above,
                                       int64_t *number, struct err *err);

/* Send the statements in `sql`, which may be empty. Frees `sql`. */
MUST_CHECK bool
statement_ddl(struct merge *merge, struct buf *sql, struct err *err);

#endif
