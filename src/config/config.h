/*
 * config - bulkpg.ini: the database, the stores, and how patient to be.
 *
 *     [database]  [store *]  [store NAME]  [tuning]
 *
 * Read with libini_config. A fault of the file (an unknown section or key, a
 * duplicate, an indented key, a value that does not parse) names file and
 * line. A fault of one store's section is kept in that store, so that the
 * others run. Secrets are named, never written: `env:NAME`, `file:PATH`,
 * `cred:NAME`; they are resolved here and never printed.
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
    const char *ca_file; /* a path; "" : none is given */
    int64_t max_rejects;
    double max_delete_fraction;
    int64_t deadline_ms; /* 0: none */
    int64_t max_loads;   /* 0: what the database allows */
    int64_t journal_keep_ms;
    int64_t rejects_keep_ms;
};

struct config {
    struct arena arena;         /* everything below lives there */
    const char *path;           /* "bulkpg.ini"; NULL: flags only */
    const char *dsn;            /* "" : environment */
    const char *password;       /* names the secret; NULL: not given */
    const char *include;        /* glob of further files with stores; "" */
    int connections;            /* loader connections per running load */
    const char *const *readers; /* roles; NULL-terminated, never NULL */
    const char *readers_where;  /* "bulkpg.ini:4: "; "" : not given */
    struct store_config *stores;
    size_t store_count;
    struct tuning_config tuning;
};

/* Read `path`. When it does not exist and `required` is false, the defaults.
 * ERR_CONFIG otherwise. Secrets of a store are resolved here; a secret that
 * is missing or readable by others is that store's fault (or a warning, where
 * the file is not ours). Paths in it are relative to the folder of `path`.
 * After a failure there is nothing to free. */
MUST_CHECK bool config_read(struct config *config, const char *path,
                            bool required, struct err *err);
void config_free(struct config *config);

/* "there is no bulkpg.ini in" the current folder: ERR_CONFIG. */
bool config_missing(const char *path, struct err *err);

/* NULL when there is none of that name; names differ in more than case. */
struct store_config *
config_store(const struct config *config, const char *name);

/* A store out of flags alone: --domain D with SHOPIFY_ACCESS_TOKEN; `name`
 * NULL: the domain's first label; `domain` NULL: a store by name only, which
 * is enough for what needs no network. The domain may be an endpoint on this
 * machine, http://127.0.0.1:8080. A missing token or domain is the store's
 * fault. Moves the array of stores. */
MUST_CHECK bool config_add_store(struct config *config, const char *name,
                                 const char *domain, struct err *err);

#endif
