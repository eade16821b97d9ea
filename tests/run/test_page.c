/* page: a paged run commits each page, and continues after the last one. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "journal/frontier.h"
#include "journal/operation.h"
#include "journal/reject.h"
#include "journal/walk.h"
#include "plan/pages.h"
#include "run/run.h"
#include "scripted/job.h"
#include "source/copy.h"
#include "source/replay.h"
#include "support/clock.h"
#include "support/cluster.h"
#include "support/pg_task.h"
#include "support/suite.h"

#define TYPES "tests/fakeshop/admin-2026-10.reduced.json"
#define QUERY                                                       \
    "query @paged { products { edges { node { id title variants { " \
    "edges { node { id sku } } } } } } }"
#define DEEP_QUERY                                                     \
    "query @paged { collections { edges { node { id title products { " \
    "edges { node { id title options @table { id name } variants { "   \
    "edges { node { id sku } } } } } } } } } }"
#define TWO_ROOTS                                              \
    "query @paged { products { edges { node { id title } } } " \
    "collections { edges { node { id title } } } }"

#define GID(type, id)   "\"gid://shopify/" type "/" id "\""
#define TAG(n)          "{\"bulkpg_t" n "\":true,\"id\":"
#define UNDER(type, id) ",\"__parentId\":" GID(type, id) "}\n"
#define PRODUCT(id)     TAG("1") GID("Product", id) ",\"title\":\"p" id "\"}\n"
#define VARIANT(id, product) \
    TAG("2")                 \
    GID("ProductVariant", id) ",\"sku\":\"v" id "\"" UNDER("Product", product)
#define BAD_LINE TAG("1") "7}\n"

enum { PAGES_MAX = 8, REJECTS_MAX = 2, RETRY_MS = 60000 };

static struct scripted_job job;
static const char *database;

/* ---- an origin of pages -------------------------------------------------- */

struct scripted_page {
    const char *lines;
    struct frontier_removal removal; /* connection -1: none */
    bool removes;
    int reject_count;
    void (*before)(void); /* called once, when the page is read */
};

static struct script {
    struct origin origin;
    struct source source;
    struct source *sources[1];
    struct scripted_page pages[PAGES_MAX];
    int page_count;
    int committed; /* pages */
    struct frontier_head head;
    struct frontier_page frontier;
    struct journal_reject rejects[REJECTS_MAX];
    struct journal_walk walk;
    struct err failing; /* the next read fails with it, once */
    bool finds_nothing; /* find() finds no frontier */
    const char *copy;   /* path of the copy; NULL: none is kept */
    char calls[512];
} script;

static void
note(const char *call)
{
    strcat(strcat(script.calls, script.calls[0] != '\0' ? " " : ""), call);
}

static bool
open_pages(struct source *source, struct err *err)
{
    (void)source, (void)err;
    note("open");
    return true;
}

static bool
read_page(struct source *source, struct span *chunk, struct err *err)
{
    struct scripted_page *page = &script.pages[script.committed];
    void (*before)(void) = page->before;
    char call[16];

    (void)source;
    snprintf(call, sizeof(call), "%d", script.committed + 1);
    note(call);
    page->before = NULL;
    if (before != NULL)
        before();
    if (script.failing.kind != ERR_NONE) {
        *err = script.failing;
        script.failing.kind = ERR_NONE;
        return false;
    }
    *chunk = span_str(page->lines != NULL ? page->lines : "");
    return true;
}

static void
describe_page(const struct source *source, struct source_page *page)
{
    const struct scripted_page *scripted = &script.pages[script.committed];

    (void)source;
    script.frontier = (struct frontier_page){.is_last = script.committed >=
                                                        script.page_count - 1,
                                             .removals = &scripted->removal,
                                             .removal_count = scripted->removes,
                                             .walked = "{}"};
    *page = (struct source_page){.frontier = &script.frontier,
                                 .rejects = script.rejects,
                                 .reject_count = (size_t)scripted->reject_count,
                                 .is_last = script.frontier.is_last};
}

static void
count_committed(struct source *source)
{
    (void)source;
    script.committed++;
}

static void
close_pages(struct source *source)
{
    (void)source;
}

static int64_t
size_of_pages(const struct source *source)
{
    (void)source;
    return -1;
}

static bool
find(struct origin *origin, const struct journal_run *last,
     enum origin_left *left, struct err *err)
{
    bool found;

    (void)origin;
    note("find");
    if (!journal_frontier_head(job.context.journal, last->ref.run_id,
                               &job.job.arena, &script.head, &found, err))
        return false;
    *left = found && !script.finds_nothing ? ORIGIN_ASKED : ORIGIN_UNASKED;
    return true;
}

static bool
begin(struct origin *origin, const struct origin_run *run, struct err *err)
{
    struct journal_operation operation = {.run_id = run->ref.run_id,
                                          .query = "q",
                                          .created_at = "2026-01-02T03:04:05Z"};

    (void)origin;
    note("begin");
    script.head = (struct frontier_head){.next_line = 1};
    script.committed = 0;
    return journal_operation_pages(job.context.journal, &run->ref, &operation,
                                   err) &&
           journal_frontier_begin(job.context.journal, &run->ref, &script.head,
                                  err);
}

static bool
resume(struct origin *origin, const struct origin_run *run, struct err *err)
{
    (void)origin, (void)run, (void)err;
    note("resume");
    script.committed = (int)script.head.page;
    return true;
}

static bool
offer_pages(struct origin *origin, struct err *err)
{
    struct sidecar about = {.id = "",
                            .created_at = "",
                            .completed_at = "",
                            .plan_hash = job.job.plan->hash,
                            .document = ""};

    (void)err;
    script.sources[0] = &script.source;
    if (script.copy != NULL)
        script.sources[0] = source_copy_pages(
            &script.source, script.copy, script.head.copy_bytes, &about, NULL);
    origin->sources = script.sources;
    origin->source_count = 1;
    origin->head = &script.head;
    origin->walk = &script.walk;
    origin->walk_count = 1;
    return true;
}

static void
free_origin(struct origin *origin)
{
    if (script.copy != NULL && origin->source_count > 0)
        source_free(script.sources[0]);
    origin->source_count = 0;
}

static void
write_script(void)
{
    static const struct origin_ops ops = {.find = find,
                                          .begin = begin,
                                          .resume = resume,
                                          .wait = offer_pages,
                                          .free = free_origin};
    static const struct source_ops source_ops = {.open = open_pages,
                                                 .read = read_page,
                                                 .page = describe_page,
                                                 .committed = count_committed,
                                                 .close = close_pages,
                                                 .size = size_of_pages,
                                                 .free = close_pages};

    script = (struct script){
        .origin = {.ops = &ops, .is_paged = true, .least_roots = -1},
        .source = {.ops = &source_ops,
                   .claims = {.who = "the test",
                              .object_count = -1,
                              .root_object_count = -1,
                              .file_size = -1},
                   .name = "pages",
                   .asked_at = "",
                   .odd_count = "",
                   .is_of_query = true},
        .walk = {.path = "products", .instances = 1, .pages = 3, .told = -1}};
}

static void
add_page(const char *lines, void (*before)(void))
{
    script.pages[script.page_count++] =
        (struct scripted_page){.lines = lines, .before = before};
}

static void
three_pages(void (*before_second)(void))
{
    add_page(PRODUCT("1") PRODUCT("2"), NULL);
    add_page(VARIANT("11", "1") VARIANT("12", "1"), before_second);
    add_page(PRODUCT("3"), NULL);
}

/* ---- running ------------------------------------------------------------- */

static void
open_job(const char *query)
{
    database = cluster_database("");
    scripted_job_open_with(&job, database, query, TYPES);
    job.context.config.tuning.retry_budget_ms = RETRY_MS;
    job.context.config.tuning.max_rejects = 3;
    write_script();
}

static void
run(void)
{
    script.calls[0] = '\0';
    run_job(&job.job, &script.origin);
}

static void
run_again(void)
{
    scripted_job_again(&job);
    run();
}

static void
says(const char *sql, const char *text)
{
    ck_assert_str_eq(scripted_job_ask(&job, sql), text);
}

static void
runs_are(const char *text)
{
    says("SELECT string_agg(concat_ws(':', status, error_code), ' ' "
         "ORDER BY run_id) FROM bulkpg.run",
         text);
}

static void
products_are(const char *text)
{
    says("SELECT string_agg(title, ' ' ORDER BY title) FROM acme.products",
         text);
}

static void
nothing_is_left(void)
{
    says("SELECT count(*) FROM bulkpg.frontier", "0");
    says("SELECT count(*) FROM pg_class WHERE relname LIKE '\\_stage%'", "0");
}

#define PAGE_TEST_OF(query, name)  \
    static void name##_body(void); \
    static void name##_task(void)  \
    {                              \
        open_job(query);           \
        name##_body();             \
        scripted_job_close(&job);  \
    }                              \
    START_TEST(name)               \
    {                              \
        pg_task_run(name##_task);  \
    }                              \
    END_TEST                       \
    static void name##_body(void)
#define PAGE_TEST(name) PAGE_TEST_OF(QUERY, name)

/* ---- pages --------------------------------------------------------------- */

PAGE_TEST(pages_are_loaded)
{
    three_pages(NULL);
    run();
    ck_assert_msg(job.job.err.kind == ERR_NONE, "%s", job.job.err.message);
    ck_assert_str_eq(script.calls, "begin open 1 2 3");
    runs_are("loaded");
    products_are("p1 p2 p3");
    says("SELECT string_agg(concat_ws('/', _parent_id, id, sku), ' ' "
         "ORDER BY id) FROM acme.products_variants",
         "1/11/v11 1/12/v12");
    says("SELECT concat_ws(' ', lines, rows_inserted, rejects) "
         "FROM bulkpg.run",
         "5 5 0");
    says("SELECT concat_ws(' ', path, pages) FROM bulkpg.walk", "products 3");
    nothing_is_left();
}

PAGE_TEST(an_empty_page_is_a_page)
{
    add_page("", NULL);
    add_page(PRODUCT("1"), NULL);
    add_page("", NULL);
    run();
    runs_are("loaded");
    products_are("p1");
}

PAGE_TEST(a_page_of_many_batches_is_one_transaction)
{
    struct buf lines = buf_with_ceiling(1024 * 1024);

    for (int i = 1; i <= 5000; i++)
        buf_printf(&lines, TAG("1") "\"gid://shopify/Product/%d\"}\n", i);
    add_page(buf_str(&lines), NULL);
    add_page(PRODUCT("9999"), NULL);
    run();
    runs_are("loaded");
    says("SELECT count(*) FROM acme.products", "5001");
    buf_free(&lines);
}

PAGE_TEST(the_second_run_changes_only_what_has_changed)
{
    three_pages(NULL);
    run();
    scripted_job_again(&job);
    write_script();
    add_page(PRODUCT("1") PRODUCT("2"), NULL);
    add_page(VARIANT("11", "1"), NULL);
    run();
    runs_are("loaded loaded");
    says("SELECT concat_ws(' ', rows_inserted, rows_deleted, rows_unchanged) "
         "FROM bulkpg.run WHERE run_id = 2",
         "0 2 3");
    products_are("p1 p2");
}

/* ---- failures within a process ------------------------------------------- */

static void
end_loader(void)
{
    scripted_job_ask(&job, "SELECT count(pg_terminate_backend(pid)) "
                           "FROM pg_stat_activity "
                           "WHERE application_name LIKE 'bulkpg run %'");
}

PAGE_TEST(a_lost_connection_continues_at_its_page)
{
    three_pages(end_loader);
    run();
    ck_assert_msg(job.job.err.kind == ERR_NONE, "%s", job.job.err.message);
    ck_assert_str_eq(script.calls, "begin open 1 2 open 2 3");
    runs_are("loaded");
    products_are("p1 p2 p3");
    says("SELECT count(*) FROM acme.products_variants", "2");
    says("SELECT lines FROM bulkpg.run", "5");
}

/* The budget is for failures in a row, without a page between them. */
static void
end_loader_late(void)
{
    clock_put_forward(2 * RETRY_MS);
    end_loader();
}

PAGE_TEST(each_page_has_a_budget_of_its_own)
{
    three_pages(end_loader);
    script.pages[2].before = end_loader_late;
    run();
    ck_assert_msg(job.job.err.kind == ERR_NONE, "%s", job.job.err.message);
    ck_assert_str_eq(script.calls, "begin open 1 2 open 2 3 open 3");
    runs_are("loaded");
}

static void
refuse_variant_12(void)
{
    scripted_job_ask(&job,
                     "CREATE FUNCTION acme.refuse() RETURNS trigger LANGUAGE "
                     "plpgsql AS $$BEGIN IF NEW.sku = 'v12' THEN "
                     "RAISE 'no' USING ERRCODE = '22023'; END IF; "
                     "RETURN NEW; END$$");
    scripted_job_ask(&job, "CREATE TRIGGER refuse BEFORE INSERT ON "
                           "acme._stage_1_2 FOR EACH ROW "
                           "EXECUTE FUNCTION acme.refuse()");
}

PAGE_TEST(a_refused_row_is_isolated_within_its_page)
{
    three_pages(refuse_variant_12);
    run();
    ck_assert_str_eq(script.calls, "begin open 1 2 open 2 3");
    runs_are("loaded_with_rejects");
    products_are("p1 p2 p3");
    says("SELECT string_agg(sku, ' ') FROM acme.products_variants", "v11");
    says("SELECT string_agg(concat_ws(' ', line_number, object_id), ',') "
         "FROM bulkpg.reject",
         "4 gid://shopify/ProductVariant/12");
}

#define WIDE_PAGES                                                           \
    add_page(PRODUCT("1"), NULL), add_page(VARIANT("11", "1"), NULL),        \
        add_page(TAG("1") "\"gid://shopify/Product/x\",\"title\":\"px\"}\n", \
                 NULL)

PAGE_TEST(a_type_that_widens_changes_staging_in_place)
{
    WIDE_PAGES;
    add_page(VARIANT("12", "x"), NULL);
    run();
    ck_assert_msg(job.job.err.kind == ERR_NONE, "%s", job.job.err.message);
    ck_assert_str_eq(script.calls, "begin open 1 2 3 open 3 4");
    runs_are("loaded");
    says("SELECT string_agg(id, ' ' ORDER BY id) FROM acme.products",
         "gid://shopify/Product/1 gid://shopify/Product/x");
    says("SELECT string_agg(_parent_id || '=' || id, ' ' ORDER BY id) "
         "FROM acme.products_variants",
         "gid://shopify/Product/1=11 gid://shopify/Product/x=12");
    says("SELECT string_agg(title, ' ') FROM acme.products "
         "WHERE _hash IS NULL",
         "p1");
    says("SELECT notes->>'widened' FROM bulkpg.run",
         "products.id, products_variants._parent_id");
}

static void
stop_here(void)
{
    err_set(&script.failing, MSG_WRONG_LINES, "as scripted");
    err_as(&script.failing, ERR_LATER);
}

PAGE_TEST(a_later_process_knows_what_has_widened)
{
    WIDE_PAGES;
    add_page(VARIANT("12", "x"), stop_here);
    run();
    runs_are("interrupted:WRONG_LINES");
    run_again();
    ck_assert_str_eq(script.calls, "find resume open 4");
    runs_are("loaded");
    says("SELECT string_agg(_parent_id || '=' || id, ' ' ORDER BY id) "
         "FROM acme.products_variants",
         "gid://shopify/Product/1=11 gid://shopify/Product/x=12");
}

/* Product/1 is staged as a number; the next process widens it. */
PAGE_TEST(a_later_process_widens_what_an_earlier_one_staged)
{
    add_page(PRODUCT("1"), NULL);
    add_page(VARIANT("11", "1"), stop_here);
    add_page(TAG("1") "\"gid://shopify/Product/x\"}\n", NULL);
    run();
    runs_are("interrupted:WRONG_LINES");
    run_again();
    ck_assert_str_eq(script.calls, "find resume open 2 3 open 3");
    says("SELECT string_agg(id, ' ' ORDER BY id) FROM acme.products",
         "gid://shopify/Product/1 gid://shopify/Product/x");
}

static void
take_over(void)
{
    scripted_job_ask(&job, "UPDATE bulkpg.run SET resumed = resumed + 1");
}

PAGE_TEST(another_process_can_take_over)
{
    three_pages(take_over);
    run();
    ck_assert_str_eq(job.job.err.code, "TAKEN_OVER");
    says("SELECT head->>'page' FROM bulkpg.frontier", "1");
    says("SELECT count(*) FROM acme._stage_1_2", "0");
}

/* ---- rejects ------------------------------------------------------------- */

PAGE_TEST(rejects_are_kept_with_their_page)
{
    add_page(PRODUCT("1") BAD_LINE, NULL);
    add_page(BAD_LINE PRODUCT("2"), end_loader);
    add_page(PRODUCT("3"), stop_here);
    run();
    runs_are("interrupted:WRONG_LINES");
    says("SELECT string_agg(line_number::text, ' ' ORDER BY line_number) "
         "FROM bulkpg.reject",
         "2 3");
    run_again();
    ck_assert_str_eq(script.calls, "find resume open 3");
    runs_are("loaded_with_rejects");
    ck_assert_int_eq(job.job.status, 65);
    products_are("p1 p2 p3");
    says("SELECT string_agg(line_number::text, ' ' ORDER BY line_number) "
         "FROM bulkpg.reject",
         "2 3");
    says("SELECT concat_ws(' ', lines, rejects) FROM bulkpg.run", "5 2");
}

PAGE_TEST(too_many_rejects_fail_and_are_shown)
{
    add_page(PRODUCT("1") BAD_LINE BAD_LINE, NULL);
    add_page(BAD_LINE BAD_LINE BAD_LINE, NULL);
    run();
    runs_are("failed:TOO_MANY_REJECTS");
    says("SELECT string_agg(line_number::text, ' ' ORDER BY line_number) "
         "FROM bulkpg.reject",
         "2 3 4 5");
    nothing_is_left();
}

PAGE_TEST(rows_that_the_api_cannot_give_are_rejects)
{
    three_pages(NULL);
    script.rejects[0] =
        (struct journal_reject){.object_id = "gid://shopify/Product/4",
                                .reason = "the API failed",
                                .raw = span_str("")};
    script.pages[1].reject_count = 1;
    run();
    runs_are("loaded_with_rejects");
    says("SELECT string_agg(object_id || ': ' || reason, ' ') "
         "FROM bulkpg.reject",
         "gid://shopify/Product/4: the API failed");
    says("SELECT concat_ws(' ', lines, rejects) FROM bulkpg.run", "6 1");
}

/* ---- interruptions ------------------------------------------------------- */

PAGE_TEST(an_interrupted_run_continues_after_its_last_page)
{
    three_pages(NULL);
    script.pages[2].before = stop_here;
    run();
    runs_are("interrupted:WRONG_LINES");
    run_again();
    ck_assert_str_eq(script.calls, "find resume open 3");
    runs_are("loaded");
    products_are("p1 p2 p3");
    says("SELECT lines FROM bulkpg.run", "5");
    nothing_is_left();
}

PAGE_TEST(a_run_whose_pages_are_all_read_is_merged)
{
    says("CREATE SCHEMA acme", "");
    three_pages(NULL);
    script.pages[2].before = stop_here;
    run();
    script.page_count = 2;
    script.pages[2].lines = NULL;
    run_again();
    ck_assert_str_eq(script.calls, "find resume open 3");
    runs_are("loaded");
    products_are("p1 p2");
}

/* A crash of the server empties the frontier and staging. */
PAGE_TEST(without_a_frontier_the_run_begins_again)
{
    three_pages(NULL);
    script.pages[2].before = stop_here;
    run();
    says("DELETE FROM bulkpg.frontier", "");
    run_again();
    ck_assert_str_eq(script.calls, "find begin open 1 2 3");
    runs_are("loaded");
    products_are("p1 p2 p3");
}

PAGE_TEST(without_staging_the_run_begins_again)
{
    three_pages(NULL);
    script.pages[2].before = stop_here;
    run();
    says("DROP TABLE acme._stage_1_1", "");
    run_again();
    ck_assert_str_eq(script.calls, "find begin open 1 2 3");
    runs_are("loaded");
    products_are("p1 p2 p3");
}

static void
empty_frontier(void)
{
    scripted_job_ask(&job, "DELETE FROM bulkpg.frontier");
}

PAGE_TEST(a_frontier_that_disappears_interrupts_the_run)
{
    three_pages(empty_frontier);
    run();
    runs_are("interrupted:STAGING_GONE");
    run_again();
    ck_assert_str_eq(script.calls, "find begin open 1 2 3");
    products_are("p1 p2 p3");
}

/* ---- removed rows -------------------------------------------------------- */

#define COLLECTION(id) TAG("1") GID("Collection", id) ",\"title\":\"c\"}\n"
#define OPTION(id, name) \
    "{\"id\":" GID("ProductOption", id) ",\"name\":\"" name "\"}"
#define NAMED(name)             ",\"title\":\"" name "\",\"options\":["
#define BELOW(name, id, parent) NAMED(name) OPTION(id, name) "]" parent
#define IN(id, name, collection) \
    TAG("2")                     \
    GID("Product", id) BELOW(name, id "1", UNDER("Collection", collection))
#define OF(id, product) \
    TAG("3") GID("ProductVariant", id) UNDER("Product", product)

static void
deep_pages(void)
{
    add_page(COLLECTION("1") COLLECTION("2"), NULL);
    add_page(IN("5", "five", "1") IN("6", "six", "1"), NULL);
    add_page(IN("6", "six", "2") IN("7", "seven", "2"), NULL);
    add_page(OF("51", "5") OF("61", "6") OF("71", "7"), NULL);
}

static void
remove_with_next(const char *lines, int connection, const char *parent,
                 const char *id)
{
    add_page(lines, NULL);
    script.pages[script.page_count - 1].removes = true;
    script.pages[script.page_count - 1].removal =
        (struct frontier_removal){connection, parent, id};
}

static void
deep_rows_are(const char *products, const char *options, const char *variants)
{
    ck_assert_msg(job.job.err.kind == ERR_NONE, "%s", job.job.err.message);
    says("SELECT string_agg(_parent_id || '/' || id, ' ' ORDER BY _parent_id, "
         "id) FROM acme.collections_products",
         products);
    says("SELECT string_agg(name, ' ' ORDER BY name) "
         "FROM acme.collections_products_options",
         options);
    says("SELECT string_agg(id::text, ' ' ORDER BY id) "
         "FROM acme.collections_products_variants",
         variants);
}

PAGE_TEST_OF(DEEP_QUERY, rows_of_a_parent_are_removed_with_all_below)
{
    deep_pages();
    remove_with_next(IN("8", "eight", "1"), 1, "gid://shopify/Collection/1",
                     NULL);
    run();
    deep_rows_are("1/8 2/6 2/7", "eight seven six", "61 71");
    says("SELECT lines FROM bulkpg.run", "7");
}

PAGE_TEST_OF(DEEP_QUERY, rows_of_the_same_page_stay)
{
    deep_pages();
    remove_with_next(IN("5", "five", "1") OF("52", "5"), 1,
                     "gid://shopify/Collection/1", NULL);
    run();
    deep_rows_are("1/5 2/6 2/7", "five seven six", "52 61 71");
}

PAGE_TEST_OF(DEEP_QUERY, one_row_is_removed)
{
    deep_pages();
    remove_with_next("", 1, NULL, "gid://shopify/Product/6");
    run();
    deep_rows_are("1/5 2/7", "five seven", "51 71");
}

PAGE_TEST_OF(DEEP_QUERY, one_row_of_one_parent_is_removed)
{
    deep_pages();
    remove_with_next("", 1, "gid://shopify/Collection/2",
                     "gid://shopify/Product/7");
    run();
    deep_rows_are("1/5 1/6 2/6", "five six", "51 61");
}

PAGE_TEST_OF(DEEP_QUERY, a_whole_connection_is_removed)
{
    deep_pages();
    remove_with_next(COLLECTION("3"), 0, NULL, NULL);
    run();
    deep_rows_are("", "", "");
    says("SELECT concat_ws(' ', lines, rows_inserted) FROM bulkpg.run", "1 1");
}

PAGE_TEST_OF(DEEP_QUERY, ids_that_staging_cannot_have_are_not_there)
{
    deep_pages();
    remove_with_next("", 1, "gid://shopify/Other/1", NULL);
    run();
    deep_rows_are("1/5 1/6 2/6 2/7", "five seven six", "51 61 71");
}

/* ---- the copy of --keep -------------------------------------------------- */

static void
replay(void)
{
    struct replay replay;
    struct err err;

    ck_assert_msg(replay_open(&replay, script.copy, -1, job.job.plan->hash,
                              false, &job.job.arena, &err),
                  "%s", err.message);
    run_job(&job.job, &replay.origin);
    replay_close(&replay);
}

static void
deep_rows_are_those_of_the_copy(void)
{
    deep_rows_are("1/5 1/8 2/7", "eight five seven", "52 71");
}

/* The first half is read by a process that is stopped. */
PAGE_TEST_OF(DEEP_QUERY, a_copy_gives_the_same_tables)
{
    char folder[] = "/tmp/bulkpg-copy-XXXXXX", path[64];

    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/copy.jsonl", folder);
    script.copy = path;
    deep_pages();
    script.pages[2].before = stop_here;
    remove_with_next(IN("5", "five", "1") IN("8", "eight", "1") OF("52", "5"),
                     1, "gid://shopify/Collection/1", NULL);
    remove_with_next("", 1, NULL, "gid://shopify/Product/6");
    run();
    runs_are("interrupted:WRONG_LINES");
    run_again();
    deep_rows_are_those_of_the_copy();
    scripted_job_again(&job);
    replay();
    deep_rows_are_those_of_the_copy();
    says("SELECT concat_ws(' ', rows_inserted, rows_updated, rows_deleted) "
         "FROM bulkpg.run WHERE run_id = 2",
         "0 0 0");
    scripted_job_close(&job);
    scripted_job_open_with(&job, cluster_database(""), DEEP_QUERY, TYPES);
    replay();
    deep_rows_are_those_of_the_copy();
    says("SELECT lines FROM bulkpg.run", "7");
    ck_assert_int_eq(truncate(path, 200), 0);
    scripted_job_again(&job);
    replay();
    ck_assert_str_eq(job.job.err.code, "WRONG_BYTES");
}

/* ---- what is not complete ------------------------------------------------ */

static void
load_and_lose_a_product(void)
{
    three_pages(NULL);
    run();
    runs_are("loaded");
    scripted_job_again(&job);
    write_script();
    add_page(PRODUCT("1") PRODUCT("4"), NULL);
}

PAGE_TEST(a_walk_that_is_not_proven_removes_nothing)
{
    load_and_lose_a_product();
    script.origin.unproven = "products, products.variants";
    run();
    ck_assert_int_eq(job.job.status, 65);
    runs_are("loaded loaded_with_rejects:WALK_UNPROVEN");
    products_are("p1 p2 p3 p4");
    says("SELECT count(*) FROM acme.products_variants", "2");
    ck_assert_str_eq(job.job.err.code, "WALK_UNPROVEN");
    says("SELECT error_code FROM bulkpg.run WHERE run_id = 2", "WALK_UNPROVEN");
    says("SELECT notes->>'unproven' FROM bulkpg.run WHERE run_id = 2",
         "products, products.variants");
}

PAGE_TEST(rows_that_are_null_remove_nothing_below)
{
    static const bool keeps[] = {false, true};

    load_and_lose_a_product();
    script.origin.keeps_rows = keeps;
    script.origin.null_rows = "products.variants (1)";
    run();
    ck_assert_int_eq(job.job.status, 65);
    products_are("p1 p4");
    says("SELECT count(*) FROM acme.products_variants", "2");
    ck_assert_str_eq(job.job.err.code, "NULL_ROWS");
    says("SELECT notes->>'null_rows' FROM bulkpg.run WHERE run_id = 2",
         "products.variants (1)");
}

PAGE_TEST_OF(TWO_ROOTS, each_root_is_guarded)
{
    add_page(PRODUCT("1") TAG("2") GID("Collection", "1") "}\n", NULL);
    run();
    runs_are("loaded");
    scripted_job_again(&job);
    write_script();
    add_page(PRODUCT("1"), NULL);
    run();
    runs_are("loaded failed:NO_ROOTS");
    ck_assert_ptr_nonnull(strstr(job.job.err.message, "acme.collections"));
}

static Suite *
page_suite(void)
{
    Suite *suite = suite_create("page");
    TCase *all = tcase_create("page");

    tcase_add_test(all, pages_are_loaded);
    tcase_add_test(all, an_empty_page_is_a_page);
    tcase_add_test(all, a_page_of_many_batches_is_one_transaction);
    tcase_add_test(all, the_second_run_changes_only_what_has_changed);
    tcase_add_test(all, a_lost_connection_continues_at_its_page);
    tcase_add_test(all, each_page_has_a_budget_of_its_own);
    tcase_add_test(all, a_refused_row_is_isolated_within_its_page);
    tcase_add_test(all, a_type_that_widens_changes_staging_in_place);
    tcase_add_test(all, a_later_process_knows_what_has_widened);
    tcase_add_test(all, a_later_process_widens_what_an_earlier_one_staged);
    tcase_add_test(all, another_process_can_take_over);
    tcase_add_test(all, rejects_are_kept_with_their_page);
    tcase_add_test(all, too_many_rejects_fail_and_are_shown);
    tcase_add_test(all, rows_that_the_api_cannot_give_are_rejects);
    tcase_add_test(all, an_interrupted_run_continues_after_its_last_page);
    tcase_add_test(all, a_run_whose_pages_are_all_read_is_merged);
    tcase_add_test(all, without_a_frontier_the_run_begins_again);
    tcase_add_test(all, without_staging_the_run_begins_again);
    tcase_add_test(all, a_frontier_that_disappears_interrupts_the_run);
    tcase_add_test(all, rows_of_a_parent_are_removed_with_all_below);
    tcase_add_test(all, rows_of_the_same_page_stay);
    tcase_add_test(all, one_row_is_removed);
    tcase_add_test(all, one_row_of_one_parent_is_removed);
    tcase_add_test(all, a_whole_connection_is_removed);
    tcase_add_test(all, ids_that_staging_cannot_have_are_not_there);
    tcase_add_test(all, a_copy_gives_the_same_tables);
    tcase_add_test(all, a_walk_that_is_not_proven_removes_nothing);
    tcase_add_test(all, rows_that_are_null_remove_nothing_below);
    tcase_add_test(all, each_root_is_guarded);
    suite_add_tcase(suite, all);
    return suite;
}

int
main(void)
{
    return suite_run_with_cluster(page_suite());
}
