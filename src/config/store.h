/*
 * store - one store's settings: its own, over those of every store.
 *
 * A key is given by [store NAME], else by [store *], where %s is the store's
 * name, else by us. Of the two kinds of credentials, a token or a client, one
 * that the store's own section gives makes it forget the other kind of
 * [store *].
 */
#ifndef CONFIG_STORE_H
#define CONFIG_STORE_H

#include "base/arena.h"
#include "base/err.h"
#include "config/ini.h"
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

struct store_source {
    struct arena *arena;
    const char *directory;              /* that paths of secrets start from */
    const struct ini_section *defaults; /* [store *]; or NULL */
};

/* [store *] must make sense by itself: ERR_CONFIG for a value in it that does
 * not parse, since it would be a fault of every store. */
MUST_CHECK bool
store_config_check_defaults(const struct store_source *source, struct err *err);

/* Fill `store`; what is wrong with it is its fault. */
void store_config_read(const struct store_source *source,
                       const struct ini_section *section, const char *name,
                       struct store_config *store);

/* The same without a section: see config_add_store(). ERR_USAGE. */
MUST_CHECK bool
store_config_from_flags(struct arena *arena, const char *name,
                        const char *domain, struct store_config *store,
                        struct err *err);

#endif
