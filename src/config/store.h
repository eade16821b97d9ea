/*
 * store - the settings of one store.
 *
 * A key's value comes from [store NAME], else from [store *], where %s is
 * replaced by the store's name, else it is the key's initial value. If the
 * store's own section gives one of the two kinds of credentials, a token or a
 * client, the other kind of [store *] is ignored.
 */
#ifndef CONFIG_STORE_H
#define CONFIG_STORE_H

#include "base/arena.h"
#include "base/err.h"
#include "config/ini.h"
#include "dialect/preset.h"
#include "plan/plan.h"

/* A header of each request to a source: "name: before" and the secret. */
struct store_header {
    const char *name;
    const char *before; /* the text, or what comes before the secret */
    const char *secret; /* NULL: none */
};

struct store_config {
    const char *name;
    const char *section;     /* "bulkpg.ini:12" or "--domain", for messages */
    const char *base_url;    /* https://acme.myshopify.com or the endpoint; of a
                           * source the whole URL, which may have {at} */
    const char *domain;      /* acme.myshopify.com; "" with only an endpoint */
    const char *api_version; /* of a source: base_url */
    const char *schema;      /* of its tables */
    const char *token;       /* the secret itself; or NULL */
    const char *client_id;
    const char *client_secret;
    const char *webhook_secret;
    const char *refresh_token_file; /* a path; or NULL */
    const char *const *jobs;        /* NULL-terminated; NULL: all */
    int64_t every_ms;          /* for queries without @every; see job/due.h */
    enum plan_deletes deletes; /* for queries without @deletes(mode:) */
    int64_t page;              /* rows of a page; 0: as the API has it */
    int64_t concurrency;       /* requests in flight */
    double share;              /* of the API's rate that bulkpg takes */

    /* Of a source; see config/source_config.h. */
    const struct preset *preset; /* NULL: it is a store, not a source */
    const struct store_header *headers;
    size_t header_count;
    const char *types_file; /* the path of schema_file; NULL: introspection */
    const char *branch;

    bool enabled;     /* if not, `fault` says so, and no secret is read */
    struct err fault; /* kind ERR_NONE: usable */
};

struct store_source {
    struct arena *arena;
    const char *directory; /* base of the relative paths of secrets */
    const struct ini_section *defaults; /* [store *]; or NULL */
};

/* Check [store *] by itself. ERR_CONFIG for a value that is not valid, because
 * it would be a fault of every store. */
MUST_CHECK bool
store_config_check_defaults(const struct store_source *source, struct err *err);

/* Fill in `store`. An error becomes its fault. */
void store_config_read(const struct store_source *source,
                       const struct ini_section *section, const char *name,
                       struct store_config *store);

/* Set the fault of a disabled store, unless it has another one. A command that
 * names the store reports it. */
void store_config_note_disabled(struct store_config *store);

/* "store", or "source", for messages. */
const char *store_config_kind(const struct store_config *store);

/* Fill in a store without a section: see config_add_store(). ERR_USAGE. */
MUST_CHECK bool
store_config_from_flags(struct arena *arena, const char *name,
                        const char *domain, struct store_config *store,
                        struct err *err);

#endif
