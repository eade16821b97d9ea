/*
 * result - the result of a statement. Private to src/pg; conn.h has the
 * functions.
 */
#ifndef PG_RESULT_H
#define PG_RESULT_H

#include "pg/libpq.h"

struct pg_result {
    PGresult *raw; /* owned */
};

#endif
