#include "mapping/kinds.h"

#include <ctype.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Mutations of Shopify's Admin API. For a mutation that this table lacks, the
 * words below decide, and its file must say whether it may be repeated. */
static const struct {
    const char *name;
    unsigned kinds;
    const char *scopes; /* one of them is needed: "a|b"; "": that of the object
                         * which the row names */
} known[] = {
    {"customerSet", KIND_IDENTIFIED, "write_customers"},
    {"customerUpdate", KIND_REPEATABLE, "write_customers"},
    {"fileUpdate", KIND_REPEATABLE, "write_files|write_images|write_themes"},
    {"inventoryActivate", KIND_IDEMPOTENT, "write_inventory"},
    {"inventoryAdjustQuantities", KIND_IDEMPOTENT | KIND_COUNTS,
     "write_inventory"},
    {"inventoryItemUpdate", KIND_REPEATABLE, "write_inventory"},
    {"inventoryMoveQuantities", KIND_IDEMPOTENT | KIND_COUNTS,
     "write_inventory"},
    {"inventorySetOnHandQuantities", KIND_IDEMPOTENT, "write_inventory"},
    {"inventorySetQuantities", KIND_IDEMPOTENT, "write_inventory"},
    {"inventoryShipmentAddItems", KIND_IDEMPOTENT | KIND_COUNTS,
     "write_inventory_shipments"},
    {"inventoryShipmentCreate", KIND_IDEMPOTENT | KIND_CREATES,
     "write_inventory_shipments"},
    {"inventoryShipmentCreateInTransit", KIND_IDEMPOTENT | KIND_CREATES,
     "write_inventory_shipments"},
    {"inventoryShipmentReceive", KIND_IDEMPOTENT | KIND_COUNTS,
     "write_inventory_shipments_received_items"},
    {"inventoryTransferCreate", KIND_IDEMPOTENT | KIND_CREATES,
     "write_inventory_transfers"},
    {"inventoryTransferCreateAsReadyToShip", KIND_IDEMPOTENT | KIND_CREATES,
     "write_inventory_transfers"},
    {"inventoryTransferDuplicate", KIND_IDEMPOTENT | KIND_CREATES,
     "write_inventory_transfers"},
    {"inventoryTransferSetItems", KIND_IDEMPOTENT, "write_inventory_transfers"},
    {"locationActivate", KIND_IDEMPOTENT, "write_locations"},
    {"locationDeactivate", KIND_IDEMPOTENT, "write_locations"},
    {"metafieldsDelete", KIND_REPEATABLE | KIND_DELETES, ""},
    {"metafieldsSet", KIND_REPEATABLE, ""},
    {"metaobjectUpsert", KIND_REPEATABLE, "write_metaobjects"},
    {"orderUpdate", KIND_REPEATABLE, "write_orders|write_marketplace_orders"},
    {"priceListFixedPricesAdd", KIND_REPEATABLE, "write_products"},
    {"productSet", KIND_IDENTIFIED, "write_products"},
    {"productUpdate", KIND_REPEATABLE, "write_products"},
    {"productVariantsBulkUpdate", KIND_REPEATABLE, "write_products"},
    {"publishablePublish", KIND_REPEATABLE, "write_publications"},
    {"publishableUnpublish", KIND_REPEATABLE, "write_publications"},
    {"refundCreate", KIND_IDEMPOTENT | KIND_CREATES | KIND_PAYS,
     "write_orders|write_marketplace_orders"},
    {"tagsAdd", KIND_REPEATABLE, ""},
    {"tagsRemove", KIND_REPEATABLE, ""},
    {"translationsRegister", KIND_REPEATABLE, "write_translations"},
    {"urlRedirectCreate", KIND_REPEATABLE | KIND_CREATES,
     "write_online_store_navigation"},
    {"urlRedirectDelete", KIND_REPEATABLE | KIND_DELETES,
     "write_online_store_navigation"},
    {"urlRedirectUpdate", KIND_REPEATABLE, "write_online_store_navigation"},
};

static const struct {
    const char *word;
    unsigned kinds;
} words[] = {
    {"create", KIND_CREATES},   {"duplicate", KIND_CREATES},
    {"copy", KIND_CREATES},     {"clone", KIND_CREATES},
    {"insert", KIND_CREATES},   {"import", KIND_CREATES},
    {"delete", KIND_DELETES},   {"destroy", KIND_DELETES},
    {"erase", KIND_DELETES},    {"purge", KIND_DELETES},
    {"adjust", KIND_COUNTS},    {"increment", KIND_COUNTS},
    {"decrement", KIND_COUNTS}, {"move", KIND_COUNTS},
    {"refund", KIND_PAYS},      {"capture", KIND_PAYS},
    {"charge", KIND_PAYS},      {"pay", KIND_PAYS},
    {"paid", KIND_PAYS},        {"send", KIND_PAYS},
    {"cancel", KIND_PAYS},      {"invite", KIND_PAYS},
};

/* Does a word begin at name[i]? Names are written likeThis, LikeThis or
 * like_this. */
static bool
begins_word(const char *name, size_t i)
{
    return i == 0 || name[i - 1] == '_' || isupper((unsigned char)name[i]);
}

static bool
has_word(const char *name, const char *word)
{
    size_t length = strlen(word);

    for (size_t i = 0; name[i] != '\0'; i++)
        if (begins_word(name, i) && strncasecmp(name + i, word, length) == 0 &&
            !islower((unsigned char)name[i + length]))
            return true;
    return false;
}

unsigned
kinds_of(const struct dialect *dialect, const char *mutation)
{
    unsigned kinds = 0;

    for (size_t i = 0; dialect->lists_mutations && i < COUNT(known); i++)
        if (strcmp(known[i].name, mutation) == 0)
            return known[i].kinds;
    for (size_t i = 0; i < COUNT(words); i++)
        if (has_word(mutation, words[i].word))
            kinds |= words[i].kinds;
    return kinds;
}

/* Objects with tags or metafields. */
static const struct {
    const char *type;
    const char *scopes;
} owners[] = {
    {"Collection", "write_products"},
    {"Customer", "write_customers"},
    {"DraftOrder", "write_draft_orders"},
    {"Location", "write_locations"},
    {"Order", "write_orders|write_marketplace_orders"},
    {"Product", "write_products"},
    {"ProductVariant", "write_products"},
};

const char *
kinds_scopes(const struct dialect *dialect, const char *mutation,
             struct span owner)
{
    const char *scopes = NULL;

    for (size_t i = 0; dialect->lists_mutations && i < COUNT(known); i++)
        if (strcmp(known[i].name, mutation) == 0)
            scopes = known[i].scopes;
    if (scopes == NULL || scopes[0] != '\0')
        return scopes;
    for (size_t i = 0; i < COUNT(owners); i++)
        if (span_is(owner, owners[i].type))
            return owners[i].scopes;
    return NULL;
}
