"""Events for other programs: --json and NOTIFY."""
import json
import os
import unittest

from cases.queries import PLAIN
from harness.case import CONFIG, DENIED, OK, PARTIAL, USAGE, Case
from harness.cluster import Listener
from harness.push_case import PRICES, TAGS, VARIANTS, PushCase

HERE = os.path.dirname(__file__)
SCHEMA = os.path.join(HERE, "../../../docs/events.schema.json")
WITH_BEFORE = """SELECT v._parent_id AS product_id,
  jsonb_agg(jsonb_build_object(
    'id', bulkpg.gid('ProductVariant', v.id), 'price', '7.50')
    ORDER BY v.id) AS variants,
  jsonb_agg(jsonb_build_object(
    'id', bulkpg.gid('ProductVariant', v.id), 'price', v.price::text)
    ORDER BY v.id) AS _before_variants
FROM products_variants v GROUP BY 1 ORDER BY 1 LIMIT 2"""


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
    def setUp(self):
        super().setUp()
        self.configure()

    def tags(self, rows=2, direct=50, sql=None):
        self.mutation("tags", TAGS.replace(
            "String!]!) {", f"String!]!) @push(direct: {direct}) {{"),
            sql or f"""SELECT bulkpg.gid('Product', n) AS id,
            ARRAY['a'] AS tags
            FROM (SELECT id AS n FROM products ORDER BY id LIMIT {rows}) n""")

    def events(self, *arguments, status=OK):
        return read_events(self, self.push("--json", *arguments,
                                           status=status))

    def check_counts(self, event, **counts):
        self.assertEqual(counts, {name: event[name] for name in counts})

    def test_a_push(self):
        self.pull(catalogue=VARIANTS)
        self.tags()
        events = self.events("tags")
        self.assertEqual(["pushed", "summary"], names(events))
        push = self.last_push()
        self.assertEqual((push["push_id"], push["rows"], push["sent"]),
                         (events[0]["push_id"], events[0]["rows"],
                          events[0]["sent"]))
        self.check_counts(events[0], rows=2, sent=2, applied=2, refused=0)

    def test_a_bulk_push_with_a_refused_row(self):
        self.pull(catalogue=VARIANTS)
        self.tags(direct=0, sql="""SELECT bulkpg.gid('Product', n) AS id,
            ARRAY['a'] AS tags FROM (SELECT id AS n FROM products
            UNION ALL SELECT 1) n""")
        events = self.events("tags", status=PARTIAL)
        self.assertEqual(["submitted", "result", "pushed", "failed",
                          "summary"], names(events))
        push = self.last_push()
        for event in events[:-1]:
            self.assertEqual(("acme", "tags", push["push_id"]),
                             (event["store"], event["job"],
                              event["push_id"]))
        self.assertEqual(push["rows"], events[0]["lines"])
        self.assertEqual(("COMPLETED", events[0]["operation_id"]),
                         (events[1]["status"], events[1]["operation_id"]))
        self.check_counts(events[2], refused=1, applied=push["rows"] - 1)
        self.assertEqual("PUSH_REFUSED", events[3]["code"])

    def test_a_dry_run(self):
        self.pull(catalogue=VARIANTS)
        self.tags()
        events = self.events("--dry-run", "tags")
        self.assertEqual(["pushed", "summary"], names(events))
        self.assertNotIn("push_id", events[0])
        self.check_counts(events[0], rows=2, changed=2, sent=0, applied=0)
        self.assertEqual([], self.shop.ledger())

    def test_an_undo_leaves_rows_alone(self):
        self.pull(catalogue=VARIANTS)
        self.mutation("prices", PRICES, WITH_BEFORE)
        self.push("prices")
        push_id = self.last_push()["push_id"]
        self.db.execute("""UPDATE bulkpg.push_row SET before = NULL
            WHERE number = 0""")
        events = self.events("--undo", str(push_id))
        self.assertEqual(["left", "pushed", "summary"], names(events))
        self.assertEqual(("acme", "prices", push_id, "no_values_before", 1),
                         tuple(events[0][name] for name in (
                             "store", "job", "push_id", "reason", "rows")))
        self.check_counts(events[1], rows=1, applied=1)
        events = self.events("--undo", str(push_id))
        self.assertEqual([("left", "changed", 1),
                          ("left", "no_values_before", 1)],
                         [(one["event"], one["reason"], one["rows"])
                          for one in events[:2]])
        self.assertEqual("", self.push("-q", "--undo", str(push_id)).stdout)
        events = self.events("--undo", "4711", status=USAGE)
        self.assertEqual(["failed", "summary"], names(events))

    def test_settle(self):
        self.pull(catalogue=VARIANTS)
        self.tags()
        self.push("tags")
        push_id = self.last_push()["push_id"]
        for table in "push_row", "push_state":
            self.db.execute(f"UPDATE bulkpg.{table} SET state = 'unknown'")
        events = self.events("--settle", str(push_id), "applied")
        self.assertEqual(["settled", "summary"], names(events))
        self.assertEqual(("acme", "tags", push_id, "applied", 2),
                         tuple(events[0][name] for name in (
                             "store", "job", "push_id", "outcome", "rows")))
        self.assertEqual(1, events[1]["jobs"])
        events = self.events("--settle", str(push_id), "applied",
                             status=USAGE)
        self.assertEqual(["failed", "summary"], names(events))

    def test_the_command_fails(self):
        events = self.events("nothing", status=USAGE)
        self.assertEqual(["failed", "summary"], names(events))
