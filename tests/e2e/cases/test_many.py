"""Many stores in one process, and several processes at the same time."""
import signal
import threading
import time

from cases.queries import CUSTOMERS
from harness.case import Case, World, long_run
from harness.store import FAST, FakeShop

COUNT = 200 if long_run() else 30
STORES = [f"store{n:03}" for n in range(COUNT)]

PRODUCTS = """{
  products { edges { node { id title variants { edges { node { id } } } } } }
}
"""
COLLECTIONS = "{ collections { edges { node { id title } } } }"


class Many(Case):
    weight = 45

    def setUp(self):
        super().setUp()
        self.long_when_sanitized()
        self.stores = FakeShop(["--stores", ",".join(STORES), "--products",
                                "3", "--customers", "3", "--orders", "3"])
        self.addCleanup(self.stores.stop)
        self.stores.set(**FAST)
        self.program.configure(self.db.dsn, self.stores.stores.values(),
                               tuning="poll_initial = 1s\npoll_max = 2s\n"
                               "stall_timeout = 1h\nretry_budget = 1h")
        for job, text in (("products", PRODUCTS), ("customers", CUSTOMERS),
                          ("collections", COLLECTIONS)):
            self.query(job, text)

    def check_loaded_once(self):
        self.assertEqual(
            {"count": 3 * COUNT, "jobs": 3 * COUNT},
            self.db.row("SELECT count(*), count(DISTINCT (store, job)) AS jobs "
                        "FROM bulkpg.run WHERE status = 'loaded'"))

    def most_connections(self, stop, found):
        most = 0
        while not stop.wait(0.1):
            most = max(most, self.db.value(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = "
                "current_database() AND application_name LIKE 'bulkpg%'"))
        found.append(most)

    def test_many_stores(self):
        """All operations run at the same time; sixteen results load at a
        time."""
        stop, found = threading.Event(), []
        watch = threading.Thread(target=self.most_connections,
                                 args=(stop, found))
        watch.start()
        running = self.program.start("run")
        peak = 0
        while running.is_alive():
            peak = max(peak, running.peak_kib())
            time.sleep(0.05)
        stop.set()
        watch.join()
        self.expect(running.wait(), 0)
        self.check_loaded_once()
        self.check_no_staging()
        self.assertLessEqual(found[0], 17)
        if not World.is_sanitized():
            self.assertLess(peak, 256 * 1024)

    def is_at_rest(self, running):
        """True if it uses no CPU time for a second."""
        before = running.cpu_seconds()
        time.sleep(1)
        return running.cpu_seconds() == before

    def test_waiting_costs_nothing(self):
        """Between polls the program uses no CPU time."""
        self.stores.set(duration_ms=3600000)
        self.program.configure(self.db.dsn, self.stores.stores.values(),
                               tuning="poll_initial = 1h\npoll_max = 1h")
        running = self.program.start("run")
        self.wait_for(lambda: self.db.value(
            "SELECT to_regclass('bulkpg.run') IS NOT NULL AS v"))
        self.wait_for(lambda: self.db.value(
            "SELECT count(*) FROM bulkpg.run WHERE status = 'polling'")
            == 3 * COUNT, "all jobs to be polling")
        self.wait_for(lambda: self.is_at_rest(running))
        running.signal(signal.SIGKILL)
        running.wait()

    def test_three_processes_share_the_work(self):
        running = [self.program.start("run", "--older-than", "20h")
                   for _ in range(3)]
        for one in running:
            self.expect(one.wait(), 0)
        self.check_loaded_once()
        self.assertEqual(3 * COUNT, len(self.stores.get("operations")))
        self.run_program("run", "--older-than", "20h")
        self.check_loaded_once()

    def test_one_store_that_fails(self):
        self.stores.post("rules", [{"match": {"store": STORES[3]},
                                    "times": -1, "action": {"status": 402}}])
        self.run_program("run", status=77)
        self.assertEqual(3 * COUNT - 3, self.db.value(
            "SELECT count(*) FROM bulkpg.run WHERE status = 'loaded'"))
