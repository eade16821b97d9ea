#include "load/grow.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "pg/queue.h"

struct grow_opening {
    const struct loader_config *config;
    struct loader_table *tables;
    int table_count;
    struct pg_conn *conn; /* NULL: it cannot be opened */
    bool is_over;
};

static bool
connect_one(struct grow_opening *opening, struct err *err)
{
    const struct loader_config *config = opening->config;
    struct pg_config session = {.dsn = config->dsn,
                                .application_name = config->application_name,
                                .loader = true,
                                .sets_up_later = true,
                                .answer_timeout_ms = config->answer_timeout_ms};

    return opening->conn != NULL || pg_connect(&session, &opening->conn, err);
}

static void
open_one(void *ctx)
{
    struct grow_opening *opening = ctx;
    struct err err;
    bool is_open = connect_one(opening, &err);

    if (is_open) {
        ring_queue_tables(opening->conn, opening->tables, opening->table_count,
                          opening->config->schema);
        is_open = pg_settle(opening->conn, &err);
    }
    if (!is_open) {
        log_failure(LOG_DEBUG, NULL, "a connection of the load is left out",
                    &err);
        pg_close(opening->conn);
        opening->conn = NULL;
    }
    opening->is_over = true;
}

static void
begin(struct grow *grow, const struct loader_config *config,
      struct loader_table *tables, int table_count)
{
    grow->openings = mem_array((size_t)grow->wanted, sizeof(*grow->openings));
    for (int i = 0; i < grow->wanted; i++) {
        struct grow_opening *opening = &grow->openings[i];

        *opening = (struct grow_opening){
            .config = config, .tables = tables, .table_count = table_count};
        if (config->sessions != NULL)
            opening->conn =
                pg_pool_take(config->sessions, config->application_name);
        task_group_spawn(&grow->group, "connect", open_one, opening);
    }
}

static bool
are_over(const struct grow *grow)
{
    for (int i = 0; i < grow->wanted; i++)
        if (!grow->openings[i].is_over)
            return false;
    return true;
}

/* A connection that is lost meanwhile is left out, too. */
static void
use_all(struct grow *grow, struct ring *ring)
{
    for (int i = 0; i < grow->wanted; i++) {
        struct grow_opening *opening = &grow->openings[i];

        if (opening->conn != NULL && !ring_add(ring, opening->conn))
            pg_close(opening->conn);
        opening->conn = NULL;
    }
    grow->wanted = 0;
}

void
grow_look(struct grow *grow, struct ring *ring,
          const struct loader_config *config, struct loader_table *tables,
          int table_count)
{
    if (grow->wanted == 0)
        return;
    if (grow->openings == NULL && ring->batches_sent >= GROW_AFTER_BATCHES)
        begin(grow, config, tables, table_count);
    else if (grow->openings != NULL && are_over(grow))
        use_all(grow, ring);
}

void
grow_end(struct grow *grow, struct ring *ring)
{
    if (grow->openings == NULL)
        return;
    task_group_wait(&grow->group);
    for (int i = 0; i < grow->wanted; i++)
        ring_give_back(ring, grow->openings[i].conn);
    free(grow->openings);
    *grow = (struct grow){.wanted = 0};
}
