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

#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "plan/plan.h"

struct store_config {
    const char *name;
    const char *section;  /* "bulkpg.ini:12" or "--domain", for messages */
    const char *base_url; /* https://acme.myshopify.com or the endpoint */
    const char *domain;   /* acme.myshopify.com; "" with an endpoint only */
    const char *api_version;
    const char *schema; /* of its tables */
    const char *token;  /* resolved secret; or NULL */
    const char *client_id;
    const char *client_secret;
    const char *refresh_token_file; /* a path; or NULL */
    const char *const *jobs;        /* NULL-terminated; NULL: all */
    enum plan_deletes deletes; /* of queries that do not say it themselves */
    bool enabled;              /* else a fault: no secret is resolved */
    struct err fault;          /* kind ERR_NONE: usable */
};

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

/* Names of stores and jobs: they become names of schemas and files. */
static inline bool
config_is_name(const char *text)
{
    size_t length = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                 "abcdefghijklmnopqrstuvwxyz0123456789_-");

    return length > 0 && length <= 63 && text[length] == '\0';
}

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
