/*
 * config - reads bulkpg.ini: the database, the stores, and tuning.
 *
 *     [database]  [store *]  [store NAME]  [source NAME]  [tuning]  [archive]
 *     [privacy]
 *
 * libini_config parses it. An error of the file (an unknown section or key, a
 * duplicate, an indented key, a value that is not valid) names file and line.
 * An error in one store's section is kept in that store, so that the others
 * run. Secrets are named, not written: `env:NAME`, `file:PATH`, `cred:NAME`.
 * They are read here and never printed.
 */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "config/store.h"

struct tuning_config {
    int64_t poll_initial_ms;
    int64_t poll_max_ms;
    int64_t retry_initial_ms;
    int64_t retry_max_ms;
    int64_t retry_budget_ms;
    int64_t stall_timeout_ms;
    int64_t request_timeout_ms;
    const char *ca_file; /* a path; "": not given */
    int64_t max_rejects;
    double max_delete_fraction;
    int64_t deadline_ms;   /* 0: none */
    int64_t max_loads;     /* 0: what the database allows */
    int64_t compare_bytes; /* for the hashes of rows; 0: none are read */
    int64_t journal_keep_ms;
    int64_t rejects_keep_ms;
    int64_t push_keep_ms;
};

/* [archive] */
struct archive_config {
    const char *directory; /* "": results are not archived */
    int64_t keep_ms;
};

/* [privacy] */
struct privacy_config {
    const char *key; /* a reference to the secret; NULL: not given */
};

struct config {
    struct arena arena;   /* everything below lives there */
    const char *path;     /* "bulkpg.ini"; NULL: flags only */
    const char *dsn;      /* "": libpq's variables and files */
    const char *password; /* a reference to the secret; NULL: not given */
    const char *include;  /* pattern of further files with stores; "": none */
    int connections;      /* loader connections per running load */
    const char *const *readers;  /* roles; NULL-terminated, never NULL */
    const char *readers_where;   /* "bulkpg.ini:4: "; "" : not given */
    struct store_config *stores; /* and sources, in the order of the file */
    size_t store_count;
    struct tuning_config tuning;
    struct archive_config archive;
    struct privacy_config privacy;
};

/* Read `path`. If it does not exist and `required` is false, the result has the
 * defaults. Else ERR_CONFIG. The secrets of stores are read here. A secret that
 * is missing, or that others can read, is a fault of that store (or a warning,
 * if the file belongs to another user). Paths are relative to the folder of
 * `path`. After a failure there is nothing to free. */
MUST_CHECK bool config_read(struct config *config, const char *path,
                            bool required, struct err *err);
void config_free(struct config *config);

/* Set the error "cannot find bulkpg.ini in FOLDER", for the current folder:
 * ERR_CONFIG. Returns false. */
bool config_missing(const char *path, struct err *err);

/* NULL if no store has this name. Two names never differ only in case. */
struct store_config *
config_store(const struct config *config, const char *name);

/* Add a store from options: --domain D with SHOPIFY_ACCESS_TOKEN. If `name` is
 * NULL, it is the domain's first label. If `domain` is NULL, the store has only
 * a name, which is enough for commands that need no network. The domain may be
 * an endpoint on this machine, http://127.0.0.1:8080. A missing token or domain
 * is a fault of the store. Moves the array of stores. */
MUST_CHECK bool config_add_store(struct config *config, const char *name,
                                 const char *domain, struct err *err);

#endif
