/*
 * The GraphQL documents, and the functions that read their answers. All
 * requests read an operation with read_operation(). A counter that is not a
 * valid count becomes -1 and is described in odd_count: without its counts, a
 * result cannot be checked.
 *
 * Hazards. bulkOperationRunQuery must not be repeated blindly. An answer
 * without an operation is ANSWER_LOST: the caller then looks for an operation
 * with the marker of its document. Not every refusal has a code, so the text
 * of the refusal is read too, also to find out how long to wait. A text that
 * does not fit its array is an error: half a URL or id would be another one.
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

static const char run_document[] = "mutation RunBulkQuery($query: String!) {"
                                   " bulkOperationRunQuery(query: $query) {"
                                   " bulkOperation { " OPERATION " }"
                                   " userErrors { field message code } } }";

static const char poll_document[] =
    "query PollBulkOperation($id: ID!) {"
    " bulkOperation(id: $id) { " OPERATION " } }";

static const char query_document[] = "query ReadBulkQuery($id: ID!) {"
                                     " bulkOperation(id: $id) { query } }";

static const char cancel_document[] = "mutation CancelBulkOperation($id: ID!) {"
                                      " bulkOperationCancel(id: $id) {"
                                      " bulkOperation { " OPERATION " }"
                                      " userErrors { field message } } }";

static const char find_document[] =
    "query FindBulkOperation($after: String) {"
    " bulkOperations(first: 25, after: $after, sortKey: CREATED_AT,"
    " query: \"operation_type:query\") {"
    " edges { node { " OPERATION " query } }"
    " pageInfo { hasNextPage endCursor } } }";

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
        !copy_text(object, "url", operation->url, BULK_URL_BYTES))
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

/* Variables with one string; NULL if it is too large. */
static char *
one_variable(struct arena *arena, const char *name, const char *value)
{
    struct buf to = buf_with_ceiling(VARIABLES_BYTES);
    struct json_out *json = json_out_new(&to);
    char *text;

    json_out_open(json, '{');
    json_out_text(json, name, value);
    json_out_close(json, '}');
    text = to.overflowed ? NULL : arena_strdup(arena, buf_str(&to));
    json_out_free(json);
    buf_free(&to);
    return text;
}

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

static bool
refuse_submit(const struct json *payload, const struct answer *reply,
              struct arena *arena, int64_t *wait_ms, struct err *err)
{
    const char *words = user_words(arena, payload);

    if (has_user_code(payload, "OPERATION_IN_PROGRESS") ||
        strstr(words, "already in progress") != NULL) {
        err_set(err, MSG_OPERATION_IN_PROGRESS, "%s", words);
    } else if (has_user_code(payload, "LIMIT_REACHED") ||
               strcasestr(words, "too many recent") != NULL) {
        *wait_ms = wait_in_words(words);
        err_set(err, MSG_LIMIT_REACHED, "%s", words);
    } else {
        err_set(err, MSG_INVALID, "the store refuses the query: %s", words);
    }
    memcpy(err->request_id, reply->request_id, sizeof(err->request_id));
    return false;
}

/* ---- requests ---------------------------------------------------------- */

static bool
read_submit(const struct answer *reply, struct arena *arena,
            struct bulk_operation *operation, int64_t *wait_ms, struct err *err)
{
    const struct json *payload = json_get(reply->data, "bulkOperationRunQuery");
    const struct json *object = json_get(payload, "bulkOperation");

    if (has_user_errors(payload))
        return refuse_submit(payload, reply, arena, wait_ms, err);
    if (object != NULL && object->kind == JSON_OBJECT)
        return read_operation(reply, object, operation, err);
    err_set(err, MSG_ANSWER_LOST,
            "submit: the store's answer has no operation");
    memcpy(err->request_id, reply->request_id, sizeof(err->request_id));
    return false;
}

bool
bulk_submit(struct session *session, const char *document,
            const struct log_ctx *log, struct bulk_operation *operation,
            int64_t *wait_ms, struct err *err)
{
    struct arena arena = {0};
    struct request request = {.what = "submit",
                              .document = run_document,
                              .variables =
                                  one_variable(&arena, "query", document),
                              .once = true,
                              .finish = true};
    struct answer reply;
    bool ok;

    *wait_ms = -1;
    if (request.variables == NULL)
        ok = err_set(err, MSG_QUERY_TOO_LARGE, "the query is too large");
    else
        ok = session_send(session, &request, log, &arena, &reply, err) &&
             read_submit(&reply, &arena, operation, wait_ms, err);
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

static const struct json *
find_on_page(const struct json *connection, const char *marker)
{
    const struct json *edges = json_get(connection, "edges");
    const struct json *edge = edges != NULL ? edges->first : NULL;

    for (; edge != NULL; edge = edge->next) {
        const struct json *node = json_get(edge, "node");

        if (begins_with_marker(json_str(json_get(node, "query")), marker))
            return node;
    }
    return NULL;
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
search_page(struct session *session, struct request *request,
            const char *marker, const struct log_ctx *log,
            struct arena *cursors, struct bulk_operation *operation,
            bool *found, struct err *err)
{
    struct arena arena = {0}; /* a page may be large */
    struct answer reply;
    bool ok = session_send(session, request, log, &arena, &reply, err);

    if (ok) {
        const struct json *connection = json_get(reply.data, "bulkOperations");
        const struct json *node = find_on_page(connection, marker);

        *found = node != NULL;
        if (*found)
            ok = read_operation(&reply, node, operation, err);
        request->variables = next_page(cursors, connection);
    }
    arena_free(&arena);
    return ok;
}

/* The list begins with the newest, so the first match is the newest. */
static bool
search_pages(struct session *session, const char *marker,
             const struct log_ctx *log, struct arena *cursors,
             struct bulk_operation *operation, bool *found, struct err *err)
{
    struct request request = {.what = "find",
                              .document = find_document,
                              .variables = "{}",
                              .reply_ceiling = LIST_BYTES};

    for (int page = 0;
         page < LIST_PAGES && request.variables != NULL && !*found; page++)
        if (!search_page(session, &request, marker, log, cursors, operation,
                         found, err))
            return false;
    return true;
}

bool
bulk_find(struct session *session, const char *marker,
          const struct log_ctx *log, struct bulk_operation *operation,
          bool *found, struct err *err)
{
    struct arena arena = {0};
    bool ok;

    *found = false;
    ok = search_pages(session, marker, log, &arena, operation, found, err);
    arena_free(&arena);
    return ok;
}
