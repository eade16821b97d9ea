"""Pushes to APIs other than Shopify's: one request per row."""
import json
import signal

from harness.case import CONFIG, DENIED, FAILED, OK, PARTIAL
from harness.graph_case import GraphCase
from harness.push_case import PushCase

DEVICES = """{ InfraDevice { edges { node { id
  name { value } description { value } status { value } } } } }
"""
NEW_TAGS = """mutation NewTags($name: String!, $description: String)
    @push(key: "name", repeat: NEVER, max: 20) {
  BuiltinTagCreate(data: {name: {value: $name},
      description: {value: $description}}) {
    object { id name { value } }
  }
}
"""
DESCRIBE = """mutation Describe($data: InfraDeviceUpdateInput!)
    @push(key: "id", repeat: %s) {
  InfraDeviceUpdate(data: $data) {
    object { id description { value } }
  }
}
"""
WANTED = """DROP TABLE IF EXISTS public.wanted;
CREATE TABLE public.wanted (name text PRIMARY KEY, description text)"""


class SourcePush(GraphCase, PushCase):
    """Mutations of the Infrahub-shaped API."""

    def setUp(self):
        super().setUp()
        self.configure_sources("infrahub", tuning="retry_initial = 10ms")
        self.query("devices", DEVICES, "infrahub")

    # ---- doing -----------------------------------------------------------

    def want_tags(self, *names):
        """New tags: one row each."""
        self.db.execute(WANTED)
        for name in names:
            self.db.execute(f"INSERT INTO public.wanted VALUES "
                            f"('{name}', 'about {name}')")
        self.mutation("tags", NEW_TAGS, "SELECT name, description FROM "
                                        "public.wanted", store="infrahub")

    def want_descriptions(self, n=4, repeat="SAFE", text="new"):
        """Another description of n devices."""
        self.run_program("run", "devices")
        self.mutation("describe", DESCRIBE % repeat, f"""
            SELECT id, '{text} ' || name AS description_value,
                   description AS _before_description_value
            FROM infra_device ORDER BY id LIMIT {n}""", store="infrahub")

    def fault(self, action, **match):
        """A rule for the requests with a mutation."""
        nth, times = match.pop("nth", 1), match.pop("times", 1)
        self.graph.post("rules", {"match": {
            "api": "infrahub", "kind": "mutation", **match},
            "nth": nth, "times": times, "action": action})

    # ---- what happened ---------------------------------------------------

    def sent(self):
        """The variables of the mutations that reached the API."""
        return [one["variables"] for one in
                self.graph.log(api="infrahub", kind="mutation")]

    def tags(self):
        """The API's tags, beside those that it began with."""
        edges = self.graph.ask("infrahub", """{ BuiltinTag { edges { node { id
            name { value } description { value } } } } }""").data[
                "BuiltinTag"]["edges"]
        return sorted((one["node"]["name"]["value"],
                       one["node"]["description"]["value"])
                      for one in edges if not one["node"]["name"][
                          "value"].startswith("tag-"))

    def descriptions(self):
        edges = self.graph.ask("infrahub", DEVICES).data[
            "InfraDevice"]["edges"]
        return {one["node"]["id"]: one["node"]["description"]["value"]
                for one in edges}

    def pushed(self):
        return self.last_push(store="infrahub")

    def states(self, push_id=None):
        return super().states(push_id or self.pushed()["push_id"])

    def results(self, job, columns="*"):
        return self.result_rows(job, columns, "infrahub")


class Create(SourcePush):
    def test_rows_are_created(self):
        self.want_tags("a", "b", "c")
        result = self.push("tags")
        self.assertEqual({"applied": 3}, self.states(), result)
        push = self.pushed()
        self.assertEqual(("done", "direct", 3, 3), (
            push["status"], push["mode"], push["sent"], push["applied"]))
        self.assertEqual([(name, f"about {name}") for name in "abc"],
                         self.tags())
        rows = self.results("tags")
        self.assertEqual(list("abc"), [row["_key"] for row in rows])
        self.assertEqual({"a": "a", "b": "b", "c": "c"}, {
            row["_key"]: row["object_name_value"] for row in rows})
        self.assertTrue(all(row["object_id"] for row in rows), rows)
        # Nothing changed: nothing is sent.
        self.push("tags")
        self.assertEqual({"unchanged": 3}, self.states())
        self.assertEqual(3, len(self.sent()))

    def test_the_plan(self):
        self.want_tags("a")
        plan = self.run_program("plan", "tags").stdout
        self.assertIn("Rows: 1 new", plan)
        self.assertIn("All rows are sent as single requests", plan)
        self.assertNotIn("bulk", plan)
        self.push("tags", "--dry-run")
        self.assertEqual([], self.sent())

    def test_more_rows_than_direct(self):
        """An API without bulk operations gets single requests."""
        self.want_tags(*(f"t{n:03}" for n in range(60)))
        self.push("tags", status=FAILED)
        self.assertEqual([], self.sent())
        self.push("tags", "--force-max")
        self.assertEqual({"applied": 60}, self.states())
        self.assertEqual(60, len(self.tags()))

    def test_the_api_answers_false(self):
        """A name that exists is refused, and nothing else is."""
        self.want_tags("a", "tag-1", "b")
        self.push("tags", status=PARTIAL)
        self.assertEqual({"applied": 2, "refused": 1}, self.states())
        (error,) = self.push_errors(self.pushed()["push_id"])
        self.assertEqual(("ok", "the API answered false"),
                         (error["field"], error["message"]))
        (row,) = [row for row in self.results("tags")
                  if row["_state"] == "refused"]
        self.assertEqual("tag-1", row["_key"])
        self.assertIn("the API answered false", json.dumps(row["_errors"]))
        self.assertEqual(["a", "b"], [name for name, _ in self.tags()])
        # The same refused row is not sent again, unless it is asked for.
        self.push("tags", status=PARTIAL)
        self.assertEqual(3, len(self.sent()))
        self.push("tags", "--retry", "refused", status=PARTIAL)
        self.assertEqual(4, len(self.sent()))

    def test_an_error_in_place_of_the_payload(self):
        """It does not prove that nothing was done, so the row is held."""
        self.want_tags("a", "b")
        self.fault({"errors": [{"message": "the branch is locked"}],
                    "edits": [{"path": "data.BuiltinTagCreate",
                               "set": None}]}, contains='"a"')
        result = self.push("tags", status=FAILED)
        self.assertEqual({"applied": 1, "held": 1}, self.states())
        self.assertIn("the branch is locked", json.dumps(
            self.push_errors(self.pushed()["push_id"])), result)
        self.check_is_held("a")

    def check_is_held(self, key):
        """The row is not sent again before a user decides."""
        mark, push = len(self.sent()), str(self.pushed()["push_id"])
        self.push("tags", status=FAILED)
        self.assertEqual(mark, len(self.sent()))
        self.push("--settle", push, "applied", "--key", key)
        self.push("tags")
        self.assertEqual(mark, len(self.sent()))

    def test_errors_and_no_data(self):
        """The API did not execute the request."""
        self.want_tags("a", "b")
        self.fault({"status": 200, "body": {"errors": [
            {"message": "the schema is being changed"}]}}, contains='"a"')
        self.push("tags", status=PARTIAL)
        self.assertEqual({"applied": 1, "refused": 1}, self.states())
        (error,) = self.push_errors(self.pushed()["push_id"])
        self.assertEqual("the schema is being changed", error["message"])

    def test_errors_that_are_texts(self):
        """An Infrahub writes some of its errors so."""
        self.want_tags("a", "b")
        self.fault({"status": 200, "body": {"errors": [
            "the schema is being changed"]}}, contains='"a"')
        self.push("tags", status=PARTIAL)
        self.assertEqual({"applied": 1, "refused": 1}, self.states())
        (error,) = self.push_errors(self.pushed()["push_id"])
        self.assertEqual("the schema is being changed", error["message"])

    def test_an_answer_that_is_lost(self):
        """The tag is there; it is not created twice."""
        for action in ({"close": True, "after": True},
                       {"status": 502, "after": True, "body": "Bad Gateway"}):
            with self.subTest(action=action):
                self.graph.post("reset")
                self.db.execute("DROP SCHEMA IF EXISTS bulkpg CASCADE;"
                                "DROP SCHEMA IF EXISTS infrahub CASCADE")
                self.want_tags("a", "b")
                self.fault(action, contains='"a"')
                self.push("tags", status=FAILED)
                self.assertEqual({"applied": 1, "held": 1}, self.states())
                self.assertEqual(["a", "b"], [name for name, _
                                              in self.tags()])
                self.assertEqual(2, len(self.sent()))
                self.check_is_held("a")

    def test_a_push_that_is_killed(self):
        """Rows that were in flight are held."""
        self.want_tags("a", "b")
        self.fault({"hold": True, "after": True}, contains='"a"')
        running = self.program.start("push", "tags")
        self.wait_for(lambda: self.graph.get("held") > 0
                      and len(self.tags()) == 2 or not running.is_alive())
        running.signal(signal.SIGKILL)
        running.wait()
        self.graph.post("rules/clear")
        self.program.run("push", "tags")
        self.program.run("push", "tags")
        self.assertEqual(["a", "b"], [name for name, _ in self.tags()])
        self.assertEqual(2, len(self.sent()))

    def test_the_rate_limit(self):
        """Nothing was executed, so the row is sent again."""
        self.want_tags("a", "b", "c")
        self.fault({"status": 429, "headers": {"Retry-After": "0"},
                    "body": {"errors": ["Too many requests"]}}, times=2)
        self.push("tags")
        self.assertEqual({"applied": 3}, self.states())
        self.assertEqual(["a", "b", "c"], [name for name, _ in self.tags()])

    def test_a_secret_that_is_wrong(self):
        self.want_tags("a", "b")
        self.push("tags", "--dry-run")
        self.graph.post("token", {"api": "infrahub", "expire": True})
        self.push("tags", status=DENIED)
        self.graph.post("token", {"api": "infrahub", "text":
                                  self.graph.apis["infrahub"]["token"]})
        self.assertEqual([], self.tags())
        self.push("tags")
        self.assertEqual(["a", "b"], [name for name, _ in self.tags()])

    def test_a_field_that_does_not_exist(self):
        self.want_tags("a")
        self.mutation("tags", NEW_TAGS.replace("name { value }", "nam"),
                      store="infrahub")
        result = self.push("tags", status=CONFIG)
        self.assertIn("nam", result.stderr)
        self.assertEqual([], self.sent())


class Update(SourcePush):
    def check_descriptions(self, n, text="new"):
        """So many devices have the new description, and a pull shows it. It
        reads the data as they were some seconds ago by the API's clock."""
        changed = [one for one in self.descriptions().values()
                   if one and one.startswith(text + " ")]
        self.assertEqual(n, len(changed))
        self.graph.set(api="infrahub", clock_ahead_s=30)
        self.run_program("run", "devices")
        self.assertEqual(self.descriptions(), {
            row["id"]: row["description"] for row in self.db.rows(
                "SELECT id::text, description FROM infrahub.infra_device")})

    def test_rows_are_updated(self):
        self.want_descriptions()
        self.push("describe")
        self.assertEqual({"applied": 4}, self.states())
        self.assertEqual(4, len(self.sent()))
        for row in self.results("describe"):
            self.assertEqual((str(row["_key"]), "new "),
                             (str(row["object_id"]),
                              row["object_description_value"][:4]))
        self.check_descriptions(4)
        # The tables hold what was sent.
        self.push("describe")
        self.assertEqual(4, len(self.sent()))

    def test_an_id_that_is_gone(self):
        """The API reports an error in place of the payload, so that the
        outcome is unknown, however often the row is sent."""
        self.want_descriptions()
        gone = self.db.value("SELECT min(id::text) AS v "
                             "FROM infrahub.infra_device")
        self.graph.post("change", {"api": "infrahub", "ids": [gone],
                                   "delete": True})
        self.push("describe", status=FAILED)
        self.assertEqual({"applied": 3, "unknown": 1}, self.states())
        self.assertIn("Unable to find the node " + gone, json.dumps(
            self.push_errors(self.pushed()["push_id"])))
        self.assertEqual(6, len(self.sent()))

    def test_an_answer_that_is_lost(self):
        """A row that may be repeated is sent again; without that, it is
        held."""
        for repeat, status, states, requests in (
                ("SAFE", OK, {"applied": 4}, 5),
                ("NEVER", FAILED, {"applied": 3, "held": 1}, 4)):
            with self.subTest(repeat=repeat):
                self.graph.post("reset")
                self.db.execute("DROP SCHEMA IF EXISTS bulkpg CASCADE;"
                                "DROP SCHEMA IF EXISTS infrahub CASCADE")
                self.want_descriptions(repeat=repeat)
                self.fault({"close": True, "after": True}, nth=2)
                self.push("describe", status=status)
                self.assertEqual(states, self.states())
                self.assertEqual(requests, len(self.sent()))
                self.check_descriptions(4)

    def test_undo(self):
        self.want_descriptions()
        before = self.descriptions()
        self.push("describe")
        self.assertNotEqual(before, self.descriptions())
        self.push("--undo", str(self.pushed()["push_id"]))
        self.assertEqual(before, self.descriptions())

    def test_another_branch(self):
        """A push changes the branch of the section, and no other."""
        self.configure_sources("infrahub",
                               more={"infrahub": "branch = feature/racks"})
        before = self.descriptions()
        self.want_descriptions()
        self.push("describe")
        self.assertEqual({"applied": 4}, self.states())
        self.assertEqual(before, self.descriptions())
        self.assertEqual({"feature/racks"}, {
            one["branch"] for one in self.graph.log(api="infrahub",
                                                    kind="mutation")})
