/*
 * bulk_rules.c and search_filter.c check Shopify's rules. This file has the
 * lists and the short functions.
 *
 * Hazards. The store ignores a filter that it does not know, so a window with
 * an unknown filter would fetch everything. Sorted bulk queries can lose rows.
 * Some roots compare only dates, or times in the shop's time zone.
 */
#include "dialect/shopify.h"

#include <string.h>

#include "dialect/bulk_notes.h"
#include "dialect/bulk_rules.h"
#include "dialect/filter_names.h"
#include "dialect/search_filter.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- windows ----------------------------------------------------------- */

static bool
check_order(const struct dialect_window *window, struct err *err)
{
    static const char *const refused[] = {"sortKey", "reverse"};

    for (size_t i = 0; i < COUNT(refused); i++) {
        const struct gql_argument *given =
            gql_find_argument(window->root->arguments, refused[i]);

        if (given == NULL || given->value->kind == GQL_NULL)
            continue;
        gql_error(err, MSG_QUERY_WINDOW, window->document, given->pos,
                  "\"%s\" of \"%s\" cannot be used together with "
                  "@incremental or @slice: a sorted window can lose rows",
                  given->name, window->root->name);
        return err_hint(err, "remove \"%s\"", given->name);
    }
    return true;
}

/* A saved search cannot be combined with the filter of a window. The name of
 * the field is put into the filter unquoted, so it must be a valid name. */
static bool
check_window(const struct dialect_window *window, struct err *err)
{
    const struct gql_argument *saved =
        gql_find_argument(window->root->arguments, "savedSearchId");

    if (saved != NULL)
        return gql_error(err, MSG_QUERY_WINDOW, window->document, saved->pos,
                         "savedSearchId cannot be used together with "
                         "@incremental or @slice: write the search as "
                         "\"query\"");
    return check_order(window, err) &&
           (filter_names_is_name(window->field) ||
            gql_error(err, MSG_QUERY_WINDOW, window->document, window->pos,
                      "\"%.100s\" is not the name of a filter", window->field));
}

static bool
has_filter(const struct gql_document *document, const struct gql_schema *schema,
           const char *root_field, const char *name)
{
    return search_filter_has(schema, root_field, name) ||
           search_filter_allows(document, name);
}

/* (own filter) AND updated_at:>='…' AND updated_at:<'…'. The parentheses are
 * safe, because search_filter_check() has checked the query's own filter. */
static const char *
filter_in(const char *own, const char *field, const char *from, const char *to,
          struct arena *arena)
{
    const char *window = "";

    if (from != NULL)
        window = arena_printf(arena, "%s:>='%s'", field, from);
    if (to != NULL)
        window = arena_printf(arena, "%s%s%s:<'%s'", window,
                              from != NULL ? " AND " : "", field, to);
    if (window[0] == '\0')
        return own;
    return own[0] == '\0' ? window
                          : arena_printf(arena, "(%s) AND %s", own, window);
}

/* These roots compare only dates, or times in the shop's time zone. Their
 * windows must reach back so far that no time zone loses rows. */
static int64_t
least_overlap_ms(const char *root_field)
{
    static const char *const coarse_roots[] = {"customers", "discountNodes"};

    enum { COARSE_OVERLAP_MS = 36 * 60 * 60 * 1000 };

    for (size_t i = 0; i < COUNT(coarse_roots); i++)
        if (strcmp(coarse_roots[i], root_field) == 0)
            return COARSE_OVERLAP_MS;
    return 0;
}

/* ---- values ------------------------------------------------------------ */

static const char *
counter_of(const char *connection, struct arena *arena)
{
    return arena_printf(arena, "%sCount", connection);
}

static const struct {
    const char *name;
    enum dialect_scalar type;
} scalars[] = {
    {"Int", DIALECT_INT32},
    {"Float", DIALECT_DOUBLE},
    {"Boolean", DIALECT_BOOLEAN},
    {"Decimal", DIALECT_DECIMAL},
    {"Money", DIALECT_DECIMAL},
    {"UnsignedInt64", DIALECT_INT64},
    {"BigInt", DIALECT_INT64},
    {"DateTime", DIALECT_TIME},
    {"Date", DIALECT_DATE},
    {"JSON", DIALECT_JSON},
    {"String", DIALECT_STRING},
    {"ID", DIALECT_STRING},
    {"URL", DIALECT_STRING},
    {"HTML", DIALECT_STRING},
    {"FormattedString", DIALECT_STRING},
    {"Color", DIALECT_STRING},
    {"Handle", DIALECT_STRING},
    {"StorefrontID", DIALECT_STRING},
    {"UtcOffset", DIALECT_STRING},
    {"ARN", DIALECT_STRING},
};

static enum dialect_scalar
scalar_type(const char *scalar)
{
    for (size_t i = 0; i < COUNT(scalars); i++)
        if (strcmp(scalars[i].name, scalar) == 0)
            return scalars[i].type;
    return DIALECT_ANY;
}

/* The gids of these types have a `?` or no number, or one object has gids of
 * several types. */
static bool
keeps_whole_gid(const char *type)
{
    static const char *const types[] = {
        "InventoryLevel",        "InventoryQuantity",
        "MailingAddress",        "Image",
        "SubscriptionLine",      "TaxonomyCategory",
        "CustomerPaymentMethod",
    };

    for (size_t i = 0; i < COUNT(types); i++)
        if (strcmp(types[i], type) == 0)
            return true;
    return false;
}

/* A request by ids costs the same for one id as for 250. */
static const struct dialect_pages pages = {
    .page = 250,
    .page_max = 250,
    .ids_max = 250,
    .cost = DIALECT_COST_LOG,
    .per_second = 100,
    .sort_argument = "sortKey",
    .sort_steady = "ID",
    .sort_window = "UPDATED_AT",
    .reverse_argument = "reverse",
};

const struct dialect dialect_shopify = {
    .name = "Shopify",
    .document_bytes_max = 65535,
    .ids_are_gids = true,
    .decimals_are_strings = true,
    .lists_mutations = true,
    .hides_orders = true,
    .filter_argument = "query",
    .pages = &pages,
    .check_query = bulk_rules_check,
    .check_filter = search_filter_check,
    .notes = bulk_notes,
    .check_window = check_window,
    .has_filter = has_filter,
    .filter_in = filter_in,
    .least_overlap_ms = least_overlap_ms,
    .counter_of = counter_of,
    .scalar_type = scalar_type,
    .keeps_whole_gid = keeps_whole_gid,
};
