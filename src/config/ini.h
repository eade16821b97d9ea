/*
 * ini - a file of sections and keys, every one with its line.
 *
 *     [section]
 *     # comment, at the start of a line
 *     key = value
 *
 * The only place that knows libini_config. Names are letters, digits, blanks,
 * `_`, `-`, `*`; upper and lower case are the same name. UTF-8, with or
 * without a byte order mark; lines end in LF or CRLF.
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
    struct ini_entry *entries; /* as they stand in the file */
    struct err fault;          /* the first faulty line found in it */
    struct ini_section *next;
};

/* The sections of the file at `path`, in its order; NULL of an empty one.
 * ERR_CONFIG, "path:line: ...", for text before the first section, a section
 * line that is none, a section that is there twice; ERR_CONFIG "path: ..."
 * when it cannot be read. Any other fault stays with its section. */
MUST_CHECK bool ini_read(struct arena *arena, const char *path,
                         struct ini_section **sections, struct err *err);

/* NULL when `section` is NULL or has no such key. */
const struct ini_entry *
ini_find(const struct ini_section *section, const char *key);

#endif
