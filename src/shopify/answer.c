#include "shopify/answer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST_ASKED_MS = 3600000 };

/* ---- statuses ---------------------------------------------------------- */

static const struct refusal {
    int status;
    enum err_kind kind;
    const char *code;
    const char *sentence; /* after "store acme " */
    const char *hint;
} refusals[] = {
    {401, ERR_DENIED, "UNAUTHORIZED", "does not accept the access token",
     "the token was revoked, has expired, or belongs to another store or app"},
    {402, ERR_DENIED, "PAYMENT_REQUIRED", "is frozen until its bill is paid",
     "the store's owner has to settle the account with Shopify"},
    {403, ERR_DENIED, "FORBIDDEN", "forbids this request",
     "is the app installed there, with the scopes that the query needs?"},
    {404, ERR_DENIED, "NOT_FOUND", "has no Admin API at this address",
     "check domain and api_version; a closed store answers so, too"},
    {423, ERR_DENIED, "LOCKED", "is locked by Shopify",
     "the store's owner has to contact Shopify's support"},
    {429, ERR_TRANSIENT, "THROTTLED", "asks for fewer requests", ""},
    {430, ERR_LATER, "HTTP_430", "has blocked us as a suspected attack",
     "let some hours pass, and look for what else uses this app's token"},
    {501, ERR_FAILED, "HTTP_501", "does not implement this request", ""},
};

const char *
answer_location_host(const struct http_head *head, char *text, size_t size)
{
    const char *host = strstr(head->location, "://");

    if (host == NULL)
        return "another place";
    host += 3;
    snprintf(text, size, "%.*s", (int)strcspn(host, "/?#"), host);
    return text;
}

/* Rounded up; 0 for what is no length of time. */
static int64_t
ms_of(double seconds)
{
    if (!(seconds > 0))
        return 0;
    if (seconds * 1000 >= LONGEST_ASKED_MS)
        return LONGEST_ASKED_MS;
    return (int64_t)(seconds * 1000 + 0.999);
}

int64_t
answer_retry_after_ms(const struct http_head *head)
{
    char *end;
    double seconds = strtod(head->retry_after, &end);

    if (end == head->retry_after || *end != '\0')
        return 0; /* absent, or a date: our own patience will do */
    return ms_of(seconds);
}

static bool
refuse_redirect(const char *store, const struct http_head *head,
                struct err *err)
{
    char host[128];

    err_set(err, ERR_CONFIG, "store %s redirects us to %s (HTTP %d): refused",
            store, answer_location_host(head, host, sizeof(host)),
            head->status);
    err_hint(err, "the token goes to the store's own address only; set domain "
                  "to the store's myshopify.com name");
    return err_code(err, "REDIRECTED");
}

static bool
refuse_other(const char *store, const struct http_head *head, struct err *err)
{
    char code[40];
    bool later = head->status >= 500 || head->status == 408;

    snprintf(code, sizeof(code), "HTTP_%d", head->status);
    err_set(err, later ? ERR_TRANSIENT : ERR_FAILED,
            "store %s answered HTTP %d", store, head->status);
    return err_code(err, code);
}

static bool
refuse_status(const char *store, const struct http_head *head, struct err *err)
{
    if (head->status >= 300 && head->status < 400)
        return refuse_redirect(store, head, err);
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        const struct refusal *refusal = &refusals[i];

        if (refusal->status != head->status)
            continue;
        err_set(err, refusal->kind, "store %s %s (HTTP %d)", store,
                refusal->sentence, head->status);
        err_hint(err, "%s", refusal->hint);
        return err_code(err, refusal->code);
    }
    return refuse_other(store, head, err);
}

/* ---- GraphQL errors ---------------------------------------------------- */

/* How the store's error codes are taken; any other is ERR_FAILED. */
static const struct meaning {
    const char *code;
    enum err_kind kind;
    const char *hint;
} meanings[] = {
    {"THROTTLED", ERR_TRANSIENT, ""},
    {"INTERNAL_SERVER_ERROR", ERR_TRANSIENT, ""},
    {"ACCESS_DENIED", ERR_DENIED,
     "grant the app the missing scope or access and install it again"},
    {"SHOP_INACTIVE", ERR_DENIED, "the store is closed or paused"},
};

/* Messages of errors that came without a code. */
static const char *
code_of_message(const char *message)
{
    if (message == NULL)
        return NULL;
    if (strcmp(message, "Throttled") == 0)
        return "THROTTLED";
    if (strncmp(message, "Internal error.", strlen("Internal error.")) == 0)
        return "INTERNAL_SERVER_ERROR";
    return NULL;
}

static const char *
code_of(const struct json *error)
{
    const char *code = json_str(json_path(error, "extensions", "code", NULL));

    return code != NULL ? code
                        : code_of_message(json_str(json_get(error, "message")));
}

static const struct meaning *
meaning_of(const char *code)
{
    for (size_t i = 0; code != NULL && i < sizeof(meanings) / sizeof(*meanings);
         i++)
        if (strcmp(meanings[i].code, code) == 0)
            return &meanings[i];
    return NULL;
}

/* One line, whatever the store wrote. */
static void
append_words(char *text, size_t size, const char *words)
{
    size_t used = strlen(text);

    if (used > 0 && used + 3 < size) {
        text[used++] = ';';
        text[used++] = ' ';
    }
    for (; *words != '\0' && used + 1 < size; words++)
        text[used++] = (unsigned char)*words < ' ' ? ' ' : *words;
    text[used] = '\0';
}

/* Every string below `value`: `errors` may be a string, an array of objects
 * with a message, or an object of arrays of strings. */
static void
gather_words(const struct json *value, char *text, size_t size)
{
    const struct json *message = json_get(value, "message");

    if (message != NULL)
        value = message;
    if (value->kind == JSON_STRING)
        append_words(text, size, json_str(value));
    else if (value->kind == JSON_ARRAY || value->kind == JSON_OBJECT)
        for (const struct json *c = value->first; c != NULL; c = c->next)
            gather_words(c, text, size);
}

static bool
has_errors(const struct json *errors)
{
    return errors != NULL && errors->kind != JSON_NULL &&
           !(errors->kind == JSON_ARRAY && errors->count == 0);
}

/* The error that decides: the first whose code means something to us, since
 * what follows it is often its consequence; else the first. */
static const struct json *
deciding_error(const struct json *errors)
{
    if (errors->kind != JSON_ARRAY)
        return errors;
    for (const struct json *e = errors->first; e != NULL; e = e->next)
        if (meaning_of(code_of(e)) != NULL)
            return e;
    return errors->first;
}

static void
hint_at(const struct json *error, const struct meaning *meaning,
        struct err *err)
{
    const char *required =
        json_str(json_path(error, "extensions", "requiredAccess", NULL));

    if (required != NULL)
        err_hint(err, "the app needs %s", required);
    else if (meaning != NULL)
        err_hint(err, "%s", meaning->hint);
}

static bool
fail_with(const char *store, const struct json *errors, struct err *err)
{
    const struct json *error = deciding_error(errors);
    const char *code = code_of(error);
    const struct meaning *meaning = meaning_of(code);
    const char *id =
        json_str(json_path(error, "extensions", "requestId", NULL));
    char words[800] = "";

    gather_words(errors, words, sizeof(words));
    err_set(err, meaning != NULL ? meaning->kind : ERR_FAILED,
            "store %s answered: %s", store,
            words[0] != '\0' ? words : "an error without words");
    hint_at(error, meaning, err);
    if (id != NULL)
        snprintf(err->request_id, sizeof(err->request_id), "%s", id);
    return err_code(err, code != NULL ? code : "GRAPHQL_ERROR");
}

/* ---- cost and throttle ------------------------------------------------- */

static double
number_at(const struct json *object, const char *key)
{
    double number;

    return json_double(json_get(object, key), &number) ? number : -1;
}

static struct session_cost
read_cost(const struct json *root)
{
    const struct json *cost = json_path(root, "extensions", "cost", NULL);
    const struct json *throttle = json_get(cost, "throttleStatus");

    return (struct session_cost){
        .requested = number_at(cost, "requestedQueryCost"),
        .actual = number_at(cost, "actualQueryCost"),
        .maximum_available = number_at(throttle, "maximumAvailable"),
        .currently_available = number_at(throttle, "currentlyAvailable"),
        .restore_rate = number_at(throttle, "restoreRate")};
}

/* Until the bucket has refilled to what the request costs. */
static int64_t
refill_ms(const struct session_cost *cost)
{
    if (cost->requested < 0 || cost->currently_available < 0 ||
        cost->restore_rate <= 0)
        return 0;
    return ms_of((cost->requested - cost->currently_available) /
                 cost->restore_rate);
}

/* ---- answers ----------------------------------------------------------- */

/* What the body of a refusal adds: {"errors": …}, or nothing readable. */
static void
add_reason(struct span body, struct err *err)
{
    struct arena arena = {0};
    struct json *root;
    struct err ignored;
    char words[400] = "";

    if (json_parse(&arena, body, &root, &ignored)) {
        const struct json *errors = json_get(root, "errors");

        if (has_errors(errors))
            gather_words(errors, words, sizeof(words));
    }
    if (words[0] != '\0')
        err_add(err, "%s", words);
    arena_free(&arena);
}

bool
answer_refused(const char *store, const struct http_head *head,
               struct span body, int64_t *wait_ms, struct err *err)
{
    *wait_ms = answer_retry_after_ms(head);
    refuse_status(store, head, err);
    add_reason(body, err);
    memcpy(err->request_id, head->request_id, sizeof(err->request_id));
    return false;
}

static bool
no_json(const char *store, struct span body, const char *why, struct err *err)
{
    bool page = span_starts(span_trim(body), "<");

    err_set(err, ERR_TRANSIENT, "store %s answered with %s instead of JSON%s%s",
            store, page ? "a web page" : "something else", page ? "" : ": ",
            page ? "" : why);
    return err_code(err, "NOT_JSON");
}

static bool
read_data(const char *store, const struct http_head *head, struct span body,
          struct arena *arena, struct session_reply *reply, int64_t *wait_ms,
          struct err *err)
{
    struct json *root, *errors;
    struct err why;

    if (head->status < 200 || head->status > 299)
        return answer_refused(store, head, body, wait_ms, err);
    if (!json_parse(arena, body, &root, &why))
        return no_json(store, body, why.message, err);
    reply->cost = read_cost(root);
    reply->data = json_get(root, "data");
    errors = json_get(root, "errors");
    if (has_errors(errors)) {
        reply->errors = errors;
        *wait_ms = refill_ms(&reply->cost);
        return fail_with(store, errors, err);
    }
    if (reply->data == NULL || reply->data->kind != JSON_OBJECT) {
        err_set(err, ERR_TRANSIENT, "store %s answered without data", store);
        return err_code(err, "NO_DATA");
    }
    return true;
}

bool
answer_read(const char *store, const struct http_head *head, struct span body,
            struct arena *arena, struct session_reply *reply, int64_t *wait_ms,
            struct err *err)
{
    char *kept = arena_bytes(arena, body.length);

    /* The tree's nodes point into its text, so both share the arena. */
    memcpy(kept, body.bytes, body.length);
    *wait_ms = 0;
    *reply = (struct session_reply){.cost = read_cost(NULL)};
    memcpy(reply->request_id, head->request_id, sizeof(reply->request_id));
    memcpy(reply->api_version, head->api_version, sizeof(reply->api_version));
    if (read_data(store, head, span_of(kept, body.length), arena, reply,
                  wait_ms, err))
        return true;
    if (head->request_id[0] != '\0')
        memcpy(err->request_id, head->request_id, sizeof(err->request_id));
    return false;
}
