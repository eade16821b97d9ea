"""The fake graph server, and the oracle for pages, compared with results that
were computed by hand. No test here needs the program."""
import base64
import http.client
import json
import time
import unittest
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import oracle
from harness.case import World
from harness.program import LAST_RESORT

ISSUES = """query($after: String, $since: DateTime, $n: Int = 10) {
  repository(owner: "o", name: "n") { id
    issues(first: $n, after: $after, filterBy: {since: $since}%s) {
      totalCount pageInfo { hasNextPage endCursor }
      nodes { id number title updatedAt } } } }"""


class FakeGraphTest(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.graph = World.graph()
        self.graph.post("reset")

    def ask(self, api, query, variables=None, **how):
        return self.graph.ask(api, query, variables, **how)

    def data(self, api, query, variables=None, **how):
        answer = self.ask(api, query, variables, **how)
        self.assertIsNone(answer.errors, answer.text)
        return answer.data

    def issues(self, order="", **variables):
        return self.data("github", ISSUES % order,
                         variables)["repository"]["issues"]

    def pages(self, order="", **variables):
        """All pages of the issues, one list of rows each."""
        out, after = [], None
        while True:
            page = self.issues(order, after=after, **variables)
            out.append(page["nodes"])
            if not page["pageInfo"]["hasNextPage"]:
                return out
            after = page["pageInfo"]["endCursor"]

    def give_issues(self, *rows):
        """Let the repository have these issues; returns its id."""
        repository = self.data("github", ISSUES % "")["repository"]["id"]
        self.graph.give("github", repository + ".issues", "Issue", [
            {"id": f"I{n}", "number": n, "title": f"issue {n}",
             "updatedAt": f"2025-03-{day:02}T00:00:00Z"} for n, day in rows])
        return repository

    def numbers(self, pages):
        return [[row["number"] for row in page] for page in pages]


class Relay(FakeGraphTest):
    def test_a_walk_finds_every_row_once(self):
        pages = self.pages()
        self.assertEqual([10, 10, 5], [len(page) for page in pages])
        self.assertEqual(list(range(1, 26)), sum(self.numbers(pages), []))
        self.assertEqual(25, len({row["id"] for page in pages
                                  for row in page}))
        self.assertEqual(25, self.issues()["totalCount"])

    def test_the_seed_gives_the_same_rows_again(self):
        first = self.pages()
        self.graph.post("reset")
        self.assertEqual(first, self.pages(n=10))

    def test_sizes_are_settable(self):
        self.graph.set(api="github", sizes={"Repository.issues": 3})
        self.assertEqual([[1, 2, 3]], self.numbers(self.pages()))
        self.graph.set(api="github", sizes={"Repository.issues": 0})
        page = self.issues()
        self.assertEqual([], page["nodes"])
        self.assertEqual({"hasNextPage": False, "endCursor": None},
                         page["pageInfo"])

    def test_since_and_order(self):
        self.give_issues((1, 9), (2, 3), (3, 7), (4, 5))
        self.assertEqual([[1, 3, 4]], self.numbers(
            self.pages(since="2025-03-05T00:00:00Z")))
        order = ", orderBy: {field: UPDATED_AT, direction: %s}"
        self.assertEqual([[2, 4], [3, 1]],
                         self.numbers(self.pages(order % "ASC", n=2)))
        self.assertEqual([[1, 3], [4, 2]],
                         self.numbers(self.pages(order % "DESC", n=2)))

    def test_a_cursor_survives_changes(self):
        self.give_issues((1, 1), (2, 2), (3, 3), (4, 4))
        order = ", orderBy: {field: UPDATED_AT, direction: ASC}"
        first = self.issues(order, n=2)
        self.assertEqual([[1, 2]], self.numbers([first["nodes"]]))
        # The cursor's row goes, and row 1 changes: it comes again.
        self.graph.post("change", {"api": "github", "ids": ["I2"],
                                   "delete": True})
        self.graph.post("change", {"api": "github", "ids": ["I1"],
                                   "at": "2025-04-01T00:00:00Z",
                                   "set": {"title": "new"}})
        rest = self.issues(order, n=3,
                           after=first["pageInfo"]["endCursor"])
        self.assertEqual([[3, 4, 1]], self.numbers([rest["nodes"]]))
        self.assertEqual("new", rest["nodes"][2]["title"])
        self.assertEqual(3, rest["totalCount"])

    def test_rows_change_while_they_are_walked(self):
        self.give_issues((1, 1), (2, 2), (3, 3))
        self.graph.rule({"change": [{"ids": ["I3"], "delete": True}]},
                        nth=2, api="github")
        self.assertEqual([[1], [2]], self.numbers(self.pages(n=1)))

    def test_ids_give_the_same_rows(self):
        rows = self.pages(n=3)[0]
        query = """query($ids: [ID!]!) { nodes(ids: $ids) {
            ... on Issue { id number title updatedAt } } }"""
        ids = [row["id"] for row in rows]
        self.assertEqual(rows, self.data("github", query,
                                         {"ids": ids})["nodes"])
        self.graph.post("change", {"api": "github", "ids": ids[:1],
                                   "delete": True})
        self.assertEqual([None] + rows[1:], self.data(
            "github", query, {"ids": ids})["nodes"])
        answer = self.ask("github", query, {"ids": ids[:1] * 101})
        self.assertEqual("ARGUMENT_LIMIT", answer.errors[0]["type"])

    def test_nested_pages_by_node(self):
        self.graph.set(api="github", sizes={"Issue.comments": 5})
        issue = self.pages()[0][0]["id"]
        query = """query($id: ID!, $after: String) { node(id: $id) {
            ... on Issue { comments(first: 3, after: $after) { totalCount
              pageInfo { endCursor hasNextPage } nodes { id } } } } }"""
        first = self.data("github", query, {"id": issue})["node"]["comments"]
        rest = self.data("github", query, {
            "id": issue, "after": first["pageInfo"]["endCursor"]}
        )["node"]["comments"]
        self.assertEqual((3, True, 2, False, 5), (
            len(first["nodes"]), first["pageInfo"]["hasNextPage"],
            len(rest["nodes"]), rest["pageInfo"]["hasNextPage"],
            rest["totalCount"]))

    def test_cursors_that_are_refused(self):
        after = self.issues()["pageInfo"]["endCursor"]
        self.graph.set(api="github", cursor_epoch=2)
        answer = self.ask("github", ISSUES % "", {"after": after})
        self.assertEqual("INVALID_CURSOR_ARGUMENTS",
                         answer.errors[0]["type"])
        self.graph.set(api="github", unknown_cursor="restart")
        self.assertEqual(1, self.issues(after=after)["nodes"][0]["number"])

    def test_page_sizes(self):
        query = """{ repository(owner: "o", name: "n") {
            issues%s { nodes { id } } } }"""
        for arguments, code in (("", "MISSING_PAGINATION_BOUNDARIES"),
                                ("(first: 101)", "EXCESSIVE_PAGINATION")):
            answer = self.ask("github", query % arguments)
            self.assertEqual(code, answer.errors[0]["type"])
        self.assertEqual(50, len(self.data(
            "linear", "{ issues { nodes { id } } }")["issues"]["nodes"]))

    def test_pages_that_are_shorter_than_asked_for(self):
        self.graph.set(api="github", page_clip=4)
        self.assertEqual([4] * 6 + [1],
                         [len(page) for page in self.pages(n=10)])

    def test_what_does_not_exist(self):
        answer = self.ask("github", '{ repository(owner: "o", '
                          'name: "missing") { id } }')
        self.assertIsNone(answer.data["repository"])
        self.assertEqual("NOT_FOUND", answer.errors[0]["type"])

    def test_saleor(self):
        query = """query($after: String, $since: DateTime) {
            products(first: 15, after: $after, where: {updatedAt: {range:
              {gte: $since}}}, sortBy: {field: LAST_MODIFIED_AT,
              direction: ASC}) { totalCount pageInfo { hasNextPage endCursor }
              edges { node { id updatedAt } } } }"""
        ids, times, after = [], [], None
        while True:
            page = self.data("saleor", query, {"after": after})["products"]
            ids += [edge["node"]["id"] for edge in page["edges"]]
            times += [edge["node"]["updatedAt"] for edge in page["edges"]]
            if not page["pageInfo"]["hasNextPage"]:
                break
            after = page["pageInfo"]["endCursor"]
        self.assertEqual((40, 40, 40), (page["totalCount"], len(ids),
                                        len(set(ids))))
        self.assertEqual(sorted(times), times)
        since = self.data("saleor", query, {"since": times[30]})["products"]
        self.assertEqual(ids[30:], [edge["node"]["id"]
                                    for edge in since["edges"]])
        self.assertTrue(base64.b64decode(ids[0]).startswith(b"Product:"))

    def test_linear(self):
        query = """query($since: DateTimeOrDuration) {
            issues(first: 250, filter: {updatedAt: {gte: $since}},
              orderBy: updatedAt) { nodes { id updatedAt } } }"""
        rows = self.data("linear", query)["issues"]["nodes"]
        self.assertEqual(120, len(rows))
        times = [row["updatedAt"] for row in rows]
        self.assertEqual(sorted(times, reverse=True), times)
        self.assertEqual(times[:5], [row["updatedAt"] for row in self.data(
            "linear", query, {"since": times[4]})["issues"]["nodes"]])
        one = "query($id: String!) { issue(id: $id) { id updatedAt } }"
        self.assertEqual(rows[7], self.data("linear", one, {
            "id": rows[7]["id"]})["issue"])


class Offset(FakeGraphTest):
    QUERY = """query($skip: Int, $limit: Int = 20) {
        articles(skip: $skip, limit: $limit) { total items { id title } } }"""

    def titles(self, **variables):
        page = self.data("plain", self.QUERY, variables)["articles"]
        return page["total"], [row["title"] for row in page["items"]]

    def give(self, *titles):
        self.graph.give("plain", "articles", "Article", [
            {"id": f"a{n}", "title": title}
            for n, title in enumerate(titles)])

    def test_pages(self):
        self.give("a", "b", "c", "d", "e")
        self.assertEqual((5, ["a", "b"]), self.titles(limit=2))
        self.assertEqual((5, ["e"]), self.titles(limit=2, skip=4))
        self.assertEqual((5, []), self.titles(skip=5))

    def test_a_row_that_goes_moves_the_others(self):
        self.give("a", "b", "c", "d")
        self.assertEqual((4, ["a", "b"]), self.titles(limit=2))
        self.graph.post("change", {"api": "plain", "ids": ["a0"],
                                   "delete": True})
        self.assertEqual((3, ["d"]), self.titles(limit=2, skip=2))

    def test_a_field_that_is_the_list(self):
        query = "query($o: Int) { orders(offset: $o, limit: 10) { id } }"
        sizes = [len(self.data("plain", query, {"o": at})["orders"])
                 for at in (0, 10, 20, 30)]
        self.assertEqual([10, 10, 8, 0], sizes)

    def test_other_lists(self):
        data = self.data("plain", "{ countries { code } "
                         "latest(limit: 3) { id } version }")
        self.assertEqual((7, 3, "1.0"), (
            len(data["countries"]), len(data["latest"]), data["version"]))


class Infrahub(FakeGraphTest):
    DEVICES = """query($ids: [ID], $after: DateTime) {
        InfraDevice(ids: $ids, limit: 100,
            node_metadata__updated_at__after: $after) {
          count edges { node { id name { value } } } } }"""

    def devices(self, path="", **variables):
        page = self.data("infrahub", self.DEVICES, variables,
                         path=path)["InfraDevice"]
        self.assertEqual(page["count"], len(page["edges"]))
        return {edge["node"]["id"]: edge["node"]["name"]["value"]
                for edge in page["edges"]}

    def change(self, **what):
        return self.graph.post("change", {"api": "infrahub",
                                          "type": "InfraDevice", **what})

    def test_offset_pages(self):
        query = """query($o: Int) { InfraDevice(offset: $o, limit: 12) {
            count edges { node { id } } } }"""
        pages = [self.data("infrahub", query, {"o": at})["InfraDevice"]
                 for at in (0, 12, 24, 36)]
        self.assertEqual([12, 12, 6, 0],
                         [len(page["edges"]) for page in pages])
        self.assertEqual({30}, {page["count"] for page in pages})
        self.assertEqual(30, len({edge["node"]["id"] for page in pages
                                  for edge in page["edges"]}))

    def test_without_a_limit_everything_comes(self):
        self.assertEqual(30, len(self.data("infrahub", """{ InfraDevice {
            edges { node { id } } } }""")["InfraDevice"]["edges"]))

    def test_objects_fit_together(self):
        data = self.data("infrahub", """{ InfraDevice { edges { node { id
            interfaces { count edges { node { id __typename
              device { node { id } } } } } } } }
          InfraInterface { count } InfraInterfaceL2 { count }
          InfraInterfaceL3 { count } }""")
        counted = 0
        for edge in data["InfraDevice"]["edges"]:
            inner = edge["node"]["interfaces"]
            counted += inner["count"]
            for one in inner["edges"]:
                self.assertEqual(edge["node"]["id"],
                                 one["node"]["device"]["node"]["id"])
        self.assertEqual(counted, data["InfraInterface"]["count"])
        self.assertEqual(counted, data["InfraInterfaceL2"]["count"]
                         + data["InfraInterfaceL3"]["count"])

    def test_a_moment(self):
        before = self.devices()
        ids = self.change(count=1, at="2025-07-01T00:00:00Z",
                          set={"name": "renamed"})["ids"]
        self.change(**{"from": 1}, at="2025-07-02T00:00:00Z", delete=True)
        self.change(grow=2, at="2025-07-03T00:00:00Z")
        for day, count, name in ((1, 30, "renamed"), (2, 29, "renamed"),
                                 (3, 31, "renamed")):
            seen = self.devices(f"?at=2025-07-0{day}T12:00:00Z")
            self.assertEqual((count, name), (len(seen), seen[ids[0]]))
        self.assertEqual(before,
                         self.devices("?at=2025-06-30T00:00:00Z"))
        self.assertEqual(ids, list(self.devices(
            "?at=2025-07-01T12:00:00Z", after="2025-06-30T00:00:00Z")))

    def test_branches(self):
        self.graph.post("branch", {"name": "lab",
                                   "from": "2025-07-01T00:00:00Z"})
        ids = self.change(count=1, branch="lab", set={"name": "in lab"},
                          at="2025-07-02T00:00:00Z")["ids"]
        self.change(ids=ids, set={"name": "in main"},
                    at="2025-07-03T00:00:00Z")
        self.assertEqual(["in lab"],
                         list(self.devices("/lab", ids=ids).values()))
        self.assertEqual(["in main"],
                         list(self.devices("/main", ids=ids).values()))
        self.assertEqual(["device-1"], list(self.devices(
            "/feature/racks", ids=ids).values()))

    def test_a_branch_that_does_not_exist(self):
        answer = self.ask("infrahub", "{ Branch { name } }", path="/nope")
        self.assertEqual((404, {"errors": ["Branch: nope not found."]}),
                         (answer.status, answer.json))

    def test_errors_are_strings(self):
        answer = self.ask("infrahub", "{ nothing }")
        self.assertIn("nothing", answer.errors[0])

    def test_pages_without_order(self):
        self.graph.set(api="infrahub", shuffle=True)
        query = """query($o: Int) { InfraDevice(offset: $o, limit: 10) {
            edges { node { id } } } }"""
        ids = {edge["node"]["id"] for at in (0, 10, 20) for edge in self.data(
            "infrahub", query, {"o": at})["InfraDevice"]["edges"]}
        self.assertLess(len(ids), 30)


class Limits(FakeGraphTest):
    def test_github_points(self):
        answer = self.ask("github", """{ viewer { repositories(first: 100) {
            nodes { issues(first: 50) { nodes { labels(first: 60) {
            nodes { id } } } } } } } rateLimit { cost remaining } }""")
        self.assertEqual({"cost": 51, "remaining": 4949},
                         answer.data["rateLimit"])
        self.assertEqual("4949", answer.headers["x-ratelimit-remaining"])

    def test_github_without_points(self):
        self.graph.set(api="github", points_limit=2)
        for remaining in ("1", "0"):
            answer = self.ask("github", ISSUES % "")
            self.assertEqual(remaining,
                             answer.headers["x-ratelimit-remaining"])
        answer = self.ask("github", ISSUES % "")
        self.assertEqual((200, "RATE_LIMITED"),
                         (answer.status, answer.errors[0]["type"]))
        self.assertNotIn("data", answer.json)
        self.graph.set(api="github", points_limit=9)
        self.assertIsNone(self.ask("github", ISSUES % "").errors)

    def test_github_nodes(self):
        self.graph.set(api="github", query_cost_limit=9)
        answer = self.ask("github", ISSUES % "")
        self.assertEqual("MAX_NODE_LIMIT_EXCEEDED",
                         answer.errors[0]["type"])

    def test_linear(self):
        query = "{ issues(first: 10) { nodes { id title } } }"
        # Nothing comes back into the bucket during the test.
        self.graph.set(api="linear", complexity_window_s=10**12)
        answer = self.ask("linear", query)
        # 10 issues, 10 times one object (nodes), 20 properties.
        self.assertEqual("22", answer.headers["x-complexity"])
        self.assertEqual("249978",
                         answer.headers["x-ratelimit-complexity-remaining"])
        self.graph.set(api="linear", complexity_limit=40)
        answer = self.ask("linear", query)
        self.assertEqual((400, "RATELIMITED"), (
            answer.status, answer.errors[0]["extensions"]["code"]))
        self.graph.set(api="linear", query_cost_limit=20)
        answer = self.ask("linear", query)
        self.assertEqual("Query too complex", answer.errors[0]["message"])

    def test_saleor(self):
        query = "{ products(first: 10) { edges { node { id } } } }"
        cost = self.ask("saleor", query).json["extensions"]["cost"]
        self.graph.set(api="saleor",
                       query_cost_limit=cost["requestedQueryCost"] - 1)
        answer = self.ask("saleor", query)
        self.assertIn("maximum cost", answer.errors[0]["message"])
        self.assertNotIn("data", answer.json)

    def test_requests_per_window(self):
        self.graph.set(api="saleor", requests_limit=1, requests_window_s=900)
        query = "{ shop { name } }"
        self.assertEqual(200, self.ask("saleor", query).status)
        answer = self.ask("saleor", query)
        self.assertEqual(429, answer.status)
        self.assertTrue(890 < int(answer.headers["Retry-After"]) <= 900)
        self.graph.set(api="saleor", retry_after="date")
        self.assertIn("GMT", self.ask("saleor", query).headers["Retry-After"])
        self.graph.set(api="saleor", retry_after="none")
        self.assertNotIn("Retry-After", self.ask("saleor", query).headers)
        self.graph.set(api="github", requests_limit=1)
        self.assertEqual(200, self.ask("github", ISSUES % "").status)
        self.assertEqual(403, self.ask("github", ISSUES % "").status)

    def wait_for_held(self, count):
        end = time.monotonic() + LAST_RESORT
        while self.graph.get("held") < count:
            self.assertLess(time.monotonic(), end)
            time.sleep(0.01)

    def test_requests_in_flight_are_counted(self):
        self.graph.rule({"hold": True}, times=3, api="github")
        with ThreadPoolExecutor(3) as pool:
            asked = [pool.submit(self.ask, "github", ISSUES % "")
                     for _ in range(3)]
            self.wait_for_held(3)
            self.graph.post("release")
            statuses = [one.result().status for one in asked]
        self.assertEqual([200] * 3, statuses)
        self.assertEqual({"now": 0, "most": 3, "requests": 3},
                         self.graph.flight("github"))

    def test_too_many_at_a_time(self):
        self.graph.set(api="github", in_flight_limit=1)
        self.graph.rule({"hold": True, "after": True}, api="github")
        with ThreadPoolExecutor(1) as pool:
            first = pool.submit(self.ask, "github", ISSUES % "")
            self.wait_for_held(1)
            answer = self.ask("github", ISSUES % "")
            self.graph.post("release")
            self.assertEqual(200, first.result().status)
        self.assertEqual((403, "60"), (answer.status,
                                       answer.headers["Retry-After"]))


    def test_limits_that_are_filled_again(self):
        self.graph.set(api="github", points_limit=2)
        for status in "data", "data", "errors":
            self.assertIn(status, self.ask("github", ISSUES % "").json)
        self.graph.post("refill", {"api": "github"})
        self.assertIn("data", self.ask("github", ISSUES % "").json)


class Faults(FakeGraphTest):
    def after_rule(self, action, query=ISSUES % "", api="github"):
        self.graph.rule(action, api=api)
        return self.ask(api, query)

    def test_answers_that_are_not_graphql(self):
        for status, body in ((502, "<html>Bad Gateway</html>"), (200, ""),
                             (500, "{}"), (401, {"message": "no"})):
            answer = self.after_rule({"status": status, "body": body})
            self.assertEqual(status, answer.status)
            self.assertEqual(body if isinstance(body, str)
                             else json.dumps(body, separators=(",", ":")),
                             answer.text)
        self.assertEqual(200, self.ask("github", ISSUES % "").status)

    def test_a_connection_that_is_cut(self):
        with self.assertRaises((urllib.error.URLError,
                                http.client.HTTPException)):
            self.after_rule({"close": True})

    def test_errors_without_data(self):
        answer = self.after_rule({"without_data": True, "errors": [
            {"message": "Something went wrong"}]})
        self.assertEqual({"errors": [{"message": "Something went wrong"}]},
                         answer.json)

    def test_a_null_connection_and_a_missing_root(self):
        answer = self.after_rule({"edits": [
            {"path": "data.repository.issues", "set": None}]})
        self.assertIsNone(answer.data["repository"]["issues"])
        answer = self.after_rule({"edits": [
            {"path": "data.repository", "delete": True}]})
        self.assertEqual({}, answer.data)

    def test_a_field_that_fails_in_one_row(self):
        self.give_issues((1, 1), (2, 2), (3, 3))
        self.graph.set(api="github", twists=[{
            "type": "Issue", "field": "title", "ids": ["I2"],
            "fail": {"message": "timeout", "code": "INTERNAL"}}])
        answer = self.ask("github", ISSUES % "")
        rows = answer.data["repository"]["issues"]["nodes"]
        # title is not nullable: the null takes the row.
        self.assertEqual([1, None, 3], [row and row["number"]
                                        for row in rows])
        self.assertEqual([["repository", "issues", "nodes", 1, "title"]],
                         [one["path"] for one in answer.errors])

    def test_a_field_that_is_denied(self):
        self.give_issues((1, 1), (2, 2))
        self.graph.set(api="github", twists=[{
            "type": "Issue", "field": "author",
            "fail": {"message": "no access", "code": "FORBIDDEN"}}])
        answer = self.ask("github", """{ repository(owner: "o", name: "n") {
            issues(first: 2) { nodes { number author { login } } } } }""")
        self.assertEqual([{"number": 1, "author": None},
                          {"number": 2, "author": None}],
                         answer.data["repository"]["issues"]["nodes"])
        self.assertEqual(["FORBIDDEN"] * 2,
                         [one["type"] for one in answer.errors])

    def twist(self, **what):
        self.give_issues((1, 1), (2, 2), (3, 3))
        self.graph.rule({"twists": [{"type": "Repository", "field": "issues",
                                     **what}]}, api="github", nth=1, times=-1)
        return self.issues(n=2)

    def rows(self, **what):
        self.graph.post("reset")
        return [row and row["number"] for row in self.twist(**what)["nodes"]]

    def test_rows_that_are_wrong(self):
        self.assertEqual([None, 2], self.rows(**{"as": "null"}))
        self.assertEqual([1, None], self.rows(**{"as": "null",
                                                 "rows": ["I2"]}))
        self.assertEqual([2], self.rows(**{"as": "drop", "rows": [0]}))
        self.assertEqual([1, 2, 2], self.rows(**{"as": "repeat",
                                                 "rows": [1]}))

    def test_a_null_node_in_an_edge(self):
        self.graph.give("plain", "shelves", "Shelf", [])
        query = """{ library { info { shelves(first: 2) {
            edges { position node { id } } } } } }"""
        answer = self.after_rule({"edits": [
            {"path": "data.library.info.shelves.edges.0.node",
             "set": None}]}, query, "plain")
        edges = answer.data["library"]["info"]["shelves"]["edges"]
        self.assertEqual([True, False],
                         [edge["node"] is None for edge in edges][:2])

    def test_cursors_that_are_wrong(self):
        page = self.twist(cursor="null")
        self.assertEqual({"hasNextPage": True, "endCursor": None},
                         page["pageInfo"])
        self.graph.post("reset")
        first = self.twist(cursor="unchanged")["pageInfo"]["endCursor"]
        again = self.issues(n=2, after=first)
        self.assertEqual({"hasNextPage": True, "endCursor": first},
                         again["pageInfo"])
        self.graph.post("reset")
        first = self.twist(cursor="first")["pageInfo"]["endCursor"]
        third = self.issues(n=1, after=self.issues(
            n=1, after=first)["pageInfo"]["endCursor"])
        self.assertEqual(first, third["pageInfo"]["endCursor"])

    def test_totals_that_lie(self):
        self.assertEqual(4, self.twist(total="+1")["totalCount"])
        self.graph.post("reset")
        self.assertEqual(1, self.twist(total=1)["totalCount"])

    def test_a_walk_that_ends_early(self):
        page = self.twist(next=False)
        self.assertFalse(page["pageInfo"]["hasNextPage"])
        self.assertEqual(3, page["totalCount"])

    def test_a_large_body(self):
        self.graph.set(api="github", twists=[{"type": "Issue",
                                              "field": "title",
                                              "pad": 1 << 20}])
        self.assertGreater(len(self.ask("github", ISSUES % "",
                                        {"n": 5}).text), 5 << 20)

    def test_too_many_rows_for_the_server(self):
        self.graph.set(api="github", rows_limit=5, rows_status=504)
        self.assertEqual(504, self.ask("github", ISSUES % "").status)
        self.assertEqual(200, self.ask("github", ISSUES % "",
                                       {"n": 5}).status)

    def test_a_redirect_with_a_secret(self):
        self.graph.rule({"status": 302, "headers": {
            "Location": self.graph.elsewhere + "/x"}}, api="github")
        # urllib follows a redirect of a POST, and keeps the header.
        self.ask("github", ISSUES % "")
        self.assertEqual(["a secret was sent to another host"],
                         [one["what"] for one in self.graph.get("leaks")])

    def test_credentials(self):
        for api in self.graph.apis:
            header = self.graph.apis[api]["header"]
            answer = self.ask(api, "{ __typename }",
                              headers={header: "wrong"})
            self.assertEqual(401, answer.status, api)
        self.graph.post("token", {"api": "github", "expire": True})
        self.assertEqual(401, self.ask("github", ISSUES % "").status)

    def test_introspection_can_be_closed(self):
        query = "{ __schema { queryType { name } } }"
        self.assertEqual("Query", self.data("plain", query)[
            "__schema"]["queryType"]["name"])
        self.graph.set(api="plain", introspection=False)
        self.assertIn("not allowed",
                      self.ask("plain", query).errors[0]["message"])
        self.assertEqual("introspection", self.graph.log(
            api="plain")[0]["kind"])

    def test_the_new_media_type(self):
        self.graph.set(api="plain", graphql_response=True)
        accept = {"Accept": "application/graphql-response+json, "
                            "application/json;q=0.9"}
        good = self.ask("plain", "{ version }", headers=accept)
        bad = self.ask("plain", "{ nothing }", headers=accept)
        self.assertEqual((200, 400), (good.status, bad.status))
        self.assertIn("graphql-response", bad.headers["Content-Type"])

    def test_the_clock(self):
        self.graph.set(api="plain", clock_ahead_s=-86400 * 365)
        self.assertNotIn("2026", self.ask("plain", "{ version }")
                         .headers["Date"])

    def test_settings_that_do_not_exist(self):
        for body in ({"api": "github", "nothing": 1},
                     {"api": "github", "twists": [{"nothing": 1}]},
                     {"api": "nothing"}):
            with self.assertRaises(urllib.error.HTTPError) as caught:
                self.graph.post("set", body)
            caught.exception.close()
            self.assertEqual(400, caught.exception.code)


class Tables(FakeGraphTest):
    """The oracle: tables and rows that were written down by hand."""

    def setUp(self):
        super().setUp()
        World.oracle().ask(cmd="reset")

    def control(self, key, **body):
        World.oracle().ask(cmd="graph-control", key="POST " + key, body=body)
        self.graph.post(key, body)

    def tables(self, api, query, **how):
        plan = World.oracle().ask(cmd="graph", api=api, query=query, **how)
        return oracle.expected_tables(plan, {})

    def rows(self, table, *names):
        return [tuple(row[name] for name in names) for row in table.rows]

    def give_issues(self, *rows):
        repository = self.data("github", ISSUES % "")["repository"]["id"]
        World.oracle().ask(cmd="graph", api="github", query="""{
            repository(owner: "o", name: "n") { id } }""")
        self.control("data", api="github", place=repository + ".issues",
                     type="Issue", rows=list(rows))
        return repository

    def test_a_connection_below_a_root_object(self):
        self.give_issues({"id": "I1", "title": "one"},
                         {"id": "I2", "title": "two"})
        self.control("data", api="github", place="I2.comments",
                     type="IssueComment", rows=[{"id": "C1", "body": "x"}])
        self.control("data", api="github", place="I1.comments",
                     type="IssueComment", rows=[])
        tables = self.tables("github", """{
            repository(owner: "o", name: "n") { issues {
              nodes { id title comments { nodes { bodyText: body } } } } }
        }""")
        self.assertEqual({"repository_issues", "repository_issues_comments"},
                         set(tables))
        issues = tables["repository_issues"]
        self.assertEqual(["id"], issues.key)
        self.assertEqual([("I1", "one"), ("I2", "two")],
                         self.rows(issues, "id", "title"))
        comments = tables["repository_issues_comments"]
        self.assertEqual(["_parent_id", "id"], comments.key)
        self.assertEqual({"_parent_id": "text", "body_text": "text",
                          "id": "text"}, {
            name: kind for name, kind in comments.columns.items()
            if name not in ("_hash", "_loaded_at")})
        self.assertEqual([("I2", "C1", "x")], self.rows(
            comments, "_parent_id", "id", "body_text"))

    def test_the_object_itself_is_a_table_of_one_row(self):
        repository = self.give_issues({"id": "I1", "title": "one"})
        tables = self.tables("github", """{
            repository(owner: "o", name: "n") { name
              issues { nodes { title } } } }""")
        self.assertEqual([(repository, "n")], self.rows(
            tables["repository"], "id", "name"))
        self.assertEqual(["id"], tables["repository"].key)
        self.assertEqual([("I1", "one")], self.rows(
            tables["repository_issues"], "id", "title"))

    def test_a_literal_first_means_only_so_many(self):
        self.give_issues(*({"id": f"I{n}", "title": str(n)}
                           for n in range(5)))
        tables = self.tables("github", """{
            repository(owner: "o", name: "n") { issues(first: 2) {
              nodes { title } } } }""")
        self.assertEqual([("0",), ("1",)], self.rows(
            tables["repository_issues"], "title"))

    def test_since_is_left_out_or_given(self):
        self.give_issues(
            {"id": "I1", "updatedAt": "2025-03-01T00:00:00Z"},
            {"id": "I2", "updatedAt": "2025-04-01T00:00:00Z"})
        query = """query($since: DateTime) @incremental {
            repository(owner: "o", name: "n") {
              issues(filterBy: {since: $since}) { nodes { id } } } }"""
        for variables, ids in (({}, ["I1", "I2"]),
                               ({"since": "2025-03-02T00:00:00Z"}, ["I2"])):
            tables = self.tables("github", query, variables=variables)
            self.assertEqual([(one,) for one in ids], self.rows(
                tables["repository_issues"], "id"))

    def test_fields_of_edges_are_columns_of_the_child(self):
        library = self.data("plain", "{ library { id } }")["library"]["id"]
        World.oracle().ask(cmd="graph", api="plain",
                           query="{ library { id } }")
        tables = self.tables("plain", """{ library { info { opened
            shelves { totalCount pageInfo { endCursor }
              edges { cursor position node { label } } } } } }""")
        self.assertEqual({"library", "library_info_shelves"}, set(tables))
        self.assertEqual([library], [row["id"]
                                     for row in tables["library"].rows])
        self.assertEqual({"position": "integer", "label": "text",
                          "id": "text"}, {
            name: kind for name, kind
            in tables["library_info_shelves"].columns.items()
            if not name.startswith("_")})

    def test_items_and_lists(self):
        self.control("data", api="plain", place="articles", type="Article",
                     rows=[{"id": "a1", "title": "one"},
                           {"id": "a2", "title": "two"}])
        self.control("data", api="plain", place="a1.links", type="Link",
                     rows=[{"url": "u1"}, {"url": "u2"}])
        self.control("data", api="plain", place="a2.links", type="Link",
                     rows=[])
        tables = self.tables("plain", """{ articles { total items { title
            links @table { url } } } countries { code } }""")
        self.assertEqual([("one", "a1"), ("two", "a2")],
                         self.rows(tables["articles"], "title", "id"))
        links = tables["articles_links"]
        self.assertEqual(["_parent_id", "_ordinal"], links.key)
        self.assertEqual([("a1", 0, "u1"), ("a1", 1, "u2")], self.rows(
            links, "_parent_id", "_ordinal", "url"))
        self.assertEqual(["_ordinal"], tables["countries"].key)
        self.assertEqual(7, len(tables["countries"].rows))

    def test_a_list_that_holds_a_connection(self):
        library = self.data("plain", "{ library { id } }")["library"]["id"]
        World.oracle().ask(cmd="graph", api="plain",
                           query="{ library { id } }")
        self.control("data", api="plain", place=library + ".rooms",
                     type="Room", rows=[{"id": "r1"}, {"id": "r2"}])
        for room, desks in (("r1", [7, 8]), ("r2", [9])):
            self.control("data", api="plain", place=room + ".desks",
                         type="Desk", rows=[
                             {"id": f"d{n}", "number": n} for n in desks])
        tables = self.tables("plain", """{ library { rooms @table {
            desks { nodes { number } } } } }""")
        self.assertEqual([("r1", "d7", 7), ("r1", "d8", 8), ("r2", "d9", 9)],
                         self.rows(tables["library_rooms_desks"],
                                   "_parent_id", "id", "number"))
        with self.assertRaisesRegex(RuntimeError, "without @table"):
            self.tables("plain", """{ library { rooms {
                desks { nodes { number } } } } }""")

    def test_unwrap(self):
        ids = [edge["node"]["id"] for edge in self.data("infrahub", """{
            InfraDevice { edges { node { id } } } }""")[
                "InfraDevice"]["edges"]]
        self.control("change", api="infrahub", ids=ids[2:], delete=True,
                     at="2025-07-01T00:00:00Z")
        self.control("change", api="infrahub", ids=ids[:1],
                     at="2025-07-01T00:00:00Z",
                     set={"name": "sw1", "height": 2})
        query = """{ InfraDevice { edges { node_metadata { updated_at }
          node { id name { value is_default } height { value }
            site { node { id name { value } devices { edges {
              node { name { value } } } } } properties { is_protected } }
            interfaces { edges { node { name { value } } } } } } } }"""
        tables = self.tables("infrahub", query)
        self.assertEqual({"infra_device", "infra_device_interfaces",
                          "infra_device_site_devices"}, set(tables))
        device = tables["infra_device"]
        self.assertEqual(["id"], device.key)
        self.assertEqual({
            "id": "text", "name": "text", "name_is_default": "boolean",
            "height": "bigint", "site_id": "text", "site_name": "text",
            "site_properties_is_protected": "boolean",
            "node_metadata_updated_at": "timestamp with time zone"}, {
                name: kind for name, kind in device.columns.items()
                if not name.startswith("_")})
        self.assertEqual([(ids[0], "sw1", 2), (ids[1], "device-2")],
                         [self.rows(device, "id", "name", "height")[0],
                          self.rows(device, "id", "name")[1]])
        interfaces = tables["infra_device_interfaces"]
        self.assertEqual(["_parent_id", "id"], interfaces.key)
        self.assertIn("_typename", interfaces.columns)
        self.assertEqual(2, len(self.tables(
            "infrahub", query, at="2025-07-02T00:00:00Z")[
                "infra_device"].rows))
        self.assertEqual(30, len(self.tables(
            "infrahub", query, branch="feature/racks")["infra_device"].rows))

    def test_the_oracle_has_the_rows_that_a_walk_finds(self):
        for api, query, pages in (
                ("saleor", "{ orders%s { edges { node { id } } %s } }",
                 "orders"),
                ("linear", "{ teams%s { nodes { id } %s } }", "teams")):
            [table] = self.tables(api, query % ("", "")).values()
            ids, after = [], "null"
            while True:
                page = self.data(api, query % (
                    f"(first: 7, after: {after})",
                    "pageInfo { endCursor hasNextPage }"))[pages]
                ids += [row["id"] for row in page.get("nodes") or
                        [edge["node"] for edge in page["edges"]]]
                if not page["pageInfo"]["hasNextPage"]:
                    break
                after = json.dumps(page["pageInfo"]["endCursor"])
            self.assertEqual([(one,) for one in ids], self.rows(table, "id"))

    def test_random_queries(self):
        for api in self.graph.apis:
            rows = 0
            for seed in range(1, 11):
                query = World.oracle().ask(cmd="graph-generate", api=api,
                                           seed=seed)["query"]
                self.assertEqual(query, World.oracle().ask(
                    cmd="graph-generate", api=api, seed=seed)["query"])
                tables = self.tables(api, query)
                self.assertTrue(all(name.startswith(f"q{seed}_")
                                    for name in tables), query)
                rows += sum(len(one.rows) for one in tables.values())
            self.assertGreater(rows, 50, api)

    def test_pages_and_bulk_give_the_same_tables(self):
        for seed in range(1, 31):
            query = World.oracle().ask(cmd="generate", seed=seed)["query"]
            if "first: 5" in query:
                continue
            bulk, paged = (oracle.expected_tables(World.oracle().ask(
                cmd=cmd, store="acme", query=query), {})
                for cmd in ("expect", "paged"))
            # If a parent comes twice, a bulk operation gives its children
            # twice, and those without an id are different rows.
            twice = {name for name, table in bulk.items()
                     if table.is_shuffled}
            for tables in (bulk, paged):
                for name, table in tables.items():
                    tables[name] = (table.columns.keys(), table.key,
                                    name in twice or table.rows)
            self.assertEqual(bulk, paged, query)


class Shop(unittest.TestCase):
    """The fake store's plain queries."""

    maxDiff = None

    def setUp(self):
        self.shop = World.shop()
        self.shop.post("reset")
        self.store = self.shop.stores["acme"]

    def ask(self, query, variables=None):
        request = urllib.request.Request(
            self.store["endpoint"] + "/admin/api/2026-10/graphql.json",
            json.dumps({"query": query, "variables": variables}).encode(),
            {"Content-Type": "application/json",
             "X-Shopify-Access-Token": self.store["token"]})
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def costs(self, query, variables=None):
        cost = self.ask(query, variables)["extensions"]["cost"]
        return cost["requestedQueryCost"], cost["actualQueryCost"]

    def products(self):
        page = self.ask("{ products(first: 250) { nodes { id } } }")
        return [row["id"] for row in page["data"]["products"]["nodes"]]

    def test_costs(self):
        for first, cost in ((1, 3), (2, 3), (3, 4), (5, 5), (10, 6), (20, 7),
                            (50, 9), (100, 11), (200, 12), (250, 13)):
            self.assertEqual(cost, self.costs(
                "{ products(first: %d) { nodes { id } } }" % first)[0])
        for query, cost in (
                ("products(first: 250) { nodes { variants(first: 250) {"
                 " nodes { id } } } }", 156),
                ("blogs(first: 1) { nodes { articles(first: 50) { nodes {"
                 " blog { id } comments(first: 50) { nodes {"
                 " article { id } } } } } } }", 131),
                ("productsCount { count }", 10), ("shop { name }", 1)):
            self.assertEqual(cost, self.costs("{" + query + "}")[0])

    def test_what_did_not_come_is_given_back(self):
        requested, actual = self.costs(
            '{ products(first: 250, query: "title:nothing") { nodes { id } }'
            ' }')
        self.assertEqual((13, 2), (requested, actual))

    def test_ids_cost_the_same_however_many(self):
        ids = self.products()
        query = """query($ids: [ID!]!) { nodes(ids: $ids) { ... on Product {
            variants(first: 250) { nodes { id } } } } }"""
        self.assertEqual(14, self.costs(query, {"ids": ids[:1]})[0])
        self.assertEqual(14, self.costs(query, {"ids": ids})[0])

    def test_ids(self):
        ids = self.products()
        query = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }"
        self.shop.post("change", {"store": "acme", "ids": [ids[1]],
                                  "delete": True})
        self.assertEqual([{"id": ids[0]}, None, {"id": ids[2]}], self.ask(
            query, {"ids": ids[:3]})["data"]["nodes"])
        answer = self.ask(query, {"ids": ids[:1] * 251})
        self.assertEqual("MAX_INPUT_SIZE_EXCEEDED",
                         answer["errors"][0]["extensions"]["code"])

    def test_throttled(self):
        self.shop.set(store="acme", bucket_maximum=20, bucket_restore=0.001)
        query = "{ products(first: 250) { nodes { id } } }"
        status = self.ask(query)["extensions"]["cost"]["throttleStatus"]
        # 60 rows came: 2 + 8 points instead of 13.
        self.assertEqual((20, 10), (status["maximumAvailable"],
                                   status["currentlyAvailable"]))
        answer = self.ask(query)
        self.assertEqual("THROTTLED",
                         answer["errors"][0]["extensions"]["code"])
        self.assertNotIn("data", answer)
        self.assertEqual(13, answer["extensions"]["cost"][
            "requestedQueryCost"])

    def walk(self, arguments, change=None):
        query = """query($after: String) { products(first: 25, after: $after
            %s) { nodes { id } pageInfo { hasNextPage endCursor } } }"""
        ids, after = [], None
        while True:
            page = self.ask(query % arguments, {"after": after})[
                "data"]["products"]
            ids += [row["id"] for row in page["nodes"]]
            if not page["pageInfo"]["hasNextPage"]:
                return ids
            after = page["pageInfo"]["endCursor"]
            if change:
                change(ids)
                change = None

    def test_walks(self):
        ids = self.walk(", sortKey: ID")
        self.assertEqual(60, len(set(ids)))
        self.assertEqual(ids[::-1], self.walk(", sortKey: ID, reverse: true"))
        by_time = self.walk(", sortKey: UPDATED_AT")
        self.assertEqual(sorted(ids), sorted(by_time))
        self.assertNotEqual(ids, by_time)

    def test_a_row_that_changes_comes_again(self):
        moved = []

        def change(ids):
            moved.append(ids[3])
            self.shop.post("change", {"store": "acme", "ids": [ids[3]],
                                      "set": {"title": "new"}})
        ids = self.walk(", sortKey: UPDATED_AT", change)
        self.assertEqual((61, 60), (len(ids), len(set(ids))))
        self.assertEqual(moved[0], ids[-1])

    def test_a_row_that_goes_moves_no_other(self):
        def change(ids):
            self.shop.post("change", {"store": "acme", "ids": ids[:5],
                                      "delete": True})
        ids = self.walk(", sortKey: ID", change)
        self.assertEqual((60, 60), (len(ids), len(set(ids))))

    def test_twists_and_edits(self):
        self.shop.rule({"twists": [{"type": "Product", "field": "title",
                                    "fail": {"message": "no",
                                             "code": "ACCESS_DENIED"}}]},
                       kind="query")
        answer = self.ask("{ products(first: 1) { nodes { title } } }")
        self.assertEqual("ACCESS_DENIED",
                         answer["errors"][0]["extensions"]["code"])
        self.shop.set(store="acme", twists=[{"field": "products",
                                             "cursor": "null"}])
        page = self.ask("{ products(first: 1) { nodes { id } pageInfo {"
                        " endCursor hasNextPage } } }")["data"]["products"]
        self.assertEqual({"endCursor": None, "hasNextPage": True},
                         page["pageInfo"])
        self.shop.post("reset")
        self.shop.rule({"edits": [{"path": "data.products.nodes.*",
                                   "set": None}]}, kind="query")
        self.assertEqual([None] * 2, self.ask(
            "{ products(first: 2) { nodes { id } } }")["data"]["products"][
                "nodes"])

    def test_cursors_that_are_refused(self):
        query = """query($after: String) { products(first: 2, after: $after) {
            nodes { id } pageInfo { endCursor } } }"""
        page = self.ask(query)["data"]["products"]
        after = {"after": page["pageInfo"]["endCursor"]}
        self.assertEqual(2, len(self.ask(query, after)["data"]["products"][
            "nodes"]))
        self.shop.set(store="acme", cursor_epoch=2)
        self.assertEqual("BAD_REQUEST", self.ask(query, after)["errors"][0][
            "extensions"]["code"])
        after = {"after": self.ask(query)["data"]["products"]["pageInfo"][
            "endCursor"]}
        self.assertNotIn("errors", self.ask(query, after))

    def test_pages_that_are_shorter_or_too_large(self):
        query = """{ products(first: %d) { nodes { id }
            pageInfo { hasNextPage } } }"""
        self.shop.set(store="acme", page_clip=3)
        page = self.ask(query % 10)["data"]["products"]
        self.assertEqual((3, True), (len(page["nodes"]),
                                     page["pageInfo"]["hasNextPage"]))
        self.shop.set(store="acme", page_clip=None, rows_limit=5)
        with self.assertRaises(urllib.error.HTTPError) as caught:
            self.ask(query % 6)
        caught.exception.close()
        self.assertEqual(502, caught.exception.code)
        self.assertEqual(5, len(self.ask(query % 5)["data"]["products"][
            "nodes"]))

    def test_requests_in_flight(self):
        self.ask("{ products(first: 1) { nodes { id } } }")
        self.assertEqual({"now": 0, "most": 1, "requests": 1},
                         self.shop.get("flight")["acme"])
