"""Every outcome of run is a row in the journal, and every command that reads
the journal shows it."""
import json
import os
import signal

from cases.queries import ORDERS, PLAIN, PRODUCTS
from cases.test_watch import parse_metrics
from harness.case import AGAIN, CONFIG, DENIED, FAILED, USAGE, Case

TYPO = PLAIN.replace("title", "tilte")


class Reading(Case):
    def prepare(self, *stores, **how):
        self.configure(*stores, **how)
        self.query("products", PLAIN)
        self.query("orders", ORDERS)

    def outcomes(self, columns="store, job, status, error_code"):
        return self.rows("run", columns, "run_id, store, job",
                         schema="bulkpg")

    def failed(self):
        """The runs that status --failed --json lists."""
        result = self.program.run("status", "--failed", "--json")
        runs = json.loads(result.stdout)["runs"]
        self.expect(result, FAILED if runs else 0)
        return {(run["store"], run["job"]): run for run in runs}

    def metrics(self):
        self.run_program("status", "--metrics", "out.prom")
        return parse_metrics(self.program.read("out.prom").decode())

    def freshness(self):
        return {(row["store"], row["job"]): row for row in self.db.rows(
            "SELECT * FROM bulkpg.freshness")}

    def check_shown(self, store, job, status, code):
        """Check that every command that reads the journal shows the run."""
        run = self.last_run(job, store=store)
        self.assertEqual((status, code), (run["status"], run["error_code"]))
        self.assertTrue(run["error"] and run["remedy"], run)
        shown = self.failed()[store, job]
        self.assertEqual(
            (status, code, run["error"], run["remedy"]),
            tuple(shown[name] for name in ("status", "error_code", "error",
                                           "remedy")))
        text = self.run_program("status", "--failed", status=FAILED).stdout
        self.assertIn(f"    {code}: {run['error']}; to fix: {run['remedy']}\n",
                      text)
        statuses = self.metrics()["bulkpg_last_run_status"]
        self.assertEqual([status], [
            labels[2] for labels, value in statuses.items()
            if labels[:2] == (store, job) and value == 1])
        row = self.freshness()[store, job]
        self.assertEqual((status, code),
                         (row["last_status"], row["last_error_code"]))
        report = self.run_program("report").stdout
        self.assertIn(code, report)
        self.assertIn(f'id="run{run["run_id"]}"', report)


class Outcomes(Reading):
    def test_a_typo(self):
        """Before a good run, and after one."""
        self.prepare()
        self.query("products", TYPO)
        self.run_program("run", status=CONFIG)
        self.check_shown("acme", "products", "failed", "QUERY_TYPES")
        run = self.last_run("products")
        self.assertEqual((None, None), (run["mode"], run["plan_hash"]))
        self.assertIsNotNone(run["finished_at"])
        row = self.freshness()["acme", "products"]
        self.assertEqual((None, None),
                         (row["table_name"], row["last_good_at"]))
        self.assertIsNone(self.failed()["acme", "products"]["mode"])
        self.query("products", PLAIN)
        self.run_program("run", "products")
        self.assertEqual({}, self.failed())
        good = self.freshness()["acme", "products"]
        self.assertEqual("loaded", good["last_status"])
        self.query("products", TYPO)
        self.run_program("run", "products", status=CONFIG)
        self.check_shown("acme", "products", "failed", "QUERY_TYPES")
        self.assertEqual(
            good["last_good_at"],
            self.freshness()["acme", "products"]["last_good_at"])

    def test_a_store_that_is_left_out(self):
        """All jobs of the store fail, or those that were named. Other stores
        run."""
        self.prepare("acme", "beta", credentials={
            "beta": "token = env:NO_SUCH_SECRET"})
        self.run_program("run", "products", status=CONFIG)
        self.assertEqual(
            [("acme", "products", "loaded", None),
             ("beta", "products", "failed", "NO_CREDENTIALS")],
            sorted(self.outcomes()))
        self.run_program("run", status=CONFIG)
        self.check_shown("beta", "orders", "failed", "NO_CREDENTIALS")
        self.check_shown("beta", "products", "failed", "NO_CREDENTIALS")
        self.assertEqual({"beta"}, {store for store, job in self.failed()})

    def test_a_token_that_is_refused(self):
        self.prepare()
        self.program.environment["TOKEN_ACME"] = "shpat_wrong"
        self.run_program("run", status=DENIED)
        for job in ("products", "orders"):
            self.check_shown("acme", job, "failed", "UNAUTHORIZED")

    def test_a_store_that_does_not_answer(self):
        """A run that ends with status 75 is `interrupted`."""
        self.prepare("acme", "beta", tuning="retry_budget = 200ms")
        self.shop.rule({"status": 503}, store="acme", times=-1)
        self.run_program("run", status=AGAIN)
        for job in ("products", "orders"):
            run = self.last_run(job)
            self.check_shown("acme", job, "interrupted", run["error_code"])
        self.assertEqual({"acme"}, {store for store, job in self.failed()})

    def test_no_queries(self):
        """The jobs that fail are those that ran before, or those in `jobs`."""
        self.prepare()
        self.run_program("run", "products")
        for name in ("products", "orders"):
            self.program.remove_file(f"queries/{name}.graphql")
        self.run_program("run", status=CONFIG)
        self.assertEqual(("acme", "products", "failed", "NO_QUERIES"),
                         self.outcomes()[-1])
        self.configure(more={"acme": "jobs = products, orders"})
        self.run_program("run", status=CONFIG)
        self.assertEqual(
            [("acme", "orders", "failed"), ("acme", "products", "failed")],
            sorted(self.outcomes("store, job, status")[-2:]))
        self.run_program("run", "nonesuch", status=USAGE)
        self.assertEqual(4, len(self.outcomes()))

    def test_a_command_that_cannot_start(self):
        self.prepare(database="readers = nonesuch")
        self.run_program("run", status=CONFIG)
        self.assertEqual(
            [("acme", "orders", "failed", "NO_ROLE"),
             ("acme", "products", "failed", "NO_ROLE")], self.outcomes())
        self.prepare()
        self.run_program("run", "products", "--keep", "no/such", status=USAGE)
        self.check_shown("acme", "products", "failed", "NO_FOLDER")

    def test_tables_that_two_jobs_want(self):
        self.prepare()
        self.query("again", PLAIN)
        self.run_program("run", "products", "again", status=CONFIG)
        self.check_shown("acme", "again", "failed", "TABLE_OWNED")

    def test_a_mode_that_the_query_does_not_support(self):
        self.prepare()
        self.run_program("run", "products", "--since", "2026-01-01",
                         status=USAGE)
        self.check_shown("acme", "products", "failed", "NOT_INCREMENTAL")

    def test_stopped_before_it_began(self):
        self.prepare("acme", "beta")
        self.shop.rule({"delay_ms": 60000}, kind="introspection", times=-1)
        running = self.program.start("run")
        self.wait_for(lambda: self.requests(kind="introspection"))
        running.signal(signal.SIGTERM)
        self.expect(running.wait(), AGAIN)
        for store in ("acme", "beta"):
            for job in ("products", "orders"):
                self.check_shown(store, job, "interrupted", "STOPPED")

    def test_jobs_not_due_or_locked_leave_no_row(self):
        self.prepare()
        self.run_program("run", "products")
        self.run_program("run", "products", "--older-than", "1h")
        self.shop.rule({"status": 503}, kind="introspection", times=-1)
        self.shop.post("rules/clear")
        self.shop.set(duration_ms=60000)
        running = self.program.start("run", "products")
        self.wait_for(lambda: self.status() == "polling")
        before = self.outcomes()
        self.assertEqual(2, len(before))
        result = self.run_program("run", "products", status=AGAIN)
        self.assertIn("LOCKED", result.output)
        self.run_program("run", "products", "--older-than", "0s")
        # A job that another process is running has not failed.
        self.query("products", TYPO)
        self.run_program("run", "products", status=CONFIG)
        self.assertEqual(before, self.outcomes())
        running.signal(signal.SIGTERM)
        self.expect(running.wait(), AGAIN)
        self.assertEqual([("acme", "products", "interrupted", "STOPPED")],
                         self.outcomes()[1:])

    def test_stopped_when_it_was_not_due(self):
        self.prepare()
        self.run_program("run")
        self.db.execute("DELETE FROM bulkpg.graphql_type; DELETE FROM "
                        "bulkpg.run WHERE job = 'orders'")
        self.shop.rule({"delay_ms": 60000}, kind="introspection", times=-1)
        seen = len(self.requests(kind="introspection"))
        running = self.program.start("run", "--older-than", "1h")
        self.wait_for(
            lambda: len(self.requests(kind="introspection")) > seen)
        running.signal(signal.SIGTERM)
        self.expect(running.wait(), AGAIN)
        self.assertEqual({("acme", "orders")}, set(self.failed()))


class FailuresBetween(Reading):
    """An unfinished run is resumed, even if other attempts failed before."""

    def test_outcomes_between_a_kill_and_the_next_run(self):
        self.configure(tuning="retry_budget = 200ms")
        self.query("products", PLAIN)
        self.shop.set(duration_ms=2000)
        running = self.program.start("run")
        self.wait_for(lambda: self.status() == "polling")
        running.signal(signal.SIGKILL)
        running.wait()
        self.wait_for(lambda: "abandoned" in self.run_program("status").stdout)
        self.db.execute("DELETE FROM bulkpg.graphql_type")
        self.shop.rule({"status": 503}, times=-1)
        self.run_program("run", status=AGAIN)
        self.run_program("run", status=AGAIN)
        self.shop.post("rules/clear")
        self.query("products", TYPO)
        self.run_program("run", status=CONFIG)
        self.query("products", PLAIN)
        between = self.outcomes()[1:]
        self.assertEqual(["interrupted", "interrupted", "failed"],
                         [status for _, _, status, _ in between])
        self.run_program("run")
        self.check_tables(PLAIN)
        self.assertEqual(1, len(self.shop.operations()))
        self.assertEqual(("loaded", 1), self.outcomes("status, resumed")[0])
        self.assertEqual(between, self.outcomes()[1:])
        self.assertEqual({}, self.failed())
        self.run_program("run")
        self.assertEqual(between, self.outcomes()[1:-1])


class Abandoned(Reading):
    def test_killed(self):
        self.prepare()
        self.run_program("run")
        self.shop.set(duration_ms=60000)
        running = self.program.start("run", "products")
        self.wait_for(lambda: self.status() == "polling")
        self.assertEqual({}, self.failed())
        self.assertRegex(self.run_program("status").stdout,
                         r"(?m)^acme +products .* polling ")
        running.signal(signal.SIGKILL)
        running.wait()
        self.wait_for(self.failed)
        shown = self.failed()["acme", "products"]
        self.assertEqual(("abandoned", "ABANDONED", None),
                         (shown["status"], shown["error_code"],
                          shown["finished_at"]))
        self.assertIn("its last status was polling", shown["error"])
        self.assertIn("the next bulkpg run continues it", shown["remedy"])
        found = self.metrics()
        statuses = found["bulkpg_last_run_status"]
        self.assertEqual(1, statuses["acme", "products", "abandoned"])
        self.assertEqual(0, statuses["acme", "products", "polling"])
        self.assertNotIn(("acme", "products"),
                         found["bulkpg_last_run_duration_seconds"])
        self.assertEqual("abandoned",
                         self.freshness()["acme", "products"]["last_status"])
        report = self.run_program("report").stdout
        self.assertIn("ABANDONED", report)
        self.assertNotIn(">running</b>", report)
        self.shop.set(duration_ms=20)
        self.shop.post("operation", {
            "store": "acme", "id": self.shop.operations()[-1]["id"],
            "status": "COMPLETED"})
        self.run_program("run", "products")
        self.assertEqual({}, self.failed())
        self.assertEqual(("loaded", 1),
                         self.outcomes("status, resumed")[-1])
