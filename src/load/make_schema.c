#include "load/make_schema.h"

#include <string.h>

#include "load/obstacle.h"
#include "plan/names.h"

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
    /* Hazard. In spite of IF NOT EXISTS this fails if another process creates
     * the schema at the same moment. */
    return made || strcmp(err->code, "23505") == 0 ||
           strcmp(err->code, "42P06") == 0;
}

bool
schema_make(struct pg_conn *conn, const char *schema,
            const char *const *readers, struct err *err)
{
    bool exists;

    return obstacle_in_schema(conn, schema, &exists, err) &&
           (exists || create(conn, schema, readers, err));
}
