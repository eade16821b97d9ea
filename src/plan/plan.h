/*
 * plan - what a query becomes: tables, columns, types, keys and routing.
 *
 *     query + the store's types ─► plan ─► the document to submit
 *                                     ├──► DDL and merge statements
 *                                     └──► the shape that rows are read by
 *
 * A plan is built once and lives in one arena. During a load only the gid
 * domains change: they learn which gid type their numbers stand for.
 */
#ifndef PLAN_PLAN_H
#define PLAN_PLAN_H

#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "dialect/dialect.h"
#include "graphql/document.h"
#include "graphql/schema.h"
#include "json/shape.h"

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
    PLAN_TYPE_COUNT
};

/* PostgreSQL's name of it: "bigint". */
const char *plan_type_name(enum plan_type type);

/* May a column of type `from` become one of type `to` without a value being
 * lost? PLAN_TYPE_COUNT is any type that is not in the list above. */
bool plan_type_widens(enum plan_type from, enum plan_type to);

/* Columns that hold ids of the same objects, so that they are numbers or
 * whole gids together: a table's `id` and its children's `_parent_id`. */
struct plan_gid {
    const char *type;     /* "Product" once known, NULL before */
    const char *expected; /* the GraphQL type they are ids of, where that is
                           * known: of fields named id; for comments */
    bool whole;           /* text: the whole gid; else bigint: its number */
};

struct plan_column {
    const char *name;
    const char *path;         /* priceRangeV2.minVariantPrice.amount */
    const char *graphql_type; /* "Decimal!", for comments */
    struct gql_pos pos;       /* of the first field that gave it */
    enum plan_type type;      /* of a gid column: see plan_column_type() */
    struct plan_gid *gid;     /* NULL: holds no gid */
    bool is_list;             /* or an object kept whole: raw JSON */
    bool may_grow;            /* bigint, of a scalar that may be larger */
    bool takes_json;          /* its text may be any JSON value */
    bool index;               /* @index */
    int slot;                 /* in the table's shape */
};

/* How many rows a connection has below one parent: told by the parent's line,
 * in fields that the submitted document asks for. */
struct plan_count {
    const char *column; /* in the parent's staging: "_count_2" */
    int count_slot;     /* in the parent's shape */
    int precision_slot;
    int updated_slot;     /* when what is counted last changed: added by us */
    int own_updated_slot; /* or in the query anyway; -1: neither */
};

enum { PLAN_COUNTED_MAX = 4 }; /* connections below others in a bulk query */

enum plan_kind {
    PLAN_ROOT,       /* the root connection */
    PLAN_CONNECTION, /* a nested one: lines with __parentId */
    PLAN_LIST        /* a list with @table: elements of the parent's line */
};

struct plan_table {
    enum plan_kind kind;
    int index;  /* in plan->tables */
    int number; /* connections: in the document, from 1 */
    const char *name;
    const char *path; /* products.variants */
    struct gql_pos pos;
    struct plan_table *parent; /* NULL for the root */
    bool skip;                 /* no table, only a way to its children */
    const char *node_type;     /* GraphQL name */
    bool is_abstract;          /* interface or union: has _typename */
    struct gql_name *concrete; /* object types its nodes can be */
    struct gql_name *held;     /* other gid types that its ids have already */
    const char *tag;           /* "bulkpg_t2", or NULL */

    struct plan_column *columns; /* in the order of the query */
    int column_count;
    int id_column;             /* in columns; -1: none that is the key */
    bool has_id;               /* the type has `id: ID!`: lines carry it */
    struct plan_gid *id_gid;   /* of the rows' own ids; NULL without */
    const char *parent_column; /* "_parent_id"; NULL for the root */
    struct plan_gid *parent_gid;
    const int *natural_key; /* columns of @table(key:); NULL: none */
    int natural_key_count;
    bool stages_id;     /* what is below it needs the id that it has no
                         * column for: skipped, or keyed otherwise */
    bool has_ordinal;   /* keyed by position */
    bool has_position;  /* @position: _position, the row's place among its
                         * parent's, or among the roots */
    bool marks_deleted; /* _deleted_at instead of removing */
    const struct plan_count *count; /* NULL: nothing counts its rows */
    const struct plan_table *counted[PLAN_COUNTED_MAX]; /* whose rows its own
                                                         * count */
    int counted_count;

    struct shape *shape; /* of its lines, or of its list's elements */
    int id_slot;         /* in `shape`; -1: none */
    int typename_slot;
    int list_slot; /* PLAN_LIST: in the parent's shape */
    int tag_slot;
    const int *key_slots; /* top-level keys its lines have */
    int key_slot_count;
};

/* What becomes of rows found gone. Rows without id are always deleted. */
enum plan_deletes { PLAN_DELETES_HARD, PLAN_DELETES_SOFT, PLAN_DELETES_KEEP };

/* @incremental: what changed since the watermark, and at times everything. */
#define PLAN_INCREMENTAL_FIELD "updated_at" /* when none is named */

struct plan_incremental {
    const char *field; /* filter of the root: "updated_at" */
    int64_t overlap_ms;
    int64_t full_every_ms; /* 0: only when it must be */
};

/* @slice: a full run is cut into windows of about so many roots. */
struct plan_slice {
    const char *field; /* filter of the root: "created_at" */
    int64_t rows;
    const char *count_field; /* of the store: "productsCount"; NULL: none */
    const char *sort_key;    /* "CREATED_AT" and the field of the roots that */
    const char *time_field;  /* it sorts by, "createdAt"; NULL: not known */
};

struct plan {
    struct arena *arena;
    const struct dialect *dialect;
    const char *job;
    const char *file;
    struct plan_table *tables; /* parents before their children */
    int table_count;
    struct shape *line_shape;   /* of every line, whatever its table */
    int parent_id_slot;         /* in line_shape: __parentId, */
    int id_slot;                /* id, */
    int typename_slot;          /* and __typename, at the top */
    const char *document;       /* as submitted, without marker and window */
    const char *hash;           /* of document and tables, hex; what data
                                 * widened is no part of it */
    struct gql_selection *root; /* as submitted */
    struct gql_operation *operation;            /* that it stands in */
    const struct plan_incremental *incremental; /* NULL: always everything */
    const struct plan_slice *slice;             /* NULL: in one operation */
    enum plan_deletes deletes;
    bool says_deletes; /* the query itself says which mode */
    bool may_shrink;   /* @deletes(all: true): no guard on what goes */
};

/* A part of the roots: those whose `field` is at or after `from` and before
 * `to`; either may be NULL. Times as the API reads them,
 * "2026-01-02T03:04:05Z". */
struct plan_window {
    const char *field;
    const char *from;
    const char *to;
};

/* Build the plan of a document that the dialect has passed. The plan needs the
 * document and the dialect as long as it lives, the schema no more. ERR_CONFIG
 * with file:line:column and, for a name met twice, the directive to paste. */
MUST_CHECK bool
plan_build(struct arena *arena, const char *job,
           const struct gql_document *document, const struct gql_schema *schema,
           const struct dialect *dialect, struct plan **plan, struct err *err);

/* The mode for a query that does not give one itself. */
void plan_default_deletes(struct plan *plan, enum plan_deletes mode);

/* The response key of the field that gives a column. */
const char *plan_column_key(const struct plan_column *column);

/* The name of the column with the rows' own ids, the key or not; NULL: there
 * is none. */
const char *plan_id_column(const struct plan_table *table);

/* What a window finds: its times and the root's own filter, as search text in
 * `arena`; of a window without times only the latter. */
const char *
plan_filter_in(const struct plan *plan, const struct plan_window *window,
               struct arena *arena);

/* The document for a window, joined to the root's own filter; in `arena`. */
const char *
plan_document_in(const struct plan *plan, const struct plan_window *window,
                 struct arena *arena);

/* The same as an ordinary query for the first row of each connection: what
 * the store answers to it tells what a bulk operation would be denied. In
 * `arena`. */
const char *plan_document_for_one(const struct plan *plan, struct arena *arena);

/* Where in the query file the field of the submitted document stands that
 * these response keys lead to; line 0 when it is not in the file. */
struct gql_pos
plan_find_field(const struct plan *plan, const char *const *keys, size_t count);

/* The column's type as it stands now: of a gid column bigint or text. */
enum plan_type plan_column_type(const struct plan_column *column);
enum plan_type plan_gid_column_type(const struct plan_gid *gid);

#endif
