/* The keys of a section are checked and stored first, and then completed:
 *
 *     preset    ─► url, page, concurrency, share, if they are not given
 *     branch    ─► {branch} in url
 *     header.*  ─► secrets are read, for an enabled source only
 *
 * Hazards. The address decides where the secrets are sent, so it is checked
 * after everything in it was replaced. A header must not end early or add
 * another one: neither its name nor its value may have control characters, and
 * headers that the request itself needs are refused. */
#include "config/source_config.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "config/address.h"
#include "config/keys.h"
#include "config/secret.h"
#include "config/setting.h"
#include "dialect/preset.h"

enum { HEADERS_MAX = 12, HEADER_BYTES = 512, URL_BYTES = 2048 };

struct reader {
    const struct store_source *source;
    const struct ini_section *section;
    struct store_config *store;
};

/* Set the fault of the source, at the line of `key`, or of the section. */
static bool
fail_at(struct reader *reader, const char *key, struct err *err)
{
    const struct ini_entry *entry = ini_find(reader->section, key);

    if (entry != NULL)
        return err_wrap(
            err, "%s%s",
            setting_where(reader->source->arena, reader->section, entry), key);
    return err_wrap(err, "%s", reader->store->section);
}

/* ---- keys --------------------------------------------------------------- */

static bool
set_value(struct reader *reader, const struct setting_key *key, struct err *err)
{
    const struct ini_entry *entry = ini_find(reader->section, key->name);
    struct setting_value value = {key->initial, "", false};

    if (entry != NULL)
        value = (struct setting_value){
            entry->value,
            setting_where(reader->source->arena, reader->section, entry), true};
    return value.text == NULL || setting_apply(reader->source->arena,
                                               reader->store, key, &value, err);
}

/* Only the first fault is kept, but all values are set: `enabled` decides
 * whether the source is left out without one. */
static bool
set_values(struct reader *reader, struct err *err)
{
    bool ok = setting_check_section(reader->section, keys_source, err);
    struct err spare;

    for (const struct setting_key *key = keys_source; key->name != NULL; key++)
        if (strcmp(key->name, KEYS_HEADER) != 0 &&
            !set_value(reader, key, ok ? err : &spare))
            ok = false;
    return ok;
}

/* ---- the address -------------------------------------------------------- */

/* `text` with `value` for every `mark`. */
static const char *
replace(struct arena *arena, const char *text, const char *mark,
        const char *value)
{
    struct buf made = buf_with_ceiling(URL_BYTES);
    const char *found;
    const char *copy;

    while ((found = strstr(text, mark)) != NULL) {
        buf_append(&made, text, (size_t)(found - text));
        buf_append_str(&made, value);
        text = found + strlen(mark);
    }
    buf_append_str(&made, text);
    copy = arena_strdup(arena, made.overflowed ? "" : buf_str(&made));
    buf_free(&made);
    return copy;
}

/* A branch is a part of the path, and may have slashes. */
static bool
check_branch(struct reader *reader, struct err *err)
{
    const char *branch = reader->store->branch;

    if (branch[0] != '\0' && branch[0] != '/' && strstr(branch, "..") == NULL &&
        branch[strspn(branch, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                              "abcdefghijklmnopqrstuvwxyz0123456789_./-")] ==
            '\0')
        return true;
    err_set(err, MSG_BAD_SETTING,
            "\"%.100s\" is not the name of a branch: it has letters, digits, "
            "\"_\", \"-\", \".\" and \"/\"",
            branch);
    return fail_at(reader, "branch", err);
}

static bool
set_address(struct reader *reader, struct err *err)
{
    struct arena *arena = reader->source->arena;
    struct store_config *store = reader->store;
    const char *text =
        store->base_url[0] != '\0' ? store->base_url : store->preset->url;

    if (text[0] == '\0') {
        err_set(err, MSG_NO_ADDRESS, "%s: source %s has no url", store->section,
                store->name);
        return err_hint(err, "write url = https://HOST/PATH in its section");
    }
    if (!check_branch(reader, err))
        return false;
    text = replace(arena, text, "{branch}", store->branch);
    if (!address_url(arena, text, &store->base_url, err))
        return fail_at(reader, "url", err);
    store->api_version = store->base_url;
    return true;
}

/* ---- headers ------------------------------------------------------------ */

static bool
is_header(const struct ini_entry *entry)
{
    return strncasecmp(entry->key, SOURCE_CONFIG_HEADER,
                       strlen(SOURCE_CONFIG_HEADER)) == 0;
}

static bool
check_header_name(const char *name, struct err *err)
{
    static const char *const reserved[] = {
        "host",       "content-type",      "content-length",
        "connection", "transfer-encoding", "accept"};

    for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++)
        if (strcasecmp(reserved[i], name) == 0)
            return err_set(err, MSG_BAD_SETTING,
                           "bulkpg sets this header itself");
    for (const char *c = name; *c != '\0'; c++)
        if (!isalnum((unsigned char)*c) && *c != '-' && *c != '_')
            return err_set(err, MSG_BAD_SETTING,
                           "a header's name has letters, digits and \"-\"");
    return name[0] != '\0' ||
           err_set(err, MSG_BAD_SETTING, "the name of the header is missing");
}

static bool
check_header_text(const char *text, struct err *err)
{
    if (text[0] == '\0')
        return err_set(err, MSG_BAD_SETTING, "the value is missing");
    if (strlen(text) > HEADER_BYTES)
        return err_set(err, MSG_BAD_SETTING,
                       "the value is longer than %d bytes", HEADER_BYTES);
    for (const char *c = text; *c != '\0'; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            return err_set(err, MSG_BAD_SETTING,
                           "the value has a control character");
    return !secret_is_likely(text) ||
           err_set(err, MSG_BAD_SECRET,
                   "the value must name a secret, not contain it");
}

/* A last word env:…, file:… or cred:… names a secret. */
static bool
read_header(struct reader *reader, const struct ini_entry *entry,
            struct store_header *header, struct err *err)
{
    struct arena *arena = reader->source->arena;
    const char *blank = strrchr(entry->value, ' ');
    const char *word = blank != NULL ? blank + 1 : entry->value;

    header->name = entry->key + strlen(SOURCE_CONFIG_HEADER);
    header->before = entry->value;
    header->secret = NULL;
    if (!check_header_name(header->name, err) ||
        !check_header_text(entry->value, err))
        return false;
    if (!setting_names_secret(word))
        return true;
    header->before =
        arena_dup(arena, span_of(entry->value, (size_t)(word - entry->value)));
    if (!reader->store->enabled)
        return secret_check(word, err);
    return secret_read(arena, reader->source->directory, word, &header->secret,
                       err);
}

static bool
read_headers(struct reader *reader, struct err *err)
{
    struct store_config *store = reader->store;
    struct store_header *headers =
        arena_array(reader->source->arena, HEADERS_MAX, sizeof(*headers));

    store->headers = headers;
    for (const struct ini_entry *e = reader->section->entries; e; e = e->next) {
        if (!is_header(e))
            continue;
        if (store->header_count == HEADERS_MAX) {
            err_set(err, MSG_BAD_SETTING, "more than %d headers", HEADERS_MAX);
            return fail_at(reader, e->key, err);
        }
        if (!read_header(reader, e, &headers[store->header_count], err))
            return fail_at(reader, e->key, err);
        store->header_count++;
    }
    return true;
}

/* ---- the rest ----------------------------------------------------------- */

static bool
set_rates(struct reader *reader, struct err *err)
{
    struct store_config *store = reader->store;
    const struct preset *preset = store->preset;

    if (store->concurrency == 0)
        store->concurrency = preset->concurrency;
    if (store->share <= 0)
        store->share = preset->share;
    if (store->page == 0)
        store->page = preset->pages.page;
    if (preset->page_max == 0 || store->page <= preset->page_max)
        return true;
    err_set(err, MSG_BAD_SETTING, "%s allows at most %d rows a page",
            preset->api, preset->page_max);
    return fail_at(reader, "page", err);
}

static bool
find_types_file(struct reader *reader, struct err *err)
{
    struct store_config *store = reader->store;

    if (store->types_file == NULL)
        return true;
    store->types_file = secret_path(
        reader->source->arena, reader->source->directory, store->types_file);
    if (access(store->types_file, R_OK) == 0)
        return true;
    err_set(err, MSG_TYPES_FILE, "cannot read %s", store->types_file);
    return fail_at(reader, "schema_file", err);
}

static bool
set_schema(struct reader *reader, struct err *err)
{
    struct store_config *store = reader->store;

    if (store->schema != NULL ||
        setting_schema(reader->source->arena, &store->schema, store->name, err))
        return true;
    err_wrap(err, "schema");
    return fail_at(reader, "schema", err);
}

static bool
complete(struct reader *reader, struct err *err)
{
    return set_schema(reader, err) && set_address(reader, err) &&
           set_rates(reader, err) && find_types_file(reader, err) &&
           read_headers(reader, err);
}

void
source_config_read(const struct store_source *source,
                   const struct ini_section *section, const char *name,
                   struct store_config *store)
{
    struct reader reader = {source, section, store};
    struct err err;

    *store = (struct store_config){
        .name = name,
        .section =
            arena_printf(source->arena, "%s:%u", section->path, section->line),
        .base_url = "",
        .domain = "",
        .api_version = "",
        .preset = preset_none(),
        .branch = "main",
        .enabled = true};
    if (!set_values(&reader, &err) || !complete(&reader, &err))
        store->fault = err;
    if (!store->enabled)
        store_config_note_disabled(store);
    if (store->schema == NULL)
        store->schema = name;
    if (store->fault.kind != ERR_NONE)
        store->header_count = 0;
}
