/*
 * secret - a value that the configuration names but never holds.
 *
 *     env:NAME    an environment variable
 *     file:PATH   the content of a regular file
 *     cred:NAME   the content of $CREDENTIALS_DIRECTORY/NAME (systemd)
 *
 * One newline at the end of a file is not part of it. A secret that is empty
 * or holds a control character is refused: it would be cut short, or end a
 * header early, where it is used. No message ever holds a secret, nor what
 * may be one that was written where a name belongs.
 */
#ifndef CONFIG_SECRET_H
#define CONFIG_SECRET_H

#include "base/arena.h"
#include "base/err.h"

/* ERR_CONFIG unless `reference` has one of the three forms. */
MUST_CHECK bool secret_check(const char *reference, struct err *err);

/* The secret that `reference` names, in the arena; paths are relative to the
 * folder `directory` ("" : the current one). ERR_CONFIG, saying which
 * variable or file it is. A file that others may read is refused when it is
 * ours, else a warning; credentials are the service manager's affair. */
MUST_CHECK bool
secret_read(struct arena *arena, const char *directory, const char *reference,
            const char **secret, struct err *err);

/* `path` as seen from `directory`. */
const char *
secret_path(struct arena *arena, const char *directory, const char *path);

/* Whether `text` holds something that Shopify's tokens begin with, so that
 * it is better not shown. */
bool secret_is_likely(const char *text);

#endif
