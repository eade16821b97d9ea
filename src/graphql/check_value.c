/*
 * Arguments and their values, in two steps. The first needs no types: no name
 * is given twice, and variables are declared (check_variables.c). The second
 * compares each value with the type of its argument by the coercion rules of
 * GraphQL: a single value may replace a list of one, an Int a Float, an Int or
 * a String an ID.
 *
 * A scalar that GraphQL does not define takes any value, because only the
 * store knows its form.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/nearest.h"
#include "graphql/check_parts.h"

/* ---- without types ------------------------------------------------------ */

static bool
check_literal(struct gql_checker *checker, const struct gql_value *value)
{
    if (value->kind == GQL_VARIABLE)
        return gql_check_variable(checker, value);
    for (const struct gql_value *item = value->items; item != NULL;
         item = item->next)
        if (!check_literal(checker, item))
            return false;
    return gql_check_literals(checker, value->fields, "field");
}

bool
gql_check_literals(struct gql_checker *checker,
                   const struct gql_argument *given, const char *what)
{
    for (const struct gql_argument *pair = given; pair != NULL;
         pair = pair->next) {
        const struct gql_argument *first = given;

        while (strcmp(first->name, pair->name) != 0)
            first = first->next;
        if (first != pair)
            return gql_error(checker->err, MSG_QUERY_TYPES, checker->document,
                             pair->pos, "%s \"%s\" is given twice", what,
                             pair->name);
        if (!check_literal(checker, pair->value))
            return false;
    }
    return true;
}

/* ---- against a type ----------------------------------------------------- */

static bool
mismatch(struct gql_checker *checker, struct span type,
         const struct gql_value *value, const char *what)
{
    struct buf found = buf_with_ceiling(64);

    gql_print_value(value, &found);
    gql_error(checker->err, MSG_QUERY_TYPES, checker->document, value->pos,
              "%s must be %.*s, found %s%s", what, SPAN_ARG(type),
              buf_str(&found), found.overflowed ? "..." : "");
    buf_free(&found);
    return false;
}

static bool
is_int32(const char *text)
{
    long long number;

    errno = 0;
    number = strtoll(text, NULL, 10);
    return errno == 0 && number >= INT32_MIN && number <= INT32_MAX;
}

/* Can `value` be a value of this scalar? */
static bool
scalar_takes(const char *name, const struct gql_value *value)
{
    if (strcmp(name, "Int") == 0)
        return value->kind == GQL_INT && is_int32(value->text);
    if (strcmp(name, "Float") == 0)
        return value->kind == GQL_INT || value->kind == GQL_FLOAT;
    if (strcmp(name, "String") == 0)
        return value->kind == GQL_STRING;
    if (strcmp(name, "Boolean") == 0)
        return value->kind == GQL_BOOLEAN;
    if (strcmp(name, "ID") == 0)
        return value->kind == GQL_STRING || value->kind == GQL_INT;
    return true;
}

static bool
check_enum(struct gql_checker *checker, const struct gql_type *type,
           const struct gql_value *value, const char *what)
{
    struct nearest nearest = nearest_to(value->text != NULL ? value->text : "");

    if (value->kind == GQL_ENUM && gql_type_has_value(type, value->text))
        return true;
    if (value->kind != GQL_ENUM && value->kind != GQL_STRING)
        return mismatch(checker, span_str(type->name), value, what);
    for (const struct gql_name *known = type->enum_values; known != NULL;
         known = known->next)
        nearest_try(&nearest, known->name);
    if (value->kind == GQL_STRING)
        return gql_error(checker->err, MSG_QUERY_TYPES, checker->document,
                         value->pos,
                         "%s must be one of the values of %s, written "
                         "without quotation marks%s",
                         what, type->name, nearest_hint(&nearest));
    return gql_error(checker->err, MSG_QUERY_TYPES, checker->document,
                     value->pos, "unknown value %s of %s%s", value->text,
                     type->name, nearest_hint(&nearest));
}

static bool
check_required_fields(struct gql_checker *checker, const struct gql_type *type,
                      const struct gql_value *value)
{
    for (const struct gql_input *input = type->input_fields; input != NULL;
         input = input->next)
        if (input->type.non_null && !input->has_default &&
            gql_find_argument(value->fields, input->name) == NULL)
            return gql_error(checker->err, MSG_QUERY_TYPES, checker->document,
                             value->pos, "field \"%s\" (%s) of %s is required",
                             input->name, input->type.text, type->name);
    return true;
}

static bool
unknown_field(struct gql_checker *checker, const struct gql_type *type,
              const struct gql_argument *field)
{
    struct nearest nearest = nearest_to(field->name);

    for (const struct gql_input *input = type->input_fields; input != NULL;
         input = input->next)
        nearest_try(&nearest, input->name);
    return gql_error(checker->err, MSG_QUERY_TYPES, checker->document,
                     field->pos, "unknown field \"%s\" of %s%s", field->name,
                     type->name, nearest_hint(&nearest));
}

static bool check_wrapped(struct gql_checker *checker,
                          const struct gql_type_ref *ref, struct span text,
                          const struct gql_value *value, const char *what);

/* Check a literal against `type`. gql_check_literals() has passed it. */
static bool
check_value(struct gql_checker *checker, const struct gql_type_ref *type,
            const struct gql_value *value, const char *what)
{
    return check_wrapped(checker, type, span_str(type->text), value, what);
}

static bool
check_object(struct gql_checker *checker, const struct gql_type *type,
             const struct gql_value *value, const char *what)
{
    if (value->kind != GQL_OBJECT)
        return mismatch(checker, span_str(type->name), value, what);
    for (const struct gql_argument *field = value->fields; field != NULL;
         field = field->next) {
        const struct gql_input *input = gql_type_input_field(type, field->name);
        const char *name;

        if (input == NULL)
            return unknown_field(checker, type, field);
        name = arena_printf(&checker->scratch, "field \"%s\"", field->name);
        if (!check_value(checker, &input->type, field->value, name))
            return false;
    }
    return check_required_fields(checker, type, value);
}

static bool
check_named(struct gql_checker *checker, const struct gql_type_ref *ref,
            const struct gql_value *value, const char *what)
{
    const struct gql_type *type;

    if (ref->kind == GQL_SCALAR_TYPE)
        return scalar_takes(ref->name, value) ||
               mismatch(checker, span_str(ref->name), value, what);
    type = gql_schema_find(checker->schema, ref->name);
    if (type == NULL)
        return gql_error(
            checker->err, MSG_QUERY_TYPES, checker->document, value->pos,
            "the store does not describe the type %s of %s", ref->name, what);
    return type->kind == GQL_ENUM_TYPE
               ? check_enum(checker, type, value, what)
               : check_object(checker, type, value, what);
}

/* Check `value` against `text`, which is ref->text without the wrappers, such
 * as "[" and "]!", that the callers have passed. */
static bool
check_wrapped(struct gql_checker *checker, const struct gql_type_ref *ref,
              struct span text, const struct gql_value *value, const char *what)
{
    struct span whole = text;

    if (value->kind == GQL_VARIABLE)
        return gql_check_variable_type(checker, whole, value, what);
    if (text.bytes[text.length - 1] == '!') {
        if (value->kind == GQL_NULL)
            return mismatch(checker, whole, value, what);
        text.length--;
    }
    if (value->kind == GQL_NULL)
        return true;
    if (text.bytes[0] != '[')
        return check_named(checker, ref, value, what);
    text = span_of(text.bytes + 1, text.length - 2);
    if (value->kind != GQL_LIST) /* a single item needs no brackets */
        return check_wrapped(checker, ref, text, value, what);
    for (value = value->items; value != NULL; value = value->next)
        if (!check_wrapped(checker, ref, text, value, what))
            return false;
    return true;
}

/* ---- arguments ---------------------------------------------------------- */

static bool
unknown_argument(struct gql_checker *checker, const struct gql_argument *given,
                 const struct gql_input *inputs, const char *owner)
{
    struct nearest nearest = nearest_to(given->name);

    for (; inputs != NULL; inputs = inputs->next)
        nearest_try(&nearest, inputs->name);
    return gql_error(checker->err, MSG_QUERY_TYPES, checker->document,
                     given->pos, "unknown argument \"%s\" of %s%s", given->name,
                     owner, nearest_hint(&nearest));
}

bool
gql_check_arguments(struct gql_checker *checker, struct gql_argument *list,
                    struct gql_input *inputs, const char *owner,
                    struct gql_pos pos)
{
    if (checker->was_sent)
        return true;
    if (!gql_check_literals(checker, list, "argument"))
        return false;
    for (const struct gql_argument *given = list; given != NULL;
         given = given->next) {
        const struct gql_input *input = gql_find_input(inputs, given->name);
        const char *what;

        if (input == NULL)
            return unknown_argument(checker, given, inputs, owner);
        what = arena_printf(&checker->scratch, "argument \"%s\"", given->name);
        if (!check_value(checker, &input->type, given->value, what))
            return false;
    }
    for (; inputs != NULL; inputs = inputs->next)
        if (inputs->type.non_null && !inputs->has_default &&
            gql_find_argument(list, inputs->name) == NULL)
            return gql_error(checker->err, MSG_QUERY_TYPES, checker->document,
                             pos, "argument \"%s\" (%s) of %s is required",
                             inputs->name, inputs->type.text, owner);
    return true;
}
