/*
 * setting - the keys of a section, and what may be given as their values.
 *
 * A table says which keys there are. One function per kind of value: it
 * checks `value` and stores it in `field`, whose type is named beside it; of
 * a value that is refused nothing is stored.
 * ERR_CONFIG without the place and the key, which setting_apply() puts in
 * front. Values that may be secrets are not shown.
 */
#ifndef CONFIG_SETTING_H
#define CONFIG_SETTING_H

#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "config/ini.h"

/* Names of stores and jobs: they become names of schemas and files. */
bool setting_is_name(const char *text);

typedef bool setting_fn(struct arena *arena, void *field, const char *value,
                        struct err *err);

setting_fn setting_text;             /* const char *; may be empty */
setting_fn setting_roles;            /* const char *const *; may be empty */
setting_fn setting_jobs;             /* const char *const * */
setting_fn setting_switch;           /* bool */
setting_fn setting_deletes;          /* enum plan_deletes */
setting_fn setting_connections;      /* int, 1 to 64 */
setting_fn setting_count;            /* int64_t, 0 or more */
setting_fn setting_fraction;         /* double, 0 to 1 */
setting_fn setting_duration;         /* int64_t ms, more than 0 */
setting_fn setting_duration_or_zero; /* int64_t ms */
setting_fn setting_domain;           /* const char * */
setting_fn setting_endpoint;         /* const char * */
setting_fn setting_api_version;      /* const char * */
setting_fn setting_schema;           /* const char * */
setting_fn setting_secret;           /* const char *: what names it */
setting_fn setting_text_or_secret;   /* the same, or the text itself */
setting_fn setting_secret_file;      /* the same, file:PATH only */

/* One key: what its value may be, where it is kept, and what it is when nobody
 * gives it. A table ends with a NULL name. */
struct setting_key {
    const char *name;
    setting_fn *set;
    size_t offset;       /* of its field */
    const char *initial; /* NULL: the field stays as it is */
    const char *help;    /* a sentence, for the manual */
};

/* Where a value was given, as messages begin: "bulkpg.ini:12: "; "" of one
 * that was not. */
struct setting_value {
    const char *text; /* NULL: not given */
    const char *where;
    bool is_own; /* given by the section itself, not by one of defaults */
};

const char *
setting_where(struct arena *arena, const struct ini_section *section,
              const struct ini_entry *entry);

/* Store the value in the key's field of `base`. */
MUST_CHECK bool
setting_apply(struct arena *arena, void *base, const struct setting_key *key,
              const struct setting_value *value, struct err *err);

/* Every line of the section is an entry, and every entry has a known key. */
MUST_CHECK bool
setting_check_section(const struct ini_section *section,
                      const struct setting_key *keys, struct err *err);

/* Whether `value` names a secret rather than being plain text. */
bool setting_names_secret(const char *value);

#endif
