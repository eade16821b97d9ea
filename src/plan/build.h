/*
 * build - what the stages of plan_build() hand to each other.
 *
 *     walk.c       the selections, expanded (expand.c), become tables
 *                  (table_draft.c), columns and counts
 *     keys.c       the columns that are keys, and where lines have them
 *     relations.c  no two tables, keys or indexes of one name
 *     upkeep.c     @incremental, @deletes
 *     submit.c     the document, with the fields that we add
 *     build.c      these stages in order, and the hash of what they made
 *
 * Each stage reads what the ones before it left in the drafts. Private to this
 * folder; the face of these files to each other.
 */
#ifndef PLAN_BUILD_H
#define PLAN_BUILD_H

#include "plan/plan.h"

enum {
    TABLE_SITES_MAX = 32, /* places where one connection is selected */
    PLAN_TABLES_MAX = 64,
    PLAN_COLUMNS_MAX = 1500, /* PostgreSQL allows 1600 in a row */
    PLAN_KEY_COLUMNS_MAX = 16,
    PLAN_PATH_BYTES_MAX = 1000, /* of a column's or table's path */
    PLAN_ADDED_BYTES = 512      /* marker and window, which join a document */
};

/* Where a connection is selected whose rows are counted beside it. */
struct count_site {
    struct gql_selection *siblings; /* the list it stands in */
    struct gql_selection *field;
    const char *counter;       /* "variantsCount" */
    const char *updated_type;  /* of the updatedAt that is added; or NULL */
    struct shape_key *updated; /* its key */
};

/* A table while it is being put together. */
struct table_draft {
    struct plan_table *table;
    struct gql_selection *nodes[TABLE_SITES_MAX]; /* fields whose selections
                                                   * are its rows' */
    int node_count;
    struct shape_key *list_key;    /* of a list: in its parent's shape */
    const struct gql_type *type;   /* of its rows */
    struct gql_name *child_owners; /* types of its rows, narrowed by fragments,
                                    * that connections stand below */
    struct gql_directive *directives;
    const struct gql_directive *position; /* @position; NULL: none */
    struct count_site counts[TABLE_SITES_MAX];
    int count_count;
    struct plan_count *count;
    const char *count_type;      /* of the counter, as it is met first */
    struct shape_key *count_key; /* in the parent's shape, as these */
    struct shape_key *precision_key;
    struct shape_key *updated_key;     /* asked for by us */
    struct shape_key *own_updated_key; /* by the query */
    bool wants_id;                     /* lines must carry it */
    bool wants_typename;
    struct shape_key *id_key;
    struct shape_key *typename_key;
    struct shape_key *tag_key;
    struct dict by_name; /* the columns */
    struct dict by_path;
    struct plan_column *columns[PLAN_COLUMNS_MAX];
    struct shape_key *keys[PLAN_COLUMNS_MAX]; /* where their values stand */
};

struct builder {
    struct arena *arena;
    const struct gql_document *document;
    const struct gql_schema *schema;
    const struct dialect *dialect;
    struct plan *plan;
    struct arena *scratch; /* for what the plan does not keep */
    struct table_draft *drafts[PLAN_TABLES_MAX]; /* by table index */
    int connections;
    struct err *err;
};

/* A fault at `pos`. Always returns false. */
#define build_error(b, msg, pos, ...) \
    gql_error((b)->err, msg, (b)->document, pos, __VA_ARGS__)

/* expand.c: the operation's selections with fragments inlined and what @skip
 * and @include leave out gone; a copy that may be changed. */
struct gql_selection *
expand_selections(struct builder *b, const struct gql_selection *list);

/* Make the connection's selections one `edges { node { … } }`; the node. */
struct gql_selection *
expand_connection(struct builder *b, struct gql_selection *field);

/* selections.c: a field of that name, without arguments or selections. */
struct gql_selection *
selections_field(struct builder *b, const char *alias, const char *name);

/* Does the list itself select field `name` as `key`? */
bool selections_have(const struct gql_selection *list, const char *key,
                     const char *name);

/* walk.c */
bool walk_document(struct builder *b);

/* table_draft.c */

/* What @table says, with what holds without it. */
struct table_site {
    enum plan_kind kind;
    struct table_draft *parent;
    const char *name;
    const char *path;
    const char *parent_column;
    bool skip;
    struct gql_directive *directives;
    struct gql_pos pos;
};

/* The table of a connection or list, made when not met before. The rows'
 * fields are the selections of `node`. */
bool table_draft_open(struct builder *b, struct table_site *site,
                      const struct gql_type *type, struct gql_selection *node,
                      struct table_draft **draft);

/* columns.c */
struct column_site {
    const char *name; /* derived */
    const char *path;
    const char *graphql_type;
    struct gql_directive *directives;
    struct gql_pos pos;
    enum plan_type type;
    struct plan_gid *gid;
    bool is_list;
    bool takes_json;
    struct shape_key *key;
};

bool columns_add(struct builder *b, struct table_draft *draft,
                 const struct column_site *site);
enum plan_type columns_scalar_type(enum dialect_scalar scalar);

/* Ids of objects of GraphQL type `expected`, where that is known. `whole`: the
 * dialect could not tell their type from their number. */
struct plan_gid *
columns_make_gid(struct builder *b, bool whole, const char *expected);
bool
columns_check_name(struct builder *b, struct gql_pos pos, const char *name);

/* Paths are kept once for each column. */
bool
columns_check_path(struct builder *b, struct gql_pos pos, const char *path);

/* The last key of a path, where a directive would be written. */
const char *columns_last_key(const char *path);

/* counts.c: fields that tell how many rows a connection must have. */
struct count_place {
    struct table_draft *parent;
    struct shape_key *key;          /* of the object around the connection */
    const char *type_name;          /* that its selections are written for */
    struct gql_selection *siblings; /* the list that `field` stands in */
    struct gql_selection *field;
};

void counts_note(struct builder *b, struct table_draft *draft,
                 const struct count_place *place);

/* Whose staging holds the counts; and, once keys are numbered, where a line
 * has them. */
void counts_settle(struct builder *b);

void counts_settle_slots(struct table_draft *draft);

/* Ask for them in the document. */
void counts_submit(struct builder *b, struct table_draft *draft);

/* keys.c: key columns, ids, tags and their slots. */
bool keys_settle(struct builder *b);

/* relations.c: tables, keys and indexes have names of their own. */
bool relations_check(struct builder *b);

/* upkeep.c: @incremental and @deletes. After the keys. */
bool upkeep_settle(struct builder *b);

/* submit.c: fields added, directives gone, printed. */
bool submit_print(struct builder *b);

/* The operation's text, in `arena`. */
const char *submit_text(const struct gql_operation *operation, const char *file,
                        struct arena *arena);

/* directives.c: the value of an argument as the directive has it, or NULL.
 * Faults name what the argument must be. */
bool directive_string(struct builder *b, const struct gql_directive *directive,
                      const char *argument, const char **text);
bool directive_boolean(struct builder *b, const struct gql_directive *directive,
                       const char *argument, bool *truth);
bool
directive_duration(struct builder *b, const struct gql_directive *directive,
                   const char *argument, int64_t *ms);
bool directive_check(struct builder *b, const struct gql_directive *directive,
                     const char *const *known);

#endif
