/* A file is read in two passes. The first pass is here: it numbers the lines,
 * finds faults, and turns faulty lines into comments. In the second pass
 * libini_config splits the lines into keys and values. Each entry then gets the
 * number of its line.
 *
 * libini_config 0.6.2 handles faults badly, as tests with it showed:
 * - a key on the first line, before any section, is lost;
 * - a section that appears twice is merged into the first one; if it is asked
 *   to report both that and a key that appears twice, it crashes;
 * - a name with '.', '!' or a byte over 127 ends the parse with EINVAL and
 *   without a line number;
 * - one bad line discards the good ones;
 * - sections have no line numbers;
 * - an empty file cannot be read. */
#include "config/ini.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <ini_configobj.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/read_file.h"
#include "base/unreadable.h"

enum { FILE_BYTES = 1024 * 1024, MESSAGE_BYTES = 400 };

struct reader {
    struct arena *arena;
    const char *path;
    struct buf text;
    struct ini_section *first;
    struct ini_section *last;
    unsigned line;
    size_t pairs; /* lines that are "key = value" */
    size_t taken; /* of these, those that libini returned */
};

static bool
fail(const struct reader *reader, unsigned line, struct err *err,
     const char *message)
{
    return err_set(err, MSG_CONFIG_SYNTAX, "%s:%u: %s", reader->path, line,
                   message);
}

static bool
cannot_read(const struct reader *reader, struct err *err)
{
    int why = errno;

    err_set(err, MSG_CONFIG_FILE, "cannot read %s: %s", reader->path,
            strerror(why));
    return unreadable_hint(err, reader->path, why, true);
}

static bool
read_whole(struct reader *reader, struct err *err)
{
    switch (read_file_text(reader->path, &reader->text, NULL)) {
    case READ_FILE_OK:
        return true;
    case READ_FILE_FAILED:
        return cannot_read(reader, err);
    case READ_FILE_NOT_REGULAR:
        return err_set(err, MSG_CONFIG_FILE, "%s is not a regular file",
                       reader->path);
    case READ_FILE_TOO_LONG:
        break;
    }
    return err_set(err, MSG_CONFIG_FILE, "%s is over 1 MiB long", reader->path);
}

/* ---- the lines, before libini sees them -------------------------------- */

static bool
is_blank(struct span line)
{
    return span_trim(line).length == 0;
}

static bool
is_comment(struct span line)
{
    return line.bytes[0] == '#' || line.bytes[0] == ';';
}

/* Letters, digits and the characters `others`. */
static bool
is_name_with(struct span name, const char *others)
{
    for (size_t i = 0; i < name.length; i++) {
        unsigned char c = (unsigned char)name.bytes[i];

        if (c == '\0' || !isascii(c) ||
            (!isalnum(c) && strchr(others, c) == NULL))
            return false;
    }
    return true;
}

static bool
is_name(struct span name)
{
    return is_name_with(name, " _-*");
}

/* Length of the UTF-8 character at the start of `text`; 0 if it is not
 * valid. */
static size_t
character_length(struct span text)
{
    unsigned char first = (unsigned char)text.bytes[0];
    size_t length = first < 0x80                    ? 1
                    : first >= 0xc2 && first < 0xe0 ? 2
                    : first >= 0xe0 && first < 0xf0 ? 3
                    : first >= 0xf0 && first < 0xf5 ? 4
                                                    : 0;

    if (length > text.length || first == '\0')
        return 0;
    for (size_t i = 1; i < length; i++)
        if (((unsigned char)text.bytes[i] & 0xc0) != 0x80)
            return 0;
    return length;
}

static bool
is_text(struct span line)
{
    while (line.length > 0) {
        size_t length = character_length(line);

        if (length == 0)
            return false;
        line = span_tail(line, length);
    }
    return true;
}

static bool
check_new(struct reader *reader, const char *name, struct err *err)
{
    for (struct ini_section *s = reader->first; s != NULL; s = s->next)
        if (strcasecmp(s->name, name) == 0)
            return err_set(err, MSG_CONFIG_DUPLICATE,
                           "%s:%u: section [%s] appears twice, first at %s:%u",
                           reader->path, reader->line, name, s->path, s->line);
    return true;
}

static bool
add_section(struct reader *reader, struct span line, struct err *err)
{
    struct ini_section *section;
    struct span name;

    line = span_trim(line);
    if (line.bytes[line.length - 1] != ']')
        return fail(reader, reader->line, err,
                    "the line of a section must end with \"]\"");
    name = span_trim(span_of(line.bytes + 1, line.length - 2));
    if (name.length == 0 || !is_name(name))
        return err_set(err, MSG_CONFIG_SYNTAX,
                       "%s:%u: [%.*s] is not a section: a name has letters, "
                       "digits, _ and -",
                       reader->path, reader->line,
                       (int)(name.length < 100 ? name.length : 100),
                       name.bytes);
    section = arena_alloc(reader->arena, sizeof(*section));
    section->name = arena_dup(reader->arena, name);
    section->path = reader->path;
    section->line = reader->line;
    if (!check_new(reader, section->name, err))
        return false;
    if (reader->last != NULL)
        reader->last->next = section;
    else
        reader->first = section;
    reader->last = section;
    return true;
}

static struct ini_section *
section_at(struct reader *reader, unsigned line)
{
    struct ini_section *found = reader->first;

    for (struct ini_section *s = found; s != NULL && s->line <= line;
         s = s->next)
        found = s;
    return found;
}

/* Keeps the first fault that is found in a section. */
static void
note_fault(struct reader *reader, unsigned line, const char *message)
{
    struct ini_section *section = section_at(reader, line);

    if (section != NULL && section->fault.kind == ERR_NONE)
        fail(reader, line, &section->fault, message);
}

/* Only the key of a header has a dot: header.Authorization. */
static bool
is_key(struct span name)
{
    size_t prefix = strlen("header.");

    if (name.length > prefix && strncasecmp(name.bytes, "header.", prefix) == 0)
        name = span_tail(name, prefix);
    return is_name_with(name, " _-");
}

static const char *
fault_of_entry(struct span line)
{
    const char *equal = memchr(line.bytes, '=', line.length);
    struct span key;

    if (line.bytes[0] == ' ' || line.bytes[0] == '\t')
        return "a line must not be indented";
    if (equal == NULL)
        return "a line must be \"key = value\"";
    key = span_trim(span_of(line.bytes, (size_t)(equal - line.bytes)));
    if (key.length == 0)
        return "the key before the \"=\" is missing";
    if (!is_key(key) || key.length > 255)
        return "a key may have only letters, digits, _ and -";
    return NULL;
}

/* libini does not accept a dot in a key. It sees an asterisk instead, which no
 * key has. */
static void
hide_dots(struct reader *reader, struct span line)
{
    char *c = reader->text.bytes + (line.bytes - reader->text.bytes);

    for (; *c != '='; c++)
        if (*c == '.')
            *c = '*';
}

static const char *
show_dots(struct arena *arena, const char *key)
{
    char *shown = arena_strdup(arena, key);

    for (char *c = shown; *c != '\0'; c++)
        if (*c == '*')
            *c = '.';
    return shown;
}

/* `line` is in the reader's own text. A faulty line is turned into a comment,
 * so that the rest can be parsed. */
static bool
look_at_line(struct reader *reader, struct span line, struct err *err)
{
    const char *fault;

    if (!is_text(line))
        return fail(reader, reader->line, err, "the file is not UTF-8 text");
    if (is_blank(line) || is_comment(line))
        return true;
    if (line.bytes[0] == '[')
        return add_section(reader, line, err);
    if (reader->last == NULL)
        return fail(reader, reader->line, err, "text outside of a section");
    fault = fault_of_entry(line);
    if (fault != NULL) {
        note_fault(reader, reader->line, fault);
        reader->text.bytes[line.bytes - reader->text.bytes] = '#';
    } else {
        hide_dots(reader, line);
        reader->pairs++;
    }
    return true;
}

static struct span
skip_byte_order_mark(struct span text)
{
    return span_starts(text, "\xef\xbb\xbf") ? span_tail(text, 3) : text;
}

static bool
look_at_lines(struct reader *reader, struct err *err)
{
    struct span rest = skip_byte_order_mark(buf_span(&reader->text));

    while (rest.length > 0) {
        const char *end = memchr(rest.bytes, '\n', rest.length);
        size_t length = end != NULL ? (size_t)(end - rest.bytes) : rest.length;

        reader->line++;
        if (!look_at_line(reader, span_head(rest, length), err))
            return false;
        rest = span_tail(rest, end != NULL ? length + 1 : length);
    }
    return true;
}

/* ---- the entries, from libini ------------------------------------------ */

/* libini gives nothing but the text "Error (9) on line 4: ...". */
static unsigned
line_of_error(const char *text)
{
    const char *number = text + strcspn(text, ")");
    unsigned long line;

    number += strcspn(number, "0123456789");
    line = strtoul(number, NULL, 10);
    return line < UINT_MAX ? (unsigned)line : UINT_MAX;
}

/* Reports that the parse failed with `status`. libini has discarded what it had
 * read. */
static bool
parse_failed(const struct reader *reader, struct ini_cfgobj *parsed, int status,
             struct err *err)
{
    char **errors = NULL;

    if (parsed == NULL || ini_config_error_count(parsed) == 0 ||
        ini_config_get_errors(parsed, &errors) != 0)
        return err_set(err, MSG_CONFIG_FILE, "cannot read %s: %s", reader->path,
                       strerror(status));
    fail(reader, line_of_error(errors[0]), err,
         "the line cannot be read as \"key = value\"");
    ini_config_free_errors(errors);
    return false;
}

static void
note_duplicate(struct reader *reader, const struct ini_entry *first,
               struct value_obj *again)
{
    char message[MESSAGE_BYTES];
    uint32_t line = 0;

    value_get_line(again, &line);
    snprintf(message, sizeof(message), "%s appears twice, first at %s:%u",
             first->key, reader->path, first->line);
    note_fault(reader, line, message);
}

const struct ini_entry *
ini_find(const struct ini_section *section, const char *key)
{
    const struct ini_entry *entry = section != NULL ? section->entries : NULL;

    while (entry != NULL && strcasecmp(entry->key, key) != 0)
        entry = entry->next;
    return entry;
}

static struct ini_entry *
new_entry(struct reader *reader, const char *key, struct value_obj *value)
{
    struct ini_entry *entry = arena_alloc(reader->arena, sizeof(*entry));
    const char *text = ini_get_const_string_config_value(value, NULL);
    uint32_t line = 0;

    value_get_line(value, &line);
    entry->key = key;
    entry->value = arena_strdup(reader->arena, text != NULL ? text : "");
    entry->line = line;
    return entry;
}

/* `mode` selects the first value of the key or the next one. */
static struct value_obj *
value_of(struct ini_cfgobj *parsed, const struct ini_section *section,
         const char *key, int mode)
{
    struct value_obj *value = NULL;

    if (ini_get_config_valueobj(section->name, key, parsed, mode, &value) != 0)
        return NULL;
    return value;
}

static void
take_entries(struct reader *reader, struct ini_cfgobj *parsed,
             struct ini_section *section, char **keys)
{
    struct ini_entry **end = &section->entries;

    for (size_t i = 0; keys[i] != NULL; i++) {
        const char *key = show_dots(reader->arena, keys[i]);
        struct value_obj *value;

        reader->taken++;
        if (ini_find(section, key) != NULL)
            continue; /* listed once per value; noted with the first */
        value = value_of(parsed, section, keys[i], INI_GET_FIRST_VALUE);
        if (value == NULL)
            mem_out("a key of the configuration");
        *end = new_entry(reader, key, value);
        value = value_of(parsed, section, keys[i], INI_GET_NEXT_VALUE);
        if (value != NULL)
            note_duplicate(reader, *end, value);
        end = &(*end)->next;
    }
}

static void
take_sections(struct reader *reader, struct ini_cfgobj *parsed)
{
    for (struct ini_section *s = reader->first; s != NULL; s = s->next) {
        char **keys = ini_get_attribute_list(parsed, s->name, NULL, NULL);

        if (keys == NULL)
            continue;
        take_entries(reader, parsed, s, keys);
        ini_free_attribute_list(keys);
    }
}

/* libini may accept everything, so that every value arrives with its line.
 * note_duplicate() reports what bulkpg does not allow. */
static int
parse(struct span text, struct ini_cfgobj *parsed)
{
    struct ini_cfgfile *file = NULL;
    int status = ini_config_file_from_mem((void *)(uintptr_t)text.bytes,
                                          (uint32_t)text.length, &file);

    if (status != 0)
        return status;
    status = ini_config_parse(file, INI_STOP_ON_NONE,
                              INI_MV1S_ALLOW | INI_MV2S_ALLOW | INI_MS_MERGE,
                              INI_PARSE_NOWRAP | INI_PARSE_NOSPACE |
                                  INI_PARSE_NOTAB | INI_PARSE_NO_C_COMMENTS,
                              parsed);
    ini_config_file_destroy(file);
    return status;
}

static bool
parse_text(struct reader *reader, struct err *err)
{
    struct ini_cfgobj *parsed = NULL;
    int status = ini_config_create(&parsed);
    bool ok;

    if (status == 0)
        status = parse(skip_byte_order_mark(buf_span(&reader->text)), parsed);
    if (status == ENOMEM)
        mem_out("the configuration");
    if (status == 0)
        take_sections(reader, parsed);
    /* If libini runs out of memory, it drops a key without an error. */
    if (status == 0 && reader->taken < reader->pairs)
        mem_out("a key of the configuration");
    ok = status == 0 || parse_failed(reader, parsed, status, err);
    ini_config_destroy(parsed);
    return ok;
}

bool
ini_read(struct arena *arena, const char *path, struct ini_section **sections,
         struct err *err)
{
    struct reader reader = {.arena = arena,
                            .path = arena_strdup(arena, path),
                            .text = buf_with_ceiling(FILE_BYTES)};
    bool ok = read_whole(&reader, err) && look_at_lines(&reader, err) &&
              (reader.first == NULL || parse_text(&reader, err));

    buf_free(&reader.text);
    *sections = reader.first;
    return ok;
}
