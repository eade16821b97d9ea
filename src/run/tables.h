/*
 * tables - a job's tables as the journal and the database describe them: their
 * owners, whether they can take the plan's rows, the gid types of their ids,
 * and the columns that the plan adds or no longer fills.
 */
#ifndef RUN_TABLES_H
#define RUN_TABLES_H

#include "job/job.h"
#include "json/write.h"
#include "load/target.h"

/* How the columns in the database differ from those of the plan. */
enum tables_difference {
    TABLES_ADDED,   /* the plan adds them */
    TABLES_WIDENED, /* the plan gives them a wider type */
    TABLES_LEFT,    /* the job created them, and no longer fills them */
    TABLES_DIFFERENCES
};

/* What a merge found out about a table; NULL: as it was. */
struct tables_note {
    const char *hash_definition;
    const char *is_uneven; /* "t", "f" */
};

/* All zero before the first inspection. The arrays have one entry per table of
 * the plan, except `differences`. Everything is in the job's arena. */
struct tables {
    bool has_schema;
    bool is_asked; /* tables_ahead() was called for the next inspection */
    const char **differences[TABLES_DIFFERENCES]; /* set by tables_prepare():
                        * "table.column", the last one is NULL */
    struct target *targets;
    const struct json **known; /* columns as bulkpg.relation has them */
    const struct json ***left; /* those of `known` that the job created and no
                        * longer fills; the last one is NULL */
    struct target_memory *memory; /* the journal's record of each table */
    struct tables_note *notes;    /* what is to be recorded in addition */
};

/* Ask ahead what the next inspection asks: see pg/queue.h. */
void tables_ahead(struct tables *tables, const struct job *job,
                  struct pg_conn *conn);

/* Inspect the tables. Call it again after a column has widened. The gid types
 * that the journal has recorded are copied to the plan.
 *
 * ERR_CONFIG with the code MASK_FILLED if a column with values gets a mask, and
 * --remask is not given; with TABLE_OWNED if another job owns a table and that
 * job's query file still exists, or with TABLE_FOREIGN if bulkpg did not create
 * a table. ERR_FAILED or ERR_DENIED if a table cannot take the rows. */
MUST_CHECK bool
tables_inspect(struct tables *tables, struct job *job, struct err *err);

/* The first inspection of a run, before anything is submitted to the store. */
MUST_CHECK bool
tables_prepare(struct tables *tables, struct job *job, struct err *err);

/* Create the schema, if that inspection did not find it. */
MUST_CHECK bool tables_make_schema(const struct tables *tables,
                                   const struct job *job, struct err *err);

/* What a run would execute to make the tables fit the plan, after an
 * inspection: one text for the schema and each table that needs statements,
 * NULL-terminated; NULL: nothing. It is in the job's arena. */
const char *const *
tables_pending_ddl(const struct tables *tables, struct job *job);

/* Write the differences that tables_prepare() found as members of a run's
 * notes: columns_added, columns_widened and columns_left. An empty list is left
 * out. */
void tables_write_notes(const struct tables *tables, struct json_out *json);

/* True if a table of the plan does not exist, or if a user dropped one of its
 * columns. */
bool tables_miss_one(const struct tables *tables, const struct plan *plan);

/* True if a column of an existing table must get a wider type. */
bool tables_widen(const struct tables *tables, const struct plan *plan);

/* True if the values of a column get a mask, or another one. */
bool tables_remask(const struct tables *tables, const struct plan *plan);

/* True if a table of the plan exists; true if a user dropped one of the job's
 * columns. */
bool tables_any_there(const struct tables *tables, const struct plan *plan);
bool tables_lost_column(const struct tables *tables, const struct plan *plan);

/* Record in bulkpg.relation that the job owns the tables and their columns,
 * including columns that it no longer selects. Only queues the statements, on
 * the caller's connection, in its transaction: see pg/queue.h. `only_there`:
 * only tables that exist already, or whose history gets a mask. */
void tables_queue_save(const struct tables *tables, struct job *job,
                       bool only_there, struct pg_conn *conn);

#endif
