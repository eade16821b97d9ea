/*
 * libpq - its header, kept out of the way of our names. Private to src/pg.
 *
 * postgres_ext.h has a typedef pg_int64 for large objects, which we do not
 * use; our pg_int64() reads a column.
 */
#ifndef PG_LIBPQ_H
#define PG_LIBPQ_H

#define pg_int64 libpq_int64
#include <libpq-fe.h>
#undef pg_int64

#endif
