/*
 * result - what a statement returned. Private to src/pg; for the functions
 * see conn.h.
 */
#ifndef PG_RESULT_H
#define PG_RESULT_H

#include "pg/libpq.h"

struct pg_result {
    PGresult *raw; /* owned */
};

#endif
