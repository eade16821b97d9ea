/* The folders are created first, then bulkpg.ini, the first query and the files
 * for editors. Files are opened with O_EXCL: a file that exists is not changed,
 * and its name is printed. --add writes only ready queries, in the order in
 * which they are named, and stops at the first name that does not exist.
 *
 * A query for a preset has the preset in its name, github/issues, and is
 * written into the folder of a source with that name, queries/github/. --store
 * names another store or source, and thus another folder.
 *
 * A ready pair is a mutation and its SELECT, mutations/prices. Both files are
 * written into mutations/.
 *
 * With --metafields the store is asked first, before the file is written. This
 * needs tasks, but no database. */
#include "command/init.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/nearest.h"
#include "base/out.h"
#include "cli/process.h"
#include "command/commands.h"
#include "command/metafields.h"
#include "job/store.h"
#include "ready_queries.h" /* made by scripts/embed-files */

#define SUFFIX     ".graphql"
#define SQL_SUFFIX ".sql"
#define PAIRS      "mutations/" /* their folder, and that of the user's */

/* ---- embedded files ---------------------------------------------------- */

static bool
is_query(const struct ready_file *file)
{
    size_t length = strlen(file->name), suffix = strlen(SUFFIX);

    return length > suffix && strcmp(file->name + length - suffix, SUFFIX) == 0;
}

static bool
is_pair(const struct ready_file *file)
{
    return span_starts(span_str(file->name), PAIRS);
}

/* `name` is the name of a query without .graphql, or a whole file name. */
static const struct ready_file *
find_shipped(struct span name)
{
    for (const struct ready_file *f = ready_files; f->name; f++) {
        size_t length = strlen(f->name);

        if (is_query(f))
            length -= strlen(SUFFIX);
        if (span_equal(name, span_of(f->name, length)))
            return f;
    }
    return NULL;
}

/* A query or the mutation of a pair. The folder of a pair can be left out. */
static const struct ready_file *
find_query(struct arena *arena, struct span name)
{
    const struct ready_file *file = find_shipped(name);

    if (file == NULL)
        file = find_shipped(
            span_str(arena_printf(arena, "%s%.*s", PAIRS, SPAN_ARG(name))));
    return file != NULL && is_query(file) ? file : NULL;
}

static struct ready_query
query_of(const struct ready_file *file)
{
    const char *summary = file->text + strspn(file->text, "# ");

    return (struct ready_query){
        .name = span_of(file->name, strlen(file->name) - strlen(SUFFIX)),
        .summary = span_of(summary, strcspn(summary, "\n")),
        .text = file->text};
}

bool
init_ready_query(size_t index, struct ready_query *query)
{
    for (const struct ready_file *f = ready_files; f->name; f++) {
        if (!is_query(f))
            continue;
        if (index == 0) {
            *query = query_of(f);
            return true;
        }
        index--;
    }
    return false;
}

static int
list_queries(void)
{
    struct ready_query query;

    for (size_t i = 0; init_ready_query(i, &query); i++)
        out_line(stdout, "%-28.*s  %.*s", SPAN_ARG(query.name),
                 SPAN_ARG(query.summary));
    out_printf(stdout,
               "\n`bulkpg init --add NAME,...` copies them into queries/.\n"
               "`bulkpg init --add github/issues --store NAME` copies one for "
               "a source.\n"
               "`bulkpg init --add prices` copies a mutation and its SELECT "
               "into mutations/.\n");
    return EX_OK;
}

/* ---- writing ----------------------------------------------------------- */

/* The folder to write to, and how many files were written. */
struct target {
    struct arena arena;
    const char *directory;
    const char *store; /* that the queries are for; NULL: not named */
    const struct metafields_source *metafields; /* NULL: not asked for */
    size_t written;
};

static const char *
path_in(struct target *target, const char *name)
{
    if (strcmp(target->directory, ".") == 0)
        return arena_strdup(&target->arena, name);
    return arena_printf(&target->arena, "%s/%s", target->directory, name);
}

static bool
make_folder(const char *path, struct err *err)
{
    if (mkdir(path, 0777) == 0 || errno == EEXIST)
        return true;
    return err_set(err, MSG_CANNOT_WRITE, "cannot create folder %s: %s", path,
                   strerror(errno));
}

static bool
write_all(int fd, const char *text)
{
    size_t length = strlen(text);

    while (length > 0) {
        ssize_t done = write(fd, text, length);

        if (done < 0)
            return false;
        text += done;
        length -= (size_t)done;
    }
    return true;
}

/* A file that was written only in part is removed, because the next init would
 * not overwrite it. */
static bool
write_file(struct target *target, const char *name, const char *text,
           struct err *err)
{
    const char *path = path_in(target, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    bool ok;

    if (fd < 0 && errno == EEXIST) {
        out_line(stdout, "%s already exists; not changed", path);
        return true;
    }
    if (fd < 0)
        return err_set(err, MSG_CANNOT_WRITE, "cannot write %s: %s", path,
                       strerror(errno));
    ok = write_all(fd, text);
    if (!ok)
        err_set(err, MSG_CANNOT_WRITE, "cannot write %s: %s", path,
                strerror(errno));
    close(fd);
    if (!ok) {
        unlink(path);
        return false;
    }
    target->written++;
    out_line(stdout, "wrote %s", path);
    return true;
}

static bool
write_shipped(struct target *target, const char *shipped, const char *name,
              struct err *err)
{
    const struct ready_file *file = find_shipped(span_str(shipped));

    return write_file(target, name, file->text, err);
}

/* The user's folder, and "queries" or "mutations" in it. */
static bool
make_folders(struct target *target, const char *name, struct err *err)
{
    return make_folder(target->directory, err) &&
           make_folder(path_in(target, name), err);
}

/* ---- a new folder ------------------------------------------------------ */

static void
print_next_steps(const struct target *target)
{
    bool here = strcmp(target->directory, ".") == 0;
    const char *change = here ? "" : "-C ";
    const char *directory = here ? "" : target->directory;
    const char *gap = here ? "" : " ";

    out_printf(
        stdout,
        "\nNext:\n"
        "  1. write the store's domain and the database into bulkpg.ini\n"
        "  2. export SHOPIFY_CLIENT_ID=... SHOPIFY_CLIENT_SECRET=...\n"
        "  3. bulkpg %s%s%scheck\n"
        "  4. bulkpg %s%s%srun\n"
        "More queries: bulkpg init --list\n",
        change, directory, gap, change, directory, gap);
}

static bool
start(struct target *target, struct err *err)
{
    if (!make_folders(target, "queries", err) ||
        !write_shipped(target, "bulkpg.ini", "bulkpg.ini", err) ||
        !write_shipped(target, "products", "queries/products" SUFFIX, err) ||
        !write_shipped(target, "bulkpg.graphqls", "bulkpg.graphqls", err) ||
        !write_shipped(target, "graphqlrc.yml", ".graphqlrc.yml", err))
        return false;
    if (target->written > 0)
        print_next_steps(target);
    else
        out_line(stdout, "nothing to do");
    return true;
}

/* ---- more queries ------------------------------------------------------ */

/* A query of a preset is also meant by its name without the preset, and a pair
 * by its name without the folder. */
static bool
no_such_query(struct target *target, struct span name, struct err *err)
{
    const char *wrong = arena_dup(&target->arena, name);
    struct nearest nearest = nearest_to(wrong);
    const char *meant = NULL;
    struct ready_query query;

    for (size_t i = 0; init_ready_query(i, &query); i++) {
        const char *full = arena_dup(&target->arena, query.name);
        const char *slash = strchr(full, '/');

        nearest_try(&nearest, full);
        if (span_starts(query.name, PAIRS))
            nearest_try(&nearest, full + strlen(PAIRS));
        if (slash != NULL && strcmp(slash + 1, wrong) == 0)
            meant = full;
    }
    err_set(err, MSG_UNKNOWN_READY_QUERY, "unknown ready query \"%.60s\"",
            wrong);
    if (meant != NULL || nearest.best != NULL)
        err_hint(err, "did you mean %s?", meant != NULL ? meant : nearest.best);
    return false;
}

/* The path of a query in the folder of its store or source, which is created:
 * "queries/github/issues.graphql"; or that of a file of a pair. NULL for an
 * error. */
static const char *
place_file(struct target *target, const struct ready_file *file,
           struct err *err)
{
    const char *kind = is_pair(file) ? "mutations" : "queries";
    const char *slash = strchr(file->name, '/');
    const char *base = slash != NULL ? slash + 1 : file->name;
    const char *store = target->store;
    const char *folder;

    if (store == NULL && slash != NULL && !is_pair(file))
        store = arena_dup(&target->arena,
                          span_of(file->name, (size_t)(slash - file->name)));
    if (store == NULL)
        return arena_printf(&target->arena, "%s/%s", kind, base);
    folder = arena_printf(&target->arena, "%s/%s", kind, store);
    if (!make_folder(path_in(target, folder), err))
        return NULL;
    return arena_printf(&target->arena, "%s/%s", folder, base);
}

static bool
add_file(struct target *target, const struct ready_file *file, struct err *err)
{
    const char *path = place_file(target, file, err);

    return path != NULL && write_file(target, path, file->text, err);
}

/* A file that exists is not changed, so the store is not asked. */
static bool
add_with_metafields(struct target *target, const struct ready_file *file,
                    struct err *err)
{
    const char *path = place_file(target, file, err);
    const char *text = file->text;
    size_t count = 0;

    if (path == NULL)
        return false;
    if (target->metafields != NULL &&
        access(path_in(target, path), F_OK) != 0) {
        if (!metafields_add(target->metafields, &target->arena, &text, &count,
                            err))
            return false;
        out_line(stdout, "%.*s: %zu metafields", SPAN_ARG(query_of(file).name),
                 count);
    }
    return write_file(target, path, text, err);
}

/* The SELECT of a pair. */
static const struct ready_file *
sql_of(struct target *target, const struct ready_file *file)
{
    int length = (int)(strlen(file->name) - strlen(SUFFIX));

    return find_shipped(span_str(
        arena_printf(&target->arena, "%.*s" SQL_SUFFIX, length, file->name)));
}

static bool
add_query(struct target *target, struct span name, struct err *err)
{
    const struct ready_file *file = find_query(&target->arena, name);

    if (file == NULL)
        return no_such_query(target, name, err);
    if (!is_pair(file))
        return make_folders(target, "queries", err) &&
               add_with_metafields(target, file, err);
    return make_folders(target, "mutations", err) &&
           add_file(target, file, err) &&
           add_file(target, sql_of(target, file), err);
}

/* `names` is "orders,inventory". */
static bool
add_queries(struct target *target, const char *names, struct err *err)
{
    for (;;) {
        size_t length = strcspn(names, ",");

        if (!add_query(target, span_trim(span_of(names, length)), err))
            return false;
        if (names[length] == '\0')
            return true;
        names += length + 1;
    }
}

static struct target
target_of(const struct options *options)
{
    return (struct target){
        .directory = options->argument_count > 0 ? options->arguments[0] : ".",
        .store = options->stores != NULL ? options->stores[0] : NULL};
}

static int
end(struct target *target, bool ok, const struct err *err)
{
    if (!ok)
        log_failure(LOG_ERROR, NULL, "init failed", err);
    arena_free(&target->arena);
    return ok ? EX_OK : err_exit_status(err->kind);
}

/* ---- metafields -------------------------------------------------------- */

static bool
check_options(const struct options *options, struct err *err)
{
    if (options->add == NULL || options->list)
        return err_set(err, MSG_BAD_ARGUMENTS, "--metafields needs --add");
    if (options->argument_count == 0)
        return true;
    err_set(err, MSG_BAD_ARGUMENTS,
            "init --metafields reads bulkpg.ini in the current folder, so it "
            "takes no DIR");
    return err_hint(err, "write -C DIR before init");
}

/* May the store be meant? Without --store, a source is not. */
static bool
is_candidate(const struct context *context, const struct store_state *store)
{
    const char *const *names = context->options->stores;

    return context_wants_store(context, store->config) &&
           (store->config->preset == NULL ||
            (names != NULL && names[0] != NULL));
}

/* The only store that is enabled, or the one of --store. One with a fault
 * counts only if there is no other. */
static bool
choose_store(struct context *context, struct store_state **store,
             struct err *err)
{
    size_t count[2] = {0, 0};
    struct store_state *found[2] = {NULL, NULL};
    bool faulty;

    for (size_t i = 0; i < context->config.store_count; i++) {
        struct store_state *one = &context->stores[i];
        bool has_fault = one->config->fault.kind != ERR_NONE;

        if (is_candidate(context, one))
            found[has_fault] = one;
        count[has_fault] += is_candidate(context, one);
    }
    faulty = count[false] == 0;
    *store = found[faulty];
    return count[faulty] == 1 ||
           err_set(err, MSG_SEVERAL_STORES,
                   "init --metafields asks one store, but %zu are selected",
                   count[faulty]);
}

static bool
find_store(struct context *context, struct store_state **store, struct err *err)
{
    if (!choose_store(context, store, err))
        return false;
    if ((*store)->config->fault.kind != ERR_NONE) {
        *err = (*store)->config->fault;
        return false;
    }
    if ((*store)->config->preset == NULL)
        return true;
    err_set(err, MSG_BAD_ARGUMENTS,
            "%s is a source, and only stores define metafields",
            (*store)->config->name);
    return err_hint(err, "leave out --metafields, or name a store");
}

static bool
list_metafields(void *ctx, const char *owner, struct arena *arena,
                struct metafield **first, struct err *err)
{
    struct store_state *store = ctx;
    struct log_ctx log = {.store = store->config->name};

    return metafields_list(store_session(store->context, store), owner, &log,
                           arena, first, err);
}

static int
add_asking(struct context *context)
{
    struct target target = target_of(context->options);
    struct metafields_source source = {.list = list_metafields};
    struct store_state *store = NULL;
    struct err err = {0};
    bool ok = check_options(context->options, &err) &&
              context_configure(context, &err) &&
              find_store(context, &store, &err);

    source.ctx = store;
    target.metafields = &source;
    return end(&target, ok && add_queries(&target, context->options->add, &err),
               &err);
}

/* ---- the command ------------------------------------------------------- */

int
command_init(const struct options *options)
{
    struct target target = target_of(options);
    struct err err = {0};
    bool ok;

    if (options->metafields)
        return process_run(options, add_asking);
    if (options->list)
        return list_queries();
    ok = options->add != NULL ? add_queries(&target, options->add, &err)
                              : start(&target, &err);
    return end(&target, ok, &err);
}
