/*
 * The types of the roots are found in the queries' documents alone, without the
 * store's types.
 *
 * Hazards. A request is not trusted before its signature is verified: its
 * domain only says which secrets to try. The documents are not checked, so
 * fragments may include each other.
 */
#include "hook/shops.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "config/query_files.h"
#include "graphql/document.h"
#include "hook/signature.h"

enum { FRAGMENTS_DEEP = 8 };

static bool
gets_webhooks(const struct store_config *store)
{
    return store->enabled && store->fault.kind == ERR_NONE &&
           store->preset == NULL && store->domain[0] != '\0';
}

void
shops_init(struct shops *shops, const struct store_config *stores, size_t count)
{
    *shops = (struct shops){.items = mem_array(count, sizeof(*shops->items))};
    for (size_t i = 0; i < count; i++)
        if (gets_webhooks(&stores[i]))
            shops->items[shops->count++].config = &stores[i];
}

static void
free_jobs(struct shop *shop)
{
    free(shop->jobs);
    arena_free(&shop->arena);
}

void
shops_free(struct shops *shops)
{
    for (size_t i = 0; i < shops->count; i++)
        free_jobs(&shops->items[i]);
    free(shops->items);
}

/* ---- jobs ---------------------------------------------------------------- */

/* Both texts must last as long as the shop's arena. */
static void
add_job(struct shop *shop, const char *job, const char *type)
{
    for (size_t i = 0; i < shop->job_count; i++)
        if (strcmp(shop->jobs[i].job, job) == 0 &&
            strcmp(shop->jobs[i].type, type) == 0)
            return;
    shop->jobs =
        mem_resize(shop->jobs, (shop->job_count + 1) * sizeof(*shop->jobs));
    shop->jobs[shop->job_count++] = (struct shop_job){job, type};
}

/* The document is not checked, so its fragments may include each other. */
static void
add_roots(struct shop *shop, const char *job,
          const struct gql_document *document,
          const struct gql_selection *selections, int deep)
{
    for (; selections != NULL && deep < FRAGMENTS_DEEP;
         selections = selections->next) {
        const struct gql_fragment *fragment = NULL;
        const char *type = NULL;

        if (gql_is_skipped(selections->directives))
            continue;
        if (selections->kind == GQL_FIELD)
            type = topics_type_of_root(selections->name);
        else if (selections->kind == GQL_INLINE_FRAGMENT)
            add_roots(shop, job, document, selections->selections, deep + 1);
        else
            fragment = gql_find_fragment(document, selections->name);
        if (type != NULL)
            add_job(shop, job, type);
        if (fragment != NULL)
            add_roots(shop, job, document, fragment->selections, deep + 1);
    }
}

/* The job's roots as they were read before. */
static void
keep_job(struct shop *shop, const struct shop *before, const char *job)
{
    for (size_t i = 0; i < before->job_count; i++)
        if (strcmp(before->jobs[i].job, job) == 0)
            add_job(shop, job, before->jobs[i].type);
}

static void
add_query(struct shop *shop, const struct shop *before,
          const struct query_file *file, struct arena *scratch)
{
    const char *job = arena_strdup(&shop->arena, file->job);
    struct gql_document *document;
    struct err ignored;

    if (file->fault.kind != ERR_NONE ||
        !gql_parse(scratch, file->path, file->text, &document, &ignored)) {
        keep_job(shop, before, job); /* a run of the job reports it */
        return;
    }
    for (const struct gql_operation *operation = document->operations;
         operation != NULL; operation = operation->next)
        if (operation->kind == GQL_QUERY)
            add_roots(shop, job, document, operation->selections, 0);
}

void
shop_read_jobs(struct shop *shop)
{
    struct shop now = {.config = shop->config};
    struct query_files files;
    struct arena scratch = {0};
    struct err ignored;

    if (query_files_find(&scratch, shop->config, NULL, &files, &ignored)) {
        for (size_t i = 0; i < files.count; i++)
            add_query(&now, shop, &files.items[i], &scratch);
        free_jobs(shop);
        *shop = now;
    }
    arena_free(&scratch);
}

/* ---- requests ------------------------------------------------------------ */

const struct shop *
shops_next(const struct shops *shops, struct span domain,
           const struct shop *last)
{
    size_t i = last != NULL ? (size_t)(last - shops->items) + 1 : 0;

    for (; i < shops->count; i++) {
        const char *own = shops->items[i].config->domain;

        if (strlen(own) == domain.length &&
            strncasecmp(own, domain.bytes, domain.length) == 0)
            return &shops->items[i];
    }
    return NULL;
}

static bool
has_own_secret(const struct store_config *store)
{
    return store->client_secret != NULL || store->webhook_secret != NULL;
}

bool
shops_has_secret(const struct shops *shops, const struct shop *shop)
{
    struct span domain = span_str(shop->config->domain);

    for (shop = shops_next(shops, domain, NULL); shop != NULL;
         shop = shops_next(shops, domain, shop))
        if (has_own_secret(shop->config))
            return true;
    return false;
}

/* Webhooks that were made by hand in the store's admin are signed with another
 * secret than those of an app, so a store may have both. */
static bool
is_signed_by(const struct store_config *store, const struct delivery *delivery)
{
    return (store->client_secret != NULL &&
            signature_is(delivery->signature, span_str(store->client_secret),
                         delivery->body)) ||
           (store->webhook_secret != NULL &&
            signature_is(delivery->signature, span_str(store->webhook_secret),
                         delivery->body));
}

/* Does the path name a section of the domain, or none? */
static bool
path_is_right(const struct shops *shops, const struct delivery *delivery)
{
    const struct shop *shop = NULL;

    if (delivery->store.length == 0)
        return true;
    while ((shop = shops_next(shops, delivery->domain, shop)) != NULL)
        if (span_is(delivery->store, shop->config->name))
            return true;
    return false;
}

const struct shop *
shops_verify(const struct shops *shops, const struct delivery *delivery,
             const char **reason)
{
    const struct shop *shop = shops_next(shops, delivery->domain, NULL);

    if (shop == NULL)
        *reason = "unknown shop";
    else if (!path_is_right(shops, delivery))
        *reason = "wrong store in the path";
    else if (delivery->signature.length == 0)
        *reason = "no signature";
    else if (!shops_has_secret(shops, shop))
        *reason = "no secret";
    else
        *reason = NULL;
    if (*reason != NULL)
        return NULL;
    for (; shop != NULL; shop = shops_next(shops, delivery->domain, shop))
        if (is_signed_by(shop->config, delivery))
            return shop;
    *reason = "wrong signature";
    return NULL;
}
