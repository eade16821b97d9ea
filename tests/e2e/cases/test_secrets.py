"""A store whose answers contain secrets: bulkpg does not print or save them."""
import json
import os

from cases.queries import PLAIN
from harness.case import Case

SIGNED = "https://storage.example/r?Expires=1&Signature=s3cr3t%2Bs1gn"


class Echoes(Case):
    """Every error of the store contains the token."""

    def setUp(self):
        super().setUp()
        store = self.shop.stores["acme"]
        self.token = "0123456789abcdef"  # has no prefix that shows what it is
        self.shop.post("token", {"store": "acme", "text": self.token})
        self.words = (f"token {self.token} of {store['client_secret']} and "
                      f"{store['refresh_token']} or {store['token']}, see "
                      f"{SIGNED} or \"{SIGNED}\"")
        self.configure(tuning="retry_budget = 100ms")
        self.query("plain", PLAIN)

    def check_silent(self, result, used=True):
        rows = self.db.rows("SELECT * FROM bulkpg.run") if used else []
        shown = result.output + json.dumps(rows, default=str)
        for secret in self.shop.secrets() + ["s3cr3t"]:
            self.assertNotIn(secret, shown)

    def check(self, action, *words, kind="run", log="text"):
        self.shop.post("rules/clear")
        self.shop.rule(action, times=-1, kind=kind)
        result = self.program.run("-v", "--log-format", log, "run",
                                  environment={"TOKEN_ACME": self.token})
        self.assertNotEqual(0, result.status)
        for word in words:
            self.assertIn(word, result.stderr)
        self.check_silent(result)

    def test_refusals(self):
        for status, kind in ((403, "run"), (429, "run"), (503, "poll")):
            self.check({"status": status, "body": {"errors": self.words},
                        "headers": {"X-Request-ID": self.token}},
                       f"HTTP {status}", "***", kind=kind, log="json")

    def test_errors_of_graphql(self):
        self.check({"status": 200, "body": {"errors": [
            {"message": self.words, "extensions": {
                "code": self.token, "requestId": self.token,
                "requiredAccess": self.words}}]}}, "***")

    def test_errors_of_a_bulk_query(self):
        for code in ("INVALID", "LIMIT_REACHED", "OPERATION_IN_PROGRESS"):
            self.check({"status": 200, "body": {"data": {
                "bulkOperationRunQuery": {"bulkOperation": None, "userErrors":
                    [{"message": self.words, "code": code}]}}}}, "***")

    def check_journal(self):
        """Check that no table of the journal contains a secret."""
        for table in self.db.column(
                "SELECT relname FROM pg_class WHERE relkind = 'r' AND "
                "relnamespace = 'bulkpg'::regnamespace"):
            rows = json.dumps(self.db.rows(f"SELECT * FROM bulkpg.{table}"),
                              default=str)
            for secret in self.shop.secrets():
                self.assertNotIn(secret, rows, table)

    def test_what_is_kept_in_the_journal(self):
        """The operation's id, the shop's plan and time zone, and scopes."""
        self.shop.rule({"status": 200, "body": {"data": {
            "shop": {"id": f"gid://shopify/Shop/{self.token}",
                     "currencyCode": self.token, "ianaTimezone": self.words,
                     "plan": {"publicDisplayName": self.words}},
            "currentAppInstallation": {"accessScopes": [
                {"handle": "read_products"}, {"handle": self.token}]}}}},
            times=-1, kind="shop")
        self.shop.rule({"status": 200, "body": {"data": {
            "bulkOperationRunQuery": {"bulkOperation": {
                "id": f"gid://shopify/BulkOperation/{self.token}",
                "status": "CREATED", "createdAt": "2026-01-01T00:00:00Z"},
                "userErrors": []}}}}, times=-1, kind="run")
        self.shop.rule({"status": 200, "body": {"data": {"bulkOperation": {
            "id": f"gid://shopify/BulkOperation/{self.token}",
            "status": "FAILED", "errorCode": self.token}}}}, times=-1,
            kind="poll")
        for arguments in (("check",), ("-v", "run"), ("status",),
                          ("status", "--json"), ("report",)):
            result = self.program.run(*arguments, environment={
                "TOKEN_ACME": self.token})
            self.check_silent(result)
        self.assertEqual("gid://shopify/BulkOperation/***",
                         self.last_run()["operation_id"])
        self.assertIn("***", self.db.value(
            "SELECT plan || iana_timezone AS v FROM bulkpg.store"))
        self.check_journal()

    def test_types_that_hold_the_token(self):
        self.shop.rule({"status": 400}, times=1, kind="introspection", nth=2)
        self.program.run("run", environment={"TOKEN_ACME": self.token})
        self.shop.post("rules/clear")
        self.shop.rule({"status": 200, "body": {"data": {"t0": {
            "kind": "OBJECT", "name": "QueryRoot", "description": self.words,
            "fields": [{"name": "products", "type": {
                "kind": "SCALAR", "name": self.token}}]}}}}, times=-1,
            kind="introspection")
        result = self.program.run("run", environment={
            "TOKEN_ACME": self.token})
        self.assertNotEqual(0, result.status)
        self.check_silent(result)
        self.check_journal()
        self.assertLess(0, self.db.value(
            "SELECT count(*) AS v FROM bulkpg.graphql_type"))

    def test_a_redirect_and_other_headers(self):
        self.check({"status": 301, "body": self.words, "headers": {
            "Location": f"https://{self.token}.example/?t={self.token}",
            "X-Shopify-API-Version": self.token[:10],
            "X-Shopify-API-Deprecated-Reason": self.words}}, "***.example")

    def test_a_body_that_is_not_json(self):
        for body in ("<html>" + self.words, "{\"errors\":" + self.words,
                     "{\"errors\": \"" + "x" * 380 + self.words + "\"}"):
            self.check({"status": 500, "body": body}, "HTTP 500",
                       kind="poll")
            self.check({"status": 200, "body": body}, kind="poll")

    def test_the_token_endpoint(self):
        store = self.shop.stores["acme"]
        self.program.environment["SECRET"] = store["client_secret"]
        path = self.program.file("refresh", store["refresh_token"] + "\n")
        os.chmod(path, 0o600)
        for n, more in enumerate(("", "refresh_token = file:refresh")):
            self.configure(tuning="retry_budget = 100ms", credentials={
                "acme": f"client_id = {store['client_id']}\n"
                        f"client_secret = env:SECRET\n{more}"})
            self.shop.post("rules/clear")
            words = self.words.replace(self.token, "")
            self.shop.rule({"status": 400, "body": {
                "error": words, "error_description": words}},
                times=-1, kind="oauth")
            result = self.run_program("-v", "run", status=77)
            self.assertIn("shprt_***" if n == 0 else "and ***",
                          result.stderr)
            self.check_silent(result, used=False)

    def test_the_result_host(self):
        for action in ({"status": 503, "body": self.words},
                       {"status": 302, "body": self.words, "headers": {
                           "Location": SIGNED}},
                       {"status": 200, "body": "<html>" + self.words},
                       {"close": True}):
            self.shop.post("rules/clear")
            self.shop.rule(action, times=-1, kind="storage")
            result = self.program.run("-v", "run")
            self.assertNotEqual(0, result.status)
            self.check_silent(result)
