/*
 * address - the ways in which users write where a store is.
 */
#ifndef CONFIG_ADDRESS_H
#define CONFIG_ADDRESS_H

#include "base/arena.h"
#include "base/err.h"

/* acme, acme.myshopify.com, https://acme.myshopify.com and
 * https://admin.shopify.com/store/acme/... as acme.myshopify.com, in the
 * arena. Anything else is ERR_CONFIG: the token goes there. */
MUST_CHECK bool address_domain(struct arena *arena, const char *text,
                               const char **domain, struct err *err);

/* An address that stands in for https://<domain>: https anywhere, http on a
 * loopback address only; with a port or a path, without the slash at the
 * end. */
MUST_CHECK bool address_endpoint(struct arena *arena, const char *text,
                                 const char **endpoint, struct err *err);

/* Whether it begins with http:// and so can only be an endpoint. */
bool address_is_plain_http(const char *text);

#endif
