#include "shopify/shop.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

enum { SCOPES_BYTES = 64 * 1024 };

static const char document[] =
    "query ReadShop {"
    " shop { id currencyCode ianaTimezone plan { publicDisplayName } }"
    " currentAppInstallation { accessScopes { handle } } }";

static void
copy_text(const struct json *value, char *text, size_t size)
{
    const char *found = json_str(value);

    snprintf(text, size, "%s", found != NULL ? found : "");
}

static int
compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Sorted, so that equal scopes always give equal text. */
static char *
join_scopes(struct arena *arena, const struct json *scopes)
{
    size_t most = scopes != NULL ? scopes->count : 0, count = 0;
    const char **names = arena_array(arena, most + 1, sizeof(*names));
    struct buf buf = buf_with_ceiling(SCOPES_BYTES);
    char *joined;

    for (const struct json *s = most > 0 ? scopes->first : NULL; s != NULL;
         s = s->next) {
        const char *handle = json_str(json_get(s, "handle"));

        if (handle != NULL)
            names[count++] = handle;
    }
    qsort(names, count, sizeof(*names), compare_names);
    for (size_t i = 0; i < count; i++)
        buf_printf(&buf, "%s%s", i > 0 ? "," : "", names[i]);
    joined = arena_strdup(arena, buf_str(&buf));
    buf_free(&buf);
    return joined;
}

bool
shop_read(struct session *session, const struct log_ctx *log,
          struct arena *arena, struct shop *shop, struct err *err)
{
    struct answer reply;
    const struct json *data;

    if (!session_query_once(session, "shop", document, NULL, log, arena, &reply,
                            err))
        return false;
    memcpy(shop->api_version, reply.api_version, sizeof(shop->api_version));
    data = json_get(reply.data, "shop");
    copy_text(json_get(data, "id"), shop->id, sizeof(shop->id));
    copy_text(json_get(data, "currencyCode"), shop->currency_code,
              sizeof(shop->currency_code));
    copy_text(json_get(data, "ianaTimezone"), shop->iana_timezone,
              sizeof(shop->iana_timezone));
    copy_text(json_path(data, "plan", "publicDisplayName", NULL), shop->plan,
              sizeof(shop->plan));
    shop->scopes =
        join_scopes(arena, json_path(reply.data, "currentAppInstallation",
                                     "accessScopes", NULL));
    return true;
}
