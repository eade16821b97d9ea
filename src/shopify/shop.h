/*
 * shop - the facts about a store that bulkpg.store keeps, from one query.
 */
#ifndef SHOPIFY_SHOP_H
#define SHOPIFY_SHOP_H

#include "shopify/session.h"

struct shop {
    char id[96];           /* gid://shopify/Shop/<n> */
    char currency_code[8]; /* of the shop */
    char iana_timezone[64];
    char plan[64];        /* public display name */
    char api_version[32]; /* that the store used; "": not known */
    char *scopes;         /* "read_orders,read_products", in the arena */
};

/* Ask the store once. */
MUST_CHECK bool
shop_read(struct session *session, const struct log_ctx *log,
          struct arena *arena, struct shop *shop, struct err *err);

#endif
