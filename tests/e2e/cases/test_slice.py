"""A full run in windows gives the same tables as one operation."""
import signal
import time

from cases.queries import ORDERS, PLAIN, PRODUCTS
from harness.case import AGAIN, FAILED, Case


def sliced(text, rows=10):
    text = text.replace("query Products {", "{", 1)
    return text.replace("{\n", f"query @slice(rows: {rows}) {{\n", 1)


class Slices(Case):
    def operations(self, columns="n, status"):
        return self.rows("operation WHERE run_id = (SELECT max(run_id) FROM "
                         "bulkpg.run)", columns, "window_from NULLS FIRST, n",
                         schema="bulkpg")

    def windows(self):
        return self.operations("DISTINCT window_from, window_to, n")

    def check_windows(self):
        """The windows are adjacent; the first has no start and the last no
        end."""
        windows = self.windows()
        self.assertIsNone(windows[0][0])
        self.assertIsNone(windows[-1][1])
        for one, next_one in zip(windows, windows[1:]):
            self.assertEqual(one[1], next_one[0])
            self.assertLess(one[0] or "", one[1])

    def known(self):
        """How many operation ids the journal has; 0 while an operation has no
        id yet."""
        if self.db.value("SELECT to_regclass('bulkpg.run') IS NULL AS v"):
            return 0
        return self.db.value("SELECT CASE WHEN bool_or(operation_id IS NULL) "
                             "THEN 0 ELSE count(*) END AS v "
                             "FROM bulkpg.operation")

    def hold(self):
        """Operations do not end before release()."""
        self.shop.set(duration_ms=600000)

    def release(self):
        self.shop.set(duration_ms=20)
        self.shop.post("operation", {"store": "acme", "status": "COMPLETED"})

    def knows(self, least):
        """So many are known. Five at a time are at the store: one of them
        ends when more are wanted."""
        known = self.known()
        if 5 <= known < least:
            running = [one for one in self.shop.operations()
                       if one["status"] in ("CREATED", "RUNNING")]
            if len(running) == 5:
                self.shop.post("operation", {
                    "store": "acme", "id": running[0]["id"],
                    "status": "COMPLETED"})
        return known >= least

    def test_the_result_is_that_of_one_operation(self):
        self.configure()
        self.query("job", sliced(PRODUCTS))
        self.run_program("run")
        self.check_tables(PRODUCTS)
        self.check_windows()
        self.check_no_staging()
        operations = self.operations("root_object_count, lines, "
                                     "object_count, status")
        self.assertLess(5, len(operations))
        for roots, lines, objects, status in operations:
            self.assertEqual("COMPLETED", status)
            self.assertEqual(objects, lines)
            self.assertLess(0, roots)
            self.assertLessEqual(roots, 10)
        run = self.last_run()
        self.assertEqual(60, run["root_object_count"])
        self.assertEqual(sum(one[1] for one in operations), run["lines"])
        before = self.snapshot()
        self.run_program("run")
        self.check_unchanged(before)
        self.assertEqual(0, self.last_run()["rows_updated"])

    def test_own_filter(self):
        text = PLAIN.replace("products {",
                             'products(query: "status:ACTIVE") {')
        self.configure()
        self.query("job", sliced(text))
        self.run_program("run")
        self.check_tables(text)
        self.assertIn("(status:ACTIVE) AND created_at:>='",
                      self.shop.operations()[-1]["query"])

    def test_few_roots_need_no_windows(self):
        self.configure()
        self.query("job", sliced(PLAIN, rows=60))
        self.run_program("run")
        self.check_tables(PLAIN)
        self.assertEqual([(1, "COMPLETED")], self.operations())
        self.assertNotIn("created_at:", self.shop.operations()[-1]["query"])

    def test_with_incremental(self):
        """Only the full run has windows. The watermark is the time of its
        first operation."""
        text = sliced(PLAIN).replace("query ", "query @incremental ", 1)
        self.configure()
        self.query("job", text)
        self.run_program("run")
        self.assertLess(5, len(self.operations()))
        self.assertEqual(
            self.db.row("SELECT min(created_at) AS t FROM bulkpg.operation"),
            self.db.row("SELECT high AS t FROM bulkpg.watermark"))
        self.run_program("run")
        self.assertEqual("incremental", self.last_run()["mode"])
        self.assertEqual(1, len(self.operations()))
        self.check_tables(PLAIN)

    def test_two_slots(self):
        self.configure()
        self.query("job", sliced(PLAIN))
        self.shop.set(slots=2)
        self.run_program("run")
        self.check_tables(PLAIN)

    def test_rows_change_meanwhile(self):
        """Rows that change during the run may be missing; the next run loads
        them."""
        self.configure()
        self.query("job", sliced(PLAIN))
        self.run_program("run")
        self.hold()
        running = self.program.start("run")
        self.wait_for(lambda: self.last_run()["status"] == "polling")
        self.change(store="acme", type="Product", grow=5)
        self.change(store="acme", type="Product", **{"from": 20}, count=4,
                    delete=True)
        self.change(store="acme", type="Product", **{"from": 30}, count=9,
                    set={"title": "changed"})
        self.release()
        self.expect(running.wait(), 0)
        kept = len(self.rows("products"))
        self.assertIn(kept, range(56, 66))
        self.run_program("run")
        self.check_tables(PLAIN)

    def test_a_killed_run_is_resumed(self):
        """Results that are complete are downloaded again; no window is
        submitted twice."""
        self.configure()
        self.query("job", sliced(PLAIN))
        self.hold()
        for least in (1, 4, 7):
            running = self.program.start("run")
            self.wait_for(lambda: self.knows(least))
            running.signal(signal.SIGKILL)
            running.wait()
        self.release()
        self.run_program("run")
        self.check_tables(PLAIN)
        self.check_windows()
        self.check_no_staging()
        self.assertEqual(1, len(self.rows("run", schema="bulkpg")))
        queries = [one["query"].split("\n", 1)[1]
                   for one in self.shop.operations()]
        self.assertEqual(len(set(queries)), len(queries))

    def kill_and_run_as(self, query, killed, then):
        """Kill a run with windows, change the query to `then`, and run again.
        The killed run must be superseded."""
        self.configure()
        self.query("job", killed)
        self.hold()
        running = self.program.start("run")
        self.wait_for(lambda: self.known() >= 1)
        running.signal(signal.SIGKILL)
        running.wait()
        self.shop.set(duration_ms=20)
        self.query("job", then)
        self.run_program("run")
        self.check_tables(query)
        self.assertEqual(["SUPERSEDED", None], self.db.column(
            "SELECT error_code FROM bulkpg.run ORDER BY run_id"))

    def test_a_killed_run_without_slice_now(self):
        """One window of the killed run is not the whole result."""
        self.kill_and_run_as(PLAIN, sliced(PLAIN), PLAIN)

    def test_a_killed_run_with_another_field_now(self):
        cut = ORDERS.replace("query Orders", "query @slice(rows: 10%s)")
        self.kill_and_run_as(ORDERS, cut % "",
                             cut % ', field: "processed_at"')

    def test_two_windows_that_time_out(self):
        """The log names each window's own operation, not the last one that was
        submitted."""
        self.configure()
        self.query("job", sliced(PLAIN))
        late = {"status": "FAILED", "error_code": "TIMEOUT"}
        self.shop.set(duration_ms=200)
        for nth, duration_ms in ((5, 700), (6, 1400)):
            self.shop.rule({"duration_ms": duration_ms, "outcome": late},
                           kind="operation", nth=nth)
        result = self.run_program("run")
        self.check_tables(PLAIN)
        failed = self.db.column("SELECT operation_id FROM bulkpg.operation "
                                "WHERE status = 'FAILED' ORDER BY 1")
        halved = [line for line in result.stderr.splitlines()
                  if "halving the window" in line]
        self.assertEqual(2, len(failed))
        self.assertEqual(failed, sorted(
            line.split(" op=")[1].split()[0] for line in halved))

    def test_a_window_that_times_out_is_halved(self):
        self.configure()
        self.query("job", sliced(PLAIN, rows=30))
        self.shop.next(contains="created_at:<",
                       outcome={"status": "FAILED", "error_code": "TIMEOUT"})
        result = self.run_program("run")
        self.assertIn("halving the window", result.stderr)
        self.check_tables(PLAIN)
        failed = [n for n, status in self.operations() if status == "FAILED"]
        self.assertEqual(1, len(failed))
        self.db.execute("DELETE FROM bulkpg.operation WHERE status = 'FAILED'")
        self.check_windows()

    def test_a_window_that_fails_cancels_the_others(self):
        self.configure()
        self.query("job", sliced(PLAIN))
        self.run_program("run")
        before = self.snapshot()
        self.shop.set(duration_ms=30000)
        self.shop.next(contains="created_at:<", duration_ms=50,
                       outcome={"status": "FAILED",
                                "error_code": "ACCESS_DENIED"})
        self.run_program("run", status=77)
        self.check_unchanged(before)
        self.check_no_staging()
        self.assertEqual("failed", self.last_run()["status"])
        self.assertEqual([], [one for one in self.shop.operations()
                              if one["status"] in ("CREATED", "RUNNING")])

    def test_a_window_that_waits_ends_with_the_others(self):
        """bulkpg does not search for an operation that it never submitted."""
        self.configure()
        self.query("other", "{ customers { edges { node { id } } } }")
        self.query("job", sliced(PLAIN))
        self.shop.next(contains="customers", outcome={"never": True})
        other = self.program.start("run", "other")
        self.wait_for(lambda: self.known() == 1)
        other.signal(signal.SIGINT)
        self.expect(other.wait(), AGAIN)
        self.shop.set(duration_ms=30000)
        self.shop.next(contains="created_at:<", duration_ms=800,
                       outcome={"status": "FAILED",
                                "error_code": "ACCESS_DENIED"})
        running = self.program.start("run")
        self.wait_for(lambda: self.status("job") == "failed")
        running.signal(signal.SIGINT)
        self.expect(running.wait(), 77)
        self.assertEqual([], self.db.column(
            "SELECT n FROM bulkpg.operation "
            "WHERE operation_id IS NULL AND sent_at IS NOT NULL"))

    def test_roots_that_are_missing(self):
        """A window that is empty, with counts of 0, still fails the run."""
        self.configure()
        self.query("job", sliced(PLAIN, rows=55))
        self.run_program("run")
        before = self.snapshot()
        self.shop.next(contains="created_at:>=", empty=True)
        result = self.run_program("run", "--force-deletes", status=FAILED)
        self.assertIn("ROOTS_MISSING", result.stderr)
        self.check_unchanged(before)
        self.check_no_staging()

    def test_interrupted(self):
        self.configure()
        self.query("job", sliced(PLAIN))
        self.hold()
        running = self.program.start("run")
        self.wait_for(lambda: len(self.shop.operations()) == 5)
        self.wait_for(lambda: self.last_run()["status"] == "polling")
        running.signal(signal.SIGINT)
        self.expect(running.wait(), AGAIN)
        self.assertEqual("interrupted", self.last_run()["status"])
        self.release()
        self.run_program("run")
        self.check_tables(PLAIN)


COUNTLESS = """{
  files {
    edges { node { id createdAt fileStatus } }
  }
}
"""


class Countless(Case):
    """A root that the store cannot count."""

    def test_equal_windows(self):
        self.configure()
        self.query("job", sliced(COUNTLESS))
        result = self.run_program("run")
        self.check_tables(COUNTLESS)
        self.assertLess(1, len(self.shop.operations()))
        self.assertIn("cannot count", result.stderr)
        self.assertIn("cannot count", str(self.last_run()["notes"]))

    def test_a_count_that_is_not_a_number(self):
        """bulkpg warns, and continues as if the store could not count."""
        self.configure()
        self.query("job", sliced(PRODUCTS))
        self.run_program("run")
        for count in (-5, "many", None):
            self.shop.rule({"status": 200, "body": {"data": {"n0": {
                "count": count, "precision": "EXACT"}}}}, times=1,
                kind="query")
            result = self.run_program("run")
            self.assertIn("COUNT_UNREADABLE", result.stderr)
            self.check_tables(PRODUCTS)

    def test_rows_are_removed_only_with_force_deletes(self):
        self.configure()
        self.query("job", sliced(COUNTLESS))
        self.run_program("run")
        count = len(self.rows("files"))
        one = self.rows("files", "id", "id")[0][0]
        self.change(store="acme", ids=[one], delete=True)
        self.run_program("run")
        self.assertEqual(count, len(self.rows("files")))
        self.run_program("run", "--force-deletes")
        self.check_tables(COUNTLESS)
        self.assertEqual(count - 1, len(self.rows("files")))
