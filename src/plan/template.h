/*
 * template - fill in the names of a statement of sql/merge/, sql/ddl/ or
 * sql/pages/.
 *
 *     DELETE FROM ONLY {table} AS t
 *     WHERE {?marks t._deleted_at IS NULL AND }NOT EXISTS (
 *       SELECT FROM {stage} AS s WHERE {keys: s.x = t.x AND ...})
 *
 *     {name}                      the SQL of that value
 *     {list: s.x = t.x AND ...}   the expression before the separator, once for
 *                                 each column of the list, with the quoted
 *                                 column in place of x. The separator is the
 *                                 comma or the word before the dots. The
 *                                 expression may contain {name}.
 *     {?flag text}                the text, if the flag is set
 *     {?!flag text}               the text, if it is not set. The text may
 *                                 contain all of the above.
 *
 * One blank after a list's colon or after a flag's name is removed. A name
 * without a value stays in braces, which the server refuses.
 *
 * The comment at the start of a file is not part of its statement.
 */
#ifndef PLAN_TEMPLATE_H
#define PLAN_TEMPLATE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/span.h"

enum { TEMPLATE_VALUES_MAX = 56 };

/* The value of a name; unused members are zero. */
struct template_value {
    const char *name;
    const char *sql;            /* for {name}: SQL, already quoted */
    const char *const *columns; /* for {name: ...}: names, not quoted */
    int column_count;
    bool is_set; /* for {?name ...} */
};

/* Values for one statement; all zero is empty. Names, columns and SQL are
 * borrowed. The functions below put quoted text into the arena. */
struct template_values {
    struct template_value items[TEMPLATE_VALUES_MAX];
    int count;
    struct arena arena;
};

/* A piece of SQL. The flag `name` says whether `sql` is not NULL. */
void
template_sql(struct template_values *values, const char *name, const char *sql);
void
template_number(struct template_values *values, const char *name, int number);
void
template_flag(struct template_values *values, const char *name, bool is_set);

/* A text, which becomes a literal. */
void template_literal(struct template_values *values, const char *name,
                      const char *text);

/* The name of a column (`schema` is NULL), or of a relation in `schema`. The
 * flag `name` says whether `bare` is not NULL. */
void template_name(struct template_values *values, const char *name,
                   const char *schema, const char *bare);

void template_columns(struct template_values *values, const char *name,
                      const char *const *columns, int count);

/* The comment at the start of `text`, which describes the statement. */
struct span template_purpose(const char *text);

/* Append the statement `text`, filled in with these values. */
void template_append(struct buf *sql, const char *text,
                     const struct template_values *values);

void template_free(struct template_values *values);

#endif
