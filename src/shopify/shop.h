/*
 * shop - who the store is: one cheap query a day.
 */
#ifndef SHOPIFY_SHOP_H
#define SHOPIFY_SHOP_H

#include "shopify/session.h"

struct shop {
    char id[96];           /* gid://shopify/Shop/<n> */
    char currency_code[8]; /* of the shop */
    char iana_timezone[64];
    char plan[64];        /* public display name */
    char api_version[32]; /* that answered; "": not told */
    char *scopes;         /* "read_orders,read_products", in the arena */
};

MUST_CHECK bool
shop_read(struct session *session, const struct log_ctx *log,
          struct arena *arena, struct shop *shop, struct err *err);

#endif
