/*
 * Four forms: hooks list, hooks subscribe URL, hooks remove, hooks test TOPIC.
 *
 * The first three work on all stores side by side: each store collects rows,
 * which are printed when all stores have ended. If a topic or a store fails,
 * the others continue.
 *
 * Which topics are needed follows from the roots of the store's queries. The
 * queries are parsed, not planned, so no types are needed. If one of them
 * cannot be read, no subscription is removed because nothing needs it.
 *
 * `test` needs neither the store nor the database, see sample.h.
 */
#include <stdio.h>
#include <string.h>

#include "base/out.h"
#include "cli/process.h"
#include "command/commands.h"
#include "command/sample.h"
#include "config/query_files.h"
#include "graphql/document.h"
#include "job/control.h"
#include "live/subscriptions.h"

enum {
    TOPICS_MOST = 400,
    ROWS_MOST = 1500,
    DEPTH_MOST = 8, /* of fragments in the root of a query */
    URL_BYTES = 2048
};

struct row {
    const char *state;
    const char *topic;
    const char *url;
};

/* The work of one store. */
struct place {
    struct context *context;
    struct store_state *store;
    struct subscriptions subscriptions;
    const struct topic *needed[TOPICS_MOST];
    size_t needed_count;
    bool is_whole; /* all queries could be read */
    struct row *rows;
    size_t row_count;
    int status;
};

static void
add_row(struct place *place, const char *state, const char *topic,
        const char *url)
{
    if (place->row_count < ROWS_MOST)
        place->rows[place->row_count++] = (struct row){state, topic, url};
}

static void
note_failure(struct place *place, const char *message, const struct err *err)
{
    log_failure(LOG_ERROR, &place->subscriptions.log, message, err);
    place->status = err_worse_status(place->status, err_exit_status(err->kind));
}

/* ---- which topics are needed -------------------------------------------- */

static bool
needs(const struct place *place, const char *topic)
{
    for (size_t i = 0; i < place->needed_count; i++)
        if (strcmp(place->needed[i]->name, topic) == 0)
            return true;
    return false;
}

static void
need(struct place *place, const struct topic *topic)
{
    if (place->needed_count < TOPICS_MOST && !needs(place, topic->name))
        place->needed[place->needed_count++] = topic;
}

/* The fields of a query's root, also those in fragments. */
static void
need_roots(struct place *place, const struct gql_document *document,
           const struct gql_selection *selections, int depth)
{
    for (const struct gql_selection *s = selections; s != NULL; s = s->next) {
        const struct gql_fragment *fragment =
            s->kind == GQL_SPREAD ? gql_find_fragment(document, s->name) : NULL;
        const char *type =
            s->kind == GQL_FIELD ? topics_type_of_root(s->name) : NULL;
        const struct topic *topic = NULL;

        if (gql_is_skipped(s->directives))
            continue;
        while (type != NULL && (topic = topics_next(type, topic)) != NULL)
            need(place, topic);
        if (s->kind == GQL_INLINE_FRAGMENT && depth < DEPTH_MOST)
            need_roots(place, document, s->selections, depth + 1);
        if (fragment != NULL && depth < DEPTH_MOST)
            need_roots(place, document, fragment->selections, depth + 1);
    }
}

static bool
read_query(struct place *place, const struct query_file *file, struct err *err)
{
    struct gql_document *document;

    if (file->fault.kind != ERR_NONE) {
        *err = file->fault;
        return false;
    }
    if (!gql_parse(&place->subscriptions.arena, file->path, file->text,
                   &document, err))
        return false;
    for (const struct gql_operation *o = document->operations; o != NULL;
         o = o->next)
        if (o->kind == GQL_QUERY)
            need_roots(place, document, o->selections, 0);
    return true;
}

static bool
find_needed(struct place *place, struct err *err)
{
    struct query_files files;
    struct err why;

    if (!query_files_find(&place->subscriptions.arena, place->store->config,
                          NULL, &files, err))
        return false;
    place->is_whole = true;
    need(place, topics_find(span_str(TOPIC_FINISH)));
    for (size_t i = 0; i < files.count; i++)
        if (!read_query(place, &files.items[i], &why)) {
            place->is_whole = false;
            note_failure(place, "a query is left out", &why);
        }
    return true;
}

/* ---- list, subscribe, remove -------------------------------------------- */

static bool
is_recorded(const struct place *place, const char *id)
{
    const struct journal_hooks *recorded = &place->subscriptions.recorded;

    for (size_t i = 0; i < recorded->count; i++)
        if (strcmp(recorded->items[i].subscription_id, id) == 0)
            return true;
    return false;
}

static void
list_one(struct place *place)
{
    const struct subscriptions *all = &place->subscriptions;

    for (size_t i = 0; i < place->needed_count; i++)
        if (subscriptions_recorded(all, place->needed[i]->name) == NULL)
            add_row(place, "needed", place->needed[i]->name, "");
    for (size_t i = 0; i < all->recorded.count; i++) {
        const struct journal_hook *hook = &all->recorded.items[i];
        bool is_there =
            subscriptions_at_store(all, hook->subscription_id) != NULL;

        add_row(place,
                !is_there                   ? "missing"
                : needs(place, hook->topic) ? "subscribed"
                                            : "unneeded",
                hook->topic, hook->url);
    }
    for (size_t i = 0; i < all->webhooks.count; i++)
        if (!is_recorded(place, all->webhooks.items[i].id))
            add_row(place, "other", all->webhooks.items[i].topic,
                    all->webhooks.items[i].uri);
}

static void
remove_one(struct place *place, const struct journal_hook *hook)
{
    struct err err;

    if (subscriptions_remove(&place->subscriptions, hook, &err))
        add_row(place, "removed", hook->topic, hook->url);
    else
        note_failure(place, "a webhook subscription was not removed", &err);
}

static void
subscribe_one(struct place *place, const struct topic *topic, const char *url)
{
    static const char *const states[] = {[SUBSCRIPTION_KEPT] = "kept",
                                         [SUBSCRIPTION_MADE] = "made",
                                         [SUBSCRIPTION_CHANGED] = "changed"};
    enum subscription_change change;
    struct err err;

    if (subscriptions_make(&place->subscriptions, topic, url, &change, &err))
        add_row(place, states[change], topic->name, url);
    else
        note_failure(place, "a topic is not subscribed to", &err);
}

static void
subscribe_all(struct place *place, const char *url)
{
    const struct journal_hooks *recorded = &place->subscriptions.recorded;

    for (size_t i = 0; i < place->needed_count; i++) {
        if (tasks_stopping())
            return;
        subscribe_one(place, place->needed[i], url);
    }
    for (size_t i = 0; i < recorded->count && place->is_whole; i++)
        if (!needs(place, recorded->items[i].topic))
            remove_one(place, &recorded->items[i]);
}

static bool
work(struct place *place, struct err *err)
{
    const char *const *words = place->context->options->arguments;
    const char *form = words[0] != NULL ? words[0] : "list";
    const struct journal_hooks *recorded = &place->subscriptions.recorded;

    if (place->store->config->fault.kind != ERR_NONE) {
        *err = place->store->config->fault;
        return false;
    }
    if (!subscriptions_read(&place->subscriptions, place->context, place->store,
                            err))
        return false;
    if (strcmp(form, "remove") == 0) {
        for (size_t i = 0; i < recorded->count; i++)
            remove_one(place, &recorded->items[i]);
        return true;
    }
    if (!find_needed(place, err))
        return false;
    if (strcmp(form, "subscribe") == 0)
        subscribe_all(place, words[1]);
    else
        list_one(place);
    return true;
}

static void
run_place(void *ctx)
{
    struct place *place = ctx;
    struct err err;

    if (!work(place, &err))
        note_failure(place, "the store is left out", &err);
}

/* ---- all stores --------------------------------------------------------- */

static bool
is_named(const struct context *context, const char *name)
{
    for (const char *const *s = context->options->stores; *s != NULL; s++)
        if (strcmp(*s, name) == 0)
            return true;
    return false;
}

/* The stores that the command uses; sources have no webhooks. */
static bool
collect(struct context *context, struct arena *arena, struct place **places,
        size_t *count, struct err *err)
{
    *count = 0;
    *places = arena_array(arena, context->config.store_count, sizeof(**places));
    for (size_t i = 0; i < context->config.store_count; i++) {
        struct store_state *store = &context->stores[i];
        struct place *place = &(*places)[*count];

        if (!context_wants_store(context, store->config))
            continue;
        if (store->config->preset != NULL) {
            if (!is_named(context, store->config->name))
                continue;
            return err_set(err, MSG_BAD_ARGUMENTS,
                           "%s is a source, and only Shopify's stores have "
                           "webhooks",
                           store->config->name);
        }
        place->context = context;
        place->store = store;
        place->subscriptions.log.store = store->config->name;
        place->rows = arena_array(arena, ROWS_MOST, sizeof(*place->rows));
        ++*count;
    }
    return *count > 0 ||
           err_set(err, MSG_NO_STORE, "no store of Shopify is configured");
}

static void
print_rows(const struct place *place)
{
    for (size_t i = 0; i < place->row_count; i++) {
        const struct row *row = &place->rows[i];

        out_line(stdout, "%s %-10s %s%s%s", place->store->config->name,
                 row->state, row->topic, row->url[0] != '\0' ? " " : "",
                 row->url);
    }
}

static int
run_places(struct context *context, struct place *places, size_t count)
{
    struct task_group group = {0};
    int status = 0;

    for (size_t i = 0; i < count; i++)
        task_group_spawn(&group, "hooks", run_place, &places[i]);
    task_group_wait(&group);
    for (size_t i = 0; i < count; i++) {
        if (!context->options->quiet)
            print_rows(&places[i]);
        status = err_worse_status(status, places[i].status);
        subscriptions_free(&places[i].subscriptions);
    }
    return status;
}

/* Shopify refuses every other address, store after store. */
static bool
check_url(const char *url, struct err *err)
{
    static const char https[] = "https://";
    size_t length = strlen(url);

    if (strncmp(url, https, sizeof(https) - 1) == 0 &&
        length >= sizeof(https) && length < URL_BYTES &&
        strcspn(url, " \t\r\n\"<>") == length)
        return true;
    err_set(err, MSG_NOT_HTTPS,
            "hooks subscribe: %.200s is not an address "
            "that begins with https://",
            url);
    err_as(err, ERR_USAGE);
    return err_hint(err, "Shopify sends webhooks to https only: give the "
                         "address of the proxy before bulkpg listen");
}

static int
manage(struct context *context)
{
    const char *const *words = context->options->arguments;
    bool makes = words[0] == NULL || strcmp(words[0], "remove") != 0;
    struct arena arena = {0};
    struct place *places;
    struct err err;
    size_t count;
    int status;

    if ((words[0] == NULL || words[1] == NULL || check_url(words[1], &err)) &&
        context_configure(context, &err) &&
        collect(context, &arena, &places, &count, &err) &&
        control_open(context, makes, &err))
        status = run_places(context, places, count);
    else
        status =
            makes ? process_fail(&err) : process_fail_without_journal(&err);
    arena_free(&arena);
    return status;
}

/* ---- test --------------------------------------------------------------- */

static bool
find_topic(const char *name, const struct topic **topic, struct err *err)
{
    *topic = topics_find(span_str(name));
    return *topic != NULL ||
           err_set(err, MSG_UNKNOWN_TOPIC,
                   "hooks test: no job can need the topic \"%.100s\"", name);
}

static int
test(struct context *context)
{
    const struct topic *topic;
    struct arena arena = {0};
    struct place *places;
    struct err err;
    size_t count;
    bool ok = find_topic(context->options->arguments[1], &topic, &err) &&
              context_configure(context, &err) &&
              collect(context, &arena, &places, &count, &err) &&
              (count == 1 || err_set(&err, MSG_SEVERAL_STORES,
                                     "hooks test sends the webhook of one "
                                     "store, but %zu are configured",
                                     count)) &&
              sample_send(context, places[0].store->config, topic, &err);

    arena_free(&arena);
    return ok ? 0 : process_fail(&err);
}

/* ---- the command -------------------------------------------------------- */

static int
hooks(struct context *context)
{
    const char *form = context->options->arguments[0];

    return form != NULL && strcmp(form, "test") == 0 ? test(context)
                                                     : manage(context);
}

int
command_hooks(const struct options *options)
{
    return process_run(options, hooks);
}
