/*
 * bulk - the life of a bulk operation, one request at a time.
 *
 *   bulkOperationRunQuery      CREATED ─► RUNNING ─► COMPLETED | FAILED
 *   bulkOperation(id:)                      └─► CANCELING ─► CANCELED
 *   bulkOperationCancel                               (EXPIRED later)
 *
 * Counters arrive as strings and may stand still, then jump. How often to
 * ask, and what to do about each end, is for whoever runs the job.
 *   https://shopify.dev/docs/api/usage/bulk-operations/queries
 */
#ifndef SHOPIFY_BULK_H
#define SHOPIFY_BULK_H

#include "shopify/session.h"

/* Operations of one app that a store works on at a time, since 2026-01. */
enum { BULK_SLOTS = 5 };

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
    char error_code[40]; /* "" when none */
    char created_at[40]; /* as the store wrote them; "" when null */
    char completed_at[40];
    int64_t object_count;      /* lines of the result so far; -1: odd */
    int64_t root_object_count; /* of them without __parentId; -1: odd */
    int64_t file_size;         /* bytes; -1: not said, or odd */
    char odd_count[64];        /* "fileSize is -5": negative, not a number, or
                                * not said of a result; "" where none is */
    char url[BULK_URL_BYTES];  /* secret behind '?'; "" when null */
};

const char *bulk_status_name(enum bulk_status status);
bool bulk_is_terminal(enum bulk_status status);

/* Submit `document`, once. userErrors: ERR_TRANSIENT with the code
 * OPERATION_IN_PROGRESS (the holders' ids in the message) or LIMIT_REACHED
 * (also "too many recent ..."; what it says to wait is in the hint's place of
 * `wait_ms`, -1 when it says nothing); anything else ERR_CONFIG with the
 * store's own words, all of them. Lost answers as session_query_once(); one
 * under way is waited for even while stopping, so that it is not lost. */
MUST_CHECK bool
bulk_submit(struct session *session, const char *document,
            const struct log_ctx *log, struct bulk_operation *operation,
            int64_t *wait_ms, struct err *err);

/* Read it. An unknown id is ERR_FAILED with the code UNKNOWN_OPERATION.
 * `deadline_ms`, here and below: clock_now_ms() at which it is given up with
 * ERR_LATER; 0: when its budget is spent. */
MUST_CHECK bool bulk_read(struct session *session, const char *id,
                          int64_t deadline_ms, const struct log_ctx *log,
                          struct bulk_operation *operation, struct err *err);

/* Does its query begin with `marker`? If not, ERR_FAILED with the code
 * NOT_OURS; else as bulk_read(). */
MUST_CHECK bool bulk_check_marker(struct session *session, const char *id,
                                  const char *marker, int64_t deadline_ms,
                                  const struct log_ctx *log, struct err *err);

/* Ask the store to cancel it. A terminal one is left as it is: success. */
MUST_CHECK bool bulk_cancel(struct session *session, const char *id,
                            int64_t deadline_ms, const struct log_ctx *log,
                            struct bulk_operation *operation, struct err *err);

/* Look for the newest operation whose query begins with `marker` among those
 * of the last days. *found tells; success either way. */
MUST_CHECK bool
bulk_find(struct session *session, const char *marker,
          const struct log_ctx *log, struct bulk_operation *operation,
          bool *found, struct err *err);

#endif
