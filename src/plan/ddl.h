/*
 * ddl - the statements that make tables out of a plan.
 *
 * Each appends to `sql`; schema-qualified and quoted throughout, since the
 * session's search_path holds nothing but pg_catalog. Statements end in a
 * semicolon and a newline.
 */
#ifndef PLAN_DDL_H
#define PLAN_DDL_H

#include "base/buf.h"
#include "plan/layout.h"
#include "plan/plan.h"

/* "schema"."name" */
void
ddl_append_qualified(struct buf *sql, const char *schema, const char *name);

/* Staging for a table: logged when it is to become the table. */
void ddl_stage_create(struct buf *sql, const struct plan_table *table,
                      const char *schema, const char *stage, bool logged);

/* INSERT INTO stage SELECT * FROM unnest($1::stage[]): no semicolon. */
void ddl_stage_insert(struct buf *sql, const char *schema, const char *stage);

/* The table itself, empty, without key. */
void ddl_table_create(struct buf *sql, const struct plan_table *table,
                      const char *schema);

/* Finds out in staging whether a key came twice. */
void ddl_stage_key(struct buf *sql, const struct plan_table *table,
                   const char *schema, const char *stage);

/* The primary key of the table named `relation`, under the name it has once
 * that relation is the table. */
void ddl_key_create(struct buf *sql, const struct plan_table *table,
                    const char *schema, const char *relation);

/* The columns of its key, quoted, with commas. */
void ddl_append_key_columns(struct buf *sql, const struct plan_table *table);

/* The names that the key and the index of a column get, in `arena` or longer
 * lived; and whether a new table gets an index of that column. */
const char *ddl_key_name(struct arena *arena, const struct plan_table *table);
const char *
ddl_index_name(struct arena *arena, const struct plan_table *table, int column);
bool ddl_has_index(const struct plan_table *table, int column);

/* Indexes besides the key: a child's on (id), and those of @index. */
void ddl_indexes_create(struct buf *sql, const struct plan_table *table,
                        const char *schema, const char *relation);

/* The staging table becomes the table: drop what only staging has, add
 * _loaded_at as `loaded_at`, rename. */
void
ddl_stage_promote(struct buf *sql, const struct plan_table *table,
                  const char *schema, const char *stage, const char *loaded_at);

/* What the COMMENTs say of a table and of its columns. */
void ddl_describe_table(struct buf *text, const struct plan_table *table);
void ddl_describe_column(struct buf *text, const struct plan_table *table,
                         const struct layout_column *column);

void ddl_comments(struct buf *sql, const struct plan_table *table,
                  const char *schema);

/* The index of an @index that a table's column lacks. */
void ddl_add_index(struct buf *sql, const struct plan_table *table, int column,
                   const char *schema);

/* The COMMENT of one column, by its name: it says what ids look like, so that
 * it changes when they widen. */
void ddl_comment_column(struct buf *sql, const struct plan_table *table,
                        const char *schema, const char *name);

/* A column that the table does not have yet, with its index and COMMENT. */
void ddl_add_column(struct buf *sql, const struct plan_table *table, int column,
                    const char *schema);

/* The column _deleted_at, with its COMMENT. */
void ddl_add_mark(struct buf *sql, const struct plan_table *table,
                  const char *schema);

/* The column _position, with its COMMENT. */
void ddl_add_position(struct buf *sql, const struct plan_table *table,
                      const char *schema);

/* Every row's hash becomes NULL, so that the next merge writes it: at once,
 * whatever the size of the table. */
void ddl_forget_hashes(struct buf *sql, const struct plan_table *table,
                       const char *schema);

/* Turn the numbers of a gid column back into whole gids. */
void ddl_widen_gid(struct buf *sql, const char *schema, const char *table,
                   const char *column, const char *gid_type);

/* A column gets a type that plan_type_widens() allows, its values the form
 * that the store gives them. */
void ddl_widen_type(struct buf *sql, const char *schema, const char *table,
                    const char *column, enum plan_type from, enum plan_type to);

void ddl_grant_select(struct buf *sql, const struct plan_table *table,
                      const char *schema, const char *role);

/* A table with its key, indexes and comments; and all of a plan's, as `plan`
 * prints them. */
void ddl_print_table(struct buf *sql, const struct plan_table *table,
                     const char *schema);
void ddl_print(struct buf *sql, const struct plan *plan, const char *schema);

#endif
