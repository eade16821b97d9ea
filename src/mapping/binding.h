/*
 * binding - which column of a SELECT fills which part of the variables.
 *
 *     product_id          the variable $productId
 *     input_seo_title     the field seo.title of the variable $input
 *     seo_title           the same, if $input is the only input object
 *     _key                names the row
 *     _before_seo_title   the store's value of seo_title, before the push
 */
#ifndef MAPPING_BINDING_H
#define MAPPING_BINDING_H

#include "mapping/mutation.h"
#include "mapping/value.h"

/* A column of the SELECT's result. */
struct binding_column {
    const char *name;
    uint32_t type;        /* oid of its type */
    uint32_t table;       /* oid of the table that it comes from, or 0, */
    int attnum;           /* and the number of its column there */
    const char *gid_type; /* if its integers are ids of a known type:
                           * "Product"; else NULL */
};

/* The text of the SELECT, for messages. */
struct binding_source {
    const char *file; /* "mutations/prices.sql"; NULL: --from */
    struct span text;
};

/* Where the value of a column goes. */
struct binding_path {
    int column; /* of the SELECT */
    int before; /* the column with the value before; -1: none */
    const struct mutation_variable *variable;
    const struct gql_input *const *fields; /* from the variable down */
    int depth;                             /* 0: the whole variable */
    const struct gql_type_ref *type;       /* of the value */
    const char *text;                      /* "input.seo.title" */
    struct value_type from;                /* of the column, */
    struct value_type before_from;         /* and of `before` */
    const char *gid_type;                  /* of integers in the column */
    bool is_identity; /* an id, or a part of the key: `before` does not matter
                       */
};

/* The variables as a tree: what a line consists of. */
struct binding_node {
    const char *name; /* of the variable or field */
    const struct mutation_variable *variable;
    const struct gql_type_ref *type;
    bool has_default;
    const struct gql_type *object; /* of the fields below; else NULL */
    int path;                      /* -1: an object, made of `below` */
    const struct binding_node *below;
    const struct binding_node *next; /* in the order of the schema */
};

/* A part of a row's key: a column, or a value inside the variables. */
struct binding_key {
    int column;               /* -1: `names` lead to it */
    const char *const *names; /* of the variable and of fields */
    int depth;
};

struct binding {
    const struct mutation *mutation;
    const struct binding_column *columns;
    int column_count;
    const struct binding_path *paths; /* in the order of the variables */
    int path_count;
    const struct binding_node *nodes; /* NULL: --from */
    const struct binding_key *keys;
    int key_count;
    bool has_before;
    uint32_t key_type; /* oid of the type of `_key` in the result table: that
                        * of the key's column; jsonb if the key has several
                        * parts; text if it is a value inside the variables */
};

/* Bind the columns, which are copied. ERR_CONFIG, with file and line and the
 * AS to write, for a column that fits nothing, two columns for one path, a
 * required value without a column, a type that does not fit, and a row without
 * a key. */
MUST_CHECK bool
binding_make(struct arena *arena, const struct mutation *mutation,
             const struct binding_column *columns, int count,
             const struct binding_source *source,
             const struct binding **binding, struct err *err);

/* The binding for --from: the rows are JSON objects of variables. */
MUST_CHECK bool
binding_make_for_json(struct arena *arena, const struct mutation *mutation,
                      const struct binding **binding, struct err *err);

#endif
