/*
 * names - derive SQL identifiers from GraphQL names, and quote them.
 */
#ifndef PLAN_NAMES_H
#define PLAN_NAMES_H

#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"

enum {
    NAME_BYTES_MAX = 63,                  /* PostgreSQL's NAMEDATALEN - 1 */
    NAME_BYTES_KEPT = NAME_BYTES_MAX - 9, /* of a longer derived name, before
                                           * `_` and 8 digits of its md5 */
    NAME_DIGEST_BYTES = 33                /* md5 in hex and a NUL */
};

/* priceRangeV2 becomes price_range_v2, and HTMLBody becomes html_body. */
char *name_snake_case(struct arena *arena, const char *name);

/* Shorten a derived name that is longer than NAME_BYTES_MAX: cut it, and append
 * `_` and 8 digits of the md5 of the whole name. */
const char *name_shorten(struct arena *arena, const char *name);

/* The md5 of `bytes` in hex, with a NUL. */
void name_md5(const char *bytes, size_t length, char hex[NAME_DIGEST_BYTES]);

/* Append an identifier or a literal, quoted for SQL. All identifiers are
 * quoted, so that they may be reserved words or have capital letters. */
void name_append_quoted(struct buf *sql, const char *name);
void name_append_literal(struct buf *sql, const char *text);

#endif
