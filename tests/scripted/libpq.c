#include "scripted/libpq.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MOST_ITEMS = 256 };

#define COUNT(list) ((int)(sizeof(list) / sizeof((list)[0])))

struct pg_result {
    ExecStatusType status;
    const char *text;
    int length;
};

struct pg_cancel {
    int nothing;
};

/* This object is the connection. Only its address is used. */
static struct {
    struct script script;
    struct script_item items[MOST_ITEMS];
    int count;
    int at;        /* the next item to return */
    int available; /* items before this one have been read */
    int session;   /* items that answer the statement of the session */
    int polled;
    int sockets[2]; /* the client's and the server's */
    ConnStatusType status;
    bool is_open;
    bool pipeline;
    bool active; /* a statement is running */
    bool in_transaction;
    bool told_loss;
    int syncs; /* not answered yet */
    int flushes, sends, sync_calls, cancels;
    int left_over;
    PQnoticeProcessor on_notice;
    void *on_notice_ctx;
} play = {.sockets = {-1, -1}};

static PGconn *
the_conn(void)
{
    return (PGconn *)(void *)&play;
}

/* ---- the script -------------------------------------------------------- */

static void
add_item(struct script_item item)
{
    if (play.count == MOST_ITEMS)
        abort();
    play.items[play.count++] = item;
}

static bool
tells_something(void)
{
    return play.at < play.count && play.items[play.at].kind != SCRIPT_SILENCE;
}

/* One byte in the socket makes it readable. */
static void
set_readable(void)
{
    bool readable = tells_something();
    char byte = 0;

    while (recv(play.sockets[0], &byte, 1, MSG_DONTWAIT) == 1)
        continue;
    if (readable && send(play.sockets[1], &byte, 1, MSG_NOSIGNAL) != 1)
        return; /* the pipe has shut it down, so it stays readable */
}

void
script_play_raw(const struct script *script)
{
    for (int i = 0; i < 2; i++)
        if (play.sockets[i] >= 0)
            close(play.sockets[i]);
    memset(&play, 0, sizeof(play));
    play.script = *script;
    play.status = CONNECTION_STARTED;
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, play.sockets) != 0)
        abort();
    for (int i = 0; i < script->item_count; i++)
        add_item(script->items[i]);
    set_readable();
}

void
script_play(const struct script *script)
{
    static const struct script_item session[] = {OK("SELECT 1"), END};
    struct script_item items[MOST_ITEMS];
    struct script with = *script;
    int count = 0;

    for (int i = 0; i < COUNT(session); i++)
        items[count++] = session[i];
    for (int i = 0; i < script->item_count; i++)
        items[count++] = script->items[i];
    with.items = items;
    with.item_count = count;
    script_play_raw(&with);
    play.session = COUNT(session);
}

void
script_lose_socket(void)
{
    play.script.no_socket = true;
}

int
script_flushes(void)
{
    return play.flushes;
}

int
script_cancels(void)
{
    return play.cancels;
}

int
script_left_over(void)
{
    return play.left_over;
}

/* ---- connecting -------------------------------------------------------- */

/* A second connection is not possible. This object is returned for it, and its
 * status is bad from the start. */
static char no_conn;

PGconn *
PQconnectStartParams(const char *const *keywords, const char *const *values,
                     int expand_dbname)
{
    (void)keywords;
    (void)values;
    (void)expand_dbname;
    if (play.script.no_memory)
        return NULL;
    play.left_over++;
    if (play.is_open)
        return (PGconn *)(void *)&no_conn;
    play.is_open = true;
    if (play.script.poll_count < 0)
        play.status = CONNECTION_BAD;
    return the_conn();
}

PostgresPollingStatusType
PQconnectPoll(PGconn *conn)
{
    PostgresPollingStatusType status = PGRES_POLLING_OK;

    (void)conn;
    if (play.polled < play.script.poll_count)
        status = play.script.polls[play.polled++];
    if (status == PGRES_POLLING_OK)
        play.status = CONNECTION_OK;
    if (status == PGRES_POLLING_FAILED)
        play.status = CONNECTION_BAD;
    return status;
}

void
PQfinish(PGconn *conn)
{
    if (conn == the_conn())
        play.is_open = false;
    play.left_over--;
}

ConnStatusType
PQstatus(const PGconn *conn)
{
    return conn == the_conn() ? play.status : CONNECTION_BAD;
}

int
PQsocket(const PGconn *conn)
{
    (void)conn;
    return play.script.no_socket ? -1 : play.sockets[0];
}

char *
PQerrorMessage(const PGconn *conn)
{
    (void)conn;
    return (char *)(play.script.words != NULL ? play.script.words : "");
}

int
PQconnectionNeedsPassword(const PGconn *conn)
{
    (void)conn;
    return 0;
}

PQconninfoOption *
PQconninfo(PGconn *conn)
{
    (void)conn;
    return NULL;
}

char *
PQhost(const PGconn *conn)
{
    (void)conn;
    return (char *)"db";
}

char *
PQhostaddr(const PGconn *conn)
{
    (void)conn;
    return (char *)"";
}

char *
PQport(const PGconn *conn)
{
    (void)conn;
    return (char *)"5432";
}

char *
PQdb(const PGconn *conn)
{
    (void)conn;
    return (char *)"shop";
}

char *
PQuser(const PGconn *conn)
{
    (void)conn;
    return (char *)"loader";
}

int
PQserverVersion(const PGconn *conn)
{
    (void)conn;
    return play.script.version > 0 ? play.script.version : 150000;
}

const char *
PQparameterStatus(const PGconn *conn, const char *name)
{
    (void)conn;
    if (strcmp(name, "server_encoding") != 0)
        return "13.9";
    return play.script.encoding != NULL ? play.script.encoding : "UTF8";
}

int
PQsetnonblocking(PGconn *conn, int on)
{
    (void)conn;
    (void)on;
    return play.script.nonblocking_fails > 0 ? -1 : 0;
}

PGVerbosity
PQsetErrorVerbosity(PGconn *conn, PGVerbosity verbosity)
{
    (void)conn;
    (void)verbosity;
    return PQERRORS_DEFAULT;
}

PQnoticeProcessor
PQsetNoticeProcessor(PGconn *conn, PQnoticeProcessor on_notice, void *ctx)
{
    (void)conn;
    play.on_notice = on_notice;
    play.on_notice_ctx = ctx;
    return NULL;
}

/* ---- sending ----------------------------------------------------------- */

static int
send_something(void)
{
    if (play.status != CONNECTION_OK || ++play.sends == play.script.send_fails)
        return 0;
    play.active = true;
    return 1;
}

int
PQsendQuery(PGconn *conn, const char *sql)
{
    (void)conn;
    (void)sql;
    return send_something();
}

int
PQsendQueryParams(PGconn *conn, const char *sql, int count, const Oid *types,
                  const char *const *values, const int *lengths,
                  const int *formats, int result_format)
{
    (void)conn;
    (void)sql;
    (void)count;
    (void)types;
    (void)values;
    (void)lengths;
    (void)formats;
    (void)result_format;
    return send_something();
}

int
PQsendPrepare(PGconn *conn, const char *name, const char *sql, int count,
              const Oid *types)
{
    (void)conn;
    (void)name;
    (void)sql;
    (void)count;
    (void)types;
    return send_something();
}

int
PQsendQueryPrepared(PGconn *conn, const char *name, int count,
                    const char *const *values, const int *lengths,
                    const int *formats, int result_format)
{
    (void)conn;
    (void)name;
    (void)count;
    (void)values;
    (void)lengths;
    (void)formats;
    (void)result_format;
    return send_something();
}

int
PQpipelineSync(PGconn *conn)
{
    (void)conn;
    if (!play.pipeline || ++play.sync_calls == play.script.sync_fails)
        return 0;
    play.syncs++;
    return 1;
}

int
PQflush(PGconn *conn)
{
    (void)conn;
    play.flushes++;
    if (play.flushes == play.script.flush_fails)
        play.status = CONNECTION_BAD;
    if (play.status == CONNECTION_BAD)
        return -1;
    if (play.at >= play.session && play.script.flush_left > 0) {
        play.script.flush_left--;
        return 1;
    }
    return 0;
}

int
PQenterPipelineMode(PGconn *conn)
{
    (void)conn;
    play.pipeline = play.script.enter_fails == 0;
    return play.pipeline;
}

PGpipelineStatus
PQpipelineStatus(const PGconn *conn)
{
    (void)conn;
    return play.pipeline ? PQ_PIPELINE_ON : PQ_PIPELINE_OFF;
}

/* It succeeds only if everything has been answered. */
int
PQexitPipelineMode(PGconn *conn)
{
    (void)conn;
    if (play.script.exit_fails > 0 || play.syncs > 0)
        return 0;
    play.pipeline = false;
    return 1;
}

/* ---- receiving --------------------------------------------------------- */

/* The answers to the session's statement arrive before all others. */
static int
end_of_answers(void)
{
    return play.at < play.session ? play.session : play.count;
}

/* It reads all items up to the next loss or silence. */
int
PQconsumeInput(PGconn *conn)
{
    (void)conn;
    if (play.script.notice != NULL && play.on_notice != NULL)
        play.on_notice(play.on_notice_ctx, play.script.notice);
    while (play.available < end_of_answers() &&
           play.items[play.available].kind <= SCRIPT_NULL)
        play.available++;
    if (play.available < end_of_answers() &&
        play.items[play.available].kind == SCRIPT_LOSS &&
        (play.at == play.available || play.script.loss_with_answers)) {
        play.status = CONNECTION_BAD;
        return 0;
    }
    return play.status == CONNECTION_OK;
}

int
PQisBusy(PGconn *conn)
{
    (void)conn;
    return play.status == CONNECTION_OK && play.at == play.available;
}

static PGresult *
new_result(ExecStatusType status, const char *text)
{
    PGresult *result = malloc(sizeof(*result));

    *result = (PGresult){.status = status, .text = text};
    play.left_over++;
    return result;
}

static void
note_tag(const struct script_item *item)
{
    if (item->status == PGRES_PIPELINE_SYNC)
        play.syncs--;
    if (item->status != PGRES_COMMAND_OK)
        return;
    if (strcmp(item->text, "BEGIN") == 0)
        play.in_transaction = true;
    if (strcmp(item->text, "COMMIT") == 0 ||
        strcmp(item->text, "ROLLBACK") == 0)
        play.in_transaction = false;
}

/* A lost connection returns one result with the error, then NULL. */
static PGresult *
report_loss(void)
{
    if (play.told_loss || !play.active) {
        play.active = false;
        return NULL;
    }
    play.told_loss = true;
    return new_result(PGRES_FATAL_ERROR, NULL);
}

PGresult *
PQgetResult(PGconn *conn)
{
    const struct script_item *item;
    PGresult *result;

    (void)conn;
    if (play.at == play.available)
        return play.status == CONNECTION_OK ? NULL : report_loss();
    item = &play.items[play.at++];
    set_readable();
    if (item->kind == SCRIPT_NULL) {
        play.active = play.pipeline;
        return NULL;
    }
    note_tag(item);
    result = new_result(item->status, item->text);
    result->length = item->length;
    return result;
}

int
PQsetSingleRowMode(PGconn *conn)
{
    (void)conn;
    return 1;
}

PGTransactionStatusType
PQtransactionStatus(const PGconn *conn)
{
    (void)conn;
    if (play.status != CONNECTION_OK)
        return PQTRANS_UNKNOWN;
    if (play.active)
        return PQTRANS_ACTIVE;
    return play.in_transaction ? PQTRANS_INTRANS : PQTRANS_IDLE;
}

PGcancel *
PQgetCancel(PGconn *conn)
{
    (void)conn;
    if (play.script.no_cancel > 0)
        return NULL;
    play.left_over++;
    return malloc(sizeof(PGcancel));
}

int
PQcancel(PGcancel *cancel, char *why, int size)
{
    play.cancels++;
    if (cancel == NULL || play.script.cancel_fails > 0) {
        strncpy(why, "no way", (size_t)size);
        return 0;
    }
    if (play.at < play.count && play.items[play.at].kind == SCRIPT_SILENCE)
        play.available = ++play.at;
    set_readable();
    return 1;
}

void
PQfreeCancel(PGcancel *cancel)
{
    if (cancel != NULL)
        play.left_over--;
    free(cancel);
}

/* ---- results ----------------------------------------------------------- */

ExecStatusType
PQresultStatus(const PGresult *result)
{
    return result->status;
}

char *
PQresultErrorField(const PGresult *result, int field)
{
    if (result->text == NULL || result->text[0] == '\0')
        return NULL;
    if (field == PG_DIAG_SQLSTATE)
        return (char *)result->text;
    return field == PG_DIAG_MESSAGE_PRIMARY ? (char *)"no" : NULL;
}

char *
PQresultErrorMessage(const PGresult *result)
{
    return (char *)(result->text == NULL
                        ? "server closed the connection unexpectedly\n"
                        : "no words\n");
}

char *
PQcmdStatus(PGresult *result)
{
    return (char *)(result != NULL ? result->text : NULL);
}

char *
PQcmdTuples(PGresult *result)
{
    (void)result;
    return (char *)"";
}

int
PQntuples(const PGresult *result)
{
    return result->status == PGRES_SINGLE_TUPLE;
}

int
PQnfields(const PGresult *result)
{
    (void)result;
    return 1;
}

int
PQfformat(const PGresult *result, int column)
{
    (void)result;
    (void)column;
    return 1;
}

char *
PQgetvalue(const PGresult *result, int row, int column)
{
    (void)row;
    (void)column;
    return (char *)(PQntuples(result) > 0 ? result->text : NULL);
}

int
PQgetlength(const PGresult *result, int row, int column)
{
    (void)row;
    (void)column;
    return result->length;
}

int
PQgetisnull(const PGresult *result, int row, int column)
{
    return PQgetvalue(result, row, column) == NULL;
}

void
PQclear(PGresult *result)
{
    if (result != NULL)
        play.left_over--;
    free(result);
}
