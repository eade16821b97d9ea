/*
 * query_files - finds the files of a store's jobs: queries and mutations.
 *
 *     queries/products.graphql         job products of every store
 *     queries/acme/products.graphql    the same job, for store acme only
 *     queries/gh/issues.graphql        a job of source gh
 *     mutations/prices.graphql         a mutation, with its SELECT in
 *     mutations/prices.sql
 *
 * A job has the name of its file without .graphql. An error in one file is a
 * fault of that file, so that the others run.
 */
#ifndef CONFIG_QUERY_FILES_H
#define CONFIG_QUERY_FILES_H

#include "base/arena.h"
#include "base/err.h"
#include "base/span.h"
#include "config/config.h"

struct query_file {
    const char *job;
    const char *path; /* as messages name it: "queries/products.graphql" */
    struct span text; /* ends in a NUL that is not counted */
    struct err fault; /* kind ERR_NONE: it could be read */

    /* Only of a mutation: */
    bool is_mutation;
    const char *sql_path; /* "mutations/prices.sql" */
    struct span sql;      /* its text */
    struct err sql_fault; /* kind ERR_NONE: it exists and could be read */
};

struct query_files {
    struct query_file *items; /* sorted by name, unless jobs are named */
    size_t count;
};

/* Find the files of the named jobs, in their order; a file that is named twice
 * appears once. If `jobs` is NULL or empty, find the store's `jobs`, or else
 * all of the store. A job is a name, or a path if it contains '/' or ends in
 * .graphql. Everything is in the arena. ERR_USAGE for a job that does not
 * exist, with a hint that lists the others. ERR_CONFIG for a missing job of the
 * store's `jobs`, and for a store without jobs. */
MUST_CHECK bool
query_files_find(struct arena *arena, const struct store_config *store,
                 const char *const *jobs, struct query_files *files,
                 struct err *err);

/* Does the store have this job? A path of another store's folder is not one of
 * its jobs, and one outside of its own folder is not a source's. */
bool query_files_has(struct arena *arena, const struct store_config *store,
                     const char *job);

/* Find the mutations that are named, or, if `jobs` is NULL or empty, all of the
 * store. A query of the same name is a fault of the mutation. ERR_USAGE for a
 * job that does not exist. */
MUST_CHECK bool
query_files_find_mutations(struct arena *arena,
                           const struct store_config *store,
                           const char *const *jobs, struct query_files *files,
                           struct err *err);
bool
query_files_has_mutation(struct arena *arena, const struct store_config *store,
                         const char *job);

/* Find what a user put into queries/ or mutations/ although nothing reads it: a
 * folder without a store of that name, a file that ends in .gql. Each is passed
 * to `on_stray` as a warning with a hint. */
typedef void query_files_stray_fn(void *ctx, const struct err *warning);
void query_files_find_strays(struct arena *arena, const struct config *config,
                             query_files_stray_fn *on_stray, void *ctx);

/* The job's name for a name or a path: "products" for
 * "queries/products.graphql". In the arena. */
const char *query_files_job_name(struct arena *arena, const char *path);

#endif
