/* A store's value comes from [store NAME], else from [store *], else it is the
 * initial value of its key. All values are found before one is stored, because
 * the choice of the credentials depends on the section that gave them:
 *
 *     token                                      does not change
 *     client_id + client_secret                  bulkpg asks for tokens
 *     client_id + client_secret + refresh_token  bulkpg exchanges tokens
 *
 * If the store's own section gives one of the two kinds, a token or a client,
 * the other kind of [store *] is ignored. Secrets are read last, and only for
 * an enabled store.
 *
 * Only an error in [store *] fails the whole configuration. An error in one
 * store's section is kept as that store's fault. */
#include "config/store.h"

#include <stddef.h>
#include <string.h>

#include "base/buf.h"
#include "config/address.h"
#include "config/keys.h"
#include "config/secret.h"
#include "config/setting.h"

enum { VALUE_BYTES = 1024 * 1024, EVERY_MS = 24 * 60 * 60 * 1000 };

/* ---- one store ------------------------------------------------------- */

/* `text` with the store's name for every %s. */
static const char *
with_name(struct arena *arena, const char *text, const char *name)
{
    struct buf made = buf_with_ceiling(VALUE_BYTES);
    const char *mark;
    const char *copy;

    for (mark = strstr(text, "%s"); mark != NULL; mark = strstr(text, "%s")) {
        buf_append(&made, text, (size_t)(mark - text));
        buf_append_str(&made, name);
        text = mark + 2;
    }
    buf_append_str(&made, text);
    copy = arena_strdup(arena, buf_str(&made));
    buf_free(&made);
    return copy;
}

/* The value of a key: from the store's section, else from [store *], else the
 * initial value. */
static struct setting_value
find_value(const struct store_source *source, const struct ini_section *section,
           const struct setting_key *key, const char *name)
{
    struct setting_value value = {NULL, "", true};
    const struct ini_entry *entry = ini_find(section, key->name);

    if (entry != NULL) {
        value.text = entry->value;
        value.where = setting_where(source->arena, section, entry);
        return value;
    }
    value.is_own = false;
    entry = ini_find(source->defaults, key->name);
    if (entry != NULL) {
        value.text = with_name(source->arena, entry->value, name);
        value.where = setting_where(source->arena, source->defaults, entry);
    } else if (key->initial != NULL) {
        value.text = with_name(source->arena, key->initial, name);
    }
    return value;
}

static void
find_values(const struct store_source *source,
            const struct ini_section *section, const char *name,
            struct setting_value *values)
{
    for (size_t i = 0; i < STORE_KEYS; i++)
        values[i] = find_value(source, section, &keys_store[i], name);
}

/* Only the first fault of a store is kept. */
static struct err *
fault_of(struct store_config *store, struct err *spare)
{
    return store->fault.kind == ERR_NONE ? &store->fault : spare;
}

static void
set_values(const struct store_source *source, struct store_config *store,
           const struct setting_value *values)
{
    struct err spare;

    for (size_t i = 0; i < STORE_KEYS; i++)
        if (values[i].text != NULL &&
            !setting_apply(source->arena, store, &keys_store[i], &values[i],
                           fault_of(store, &spare)))
            continue; /* the fault is kept; set the other values, too */
}

static void
set_base_url(const struct store_source *source, struct store_config *store)
{
    if (store->base_url[0] != '\0')
        return;
    if (store->domain[0] != '\0') {
        store->base_url =
            arena_printf(source->arena, "https://%s", store->domain);
        return;
    }
    if (store->fault.kind != ERR_NONE)
        return;
    err_set(&store->fault, MSG_NO_ADDRESS, "%s: store %s has no domain",
            store->section, store->name);
}

/* ---- its credentials ------------------------------------------------- */

static bool
is_given(const struct setting_value *values, enum store_key first,
         enum store_key last, bool own)
{
    for (size_t i = first; i <= last; i++)
        if (values[i].text != NULL && (values[i].is_own || !own))
            return true;
    return false;
}

static void
drop(struct setting_value *values, enum store_key first, enum store_key last)
{
    for (size_t i = first; i <= last; i++)
        values[i].text = NULL;
}

/* A store uses a token or a client. If its own section gives one of them, the
 * other one of [store *] is ignored. */
static bool
choose_credentials(struct setting_value *values, struct err *err)
{
    bool own_token = is_given(values, STORE_TOKEN, STORE_TOKEN, true);
    bool own_client =
        is_given(values, STORE_CLIENT_ID, STORE_REFRESH_TOKEN, true);

    if (own_token && !own_client)
        drop(values, STORE_CLIENT_ID, STORE_REFRESH_TOKEN);
    else if (own_client && !own_token)
        drop(values, STORE_TOKEN, STORE_TOKEN);
    if (values[STORE_TOKEN].text == NULL ||
        !is_given(values, STORE_CLIENT_ID, STORE_REFRESH_TOKEN, false))
        return true;
    err_set(err, MSG_NO_CREDENTIALS, "%stoken: a client is given, too",
            values[STORE_TOKEN].where);
    return err_hint(err, "set either token, or client_id and client_secret");
}

static bool
no_credentials(const struct store_config *store, const char *what,
               struct err *err)
{
    err_set(err, MSG_NO_CREDENTIALS, "%s: store %s has no %s", store->section,
            store->name, what);
    return err_hint(err, "set token, or client_id and client_secret");
}

static bool
check_complete(const struct store_config *store,
               const struct setting_value *values, struct err *err)
{
    if (values[STORE_TOKEN].text != NULL)
        return true;
    if (!is_given(values, STORE_CLIENT_ID, STORE_REFRESH_TOKEN, false))
        return no_credentials(store, "credentials", err);
    if (values[STORE_CLIENT_ID].text == NULL)
        return no_credentials(store, "client_id", err);
    if (values[STORE_CLIENT_SECRET].text == NULL)
        return no_credentials(store, "client_secret", err);
    return true;
}

/* Replace the reference in the field by the secret. */
static bool
resolve(const struct store_source *source, struct store_config *store,
        enum store_key i, const struct setting_value *values, struct err *err)
{
    void *field = (char *)store + keys_store[i].offset;
    const char **secret = field;

    if (*secret == NULL || !setting_names_secret(*secret))
        return true;
    if (secret_read(source->arena, source->directory, *secret, secret, err))
        return true;
    return err_wrap(err, "%s%s", values[i].where, keys_store[i].name);
}

/* Of the refresh token only the path is kept, because the file is rewritten. It
 * is read here only to find errors early. */
static bool
resolve_all(const struct store_source *source, struct store_config *store,
            const struct setting_value *values, struct err *err)
{
    const char *refresh = store->refresh_token_file;

    for (enum store_key i = STORE_TOKEN; i <= STORE_WEBHOOK_SECRET; i++)
        if (!resolve(source, store, i, values, err))
            return false;
    if (refresh != NULL)
        store->refresh_token_file = secret_path(
            source->arena, source->directory, refresh + strlen("file:"));
    return true;
}

static void
read_credentials(const struct store_source *source, struct store_config *store,
                 const struct setting_value *values)
{
    if (store->fault.kind != ERR_NONE || !store->enabled)
        return;
    if (check_complete(store, values, &store->fault) &&
        resolve_all(source, store, values, &store->fault))
        return;
}

/* A field may still have the reference to a secret. It must not be used as the
 * secret. */
static void
forget_credentials(struct store_config *store)
{
    store->token = NULL;
    store->client_id = NULL;
    store->client_secret = NULL;
    store->webhook_secret = NULL;
    store->refresh_token_file = NULL;
}

const char *
store_config_kind(const struct store_config *store)
{
    return store->preset != NULL ? "source" : "store";
}

void
store_config_note_disabled(struct store_config *store)
{
    if (store->fault.kind != ERR_NONE)
        return;
    err_set(&store->fault, MSG_NO_CREDENTIALS, "%s: %s %s is disabled",
            store->section, store_config_kind(store), store->name);
    err_hint(&store->fault, "remove enabled = no to use it");
}

static struct store_config
blank_store(const char *name, const char *section)
{
    return (struct store_config){.name = name,
                                 .section = section,
                                 .base_url = "",
                                 .domain = "",
                                 .api_version = "2026-10",
                                 .schema = name,
                                 .every_ms = EVERY_MS,
                                 .page = 250,
                                 .concurrency = 4,
                                 .share = 0.8,
                                 .branch = "",
                                 .enabled = true};
}

void
store_config_read(const struct store_source *source,
                  const struct ini_section *section, const char *name,
                  struct store_config *store)
{
    struct setting_value values[STORE_KEYS];

    *store = blank_store(name, arena_printf(source->arena, "%s:%u",
                                            section->path, section->line));
    find_values(source, section, name, values);
    if (setting_check_section(section, keys_store, &store->fault))
        choose_credentials(values, &store->fault);
    set_values(source, store, values);
    read_credentials(source, store, values);
    set_base_url(source, store);
    if (!store->enabled)
        store_config_note_disabled(store);
    if (store->fault.kind != ERR_NONE)
        forget_credentials(store);
}

bool
store_config_check_defaults(const struct store_source *source, struct err *err)
{
    struct store_config store = blank_store("store", "");
    struct setting_value values[STORE_KEYS];

    if (source->defaults == NULL)
        return true;
    if (!setting_check_section(source->defaults, keys_store, err))
        return false;
    find_values(source, NULL, "store", values);
    set_values(source, &store, values);
    *err = store.fault;
    return store.fault.kind == ERR_NONE;
}

/* ---- a store from options -------------------------------------------- */

/* "acme" for https://acme.myshopify.com, "127" for http://127.0.0.1:8080. */
static const char *
first_label(struct arena *arena, const char *url)
{
    const char *host = strstr(url, "://") + 3;

    host += *host == '[';
    return arena_dup(arena, span_of(host, strcspn(host, ".:/]")));
}

static bool
set_address(struct arena *arena, struct store_config *store, const char *domain,
            struct err *err)
{
    if (domain == NULL)
        return true;
    if (address_is_plain_http(domain))
        return address_endpoint(arena, domain, &store->base_url, err);
    if (!address_domain(arena, domain, &store->domain, err))
        return false;
    store->base_url = arena_printf(arena, "https://%s", store->domain);
    return true;
}

static bool
as_usage(const char *what, struct err *err)
{
    err_as(err, ERR_USAGE);
    err_code(err, MSG_BAD_OPTION);
    return err_wrap(err, "%s", what);
}

static void
set_token(struct arena *arena, struct store_config *store)
{
    struct err *fault = &store->fault;

    if (store->base_url[0] == '\0') {
        err_set(fault, MSG_NO_ADDRESS, "store %s has no domain", store->name);
        err_hint(fault, "use --domain, or a section [store %s]", store->name);
        return;
    }
    if (!secret_read(arena, "", "env:SHOPIFY_ACCESS_TOKEN", &store->token,
                     fault))
        return; /* the fault stays with the store */
}

bool
store_config_from_flags(struct arena *arena, const char *name,
                        const char *domain, struct store_config *store,
                        struct err *err)
{
    *store = blank_store("", "--domain");
    if (!set_address(arena, store, domain, err))
        return as_usage("--domain", err);
    if (name == NULL && domain != NULL)
        name = first_label(arena, store->base_url);
    if (name == NULL || !setting_is_name(name))
        return err_set(err, MSG_BAD_OPTION,
                       "\"%.100s\" is not a store's name: 1 to 63 letters, "
                       "digits, _ and -",
                       name != NULL ? name : "");
    store->name = arena_strdup(arena, name);
    if (!setting_schema(arena, &store->schema, name, err))
        return as_usage("schema", err);
    set_token(arena, store);
    return true;
}
