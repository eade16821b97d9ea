#include "dialect/preset.h"

#include <string.h>

/* GitHub asks its users not to send requests at the same time. Infrahub reads
 * the whole set again for each page, so its pages are large. */
static const struct preset presets[] = {
    {.name = "",
     .api = "the API",
     .url = "",
     .concurrency = 4,
     .share = 0.8,
     .pages = {.always = true,
               .nested = true,
               .page = 100,
               .ids_max = 100,
               .takes_since = true}},
    {.name = "github",
     .api = "GitHub",
     .url = "https://api.github.com/graphql",
     .page_max = 100,
     .concurrency = 1,
     .share = 0.8,
     .pages = {.always = true,
               .nested = true,
               .page = 100,
               .ids_max = 100,
               .takes_since = true,
               .cost = DIALECT_COST_CALLS,
               .per_second = 5000.0 / 3600}},
    {.name = "saleor",
     .api = "Saleor",
     .url = "",
     .page_max = 100,
     .concurrency = 4,
     .share = 0.8,
     .pages = {.always = true,
               .nested = true,
               .page = 100,
               .ids_max = 100,
               .takes_since = true}},
    {.name = "linear",
     .api = "Linear",
     .url = "https://api.linear.app/graphql",
     .page_max = 250,
     .concurrency = 4,
     .share = 0.8,
     .pages = {.always = true,
               .nested = true,
               .page = 100,
               .ids_max = 100,
               .takes_since = true}},
    {.name = "infrahub",
     .api = "Infrahub",
     .url = "",
     .concurrency = 4,
     .share = 0.8,
     .has_moment = true,
     .pages = {.always = true,
               .nested = true,
               .page = 200,
               .ids_max = 100,
               .string_ids = true,
               .nullable_ids = true,
               .unwraps = true,
               .takes_since = true}},
};

enum { PRESETS = sizeof(presets) / sizeof(presets[0]) };

const struct preset *
preset_at(size_t n)
{
    return n < PRESETS ? &presets[n] : NULL;
}

const struct preset *
preset_none(void)
{
    return &presets[0];
}

const struct preset *
preset_find(const char *name)
{
    for (size_t i = 1; i < PRESETS; i++)
        if (strcmp(presets[i].name, name) == 0)
            return &presets[i];
    return NULL;
}
