/*
 * To open the journal, one statement first reads the role's privileges and the
 * journal's version, so that a missing privilege is reported before anything is
 * created. Then the missing migrations run in one transaction, under a lock. If
 * several processes start at the same time, one migrates and the others see its
 * result.
 *
 * Hazards: the journal may be newer than this program, on a standby, or behind
 * a proxy. After a connection is lost, the server may still have the old
 * session with its claims, so journal_reopen() ends it before it takes the
 * claims again.
 */
#include "journal/journal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "journal/call.h"
#include "journal/claim.h"
#include "journal/session.h"
#include "pg/queue.h"
#include "sql.h"

/* migrations[n] migrates the journal from version n to version n + 1. */
static const char *const migrations[] = {sql_001_journal, sql_002_journal};

enum { VERSION = sizeof(migrations) / sizeof(migrations[0]) };

enum {
    DAY_MS = 24 * 60 * 60 * 1000,
    FRONTIER_KEEP_MS = DAY_MS,
    EVENTS_KEEP_MS = 7 * DAY_MS
};

/* Columns of journal_state.sql. */
enum {
    HAS_SCHEMA,
    MAY_USE,
    MAY_MAKE,
    HAS_JOURNAL,
    MAY_MAKE_SCHEMA,
    ROLE,
    DATABASE,
    MAY_WRITE,
    IS_READ_ONLY,
    IS_STANDBY,
    HAS_CITUS
};

/* ---- the state of the journal ------------------------------------------ */

static bool
lacks_right(const struct pg_result *state, const char *what, struct err *err)
{
    return err_set(err, MSG_42501, "role %s may not %s in database %s",
                   pg_text(state, 0, ROLE), what, pg_text(state, 0, DATABASE));
}

/* If the role cannot read the journal, the hint lists all privileges that it
 * needs, so that the user has to run GRANT only once. */
static bool
may_read(const struct pg_result *state, bool writing, struct err *err)
{
    if (!pg_bool(state, 0, HAS_SCHEMA) || pg_bool(state, 0, MAY_USE))
        return true;
    lacks_right(state, "use the journal (schema bulkpg)", err);
    return err_hint(err,
                    "GRANT USAGE ON SCHEMA bulkpg TO %s; GRANT SELECT%s ON ALL "
                    "TABLES IN SCHEMA bulkpg TO %s",
                    pg_text(state, 0, ROLE),
                    writing ? ", INSERT, UPDATE, DELETE" : "",
                    pg_text(state, 0, ROLE));
}

static bool
may_make(const struct pg_result *state, struct err *err)
{
    bool has_schema = pg_bool(state, 0, HAS_SCHEMA);

    if (pg_bool(state, 0, has_schema ? MAY_MAKE : MAY_MAKE_SCHEMA))
        return true;
    lacks_right(state, "create the journal (schema bulkpg)", err);
    if (has_schema)
        return err_hint(err, "GRANT USAGE, CREATE ON SCHEMA bulkpg TO %s",
                        pg_text(state, 0, ROLE));
    return err_hint(err, "GRANT CREATE ON DATABASE %s TO %s",
                    pg_text(state, 0, DATABASE), pg_text(state, 0, ROLE));
}

static bool
may_write(const struct pg_result *state, struct err *err)
{
    if (pg_bool(state, 0, MAY_WRITE))
        return true;
    lacks_right(state, "write to the journal (schema bulkpg)", err);
    return err_hint(err,
                    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN "
                    "SCHEMA bulkpg TO %s",
                    pg_text(state, 0, ROLE));
}

/* A transient failure, because a standby may be promoted and a database may be
 * made writable again. */
static bool
takes_writes(const struct pg_conn *conn, const struct pg_result *state,
             struct err *err)
{
    if (!pg_bool(state, 0, IS_READ_ONLY))
        return true;
    err_set(err, MSG_25006, "%s is read-only", pg_where(conn));
    if (pg_bool(state, 0, IS_STANDBY))
        return err_hint(err, "the server is a standby: set dsn to the primary; "
                             "if dsn lists several hosts, add "
                             "target_session_attrs=read-write");
    return err_hint(err,
                    "turn off default_transaction_read_only for role %s in "
                    "database %s",
                    pg_text(state, 0, ROLE), pg_text(state, 0, DATABASE));
}

/* Read the journal's version and uuid. The version is 0 if it does not
 * exist. */
static bool
read_meta(struct journal *journal, const struct pg_result *state, bool writing,
          int64_t *version, struct err *err)
{
    struct pg_result *meta;

    *version = 0;
    if (!may_read(state, writing, err))
        return false;
    if (!pg_bool(state, 0, HAS_JOURNAL))
        return true;
    if (!pg_exec(journal->conn, sql_journal_meta, 0, NULL, &meta, err))
        return err_wrap(err, "reading the journal");
    if (pg_rows(meta) == 1) {
        *version = pg_int64(meta, 0, 0);
        snprintf(journal->uuid, sizeof(journal->uuid), "%s",
                 pg_text(meta, 0, 1));
        journal->hash_secret = (uint64_t)pg_int64(meta, 0, 2);
    }
    pg_result_free(meta);
    if (*version < 1)
        return err_set(err, MSG_JOURNAL_OTHER,
                       "the schema bulkpg is not a journal: bulkpg.meta has "
                       "no valid version");
    return true;
}

static bool
refuse_newer(int64_t version, struct err *err)
{
    err_set(err, MSG_JOURNAL_NEWER,
            "the journal has version %lld, but this program supports versions "
            "up to %d",
            (long long)version, VERSION);
    return false;
}

uint64_t
journal_hash_secret(const struct journal *journal)
{
    return journal->hash_secret;
}

bool
journal_has_citus(const struct journal *journal)
{
    return journal->has_citus;
}

/* ---- creating and migrating -------------------------------------------- */

static bool
apply(struct pg_conn *conn, int64_t version, struct err *err)
{
    char number[24];
    const char *values[] = {number};

    for (int64_t at = version; at < VERSION; at++)
        if (!pg_script(conn, migrations[at], err)) {
            if (at > 0 && err_is(err, MSG_42501))
                err_hint(err, "run bulkpg once as the role that owns the "
                              "tables of schema bulkpg");
            return err_wrap(err, "migrating the journal to version %lld",
                            (long long)at + 1);
        }
    snprintf(number, sizeof(number), "%d", VERSION);
    return pg_exec(conn, sql_journal_migrated, 1, values, NULL, err);
}

/* Reads the state again under the lock, because another process may have
 * migrated the journal in the meantime. */
static bool
migrate_locked(struct journal *journal, struct err *err)
{
    struct pg_result *state;
    int64_t version;
    bool ok;

    if (!pg_exec(journal->conn, sql_journal_lock, 0, NULL, NULL, err) ||
        !pg_exec(journal->conn, sql_journal_state, 0, NULL, &state, err))
        return false;
    ok = read_meta(journal, state, true, &version, err);
    if (ok && version > VERSION)
        ok = refuse_newer(version, err);
    else if (ok && version < VERSION)
        ok = may_make(state, err) &&
             (pg_bool(state, 0, HAS_SCHEMA) ||
              pg_script(journal->conn, sql_journal_schema, err)) &&
             apply(journal->conn, version, err);
    pg_result_free(state);
    return ok;
}

static bool
migrate(struct journal *journal, struct err *err)
{
    if (!pg_begin(journal->conn, err))
        return false;
    if (migrate_locked(journal, err) && pg_commit(journal->conn, err))
        return true;
    pg_rollback(journal->conn);
    return false;
}

static bool
no_journal(struct pg_conn *conn, struct err *err)
{
    err_set(err, MSG_NO_JOURNAL, "%s has no journal", pg_where(conn));
    return false;
}

static bool
refuse_older(int64_t version, struct err *err)
{
    err_set(err, MSG_JOURNAL_OLDER,
            "the journal has version %lld, but this program needs version %d",
            (long long)version, VERSION);
    return false;
}

static bool
look(struct journal *journal, bool writing, int64_t *version, struct err *err)
{
    struct pg_result *state;
    bool ok;

    if (!pg_exec(journal->conn, sql_journal_state, 0, NULL, &state, err))
        return false;
    journal->has_citus = pg_bool(state, 0, HAS_CITUS);
    ok = (!writing || takes_writes(journal->conn, state, err)) &&
         read_meta(journal, state, writing, version, err) &&
         (!writing || may_write(state, err));
    pg_result_free(state);
    return ok;
}

static bool
prepare(struct journal *journal, bool make, struct err *err)
{
    int64_t version;

    if (!look(journal, make, &version, err))
        return false;
    if (make && version < VERSION &&
        (!migrate(journal, err) || !look(journal, make, &version, err)))
        return false;
    if (version > VERSION)
        return refuse_newer(version, err);
    if (version == 0)
        return no_journal(journal->conn, err);
    return version == VERSION || refuse_older(version, err);
}

/* Remember the session, so that end_lost_session() can end it after the
 * connection is lost. */
static bool
identify_session(struct journal *journal, struct pg_conn *conn, struct err *err)
{
    struct pg_result *session;

    if (!pg_exec(conn, sql_session_identity, 0, NULL, &session, err))
        return false;
    if (pg_rows(session) == 1 && !pg_is_null(session, 0, 1)) {
        journal->session_pid = pg_int64(session, 0, 0);
        snprintf(journal->session_start, sizeof(journal->session_start), "%s",
                 pg_text(session, 0, 1));
    }
    pg_result_free(session);
    return true;
}

void
journal_open_ahead(struct pg_conn *conn, const void *owner)
{
    static const char *const questions[] = {sql_journal_state, sql_journal_meta,
                                            sql_session_identity,
                                            sql_free_connections};

    for (size_t i = 0; i < sizeof(questions) / sizeof(questions[0]); i++)
        pg_ask_ahead(conn, owner, questions[i], 0, NULL);
}

bool
journal_open(struct pg_conn *conn, bool make, struct journal **result,
             struct err *err)
{
    struct journal *journal = mem_alloc(sizeof(*journal));

    *result = NULL;
    journal->conn = conn;
    if (!prepare(journal, make, err) || !identify_session(journal, conn, err)) {
        free(journal);
        return false;
    }
    *result = journal;
    return true;
}

/* The server may keep the session of a broken connection for hours. */
static bool
end_lost_session(struct journal *journal, struct pg_conn *conn, struct err *err)
{
    struct call call = {0};

    if (journal->session_pid == 0)
        return true;
    call_number(&call, journal->session_pid);
    call_text(&call, journal->session_start);
    return journal_call_in(conn, sql_session_end, &call, NULL, err);
}

static bool
is_same_journal(const struct journal *journal, const char *uuid,
                struct err *err)
{
    if (strcmp(journal->uuid, uuid) == 0)
        return true;
    return err_set(err, MSG_JOURNAL_OTHER,
                   "%s has a different journal than before the connection was "
                   "lost",
                   pg_where(journal->conn));
}

bool
journal_reopen(struct journal *journal, struct pg_conn *conn, struct err *err)
{
    struct journal seen = {.conn = conn};
    int64_t version;

    if (!look(&seen, true, &version, err) ||
        !is_same_journal(journal, seen.uuid, err) ||
        !end_lost_session(journal, conn, err) ||
        !identify_session(journal, conn, err) ||
        !journal_claim_again(journal, conn, err))
        return false;
    journal->conn = conn;
    return true;
}

void
journal_close(struct journal *journal)
{
    if (journal != NULL)
        free(journal->claims);
    free(journal);
}

const char *
journal_uuid(const struct journal *journal)
{
    return journal->uuid;
}

/* ---- the control connection -------------------------------------------- */

bool
journal_borrow(struct journal *journal, struct pg_conn **conn, struct err *err)
{
    *conn = NULL;
    if (!task_lock(&journal->lock, err))
        return false;
    *conn = journal->conn;
    return true;
}

void
journal_give_back(struct journal *journal)
{
    task_unlock(&journal->lock);
}

static bool
check_role(struct journal *journal, const char *role, struct err *err)
{
    struct call call = {0};
    struct pg_result *result;
    bool exists;

    call_text(&call, role);
    if (!journal_call(journal, sql_journal_role, &call, &result, err))
        return false;
    exists = pg_bool(result, 0, 0);
    pg_result_free(result);
    return exists || err_set(err, MSG_NO_ROLE, "role %s does not exist", role);
}

/* Run the GRANT statements that the query `sql` returns. */
static bool
run_grants(struct journal *journal, const char *sql, int count,
           const char *const *values, struct err *err)
{
    struct pg_conn *conn;
    bool ok;

    if (!journal_borrow(journal, &conn, err))
        return false;
    ok = pg_exec_written(conn, sql, count, values, err);
    journal_give_back(journal);
    return ok;
}

bool
journal_grant(struct journal *journal, const char *role, struct err *err)
{
    const char *values[] = {role};

    return (check_role(journal, role, err) &&
            run_grants(journal, sql_journal_grant, 1, values, err)) ||
           err_wrap(err, "granting role %s access to the journal", role);
}

bool
journal_grant_tables(struct journal *journal, const char *schema,
                     const char *role, struct err *err)
{
    const char *values[] = {role, schema};

    return run_grants(journal, sql_relation_grant, 2, values, err) ||
           err_wrap(err, "granting role %s access to schema %s", role, schema);
}

bool
journal_free_connections(struct journal *journal, int64_t *count,
                         struct err *err)
{
    struct call call = {0};
    struct pg_result *result;

    *count = 0;
    if (!journal_call(journal, sql_free_connections, &call, &result, err))
        return false;
    *count = pg_int64(result, 0, 0);
    pg_result_free(result);
    return true;
}

bool
journal_fence_failed(const struct pg_result *ours, const struct err *err)
{
    return ours == NULL && pg_check_failed(err);
}

/* ---- housekeeping ------------------------------------------------------ */

static void
queue_prune(struct pg_conn *conn, const char *sql, int64_t keep_ms)
{
    struct call call = {0};

    call_number(&call, keep_ms);
    journal_queue_in(conn, sql, &call, NULL);
    pg_queue_sync(conn);
}

bool
journal_prune(struct journal *journal, const struct journal_keep *keep,
              struct err *err)
{
    struct pg_conn *conn;
    bool pruned;

    if (!journal_borrow(journal, &conn, err))
        return false;
    task_shield();
    queue_prune(conn, sql_prune_frontier, FRONTIER_KEEP_MS);
    queue_prune(conn, sql_prune_rejects, keep->rejects_ms);
    queue_prune(conn, sql_prune_runs, keep->journal_ms);
    queue_prune(conn, sql_push_prune, keep->push_ms);
    queue_prune(conn, sql_push_prune_pushes, keep->journal_ms);
    queue_prune(conn, sql_prune_events, EVENTS_KEEP_MS);
    queue_prune(conn, sql_prune_pending, EVENTS_KEEP_MS);
    pruned = pg_settle(conn, err);
    task_unshield();
    journal_give_back(journal);
    return pruned;
}
