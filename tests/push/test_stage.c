/* stage: rows become rows of the journal, with the states that they have before
 * anything is sent. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/random.h"
#include "push/stage.h"
#include "scripted/push.h"
#include "support/suite.h"

enum { PATIENT_MS = 600000 };

static struct scripted_push p;
static struct stage stage;
static struct err err;

#define OK(call)       ck_assert_msg((call), "%s: %s", err.code, err.message)
#define ASK(sql, text) ck_assert_str_eq(scripted_push_ask(&p, sql), text)

static void
begin(struct http *http)
{
    memset(&err, 0, sizeof(err));
    scripted_push_open(&p, http, 1, 0, 0, NULL);
    (void)scripted_push_ask(&p, "UPDATE bulkpg.push_row SET state = 'skipped'");
    p.mutation.rows = 100;
    OK(stage_begin(&stage, &p.push, NULL, 0, &err));
}

static void
add(const char *key, struct span variables)
{
    struct line line = {.key = span_str(key), .variables = variables};
    struct err none = {.kind = ERR_NONE};

    OK(stage_add(&stage, &line, NULL, &none, &err));
}

static void
end(void)
{
    OK(stage_finish(&stage, &err));
    OK(stage_commit(&stage, &err));
    stage_end(&stage);
}

#define STATES                                                           \
    "SELECT string_agg(key || ' ' || state, ', ' ORDER BY number) FROM " \
    "bulkpg.push_row WHERE push_id = (SELECT max(push_id) FROM bulkpg.push)"

/* Its bytes are never read. */
TASK_TEST(a_row_that_no_operation_takes_is_not_valid, PATIENT_MS)
{
    char *bytes = mem_alloc(STAGE_CHUNK_BYTES);

    begin(http);
    add("a", span_str("{}"));
    add("b", span_of(bytes, STAGE_CHUNK_BYTES));
    ck_assert_uint_lt(stage.batches[0].bytes, 200);
    free(bytes);
    end();
    ck_assert_int_eq(stage.counts.invalid, 1);
    ck_assert_int_eq(stage.counts.changed, 1);
    ASK(STATES, "a planned, b invalid");
    ASK("SELECT code FROM bulkpg.push_error", "PUSH_ROW_SIZE");
    ASK("SELECT message FROM bulkpg.push_error",
        "row b: its variables have 99614720 bytes, but one operation takes at "
        "most 99614719");
    scripted_push_close(&p);
}

TASK_TEST(a_row_whose_image_no_operation_takes_has_none, PATIENT_MS)
{
    char *bytes = mem_alloc(STAGE_CHUNK_BYTES);
    struct line line = {.key = span_str("a"),
                        .variables = span_str("{}"),
                        .before = span_of(bytes, STAGE_CHUNK_BYTES)};
    struct err none = {.kind = ERR_NONE};

    begin(http);
    OK(stage_add(&stage, &line, NULL, &none, &err));
    free(bytes);
    end();
    ASK(STATES, "a planned");
    ASK("SELECT count(*) FROM bulkpg.push_row WHERE key = 'a' AND before IS "
        "NULL",
        "1");
    scripted_push_close(&p);
}

TASK_TEST(a_chunk_ends_before_it_has_too_many_bytes, PATIENT_MS)
{
    enum { LONG_BYTES = 60 * 1024 * 1024 };

    char *bytes = mem_alloc(LONG_BYTES);

    memset(bytes, ' ', LONG_BYTES);
    bytes[0] = '{';
    bytes[LONG_BYTES - 1] = '}';
    begin(http);
    add("a", span_of(bytes, LONG_BYTES));
    add("b", span_of(bytes, LONG_BYTES));
    add("c", span_str("{}"));
    free(bytes);
    end();
    ASK("SELECT string_agg(concat_ws(':', key, n, line), ' ' ORDER BY number) "
        "FROM bulkpg.push_row WHERE push_id = (SELECT max(push_id) FROM "
        "bulkpg.push)",
        "a:1:0 b:2:0 c:2:1");
    ASK("SELECT string_agg(concat_ws(':', n, lines, bytes), ' ' ORDER BY n) "
        "FROM bulkpg.push_chunk WHERE push_id = (SELECT max(push_id) FROM "
        "bulkpg.push)",
        "1:1:62914561 2:2:62914564");
    scripted_push_close(&p);
}

/* Of random digits, which cannot be compressed. */
static const char *
long_key(int uuids)
{
    const char *key = "";
    char uuid[RANDOM_UUID_BYTES];

    for (int i = 0; i < uuids; i++) {
        random_uuid(uuid);
        key = arena_printf(&p.arena, "%s%s", key, uuid);
    }
    return key;
}

TASK_TEST(keys_that_no_index_takes_are_found_before_they_are_sent, PATIENT_MS)
{
    begin(http);
    add("a", span_str("{}"));
    add(long_key(60), span_str("{}")); /* 2160 bytes */
    OK(stage_finish(&stage, &err));
    OK(stage_try_keys(&stage, &err));
    OK(stage_commit(&stage, &err));
    stage_end(&stage);
    ASK("SELECT count(*) FROM bulkpg.push_state WHERE length(key) > 100", "0");

    OK(stage_begin(&stage, &p.push, NULL, 0, &err));
    add("a", span_str("{}"));
    add(long_key(100), span_str("{}"));
    OK(stage_finish(&stage, &err));
    ck_assert(!stage_try_keys(&stage, &err));
    ck_assert_int_eq(err.kind, ERR_ROW);
    ck_assert_ptr_nonnull(strstr(err.message, "the longest has 3600 bytes"));
    stage_end(&stage);
    scripted_push_close(&p);
}

TASK_TEST(a_row_in_doubt_is_held_without_its_variables, PATIENT_MS)
{
    begin(http);
    OK(stage_hold(&stage, span_str("a"), "h", &err));
    add("b", span_str("{}"));
    end();
    ck_assert_int_eq(stage.held, 1);
    ASK(STATES, "a held, b planned");
    ASK("SELECT key FROM bulkpg.push_row WHERE n = 0 AND variables IS NULL AND "
        "hash = 'h'",
        "a");
    scripted_push_close(&p);
}

int
main(void)
{
    Suite *suite = suite_create("stage");
    TCase *tests = tcase_create("stage");

    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, a_row_that_no_operation_takes_is_not_valid);
    tcase_add_test(tests, a_row_whose_image_no_operation_takes_has_none);
    tcase_add_test(tests, a_chunk_ends_before_it_has_too_many_bytes);
    tcase_add_test(tests,
                   keys_that_no_index_takes_are_found_before_they_are_sent);
    tcase_add_test(tests, a_row_in_doubt_is_held_without_its_variables);
    suite_add_tcase(suite, tests);
    return suite_run_with_cluster(suite);
}
