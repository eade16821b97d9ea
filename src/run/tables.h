/*
 * tables - a job's tables as the journal and the database have them.
 *
 * Whose they are, whether they take the plan's rows, what they remember of
 * its ids, and which columns the plan adds or no longer fills.
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

/* By plan table; all in the job's arena. */
struct tables {
    bool has_schema;
    const char **differences[TABLES_DIFFERENCES]; /* as tables_prepare() found
                        * them: "table.column", the last one is NULL */
    struct target *targets;
    const struct json **known; /* columns as bulkpg.relation has them */
    const struct json ***left; /* those of `known` that the job created and no
                        * longer fills; the last one is NULL */
    struct target_memory *memory; /* what the journal knows of them */
};

/* Look; and again whenever a column has widened meanwhile. Refused (ERR_CONFIG)
 * when another job or store owns a table whose file still stands, or nobody
 * does; ERR_FAILED or ERR_DENIED when a table cannot take the rows. Learns the
 * gid types that the journal remembers. */
MUST_CHECK bool
tables_inspect(struct tables *tables, struct job *job, struct err *err);

/* The first look of a run, before anything is asked of the store; makes the
 * schema if there is none. */
MUST_CHECK bool
tables_prepare(struct tables *tables, struct job *job, struct err *err);

/* Write what tables_prepare() found as members of the notes of a run:
 * columns_added, columns_widened and columns_left, those that have any. */
void tables_write_notes(const struct tables *tables, struct json_out *json);

/* Is a table of the plan not there yet, or was a column of it dropped by
 * hand? */
bool tables_miss_one(const struct tables *tables, const struct plan *plan);

/* Must a column of a table that is there get a wider type? */
bool tables_widen(const struct tables *tables, const struct plan *plan);

/* Is any table of the plan there? And was a column of one dropped by hand? */
bool tables_any_there(const struct tables *tables, const struct plan *plan);
bool tables_lost_column(const struct tables *tables, const struct plan *plan);

/* Write into bulkpg.relation which tables and columns are the job's; those no
 * longer selected stay the job's. On a connection of the caller's, in its
 * transaction. Only those that are there (and get new columns), or all. */
MUST_CHECK bool
tables_save_in(const struct tables *tables, struct job *job, bool only_there,
               struct pg_conn *conn, struct err *err);

#endif
