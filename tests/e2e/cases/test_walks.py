"""Runs of sources: what their tables contain, and which requests were sent."""
import unittest

import oracle
from cases.walks import (ARTICLES, CHANGED, DEVICES, FLAT, FLAT_ARTICLES,
                         ISSUES, LIBRARY, ORDERS, SHAPES, TEAMS)
from harness.case import CONFIG
from harness.walk_case import WalkCase

SIZES = {
    "github": {"Repository.issues": 23, "Issue.comments": [0, 17],
               "Issue.labels": [0, 7]},
    "saleor": {"Order": 31, "Product": 12},
    "linear": {"Team": 4, "Team.issues": [0, 13], "Issue.comments": [0, 8]},
    "infrahub": {"devices": 17, "interfaces": [0, 14], "tags": 9},
    "plain": {"Article": 23, "Article.revisions": [0, 12], "Order": 15,
              "Order.lines": [0, 9], "Entry": 11, "LibraryInfo.shelves": 13,
              "Shelf.books": [0, 14], "Library.rooms": 8,
              "Room.desks": [0, 13]},
}


class Api(WalkCase):
    def prepare(self, api, *queries, sizes=None, **how):
        self.sources(api, **how)
        self.control("set", api=api, sizes={**SIZES[api], **(sizes or {})})
        for number, text in enumerate(queries):
            self.query(f"rows{number}", text, api)

    def check_api(self, api, *queries, **how):
        """Run twice: the tables are right, and the second run changes
        nothing."""
        self.prepare(api, *queries, **how)
        self.walk(api)
        self.check_source(api, *queries)
        self.walk(api)
        self.check_source(api, *queries)
        for number in range(len(queries)):
            self.check_nothing_changed(api, f"rows{number}")
        self.check_no_staging()
        self.check_no_frontier()
        self.check_no_bulk()


class Walks(Api):
    def test_github(self):
        self.check_api("github", ISSUES)
        walked = self.walked("github")
        self.assertEqual({"repository.issues", "repository.issues.labels",
                          "repository.issues.comments"}, set(walked))
        issues = walked["repository.issues"]
        self.assertEqual((1, 5, 23, 23, 0, 0), tuple(
            issues[name] for name in ("instances", "pages", "rows", "told",
                                      "nulls", "repeats")))
        comments = walked["repository.issues.comments"]
        self.assertEqual(23, comments["instances"])
        self.assertEqual(comments["told"], comments["rows"])

    def test_saleor(self):
        self.check_api("saleor", ORDERS)

    def test_linear(self):
        self.check_api("linear", TEAMS)

    def test_infrahub(self):
        self.check_api("infrahub", DEVICES)

    def test_below_plain_objects(self):
        self.check_api("plain", LIBRARY)

    def test_offset_pages(self):
        self.check_api("plain", ARTICLES)

    def test_other_shapes(self):
        self.check_api("plain", SHAPES.replace("  version\n", ""))

    def test_one_row_a_page(self):
        self.check_api("github", ISSUES, page=1,
                       sizes={"Repository.issues": 5})

    def test_large_pages(self):
        self.check_api("github", ISSUES, page=100)
        self.assertGreater(4, len(self.pages("github", "issues(")) / 2)

    def test_pages_that_are_shorter_than_asked_for(self):
        self.graph.set(api="github", page_clip=2)
        self.check_api("github", ISSUES)

    def test_nothing_at_all(self):
        self.prepare("plain", LIBRARY, ARTICLES, sizes={
            "Article": 0, "LibraryInfo.shelves": 0})
        self.walk("plain")
        self.check_source("plain", LIBRARY, ARTICLES)

    def test_a_literal_first_is_not_walked_on(self):
        query = FLAT.replace("issues {", "issues(first: 7) {")
        self.check_api("github", query)
        self.assertEqual(7, self.db.value(
            "SELECT count(*) AS v FROM github.repository_issues"))

    def test_positions(self):
        self.check_api("plain", ARTICLES.replace(
            "articles {", "articles @position {").replace(
                "revisions {", "revisions @position {"))

    def test_soft_deletes(self):
        query = FLAT.replace("{", "query @deletes(mode: SOFT) {", 1)
        self.prepare("github", query)
        self.walk("github")
        gone = self.db.column("SELECT id FROM github.repository_issues "
                              "ORDER BY number LIMIT 2")
        self.control("change", api="github", ids=gone, delete=True)
        self.walk("github")
        self.assertEqual(sorted(gone), sorted(self.db.column(
            "SELECT id FROM github.repository_issues "
            "WHERE _deleted_at IS NOT NULL")))

    def test_rows_that_go_are_removed_with_all_below_them(self):
        self.prepare("github", ISSUES)
        self.walk("github")
        gone = self.db.column("SELECT id FROM github.repository_issues "
                              "ORDER BY number LIMIT 3")
        self.control("change", api="github", ids=gone, delete=True)
        self.control("change", api="github", count=1, type="Issue",
                     ids=self.db.column(
                         "SELECT id FROM github.repository_issues "
                         "ORDER BY number DESC LIMIT 2"),
                     set={"title": "changed"})
        self.walk("github")
        self.check_source("github", ISSUES)
        run = self.last_run(store="github")
        self.assertEqual((0, 2), (run["rows_inserted"],
                                  run["rows_updated"]))

    def test_two_sources_at_once(self):
        self.sources("github", "plain")
        self.query("issues", ISSUES, "github")
        self.query("articles", ARTICLES, "plain")
        self.query("library", LIBRARY, "plain")
        self.run_program("run")
        self.check_source("github", ISSUES)
        self.check_source("plain", ARTICLES, LIBRARY)

    def test_a_store_and_a_source(self):
        self.query("issues", FLAT, "github")
        products = "{ products { edges { node { id title } } } }\n"
        self.query("products", products, "acme")
        self.program.configure(
            self.db.dsn, [self.shop.stores["acme"]],
            sources=self.graph.section(self.program, "github",
                                       more="page = 5"))
        self.run_program("run")
        self.check_source("github", FLAT)
        self.check_tables(products)

    def test_the_secret_goes_nowhere_else(self):
        self.check_api("github", FLAT)
        self.assertEqual([True], list({one["has_token"]
                                       for one in self.pages("github")}))


class Windows(Api):
    def test_since_fetches_what_changed(self):
        self.prepare("github", CHANGED)
        self.walk("github")
        self.check_source("github", CHANGED)
        self.assertEqual([], [one for one in self.pages("github", "issues(")
                              if "since" in one["variables"]])
        ids = self.db.column("SELECT id FROM github.repository_issues "
                             "ORDER BY number LIMIT 4")
        self.control("change", api="github", ids=ids[:2], set={
            "title": "changed"}, at="2030-01-01T00:00:00Z")
        self.control("change", api="github", ids=ids[2:], delete=True)
        mark = self.mark()
        self.walk("github")
        run = self.last_run(store="github")
        self.assertEqual(("incremental", "loaded", 0, 2, 0), tuple(
            run[name] for name in ("mode", "status", "rows_inserted",
                                   "rows_updated", "rows_deleted")))
        self.assertEqual({True}, {
            "since" in one["variables"]
            for one in self.pages("github", "issues(", after=mark)})
        self.walk("github", "--full")
        self.check_source("github", CHANGED)

    def test_children_of_changed_rows_are_replaced(self):
        self.prepare("github", CHANGED)
        self.walk("github")
        issue = self.db.value("SELECT _parent_id AS v FROM "
                              "github.repository_issues_comments LIMIT 1")
        self.give("github", issue + ".comments", "IssueComment",
                  [{"id": "C1", "body": "new"}])
        self.control("change", api="github", ids=[issue], set={},
                     at="2030-01-01T00:00:00Z")
        self.walk("github")
        self.check_source("github", CHANGED)

    def test_the_watermark_is_the_servers_time(self):
        self.graph.set(api="github", clock_ahead_s=-86400 * 30)
        self.prepare("github", CHANGED)
        self.walk("github")
        days = self.db.value("""SELECT (extract(epoch FROM now() -
            high) / 86400)::float AS v FROM bulkpg.watermark
            WHERE store = 'github'""")
        self.assertAlmostEqual(30, float(days), places=0)

    def test_the_watermark_is_not_in_the_future(self):
        """If the server's clock is far ahead, what changes until then would
        never be asked for."""
        self.graph.set(api="github", clock_ahead_s=86400 * 300)
        self.prepare("github", CHANGED)
        self.walk("github")
        self.assertTrue(self.db.value("SELECT high < now() FROM "
                                      "bulkpg.watermark WHERE store = 'github'"))

    def test_a_query_without_since(self):
        self.prepare("github", "query @incremental " + FLAT)
        result = self.walk("github", status=CONFIG)
        self.assertIn("$since", result.stderr)


class Moments(Api):
    """Infrahub: one run is one moment."""

    def test_every_request_has_the_same_moment(self):
        self.prepare("infrahub", DEVICES)
        self.graph.rule({"change": {"type": "InfraDevice", "grow": 9}},
                        api="infrahub", kind="query", nth=3)
        self.walk("infrahub")
        moments = {one["at"] for one in self.pages("infrahub")}
        self.assertEqual(1, len(moments), moments)
        self.assertNotIn(None, moments)
        self.check_source("infrahub", DEVICES)

    def test_a_branch(self):
        self.control("branch", name="b1", **{"from": "2025-05-01T00:00:00Z"})
        self.prepare("infrahub", DEVICES, more="branch = b1")
        self.control("change", api="infrahub", type="InfraDevice", count=2,
                     branch="b1", set={"name": "only here"})
        self.walk("infrahub")
        self.check_source("infrahub", DEVICES, branch="b1")
        self.assertEqual({"b1"}, {one["branch"] for one
                                  in self.pages("infrahub")})

    def test_a_branch_that_does_not_exist(self):
        self.prepare("infrahub", DEVICES, more="branch = nope")
        self.walk("infrahub", status=CONFIG)

    def test_types_of_networks(self):
        query = """{ InfraDevice { edges { node {
            name { value } site { node { id @column(type: "uuid") } }
            mac { value @column(type: "macaddr") } } } }
          IpamIPAddress { edges { node {
            id address { value @column(type: "inet") } } } }
          IpamIPPrefix { edges { node {
            id prefix { value @column(type: "cidr") } } } } }"""
        self.prepare("infrahub", query)
        self.walk("infrahub")
        types = oracle.Actual(self.db, "infrahub").types()
        self.assertEqual(("uuid", "macaddr", "inet", "cidr"), (
            types["infra_device"]["site_id"], types["infra_device"]["mac"],
            types["ipam_ipaddress" if "ipam_ipaddress" in types
                  else "ipam_ip_address"]["address"],
            types["ipam_ipprefix" if "ipam_ipprefix" in types
                  else "ipam_ip_prefix"]["prefix"]))


class Requests(Api):
    def test_offset_pages_go_side_by_side(self):
        self.prepare("plain", FLAT_ARTICLES, more="concurrency = 3")
        self.graph.rule({"hold": True}, nth=2, times=-1, api="plain",
                        kind="query", contains="articles(")
        running = self.program.start("run", "--store", "plain")
        self.wait_for(lambda: self.graph.get("held") == 3
                      or not running.is_alive())
        self.assertEqual(3, self.graph.get("held"))
        self.graph.post("rules/clear")
        self.expect(running.wait(), 0)
        self.check_source("plain", FLAT_ARTICLES)
        self.assertEqual(3, self.graph.flight("plain")["most"])

    def test_no_more_than_concurrency_in_flight(self):
        self.prepare("plain", ARTICLES, LIBRARY, more="concurrency = 2")
        self.graph.set(api="plain", latency_ms=5)
        self.walk("plain")
        self.check_source("plain", ARTICLES, LIBRARY)
        self.assertEqual(2, self.graph.flight("plain")["most"])

    def test_jobs_of_a_source_share_its_places(self):
        self.prepare("github", FLAT, ISSUES.replace(
            "issues {", "others: issues {"))
        self.graph.set(api="github", latency_ms=5)
        self.walk("github")
        self.assertEqual(1, self.graph.flight("github")["most"])
        # Jobs take turns.
        who = ["others" in one["query"]
               for one in self.pages("github", "issues(")]
        first = who[:8]
        self.assertIn(True, first)
        self.assertIn(False, first)

    def test_few_requests(self):
        """A page costs one request; nested connections that fit cost
        none."""
        self.prepare("github", ISSUES, page=50, sizes={
            "Repository.issues": 100, "Issue.comments": 2,
            "Issue.labels": 1})
        self.walk("github")
        self.check_source("github", ISSUES)
        self.assertEqual(2, len(self.pages("github", "issues(")))

    def test_no_request_for_an_empty_page(self):
        """The total says that the last page was full."""
        self.prepare("plain", FLAT_ARTICLES, sizes={"Article": 20})
        self.walk("plain")
        self.assertEqual(4, len(self.pages("plain", "articles(")))


if __name__ == "__main__":
    unittest.main()
