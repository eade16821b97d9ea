/*
 * dsn - the connection string of the database, with the password that
 * [database] names.
 */
#ifndef CONFIG_DSN_H
#define CONFIG_DSN_H

#include "config/config.h"

/* Make the connection string. The password is hidden in all output until
 * dsn_free(). If `given` (--dsn) is not NULL, the key `password` is not used:
 * it belongs to another database. ERR_CONFIG. */
MUST_CHECK bool dsn_read(const struct config *config, const char *given,
                         char **dsn, struct err *err);
void dsn_free(char *dsn);

/* Warn if bulkpg.ini contains a password and all users can read it. */
void dsn_warn_if_exposed(const struct config *config);

#endif
