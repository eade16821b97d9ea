/*
 * names - identifiers out of GraphQL names.
 */
#ifndef PLAN_NAMES_H
#define PLAN_NAMES_H

#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"

enum {
    NAME_BYTES_MAX = 63,                  /* PostgreSQL's NAMEDATALEN - 1 */
    NAME_BYTES_KEPT = NAME_BYTES_MAX - 9, /* of a longer derived name, before
                                           * `_` and 8 digits of its digest */
    NAME_DIGEST_BYTES = 33                /* md5 in hex and a NUL */
};

/* priceRangeV2 is price_range_v2, HTMLBody is html_body. */
char *name_snake_case(struct arena *arena, const char *name);

/* A derived name; one longer than NAME_BYTES_MAX is cut, and 8 digits of the
 * md5 of the whole are put behind it. */
const char *name_shorten(struct arena *arena, const char *name);

void name_md5(const char *bytes, size_t length, char hex[NAME_DIGEST_BYTES]);

/* Append quoted for SQL: identifiers always, so that reserved words and
 * capitals are no matter. */
void name_append_quoted(struct buf *sql, const char *name);
void name_append_literal(struct buf *sql, const char *text);

#endif
