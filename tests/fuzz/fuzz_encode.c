/* encode: PostgreSQL must read the same value from bulkpg's binary form and
 * from the line itself.
 *
 * A temporary server compares them. Each value is sent twice: in the binary
 * form, and as the line that contains it, which the server parses with its own
 * JSON and input functions. Both must have the same text. */
#include <libpq-fe.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json/clean.h"
#include "load/encode.h"
#include "support/cluster.h"

/* LONGEST_TIME: the server's own input does not accept longer times
 * (MAXDATELEN), although bulkpg accepts any number of digits in a fraction. */
enum { CEILING = 1024 * 1024, NULL_LENGTH = -1, LONGEST_TIME = 100 };

/* For each type, how the server reads the value of the line. */
static const struct {
    enum plan_type type;
    const char *reading;
} checks[] = {
    {PLAN_TEXT, "$2::json ->> 'v'"},
    {PLAN_BIGINT, "($2::json ->> 'v')::numeric::bigint"},
    {PLAN_INTEGER, "($2::json ->> 'v')::numeric::integer"},
    {PLAN_NUMERIC, "($2::json ->> 'v')::numeric"},
    {PLAN_DOUBLE, "($2::json ->> 'v')::double precision"},
    {PLAN_BOOLEAN, "($2::json ->> 'v')::boolean"},
    {PLAN_TIMESTAMPTZ, "($2::json ->> 'v')::timestamptz"},
    {PLAN_DATE, "($2::json ->> 'v')::date"},
    /* A JSON null becomes NULL, also in a column of JSON. */
    {PLAN_JSONB, "CASE WHEN json_typeof($2::json -> 'v') <> 'null' "
                 "THEN ($2::json -> 'v')::jsonb END"},
};

enum { CHECKS = sizeof(checks) / sizeof(checks[0]) };

static PGconn *server;
static struct arena arena;
static struct shape shape;
static struct record *record;

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
give_up(const char *what, const char *why)
{
    fprintf(stderr, "fuzz_encode: %s: %s\n", what, why);
    abort();
}

static void
prepare(int check)
{
    Oid oids[] = {encode_oid(checks[check].type), 25};
    char name[16], sql[256];
    PGresult *result;

    snprintf(name, sizeof(name), "c%d", check);
    snprintf(sql, sizeof(sql), "SELECT $1::text, (%s)::text",
             checks[check].reading);
    result = PQprepare(server, name, sql, 2, oids);
    if (PQresultStatus(result) != PGRES_COMMAND_OK)
        give_up(sql, PQerrorMessage(server));
    PQclear(result);
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    cluster_start();
    setenv("PGTZ", "UTC", 1);
    setenv("PGCLIENTENCODING", "UTF8", 1);
    server = PQconnectdb(cluster_dsn());
    if (PQstatus(server) != CONNECTION_OK)
        give_up("connect", PQerrorMessage(server));
    for (int i = 0; i < CHECKS; i++)
        prepare(i);
    shape_init(&shape, &arena);
    shape_add(&shape, &shape.root, "v");
    shape_number(&shape);
    record = record_new(&shape);
    return 0;
}

/* ---- one value --------------------------------------------------------- */

/* The line {"v":<value>} as the loader passes it to the parser; false if the
 * loader would have rejected it earlier. */
static bool
make_line(struct span value, struct buf *line)
{
    struct buf raw = buf_with_ceiling(CEILING);
    size_t replaced, at;
    bool valid;

    buf_append_str(&raw, "{\"v\":");
    buf_append_span(&raw, value);
    buf_append_char(&raw, '}');
    valid = !raw.overflowed && clean_json(buf_span(&raw), line, &replaced, &at);
    buf_free(&raw);
    return valid;
}

static int32_t
length_at_start(const struct buf *bytes)
{
    const unsigned char *b = (const unsigned char *)bytes->bytes;

    return (int32_t)((uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 |
                     (uint32_t)b[2] << 8 | b[3]);
}

static void
check_answer(PGresult *result, const struct buf *line)
{
    bool none;

    if (PQresultStatus(result) != PGRES_TUPLES_OK)
        give_up(buf_str(line), PQresultErrorMessage(result));
    none = PQgetisnull(result, 0, 0) == 1;
    if (none != (PQgetisnull(result, 0, 1) == 1) ||
        strcmp(PQgetvalue(result, 0, 0), PQgetvalue(result, 0, 1)) != 0) {
        fprintf(stderr, "bulkpg: %s, server: %s\n", PQgetvalue(result, 0, 0),
                PQgetvalue(result, 0, 1));
        give_up(buf_str(line), "the values differ");
    }
    PQclear(result);
}

static void
ask_server(int check, const struct buf *bytes, const struct buf *line)
{
    int32_t length = length_at_start(bytes);
    const char *values[] = {length == NULL_LENGTH ? NULL : bytes->bytes + 4,
                            line->bytes};
    int lengths[] = {length, 0}, formats[] = {1, 0};
    char name[16];

    if (length != NULL_LENGTH && (size_t)length + 4 != bytes->length)
        give_up(line->bytes, "the length in the output is wrong");
    snprintf(name, sizeof(name), "c%d", check);
    check_answer(PQexecPrepared(server, name, 2, values, lengths, formats, 0),
                 line);
}

/* Is it zero with an exponent? The server may refuse such a number, because of
 * its exponent or because it underflows to zero; bulkpg reads it as zero. */
static bool
is_exponents_zero(struct span text)
{
    char *copy = strndup(text.bytes, text.length);
    bool found = strpbrk(copy, "eE") != NULL && strtod(copy, NULL) == 0;

    free(copy);
    return found;
}

static bool
can_be_judged(enum plan_type type, const struct record_value *value)
{
    if (value == NULL)
        return true;
    if (type == PLAN_TIMESTAMPTZ)
        return value->text.length <= LONGEST_TIME;
    return (type != PLAN_NUMERIC && type != PLAN_DOUBLE) ||
           !is_exponents_zero(value->text);
}

static void
check_value(int check, const struct record_value *value, const struct buf *line)
{
    struct buf bytes = buf_with_ceiling(CEILING);
    struct err err = {0};

    if (!encode_value(&bytes, checks[check].type, value, &err)) {
        if (err.kind != ERR_ROW || err.message[0] == '\0')
            give_up(line->bytes, "refused without a reason");
    } else if (can_be_judged(checks[check].type, value)) {
        ask_server(check, &bytes, line);
    }
    buf_free(&bytes);
}

/* The first byte of the input is the type; the rest is the value's JSON. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf line = buf_with_ceiling(CEILING);
    struct err err = {0};

    if (size > 1 &&
        make_line(span_of((const char *)data + 1, size - 1), &line) &&
        record_parse(record, buf_span(&line), &err))
        check_value(data[0] % CHECKS, record_get(record, 0), &line);
    buf_free(&line);
    return 0;
}
