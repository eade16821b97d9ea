/*
 * Columns are bound in steps:
 *
 *     1. each column is resolved: a variable, or a path through input objects
 *     2. the paths must not meet: a value comes from one column
 *     3. the types of the columns fit those of the values
 *     4. the key of a row
 *     5. the tree of variables, whose required parts all have a column
 *
 * A name may fit in several ways. A variable's whole name wins; any other
 * ambiguity is an error. Every error names the file and the line of the SELECT
 * where the column's name is written last, because PostgreSQL does not report
 * where a column comes from.
 */
#include "mapping/binding.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/nearest.h"
#include "plan/names.h"

enum { DEPTH_MAX = 32, FOUND_MAX = 2, JSONB_OID = 3802, TEXT_OID = 25 };

#define KEY_COLUMN    "_key"
#define BEFORE_PREFIX "_before_"

struct binder {
    struct arena *arena;
    const struct mutation *mutation;
    const struct binding_source *source;
    struct binding *binding;
    struct binding_path *paths;
    struct arena scratch;
    struct err *err;
};

/* ---- errors -------------------------------------------------------------- */

static bool
is_word(char c)
{
    return isalnum((unsigned char)c) != 0 || c == '_' || c == '$';
}

/* The line where `word` is written last; 0 if it is not written. */
static unsigned
line_of_word(struct span text, const char *word)
{
    size_t length = strlen(word);
    unsigned line = 1, found = 0;

    for (size_t i = 0; length > 0 && i + length <= text.length; i++) {
        if (text.bytes[i] == '\n')
            line++;
        if (strncasecmp(text.bytes + i, word, length) == 0 &&
            (i == 0 || !is_word(text.bytes[i - 1])) &&
            (i + length == text.length || !is_word(text.bytes[i + length])))
            found = line;
    }
    return found;
}

/* Set the error "file:line: ...". `column` may be NULL: the line is that of the
 * SELECT. Always returns false. */
static bool refuse(struct binder *b, const char *column, const char *format,
                   ...) PRINTF_LIKE(3, 4);

static bool
refuse(struct binder *b, const char *column, const char *format, ...)
{
    unsigned line = column != NULL ? line_of_word(b->source->text, column) : 0;
    va_list args;

    if (line == 0)
        line = line_of_word(b->source->text, "select");
    va_start(args, format);
    err_vset(b->err, MSG_MUTATION_COLUMN, format, args);
    va_end(args);
    if (b->source->file == NULL)
        return err_wrap(b->err, "%s", b->mutation->file);
    return err_wrap(b->err, "%s:%u", b->source->file, line > 0 ? line : 1);
}

/* ---- names --------------------------------------------------------------- */

/* A path that a name may mean. */
struct found {
    const struct mutation_variable *variable;
    const struct gql_input *fields[DEPTH_MAX];
    int depth;
};

struct resolver {
    struct binder *b;
    const char *name;
    struct found now; /* the path that is tried */
    struct found found[FOUND_MAX];
    int count;
    struct nearest nearest;
};

static bool
is_same_path(const struct found *a, const struct found *b)
{
    return a->variable == b->variable && a->depth == b->depth &&
           memcmp(a->fields, b->fields,
                  (size_t)a->depth * sizeof(*a->fields)) == 0;
}

static void
add_found(struct resolver *r)
{
    for (int i = 0; i < r->count; i++)
        if (is_same_path(&r->found[i], &r->now))
            return;
    if (r->count < FOUND_MAX)
        r->found[r->count] = r->now;
    if (r->count < FOUND_MAX)
        r->count++;
}

/* Is it one input object, whose fields can have columns? */
static bool
is_object(const struct gql_type_ref *type)
{
    return type->kind == GQL_INPUT_TYPE && type->list_depth == 0;
}

/* If `rest` is `name`, or begins with `name_`: what follows; else NULL. */
static const char *
after(const char *rest, const char *name)
{
    size_t length = strlen(name);

    if (strncmp(rest, name, length) != 0)
        return NULL;
    if (rest[length] == '\0')
        return rest + length;
    return rest[length] == '_' ? rest + length + 1 : NULL;
}

/* Try the fields of an input object for the rest of the name. */
static void
try_fields(struct resolver *r, const struct gql_type_ref *ref, const char *rest)
{
    const struct gql_type *type =
        gql_schema_find(r->b->mutation->schema, ref->name);
    const struct gql_input *input = type != NULL ? type->input_fields : NULL;

    for (; input != NULL && r->now.depth < DEPTH_MAX; input = input->next) {
        const char *snake = name_snake_case(&r->b->scratch, input->name);
        const char *left = after(rest, snake);

        nearest_try(&r->nearest,
                    arena_printf(&r->b->scratch, "%.*s%s",
                                 (int)(rest - r->name), r->name, snake));
        if (left == NULL)
            continue;
        r->now.fields[r->now.depth++] = input;
        if (*left == '\0')
            add_found(r);
        else if (is_object(&input->type))
            try_fields(r, &input->type, left);
        r->now.depth--;
    }
}

/* The only variable that is one input object; NULL: there are none or
 * several. */
static const struct mutation_variable *
only_object(const struct mutation *m)
{
    const struct mutation_variable *only = NULL;

    for (int i = 0; i < m->variable_count; i++) {
        if (!is_object(&m->variables[i].type))
            continue;
        if (only != NULL)
            return NULL;
        only = &m->variables[i];
    }
    return only;
}

/* Find the paths that `name` may mean. */
static void
resolve(struct binder *b, const char *name, struct resolver *r)
{
    const struct mutation *m = b->mutation;
    const struct mutation_variable *only = only_object(m);

    *r = (struct resolver){.b = b, .name = name, .nearest = nearest_to(name)};
    for (int i = 0; i < m->variable_count; i++) {
        const struct mutation_variable *variable = &m->variables[i];
        const char *left = after(name, variable->column);

        nearest_try(&r->nearest, variable->column);
        r->now = (struct found){.variable = variable};
        if (left != NULL && *left == '\0') {
            r->found[0] = r->now;
            r->count = 1;
            return;
        }
    }
    for (int i = 0; i < m->variable_count; i++) {
        const struct mutation_variable *variable = &m->variables[i];
        const char *left = after(name, variable->column);

        r->now = (struct found){.variable = variable};
        if (left != NULL && is_object(&variable->type))
            try_fields(r, &variable->type, left);
    }
    r->now = (struct found){.variable = only};
    if (only != NULL)
        try_fields(r, &only->type, name);
}

/* "input.seo.title", for messages; with "_" the name of the column. */
static const char *
path_text(struct arena *arena, const struct found *found, bool as_column)
{
    const char *text =
        as_column ? found->variable->column : found->variable->name;

    for (int i = 0; i < found->depth; i++)
        text =
            as_column
                ? arena_printf(arena, "%s_%s", text,
                               name_snake_case(arena, found->fields[i]->name))
                : arena_printf(arena, "%s.%s", text, found->fields[i]->name);
    return text;
}

static bool
unknown_column(struct binder *b, const char *name, struct resolver *r)
{
    const struct mutation *m = b->mutation;
    struct buf names = buf_with_ceiling(300);

    refuse(b, name,
           "column \"%s\" is neither a variable of the mutation nor a field of "
           "one",
           name);
    if (r->nearest.best != NULL)
        err_hint(b->err, "write: AS %s", r->nearest.best);
    else {
        for (int i = 0; i < m->variable_count; i++)
            buf_printf(&names, "%s%s", i > 0 ? ", " : "",
                       m->variables[i].column);
        err_hint(b->err,
                 "the variables are: %s; write AS with one of these names, or "
                 "with VARIABLE_FIELD",
                 buf_str(&names));
    }
    buf_free(&names);
    return false;
}

static bool
resolve_one(struct binder *b, const char *column, const char *name,
            struct found *found)
{
    struct resolver r;

    resolve(b, name, &r);
    if (r.count == 0)
        return unknown_column(b, column, &r);
    *found = r.found[0];
    if (r.count == 1)
        return true;
    refuse(b, column, "column \"%s\" can fill $%s or $%s", column,
           path_text(&b->scratch, &r.found[0], false),
           path_text(&b->scratch, &r.found[1], false));
    return err_hint(b->err, "write: AS %s, or AS %s",
                    path_text(&b->scratch, &r.found[0], true),
                    path_text(&b->scratch, &r.found[1], true));
}

/* ---- types --------------------------------------------------------------- */

static bool
misfit(struct binder *b, const struct binding_column *column,
       const struct binding_path *path, const struct value_type *from,
       const char *cast)
{
    char format[64];
    const char *at;

    refuse(b, column->name, "column \"%s\" is %s%s, but $%s is %s",
           column->name, from->name[0] != '\0' ? from->name : "of another type",
           from->is_array ? "[]" : "", path->text, path->type->text);
    at = strstr(cast, "%s");
    if (at == NULL)
        return path->type->kind == GQL_INPUT_TYPE
                   ? err_hint(b->err,
                              "write: jsonb_build_object('field', ...) AS %s",
                              column->name)
                   : err_hint(b->err, "give the column another type");
    snprintf(format, sizeof(format), "%.*s", (int)(at - cast), cast);
    return err_hint(b->err, "write: %s%s%s AS %s", format, column->name, at + 2,
                    column->name);
}

static bool
check_fit(struct binder *b, int index, const struct binding_path *path,
          struct value_type *from)
{
    const struct binding_column *column = &b->binding->columns[index];
    const char *cast;

    *from = value_type_of(column->type);
    return value_fits(b->mutation->dialect, path->type, from, path->gid_type,
                      &cast) ||
           misfit(b, column, path, from, cast);
}

/* The type of the ids that integers in the column are. */
static bool
find_gid_type(struct binder *b, const struct found *found,
              const struct binding_column *column, const char **gid_type)
{
    const char *said = found->depth == 0 ? found->variable->gid_type : NULL;

    *gid_type = said != NULL ? said : column->gid_type;
    if (said == NULL || column->gid_type == NULL ||
        strcmp(said, column->gid_type) == 0)
        return true;
    return refuse(b, column->name,
                  "column \"%s\" has ids of %s, but $%s has @gid(type: \"%s\")",
                  column->name, column->gid_type, found->variable->name, said);
}

/* ---- paths --------------------------------------------------------------- */

static bool
add_path(struct binder *b, int index)
{
    const struct binding_column *column = &b->binding->columns[index];
    struct binding_path *path = &b->paths[b->binding->path_count];
    const struct gql_input **fields;
    struct found found;
    const char *gid_type;

    if (!resolve_one(b, column->name, column->name, &found) ||
        !find_gid_type(b, &found, column, &gid_type))
        return false;
    fields = arena_array(b->arena, (size_t)found.depth + 1, sizeof(*fields));
    memcpy(fields, found.fields, (size_t)found.depth * sizeof(*fields));
    *path = (struct binding_path){.column = index,
                                  .before = -1,
                                  .variable = found.variable,
                                  .fields = fields,
                                  .depth = found.depth,
                                  .type = found.depth > 0
                                              ? &fields[found.depth - 1]->type
                                              : &found.variable->type,
                                  .text = path_text(b->arena, &found, false),
                                  .gid_type = gid_type};
    path->is_identity =
        strcmp(path->type->name, "ID") == 0 && path->type->list_depth == 0;
    b->binding->path_count++;
    return check_fit(b, index, path, &path->from);
}

static bool
leads_into(const struct binding_path *outer, const struct binding_path *inner)
{
    return outer->variable == inner->variable && outer->depth <= inner->depth &&
           memcmp(outer->fields, inner->fields,
                  (size_t)outer->depth * sizeof(struct gql_input *)) == 0;
}

static bool
check_meeting(struct binder *b)
{
    const struct binding_column *columns = b->binding->columns;

    for (int i = 0; i < b->binding->path_count; i++)
        for (int k = 0; k < i; k++) {
            const struct binding_path *one = &b->paths[k], *two = &b->paths[i];
            const char *name = columns[two->column].name;

            if (!leads_into(one, two) && !leads_into(two, one))
                continue;
            refuse(b, name, "the columns \"%s\" and \"%s\" both give $%s",
                   columns[one->column].name, name,
                   one->depth > two->depth ? one->text : two->text);
            return err_hint(b->err, "remove one of the two columns");
        }
    return true;
}

static struct binding_path *
find_path(struct binder *b, const struct found *found)
{
    for (int i = 0; i < b->binding->path_count; i++) {
        struct binding_path *path = &b->paths[i];

        if (path->variable == found->variable && path->depth == found->depth &&
            memcmp(path->fields, found->fields,
                   (size_t)found->depth * sizeof(*found->fields)) == 0)
            return path;
    }
    return NULL;
}

/* _before_NAME is the value before of the column NAME. */
static bool
add_before(struct binder *b, int index)
{
    const struct binding_column *column = &b->binding->columns[index];
    const char *name = column->name + strlen(BEFORE_PREFIX);
    struct binding_path *path;
    struct found found;

    if (!resolve_one(b, column->name, name, &found))
        return false;
    path = find_path(b, &found);
    if (path == NULL) {
        refuse(b, column->name,
               "column \"%s\" is the value of $%s before the push, but no "
               "column fills $%s",
               column->name, path_text(&b->scratch, &found, false),
               path_text(&b->scratch, &found, false));
        return err_hint(b->err, "write: AS %s, for the value to send", name);
    }
    if (path->before >= 0)
        return refuse(b, column->name,
                      "the columns \"%s\" and \"%s\" are both the value of $%s "
                      "before the push",
                      b->binding->columns[path->before].name, column->name,
                      path->text);
    path->before = index;
    b->binding->has_before = true;
    if (path->gid_type == NULL)
        path->gid_type = column->gid_type;
    return check_fit(b, index, path, &path->before_from);
}

static bool
reserved_column(struct binder *b, const char *name)
{
    refuse(b, name,
           "column \"%s\": names that begin with \"_\" are reserved for "
           "bulkpg's own columns, " KEY_COLUMN " and " BEFORE_PREFIX "...",
           name);
    return err_hint(b->err, "write: AS %s", name + strspn(name, "_"));
}

static bool
add_paths(struct binder *b)
{
    const struct binding *binding = b->binding;

    for (int i = 0; i < binding->column_count; i++) {
        const char *name = binding->columns[i].name;
        bool is_before =
            strncmp(name, BEFORE_PREFIX, strlen(BEFORE_PREFIX)) == 0;

        if (name[0] == '_' && !is_before && strcmp(name, KEY_COLUMN) != 0)
            return reserved_column(b, name);
        if (name[0] != '_' && !add_path(b, i))
            return false;
    }
    for (int i = 0; i < binding->column_count; i++)
        if (strncmp(binding->columns[i].name, BEFORE_PREFIX,
                    strlen(BEFORE_PREFIX)) == 0 &&
            !add_before(b, i))
            return false;
    return check_meeting(b);
}

/* ---- the key ------------------------------------------------------------- */

static int
find_column(const struct binding *binding, const char *name)
{
    for (int i = 0; i < binding->column_count; i++)
        if (strcmp(binding->columns[i].name, name) == 0)
            return i;
    return -1;
}

static void
set_keys(struct binder *b, const struct binding_key *keys, int count)
{
    struct binding *binding = b->binding;
    struct binding_key *copy =
        arena_array(b->arena, (size_t)count, sizeof(*copy));

    memcpy(copy, keys, (size_t)count * sizeof(*copy));
    binding->keys = copy;
    binding->key_count = count;
    binding->key_type = count > 1 ? JSONB_OID : TEXT_OID;
    if (count == 1 && keys[0].column >= 0)
        binding->key_type = binding->columns[keys[0].column].type;
    for (int i = 0; i < binding->path_count; i++)
        for (int k = 0; k < count; k++)
            if (b->paths[i].column == keys[k].column)
                b->paths[i].is_identity = true;
}

/* The names that lead to a value inside the variables. */
static struct binding_key
key_inside(struct arena *arena, const struct found *found)
{
    const char **names =
        arena_array(arena, (size_t)found->depth + 1, sizeof(*names));

    names[0] = found->variable->name;
    for (int i = 0; i < found->depth; i++)
        names[i + 1] = found->fields[i]->name;
    return (struct binding_key){
        .column = -1, .names = names, .depth = found->depth + 1};
}

/* The value that names a row by default: the only ID!, or the id of the only
 * input object. */
static bool
default_key(const struct mutation *m, struct found *found)
{
    const struct mutation_variable *id = NULL, *object = only_object(m);
    const struct gql_type *type;
    int count = 0;

    for (int i = 0; i < m->variable_count; i++)
        if (strcmp(m->variables[i].type.name, "ID") == 0 &&
            m->variables[i].type.list_depth == 0 &&
            m->variables[i].type.non_null) {
            id = &m->variables[i];
            count++;
        }
    *found = (struct found){.variable = id};
    if (count == 1)
        return true;
    if (object == NULL)
        return false;
    type = gql_schema_find(m->schema, object->type.name);
    *found = (struct found){.variable = object, .depth = 1};
    found->fields[0] = gql_type_input_field(type, "id");
    return found->fields[0] != NULL;
}

static bool
no_key(struct binder *b)
{
    refuse(b, NULL, "nothing names a row");
    return err_hint(b->err, "add a column AS " KEY_COLUMN
                            " with a value of its own for each row, or name "
                            "columns with @push(key: \"...\")");
}

static bool
find_default_key(struct binder *b)
{
    const struct binding_path *path;
    struct binding_key key;
    struct found found;

    if (!default_key(b->mutation, &found))
        return no_key(b);
    path = find_path(b, &found);
    if (path != NULL) {
        key = (struct binding_key){.column = path->column};
        set_keys(b, &key, 1);
        return true;
    }
    found.depth = 0;
    if (find_path(b, &found) == NULL)
        return no_key(b); /* the object has columns, but none for its id */
    (void)default_key(b->mutation, &found);
    key = key_inside(b->arena, &found);
    set_keys(b, &key, 1);
    return true;
}

static bool
find_key(struct binder *b)
{
    const struct mutation *m = b->mutation;
    struct binding_key *keys =
        arena_array(&b->scratch, (size_t)m->key_count + 1, sizeof(*keys));

    keys[0].column = find_column(b->binding, KEY_COLUMN);
    if (keys[0].column >= 0) {
        set_keys(b, keys, 1);
        return true;
    }
    if (m->key_count == 0)
        return find_default_key(b);
    for (int i = 0; i < m->key_count; i++) {
        keys[i].column = find_column(b->binding, m->key[i]);
        if (keys[i].column >= 0)
            continue;
        refuse(b, NULL,
               "the SELECT has no column \"%s\", which @push(key:) "
               "names",
               m->key[i]);
        return err_hint(b->err, "write: AS %s", m->key[i]);
    }
    set_keys(b, keys, m->key_count);
    return true;
}

/* ---- the tree ------------------------------------------------------------ */

static bool
missing_column(struct binder *b, const struct found *found, const char *type)
{
    const char *name = path_text(&b->scratch, found, true);

    refuse(b, NULL, "no column fills $%s, which is required: %s",
           path_text(&b->scratch, found, false), type);
    return err_hint(b->err, "write: AS %s", name);
}

/* The path at `found`, or one below it; -1: there is none. */
static int
path_at(const struct binder *b, const struct found *found)
{
    for (int i = 0; i < b->binding->path_count; i++) {
        const struct binding_path *path = &b->paths[i];

        if (path->variable == found->variable && path->depth >= found->depth &&
            memcmp(path->fields, found->fields,
                   (size_t)found->depth * sizeof(*found->fields)) == 0)
            return i;
    }
    return -1;
}

static bool
add_fields(struct binder *b, struct found *found, struct binding_node *node);

/* Add the node of a variable or field, if a column leads to it. */
static bool
add_node(struct binder *b, struct found *found, const char *name,
         const struct gql_type_ref *type, bool has_default,
         const struct binding_node ***end)
{
    int path = path_at(b, found);
    struct binding_node *node;

    if (path < 0)
        return !type->non_null || has_default ||
               missing_column(b, found, type->text);
    node = arena_alloc(b->arena, sizeof(*node));
    *node = (struct binding_node){.name = name,
                                  .variable = found->variable,
                                  .type = type,
                                  .has_default = has_default,
                                  .path = path};
    **end = node;
    *end = &node->next;
    if (b->paths[path].depth == found->depth)
        return true;
    node->path = -1;
    node->object = gql_schema_find(b->mutation->schema, type->name);
    return add_fields(b, found, node);
}

static bool
add_fields(struct binder *b, struct found *found, struct binding_node *node)
{
    const struct binding_node **end = &node->below;
    const struct gql_input *input = node->object->input_fields;

    for (; input != NULL; input = input->next) {
        bool added;

        found->fields[found->depth++] = input;
        added = add_node(b, found, input->name, &input->type,
                         input->has_default || node->object->one_of, &end);
        found->depth--;
        if (!added)
            return false;
    }
    return true;
}

/* In the order of their declaration; the idempotency key is the last. */
static bool
add_variables(struct binder *b)
{
    const struct mutation *m = b->mutation;
    const struct binding_node **end = &b->binding->nodes;

    for (int pass = 0; pass < 2; pass++)
        for (int i = 0; i < m->variable_count; i++) {
            struct found found = {.variable = &m->variables[i]};

            if (found.variable->is_key == (pass == 1) &&
                !add_node(b, &found, found.variable->name,
                          &found.variable->type, found.variable->has_default,
                          &end))
                return false;
        }
    return true;
}

/* ---- the whole ----------------------------------------------------------- */

static struct binding *
make(struct binder *b, const struct binding_column *columns, int count)
{
    struct binding *binding = arena_alloc(b->arena, sizeof(*binding));
    struct binding_column *copy =
        arena_array(b->arena, (size_t)count + 1, sizeof(*copy));

    for (int i = 0; i < count; i++) {
        copy[i] = columns[i];
        copy[i].name = arena_strdup(b->arena, columns[i].name);
        if (columns[i].gid_type != NULL)
            copy[i].gid_type = arena_strdup(b->arena, columns[i].gid_type);
    }
    b->paths = arena_array(b->arena, (size_t)count + 1, sizeof(*b->paths));
    *binding = (struct binding){.mutation = b->mutation,
                                .columns = copy,
                                .column_count = count,
                                .paths = b->paths};
    b->binding = binding;
    return binding;
}

bool
binding_make(struct arena *arena, const struct mutation *mutation,
             const struct binding_column *columns, int count,
             const struct binding_source *source,
             const struct binding **binding, struct err *err)
{
    struct binder b = {
        .arena = arena, .mutation = mutation, .source = source, .err = err};
    bool made;

    *binding = make(&b, columns, count);
    made = add_paths(&b) && find_key(&b) && add_variables(&b);
    arena_free(&b.scratch);
    return made;
}

static bool
find_json_key(struct binder *b)
{
    const struct mutation *m = b->mutation;
    struct binding_key *keys =
        arena_array(&b->scratch, (size_t)m->key_count + 1, sizeof(*keys));
    struct found found;

    if (m->key_count == 0) {
        if (!default_key(m, &found)) {
            refuse(b, NULL, "nothing names a row");
            return err_hint(b->err, "name variables or fields with "
                                    "@push(key: \"...\")");
        }
        keys[0] = key_inside(b->arena, &found);
        set_keys(b, keys, 1);
        return true;
    }
    for (int i = 0; i < m->key_count; i++) {
        if (!resolve_one(b, m->key[i], m->key[i], &found))
            return err_wrap(b->err, "@push(key:)");
        keys[i] = key_inside(b->arena, &found);
    }
    set_keys(b, keys, m->key_count);
    return true;
}

bool
binding_make_for_json(struct arena *arena, const struct mutation *mutation,
                      const struct binding **binding, struct err *err)
{
    static const struct binding_source none = {.text = {"", 0}};
    struct binder b = {
        .arena = arena, .mutation = mutation, .source = &none, .err = err};
    bool made;

    *binding = make(&b, NULL, 0);
    made = find_json_key(&b);
    arena_free(&b.scratch);
    return made;
}
