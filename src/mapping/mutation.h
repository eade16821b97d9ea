/*
 * mutation - a file of mutations/, checked and completed: the document to send,
 * its variables, the arguments of @push, and the columns of the result table.
 *
 *     mutation Prices($productId: ID!, $variants: [ProductVariantsBulkInput!]!)
 *         @push(key: "product_id") {
 *       productVariantsBulkUpdate(productId: $productId, variants: $variants) {
 *         productVariants { id price }
 *       }
 *     }
 *
 * The document that is sent lacks bulkpg's directives. It selects `field`,
 * `message` and `code` of all lists of errors that the payload has, and a
 * Boolean `ok` or `success`. If the mutation takes @idempotent, the document
 * has @idempotent(key: $bulkpg_key).
 */
#ifndef MAPPING_MUTATION_H
#define MAPPING_MUTATION_H

#include "mapping/kinds.h"
#include "plan/plan.h"

#define MUTATION_KEY_VARIABLE "bulkpg_key"

enum {
    MUTATION_ROWS = 10000, /* defaults of @push */
    MUTATION_MAX = 1000,
    MUTATION_DIRECT = 50,
    MUTATION_MARKER_BYTES = 160 /* room for the marker of a bulk operation */
};

/* A declared variable, except bulkpg's own. */
struct mutation_variable {
    const char *name;
    const char *column;       /* in snake case */
    struct gql_type_ref type; /* its kind is known */
    bool has_default;
    bool takes_null;      /* @null: SQL NULL is sent as null */
    const char *gid_type; /* @gid(type:); NULL: none */
    bool is_key;          /* the variable of @idempotent that the file has */
    struct gql_pos pos;
};

/* A value of the payload: a column of the result table. */
struct mutation_leaf {
    const char *column;       /* "product_id" */
    const char *path;         /* "product.id", below the root field */
    const char *const *keys;  /* the response keys of the path */
    int depth;                /* the number of keys */
    enum plan_type type;      /* of the column */
    bool is_number_of_gid;    /* bigint: the number of a gid */
    const char *graphql_type; /* for the column's comment: "ID!" */
};

/* A list of errors in the payload. */
struct mutation_errors {
    const char *key;    /* its response key: "userErrors" */
    bool holds_objects; /* else strings */
};

struct mutation {
    const char *job;
    const char *file; /* "mutations/prices.graphql" */
    const struct dialect *dialect;
    const struct gql_schema *schema;
    const char *document; /* as sent, without marker */
    const char *root;     /* the mutation: "productVariantsBulkUpdate" */
    const char *root_key; /* its response key */
    unsigned kinds;       /* enum kind */
    bool gives_job;       /* "applied" only means accepted: a Job continues */

    const struct mutation_variable *variables;
    int variable_count;
    const char *key_variable; /* of @idempotent; NULL: it has none */
    bool makes_keys;          /* bulkpg makes a key for each row: $bulkpg_key */

    bool is_safe;       /* a row whose outcome is unknown may be sent again */
    bool is_idempotent; /* an idempotency key makes a repeat harmless */
    bool says_safe;     /* repeat: SAFE is written down */
    const char *const *key; /* @push(key:); NULL: not given */
    int key_count;
    int64_t rows; /* lines of one bulk operation */
    int64_t max;  /* rows of one push */
    int64_t direct;
    int64_t fresh_ms; /* 0: not checked */
    bool rollback;

    const struct mutation_errors *errors;
    int errors_count;
    const char *ok_key; /* of a Boolean `ok` or `success`; NULL: none */
    const struct mutation_leaf *leaves;
    int leaf_count;
    const char *table; /* of the results: "prices_result" */
};

/* Build a mutation from its parsed document. Every type that
 * gql_schema_missing() lists is in the schema, or marked as absent. Document,
 * schema and dialect must live as long as the mutation. ERR_CONFIG with
 * file:line:column. */
MUST_CHECK bool
mutation_build(struct arena *arena, const char *job,
               const struct gql_document *document,
               const struct gql_schema *schema, const struct dialect *dialect,
               const struct mutation **mutation, struct err *err);

/* Build a mutation that was sent before, as far as its answers need it: it has
 * no variables, and no document. Its arguments may no longer fit the types. If
 * its payload does not, either, *unread is the reason, and nothing can be said
 * about an answer; else the kind of *unread is ERR_NONE. */
void mutation_build_sent(struct arena *arena, const char *job,
                         const struct gql_document *document,
                         const struct gql_schema *schema,
                         const struct dialect *dialect,
                         const struct mutation **mutation, struct err *unread);

/* The variable of this name; NULL if there is none. */
const struct mutation_variable *
mutation_variable(const struct mutation *mutation, const char *name);

/* Can what the mutation did be undone by sending the values before? */
bool mutation_can_undo(const struct mutation *mutation);

#endif
