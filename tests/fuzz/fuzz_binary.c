/* binary: no text may crash the readers of numbers, times and JSON, and their
 * output must be well formed. */
#include <stdint.h>
#include <stdlib.h>

#include "base/timestamp.h"
#include "load/binary.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int
int16_at(const struct buf *out, size_t at)
{
    const unsigned char *b = (const unsigned char *)out->bytes + at;

    return (int16_t)(b[0] << 8 | b[1]);
}

/* Abort on output that PostgreSQL's numeric_recv() would refuse. */
static void
check_numeric(const struct buf *out)
{
    int groups = int16_at(out, 0), sign = int16_at(out, 4);
    int scale = int16_at(out, 6);

    if (groups < 0 || out->length != 8 + 2 * (size_t)groups ||
        (sign != 0 && sign != 0x4000) || scale < 0 || scale > BINARY_DIGITS_MAX)
        abort();
    for (int i = 0; i < groups; i++)
        if (int16_at(out, 8 + 2 * (size_t)i) < 0 ||
            int16_at(out, 8 + 2 * (size_t)i) > 9999)
            abort();
    if (groups > 0 &&
        (int16_at(out, 8) == 0 || int16_at(out, 6 + 2 * (size_t)groups) == 0))
        abort();
}

static void
read_numbers(struct span text)
{
    struct buf out = buf_with_ceiling(1024 * 1024);
    struct err err = {0};
    double number;
    int64_t integer;

    if (binary_numeric(&out, text, &err))
        check_numeric(&out);
    else if (err.kind != ERR_ROW || out.length > 0)
        abort();
    if (binary_parse_integer(text, -100, 100, &integer, &err) &&
        (integer < -100 || integer > 100))
        abort();
    (void)!binary_parse_integer(text, INT64_MIN, INT64_MAX, &integer, &err);
    (void)!binary_parse_double(text, &number, &err);
    buf_free(&out);
}

static void
read_times(struct span text)
{
    struct err err = {0};
    int64_t micros, midnight;
    int32_t days;

    if (timestamp_parse_date(text, &days, &err) &&
        (!timestamp_parse(text, &midnight, &err) ||
         midnight != days * INT64_C(86400000000)))
        abort();
    if (!timestamp_parse(text, &micros, &err) && err.kind != ERR_ROW)
        abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span text = span_of((const char *)data, size);
    struct err err = {0};

    read_numbers(text);
    read_times(text);
    (void)!binary_check_json(text, &err);
    return 0;
}
