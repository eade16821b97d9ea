#include "json/write.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_gen.h>

#include "base/mem.h"
#include "base/out.h"
#include "json/handle.h"

struct json_out {
    struct buf *to;
    yajl_gen gen;
    struct buf text;  /* a string, escaped */
    bool begins_line; /* add a newline, after the comma if one comes */
};

static void
append(void *ctx, const char *bytes, size_t length)
{
    struct json_out *json = ctx;

    if (json->begins_line && bytes[0] != ',') {
        buf_append_char(json->to, '\n');
        json->begins_line = false;
    }
    buf_append(json->to, bytes, length);
}

struct json_out *
json_out_new(struct buf *to)
{
    struct json_out *json = mem_alloc(sizeof(*json));
    yajl_alloc_funcs memory = handle_memory();

    json->to = to;
    json->text = buf_with_ceiling(SIZE_MAX);
    json->gen = yajl_gen_alloc(&memory);
    yajl_gen_config(json->gen, yajl_gen_print_callback, append, json);
    return json;
}

void
json_out_free(struct json_out *json)
{
    if (json == NULL)
        return;
    yajl_gen_free(json->gen);
    if (json->text.bytes != NULL) /* it may have held a secret */
        explicit_bzero(json->text.bytes, json->text.capacity);
    buf_free(&json->text);
    free(json);
}

void
json_out_print(struct json_out *json, struct buf *text)
{
    json_out_free(json);
    buf_append_char(text, '\n');
    out_lines(stdout, buf_span(text));
    buf_free(text);
}

void
json_out_again(struct json_out *json)
{
    yajl_gen_clear(json->gen);
    yajl_gen_reset(json->gen, NULL);
    json->begins_line = false;
}

static void
must(yajl_gen_status status)
{
    assert(status == yajl_gen_status_ok);
    (void)status;
}

void
json_out_open(struct json_out *json, char bracket)
{
    must(bracket == '{' ? yajl_gen_map_open(json->gen)
                        : yajl_gen_array_open(json->gen));
}

void
json_out_close(struct json_out *json, char bracket)
{
    must(bracket == '}' ? yajl_gen_map_close(json->gen)
                        : yajl_gen_array_close(json->gen));
}

void
json_out_line(struct json_out *json)
{
    json->begins_line = true;
}

void
json_out_integer(struct json_out *json, int64_t number)
{
    must(yajl_gen_integer(json->gen, number));
}

/* yajl does not change the bytes of a number, so any JSON can be written as
 * one. */
void
json_out_raw(struct json_out *json, struct span value)
{
    must(yajl_gen_number(json->gen, value.bytes, value.length));
}

void
json_out_span(struct json_out *json, struct span text)
{
    buf_clear(&json->text);
    buf_append_json(&json->text, text);
    json_out_raw(json, buf_span(&json->text));
}

void
json_out_string(struct json_out *json, const char *text)
{
    if (text != NULL)
        json_out_span(json, span_str(text));
    else
        must(yajl_gen_null(json->gen));
}

void
json_out_key(struct json_out *json, const char *key)
{
    must(yajl_gen_string(json->gen, (const unsigned char *)key, strlen(key)));
}

void
json_out_list(struct json_out *json, const char *key)
{
    json_out_key(json, key);
    json_out_open(json, '[');
}

void
json_out_row(struct json_out *json)
{
    json_out_line(json);
    json_out_open(json, '{');
}

void
json_out_text(struct json_out *json, const char *key, const char *text)
{
    json_out_key(json, key);
    json_out_string(json, text);
}

void
json_out_number(struct json_out *json, const char *key, int64_t number)
{
    json_out_key(json, key);
    must(yajl_gen_integer(json->gen, number));
}

void
json_out_count(struct json_out *json, const char *key, int64_t count)
{
    if (count < 0)
        json_out_text(json, key, NULL);
    else
        json_out_number(json, key, count);
}

void
json_out_boolean(struct json_out *json, const char *key, bool truth)
{
    json_out_key(json, key);
    must(yajl_gen_bool(json->gen, truth));
}
