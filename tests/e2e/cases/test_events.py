"""Events for other programs: --json and NOTIFY."""
import json
import os
import unittest

from cases.queries import PLAIN
from harness.case import CONFIG, DENIED, OK, PARTIAL, Case
from harness.cluster import Listener
from harness.push_case import TAGS, PushCase

HERE = os.path.dirname(__file__)
SCHEMA = os.path.join(HERE, "../../../docs/events.schema.json")


def validate(event):
    try:
        import jsonschema
    except ImportError as error:
        raise unittest.SkipTest("python3-jsonschema is missing") from error
    with open(SCHEMA, encoding="utf-8") as file:
        jsonschema.Draft202012Validator(json.load(file)).validate(event)


def read_events(test, result):
    """The events of a command, each checked against the schema."""
    events = [json.loads(line) for line in result.stdout.splitlines()]
    for event in events:
        validate(event)
    test.assertEqual("summary", events[-1]["event"])
    test.assertEqual(result.status, events[-1]["exit_status"])
    return events


def names(events):
    return [event["event"] for event in events]


class Runs(Case):
    def setUp(self):
        super().setUp()
        self.configure()
        self.query("plain", PLAIN)

    def events(self, *arguments, status=OK):
        return read_events(self, self.run_program(*arguments, "--json",
                                                  status=status))

    def test_a_run(self):
        events = self.events("run")
        self.assertEqual(["submitted", "result", "loaded", "summary"],
                         names(events))
        run = self.last_run()
        for event in events[:-1]:
            self.assertEqual(("acme", "plain", run["run_id"]),
                             (event["store"], event["job"], event["run_id"]))
        loaded = events[2]
        self.assertEqual(("full", "loaded", run["lines"],
                          run["rows_inserted"], 0),
                         (loaded["mode"], loaded["status"], loaded["lines"],
                          loaded["rows_inserted"], loaded["rejects"]))
        self.assertEqual((1, 1, 0), (events[3]["jobs"], events[3]["loaded"],
                                     events[3]["failed"]))

    def test_a_job_fails(self):
        self.shop.rule({"status": 200, "body": {
            "data": {"bulkOperationRunQuery": None}, "errors": [{
                "message": "Access denied for bulkOperationRunQuery field.",
                "extensions": {"code": "ACCESS_DENIED"}}]}}, kind="run")
        events = self.events("run", status=DENIED)
        self.assertEqual(["failed", "summary"], names(events))
        self.assertEqual(("acme", "plain", "ACCESS_DENIED"),
                         (events[0]["store"], events[0]["job"],
                          events[0]["code"]))
        self.assertNotEqual("", events[0]["remedy"])

    def test_the_command_fails(self):
        result = self.program.run("run", "--json", "--dsn",
                                  "host=/nowhere dbname=x")
        event = json.loads(result.stdout.splitlines()[-1])
        validate(event)
        self.assertNotIn("store", event)

    def test_load(self):
        line = json.dumps({"id": "gid://shopify/Product/1", "title": "A",
                           "updatedAt": "2026-01-02T03:04:05Z"})
        self.program.file("lines", line + "\n{\n")
        events = self.events("load", "--types", self.types, "plain", "lines",
                             status=PARTIAL)
        self.assertEqual(["loaded", "summary"], names(events))
        self.assertEqual(("loaded_with_rejects", 1),
                         (events[0]["status"], events[0]["rejects"]))
        events = self.events("load", "--dry-run", "--types", self.types,
                             "plain", "lines", status=PARTIAL)
        self.assertEqual(["parsed", "summary"], names(events))

    def test_a_store_is_left_out(self):
        self.program.file("bulkpg.ini", self.program.read("bulkpg.ini")
                          .decode() + "\n[store broken]\n"
                          "domain = broken.myshopify.com\n"
                          "token = env:NO_SUCH_VARIABLE\n")
        events = self.events("run", status=CONFIG)
        failed = [one for one in events if one["event"] == "failed"]
        self.assertEqual([("broken", None)],
                         [(one["store"], one.get("job")) for one in failed])
        self.assertIn("loaded", names(events))

    def test_who_listens_hears_of_a_merge(self):
        with Listener(self.db, "bulkpg") as listener:
            self.run_program("run")
            heard = listener.payloads()
            self.shop.rule({"status": 403}, kind="run")
            self.program.run("run")
            self.assertEqual([], listener.payloads())
        self.assertEqual(
            [{"store": "acme", "job": "plain", "run_id": 1,
              "status": "loaded"}], [json.loads(text) for text in heard])


class Pushes(PushCase):
    def test_a_push(self):
        self.configure()
        self.mutation("tags", TAGS, """SELECT
            bulkpg.gid('Product', n) AS id, ARRAY['a'] AS tags
            FROM generate_series(1, 2) n""")
        events = read_events(self, self.program.run("push", "--json", "tags"))
        self.assertEqual("pushed", events[0]["event"])
        push = self.last_push()
        self.assertEqual((push["push_id"], push["rows"], push["sent"]),
                         (events[0]["push_id"], events[0]["rows"],
                          events[0]["sent"]))
