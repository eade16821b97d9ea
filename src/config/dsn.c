#include "config/dsn.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/redact.h"
#include "config/secret.h"
#include "pg/conn.h"

static char *known_password; /* one per process, like the database */

static bool
add_password(const struct config *config, char **dsn, struct err *err)
{
    struct arena arena = {0};
    const char *password;
    bool ok;

    if (pg_dsn_has_password(config->dsn))
        return err_set(err, MSG_BAD_SETTING,
                       "%s: password: dsn contains a password, too",
                       config->path);
    if (!secret_read(&arena, "", config->password, &password, err)) {
        arena_free(&arena);
        return err_wrap(err, "%s: password", config->path);
    }
    known_password = mem_strdup(password);
    redact_learn(known_password);
    ok = pg_dsn_with_password(config->dsn, password, dsn, err);
    arena_free(&arena);
    return ok;
}

bool
dsn_read(const struct config *config, const char *given, char **dsn,
         struct err *err)
{
    if (given == NULL && config->password != NULL)
        return add_password(config, dsn, err);
    *dsn = mem_strdup(given != NULL ? given : config->dsn);
    return true;
}

static void
wipe(char *text)
{
    if (text != NULL)
        explicit_bzero(text, strlen(text));
    free(text);
}

void
dsn_free(char *dsn)
{
    redact_forget(known_password);
    wipe(known_password);
    known_password = NULL;
    wipe(dsn);
}

void
dsn_warn_if_exposed(const struct config *config)
{
    struct stat status;

    if (config->path == NULL || !pg_dsn_has_password(config->dsn) ||
        stat(config->path, &status) != 0 || (status.st_mode & S_IROTH) == 0)
        return;
    log_warn(NULL, MSG_SECRET_EXPOSED, "all users can read the password in dsn",
             LOG_STR("file", config->path),
             LOG_STR("hint",
                     "use password = env:NAME, file:PATH or cred:NAME in "
                     "[database] instead, or chmod 600 the file"),
             LOG_END);
}
