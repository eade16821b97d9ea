/*
 * An answer is judged in this order:
 *
 *     status ─► not 2xx: an error by its status (refusals[], else by class)
 *     body   ─► not JSON: from a proxy or a web page; a retry may work
 *     errors ─► the first whose code is in messages.def decides
 *     data   ─► missing: a retry may work; else this is the answer
 *
 * The time to wait comes from Retry-After, or from the bucket of points: the
 * time until the bucket has as many points as the request costs. This
 * differs from api/reply.c, whose servers often do not say what a request that
 * they refuse would cost: there, the wait for points is at least a second. And
 * a longer wait is cut to an hour, after which the store is asked again, while
 * a source that announces one ends the run (api/rate.c).
 *
 * Hazards. `errors` may be a string, an array or an object of arrays. Errors
 * without a code are recognized by their text. The store may use a code that
 * bulkpg uses too, for something else: only codes of section SHOPIFY count.
 */
#include "shopify/answer.h"

#include <stdio.h>
#include <string.h>

#include "api/reply.h"

enum { LONGEST_ASKED_MS = 3600000 };

/* ---- statuses ---------------------------------------------------------- */

static const struct refusal {
    int status;
    enum msg msg;
    const char *sentence; /* follows "store acme " */
} refusals[] = {
    {401, MSG_UNAUTHORIZED, "does not accept the access token"},
    {402, MSG_PAYMENT_REQUIRED, "is frozen until its bill is paid"},
    {403, MSG_FORBIDDEN, "forbids this request"},
    {404, MSG_NOT_FOUND, "has no Admin API at this address"},
    {423, MSG_STORE_LOCKED, "is locked by Shopify"},
    {429, MSG_THROTTLED, "asks for fewer requests"},
    {430, MSG_HTTP_430, "has blocked bulkpg as a suspected attack"},
    {501, MSG_HTTP_501, "does not implement this request"},
};

const char *
answer_location_host(const struct http_head *head, char *text, size_t size)
{
    const char *host = strstr(head->location, "://");

    if (host == NULL)
        return "another address";
    host += 3;
    snprintf(text, size, "%.*s", (int)strcspn(host, "/?#"), host);
    return text;
}

/* A wait that the store asks for, within the limit. */
static int64_t
limited(int64_t wait_ms)
{
    return wait_ms < LONGEST_ASKED_MS ? wait_ms : LONGEST_ASKED_MS;
}

int64_t
answer_retry_after_ms(const struct http_head *head)
{
    return limited(reply_retry_after_ms(head));
}

static bool
refuse_redirect(const char *store, const struct http_head *head,
                struct err *err)
{
    char host[128];

    err_set(err, MSG_REDIRECTED,
            "store %s redirects to %s (HTTP %d), which bulkpg does not follow",
            store, answer_location_host(head, host, sizeof(host)),
            head->status);
    return false;
}

static bool
refuse_other(const char *store, const struct http_head *head, struct err *err)
{
    char code[40];
    bool later = head->status >= 500 || head->status == 408;

    snprintf(code, sizeof(code), "HTTP_%d", head->status);
    err_set(err, MSG_HTTP_, "store %s answered HTTP %d", store, head->status);
    err_as(err, later ? ERR_TRANSIENT : ERR_FAILED);
    return err_given(err, code);
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
        err_set(err, refusal->msg, "store %s %s (HTTP %d)", store,
                refusal->sentence, head->status);
        return false;
    }
    return refuse_other(store, head, err);
}

/* ---- GraphQL errors ---------------------------------------------------- */

/* The code of an error that has only a message. */
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

/* The entry of a code of section SHOPIFY. All other codes are treated like
 * GRAPHQL_ERROR, even if bulkpg has a code of that name. */
static const struct message *
meaning_of(const char *code)
{
    const struct message *general = message_at(MSG_GRAPHQL_ERROR);
    const struct message *known =
        code != NULL ? message_of(code) : message_at(MSG_GRAPHQL_ERROR);

    return known->section == MSGS_SHOPIFY ? known : general;
}

static void
append_words(char *text, size_t size, const char *words)
{
    size_t used = strlen(text);

    if (used > 0 && used + 3 < size) {
        text[used++] = ';';
        text[used++] = ' ';
    }
    for (; *words != '\0' && used + 1 < size; words++)
        text[used++] = *words;
    text[used] = '\0';
}

/* Append every string below `value`: `errors` may be a string, an array of
 * objects with a message, or an object of arrays of strings. */
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

/* The error that decides is the first with a known code: later errors are
 * often its consequences. If none has a known code, it is the first. */
static const struct json *
deciding_error(const struct json *errors)
{
    if (errors->kind != JSON_ARRAY)
        return errors;
    for (const struct json *e = errors->first; e != NULL; e = e->next)
        if (meaning_of(code_of(e)) != message_at(MSG_GRAPHQL_ERROR))
            return e;
    return errors->first;
}

static bool
fail_with(const char *store, const struct json *errors, struct err *err)
{
    const struct json *error = deciding_error(errors);
    const char *code = code_of(error);
    const char *required =
        json_str(json_path(error, "extensions", "requiredAccess", NULL));
    const char *id =
        json_str(json_path(error, "extensions", "requestId", NULL));
    char words[800] = "";

    gather_words(errors, words, sizeof(words));
    err_set(err, MSG_GRAPHQL_ERROR, "store %s answered: %s", store,
            words[0] != '\0' ? words : "an error without a message");
    err_as(err, meaning_of(code)->kind);
    if (required != NULL)
        err_hint(err, "the app needs %s", required);
    if (id != NULL)
        snprintf(err->request_id, sizeof(err->request_id), "%s", id);
    return code != NULL && err_given(err, code);
}

/* ---- cost and throttle ------------------------------------------------- */

static struct answer_cost
read_cost(const struct json *root)
{
    const struct json *cost = json_path(root, "extensions", "cost", NULL);
    const struct json *throttle = json_get(cost, "throttleStatus");

    return (struct answer_cost){
        .requested = reply_number_at(cost, "requestedQueryCost"),
        .actual = reply_number_at(cost, "actualQueryCost"),
        .maximum_available = reply_number_at(throttle, "maximumAvailable"),
        .currently_available = reply_number_at(throttle, "currentlyAvailable"),
        .restore_rate = reply_number_at(throttle, "restoreRate")};
}

/* The time until the bucket has as many points as the request costs. */
static int64_t
refill_ms(const struct answer_cost *cost)
{
    if (cost->requested < 0 || cost->currently_available < 0 ||
        cost->restore_rate <= 0)
        return 0;
    return limited(reply_ms_of((cost->requested - cost->currently_available) /
                               cost->restore_rate));
}

/* ---- answers ----------------------------------------------------------- */

/* Add the store's reason, if the body has one: {"errors": …}. */
static void
add_reason(struct span body, struct err *err)
{
    struct arena arena = {0};
    struct json *root;
    struct err ignored;
    char words[400] = "";

    if (json_parse(&arena, body, &root, &ignored)) {
        const struct json *errors = json_get(root, "errors");

        if (reply_has_errors(errors))
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

    return err_set(err, MSG_NOT_JSON, "store %s answered with %s%s%s", store,
                   page ? "a web page instead of JSON"
                        : "something that is not JSON",
                   page ? "" : ": ", page ? "" : why);
}

/* Only types are that large: anything else did not come from the store itself,
 * so a retry may work. */
static bool
too_large(const char *store, const char *why, bool outer, struct err *err)
{
    err_set(err, MSG_TOO_LARGE, "store %s answered with %s", store, why);
    return outer ? false : err_as(err, ERR_TRANSIENT);
}

static bool
read_data(const char *store, const struct http_head *head, struct span body,
          bool outer, struct arena *arena, struct answer *answer,
          int64_t *wait_ms, struct err *err)
{
    struct json *root, *errors;
    struct err why;

    if (head->status < 200 || head->status > 299)
        return answer_refused(store, head, body, wait_ms, err);
    if (!json_parse_outer(arena, body, outer ? "data" : NULL, &root, &why))
        return err_is(&why, MSG_TOO_LARGE)
                   ? too_large(store, why.message, outer, err)
                   : no_json(store, body, why.message, err);
    answer->cost = read_cost(root);
    answer->data = json_get(root, "data");
    errors = json_get(root, "errors");
    if (reply_has_errors(errors)) {
        answer->errors = errors;
        *wait_ms = refill_ms(&answer->cost);
        return fail_with(store, errors, err);
    }
    if (answer->data == NULL || answer->data->kind != JSON_OBJECT) {
        return err_set(err, MSG_NO_DATA, "store %s answered without data",
                       store);
    }
    return true;
}

bool
answer_read(const char *store, const struct http_head *head, struct span body,
            bool outer, struct arena *arena, struct answer *answer,
            int64_t *wait_ms, struct err *err)
{
    *wait_ms = 0;
    *answer = (struct answer){
        .body = body, .date_s = reply_date_s(head), .cost = read_cost(NULL)};
    memcpy(answer->request_id, head->request_id, sizeof(answer->request_id));
    memcpy(answer->api_version, head->api_version, sizeof(answer->api_version));
    if (read_data(store, head, body, outer, arena, answer, wait_ms, err))
        return true;
    if (head->request_id[0] != '\0')
        memcpy(err->request_id, head->request_id, sizeof(err->request_id));
    return false;
}
