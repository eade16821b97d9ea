#include "source/unpack.h"

#include <stdlib.h>

#include "base/mem.h"
#include "source/gunzip.h"
#include "source/unzstd.h"

_Static_assert((int)GUNZIP_MAGIC_BYTES <= (int)UNPACK_MAGIC_BYTES &&
                   (int)UNZSTD_MAGIC_BYTES <= (int)UNPACK_MAGIC_BYTES,
               "the first bytes of a file are too few");

/* One of them is set. */
struct unpack {
    struct gunzip *gzip;
    struct unzstd *zstd;
};

bool
unpack_is_packed(struct span first)
{
    return gunzip_is_packed(first) || unzstd_is_packed(first);
}

struct unpack *
unpack_new(struct span first)
{
    struct unpack *unpack = mem_alloc(sizeof(*unpack));

    *unpack = (struct unpack){.gzip = NULL};
    if (unzstd_is_packed(first))
        unpack->zstd = unzstd_new();
    else
        unpack->gzip = gunzip_new();
    return unpack;
}

void
unpack_free(struct unpack *unpack)
{
    if (unpack == NULL)
        return;
    gunzip_free(unpack->gzip);
    unzstd_free(unpack->zstd);
    free(unpack);
}

bool
unpack_read(struct unpack *unpack, struct span *packed, char *out, size_t size,
            size_t *length, struct err *err)
{
    return unpack->zstd != NULL
               ? unzstd_read(unpack->zstd, packed, out, size, length, err)
               : gunzip_read(unpack->gzip, packed, out, size, length, err);
}

bool
unpack_end(const struct unpack *unpack, struct err *err)
{
    return unpack->zstd != NULL ? unzstd_end(unpack->zstd, err)
                                : gunzip_end(unpack->gzip, err);
}
