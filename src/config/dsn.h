/*
 * dsn - the database's connection string, with the password that [database]
 * names.
 */
#ifndef CONFIG_DSN_H
#define CONFIG_DSN_H

#include "config/config.h"

/* The password is read and hidden in all output until dsn_free(). With
 * `given`, --dsn, it is not asked for: it is that of another database.
 * ERR_CONFIG. */
MUST_CHECK bool dsn_read(const struct config *config, const char *given,
                         char **dsn, struct err *err);
void dsn_free(char *dsn);

/* Warn when bulkpg.ini can be read by everybody and holds a password. */
void dsn_warn_if_exposed(const struct config *config);

#endif
