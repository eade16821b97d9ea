/*
 * metafields - writes a store's metafields into a ready query, as typed
 * columns:
 *
 *     custom_color: metafield(namespace: "custom", key: "color") {
 *       value @column(name: "custom_color")
 *     }
 */
#ifndef COMMAND_METAFIELDS_H
#define COMMAND_METAFIELDS_H

#include "shopify/metafields.h"

/* Where the definitions come from. */
struct metafields_source {
    /* As metafields_list(). */
    bool (*list)(void *ctx, const char *owner, struct arena *arena,
                 struct metafield **first, struct err *err);
    void *ctx;
};

/* Add the metafields of all objects in the query that can have some. *text is
 * the new text, in `arena`; *count is how many were added. */
MUST_CHECK bool
metafields_add(const struct metafields_source *source, struct arena *arena,
               const char **text, size_t *count, struct err *err);

#endif
