/* A secret is read from the place that its reference names. It is checked and
 * never shown. Messages name only the variable or the file. A text that may be
 * a token in the wrong place is not repeated.
 *
 * A file is opened first and then examined by its descriptor, so that the file
 * that is checked is the one that is read. It must be a regular file that
 * others cannot read. If they can, that is an error if the file belongs to this
 * user, else a warning. */
#include "config/secret.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/read_file.h"
#include "base/unreadable.h"

enum { SECRET_BYTES = 16 * 1024 };

/* A file with a secret. */
struct secret_file {
    struct arena *arena;
    const char *path;
    bool is_credential;
};

bool
secret_is_likely(const char *text)
{
    static const char *const starts[] = {"shpat_", "shpca_", "shppa_",
                                         "shpss_", "shpua_", "shprt_"};

    for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
        if (strcasestr(text, starts[i]) != NULL)
            return true;
    return false;
}

const char *
secret_path(struct arena *arena, const char *directory, const char *path)
{
    if (path[0] == '/' || directory[0] == '\0')
        return arena_strdup(arena, path);
    return arena_printf(arena, "%s/%s", directory, path);
}

/* The text of `reference` after `prefix`; NULL if it does not begin with it. */
static const char *
after(const char *reference, const char *prefix)
{
    size_t length = strlen(prefix);

    return strncmp(reference, prefix, length) == 0 ? reference + length : NULL;
}

static bool
is_variable_name(const char *name)
{
    return name[strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                             "abcdefghijklmnopqrstuvwxyz0123456789_")] == '\0';
}

static bool
not_named(struct err *err)
{
    return err_set(err, MSG_BAD_SECRET,
                   "the value must name a secret, not contain it");
}

bool
secret_check(const char *reference, struct err *err)
{
    const char *variable = after(reference, "env:");
    const char *path = after(reference, "file:");
    const char *credential = after(reference, "cred:");
    const char *name = variable != NULL ? variable
                       : path != NULL   ? path
                                        : credential;

    if (name == NULL || secret_is_likely(name))
        return not_named(err);
    if (name[0] == '\0')
        return err_set(err, MSG_BAD_SECRET, "the name after %s is missing",
                       reference);
    if (variable != NULL && !is_variable_name(name))
        return err_set(err, MSG_BAD_SECRET,
                       "the text after env: is not a variable's name");
    if (credential != NULL && strchr(name, '/') != NULL)
        return err_set(err, MSG_BAD_SECRET,
                       "the name after cred: must not contain \"/\"");
    return true;
}

/* `what` is "environment variable X" or "file X". */
static bool
check_content(const char *what, const char *name, struct span secret,
              struct err *err)
{
    if (secret.length == 0)
        return err_set(err, MSG_NO_CREDENTIALS, "%s %s is empty", what, name);
    for (size_t i = 0; i < secret.length; i++) {
        unsigned char c = (unsigned char)secret.bytes[i];

        if (c < ' ' || c == 0x7f)
            return err_set(err, MSG_NO_CREDENTIALS,
                           "%s %s contains a line break or another control "
                           "character",
                           what, name);
    }
    return true;
}

static bool
read_variable(struct arena *arena, const char *name, const char **secret,
              struct err *err)
{
    const char *value = getenv(name);

    if (value == NULL) {
        err_set(err, MSG_NO_CREDENTIALS, "environment variable %s is not set",
                name);
        return err_hint(err,
                        "export it; cron and systemd do not have the "
                        "variables of your shell: use file:PATH or cred:NAME");
    }
    if (!check_content("environment variable", name, span_str(value), err))
        return false;
    *secret = arena_strdup(arena, value);
    return true;
}

static bool
cannot_read(const struct secret_file *source, struct err *err)
{
    int why = errno;

    err_set(err, MSG_NO_CREDENTIALS, "cannot read file %s: %s", source->path,
            strerror(why));
    return unreadable_hint(err, source->path, why, true);
}

/* A secret that others can read is not a secret. Only the owner of the file can
 * change that, so it is just a warning for other users. */
static bool
check_mode(const struct secret_file *source, const struct stat *status,
           struct err *err)
{
    if (source->is_credential || (status->st_mode & (S_IRGRP | S_IROTH)) == 0)
        return true;
    if (status->st_uid != geteuid()) {
        log_warn(NULL, MSG_SECRET_EXPOSED, "secret file can be read by others",
                 LOG_STR("file", source->path), LOG_END);
        return true;
    }
    err_set(err, MSG_SECRET_EXPOSED,
            "file %s can be read by others (mode %04o)", source->path,
            (unsigned)(status->st_mode & 07777));
    return err_hint(err, "chmod 600 %s", source->path);
}

static struct span
without_newline(struct span text)
{
    if (text.length > 0 && text.bytes[text.length - 1] == '\n')
        text.length--;
    if (text.length > 0 && text.bytes[text.length - 1] == '\r')
        text.length--;
    return text;
}

static bool
read_text(const struct secret_file *source, struct buf *text, struct err *err)
{
    struct stat status;

    switch (read_file_text(source->path, text, &status)) {
    case READ_FILE_OK:
        return check_mode(source, &status, err);
    case READ_FILE_FAILED:
        return cannot_read(source, err);
    case READ_FILE_NOT_REGULAR:
        return err_set(err, MSG_NO_CREDENTIALS, "%s is not a regular file",
                       source->path);
    case READ_FILE_TOO_LONG:
        break;
    }
    return err_set(err, MSG_NO_CREDENTIALS, "file %s is over 16 KiB long",
                   source->path);
}

static bool
read_secret(const struct secret_file *source, const char **secret,
            struct err *err)
{
    struct buf text = buf_with_ceiling(SECRET_BYTES);
    bool done = read_text(source, &text, err);
    struct span content = without_newline(buf_span(&text));

    done = done && check_content("file", source->path, content, err);
    if (done)
        *secret = arena_dup(source->arena, content);
    if (text.bytes != NULL)
        explicit_bzero(text.bytes, text.length);
    buf_free(&text);
    return done;
}

static bool
read_credential(struct arena *arena, const char *name, const char **secret,
                struct err *err)
{
    const char *directory = getenv("CREDENTIALS_DIRECTORY");
    struct secret_file source = {.arena = arena, .is_credential = true};

    if (directory == NULL || directory[0] == '\0') {
        err_set(err, MSG_NO_CREDENTIALS,
                "credential %s: CREDENTIALS_DIRECTORY is not set", name);
        return err_hint(err, "LoadCredential= in the systemd unit sets it");
    }
    source.path = arena_printf(arena, "%s/%s", directory, name);
    return read_secret(&source, secret, err);
}

bool
secret_read(struct arena *arena, const char *directory, const char *reference,
            const char **secret, struct err *err)
{
    const char *name;
    struct secret_file source = {.arena = arena};

    if (!secret_check(reference, err))
        return false;
    name = after(reference, "env:");
    if (name != NULL)
        return read_variable(arena, name, secret, err);
    name = after(reference, "cred:");
    if (name != NULL)
        return read_credential(arena, name, secret, err);
    source.path = secret_path(arena, directory, after(reference, "file:"));
    return read_secret(&source, secret, err);
}
