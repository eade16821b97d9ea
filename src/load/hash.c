#include "load/hash.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "base/mem.h"
#include "plan/mask.h"

/* Changes with what hash_row() does, and with how a value is encoded. */
enum { ALGORITHM = 2 };

/* The type is a part of each value's bytes, too; of an id it says whether that
 * is a number or a whole gid. */
static uint64_t
add_text(const char *text, uint64_t hash)
{
    return XXH3_64bits_withSeed(text, strlen(text) + 1, hash);
}

static uint64_t
add_mask(const struct plan_column *column, uint64_t hash)
{
    if (column->mask == PLAN_MASK_NONE)
        return hash;
    hash = add_text(mask_name(column->mask), hash);
    return column->mask_key != NULL ? add_text(column->mask_key, hash) : hash;
}

static uint64_t
add_column(const struct plan_table *table, const struct layout_column *column,
           uint64_t hash)
{
    const char type = (char)column->type;

    if (column->role != LAYOUT_PARENT && column->role != LAYOUT_DATA &&
        column->role != LAYOUT_TYPENAME)
        return hash;
    hash = add_text(column->name, hash);
    hash = XXH3_64bits_withSeed(&type, sizeof(type), hash);
    return column->role == LAYOUT_DATA
               ? add_mask(&table->columns[column->data], hash)
               : hash;
}

uint64_t
hash_seed(const struct plan_table *table, uint64_t secret)
{
    struct layout_column *columns = mem_array(
        (size_t)(table->column_count + LAYOUT_OWN_MAX), sizeof(*columns));
    int count = layout_columns(table, columns);
    uint64_t hash = secret + ALGORITHM;

    for (int i = 0; i < count; i++)
        hash = add_column(table, &columns[i], hash);
    free(columns);
    return hash;
}

void
hash_definition(const struct plan_table *table, uint64_t secret,
                char text[HASH_DEFINITION_BYTES])
{
    uint64_t seed = hash_seed(table, secret);

    snprintf(text, HASH_DEFINITION_BYTES, "%d:%016" PRIx64, ALGORITHM,
             (uint64_t)XXH3_64bits(&seed, sizeof(seed)));
}

int64_t
hash_row(uint64_t seed, struct span parent, struct span values)
{
    uint64_t hash;

    if (parent.length > 0)
        seed = XXH3_64bits_withSeed(parent.bytes, parent.length, seed);
    hash = XXH3_64bits_withSeed(values.bytes, values.length, seed);
    return (int64_t)(hash != 0 ? hash : 1);
}
