/*
 * An answer is judged in this order:
 *
 *     head     the rate that it reports
 *     status   redirects, 401, 429 and 403 for the rate, 408 and 5xx
 *     body     if not JSON: the status decides; with 2xx a proxy has answered
 *     errors   the first that has a known meaning decides
 *     data     if missing: retry
 *
 * Servers give errors many forms: objects with a code in `extensions` or in
 * `type`, objects with only a message, or strings. So the meaning of an error
 * comes from its code, or else from words in its message.
 *
 * Hazards. Time in headers may be seconds from now, seconds since 1970, or
 * milliseconds since 1970. The server's clock may differ from ours, so these
 * times are compared with the server's own Date. A server may repeat a
 * request's text in an error; request.c has hidden the secrets in it.
 */
#include "api/reply.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/clock.h"

enum {
    LONGEST_S = 30 * 24 * 3600, /* of a wait; longer ones are cut */
    UNTOLD_WAIT_MS = 60000,     /* of a limiter that answers 403 */
    WORDS_BYTES = 800
};

/* ---- head --------------------------------------------------------------- */

/* Seconds since 1970 of "Sun, 06 Nov 1994 08:49:37 GMT"; 0: not a date. */
static int64_t
parse_date(const char *text)
{
    struct tm parts = {0};
    const char *end = strptime(text, "%a, %d %b %Y %H:%M:%S GMT", &parts);

    return end != NULL && *end == '\0' ? (int64_t)timegm(&parts) : 0;
}

int64_t
reply_date_s(const struct http_head *head)
{
    return parse_date(head->date);
}

/* The server's time. */
static int64_t
now_of(const struct http_head *head)
{
    int64_t date_s = reply_date_s(head);

    return date_s > 0 ? date_s : clock_wall_us() / 1000000;
}

/* -1 if the text does not begin with a number. */
static double
number_of(const char *text)
{
    char *end;
    double number = strtod(text, &end);

    return end != text && number >= 0 ? number : -1;
}

int64_t
reply_ms_of(double seconds)
{
    if (!(seconds > 0))
        return 0;
    return (int64_t)((seconds < LONGEST_S ? seconds : LONGEST_S) * 1000 +
                     0.999);
}

/* Milliseconds until a reset; -1: not known. */
static int64_t
until_reset_ms(const char *text, int64_t now_s)
{
    double at = number_of(text);

    if (at < 0)
        return -1;
    if (at > 1e11) /* milliseconds since 1970 */
        return reply_ms_of(at / 1000 - (double)now_s);
    return reply_ms_of(at > 1e9 ? at - (double)now_s : at);
}

int64_t
reply_retry_after_ms(const struct http_head *head)
{
    int64_t date_s = parse_date(head->retry_after);

    if (date_s > 0)
        return reply_ms_of((double)(date_s - now_of(head)));
    return reply_ms_of(number_of(head->retry_after));
}

static void
read_window(const struct http_limit *limit, int64_t now_s,
            struct rate_told_window *window)
{
    window->most = number_of(limit->limit);
    window->left = number_of(limit->remaining);
    window->reset_ms = until_reset_ms(limit->reset, now_s);
    window->cost = number_of(limit->cost);
}

void
reply_read_rate(const struct http_head *head, struct rate_told *told)
{
    int64_t now_s = now_of(head);

    read_window(&head->points, now_s, &told->windows[RATE_POINTS]);
    read_window(&head->requests, now_s, &told->windows[RATE_REQUESTS]);
    read_window(&head->complexity, now_s, &told->windows[RATE_COMPLEXITY]);
}

/* The wait until an exhausted window is reset; 0: none is exhausted. */
static int64_t
exhausted_ms(const struct rate_told *told)
{
    int64_t wait_ms = 0;

    for (int i = 0; i < RATE_WINDOWS; i++)
        if (told->windows[i].left >= 0 && told->windows[i].left < 1 &&
            told->windows[i].reset_ms > wait_ms)
            wait_ms = told->windows[i].reset_ms;
    return wait_ms;
}

/* The time until the bucket has as many points as the request costs, but not
 * less than a second; 0: no bucket is reported. */
static int64_t
refill_ms(const struct rate_told *told)
{
    double missing = told->cost - told->left;

    if (told->most < 0 || told->left < 0 || told->per_second <= 0)
        return 0;
    return reply_ms_of(missing > told->per_second ? missing / told->per_second
                                                  : 1);
}

/* ---- statuses ----------------------------------------------------------- */

struct judge {
    const char *name;
    struct request_try *now;
    const struct http_head *head;
    struct span body;
    struct reply *reply;
    struct err *err;
};

/* The request was refused because of the rate. */
static bool
throttled(struct judge *judge, const char *words)
{
    struct rate_told *told = &judge->now->told;

    err_set(judge->err, MSG_THROTTLED, "source %s asks for fewer requests%s%s",
            judge->name, words[0] != '\0' ? ": " : "", words);
    told->is_throttled = true;
    told->wait_ms = reply_retry_after_ms(judge->head);
    if (told->wait_ms == 0)
        told->wait_ms = exhausted_ms(told);
    if (told->wait_ms == 0)
        told->wait_ms = refill_ms(told);
    if (told->wait_ms == 0 && judge->head->status == 403)
        told->wait_ms = UNTOLD_WAIT_MS;
    return false;
}

static bool
redirected(struct judge *judge)
{
    const char *host = strstr(judge->head->location, "://");

    host = host != NULL ? host + 3 : "another address";
    err_set(judge->err, MSG_REDIRECTED,
            "source %s redirects to %.*s (HTTP %d), which bulkpg does not "
            "follow",
            judge->name, (int)strcspn(host, "/?#"), host, judge->head->status);
    err_as(judge->err, ERR_FAILED);
    return err_hint(judge->err,
                    "set url to the address of the API itself; bulkpg sends "
                    "the headers to that host only");
}

static bool
unauthorized(struct judge *judge, const char *words)
{
    err_set(judge->err, MSG_UNAUTHORIZED,
            "source %s does not accept the credentials (HTTP %d)%s%s",
            judge->name, judge->head->status, words[0] != '\0' ? ": " : "",
            words);
    return err_hint(judge->err, "check header.NAME in the section of source %s",
                    judge->name);
}

static bool
refused(struct judge *judge, enum msg msg, enum err_kind kind, const char *what,
        const char *words)
{
    err_set(judge->err, msg, "source %s %s (HTTP %d)%s%s", judge->name, what,
            judge->head->status, words[0] != '\0' ? ": " : "", words);
    return err_as(judge->err, kind);
}

/* A status that is not 2xx, and no answer of GraphQL. */
static bool
fail_status(struct judge *judge, const char *words)
{
    int status = judge->head->status;
    char code[40];

    if (status == 403)
        return refused(judge, MSG_FORBIDDEN, ERR_DENIED, "forbids this request",
                       words);
    if (status == 404) {
        refused(judge, MSG_NOT_FOUND, ERR_CONFIG, "has no API at this address",
                words);
        return err_hint(judge->err,
                        "check url and branch in the section of "
                        "source %s",
                        judge->name);
    }
    judge->now->told.is_strained = status >= 500;
    snprintf(code, sizeof(code), "HTTP_%d", status);
    err_set(judge->err, MSG_HTTP_, "source %s answered HTTP %d%s%s",
            judge->name, status, words[0] != '\0' ? ": " : "", words);
    err_as(judge->err,
           status >= 500 || status == 408 ? ERR_TRANSIENT : ERR_FAILED);
    return err_given(judge->err, code);
}

/* ---- errors ------------------------------------------------------------- */

enum meaning {
    MEANS_NOTHING, /* known to us */
    MEANS_THROTTLED,
    MEANS_TOO_COMPLEX,
    MEANS_AGAIN,
    MEANS_UNAUTHORIZED
};

static const struct known {
    const char *text;
    enum meaning meaning;
} codes[] = {
    {"THROTTLED", MEANS_THROTTLED},
    {"RATE_LIMITED", MEANS_THROTTLED},
    {"RATELIMITED", MEANS_THROTTLED},
    {"RATE_LIMIT", MEANS_THROTTLED},
    {"RATE_LIMIT_EXCEEDED", MEANS_THROTTLED},
    {"TOO_MANY_REQUESTS", MEANS_THROTTLED},
    {"MAX_COST_EXCEEDED", MEANS_TOO_COMPLEX},
    {"QUERY_TOO_COMPLEX", MEANS_TOO_COMPLEX},
    {"TOO_COMPLEX", MEANS_TOO_COMPLEX},
    {"COMPLEXITY_LIMIT_EXCEEDED", MEANS_TOO_COMPLEX},
    {"MAX_NODE_LIMIT_EXCEEDED", MEANS_TOO_COMPLEX},
    {"RESOURCE_LIMITS_EXCEEDED", MEANS_TOO_COMPLEX},
    {"INTERNAL_SERVER_ERROR", MEANS_AGAIN},
    {"INTERNAL_ERROR", MEANS_AGAIN},
    {"INTERNAL", MEANS_AGAIN},
    {"TIMEOUT", MEANS_AGAIN},
    {"REQUEST_TIMEOUT", MEANS_AGAIN},
    {"GATEWAY_TIMEOUT", MEANS_AGAIN},
    {"SERVICE_UNAVAILABLE", MEANS_AGAIN},
    {"UNAVAILABLE", MEANS_AGAIN},
    {"DOWNSTREAM_SERVICE_ERROR", MEANS_AGAIN},
    {"UNAUTHENTICATED", MEANS_UNAUTHORIZED},
    {"AUTHENTICATION_ERROR", MEANS_UNAUTHORIZED},
};

static const struct known phrases[] = {
    {"rate limit", MEANS_THROTTLED},
    {"too many requests", MEANS_THROTTLED},
    {"complexity", MEANS_TOO_COMPLEX},
    {"too complex", MEANS_TOO_COMPLEX},
    {"query cost", MEANS_TOO_COMPLEX},
    {"maximum cost", MEANS_TOO_COMPLEX},
    {"node limit", MEANS_TOO_COMPLEX},
    {"timed out", MEANS_AGAIN},
    {"timeout", MEANS_AGAIN},
    {"temporarily unavailable", MEANS_AGAIN},
    {"something went wrong while executing your query", MEANS_AGAIN},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

const char *
reply_code(const struct json *error)
{
    const char *code = json_str(json_path(error, "extensions", "code", NULL));

    return code != NULL ? code : json_str(json_get(error, "type"));
}

bool
reply_is_denial(const struct json *error)
{
    static const char *const denials[] = {
        "ACCESS_DENIED", "FORBIDDEN", "PERMISSION_DENIED", "PermissionDenied"};
    const char *code = reply_code(error);

    for (size_t i = 0; code != NULL && i < COUNT(denials); i++)
        if (strcasecmp(code, denials[i]) == 0)
            return true;
    return false;
}

static const char *
message_of_error(const struct json *error)
{
    const char *text = json_str(
        error->kind == JSON_OBJECT ? json_get(error, "message") : error);

    return text != NULL ? text : "";
}

static enum meaning
meaning_of(const struct json *error)
{
    const char *code = reply_code(error);

    for (size_t i = 0; code != NULL && i < COUNT(codes); i++)
        if (strcasecmp(codes[i].text, code) == 0)
            return codes[i].meaning;
    for (size_t i = 0; i < COUNT(phrases); i++)
        if (strcasestr(message_of_error(error), phrases[i].text) != NULL)
            return phrases[i].meaning;
    return MEANS_NOTHING;
}

bool
reply_has_errors(const struct json *errors)
{
    return errors != NULL && errors->kind != JSON_NULL &&
           !(errors->kind == JSON_ARRAY && errors->count == 0);
}

/* The first error with a known meaning, else the first. */
static const struct json *
deciding_error(const struct json *errors)
{
    if (errors->kind != JSON_ARRAY)
        return errors;
    for (const struct json *e = errors->first; e != NULL; e = e->next)
        if (meaning_of(e) != MEANS_NOTHING)
            return e;
    return errors->first;
}

/* Append "message (CODE)" of each error, as far as there is room. */
static void
gather_words(const struct json *errors, char *words, size_t size)
{
    const struct json *error =
        errors->kind == JSON_ARRAY ? errors->first : errors;
    size_t used = 0;

    words[0] = '\0';
    for (; error != NULL; error = error->next) {
        const char *code = reply_code(error);
        const char *text = message_of_error(error);
        int length = snprintf(
            words + used, size - used, "%s%s%s%s%s", used > 0 ? "; " : "",
            text[0] != '\0' ? text : "an error without a message",
            code != NULL ? " (" : "", code != NULL ? code : "",
            code != NULL ? ")" : "");

        used += (size_t)length;
        if (used >= size || errors->kind != JSON_ARRAY)
            return;
    }
}

bool
reply_may_quote(const struct json *errors)
{
    const struct json *error =
        errors->kind == JSON_ARRAY ? errors->first : NULL;

    if (error == NULL)
        return true;
    for (; error != NULL; error = error->next)
        if (error->kind != JSON_OBJECT || json_get(error, "path") != NULL ||
            json_get(error, "locations") == NULL)
            return true;
    return false;
}

const char *
reply_hidden_words(const char *words)
{
    return strcasestr(words, "cursor") != NULL
               ? "something about a cursor, which is not shown, because the "
                 "query has @mask"
               : "an error whose words are not shown, because the query has "
                 "@mask";
}

/* The same, but hide what may quote a masked value. */
static void
take_words(const struct request *request, const struct json *errors,
           char *words, size_t size)
{
    gather_words(errors, words, size);
    if (request->hides_words && reply_may_quote(errors))
        snprintf(words, size, "%s", reply_hidden_words(words));
}

bool
reply_has_path(const struct json *errors)
{
    const struct json *error =
        errors->kind == JSON_ARRAY ? errors->first : NULL;

    for (; error != NULL; error = error->next) {
        const struct json *path = json_get(error, "path");

        if (path != NULL && path->kind == JSON_ARRAY && path->count > 1)
            return true;
    }
    return false;
}

static bool
fail_again(struct judge *judge, const char *words)
{
    err_set(judge->err, MSG_GRAPHQL_ERROR, "source %s answered: %s",
            judge->name, words);
    judge->now->told.is_strained = true;
    return err_as(judge->err, ERR_TRANSIENT);
}

/* Errors, and no data. Before the document has worked, the server's words say
 * what is wrong with it. */
static bool
fail_whole(struct judge *judge, enum meaning meaning, const char *words)
{
    int status = judge->head->status;

    if (meaning == MEANS_AGAIN)
        return fail_again(judge, words);
    if (meaning == MEANS_UNAUTHORIZED)
        return unauthorized(judge, words);
    if (status == 403 || status == 404)
        return fail_status(judge, words);
    err_set(judge->err, MSG_GRAPHQL_ERROR, "source %s answered: %s",
            judge->name, words);
    return err_as(judge->err,
                  judge->now->request->has_worked ? ERR_TRANSIENT : ERR_CONFIG);
}

static bool
judge_errors(struct judge *judge, const struct json *errors)
{
    struct reply *reply = judge->reply;
    const struct request *request = judge->now->request;
    bool has_data = reply->data != NULL && reply->data->kind == JSON_OBJECT;
    enum meaning meaning = meaning_of(deciding_error(errors));
    char words[WORDS_BYTES];

    take_words(request, errors, words, sizeof(words));
    /* A mutation with data may have run, and must not be sent again. */
    if (meaning == MEANS_THROTTLED && !(request->once && has_data))
        return throttled(judge, words);
    if (meaning == MEANS_TOO_COMPLEX && !request->takes_errors &&
        !(has_data && reply_has_path(errors)))
        return err_set(judge->err, MSG_TOO_COMPLEX, "source %s answered: %s",
                       judge->name, words);
    if (request->partial && (has_data || reply_has_path(errors)))
        return true;
    if (request->takes_errors && meaning != MEANS_AGAIN &&
        meaning != MEANS_UNAUTHORIZED)
        return true;
    if (!has_data)
        return fail_whole(judge, meaning, words);
    err_set(judge->err, MSG_GRAPHQL_ERROR, "source %s answered: %s",
            judge->name, words);
    return err_as(judge->err,
                  meaning == MEANS_AGAIN ? ERR_TRANSIENT : ERR_CONFIG);
}

/* ---- body --------------------------------------------------------------- */

double
reply_number_at(const struct json *object, const char *key)
{
    double number;

    return json_double(json_get(object, key), &number) ? number : -1;
}

static void
read_cost(const struct json *root, struct rate_told *told)
{
    const struct json *cost = json_path(root, "extensions", "cost", NULL);
    const struct json *bucket = json_get(cost, "throttleStatus");

    told->cost = reply_number_at(cost, "actualQueryCost");
    if (told->cost < 0)
        told->cost = reply_number_at(cost, "requestedQueryCost");
    if (reply_number_at(bucket, "restoreRate") < 0)
        return;
    told->most = reply_number_at(bucket, "maximumAvailable");
    told->left = reply_number_at(bucket, "currentlyAvailable");
    told->per_second = reply_number_at(bucket, "restoreRate");
}

static bool
not_json(struct judge *judge, const char *why)
{
    struct span body = span_trim(judge->body);
    int status = judge->head->status;

    if (status < 200 || status > 299)
        return fail_status(judge, "");
    judge->now->told.is_strained = true;
    if (body.length == 0)
        return err_set(judge->err, MSG_NOT_JSON,
                       "source %s answered with an empty body", judge->name);
    if (span_starts(body, "<"))
        return err_set(judge->err, MSG_NOT_JSON,
                       "source %s answered with a web page instead of JSON",
                       judge->name);
    return err_set(judge->err, MSG_NOT_JSON,
                   "source %s answered with something that is not JSON: %s",
                   judge->name, why);
}

static bool
parse(struct judge *judge, struct json **root)
{
    const struct request *request = judge->now->request;
    struct err why;

    if (json_parse_outer(judge->now->arena, judge->body,
                         request->outer ? "data" : NULL, root, &why))
        return true;
    if (!err_is(&why, MSG_TOO_LARGE))
        return not_json(judge, why.message);
    err_set(judge->err, MSG_TOO_LARGE, "source %s answered with %s",
            judge->name, why.message);
    return err_as(judge->err,
                  request->reply_ceiling > 0 ? ERR_FAILED : ERR_TRANSIENT);
}

static bool
judge_body(struct judge *judge)
{
    struct reply *reply = judge->reply;
    struct json *root, *errors;
    int status = judge->head->status;

    if (!parse(judge, &root))
        return false;
    read_cost(root, &judge->now->told);
    reply->cost = judge->now->told.cost;
    reply->data = json_get(root, "data");
    errors = json_get(root, "errors");
    if (reply_has_errors(errors)) {
        reply->errors = errors;
        return judge_errors(judge, errors);
    }
    if (status < 200 || status > 299)
        return fail_status(judge, "");
    return (reply->data != NULL && reply->data->kind == JSON_OBJECT) ||
           err_set(judge->err, MSG_NO_DATA, "source %s answered without data",
                   judge->name);
}

/* ---- answers ------------------------------------------------------------ */

/* The server's own words, if the body has any. */
static void
words_of_body(struct judge *judge, char *words, size_t size)
{
    struct json *root;
    struct err ignored;

    words[0] = '\0';
    if (json_parse(judge->now->arena, judge->body, &root, &ignored)) {
        const struct json *errors = json_get(root, "errors");

        if (reply_has_errors(errors))
            take_words(judge->now->request, errors, words, size);
        else if (json_str(json_get(root, "message")) != NULL)
            snprintf(words, size, "%s", json_str(json_get(root, "message")));
    }
}

/* GitHub's limiters answer with 403. */
static bool
is_limiter(const struct judge *judge, const char *words)
{
    return judge->head->status == 429 ||
           (judge->head->status == 403 &&
            (judge->head->retry_after[0] != '\0' ||
             exhausted_ms(&judge->now->told) > 0 ||
             strcasestr(words, "rate limit") != NULL));
}

static bool
judge_answer(struct judge *judge)
{
    int status = judge->head->status;
    char words[WORDS_BYTES] = "";

    if (status >= 300 && status < 400)
        return redirected(judge);
    if (status >= 200 && status < 300)
        return judge_body(judge);
    words_of_body(judge, words, sizeof(words));
    if (status == 401)
        return unauthorized(judge, words);
    if (is_limiter(judge, words))
        return throttled(judge, words);
    if (status >= 500 || status == 408)
        return fail_status(judge, words);
    return judge_body(judge);
}

bool
reply_read(const char *name, struct request_try *now,
           const struct http_head *head, struct span body, struct reply *reply,
           struct err *err)
{
    struct judge judge = {name, now, head, body, reply, err};

    *reply = (struct reply){.body = body, .cost = -1};
    reply->date_s = reply_date_s(head);
    memcpy(reply->request_id, head->request_id, sizeof(reply->request_id));
    reply_read_rate(head, &now->told);
    if (judge_answer(&judge))
        return true;
    now->wait_ms =
        now->told.wait_ms > 0 ? now->told.wait_ms : reply_retry_after_ms(head);
    memcpy(err->request_id, head->request_id, sizeof(err->request_id));
    return false;
}
