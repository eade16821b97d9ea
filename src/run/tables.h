/*
 * tables - a job's tables as the journal and the database have them.
 *
 * Whose they are, whether they take the plan's rows, what they remember of
 * its ids, and which columns the plan adds or no longer fills.
 */
#ifndef RUN_TABLES_H
#define RUN_TABLES_H

#include "job/job.h"
#include "load/target.h"

/* By plan table; all in the job's arena. */
struct tables {
    bool has_schema;
    struct target *targets;
    const struct json **known; /* columns as bulkpg.relation has them */
    const char **left; /* columns that are ours but no longer in the plan, as
                        * bulkpg.relation has them, joined by commas; "" */
    struct target_memory *memory; /* what the journal knows of them */
};

/* Look; and again whenever a column has widened meanwhile. Refused (ERR_CONFIG)
 * when another job or store owns a table whose file still stands, or nobody
 * does; ERR_FAILED or ERR_DENIED when a table cannot take the rows. Learns the
 * gid types that the journal remembers. */
MUST_CHECK bool
tables_inspect(struct tables *tables, struct job *job, struct err *err);

/* The columns of one table as bulkpg.relation keeps them: a JSON array, in
 * the job's arena. Those no longer selected stay in it. */
const char *
tables_relation_columns(const struct tables *tables, struct job *job,
                        const struct plan_table *table);

/* What the run's record says of columns: members of a JSON object,
 * columns_added, columns_widened and columns_left, each with its comma behind
 * it, in the job's arena. */
const char *tables_notes(const struct tables *tables, struct job *job);

#endif
