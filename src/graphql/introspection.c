/*
 * The reader takes an introspection object as events and keeps only what
 * bulkpg needs, because a tree of the whole object would be 50 times its size.
 * The reader's state is a stack of places, one per open container:
 *
 *     AT_TYPE ─┬─► AT_FIELDS ─► AT_FIELD ─┬─► AT_REF (type)
 *              │                          └─► AT_INPUTS (args)
 *              ├─► AT_INPUTS ─► AT_INPUT ───► AT_REF (type)
 *              └─► AT_NAMES  ─► AT_NAME
 *
 * All other containers, and everything inside them, are AT_NOTHING. AT_REF is
 * entered once for each wrapper (ofType); end_ref() combines the levels when
 * the outermost one ends.
 *
 * Hazard: a store may send anything. Each allocation reduces `*left`; names and
 * lists of inputs have a maximum length; if a key appears twice, the second
 * list replaces the first. The reader stops at the first fault and reports it.
 */
#include "graphql/introspection.h"

#include <string.h>

#include "json/walk.h"

enum {
    KEY_BYTES = 32,
    NAME_BYTES_MAX = 255, /* of types and fields */
    INPUTS_MAX = 1000,    /* arguments of one field, or input fields */
    ARENA_ALIGNMENT = 16,
    DICT_BYTES = 64 /* of the schema's dictionaries, for each name */
};

/* The role of an open container. */
enum place {
    AT_TYPE,
    AT_FIELDS,
    AT_FIELD,
    AT_INPUTS, /* arguments of a field, or input fields */
    AT_INPUT,
    AT_REF,
    AT_NAMES,
    AT_NAME,
    AT_NOTHING /* not needed, nor anything inside it */
};

/* One level of a type reference: a wrapper, or the named type. */
struct level {
    enum { NO_KIND, LIST, NON_NULL, NAMED } what;
    enum gql_type_kind kind;
    const char *name;
};

struct reader {
    struct arena *arena;
    size_t *left;
    struct err *err;
    bool stopped;
    enum place places[JSON_MAX_DEPTH];
    size_t depth;
    char key[KEY_BYTES]; /* of the value that comes next; "" if too long */

    struct gql_type *type;
    bool has_kind;
    struct gql_field *field;
    struct gql_field **field_end;
    struct gql_input *input;
    struct gql_input **input_end;
    int input_count;
    struct gql_name *name;
    struct gql_name **name_end;
    struct gql_type_ref *ref;
    struct level levels[JSON_MAX_DEPTH]; /* from the outside in */
    size_t level;                        /* the one that is open */
    size_t level_count;
};

/* ---- memory ------------------------------------------------------------ */

static void
fail(struct reader *reader, enum msg msg, const char *what)
{
    if (!reader->stopped)
        err_set(reader->err, msg, "%s", what);
    reader->stopped = true;
}

static bool
take(struct reader *reader, size_t bytes)
{
    if (bytes > *reader->left)
        fail(reader, MSG_TOO_LARGE,
             "it exceeds the memory limit for a store's types");
    else
        *reader->left -= bytes;
    return !reader->stopped;
}

/* NULL, with an error, if the limit is reached. */
static void *
make(struct reader *reader, size_t size)
{
    return take(reader, size) ? arena_alloc(reader->arena, size) : NULL;
}

static void *
make_named(struct reader *reader, size_t size)
{
    return take(reader, DICT_BYTES) ? make(reader, size) : NULL;
}

static const char *
copy(struct reader *reader, struct span text)
{
    return take(reader, text.length + ARENA_ALIGNMENT)
               ? arena_dup(reader->arena, text)
               : "";
}

static const char *
copy_name(struct reader *reader, struct span text)
{
    if (text.length <= NAME_BYTES_MAX)
        return copy(reader, text);
    if (!reader->stopped)
        err_set(reader->err, MSG_BAD_TYPES,
                "a name in it has more than %d bytes: %.40s...", NAME_BYTES_MAX,
                copy(reader, span_of(text.bytes, 40)));
    reader->stopped = true;
    return "";
}

/* ---- type references --------------------------------------------------- */

static bool
read_kind(struct span text, enum gql_type_kind *kind)
{
    static const char *const names[] = {
        [GQL_SCALAR_TYPE] = "SCALAR",       [GQL_OBJECT_TYPE] = "OBJECT",
        [GQL_INTERFACE_TYPE] = "INTERFACE", [GQL_UNION_TYPE] = "UNION",
        [GQL_ENUM_TYPE] = "ENUM",           [GQL_INPUT_TYPE] = "INPUT_OBJECT"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (span_is(text, names[i])) {
            *kind = (enum gql_type_kind)i;
            return true;
        }
    }
    return false;
}

static void
read_level_kind(struct level *level, struct span text)
{
    if (span_is(text, "LIST"))
        level->what = LIST;
    else if (span_is(text, "NON_NULL"))
        level->what = NON_NULL;
    else
        level->what = read_kind(text, &level->kind) ? NAMED : NO_KIND;
}

/* The text of a reference: `name` inside `count` wrappers, "[Product!]!". */
static const char *
write_text(struct reader *reader, const char *name, size_t count)
{
    size_t length = strlen(name) + 2 * count + 1;
    size_t before = 0, end;
    char *text;

    if (count == 0 || !take(reader, length))
        return name;
    text = arena_bytes(reader->arena, length);
    for (size_t i = 0; i < count; i++)
        if (reader->levels[i].what == LIST)
            text[before++] = '[';
    memcpy(text + before, name, strlen(name));
    end = before + strlen(name);
    for (size_t i = count; i-- > 0;)
        text[end++] = reader->levels[i].what == LIST ? ']' : '!';
    text[end] = '\0';
    return text;
}

/* The outermost object of a reference has ended. */
static void
end_ref(struct reader *reader)
{
    struct gql_type_ref *ref = reader->ref;
    const struct level *levels = reader->levels;
    size_t count = 0;

    while (count < reader->level_count &&
           (levels[count].what == LIST || levels[count].what == NON_NULL))
        count++;
    if (count == reader->level_count || levels[count].what != NAMED) {
        fail(reader, MSG_BAD_TYPES, "a type in it has no kind");
        return;
    }
    if (levels[count].name == NULL) {
        fail(reader, MSG_BAD_TYPES, "a part of it has no name");
        return;
    }
    for (size_t i = 0; i < count; i++)
        ref->list_depth += levels[i].what == LIST;
    ref->non_null = count > 0 && levels[0].what == NON_NULL;
    ref->kind = levels[count].kind;
    ref->name = levels[count].name;
    ref->text = write_text(reader, ref->name, count);
}

static void
begin_level(struct reader *reader, size_t level)
{
    reader->levels[level] = (struct level){.what = NO_KIND};
    reader->level = level;
    reader->level_count = level + 1;
}

static enum place
begin_ref(struct reader *reader, struct gql_type_ref *ref)
{
    *ref = (struct gql_type_ref){0};
    reader->ref = ref;
    begin_level(reader, 0);
    return AT_REF;
}

/* ---- containers that begin --------------------------------------------- */

static bool
is_key(const struct reader *reader, const char *key)
{
    return strcmp(reader->key, key) == 0;
}

/* If a key appears twice, its last list replaces the first. */
static enum place
begin_inputs(struct reader *reader, struct gql_input **list)
{
    *list = NULL;
    reader->input_end = list;
    reader->input_count = 0;
    return AT_INPUTS;
}

static enum place
begin_names(struct reader *reader, struct gql_name **list)
{
    *list = NULL;
    reader->name_end = list;
    return AT_NAMES;
}

static enum place
begin_in_type(struct reader *reader)
{
    struct gql_type *type = reader->type;

    if (is_key(reader, "interfaces"))
        return begin_names(reader, &type->interfaces);
    if (is_key(reader, "possibleTypes"))
        return begin_names(reader, &type->possible_types);
    if (is_key(reader, "enumValues"))
        return begin_names(reader, &type->enum_values);
    if (is_key(reader, "inputFields"))
        return begin_inputs(reader, &type->input_fields);
    if (!is_key(reader, "fields"))
        return AT_NOTHING;
    type->fields = NULL;
    reader->field_end = &type->fields;
    return AT_FIELDS;
}

static enum place
begin_field(struct reader *reader)
{
    struct gql_field *made = make_named(reader, sizeof(*made));

    if (made == NULL)
        return AT_NOTHING;
    made->deprecation_reason = "";
    reader->field = *reader->field_end = made;
    reader->field_end = &made->next;
    return AT_FIELD;
}

static enum place
begin_input(struct reader *reader)
{
    struct gql_input *made = make_named(reader, sizeof(*made));

    if (made == NULL)
        return AT_NOTHING;
    if (++reader->input_count > INPUTS_MAX) {
        err_set(reader->err, MSG_BAD_TYPES,
                "it has a list of more than %d arguments or input fields",
                INPUTS_MAX);
        reader->stopped = true;
    }
    made->description = "";
    reader->input = *reader->input_end = made;
    reader->input_end = &made->next;
    return AT_INPUT;
}

static enum place
begin_name(struct reader *reader)
{
    struct gql_name *made = make_named(reader, sizeof(*made));

    if (made == NULL)
        return AT_NOTHING;
    reader->name = *reader->name_end = made;
    reader->name_end = &made->next;
    return AT_NAME;
}

static enum place
begin_object(struct reader *reader, enum place parent)
{
    switch (parent) {
    case AT_FIELDS:
        return begin_field(reader);
    case AT_INPUTS:
        return begin_input(reader);
    case AT_NAMES:
        return begin_name(reader);
    case AT_FIELD:
        return is_key(reader, "type") ? begin_ref(reader, &reader->field->type)
                                      : AT_NOTHING;
    case AT_INPUT:
        return is_key(reader, "type") ? begin_ref(reader, &reader->input->type)
                                      : AT_NOTHING;
    case AT_REF:
        if (!is_key(reader, "ofType"))
            return AT_NOTHING;
        begin_level(reader, reader->level + 1);
        return AT_REF;
    default:
        return AT_NOTHING;
    }
}

static enum place
begin_array(struct reader *reader, enum place parent)
{
    if (parent == AT_TYPE)
        return begin_in_type(reader);
    if (parent == AT_FIELD && is_key(reader, "args"))
        return begin_inputs(reader, &reader->field->arguments);
    if (parent == AT_FIELDS || parent == AT_INPUTS || parent == AT_NAMES)
        fail(reader, MSG_BAD_TYPES, "a part of it has no name");
    return AT_NOTHING;
}

static void
on_begin(void *ctx, enum json_kind kind)
{
    struct reader *reader = ctx;
    enum place place;

    if (reader->depth == 0)
        place = kind == JSON_OBJECT ? AT_TYPE : AT_NOTHING;
    else if (kind == JSON_OBJECT)
        place = begin_object(reader, reader->places[reader->depth - 1]);
    else
        place = begin_array(reader, reader->places[reader->depth - 1]);
    reader->places[reader->depth++] = place;
    reader->key[0] = '\0';
}

/* ---- containers that end ----------------------------------------------- */

static void
end_named(struct reader *reader, const char *name)
{
    if (name == NULL)
        fail(reader, MSG_BAD_TYPES, "a part of it has no name");
}

static void
end_typed(struct reader *reader, const char *name,
          const struct gql_type_ref *ref)
{
    end_named(reader, name);
    if (ref->name == NULL)
        fail(reader, MSG_BAD_TYPES, "a type in it has no kind");
}

static void
on_end(void *ctx, struct span source)
{
    struct reader *reader = ctx;
    enum place place = reader->places[--reader->depth];

    (void)source;
    switch (place) {
    case AT_FIELD:
        end_typed(reader, reader->field->name, &reader->field->type);
        break;
    case AT_INPUT:
        end_typed(reader, reader->input->name, &reader->input->type);
        break;
    case AT_NAME:
        end_named(reader, reader->name->name);
        break;
    case AT_REF:
        if (reader->level == 0)
            end_ref(reader);
        else
            reader->level--;
        break;
    default:
        break;
    }
}

/* ---- scalars ----------------------------------------------------------- */

static void
read_in_type(struct reader *reader, struct span text)
{
    if (is_key(reader, "kind"))
        reader->has_kind = read_kind(text, &reader->type->kind);
    else if (is_key(reader, "name"))
        reader->type->name = copy_name(reader, text);
}

static void
read_in_field(struct reader *reader, enum json_kind kind, struct span text)
{
    if (is_key(reader, "isDeprecated"))
        reader->field->deprecated = kind == JSON_TRUE;
    else if (kind != JSON_STRING)
        return;
    else if (is_key(reader, "name"))
        reader->field->name = copy_name(reader, text);
    else if (is_key(reader, "deprecationReason"))
        reader->field->deprecation_reason = copy(reader, text);
}

static void
read_in_input(struct reader *reader, struct span text)
{
    if (is_key(reader, "name"))
        reader->input->name = copy_name(reader, text);
    else if (is_key(reader, "description"))
        reader->input->description = copy(reader, text);
    else if (is_key(reader, "defaultValue"))
        reader->input->has_default = true;
}

static void
read_in_ref(struct reader *reader, enum json_kind kind, struct span text)
{
    struct level *level = &reader->levels[reader->level];

    if (is_key(reader, "kind"))
        read_level_kind(level, text);
    else if (is_key(reader, "name"))
        level->name = kind == JSON_STRING ? copy_name(reader, text) : NULL;
    else if (is_key(reader, "ofType"))
        reader->level_count = reader->level + 1;
}

static void
on_scalar(void *ctx, enum json_kind kind, struct span source, struct span text)
{
    struct reader *reader = ctx;
    enum place place =
        reader->depth > 0 ? reader->places[reader->depth - 1] : AT_NOTHING;

    (void)source;
    if (place == AT_FIELDS || place == AT_INPUTS || place == AT_NAMES)
        end_named(reader, NULL);
    else if (place == AT_FIELD)
        read_in_field(reader, kind, text);
    else if (place == AT_TYPE && is_key(reader, "isOneOf"))
        reader->type->one_of = kind == JSON_TRUE;
    else if (place == AT_REF)
        read_in_ref(reader, kind, text);
    else if (kind != JSON_STRING)
        return;
    else if (place == AT_TYPE)
        read_in_type(reader, text);
    else if (place == AT_INPUT)
        read_in_input(reader, text);
    else if (place == AT_NAME && is_key(reader, "name"))
        reader->name->name = copy_name(reader, text);
}

static void
on_key(void *ctx, struct span key)
{
    struct reader *reader = ctx;

    reader->key[0] = '\0';
    if (key.length >= KEY_BYTES)
        return;
    memcpy(reader->key, key.bytes, key.length);
    reader->key[key.length] = '\0';
}

/* ---- a type ------------------------------------------------------------ */

static bool
check_type(struct reader *reader)
{
    if (!reader->has_kind)
        return err_set(reader->err, MSG_BAD_TYPES,
                       "not an introspected type: it has no kind");
    return reader->type->name != NULL ||
           err_set(reader->err, MSG_BAD_TYPES,
                   "not an introspected type: it has no name");
}

bool
gql_read_type(struct arena *arena, struct span json, size_t *left,
              struct gql_type **type, struct err *err)
{
    struct reader reader = {.arena = arena, .left = left, .err = err};
    struct json_visitor visitor = {on_key,    on_begin, on_end,
                                   on_scalar, &reader,  &reader.stopped};
    const char *name;

    *type = reader.type = make(&reader, sizeof(**type));
    if (*type != NULL && json_walk(json, &visitor, err))
        return check_type(&reader);
    name = *type != NULL ? (*type)->name : NULL;
    return err_wrap(err, "introspected type%s%.100s", name != NULL ? " " : "",
                    name != NULL ? name : "");
}
