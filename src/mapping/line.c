/*
 * A row becomes a line in this order:
 *
 *     key ─► members of the variables ─► hash ─► idempotency key
 *         ─► the same with the _before_ columns ─► compared
 *
 * The key is read first, so that a fault can name the row. A column that is
 * NULL leaves its part out, unless the variable has @null; an object without
 * any part is left out, too. `before` has values only for the parts that are
 * sent, so that undoing a row changes nothing that the row did not change.
 *
 * Hazard. `before` must never stop a push: a row whose values before are not
 * valid is sent, but cannot be undone.
 */
#include "mapping/line.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "plan/names.h"

struct line_maker {
    const struct binding *binding;
    struct arena arena; /* cleared at each row */
    struct buf text;    /* the line */
    struct buf before;
    struct buf key;
    struct json_out *json;             /* writes to `text`, */
    struct json_out *before_json;      /* and to `before` */
    struct buf compared[2];            /* both lines, to compare them, */
    struct json_out *compared_json[2]; /* which these write */
};

/* How a line is written. */
struct writing {
    struct line_maker *maker;
    const struct span *values;
    struct value_writer writer;
    bool is_before;     /* take the values of the _before_ columns */
    bool is_compared;   /* see value_writer */
    const char *column; /* the one that is written */
};

struct line_maker *
line_maker_new(const struct binding *binding)
{
    struct line_maker *maker = mem_alloc(sizeof(*maker));

    maker->binding = binding;
    maker->text = buf_with_ceiling(SIZE_MAX);
    maker->before = buf_with_ceiling(SIZE_MAX);
    maker->key = buf_with_ceiling(SIZE_MAX);
    maker->json = json_out_new(&maker->text);
    maker->before_json = json_out_new(&maker->before);
    for (int i = 0; i < 2; i++) {
        maker->compared[i] = buf_with_ceiling(SIZE_MAX);
        maker->compared_json[i] = json_out_new(&maker->compared[i]);
    }
    return maker;
}

void
line_maker_free(struct line_maker *maker)
{
    if (maker == NULL)
        return;
    json_out_free(maker->json);
    json_out_free(maker->before_json);
    for (int i = 0; i < 2; i++) {
        json_out_free(maker->compared_json[i]);
        buf_free(&maker->compared[i]);
    }
    buf_free(&maker->text);
    buf_free(&maker->before);
    buf_free(&maker->key);
    arena_free(&maker->arena);
    free(maker);
}

/* ---- the key ------------------------------------------------------------- */

/* As PostgreSQL writes a string of jsonb. */
static void
append_jsonb_string(struct buf *to, struct span text)
{
    static const char *const escapes[] = {
        ['\b'] = "\\b", ['\f'] = "\\f", ['\n'] = "\\n", ['\r'] = "\\r",
        ['\t'] = "\\t", ['"'] = "\\\"", ['\\'] = "\\\\"};

    buf_append_char(to, '"');
    for (size_t i = 0; i < text.length; i++) {
        unsigned char c = (unsigned char)text.bytes[i];

        if (c < sizeof(escapes) / sizeof(escapes[0]) && escapes[c] != NULL)
            buf_append_str(to, escapes[c]);
        else if (c < ' ')
            buf_printf(to, "\\u%04x", c);
        else
            buf_append_char(to, (char)c);
    }
    buf_append_char(to, '"');
}

/* A part of a key with several parts. */
static void
append_part(struct buf *key, struct span text, bool is_raw)
{
    buf_append_str(key, key->length > 0 ? ", " : "[");
    if (is_raw)
        buf_append_span(key, text);
    else
        append_jsonb_string(key, text);
}

static bool
is_number_type(uint32_t oid)
{
    enum value_source source = value_type_of(oid).source;

    return source == VALUE_INTEGER || source == VALUE_NUMERIC;
}

static bool
no_key(struct err *fault, const char *name)
{
    return err_set(fault, MSG_PUSH_VALUE, "the key of the row, %s, is NULL",
                   name);
}

/* The value that the names lead to, from the object of all variables. */
static const struct json *
follow(const struct json *from, const char *const *names, int count)
{
    for (int i = 0; i < count; i++)
        from = json_get(from, names[i]);
    return from;
}

static bool
append_inside(struct line_maker *maker, const struct binding_key *part,
              const struct json *value, struct err *fault)
{
    const char *last = part->names[part->depth - 1];
    bool is_only = maker->binding->key_count == 1;

    if (value == NULL ||
        (value->kind != JSON_STRING && value->kind != JSON_NUMBER))
        return no_key(fault, last);
    if (memchr(value->text.bytes, '\0', value->text.length) != NULL)
        return err_set(fault, MSG_PUSH_VALUE,
                       "the key of the row, %s, has a NUL character", last);
    if (is_only)
        buf_append_span(&maker->key, value->text);
    else
        append_part(&maker->key, value->text, value->kind == JSON_NUMBER);
    return true;
}

/* The tree of the column that gives the whole variable of the key. */
static bool
parse_for_key(struct line_maker *maker, const struct binding_key *part,
              const struct span *values, struct json **tree, struct err *fault)
{
    const struct binding *binding = maker->binding;
    struct err why;

    *tree = NULL;
    for (int i = 0; i < binding->path_count; i++) {
        const struct binding_path *path = &binding->paths[i];
        struct span text = values[path->column];

        if (path->depth > 0 ||
            strcmp(path->variable->name, part->names[0]) != 0)
            continue;
        if (text.bytes != NULL && !json_parse(&maker->arena, text, tree, &why))
            return err_set(fault, MSG_PUSH_VALUE, "column %s: %s",
                           binding->columns[path->column].name, why.message);
    }
    return true;
}

static bool
append_column(struct line_maker *maker, const struct binding_key *part,
              const struct span *values, struct err *fault)
{
    const struct binding_column *column =
        &maker->binding->columns[part->column];
    struct span text = values[part->column];

    if (text.bytes == NULL)
        return no_key(fault, column->name);
    if (maker->binding->key_count == 1)
        buf_append_span(&maker->key, text);
    else
        append_part(&maker->key, text, is_number_type(column->type));
    return true;
}

/* `whole` is the object of all variables for --from; else NULL. */
static bool
make_key(struct line_maker *maker, const struct span *values,
         const struct json *whole, struct line *line, struct err *fault)
{
    const struct binding *binding = maker->binding;

    for (int i = 0; i < binding->key_count; i++) {
        const struct binding_key *part = &binding->keys[i];
        struct json *tree;
        bool made;

        if (part->column >= 0)
            made = append_column(maker, part, values, fault);
        else if (whole != NULL)
            made = append_inside(
                maker, part, follow(whole, part->names, part->depth), fault);
        else
            made = parse_for_key(maker, part, values, &tree, fault) &&
                   append_inside(maker, part,
                                 follow(tree, part->names + 1, part->depth - 1),
                                 fault);
        if (!made)
            return false;
    }
    if (binding->key_count > 1)
        buf_append_char(&maker->key, ']');
    line->key = buf_span(&maker->key);
    return true;
}

/* ---- the members --------------------------------------------------------- */

static const struct binding_path *
path_of(const struct writing *w, const struct binding_node *node)
{
    return &w->maker->binding->paths[node->path];
}

static bool
is_null(const struct writing *w, int column)
{
    return w->values[column].bytes == NULL;
}

/* Does the row give the node a value? In `before`, NULL is one. */
static bool
is_given(const struct writing *w, const struct binding_node *node)
{
    if (node->path >= 0)
        return !is_null(w, path_of(w, node)->column) ||
               (node->variable->takes_null && !node->type->non_null);
    for (const struct binding_node *n = node->below; n != NULL; n = n->next)
        if (is_given(w, n))
            return true;
    return false;
}

static bool
write_value(struct writing *w, const struct binding_node *node)
{
    const struct binding_path *path = path_of(w, node);
    bool before = w->is_before && path->before >= 0;
    int column = before ? path->before : path->column;

    w->column = w->maker->binding->columns[column].name;
    w->writer.gid_type = path->gid_type;
    if (!is_null(w, column))
        return value_write_text(&w->writer, node->type,
                                before ? &path->before_from : &path->from,
                                w->values[column]);
    if (node->type->non_null)
        return value_fault(&w->writer, "it is NULL, but %s is required",
                           node->type->text);
    json_out_string(w->writer.json, NULL);
    return true;
}

/* The column to name if a part of an object is missing. */
static const char *
first_column(const struct writing *w, const struct binding_node *node)
{
    while (node->path < 0)
        node = node->below;
    return w->maker->binding->columns[path_of(w, node)->column].name;
}

static bool
missing(struct writing *w, const struct binding_node *node)
{
    w->column = first_column(w, node);
    return value_fault(
        &w->writer, "it is NULL, but $%s%s%s is required: %s",
        node->variable->name, node->name != node->variable->name ? "..." : "",
        node->name != node->variable->name ? node->name : "", node->type->text);
}

static bool write_node(struct writing *w, const struct binding_node *node);

/* Exactly one part of a oneOf object must have a value. */
static bool
check_one_of(struct writing *w, const struct binding_node *node)
{
    int given = 0;

    if (!node->object->one_of)
        return true;
    for (const struct binding_node *n = node->below; n != NULL; n = n->next)
        given +=
            n->path < 0 ? is_given(w, n) : !is_null(w, path_of(w, n)->column);
    w->column = first_column(w, node);
    return given == 1 ||
           value_fault(&w->writer,
                       "%s takes exactly one field that is not null, found %d",
                       node->object->name, given);
}

static bool
write_list(struct writing *w, const struct binding_node *list, bool one_of)
{
    for (const struct binding_node *n = list; n != NULL; n = n->next) {
        bool given = one_of && n->path >= 0 ? !is_null(w, path_of(w, n)->column)
                                            : is_given(w, n);

        if (!given && n->type->non_null && !n->has_default) {
            if (n->path >= 0)
                return missing(w, n);
            given = true; /* an object whose parts are all NULL */
        }
        if (given && !write_node(w, n))
            return false;
    }
    return true;
}

static bool
write_node(struct writing *w, const struct binding_node *node)
{
    json_out_key(w->writer.json, node->name);
    if (node->path >= 0)
        return write_value(w, node);
    if (!check_one_of(w, node))
        return false;
    json_out_open(w->writer.json, '{');
    if (!write_list(w, node->below, node->object->one_of))
        return false;
    json_out_close(w->writer.json, '}');
    return true;
}

/* ---- the end of a line --------------------------------------------------- */

/* Where the idempotency key begins, or the closing bracket. */
static size_t
head_length(const struct mutation *mutation, struct span line)
{
    char member[300];
    size_t length;

    if (mutation->key_variable == NULL)
        return line.length - 1;
    snprintf(member, sizeof(member), "\"%s\":", mutation->key_variable);
    length = strlen(member);
    for (size_t i = line.length; i-- > 0;)
        if (i + length <= line.length &&
            memcmp(line.bytes + i, member, length) == 0)
            return i > 0 && line.bytes[i - 1] == ',' ? i - 1 : i;
    return line.length - 1;
}

void
line_hash(const struct mutation *mutation, struct span variables,
          char hash[LINE_HASH_BYTES])
{
    name_md5(variables.bytes, head_length(mutation, variables), hash);
}

void
line_with_key(const struct mutation *mutation, struct span variables,
              const char *idempotency_key, struct buf *to)
{
    size_t head = head_length(mutation, variables);

    if (mutation->key_variable == NULL) {
        buf_append_span(to, variables);
        return;
    }
    buf_append_span(to, span_head(variables, head));
    buf_printf(to, "%s\"%s\":", head > 1 ? "," : "", mutation->key_variable);
    buf_append_json(to, span_str(idempotency_key));
    buf_append_char(to, '}');
}

static void
write_our_key(const struct mutation *mutation, struct json_out *json,
              const char *idempotency_key)
{
    if (mutation->makes_keys)
        json_out_text(json, mutation->key_variable, idempotency_key);
}

/* ---- rows ---------------------------------------------------------------- */

static void
begin(struct line_maker *maker, struct line *line)
{
    *line = (struct line){.compared = LINE_BEFORE_UNKNOWN};
    arena_clear(&maker->arena);
    buf_clear(&maker->text);
    buf_clear(&maker->before);
    buf_clear(&maker->key);
    json_out_again(maker->json);
    json_out_again(maker->before_json);
}

/* "row 17, column price: ...". */
static bool
name_fault(const struct line *line, struct err *fault)
{
    struct span key = line->key;
    size_t shown = key.length < 100 ? key.length : 100;

    const char *dots = shown < key.length ? "..." : "";

    if (key.bytes == NULL)
        return false;
    if (line->fault_column == NULL)
        return err_wrap(fault, "row %.*s%s", (int)shown, key.bytes, dots);
    return err_wrap(fault, "row %.*s%s, column %s", (int)shown, key.bytes, dots,
                    line->fault_column);
}

static bool
write_line(struct writing *w, struct json_out *json, struct err *fault,
           const char *idempotency_key)
{
    const struct binding *binding = w->maker->binding;

    w->writer = (struct value_writer){.json = json,
                                      .mutation = binding->mutation,
                                      .arena = &w->maker->arena,
                                      .is_compared = w->is_compared,
                                      .fault = fault};
    json_out_open(json, '{');
    if (!write_list(w, binding->nodes, false))
        return false;
    write_our_key(binding->mutation, json, idempotency_key);
    json_out_close(json, '}');
    return true;
}

/* Do the _before_ columns say everything that is needed to compare? */
static bool
is_covered(const struct binding *binding, const struct span *values)
{
    for (int i = 0; i < binding->path_count; i++) {
        const struct binding_path *path = &binding->paths[i];

        if (path->before < 0 && !path->is_identity && !path->variable->is_key &&
            values[path->column].bytes != NULL)
            return false;
    }
    return true;
}

/* Are the values equal, although some are written in another way? */
static bool
is_equal(struct writing *w, const char *idempotency_key)
{
    struct line_maker *maker = w->maker;
    struct err ignored;
    bool written = true;

    w->is_compared = true;
    for (int i = 0; i < 2; i++) {
        buf_clear(&maker->compared[i]);
        json_out_again(maker->compared_json[i]);
        w->is_before = i == 1;
        written = written && write_line(w, maker->compared_json[i], &ignored,
                                        idempotency_key);
    }
    return written && span_equal(buf_span(&maker->compared[0]),
                                 buf_span(&maker->compared[1]));
}

static void
make_before(struct writing *w, const char *idempotency_key, struct line *line)
{
    struct line_maker *maker = w->maker;
    struct err ignored;

    line->compared = LINE_BEFORE_DIFFERENT;
    w->is_before = true;
    if (!write_line(w, maker->before_json, &ignored, idempotency_key))
        return;
    line->before = buf_span(&maker->before);
    if (span_equal(line->before, line->variables) ||
        is_equal(w, idempotency_key))
        line->compared = is_covered(maker->binding, w->values)
                             ? LINE_BEFORE_EQUAL
                             : LINE_BEFORE_UNKNOWN;
}

bool
line_make(struct line_maker *maker, const struct span *values,
          const char *idempotency_key, struct line *line, struct err *fault)
{
    const struct binding *binding = maker->binding;
    struct writing w = {.maker = maker, .values = values};

    begin(maker, line);
    if (!make_key(maker, values, NULL, line, fault))
        return name_fault(line, fault);
    if (!write_line(&w, maker->json, fault, idempotency_key)) {
        line->fault_column = w.column;
        return name_fault(line, fault);
    }
    line->variables = buf_span(&maker->text);
    line_hash(binding->mutation, line->variables, line->hash);
    if (binding->has_before)
        make_before(&w, idempotency_key, line);
    return true;
}

/* ---- --from -------------------------------------------------------------- */

static bool
check_members(const struct mutation *mutation, const struct json *whole,
              struct arena *arena, struct err *fault)
{
    if (whole->kind != JSON_OBJECT)
        return err_set(fault, MSG_PUSH_VALUE,
                       "the line is not an object of variables");
    for (const struct json *m = whole->first; m != NULL; m = m->next) {
        if (mutation_variable(mutation, m->key) == NULL)
            return err_set(fault, MSG_PUSH_VALUE,
                           "the mutation has no variable %s",
                           value_member_name(arena, m->key));
        if (json_get(whole, m->key) != m)
            return err_set(fault, MSG_PUSH_VALUE, "\"%s\" is given twice",
                           m->key);
    }
    return true;
}

static bool
write_member(struct value_writer *writer,
             const struct mutation_variable *variable, const struct json *whole,
             struct line *line)
{
    const struct json *value = json_get(whole, variable->name);

    line->fault_column = variable->name;
    if (value == NULL)
        return !variable->type.non_null || variable->has_default ||
               value_fault(writer, "it is missing, but %s is required",
                           variable->type.text);
    json_out_key(writer->json, variable->name);
    writer->gid_type = variable->gid_type;
    return value_write_json(writer, &variable->type, value);
}

static bool
write_members(struct line_maker *maker, const struct json *whole,
              struct line *line, struct err *fault)
{
    const struct mutation *m = maker->binding->mutation;
    struct value_writer writer = {.json = maker->json,
                                  .mutation = m,
                                  .arena = &maker->arena,
                                  .fault = fault};

    for (int pass = 0; pass < 2; pass++)
        for (int i = 0; i < m->variable_count; i++)
            if (m->variables[i].is_key == (pass == 1) &&
                !write_member(&writer, &m->variables[i], whole, line))
                return false;
    line->fault_column = NULL;
    return true;
}

bool
line_from_json(struct line_maker *maker, struct span text,
               const char *idempotency_key, struct line *line,
               struct err *fault)
{
    const struct mutation *mutation = maker->binding->mutation;
    struct json *whole;
    struct err why;

    begin(maker, line);
    if (!json_parse(&maker->arena, text, &whole, &why))
        return err_set(fault, MSG_PUSH_VALUE, "not valid JSON: %s",
                       why.message);
    if (!check_members(mutation, whole, &maker->arena, fault) ||
        !make_key(maker, NULL, whole, line, fault))
        return name_fault(line, fault);
    json_out_open(maker->json, '{');
    if (!write_members(maker, whole, line, fault))
        return name_fault(line, fault);
    if (!value_is_whole(text)) {
        err_set(fault, MSG_PUSH_VALUE, "%s", VALUE_NOT_WHOLE);
        return name_fault(line, fault);
    }
    write_our_key(mutation, maker->json, idempotency_key);
    json_out_close(maker->json, '}');
    line->variables = buf_span(&maker->text);
    line_hash(mutation, line->variables, line->hash);
    return true;
}
