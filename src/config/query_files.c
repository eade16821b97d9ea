/* A job is looked up by its name in queries/STORE/ and then in queries/, or by
 * its path. The store's own file hides the common one of the same name. A
 * mutation is looked up in the same way in mutations/.
 *
 *     names on the command line   a missing file is misuse (status 64)
 *     else `jobs` of the store    a missing file is a fault of the store
 *     else all in both folders    no file at all is a fault of the store
 *
 * A source has no common queries: it runs those of its own folder, and those in
 * queries/ that its `jobs` name.
 *
 * A file that cannot be read, or whose name is not valid, is still a job, with
 * a fault: it fails and is reported, and the others run. Files are opened
 * without blocking and must be regular files: a FIFO in queries/ must not stop
 * the program. */
#include "config/query_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/nearest.h"
#include "base/read_file.h"
#include "base/shown.h"
#include "base/unreadable.h"
#include "config/setting.h"

#define FOLDER     "queries"
#define SUFFIX     ".graphql"
#define SQL_SUFFIX ".sql"

/* Where the two kinds of jobs are. */
static const char queries[] = FOLDER, mutations[] = "mutations";

enum { NAME_BYTES = 4096, FILE_BYTES = 1024 * 1024, KNOWN_BYTES = 400 };

/* ---- names ------------------------------------------------------------- */

static bool
has_suffix(const char *name)
{
    size_t length = strlen(name);

    return length > strlen(SUFFIX) &&
           strcmp(name + length - strlen(SUFFIX), SUFFIX) == 0;
}

static bool
is_path(const char *job)
{
    return strchr(job, '/') != NULL || has_suffix(job);
}

/* A file can have any name, but a job cannot. Characters that cannot be printed
 * or kept in the journal are escaped here, and setting_is_name() then refuses
 * the name. */
static const char *
shown_name(struct arena *arena, struct span name)
{
    struct buf shown = buf_with_ceiling(NAME_BYTES);
    const char *copy;

    shown_append(&shown, name);
    copy = arena_dup(arena, buf_span(&shown));
    buf_free(&shown);
    return copy;
}

const char *
query_files_job_name(struct arena *arena, const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash != NULL ? slash + 1 : path;
    size_t length = strlen(name);

    if (has_suffix(name))
        length -= strlen(SUFFIX);
    return shown_name(arena, span_of(name, length));
}

static bool
exists(const char *path)
{
    return access(path, F_OK) == 0;
}

/* ---- reading ----------------------------------------------------------- */

static bool
cannot_read(const char *path, struct err *err)
{
    int why = errno;

    err_set(err, MSG_QUERY_FILE, "cannot read %s: %s", path, strerror(why));
    return unreadable_hint(err, path, why, false);
}

static bool
read_text(const char *path, struct buf *text, struct err *err)
{
    switch (read_file_text(path, text, NULL)) {
    case READ_FILE_OK:
        return true;
    case READ_FILE_FAILED:
        return cannot_read(path, err);
    case READ_FILE_NOT_REGULAR:
        return err_set(err, MSG_QUERY_FILE, "%s is not a regular file", path);
    case READ_FILE_TOO_LONG:
        break;
    }
    return err_set(err, MSG_QUERY_FILE, "%s is over 1 MiB long", path);
}

static bool
read_query(struct arena *arena, struct query_file *file, struct err *err)
{
    struct buf text = buf_with_ceiling(FILE_BYTES);
    bool ok = read_text(file->path, &text, err);

    if (ok)
        file->text = span_of(arena_dup(arena, buf_span(&text)), text.length);
    buf_free(&text);
    return ok;
}

static void
read_named(struct arena *arena, struct query_file *file)
{
    if (!setting_is_name(file->job))
        err_set(&file->fault, MSG_QUERY_FILE,
                "%s: a job's name must be 1 to 63 letters, digits, _ and -",
                file->path);
    else if (!read_query(arena, file, &file->fault))
        return; /* the fault stays with the file */
}

/* ---- all jobs of a store ----------------------------------------------- */

/* The queries of another API in queries/ are not for a source. It runs only its
 * own, and those that its `jobs` name. */
static bool
is_source(const struct store_config *store)
{
    return store->preset != NULL;
}

/* The files found so far. When the list grows, its old array stays in the
 * arena. */
struct search {
    struct arena *arena;
    const char *folder; /* `queries` or `mutations` */
    const struct store_config *store;
    struct query_files *files;
    size_t room;
};

static struct query_file *
find_job(const struct query_files *files, const char *job)
{
    for (size_t i = 0; i < files->count; i++)
        if (strcmp(files->items[i].job, job) == 0)
            return &files->items[i];
    return NULL;
}

static void
add_file(struct search *search, const char *path)
{
    struct query_files *files = search->files;

    if (files->count == search->room) {
        struct query_file *more;

        search->room = search->room * 2 + 16;
        more = arena_array(search->arena, search->room, sizeof(*more));
        if (files->count > 0)
            memcpy(more, files->items, files->count * sizeof(*more));
        files->items = more;
    }
    files->items[files->count++] =
        (struct query_file){.job = query_files_job_name(search->arena, path),
                            .path = path,
                            .text = span_str("")};
}

/* A folder that does not exist has no files. Names that begin with a dot are
 * skipped, because editors create them. */
static bool
list_folder(struct search *search, const char *folder, struct err *err)
{
    DIR *listing = opendir(folder);
    const struct dirent *entry;

    if (listing == NULL && errno == ENOMEM)
        mem_out("a folder's listing");
    if (listing == NULL)
        return errno == ENOENT || cannot_read(folder, err);
    while ((entry = readdir(listing)) != NULL) {
        const char *path;
        struct query_file *known;

        if (entry->d_name[0] == '.' || !has_suffix(entry->d_name))
            continue;
        path = arena_printf(search->arena, "%s/%s", folder, entry->d_name);
        known =
            find_job(search->files, query_files_job_name(search->arena, path));
        if (known != NULL)
            known->path = path; /* the store's own folder is listed last */
        else
            add_file(search, path);
    }
    closedir(listing);
    return true;
}

static int
by_job(const void *a, const void *b)
{
    const struct query_file *x = a, *y = b;

    return strcmp(x->job, y->job);
}

static bool
list_all(struct search *search, struct err *err)
{
    const char *own = arena_printf(search->arena, "%s/%s", search->folder,
                                   search->store->name);

    if ((!is_source(search->store) &&
         !list_folder(search, search->folder, err)) ||
        !list_folder(search, own, err))
        return false;
    if (search->files->count > 0)
        qsort(search->files->items, search->files->count,
              sizeof(*search->files->items), by_job);
    return true;
}

/* ---- named jobs -------------------------------------------------------- */

static bool
is_configured(const struct store_config *store, const char *job)
{
    for (const char *const *name = store->jobs; name && *name; name++)
        if (strcmp(*name, job) == 0)
            return true;
    return false;
}

/* The path of the job's file; NULL if there is none. */
static const char *
find_path(const struct search *search, const char *job)
{
    struct arena *arena = search->arena;
    const char *path;

    if (is_path(job))
        return exists(job) ? arena_strdup(arena, job) : NULL;
    if (!setting_is_name(job))
        return NULL;
    path = arena_printf(arena, "%s/%s/%s" SUFFIX, search->folder,
                        search->store->name, job);
    if (exists(path))
        return path;
    if (is_source(search->store) && !is_configured(search->store, job))
        return NULL;
    path = arena_printf(arena, "%s/%s" SUFFIX, search->folder, job);
    return exists(path) ? path : NULL;
}

/* Is it a job of the other kind? */
static bool
is_other_kind(const struct search *search, const char *job)
{
    struct search other = *search;

    other.folder = search->folder == queries ? mutations : queries;
    return find_path(&other, job) != NULL;
}

/* The hint lists the jobs that exist, after the one that was probably meant. */
static bool
no_such_job(struct search *search, const char *job, enum err_kind kind,
            struct err *err)
{
    struct query_files all = {0};
    struct search rest = {search->arena, search->folder, search->store, &all,
                          0};
    struct nearest nearest = nearest_to(job);
    struct buf known = buf_with_ceiling(KNOWN_BYTES);

    if (!list_all(&rest, err))
        return false;
    for (size_t i = 0; i < all.count; i++) {
        nearest_try(&nearest, all.items[i].job);
        buf_printf(&known, "%s%s", i > 0 ? ", " : "", all.items[i].job);
    }
    err_set(err, MSG_UNKNOWN_JOB, "%s %s has no job \"%.100s\"",
            store_config_kind(search->store), search->store->name, job);
    err_as(err, kind);
    if (is_other_kind(search, job))
        err_hint(err, "%s is a %s: bulkpg %s %s", job,
                 search->folder == queries ? "mutation" : "query",
                 search->folder == queries ? "push" : "run", job);
    else if (all.count == 0)
        err_hint(err, "there are no %s in %s/; create one with bulkpg init",
                 search->folder, search->folder);
    else if (nearest.best != NULL)
        err_hint(err, "did you mean %s? The jobs are %s", nearest.best,
                 buf_str(&known));
    else
        err_hint(err, "the jobs are %s", buf_str(&known));
    buf_free(&known);
    return false;
}

/* Is the file in queries/, but in the folder of another store? */
static bool
is_of_other(const struct store_config *store, const char *path)
{
    const char *folder, *slash;

    if (strncmp(path, "./", 2) == 0)
        path += 2;
    if (strncmp(path, FOLDER "/", strlen(FOLDER "/")) != 0)
        return is_source(store);
    folder = path + strlen(FOLDER "/");
    slash = strchr(folder, '/');
    if (slash == NULL)
        return is_source(store);
    return (size_t)(slash - folder) != strlen(store->name) ||
           strncmp(folder, store->name, (size_t)(slash - folder)) != 0;
}

bool
query_files_has(struct arena *arena, const struct store_config *store,
                const char *job)
{
    struct search search = {arena, queries, store, NULL, 0};

    return find_path(&search, job) != NULL &&
           !(is_path(job) && is_of_other(store, job));
}

static bool
take_path(struct search *search, const char *path, struct err *err)
{
    const char *job = query_files_job_name(search->arena, path);
    const struct query_file *known = find_job(search->files, job);

    if (known == NULL) {
        add_file(search, path);
        return true;
    }
    return strcmp(known->path, path) == 0 ||
           err_set(err, MSG_BAD_ARGUMENTS, "%s and %s are both job %s",
                   known->path, path, job);
}

static bool
take_named(struct search *search, const char *const *jobs, struct err *err)
{
    for (; *jobs != NULL; jobs++) {
        const char *path = find_path(search, *jobs);

        if (path == NULL && is_path(*jobs))
            return err_set(err, MSG_UNKNOWN_JOB, "file %.200s does not exist",
                           *jobs);
        if (path == NULL)
            return no_such_job(search, *jobs, ERR_USAGE, err);
        if (!take_path(search, path, err))
            return false;
    }
    return true;
}

/* Take the store's `jobs`. The configuration has already checked the names. */
static bool
take_configured(struct search *search, struct err *err)
{
    for (const char *const *job = search->store->jobs; *job != NULL; job++) {
        const char *path = find_path(search, *job);

        if (path == NULL) {
            no_such_job(search, *job, ERR_CONFIG, err);
            return err_wrap(err, "%s: jobs", search->store->section);
        }
        if (!take_path(search, path, err))
            return false;
    }
    return true;
}

static bool
take_all(struct search *search, struct err *err)
{
    if (!list_all(search, err))
        return false;
    if (search->files->count > 0)
        return true;
    if (!is_source(search->store))
        return err_set(err, MSG_NO_QUERIES,
                       "store %s has no queries in " FOLDER "/",
                       search->store->name);
    err_set(err, MSG_NO_QUERIES, "source %s has no queries in " FOLDER "/%s/",
            search->store->name, search->store->name);
    return err_hint(err,
                    "write queries for its API there, or name some in " FOLDER
                    "/ with jobs in its section");
}

bool
query_files_find(struct arena *arena, const struct store_config *store,
                 const char *const *jobs, struct query_files *files,
                 struct err *err)
{
    struct search search = {arena, queries, store, files, 0};
    bool found;

    *files = (struct query_files){0};
    if (jobs != NULL && jobs[0] != NULL)
        found = take_named(&search, jobs, err);
    else if (store->jobs != NULL)
        found = take_configured(&search, err);
    else
        found = take_all(&search, err);
    if (!found)
        return false;
    for (size_t i = 0; i < files->count; i++)
        read_named(arena, &files->items[i]);
    return true;
}

/* ---- mutations ---------------------------------------------------------- */

/* The file of the SELECT beside a mutation. */
static const char *
sql_path(struct arena *arena, const char *path)
{
    size_t length = strlen(path);

    if (has_suffix(path))
        length -= strlen(SUFFIX);
    return arena_printf(arena, "%.*s" SQL_SUFFIX, (int)length, path);
}

/* A file in another folder is a mutation if it has a SELECT. */
bool
query_files_has_mutation(struct arena *arena, const struct store_config *store,
                         const char *job)
{
    struct search search = {arena, mutations, store, NULL, 0};
    const char *path = find_path(&search, job);

    if (path == NULL || !is_path(job))
        return path != NULL;
    if (strncmp(path, "./", 2) == 0)
        path += 2;
    return strncmp(path, mutations, strlen(mutations)) == 0 ||
           exists(sql_path(arena, path));
}

/* --from does not need the SELECT. */
static void
read_sql(struct arena *arena, struct query_file *file)
{
    struct buf text = buf_with_ceiling(FILE_BYTES);

    file->sql_path = sql_path(arena, file->path);
    if (!exists(file->sql_path)) {
        err_set(&file->sql_fault, MSG_MUTATION_SQL, "%s does not exist",
                file->sql_path);
    } else if (read_text(file->sql_path, &text, &file->sql_fault)) {
        file->sql = span_of(arena_dup(arena, buf_span(&text)), text.length);
    } else {
        err_code(&file->sql_fault, MSG_MUTATION_SQL);
    }
    buf_free(&text);
}

static void
read_mutation(struct arena *arena, const struct store_config *store,
              struct query_file *file)
{
    struct search twin = {arena, queries, store, NULL, 0};
    const char *query;

    file->is_mutation = true;
    file->sql = span_str("");
    read_named(arena, file);
    read_sql(arena, file);
    query = setting_is_name(file->job) ? find_path(&twin, file->job) : NULL;
    if (query != NULL && file->fault.kind == ERR_NONE)
        err_set(&file->fault, MSG_JOB_TWICE, "%s and %s are both job %s", query,
                file->path, file->job);
}

bool
query_files_find_mutations(struct arena *arena,
                           const struct store_config *store,
                           const char *const *jobs, struct query_files *files,
                           struct err *err)
{
    struct search search = {arena, mutations, store, files, 0};

    *files = (struct query_files){0};
    if (jobs != NULL && jobs[0] != NULL ? !take_named(&search, jobs, err)
                                        : !list_all(&search, err))
        return false;
    for (size_t i = 0; i < files->count; i++)
        read_mutation(arena, store, &files->items[i]);
    return true;
}

/* ---- strays ------------------------------------------------------------ */

static bool
is_folder(const char *path)
{
    struct stat status;

    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

static bool
ends_in(const char *name, const char *end)
{
    size_t length = strlen(name), end_length = strlen(end);

    return length > end_length && strcmp(name + length - end_length, end) == 0;
}

static void
warn_of_folder(const struct config *config, const char *path, const char *name,
               struct err *warning)
{
    const char *slash = strchr(path, '/');
    struct nearest nearest = nearest_to(name);

    for (size_t i = 0; i < config->store_count; i++)
        nearest_try(&nearest, config->stores[i].name);
    err_set(warning, MSG_NONE, "%s: unknown store \"%.100s\"%s", path, name,
            nearest_hint(&nearest));
    err_hint(warning,
             "a folder in %.*s/ is for the store of that name: rename or "
             "remove it",
             (int)(slash - path), path);
}

static bool
is_stray(const struct config *config, const char *path, const char *name,
         struct err *warning)
{
    if (is_folder(path)) {
        if (config_store(config, name) != NULL)
            return false;
        warn_of_folder(config, path, name, warning);
        return true;
    }
    if (!ends_in(name, ".gql"))
        return false;
    err_set(warning, MSG_NONE, "%s is not a job", path);
    err_hint(warning, "the file of a job must end in " SUFFIX);
    return true;
}

static void
find_strays_in(struct arena *arena, const struct config *config,
               const char *folder, query_files_stray_fn *on_stray, void *ctx)
{
    DIR *listing = opendir(folder);
    const struct dirent *entry;

    if (listing == NULL)
        return;
    while ((entry = readdir(listing)) != NULL) {
        const char *path = arena_printf(arena, "%s/%s", folder, entry->d_name);
        struct err warning;

        if (entry->d_name[0] != '.' &&
            is_stray(config, path, entry->d_name, &warning))
            on_stray(ctx, &warning);
    }
    closedir(listing);
}

void
query_files_find_strays(struct arena *arena, const struct config *config,
                        query_files_stray_fn *on_stray, void *ctx)
{
    find_strays_in(arena, config, queries, on_stray, ctx);
    find_strays_in(arena, config, mutations, on_stray, ctx);
}
