/*
 * topics - what a webhook's topic says: which object has changed, and where the
 * body has its id.
 *
 * Only topics of objects that a query can have as roots are in the table. A
 * change of something below a root, such as a refund of an order, is a change
 * of the root.
 */
#ifndef HOOK_TOPICS_H
#define HOOK_TOPICS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/span.h"

/* The topic of a bulk operation that has ended. No query has it as a root. */
#define TOPIC_FINISH "bulk_operations/finish"

enum { TOPIC_FIELDS = 2, TOPIC_ENUM_BYTES = 80 };

struct topic {
    const char *name; /* as the header has it: "products/update" */
    const char *type; /* GraphQL type of the object: "Product" */
    /* Paths in the body to its number or its gid; NULL: no further one. */
    const char *fields[TOPIC_FIELDS];
    bool is_needed; /* subscribe to it to hear of every change of the type;
                     * other topics come together with one of these */
};

/* The topic of this name, in upper or lower case; NULL: not in the table. */
const struct topic *topics_find(struct span name);

/* The topics that are needed for roots of the type, one after the other: the
 * next one after `last`, the first one if `last` is NULL, and NULL after the
 * last one. */
const struct topic *topics_next(const char *type, const struct topic *last);

/* The GraphQL type of the rows of a root connection, such as Product for
 * "products". NULL if no topic has this type. */
const char *topics_type_of_root(const char *field);

/* The name of a topic as a value of WebhookSubscriptionTopic:
 * "PRODUCTS_UPDATE". Returns `text`. */
const char *topics_enum_name(const char *name, char text[TOPIC_ENUM_BYTES]);

#endif
