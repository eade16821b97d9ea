/*
 * relation - bulkpg.relation: the tables that are ours.
 */
#ifndef JOURNAL_RELATION_H
#define JOURNAL_RELATION_H

#include "journal/journal.h"

struct journal_relation {
    const char *table_schema;
    const char *table_name;
    const char *store;
    const char *job;
    const char *file;    /* the job's file, its whole path */
    const char *path;    /* GraphQL path: products.variants */
    const char *columns; /* JSON array of {"name","type","path","gid_type"} */
};

struct journal_relations {
    struct journal_relation *relations; /* by schema and name */
    size_t count;
};

/* *relation NULL: not ours. */
MUST_CHECK bool
journal_relation(struct journal *journal, const char *table_schema,
                 const char *table_name, struct arena *arena,
                 struct journal_relation **relation, struct err *err);

/* `store`, `job` NULL: any. */
MUST_CHECK bool
journal_list_relations(struct journal *journal, const char *store,
                       const char *job, struct arena *arena,
                       struct journal_relations *relations, struct err *err);

/* Those of one job that still exist in the database. */
MUST_CHECK bool
journal_job_tables(struct journal *journal, const char *store, const char *job,
                   struct arena *arena, struct journal_relations *relations,
                   struct err *err);

/* Added or replaced, the owner too. */
MUST_CHECK bool
journal_relation_save_in(struct pg_conn *conn,
                         const struct journal_relation *relation,
                         struct err *err);

/* It is gone, or no longer ours. */
MUST_CHECK bool
journal_relation_forget(struct journal *journal, const char *table_schema,
                        const char *table_name, struct err *err);

#endif
