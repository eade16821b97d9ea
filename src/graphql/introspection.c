#include "graphql/introspection.h"

#include <string.h>

#include "json/tree.h"

enum {
    NAME_BYTES_MAX = 255, /* of the store's types and fields */
    INPUTS_MAX = 1000     /* of one field */
};

/* Where things are made, and of which type, for messages. */
struct reader {
    struct arena *arena;
    struct err *err;
};

static bool
read_kind(const char *text, enum gql_type_kind *kind)
{
    static const char *const names[] = {
        [GQL_SCALAR_TYPE] = "SCALAR",       [GQL_OBJECT_TYPE] = "OBJECT",
        [GQL_INTERFACE_TYPE] = "INTERFACE", [GQL_UNION_TYPE] = "UNION",
        [GQL_ENUM_TYPE] = "ENUM",           [GQL_INPUT_TYPE] = "INPUT_OBJECT"};

    for (size_t i = 0; text != NULL && i < sizeof(names) / sizeof(names[0]);
         i++) {
        if (strcmp(text, names[i]) == 0) {
            *kind = (enum gql_type_kind)i;
            return true;
        }
    }
    return false;
}

/* A copy of an object's string; NULL when it has none of that key. */
static const char *
copy_string(struct arena *arena, const struct json *object, const char *key)
{
    const char *text = json_str(json_get(object, key));

    return text != NULL ? arena_strdup(arena, text) : NULL;
}

static const char *
copy_text(struct arena *arena, const struct json *object, const char *key)
{
    const char *text = copy_string(arena, object, key);

    return text != NULL ? text : "";
}

static bool
read_name(struct reader *reader, const struct json *object, const char **name)
{
    *name = copy_string(reader->arena, object, "name");
    if (*name == NULL)
        return err_set(reader->err, MSG_BAD_TYPES,
                       "something in it has no name");
    return strlen(*name) <= NAME_BYTES_MAX ||
           err_set(reader->err, MSG_BAD_TYPES,
                   "a name in it has more than %d bytes: %.40s...",
                   NAME_BYTES_MAX, *name);
}

/* From the outside in: the wrappers of an introspected type reference end at
 * a named type, and a JSON tree is not deep. */
static bool
read_ref(struct reader *reader, const struct json *json,
         struct gql_type_ref *ref)
{
    const char *kind = json_str(json_get(json, "kind"));
    bool non_null = kind != NULL && strcmp(kind, "NON_NULL") == 0;
    bool list = kind != NULL && strcmp(kind, "LIST") == 0;

    if (!non_null && !list) {
        if (!read_kind(kind, &ref->kind))
            return err_set(reader->err, MSG_BAD_TYPES,
                           "a type in it has no kind");
        if (!read_name(reader, json, &ref->name))
            return false;
        ref->text = ref->name;
        return true;
    }
    if (!read_ref(reader, json_get(json, "ofType"), ref))
        return false;
    ref->non_null = non_null;
    ref->list_depth += list;
    ref->text = arena_printf(reader->arena, list ? "[%s]" : "%s!", ref->text);
    return true;
}

static struct json *
elements(const struct json *object, const char *key)
{
    struct json *array = json_get(object, key);

    return array != NULL && array->kind == JSON_ARRAY ? array->first : NULL;
}

static bool
read_inputs(struct reader *reader, const struct json *json,
            struct gql_input **list)
{
    int count = 0;

    for (; json != NULL; json = json->next) {
        struct gql_input *made = arena_alloc(reader->arena, sizeof(*made));

        if (++count > INPUTS_MAX)
            return err_set(reader->err, MSG_BAD_TYPES,
                           "something in it has more than %d inputs",
                           INPUTS_MAX);
        if (!read_name(reader, json, &made->name) ||
            !read_ref(reader, json_get(json, "type"), &made->type))
            return false;
        made->description = copy_text(reader->arena, json, "description");
        made->has_default = json_str(json_get(json, "defaultValue")) != NULL;
        *list = made;
        list = &made->next;
    }
    return true;
}

static bool
read_fields(struct reader *reader, const struct json *json,
            struct gql_field **list)
{
    for (; json != NULL; json = json->next) {
        struct gql_field *made = arena_alloc(reader->arena, sizeof(*made));

        if (!read_name(reader, json, &made->name) ||
            !read_ref(reader, json_get(json, "type"), &made->type) ||
            !read_inputs(reader, elements(json, "args"), &made->arguments))
            return false;
        made->deprecated = json_is_true(json_get(json, "isDeprecated"));
        made->deprecation_reason =
            copy_text(reader->arena, json, "deprecationReason");
        *list = made;
        list = &made->next;
    }
    return true;
}

static bool
read_names(struct reader *reader, const struct json *json,
           struct gql_name **list)
{
    for (; json != NULL; json = json->next) {
        struct gql_name *made = arena_alloc(reader->arena, sizeof(*made));

        if (!read_name(reader, json, &made->name))
            return false;
        *list = made;
        list = &made->next;
    }
    return true;
}

static bool
read_parts(struct reader *reader, const struct json *json,
           struct gql_type *type)
{
    return read_fields(reader, elements(json, "fields"), &type->fields) &&
           read_names(reader, elements(json, "interfaces"),
                      &type->interfaces) &&
           read_names(reader, elements(json, "possibleTypes"),
                      &type->possible_types) &&
           read_names(reader, elements(json, "enumValues"),
                      &type->enum_values) &&
           read_inputs(reader, elements(json, "inputFields"),
                       &type->input_fields);
}

static bool
read_type(struct reader *reader, const struct json *json, struct gql_type *type)
{
    if (!read_kind(json_str(json_get(json, "kind")), &type->kind))
        return err_set(reader->err, MSG_BAD_TYPES,
                       "not an introspected type: it has no kind");
    if (!read_name(reader, json, &type->name))
        return err_wrap(reader->err, "not an introspected type");
    if (!read_parts(reader, json, type))
        return err_wrap(reader->err, "introspected type %s", type->name);
    return true;
}

bool
gql_read_type(struct arena *arena, struct span json, struct gql_type **type,
              struct err *err)
{
    struct arena scratch = {0};
    struct reader reader = {arena, err};
    struct json *root;
    bool done;

    *type = arena_alloc(arena, sizeof(**type));
    done = json_parse(&scratch, json, &root, err)
               ? read_type(&reader, root, *type)
               : err_wrap(err, "introspected type");
    arena_free(&scratch);
    return done;
}
