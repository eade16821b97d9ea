/*
 * holes - finds the large values of an answer, which need not be parsed.
 *
 * An answer of an API has a member, "data", whose members may be of any size.
 * Their brackets are counted, which is much faster than parsing.
 *
 * Private to this folder.
 */
#ifndef JSON_HOLES_H
#define JSON_HOLES_H

#include "json/walk.h"

/* Further members are parsed. */
enum { HOLES_MAX = 16 };

/* Find the inside of each array and object that is a member of the member
 * `outer` of the outermost object, at most `most`. Returns their number. If the
 * text is not valid JSON outside of the holes, their number does not matter:
 * parsing it fails. */
size_t holes_find(struct span text, const char *outer, struct json_hole *holes,
                  size_t most);

#endif
