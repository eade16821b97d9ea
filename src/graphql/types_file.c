/*
 *     map the file ─┬─► JSON: index all types by name, sort   entries
 *                   └─► SDL: parse it                         sdl
 *     find a type  ─┬─► entries: a part of the mapped file
 *                   └─► sdl: an object that is written when it is asked for
 *
 * An introspection result has megabytes, and a query needs few of its types. So
 * the JSON is walked once, and only the places of the types are kept. A type's
 * name is found before its end: on_found() keeps it until then.
 *
 * Hazard. Spans point into the mapped file. If another process shortens the
 * file meanwhile, reading them ends the program with SIGBUS.
 */
#include "graphql/types_file.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/unreadable.h"
#include "graphql/sdl.h"
#include "graphql/sdl_json.h"
#include "json/index.h"

struct entry {
    const char *name;
    size_t offset; /* of the introspection object in the file */
    size_t length;
};

struct gql_types_file {
    struct arena names;
    struct span text; /* the mapped file */
    const char *query_type;
    const char *mutation_type; /* NULL: none */
    struct entry *entries;     /* sorted by name */
    size_t count, capacity;
    bool is_full;
    const char *name; /* while indexing: of the type that ends next */
    struct sdl *sdl;  /* instead of the entries, if the file is SDL */
};

enum {
    TYPES_MOST = 100000,
    SDL_BYTES = 32 * 1024 * 1024,
    TYPE_BYTES = 8 * 1024 * 1024 /* of one type as JSON */
};

/* The values to find: first with the envelope "data", as a server sends it,
 * then without, in the same order. */
enum { QUERY_TYPE_NAME, MUTATION_TYPE_NAME, TYPE_NAME, TYPE, WANTED };

static const char *const paths[] = {
    "data.__schema.queryType.name", "data.__schema.mutationType.name",
    "data.__schema.types[].name",   "data.__schema.types[]",
    "__schema.queryType.name",      "__schema.mutationType.name",
    "__schema.types[].name",        "__schema.types[]",
};

static void
add_entry(struct gql_types_file *file, struct span source)
{
    if (file->count == file->capacity) {
        file->capacity = file->capacity > 0 ? 2 * file->capacity : 256;
        file->entries = mem_resize(file->entries,
                                   file->capacity * sizeof(file->entries[0]));
    }
    file->entries[file->count++] = (struct entry){
        .name = file->name,
        .offset = (size_t)(source.bytes - file->text.bytes),
        .length = source.length,
    };
}

static void
on_found(void *ctx, size_t path, struct span source, struct span text)
{
    struct gql_types_file *file = ctx;

    switch (path % WANTED) {
    case QUERY_TYPE_NAME:
        file->query_type = arena_dup(&file->names, text);
        break;
    case MUTATION_TYPE_NAME:
        if (text.length > 0)
            file->mutation_type = arena_dup(&file->names, text);
        break;
    case TYPE_NAME:
        file->name = arena_dup(&file->names, text);
        break;
    case TYPE:
        if (file->name != NULL && file->count < TYPES_MOST)
            add_entry(file, source);
        else if (file->name != NULL)
            file->is_full = true;
        file->name = NULL;
        break;
    }
}

static int
compare_names(const void *a, const void *b)
{
    const struct entry *left = a, *right = b;

    return strcmp(left->name, right->name);
}

static bool
index_json(struct gql_types_file *file, const char *path, struct err *err)
{
    if (!json_index(file->text, paths, sizeof(paths) / sizeof(paths[0]),
                    on_found, file, err)) {
        err->kind = ERR_CONFIG;
        return err_wrap(err, "%s", path);
    }
    if (file->count == 0 || file->query_type == NULL)
        return err_set(err, MSG_TYPES_FILE,
                       "%s: not an introspection result: \"__schema\" with "
                       "\"queryType\" and \"types\" is missing",
                       path);
    if (file->is_full)
        return err_set(err, MSG_TYPES_FILE, "%s: more than %d types", path,
                       TYPES_MOST);
    qsort(file->entries, file->count, sizeof(file->entries[0]), compare_names);
    return true;
}

/* ---- SDL ---------------------------------------------------------------- */

/* An introspection result begins with a bracket. SDL begins with a name, a
 * comment, or the quotation marks of a description. */
static bool
is_sdl(struct span text)
{
    if (span_starts(text, "\xef\xbb\xbf"))
        text = span_tail(text, 3);
    while (text.length > 0 && strchr(" \t\r\n,", text.bytes[0]) != NULL)
        text = span_tail(text, 1);
    return text.length > 0 && (strchr("#\"", text.bytes[0]) != NULL ||
                               isalpha((unsigned char)text.bytes[0]) != 0);
}

static bool
read_sdl(struct gql_types_file *file, const char *path, struct err *err)
{
    if (file->text.length > SDL_BYTES)
        return err_set(err, MSG_TYPES_FILE, "%s: over 32 MiB long", path);
    file->sdl = arena_alloc(&file->names, sizeof(*file->sdl));
    if (!sdl_parse(&file->names, arena_strdup(&file->names, path), file->text,
                   file->sdl, err))
        return false;
    file->query_type = file->sdl->query_type;
    file->mutation_type = file->sdl->mutation_type;
    return true;
}

/* Write the type as an introspection object, which lives as long as the
 * file. */
static bool
find_in_sdl(struct gql_types_file *file, const char *name, struct span *json)
{
    const struct sdl_type *type = dict_get(&file->sdl->by_name, name);
    struct buf text = buf_with_ceiling(TYPE_BYTES);

    if (type == NULL)
        return false;
    sdl_json_write(file->sdl, type, &text);
    *json = span_of(arena_dup(&file->names, buf_span(&text)), text.length);
    buf_free(&text);
    return true;
}

/* ---- files -------------------------------------------------------------- */

static bool
map_text(int fd, const char *path, struct span *text, struct err *err)
{
    struct stat stat;
    void *bytes;

    if (fstat(fd, &stat) != 0)
        return err_set(err, MSG_TYPES_FILE, "%s: %s", path, strerror(errno));
    if (!S_ISREG(stat.st_mode) || stat.st_size == 0)
        return err_set(err, MSG_TYPES_FILE, "%s: %s", path,
                       S_ISREG(stat.st_mode) ? "the file is empty"
                                             : "not a regular file");
    bytes = mmap(NULL, (size_t)stat.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (bytes == MAP_FAILED)
        return err_set(err, MSG_TYPES_FILE, "%s: %s", path, strerror(errno));
    *text = span_of(bytes, (size_t)stat.st_size);
    return true;
}

static bool
cannot_open(const char *path, struct err *err)
{
    int why = errno;

    err_set(err, MSG_TYPES_FILE, "%s: %s", path, strerror(why));
    err_hint(err, "create the file with bulkpg types --store S > FILE");
    return unreadable_hint(err, path, why, false);
}

static bool
map_file(const char *path, struct span *text, struct err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool mapped;

    if (fd < 0)
        return cannot_open(path, err);
    mapped = map_text(fd, path, text, err);
    close(fd);
    return mapped;
}

static bool
index_types(struct gql_types_file *file, const char *path, struct err *err)
{
    return is_sdl(file->text) ? read_sdl(file, path, err)
                              : index_json(file, path, err);
}

bool
gql_types_file_open(const char *path, struct gql_types_file **file,
                    struct err *err)
{
    struct gql_types_file *made = mem_alloc(sizeof(*made));

    if (!map_file(path, &made->text, err) || !index_types(made, path, err)) {
        gql_types_file_free(made);
        return false;
    }
    *file = made;
    return true;
}

const char *
gql_types_file_query_type(const struct gql_types_file *file)
{
    return file->query_type;
}

const char *
gql_types_file_mutation_type(const struct gql_types_file *file)
{
    return file->mutation_type;
}

bool
gql_types_file_find(struct gql_types_file *file, const char *name,
                    struct span *json)
{
    struct entry key = {.name = name};
    const struct entry *found;

    if (file->sdl != NULL)
        return find_in_sdl(file, name, json);
    found =
        bsearch(&key, file->entries, file->count, sizeof(key), compare_names);
    if (found == NULL)
        return false;
    *json = span_of(file->text.bytes + found->offset, found->length);
    return true;
}

void
gql_types_file_free(struct gql_types_file *file)
{
    if (file == NULL)
        return;
    if (file->text.bytes != NULL)
        munmap((void *)(uintptr_t)file->text.bytes, file->text.length);
    free(file->entries);
    arena_free(&file->names);
    free(file);
}
