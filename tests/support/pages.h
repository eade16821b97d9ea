/*
 * pages - plans of APIs that are read page by page, for tests.
 */
#ifndef SUPPORT_PAGES_H
#define SUPPORT_PAGES_H

#include "plan/pages.h"
#include "support/types.h"

struct pages_api {
    struct types types;
    struct dialect dialect;
    struct plan *plan;
    struct err err;
};

/* The API with the schema `path` and the preset; "": none. */
void pages_open(struct pages_api *api, const char *path, const char *preset);
void pages_close(struct pages_api *api);

/* Plan a query. False, with api->err, if it is refused. */
bool pages_plan(struct pages_api *api, const char *query);

/* The connection of the query with this path. A test fails if there is none. */
const struct pages_connection *
pages_connection(struct pages_api *api, const char *query, const char *path);

/* Append the document of a request, on one line; "none" if there is none. And
 * the places of its answer:
 *
 *     repository{issues*.edges.node+totalCount{labels*.nodes}>comments}
 *
 * An object has no mark; = is one row, * are rows, # are elements of a list, ^
 * are parents; ? is optional; > are connections that are asked for apart. */
void
pages_append_document(struct buf *text, const struct pages_request *request);
void pages_append_places(struct buf *text, const struct pages_request *request);

#endif
