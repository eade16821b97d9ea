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

struct span
pg_value(const struct pg_result *result, int row, int column)
{
    if (pg_is_null(result, row, column))
        return span_of(NULL, 0);
    return span_of(PQgetvalue(result->raw, row, column),
                   (size_t)PQgetlength(result->raw, row, column));
}

int
pg_columns(const struct pg_result *result)
{
    return PQnfields(result->raw);
}

const char *
pg_column_name(const struct pg_result *result, int column)
{
    return PQfname(result->raw, column);
}

uint32_t
pg_column_type(const struct pg_result *result, int column)
{
    return PQftype(result->raw, column);
}

uint32_t
pg_column_table(const struct pg_result *result, int column)
{
    return PQftable(result->raw, column);
}

int
pg_column_number(const struct pg_result *result, int column)
{
    return PQftablecol(result->raw, column);
}

void
pg_result_free(struct pg_result *result)
{
    if (result == NULL)
        return;
    PQclear(result->raw);
    free(result);
}
