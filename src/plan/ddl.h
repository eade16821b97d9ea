/*
 * ddl - the statements that create and change the tables of a plan.
 *
 * Each function appends to `sql`. All names are quoted and have a schema,
 * because the session's search_path is only pg_catalog. Statements end in a
 * semicolon and a newline, unless noted otherwise.
 */
#ifndef PLAN_DDL_H
#define PLAN_DDL_H

#include "base/buf.h"
#include "plan/layout.h"
#include "plan/mask.h"
#include "plan/plan.h"

/* Append "schema"."name". */
void
ddl_append_qualified(struct buf *sql, const char *schema, const char *name);

/* Create the staging table of a table. It must be logged if it will become the
 * table. */
void ddl_stage_create(struct buf *sql, const struct plan_table *table,
                      const char *schema, const char *stage, bool logged);

/* INSERT INTO stage SELECT * FROM unnest($1::stage[]), without semicolon. */
void ddl_stage_insert(struct buf *sql, const char *schema, const char *stage);

/* Create the table, empty and without key. */
void ddl_table_create(struct buf *sql, const struct plan_table *table,
                      const char *schema);

/* Create a unique index on staging. The statement fails if two rows have the
 * same key. */
void ddl_stage_key(struct buf *sql, const struct plan_table *table,
                   const char *schema, const char *stage);

/* Add the primary key to `relation`, which is the table or will become it. The
 * key's name is derived from the table's name. */
void ddl_key_create(struct buf *sql, const struct plan_table *table,
                    const char *schema, const char *relation);

/* Append the columns of the key, quoted and separated by commas. */
void ddl_append_key_columns(struct buf *sql, const struct plan_table *table);

/* The names of the key and of the index on a column. They live at least as long
 * as `arena`. */
const char *ddl_key_name(struct arena *arena, const struct plan_table *table);
const char *
ddl_index_name(struct arena *arena, const struct plan_table *table, int column);

/* Does a new table have an index on this column? */
bool ddl_has_index(const struct plan_table *table, int column);

/* Create the indexes: on the id of a child table, and those of @index. */
void ddl_indexes_create(struct buf *sql, const struct plan_table *table,
                        const char *schema, const char *relation);

/* Turn the staging table into the table: drop the columns that only staging
 * has, add _loaded_at with the value `loaded_at`, and rename it. */
void
ddl_stage_promote(struct buf *sql, const struct plan_table *table,
                  const char *schema, const char *stage, const char *loaded_at);

/* The texts of the COMMENTs on a table and on its columns. */
void ddl_describe_table(struct buf *text, const struct plan_table *table);
void ddl_describe_column(struct buf *text, const struct plan_table *table,
                         const struct layout_column *column);

/* COMMENT ON the table and all its columns. */
void ddl_comments(struct buf *sql, const struct plan_table *table,
                  const char *schema);

/* Create the index of a column on which the query now has @index. */
void ddl_add_index(struct buf *sql, const struct plan_table *table, int column,
                   const char *schema);

/* COMMENT ON one column. It describes the form of ids, so it must be set again
 * when a column of ids widens. */
void ddl_comment_column(struct buf *sql, const struct plan_table *table,
                        const char *schema, const char *name);

/* Add a column to an existing table, with its index and COMMENT. */
void ddl_add_column(struct buf *sql, const struct plan_table *table, int column,
                    const char *schema);

/* Add the column _deleted_at, with its COMMENT. */
void ddl_add_mark(struct buf *sql, const struct plan_table *table,
                  const char *schema);

/* Add the column _position, with its COMMENT. */
void ddl_add_position(struct buf *sql, const struct plan_table *table,
                      const char *schema);

/* Set the hash of every row to NULL, so that the next merge writes all rows.
 * The statement does not rewrite the table, so it is fast for tables of any
 * size. */
void ddl_forget_hashes(struct buf *sql, const struct plan_table *table,
                       const char *schema);

/* The same for a staging table, without changing the order of its columns. */
void ddl_forget_staged_hashes(struct buf *sql, const char *schema,
                              const char *stage);

/* Change a column from the numbers of gids to whole gids. `gid_type`, such as
 * "Product", is NULL if no value has shown it yet. */
void ddl_widen_gid(struct buf *sql, const char *schema, const char *table,
                   const char *column, const char *gid_type);

/* Change a column to a wider type that plan_type_widens() allows. Its values
 * get the form in which the store writes them. */
void ddl_widen_type(struct buf *sql, const char *schema, const char *table,
                    const char *column, enum plan_type from, enum plan_type to);

/* Set a column to NULL in every row, and give it the type. */
void ddl_clear_column(struct buf *sql, const char *schema, const char *table,
                      const char *column, enum plan_type type);

/* Prepare a column for what must happen to its values: see plan/mask.h. Those
 * that are masked become text. `has` is its present type; `gid_type` as in
 * ddl_widen_gid(). */
void ddl_change_mask(struct buf *sql, const char *schema, const char *table,
                     const struct plan_column *column, enum mask_change change,
                     enum plan_type has, const char *gid_type);

/* Let a role read a table, or the history of one. */
void ddl_grant_select(struct buf *sql, const char *schema, const char *table,
                      const char *role);

/* Print the statements that create one table, with key, indexes and comments;
 * or all tables of a plan, with their histories, as `bulkpg plan` does. */
void ddl_print_table(struct buf *sql, const struct plan_table *table,
                     const char *schema);
void ddl_print(struct buf *sql, const struct plan *plan, const char *schema);

#endif
