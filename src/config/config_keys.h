/*
 * config_keys - every key of bulkpg.ini, section by section: what reading,
 * checking and the manual are made from.
 */
#ifndef CONFIG_CONFIG_KEYS_H
#define CONFIG_CONFIG_KEYS_H

#include "config/setting.h"

extern const struct setting_key config_database_keys[]; /* [database] */
extern const struct setting_key config_store_keys[];    /* [store NAME] */
extern const struct setting_key config_tuning_keys[];   /* [tuning] */

#endif
