/*
 * refresh_file - the file that holds a rotating refresh token.
 *
 * Each refresh gives a new token and ends the old one, so the file beside it
 * is made before the store is asked: a token that could not be kept is never
 * asked for. Written to that file, flushed, then renamed over the old one: of
 * mode 0600, its owner's as before.
 * Private to src/shopify.
 */
#ifndef SHOPIFY_REFRESH_FILE_H
#define SHOPIFY_REFRESH_FILE_H

#include <limits.h>

#include "base/buf.h"
#include "base/err.h"

struct refresh_file {
    char path[PATH_MAX];     /* without symbolic links */
    char new_path[PATH_MAX]; /* beside it */
    int fd;                  /* of the new one; -1: none */
};

/* Read the token and make room for the next one. ERR_CONFIG. */
MUST_CHECK bool refresh_file_open(struct refresh_file *file, const char *path,
                                  struct buf *token, struct err *err);

/* Keep `token` from now on. ERR_CONFIG; the old one is then still there. */
MUST_CHECK bool refresh_file_replace(struct refresh_file *file,
                                     const char *token, struct err *err);

/* Give up what was not replaced. */
void refresh_file_close(struct refresh_file *file);

#endif
