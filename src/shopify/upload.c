/*
 *     {"url": "https://…", "parameters": [{"name": "key", "value": "tmp/…"}, …]}
 *
 * The fields are found by their names, and sent unchanged in the order in which
 * they came: they are signed together. The file is the last part of the form.
 *
 * Hazards. The answer of the storage to a refusal may repeat the signature and
 * what was signed, so only its code and its sentence are reported. A storage
 * that encrypts with other keys has an ETag that is not an MD5: an ETag of
 * another form proves nothing and is ignored.
 */
#include "shopify/upload.h"

#include <ctype.h>
#include <inttypes.h>
#include <md5.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/hex.h"
#include "http/form.h"
#include "json/write.h"

#define FILE_TYPE "text/jsonl"

enum {
    VARIABLES_BYTES = 16 * 1024,
    ANSWER_BYTES = 16 * 1024,
    FIELDS_MAX = 64,
    WORD_BYTES = 200
};

static const char stage_document[] =
    "mutation StageBulkVariables($input: [StagedUploadInput!]!) {"
    " stagedUploadsCreate(input: $input) {"
    " stagedTargets { url parameters { name value } }"
    " userErrors { field message } } }";

/* ---- a target ---------------------------------------------------------- */

static char *
write_variables(struct arena *arena, const char *file_name, int64_t size)
{
    struct buf to = buf_with_ceiling(VARIABLES_BYTES);
    struct json_out *json = json_out_new(&to);
    char *text;

    json_out_open(json, '{');
    json_out_key(json, "input");
    json_out_open(json, '[');
    json_out_open(json, '{');
    json_out_text(json, "resource", "BULK_MUTATION_VARIABLES");
    json_out_text(json, "filename", file_name);
    json_out_text(json, "mimeType", FILE_TYPE);
    json_out_text(json, "httpMethod", "POST");
    json_out_text(json, "fileSize", arena_printf(arena, "%" PRId64, size));
    json_out_close(json, '}');
    json_out_close(json, ']');
    json_out_close(json, '}');
    text = arena_strdup(arena, buf_str(&to));
    json_out_free(json);
    buf_free(&to);
    return text;
}

static bool
no_target(const struct answer *reply, struct err *err)
{
    const struct json *errors =
        json_path(reply->data, "stagedUploadsCreate", "userErrors", NULL);
    const char *words =
        json_str(json_get(errors != NULL ? errors->first : NULL, "message"));

    err_set(err, MSG_BAD_TARGET, "the store gives no place for the upload%s%s",
            words != NULL ? ": " : "", words != NULL ? words : "");
    memcpy(err->request_id, reply->request_id, sizeof(err->request_id));
    return false;
}

bool
upload_stage(struct session *session, const char *file_name, int64_t size,
             const struct log_ctx *log, struct arena *arena,
             const char **target, struct err *err)
{
    struct arena work = {0};
    struct answer reply;
    bool ok = session_query(session, "stage", stage_document,
                            write_variables(&work, file_name, size), log, &work,
                            &reply, err);

    if (ok) {
        const struct json *targets =
            json_path(reply.data, "stagedUploadsCreate", "stagedTargets", NULL);
        const struct json *first = targets != NULL ? targets->first : NULL;

        if (first != NULL && first->kind == JSON_OBJECT)
            *target = arena_dup(arena, first->source);
        ok = (first != NULL && first->kind == JSON_OBJECT &&
              upload_path(*target, &work) != NULL) ||
             no_target(&reply, err);
    }
    arena_free(&work);
    return ok;
}

struct target {
    const char *url;
    const char *path;
    struct http_form_field fields[FIELDS_MAX];
    size_t field_count;
};

static bool
read_fields(const struct json *parameters, struct target *target)
{
    const struct json *one = parameters != NULL ? parameters->first : NULL;

    for (; one != NULL; one = one->next) {
        struct http_form_field field = {.name = json_str(json_get(one, "name")),
                                        .value =
                                            json_str(json_get(one, "value"))};

        if (field.name == NULL || field.value == NULL ||
            target->field_count == FIELDS_MAX)
            return false;
        if (strcmp(field.name, "key") == 0)
            target->path = field.value;
        target->fields[target->field_count++] = field;
    }
    return target->path != NULL && target->path[0] != '\0';
}

static bool
read_target(const char *text, struct arena *arena, struct target *target,
            struct err *err)
{
    struct json *root;

    *target = (struct target){0};
    if (json_parse(arena, span_str(text), &root, err)) {
        target->url = json_str(json_get(root, "url"));
        if (target->url != NULL &&
            read_fields(json_get(root, "parameters"), target))
            return true;
    }
    return err_set(err, MSG_BAD_TARGET,
                   "the place for the upload has no URL, or no path");
}

const char *
upload_path(const char *target, struct arena *arena)
{
    struct target read;
    struct err ignored;

    return read_target(target, arena, &read, &ignored) ? read.path : NULL;
}

/* ---- the storage's answer ---------------------------------------------- */

/* The text between <name> and </name>; "" if there is none. */
static struct span
element_of(struct span xml, const char *name)
{
    char tag[32];
    const char *begin, *end;

    snprintf(tag, sizeof(tag), "<%s>", name);
    begin = memmem(xml.bytes, xml.length, tag, strlen(tag));
    if (begin == NULL)
        return span_of("", 0);
    begin += strlen(tag);
    end = memchr(begin, '<', xml.length - (size_t)(begin - xml.bytes));
    return end != NULL ? span_of(begin, (size_t)(end - begin)) : span_of("", 0);
}

static struct span
shortened(struct span text)
{
    return text.length > WORD_BYTES ? span_head(text, WORD_BYTES) : text;
}

static bool
refused(const struct http_head *head, struct span body, struct err *err)
{
    struct span code = shortened(element_of(body, "Code"));
    struct span message = shortened(element_of(body, "Message"));

    err_set(err, MSG_UPLOAD_REFUSED,
            "the storage refuses the upload (HTTP %d)%s%.*s%s%.*s",
            head->status, code.length > 0 ? ": " : "", SPAN_ARG(code),
            message.length > 0 ? ": " : "", SPAN_ARG(message));
    memcpy(err->request_id, head->request_id, sizeof(err->request_id));
    return false;
}

/* The digits of an ETag that is an MD5, in quotes; else NULL. */
static const char *
digest_in(const char *etag)
{
    size_t digits = 0;

    if (etag[0] != '"')
        return NULL;
    while (hex_digit(etag[1 + digits]) >= 0)
        digits++;
    return digits == MD5_DIGEST_LENGTH * 2 && etag[1 + digits] == '"' ? etag + 1
                                                                      : NULL;
}

static bool
check_answer(const struct http_head *head, struct span body, const char *md5,
             struct err *err)
{
    const char *digest = digest_in(head->etag);

    if (head->status < 200 || head->status > 299)
        return refused(head, body, err);
    if (digest == NULL || strncasecmp(digest, md5, strlen(md5)) == 0)
        return true;
    return err_set(err, MSG_UPLOAD_DAMAGED,
                   "the storage has received other bytes than bulkpg sent "
                   "(MD5 %.*s, not %s)",
                   MD5_DIGEST_LENGTH * 2, digest, md5);
}

/* ---- sending ----------------------------------------------------------- */

/* A file whose digest is computed while it is sent. */
struct digested {
    const struct upload_file *file;
    MD5_CTX md5;
};

static bool
read_digested(void *ctx, struct span *chunk, struct err *err)
{
    struct digested *digested = ctx;
    const struct upload_file *file = digested->file;

    if (!file->read(file->ctx, chunk, err))
        return false;
    MD5Update(&digested->md5, (const uint8_t *)chunk->bytes, chunk->length);
    return true;
}

static bool
send_to(struct http *http, const struct target *target, const char *file_name,
        const struct upload_file *file, struct err *err)
{
    struct digested digested = {.file = file};
    struct http_form form = {.url = target->url,
                             .fields = target->fields,
                             .field_count = target->field_count,
                             .file_name = file_name,
                             .file_type = FILE_TYPE,
                             .file_size = file->size,
                             .read = read_digested,
                             .ctx = &digested};
    struct buf body = buf_with_ceiling(ANSWER_BYTES);
    char md5[MD5_DIGEST_STRING_LENGTH];
    struct http_head head;
    bool ok;

    MD5Init(&digested.md5);
    ok = http_form_post(http, &form, &head, &body, err);
    MD5End(&digested.md5, md5);
    ok = ok && check_answer(&head, buf_span(&body), md5, err);
    buf_free(&body);
    return ok;
}

bool
upload_send(struct http *http, const char *target, const char *file_name,
            const struct upload_file *file, struct err *err)
{
    struct arena arena = {0};
    struct target to;
    bool ok = read_target(target, &arena, &to, err) &&
              send_to(http, &to, file_name, file, err);

    arena_free(&arena);
    return ok || err_wrap(err, "upload");
}

static bool
read_once(void *ctx, struct span *chunk, struct err *err)
{
    struct span *left = ctx;

    (void)err;
    *chunk = *left;
    *left = span_of("", 0);
    return true;
}

bool
upload_overwrite(struct http *http, const char *target, const char *file_name,
                 struct err *err)
{
    struct span line = span_str("bulkpg does not send these lines\n");
    struct upload_file file = {
        .size = (int64_t)line.length, .read = read_once, .ctx = &line};

    return upload_send(http, target, file_name, &file, err);
}
