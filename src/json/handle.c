#include "json/handle.h"

#include <stdlib.h>

#include "base/mem.h"

static void *
yajl_get(void *ctx, size_t size)
{
    (void)ctx;
    return mem_alloc(size);
}

static void *
yajl_resize(void *ctx, void *old, size_t size)
{
    (void)ctx;
    return mem_resize(old, size);
}

static void
yajl_give_back(void *ctx, void *memory)
{
    (void)ctx;
    free(memory);
}

yajl_alloc_funcs
handle_memory(void)
{
    return (yajl_alloc_funcs){yajl_get, yajl_resize, yajl_give_back, NULL};
}

yajl_handle
handle_new(const yajl_callbacks *callbacks, void *ctx)
{
    yajl_alloc_funcs memory = handle_memory();
    yajl_handle handle = yajl_alloc(callbacks, &memory, ctx);

    yajl_config(handle, yajl_dont_validate_strings, 1);
    return handle;
}
