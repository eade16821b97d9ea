/*
 * template - a statement of sql/merge/ or sql/ddl/ with its names filled in.
 *
 *     DELETE FROM ONLY {table} AS t
 *     WHERE {?marks t._deleted_at IS NULL AND }NOT EXISTS (
 *       SELECT FROM {stage} AS s WHERE {keys: s.x = t.x AND ...})
 *
 *     {name}                      the SQL of that value
 *     {list: s.x = t.x AND ...}   what stands before the "..." for each column,
 *                                 x being the column, quoted; the separator is
 *                                 what is between the expression and the dots:
 *                                 a comma or AND. It may hold {name}, too.
 *     {?flag text}                text, if the flag is set; {?!flag text}: if
 *                                 it is not. Text may hold all of the above.
 *
 * The comment that a file begins with is no part of its statement.
 *
 * The blank behind a list's colon and behind a flag's name is not part of what
 * follows. A name that has no value is left as it is: no server takes it, and
 * no test passes.
 */
#ifndef PLAN_TEMPLATE_H
#define PLAN_TEMPLATE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/span.h"

enum { TEMPLATE_VALUES_MAX = 48 };

/* What a name stands for; unused members are zero. */
struct template_value {
    const char *name;
    const char *sql;            /* of {name}: quoted already */
    const char *const *columns; /* of {name: ...}: their bare names */
    int column_count;
    bool is_set; /* of {?name ...} */
};

/* All zero is empty. Names, columns and SQL are borrowed; what is quoted here
 * is in the arena. */
struct template_values {
    struct template_value items[TEMPLATE_VALUES_MAX];
    int count;
    struct arena arena;
};

void
template_sql(struct template_values *values, const char *name, const char *sql);
void
template_number(struct template_values *values, const char *name, int number);
void
template_flag(struct template_values *values, const char *name, bool is_set);

/* A text as a literal. */
void template_literal(struct template_values *values, const char *name,
                      const char *text);

/* A column's name, or a relation's in `schema`. The flag of that name says
 * whether there is one (`bare` is not NULL). */
void template_name(struct template_values *values, const char *name,
                   const char *schema, const char *bare);

void template_columns(struct template_values *values, const char *name,
                      const char *const *columns, int count);

/* The comment that `text` begins with: what the statement is for. */
struct span template_purpose(const char *text);

/* Append the statement that `text` is with these values. */
void template_append(struct buf *sql, const char *text,
                     const struct template_values *values);

void template_free(struct template_values *values);

#endif
