/*
 * metafields - the metafields that a store has defined for its objects.
 */
#ifndef SHOPIFY_METAFIELDS_H
#define SHOPIFY_METAFIELDS_H

#include "shopify/session.h"

struct metafield {
    const char *namespace_; /* "custom" */
    const char *key;        /* "color" */
    const char *type;       /* "single_line_text_field" */
    struct metafield *next;
};

/* List the definitions for objects of a MetafieldOwnerType, "PRODUCT", in the
 * store's order. NULL: there are none. Everything is in `arena`. */
MUST_CHECK bool metafields_list(struct session *session, const char *owner,
                                const struct log_ctx *log, struct arena *arena,
                                struct metafield **first, struct err *err);

#endif
