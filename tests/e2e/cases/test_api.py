"""Failures of the Admin API: bulkpg waits and retries, or reports a remedy."""
from cases.queries import PLAIN
from harness.case import AGAIN, DENIED, FAILED, OK, Case
from harness.store import seconds_between

THROTTLED = {"errors": [{"message": "Throttled", "extensions": {
    "code": "THROTTLED"}}], "extensions": {"cost": {
        "requestedQueryCost": 70, "actualQueryCost": None, "throttleStatus": {
            "maximumAvailable": 2000.0, "currentlyAvailable": 20.0,
            "restoreRate": 100.0}}}}
BROKEN = {"errors": [{"message": "Internal error. Looks like something went "
                      "wrong on our end.\nRequest ID: 1-2 (include this in "
                      "support requests).", "extensions": {
                          "code": "INTERNAL_SERVER_ERROR",
                          "requestId": "1-2"}}], "data": None}

# Temporary failures. The last two test bodies that are too large.
PASSING = [
    {"status": 500, "body": ""},
    {"status": 502, "body": "<html>Bad gateway</html>"},
    {"status": 503, "body": {"errors": "Service unavailable"}},
    {"status": 504, "body": ""},
    {"status": 429, "body": {"errors": "Exceeded 2 calls per second"}},
    {"status": 200, "body": BROKEN},
    {"status": 200, "body": "<!DOCTYPE html><html>maintenance</html>"},
    {"status": 200, "body": ""},
    {"status": 200, "body": "{\"data\":{\"bulkOperation\":{\"id\":\"gid:"},
    {"status": 200, "body": {"data": None}},
    {"status": 200, "body": "[]"},
    {"close": True},
    {"status": 200, "body": "{\"data\":\"" + "x" * (5 << 20)},
    {"status": 503, "body": "<" * (5 << 20)},
]


class Api(Case):
    def setUp(self):
        super().setUp()
        self.configure(tuning="retry_budget = 30s")
        self.query("job", PLAIN)

    def run_and_check(self, *options):
        result = self.run_program(*options, "run")
        self.check_tables(PLAIN)
        self.assertEqual(1, len(self.shop.operations()))
        return result

    def check_fails(self, status, code, *words):
        """The run fails, and existing tables do not change."""
        before = self.snapshot()
        result = self.run_program("run", status=status)
        self.check_unchanged(before)
        self.check_no_staging()
        run = self.last_run()
        self.assertEqual("interrupted" if status == AGAIN else "failed",
                         run["status"])
        self.assertEqual(code, run["error_code"])
        for word in words:
            self.assertIn(word, result.stderr)
        self.assertIn("hint=", result.stderr)
        return result


class Passing(Api):
    def check_tried_again(self, kind, actions):
        for n, action in enumerate(actions, 1):
            self.shop.rule(action, nth=n, kind=kind)
        result = self.run_and_check("-v")
        self.assertEqual(1, result.stderr.count("level=warn"))
        self.assertLess(len(actions), len(self.requests(kind=kind)))
        for word in ("code=HTTP_500", "code=HTTP_504", "code=THROTTLED",
                     "code=INTERNAL_SERVER_ERROR", "code=NOT_JSON",
                     "code=NO_DATA", "request_id="):
            self.assertIn(word, result.stderr)
        self.assertNotIn("maintenance", result.stderr)
        return result

    def test_polls(self):
        result = self.check_tried_again("poll", PASSING)
        self.assertEqual(2, result.stderr.count("code=TOO_LARGE"))

    def test_types(self):
        self.check_tried_again("introspection", [
            one for one in PASSING if len(str(one.get("body"))) < 1 << 20])

    def test_silence(self):
        self.configure(tuning="stall_timeout = 1h\nrequest_timeout = 7d\n"
                       "retry_budget = 30d")
        ahead = self.ahead()
        for kind in ("introspection", "poll"):
            self.shop.rule({"delay_ms": 600000}, kind=kind)
        running = self.program.start("run", environment=ahead.environment)
        for kind in ("introspection", "poll"):
            self.wait_for(lambda kind=kind: self.requests(kind=kind))
            self.pass_time(ahead, lambda kind=kind:
                           len(self.requests(kind=kind)) > 1)
        result = running.wait()
        self.expect(result, OK)
        self.check_tables(PLAIN)
        self.assertEqual(1, len(self.shop.operations()))
        self.assertLessEqual(2, result.stderr.count(
            "no data was sent or received for 1h"))

    def check_wait(self, action, seconds):
        self.shop.rule(action, kind="poll")
        self.run_and_check()
        first, second = self.requests(kind="poll")[:2]
        self.assertLessEqual(seconds, seconds_between(first, second) + 0.05)

    def test_throttled_waits_for_the_bucket(self):
        self.check_wait({"status": 200, "body": THROTTLED}, 0.5)

    def test_retry_after_has_decimals(self):
        self.check_wait({"status": 429, "headers": {"Retry-After": "0.45"},
                         "body": {"errors": "Throttled"}}, 0.45)

    def test_a_throttled_submission(self):
        """The store did not start the operation, so bulkpg submits it again."""
        for n, action in enumerate((
                {"status": 200, "body": THROTTLED},
                {"status": 429, "headers": {"Retry-After": "0.3"},
                 "body": ""}), 1):
            self.shop.rule(action, nth=n, kind="run")
        self.run_and_check()
        one, two, three = self.requests(kind="run")
        self.assertLessEqual(0.45, seconds_between(one, two))
        self.assertLessEqual(0.25, seconds_between(two, three))
        self.assertEqual([], self.requests(kind="list"))

    def test_longer_than_the_budget(self):
        """bulkpg does not start a wait that exceeds the budget. The next run
        resumes the operation."""
        self.configure(tuning="retry_budget = 2s")
        self.run_program("run")
        # The wait would be longer than a test may take.
        self.shop.rule({"status": 429, "headers": {"Retry-After": "3000.0"},
                        "body": ""}, kind="poll")
        self.check_fails(AGAIN, "THROTTLED", "gave up")
        self.run_program("run")
        self.check_tables(PLAIN)
        self.assertEqual(2, len(self.shop.operations()))
        self.assertEqual(1, self.last_run()["resumed"])

    def test_failures_for_longer_than_the_budget(self):
        self.configure(tuning="retry_budget = 300ms")
        self.run_program("run")
        self.shop.rule({"status": 502, "body": "<html>"}, times=-1,
                       kind="poll")
        self.check_fails(AGAIN, "HTTP_502", "gave up after retrying for 300ms")


class Refusals(Api):
    """bulkpg does not retry these."""

    def check_refused(self, kind, action, status, code, *words):
        seen = len(self.requests(kind=kind))
        self.shop.post("rules/clear")
        self.shop.rule(action, times=-1, kind=kind)
        result = self.check_fails(status, code, *words)
        self.assertEqual(seen + 1, len(self.requests(kind=kind)))
        self.shop.post("rules/clear")
        return result

    def test_refusals_name_a_remedy(self):
        self.run_program("run")
        for status, exit_status, code, words in (
                (401, DENIED, "UNAUTHORIZED", ("token", "revoked")),
                (402, DENIED, "PAYMENT_REQUIRED", ("bill", "settle")),
                (403, DENIED, "FORBIDDEN", ("scopes", "installed")),
                (404, DENIED, "NOT_FOUND", ("domain and api_version",)),
                (423, DENIED, "STORE_LOCKED", ("locked by Shopify", "support")),
                (430, AGAIN, "HTTP_430", ("suspected attack", "hours"))):
            for kind in ("run", "poll") if status in (402, 430) else ("run",):
                action = {"status": status, "body": {"errors": "Sorry"},
                          "headers": {"X-Request-ID": f"id-{kind}-{status}"}}
                self.check_refused(kind, action, exit_status, code,
                                   f"HTTP {status}", "Sorry",
                                   f"request_id=id-{kind}-{status}", *words)

    def test_a_redirect(self):
        self.run_program("run")
        self.check_refused("run", {
            "status": 301, "body": "",
            "headers": {"Location": "https://other.example/x?y=hidden"}},
            78, "REDIRECTED", "other.example", "myshopify.com")

    def test_shapes_of_errors(self):
        self.run_program("run")
        for errors, words in (
                ("only a string", "only a string"),
                ({"base": ["one", "two"], "query": "three"},
                 "one; two; three"),
                ([{"message": "Field 'x' doesn't exist", "extensions": {
                    "code": "undefinedField"}}, {"message": "and more"}],
                 "Field 'x' doesn't exist; and more")):
            self.shop.post("rules/clear")
            self.shop.rule({"status": 200, "body": {"errors": errors}},
                           kind="run")
            before = self.snapshot()
            result = self.run_program("run", status=FAILED)
            self.assertIn(words, result.stderr)
            self.assertIn(words, self.last_run()["error"])
            self.check_unchanged(before)

    def test_a_missing_scope_is_named(self):
        self.run_program("run")
        self.check_refused("run", {"status": 200, "body": {
            "data": {"bulkOperationRunQuery": None}, "errors": [{
                "message": "Access denied for bulkOperationRunQuery field.",
                "extensions": {
                    "code": "ACCESS_DENIED",
                    "requiredAccess": "`read_orders` access scope."}}]}},
            DENIED, "ACCESS_DENIED", "the app needs `read_orders` access")


class Versions(Case):
    def test_another_version_is_reported_once_per_store(self):
        self.configure("acme", "beta")
        self.shop.rule({"headers": {"X-Shopify-API-Version": "2027-01"}},
                       times=-1, kind="graphql")
        self.query("one", PLAIN)
        self.query("two", PLAIN.replace("products", "more: products"))
        result = self.run_program("run")
        said = [line for line in result.stderr.splitlines()
                if "another API version" in line]
        self.assertEqual(2, len(said), result)
        for store, line in zip(("acme", "beta"), sorted(
                said, key=lambda line: "store=beta" in line)):
            for word in (f"store={store}", "asked=2026-10",
                         "answered=2027-01", "set api_version"):
                self.assertIn(word, line)

    def test_the_configured_version_is_not_reported(self):
        self.configure()
        self.query("job", PLAIN)
        self.assertNotIn("API version", self.run_program("run").stderr)

    def test_deprecations_are_reported_once(self):
        self.configure()
        self.query("job", PLAIN)
        self.shop.rule({"headers": {"X-Shopify-API-Deprecated-Reason":
                                    "old/thing"}}, times=-1, kind="graphql")
        result = self.run_program("run")
        self.assertEqual(1, result.stderr.count("old/thing"))
