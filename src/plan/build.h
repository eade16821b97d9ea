/*
 * build - the stages of plan_build(), and the data that they share.
 *
 *     walk.c       walks over the selections, expanded by expand.c, and
 *                  creates tables (walk_tables.c, walk_roots.c, table_draft.c),
 *                  columns and counts
 *     left_out.c   adds the columns of fields that are left out (@optional)
 *     keys.c       chooses keys, and the slots of all values in a line
 *     relations.c  checks that tables, keys and indexes have different names
 *     mask_rules.c checks @mask
 *     upkeep.c     reads @incremental, @slice, @deletes, @history and @every
 *     pages_*.c    make the requests that read the query page by page
 *     submit.c     prints the document, with the fields that bulkpg adds
 *     build.c      calls these stages in order, and computes the hash
 *
 * Each stage reads the drafts that the earlier ones filled. Private to this
 * folder.
 */
#ifndef PLAN_BUILD_H
#define PLAN_BUILD_H

#include "graphql/connection.h"
#include "plan/pages.h"

enum {
    TABLE_SITES_MAX = 32, /* places in a query that select one table */
    PLAN_TABLES_MAX = 64,
    PLAN_COLUMNS_MAX = 1500, /* PostgreSQL allows 1600 per table */
    PLAN_KEY_COLUMNS_MAX = 16,
    PLAN_PATH_BYTES_MAX = 1000, /* of a column's or table's path */
    PLAN_ADDED_BYTES = 512      /* for the marker and the window, which are
                                 * added to the document later */
};

/* A place where the query selects a connection whose rows are counted: bulkpg
 * adds the count beside the connection. */
struct count_site {
    struct gql_selection *siblings; /* the list that contains `field` */
    struct gql_selection *field;    /* the connection */
    const char *counter;            /* "variantsCount" */
    const char *updated_type; /* type of the updatedAt that is added; or NULL */
    struct shape_key *updated; /* its key */
};

/* A table during plan_build(). */
struct table_draft {
    struct plan_table *table;
    struct gql_selection *nodes[TABLE_SITES_MAX];  /* the fields whose
                                                   * selections give its rows */
    struct gql_selection *fields[TABLE_SITES_MAX]; /* the connections, lists or
                                                    * objects that have them */
    int node_count;
    bool is_unconditional;   /* at a place that no fragment narrows */
    struct gql_pages paging; /* of a connection */
    const struct gql_field *definition; /* of the first field */
    struct shape_key *list_key;  /* of a list: its key in the parent's shape */
    const struct gql_type *type; /* of its rows */
    struct gql_name *child_owners; /* types of its rows, narrowed by fragments,
                                    * that have connections */
    struct gql_directive *directives;
    const struct gql_directive *position; /* @position; NULL: none */
    struct count_site counts[TABLE_SITES_MAX];
    int count_count;
    struct plan_count *count;
    const char *count_type;      /* type of the first counter */
    struct shape_key *count_key; /* this and the next three: in the parent's
                                  * shape */
    struct shape_key *precision_key;
    struct shape_key *updated_key;     /* of the updatedAt that bulkpg adds */
    struct shape_key *own_updated_key; /* of the one in the query */
    bool wants_id;                     /* its lines must have an id */
    bool wants_typename;
    struct shape_key *id_key;
    struct shape_key *typename_key;
    struct shape_key *tag_key;
    struct shape_key *page_tag_key;
    struct dict by_name; /* the columns */
    struct dict by_path;
    struct plan_column *columns[PLAN_COLUMNS_MAX];
    struct shape_key *keys[PLAN_COLUMNS_MAX]; /* the keys of their values */
};

/* A field that is a place of a table. */
struct table_place {
    const struct gql_selection *field;
    const struct table_draft *draft;
};

struct column_site;

struct builder {
    struct arena *arena;
    const struct gql_document *document;
    const struct gql_schema *schema;
    const struct dialect *dialect;
    struct plan *plan;
    struct arena *scratch; /* for data that the plan does not keep */
    struct table_draft *drafts[PLAN_TABLES_MAX]; /* by table index */
    int connections;
    struct table_place *places; /* sorted, for pages_find_site() */
    size_t place_count;
    bool unwraps; /* @unwrap */
    struct err *err;
};

/* Set an error at `pos`. Always returns false. */
#define build_error(b, msg, pos, ...) \
    gql_error((b)->err, msg, (b)->document, pos, __VA_ARGS__)

/* Is the name in a list that ends with NULL? */
bool build_is_in(const char *name, const char *const *list);

/* expand.c: copy selections, replace spreads by inline fragments, and remove
 * what @skip and @include leave out. The copy may be changed. */
struct gql_selection *
expand_selections(struct builder *b, const struct gql_selection *list);

/* A connection that was expanded. */
struct connection_parts {
    struct gql_selection *node;  /* its selections are the rows' fields */
    struct gql_selection *edges; /* the fields beside the node; NULL: none */
};

/* Replace the selections of a connection by one `edges { node { … } }` that
 * combines all of them; or by `nodes { … }` or `items { … }`, if the query
 * selects only these. Fails if other fields are selected, or none of these. */
bool expand_connection(struct builder *b, struct gql_selection *field,
                       const struct gql_pages *paging,
                       struct connection_parts *parts);

/* selections.c: create a field without arguments and selections. */
struct gql_selection *
selections_field(struct builder *b, const char *alias, const char *name);

/* Does the list itself, not a fragment in it, select the field `name` with the
 * response key `key`? */
bool selections_have(const struct gql_selection *list, const char *key,
                     const char *name);

/* A place of the walk: the table, the objects around the place, and the types
 * that fragments have narrowed it to. */
struct scope {
    struct table_draft *draft; /* NULL: a single object at the root, on which no
                                * field is selected that gives a column */
    struct shape_key *key;     /* in the table's shape */
    const char *path;          /* of the objects around; "" in the row itself */
    const char *name;          /* the path in snake_case */
    const char *type_name;     /* type of the object, narrowed by fragments */
    const char *written_for;   /* the type that the selections are written
                                * for */
    struct gql_selection *siblings; /* these selections */
    const char *row_type;           /* type of the row, narrowed by fragments */
    const char *root_path; /* in a single object at the root: the response key
                            * of the root; NULL elsewhere */
    bool owner_abstract;   /* the object's field has an abstract type */
    bool through_abstract; /* the object's field or a field around it has an
                            * abstract type */
    bool is_narrowed;      /* a fragment narrows the place */
    bool is_edge;          /* fields of an edge, beside the node */
    bool is_optional;      /* in an object with @optional */
    bool is_attribute;     /* @unwrap: the object has a field `value`, */
    bool is_to_one;        /* or a field `node` */
};

/* walk.c: create columns, and the tables below, from selections. */
bool walk_selections(struct builder *b, const struct scope *scope,
                     struct gql_selection *list);
/* Does the type have a field `id`? */
bool walk_has_id(const struct builder *b, const char *type_name);
const char *walk_join(struct builder *b, const char *left,
                      const char *separator, const char *right);

/* Set the type of a column by its field, which is not an id. */
void walk_type_column(struct builder *b, const struct gql_field *definition,
                      struct column_site *site);
bool
walk_check_response_key(struct builder *b, const struct gql_selection *field);

/* Refuse directives that have no meaning on this field. Tables may have @table
 * and @position. */
bool walk_refuse_misplaced(struct builder *b, const struct gql_selection *field,
                           bool is_table, const char *what, const char *why);

/* walk_tables.c: tables below a row. */
struct scope walk_row_scope(struct table_draft *draft, bool through_abstract);
bool
walk_connection(struct builder *b, const struct scope *scope,
                struct gql_selection *field, const struct gql_field *definition,
                const struct gql_pages *paging);
bool walk_list_table(struct builder *b, const struct scope *scope,
                     struct gql_selection *field,
                     const struct gql_field *definition);

/* Is the field a connection? In a bulk query this depends on its type alone. */
bool walk_find_pages(struct builder *b, const struct gql_field *definition,
                     struct gql_pages *paging);

/* Walk over the rows of a connection, and the fields of its edges. */
bool walk_rows(struct builder *b, struct table_draft *draft,
               const struct connection_parts *parts);

/* walk_roots.c: create tables, columns and counts from the operation's
 * selections. */
bool walk_document(struct builder *b);

/* table_draft.c */

/* A place that selects a table: the values of @table, or their defaults. */
struct table_site {
    enum plan_kind kind;
    struct table_draft *parent;
    const char *name;
    const char *path;
    const char *parent_column;
    bool skip;
    bool is_single;
    bool is_narrowed;
    struct gql_directive *directives;
    struct gql_pos pos;
    struct gql_selection *field;
    const struct gql_field *definition;
    const struct gql_pages *paging; /* NULL: not a connection */
};

/* Find the table of a connection or list, or create it if this is the first
 * place that selects it. The selections of `node` are the rows' fields. */
bool table_draft_open(struct builder *b, struct table_site *site,
                      const struct gql_type *type, struct gql_selection *node,
                      struct table_draft **draft);

/* Is the field `id` of this type a key? It is if it is an ID!; some APIs have
 * ids that are strings, or nullable. */
bool table_draft_has_id(const struct builder *b, const struct gql_type *type);

/* columns.c */

/* A place that selects a column, without its directives' values. */
struct column_site {
    const char *name; /* derived from the path */
    const char *path;
    const char *graphql_type;
    struct gql_directive *directives;
    struct gql_pos pos;
    enum plan_type type;
    struct plan_gid *gid;
    bool is_list;
    bool takes_json;
    bool is_optional;
    struct shape_key *key;
};

/* Add a column, or note that it is selected again. */
bool columns_add(struct builder *b, struct table_draft *draft,
                 const struct column_site *site);

/* Create the gid domain of ids of objects of the GraphQL type `expected`, or
 * NULL if it is not known. `whole`: the objects may have several types, so that
 * a number would not identify them. */
struct plan_gid *
columns_make_gid(struct builder *b, bool whole, const char *expected);

/* Check that a table or a column can have this name. */
bool
columns_check_name(struct builder *b, struct gql_pos pos, const char *name);

/* Paths are stored with every column, so their length is limited. */
bool
columns_check_path(struct builder *b, struct gql_pos pos, const char *path);

/* The last key of a path: the field that a directive is written on. */
const char *columns_last_key(const char *path);

/* mask_rules.c */

/* Read @mask of a place, and give the column its mask and type. */
bool
mask_rules_read(struct builder *b, const struct table_draft *draft,
                const struct column_site *site, struct plan_column *column);

/* Refuse @mask on a field that has no value of its own: `what` says what it
 * is. */
bool mask_rules_refuse(struct builder *b, struct gql_directive *directives,
                       const char *what);

/* After keys_settle(): no column of a key is masked, and no field is selected
 * both with @mask and without. */
bool mask_rules_check(struct builder *b);

/* counts.c: fields that count the rows of a connection. */
struct count_place {
    struct table_draft *parent;
    struct shape_key *key;          /* of the object with the connection */
    const char *type_name;          /* that its selections are written for */
    struct gql_selection *siblings; /* the list that contains `field` */
    struct gql_selection *field;    /* the connection */
};

/* Note that the rows of `draft` can be counted at this place, if they can. */
void counts_note(struct builder *b, struct table_draft *draft,
                 const struct count_place *place);

/* Give the parents' staging a column for each count. */
void counts_settle(struct builder *b);

/* Set the slots of a count in the parent's line, once keys have numbers. */
void counts_settle_slots(struct table_draft *draft);

/* Add the counts of a table to the document. */
void counts_submit(struct builder *b, struct table_draft *draft);

/* left_out.c: add the columns of fields with @optional that are left out.
 * After walk_document(). */
bool left_out_add(struct builder *b);

/* keys.c: choose key columns, ids and tags, and set all slots. */
bool keys_settle(struct builder *b);

/* relations.c: check that the names of tables, keys and indexes differ. */
bool relations_check(struct builder *b);

/* upkeep.c: read @incremental, @slice, @deletes, @history and @every. After
 * keys_settle(). */
bool upkeep_settle(struct builder *b);

/* pages_settle.c: read @paged and @unwrap, before the walk. */
bool pages_begin(struct builder *b);

/* Make plan->pages, before submit_print(). A query that is not read by pages
 * has none if that is impossible. */
bool pages_settle(struct builder *b);

/* submit.c: add bulkpg's fields, remove directives, and print the document. */
bool submit_print(struct builder *b);

/* Print the operation; the text is in `arena`. */
const char *submit_text(const struct gql_operation *operation, const char *file,
                        struct arena *arena);

/* directives.c: read an argument of a directive. If it is absent or null, the
 * text is NULL, the boolean false, and the duration is not changed. False, with
 * an error, if the value has another type. */
bool directive_string(struct builder *b, const struct gql_directive *directive,
                      const char *argument, const char **text);
bool directive_boolean(struct builder *b, const struct gql_directive *directive,
                       const char *argument, bool *truth);

/* A number above 0; 0 if the argument is absent. */
bool directive_number(struct builder *b, const struct gql_directive *directive,
                      const char *argument, int64_t *number);
bool
directive_duration(struct builder *b, const struct gql_directive *directive,
                   const char *argument, int64_t *ms);

/* Check that all arguments of a directive are in `known`, a list that ends in
 * NULL. */
bool directive_check(struct builder *b, const struct gql_directive *directive,
                     const char *const *known);

#endif
