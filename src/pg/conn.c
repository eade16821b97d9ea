/*
 * Connecting, and setting up the session: search_path, time zone, encoding,
 * formats. libpq reports a failed connection only as text. The text becomes an
 * error here, by its SQLSTATE if it has one.
 *
 * Hazards:
 * - The text may contain a part of the connection string, and that may be a
 *   part of a password.
 * - If there are several hosts, the text has lines for each of them.
 */
#include "pg/conn.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/task.h"
#include "pg/sqlstate.h"
#include "pg/wire.h"
#include "sql.h"

#define DIVISION_BY_ZERO "22012"

enum { CONNECT_SECONDS = 15, OLDEST_SERVER = 140000 };

/* ---- errors ------------------------------------------------------------ */

/* Find the server's SQLSTATE in libpq's text. Verbose errors contain it:
 * "FATAL:  28P01: password ...". If there are several hosts, the last one
 * counts. */
static void
find_sqlstate(const char *text, char sqlstate[6])
{
    sqlstate[0] = '\0';
    for (const char *at = strstr(text, ":  "); at != NULL;
         at = strstr(at + 3, ":  ")) {
        const char *code = at + 3;

        if (strspn(code, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") >= 5 &&
            code[5] == ':') {
            memcpy(sqlstate, code, 5);
            sqlstate[5] = '\0';
        }
    }
}

/* libpq quotes the part of a connection string that it cannot read. That part
 * may be a part of a password. */
static void
hide_quoted(char *text)
{
    char *to = text;
    bool quoted = false;

    for (const char *from = text; *from != '\0'; from++) {
        if (*from == '"') {
            quoted = !quoted;
            if (quoted)
                *to++ = '*';
        } else if (!quoted) {
            *to++ = *from;
        }
    }
    *to = '\0';
}

/* Does the text quote an unknown keyword? Unlike a value, it is not a secret.
 */
static bool
quotes_keyword(const char *text)
{
    const char *keyword = strstr(text, "invalid connection option \"");

    if (keyword == NULL)
        return false;
    keyword = strchr(keyword, '"') + 1;
    return keyword[strspn(keyword, "abcdefghijklmnopqrstuvwxyz_")] == '"';
}

static bool
is_any_of(const char *text, const char *const *phrases)
{
    for (; *phrases != NULL; phrases++)
        if (strstr(text, *phrases) != NULL)
            return true;
    return false;
}

static bool
says_no_memory(const char *text)
{
    return strstr(text, "out of memory") != NULL;
}

/* The kind of an error without SQLSTATE, by libpq's text. The program does not
 * enable libpq's translations, so the texts are English. If libpq did not try
 * the network, the error is in the connection string. */
static enum err_kind
kind_of_words(const char *text)
{
    static const char *const tried[] = {"connection to server",
                                        "could not translate host name",
                                        "timeout expired", NULL};
    static const char *const wrong[] = {
        "does not support SSL",     "certificate verify failed",
        "server certificate for",   "root certificate file",
        "does not match host name", NULL};

    if (!is_any_of(text, tried))
        return ERR_CONFIG;
    return is_any_of(text, wrong) ? ERR_CONFIG : ERR_TRANSIENT;
}

static const char *
or_empty(const char *text)
{
    return text != NULL ? text : "";
}

/* If a password in a URI contains an '@', '/' or ':' that is not encoded, a
 * part of it becomes a part of the host, the port or the database. Therefore
 * the text before an '@' is hidden, and so is a port that is not a number. */
static const char *
without_spill(struct arena *arena, const char *part)
{
    const char *at = strrchr(part, '@');

    return at != NULL ? arena_printf(arena, "*%s", at) : part;
}

static bool
is_number(const char *text)
{
    return text[strspn(text, "0123456789")] == '\0';
}

static char *
describe(PGconn *raw)
{
    struct arena arena = {0};
    const char *port = or_empty(PQport(raw));
    char *where = mem_strdup(arena_printf(
        &arena, "%s:%s/%s", without_spill(&arena, or_empty(PQhost(raw))),
        is_number(port) ? port : "*",
        without_spill(&arena, or_empty(PQdb(raw)))));

    arena_free(&arena);
    return where;
}

/* The text after "FATAL:  " if the server sent one; otherwise all of it. */
static const char *
server_words(const char *text)
{
    const char *fatal = strstr(text, "FATAL:  ");

    return fatal != NULL ? fatal + strlen("FATAL:  ") : text;
}

static bool
refuse_connection(struct pg_conn *conn, struct err *err)
{
    const char *all = PQerrorMessage(conn->raw);
    const char *words;
    struct arena arena = {0};
    char sqlstate[6], *text;
    enum err_kind kind;

    find_sqlstate(all, sqlstate);
    words = wire_one_line(&arena, all, sqlstate);
    text = arena_strdup(&arena, words);
    if (sqlstate[0] == '\0' && says_no_memory(text))
        mem_out("a database connection");
    if (sqlstate[0] != '\0')
        kind = sqlstate_kind(sqlstate);
    else if (PQconnectionNeedsPassword(conn->raw))
        kind = ERR_DENIED;
    else
        kind = kind_of_words(text);
    if (sqlstate[0] == '\0' &&
        (kind == ERR_CONFIG || strchr(conn->where, '*') != NULL))
        hide_quoted(text);
    err_set(err, MSG_08001, "cannot connect to %s as %s: %s", conn->where,
            or_empty(PQuser(conn->raw)), server_words(text));
    arena_free(&arena);
    err_as(err, kind);
    if (sqlstate[0] == '\0')
        return false;
    if (strcmp(sqlstate, "3D000") == 0)
        err_hint(err,
                 "create it with: CREATE DATABASE \"%s\"; or name another "
                 "database in dsn",
                 or_empty(PQdb(conn->raw)));
    return err_given(err, sqlstate);
}

bool
pg_check_failed(const struct err *err)
{
    return strcmp(err->code, DIVISION_BY_ZERO) == 0;
}

/* ---- connecting -------------------------------------------------------- */

/* postgresql://user:p@ss@host/name: libpq takes "ss@host" for the host. */
static bool
has_at_in_password(const char *dsn)
{
    const char *authority, *at;
    size_t length;

    if (strncmp(dsn, "postgres://", 11) != 0 &&
        strncmp(dsn, "postgresql://", 13) != 0)
        return false;
    authority = strstr(dsn, "://") + 3;
    length = strcspn(authority, "/?");
    at = memchr(authority, '@', length);
    return at != NULL &&
           memchr(at + 1, '@', length - (size_t)(at + 1 - authority)) != NULL;
}

static bool
parse_dsn(const char *dsn, struct err *err)
{
    char *why = NULL;
    PQconninfoOption *options;

    if (has_at_in_password(dsn)) {
        err_set(err, MSG_08001,
                "database connection string: its user or password contains "
                "\"@\"");
        err_hint(err, "in a URI, write %%40 for each \"@\" of a password");
        return err_as(err, ERR_CONFIG);
    }
    if (strchr(dsn, '=') == NULL && strstr(dsn, "://") == NULL)
        return true; /* the name of a database */
    options = PQconninfoParse(dsn, &why);
    if (options != NULL) {
        PQconninfoFree(options);
        return true;
    }
    if (why == NULL || says_no_memory(why))
        mem_out("the database connection string");
    if (!quotes_keyword(why))
        hide_quoted(why);
    err_set(err, MSG_08001, "database connection string: %.*s",
            SPAN_ARG(span_trim(span_str(why))));
    PQfreemem(why);
    err_hint(err, "in a URI, percent-encode special characters of a "
                  "password; in keyword=value, quote it with '");
    return err_as(err, ERR_CONFIG);
}

/* The connect_timeout in seconds; 0: no limit. The rules are libpq's, which
 * applies them only if libpq itself waits. */
static int
connect_seconds(PGconn *raw)
{
    PQconninfoOption *options = PQconninfo(raw);
    long seconds = CONNECT_SECONDS;

    for (PQconninfoOption *o = options; o != NULL && o->keyword != NULL; o++)
        if (strcmp(o->keyword, "connect_timeout") == 0 && o->val != NULL &&
            o->val[0] != '\0')
            seconds = strtol(o->val, NULL, 10);
    PQconninfoFree(options);
    if (seconds <= 0)
        return 0;
    return seconds == 1 ? 2 : seconds > 3600 ? 3600 : (int)seconds;
}

static bool
give_up_connecting(struct pg_conn *conn, int seconds, struct err *err)
{
    return err_set(err, MSG_08001, "cannot connect to %s: no answer in %d s",
                   conn->where, seconds);
}

/* The socket may change in each step, so PQsocket() is called each time. */
static bool
finish_connecting(struct pg_conn *conn, struct err *err)
{
    int seconds = connect_seconds(conn->raw);
    int64_t deadline_ms =
        seconds > 0 ? clock_after_ms(1000 * (int64_t)seconds) : CLOCK_NEVER;
    PostgresPollingStatusType wanted = PGRES_POLLING_WRITING;

    while (
        PQstatus(conn->raw) != CONNECTION_BAD &&
        (wanted == PGRES_POLLING_READING || wanted == PGRES_POLLING_WRITING)) {
        short events = wanted == PGRES_POLLING_READING ? POLLIN : POLLOUT;
        int fd = PQsocket(conn->raw);

        if (fd < 0)
            return wire_lost(conn, err);
        switch (task_wait_fd(fd, events, deadline_ms)) {
        case TASK_READY:
            wanted = PQconnectPoll(conn->raw);
            break;
        case TASK_TIMEOUT:
            return give_up_connecting(conn, seconds, err);
        case TASK_STOPPED:
            return task_stopped(err);
        }
    }
    return PQstatus(conn->raw) == CONNECTION_OK || refuse_connection(conn, err);
}

static void
log_notice(void *ctx, const char *message)
{
    struct span text = span_trim(span_str(message));
    struct arena arena = {0};

    (void)ctx;
    log_debug(NULL, "database notice", LOG_STR("text", arena_dup(&arena, text)),
              LOG_END);
    arena_free(&arena);
}

/* Later keywords override earlier ones. So the connection string overrides the
 * keepalives, and the server of `same`, unless NULL, overrides the string's. */
static PGconn *
start(const struct pg_config *config, const struct pg_conn *same)
{
    const char *keywords[] = {"fallback_application_name",
                              "keepalives_idle",
                              "keepalives_interval",
                              "keepalives_count",
                              "dbname",
                              same != NULL ? "host" : NULL,
                              "hostaddr",
                              "port",
                              "target_session_attrs",
                              NULL};
    const char *values[] = {or_empty(config->application_name),
                            "60",
                            "10",
                            "6",
                            or_empty(config->dsn),
                            same != NULL ? PQhost(same->raw) : NULL,
                            same != NULL ? PQhostaddr(same->raw) : NULL,
                            same != NULL ? PQport(same->raw) : NULL,
                            "any",
                            NULL};
    PGconn *raw;

    /* GSSAPI's library crashes if memory runs out, and libpq would try it for
     * each connection if it finds a ticket. The variable is the only default
     * that the connection string and the service file can override. */
    if (setenv("PGGSSENCMODE", "disable", 0) != 0)
        mem_out("a variable of the environment");
    raw = PQconnectStartParams(keywords, values, 1);
    if (raw == NULL)
        mem_out("a database connection");
    PQsetErrorVerbosity(raw, PQERRORS_VERBOSE); /* for refuse_connection() */
    PQsetNoticeProcessor(raw, log_notice, NULL);
    return raw;
}

/* ---- the session ------------------------------------------------------- */

static bool
is_fit(struct pg_conn *conn, struct err *err)
{
    const char *encoding = PQparameterStatus(conn->raw, "server_encoding");

    if (PQserverVersion(conn->raw) < OLDEST_SERVER)
        return err_set(
            err, MSG_DATABASE_VERSION,
            "%s is PostgreSQL %s, but 14 or later is needed", conn->where,
            or_empty(PQparameterStatus(conn->raw, "server_version")));
    if (strcmp(or_empty(encoding), "UTF8") != 0)
        return err_set(err, MSG_DATABASE_VERSION,
                       "%s has the encoding %s, but UTF8 is needed",
                       conn->where, or_empty(encoding));
    return true;
}

/* On some platforms, a server cannot check for a lost client while a statement
 * runs, and refuses client_connection_check_interval with 22023. */
static bool
set_settings(struct pg_conn *conn, struct err *err)
{
    const char *values[] = {conn->is_loader ? "off" : "", "10s"};
    struct pg_result *result;
    bool set = pg_exec(conn, sql_session, 2, values, &result, err);

    if (!set && !conn->lost && strcmp(err->code, "22023") == 0) {
        values[1] = "";
        set = pg_exec(conn, sql_session, 2, values, &result, err);
    }
    if (set)
        conn->backend = pg_int64(result, 0, 0);
    pg_result_free(result);
    return set;
}

/* The second statement may fail, as above. */
void
wire_queue_settings(struct pg_conn *conn)
{
    const char *first[] = {conn->is_loader ? "off" : "", ""};
    const char *second[] = {"", "10s"};
    struct arena arena = {0};

    pg_queue(conn, sql_session, 2, first,
             &(struct pg_answer){
                 .number = &conn->backend,
                 .doing = arena_printf(
                     &arena, "cannot set up the session on %s", conn->where)});
    queue_optional(conn, sql_session, 2, second, NULL);
    arena_free(&arena);
}

static bool
set_up(struct pg_conn *conn, const struct pg_config *config, struct err *err)
{
    PQsetErrorVerbosity(conn->raw, PQERRORS_DEFAULT);
    if (PQsetnonblocking(conn->raw, 1) != 0)
        return wire_lost(conn, err);
    if (!is_fit(conn, err))
        return false;
    if (config->sets_up_later) {
        wire_queue_settings(conn);
        return true;
    }
    return set_settings(conn, err) ||
           err_wrap(err, "cannot set up the session on %s", conn->where);
}

static bool
connect_to(const struct pg_config *config, const struct pg_conn *same,
           struct pg_conn **result, struct err *err)
{
    struct pg_conn *conn = mem_alloc(sizeof(*conn));

    conn->raw = start(config, same);
    conn->where = describe(conn->raw);
    conn->dsn = same == NULL ? mem_strdup(or_empty(config->dsn)) : NULL;
    conn->answer_timeout_ms = config->answer_timeout_ms;
    conn->is_loader = config->loader;
    conn->has_repeats = config->has_repeats;
    if (!finish_connecting(conn, err) || !set_up(conn, config, err)) {
        pg_close(conn);
        return false;
    }
    free(conn->where);
    conn->where = describe(conn->raw); /* now with the host that was chosen */
    *result = conn;
    return true;
}

bool
pg_connect(const struct pg_config *config, struct pg_conn **conn,
           struct err *err)
{
    *conn = NULL;
    return parse_dsn(or_empty(config->dsn), err) &&
           connect_to(config, NULL, conn, err);
}

bool
wire_connect_again(const struct pg_conn *conn, struct pg_conn **second,
                   struct err *err)
{
    struct pg_config config = {.dsn = conn->dsn,
                               .application_name = "bulkpg watch",
                               .answer_timeout_ms = conn->answer_timeout_ms};

    *second = NULL;
    return connect_to(&config, conn, second, err);
}

void
pg_close(struct pg_conn *conn)
{
    if (conn == NULL)
        return;
    PQfinish(conn->raw);
    queue_clear(conn);
    pg_forget_ahead(conn, NULL);
    repeats_free(&conn->repeats);
    free(conn->where);
    free(conn->dsn);
    free(conn);
}

bool
pg_is_alive(const struct pg_conn *conn)
{
    return !conn->lost && PQstatus(conn->raw) == CONNECTION_OK;
}

int64_t
pg_round_trip_ns(const struct pg_conn *conn)
{
    return conn->round_trip_ns;
}

int64_t
pg_network_us(const struct pg_conn *conn)
{
    struct tcp_info info = {.tcpi_min_rtt = 0};
    socklen_t size = sizeof(info);

    if (getsockopt(PQsocket(conn->raw), IPPROTO_TCP, TCP_INFO, &info, &size) !=
            0 ||
        info.tcpi_min_rtt == UINT32_MAX)
        return 0;
    return info.tcpi_min_rtt;
}

const char *
pg_where(const struct pg_conn *conn)
{
    return conn->where;
}

const char *
pg_version_text(void)
{
    static char text[32];
    int version = PQlibVersion();

    snprintf(text, sizeof(text), "libpq %d.%d", version / 10000,
             version % 10000);
    return text;
}
