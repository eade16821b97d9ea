#include "app/schema.h"

#include <string.h>

#include "plan/names.h"
#include "sql.h"

enum { SQL_BYTES_MAX = 64 * 1024 };

static void
append_readers(struct buf *sql, const char *schema, const char *const *role)
{
    for (; *role != NULL; role++) {
        buf_append_str(sql, "GRANT USAGE ON SCHEMA ");
        name_append_quoted(sql, schema);
        buf_append_str(sql, " TO ");
        name_append_quoted(sql, *role);
        buf_append_str(sql, ";\n");
    }
}

static bool
refuse_rights(const char *schema, bool exists, struct err *err)
{
    err_set(err, ERR_DENIED,
            exists ? "no right to make tables in schema %s"
                   : "no right to make schema %s",
            schema);
    err_code(err, "42501");
    if (exists)
        return err_hint(err,
                        "GRANT USAGE, CREATE ON SCHEMA \"%s\" TO the role "
                        "that bulkpg connects as",
                        schema);
    return err_hint(err,
                    "GRANT CREATE ON DATABASE to the role that bulkpg "
                    "connects as, or CREATE SCHEMA \"%s\" "
                    "AUTHORIZATION it",
                    schema);
}

static bool
create(struct pg_conn *conn, const char *schema, const char *const *readers,
       struct err *err)
{
    struct buf sql = buf_with_ceiling(SQL_BYTES_MAX);
    bool made;

    buf_append_str(&sql, "CREATE SCHEMA IF NOT EXISTS ");
    name_append_quoted(&sql, schema);
    buf_append_str(&sql, ";\n");
    append_readers(&sql, schema, readers);
    made = pg_script(conn, buf_str(&sql), err);
    buf_free(&sql);
    /* Another process may have been faster, whatever IF NOT EXISTS says. */
    return made || strcmp(err->code, "23505") == 0 ||
           strcmp(err->code, "42P06") == 0;
}

bool
schema_make(struct pg_conn *conn, const char *schema,
            const char *const *readers, struct err *err)
{
    const char *values[] = {schema};
    struct pg_result *result;
    bool exists, may_create;

    if (!pg_exec(conn, sql_schema_rights, 1, values, &result, err))
        return false;
    exists = pg_bool(result, 0, 0);
    may_create = pg_bool(result, 0, 1);
    pg_result_free(result);
    if (!may_create)
        return refuse_rights(schema, exists, err);
    return exists || create(conn, schema, readers, err);
}
