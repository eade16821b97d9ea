/*
 * store - bulkpg.store, the details of each store, and bulkpg.graphql_type, a
 * cache of its GraphQL types.
 */
#ifndef JOURNAL_STORE_H
#define JOURNAL_STORE_H

#include "base/span.h"
#include "journal/journal.h"

/* ---- stores ------------------------------------------------------------ */

struct journal_store {
    const char *store;
    const char *domain;
    const char *schema;
    const char *shop_id;
    const char *currency_code;
    const char *iana_timezone;
    const char *plan;
    const char *scopes; /* "read_orders,read_products" */
    const char *checked_at;
    int64_t checked_age_ms;
};

/* Save the details of a store, and set checked_at to the current time. */
MUST_CHECK bool
journal_store_save(struct journal *journal, const struct journal_store *store,
                   struct err *err);

/* *store is NULL if the store was never checked. */
MUST_CHECK bool
journal_store(struct journal *journal, const char *name, struct arena *arena,
              struct journal_store **store, struct err *err);

/* ---- cache of types ---------------------------------------------------- */

struct journal_type {
    const char *name;
    struct span json; /* the introspection object; empty: the store has no
                       * type of this name */
    int64_t age_ms;   /* since it was fetched */
};

struct journal_types {
    struct journal_type *types; /* sorted by name */
    size_t count;
};

/* Look up `names` in the cache; NULL: all types. Names that are not in the
 * cache are left out. */
MUST_CHECK bool journal_types(struct journal *journal, const char *store,
                              const char *api_version, const char *const *names,
                              size_t count, struct arena *arena,
                              struct journal_types *types, struct err *err);

/* All types in the cache. Too many are not read: then *complete is false, and
 * there are none. */
MUST_CHECK bool
journal_all_types(struct journal *journal, const char *store,
                  const char *api_version, struct arena *arena,
                  struct journal_types *types, bool *complete, struct err *err);

/* Save types and the name of the query type; NULL: leave it. */
MUST_CHECK bool
journal_types_save(struct journal *journal, const char *store,
                   const char *api_version, const char *query_type,
                   const struct journal_types *types, struct err *err);

/* The name of the query type; NULL: not known. */
MUST_CHECK bool journal_query_type(struct journal *journal, const char *store,
                                   const char *api_version, struct arena *arena,
                                   const char **name, struct err *err);

/* Ask ahead what journal_store(), journal_query_type() and journal_all_types()
 * ask: see pg/queue.h. */
void journal_details_ahead(struct pg_conn *conn, const void *owner,
                           const char *store);
void journal_store_ahead(struct pg_conn *conn, const void *owner,
                         const char *store, const char *api_version);

#endif
