/*
 * setting - checks and stores the values of keys.
 *
 * A table of struct setting_key lists the keys of a section. Each kind of value
 * has a function that checks `value` and stores it in `field`. The type of
 * `field` is beside the function. A value that is refused is not stored. The
 * functions return ERR_CONFIG without the place and the key, which
 * setting_apply() puts before the message. Values that may be secrets are not
 * shown.
 */
#ifndef CONFIG_SETTING_H
#define CONFIG_SETTING_H

#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "config/ini.h"

/* True if `text` may be the name of a store or job. Such names become names of
 * schemas and files. */
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
setting_fn setting_size;             /* int64_t bytes */
setting_fn setting_duration;         /* int64_t ms, more than 0 */
setting_fn setting_duration_or_zero; /* int64_t ms */
setting_fn setting_domain;           /* const char * */
setting_fn setting_endpoint;         /* const char * */
setting_fn setting_api_version;      /* const char * */
setting_fn setting_schema;           /* const char * */
setting_fn setting_page;             /* int64_t, 1 to 5000 */
setting_fn setting_page_of_store;    /* int64_t, 1 to 250 */
setting_fn setting_concurrency;      /* int64_t, 1 to 64 */
setting_fn setting_share;            /* double, more than 0, to 1 */
setting_fn setting_preset;           /* const struct preset * */
setting_fn setting_file;             /* const char *, not empty */
setting_fn setting_secret;           /* const char *, a reference to a secret */
setting_fn setting_text_or_secret;   /* the same, or plain text */
setting_fn setting_secret_file;      /* the same, file:PATH only */

/* A key of a section. A table of keys ends with a NULL name. */
struct setting_key {
    const char *name;
    setting_fn *set;
    size_t offset;       /* of its field in the struct */
    const char *initial; /* NULL: the field stays as it is */
    const char *help;    /* sentences for the manual */
};

/* A value and where it was given, as messages begin: "bulkpg.ini:12: ". "" if
 * it was not given. */
struct setting_value {
    const char *text; /* NULL: not given */
    const char *where;
    bool is_own; /* from its own section, not from [store *] */
};

const char *
setting_where(struct arena *arena, const struct ini_section *section,
              const struct ini_entry *entry);

/* Store the value in the key's field of `base`. */
MUST_CHECK bool
setting_apply(struct arena *arena, void *base, const struct setting_key *key,
              const struct setting_value *value, struct err *err);

/* Check that every line of the section is an entry, and that its key is
 * known. */
MUST_CHECK bool
setting_check_section(const struct ini_section *section,
                      const struct setting_key *keys, struct err *err);

/* True if `value` is a reference to a secret, not plain text. */
bool setting_names_secret(const char *value);

#endif
