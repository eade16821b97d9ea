/*
 * shops - which stores a webhook is for, with which secrets it may be signed,
 * and which jobs it concerns.
 *
 * A store is a section of bulkpg.ini. Several sections may have one domain, for
 * example with other queries. All of them get its events, and each of their
 * secrets is valid.
 */
#ifndef HOOK_SHOPS_H
#define HOOK_SHOPS_H

#include "config/store.h"
#include "hook/delivery.h"

/* A job that has roots of a type. A job may have several types. */
struct shop_job {
    const char *job;
    const char *type;
};

struct shop {
    const struct store_config *config;
    struct shop_job *jobs;
    size_t job_count;
    struct arena arena; /* of `jobs` */
};

struct shops {
    struct shop *items;
    size_t count;
};

/* Stores that are disabled, have a fault or have no domain, and sources, get no
 * webhooks. The configuration is borrowed. No jobs are read yet. */
void shops_init(struct shops *shops, const struct store_config *stores,
                size_t count);
void shops_free(struct shops *shops);

/* Can webhooks of the shop be verified? One of the sections of its domain must
 * have a secret. */
bool shops_has_secret(const struct shops *shops, const struct shop *shop);

/* Read the shop's queries, and find the types of their roots. A query that
 * cannot be read or parsed keeps those that it had; all keep them if the files
 * cannot be found. What jobs pointed to before is freed. */
void shop_read_jobs(struct shop *shop);

/* The next section of the domain after `last`, or the first one if `last` is
 * NULL; NULL: no further one. */
const struct shop *shops_next(const struct shops *shops, struct span domain,
                              const struct shop *last);

/* The shop that a request comes from: the signature is that of a secret of its
 * domain, and if the path names a store, it is a section of this domain. NULL
 * with the reason: "unknown shop", "wrong store in the path", "no signature",
 * "no secret", "wrong signature". */
const struct shop *
shops_verify(const struct shops *shops, const struct delivery *delivery,
             const char **reason);

#endif
