/*
 * pages_sql - the statements of a run by pages that need the names of staging.
 *
 * Staged rows are deleted before they are read again, together with all rows
 * below them. Such a statement is a chain of steps, each a DELETE in a WITH:
 * first the rows themselves, then for each table below them the rows whose
 * parents a step before has deleted.
 *
 *     WITH r1 AS (DELETE …), r2 AS (DELETE … r1 …), r3 AS (DELETE … r1 …)
 *     SELECT (SELECT count(*) FROM r1) + …, …
 */
#ifndef PLAN_PAGES_SQL_H
#define PLAN_PAGES_SQL_H

#include "base/buf.h"
#include "plan/plan.h"

/* Which rows of a table. */
enum pages_sql_kind {
    PAGES_SQL_ALL,
    PAGES_SQL_PARENTS, /* below these parents */
    PAGES_SQL_ROWS,    /* with these ids */
    PAGES_SQL_PAIRS    /* below a parent each */
};

/* The staging of a run. */
struct pages_sql_stages {
    const char *schema;
    const struct plan_table *tables;
    int table_count;
    const char *const *names; /* by table; NULL: nothing is staged */
};

/* Append the statement that deletes rows. It returns how many it deleted,
 * without those of lists, and the number of deleted roots. Its parameters are
 * the first _line that stays and, except with PAGES_SQL_ALL, the ids as
 * JSON. */
void pages_sql_remove(struct buf *sql, const struct pages_sql_stages *stages,
                      const struct plan_table *table, enum pages_sql_kind kind);

/* Append the statement that lists which rows are staged, or, unless `has_rows`,
 * only below which parents. */
void pages_sql_list(struct buf *sql, const char *schema, const char *stage,
                    const struct plan_table *table, bool has_rows);

#endif
