/* bulkpg.ini is read in this order:
 *
 *     bulkpg.ini     split into sections (ini.c)
 *     [database]     first, because its key `include` names further files
 *     these files    which may have only sections of stores and sources
 *     sections       each is known, and a name appears once
 *     [tuning], [archive], [privacy]
 *     [store NAME]   over [store *] (store.c)
 *     [source NAME]  over its preset (source_config.c)
 *
 * An error in the section of a store or source becomes its fault. Any other
 * error ends the reading. Everything is in the arena of the configuration.
 * Paths are relative to the folder of bulkpg.ini, not to the current one. */
#include "config/config.h"

#include <errno.h>
#include <glob.h>
#include <limits.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "config/ini.h"
#include "config/keys.h"
#include "config/secret.h"
#include "config/setting.h"
#include "config/source_config.h"
#include "config/store.h"

/* The state of config_read(). */
struct reader {
    struct config *config;
    struct arena *arena;
    const char *directory; /* of the file; "" for the current one */
    struct ini_section *sections;
    struct ini_section **end; /* where further files are linked in */
};

/* ---- sections ---------------------------------------------------------- */

/* NAME of [<kind>NAME]; NULL for another section. */
static const char *
name_after(const struct ini_section *section, const char *kind)
{
    const char *name = section->name;

    if (strncmp(name, kind, strlen(kind)) != 0)
        return NULL;
    return name + strlen(kind) + strspn(name + strlen(kind), " ");
}

static const char *
store_name(const struct ini_section *section)
{
    return name_after(section, "store ");
}

static const char *
source_name(const struct ini_section *section)
{
    return name_after(section, "source ");
}

/* NAME of [store NAME] or [source NAME]; NULL for another section. */
static const char *
own_name(const struct ini_section *section)
{
    const char *name = store_name(section);

    return name != NULL ? name : source_name(section);
}

static bool
is_section(const struct ini_section *section, const char *name)
{
    const char *store = store_name(section);

    return strcmp(name, "store *") == 0
               ? store != NULL && strcmp(store, "*") == 0
               : strcmp(section->name, name) == 0;
}

static const struct ini_section *
find_section(const struct ini_section *sections, const char *name)
{
    while (sections != NULL && !is_section(sections, name))
        sections = sections->next;
    return sections;
}

/* Read [database], [tuning], [archive] or [privacy]. Keys that are not given
 * get their initial values. */
static bool
read_settings(struct reader *reader, const char *name,
              const struct setting_key *keys, struct err *err)
{
    const struct ini_section *section = find_section(reader->sections, name);

    if (section != NULL && !setting_check_section(section, keys, err))
        return false;
    for (; keys->name != NULL; keys++) {
        const struct ini_entry *entry = ini_find(section, keys->name);
        struct setting_value value = {keys->initial, "", false};

        if (entry != NULL)
            value = (struct setting_value){
                entry->value, setting_where(reader->arena, section, entry),
                true};
        if (value.text == NULL)
            continue;
        if (!setting_apply(reader->arena, reader->config, keys, &value, err))
            return false;
    }
    return true;
}

static bool
read_database(struct reader *reader, struct err *err)
{
    const struct ini_section *section =
        find_section(reader->sections, "database");
    const struct ini_entry *readers = ini_find(section, "readers");

    reader->config->readers_where =
        readers != NULL ? setting_where(reader->arena, section, readers) : "";
    return read_settings(reader, "database", keys_database, err);
}

static bool
check_store_name(const struct ini_section *section, struct err *err)
{
    const char *name = own_name(section);

    if (setting_is_name(name))
        return true;
    return err_set(err, MSG_BAD_STORE_NAME,
                   "%s:%u: \"%.100s\" is not a %s's name: 1 to 63 letters, "
                   "digits, _ and -",
                   section->path, section->line, name,
                   store_name(section) != NULL ? "store" : "source");
}

static bool
check_store_is_new(const struct ini_section *sections,
                   const struct ini_section *section, struct err *err)
{
    const char *name = own_name(section);

    for (; sections != section; sections = sections->next) {
        const char *other = own_name(sections);

        if (other == NULL || strcasecmp(other, name) != 0)
            continue;
        if ((store_name(sections) == NULL) == (store_name(section) == NULL))
            return err_set(err, MSG_CONFIG_DUPLICATE,
                           "%s:%u: section [%s] appears twice, first at %s:%u",
                           section->path, section->line, section->name,
                           sections->path, sections->line);
        err_set(err, MSG_CONFIG_DUPLICATE,
                "%s:%u: [%s] has the name of [%s] at %s:%u", section->path,
                section->line, section->name, sections->name, sections->path,
                sections->line);
        return err_hint(err, "give one of them another name");
    }
    return true;
}

static bool
unknown_section(const struct ini_section *section, bool included,
                struct err *err)
{
    err_set(err, MSG_UNKNOWN_SECTION, "%s:%u: unknown section [%.100s]%s",
            section->path, section->line, section->name,
            included ? " in an included file" : "");
    if (included)
        err_hint(err, "an included file may have only [store NAME] and "
                      "[source NAME] sections");
    return false;
}

/* True if the section is for all stores. Only the main file may have such
 * sections. */
static bool
is_general(const struct ini_section *section)
{
    return is_section(section, "database") || is_section(section, "tuning") ||
           is_section(section, "archive") || is_section(section, "privacy") ||
           is_section(section, "store *");
}

/* Check that every section is known and that no store appears twice. */
static bool
check_sections(struct reader *reader, struct err *err)
{
    const char *path = reader->config->path;

    for (const struct ini_section *s = reader->sections; s; s = s->next) {
        bool included = strcmp(s->path, path) != 0;

        if (is_general(s) ? included : own_name(s) == NULL)
            return unknown_section(s, included, err);
        if (!is_general(s) && !check_store_name(s, err))
            return false;
        if (own_name(s) != NULL &&
            !check_store_is_new(reader->sections, s, err))
            return false;
    }
    return true;
}

static bool
is_store(const struct ini_section *section)
{
    return store_name(section) != NULL && !is_section(section, "store *");
}

static bool
read_stores(struct reader *reader, struct err *err)
{
    struct config *config = reader->config;
    struct store_source source = {.arena = reader->arena,
                                  .directory = reader->directory};
    size_t count = 0;

    source.defaults = find_section(reader->sections, "store *");
    if (!store_config_check_defaults(&source, err))
        return false;
    for (const struct ini_section *s = reader->sections; s; s = s->next)
        count += is_store(s) || source_name(s) != NULL;
    config->stores = arena_array(reader->arena, count, sizeof(*config->stores));
    for (const struct ini_section *s = reader->sections; s; s = s->next) {
        if (is_store(s))
            store_config_read(&source, s, store_name(s),
                              &config->stores[config->store_count++]);
        else if (source_name(s) != NULL)
            source_config_read(&source, s, source_name(s),
                               &config->stores[config->store_count++]);
    }
    return true;
}

/* ---- files ------------------------------------------------------------- */

static bool
read_file(struct reader *reader, const char *path, struct err *err)
{
    if (!ini_read(reader->arena, path, reader->end, err))
        return false;
    while (*reader->end != NULL)
        reader->end = &(*reader->end)->next;
    return true;
}

/* A folder that does not exist matches nothing. A folder that cannot be read is
 * an error, because it may have stores. */
static int
is_fatal(const char *path, int error)
{
    (void)path;
    return error != ENOENT;
}

/* Read the included files in the order of their names. A pattern may match
 * nothing, but a file name must exist. */
static bool
read_included(struct reader *reader, struct err *err)
{
    const char *pattern =
        secret_path(reader->arena, reader->directory, reader->config->include);
    glob_t found;
    bool ok = true;
    int status;

    if (reader->config->include[0] == '\0')
        return true;
    status = glob(pattern, 0, is_fatal, &found);
    if (status == GLOB_NOMATCH && strpbrk(pattern, "*?[") == NULL)
        ok =
            err_set(err, MSG_CONFIG_FILE, "%s: include: file %s does not exist",
                    reader->config->path, pattern);
    else if (status != 0 && status != GLOB_NOMATCH)
        ok = err_set(err, MSG_CONFIG_FILE, "%s: include: cannot read %s",
                     reader->config->path, pattern);
    for (size_t i = 0; ok && status == 0 && i < found.gl_pathc; i++)
        ok = read_file(reader, found.gl_pathv[i], err);
    globfree(&found);
    return ok;
}

static bool
not_above(struct reader *reader, const char *low_key, int64_t low,
          const char *high_key, int64_t high, struct err *err)
{
    const struct ini_section *section =
        find_section(reader->sections, "tuning");
    const struct ini_entry *entry = ini_find(section, low_key);

    if (low <= high)
        return true;
    if (entry == NULL)
        entry = ini_find(section, high_key);
    return err_set(err, MSG_BAD_SETTING, "%s:%u: %s is longer than %s",
                   section->path, entry->line, low_key, high_key);
}

/* The path is relative to the folder of bulkpg.ini. */
static bool
find_ca_file(struct reader *reader, struct err *err)
{
    const struct ini_section *section =
        find_section(reader->sections, "tuning");
    struct tuning_config *tuning = &reader->config->tuning;

    if (tuning->ca_file[0] == '\0')
        return true;
    tuning->ca_file =
        secret_path(reader->arena, reader->directory, tuning->ca_file);
    if (access(tuning->ca_file, R_OK) == 0)
        return true;
    return err_set(err, MSG_BAD_SETTING, "%s:%u: ca_file: cannot read %s: %s",
                   section->path, ini_find(section, "ca_file")->line,
                   tuning->ca_file, strerror(errno));
}

static bool
read_tuning(struct reader *reader, struct err *err)
{
    const struct tuning_config *tuning = &reader->config->tuning;

    return read_settings(reader, "tuning", keys_tuning, err) &&
           not_above(reader, "poll_initial", tuning->poll_initial_ms,
                     "poll_max", tuning->poll_max_ms, err) &&
           not_above(reader, "retry_initial", tuning->retry_initial_ms,
                     "retry_max", tuning->retry_max_ms, err) &&
           find_ca_file(reader, err);
}

/* The folder is relative to that of bulkpg.ini. */
static bool
read_archive(struct reader *reader, struct err *err)
{
    struct archive_config *archive = &reader->config->archive;

    if (!read_settings(reader, "archive", keys_archive, err))
        return false;
    if (archive->directory[0] != '\0')
        archive->directory =
            secret_path(reader->arena, reader->directory, archive->directory);
    return true;
}

static const char *
folder_of(struct arena *arena, const char *path)
{
    const char *slash = strrchr(path, '/');

    if (slash == path)
        return "/";
    return slash == NULL
               ? ""
               : arena_dup(arena, span_of(path, (size_t)(slash - path)));
}

bool
config_missing(const char *path, struct err *err)
{
    char folder[PATH_MAX];

    err_set(err, MSG_NO_CONFIG, "cannot find %s in %s", path,
            getcwd(folder, sizeof(folder)) != NULL ? folder : "this folder");
    return false;
}

static bool
read_main(struct reader *reader, const char *path, bool required,
          struct err *err)
{
    if (access(path, F_OK) != 0 && errno == ENOENT)
        return !required || config_missing(path, err);
    reader->config->path = arena_strdup(reader->arena, path);
    reader->directory = folder_of(reader->arena, path);
    return read_file(reader, path, err);
}

bool
config_read(struct config *config, const char *path, bool required,
            struct err *err)
{
    struct reader reader = {.config = config,
                            .arena = &config->arena,
                            .directory = "",
                            .end = &reader.sections};

    *config = (struct config){0};
    if (read_main(&reader, path, required, err) &&
        read_database(&reader, err) && read_included(&reader, err) &&
        check_sections(&reader, err) && read_tuning(&reader, err) &&
        read_archive(&reader, err) &&
        read_settings(&reader, "privacy", keys_privacy, err) &&
        read_stores(&reader, err))
        return true;
    config_free(config);
    return false;
}

void
config_free(struct config *config)
{
    arena_free(&config->arena);
    *config = (struct config){0};
}

struct store_config *
config_store(const struct config *config, const char *name)
{
    for (size_t i = 0; i < config->store_count; i++)
        if (strcmp(config->stores[i].name, name) == 0)
            return &config->stores[i];
    return NULL;
}

static void
append_store(struct config *config, const struct store_config *store)
{
    struct store_config *stores =
        arena_array(&config->arena, config->store_count + 1, sizeof(*stores));

    if (config->store_count > 0)
        memcpy(stores, config->stores, config->store_count * sizeof(*stores));
    stores[config->store_count] = *store;
    config->stores = stores;
    config->store_count++;
}

bool
config_add_store(struct config *config, const char *name, const char *domain,
                 struct err *err)
{
    struct store_config store;
    const struct store_config *other;

    if (!store_config_from_flags(&config->arena, name, domain, &store, err))
        return false;
    other = config_store(config, store.name);
    if (other != NULL) {
        err_set(err, MSG_BAD_ARGUMENTS, "store %s already exists: %s",
                store.name, other->section);
        return err_hint(err, "use another name with --store");
    }
    append_store(config, &store);
    return true;
}
