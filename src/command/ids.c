/*
 *     file ─► ids_read(): the lines, trimmed and checked to be text
 *          ─► ids_of_job(), with the plan: find the root, make gids of numbers,
 *             sort, remove equal ids
 *
 * The file is read before the query is planned, so only ids_of_job() knows
 * which ids are valid. In a store they are gids of the root's type. Other APIs
 * get the lines as they are.
 *
 * Hazard. An id without a row counts as gone, and its row is removed. So an id
 * of another type is refused, and so is a query whose roots cannot be fetched
 * by their ids (job/by_ids.h).
 */
#include "command/ids.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/read_file.h"
#include "base/unreadable.h"
#include "base/utf8.h"
#include "job/by_ids.h"
#include "plan/pages.h"

enum {
    IDS_MIB = 16,
    IDS_BYTES = IDS_MIB * 1024 * 1024,
    ID_BYTES = 1024,
    GID_NUMBER_DIGITS = 19
};

/* ---- reading --------------------------------------------------------- */

static bool
read_input(struct buf *text)
{
    for (;;) {
        char *to = buf_reserve(text, 64 * 1024);
        ssize_t got;

        if (to == NULL)
            return false;
        got = (ssize_t)fread(to, 1, 64 * 1024, stdin);
        buf_extend(text, (size_t)got);
        if (got == 0)
            return ferror(stdin) == 0;
    }
}

static bool
read_text(const char *path, struct buf *text, struct err *err)
{
    enum read_file_end end = READ_FILE_OK;
    int why;

    errno = 0;
    if (strcmp(path, "-") == 0) {
        if (!read_input(text))
            end = text->overflowed ? READ_FILE_TOO_LONG : READ_FILE_FAILED;
    } else {
        end = read_file_text(path, text, NULL);
    }
    why = errno;
    if (end == READ_FILE_OK)
        return true;
    err_set(err, MSG_BAD_IDS, "cannot read %s: %s",
            strcmp(path, "-") == 0 ? "standard input" : path,
            end == READ_FILE_TOO_LONG      ? "it has more than 16 MiB"
            : end == READ_FILE_NOT_REGULAR ? "it is not a regular file"
                                           : strerror(why));
    return end == READ_FILE_FAILED && unreadable_hint(err, path, why, false);
}

static bool
is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static struct span
trim(struct span line)
{
    while (line.length > 0 && is_space(line.bytes[0]))
        line = span_tail(line, 1);
    while (line.length > 0 && is_space(line.bytes[line.length - 1]))
        line.length--;
    return line;
}

static bool
bad_line(const struct ids *ids, int number, const char *what, struct err *err)
{
    return err_set(err, MSG_BAD_IDS, "%s:%d: %s", ids->name, number, what);
}

static bool
is_plain(struct span line)
{
    size_t at;

    for (size_t i = 0; i < line.length; i++)
        if ((unsigned char)line.bytes[i] < ' ' || line.bytes[i] == 0x7f)
            return false;
    return utf8_is_valid(line, &at);
}

static bool
add_line(struct ids *ids, struct span line, int number, struct arena *arena,
         struct err *err)
{
    line = trim(line);
    if (line.length == 0)
        return true;
    if (line.length > ID_BYTES)
        return bad_line(ids, number, "the line is too long for an id", err);
    if (!is_plain(line))
        return bad_line(ids, number, "the line is not text", err);
    ids->lines[ids->count++] =
        (struct ids_line){.text = arena_dup(arena, line), .number = number};
    return true;
}

static size_t
count_lines(struct span text)
{
    size_t count = 1;

    for (size_t i = 0; i < text.length; i++)
        count += text.bytes[i] == '\n';
    return count;
}

static bool
split(struct ids *ids, struct span text, struct arena *arena, struct err *err)
{
    int number = 1;

    ids->lines = arena_array(arena, count_lines(text), sizeof(*ids->lines));
    while (text.length > 0) {
        const char *end = memchr(text.bytes, '\n', text.length);
        size_t length = end != NULL ? (size_t)(end - text.bytes) : text.length;

        if (!add_line(ids, span_head(text, length), number++, arena, err))
            return false;
        text = span_tail(text, end != NULL ? length + 1 : length);
    }
    return true;
}

bool
ids_read(struct ids *ids, const char *path, struct arena *arena,
         struct err *err)
{
    struct buf text = buf_with_ceiling(IDS_BYTES);
    bool ok;

    *ids =
        (struct ids){.name = strcmp(path, "-") == 0 ? "standard input" : path};
    ok = read_text(path, &text, err) && split(ids, buf_span(&text), arena, err);
    buf_free(&text);
    return ok;
}

/* ---- for a job ------------------------------------------------------- */

static bool
is_number(const char *text)
{
    size_t digits = strspn(text, "0123456789");

    return digits > 0 && digits <= GID_NUMBER_DIGITS && text[digits] == '\0';
}

/* Is it gid://shopify/TYPE/..., with one of the types of the table's rows? */
static bool
is_gid_of(const struct plan_table *table, const char *text)
{
    static const char beginning[] = "gid://shopify/";
    const size_t skipped = sizeof(beginning) - 1;
    size_t length;

    if (strncmp(text, beginning, skipped) != 0)
        return false;
    text += skipped;
    length = strcspn(text, "/");
    if (text[length] != '/' || text[length + 1] == '\0')
        return false;
    if (table->is_abstract)
        return true;
    return strlen(table->node_type) == length &&
           strncmp(text, table->node_type, length) == 0;
}

static const char *
gid_of(const struct ids *ids, const struct ids_line *line,
       const struct plan_table *table, struct arena *arena, struct err *err)
{
    if (is_number(line->text) && !table->is_abstract)
        return arena_printf(arena, "gid://shopify/%s/%s", table->node_type,
                            line->text);
    if (is_gid_of(table, line->text))
        return line->text;
    bad_line(ids, line->number,
             arena_printf(arena, "\"%.100s\" is not an id of %s", line->text,
                          table->node_type),
             err);
    return NULL;
}

static int
compare_texts(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* A number and a gid may be the same id. */
static int
remove_equal(const char **texts, size_t count)
{
    int kept = 0;

    qsort(texts, count, sizeof(*texts), compare_texts);
    for (size_t i = 0; i < count; i++)
        if (kept == 0 || strcmp(texts[kept - 1], texts[i]) != 0)
            texts[kept++] = texts[i];
    return kept;
}

bool
ids_of_job(const struct ids *ids, struct job *job, struct err *err)
{
    struct job_ids *mine;
    const struct pages_connection *root = by_ids_root(job, err);
    const char **texts;

    if (root == NULL)
        return false;
    texts = arena_array(&job->arena, ids->count, sizeof(*texts));
    for (size_t i = 0; i < ids->count; i++) {
        texts[i] =
            job->plan->dialect->ids_are_gids
                ? gid_of(ids, &ids->lines[i], root->table, &job->arena, err)
                : ids->lines[i].text;
        if (texts[i] == NULL)
            return false;
    }
    mine = arena_alloc(&job->arena, sizeof(*mine));
    *mine = (struct job_ids){.list = texts,
                             .count = remove_equal(texts, ids->count)};
    job->ids = mine;
    return true;
}
