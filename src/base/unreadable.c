#include "base/unreadable.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { USER_BYTES = 64 };

static void
name_user(char name[USER_BYTES])
{
    const struct passwd *user = getpwuid(geteuid());

    if (user != NULL)
        snprintf(name, USER_BYTES, "%s", user->pw_name);
    else
        snprintf(name, USER_BYTES, "%lu", (unsigned long)geteuid());
}

/* Find the first folder in `path` that this user may not enter. False if this
 * user may enter all of them. */
static bool
find_folder(const char *path, char folder[PATH_MAX])
{
    for (const char *slash = path; (slash = strchr(slash, '/')) != NULL;
         slash++) {
        size_t length = slash > path ? (size_t)(slash - path) : 1;

        if (length >= PATH_MAX)
            return false;
        memcpy(folder, path, length);
        folder[length] = '\0';
        if (faccessat(AT_FDCWD, folder, X_OK, AT_EACCESS) != 0)
            return true;
    }
    return false;
}

bool
unreadable_hint(struct err *err, const char *path, int why, bool is_secret)
{
    char user[USER_BYTES], folder[PATH_MAX];
    struct stat status;

    if (why != EACCES && why != EPERM)
        return false;
    name_user(user);
    if (stat(path, &status) != 0) {
        if (find_folder(path, folder))
            err_hint(err,
                     "bulkpg runs as %s, which may not enter the folder %s: "
                     "chmod a+x %s",
                     user, folder, folder);
    } else if (status.st_uid == geteuid()) {
        err_hint(err, "chmod u+r %s", path);
    } else if (is_secret) {
        err_hint(err, "bulkpg runs as %s: chown %s %s", user, user, path);
    } else {
        err_hint(err,
                 "bulkpg runs as %s: chown %s %s, or chmod a+r %s if others "
                 "may read it too",
                 user, user, path, path);
    }
    return false;
}
