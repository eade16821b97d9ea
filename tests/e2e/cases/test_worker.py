"""bulkpg listen fetches what is pending."""
import signal

from cases.queries import ORDERS, PLAIN
from cases.test_pending import NAME, PendingCase
from harness.case import OK
from harness.listen_case import ListenCase


class Worker(PendingCase, ListenCase):
    def setUp(self):
        super().setUp()
        self.program.environment["HOOK_SECRET"] = "hush"
        self.configure(more={"acme": "webhook_secret = env:HOOK_SECRET"},
                       tuning="retry_budget = 0")

    def load(self, query=PLAIN):
        self.query("products", query)
        self.run_program("run", "products")
        self.ids = self.db.column("SELECT id FROM acme.products ORDER BY id")

    def change_and_pend(self, *ids):
        self.change_products(*ids, set={NAME: "new"})
        self.pend(*ids)

    def is_fetched(self):
        self.wait_for(lambda: self.pending() == [], "all to be fetched")

    def test_objects_of_two_jobs(self):
        self.load()
        self.query("orders", ORDERS)
        self.run_program("run", "orders")
        orders = self.db.column("SELECT id FROM acme.orders LIMIT 3")
        self.listen()
        self.change_and_pend(*self.ids[20:23])
        self.change(store="acme", delete=True,
                    ids=[f"gid://shopify/Order/{orders[0]}"])
        self.pend(*orders, job="orders")
        self.is_fetched()
        self.change_and_pend(*self.ids[:2])
        self.is_fetched()
        self.stop()
        self.check_tables(PLAIN, ORDERS)
        self.check_no_staging()

    def test_an_object_waits_two_seconds_for_others(self):
        """One batch fetches them all."""
        self.load()
        self.change_products(*self.ids[:9], set={NAME: "new"})
        self.listen()
        began = self.db.value("SELECT now() AS v")
        self.db.execute(
            "INSERT INTO bulkpg.pending (store, job, object_id) SELECT "
            "'acme', 'products', id FROM acme.products ORDER BY id LIMIT 9")
        self.is_fetched()
        self.stop()
        self.assertEqual(["full loaded", "ids loaded"], self.modes())
        self.assertTrue(self.db.value(
            f"SELECT max(started_at) >= timestamptz '{began}' + interval "
            "'2 seconds' AS v FROM bulkpg.run"))

    def test_two_listeners_share(self):
        self.load()
        self.listen()
        other = self.program.start("listen", "--port", "0")
        for first in range(0, 40, 10):
            self.change_and_pend(*self.ids[first:first + 10])
            self.is_fetched()
        other.signal(signal.SIGTERM)
        self.expect(other.wait(), OK)
        self.stop()
        self.check_tables(PLAIN)
        self.assertEqual(40, self.db.value(
            "SELECT sum(rows_updated) AS v FROM bulkpg.run"))

    def test_a_changed_query_is_read_again(self):
        """Its ordinary run is due. After that, its objects are fetched."""
        query = PLAIN.replace("title", "title handle")
        self.load()
        self.listen()
        self.query("products", query)
        self.older("2 minutes")
        self.change_and_pend(*self.ids[:2])
        self.is_fetched()
        self.assertEqual("query_changed", self.last_run()["mode_reason"])
        self.change_and_pend(*self.ids[2:4])
        self.is_fetched()
        self.stop()
        self.assertEqual("ids loaded", self.modes()[-1])
        self.check_tables(query)

    def test_a_store_that_was_away(self):
        """The store is tried again although the process had given it up."""
        self.load()
        self.listen()
        self.shop.rule({"status": 503}, times=-1, kind="query")
        self.change_and_pend(*self.ids[:2])
        self.wait_for(lambda: self.db.column(
            "SELECT 1 FROM bulkpg.pending WHERE tries > 0"))
        self.shop.post("rules/clear")
        self.db.execute("UPDATE bulkpg.pending SET tried_at = tried_at - "
                        "interval '1 hour'")
        self.is_fetched()
        self.stop()
        self.check_tables(PLAIN)

    def test_a_job_whose_file_is_gone(self):
        self.load()
        self.program.remove_file("queries/products.graphql")
        self.listen()
        self.pend(*self.ids[:2])
        self.wait_for(lambda: self.db.column(
            "SELECT 1 FROM bulkpg.pending WHERE tries > 0"))
        result = self.stop()
        self.assertIn("UNKNOWN_JOB", result.stderr)

    def test_a_bad_object_does_not_hold_the_others(self):
        self.load()
        self.db.execute("ALTER TABLE acme.products ADD CHECK "
                        "(title <> 'bad')")
        ahead = self.ahead()
        self.listen(environment=ahead.environment)
        self.change_products(*self.ids[20:24], set={NAME: "new"})
        self.change_products(self.ids[21], set={NAME: "bad"})
        self.pend(*self.ids[20:24])

        def is_alone():
            ahead.later(5)
            self.db.execute("UPDATE bulkpg.pending SET tried_at = tried_at - "
                            "interval '5 seconds' WHERE batch_max > 0 OR "
                            "tries = 1")
            return self.db.column("SELECT object_id FROM bulkpg.pending WHERE "
                                  "batch_max = 0") == [self.ids[21]]
        self.wait_for(is_alone)
        self.wait_for(lambda: self.pending() == [self.ids[21]])
        self.change_and_pend(self.ids[30])
        self.wait_for(lambda: self.pending() == [self.ids[21]])
        self.change_products(self.ids[21], set={NAME: "good"})
        self.db.execute("UPDATE bulkpg.pending SET tried_at = tried_at - "
                        "interval '1 hour'")
        self.is_fetched()
        self.stop()
        self.check_tables(PLAIN)

    def test_a_claimed_job_is_not_planned(self):
        """It would be found that its file is gone."""
        self.load()
        self.shop.set(outcome={"never": True})
        running = self.program.start("run", "products")
        self.wait_for(lambda: self.status() == "polling")
        self.program.remove_file("queries/products.graphql")
        self.listen()
        self.pend(*self.ids[:2])
        for _ in range(2):
            self.wait_for(lambda: self.asks("client_hostname"))
            self.wait_for(lambda: self.asks("resting"))
        self.assertEqual([(0,), (0,)], self.rows("pending", "tries",
                                                 schema="bulkpg"))
        self.query("products", PLAIN)
        self.shop.set(outcome=None)
        self.shop.post("operation", {"store": "acme", "status": "COMPLETED"})
        self.expect(running.wait(), OK)
        self.change_and_pend(*self.ids[:2])
        self.is_fetched()
        self.assertNotIn("UNKNOWN_JOB", self.stop().stderr)
        self.check_tables(PLAIN)

    def asks(self, word):
        """Has a session of the program asked this last?"""
        return self.db.value("SELECT count(*) > 0 FROM pg_stat_activity WHERE "
                             "application_name = 'bulkpg control' AND "
                             f"strpos(query, '{word}') > 0")

    def test_a_lost_connection(self):
        self.load()
        self.listen()
        for first in (0, 5):
            self.db.execute("SELECT pg_terminate_backend(pid) FROM "
                            "pg_stat_activity WHERE pid <> pg_backend_pid() "
                            "AND datname = current_database()")
            self.change_and_pend(*self.ids[first:first + 5])
            self.is_fetched()
        self.stop()
        self.check_tables(PLAIN)

    def test_a_stop_leaves_objects_pending(self):
        self.load()
        self.listen()
        self.shop.rule({"hold": True}, times=-1, kind="query",
                       contains="nodes(ids:")
        self.change_and_pend(*self.ids[:2])
        self.wait_for(lambda: self.shop.get("held") > 0)
        self.running.signal(signal.SIGTERM)
        self.wait_for(lambda: not self.running.is_alive() or
                      self.status() == "failed")
        self.shop.post("rules/clear")
        self.expect(self.running.wait(), OK)
        self.assertEqual([(0,), (0,)], self.rows("pending", "tries",
                                                 schema="bulkpg"))
        self.run_due()
        self.check_tables(PLAIN)

    def test_a_field_that_is_denied_below_the_first_page(self):
        """Asking for the first row does not show it, the run does. After that,
        objects are fetched by their ids."""
        self.shop.set(denied=[{"type": "Product", "field": "variants"}])
        self.load("""query Q @paged { products { nodes { id title
            variants @optional { nodes { id sku } } } } }""")
        self.listen()
        self.older("2 minutes")
        self.change_and_pend(*self.ids[:3])
        self.is_fetched()
        self.change_and_pend(*self.ids[4:5])
        self.is_fetched()
        self.stop()
        self.assertEqual("ids loaded", self.modes()[-1])
        self.assertNotIn("polling", str(self.modes()))
        self.assertEqual(4, self.db.value(
            "SELECT count(*) AS v FROM acme.products WHERE title = 'new'"))

    def test_a_denied_field(self):
        """The listener asks once which fields with @optional are denied, not
        for each batch, and fetches by ids without them."""
        self.shop.set(denied=[{"type": "Product", "field": "vendor"}])
        self.load("""{ products { edges { node { id title
            vendor @optional } } } }""")

        def asked():
            return len([one for one in self.requests(kind="query")
                        if "products(first: 1)" in one["query"]])
        before = asked()
        self.listen()
        for ids in (self.ids[:3], self.ids[4:5]):
            self.change_and_pend(*ids)
            self.is_fetched()
        self.stop()
        self.assertEqual(["full loaded", "ids loaded", "ids loaded"],
                         self.modes())
        self.assertEqual(before + 1, asked())
        self.assertEqual(4, self.db.value(
            "SELECT count(*) AS v FROM acme.products WHERE title = 'new'"))
