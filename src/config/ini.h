/*
 * ini - reads a file of sections and keys, each with its line number.
 *
 *     [section]
 *     # comment, at the start of a line
 *     key = value
 *
 * This is the only place that knows libini_config. Names have letters, digits,
 * blanks, `_` and `-`, and ignore case. Those of sections may have `*`; a key
 * may begin with `header.`. The text is UTF-8, with or without a byte order
 * mark; lines end in LF or CRLF.
 */
#ifndef CONFIG_INI_H
#define CONFIG_INI_H

#include "base/arena.h"
#include "base/err.h"

struct ini_entry {
    const char *key;
    const char *value; /* without the blanks around it */
    unsigned line;     /* from 1 */
    struct ini_entry *next;
};

struct ini_section {
    const char *name;
    const char *path; /* of its file */
    unsigned line;
    struct ini_entry *entries; /* in the order of the file */
    struct err fault;          /* the first faulty line found in it */
    struct ini_section *next;
};

/* Read the sections of the file at `path`, in the order of the file; NULL if it
 * has none. ERR_CONFIG "path:line: ..." for text before the first section, a
 * bad section line, or a section that appears twice; ERR_CONFIG "path: ..." if
 * the file cannot be read. Any other fault is kept in its section. */
MUST_CHECK bool ini_read(struct arena *arena, const char *path,
                         struct ini_section **sections, struct err *err);

/* NULL if `section` is NULL or has no such key. */
const struct ini_entry *
ini_find(const struct ini_section *section, const char *key);

#endif
