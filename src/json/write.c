#include "json/write.h"

#include <string.h>

void
json_out_comma(struct buf *json)
{
    size_t length = json->length;

    if (length > 0 && strchr("{[:\n", json->bytes[length - 1]) == NULL)
        buf_append_char(json, ',');
}

void
json_out_open(struct buf *json, char bracket)
{
    json_out_comma(json);
    buf_append_char(json, bracket);
}

void
json_out_string(struct buf *json, const char *text)
{
    json_out_comma(json);
    if (text != NULL)
        buf_append_json(json, span_str(text));
    else
        buf_append_str(json, "null");
}

void
json_out_key(struct buf *json, const char *key)
{
    json_out_string(json, key);
    buf_append_char(json, ':');
}

void
json_out_text(struct buf *json, const char *key, const char *text)
{
    json_out_key(json, key);
    json_out_string(json, text);
}

void
json_out_number(struct buf *json, const char *key, int64_t number)
{
    json_out_key(json, key);
    buf_printf(json, "%lld", (long long)number);
}

void
json_out_count(struct buf *json, const char *key, int64_t count)
{
    if (count < 0)
        json_out_text(json, key, NULL);
    else
        json_out_number(json, key, count);
}

void
json_out_boolean(struct buf *json, const char *key, bool truth)
{
    json_out_key(json, key);
    buf_append_str(json, truth ? "true" : "false");
}
