/* crew: entries that are only in the journal. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "job/store.h"
#include "support/pages.h"
#include "support/suite.h"
#include "walk/crew.h"
#include "walk/page.h"

enum { PRODUCTS, VARIANTS, METAFIELDS, WORKERS = 2 };

static struct pages_api api;
static struct options options;
static struct context context;
static struct job job;
static const struct query_file file = {.path = "q.graphql"};
static struct origin origin;
static struct store_config config;
static struct rate_pool pool;
static struct rate *rate;
static struct walker *walker;
static struct frontier_entry spilled[8];
static size_t spilled_count;
static int reads;
static struct buf asked; /* the parents, in the order of the requests */
static int pages;

/* ---- the API and the journal --------------------------------------------- */

/* These functions replace those of job/store.c and journal/frontier.c. */
struct rate *
store_rate(struct context *of, struct store_state *store)
{
    (void)of;
    (void)store;
    return rate;
}

struct session *
store_session(struct context *of, struct store_state *store)
{
    (void)of;
    (void)store;
    return NULL;
}

/* Every parent exists and has no rows. */
bool
store_ask(struct context *of, struct store_state *store,
          const struct request *request, const char *at,
          const struct log_ctx *log, struct arena *arena, struct reply *reply,
          struct err *why)
{
    bool is_deep = strstr(request->document, "metafields") != NULL;
    const char *ids = strchr(request->variables, '[');
    struct buf text = buf_with_ceiling(64 * 1024);

    (void)of;
    (void)store;
    (void)at;
    (void)log;
    (void)why;
    ck_assert_ptr_nonnull(ids);
    buf_append_str(&text, "{\"data\":{\"nodes\":[");
    for (const char *id = strchr(ids, '"'); id != NULL;) {
        size_t length = strcspn(id + 1, "\"");

        buf_printf(&asked, "%.*s ", (int)length, id + 1);
        buf_printf(&text,
                   "{\"id\":\"%.*s\",\"%s\":{\"nodes\":[],\"pageInfo\":{"
                   "\"hasNextPage\":false,\"endCursor\":null}}}",
                   (int)length, id + 1, is_deep ? "metafields" : "variants");
        id += length + 2;
        if (id[0] == ']')
            break;
        buf_append_char(&text, ',');
        id = strchr(id, '"');
    }
    buf_append_str(&text, "]}}");
    *reply = (struct reply){.cost = -1};
    reply->body = span_of(arena_dup(arena, buf_span(&text)), text.length);
    buf_free(&text);
    task_yield();
    return true;
}

static bool
is_held(int64_t number, const int64_t *held, size_t held_count)
{
    for (size_t i = 0; i < held_count; i++)
        if (held[i] == number)
            return true;
    return false;
}

/* While it reads, the other tasks run. */
bool
journal_frontier_entries(struct journal *journal, int64_t run_id,
                         const int64_t *held, size_t held_count, int64_t limit,
                         struct arena *arena, struct frontier_entries *found,
                         struct err *err)
{
    struct frontier_entry *list =
        arena_array(arena, COUNT(spilled), sizeof(*list));

    (void)journal;
    (void)run_id;
    (void)limit;
    (void)err;
    reads++;
    *found = (struct frontier_entries){.entries = list};
    for (size_t i = 0; i < spilled_count; i++)
        if (!is_held(spilled[i].number, held, held_count))
            list[found->count++] = spilled[i];
    for (int i = 0; i < 10; i++)
        task_yield();
    return true;
}

/* ---- a walk -------------------------------------------------------------- */

static void
setup(void)
{
    struct origin_run run = {.mode = RUN_FULL};

    pages_open(&api, "tests/fakeshop/admin-2026-10.reduced.json", "shopify");
    pages_connection(&api,
                     "query @paged { products { nodes { variants { nodes { "
                     "metafields { nodes { key } } } } } } }",
                     "products");
    rate = rate_new(&pool, "secret", WORKERS, 0.8);
    config = (struct store_config){.concurrency = WORKERS};
    context = (struct context){.options = &options};
    job = (struct job){.context = &context,
                       .file = &file,
                       .plan = api.plan,
                       .config = &config};
    origin = (struct origin){.least_roots = -1};
    walker = walker_new(&job, &origin, NULL, 0, &run);
    walker->has_begun = true;
    asked = buf_with_ceiling(64 * 1024);
    spilled_count = 0;
    reads = pages = 0;
}

static void
teardown(void)
{
    rate_free(rate);
    rate_pool_free(&pool);
    buf_free(&asked);
    pages_close(&api);
}

static struct frontier_entry
entry_of(int connection, const char *parent)
{
    walker->tallies.of[connection].begun++;
    return (struct frontier_entry){.number = ++walker->tallies.last_number,
                                   .connection = connection,
                                   .level = connection,
                                   .parent_id = parent,
                                   .told_first = -1,
                                   .told_last = -1};
}

static void
spill(int connection, const char *parent)
{
    spilled[spilled_count++] = entry_of(connection, parent);
    walker->entries.has_spilled = true;
}

/* What a run does with the pages. */
static void
forget_ended(const struct frontier_page *page)
{
    for (size_t i = 0; i < page->ended_count; i++)
        for (size_t n = 0; n < spilled_count; n++)
            if (spilled[n].number == page->ended[i])
                spilled[n] = spilled[--spilled_count];
}

static void
walk_all(void *unused)
{
    struct err err;
    bool is_last = false;

    (void)unused;
    crew_begin(walker);
    while (!is_last) {
        ck_assert_msg(crew_next(walker, &err), "%s", err.message);
        forget_ended(&walker->current->frontier);
        is_last = walker->current->frontier.is_last;
        pages++;
        crew_committed(walker);
    }
    walker_free(walker);
}

static void
walk(void)
{
    tasks_init(NULL, NULL);
    task_spawn("test", walk_all, NULL);
    tasks_run();
    ck_assert_uint_eq(spilled_count, 0);
    ck_assert_ptr_null(origin.unproven);
}

/* All that is here waits for variants' metafields, which are spilled; and there
 * is no room for them. */
START_TEST(a_walk_that_is_stuck_reads_what_was_spilled)
{
    struct frontier_entry again;

    walker->entries.most = 2;
    for (int i = 0; i < 2; i++) {
        again = entry_of(VARIANTS, i == 0 ? "p1" : "p2");
        again.is_again = true;
        ck_assert_ptr_nonnull(entries_add(&walker->entries, &again));
    }
    spill(METAFIELDS, "v1");
    spill(METAFIELDS, "v2");
    walk();
    ck_assert_str_eq(buf_str(&asked), "v1 v2 p1 p2 ");
    ck_assert_int_ge(reads, 1);
}

END_TEST

/* The other task has nothing to do meanwhile, but the walk is not over. */
START_TEST(a_walk_does_not_end_while_spilled_entries_are_read)
{
    spill(VARIANTS, "p1");
    walk();
    ck_assert_str_eq(buf_str(&asked), "p1 ");
    ck_assert_int_ge(reads, 1);
}

END_TEST

static Suite *
crew_suite(void)
{
    Suite *suite = suite_create("crew");
    TCase *all = tcase_create("crew");

    tcase_add_checked_fixture(all, setup, teardown);
    tcase_add_test(all, a_walk_that_is_stuck_reads_what_was_spilled);
    tcase_add_test(all, a_walk_does_not_end_while_spilled_entries_are_read);
    suite_add_tcase(suite, all);
    return suite;
}

int
main(void)
{
    return suite_run(crew_suite());
}
