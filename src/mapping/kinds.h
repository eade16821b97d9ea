/*
 * kinds - what is known about a mutation by its name: may it be repeated, and
 * what else does it do?
 */
#ifndef MAPPING_KINDS_H
#define MAPPING_KINDS_H

#include "base/span.h"
#include "dialect/dialect.h"

enum kind {
    KIND_REPEATABLE = 1, /* sent twice, the same variables give one state */
    KIND_IDENTIFIED = 2, /* the same, with the argument `identifier`; without
                           * it, each execution creates an object */
    KIND_IDEMPOTENT = 4, /* takes @idempotent, and demands it */
    KIND_COUNTS = 8,     /* adds to a number, or moves a part of it */
    KIND_CREATES = 16,   /* each execution creates an object */
    KIND_DELETES = 32,   /* deletes objects */
    KIND_PAYS = 64,      /* moves money or goods, or sends messages */
    KIND_IRREVERSIBLE = KIND_COUNTS | KIND_CREATES | KIND_DELETES | KIND_PAYS
};

/* The kinds of a mutation, combined. The table of known mutations is for the
 * APIs that dialect->lists_mutations is true for; a mutation that the table
 * lacks has the kinds that the words of its name suggest, and is neither
 * REPEATABLE nor IDEMPOTENT. */
unsigned kinds_of(const struct dialect *dialect, const char *mutation);

/* The access scopes of which an app needs one for the mutation: "a|b"; NULL:
 * not known. `owner`: the type of the objects that the rows name, on which the
 * scope of some mutations depends; "" if it is not known. */
const char *kinds_scopes(const struct dialect *dialect, const char *mutation,
                         struct span owner);

#endif
