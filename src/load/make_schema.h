/*
 * schema - a schema for what we make.
 */
#ifndef LOAD_MAKE_SCHEMA_H
#define LOAD_MAKE_SCHEMA_H

#include "pg/conn.h"

/* Make it where it is missing, with USAGE for the readers (NULL ends them);
 * one that is there is left as it is, others may own it. No right to make it,
 * or anything in it: ERR_DENIED, with the GRANT to run as hint. */
MUST_CHECK bool schema_make(struct pg_conn *conn, const char *schema,
                            const char *const *readers, struct err *err);

#endif
