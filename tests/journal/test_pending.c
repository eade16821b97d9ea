/* pending: the next batch of a job, batches after failures, and which objects
 * the merge of a bulk operation makes pending again. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "journal/pending.h"
#include "pg/queue.h"
#include "support/cluster.h"
#include "support/pg_task.h"
#include "support/suite.h"

enum { MOST = 1000 };

static struct err err;
static struct arena arena;
static struct pg_conn *conn;
static struct journal *journal;
static int row;

#define OK(call) ck_assert_msg((call), "%s: %s", err.code, err.message)

static void
open_all(void)
{
    struct pg_config config = {
        .dsn = cluster_dsn_as(cluster_database(""), "owner"),
        .application_name = "bulkpg test"};

    conn = pg_task_connect(&config);
    OK(journal_open(conn, true, &journal, &err));
}

static void
close_all(void)
{
    journal_close(journal);
    pg_close(conn);
    arena_free(&arena);
}

/* One value as text, in the arena. */
static const char *
ask(const char *sql)
{
    struct pg_result *result;
    const char *text;

    OK(pg_exec(conn, sql, 0, NULL, &result, &err));
    text = arena_strdup(&arena, pg_text(result, 0, 0));
    pg_result_free(result);
    return text;
}

static void
check(const char *sql, const char *expected)
{
    ck_assert_str_eq(ask(sql), expected);
}

static void
say(const char *sql)
{
    pg_task_script(conn, sql);
}

/* ---- batches after failures ---------------------------------------------- */

/* Objects 1 to `count` are pending; those that `bad` divides are bad. `most` is
 * the number of batches after which all others are fetched. */
static const struct {
    const char *what;
    int count;
    int bad;
    int most;
} faults[] = {
    {"one object, which is bad", 1, 1, 2},
    {"one of two", 2, 2, 4},
    {"one of 250", 250, 250, 20},
    {"the first of them", 250, 1 << 20, 1},
    {"one of the most", MOST, MOST, 25},
    {"four of 100", 100, 25, 40},
    {"all of ten", 10, 1, 20},
    {"every second of 50", 50, 2, 100},
};

static struct pending_batch
next_batch(void)
{
    struct pending_batch batch;

    OK(journal_pending_objects(journal, "acme", "products", MOST + 1, &arena,
                               &batch, &err));
    return batch;
}

static bool
is_bad(const struct pending_batch *batch)
{
    for (size_t i = 0; i < batch->count; i++)
        if (batch->objects[i].id % faults[row].bad == 0)
            return true;
    return false;
}

static void
note_failure(const struct pending_batch *batch, bool divides)
{
    OK(journal_pending_failed(journal, "acme", "products", batch->objects,
                              batch->count, divides, &err));
}

/* The objects of a batch are fetched. */
static void
remove_batch(const struct pending_batch *batch)
{
    for (size_t i = 0; i < batch->count; i++)
        say(arena_printf(&arena,
                         "DELETE FROM bulkpg.pending WHERE object_id = %lld",
                         (long long)batch->objects[i].id));
}

static void
pend(int first, int last)
{
    say(arena_printf(&arena,
                     "INSERT INTO bulkpg.pending (store, job, object_id) "
                     "SELECT 'acme', 'products', generate_series(%d, %d)",
                     first, last));
}

/* Objects that do not wait alone rest no longer. */
static void
end_rests(void)
{
    say("UPDATE bulkpg.pending SET tried_at = tried_at - interval '6 seconds' "
        "WHERE batch_max IS DISTINCT FROM 0");
}

static void
fault_body(void)
{
    int batches = 0;

    open_all();
    pend(1, faults[row].count);
    for (;;) {
        struct pending_batch batch = next_batch();

        if (batch.count == 0)
            break;
        ck_assert_msg(++batches <= faults[row].most, "%s", faults[row].what);
        if (is_bad(&batch))
            note_failure(&batch, true);
        else
            remove_batch(&batch);
        end_rests();
    }
    check("SELECT count(*) FROM bulkpg.pending",
          arena_printf(&arena, "%d", faults[row].count / faults[row].bad));
    check("SELECT count(*) FROM bulkpg.pending WHERE batch_max <> 0 OR "
          "tries > 2",
          "0");
    close_all();
}

START_TEST(all_but_the_bad_ones_are_fetched)
{
    row = _i;
    pg_task_run(fault_body);
}

END_TEST

/* Every batch fails, whatever it has: most objects are never fetched alone. */
static void
systemic_body(void)
{
    int batches = 0;

    open_all();
    pend(1, MOST);
    for (;;) {
        struct pending_batch batch = next_batch();

        if (batch.count == 0)
            break;
        batches++;
        note_failure(&batch, true);
        /* As the worker does, which rests after a failure. */
        say("UPDATE bulkpg.pending SET tried_at = tried_at - interval "
            "'1 hour'");
    }
    check("SELECT count(*) FROM bulkpg.pending WHERE tries = 12", "1000");
    check("SELECT count(*) FROM bulkpg.pending WHERE batch_max = 0", "30");
    ck_assert_msg(batches < 900, "%d batches", batches);
    close_all();
}

START_TEST(a_reason_that_is_not_in_the_objects)
{
    pg_task_run(systemic_body);
}

END_TEST

/* A store that does not answer says nothing about the objects. */
static void
other_reason_body(void)
{
    struct pending_batch batch;

    open_all();
    pend(1, 10);
    batch = next_batch();
    note_failure(&batch, false);
    check("SELECT string_agg(DISTINCT concat_ws(' ', tries, batch_max), ',') "
          "FROM bulkpg.pending",
          "1");
    OK(journal_pending_failed(journal, "acme", "products", NULL, 0, true,
                              &err));
    check("SELECT string_agg(DISTINCT concat_ws(' ', tries, batch_max), ',') "
          "FROM bulkpg.pending",
          "2");
    close_all();
}

START_TEST(another_reason_divides_no_batch)
{
    pg_task_run(other_reason_body);
}

END_TEST

/* Neither kind keeps the other waiting, and both count. */
static void
kinds_body(void)
{
    struct pending_batch batch;

    open_all();
    pend(1, 8);
    for (int i = 0; i < 2; i++) {
        batch = next_batch();
        ck_assert_uint_eq(batch.count, 8);
        note_failure(&batch, true);
        if (i == 0)
            end_rests();
    }
    pend(11, 13);
    batch = next_batch();
    ck_assert_uint_eq(batch.count, 3);
    ck_assert_int_eq(batch.objects[0].id, 11);
    ck_assert_int_eq(batch.ready, 3);
    end_rests();
    batch = next_batch();
    ck_assert_uint_eq(batch.count, 4);
    ck_assert_int_eq(batch.objects[0].id, 1);
    ck_assert_int_eq(batch.ready, 11);
    note_failure(&batch, true);
    batch = next_batch();
    ck_assert_uint_eq(batch.count, 4);
    ck_assert_int_eq(batch.objects[0].id, 5);
    end_rests();
    batch = next_batch();
    ck_assert_uint_eq(batch.count, 2);
    ck_assert_int_eq(batch.ready, 11);
    close_all();
}

START_TEST(objects_of_a_batch_that_failed_are_apart)
{
    pg_task_run(kinds_body);
}

END_TEST

/* ---- pending again ------------------------------------------------------- */

/* The run began a minute ago, and its operation was created then. */
static const struct {
    const char *what;
    const char *mode;
    int created; /* seconds ago; -1: there is no operation */
    int event;   /* of each object, seconds ago */
    int objects;
    bool is_reference;
    const char *also; /* SQL; NULL: nothing */
    int again;
} results[] = {
    {"an event during the run", "full", 60, 30, 5, true, NULL, 5},
    {"many of them", "full", 60, 30, 1500, true, NULL, 1500},
    {"an event before the run", "full", 60, 240, 5, true, NULL, 5},
    {"an old event", "full", 60, 361, 5, true, NULL, 0},
    {"the most before the run", "full", 60, 240, 1000, true, NULL, 1000},
    {"more before the run", "full", 60, 240, 1001, true, NULL, 0},
    {"more, before an incremental run", "incremental", 60, 240, 1001, true,
     NULL, 0},
    {"a store's clock that is ahead", "full", -600, 30, 5, true, NULL, 5},
    {"a store's clock that is behind", "full", 660, 900, 5, true, NULL, 5},
    {"a run that is not a reference", "full", 60, 240, 5, false, NULL, 0},
    {"an event during such a run", "full", 60, 30, 5, false, NULL, 5},
    {"a later run", "full", 60, 240, 5, false,
     "INSERT INTO bulkpg.run (store, job, mode, status, plan_hash) VALUES "
     "('acme', 'products', 'full', 'loaded', 'p')",
     5},
    {"a later run of another query", "full", 60, 240, 5, false,
     "INSERT INTO bulkpg.run (store, job, mode, status, plan_hash) VALUES "
     "('acme', 'products', 'full', 'loaded', 'q')",
     0},
    {"more, and a run with ids meanwhile", "full", 60, 240, 1001, true,
     "INSERT INTO bulkpg.run (store, job, mode, status, plan_hash) VALUES "
     "('acme', 'products', 'ids', 'loaded_with_rejects', 'p')",
     1001},
    {"more, and a run with ids that failed", "full", 60, 240, 1001, true,
     "INSERT INTO bulkpg.run (store, job, mode, status, plan_hash) VALUES "
     "('acme', 'products', 'ids', 'failed', 'p')",
     0},
    {"more, and a run with ids of another job", "full", 60, 240, 1001, true,
     "INSERT INTO bulkpg.run (store, job, mode, status, plan_hash) VALUES "
     "('acme', 'titles', 'ids', 'loaded', 'p')",
     0},
    {"more, before the clock was set back", "full", 60, -86400, 1001, true,
     NULL, 0},
    {"few, before the clock was set back", "full", 60, -86400, 5, true, NULL,
     5},
    {"a saved result", "replay", -1, 500000, 1001, false, NULL, 1001},
    {"an object of another type", "full", 60, 30, 5, true,
     "UPDATE bulkpg.event SET type = 'Order'", 0},
    {"an object without a number", "full", 60, 30, 1, true,
     "UPDATE bulkpg.event SET object_id = 0", 0},
};

static void
merge(bool is_reference)
{
    OK(pg_begin(conn, &err));
    journal_queue_pending_again(conn, 1, "Product", is_reference);
    journal_queue_pending_done(conn, 1, "Product");
    OK(pg_commit(conn, &err));
}

static void
again_body(void)
{
    open_all();
    say(arena_printf(
        &arena,
        "INSERT INTO bulkpg.run (store, job, mode, status, plan_hash, "
        "started_at) VALUES ('acme', 'products', '%s', 'merging', 'p', now() - "
        "interval '60 seconds')",
        results[row].mode));
    if (results[row].created != -1)
        say(arena_printf(&arena,
                         "INSERT INTO bulkpg.operation (run_id, n, attempt, "
                         "query, created_at) VALUES (1, 1, 1, '', now() - "
                         "interval '%d seconds')",
                         results[row].created));
    say(arena_printf(
        &arena,
        "INSERT INTO bulkpg.event (store, event_id, topic, type, object_id, "
        "received_at) SELECT 'acme', n::text, 'products/update', 'Product', n, "
        "now() - interval '%d seconds' FROM generate_series(1, %d) n",
        results[row].event, results[row].objects));
    if (results[row].also != NULL)
        say(results[row].also);
    /* One is pending already, and rests. */
    say("INSERT INTO bulkpg.pending (store, job, object_id, first_at, last_at, "
        "tries, tried_at) SELECT store, 'products', object_id, received_at, "
        "received_at, 3, now() FROM bulkpg.event WHERE object_id = 1 AND "
        "type = 'Product'");
    merge(results[row].is_reference);
    ck_assert_msg(strcmp(ask("SELECT count(*) FROM bulkpg.pending"),
                         arena_printf(&arena, "%d", results[row].again)) == 0,
                  "%s: %s", results[row].what,
                  ask("SELECT count(*) FROM bulkpg.pending"));
    check("SELECT count(*) FROM bulkpg.pending WHERE tries > 0", "0");
    close_all();
}

START_TEST(what_is_pending_again)
{
    row = _i;
    pg_task_run(again_body);
}

END_TEST

/* An ordinary run forgets what was received before it began, whatever the
 * clock did before. */
static void
set_back_body(void)
{
    open_all();
    say("INSERT INTO bulkpg.run (store, job, mode, status, plan_hash, "
        "started_at) VALUES ('acme', 'products', 'full', 'merging', 'p', now() "
        "- interval '60 seconds')");
    say("INSERT INTO bulkpg.pending (store, job, object_id, last_at) VALUES "
        "('acme', 'products', 1, now() + interval '1 day'), "
        "('acme', 'products', 2, now() + interval '1 day'), "
        "('acme', 'products', 3, now() - interval '30 seconds'), "
        "('acme', 'products', 4, now() - interval '90 seconds')");
    say("INSERT INTO bulkpg.event (store, event_id, topic, type, object_id, "
        "received_at) VALUES "
        "('acme', 'a', 'products/update', 'Product', 1, now() + interval "
        "'1 day'), "
        "('acme', 'b', 'products/update', 'Product', 2, now() - interval "
        "'5 seconds')");
    OK(pg_begin(conn, &err));
    journal_queue_pending_done(conn, 1, NULL);
    OK(pg_commit(conn, &err));
    check("SELECT string_agg(object_id::text, ' ' ORDER BY object_id) FROM "
          "bulkpg.pending",
          "2 3");
    close_all();
}

START_TEST(what_was_received_before_the_clock_was_set_back)
{
    pg_task_run(set_back_body);
}

END_TEST

int
main(void)
{
    Suite *suite = suite_create("pending");
    TCase *all = tcase_create("all");

    tcase_add_loop_test(all, all_but_the_bad_ones_are_fetched, 0,
                        COUNT(faults));
    tcase_add_test(all, a_reason_that_is_not_in_the_objects);
    tcase_add_test(all, another_reason_divides_no_batch);
    tcase_add_test(all, objects_of_a_batch_that_failed_are_apart);
    tcase_add_loop_test(all, what_is_pending_again, 0, COUNT(results));
    tcase_add_test(all, what_was_received_before_the_clock_was_set_back);
    suite_add_tcase(suite, all);
    return suite_run_with_cluster(suite);
}
