/*
 * query_files - which query files a store's jobs are.
 *
 *     queries/products.graphql         job products of every store
 *     queries/acme/products.graphql    the same job, for store acme only
 *
 * A job's name is its file's, without .graphql. What is wrong with one file
 * is that file's fault, so that the others run.
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
};

struct query_files {
    struct query_file *items; /* without jobs named: by their names */
    size_t count;
};

/* The files of the jobs named, in their order, a file named twice once; no
 * job named (NULL or empty): all that the store has, or those that its `jobs`
 * lists. A job is a name, or a path when it contains '/' or ends in .graphql.
 * All in the arena. ERR_USAGE for a job that there is not, naming those that
 * there are; ERR_CONFIG for one that the store's `jobs` lists and for a store
 * without any. */
MUST_CHECK bool
query_files_find(struct arena *arena, const struct store_config *store,
                 const char *const *jobs, struct query_files *files,
                 struct err *err);

/* What somebody put into queries/ and no run will read: a folder that is no
 * store's, a file that ends in .gql. Each is told, as a warning with a hint. */
typedef void query_files_stray_fn(void *ctx, const struct err *warning);
void query_files_find_strays(struct arena *arena, const struct config *config,
                             query_files_stray_fn *tell, void *ctx);

/* The job that a name or a path means: "products" of
 * "queries/products.graphql". In the arena. */
const char *query_files_job_name(struct arena *arena, const char *path);

#endif
