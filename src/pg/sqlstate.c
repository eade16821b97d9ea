#include "pg/sqlstate.h"

#include <string.h>

enum err_kind
sqlstate_kind(const char *sqlstate)
{
    return sqlstate[0] != '\0' ? message_of(sqlstate)->kind : ERR_FAILED;
}

/* The server's details are sentences, but messages end without a full stop. */
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
    if (detail != NULL && detail[0] != '\0')
        err_set(err, MSG_SQLSTATE, "%s (%.*s)", message,
                length_without_stop(detail), detail);
    else
        err_set(err, MSG_SQLSTATE, "%s", message);
    if (hint != NULL && hint[0] != '\0')
        err_hint(err, "%s", hint);
    err_as(err, sqlstate_kind(sqlstate));
    return err_given(err, sqlstate);
}
