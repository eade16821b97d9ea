#include "pg/sqlstate.h"

#include <string.h>

/* The longest prefix that fits counts, so exceptions stand beside classes.
 *   https://www.postgresql.org/docs/15/errcodes-appendix.html */
static const struct {
    const char *prefix;
    enum err_kind kind;
} kinds[] = {
    {"08", ERR_TRANSIENT},    /* connection; also a worker's, behind Citus */
    {"22", ERR_FAILED},       /* a value that does not fit */
    {"25006", ERR_TRANSIENT}, /* read only: a standby, until promoted */
    {"28", ERR_DENIED},
    {"3D000", ERR_CONFIG},    /* no such database */
    {"40001", ERR_TRANSIENT}, /* serialization */
    {"40P01", ERR_TRANSIENT}, /* deadlock */
    {"42501", ERR_DENIED},
    {"53", ERR_TRANSIENT},    /* disk, memory, connections */
    {"54", ERR_FAILED},       /* a value beyond the server's limits */
    {"55006", ERR_TRANSIENT}, /* in use */
    {"55P03", ERR_TRANSIENT}, /* lock_timeout */
    {"57014", ERR_TRANSIENT}, /* canceled, by a timeout or an operator */
    {"57P0", ERR_TRANSIENT},  /* shutting down, crashed, starting up */
};

enum err_kind
sqlstate_kind(const char *sqlstate)
{
    enum err_kind kind = ERR_FAILED;
    size_t longest = 0;

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        size_t length = strlen(kinds[i].prefix);

        if (length > longest &&
            strncmp(sqlstate, kinds[i].prefix, length) == 0) {
            longest = length;
            kind = kinds[i].kind;
        }
    }
    return kind;
}

/* The server's details are sentences; ours end in no full stop. */
static int
length_without_stop(const char *text)
{
    size_t length = strlen(text);

    while (length > 0 && (text[length - 1] == '.' || text[length - 1] == '\n'))
        length--;
    return (int)length;
}

bool
sqlstate_err(struct err *err, const char *sqlstate, const char *message,
             const char *detail, const char *hint)
{
    enum err_kind kind = sqlstate_kind(sqlstate);

    if (detail != NULL && detail[0] != '\0')
        err_set(err, kind, "%s (%.*s)", message, length_without_stop(detail),
                detail);
    else
        err_set(err, kind, "%s", message);
    if (hint != NULL && hint[0] != '\0')
        err_hint(err, "%s", hint);
    else if (strcmp(sqlstate, "25006") == 0)
        err_hint(err, "this server takes no writes: is it a standby? With "
                      "several hosts, add target_session_attrs=read-write");
    return err_code(err, sqlstate);
}
