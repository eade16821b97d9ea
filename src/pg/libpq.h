/*
 * libpq - includes libpq's header without a conflict of names. Private to
 * src/pg.
 *
 * postgres_ext.h has a typedef pg_int64 for large objects, which is not needed
 * here. The pg_int64() of conn.h reads a column.
 */
#ifndef PG_LIBPQ_H
#define PG_LIBPQ_H

#define pg_int64 libpq_int64
#include <libpq-fe.h>
#undef pg_int64

#endif
