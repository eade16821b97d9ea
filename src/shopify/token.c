/*
 * A static token is used as it is. A token from a grant is requested by the
 * first request that needs it, and renewed before the last tenth of its
 * lifetime, or before its last ten minutes if these are shorter:
 *
 *     none ─► valid ─► due for renewal ─► expired
 *              ▲             │               │
 *              └── renew ────┴───────────────┘
 *
 * If a renewal fails before the token has expired, the failure is logged and
 * the old token is used. One task renews; other tasks wait at the lock.
 *
 * Hazards. A refresh token can be exchanged only once, so the answer must not
 * be lost: bulkpg waits for it even while stopping, and writes the next refresh
 * token to its file before it does anything else. Other processes use the same
 * file, therefore source.refresh_lock. Secrets are wiped when they are
 * replaced, and log lines never show them (redact.h).
 */
#include "shopify/token.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/redact.h"
#include "json/write.h"
#include "shopify/answer.h"
#include "shopify/refresh_file.h"

enum {
    REPLY_BYTES = 64 * 1024,
    SECRET_BYTES = 16 * 1024,
    MOST_LEFT_MS = 10 * 60 * 1000 /* of the lifetime, when it is renewed */
};

static void
free_secret(char *secret)
{
    redact_forget(secret);
    if (secret != NULL)
        explicit_bzero(secret, strlen(secret));
    free(secret);
}

/* Replace *kept. */
static void
keep_secret(char **kept, struct span secret)
{
    free_secret(*kept);
    *kept = mem_alloc(secret.length + 1);
    memcpy(*kept, secret.bytes, secret.length);
    redact_learn(*kept);
}

static void
free_secret_buf(struct buf *buf)
{
    if (buf->bytes != NULL)
        explicit_bzero(buf->bytes, buf->length);
    buf_free(buf);
}

void
token_free(struct token *token)
{
    free_secret(token->text);
    free_secret(token->refresh);
    free(token->scopes);
    token->text = token->refresh = token->scopes = NULL;
}

/* Only visible ASCII may be in a header line; a newline would begin another
 * header. */
static bool
is_fit(const char *text)
{
    if (text == NULL || *text == '\0')
        return false;
    for (; *text != '\0'; text++)
        if (*text <= ' ' || *text > '~')
            return false;
    return true;
}

/* Find characters that were copied together with a secret. NULL: none. */
static const char *
copied_with(const char *secret)
{
    size_t length = strlen(secret);

    if (length == 0)
        return NULL;
    if (strchr("\"'`", secret[0]) != NULL ||
        strchr("\"'`", secret[length - 1]) != NULL)
        return "is written in quotation marks";
    if (secret[length - 1] == ',' || secret[length - 1] == ';')
        return secret[length - 1] == ',' ? "ends with a comma"
                                         : "ends with a semicolon";
    return NULL;
}

static bool
check_copied(const char *secret, const char *what, const char *store,
             struct err *err)
{
    const char *with = secret != NULL ? copied_with(secret) : NULL;

    if (with == NULL)
        return true;
    err_set(err, MSG_BAD_TOKEN, "the %s of store %s %s", what, store, with);
    return err_hint(err,
                    "write the %s alone, without quotation marks or commas "
                    "around it",
                    what);
}

static bool
check_token(const char *secret, const char *store, struct err *err)
{
    return is_fit(secret) ||
           err_set(err, MSG_BAD_TOKEN,
                   "the access token of store %s is not valid: it contains "
                   "blanks or other characters that a token cannot have",
                   store);
}

/* ---- the two grants' requests ------------------------------------------ */

static void
append_form(struct buf *buf, const char *name, const char *value)
{
    buf_printf(buf, "%s%s=", buf->length > 0 ? "&" : "", name);
    for (; *value != '\0'; value++) {
        unsigned char c = (unsigned char)*value;

        if (isalnum(c) || strchr("-._~", c) != NULL)
            buf_append_char(buf, (char)c);
        else
            buf_printf(buf, "%%%02X", c);
    }
}

static void
write_client_grant(const struct token_source *source, struct buf *body)
{
    append_form(body, "grant_type", "client_credentials");
    append_form(body, "client_id", source->client_id);
    append_form(body, "client_secret", source->client_secret);
}

static void
write_refresh_grant(const struct token_source *source, struct span refresh,
                    struct buf *body)
{
    struct json_out *json = json_out_new(body);

    json_out_open(json, '{');
    json_out_text(json, "grant_type", "refresh_token");
    json_out_text(json, "client_id", source->client_id);
    json_out_text(json, "client_secret", source->client_secret);
    json_out_key(json, "refresh_token");
    json_out_span(json, refresh);
    json_out_close(json, '}');
    json_out_free(json);
}

/* ---- asking ------------------------------------------------------------ */

/* One request for a token. */
struct grant {
    struct token *token; /* that it renews */
    struct buf body;
    struct buf answer;
    struct arena arena;
    struct json *root; /* of the answer */
    int64_t deadline_ms;
    int64_t *wait_ms;
};

/* {"error":"invalid_client","error_description":"…"} with a status of 4xx. */
static bool
denied(const struct grant *grant, const struct http_head *head, struct err *err)
{
    const char *error = json_str(json_get(grant->root, "error"));
    const char *words = json_str(json_get(grant->root, "error_description"));

    err_set(err, MSG_TOKEN_REFUSED,
            "store %s did not issue an access token (HTTP %d)%s%s",
            grant->token->source.store, head->status, error != NULL ? ": " : "",
            error != NULL ? error : "");
    if (words != NULL)
        err_wrap(err, "%s", words);
    if (grant->token->source.refresh_token_file != NULL)
        err_hint(err, "check client_id and client_secret; if the refresh "
                      "token has expired, authorize the app again");
    memcpy(err->request_id, head->request_id, sizeof(err->request_id));
    return false;
}

static bool
unreadable(const struct grant *grant, const struct http_head *head,
           struct err *err)
{
    err_set(err, MSG_NOT_JSON,
            "store %s answered the request for an access "
            "token without a valid token",
            grant->token->source.store);
    memcpy(err->request_id, head->request_id, sizeof(err->request_id));
    return false;
}

static bool
read_answer(struct grant *grant, const struct http_head *head, struct err *err)
{
    struct err why;

    if (!json_parse(&grant->arena, buf_span(&grant->answer), &grant->root,
                    &why))
        grant->root = NULL;
    if (head->status == 400 || head->status == 401 || head->status == 403 ||
        head->status == 404)
        return denied(grant, head, err);
    if (head->status < 200 || head->status > 299)
        return answer_refused(grant->token->source.store, head,
                              buf_span(&grant->answer), grant->wait_ms, err);
    if (!is_fit(json_str(json_get(grant->root, "access_token"))))
        return unreadable(grant, head, err);
    return true;
}

static bool
ask_for_token(struct grant *grant, const char *content_type, struct err *err)
{
    char *url = arena_printf(&grant->arena, "%s/admin/oauth/access_token",
                             grant->token->source.base_url);
    const char *headers[] = {content_type, "Accept: application/json", NULL};
    struct http_request request = {.method = "POST",
                                   .url = url,
                                   .headers = headers,
                                   .body = buf_span(&grant->body),
                                   .deadline_ms = grant->deadline_ms};
    struct http_head head;

    return http_fetch(grant->token->http, &request, &head, &grant->answer,
                      err) &&
           read_answer(grant, &head, err);
}

static bool
ask_with_secret(struct grant *grant, struct err *err)
{
    write_client_grant(&grant->token->source, &grant->body);
    return ask_for_token(
        grant, "Content-Type: application/x-www-form-urlencoded", err);
}

static bool
keep_refresh_token(struct grant *grant, struct refresh_file *file,
                   struct err *err)
{
    const char *next = json_str(json_get(grant->root, "refresh_token"));

    if (next == NULL)
        return true; /* the old one is still valid */
    if (is_fit(next)) {
        keep_secret(&grant->token->refresh, span_str(next));
        return refresh_file_replace(file, next, err);
    }
    err_set(err, MSG_TOKEN_REFUSED,
            "store %s sent a refresh token that is not valid",
            grant->token->source.store);
    return err_as(err, ERR_FAILED);
}

/* Write the request with the refresh token from the file. */
static bool
write_with_file(struct grant *grant, struct refresh_file *file, struct err *err)
{
    struct buf refresh = buf_with_ceiling(SECRET_BYTES);
    bool ok = refresh_file_open(file, grant->token->source.refresh_token_file,
                                &refresh, err);

    if (ok) {
        struct span secret = span_trim(buf_span(&refresh));

        keep_secret(&grant->token->refresh, secret);
        write_refresh_grant(&grant->token->source, secret, &grant->body);
    }
    free_secret_buf(&refresh);
    return ok;
}

/* This must not stop halfway: the old refresh token may be used up already. */
static bool
ask_with_file(struct grant *grant, struct err *err)
{
    struct refresh_file file;
    bool ok;

    if (!write_with_file(grant, &file, err))
        return false;
    task_shield();
    ok = ask_for_token(grant, "Content-Type: application/json", err) &&
         keep_refresh_token(grant, &file, err);
    task_unshield();
    refresh_file_close(&file);
    return ok;
}

/* Read the file under the lock: the process that held the lock before may have
 * changed the file. */
static bool
ask_with_refresh_token(struct grant *grant, struct err *err)
{
    const struct token_source *source = &grant->token->source;
    bool ok;

    if (source->refresh_lock == NULL)
        return ask_with_file(grant, err);
    if (!source->refresh_lock(source->ctx, err))
        return false;
    ok = ask_with_file(grant, err);
    source->refresh_unlock(source->ctx);
    return ok;
}

/* ---- keeping ----------------------------------------------------------- */

static void
set_life(struct token *token, const struct json *root)
{
    int64_t seconds, life, left;

    token->ends_at_ms = token->renew_at_ms = CLOCK_NEVER;
    if (!json_int64(json_get(root, "expires_in"), &seconds) || seconds <= 0 ||
        seconds > INT64_MAX / 2000)
        return; /* valid until the store refuses it */
    life = seconds * 1000;
    left = life / 10 < MOST_LEFT_MS ? life / 10 : MOST_LEFT_MS;
    token->ends_at_ms = clock_after_ms(life);
    token->renew_at_ms = token->ends_at_ms - left;
}

static void
keep(struct token *token, const struct json *root)
{
    const char *scopes = json_str(json_get(root, "scope"));

    keep_secret(&token->text,
                span_str(json_str(json_get(root, "access_token"))));
    if (scopes != NULL) {
        free(token->scopes);
        token->scopes = mem_strdup(scopes);
    }
    set_life(token, root);
    token->generation++;
}

static void
free_grant(struct grant *grant)
{
    free_secret_buf(&grant->body);
    free_secret_buf(&grant->answer);
    arena_free(&grant->arena);
}

static bool
check_client(const struct token_source *source, struct err *err)
{
    return check_copied(source->client_id, "client_id", source->store, err) &&
           check_copied(source->client_secret, "client_secret", source->store,
                        err);
}

static bool
renew(struct token *token, const struct log_ctx *log, int64_t deadline_ms,
      int64_t *wait_ms, struct err *err)
{
    struct grant grant = {.token = token,
                          .body = buf_with_ceiling(SECRET_BYTES * 4),
                          .answer = buf_with_ceiling(REPLY_BYTES),
                          .deadline_ms = deadline_ms,
                          .wait_ms = wait_ms};
    bool ok = check_client(&token->source, err) &&
              (token->source.refresh_token_file != NULL
                   ? ask_with_refresh_token(&grant, err)
                   : ask_with_secret(&grant, err));

    if (ok) {
        keep(token, grant.root);
        log_debug(log, "new access token",
                  LOG_STR("scopes", token->scopes != NULL ? token->scopes : ""),
                  LOG_END);
    } else {
        err_wrap(err, "authorize");
    }
    free_grant(&grant);
    return ok;
}

static bool
use_given(struct token *token, struct err *err)
{
    const struct token_source *source = &token->source;

    if (!check_copied(source->token, "access token", source->store, err) ||
        !check_token(source->token, source->store, err))
        return false;
    keep_secret(&token->text, span_str(source->token));
    token->renew_at_ms = token->ends_at_ms = CLOCK_NEVER;
    return true;
}

/* Continue with the old token if it is still valid and the renewal may succeed
 * later. */
static bool
get_by(const struct token *token, const struct log_ctx *log, struct err *err)
{
    if (token->text == NULL || err->kind != ERR_TRANSIENT ||
        clock_now_ms() >= token->ends_at_ms)
        return false;
    log_failure(LOG_WARN, log, "continuing with the old access token", err);
    return true;
}

bool
token_ensure(struct token *token, const struct log_ctx *log,
             int64_t deadline_ms, int64_t *wait_ms, struct err *err)
{
    bool ok = true;

    if (token->text == NULL && token->source.token != NULL)
        return use_given(token, err);
    if (token->text != NULL && clock_now_ms() < token->renew_at_ms)
        return true;
    if (!task_lock(&token->lock, err))
        return false;
    if (token->text == NULL || clock_now_ms() >= token->renew_at_ms)
        ok = renew(token, log, deadline_ms, wait_ms, err) ||
             get_by(token, log, err);
    task_unlock(&token->lock);
    return ok;
}

bool
token_replace(struct token *token, uint64_t generation,
              const struct log_ctx *log, int64_t deadline_ms, int64_t *wait_ms,
              struct err *err)
{
    bool ok = true;

    if (!task_lock(&token->lock, err))
        return false;
    if (token->generation == generation)
        ok = renew(token, log, deadline_ms, wait_ms, err);
    task_unlock(&token->lock);
    return ok;
}
