#include "mapping/kinds.h"

#include <ctype.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Mutations of Shopify's Admin API. For a mutation that this table lacks, the
 * words below decide, and its file must say whether it may be repeated. */
static const struct {
    const char *name;
    unsigned kinds;
} known[] = {
    {"customerSet", KIND_IDENTIFIED},
    {"customerUpdate", KIND_REPEATABLE},
    {"fileUpdate", KIND_REPEATABLE},
    {"inventoryActivate", KIND_IDEMPOTENT},
    {"inventoryAdjustQuantities", KIND_IDEMPOTENT | KIND_COUNTS},
    {"inventoryItemUpdate", KIND_REPEATABLE},
    {"inventoryMoveQuantities", KIND_IDEMPOTENT | KIND_COUNTS},
    {"inventorySetOnHandQuantities", KIND_IDEMPOTENT},
    {"inventorySetQuantities", KIND_IDEMPOTENT},
    {"inventoryShipmentAddItems", KIND_IDEMPOTENT | KIND_COUNTS},
    {"inventoryShipmentCreate", KIND_IDEMPOTENT | KIND_CREATES},
    {"inventoryShipmentCreateInTransit", KIND_IDEMPOTENT | KIND_CREATES},
    {"inventoryShipmentReceive", KIND_IDEMPOTENT | KIND_COUNTS},
    {"inventoryTransferCreate", KIND_IDEMPOTENT | KIND_CREATES},
    {"inventoryTransferCreateAsReadyToShip", KIND_IDEMPOTENT | KIND_CREATES},
    {"inventoryTransferDuplicate", KIND_IDEMPOTENT | KIND_CREATES},
    {"inventoryTransferSetItems", KIND_IDEMPOTENT},
    {"locationActivate", KIND_IDEMPOTENT},
    {"locationDeactivate", KIND_IDEMPOTENT},
    {"metafieldsDelete", KIND_REPEATABLE | KIND_DELETES},
    {"metafieldsSet", KIND_REPEATABLE},
    {"metaobjectUpsert", KIND_REPEATABLE},
    {"orderUpdate", KIND_REPEATABLE},
    {"priceListFixedPricesAdd", KIND_REPEATABLE},
    {"productSet", KIND_IDENTIFIED},
    {"productUpdate", KIND_REPEATABLE},
    {"productVariantsBulkUpdate", KIND_REPEATABLE},
    {"publishablePublish", KIND_REPEATABLE},
    {"publishableUnpublish", KIND_REPEATABLE},
    {"refundCreate", KIND_IDEMPOTENT | KIND_CREATES | KIND_PAYS},
    {"tagsAdd", KIND_REPEATABLE},
    {"tagsRemove", KIND_REPEATABLE},
    {"translationsRegister", KIND_REPEATABLE},
    {"urlRedirectCreate", KIND_REPEATABLE | KIND_CREATES},
    {"urlRedirectDelete", KIND_REPEATABLE | KIND_DELETES},
    {"urlRedirectUpdate", KIND_REPEATABLE},
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
