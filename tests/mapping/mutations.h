/*
 * mutations - mutations with the types of Shopify's Admin API. The file name
 * of a mutation is "q", and the name of its job is "job".
 */
#ifndef MAPPING_MUTATIONS_H
#define MAPPING_MUTATIONS_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dialect/generic.h"
#include "dialect/shopify.h"
#include "mapping/mutation.h"
#include "support/suite.h"
#include "support/types.h"

#define ADMIN_TYPES "tests/fakeshop/admin-2026-10.reduced.json"

static struct types types;
static struct err err;

static inline void
open_types(void)
{
    types_open(&types, ADMIN_TYPES);
    memset(&err, 0, sizeof(err));
}

static inline void
close_types(void)
{
    types_close(&types);
}

static inline bool
try_mutation(const char *text, const struct mutation **mutation)
{
    return mutation_build(&types.arena, "job", types_parse(&types, text),
                          types.schema, &dialect_shopify, mutation, &err);
}

static inline const struct mutation *
make_mutation(const char *text)
{
    const struct mutation *mutation;

    if (!try_mutation(text, &mutation))
        ck_abort_msg("%s\n%s", err.message, text);
    return mutation;
}

/* The mutation of an API without gids, whose types are in SDL. */
static inline const struct mutation *
make_plain_mutation(const char *sdl, const char *text)
{
    static struct dialect dialect;
    static const struct preset preset = {.api = "Plain"};
    const struct mutation *mutation;
    char path[] = "/tmp/test_mapping.XXXXXX";
    int fd = mkstemp(path);
    FILE *file = fdopen(fd, "w");

    fputs(sdl, file);
    fclose(file);
    types_close(&types);
    types_open(&types, path);
    unlink(path);
    dialect = generic_dialect(&preset);
    if (!mutation_build(&types.arena, "job", types_parse(&types, text),
                        types.schema, &dialect, &mutation, &err))
        ck_abort_msg("%s\n%s", err.message, text);
    return mutation;
}

#define PRICES_HEAD                                \
    "mutation Prices($productId: ID!, $variants: " \
    "[ProductVariantsBulkInput!]!) "
#define PRICES_FIELD \
    "productVariantsBulkUpdate(productId: $productId, variants: $variants) "
#define PRICES \
    PRICES_HEAD "{ " PRICES_FIELD "{ productVariants { id price } } }"

#define UPDATE_FIELD "{ productUpdate(product: $product) { product { id } } }"
#define UPDATE       "mutation($product: ProductUpdateInput!) " UPDATE_FIELD

#endif
