/* Each kind of value has a function, which the rows of keys.c name. A value is
 * checked completely before it is stored: if it is refused, the field is
 * unchanged. setting_apply() puts the place and the key before the message, so
 * the functions describe only the value. */
#include "config/setting.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "config/address.h"
#include "config/secret.h"
#include "dialect/preset.h"
#include "plan/plan.h"

enum {
    NAME_BYTES = 63,
    MOST_CONNECTIONS = 64,
    MOST_REQUESTS = 64,
    MOST_ROWS = 5000,
    MOST_ROWS_OF_STORE = 250
};

static bool
store_text(struct arena *arena, void *field, const char *text)
{
    const char **to = field;

    *to = arena_strdup(arena, text);
    return true;
}

/* Sets the error "\"value\" is ...". The value is not shown if it may be a
 * token in the wrong place. */
static bool
refuse(const char *value, const char *what, struct err *err)
{
    if (value[0] == '\0')
        return err_set(err, MSG_BAD_SETTING, "the value is missing");
    if (secret_is_likely(value))
        return err_set(err, MSG_BAD_SETTING, "the value is %s", what);
    return err_set(err, MSG_BAD_SETTING, "\"%.200s\" is %s", value, what);
}

bool
setting_text(struct arena *arena, void *field, const char *value,
             struct err *err)
{
    (void)err;
    return store_text(arena, field, value);
}

bool
setting_is_name(const char *text)
{
    size_t length = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                 "abcdefghijklmnopqrstuvwxyz0123456789_-");

    return length > 0 && length <= NAME_BYTES && text[length] == '\0';
}

/* ---- lists ------------------------------------------------------------- */

static size_t
count_items(const char *value)
{
    size_t count = 1;

    for (; *value != '\0'; value++)
        count += *value == ',';
    return count;
}

/* Split `value` at its commas. NULL-terminated. */
static const char **
split(struct arena *arena, const char *value)
{
    size_t count = count_items(value);
    const char **items = arena_array(arena, count + 1, sizeof(*items));

    for (size_t i = 0; i < count; i++) {
        size_t length = strcspn(value, ",");

        items[i] = arena_dup(arena, span_trim(span_of(value, length)));
        value += length + 1;
    }
    return items;
}

bool
setting_roles(struct arena *arena, void *field, const char *value,
              struct err *err)
{
    const char *const **to = field;
    const char **roles = arena_alloc(arena, sizeof(*roles)); /* none */

    if (value[0] != '\0')
        roles = split(arena, value);
    for (size_t i = 0; roles[i] != NULL; i++)
        if (roles[i][0] == '\0' || strlen(roles[i]) > NAME_BYTES)
            return refuse(
                value, "not a list of roles, such as analyst, metabase", err);
    *to = roles;
    return true;
}

bool
setting_jobs(struct arena *arena, void *field, const char *value,
             struct err *err)
{
    const char *const **to = field;
    const char **jobs = split(arena, value);

    for (size_t i = 0; jobs[i] != NULL; i++)
        if (!setting_is_name(jobs[i]))
            return refuse(value, "not a list of jobs, such as products, orders",
                          err);
    *to = jobs;
    return true;
}

/* ---- switches and numbers ---------------------------------------------- */

static bool
is_one_of(const char *value, const char *const *words)
{
    while (*words != NULL && strcasecmp(value, *words) != 0)
        words++;
    return *words != NULL;
}

bool
setting_switch(struct arena *arena, void *field, const char *value,
               struct err *err)
{
    static const char *const yes[] = {"yes", "true", "on", "1", NULL};
    static const char *const no[] = {"no", "false", "off", "0", NULL};
    bool *to = field;
    bool on = is_one_of(value, yes);

    (void)arena;
    if (!on && !is_one_of(value, no))
        return refuse(value, "neither yes nor no", err);
    *to = on;
    return true;
}

bool
setting_deletes(struct arena *arena, void *field, const char *value,
                struct err *err)
{
    static const char *const words[] = {[PLAN_DELETES_HARD] = "hard",
                                        [PLAN_DELETES_SOFT] = "soft",
                                        [PLAN_DELETES_KEEP] = "keep"};
    enum plan_deletes *to = field;

    (void)arena;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (strcasecmp(value, words[i]) == 0) {
            *to = (enum plan_deletes)i;
            return true;
        }
    return refuse(value, "not hard, soft or keep", err);
}

static bool
parse_count(const char *value, int64_t *count)
{
    int64_t number;
    char *end;

    if (!isdigit((unsigned char)value[0]))
        return false;
    errno = 0;
    number = strtoll(value, &end, 10);
    if (*end != '\0' || errno != 0)
        return false;
    *count = number;
    return true;
}

bool
setting_count(struct arena *arena, void *field, const char *value,
              struct err *err)
{
    (void)arena;
    return parse_count(value, field) ||
           refuse(value, "not a whole number, 0 or more", err);
}

bool
setting_connections(struct arena *arena, void *field, const char *value,
                    struct err *err)
{
    int *to = field;
    int64_t count;

    (void)arena;
    if (!parse_count(value, &count) || count < 1 || count > MOST_CONNECTIONS)
        return refuse(value, "not a number from 1 to 64", err);
    *to = (int)count;
    return true;
}

bool
setting_fraction(struct arena *arena, void *field, const char *value,
                 struct err *err)
{
    double *to = field;
    char *end;
    double number = strtod(value, &end);

    (void)arena;
    if (value[strspn(value, "0123456789.")] != '\0' || end == value ||
        *end != '\0' || isnan(number) || number > 1)
        return refuse(value, "not a number from 0 to 1", err);
    *to = number;
    return true;
}

bool
setting_duration_or_zero(struct arena *arena, void *field, const char *value,
                         struct err *err)
{
    (void)arena;
    return duration_parse(value, field, err) ||
           refuse(value, "not a duration, such as 500ms, 5s, 5m, 20h or 7d",
                  err);
}

bool
setting_duration(struct arena *arena, void *field, const char *value,
                 struct err *err)
{
    int64_t *to = field;
    int64_t ms;

    if (!setting_duration_or_zero(arena, &ms, value, err))
        return false;
    if (ms <= 0)
        return refuse(value, "too small: it must be more than 0", err);
    *to = ms;
    return true;
}

/* ---- stores ------------------------------------------------------------ */

bool
setting_domain(struct arena *arena, void *field, const char *value,
               struct err *err)
{
    return address_domain(arena, value, field, err);
}

bool
setting_endpoint(struct arena *arena, void *field, const char *value,
                 struct err *err)
{
    return address_endpoint(arena, value, field, err);
}

/* A number, alone or with a unit of PostgreSQL's. */
static bool
parse_size(const char *text, int64_t *bytes)
{
    static const struct {
        const char *name;
        int64_t bytes;
    } units[] = {{"", 1}, {"kB", 1024}, {"MB", 1 << 20}, {"GB", 1 << 30}};

    size_t digits = strspn(text, "0123456789");
    char number[20];

    if (digits == 0 || digits >= sizeof(number))
        return false;
    memcpy(number, text, digits);
    number[digits] = '\0';
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
        if (strcmp(text + digits + strspn(text + digits, " "), units[i].name) ==
            0)
            return parse_count(number, bytes) &&
                   !__builtin_mul_overflow(*bytes, units[i].bytes, bytes);
    return false;
}

bool
setting_size(struct arena *arena, void *field, const char *value,
             struct err *err)
{
    int64_t *to = field;
    int64_t bytes;

    (void)arena;
    if (!parse_size(value, &bytes))
        return refuse(value, "not a size, such as 0, 512kB, 64MB or 2GB", err);
    *to = bytes;
    return true;
}

/* A version appears every quarter. Versions before 2026-01 do not have
 * bulkOperation(id:), and run only one bulk query at a time.
 *
 *     https://shopify.dev/docs/api/usage/versioning */
bool
setting_api_version(struct arena *arena, void *field, const char *value,
                    struct err *err)
{
    static const char *const months[] = {"01", "04", "07", "10", NULL};

    if (strcmp(value, "unstable") == 0)
        return store_text(arena, field, value);
    if (strlen(value) != strlen("2026-10") || value[4] != '-' ||
        strspn(value, "0123456789") != 4 || !is_one_of(value + 5, months))
        return refuse(value, "not an API version, such as 2026-10", err);
    if (strcmp(value, "2026-01") < 0)
        return refuse(value, "too old: 2026-01 or later is needed", err);
    return store_text(arena, field, value);
}

bool
setting_schema(struct arena *arena, void *field, const char *value,
               struct err *err)
{
    if (value[0] == '\0' || strlen(value) > NAME_BYTES)
        return refuse(value, "not a schema's name: it must have 1 to 63 bytes",
                      err);
    if (strncmp(value, "pg_", 3) == 0 ||
        strcmp(value, "information_schema") == 0)
        return refuse(value, "a schema of PostgreSQL itself", err);
    if (strcmp(value, "bulkpg") == 0)
        return refuse(value, "the schema of the journal", err);
    return store_text(arena, field, value);
}

/* ---- pages and sources -------------------------------------------------- */

static bool
set_number(void *field, const char *value, int64_t most, struct err *err)
{
    int64_t *to = field;
    int64_t count;
    char what[64];

    if (parse_count(value, &count) && count >= 1 && count <= most) {
        *to = count;
        return true;
    }
    snprintf(what, sizeof(what), "not a number from 1 to %d", (int)most);
    return refuse(value, what, err);
}

bool
setting_page(struct arena *arena, void *field, const char *value,
             struct err *err)
{
    (void)arena;
    return set_number(field, value, MOST_ROWS, err);
}

bool
setting_page_of_store(struct arena *arena, void *field, const char *value,
                      struct err *err)
{
    (void)arena;
    return set_number(field, value, MOST_ROWS_OF_STORE, err);
}

bool
setting_concurrency(struct arena *arena, void *field, const char *value,
                    struct err *err)
{
    (void)arena;
    return set_number(field, value, MOST_REQUESTS, err);
}

bool
setting_share(struct arena *arena, void *field, const char *value,
              struct err *err)
{
    double *to = field;
    double share;

    if (!setting_fraction(arena, &share, value, err))
        return false;
    if (share <= 0)
        return refuse(value, "too small: it must be more than 0", err);
    *to = share;
    return true;
}

bool
setting_preset(struct arena *arena, void *field, const char *value,
               struct err *err)
{
    const struct preset **to = field;
    const struct preset *preset = preset_find(value);
    const char *known = "";

    if (preset != NULL) {
        *to = preset;
        return true;
    }
    for (size_t i = 1; preset_at(i) != NULL; i++)
        known = arena_printf(arena, "%s%s%s", known, i > 1 ? ", " : "",
                             preset_at(i)->name);
    refuse(value, "not a preset", err);
    return err_hint(err, "the presets are %s; without one, write url", known);
}

bool
setting_file(struct arena *arena, void *field, const char *value,
             struct err *err)
{
    return value[0] != '\0' ? store_text(arena, field, value)
                            : refuse(value, "", err);
}

bool
setting_names_secret(const char *value)
{
    return strncmp(value, "env:", 4) == 0 || strncmp(value, "file:", 5) == 0 ||
           strncmp(value, "cred:", 5) == 0;
}

bool
setting_secret(struct arena *arena, void *field, const char *value,
               struct err *err)
{
    if (value[0] == '\0')
        return refuse(value, "", err);
    return secret_check(value, err) && store_text(arena, field, value);
}

bool
setting_text_or_secret(struct arena *arena, void *field, const char *value,
                       struct err *err)
{
    if (value[0] == '\0' || setting_names_secret(value) ||
        secret_is_likely(value))
        return setting_secret(arena, field, value, err);
    return store_text(arena, field, value);
}

bool
setting_secret_file(struct arena *arena, void *field, const char *value,
                    struct err *err)
{
    if (!setting_secret(arena, field, value, err))
        return false;
    if (strncmp(value, "file:", 5) != 0)
        return err_set(err, MSG_BAD_SETTING,
                       "a refresh token must be file:PATH, because bulkpg "
                       "rewrites it");
    return true;
}

/* ---- keys -------------------------------------------------------------- */

const char *
setting_where(struct arena *arena, const struct ini_section *section,
              const struct ini_entry *entry)
{
    return arena_printf(arena, "%s:%u: ", section->path, entry->line);
}

bool
setting_apply(struct arena *arena, void *base, const struct setting_key *key,
              const struct setting_value *value, struct err *err)
{
    if (key->set(arena, (char *)base + key->offset, value->text, err))
        return true;
    return err_wrap(err, "%s%s", value->where, key->name);
}

/* Is `name` this key? A key "header.NAME" is every key "header.…". */
static bool
is_key(const struct setting_key *key, const char *name)
{
    const char *rest = strstr(key->name, ".NAME");
    size_t length = rest != NULL ? (size_t)(rest - key->name) + 1 : 0;

    return rest != NULL ? strncasecmp(key->name, name, length) == 0
                        : strcmp(key->name, name) == 0;
}

static bool
unknown_key(const struct setting_key *keys, const struct ini_section *section,
            const struct ini_entry *entry, struct err *err)
{
    char known[sizeof(err->hint) / 2];
    size_t used = 0;

    known[0] = '\0';
    for (; keys->name != NULL && used < sizeof(known); keys++)
        used += (size_t)snprintf(known + used, sizeof(known) - used, "%s%s",
                                 used > 0 ? ", " : "", keys->name);
    err_set(err, MSG_UNKNOWN_KEY, "%s:%u: unknown key \"%s\" in [%s]",
            section->path, entry->line,
            secret_is_likely(entry->key) ? "..." : entry->key, section->name);
    return err_hint(err, "the keys are %s", known);
}

bool
setting_check_section(const struct ini_section *section,
                      const struct setting_key *keys, struct err *err)
{
    if (section->fault.kind != ERR_NONE) {
        *err = section->fault;
        return false;
    }
    for (const struct ini_entry *e = section->entries; e != NULL; e = e->next) {
        const struct setting_key *key = keys;

        while (key->name != NULL && !is_key(key, e->key))
            key++;
        if (key->name == NULL)
            return unknown_key(keys, section, e, err);
    }
    return true;
}
