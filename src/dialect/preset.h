/*
 * preset - what bulkpg knows about an API in advance.
 *
 * presets[] has one row per API. All code reads these values and never the name
 * of a preset, so that an API without a row works as well: its section of
 * bulkpg.ini has the address, and the rest has defaults.
 */
#ifndef DIALECT_PRESET_H
#define DIALECT_PRESET_H

#include <stddef.h>

#include "dialect/dialect.h"

struct preset {
    const char *name; /* the value of the key `preset`; "": no preset */
    const char *api;  /* the API's name, for messages */
    const char *url;  /* "": the section must have it. May have {branch} */
    int page_max;     /* rows of a page that the API allows; 0: not known */
    int concurrency;  /* requests in flight */
    double share;     /* of the API's rate that bulkpg takes */
    bool has_moment;  /* ?at=TIME answers with the data of that time */
    struct dialect_pages pages;
};

/* The row of this name, NULL if there is none; and the row without a name. */
const struct preset *preset_find(const char *name);
const struct preset *preset_none(void);

/* Row `n`, for lists; NULL after the last. The first one is preset_none(). */
const struct preset *preset_at(size_t n);

#endif
