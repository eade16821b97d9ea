/*
 * relation - bulkpg.relation: the tables that bulkpg owns, each for one job of
 * one store.
 */
#ifndef JOURNAL_RELATION_H
#define JOURNAL_RELATION_H

#include "journal/journal.h"

struct journal_relation {
    const char *table_schema;
    const char *table_name;
    const char *store;
    const char *job;
    const char *file;    /* absolute path of the job's query file */
    const char *path;    /* path in the query: "products.variants" */
    const char *columns; /* JSON array of {"name","type","path","gid_type"} */
    const char *hash_definition; /* see load/hash.h; NULL: not known */
    const char *is_uneven;       /* "t", "f" */
};

struct journal_relations {
    struct journal_relation *relations; /* sorted by schema and name */
    size_t count;
};

/* Look up one table. *relation is NULL if bulkpg does not own it. */
MUST_CHECK bool
journal_relation(struct journal *journal, const char *table_schema,
                 const char *table_name, struct arena *arena,
                 struct journal_relation **relation, struct err *err);

/* List the tables of a store and job; NULL: any. */
MUST_CHECK bool
journal_list_relations(struct journal *journal, const char *store,
                       const char *job, struct arena *arena,
                       struct journal_relations *relations, struct err *err);

/* List the tables of one job that still exist in the database. */
MUST_CHECK bool
journal_job_tables(struct journal *journal, const char *store, const char *job,
                   struct arena *arena, struct journal_relations *relations,
                   struct err *err);

/* Add a table, or replace its entry, including the owner. hash_definition and
 * is_uneven stay as they are if they are NULL. */
void journal_queue_relation(struct pg_conn *conn,
                            const struct journal_relation *relation);

/* Ask ahead what journal_relation() asks: see pg/queue.h. */
void journal_relation_ahead(struct pg_conn *conn, const void *owner,
                            const char *table_schema, const char *table_name);

#endif
