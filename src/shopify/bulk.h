/*
 * bulk - the life of a bulk operation, one request at a time.
 *
 *   bulkOperationRunQuery, bulkOperationRunMutation
 *                              CREATED ─► RUNNING ─► COMPLETED | FAILED
 *   bulkOperation(id:)                      └─► CANCELING ─► CANCELED
 *   bulkOperationCancel                               (EXPIRED later)
 *
 * Counters arrive as strings. They may not change for a long time, then jump.
 * The caller decides how often to poll and what to do at the end.
 *   https://shopify.dev/docs/api/usage/bulk-operations/queries
 *   https://shopify.dev/docs/api/usage/bulk-operations/imports
 */
#ifndef SHOPIFY_BULK_H
#define SHOPIFY_BULK_H

#include "shopify/session.h"

/* A store works on this many operations of one app at a time, since API
 * version 2026-01: of queries, and of mutations. */
enum { BULK_SLOTS = 5 };

enum bulk_type { BULK_QUERY, BULK_MUTATION };

enum bulk_status {
    BULK_CREATED,
    BULK_RUNNING,
    BULK_COMPLETED,
    BULK_CANCELING,
    BULK_CANCELED,
    BULK_FAILED,
    BULK_EXPIRED
};

enum { BULK_ID_BYTES = 96, BULK_URL_BYTES = 4096 };

struct bulk_operation {
    char id[BULK_ID_BYTES]; /* gid://shopify/BulkOperation/<n> */
    enum bulk_status status;
    char error_code[40]; /* "" if none */
    char created_at[40]; /* as the store wrote it; "" if null */
    char completed_at[40];
    int64_t object_count;      /* lines of the result so far; -1: not valid */
    int64_t root_object_count; /* those without __parentId; -1: not valid */
    int64_t file_size;         /* bytes; -1: absent, or not valid */
    char odd_count[64];        /* the count that is not valid, for messages:
                                * "fileSize is -5"; "" if all are valid */
    char url[BULK_URL_BYTES];  /* secret after '?'; "" if null */
    char partial_url[BULK_URL_BYTES]; /* of what a failed operation did; the
                                       * same; "" also if it was not asked
                                       * for: only bulk_read() does */
};

const char *bulk_status_name(enum bulk_status status);
bool bulk_is_terminal(enum bulk_status status);

/* Submit `document` once. If the store refuses it (userErrors), the error has
 * the store's text and is
 *   ERR_TRANSIENT, OPERATION_IN_PROGRESS   all slots are taken
 *   ERR_TRANSIENT, LIMIT_REACHED           also "too many recent ..."
 *   ERR_CONFIG, INVALID                    anything else
 * `wait_ms`: how long LIMIT_REACHED asks to wait; -1 if it does not say. Lost
 * answers are as for session_query_once(). The answer to a request in progress
 * is waited for even while stopping, so that it is not lost. */
MUST_CHECK bool
bulk_submit(struct session *session, const char *document,
            const struct log_ctx *log, struct bulk_operation *operation,
            int64_t *wait_ms, struct err *err);

/* The same for a mutation, which runs once for each line of the file at `path`
 * (upload.h). Every refusal proves that no line ran. The store may also refuse
 * the file: ERR_TRANSIENT, NO_SUCH_FILE; a new upload may help. Anything else:
 * ERR_CONFIG, INVALID_MUTATION. */
MUST_CHECK bool
bulk_mutate(struct session *session, const char *document, const char *path,
            const struct log_ctx *log, struct bulk_operation *operation,
            int64_t *wait_ms, struct err *err);

/* Was a submission refused because the store has no free slot? */
bool bulk_is_full(const struct err *err);

/* Read an operation. If the store does not know the id: ERR_FAILED with the
 * code UNKNOWN_OPERATION. `deadline_ms`, here and below: clock_now_ms() at
 * which the request ends with ERR_LATER; 0: only the budget limits it. */
MUST_CHECK bool bulk_read(struct session *session, const char *id,
                          int64_t deadline_ms, const struct log_ctx *log,
                          struct bulk_operation *operation, struct err *err);

/* Check that the operation's query begins with `marker`. If not: ERR_FAILED
 * with the code NOT_OURS. Other errors are as for bulk_read(). */
MUST_CHECK bool bulk_check_marker(struct session *session, const char *id,
                                  const char *marker, int64_t deadline_ms,
                                  const struct log_ctx *log, struct err *err);

/* Ask the store to cancel it. If it has already ended: success. */
MUST_CHECK bool bulk_cancel(struct session *session, const char *id,
                            int64_t deadline_ms, const struct log_ctx *log,
                            struct bulk_operation *operation, struct err *err);

/* Look for the newest operation of the type whose document begins with
 * `marker`, among the newest 500 of the app. *found says whether there is one.
 */
MUST_CHECK bool
bulk_find(struct session *session, enum bulk_type type, const char *marker,
          const struct log_ctx *log, struct bulk_operation *operation,
          bool *found, struct err *err);

enum { BULK_MARKERS_MAX = 500 };

/* The first lines of mutations that begin with `prefix`. */
struct bulk_markers {
    const char *prefix;
    const char *since;   /* "2026-10-21T02:07:50Z": not created before */
    struct arena *arena; /* for `first_lines` */
    const char *first_lines[BULK_MARKERS_MAX];
    int count;
};

/* List the markers among the newest 500 mutations of the app. */
MUST_CHECK bool
bulk_list_markers(struct session *session, const struct log_ctx *log,
                  struct bulk_markers *markers, struct err *err);

#endif
