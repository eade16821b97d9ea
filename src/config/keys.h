/*
 * keys - every key of bulkpg.ini, section by section. Reading, checking and the
 * manual use these tables. A new key is a line of keys.c and a member of the
 * struct that the line names.
 */
#ifndef CONFIG_KEYS_H
#define CONFIG_KEYS_H

#include "config/setting.h"

/* Keys of [store *] and [store NAME], in the order of keys_store[]. */
enum store_key {
    STORE_ENABLED,
    STORE_DOMAIN,
    STORE_ENDPOINT,
    STORE_API_VERSION,
    STORE_SCHEMA,
    STORE_JOBS,
    STORE_EVERY,
    STORE_DELETES,
    STORE_PAGE,
    STORE_CONCURRENCY,
    STORE_SHARE,
    STORE_TOKEN,
    STORE_CLIENT_ID,
    STORE_CLIENT_SECRET,
    STORE_REFRESH_TOKEN,
    STORE_WEBHOOK_SECRET,
    STORE_KEYS
};

extern const struct setting_key keys_database[]; /* [database] */
extern const struct setting_key keys_store[];    /* [store NAME] */
extern const struct setting_key keys_source[];   /* [source NAME] */
extern const struct setting_key keys_tuning[];   /* [tuning] */
extern const struct setting_key keys_archive[];  /* [archive] */
extern const struct setting_key keys_privacy[];  /* [privacy] */

/* The row of keys_source[] for the keys of all headers. */
#define KEYS_HEADER "header.NAME"

#endif
