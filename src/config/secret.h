/*
 * secret - a value that the configuration names but does not contain.
 *
 *     env:NAME    an environment variable
 *     file:PATH   the content of a regular file
 *     cred:NAME   the content of $CREDENTIALS_DIRECTORY/NAME (systemd)
 *
 * A newline at the end of a file is not part of the secret. A secret that is
 * empty or contains a control character is refused: it would be cut short where
 * it is used, or end an HTTP header early. No message contains a secret, or a
 * text that may be a secret in the wrong place.
 */
#ifndef CONFIG_SECRET_H
#define CONFIG_SECRET_H

#include "base/arena.h"
#include "base/err.h"

/* ERR_CONFIG unless `reference` has one of the three forms. */
MUST_CHECK bool secret_check(const char *reference, struct err *err);

/* Read the secret that `reference` names into the arena. Paths are relative to
 * the folder `directory` ("": the current one). ERR_CONFIG, which names the
 * variable or file. A file that others can read is refused if it belongs to
 * this user; otherwise there is a warning. The modes of credentials are not
 * checked, because the service manager sets them. */
MUST_CHECK bool
secret_read(struct arena *arena, const char *directory, const char *reference,
            const char **secret, struct err *err);

/* `path`, relative to `directory` unless it is absolute. In the arena. */
const char *
secret_path(struct arena *arena, const char *directory, const char *path);

/* True if `text` contains the start of a Shopify token. It must not be shown
 * then. */
bool secret_is_likely(const char *text);

#endif
