#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "pg/conn.h"
#include "pg/libpq.h"

enum { DSN_BYTES = 64 * 1024 };

/* NULL if `dsn` is the name of a database, or is not valid. */
static PQconninfoOption *
parse(const char *dsn)
{
    PQconninfoOption *options;
    char *why = NULL;

    if (strchr(dsn, '=') == NULL && strstr(dsn, "://") == NULL)
        return NULL;
    options = PQconninfoParse(dsn, &why);
    if (options == NULL && (why == NULL || strstr(why, "out of memory")))
        mem_out("the database connection string");
    PQfreemem(why);
    return options;
}

bool
pg_dsn_has_password(const char *dsn)
{
    PQconninfoOption *options = parse(dsn);
    bool found = false;

    for (PQconninfoOption *o = options; o != NULL && o->keyword != NULL; o++)
        found = found || (strcmp(o->keyword, "password") == 0 &&
                          o->val != NULL && o->val[0] != '\0');
    PQconninfoFree(options);
    return found;
}

static void
append_pair(struct buf *dsn, const char *keyword, const char *value)
{
    buf_printf(dsn, "%s%s='", dsn->length > 0 ? " " : "", keyword);
    for (; *value != '\0'; value++) {
        if (*value == '\'' || *value == '\\')
            buf_append_char(dsn, '\\');
        buf_append_char(dsn, *value);
    }
    buf_append_char(dsn, '\'');
}

bool
pg_dsn_with_password(const char *dsn, const char *password, char **with,
                     struct err *err)
{
    PQconninfoOption *options = parse(dsn);
    struct buf text = buf_with_ceiling(DSN_BYTES);

    *with = NULL;
    for (PQconninfoOption *o = options; o != NULL && o->keyword != NULL; o++)
        if (o->val != NULL && strcmp(o->keyword, "password") != 0)
            append_pair(&text, o->keyword, o->val);
    if (options != NULL || dsn[0] == '\0' ||
        (strchr(dsn, '=') == NULL && strstr(dsn, "://") == NULL)) {
        if (options == NULL && dsn[0] != '\0')
            append_pair(&text, "dbname", dsn);
        append_pair(&text, "password", password);
    } else {
        buf_append_str(&text, dsn); /* pg_connect() reports the error in it */
    }
    PQconninfoFree(options);
    if (!text.overflowed)
        *with = mem_strdup(buf_str(&text));
    if (text.bytes != NULL)
        explicit_bzero(text.bytes, text.length);
    buf_free(&text);
    return *with != NULL ||
           err_set(err, MSG_BAD_SETTING,
                   "the database connection string is longer than 64 KiB");
}
