/*
 * A claim is an advisory lock. Its key is a hash of the journal's uuid, the
 * store and the job. If another process has the lock, the message names that
 * process's session, from pg_stat_activity.
 *
 * Hazard: behind a proxy that pools transactions, the lock belongs to a session
 * that may serve other clients now. So journal_check_claim() asks the server
 * instead of relying on the list of claims.
 */
#include "journal/claim.h"

#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "journal/call.h"
#include "journal/session.h"
#include "sql.h"

enum { TRY_AGAIN_MS = 250 };

static void
name_claim(struct call *call, const struct journal *journal, const char *store,
           const char *job)
{
    call_text(call, journal->uuid);
    call_text(call, store);
    call_text(call, job);
}

/* ---- the list of claims ------------------------------------------------ */

static void
keep_claim(struct journal *journal, const char *store, const char *job)
{
    journal->claims = mem_resize(journal->claims, (journal->claim_count + 1) *
                                                      sizeof(*journal->claims));
    journal->claims[journal->claim_count++] =
        (struct journal_claim){.store = store, .job = job};
}

static void
forget_claim(struct journal *journal, const char *store, const char *job)
{
    for (size_t i = 0; i < journal->claim_count; i++) {
        if (strcmp(journal->claims[i].store, store) == 0 &&
            strcmp(journal->claims[i].job, job) == 0) {
            journal->claims[i] = journal->claims[--journal->claim_count];
            return;
        }
    }
}

bool
journal_claim_again(struct journal *journal, struct pg_conn *conn,
                    struct err *err)
{
    for (size_t i = 0; i < journal->claim_count; i++) {
        struct call call = {0};

        name_claim(&call, journal, journal->claims[i].store,
                   journal->claims[i].job);
        if (!journal_call_in(conn, sql_claim, &call, NULL, err))
            return false;
    }
    return true;
}

void
journal_claim_ahead(const struct journal *journal, struct pg_conn *conn,
                    const void *owner, const char *store, const char *job)
{
    struct call call = {0};

    name_claim(&call, journal, store, job);
    journal_ask_ahead(conn, owner, sql_claim, &call);
}

/* ---- taking a claim ---------------------------------------------------- */

/* Try once. The answer is "taken", "locked" (by another session) or "held" (by
 * this session). */
static bool
try_claim(struct journal *journal, const char *store, const char *job,
          char answer[8], struct err *err)
{
    struct call call = {0};
    struct pg_result *result;
    const char *text;

    name_claim(&call, journal, store, job);
    if (!journal_call(journal, sql_claim, &call, &result, err))
        return false;
    text = pg_text(result, 0, 0);
    memcpy(answer, text, strlen(text) + 1);
    pg_result_free(result);
    return true;
}

/* *taken is false if another process had the lock the whole time. */
static bool
claim_within(struct journal *journal, const char *store, const char *job,
             int64_t patience_ms, bool *taken, struct err *err)
{
    int64_t deadline_ms = clock_after_ms(patience_ms);
    char answer[8] = "";

    for (;;) {
        int64_t next_ms = clock_after_ms(TRY_AGAIN_MS);

        if (!try_claim(journal, store, job, answer, err))
            return err_wrap(err, "claiming job %s of store %s", job, store);
        *taken = strcmp(answer, "taken") == 0;
        if (*taken)
            keep_claim(journal, store, job);
        if (strcmp(answer, "held") == 0)
            return err_set(err, MSG_BUG,
                           "job %s of store %s is claimed already", job, store);
        if (*taken || clock_now_ms() >= deadline_ms)
            return true;
        if (task_sleep_until(next_ms < deadline_ms ? next_ms : deadline_ms) ==
            TASK_STOPPED)
            return task_stopped(err);
    }
}

/* Name the session that has the lock. It may have ended since, or be hidden
 * from this role. Always returns false. */
static bool
report_holder(struct journal *journal, const char *store, const char *job,
              struct err *err)
{
    struct call call = {0};
    struct pg_result *result;

    name_claim(&call, journal, store, job);
    if (!journal_call(journal, sql_claim_holder, &call, &result, err))
        return false;
    if (pg_rows(result) == 1)
        err_set(err, MSG_LOCKED,
                "another process is running job %s of store %s (backend %s, "
                "application \"%s\", from %s)",
                job, store, pg_text(result, 0, 0), pg_text(result, 0, 1),
                pg_text(result, 0, 2));
    else
        err_set(err, MSG_LOCKED,
                "another process was running job %s of store %s", job, store);
    pg_result_free(result);
    return false;
}

bool
journal_is_claimed(struct journal *journal, const char *store, const char *job,
                   bool *claimed, struct err *err)
{
    struct call call = {0};
    struct pg_result *result;

    name_claim(&call, journal, store, job);
    if (!journal_call(journal, sql_claim_holder, &call, &result, err))
        return false;
    *claimed = pg_rows(result) > 0;
    pg_result_free(result);
    return true;
}

bool
journal_claim(struct journal *journal, const char *store, const char *job,
              int64_t patience_ms, struct err *err)
{
    bool taken;

    return claim_within(journal, store, job, patience_ms, &taken, err) &&
           (taken || report_holder(journal, store, job, err));
}

bool
journal_claim_token(struct journal *journal, const char *base_url,
                    const char *client_id, struct err *err)
{
    bool taken;

    if (!claim_within(journal, base_url, client_id, JOURNAL_CLAIM_MS, &taken,
                      err))
        return false;
    if (taken)
        return true;
    err_set(err, MSG_LOCKED,
            "another process is renewing the access token for %s", base_url);
    return err_as(err, ERR_TRANSIENT);
}

/* If the connection is lost, the server has released the lock. */
static void
queue_release(struct journal *journal, const char *store, const char *job)
{
    struct call call = {0};

    if (!pg_is_alive(journal->conn))
        return;
    name_claim(&call, journal, store, job);
    journal_queue_in(journal->conn, sql_release, &call, NULL);
    pg_queue_sync(journal->conn);
}

/* Works even while bulkpg is stopping. Waits for the connection, because
 * journal_reopen() may be taking the claims again on a new one. */
static void
release(struct journal *journal, const char *store, const char *job, bool soon)
{
    struct err ignored;

    task_shield();
    if (task_lock(&journal->lock, &ignored)) {
        forget_claim(journal, store, job);
        queue_release(journal, store, job);
        if (!soon)
            (void)!pg_settle(journal->conn, &ignored);
        task_unlock(&journal->lock);
    }
    task_unshield();
}

void
journal_release(struct journal *journal, const char *store, const char *job)
{
    release(journal, store, job, false);
}

void
journal_release_soon(struct journal *journal, const char *store,
                     const char *job)
{
    release(journal, store, job, true);
}

void
journal_check_claim_ahead(const struct journal *journal, struct pg_conn *conn,
                          const void *owner, const char *store, const char *job)
{
    struct call call = {0};

    name_claim(&call, journal, store, job);
    journal_ask_ahead(conn, owner, sql_claim_held, &call);
}

bool
journal_check_claim(struct journal *journal, const char *store, const char *job,
                    struct err *err)
{
    struct call call = {0};
    struct pg_result *result;
    bool held;

    name_claim(&call, journal, store, job);
    if (!journal_call(journal, sql_claim_held, &call, &result, err)) {
        if (err->kind != ERR_TRANSIENT)
            return false;
        err->kind = ERR_LATER;
        err_wrap(err, "the claim on job %s of store %s is lost", job, store);
        return err_code(err, MSG_CLAIM_LOST);
    }
    held = pg_bool(result, 0, 0);
    pg_result_free(result);
    if (held)
        return true;
    err_set(err, MSG_CLAIM_LOST, "the claim on job %s of store %s is lost", job,
            store);
    return false;
}
