/* types: no introspection result may crash its reader, neither that of one type
 * nor a file with all types. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "graphql/introspection.h"
#include "graphql/schema.h"
#include "graphql/types_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const asked[] = {"QueryRoot", "Product", "T", "", "String"};

/* ---- one type ---------------------------------------------------------- */

static void
check_ref(const struct gql_type_ref *ref)
{
    if (ref->name == NULL || ref->text == NULL)
        abort();
}

static void
check_inputs(const struct gql_input *input)
{
    for (; input != NULL; input = input->next) {
        if (input->name == NULL || input->description == NULL)
            abort();
        check_ref(&input->type);
    }
}

static void
check_type(const struct gql_type *type)
{
    if (type->name == NULL)
        abort();
    for (const struct gql_field *f = type->fields; f != NULL; f = f->next) {
        if (f->name == NULL || f->deprecation_reason == NULL)
            abort();
        check_ref(&f->type);
        check_inputs(f->arguments);
    }
    check_inputs(type->input_fields);
    for (const struct gql_name *n = type->enum_values; n != NULL; n = n->next)
        if (n->name == NULL)
            abort();
}

static void
read_type(struct span json)
{
    struct arena arena = {0};
    struct gql_type *type;
    size_t left = SIZE_MAX;
    struct err err = {0};

    if (gql_read_type(&arena, json, &left, &type, &err))
        check_type(type);
    else if (err.kind != ERR_FAILED || err.message[0] == '\0')
        abort();
    arena_free(&arena);
}

/* ---- a file ------------------------------------------------------------ */

static void
look_up(struct gql_types_file *file)
{
    for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
        struct span json;

        if (gql_types_file_find(file, asked[i], &json))
            read_type(json);
    }
}

static void
read_file(const uint8_t *data, size_t size)
{
    int fd = memfd_create("types.json", 0);
    struct gql_types_file *file;
    struct err err = {0};
    char path[64];

    if (fd < 0 || write(fd, data, size) != (ssize_t)size)
        abort();
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    if (gql_types_file_open(path, &file, &err)) {
        if (gql_types_file_query_type(file) == NULL)
            abort();
        look_up(file);
        gql_types_file_free(file);
    } else if (err.kind != ERR_CONFIG || err.message[0] == '\0') {
        abort();
    }
    close(fd);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    read_type(span_of((const char *)data, size));
    read_file(data, size);
    return 0;
}
