/*
 * pages_build - the stages of pages_settle(). Private to this folder.
 *
 *     pages_settle.c    the connections, and what each can do
 *     pages_ways.c      how the API finds rows by their ids
 *     pages_document.c  the documents
 *     pages_places.c    the places of their answers
 */
#ifndef PLAN_PAGES_BUILD_H
#define PLAN_PAGES_BUILD_H

#include "plan/build.h"

/* How the API finds rows of a type by their ids. */
struct pages_way {
    enum pages_by by;              /* PAGES_BY_ROOT: there is no way */
    const struct gql_field *field; /* of the query type */
    const struct gql_input *argument;
    bool by_interface; /* the field's type is an interface, such as Node */
    struct gql_pages paging; /* of PAGES_BY_IDS, if the field is a connection */
    bool is_connection;
};

/* The connections during pages_settle(); by the index of their table, NULL for
 * lists. */
struct pages_draft {
    struct builder *b;
    struct pages_connection *of[PLAN_TABLES_MAX];
    struct pages *pages;
};

/* A request while it is made. */
struct pages_maker {
    struct pages_draft *draft;
    struct builder *b;
    struct pages_request *request;
    const struct table_draft *target;
    bool is_bare; /* the rows of the target have only their ids */
    struct gql_variable *variables;
    struct gql_variable **end;
    int nested[PLAN_TABLES_MAX];
};

/* pages_ways.c: find the way for the rows of a table. */
struct pages_way
pages_find_way(const struct builder *b, const struct table_draft *draft);

/* pages_document.c: the document of the pages of the target; the same below
 * parents, by `way`; and of its rows, by `way`. NULL if a row has nothing that
 * the request could select, or if it would lose fields of the edges. */
const char *pages_root_document(struct pages_maker *m);
const char *
pages_child_document(struct pages_maker *m, const struct pages_way *way);
const char *
pages_row_document(struct pages_maker *m, const struct pages_way *way);

/* The key of the rows below a connection, "edges", "nodes" or "items", and the
 * one below it, "node"; NULL if there is none. */
struct pages_keys {
    const char *rows;
    const char *node;
};
struct pages_keys pages_keys_of(const struct table_draft *draft);
struct pages_keys pages_way_keys(const struct pages_way *way);

/* Sort the places of all tables, then find one: is the field a place of a
 * table? NULL if not. */
void pages_sort_sites(struct builder *b);
const struct table_draft *
pages_find_site(const struct builder *b, const struct gql_selection *field);

/* pages_places.c: the places of these documents' answers. */
void pages_root_places(struct pages_maker *m);
void pages_child_places(struct pages_maker *m, const struct pages_way *way);
void pages_row_places(struct pages_maker *m, const struct pages_way *way);

#endif
