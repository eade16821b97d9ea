"""What each wrong answer to a request for a page leads to."""
import unittest

import oracle
from cases.walks import DEVICES, FLAT, FLAT_ARTICLES, ISSUES, LIBRARY, ORDERS, TEAMS
from harness.case import AGAIN, CONFIG, DENIED, FAILED, OK, PARTIAL
from harness.walk_case import WalkCase

HTML = "<html><body>Bad Gateway</body></html>"
MIB = 1 << 20

ISSUE = {"type": "Repository", "field": "issues"}


class FaultCase(WalkCase):
    def prepare(self, api="github", query=FLAT, **how):
        self.api, self.rows_query = api, query
        self.sources(api, **how)
        self.query("rows", query, api)
        if api == "plain":
            self.control("set", api="plain", sizes={
                "LibraryInfo.shelves": 7, "Shelf.books": 12})

    def first(self, *arguments):
        """A first run without faults; what later runs are compared with."""
        self.walk(self.api, *arguments)
        self.check_right()
        self.before = self.snapshot_of(self.api)

    def snapshot_of(self, api):
        """All tables but staging, which an interrupted run keeps."""
        return {name: found for name, found in oracle.snapshot(
            self.db, (api,)).items() if "_stage_" not in name[1]}

    def check_right(self):
        self.check_source(self.api, self.rows_query)
        self.check_no_staging()
        self.check_no_frontier()

    def check_same(self):
        self.assertEqual(self.before, self.snapshot_of(self.api),
                         "tables were changed")

    def fault(self, action, nth=2, times=1, contains="issues("):
        self.graph.rule(action, nth=nth, times=times, api=self.api,
                        kind="query", contains=contains)

    def twist(self, times=None, nth=1, contains="issues(", **what):
        """A twist of the next answers; without `times`, of all."""
        if times is None:
            self.graph.set(api=self.api, twists=[what])
        else:
            self.fault({"twists": [what]}, nth=nth, times=times,
                       contains=contains)

    def calm(self):
        self.graph.post("rules/clear")
        self.graph.set(api=self.api, twists=[])

    def check_fails(self, status, *words, code=None):
        """The run ends so, changes no table, and the next run is fine."""
        result = self.walk(self.api, status=status)
        for word in words:
            self.assertIn(word, result.stderr)
        self.check_same()
        if code:
            self.assertEqual(code, self.last_run(store=self.api)[
                "error_code"])
        self.calm()
        self.walk(self.api)
        self.check_right()
        return result


class AskedAgain(FaultCase):
    """Answers after which the same page is asked for again."""

    def check_again(self, *actions, **how):
        for action in actions:
            with self.subTest(action):
                self.fault(action, **how)
                before = self.mark()
                self.walk(self.api)
                self.check_right()
                self.check_same()
                self.assertIn(action, [one.get("fault") for one
                                       in self.graph.log(api=self.api,
                                                         after=before)])
                self.calm()

    def test_servers_and_proxies(self):
        self.prepare()
        self.first()
        self.check_again(
            {"status": 500, "body": "{}"}, {"status": 503},
            {"status": 502, "body": HTML}, {"status": 504, "body": HTML},
            {"status": 408}, {"status": 200, "body": ""},
            {"status": 200, "body": HTML}, {"status": 200, "body": "{}"},
            {"status": 200, "body": '{"data":'}, {"close": True},
            {"close": True, "after": True})

    def test_refused_for_the_rate(self):
        self.prepare()
        self.first()
        now = {"Retry-After": "0"}
        self.check_again(
            {"status": 429, "headers": now},
            {"status": 403, "headers": {"Retry-After": "1"},
             "body": {"message": "You have exceeded a secondary rate limit"}},
            {"status": 200, "headers": now, "body": {"errors": [
                {"type": "RATE_LIMITED", "message": "API rate limit"}]}})

    def test_refused_by_a_server_without_a_rate(self):
        """Infrahub has no limit of its own, but a proxy before it may."""
        self.prepare("infrahub", DEVICES, more="concurrency = 4\n")
        self.first()
        for nth in 1, 2:
            self.check_again(
                {"status": 429}, {"status": 429, "body": ""},
                {"status": 429, "body": HTML},
                {"status": 429, "headers": {"Retry-After": "0"}},
                {"status": 429, "headers": {"Retry-After": "1"}},
                nth=nth, contains="InfraDevice")
        self.assertEqual([], self.rejects("infrahub"))

    def test_errors_without_data_that_pass(self):
        self.prepare()
        self.first()
        for error in ({"message": "no", "extensions": {
                "code": "INTERNAL_SERVER_ERROR"}},
                      {"message": "x", "type": "TIMEOUT"}):
            for nth in 1, 3:
                self.check_again({"without_data": True, "errors": [error]},
                                 nth=nth)
        # After a good page any error may pass.
        self.check_again({"without_data": True, "errors": ["any words"]},
                         {"status": 200, "body": {"data": None, "errors": [
                             {"message": "other words"}]}}, nth=3)

    def test_a_field_that_fails_once(self):
        self.prepare()
        self.first()
        fail = {"type": "Issue", "field": "title",
                "fail": {"message": "hm", "code": "SOMETHING"}}
        self.check_again({"twists": [fail]}, {"twists": [
            {**fail, "field": "author"}]})
        self.assertEqual([], self.rejects("github"))

    def test_drains(self):
        self.prepare("plain", LIBRARY)
        self.first()
        self.check_again({"status": 502, "body": HTML}, {"close": True},
                         contains="node", nth=1)
        self.check_again({"status": 200, "body": ""}, contains="node", nth=2)

    def test_the_budget(self):
        self.prepare(tuning="retry_budget = 300ms")
        self.first()
        self.fault({"status": 503}, times=-1)
        self.check_fails(AGAIN)

    def test_a_first_answer_that_never_comes(self):
        self.prepare(tuning="retry_budget = 300ms")
        self.first()
        self.fault({"close": True}, nth=1, times=-1)
        self.check_fails(AGAIN)


class Ended(FaultCase):
    """Answers that end the run at once."""

    def setUp(self):
        super().setUp()
        self.prepare()
        self.first()

    def test_a_credential_that_expires(self):
        self.fault({"status": 401, "body": {"message": "Bad credentials"}},
                   times=-1)
        self.check_fails(DENIED)

    def test_a_redirect(self):
        self.fault({"status": 307, "headers": {
            "Location": self.graph.elsewhere + "/x"}}, times=-1)
        self.check_fails(FAILED, "which bulkpg does not follow")

    def test_errors_in_the_first_answer(self):
        for errors in (["words as text"], [{"message": "words in objects"}]):
            words = errors[0] if isinstance(errors[0], str) \
                else errors[0]["message"]
            self.fault({"without_data": True, "errors": errors}, nth=1,
                       times=-1)
            self.check_fails(CONFIG, words)

    def test_errors_that_stay(self):
        self.program.configure(
            self.db.dsn, [], tuning="retry_budget = 300ms",
            sources=self.graph.section(self.program, "github",
                                       more="page = 5"))
        self.fault({"without_data": True, "errors": ["these words"]}, nth=3,
                   times=-1)
        self.check_fails(AGAIN, "these words")


class NotThere(FaultCase):
    """What is null or missing is never an empty set."""

    def edit(self, path, nth=2, **how):
        self.fault({"edits": [{"path": "data." + path, **how}]}, nth=nth,
                   times=-1)

    def test_roots_and_connections(self):
        self.prepare()
        self.first()
        for path, how in (("repository", {"set": None}),
                          ("repository", {"delete": True}),
                          ("repository.issues", {"set": None}),
                          ("repository.issues", {"delete": True}),
                          ("repository.issues.nodes", {"set": None}),
                          ("repository.issues.pageInfo", {"set": None})):
            for nth in 1, 2:
                with self.subTest(path=path, nth=nth, **how):
                    self.edit(path, nth, **how)
                    self.check_fails(FAILED, "repository")

    def test_a_root_that_does_not_exist(self):
        query = FLAT.replace('"o"', '"missing"')
        self.prepare(query=query)
        self.walk("github", status=FAILED)
        self.assertEqual({}, self.snapshot_of("github"))

    def test_a_root_object_with_fields_of_its_own(self):
        self.prepare("plain", LIBRARY)
        self.first()
        self.fault({"edits": [{"path": "data.library", "set": None}]}, nth=1,
                   times=-1, contains="library")
        self.check_fails(FAILED, "library")

    def test_offset_pages(self):
        self.prepare("plain", FLAT_ARTICLES)
        self.first()
        for path in "articles", "articles.items":
            with self.subTest(path):
                self.fault({"edits": [{"path": "data." + path,
                                       "set": None}]}, times=-1,
                           contains="articles(")
                self.check_fails(FAILED, "articles")

    def check_missing_rows(self, nulls, **how):
        gone = self.db.column("SELECT id FROM github.repository_issues "
                              "ORDER BY number DESC LIMIT 1")
        self.control("change", api="github", ids=gone, delete=True)
        self.twist(**how)
        result = self.walk("github", status=PARTIAL)
        self.assertIn("null", result.stderr)
        walked = self.walked("github")["repository.issues"]
        self.assertEqual(nulls, walked["nulls"])
        self.assertEqual(0, self.last_run(store="github")["rows_deleted"])
        self.check_same()
        self.calm()
        self.walk("github")
        self.check_right()

    def test_null_rows(self):
        self.prepare()
        self.first()
        self.check_missing_rows(1, times=1, **ISSUE, **{"as": "null"})

    def test_null_edges_and_nodes(self):
        self.prepare(query=FLAT.replace("nodes {", "edges { node {").replace(
            "} } }\n", "} } } }\n", 1))
        self.first()
        self.check_missing_rows(1, times=1, **ISSUE, **{"as": "null"})
        self.before = self.snapshot_of("github")
        self.check_missing_rows(1, times=1, **ISSUE, **{"as": "null_node"})


class Cursors(FaultCase):
    def test_wrong_for_one_answer(self):
        self.prepare()
        self.first()
        for how, nth, times in (({"cursor": "null"}, 3, 1),
                                ({"cursor": "unchanged"}, 3, 1),
                                ({"cursor": "first"}, 1, 2)):
            with self.subTest(how):
                self.twist(times=times, nth=nth, **ISSUE, **how)
                self.walk("github")
                self.check_right()
                self.check_same()
                self.assertEqual(1, self.walked("github")[
                    "repository.issues"]["repeats"])
                self.calm()

    def test_wrong_for_ever(self):
        self.prepare()
        self.first()
        for how in ({"cursor": "null"}, {"cursor": "unchanged"},
                    {"cursor": "first"}):
            with self.subTest(how):
                self.twist(**ISSUE, **how)
                before = self.mark()
                self.check_fails(FAILED, "repository.issues")
                self.assertLess(len(self.pages("github", after=before)), 40)

    def test_nested(self):
        self.prepare("plain", LIBRARY)
        self.first()
        self.twist(type="Shelf", field="books", cursor="null")
        self.check_fails(FAILED, "library.info.shelves.books")

    def test_a_server_that_begins_again_after_an_unknown_cursor(self):
        """A server may follow the specification to the letter."""
        self.prepare()
        self.graph.set(api="github", unknown_cursor="restart")
        self.fault({"edits": [{
            "path": "data.repository.issues.pageInfo.endCursor",
            "set": "bm9uc2Vuc2U="}]}, times=-1)
        self.walk("github", status=FAILED)
        self.assertEqual({}, self.snapshot_of("github"))


class Proof(FaultCase):
    def grow(self):
        """Rows come and go before a run that is not proven."""
        ids = self.db.column("SELECT id FROM github.repository_issues "
                             "ORDER BY number")
        self.control("change", api="github", ids=ids[2:3], delete=True)
        self.control("change", api="github", ids=ids[4:5],
                     set={"title": "changed"})

    def check_unproven(self, path="repository.issues"):
        """It inserts and updates, removes nothing, and holds the
        watermark."""
        result = self.walk("github", status=PARTIAL)
        self.assertIn(path, result.stderr)
        run = self.last_run(store="github")
        self.assertEqual(0, run["rows_deleted"], run)
        self.assertEqual(1, run["rows_updated"], run)
        self.assertIn(path, str(self.notes("github").get("unproven")))
        self.calm()
        self.walk("github")
        self.check_right()

    def test_a_total_that_lies(self):
        self.prepare()
        self.first()
        self.grow()
        self.twist(**ISSUE, total="+1")
        self.check_unproven()

    def test_a_row_that_never_comes(self):
        self.prepare()
        self.first()
        self.grow()
        self.twist(**ISSUE, **{"as": "drop", "rows": [1]})
        self.check_unproven()

    def test_a_walk_that_ends_early(self):
        self.prepare()
        self.first()
        self.grow()
        self.twist(**ISSUE, next=False)
        self.check_unproven()

    def test_three_walks(self):
        self.prepare()
        self.twist(**ISSUE, total="+1")
        self.walk("github", status=PARTIAL)
        self.assertEqual(2, self.walked("github")["repository.issues"][
            "repeats"])
        self.assertEqual(15, len(self.pages("github", "issues(")))

    def test_a_total_that_lies_once(self):
        """The second walk proves it."""
        self.prepare()
        self.first()
        self.twist(times=5, **ISSUE, total="+1")
        self.walk("github")
        self.check_right()
        self.check_same()
        self.assertEqual(1, self.walked("github")["repository.issues"][
            "repeats"])

    def test_the_watermark_stays(self):
        query = FLAT.replace("{", "query($since: DateTime) @incremental {",
                             1).replace("issues {", "issues(filterBy: "
                                        "{since: $since}) {")
        self.prepare(query=query)
        self.first()
        high = "SELECT high::text AS v FROM bulkpg.watermark"
        self.db.execute("UPDATE bulkpg.watermark SET high = high - "
                        "interval '1 hour'")
        before = self.db.value(high)
        self.twist(**ISSUE, total="+1")
        self.walk("github", status=PARTIAL)
        self.assertEqual(before, self.db.value(high))
        self.calm()
        self.walk("github")
        self.assertLess(before, self.db.value(high))

    def test_rows_that_come_twice(self):
        self.prepare()
        self.first()
        self.twist(**ISSUE, **{"as": "repeat"})
        self.walk("github")
        self.check_right()
        self.check_same()

    def test_a_total_that_is_too_small(self):
        """More rows than the total are no lie of a relay walk: rows come
        while it is walked."""
        self.prepare()
        self.first()
        self.twist(**ISSUE, total="-3")
        self.walk("github")
        self.check_right()
        self.check_same()

    def test_nested_totals(self):
        self.prepare("plain", LIBRARY)
        self.first()
        self.twist(type="Shelf", field="books", total="+1")
        result = self.walk("plain", status=PARTIAL)
        self.assertIn("library.info.shelves.books", result.stderr)
        self.check_same()
        self.calm()
        self.walk("plain")
        self.check_right()

    def test_offset_pages(self):
        self.prepare("plain", FLAT_ARTICLES)
        self.first()
        for how in ({"total": "+1"}, {"as": "drop"}, {"as": "repeat"},
                    {"total": "-1"}):
            with self.subTest(how):
                self.twist(field="articles", type="Query", **how)
                result = self.walk("plain", status=PARTIAL)
                self.assertIn("articles", result.stderr)
                self.check_same()
                self.calm()
                self.walk("plain")
                self.check_right()

    def test_a_server_without_an_order(self):
        self.prepare("infrahub", "{ InfraDevice { edges { node { id "
                     "name { value } } } } }\n")
        self.first()
        self.graph.set(api="infrahub", shuffle=True)
        self.walk("infrahub", status=PARTIAL)
        self.check_same()


class Moving(FaultCase):
    """Rows that come, go and move while they are walked."""

    def test_rows_that_move_between_offset_pages(self):
        self.prepare("plain", FLAT_ARTICLES, more="concurrency = 1")
        self.first()
        ids = self.db.column("SELECT id FROM plain.articles ORDER BY id")
        self.graph.rule({"change": {"ids": ids[:2], "delete": True}}, nth=3,
                        api="plain", kind="query", contains="articles(")
        self.walk("plain")
        self.control("change", api="plain", ids=ids[:2], delete=True)
        self.check_right()
        self.assertLess(0, self.walked("plain")["articles"]["repeats"])

    def test_rows_that_come_and_go(self):
        self.prepare(query=ISSUES)
        self.first()
        ids = self.db.column("SELECT id FROM github.repository_issues "
                             "ORDER BY number")
        changes = [{"ids": ids[-2:], "delete": True},
                   {"ids": ids[:2], "delete": True}]
        self.graph.rule({"change": changes}, nth=3, api="github",
                        kind="query", contains="issues(")
        self.walk("github")
        for change in changes:
            self.control("change", api="github", **change)
        # The first two had come already.
        self.walk("github")
        self.check_right()

    def test_parents_that_go_before_their_children_are_read(self):
        self.prepare(query=ISSUES, page=3)
        self.control("set", api="github", sizes={
            "Issue.comments": 11, "Repository.issues": 3})
        self.first()
        ids = self.db.column("SELECT id FROM github.repository_issues "
                             "ORDER BY number")
        self.graph.rule({"change": {"ids": ids[1:2], "delete": True}},
                        nth=2, api="github", kind="query",
                        contains="comments(")
        self.walk("github")
        self.control("change", api="github", ids=ids[1:2], delete=True)
        self.check_right()


class Errors(FaultCase):
    """Data with errors."""

    def bad_row(self, field="title", code="SOMETHING", **how):
        ids = self.db.column("SELECT id FROM github.repository_issues "
                             "ORDER BY number")
        self.twist(type="Issue", field=field, ids=ids[7:8],
                   fail={"message": "this row is broken", "code": code},
                   **how)
        return ids[7]

    def check_reject(self, bad):
        result = self.walk("github", status=PARTIAL)
        self.assertIn("rejects", result.output)
        rejects = self.rejects("github")
        self.assertEqual(1, len(rejects), rejects)
        self.assertIn(bad, str(rejects[0]))
        self.assertIn("this row is broken", str(rejects[0]))
        self.assertEqual(0, self.last_run(store="github")["rows_deleted"])
        self.check_same()
        self.calm()
        self.walk("github")
        self.check_right()

    def test_one_bad_row(self):
        self.prepare()
        self.first()
        self.check_reject(self.bad_row())

    def test_a_nullable_field_that_fails_in_one_row(self):
        self.prepare()
        self.first()
        self.check_reject(self.bad_row("author"))

    def test_another_row_in_place_of_a_bad_one(self):
        """It would hide that the bad one is missing."""
        self.prepare()
        self.first()
        bad = self.db.column(
            "SELECT id FROM github.repository_issues ORDER BY id")[7]
        self.fault({"twists": [{"type": "Issue", "field": "title",
                                "ids": [bad], "fail": {
                                    "message": "broken", "code": "X"}}]},
                   nth=1, times=-1)
        self.fault({"edits": [{"path": "data.nodes.0.id", "set": "I_other"}]},
                   nth=1, times=-1, contains="nodes(ids:")
        self.check_fails(FAILED, "I_other, which was not asked for",
                         code="PAGE_SHAPE")

    def test_fields_without_end_are_denied(self):
        self.prepare()
        self.first()
        self.fault({"errors": [
            {"message": "no", "extensions": {"code": "FORBIDDEN"},
             "path": ["repository", "issues", "nodes", 0, f"field{n}"]}
            for n in range(1001)]}, nth=1, times=-1)
        self.check_fails(FAILED, "denies more than 1000 different fields",
                         code="PAGE_SHAPE")

    def test_one_bad_row_with_children(self):
        self.prepare(query=ISSUES)
        self.first()
        self.check_reject(self.bad_row())

    def test_one_bad_row_that_takes_all_data(self):
        """In a chain of types that cannot be null, it takes everything."""
        self.prepare("plain", LIBRARY)
        self.first()
        bad = self.db.column("SELECT id FROM plain.library_info_shelves "
                             "ORDER BY id")[4]
        self.twist(type="Shelf", field="label", ids=[bad],
                   fail={"message": "this row is broken", "code": "X"})
        self.walk("plain", status=PARTIAL)
        (reject,) = self.rejects("plain")
        self.assertIn(bad, str(reject))
        self.check_same()

    def test_all_rows_are_bad(self):
        self.prepare(tuning="max_rejects = 10")
        self.first()
        self.twist(type="Issue", field="title",
                   fail={"message": "this row is broken", "code": "X"})
        self.check_fails(FAILED)

    def test_a_denied_field(self):
        self.prepare()
        self.twist(type="Issue", field="author",
                   fail={"message": "no access", "code": "FORBIDDEN"})
        result = self.walk("github")
        self.assertIn("author", result.stderr)
        self.assertEqual([None], self.db.column(
            "SELECT DISTINCT author_login FROM github.repository_issues"))

    def test_a_field_that_is_denied_later(self):
        """The guard of columns that become empty holds."""
        self.prepare()
        self.first()
        self.twist(type="Issue", field="author",
                   fail={"message": "no access", "code": "FORBIDDEN"})
        result = self.walk("github", status=FAILED)
        self.assertIn("author", result.stderr)
        self.check_same()
        self.walk("github", "--force-nulls")
        self.assertEqual([None], self.db.column(
            "SELECT DISTINCT author_login FROM github.repository_issues"))

    def test_a_field_that_is_denied_in_some_rows(self):
        self.prepare()
        self.first()
        self.twist(type="Issue", field="author", every=3,
                   fail={"message": "no access", "code": "FORBIDDEN"})
        result = self.walk("github", status=FAILED)
        self.assertIn("author", result.stderr)
        self.check_same()
        self.walk("github", "--force-nulls")
        names = self.db.column(
            "SELECT author_login FROM github.repository_issues")
        self.assertIn(None, names)
        self.assertGreater(len(set(names)), 1)

    def test_errors_of_the_whole_answer(self):
        """An error without a path into a connection."""
        self.prepare(tuning="retry_budget = 300ms")
        self.first()
        self.fault({"errors": [{"message": "something is wrong"}]}, times=-1)
        self.check_fails(FAILED, "something is wrong", code="PAGE_ERRORS")


class Sizes(FaultCase):
    """Pages that are too large for the server, or for memory."""

    def check_smaller(self):
        self.walk(self.api)
        self.check_source(self.api, self.rows_query)
        asked = [one["variables"].get("first") for one
                 in self.pages(self.api, "issues(")]
        self.assertLess(min(asked), 20, asked)

    def test_too_many_rows_for_the_server(self):
        for status in 502, 504:
            with self.subTest(status):
                self.prepare(page=20)
                self.graph.set(api="github", rows_limit=6,
                               rows_status=status)
                self.check_smaller()

    def test_complexity(self):
        self.prepare(page=20, query=ISSUES)
        self.graph.set(api="github", query_cost_limit=300)
        self.check_smaller()

    def test_complexity_of_other_apis(self):
        for api, query, limit in (("saleor", ORDERS, 40),
                                  ("linear", TEAMS, 800)):
            with self.subTest(api):
                self.prepare(api, query, page=20)
                self.graph.set(api=api, query_cost_limit=limit)
                self.walk(api)
                self.check_source(api, query)

    def test_complexity_of_one_row(self):
        self.prepare()
        self.graph.set(api="github", query_cost_limit=0)
        result = self.walk("github", status=CONFIG)
        self.assertIn("nodes", result.stderr)

    def test_time_outs(self):
        self.prepare(page=20)
        self.first()
        ahead = self.ahead()
        self.graph.rule({"hold": True}, nth=2, api="github", kind="query",
                        contains="issues(")
        running = self.program.start("run", "--store", "github",
                                     environment=ahead.environment)
        self.wait_for(lambda: self.graph.get("held") == 1)
        ahead.seconds(180)
        self.expect(running.wait(), OK)
        self.graph.post("release")
        self.check_same()

    def test_bodies_over_4_mib(self):
        self.prepare(page=20)
        self.graph.set(api="github", twists=[{
            "type": "Issue", "field": "title", "pad": 400 << 10}])
        self.walk("github")
        self.assertEqual(25, self.db.value(
            "SELECT count(*) AS v FROM github.repository_issues "
            f"WHERE length(title) > {399 << 10}"))
        self.assertLess(max(one["bytes"] for one in self.pages(
            "github", "issues(")[-3:]), 4 * MIB)

    def test_one_row_of_20_mib(self):
        self.prepare(page=20)
        self.first()
        bad = self.db.value("SELECT id AS v FROM github.repository_issues "
                            "ORDER BY number OFFSET 9 LIMIT 1")
        self.graph.set(api="github", twists=[{
            "type": "Issue", "field": "title", "ids": [bad],
            "pad": 20 * MIB}])
        self.walk("github")
        self.assertEqual([20 * MIB], self.db.column(
            "SELECT length(title) FROM github.repository_issues "
            f"WHERE id = '{bad}'"))
        self.assertEqual(25, self.db.value(
            "SELECT count(*) AS v FROM github.repository_issues"))

    def test_one_row_over_64_mib(self):
        self.prepare(page=20)
        self.first()
        bad = self.db.value("SELECT id AS v FROM github.repository_issues "
                            "ORDER BY number OFFSET 9 LIMIT 1")
        self.twist(type="Issue", field="title", ids=[bad], pad=65 * MIB)
        self.check_fails(FAILED)


if __name__ == "__main__":
    unittest.main()
