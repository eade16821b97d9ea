"""run --due: which jobs run, and which jobs status and report call late."""
import json

from cases.queries import ORDERS, PLAIN
from harness.case import CONFIG, FAILED, USAGE, Case

HOURLY = PLAIN.replace("{", 'query @every(age: "1h") {', 1)


class DueCase(Case):
    def prepare(self, query=HOURLY, **how):
        self.configure(**how)
        self.query("products", query)

    def ran(self):
        """How many runs each job has."""
        return dict(self.rows("run GROUP BY job", "job, count(*)",
                              schema="bulkpg"))

    def older(self, by, job="products"):
        """All runs of the job began and ended earlier."""
        self.db.execute(
            f"UPDATE bulkpg.run SET started_at = started_at - interval '{by}',"
            f" finished_at = finished_at - interval '{by}' "
            f"WHERE job = '{job}'")

    def run_due(self, *arguments, **how):
        return self.run_program("run", "--due", *arguments, **how)


class Due(DueCase):
    def test_the_age_of_a_query(self):
        self.prepare()
        self.query("orders", ORDERS)
        self.run_due()
        self.assertEqual({"products": 1, "orders": 1}, self.ran())
        result = self.run_due()
        self.assertIn("2 jobs were not due", result.stdout)
        for job in ("products", "orders"):
            self.older("61 minutes", job)
        result = self.run_due()
        self.assertIn("1 job was not due", result.stdout)
        self.assertEqual({"products": 2, "orders": 1}, self.ran())
        self.older("23 hours", "orders")
        self.run_due()
        self.assertEqual({"products": 2, "orders": 2}, self.ran())
        self.check_tables(HOURLY, ORDERS)

    def test_a_job_that_is_not_due_asks_the_store_for_nothing(self):
        self.prepare()
        self.run_due()
        before = len(self.requests())
        self.run_due()
        self.assertEqual(before, len(self.requests()))

    def test_every_of_a_store(self):
        """A store's value wins over that of [store *], a query's over both."""
        self.configure("acme", "beta", more={"acme": "every = 10m"},
                       sources="every = 30m\n")  # of [store *]
        self.query("products", PLAIN)
        self.query("orders", ORDERS.replace(" {", ' @every(age: "1h") {', 1))
        self.run_due()
        for by, runs in (("11 minutes", ["acme/products"]),
                         ("20 minutes", ["acme/products", "beta/products"]),
                         ("45 minutes", ["acme/orders", "acme/products",
                                         "beta/orders", "beta/products"])):
            last = self.db.value("SELECT max(run_id) AS v FROM bulkpg.run")
            for job in ("products", "orders"):
                self.older(by, job)
            self.run_due()
            self.assertEqual(runs, self.db.column(
                "SELECT store || '/' || job FROM bulkpg.run "
                f"WHERE run_id > {last} ORDER BY 1"), by)

    def test_named_jobs(self):
        self.prepare()
        self.query("orders", ORDERS)
        self.run_due("orders")
        self.assertEqual({"orders": 1}, self.ran())

    def test_a_failed_job_rests(self):
        """It is tried again after retry_max."""
        self.prepare(tuning="retry_max = 5m")
        self.shop.set(object_count="+1")
        self.run_due(status=FAILED)
        self.run_due()
        self.assertEqual({"products": 1}, self.ran())
        self.older("4 minutes")
        self.run_due()
        self.older("1 minute")
        self.shop.set(object_count=None)
        self.run_due()
        self.assertEqual("loaded", self.status())
        self.assertEqual({"products": 2}, self.ran())

    def test_a_failed_job_after_the_clock_was_set_back(self):
        self.prepare(tuning="retry_max = 5m")
        self.shop.set(object_count="+1")
        self.run_due(status=FAILED)
        self.older("-1 hour")
        self.shop.set(object_count=None)
        self.run_due()
        self.assertEqual("loaded", self.status())
        self.assertEqual({"products": 2}, self.ran())

    def test_a_window_of_the_user_is_no_good_run(self):
        """It says nothing about changes outside of it."""
        self.prepare(HOURLY.replace("query", "query @incremental", 1))
        self.run_due()
        self.older("2 hours")
        self.run_program("run", "products", "--since", "2020-01-01",
                         "--until", "2020-01-02")
        self.run_due()
        self.assertEqual({"products": 3}, self.ran())
        self.run_due()
        self.assertEqual({"products": 3}, self.ran())

    def test_a_failed_job_rests_at_most_for_its_age(self):
        self.prepare(PLAIN.replace("{", 'query @every(age: "1m") {', 1),
                     tuning="retry_max = 30m")
        self.query("products", PLAIN.replace("title", "tilte").replace(
            "{", 'query @every(age: "1m") {', 1))
        self.run_due(status=CONFIG)
        self.run_due()
        self.assertEqual({"products": 1}, self.ran())
        self.older("1 minute")
        self.run_due(status=CONFIG)
        self.assertEqual({"products": 2}, self.ran())

    def test_a_job_with_rejects_waits_for_its_age(self):
        self.prepare(tuning="retry_max = 1s")
        self.run_due()
        self.db.execute("UPDATE bulkpg.run SET "
                        "status = 'loaded_with_rejects'")
        self.older("30 minutes")
        self.run_due()
        self.assertEqual({"products": 1}, self.ran())
        self.older("31 minutes")
        self.run_due()
        self.assertEqual({"products": 2}, self.ran())

    def test_replays_and_ids_do_not_count(self):
        self.prepare()
        self.run_due()
        self.older("2 hours")
        ids = self.db.column("SELECT id::text FROM acme.products LIMIT 2")
        self.program.file("ids", "\n".join(ids))
        self.run_program("run", "products", "--ids", "ids")
        self.db.execute("UPDATE bulkpg.run SET mode = 'replay' "
                        "WHERE mode = 'ids'")
        self.run_program("run", "products", "--ids", "ids")
        self.run_due()
        self.assertEqual(["full", "replay", "ids", "full"], self.db.column(
            "SELECT mode FROM bulkpg.run ORDER BY run_id"))

    def test_a_job_that_runs_is_skipped(self):
        """A command that overlaps does no harm."""
        self.prepare()
        self.query("orders", ORDERS)
        self.shop.set(outcome={"never": True})
        running = self.program.start("run", "products", "--due")
        self.wait_for(lambda: self.status() == "polling")
        self.shop.set(outcome=None)
        result = self.run_due()
        self.assertIn("1 job was not due", result.stdout)
        self.shop.post("operation", {"store": "acme", "status": "COMPLETED"})
        self.expect(running.wait(), 0)
        self.assertEqual({"products": 1, "orders": 1}, self.ran())
        self.check_tables(HOURLY, ORDERS)

    def test_commands_that_overlap(self):
        self.prepare()
        self.query("orders", ORDERS)
        running = [self.program.start("run", "--due") for _ in range(4)]
        for one in running:
            self.expect(one.wait(), 0)
        self.assertEqual({"products": 1, "orders": 1}, self.ran())
        self.check_tables(HOURLY, ORDERS)

    def test_a_killed_run_is_resumed_at_once(self):
        self.prepare()
        self.shop.set(outcome={"never": True})
        running = self.program.start("run", "--due")
        self.wait_for(lambda: self.status() == "polling")
        running.signal(9)
        running.wait()
        self.shop.set(outcome=None)
        self.shop.post("operation", {"store": "acme", "status": "COMPLETED"})
        self.run_due()
        run = self.last_run()
        self.assertEqual(("loaded", 1), (run["status"], run["resumed"]))

    def test_a_store_that_is_left_out(self):
        """Its jobs fail when they are due, not each time."""
        self.configure(credentials={"acme": "token = env:NO_SUCH_SECRET"},
                       tuning="retry_max = 5m")
        self.query("products", HOURLY)
        self.run_due(status=CONFIG)
        self.run_due(status=CONFIG)
        self.assertEqual({"products": 1}, self.ran())
        self.older("5 minutes")
        self.run_due(status=CONFIG)
        self.assertEqual({"products": 2}, self.ran())

    def test_values_that_are_not_valid(self):
        self.prepare(PLAIN.replace("{", "query @every {", 1))
        for query, said in (
                ("query @every {", "@every needs an age above 0"),
                ('query @every(age: "0") {', "@every needs an age above 0"),
                ('query @every(age: "often") {', "age of @every"),
                ('query @every(ages: "1h") {', "no argument"),
                ('query @every(age: 5) {', "must be a string")):
            self.query("products", PLAIN.replace("{", query, 1))
            result = self.run_program("plan", "products", status=CONFIG)
            self.assertIn(said, result.stderr)
        self.configure(more={"acme": "every = often"})
        result = self.run_program("run", "--due", status=CONFIG)
        self.assertIn("every", result.stderr)
        self.run_due("--older-than", "1h", status=USAGE)

    def test_it_changes_nothing_that_is_sent(self):
        self.configure()
        self.query("plain", PLAIN)
        self.query("hourly", HOURLY)
        shown = [self.run_program("plan", job, "--document").stdout
                 for job in ("plain", "hourly")]
        self.assertEqual(*shown)


class Late(DueCase):
    def late(self):
        found = json.loads(self.run_program("status", "--json").stdout)
        return {run["job"]: run["late"] for run in found["runs"]}

    def test_status_and_report(self):
        self.prepare()
        self.query("orders", ORDERS)
        self.run_due()
        self.assertEqual({"products": False, "orders": False}, self.late())
        for job in ("products", "orders"):
            self.older("110 minutes", job)
        self.assertEqual({"products": False, "orders": False}, self.late())
        for job in ("products", "orders"):
            self.older("11 minutes", job)
        self.assertEqual({"products": True, "orders": False}, self.late())
        shown = self.run_program("status").stdout
        self.assertRegex(shown, r"(?m)products .* 2h ago, late$")
        self.assertNotRegex(shown, r"(?m)orders .*late$")
        self.assertIn("acme: 1 job late", self.run_program("report").stdout)
        self.run_due()
        self.assertEqual({"products": False, "orders": False}, self.late())

    def test_a_job_that_should_not_run_is_not_late(self):
        self.prepare()
        self.run_due()
        self.older("2 days")
        self.assertEqual({"products": True}, self.late())
        self.program.remove_file("queries/products.graphql")
        self.query("orders", ORDERS)
        self.assertEqual({"products": False}, self.late())
