#include "pg/result.h"

#include <stdlib.h>

#include "pg/conn.h"

int
pg_rows(const struct pg_result *result)
{
    return PQntuples(result->raw);
}

bool
pg_is_null(const struct pg_result *result, int row, int column)
{
    return PQgetisnull(result->raw, row, column) == 1;
}

const char *
pg_text(const struct pg_result *result, int row, int column)
{
    const char *text = PQgetvalue(result->raw, row, column);

    return text != NULL ? text : "";
}

int64_t
pg_int64(const struct pg_result *result, int row, int column)
{
    return strtoll(pg_text(result, row, column), NULL, 10);
}

bool
pg_bool(const struct pg_result *result, int row, int column)
{
    return pg_text(result, row, column)[0] == 't';
}

int64_t
pg_affected(const struct pg_result *result)
{
    return strtoll(PQcmdTuples(result->raw), NULL, 10);
}

void
pg_result_free(struct pg_result *result)
{
    if (result == NULL)
        return;
    PQclear(result->raw);
    free(result);
}
