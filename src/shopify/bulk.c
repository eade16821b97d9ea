/*
 * The GraphQL documents, and the functions that read their answers. All
 * requests read an operation with read_operation(). A counter that is not a
 * valid count becomes -1 and is described in odd_count: without its counts, a
 * result cannot be checked.
 *
 * Hazards. A submission must not be repeated blindly. An answer without an
 * operation is ANSWER_LOST: the caller then looks for an operation with the
 * marker of its document. Not every refusal has a code, so the text of the
 * refusal is read too, also to find out how long to wait. A text that does not
 * fit its array is an error: half a URL or id would be another one.
 */
#include "shopify/bulk.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json/write.h"

enum {
    ODD_BYTES = 24,
    VARIABLES_BYTES = 512 * 1024,
    /* Listed operations include their documents, each up to 64 KiB. */
    LIST_BYTES = 16 * 1024 * 1024,
    LIST_PAGES = 20
};

#define OPERATION                                            \
    "id status errorCode createdAt completedAt objectCount " \
    "rootObjectCount fileSize url"
#define PARTIAL OPERATION " partialDataUrl"

static const char run_document[] = "mutation RunBulkQuery($query: String!) {"
                                   " bulkOperationRunQuery(query: $query) {"
                                   " bulkOperation { " OPERATION " }"
                                   " userErrors { field message code } } }";

static const char mutate_document[] =
    "mutation RunBulkMutation($mutation: String!, $path: String!) {"
    " bulkOperationRunMutation(mutation: $mutation, stagedUploadPath: $path) {"
    " bulkOperation { " OPERATION " }"
    " userErrors { field message code } } }";

static const char poll_document[] = "query PollBulkOperation($id: ID!) {"
                                    " bulkOperation(id: $id) { " PARTIAL " } }";

static const char query_document[] = "query ReadBulkQuery($id: ID!) {"
                                     " bulkOperation(id: $id) { query } }";

static const char cancel_document[] = "mutation CancelBulkOperation($id: ID!) {"
                                      " bulkOperationCancel(id: $id) {"
                                      " bulkOperation { " OPERATION " }"
                                      " userErrors { field message } } }";

#define FIND(type)                                                   \
    "query FindBulkOperation($after: String) {"                      \
    " bulkOperations(first: 25, after: $after, sortKey: CREATED_AT," \
    " query: \"operation_type:" type "\") {"                         \
    " edges { node { " OPERATION " query } }"                        \
    " pageInfo { hasNextPage endCursor } } }"

static const char *const find_documents[] = {
    [BULK_QUERY] = FIND("query"), [BULK_MUTATION] = FIND("mutation")};

/* ---- operations -------------------------------------------------------- */

static const char *const status_names[] = {
    [BULK_CREATED] = "CREATED",     [BULK_RUNNING] = "RUNNING",
    [BULK_COMPLETED] = "COMPLETED", [BULK_CANCELING] = "CANCELING",
    [BULK_CANCELED] = "CANCELED",   [BULK_FAILED] = "FAILED",
    [BULK_EXPIRED] = "EXPIRED"};

enum { STATUS_COUNT = sizeof(status_names) / sizeof(status_names[0]) };

const char *
bulk_status_name(enum bulk_status status)
{
    return status_names[status];
}

bool
bulk_is_terminal(enum bulk_status status)
{
    switch (status) {
    case BULK_CREATED:
    case BULK_RUNNING:
    case BULK_CANCELING:
        return false;
    case BULK_COMPLETED:
    case BULK_CANCELED:
    case BULK_FAILED:
    case BULK_EXPIRED:
        return true;
    }
    return true;
}

static bool
read_status(const char *name, enum bulk_status *status)
{
    for (int i = 0; name != NULL && i < STATUS_COUNT; i++) {
        if (strcmp(name, status_names[i]) == 0) {
            *status = (enum bulk_status)i;
            return true;
        }
    }
    return false;
}

/* Null becomes "". False if the text does not fit. */
static bool
copy_text(const struct json *object, const char *key, char *text, size_t size)
{
    const char *value = json_str(json_get(object, key));

    text[0] = '\0';
    if (value == NULL)
        return true;
    if (strlen(value) >= size)
        return false;
    memcpy(text, value, strlen(value) + 1);
    return true;
}

/* Describe a value that is not a count. The value itself is only repeated if
 * it is short and printable. */
static void
note_odd(const struct json *said, const char *key,
         struct bulk_operation *operation)
{
    struct span text = said == NULL ? span_str("missing") : said->text;
    bool is_plain = text.length > 0 && text.length <= ODD_BYTES;

    for (size_t i = 0; i < text.length && is_plain; i++)
        is_plain = isgraph((unsigned char)text.bytes[i]);
    if (!is_plain)
        text = span_str("not a number");
    snprintf(operation->odd_count, sizeof(operation->odd_count), "%s is %.*s",
             key, SPAN_ARG(text));
}

/* A missing count is `otherwise`; a value that is not a count is -1. */
static int64_t
count_at(const struct json *object, const char *key, int64_t otherwise,
         struct bulk_operation *operation)
{
    const struct json *said = json_get(object, key);
    int64_t number;

    if (said == NULL || said->kind == JSON_NULL)
        return otherwise;
    if (json_int64(said, &number) && number >= 0)
        return number;
    note_odd(said, key, operation);
    return -1;
}

static bool
unreadable(const struct answer *reply, const char *what, struct err *err)
{
    err_set(err, MSG_BAD_OPERATION, "the store's bulk operation has %s", what);
    memcpy(err->request_id, reply->request_id, sizeof(err->request_id));
    return false;
}

static bool
read_operation(const struct answer *reply, const struct json *object,
               struct bulk_operation *operation, struct err *err)
{
    memset(operation, 0, sizeof(*operation));
    if (!read_status(json_str(json_get(object, "status")), &operation->status))
        return unreadable(reply, "a status that bulkpg does not know", err);
    if (!copy_text(object, "id", operation->id, BULK_ID_BYTES) ||
        operation->id[0] == '\0' ||
        !copy_text(object, "errorCode", operation->error_code,
                   sizeof(operation->error_code)) ||
        !copy_text(object, "createdAt", operation->created_at,
                   sizeof(operation->created_at)) ||
        !copy_text(object, "completedAt", operation->completed_at,
                   sizeof(operation->completed_at)) ||
        !copy_text(object, "url", operation->url, BULK_URL_BYTES) ||
        !copy_text(object, "partialDataUrl", operation->partial_url,
                   BULK_URL_BYTES))
        return unreadable(reply, "no id, or a field that is too long", err);
    operation->object_count = count_at(object, "objectCount", 0, operation);
    operation->root_object_count =
        count_at(object, "rootObjectCount", 0, operation);
    operation->file_size = count_at(object, "fileSize", -1, operation);
    if (operation->file_size < 0 && operation->odd_count[0] == '\0' &&
        operation->status == BULK_COMPLETED && operation->url[0] != '\0')
        note_odd(NULL, "fileSize", operation);
    return true;
}

static bool
unknown(const char *id, const struct answer *reply, struct err *err)
{
    err_set(err, MSG_UNKNOWN_OPERATION,
            "the store does not know bulk operation %s", id);
    memcpy(err->request_id, reply->request_id, sizeof(err->request_id));
    return false;
}

/* Variables with one string, or with two if `other` is not NULL; NULL if they
 * are too large. */
static char *
two_variables(struct arena *arena, const char *name, const char *value,
              const char *other, const char *other_value)
{
    struct buf to = buf_with_ceiling(VARIABLES_BYTES);
    struct json_out *json = json_out_new(&to);
    char *text;

    json_out_open(json, '{');
    json_out_text(json, name, value);
    if (other != NULL)
        json_out_text(json, other, other_value);
    json_out_close(json, '}');
    text = to.overflowed ? NULL : arena_strdup(arena, buf_str(&to));
    json_out_free(json);
    buf_free(&to);
    return text;
}

static char *
one_variable(struct arena *arena, const char *name, const char *value)
{
    return two_variables(arena, name, value, NULL, NULL);
}

/* What is submitted; NULL variables are too large. */
struct submission {
    struct session *session;
    enum bulk_type type;
    const char *variables;
    int64_t *wait_ms;
};

/* ---- user errors ------------------------------------------------------- */

static bool
has_user_errors(const struct json *payload)
{
    const struct json *errors = json_get(payload, "userErrors");

    return errors != NULL && errors->kind == JSON_ARRAY && errors->count > 0;
}

/* The messages of all user errors. */
static char *
user_words(struct arena *arena, const struct json *payload)
{
    const struct json *errors = json_get(payload, "userErrors");
    char *words = NULL;

    for (const struct json *e = errors->first; e != NULL; e = e->next) {
        const char *message = json_str(json_get(e, "message"));

        if (message == NULL || message[0] == '\0')
            message = "an error without a message";
        words = words == NULL ? arena_strdup(arena, message)
                              : arena_printf(arena, "%s; %s", words, message);
    }
    return words;
}

static bool
has_user_code(const struct json *payload, const char *code)
{
    const struct json *errors = json_get(payload, "userErrors");

    for (const struct json *e = errors->first; e != NULL; e = e->next) {
        const char *said = json_str(json_get(e, "code"));

        if (said != NULL && strcmp(said, code) == 0)
            return true;
    }
    return false;
}

/* "… wait 2 minutes …", "… in 30 seconds": the first number with a unit, as
 * milliseconds; -1 if there is none. */
static int64_t
wait_in_words(const char *words)
{
    static const struct {
        const char *unit;
        int64_t ms;
    } units[] = {{"second", 1000}, {"minute", 60000}, {"hour", 3600000}};

    for (; *words != '\0'; words++) {
        char *end;
        long count;

        if (!isdigit((unsigned char)*words))
            continue;
        count = strtol(words, &end, 10);
        words = end;
        while (*words == ' ')
            words++;
        for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
            if (strncmp(words, units[i].unit, strlen(units[i].unit)) == 0)
                return count <= 24 * 3600 ? count * units[i].ms : -1;
        words = end - 1;
    }
    return -1;
}

/* All slots are taken, or too many operations were started. */
static bool
refuse_full(const struct json *payload, const char *words, int64_t *wait_ms,
            struct err *err)
{
    if (has_user_code(payload, "OPERATION_IN_PROGRESS") ||
        strstr(words, "already in progress") != NULL) {
        err_set(err, MSG_OPERATION_IN_PROGRESS, "%s", words);
        return true;
    }
    if (has_user_code(payload, "LIMIT_REACHED") ||
        strcasestr(words, "too many recent") != NULL) {
        *wait_ms = wait_in_words(words);
        err_set(err, MSG_LIMIT_REACHED, "%s", words);
        return true;
    }
    return false;
}

static bool
is_about_file(const struct json *payload)
{
    return has_user_code(payload, "NO_SUCH_FILE") ||
           has_user_code(payload, "INVALID_STAGED_UPLOAD_FILE") ||
           has_user_code(payload, "INTERNAL_FILE_SERVER_ERROR");
}

static bool
refuse_submit(const struct submission *submission, const struct json *payload,
              const struct answer *reply, struct arena *arena, struct err *err)
{
    const char *words = user_words(arena, payload);

    if (!refuse_full(payload, words, submission->wait_ms, err)) {
        if (submission->type == BULK_QUERY)
            err_set(err, MSG_INVALID, "the store refuses the query: %s", words);
        else if (is_about_file(payload))
            err_set(err, MSG_NO_SUCH_FILE, "the store refuses the upload: %s",
                    words);
        else
            err_set(err, MSG_INVALID_MUTATION,
                    "the store refuses the mutation: %s", words);
    }
    memcpy(err->request_id, reply->request_id, sizeof(err->request_id));
    return false;
}

/* ---- requests ---------------------------------------------------------- */

static bool
read_submit(const struct submission *submission, const struct answer *reply,
            struct arena *arena, struct bulk_operation *operation,
            struct err *err)
{
    const struct json *payload =
        json_get(reply->data, submission->type == BULK_QUERY
                                  ? "bulkOperationRunQuery"
                                  : "bulkOperationRunMutation");
    const struct json *object = json_get(payload, "bulkOperation");

    if (has_user_errors(payload))
        return refuse_submit(submission, payload, reply, arena, err);
    if (object != NULL && object->kind == JSON_OBJECT)
        return read_operation(reply, object, operation, err);
    err_set(err, MSG_ANSWER_LOST,
            "submit: the store's answer has no operation");
    memcpy(err->request_id, reply->request_id, sizeof(err->request_id));
    return false;
}

static bool
submit(const struct submission *submission, struct arena *arena,
       const struct log_ctx *log, struct bulk_operation *operation,
       struct err *err)
{
    struct request request = {.what = "submit",
                              .document = submission->type == BULK_QUERY
                                              ? run_document
                                              : mutate_document,
                              .variables = submission->variables,
                              .once = true,
                              .finish = true};
    struct answer reply;

    *submission->wait_ms = -1;
    if (request.variables == NULL)
        return err_set(err, MSG_QUERY_TOO_LARGE, "the %s is too large",
                       submission->type == BULK_QUERY ? "query" : "mutation");
    return session_send(submission->session, &request, log, arena, &reply,
                        err) &&
           read_submit(submission, &reply, arena, operation, err);
}

bool
bulk_submit(struct session *session, const char *document,
            const struct log_ctx *log, struct bulk_operation *operation,
            int64_t *wait_ms, struct err *err)
{
    struct arena arena = {0};
    struct submission submission = {.session = session,
                                    .type = BULK_QUERY,
                                    .variables =
                                        one_variable(&arena, "query", document),
                                    .wait_ms = wait_ms};
    bool ok = submit(&submission, &arena, log, operation, err);

    arena_free(&arena);
    return ok;
}

bool
bulk_mutate(struct session *session, const char *document, const char *path,
            const struct log_ctx *log, struct bulk_operation *operation,
            int64_t *wait_ms, struct err *err)
{
    struct arena arena = {0};
    struct submission submission = {
        .session = session,
        .type = BULK_MUTATION,
        .variables = two_variables(&arena, "mutation", document, "path", path),
        .wait_ms = wait_ms};
    bool ok = submit(&submission, &arena, log, operation, err);

    arena_free(&arena);
    return ok;
}

/* Send a request about operation `id`. An id that the store cannot read is an
 * unknown operation. */
static bool
ask_by_id(struct session *session, const char *what, const char *document,
          const char *id, int64_t deadline_ms, const struct log_ctx *log,
          struct arena *arena, struct answer *reply, struct err *err)
{
    struct request request = {.what = what,
                              .document = document,
                              .variables = one_variable(arena, "id", id),
                              .deadline_ms = deadline_ms};

    if (session_send(session, &request, log, arena, reply, err))
        return true;
    if (strcmp(err->code, "RESOURCE_NOT_FOUND") == 0)
        err_code(err, MSG_UNKNOWN_OPERATION);
    return false;
}

bool
bulk_is_full(const struct err *err)
{
    return err_is(err, MSG_OPERATION_IN_PROGRESS) ||
           err_is(err, MSG_LIMIT_REACHED);
}

bool
bulk_read(struct session *session, const char *id, int64_t deadline_ms,
          const struct log_ctx *log, struct bulk_operation *operation,
          struct err *err)
{
    struct arena arena = {0};
    struct answer reply;
    bool ok = ask_by_id(session, "poll", poll_document, id, deadline_ms, log,
                        &arena, &reply, err);

    if (ok) {
        const struct json *object = json_get(reply.data, "bulkOperation");

        ok = object != NULL && object->kind == JSON_OBJECT
                 ? read_operation(&reply, object, operation, err)
                 : unknown(id, &reply, err);
    }
    arena_free(&arena);
    return ok;
}

bool
bulk_check_marker(struct session *session, const char *id, const char *marker,
                  int64_t deadline_ms, const struct log_ctx *log,
                  struct err *err)
{
    struct arena arena = {0};
    struct answer reply;
    const char *query = NULL;
    bool ours = ask_by_id(session, "look up", query_document, id, deadline_ms,
                          log, &arena, &reply, err);

    if (ours) {
        query = json_str(json_path(reply.data, "bulkOperation", "query", NULL));
        if (query == NULL)
            ours = unknown(id, &reply, err);
    }
    if (ours && strncmp(query, marker, strlen(marker)) != 0) {
        err_set(err, MSG_NOT_OURS,
                "bulkpg did not submit %s, and leaves it alone", id);
        ours = false;
    }
    arena_free(&arena);
    return ours;
}

/* The user error "A bulk operation cannot be canceled when it is completed"
 * comes with an operation that has ended. That is success. */
static bool
read_cancel(const char *id, const struct answer *reply, struct arena *arena,
            struct bulk_operation *operation, struct err *err)
{
    const struct json *payload = json_get(reply->data, "bulkOperationCancel");
    const struct json *object = json_get(payload, "bulkOperation");

    if (object == NULL || object->kind != JSON_OBJECT)
        return unknown(id, reply, err);
    if (!read_operation(reply, object, operation, err))
        return false;
    if (!has_user_errors(payload) || bulk_is_terminal(operation->status))
        return true;
    err_set(err, MSG_NOT_CANCELED, "the store does not cancel %s: %s", id,
            user_words(arena, payload));
    memcpy(err->request_id, reply->request_id, sizeof(err->request_id));
    return false;
}

bool
bulk_cancel(struct session *session, const char *id, int64_t deadline_ms,
            const struct log_ctx *log, struct bulk_operation *operation,
            struct err *err)
{
    struct arena arena = {0};
    struct answer reply;
    bool ok = ask_by_id(session, "cancel", cancel_document, id, deadline_ms,
                        log, &arena, &reply, err) &&
              read_cancel(id, &reply, &arena, operation, err);

    arena_free(&arena);
    return ok;
}

/* ---- search ------------------------------------------------------------ */

/* The marker must be the whole first line: "# bulkpg …/7.12" also begins with
 * "# bulkpg …/7.1". */
static bool
begins_with_marker(const char *query, const char *marker)
{
    size_t length = strlen(marker);

    if (query == NULL || length == 0 || strncmp(query, marker, length) != 0)
        return false;
    return marker[length - 1] == '\n' || query[length] == '\0' ||
           query[length] == '\n' || query[length] == '\r';
}

/* A search through the app's operations, newest first. */
struct search {
    struct session *session;
    enum bulk_type type;
    const struct log_ctx *log;

    /* Looks at an operation and its document; sets `found` to end the
     * search. */
    bool (*on_node)(struct search *search, const struct answer *reply,
                    const struct json *node, struct err *err);
    const char *marker;
    struct bulk_operation *operation; /* the one that was found */
    bool found;
    struct bulk_markers *markers; /* of bulk_list_markers() */
};

static bool
search_on_page(struct search *search, const struct answer *reply,
               struct err *err)
{
    const struct json *edges =
        json_path(reply->data, "bulkOperations", "edges", NULL);
    const struct json *edge = edges != NULL ? edges->first : NULL;

    for (; edge != NULL && !search->found; edge = edge->next)
        if (!search->on_node(search, reply, json_get(edge, "node"), err))
            return false;
    return true;
}

/* The variables of the next page; NULL after the last page. */
static char *
next_page(struct arena *arena, const struct json *connection)
{
    const char *cursor =
        json_str(json_path(connection, "pageInfo", "endCursor", NULL));

    if (cursor == NULL ||
        !json_is_true(json_path(connection, "pageInfo", "hasNextPage", NULL)))
        return NULL;
    return one_variable(arena, "after", cursor);
}

/* Search one page, and set the variables of `request` to the next page. */
static bool
search_page(struct search *search, struct request *request,
            struct arena *cursors, struct err *err)
{
    struct arena arena = {0}; /* a page may be large */
    struct answer reply;
    bool ok = session_send(search->session, request, search->log, &arena,
                           &reply, err);

    if (ok) {
        request->variables =
            next_page(cursors, json_get(reply.data, "bulkOperations"));
        ok = search_on_page(search, &reply, err);
    }
    arena_free(&arena);
    return ok;
}

static bool
search_pages(struct search *search, struct err *err)
{
    struct arena cursors = {0};
    struct request request = {.what = "find",
                              .document = find_documents[search->type],
                              .variables = "{}",
                              .reply_ceiling = LIST_BYTES};
    bool ok = true;

    for (int page = 0;
         ok && page < LIST_PAGES && request.variables != NULL && !search->found;
         page++)
        ok = search_page(search, &request, &cursors, err);
    arena_free(&cursors);
    return ok;
}

static bool
is_marked(struct search *search, const struct answer *reply,
          const struct json *node, struct err *err)
{
    search->found =
        begins_with_marker(json_str(json_get(node, "query")), search->marker);
    return !search->found ||
           read_operation(reply, node, search->operation, err);
}

bool
bulk_find(struct session *session, enum bulk_type type, const char *marker,
          const struct log_ctx *log, struct bulk_operation *operation,
          bool *found, struct err *err)
{
    struct search search = {.session = session,
                            .type = type,
                            .log = log,
                            .on_node = is_marked,
                            .marker = marker,
                            .operation = operation};
    bool ok = search_pages(&search, err);

    *found = search.found;
    return ok;
}

/* The list is in the order of creation, but a store may ignore that. */
static bool
add_marker(struct search *search, const struct answer *reply,
           const struct json *node, struct err *err)
{
    struct bulk_markers *markers = search->markers;
    const char *query = json_str(json_get(node, "query"));
    const char *created = json_str(json_get(node, "createdAt"));

    (void)reply;
    (void)err;
    if (query == NULL || created == NULL ||
        strcmp(created, markers->since) < 0 ||
        strncmp(query, markers->prefix, strlen(markers->prefix)) != 0 ||
        markers->count == BULK_MARKERS_MAX)
        return true;
    markers->first_lines[markers->count++] =
        arena_dup(markers->arena, span_of(query, strcspn(query, "\r\n")));
    return true;
}

bool
bulk_list_markers(struct session *session, const struct log_ctx *log,
                  struct bulk_markers *markers, struct err *err)
{
    struct search search = {.session = session,
                            .type = BULK_MUTATION,
                            .log = log,
                            .on_node = add_marker,
                            .markers = markers};

    markers->count = 0;
    return search_pages(&search, err);
}
