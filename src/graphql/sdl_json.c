#include "graphql/sdl_json.h"

#include <string.h>

#include "json/write.h"

static const char *const kinds[] = {
    [GQL_SCALAR_TYPE] = "SCALAR",       [GQL_OBJECT_TYPE] = "OBJECT",
    [GQL_INTERFACE_TYPE] = "INTERFACE", [GQL_UNION_TYPE] = "UNION",
    [GQL_ENUM_TYPE] = "ENUM",           [GQL_INPUT_TYPE] = "INPUT_OBJECT"};

/* The kind of a named type. Only scalars of GraphQL itself need no definition:
 * sdl_parse() has checked the others. */
static const char *
kind_of(const struct sdl *sdl, const char *name)
{
    const struct sdl_type *type = dict_get(&sdl->by_name, name);

    return kinds[type != NULL ? type->kind : GQL_SCALAR_TYPE];
}

/* Write {"kind": ..., "ofType": {...}} for a type as it is written. Each
 * wrapper is the end of the text: "!" or the "]" of a "[" at its start. */
static void
write_ref(const struct sdl *sdl, struct json_out *json, const char *text)
{
    struct span rest = span_str(text);
    char name[256];
    size_t depth = 0;

    json_out_open(json, '{');
    while (rest.bytes[rest.length - 1] == '!' || rest.bytes[0] == '[') {
        bool is_list = rest.bytes[rest.length - 1] != '!';

        json_out_text(json, "kind", is_list ? "LIST" : "NON_NULL");
        json_out_key(json, "ofType");
        json_out_open(json, '{');
        rest = span_of(rest.bytes + is_list, rest.length - (is_list ? 2 : 1));
        depth++;
    }
    memcpy(name, rest.bytes, rest.length);
    name[rest.length] = '\0';
    json_out_text(json, "kind", kind_of(sdl, name));
    json_out_text(json, "name", name);
    while (depth-- > 0)
        json_out_close(json, '}');
    json_out_close(json, '}');
}

static void
write_inputs(const struct sdl *sdl, struct json_out *json, const char *key,
             const struct sdl_input *input)
{
    json_out_key(json, key);
    json_out_open(json, '[');
    for (; input != NULL; input = input->next) {
        json_out_open(json, '{');
        json_out_text(json, "name", input->name);
        json_out_text(json, "description", input->description);
        json_out_key(json, "type");
        write_ref(sdl, json, input->type);
        json_out_text(json, "defaultValue", input->default_value);
        json_out_close(json, '}');
    }
    json_out_close(json, ']');
}

static void
write_fields(const struct sdl *sdl, struct json_out *json,
             const struct sdl_field *field)
{
    json_out_key(json, "fields");
    json_out_open(json, '[');
    for (; field != NULL; field = field->next) {
        json_out_open(json, '{');
        json_out_text(json, "name", field->name);
        json_out_boolean(json, "isDeprecated", field->deprecated != NULL);
        json_out_text(json, "deprecationReason", field->deprecated);
        write_inputs(sdl, json, "args", field->arguments);
        json_out_key(json, "type");
        write_ref(sdl, json, field->type);
        json_out_close(json, '}');
    }
    json_out_close(json, ']');
}

static void
write_names(struct json_out *json, const char *key, const struct gql_name *name)
{
    json_out_key(json, key);
    json_out_open(json, '[');
    for (; name != NULL; name = name->next) {
        json_out_open(json, '{');
        json_out_text(json, "name", name->name);
        json_out_close(json, '}');
    }
    json_out_close(json, ']');
}

void
sdl_json_write(const struct sdl *sdl, const struct sdl_type *type,
               struct buf *to)
{
    struct json_out *json = json_out_new(to);

    json_out_open(json, '{');
    json_out_text(json, "kind", kinds[type->kind]);
    json_out_text(json, "name", type->name);
    if (type->kind == GQL_OBJECT_TYPE || type->kind == GQL_INTERFACE_TYPE) {
        write_fields(sdl, json, type->fields);
        write_names(json, "interfaces", type->interfaces);
    }
    if (type->kind == GQL_INTERFACE_TYPE || type->kind == GQL_UNION_TYPE)
        write_names(json, "possibleTypes", type->possible);
    if (type->kind == GQL_ENUM_TYPE)
        write_names(json, "enumValues", type->values);
    if (type->kind == GQL_INPUT_TYPE)
        write_inputs(sdl, json, "inputFields", type->inputs);
    if (type->one_of)
        json_out_boolean(json, "isOneOf", true);
    json_out_close(json, '}');
    json_out_free(json);
}
