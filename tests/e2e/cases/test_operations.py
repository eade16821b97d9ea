"""Bulk operations: slots, every final status, deadlines, and cancel."""
import json
import signal
import urllib.request

from cases.queries import ORDERS, PLAIN
from harness.case import AGAIN, DENIED, FAILED, OK, Case, long_run
from harness.store import seconds_between

# How often an operation that fails at the store is submitted in all: again, at
# most three times.
AGAIN_AND_AGAIN = [3, 4]

HOLDER = "gid://shopify/BulkOperation/4711"


def user_error(message, code=None):
    """The answer of a store that refuses a submission."""
    return {"status": 200, "body": {"data": {"bulkOperationRunQuery": {
        "bulkOperation": None, "userErrors": [
            {"field": None, "message": message, "code": code}]}}}}


class Operation(Case):
    def configure(self, *names, **how):
        super().configure(*names, **how)
        self.query("plain", PLAIN)

    def foreign(self):
        """Submit an operation as another program would; returns its id."""
        store = self.shop.stores["acme"]
        body = {"query": "mutation ($q: String!) { bulkOperationRunQuery("
                "query: $q) { bulkOperation { id } } }",
                "variables": {"q": "{ products { edges { node { id } } } }"}}
        request = urllib.request.Request(
            store["endpoint"] + "/admin/api/2026-10/graphql.json",
            json.dumps(body).encode(),
            {"Content-Type": "application/json",
             "X-Shopify-Access-Token": store["token"]})
        with urllib.request.urlopen(request) as answer:
            data = json.load(answer)["data"]
        return data["bulkOperationRunQuery"]["bulkOperation"]["id"]

    def statuses(self):
        return {one["id"]: one["status"] for one in self.shop.operations()}

    def start_polling(self):
        """Start a run whose operation never ends; wait until bulkpg polls."""
        self.configure()
        self.shop.set(outcome={"never": True}, cancel_ms=300)
        running = self.program.start("run")
        self.wait_for(lambda: self.status() == "polling")
        return running, self.shop.operations()[-1]["id"]

    def leave_polling(self):
        """Interrupt such a run; returns the id of its operation, which is
        still running."""
        running, operation = self.start_polling()
        running.signal(signal.SIGINT)
        self.expect(running.wait(), AGAIN)
        return operation


class Ends(Operation):
    def check_outcome(self, expected, operations, code, **outcome):
        self.configure()
        self.run_program("run")
        before = self.snapshot()
        self.shop.set(outcome=outcome)
        result = self.run_program("run", status=expected)
        self.check_unchanged(before)
        self.check_no_staging()
        self.assertIn(len(self.shop.operations()) - 1, operations)
        run = self.last_run()
        self.assertEqual("failed", run["status"])
        self.assertEqual(code, run["error_code"])
        self.assertIn("hint=", result.stderr)
        (ends,) = self.db.rows(
            "SELECT array_agg(DISTINCT status) s, array_agg(DISTINCT "
            "error_code) e FROM bulkpg.operation WHERE run_id = "
            f"{run['run_id']}")
        self.assertEqual([outcome["status"]], ends["s"])
        self.assertEqual([outcome.get("error_code")], ends["e"])
        return result

    def test_access_denied(self):
        result = self.check_outcome(DENIED, [1], "ACCESS_DENIED",
                                    status="FAILED",
                                    error_code="ACCESS_DENIED")
        self.assertIn("grant the app the scopes", result.stderr)

    def test_internal_server_error(self):
        self.check_outcome(FAILED, AGAIN_AND_AGAIN, "INTERNAL_SERVER_ERROR",
                           status="FAILED",
                           error_code="INTERNAL_SERVER_ERROR")

    def test_timeout(self):
        result = self.check_outcome(FAILED, [1], "TIMEOUT", status="FAILED",
                                    error_code="TIMEOUT")
        self.assertIn("select less", result.stderr)
        self.assertIn("slice", result.output)

    def test_failed_without_a_code(self):
        self.check_outcome(FAILED, AGAIN_AND_AGAIN, "FAILED", status="FAILED")

    def test_canceled_by_the_store(self):
        self.check_outcome(FAILED, AGAIN_AND_AGAIN, "CANCELED",
                           status="CANCELED")

    def test_expired(self):
        self.check_outcome(FAILED, AGAIN_AND_AGAIN, "EXPIRED",
                           status="EXPIRED")

    def test_partial_data_is_not_loaded(self):
        self.check_outcome(FAILED, AGAIN_AND_AGAIN, "INTERNAL_SERVER_ERROR",
                           status="FAILED", partial_data=True,
                           error_code="INTERNAL_SERVER_ERROR")
        self.assertEqual(1, len(self.requests(kind="storage")))

    def check_second_try(self, **outcome):
        self.configure()
        self.shop.next(outcome=outcome)
        self.run_program("run")
        self.check_tables(PLAIN)
        self.assertEqual([(1, outcome["status"]), (2, "COMPLETED")],
                         self.rows("operation", "attempt, status",
                                   schema="bulkpg"))

    def test_failed_once(self):
        self.check_second_try(status="FAILED",
                              error_code="INTERNAL_SERVER_ERROR")

    def test_canceled_once(self):
        self.check_second_try(status="CANCELED")

    def test_completed_without_url(self):
        self.configure(tuning="retry_budget = 500ms")
        self.shop.set(no_url=True)
        result = self.run_program("run", status=FAILED)
        self.assertIn("has no URL", result.stderr)
        self.assertEqual("NO_URL", self.last_run()["error_code"])
        self.assertEqual({}, self.snapshot())
        self.check_no_staging()

    def test_a_url_that_comes_late(self):
        running, operation = self.start_polling()
        self.shop.rule({"status": 200, "body": {"data": {"bulkOperation": {
            "id": operation, "status": "COMPLETED", "errorCode": None,
            "createdAt": "2025-06-01T00:00:00Z", "completedAt":
            "2025-06-01T00:01:00Z", "objectCount": "7", "rootObjectCount":
            "3", "fileSize": "500", "url": None}}}}, times=3, kind="poll")
        self.shop.post("operation", {"status": "COMPLETED"})
        self.expect(running.wait(), OK)
        self.check_tables(PLAIN)
        self.assertEqual(1, len(self.shop.operations()))

    def test_counters_that_stop_and_jump(self):
        self.configure()
        self.shop.set(duration_ms=600000)
        running = self.program.start("run", "-v")
        self.wait_for(lambda: len(self.requests(kind="poll")) > 4)
        self.shop.post("operation", {"status": "COMPLETED"})
        result = running.wait()
        self.expect(result, OK)
        self.assertLess(3, result.stderr.count("objects=0"))
        self.assertNotIn("level=warn", result.stderr)
        self.check_tables(PLAIN)


class Slots(Operation):
    def test_waiting_names_the_operations_that_hold_them(self):
        self.configure()
        self.shop.set(slots=1)
        self.shop.next(outcome={"never": True})
        holder = self.foreign()
        running = self.program.start("run")
        self.wait_for(lambda: self.status() == "waiting")
        shown = self.run_program("status")
        self.assertIn("waiting", shown.stdout)
        self.assertEqual({holder: "RUNNING"}, self.statuses())
        self.shop.post("operation", {"id": holder, "status": "COMPLETED"})
        result = running.wait()
        self.expect(result, OK)
        waits = [line for line in result.stderr.splitlines()
                 if "waiting for a slot at the store" in line]
        self.assertIn(holder, waits[0])
        self.assertIn("level=warn", waits[0])
        self.assertNotIn("level=warn", "".join(waits[1:]))
        self.check_tables(PLAIN)
        self.assertEqual(["COMPLETED"] * 2, list(self.statuses().values()))

    def test_no_slot(self):
        """bulkpg waits for a slot until the budget is spent. The next run
        knows that the store refused the operation, and does not search."""
        self.configure(tuning="retry_budget = 500ms")
        self.shop.rule(user_error(
            "A bulk query operation for this app and shop is already in "
            f"progress: {HOLDER}.", "OPERATION_IN_PROGRESS"), times=-1,
            kind="run")
        result = self.run_program("run", status=AGAIN)
        error = result.stderr.splitlines()[-1]
        for word in ("level=error", HOLDER, "hint=", "bulkpg cancel"):
            self.assertIn(word, error)
        run = self.last_run()
        self.assertEqual("interrupted", run["status"])
        self.assertEqual("OPERATION_IN_PROGRESS", run["error_code"])
        self.shop.post("rules/clear")
        self.run_program("run")
        self.check_tables(PLAIN)
        self.assertEqual([], self.requests(kind="list"))
        self.assertEqual([(1, False), (2, True)], self.rows(
            "operation", "attempt, sent_at IS NOT NULL", schema="bulkpg"))

    def test_more_jobs_than_slots(self):
        """The sixth job waits in bulkpg and sends no request."""
        self.configure()
        for n in range(12):
            self.query(f"job{n}", "{ products @table(name: \"p%d\") { edges { "
                       "node { id } } } }" % n)
        self.shop.set(duration_ms=300)
        result = self.run_program("run")
        self.assertIn("waiting for another operation of this process",
                      result.stderr)
        self.assertNotIn("OPERATION_IN_PROGRESS", result.stderr)
        self.assertEqual(13, len(self.requests(kind="run")))

    def test_stopped_while_waiting(self):
        self.configure(tuning="retry_budget = 60s")
        self.shop.set(slots=0)
        running = self.program.start("run")
        self.wait_for(lambda: self.status() == "waiting")
        running.signal(signal.SIGTERM)
        self.expect(running.wait(), AGAIN)
        self.assertEqual("interrupted", self.status())
        self.shop.set(slots=5)
        self.run_program("run")
        self.check_tables(PLAIN)
        self.assertEqual([], self.requests(kind="list"))

    def test_stopped_while_submitting(self):
        """bulkpg waits for the answer, so that the next run need not search for
        the operation."""
        self.configure()
        self.shop.rule({"hold": True}, kind="run")
        running = self.program.start("run")
        self.wait_for(lambda: self.requests(kind="run"))
        running.signal(signal.SIGTERM)
        self.shop.post("release")
        self.expect(running.wait(), AGAIN)
        self.assertEqual("interrupted", self.status())
        self.run_program("run")
        self.check_tables(PLAIN)
        self.assertEqual([], self.requests(kind="list"))
        self.assertEqual(1, len(self.shop.operations()))

    def check_limit(self, action, seconds):
        self.configure()
        self.shop.rule(action, kind="run")
        result = self.run_program("run")
        self.check_tables(PLAIN)
        self.assertIn("waiting for a slot at the store", result.stderr)
        self.assertIn("code=LIMIT_REACHED", result.stderr)
        first, second = self.requests(kind="run")
        self.assertLessEqual(seconds, seconds_between(first, second) + 0.05)
        self.assertEqual(1, len(self.shop.operations()))

    def test_limit_reached(self):
        self.check_limit(user_error("Limit reached.", "LIMIT_REACHED"), 0)

    def test_too_many_recent(self):
        self.check_limit(user_error(
            "Too many recent operations. Try again in 1 second."), 1)

    def test_one_slot_for_three_jobs(self):
        self.configure()
        self.shop.set(slots=1)
        self.query("orders", ORDERS)
        other = PLAIN.replace("products", "more: products")
        self.query("more", other)
        self.run_program("run")
        self.check_tables(PLAIN, ORDERS, other)


class Unanswered(Operation):
    """If a submission is not answered, bulkpg searches for the operation."""

    def check_one(self, action):
        self.configure()
        self.shop.rule(action, kind="run")
        result = self.run_program("run")
        self.check_tables(PLAIN)
        self.assertEqual(1, len(self.shop.operations()))
        return result

    def check_found(self, action):
        result = self.check_one({"after": True, **action})
        self.assertIn("found by its marker", result.stderr)
        self.assertEqual(1, len(self.requests(kind="run")))

    def test_the_answer_is_lost(self):
        self.check_found({"close": True})

    def test_the_answer_is_not_json(self):
        self.check_found({"status": 200, "body": "<html>"})

    def test_the_answer_is_too_large(self):
        self.check_found({"status": 200, "body": "x" * (5 << 20)})

    def test_the_store_did_not_start_it(self):
        self.check_one({"status": 503, "body": "<html>"})
        self.assertEqual(2, len(self.requests(kind="run")))

    test_the_store_did_not_start_it.weight = 30

    def test_the_store_never_starts_it(self):
        """bulkpg gives up when the budget is spent."""
        if not long_run():
            self.skipTest("takes two minutes")
        self.configure()
        self.shop.rule({"status": 503, "body": "<html>"}, times=-1,
                       kind="run")
        result = self.program.run("run")
        self.expect(result, AGAIN)
        self.assertEqual(2, len(self.requests(kind="run")))
        self.assertEqual("interrupted", self.last_run()["status"])
        self.assertEqual({}, self.snapshot())

    test_the_store_never_starts_it.weight = 30


class Deadline(Operation):
    def test_only_bulkpgs_operation_is_canceled(self):
        self.configure()
        self.run_program("run")
        before = self.snapshot()
        self.configure(tuning="deadline = 500ms")
        self.shop.set(outcome={"never": True})
        foreign = self.foreign()
        result = self.run_program("run", status=FAILED)
        self.check_unchanged(before)
        self.check_no_staging()
        for word in ("code=DEADLINE", "longer than deadline allows",
                     "raise deadline"):
            self.assertIn(word, result.stderr)
        run = self.last_run()
        self.assertEqual("failed", run["status"])
        self.assertEqual("DEADLINE", run["error_code"])
        statuses = self.statuses()
        self.assertEqual("RUNNING", statuses[foreign])
        self.assertIn(statuses[run["operation_id"]],
                      ("CANCELING", "CANCELED"))


class Cancel(Operation):
    def test_until_it_has_ended(self):
        operation = self.leave_polling()
        self.shop.set(outcome=None)
        foreign = self.foreign()
        result = self.run_program("cancel", "--store", "acme")
        self.assertIn(f"{operation} CANCELED", result.stdout)
        self.assertEqual("CANCELED", self.statuses()[operation])
        self.assertIn(self.statuses()[foreign],
                      ("CREATED", "RUNNING", "COMPLETED"))
        run = self.last_run()
        self.assertEqual("canceled", run["status"])
        self.assertLess(1, len(self.requests(kind="poll")))
        again = self.run_program("cancel", "--store", "acme")
        self.assertIn("no operation of this journal is running", again.stderr)
        self.assertEqual(1, len(self.requests(kind="cancel")))
        self.run_program("run")
        self.check_tables(PLAIN)

    def test_it_takes_longer_than_the_budget(self):
        operation = self.leave_polling()
        self.configure(tuning="retry_budget = 300ms")
        self.shop.rule({"status": 200, "body": {"data": {"bulkOperation": {
            "id": operation, "status": "CANCELING", "objectCount": "0",
            "query": "# bulkpg " + self.db.value(
                "SELECT journal_uuid::text FROM bulkpg.meta") + "/1/1.1"}}}},
            times=-1, kind="poll")
        result = self.run_program("cancel", status=AGAIN)
        self.assertIn("is still CANCELING", result.stderr)
        self.shop.post("rules/clear")
        result = self.run_program("cancel")
        self.assertIn(f"{operation} CANCELED", result.stdout)

    def test_it_completes_despite_the_cancel(self):
        operation = self.leave_polling()
        self.shop.post("operation", {"status": "COMPLETED"})
        result = self.run_program("cancel")
        self.assertIn(f"{operation} COMPLETED", result.stdout)
        self.assertEqual("canceled", self.last_run()["status"])

    def test_cancel_while_a_run_polls(self):
        """The run that polls the operation sees its end and submits no other
        one."""
        running, operation = self.start_polling()
        self.configure(tuning="poll_initial = 900ms\npoll_max = 900ms")
        self.run_program("cancel")
        result = running.wait()
        self.expect(result, FAILED)
        self.assertIn("CANCELED", result.stderr)
        self.assertEqual({operation: "CANCELED"}, self.statuses())
        self.assertEqual("canceled", self.last_run()["status"])
        self.check_no_staging()

    def test_of_another_journal(self):
        """cancel does not touch operations of another journal."""
        operation = self.leave_polling()
        self.db.execute("TRUNCATE bulkpg.run CASCADE")
        self.run_program("cancel", "--store", "acme")
        self.assertEqual({operation: "RUNNING"}, self.statuses())

    def test_without_bulkpgs_marker(self):
        """cancel does not touch an operation without bulkpg's marker, even if
        the journal has its id."""
        self.leave_polling()
        foreign = self.foreign()
        self.db.execute(f"UPDATE bulkpg.operation SET operation_id = "
                        f"'{foreign}'")
        result = self.run_program("cancel", status=FAILED)
        self.assertIn("code=NOT_OURS", result.stderr)
        self.assertEqual("RUNNING", self.statuses()[foreign])
        self.assertEqual([], self.requests(kind="cancel"))
