"""A store that lives: orders, stock, refunds, titles and deletions at 50 changes
a second, and webhooks that are lost, repeated and out of order, while the
listener is killed and the database restarts. Afterwards the tables equal the
store."""
import signal
import socket
import sys
import time
import urllib.request

import oracle
from harness.case import Case, World, long_run
from harness.cluster import Cluster, SqlError

PRODUCTS = """{ products { edges { node { id title updatedAt totalInventory
  variants { edges { node { id sku price inventoryQuantity } } } } } } }
"""
ORDERS = """{ orders { edges { node { id name note tags updatedAt
  displayFinancialStatus
  refunds @table { id note totalRefundedSet { shopMoney { amount } } }
  lineItems { edges { node { id title quantity } } } } } } }
"""
STOCK = """{ inventoryItems { edges { node { id sku
  inventoryLevels { edges { node { id updatedAt
    quantities(names: ["available", "on_hand"]) @table { name quantity }
  } } } } } } }
"""
JOBS = {"products": PRODUCTS, "orders": ORDERS, "stock": STOCK}
URL = "https://hooks.example"


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class LivingCase(Case):
    """A store with webhooks, and a listener."""

    weight = 150

    def setUp(self):
        super().setUp()
        self.port = free_port()
        self.database()
        self.program.environment["SECRET"] = "shpss_fake_acme"
        self.program.configure(
            self.db.dsn, [self.shop.stores["acme"]],
            tuning="max_delete_fraction = 1",
            more={"acme": "webhook_secret = env:SECRET\nevery = 1s"})
        self.shop.set(bucket_restore=2000, bucket_maximum=20000,
                      webhook_retry_ms=200,
                      webhook_routes={URL: f"http://127.0.0.1:{self.port}"})
        for job, text in self.jobs.items():
            self.query(job, text)

    jobs = JOBS

    def database(self):
        pass

    def is_healthy(self):
        try:
            with urllib.request.urlopen(
                    f"http://127.0.0.1:{self.port}/health") as answer:
                return answer.status == 200
        except OSError:
            return False

    def listen(self):
        """Start the listener, and wait until it is ready."""
        running = self.program.start("listen", "--port", str(self.port))
        self.wait_for(lambda: self.is_healthy() or not running.is_alive(),
                      "the listener")
        self.assertTrue(running.is_alive(), running.result)
        return running

    def stop(self, running):
        running.signal(signal.SIGTERM)
        self.expect(running.wait(), 0)

    def begin(self):
        self.run_program("run")
        self.run_program("hooks", "subscribe", URL)
        return self.listen()

    def live(self, **how):
        self.shop.post("live", {"store": "acme", "rate": 50, **how})

    def changes(self):
        return self.shop.get("live?store=acme")

    def waiting(self):
        return self.shop.get("webhooks/counts?store=acme")["waiting"]

    def await_changes(self, share):
        self.wait_for(lambda: self.changes()["changes"]
                      >= self.changes()["of"] * share)

    def await_deliveries(self):
        self.wait_for(lambda: not self.changes()["running"])
        self.wait_for(lambda: self.waiting() == 0)

    def is_nothing_pending(self):
        try:
            return self.db.value(
                "SELECT count(*) = 0 AS v FROM bulkpg.pending")
        except SqlError:
            return False

    def staging(self):
        return self.db.column("SELECT relname FROM pg_class WHERE relkind = "
                              "'r' AND relname LIKE '\\_stage\\_%'")

    def difference(self):
        """How the tables differ from the store; None: they do not. Staging of
        a run that was killed stays until the job's next batch or run."""
        World.oracle().ask(cmd="changes", body={
            "store": "acme", "changes": self.shop.get("changes?store=acme")})
        try:
            oracle.check(self.db, "acme", [self.plan(text) for text
                                           in self.jobs.values()],
                         self.staging())
        except oracle.Wrong as wrong:
            return str(wrong)
        return None

    def await_equality(self):
        """Wait until the tables are like the store; report how they differ
        in the end. Long runs print how long it took; the result does
        not depend on it."""
        seen, begun = [], time.monotonic()

        def is_equal():
            if not self.is_nothing_pending():
                return False
            seen.append(self.difference())
            return seen[-1] is None
        try:
            self.wait_for(is_equal)
        except AssertionError:
            self.fail(f"the tables are not like the store: {seen[-1:]}, "
                      f"pending: {self.db.rows('TABLE bulkpg.pending')[:5]}")
        if long_run():
            print(f"{self.id()}: the tables were like the store after "
                  f"{time.monotonic() - begun:.1f} s", file=sys.stderr)


class Living(LivingCase):
    def database(self):
        """A server of its own, because it restarts."""
        self.cluster = Cluster()
        self.addCleanup(self.cluster.stop)
        self.cluster.start()
        self.db = self.cluster.database()

    def failures(self):
        return sum(one["status"] is None for delivery in self.shop.get(
            "webhooks?store=acme") for one in delivery["tries"])

    def kill(self, running):
        """Kill the listener, and start another one after some webhooks have
        found none."""
        running.signal(signal.SIGKILL)
        running.wait()
        before = self.failures()
        self.wait_for(lambda: self.failures() > before)
        return self.listen()

    def test_tables_follow_the_store(self):
        """What is lost comes with the next due run."""
        listener = self.begin()
        self.shop.set(webhook_loss=0.05, webhook_duplicates=0.1,
                      webhook_replays=0.05, webhook_disorder_ms=300,
                      webhook_bad_signatures=0.02)
        self.live(seconds=60 if long_run() else 6, seed=17)
        self.await_changes(0.3)
        listener = self.kill(listener)
        self.await_changes(0.6)
        self.cluster.restart()
        self.await_deliveries()
        counts = self.shop.get("webhooks/counts?store=acme")
        self.assertTrue(counts["lost"] > 0 and counts["failed"] == 0, counts)
        self.wait_for(self.is_nothing_pending)
        self.run_program("run", "--due")
        self.await_equality()
        self.assertGreater(self.db.value(
            "SELECT count(*) AS v FROM bulkpg.run WHERE mode = 'ids'"), 0)
        self.stop(listener)

    def test_nothing_is_lost(self):
        """Without losses no run but those of the listener is needed."""
        listener = self.begin()
        self.shop.set(webhook_duplicates=0.2, webhook_disorder_ms=500)
        self.live(seconds=10 if long_run() else 3, seed=3)
        self.await_changes(0.5)
        listener = self.kill(listener)
        self.await_deliveries()
        self.await_equality()
        self.stop(listener)
        self.run_program("run")
        self.check_no_staging()


class Subscribed(LivingCase):
    jobs = {"products": PRODUCTS}

    def test_a_change_arrives(self):
        listener = self.begin()
        self.change(store="acme", type="Product", count=1,
                    set={"title": "Within seconds"})
        self.await_equality()
        self.stop(listener)

    def test_a_deletion_arrives(self):
        listener = self.begin()
        (gid,) = self.change(store="acme", type="Product", **{"from": 30},
                             count=1, set={"title": "Soon gone"})
        self.change(store="acme", ids=[gid], delete=True)
        self.await_equality()
        self.stop(listener)

    def test_what_shopify_deleted_is_made_again(self):
        self.run_program("run")
        self.run_program("hooks", "subscribe", URL)
        self.shop.post("subscriptions/drop", {"store": "acme"})
        listener = self.listen()
        self.wait_for(lambda: len(self.shop.get(
            "subscriptions?store=acme")) == 4)
        self.change(store="acme", type="Product", count=1,
                    set={"title": "Again"})
        self.await_equality()
        self.stop(listener)
        self.assertEqual(4, listener.result.stderr.count("HOOK_RESTORED"))

    def test_a_sample_reaches_the_listener(self):
        listener = self.begin()
        product = self.db.value("SELECT id::text AS v FROM acme.products "
                                "ORDER BY id LIMIT 1")
        self.run_program("hooks", "test", "products/update", "--id", product,
                         "--port", str(self.port))
        self.wait_for(lambda: self.db.value(
            "SELECT count(*) AS v FROM bulkpg.run WHERE mode = 'ids'"))
        self.stop(listener)
