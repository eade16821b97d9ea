"""Runs that are stopped, killed, or started twice: the tables end the same."""
import json
import signal
import time

from cases.queries import PLAIN, PRODUCTS
from harness.cluster import Held
from harness.case import AGAIN, OK, Case


class Stops(Case):
    def start_run(self, **settings):
        self.configure()
        self.query("job", PRODUCTS)
        self.shop.set(**settings)
        return self.program.start("run")

    def complete(self):
        self.shop.post("operation", {"store": "acme", "status": "COMPLETED"})

    def check_interrupted(self, running, operations):
        result = running.wait()
        self.expect(result, AGAIN)
        self.assertEqual("interrupted", self.status())
        self.check_no_staging()
        self.complete()
        self.shop.set(bytes_per_second=0)
        self.run_program("run")
        self.check_tables(PRODUCTS)
        self.assertEqual(operations, len(self.shop.operations()))
        self.assertEqual([("loaded", 1)], self.rows(
            "run", "status, resumed", schema="bulkpg"))

    def test_interrupted_while_polling(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(number):
                self.shop.post("reset")
                self.db.execute("DROP SCHEMA IF EXISTS acme CASCADE; DROP "
                                "SCHEMA IF EXISTS bulkpg CASCADE")
                running = self.start_run(outcome={"never": True})
                self.wait_for(lambda: self.status() == "polling")
                running.signal(number)
                self.check_interrupted(running, 1)

    def test_interrupted_while_loading(self):
        running = self.start_run(bytes_per_second=10000, chunk_bytes=4096)
        self.wait_for(lambda: self.status() == "loading")
        self.wait_for(lambda: self.requests(kind="storage"))
        running.signal(signal.SIGINT)
        self.check_interrupted(running, 1)

    def test_the_operation_is_polled_after_an_interruption(self):
        running = self.start_run(outcome={"never": True})
        self.wait_for(lambda: self.status() == "polling")
        running.signal(signal.SIGINT)
        self.expect(running.wait(), AGAIN)
        polls = len(self.requests(kind="poll"))
        running = self.program.start("run")
        self.wait_for(lambda: len(self.requests(kind="poll")) > polls)
        self.complete()
        self.expect(running.wait(), OK)
        self.check_tables(PRODUCTS)
        self.assertEqual(1, len(self.shop.operations()))

    def test_killed(self):
        """Killed at many moments, then run to the end."""
        self.configure()
        self.query("job", PRODUCTS)
        self.shop.set(duration_ms=100, bytes_per_second=300000,
                      chunk_bytes=8192)
        for n in range(8):
            running = self.program.start("run")
            time.sleep(0.05 + 0.18 * n)
            running.signal(signal.SIGKILL)
            running.wait()
        self.shop.set(bytes_per_second=0)
        self.run_program("run")
        self.check_tables(PRODUCTS)
        self.check_no_staging()
        self.assertEqual("loaded", self.status())

    def test_killed_between_changes(self):
        """Killed runs on existing tables, with changed data."""
        self.configure()
        self.query("job", PRODUCTS)
        self.run_program("run")
        self.change(store="acme", type="Product", count=20,
                    set={"title": "changed"})
        self.change(store="acme", type="Product", **{"from": 40}, count=5,
                    delete=True)
        self.shop.set(bytes_per_second=300000, chunk_bytes=8192)
        for n in range(5):
            running = self.program.start("run")
            time.sleep(0.1 + 0.3 * n)
            running.signal(signal.SIGKILL)
            running.wait()
        self.run_program("run")
        self.check_tables(PRODUCTS)
        self.check_no_staging()

    def check_reconnects(self, running, operations=1):
        """The program reconnects, and the run is successful."""
        self.shop.set(bytes_per_second=0)
        self.expect(running.wait(), OK)
        self.check_tables(PRODUCTS)
        self.check_no_staging()
        self.assertEqual(operations, len(self.shop.operations()))

    def test_all_connections_to_the_database_are_lost(self):
        running = self.start_run(bytes_per_second=10000, chunk_bytes=4096)
        self.wait_for(lambda: self.status() == "loading")
        self.wait_for(lambda: self.db.end_backends("bulkpg run%") == 1)
        self.assertEqual(1, self.db.end_backends("bulkpg%"))
        self.check_reconnects(running)

    def test_the_control_connection_is_lost_while_polling(self):
        running = self.start_run(outcome={"never": True})
        self.wait_for(lambda: self.status() == "polling")
        self.assertEqual(1, self.db.end_backends("bulkpg control"))
        self.complete()
        self.check_reconnects(running)
        self.assertEqual("loaded", self.status())

    def test_the_control_connection_is_lost_again_and_again(self):
        running = self.start_run(bytes_per_second=10000, chunk_bytes=8192)
        self.wait_for(lambda: self.status() == "loading")
        for _ in range(5):
            self.db.end_backends("bulkpg control")
            time.sleep(0.1)
        self.check_reconnects(running)

    def test_loader_connections_killed_again_and_again(self):
        """The load restarts until it succeeds."""
        running = self.start_run(bytes_per_second=10000, chunk_bytes=8192)
        self.wait_for(lambda: self.status() == "loading")
        for _ in range(6):
            self.db.end_backends("bulkpg run%")
            time.sleep(0.15)
        self.shop.set(bytes_per_second=0)
        self.expect(running.wait(), OK)
        self.check_tables(PRODUCTS)
        self.check_no_staging()
        self.assertEqual(1, len(self.shop.operations()))

    def test_a_long_reader_delays_a_new_column(self):
        """DDL stops after lock_timeout, and bulkpg retries it."""
        self.configure()
        self.query("job", PLAIN)
        self.run_program("run")
        wider = PLAIN.replace("title", "title handle")
        self.query("job", wider)
        with Held(self.db, "LOCK TABLE acme.products IN ACCESS SHARE MODE"):
            running = self.program.start("run")
            self.wait_for(lambda: running.has_said(
                "a table cannot be changed yet"))
        self.expect(running.wait(), OK)
        self.check_tables(wider)

    def test_same_job_twice_at_once(self):
        first = self.start_run(outcome={"never": True})
        self.wait_for(lambda: self.status() == "polling")
        second = self.run_program("run", status=AGAIN)
        self.assertIn("job", second.stderr)
        self.assertGreater(second.seconds, 4)
        self.complete()
        self.expect(first.wait(), OK)
        self.check_tables(PRODUCTS)
        self.assertEqual(1, len(self.shop.operations()))

    test_same_job_twice_at_once.weight = 10

    def test_eight_processes_create_the_journal(self):
        self.configure()
        texts = [PLAIN.replace("products", f"p{n}: products")
                 for n in range(8)]
        self.shop.set(slots=8)
        for n, text in enumerate(texts):
            self.query(f"job{n}", text)
        running = [self.program.start("run", f"job{n}") for n in range(8)]
        for one in running:
            self.expect(one.wait(), OK)
        self.check_tables(*texts)

    def test_status_shows_what_runs(self):
        running = self.start_run(outcome={"never": True})
        self.wait_for(lambda: self.status() == "polling")
        (operation,) = self.shop.operations()
        shown = self.run_program("status")
        self.assertIn("job", shown.stdout)
        parsed = self.run_program("status", "--json")
        json.loads(parsed.stdout)
        self.assertIn(operation["id"].rsplit("/", 1)[1], parsed.stdout)
        running.signal(signal.SIGKILL)
        running.wait()
