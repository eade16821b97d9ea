"""run --due fetches pending objects: those that webhooks named."""
import signal

from cases.queries import PLAIN, PRODUCTS
from cases.test_due import DueCase
from harness.case import AGAIN, CONFIG, FAILED, OK, PARTIAL
from harness.cluster import Held
from harness.push_case import PRICES, PushCase

INCREMENTAL = PLAIN.replace("{", "query @incremental {", 1)
PAGED = PLAIN.replace("{", "query @paged {", 1)
NAME = "title"


class PendingCase(DueCase):
    def prepare(self, query=PLAIN, job="products", **how):
        self.configure(**how)
        self.query(job, query)
        self.run_program("run", job)
        self.ids = self.db.column(f"SELECT id FROM acme.{job} ORDER BY id")

    def pend(self, *ids, job="products"):
        """These objects have changed a minute ago."""
        for one in ids:
            self.db.execute(
                "INSERT INTO bulkpg.pending (store, job, object_id, first_at, "
                f"last_at) VALUES ('acme', '{job}', {one}, now() - interval "
                "'1 minute', now() - interval '1 minute')")

    def pending(self):
        return self.db.column("SELECT object_id FROM bulkpg.pending "
                              "ORDER BY object_id")

    def heard(self, *ids, topic="products/update", ago="1 minute"):
        """Webhooks about these products were received."""
        for one in ids:
            self.db.execute(
                "INSERT INTO bulkpg.event (store, event_id, topic, type, "
                f"object_id, received_at) VALUES ('acme', 'e{one}', '{topic}',"
                f" 'Product', {one}, now() - interval '{ago}')")

    def burst(self, count=1100, ago="1 minute"):
        """Webhooks about so many other products, all of which are pending."""
        self.db.execute(
            "INSERT INTO bulkpg.event (store, event_id, topic, type, "
            "object_id, received_at) SELECT 'acme', n::text, "
            f"'products/update', 'Product', n, now() - interval '{ago}' FROM "
            f"generate_series(9000000001, 9000000000 + {count}) n")
        self.db.execute(
            "INSERT INTO bulkpg.pending (store, job, object_id, first_at, "
            "last_at) SELECT store, 'products', object_id, received_at, "
            "received_at FROM bulkpg.event WHERE object_id > 9000000000 "
            "ON CONFLICT (store, job, object_id) DO UPDATE SET last_at = "
            "EXCLUDED.last_at")

    def staging(self):
        return self.db.column("SELECT relname FROM pg_class WHERE relkind = "
                              "'r' AND relname LIKE '\\_stage\\_%'")

    def kill_with_staging(self, *arguments):
        """Kill the program before it merges what it has staged."""
        with Held(self.db, "LOCK TABLE acme.products"):
            running = self.program.start("run", *arguments)
            self.wait_for(self.staging)
            running.signal(signal.SIGKILL)
            running.wait()

    def change_products(self, *ids, **what):
        self.change(store="acme", ids=[f"gid://shopify/Product/{one}"
                                       for one in ids], **what)

    def modes(self):
        return self.db.column("SELECT mode || ' ' || status FROM bulkpg.run "
                              "ORDER BY run_id")


    def rested(self, time):
        self.db.execute("UPDATE bulkpg.pending SET tried_at = tried_at - "
                        f"interval '{time}'")

    def fetch_all(self, most, leaving=0):
        """Fetch batches until so many objects are left, and return the number
        of batches that failed."""
        failed = 0
        for _ in range(most):
            if len(self.pending()) == leaving:
                return failed
            failed += self.program.run("run", "--due").status != OK
            self.db.execute("UPDATE bulkpg.pending SET tried_at = tried_at - "
                            "interval '5 seconds' WHERE batch_max > 0")
        return self.fail(f"after {most} batches: {self.pending()}")


class Objects(PendingCase):
    def test_changed_and_deleted_objects(self):
        """Exactly these are fetched, and the watermark stays."""
        self.prepare(INCREMENTAL)
        mark = self.rows("watermark", schema="bulkpg")
        self.change_products(*self.ids[20:23], set={NAME: "new"})
        self.change_products(*self.ids[30:32], delete=True)
        self.pend(*self.ids[20:23], *self.ids[30:32], self.ids[40])
        self.run_due()
        run = self.last_run()
        self.assertEqual(("ids", "loaded", 3, 2), (
            run["mode"], run["status"], run["rows_updated"],
            self.db.value("SELECT deleted AS v FROM bulkpg.run_table WHERE "
                          "table_name = 'products' ORDER BY run_id DESC "
                          "LIMIT 1")))
        self.check_tables(INCREMENTAL)
        self.assertEqual([], self.pending())
        self.assertEqual(mark, self.rows("watermark", schema="bulkpg"))
        self.run_due()
        self.assertEqual(["full loaded", "ids loaded"], self.modes())
        self.check_no_staging()

    def test_rows_that_are_gone_are_marked(self):
        self.prepare(PLAIN.replace("{", "query @deletes(mode: SOFT) {", 1))
        self.change_products(self.ids[20], delete=True)
        self.pend(self.ids[20])
        self.run_due()
        self.assertEqual([self.ids[20]], self.db.column(
            "SELECT id FROM acme.products WHERE _deleted_at IS NOT NULL"))
        self.assertEqual([], self.pending())

    def test_another_event_meanwhile(self):
        """The object stays pending."""
        self.prepare()
        self.pend(*self.ids[:2])
        self.shop.rule({"hold": True}, kind="query", contains="nodes(ids:")
        running = self.program.start("run", "--due")
        self.wait_for(lambda: self.shop.get("held") > 0)
        self.db.execute("UPDATE bulkpg.pending SET last_at = last_at + "
                        f"interval '1 ms' WHERE object_id = {self.ids[0]}")
        self.pend(self.ids[5])
        self.shop.post("rules/clear")
        self.expect(running.wait(), OK)
        self.assertEqual([self.ids[0], self.ids[5]], self.pending())
        self.run_due()
        self.assertEqual([], self.pending())

    def test_a_job_that_is_due_runs_instead(self):
        """Its merge forgets what was pending before it began."""
        self.prepare()
        self.pend(*self.ids[:2])
        self.older("25 hours")
        self.run_due()
        self.assertEqual(["full loaded", "full loaded"], self.modes())
        self.assertEqual([], self.pending())

    def test_a_job_that_runs_is_left_alone(self):
        self.prepare()
        self.pend(*self.ids[:2])
        self.shop.set(outcome={"never": True})
        running = self.program.start("run", "products")
        self.wait_for(lambda: self.status() == "polling")
        self.run_due()
        self.assertEqual(["full loaded", "full polling"], self.modes())
        self.shop.set(outcome=None)
        self.shop.post("operation", {"store": "acme", "status": "COMPLETED"})
        self.expect(running.wait(), OK)
        self.assertEqual([], self.pending())

    def test_commands_that_overlap(self):
        self.prepare()
        self.change_products(*self.ids[20:40], set={NAME: "new"})
        self.pend(*self.ids[20:40])
        running = [self.program.start("run", "--due") for _ in range(3)]
        for one in running:
            self.expect(one.wait(), OK)
        self.assertEqual(["full loaded", "ids loaded"], self.modes())
        self.assertEqual([], self.pending())
        self.check_tables(PLAIN)

    def test_a_killed_batch(self):
        self.prepare()
        self.change_products(*self.ids[:3], set={NAME: "new"})
        self.pend(*self.ids[:3])
        self.shop.rule({"hold": True}, times=-1, kind="query",
                       contains="nodes(ids:")
        running = self.program.start("run", "--due")
        self.wait_for(lambda: self.shop.get("held") > 0)
        running.signal(signal.SIGKILL)
        running.wait()
        self.shop.post("rules/clear")
        self.run_due()
        self.assertEqual([], self.pending())
        self.run_program("run", "products")
        self.assertEqual(0, self.last_run()["rows_updated"])
        self.check_tables(PLAIN)
        self.check_no_staging()


    def test_staging_of_a_killed_batch(self):
        """The next batch drops it."""
        self.prepare()
        self.pend(*self.ids[:3])
        self.kill_with_staging("--due")
        self.run_due()
        self.assertEqual([], self.pending())
        self.check_no_staging()

    def test_staging_of_a_run_that_can_be_resumed(self):
        """A batch leaves it alone."""
        self.prepare(PAGED)
        self.kill_with_staging("products")
        staged = self.staging()
        self.pend(*self.ids[20:23])
        self.run_due()
        self.assertEqual([], self.pending())
        self.assertEqual(staged, self.staging())
        result = self.run_program("run", "products")
        self.assertIn("resuming", result.stderr)
        self.check_tables(PAGED)
        self.check_no_staging()

    def test_a_batch_of_rejects(self):
        """The store would send the same lines again, so the objects are not
        fetched again."""
        self.prepare()
        self.pend(*self.ids[:9])
        self.heard(*self.ids[:9])
        self.shop.rule({"edits": [{"path": "data.nodes.*.updatedAt",
                                   "set": "nonsense"}]},
                       times=-1, kind="query", contains="nodes(ids:")
        self.run_due(status=PARTIAL)
        self.assertEqual([], self.pending())
        self.run_due()
        self.assertEqual(["full loaded", "ids loaded_with_rejects"],
                         self.modes())
        self.assertEqual(9, self.last_run()["rejects"])

    def test_a_batch_of_too_many_rejects(self):
        """It fails, and is divided until each part has few enough."""
        self.prepare(tuning="max_rejects = 3")
        self.pend(*self.ids[:9])
        self.shop.rule({"edits": [{"path": "data.nodes.*.updatedAt",
                                   "set": "nonsense"}]},
                       times=-1, kind="query", contains="nodes(ids:")
        for _ in range(2):
            result = self.run_due(status=FAILED)
            self.assertIn("TOO_MANY_REJECTS", result.stderr)
            self.rested("5 seconds")
        self.fetch_all(20)
        self.assertEqual([], self.pending())


class Runs(PendingCase):
    """An ordinary run is due instead, at most once a minute."""

    def check_run(self, reason=None):
        """It waits until the last run began a minute ago."""
        before = len(self.modes())
        self.run_due()
        self.assertEqual(before, len(self.modes()))
        self.older("1 minute")
        self.run_due()
        run = self.last_run()
        self.assertEqual(("full", reason), (run["mode"], run["mode_reason"]))
        self.assertEqual([], self.pending())
        self.run_due()
        self.assertEqual(before + 1, len(self.modes()))

    def test_many_objects(self):
        self.prepare()
        self.pend(*self.ids)
        self.db.execute("INSERT INTO bulkpg.pending (store, job, object_id, "
                        "first_at, last_at) SELECT 'acme', 'products', "
                        "generate_series(9000000000, 9000000999), now() - "
                        "interval '1 minute', now() - interval '1 minute'")
        self.check_run()

    def test_a_filter(self):
        query = PLAIN.replace("products {", 'products(query: "status:active")'
                              " {", 1)
        self.prepare(query)
        self.pend(*self.ids[:3])
        self.check_run()
        self.check_tables(query)

    def test_another_query(self):
        self.prepare()
        self.pend(*self.ids[:3])
        self.query("products", PRODUCTS)
        self.check_run("query_changed")
        self.check_tables(PRODUCTS)
        self.change_products(*self.ids[:3], set={NAME: "new"})
        self.pend(*self.ids[:3])
        self.run_due()
        self.assertEqual("ids loaded", self.modes()[-1])

    def test_incremental_runs_cannot_see_deletions(self):
        """So they leave deleted objects pending."""
        self.prepare(INCREMENTAL)
        self.change_products(self.ids[20], delete=True)
        self.pend(*self.ids[20:22])
        self.heard(self.ids[20], topic="products/delete", ago="59 seconds")
        self.heard(self.ids[21], ago="1 hour")
        self.run_program("run", "products")
        self.assertEqual([self.ids[20]], self.pending())
        self.run_due()
        self.assertEqual(["full loaded", "incremental loaded", "ids loaded"],
                         self.modes())
        self.check_tables(INCREMENTAL)

    def test_recent_events_are_fetched_again(self):
        """The result of a bulk operation is older than what was fetched
        meanwhile."""
        self.prepare()
        self.heard(*self.ids[:2], ago="4 minutes")
        self.heard(self.ids[2], ago="1 hour")
        self.db.execute("INSERT INTO bulkpg.event (store, event_id, topic, "
                        "type, object_id) VALUES ('acme', 'o', "
                        "'orders/create', 'Order', 77)")
        self.run_program("run", "products")
        self.assertEqual(self.ids[:2], self.pending())
        self.run_due()
        self.assertEqual([], self.pending())
        self.query("products", PLAIN.replace("{", "query @paged {", 1))
        self.run_program("run", "products")
        self.assertEqual([], self.pending(), "pages are not old")

    def check_no_more_runs(self):
        """Not even a minute later."""
        before = self.modes()
        self.older("1 minute")
        self.run_due()
        self.assertEqual(before, self.modes())

    def test_one_run_for_a_burst(self):
        """It began after all webhooks, so its result has their changes."""
        self.prepare()
        self.burst()
        self.check_run()
        self.check_no_more_runs()

    def test_a_burst_during_a_run(self):
        """One more run fetches it."""
        self.prepare()
        self.shop.set(outcome={"never": True})
        running = self.program.start("run", "products")
        self.wait_for(lambda: self.status() == "polling")
        self.burst(ago="0")
        self.shop.set(outcome=None)
        self.shop.post("operation", {"store": "acme", "status": "COMPLETED"})
        self.expect(running.wait(), OK)
        self.assertEqual(1100, len(self.pending()))
        self.older("1 minute")
        self.run_due()
        self.assertEqual([], self.pending())
        self.assertEqual(["full loaded"] * 3, self.modes())
        self.check_no_more_runs()

    def test_a_burst_and_a_batch_while_a_run_is_interrupted(self):
        """The result is older than the batch, so all is fetched again, by one
        run more."""
        self.prepare()
        self.shop.set(outcome={"never": True})
        running = self.program.start("run", "products")
        self.wait_for(lambda: self.status() == "polling")
        running.signal(signal.SIGKILL)
        running.wait()
        self.change_products(*self.ids[:2], set={NAME: "new"})
        self.pend(*self.ids[:2])
        self.heard(*self.ids[:2])
        self.run_due()
        self.assertEqual([], self.pending())
        self.burst()
        self.shop.set(outcome=None)
        self.shop.post("operation", {"store": "acme", "status": "COMPLETED"})
        result = self.run_program("run", "products")
        self.assertIn("resuming", result.stderr)
        self.assertEqual(1102, len(self.pending()))
        self.older("1 minute")
        self.run_due()
        self.assertEqual([], self.pending())
        self.check_tables(PLAIN)
        self.check_no_more_runs()

    def test_a_job_whose_runs_have_rejects(self):
        """No object can be fetched by its id, because no run was good. One run
        is enough for a webhook nevertheless."""
        self.configure()
        self.query("products", PLAIN)
        self.shop.set(edits=[{"line": 3, "insert": "nonsense"}])
        self.run_program("run", status=PARTIAL)
        self.pend(1)
        self.heard(1)
        self.older("1 minute")
        self.run_due(status=PARTIAL)
        self.assertEqual(["full loaded_with_rejects"] * 2, self.modes())
        self.assertEqual([], self.pending())
        self.check_no_more_runs()

    def test_a_partial_result_leaves_all_objects_pending(self):
        self.prepare()
        self.pend(*self.ids[:2])
        self.heard(self.ids[4])
        self.shop.set(outcome={"status": "FAILED", "partial_data": True,
                               "error_code": "INTERNAL_SERVER_ERROR"})
        self.run_program("run", "--accept-partial", status=PARTIAL)
        self.assertEqual([*self.ids[:2], self.ids[4]], self.pending())

    def test_a_saved_result_may_be_old(self):
        self.configure()
        self.query("products", PLAIN)
        self.run_program("run", "--keep", ".")
        self.ids = self.db.column("SELECT id FROM acme.products ORDER BY id")
        self.pend(self.ids[1])
        self.heard(self.ids[0], ago="6 days")
        run_id = self.last_run()["run_id"]
        self.run_program("load", "--store", "acme", "--types", self.types,
                         "products", f"acme.products.{run_id}.1.jsonl")
        self.assertEqual(self.ids[:2], self.pending())
        self.run_due()
        self.assertEqual([], self.pending())

    def test_windows_of_the_user(self):
        self.prepare(INCREMENTAL)
        self.pend(self.ids[0])
        self.run_program("run", "products", "--since", "2020-01-01",
                         "--until", "2020-01-02")
        self.assertEqual([self.ids[0]], self.pending())

    def test_ids_of_the_user(self):
        self.prepare()
        self.pend(*self.ids[:3])
        self.program.file("ids", f"{self.ids[0]}\n"
                          f"gid://shopify/Product/{self.ids[1]}\n")
        self.run_program("run", "products", "--ids", "ids")
        self.assertEqual([self.ids[2]], self.pending())


class Failures(PendingCase):
    def tries(self):
        return self.db.column("SELECT tries FROM bulkpg.pending "
                              "ORDER BY object_id")

    def failed(self, tries, ago="0"):
        """So many tries, of which the last was so long ago. The rests after the
        first ones are shorter than a slow machine may need for a run."""
        self.db.execute(
            f"UPDATE bulkpg.pending SET tries = {tries}, tried_at = "
            f"clock_timestamp() - interval '{ago}'")

    def test_an_object_rests_after_a_failure(self):
        self.prepare(tuning="retry_budget = 0")
        self.change_products(*self.ids[:2], set={NAME: "new"})
        self.pend(*self.ids[:2])
        self.shop.rule({"status": 503}, times=-1, contains="nodes(ids:")
        self.run_due(status=AGAIN)
        self.assertEqual([1, 1], self.tries())
        self.failed(11)
        self.run_due()
        self.assertEqual([11, 11], self.tries())
        self.failed(1, "5 seconds")
        self.run_due(status=AGAIN)
        self.assertEqual([2, 2], self.tries())
        self.failed(10, "40 minutes")
        self.run_due()
        self.assertEqual([10, 10], self.tries(), "43 minutes is their rest")
        self.failed(2, "10 seconds")
        self.run_due(status=AGAIN)
        self.assertEqual([3, 3], self.tries())
        self.failed(11)
        self.pend(self.ids[2])
        self.shop.post("rules/clear")
        self.run_due()
        self.assertEqual(self.ids[:2], self.pending(), "these rest")
        self.rested("1 hour")
        self.run_due()
        self.assertEqual([], self.pending())
        self.check_tables(PLAIN)

    def test_an_hour_is_the_longest_rest(self):
        self.prepare()
        self.pend(self.ids[0])
        self.db.execute("UPDATE bulkpg.pending SET tries = 11, "
                        "tried_at = now() - interval '59 minutes'")
        self.run_due()
        self.assertEqual([11], self.tries())
        self.rested("1 minute")
        self.run_due()
        self.assertEqual([], self.pending())

    def test_a_batch_that_lacks_rows_has_failed(self):
        self.prepare()
        self.pend(*self.ids[:2])
        self.shop.rule({"edits": [{"path": "data.nodes.*.variants.edges.0",
                                   "set": None}]},
                       times=-1, kind="query", contains="nodes(ids:")
        result = self.run_due(status=PARTIAL)
        self.assertIn("NULL_ROWS", result.stderr)
        self.assertEqual([1, 1], self.tries())
        self.shop.post("rules/clear")
        self.rested("5 seconds")
        self.run_due()
        self.assertEqual([], self.pending())
        self.check_tables(PLAIN)

    def test_an_object_rests_at_most_until_the_clock_was_set_back(self):
        self.prepare()
        self.pend(self.ids[0])
        self.db.execute("UPDATE bulkpg.pending SET tries = 3, "
                        "tried_at = now() + interval '1 day'")
        self.run_due()
        self.assertEqual([], self.pending())

    def test_an_older_result_ends_the_rest(self):
        self.prepare()
        self.heard(self.ids[0])
        self.pend(self.ids[0])
        self.db.execute("UPDATE bulkpg.pending SET tries = 12, "
                        "tried_at = now()")
        self.run_program("run", "products")
        self.assertEqual([0], self.tries())
        self.run_due()
        self.assertEqual([], self.pending())

    def test_the_largest_number(self):
        self.prepare()
        self.pend(10 ** 18, 2 ** 63 - 1)
        self.run_due()
        self.assertEqual([], self.pending())
        self.check_tables(PLAIN)

    def test_after_twelve_failures_a_good_run_is_needed(self):
        self.prepare()
        self.pend(self.ids[0])
        self.db.execute("UPDATE bulkpg.pending SET tries = 12, "
                        "tried_at = now() - interval '1 day'")
        self.run_due()
        self.assertEqual([12], self.tries())
        self.run_program("run", "products")
        self.assertEqual([], self.pending())

    def test_a_bad_object_does_not_hold_the_others(self):
        """They get through in smaller batches; it waits alone, and does not
        hold those that change later."""
        self.prepare()
        self.db.execute("ALTER TABLE acme.products ADD CHECK "
                        "(title <> 'bad')")
        self.change_products(*self.ids[20:36], set={NAME: "new"})
        self.change_products(self.ids[27], set={NAME: "bad"})
        self.pend(*self.ids[20:36])
        self.run_due(status=FAILED)
        self.assertEqual([1] * 16, self.tries())
        self.rested("5 seconds")
        self.assertLessEqual(self.fetch_all(12, leaving=1), 5)
        self.assertEqual([self.ids[27]], self.pending())
        self.assertEqual([(2, 0)], self.rows("pending", "tries, batch_max",
                                             schema="bulkpg"))
        self.rested("10 seconds")
        self.change_products(self.ids[40], set={NAME: "newer"})
        self.pend(self.ids[40])
        self.fetch_all(2, leaving=1)
        self.assertEqual([self.ids[27]], self.pending())
        self.change_products(self.ids[27], set={NAME: "good"})
        self.rested("1 hour")
        self.run_due()
        self.assertEqual([], self.pending())
        self.check_tables(PLAIN)
        self.check_no_staging()

    def test_the_guards_hold(self):
        """The first products have many variants."""
        self.prepare()
        before = self.snapshot()
        self.change_products(*self.ids[:2], delete=True)
        self.pend(*self.ids[:2])
        result = self.run_due(status=FAILED)
        self.assertIn("TOO_MANY_DELETES", result.stderr)
        self.assertIn("they stay pending", result.stderr)
        self.check_unchanged(before)
        self.assertEqual([1, 1], self.tries())

    def test_a_query_with_a_fault(self):
        self.prepare()
        self.pend(self.ids[0])
        self.query("products", PLAIN.replace("title", "tilte"))
        self.run_due(status=CONFIG)
        self.assertEqual([1], self.tries())

    def test_a_stop_is_not_a_failure(self):
        self.prepare()
        self.pend(self.ids[0])
        self.shop.rule({"hold": True}, times=-1, kind="query",
                       contains="nodes(ids:")
        running = self.program.start("run", "--due")
        self.wait_for(lambda: self.shop.get("held") > 0)
        running.signal(signal.SIGTERM)
        self.wait_for(lambda: not running.is_alive() or
                      running.has_said("stop"))
        self.shop.post("rules/clear")
        self.assertEqual(AGAIN, running.wait().status)
        self.assertEqual([0], self.tries())
        self.run_due()
        self.assertEqual([], self.pending())


class Finish(PendingCase, PushCase):
    """A webhook says that an operation has ended: it is polled at once. In
    these tests, nothing else would poll it."""

    SLOW = "poll_initial = 1h\npoll_max = 1h"

    def end(self, running):
        self.shop.set(outcome=None)
        self.shop.post("operation", {"store": "acme", "status": "COMPLETED"})
        self.hear(running)

    def hear(self, running):
        """The webhook is received again and again until the program has heard
        it."""
        gids = [one["id"] for one in self.shop.operations()]

        def tell():
            for gid in ["gid://shopify/BulkOperation/1", *gids]:
                self.db.execute(f"SELECT pg_notify('bulkpg_finish', '{gid}')")
            return not running.is_alive()
        self.wait_for(tell)
        self.expect(running.wait(), OK)

    def test_a_run(self):
        self.configure(tuning=self.SLOW)
        self.query("products", PLAIN)
        self.shop.set(outcome={"never": True})
        running = self.program.start("run")
        self.wait_for(lambda: self.status() == "polling")
        self.end(running)
        self.check_tables(PLAIN)

    def test_after_the_connection_was_lost(self):
        """The next connection listens, too."""
        self.configure(tuning="poll_initial = 100ms\npoll_max = 500ms")
        self.query("products", PLAIN)
        self.shop.set(outcome={"never": True})
        running = self.program.start("run")
        self.wait_for(lambda: self.status() == "polling")
        for _ in range(2):
            self.db.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE "
                "datname = current_database() AND application_name = "
                "'bulkpg control'")
        self.end(running)
        self.check_tables(PLAIN)

    def test_a_push(self):
        self.configure()
        self.pull(products="{ products { edges { node { id variants { edges "
                  "{ node { id price } } } } } } }")
        self.configure(tuning=self.SLOW)
        self.mutation(
            "prices", PRICES.replace("@push(", "@push(direct: 0, "),
            "SELECT _parent_id AS product_id, jsonb_agg(jsonb_build_object("
            "'id', bulkpg.gid('ProductVariant', id), 'price', '9.99')) AS "
            "variants FROM acme.products_variants GROUP BY 1 ORDER BY 1 "
            "LIMIT 5")
        self.shop.set(duration_ms=1000)
        running = self.program.start("push", "prices")
        self.wait_for(lambda: self.db.column(
            "SELECT 1 FROM bulkpg.push_chunk WHERE state = 'running'"))
        self.hear(running)
