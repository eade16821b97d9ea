/*
 * generic - the dialect of any GraphQL API that bulkpg reads by pages.
 *
 * Ids are text. A query may be any valid one. Its windows are bound to the
 * variables $since and $until, which the document leaves out when it fetches
 * everything: the arguments are then absent.
 */
#ifndef DIALECT_GENERIC_H
#define DIALECT_GENERIC_H

#include "dialect/preset.h"

/* The names of the two variables, without "$". */
#define GENERIC_SINCE "since"
#define GENERIC_UNTIL "until"

/* The dialect of an API with this preset. */
struct dialect generic_dialect(const struct preset *preset);

#endif
