/*
 * plan - the tables, columns, types and keys that follow from a query, and how
 * the load finds the table of a line.
 *
 *     query + the store's types ─► plan ─► the document to submit
 *                                     ├──► DDL and merge statements
 *                                     └──► the shape that rows are read by
 *
 * A plan is built once and lives in one arena. A load changes only its gid
 * domains: it notes the gid type of their numbers, or that they hold whole
 * gids.
 *
 * A query with @paged, or of a source, may have several roots. A table whose
 * kind is PLAN_ROOT has no parent. Its rows are those of a connection or a list
 * at the root, or below a single object there; or it has one row, a single
 * object.
 */
#ifndef PLAN_PLAN_H
#define PLAN_PLAN_H

#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "dialect/dialect.h"
#include "graphql/document.h"
#include "graphql/optional.h"
#include "graphql/schema.h"
#include "json/shape.h"
#include "json/write.h"

enum plan_type {
    PLAN_TEXT,
    PLAN_BIGINT,
    PLAN_INTEGER,
    PLAN_NUMERIC,
    PLAN_DOUBLE,
    PLAN_BOOLEAN,
    PLAN_TIMESTAMPTZ,
    PLAN_DATE,
    PLAN_JSONB,
    PLAN_UUID, /* this and the next only by @column(type:) */
    PLAN_INET,
    PLAN_CIDR,
    PLAN_MACADDR,
    PLAN_TYPE_COUNT
};

/* PostgreSQL's name of a type: "bigint". */
const char *plan_type_name(enum plan_type type);

/* The type of a column for values of a scalar. */
enum plan_type plan_scalar_type(enum dialect_scalar scalar);

/* The type that a column can be given with @column(type:); false if there is
 * none of this name. */
bool plan_type_named(const char *name, enum plan_type *type);

/* Can a column of type `from` be changed to type `to` without losing a value?
 * PLAN_TYPE_COUNT is any type that is not in the list above. */
bool plan_type_widens(enum plan_type from, enum plan_type to);

/* A gid domain: columns with ids of the same objects, such as a table's `id`
 * and its children's `_parent_id`. Either all of them hold numbers, or all hold
 * whole gids. */
struct plan_gid {
    const char *type;     /* "Product"; NULL until a value has shown it */
    const char *expected; /* the GraphQL type of the objects, for comments; NULL
                           * if it is not known: only fields `id` have one */
    bool whole;           /* true: text, the whole gid; false: bigint, its
                           * number */
};

/* @mask: what is stored in place of a value; see plan/mask.h. */
enum plan_mask {
    PLAN_MASK_NONE,
    PLAN_MASK_HASH,   /* 32 digits of a keyed hash; text */
    PLAN_MASK_NULL,   /* NULL; the column has the type of the values */
    PLAN_MASK_DOMAIN, /* what follows the @ of an address; text */
    PLAN_MASK_YEAR    /* the year of a date; integer */
};

struct plan_column {
    const char *name;
    const char *path;         /* priceRangeV2.minVariantPrice.amount */
    const char *graphql_type; /* "Decimal!", for comments */
    struct gql_pos pos;       /* of the first field that gave it */
    enum plan_type type;      /* for gid columns: use plan_column_type() */
    struct plan_gid *gid;     /* NULL: not a column of ids */
    bool is_list;             /* a list, or an object kept whole: jsonb */
    bool may_grow;            /* bigint of a scalar with larger values */
    bool takes_json;          /* if it is text: takes any JSON value */
    bool index;               /* @index */
    bool is_optional;         /* @optional, or in a field with it */
    int slot;                 /* in the table's shape */
    enum plan_mask mask;
    struct gql_pos mask_pos; /* of @mask */
    const char *mask_key;    /* of PLAN_MASK_HASH: check value of the key; NULL
                               * before mask_set_key() */
};

/* The count of a connection's rows below one parent. It is in the parent's
 * line, because the submitted document asks for it. */
struct plan_count {
    const char *column; /* in the parent's staging: "_count_2" */
    int count_slot;     /* in the parent's shape, as all slots here */
    int precision_slot;
    int updated_slot;     /* of the parent's updatedAt that bulkpg adds, */
    int own_updated_slot; /* or of the one in the query; -1: none */
};

/* A bulk query has at most five connections, so four below others. */
enum { PLAN_COUNTED_MAX = 4 };

enum plan_kind {
    PLAN_ROOT,       /* a root: lines without __parentId */
    PLAN_CONNECTION, /* a nested connection: lines with __parentId */
    PLAN_LIST        /* a list with @table: elements in the parent's line */
};

struct plan_table {
    enum plan_kind kind;
    int index;  /* in plan->tables */
    int number; /* of a connection: its position in the document, from 1 */
    const char *name;
    const char *path; /* products.variants */
    struct gql_pos pos;
    struct plan_table *parent; /* NULL for the root */
    bool skip;                 /* @table(skip: true): it has no table, but the
                                * connections and lists below it may */
    const char *node_type;     /* GraphQL type of its rows */
    bool is_single;            /* a root with one row: a single object */
    bool is_abstract;          /* interface or union: has _typename */
    struct gql_name *concrete; /* object types that its rows can have */
    struct gql_name *held;     /* further gid types of ids in the table */
    const char *tag;           /* alias in its lines, "bulkpg_t2"; NULL: none */

    struct plan_column *columns; /* in the order of the query */
    int column_count;
    int id_column;             /* index in columns; -1: the id is not the key */
    bool has_id;               /* the type has `id: ID!`, so lines have an id */
    struct plan_gid *id_gid;   /* of the rows' own ids; NULL: none */
    const char *parent_column; /* "_parent_id"; NULL for the root */
    struct plan_gid *parent_gid;
    const int *natural_key; /* columns of @table(key:); NULL: none */
    int natural_key_count;
    bool stages_id;      /* staging has a column _id, because a child needs the
                         * id and no other column has it */
    bool has_ordinal;    /* the key is the ordinal */
    bool has_position;   /* @position: a column _position, the row's position
                         * among those of its parent, or of the root */
    bool marks_deleted;  /* set _deleted_at instead of deleting */
    const char *history; /* @history: the table of versions; NULL: none */
    const struct plan_count *count; /* NULL: its rows are not counted */
    const struct plan_table *counted[PLAN_COUNTED_MAX]; /* the children whose
                                                         * rows are counted */
    int counted_count;

    struct shape *shape; /* of its lines, or of the list's elements */
    int id_slot;         /* in `shape`; -1: none */
    int typename_slot;
    int list_slot; /* PLAN_LIST: in the parent's shape */
    int tag_slot;
    const char *page_tag; /* the same for lines that are cut from pages, which
                           * all have one: "bulkpg_t2"; NULL for a list */
    int page_tag_slot;
    struct span page_head; /* how such a line begins */
    const int *key_slots;  /* the top-level keys that its lines have */
    int key_slot_count;
};

/* What happens to rows that are gone from the store: HARD deletes them, SOFT
 * marks them, KEEP does nothing. Rows without an id are always deleted. */
enum plan_deletes { PLAN_DELETES_HARD, PLAN_DELETES_SOFT, PLAN_DELETES_KEEP };

/* @incremental: fetch what changed since the watermark, and from time to time
 * everything. */
#define PLAN_INCREMENTAL_FIELD "updated_at" /* the default */

struct plan_incremental {
    const char *field; /* filter of the root: "updated_at" */
    int64_t overlap_ms;
    int64_t full_every_ms; /* 0: only when necessary */
};

/* @slice: divide a full run into windows of about `rows` roots. */
struct plan_slice {
    const char *field; /* filter of the root: "created_at" */
    int64_t rows;
    const char *count_field; /* counts roots: "productsCount"; NULL: none */
    const char *sort_key;    /* sorts roots by `field`, "CREATED_AT", */
    const char *time_field;  /* and its field, "createdAt"; NULL: not known */
};

/* The way from the API to the rows. */
enum plan_way {
    PLAN_BY_BULK,
    PLAN_BY_PAGES,
    PLAN_BY_COUNT /* by pages if there are at most `below` roots */
};

/* @paged, or a source that can only be read by pages. */
struct plan_paged {
    enum plan_way way;
    int64_t rows;            /* first: of a page; 0: as configured */
    int64_t concurrency;     /* requests in flight; 0: as configured */
    int64_t below;           /* PLAN_BY_COUNT */
    const char *count_field; /* counts roots: "productsCount"; NULL: none, so
                              * that PLAN_BY_COUNT is by bulk */
};

struct pages; /* plan/pages.h */

struct plan {
    struct arena *arena;
    const struct dialect *dialect;
    const char *job;
    const char *file;
    struct plan_table *tables; /* parents before their children */
    int table_count;
    struct shape *line_shape;   /* of the lines of all connections */
    int parent_id_slot;         /* in line_shape: __parentId, */
    int id_slot;                /* id, */
    int typename_slot;          /* and __typename, at the top level */
    const char *document;       /* as submitted, without marker and window */
    const char *hash;           /* of document and tables, in hex; widening
                                 * does not change it */
    struct gql_selection *root; /* as submitted */
    struct gql_operation *operation;            /* contains the root */
    const struct plan_incremental *incremental; /* NULL: fetch everything */
    const struct plan_slice *slice;             /* NULL: one operation */
    struct plan_paged paged;
    const struct pages *pages; /* NULL: it cannot be read by pages, because of
                                * `no_pages`. Then `paged` is by bulk */
    struct err no_pages;
    enum plan_deletes deletes;
    bool says_deletes; /* the query sets the mode */
    bool may_shrink;   /* @deletes(all: true): no guard for removed rows */
    const struct gql_left_out *left_out; /* fields with @optional that are not
                                          * asked for; NULL: none */
    const struct gql_left_out *asked_optional; /* those that are asked for */
};

/* A window: the roots whose `field` is at or after `from` and before `to`.
 * Either may be NULL. Times have the API's form, "2026-01-02T03:04:05Z". */
struct plan_window {
    const char *field;
    const char *from;
    const char *to;
};

/* Build the plan of a document that gql_check() and the dialect have passed.
 * The document and the dialect must live as long as the plan; the schema need
 * not. Errors are ERR_CONFIG with file:line:column. If a name is given twice,
 * the hint is a directive to add to the query. */
MUST_CHECK bool
plan_build(struct arena *arena, const char *job,
           const struct gql_document *document, const struct gql_schema *schema,
           const struct dialect *dialect, struct plan **plan, struct err *err);

/* Set the mode, unless the query itself sets one. */
void plan_default_deletes(struct plan *plan, enum plan_deletes mode);

/* The response key of the field that a column comes from. */
const char *plan_column_key(const struct plan_column *column);

/* The name of the column with the rows' own ids, whether it is the key or not;
 * NULL: there is none. */
const char *plan_id_column(const struct plan_table *table);

/* The search text for a window: its times, and the filter that the query has on
 * its root. If the window has no times: only this filter. In `arena`. */
const char *
plan_filter_in(const struct plan *plan, const struct plan_window *window,
               struct arena *arena);

/* The document whose root has the filter of plan_filter_in(). In `arena`. */
const char *
plan_document_in(const struct plan *plan, const struct plan_window *window,
                 struct arena *arena);

/* The document as an ordinary query for the first rows of each connection. The
 * store's reply shows which fields it would deny to a bulk operation. In
 * `arena`. */
const char *
plan_document_for_few(const struct plan *plan, int rows, struct arena *arena);

/* Write what is left out as a member `left_out` of a JSON object, a list of
 * {"field": "products.seo", "why": "absent" or "denied", "table": false}.
 * Without such fields nothing is written. */
void plan_write_left_out(const struct plan *plan, struct json_out *json);

/* The same for people: "products.seo (denied), ..."; "" if there is nothing. In
 * `arena`. */
const char *plan_left_out_text(const struct plan *plan, struct arena *arena);

/* Their paths, up to NULL; NULL: there are none. */
const char *const *
plan_left_out_paths(const struct plan *plan, struct arena *arena);

/* Is the path, such as that of a table, at or below a field that is left out?
 * Or a field with @optional that is asked for? */
bool plan_leaves_out(const struct plan *plan, const char *path);
bool plan_is_optional(const struct plan *plan, const char *path);

/* Follow response keys through the submitted document, and return the position
 * in the query file of the field that they lead to; line 0 if the file does not
 * have it. */
struct gql_pos
plan_find_field(const struct plan *plan, const char *const *keys, size_t count);

/* The type of a column at this moment. A gid column is bigint or text. */
enum plan_type plan_column_type(const struct plan_column *column);
enum plan_type plan_gid_column_type(const struct plan_gid *gid);

#endif
