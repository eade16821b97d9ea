/*
 * address - reads a store's address in the forms that users write.
 */
#ifndef CONFIG_ADDRESS_H
#define CONFIG_ADDRESS_H

#include "base/arena.h"
#include "base/err.h"

/* Read acme, acme.myshopify.com, https://acme.myshopify.com or
 * https://admin.shopify.com/store/acme/... as acme.myshopify.com, in the arena.
 * Anything else is ERR_CONFIG, because the token is sent to this address. */
MUST_CHECK bool address_domain(struct arena *arena, const char *text,
                               const char **domain, struct err *err);

/* Read an address that replaces https://<domain>: https for any host, http only
 * for a loopback address. It may have a port and a path. Slashes at the end are
 * removed. */
MUST_CHECK bool address_endpoint(struct arena *arena, const char *text,
                                 const char **endpoint, struct err *err);

/* Read the URL of an API in the same way. It may have a query part and the mark
 * {at}; nothing is removed. */
MUST_CHECK bool address_url(struct arena *arena, const char *text,
                            const char **url, struct err *err);

/* True if `text` begins with http://. It can then only be an endpoint. */
bool address_is_plain_http(const char *text);

#endif
