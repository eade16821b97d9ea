/*
 * refresh_file - the file that holds a rotating refresh token.
 *
 * Each refresh gives a new token and ends the old one. A new token that cannot
 * be saved would lock bulkpg out of the store. Therefore bulkpg creates a new
 * file beside the old one, with room for the token, before it asks the store.
 * It then writes the token, flushes the file and renames it over the old one.
 * The new file has mode 0600 and the owner of the old one.
 * Private to src/shopify.
 */
#ifndef SHOPIFY_REFRESH_FILE_H
#define SHOPIFY_REFRESH_FILE_H

#include <limits.h>

#include "base/buf.h"
#include "base/err.h"

struct refresh_file {
    char path[PATH_MAX];     /* without symbolic links */
    char new_path[PATH_MAX]; /* the new file, in the same directory */
    int fd;                  /* of the new file; -1: none */
};

/* Read the token, and create the new file. ERR_CONFIG. */
MUST_CHECK bool refresh_file_open(struct refresh_file *file, const char *path,
                                  struct buf *token, struct err *err);

/* Replace the token by `token`. After a failure, ERR_CONFIG, the old file is
 * unchanged. */
MUST_CHECK bool refresh_file_replace(struct refresh_file *file,
                                     const char *token, struct err *err);

/* Remove the new file if it did not replace the old one. */
void refresh_file_close(struct refresh_file *file);

#endif
