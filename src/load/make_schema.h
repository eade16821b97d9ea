/*
 * make_schema - create a store's schema.
 */
#ifndef LOAD_MAKE_SCHEMA_H
#define LOAD_MAKE_SCHEMA_H

#include "pg/conn.h"

/* Create the schema if it does not exist, and grant USAGE on it to `readers`, a
 * list of roles that ends with NULL. A schema that exists is not changed,
 * because another role may own it. ERR_DENIED if bulkpg may not create the
 * schema, or tables in it; the hint has the GRANT to run. */
MUST_CHECK bool schema_make(struct pg_conn *conn, const char *schema,
                            const char *const *readers, struct err *err);

#endif
