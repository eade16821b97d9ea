/*
 * A mutation is built in steps; each relies on the ones before it.
 *
 *     1. the document is valid GraphQL for the API's types
 *     2. it has one root field, which is not a bulk operation itself
 *     3. its variables have types that a row can give
 *     4. @push, and what may be repeated (kinds.h)
 *     5. the payload: lists of errors, and the columns of the result table
 *     6. the document that is sent
 *
 * Hazard. A row that is sent twice may create a second object, or pay twice. So
 * a mutation that kinds.c does not list is refused unless its file says whether
 * a row may be repeated, and one that creates or deletes unless its file says
 * how many rows are allowed.
 */
#include "mapping/mutation.h"

#include <string.h>

#include "graphql/check.h"
#include "mapping/parts.h"
#include "plan/names.h"

enum { VARIABLES_MAX = 250 };

/* ---- the root ------------------------------------------------------------ */

static bool
find_root(struct mutation_builder *b)
{
    const struct gql_selection *root = b->document->operations->selections;
    const struct gql_schema *schema = b->mutation->schema;
    const struct gql_type *type =
        gql_schema_find(schema, gql_schema_mutation_type(schema));

    if (root->kind != GQL_FIELD || root->next != NULL)
        return mutation_error(b, MSG_MUTATION_RULE,
                              root->next != NULL ? root->next->pos : root->pos,
                              "a mutation that is pushed has exactly one root "
                              "field, outside of fragments");
    if (strncmp(root->name, "bulkOperation", strlen("bulkOperation")) == 0)
        return mutation_error(b, MSG_MUTATION_RULE, root->name_pos,
                              "\"%s\" cannot be pushed: bulkpg itself runs "
                              "bulk operations",
                              root->name);
    b->root = root;
    b->field = gql_type_field(type, root->name);
    if (b->field == NULL)
        return mutation_error(b, MSG_MUTATION_RULE, root->name_pos,
                              "\"%s\" is not a mutation", root->name);
    if (b->field->type.list_depth == 0 &&
        gql_kind_is_composite(b->field->type.kind))
        b->payload = gql_schema_find(schema, b->field->type.name);
    b->mutation->root = root->name;
    b->mutation->root_key = gql_response_key(root);
    return true;
}

/* The result table is JOB_result, unless the root has @table(name:). */
static bool
name_table(struct mutation_builder *b)
{
    static const char *const known[] = {"name", NULL};
    struct mutation *m = b->mutation;
    const struct gql_directive *given =
        gql_find_directive(b->root->directives, "table");
    const char *name = NULL;

    if (given != NULL && (!push_directive_check(b, given, known) ||
                          !push_directive_string(b, given, "name", &name)))
        return false;
    if (name != NULL && (name[0] == '_' || strlen(name) > NAME_BYTES_MAX))
        return mutation_error(b, MSG_QUERY_NAME, given->pos,
                              "the name \"%s\" begins with \"_\" or is longer "
                              "than PostgreSQL's limit of 63 bytes",
                              name);
    m->table = name != NULL
                   ? name
                   : name_shorten(b->arena,
                                  arena_printf(b->arena, "%s_result", m->job));
    return true;
}

/* ---- variables ----------------------------------------------------------- */

static bool
read_gid(struct mutation_builder *b, const struct gql_variable *variable,
         struct mutation_variable *made)
{
    static const char *const known[] = {"type", NULL};
    const struct gql_directive *gid =
        gql_find_directive(variable->directives, "gid");

    if (gid == NULL)
        return true;
    if (!push_directive_check(b, gid, known) ||
        !push_directive_string(b, gid, "type", &made->gid_type))
        return false;
    if (made->gid_type == NULL)
        return mutation_error(b, MSG_QUERY_DIRECTIVE, gid->pos,
                              "@gid needs a type: @gid(type: \"Product\")");
    if (strcmp(made->type.name, "ID") != 0 ||
        !b->mutation->dialect->ids_are_gids)
        return mutation_error(b, MSG_QUERY_DIRECTIVE, gid->pos,
                              "@gid belongs on a variable of type ID, but $%s "
                              "is %s",
                              variable->name, variable->type);
    return true;
}

static bool
read_null(struct mutation_builder *b, const struct gql_variable *variable,
          struct mutation_variable *made)
{
    static const char *const known[] = {NULL};
    const struct gql_directive *null =
        gql_find_directive(variable->directives, "null");

    if (null == NULL)
        return true;
    made->takes_null = true;
    if (!push_directive_check(b, null, known))
        return false;
    return !made->type.non_null || made->type.kind == GQL_INPUT_TYPE ||
           mutation_error(b, MSG_QUERY_DIRECTIVE, null->pos,
                          "$%s is %s and cannot be null: remove @null",
                          variable->name, variable->type);
}

static bool
read_variable(struct mutation_builder *b, const struct gql_variable *variable,
              struct mutation_variable *made)
{
    const struct mutation *m = b->mutation;

    *made = (struct mutation_variable){
        .name = variable->name,
        .column = name_snake_case(b->arena, variable->name),
        .has_default = variable->default_value != NULL,
        .pos = variable->pos};
    if (strncmp(variable->name, "bulkpg_", strlen("bulkpg_")) == 0)
        return mutation_error(b, MSG_QUERY_VARIABLE, variable->pos,
                              "$%s: names that begin with bulkpg_ are reserved",
                              variable->name);
    if (!gql_schema_read_ref(m->schema, b->arena, variable->type, &made->type))
        return mutation_error(b, MSG_QUERY_VARIABLE, variable->pos,
                              "$%s has the unknown type %s", variable->name,
                              made->type.name);
    if (gql_kind_is_composite(made->type.kind))
        return mutation_error(b, MSG_QUERY_VARIABLE, variable->pos,
                              "$%s is %s, which is not a type of input",
                              variable->name, variable->type);
    return read_gid(b, variable, made) && read_null(b, variable, made);
}

static bool
read_variables(struct mutation_builder *b)
{
    struct mutation *m = b->mutation;
    const struct gql_variable *list = b->document->operations->variables;
    struct mutation_variable *made;
    int count = 0;

    for (const struct gql_variable *v = list; v != NULL; v = v->next)
        count++;
    if (count == 0)
        return mutation_error(b, MSG_MUTATION_RULE,
                              b->document->operations->pos,
                              "the mutation has no variables, so every row "
                              "would do the same");
    if (count > VARIABLES_MAX)
        return mutation_error(b, MSG_QUERY_TOO_LARGE, list->pos,
                              "the mutation has more than %d variables",
                              VARIABLES_MAX);
    made = arena_array(b->arena, (size_t)count, sizeof(*made));
    m->variables = b->variables = made;
    for (; list != NULL; list = list->next)
        if (!read_variable(b, list, &made[m->variable_count++]))
            return false;
    return true;
}

/* ---- repeats ------------------------------------------------------------- */

/* With an identifier in every row, a mutation changes one object; without it,
 * the mutation creates one. */
static unsigned
with_identifier(const struct mutation_builder *b)
{
    const struct gql_argument *given =
        gql_find_argument(b->root->arguments, "identifier");
    const struct mutation_variable *variable;

    if (given == NULL || given->value->kind == GQL_NULL)
        return KIND_CREATES;
    if (given->value->kind != GQL_VARIABLE)
        return KIND_REPEATABLE;
    variable = mutation_variable(b->mutation, given->value->text);
    return variable->type.non_null ? KIND_REPEATABLE : KIND_CREATES;
}

/* Does the payload have a Job or an operation that continues afterwards? */
static bool
gives_job(const struct gql_type *payload)
{
    const struct gql_field *field = payload != NULL ? payload->fields : NULL;

    for (; field != NULL; field = field->next) {
        const char *name = field->type.name;
        size_t length = strlen(name), end = strlen("Operation");

        if (gql_kind_is_composite(field->type.kind) &&
            (strcmp(name, "Job") == 0 ||
             (length > end && strcmp(name + length - end, "Operation") == 0)))
            return true;
    }
    return false;
}

/* The key of @idempotent: the file's variable, or one of ours. */
static bool
read_idempotency(struct mutation_builder *b)
{
    struct mutation *m = b->mutation;
    const struct gql_directive *given =
        gql_find_directive(b->root->directives, "idempotent");
    const struct gql_value *key;

    if (given == NULL) {
        m->makes_keys = (m->kinds & KIND_IDEMPOTENT) != 0;
        m->key_variable = m->makes_keys ? MUTATION_KEY_VARIABLE : NULL;
        return true;
    }
    key = gql_find_argument(given->arguments, "key")->value;
    if (key->kind != GQL_VARIABLE)
        return mutation_error(b, MSG_MUTATION_RULE, key->pos,
                              "the key of @idempotent would be the same for "
                              "all rows: remove @idempotent, and bulkpg makes "
                              "a key for each row; or give it a variable");
    m->key_variable = key->text;
    for (int i = 0; i < m->variable_count; i++)
        if (strcmp(m->variables[i].name, key->text) == 0)
            b->variables[i].is_key = true;
    return true;
}

static bool
must_say(struct mutation_builder *b, const char *why, const char *write)
{
    mutation_error(b, MSG_MUTATION_REPEAT, b->document->operations->pos,
                   "%s %s", b->mutation->root, why);
    return err_hint(b->err, "write %s", write);
}

static bool
check_kinds(struct mutation_builder *b, bool has_repeat, bool has_max)
{
    const struct mutation *m = b->mutation;
    bool is_listed = (m->kinds & (KIND_REPEATABLE | KIND_IDEMPOTENT)) != 0;

    if (m->says_safe && (m->kinds & KIND_COUNTS) != 0)
        return must_say(b, "adds to a number, so a row must not be sent again",
                        "@push(repeat: NEVER)");
    if (!has_repeat && !is_listed)
        return must_say(b,
                        "can have a further effect if a row is sent twice, so "
                        "its file must say whether that is allowed",
                        "@push(repeat: NEVER), or @push(repeat: SAFE) if the "
                        "same row may be sent twice");
    if (!has_max && (m->kinds & (KIND_CREATES | KIND_DELETES)) != 0)
        return must_say(b,
                        "creates or deletes objects, so its file must say how "
                        "many rows are allowed",
                        "@push(max: 100), the most rows of one push");
    if (m->rollback && !mutation_can_undo(m))
        return must_say(b, "cannot be undone", "@push without rollback: true");
    return true;
}

static void
decide_repeats(struct mutation *m, bool has_repeat)
{
    bool may_repeat = !has_repeat || m->says_safe;

    m->is_safe =
        may_repeat && (m->says_safe || (m->kinds & KIND_REPEATABLE) != 0);
    m->is_idempotent = may_repeat && m->key_variable != NULL;
}

static bool
read_repeats(struct mutation_builder *b)
{
    struct mutation *m = b->mutation;
    bool has_repeat, has_max;

    if (!push_directive_read(b, &has_repeat, &has_max))
        return false;
    m->kinds = kinds_of(m->dialect, m->root);
    if ((m->kinds & KIND_IDENTIFIED) != 0)
        m->kinds |= with_identifier(b);
    m->gives_job = gives_job(b->payload);
    if (!read_idempotency(b) || !check_kinds(b, has_repeat, has_max))
        return false;
    decide_repeats(m, has_repeat);
    return true;
}

/* ---- the whole ----------------------------------------------------------- */

static struct mutation *
new_mutation(struct arena *arena, const char *job,
             const struct gql_document *document,
             const struct gql_schema *schema, const struct dialect *dialect)
{
    struct mutation *m = arena_alloc(arena, sizeof(*m));

    *m = (struct mutation){.job = job,
                           .file = document->file,
                           .dialect = dialect,
                           .schema = schema,
                           .root = "",
                           .root_key = "",
                           .table = "",
                           .rows = MUTATION_ROWS,
                           .max = MUTATION_MAX,
                           .direct = MUTATION_DIRECT};
    return m;
}

bool
mutation_build(struct arena *arena, const char *job,
               const struct gql_document *document,
               const struct gql_schema *schema, const struct dialect *dialect,
               const struct mutation **mutation, struct err *err)
{
    struct mutation *m = new_mutation(arena, job, document, schema, dialect);
    struct mutation_builder b = {
        .arena = arena, .document = document, .mutation = m, .err = err};

    *mutation = m;
    return gql_check_mutation(document, schema, err) && find_root(&b) &&
           name_table(&b) && read_variables(&b) && read_repeats(&b) &&
           payload_read(&b) && complete_document(&b);
}

/* What the file itself says about the mutation. */
static bool
read_sent_file(struct mutation_builder *b)
{
    const struct gql_operation *operation = b->document->operations;
    struct mutation *m = b->mutation;
    bool has_repeat, has_max;

    if (operation == NULL || operation->selections->kind != GQL_FIELD)
        return err_set(b->err, MSG_MUTATION_RULE,
                       "%s: this is not a mutation with one root field",
                       m->file);
    b->root = operation->selections;
    m->root = b->root->name;
    m->root_key = gql_response_key(b->root);
    if (!name_table(b) || !push_directive_read(b, &has_repeat, &has_max))
        return false;
    m->kinds = kinds_of(m->dialect, m->root);
    if (!read_idempotency(b))
        return false;
    decide_repeats(m, has_repeat);
    return true;
}

void
mutation_build_sent(struct arena *arena, const char *job,
                    const struct gql_document *document,
                    const struct gql_schema *schema,
                    const struct dialect *dialect,
                    const struct mutation **mutation, struct err *unread)
{
    struct mutation *m = new_mutation(arena, job, document, schema, dialect);
    struct mutation_builder b = {
        .arena = arena, .document = document, .mutation = m, .err = unread};

    *mutation = m;
    if (read_sent_file(&b) && gql_check_sent(document, schema, unread) &&
        find_root(&b) && payload_read(&b)) {
        unread->kind = ERR_NONE;
        return;
    }
    m->leaf_count = m->errors_count = 0;
    m->ok_key = NULL;
    m->is_idempotent = false;
}

const struct mutation_variable *
mutation_variable(const struct mutation *mutation, const char *name)
{
    for (int i = 0; i < mutation->variable_count; i++)
        if (strcmp(mutation->variables[i].name, name) == 0)
            return &mutation->variables[i];
    return NULL;
}

bool
mutation_can_undo(const struct mutation *mutation)
{
    return (mutation->kinds & KIND_IRREVERSIBLE) == 0;
}
