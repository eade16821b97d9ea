/*
 * Counts are JSON strings, as the store sends them.
 *
 * Hazards. A user may have edited the file, so its size is limited, and a count
 * that is not valid is an error: a result must not be loaded unchecked.
 */
#include "source/sidecar.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/read_file.h"
#include "base/unreadable.h"
#include "json/tree.h"
#include "json/write.h"
#include "source/keep.h"

enum { SIDECAR_BYTES_MAX = 512 * 1024, SHOWN_DIGITS = 8 };

/* gzip and zstd append these to a name. */
static const char *const packed_endings[] = {".gz", ".zst"};

/* ---- reading ----------------------------------------------------------- */

/* The text of a sidecar; NULL, and errno is set, if it cannot be read. */
static char *
read_text(const char *path, struct arena *arena)
{
    struct buf text = buf_with_ceiling(SIDECAR_BYTES_MAX);
    char *kept = NULL;

    int why = 0;

    if (read_file_text(path, &text, NULL) == READ_FILE_OK)
        kept = arena_dup(arena, buf_span(&text));
    else
        why = errno;
    buf_free(&text);
    errno = why;
    return kept;
}

/* The name before compression. */
static bool
unpacked_path(const char *path, char unpacked[KEEP_PATH_BYTES])
{
    for (size_t i = 0; i < sizeof(packed_endings) / sizeof(char *); i++) {
        size_t length = strlen(path), ending = strlen(packed_endings[i]);

        if (length <= ending || length - ending >= KEEP_PATH_BYTES ||
            strcmp(path + length - ending, packed_endings[i]) != 0)
            continue;
        memcpy(unpacked, path, length - ending);
        unpacked[length - ending] = '\0';
        return true;
    }
    return false;
}

/* The sidecar of `file`, or else of the file before compression; `path`
 * becomes the sidecar's path. */
static char *
find_text(const char *file, char path[KEEP_PATH_BYTES], struct arena *arena)
{
    char unpacked[KEEP_PATH_BYTES];
    char *text = NULL;

    if (keep_sidecar_path(file, path))
        text = read_text(path, arena);
    if (text == NULL && errno == ENOENT && unpacked_path(file, unpacked) &&
        keep_sidecar_path(unpacked, path))
        text = read_text(path, arena);
    return text;
}

static bool
take_claim(const struct json *meta, const char *key, int64_t *claim,
           struct err *err)
{
    const struct json *said = json_get(meta, key);
    int64_t value;

    if (said == NULL || said->kind == JSON_NULL)
        return true;
    if (!json_int64(said, &value) || value < 0)
        return err_set(err, MSG_BAD_JSON, "%s is not a count", key);
    *claim = value;
    return true;
}

static const char *
keep_text(const struct json *meta, const char *key, struct arena *arena)
{
    const char *text = json_str(json_get(meta, key));

    return text != NULL ? arena_strdup(arena, text) : "";
}

/* A window of another form counts, too. */
static const char *
keep_window(const struct json *said, struct arena *arena)
{
    if (said == NULL || said->kind == JSON_NULL)
        return NULL;
    return said->kind == JSON_STRING ? arena_strdup(arena, json_str(said))
                                     : "some objects";
}

static const char *const *
keep_texts(const struct json *list, struct arena *arena)
{
    const char **texts;
    size_t count = 0, n = 0;

    if (list == NULL || list->kind != JSON_ARRAY)
        return NULL;
    for (const struct json *j = list->first; j != NULL; j = j->next)
        count++;
    texts = arena_array(arena, count + 1, sizeof(*texts));
    for (const struct json *j = list->first; j != NULL; j = j->next)
        if (j->kind == JSON_STRING)
            texts[n++] = arena_strdup(arena, json_str(j));
    return texts;
}

/* `scratch` holds the text and the JSON tree, `arena` the members that are
 * kept. */
static bool
take_all(struct sidecar *sidecar, const char *text, struct arena *scratch,
         struct arena *arena, struct err *err)
{
    struct source_claims *claims = &sidecar->claims;
    struct json *meta;

    if (!json_parse(scratch, span_str(text), &meta, err) ||
        !take_claim(meta, "objectCount", &claims->object_count, err) ||
        !take_claim(meta, "rootObjectCount", &claims->root_object_count, err) ||
        !take_claim(meta, "fileSize", &claims->file_size, err))
        return false;
    sidecar->store = keep_text(meta, "store", arena);
    sidecar->job = keep_text(meta, "job", arena);
    sidecar->created_at = keep_text(meta, "createdAt", arena);
    sidecar->plan_hash = keep_text(meta, "planHash", arena);
    sidecar->partial = keep_text(meta, "partial", arena);
    if (sidecar->partial[0] == '\0')
        sidecar->partial = NULL;
    sidecar->window = keep_window(json_get(meta, "window"), arena);
    sidecar->left_out = keep_texts(json_get(meta, "leftOut"), arena);
    return true;
}

static bool
cannot_read(const char *path, struct err *err)
{
    int why = errno;

    err_set(err, MSG_CANNOT_READ, "cannot read %s: %s", path, strerror(why));
    err_as(err, ERR_CONFIG);
    return unreadable_hint(err, path, why, false);
}

bool
sidecar_read(const char *path, struct arena *arena, struct sidecar *sidecar,
             struct err *err)
{
    struct arena scratch = {0};
    char found[KEEP_PATH_BYTES];
    const char *text;
    bool done = true;

    *sidecar = (struct sidecar){.claims = {.who = "its sidecar",
                                           .object_count = -1,
                                           .root_object_count = -1,
                                           .file_size = -1},
                                .store = "",
                                .job = "",
                                .created_at = "",
                                .plan_hash = ""};
    if (strcmp(path, "-") == 0)
        return true;
    text = find_text(path, found, &scratch);
    if (text == NULL && errno != ENOENT)
        return cannot_read(found, err);
    if (text != NULL && !take_all(sidecar, text, &scratch, arena, err)) {
        done = err_wrap(err, "%s", found);
        err_as(err, ERR_CONFIG);
    }
    arena_free(&scratch);
    return done;
}

/* Which query it is the result of, " (job a of store b, of TIME)". Earlier
 * versions did not write the job. */
static void
describe(const struct sidecar *sidecar, struct buf *text)
{
    const char *between = " (";

    if (sidecar->job[0] != '\0') {
        buf_printf(text, "%sjob %s", between, sidecar->job);
        if (sidecar->store[0] != '\0')
            buf_printf(text, " of store %s", sidecar->store);
        between = ", ";
    }
    if (sidecar->created_at[0] != '\0') {
        buf_printf(text, "%sof %s", between, sidecar->created_at);
        between = ", ";
    }
    if (between[0] == ',')
        buf_append_str(text, ")");
}

bool
sidecar_check_plan(const struct sidecar *sidecar, const char *path,
                   const char *plan_hash, struct err *err)
{
    struct buf text = buf_with_ceiling(SIDECAR_BYTES_MAX);

    if (sidecar->plan_hash[0] == '\0' ||
        strcmp(sidecar->plan_hash, plan_hash) == 0)
        return true;
    describe(sidecar, &text);
    err_set(err, MSG_OTHER_QUERY,
            "%s is the result of another query%s: its plan is %.*s, the plan "
            "of this query is %.*s",
            path, buf_str(&text), SHOWN_DIGITS, sidecar->plan_hash,
            SHOWN_DIGITS, plan_hash);
    buf_free(&text);
    return false;
}

/* ---- writing ----------------------------------------------------------- */

/* Counts are JSON strings, as in the store's answers. */
static void
put_count(struct json_out *json, const char *key, int64_t count)
{
    char digits[32];

    snprintf(digits, sizeof(digits), "%" PRId64, count);
    json_out_text(json, key, count >= 0 ? digits : NULL);
}

static void
put_texts(struct json_out *json, const char *key, const char *const *texts)
{
    if (texts == NULL)
        return;
    json_out_key(json, key);
    json_out_open(json, '[');
    for (; *texts != NULL; texts++)
        json_out_string(json, *texts);
    json_out_close(json, ']');
}

const char *
sidecar_window(const char *from, const char *to, struct arena *arena)
{
    if (from == NULL && to == NULL)
        return NULL;
    return arena_printf(arena, "%s%s%s%s%s", from != NULL ? "from " : "",
                        from != NULL ? from : "",
                        from != NULL && to != NULL ? " " : "",
                        to != NULL ? "to " : "", to != NULL ? to : "");
}

void
sidecar_write(const struct sidecar *sidecar, struct buf *text)
{
    const struct source_claims *claims = &sidecar->claims;
    struct json_out *json = json_out_new(text);

    json_out_open(json, '{');
    json_out_text(json, "id", sidecar->id);
    json_out_text(json, "store", sidecar->store);
    json_out_text(json, "job", sidecar->job);
    json_out_text(json, "createdAt", sidecar->created_at);
    json_out_text(json, "completedAt", sidecar->completed_at);
    put_count(json, "objectCount", claims->object_count);
    put_count(json, "rootObjectCount", claims->root_object_count);
    put_count(json, "fileSize", claims->file_size);
    json_out_text(json, "planHash", sidecar->plan_hash);
    json_out_text(json, "document", sidecar->document);
    if (sidecar->partial != NULL)
        json_out_text(json, "partial", sidecar->partial);
    if (sidecar->window != NULL)
        json_out_text(json, "window", sidecar->window);
    put_texts(json, "leftOut", sidecar->left_out);
    json_out_close(json, '}');
    json_out_free(json);
    buf_append_char(text, '\n');
}
