/* source/file, copy and replay: files, compressed or not, and copies. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "json/lines.h"
#include "source/copy.h"
#include "source/file.h"
#include "source/replay.h"
#include "support/pg_task.h"
#include "support/suite.h"

static char folder[] = "/tmp/bulkpg-file-XXXXXX";
static struct arena arena;
static struct source *source;
static struct buf seen;
static struct err err;

static void
setup(void)
{
    ck_assert_ptr_nonnull(mkdtemp(folder));
    ck_assert_int_eq(chdir(folder), 0);
    seen = buf_with_ceiling(1024);
}

static void
teardown(void)
{
    char remove[64];

    source_free(source);
    source = NULL;
    buf_free(&seen);
    arena_free(&arena);
    snprintf(remove, sizeof(remove), "rm -rf %s", folder);
    ck_assert_int_eq(chdir("/"), 0);
    ck_assert_int_eq(system(remove), 0);
    strcpy(folder + strlen(folder) - 6, "XXXXXX");
}

static void
put(const char *name, const char *text)
{
    FILE *file = fopen(name, "w");

    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    fclose(file);
}

static void
make_source(const char *path)
{
    ck_assert_msg(source_file_new(path, "plan", false, &arena, &source, &err),
                  "%s", err.message);
}

static bool
see_line(void *ctx, const struct line *line, struct err *error)
{
    (void)ctx, (void)error;
    buf_append_span(&seen, line->text);
    buf_append_char(&seen, '|');
    return true;
}

static bool
feed(void)
{
    struct lines lines;
    bool fed;

    buf_clear(&seen);
    lines_init(&lines, 1024, see_line, NULL);
    fed = source_open(source, &err) && source_feed(source, &lines, &err);
    lines_free(&lines);
    return fed;
}

/* Twice, because a load may restart. */
static void
read_both(void)
{
    for (int i = 0; i < 2; i++) {
        ck_assert_msg(feed(), "%s", err.message);
        ck_assert_str_eq(buf_str(&seen), "one|two|");
        source_close(source);
    }
}

START_TEST(a_file_is_read_line_by_line)
{
    put("a.jsonl", "one\ntwo\n");
    make_source("a.jsonl");
    ck_assert_int_eq(source_size(source), 8);
    ck_assert(!source->is_of_query);
    ck_assert_str_eq(source->asked_at, "");
    pg_task_run(read_both);
}

END_TEST

START_TEST(a_compressed_file_is_decompressed)
{
    put("a.jsonl", "one\ntwo\n");
    ck_assert_int_eq(system("gzip a.jsonl"), 0);
    make_source("a.jsonl.gz");
    ck_assert_int_eq(source_size(source), -1);
    pg_task_run(read_both);
}

END_TEST

static void
read_in_vain(void)
{
    ck_assert(!feed());
    source_close(source);
}

START_TEST(an_html_page_is_refused)
{
    put("a.jsonl", "\n <html>\n");
    make_source("a.jsonl");
    pg_task_run(read_in_vain);
    ck_assert_str_eq(buf_str(&seen), "");
    ck_assert_ptr_nonnull(strstr(err.message, "HTML"));
    ck_assert_int_eq(err.kind, ERR_FAILED);
}

END_TEST

START_TEST(a_missing_file_is_named)
{
    make_source("a.jsonl");
    ck_assert_int_eq(source_size(source), -1);
    pg_task_run(read_in_vain);
    ck_assert_ptr_nonnull(strstr(err.message, "cannot read a.jsonl"));
    ck_assert_int_eq(err.kind, ERR_CONFIG);
}

END_TEST

/* ---- sidecars ------------------------------------------------------------ */

#define SIDECAR                                                      \
    "{\"createdAt\":\"2026-01-02T03:04:05Z\",\"objectCount\":\"2\"," \
    "\"rootObjectCount\":null,\"fileSize\":\"8\",\"planHash\":\"%s\"}"

static void
put_sidecar(const char *plan_hash)
{
    char text[256];

    snprintf(text, sizeof(text), SIDECAR, plan_hash);
    put("a.jsonl.meta.json", text);
}

START_TEST(the_claims_come_from_the_sidecar)
{
    put_sidecar("plan");
    make_source("a.jsonl");
    ck_assert_str_eq(source->asked_at, "2026-01-02T03:04:05Z");
    ck_assert_int_eq(source->claims.object_count, 2);
    ck_assert_int_eq(source->claims.root_object_count, -1);
    ck_assert_int_eq(source_size(source), 8);
    ck_assert(source->is_of_query);
    source_free(source);
    make_source("a.jsonl.gz"); /* compressed after it was saved */
    ck_assert_int_eq(source->claims.object_count, 2);
}

END_TEST

START_TEST(the_file_of_another_query_is_refused)
{
    put_sidecar("other");
    ck_assert(
        !source_file_new("a.jsonl", "plan", false, &arena, &source, &err));
    ck_assert_str_eq(err.code, "OTHER_QUERY");
    ck_assert_str_eq(err.message,
                     "a.jsonl is the result of another query (of "
                     "2026-01-02T03:04:05Z): its plan is other, the plan of "
                     "this query is plan");
    put("a.jsonl.meta.json", "{\"planHash\":\"other\",\"job\":\"orders\"}");
    ck_assert(
        !source_file_new("a.jsonl", "plan", false, &arena, &source, &err));
    ck_assert_ptr_nonnull(strstr(err.message, "another query (job orders): "));
    put("a.jsonl.meta.json", "{\"planHash\":\"other\"}");
    ck_assert(
        !source_file_new("a.jsonl", "plan", false, &arena, &source, &err));
    ck_assert_ptr_nonnull(strstr(err.message, "another query: its plan"));
    put_sidecar("other");
    ck_assert(source_file_new("a.jsonl", "plan", true, &arena, &source, &err));
    ck_assert(source->is_of_query);
}

END_TEST

START_TEST(a_sidecar_that_is_not_json_is_refused)
{
    put("a.jsonl.meta.json", "{");
    ck_assert(!source_file_new("a.jsonl", "plan", true, &arena, &source, &err));
    ck_assert_int_eq(err.kind, ERR_CONFIG);
    ck_assert_ptr_nonnull(strstr(err.message, "a.jsonl.meta.json"));
}

END_TEST

START_TEST(a_replay_has_one_result_from_the_start)
{
    struct replay replay;

    put_sidecar("plan");
    ck_assert(replay_open(&replay, "a.jsonl", 7, "plan", false, &arena, &err));
    ck_assert(replay.origin.is_replay);
    ck_assert(origin_wait(&replay.origin, &err));
    ck_assert_int_eq(replay.origin.source_count, 1);
    ck_assert_int_eq(replay.origin.sources[0]->claims.object_count, 7);
    ck_assert_str_eq(replay.origin.sources[0]->claims.who, "--objects");
    origin_free(&replay.origin);
    replay_close(&replay);
}

END_TEST

START_TEST(a_sidecar_says_which_roots_a_result_has)
{
    static const char *const members[] = {"\"window\":\"from A to B\"",
                                          "\"window\":true", "\"window\":null",
                                          "\"x\":1"};
    static const char *const said[] = {"from A to B", "some objects", NULL,
                                       NULL};
    struct replay replay;

    for (size_t i = 0; i < COUNT(members); i++) {
        char text[64];

        snprintf(text, sizeof(text), "{\"planHash\":\"plan\",%s}", members[i]);
        put("a.jsonl.meta.json", text);
        ck_assert(
            replay_open(&replay, "a.jsonl", -1, "plan", false, &arena, &err));
        ck_assert_pstr_eq(replay.origin.window, said[i]);
        replay_close(&replay);
    }
}

END_TEST

START_TEST(a_window_is_named_by_its_ends)
{
    struct sidecar about = {.window = sidecar_window("A", "B", &arena)};

    ck_assert_str_eq(about.window, "from A to B");
    ck_assert_str_eq(sidecar_window("A", NULL, &arena), "from A");
    ck_assert_str_eq(sidecar_window(NULL, "B", &arena), "to B");
    ck_assert_ptr_null(sidecar_window(NULL, NULL, &arena));
    sidecar_write(&about, &seen);
    ck_assert_ptr_nonnull(strstr(buf_str(&seen), "\"window\":\"from A to B\""));
}

END_TEST

START_TEST(a_replay_of_a_partial_result_is_partial)
{
    struct replay replay;

    put("a.jsonl.meta.json", "{\"planHash\":\"plan\",\"partial\":\"why\"}");
    ck_assert(replay_open(&replay, "a.jsonl", -1, "plan", false, &arena, &err));
    ck_assert_str_eq(replay.origin.partial, "why");
    replay_close(&replay);
    put("a.jsonl.meta.json", "{\"planHash\":\"plan\"}");
    ck_assert(replay_open(&replay, "a.jsonl", -1, "plan", false, &arena, &err));
    ck_assert_ptr_null(replay.origin.partial);
    replay_close(&replay);
}

END_TEST

/* ---- copies -------------------------------------------------------------- */

static void
read_and_keep(void)
{
    ck_assert_msg(feed(), "%s", err.message);
    ck_assert_int_ne(access("b.jsonl", F_OK), 0);
    ck_assert_msg(source_keep(source, &err), "%s", err.message);
    source_close(source);
}

static void
make_copy(void)
{
    static const struct sidecar about = {
        .id = "gid", .created_at = "then", .plan_hash = "plan"};

    put("a.jsonl", "one\ntwo\n");
    put_sidecar("plan");
    make_source("a.jsonl");
    source = source_copy_new(source, "b.jsonl", &about, NULL);
}

START_TEST(a_copy_is_a_source_like_the_one_it_wraps)
{
    make_copy();
    ck_assert_int_eq(source_size(source), 8);
    ck_assert_int_eq(source->claims.object_count, 2);
    pg_task_run(read_and_keep);
    source_free(source);
    make_source("b.jsonl");
    ck_assert_str_eq(source->asked_at, "then");
    ck_assert_int_eq(source->claims.object_count, 2);
    pg_task_run(read_both);
}

END_TEST

static void
read_and_leave(void)
{
    ck_assert(feed());
    source_close(source);
}

START_TEST(a_copy_that_is_not_kept_gets_no_name)
{
    make_copy();
    pg_task_run(read_and_leave);
    ck_assert_int_ne(access("b.jsonl", F_OK), 0);
    ck_assert_int_ne(access("b.jsonl.meta.json", F_OK), 0);
}

END_TEST

static Suite *
file_suite(void)
{
    Suite *suite = suite_create("file");
    TCase *all = tcase_create("file");

    tcase_add_checked_fixture(all, setup, teardown);
    tcase_add_test(all, a_file_is_read_line_by_line);
    tcase_add_test(all, a_compressed_file_is_decompressed);
    tcase_add_test(all, an_html_page_is_refused);
    tcase_add_test(all, a_missing_file_is_named);
    tcase_add_test(all, the_claims_come_from_the_sidecar);
    tcase_add_test(all, the_file_of_another_query_is_refused);
    tcase_add_test(all, a_sidecar_that_is_not_json_is_refused);
    tcase_add_test(all, a_sidecar_says_which_roots_a_result_has);
    tcase_add_test(all, a_window_is_named_by_its_ends);
    tcase_add_test(all, a_replay_has_one_result_from_the_start);
    tcase_add_test(all, a_replay_of_a_partial_result_is_partial);
    tcase_add_test(all, a_copy_is_a_source_like_the_one_it_wraps);
    tcase_add_test(all, a_copy_that_is_not_kept_gets_no_name);
    suite_add_tcase(suite, all);
    return suite;
}

int
main(void)
{
    return suite_run(file_suite());
}
