/* config: no content of a configuration file may crash its reader. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "config/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A store must either be usable and have an address, or have an error. */
static void
check_store(const struct store_config *store)
{
    bool usable = store->fault.kind == ERR_NONE;

    if (usable && store->base_url[0] == '\0')
        abort();
    if (!usable && (store->fault.message[0] == '\0' || store->token != NULL))
        abort();
}

/* A file in memory. It is a regular file, as the reader demands. */
static int
open_input(const uint8_t *data, size_t size, char path[64])
{
    int fd = memfd_create("bulkpg.ini", 0);

    if (fd < 0 || write(fd, data, size) != (ssize_t)size)
        abort();
    snprintf(path, 64, "/proc/self/fd/%d", fd);
    return fd;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct config config;
    struct err err = {0};
    char path[64];
    int fd = open_input(data, size, path);

    if (config_read(&config, path, true, &err)) {
        for (size_t i = 0; i < config.store_count; i++)
            check_store(&config.stores[i]);
        config_free(&config);
    } else if (err.kind != ERR_CONFIG || err.message[0] == '\0') {
        abort();
    }
    close(fd);
    return 0;
}
