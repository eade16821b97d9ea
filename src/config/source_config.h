/*
 * source_config - the settings of one source: any GraphQL API.
 *
 *     [source NAME]
 *     preset = github
 *     header.Authorization = Bearer env:GITHUB_TOKEN
 *
 * In all else a source is a store, so its settings are a struct store_config.
 * What a key does not say comes from the preset, a row of dialect/preset.c.
 */
#ifndef CONFIG_SOURCE_CONFIG_H
#define CONFIG_SOURCE_CONFIG_H

#include "config/store.h"

/* The beginning of the keys of headers. */
#define SOURCE_CONFIG_HEADER "header."

/* Fill in `store`. An error becomes its fault. `source` has the folder of
 * secrets and of schema_file; it needs no defaults. */
void source_config_read(const struct store_source *source,
                        const struct ini_section *section, const char *name,
                        struct store_config *store);

#endif
