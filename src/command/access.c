/* check asks three questions about a store, in this order: does it answer (its
 * shop), which scopes does the app have, and which scopes do the queries need?
 *
 * For the last one each query is sent as an ordinary query for the first row of
 * each connection. A query that is read by pages is sent as its first page, of
 * one row. If a scope is missing, the store answers ACCESS_DENIED with
 * a text, and bulkpg finds the scope's name in the text. A query can also fail
 * because it is wrong, or because of a fault of the store. Faults of the store
 * are collected and reported in one line.
 *
 * Orders are special: without read_all_orders the store shows only the orders
 * of the last 60 days, without any error. check warns about that if a query
 * asks for orders. */
#include "command/access.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "job/first_rows.h"
#include "job/shop_info.h"
#include "job/store.h"
#include "plan/mask.h"
#include "plan/pages.h"

#define HIDDEN_WORDS \
    "an error whose words are not shown, because the query has @mask"

enum { DAY_S = 24 * 3600, SOON_DAYS = 92, SCOPES_BYTES = 16 * 1024 };

/* ---- scopes ------------------------------------------------------------ */

static bool
has_scope(const struct scopes *scopes, const char *name)
{
    for (size_t i = 0; i < scopes->count; i++)
        if (strcmp(scopes->names[i], name) == 0)
            return true;
    return false;
}

static void
add_scope(struct scopes *scopes, struct arena *arena, struct span name)
{
    const char *text = arena_dup(arena, name);

    if (name.length > 0 && scopes->count < ACCESS_SCOPES_MAX &&
        !has_scope(scopes, text))
        scopes->names[scopes->count++] = text;
}

/* "read_orders,read_products" */
static void
add_scopes(struct scopes *scopes, struct arena *arena, const char *list)
{
    while (*list != '\0') {
        size_t length = strcspn(list, ",");

        add_scope(scopes, arena, span_of(list, length));
        list += length + (list[length] == ',');
    }
}

/* The first scope in a text such as "`read_orders` access scope or `read_x`
 * access scope". An empty span if the text names no scope. */
static struct span
find_scope(const char *text)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789_";

    for (; (text = strchr(text, '`')) != NULL; text++) {
        size_t length = strspn(text + 1, letters);

        if (text[1 + length] == '`' && (strncmp(text + 1, "read_", 5) == 0 ||
                                        strncmp(text + 1, "write_", 6) == 0))
            return span_of(text + 1, length);
    }
    return span_of("", 0);
}

/* ---- the store --------------------------------------------------------- */

/* Returns when support for an API version ends, in seconds since 1970; -1 if
 * that is not known. A version appears on the first day of a quarter, and is
 * supported for a year and until the 16th.
 *
 *     https://shopify.dev/docs/api/usage/versioning */
static int64_t
version_end_s(const char *version)
{
    struct tm end = {.tm_mday = 16, .tm_hour = 15};
    int year, month;

    if (sscanf(version, "%4d-%2d", &year, &month) != 2)
        return -1;
    end.tm_year = year + 1 - 1900;
    end.tm_mon = month - 1;
    return (int64_t)timegm(&end);
}

static void
check_version(const struct store_config *config, const struct shop *shop,
              const char *what, struct verdicts *verdicts)
{
    int64_t end_s = version_end_s(config->api_version);
    int64_t left_s = end_s - clock_wall_us() / 1000000;
    char day[CLOCK_UTC_BYTES];
    struct err err;

    if (shop->api_version[0] != '\0' &&
        strcmp(shop->api_version, config->api_version) != 0)
        err_set(&err, MSG_API_VERSION,
                "bulkpg asks for API version %s, but the store answers "
                "with %s",
                config->api_version, shop->api_version);
    else if (end_s >= 0 && left_s < INT64_C(1) * SOON_DAYS * DAY_S)
        err_set(&err, MSG_API_VERSION, "API version %s %s on %.10s",
                config->api_version, left_s < 0 ? "ended" : "ends",
                clock_format_utc(end_s, day));
    else
        return;
    verdict_warn(verdicts, what, &err);
}

static void
report_shop(const struct store_config *config, const struct shop *shop,
            const char *what, struct verdicts *verdicts)
{
    int64_t end_s = version_end_s(config->api_version);
    char detail[512], day[CLOCK_UTC_BYTES], until[64] = "";

    if (end_s >= 0)
        snprintf(until, sizeof(until), " (until %.10s)",
                 clock_format_utc(end_s, day));
    snprintf(detail, sizeof(detail), "plan %s, %s, %s, API version %s%s",
             shop->plan[0] != '\0' ? shop->plan : "unknown",
             shop->currency_code, shop->iana_timezone, config->api_version,
             until);
    verdict_ok(verdicts, what, detail);
    check_version(config, shop, what, verdicts);
}

static void
ask_shop(struct access *access, struct context *context,
         struct store_state *store, const char *what, struct verdicts *verdicts)
{
    struct shop shop;
    struct err err;

    if (!shop_info_ask(context, store, &access->arena, &shop, &err)) {
        verdict_error(verdicts, what, &err);
        /* The store is given up, so that check does not wait for its retries
         * again: check leaves out the queries of this store. */
        if (err_is(&err, MSG_NOT_SENT) || err_is(&err, MSG_ANSWER_LOST))
            session_give_up(store_session(context, store), &err);
        return;
    }
    access->answers = true;
    add_scopes(&access->granted, &access->arena, shop.scopes);
    report_shop(store->config, &shop, what, verdicts);
    if (context->journal != NULL &&
        !shop_info_save(context, store, &shop, &err))
        verdict_error(verdicts, "database", &err);
}

/* A source has no shop and no scopes. Does it answer a small query? */
static void
ask_source(struct access *access, struct context *context,
           struct store_state *store, const char *what,
           struct verdicts *verdicts)
{
    static const struct request request = {
        .what = "try", .document = "{ __typename }", .once = true};
    struct log_ctx log = {.store = store->config->name};
    struct reply reply;
    struct err err;
    char detail[128];

    if (!store_ask(context, store, &request, NULL, &log, &access->arena, &reply,
                   &err)) {
        verdict_error(verdicts, what, &err);
        if (err_is(&err, MSG_NOT_SENT) || err_is(&err, MSG_ANSWER_LOST))
            endpoint_give_up(store_endpoint(context, store), &err);
        return;
    }
    access->answers = true;
    snprintf(detail, sizeof(detail),
             "%" PRId64 " rows a page, %" PRId64 " requests at once",
             store->config->page, store->config->concurrency);
    verdict_ok(verdicts, what, detail);
}

void
access_check_store(struct access *access, struct context *context,
                   struct store_state *store, struct verdicts *verdicts)
{
    const struct store_config *config = store->config;
    const char *kind = store_config_kind(config);
    char what[256];

    *access = (struct access){0};
    if (config->base_url[0] != '\0')
        snprintf(what, sizeof(what), "%s %s (%s)", kind, config->name,
                 config->base_url);
    else
        snprintf(what, sizeof(what), "%s %s", kind, config->name);
    if (config->fault.kind != ERR_NONE)
        verdict_error(verdicts, what, &config->fault);
    else if (config->preset != NULL)
        ask_source(access, context, store, what, verdicts);
    else
        ask_shop(access, context, store, what, verdicts);
}

/* ---- trying a query ---------------------------------------------------- */

enum { PATH_KEYS_MAX = 64, DENIALS_MAX = 50 /* most that are reported */ };

struct trial {
    struct access *access;
    struct job *job;
    const char *what;
    struct verdicts *verdicts;
    bool refused;
};

/* The place of an error: "queries/x.graphql:3:5: orders.customer". Line and
 * column are left out if the error's path does not lead to a field. */
static void
name_place(const struct trial *trial, const struct json *error, char *text,
           size_t size)
{
    const struct json *path = json_get(error, "path");
    const char *keys[PATH_KEYS_MAX];
    char name[256] = "";
    size_t count = 0;
    struct gql_pos pos;

    for (const struct json *p = path != NULL ? path->first : NULL;
         p != NULL && count < PATH_KEYS_MAX; p = p->next)
        if (p->kind == JSON_STRING) {
            keys[count++] = json_str(p);
            if (strcmp(keys[count - 1], "edges") != 0 &&
                strcmp(keys[count - 1], "node") != 0)
                snprintf(name + strlen(name), sizeof(name) - strlen(name),
                         "%s%s", name[0] != '\0' ? "." : "", keys[count - 1]);
        }
    pos = plan_find_field(trial->job->plan, keys, count);
    if (pos.line > 0)
        snprintf(text, size, "%s:%u:%u: %s", trial->job->file->path, pos.line,
                 pos.column, name);
    else
        snprintf(text, size, "%s: %s", trial->job->file->path, name);
}

static void
judge(struct trial *trial, const struct json *error)
{
    const char *message = json_str(json_get(error, "message"));
    const char *required =
        json_str(json_path(error, "extensions", "requiredAccess", NULL));
    struct span scope = find_scope(required != NULL  ? required
                                   : message != NULL ? message
                                                     : "");
    char place[512];
    struct err err;

    name_place(trial, error, place, sizeof(place));
    err_set(&err, scope.length == 0 ? MSG_FIELD_HIDDEN : MSG_ACCESS_DENIED,
            "%s: %s", place, message != NULL ? message : "access is denied");
    if (scope.length == 0) {
        err_hint(&err, "%s",
                 required != NULL ? required
                 : trial->job->config->preset != NULL
                     ? "the credentials may not read this field: remove it "
                       "from the query, or use other credentials"
                     : "the store's plan, or Shopify's approval of the app, "
                       "hides this field: remove it from the query, or ask "
                       "Shopify for protected customer data");
        verdict_warn(trial->verdicts, trial->what, &err);
        return;
    }
    add_scope(&trial->access->missing, &trial->access->arena, scope);
    err_hint(&err,
             "grant the app the scope %.*s, or remove the field from the "
             "query",
             SPAN_ARG(scope));
    verdict_error(trial->verdicts, trial->what, &err);
    trial->job->status = err_exit_status(err.kind);
    trial->refused = true;
}

/* Reports the errors. Returns whether all of them are about access. */
static bool
judge_denials(struct trial *trial, const struct json *errors)
{
    bool all = errors != NULL && errors->kind == JSON_ARRAY;
    int told = 0;

    for (const struct json *e = all ? errors->first : NULL; e != NULL;
         e = e->next)
        all = all && reply_is_denial(e);
    for (const struct json *e = all ? errors->first : NULL;
         e != NULL && told < DENIALS_MAX; e = e->next, told++)
        judge(trial, e);
    return all;
}

/* The words of an answer may quote a value that the query masks. */
static void
hide_words(const struct trial *trial, struct err *err)
{
    static const char before[] = " answered: ";
    char *words = strstr(err->message, before);

    if (mask_first(trial->job->plan) == NULL || words == NULL)
        return;
    words += strlen(before);
    snprintf(words, sizeof(err->message) - (size_t)(words - err->message), "%s",
             HIDDEN_WORDS);
}

static void
judge_failure(struct trial *trial, struct err *err)
{
    hide_words(trial, err);
    if (err_is(err, MSG_MAX_COST_EXCEEDED)) {
        err_hint(err, "bulk operations have no such limit, so a run may "
                      "work; check cannot find missing scopes here");
        verdict_warn(trial->verdicts, trial->what, err);
        return;
    }
    verdict_error(trial->verdicts, trial->what, err);
    trial->job->status = err_exit_status(err->kind);
    trial->refused = true;
}

static bool
selects_orders(const struct plan *plan)
{
    for (int i = 0; i < plan->table_count; i++)
        if (strcmp(plan->tables[i].node_type, "Order") == 0)
            return true;
    return false;
}

static void
try_bulk(struct trial *trial)
{
    struct job *job = trial->job;
    struct answer reply = {0};
    struct arena arena = {0};
    struct err err;

    if (!first_rows_bulk(job, 1, &arena, &reply, &err) &&
        !judge_denials(trial, reply.errors))
        judge_failure(trial, &err);
    arena_free(&arena);
}

/* An answer with rows may have errors, too. */
static void
judge_errors(struct trial *trial, const struct json *errors)
{
    const struct json *first =
        errors->kind == JSON_ARRAY ? errors->first : NULL;
    const char *message = json_str(json_get(first, "message"));
    char place[512];
    struct err err;

    if (judge_denials(trial, errors))
        return;
    if (mask_first(trial->job->plan) != NULL)
        message = HIDDEN_WORDS;
    name_place(trial, first, place, sizeof(place));
    err_set(&err, MSG_GRAPHQL_ERROR, "%s: %s", place,
            message != NULL ? message : "an error without a message");
    judge_failure(trial, &err);
}

/* Ask for one row of a root. */
static void
try_root(struct trial *trial, const struct pages_connection *root)
{
    struct arena arena = {0};
    struct reply reply;
    struct err err;

    if (!first_rows_page(trial->job, root, &arena, &reply, &err))
        judge_failure(trial, &err);
    else if (reply.errors != NULL)
        judge_errors(trial, reply.errors);
    arena_free(&arena);
}

static void
try_pages(struct trial *trial)
{
    const struct pages *pages = trial->job->plan->pages;

    for (int i = 0; i < pages->count && !trial->refused; i++)
        if (pages->connections[i].parent == NULL)
            try_root(trial, &pages->connections[i]);
}

bool
access_try_query(struct access *access, struct job *job, const char *what,
                 struct verdicts *verdicts)
{
    struct trial trial = {access, job, what, verdicts, false};

    if (!access->answers)
        return true;
    if (job->plan->paged.way == PLAN_BY_PAGES)
        try_pages(&trial);
    else
        try_bulk(&trial);
    if (access->granted.count > 0 && selects_orders(job->plan) &&
        !has_scope(&access->granted, "read_all_orders"))
        access->shows_some_orders = true;
    return !trial.refused;
}

/* ---- mutations --------------------------------------------------------- */

static bool
has_one(const struct scopes *granted, const char *scopes)
{
    struct arena arena = {0};
    bool found = false;

    while (*scopes != '\0' && !found) {
        size_t length = strcspn(scopes, "|");

        found = has_scope(granted, arena_dup(&arena, span_of(scopes, length)));
        scopes += length + (scopes[length] == '|');
    }
    arena_free(&arena);
    return found;
}

bool
access_has_scopes(struct access *access, const char *scopes, const char *place,
                  const char *what, struct verdicts *verdicts)
{
    size_t length = scopes != NULL ? strcspn(scopes, "|") : 0;
    struct err err;

    if (scopes == NULL || !access->answers || access->granted.count == 0 ||
        has_one(&access->granted, scopes))
        return true;
    add_scope(&access->missing, &access->arena, span_of(scopes, length));
    err_set(&err, MSG_ACCESS_DENIED, "%s needs the scope %.*s", place,
            (int)length, scopes);
    err_hint(&err, "grant the app the scope %.*s", (int)length, scopes);
    verdict_error(verdicts, what, &err);
    return false;
}

/* ---- unchecked queries ------------------------------------------------- */

bool
access_collect(struct access *access, const struct store_state *store,
               const char *query, const struct err *err)
{
    if (!fault_is_of_store(store, err))
        return false;
    if (access->unchecked++ == 0) {
        access->query = arena_strdup(&access->arena, query);
        access->why = *err;
    }
    return true;
}

void
access_report(const struct access *access, const struct store_state *store,
              struct verdicts *verdicts)
{
    struct err err = access->why;
    char what[128];

    if (access->unchecked == 1)
        verdict_error(verdicts, access->query, &access->why);
    if (access->unchecked <= 1)
        return;
    snprintf(what, sizeof(what), "queries of store %s", store->config->name);
    if (access->answers)
        err_wrap(&err, "%zu are not checked", access->unchecked);
    else
        snprintf(err.message, sizeof(err.message),
                 "%zu are not checked, because the store does not answer",
                 access->unchecked);
    verdict_error(verdicts, what, &err);
}

/* ---- scopes of a store ------------------------------------------------- */

static void
append_scopes(struct buf *text, const struct scopes *scopes)
{
    for (size_t i = 0; i < scopes->count; i++)
        buf_printf(text, "%s%s", text->length > 0 ? "," : "", scopes->names[i]);
}

static void
report_orders(const char *all, const char *what, struct verdicts *verdicts)
{
    struct err err;

    err_set(&err, MSG_ORDERS_HIDDEN,
            "without read_all_orders the store shows only the orders of the "
            "last 60 days, and bulkpg removes no orders");
    err_hint(&err,
             "ask Shopify for it, then set the app's scopes to "
             "%s,read_all_orders",
             all);
    verdict_warn(verdicts, what, &err);
}

void
access_check_scopes(const struct access *access,
                    const struct store_state *store, struct verdicts *verdicts)
{
    struct buf all = buf_with_ceiling(SCOPES_BYTES);
    struct buf missing = buf_with_ceiling(SCOPES_BYTES);
    char what[128];
    struct err err;

    if (!access->answers || store->config->preset != NULL)
        return;
    snprintf(what, sizeof(what), "scopes of store %s", store->config->name);
    append_scopes(&all, &access->granted);
    append_scopes(&all, &access->missing);
    append_scopes(&missing, &access->missing);
    if (access->missing.count == 0) {
        verdict_ok(verdicts, what, buf_str(&all));
    } else {
        err_set(&err, MSG_ACCESS_DENIED, "missing: %s", buf_str(&missing));
        err_hint(&err, "set the app's scopes to %s", buf_str(&all));
        verdict_error(verdicts, what, &err);
    }
    if (access->shows_some_orders)
        report_orders(buf_str(&all), what, verdicts);
    buf_free(&all);
    buf_free(&missing);
}

void
access_free(struct access *access)
{
    arena_free(&access->arena);
}
