"""Runs by pages that are interrupted: the next run continues, and reads no
page again that was committed."""
import os
import signal
import unittest

from cases.queries import PRODUCTS
from cases.test_citus import REFUSE
from cases.walks import ARTICLES, CHANGED, FLAT, FLAT_ARTICLES, ISSUES, LIBRARY
from harness.case import AGAIN, OK, PARTIAL, World
from harness.cluster import Cluster, Held
from harness.commits import Proxy
from harness.walk_case import WalkCase

PAGE = "SELECT (head ->> 'page')::int AS v FROM bulkpg.frontier " \
       "WHERE number = 0"


class ResumeCase(WalkCase):
    weight = 5

    def prepare(self, api="github", query=FLAT, page=5, **how):
        self.api, self.rows_query = api, query
        self.sources(api, page=page, **how)
        self.query("rows", query, api)

    def committed(self):
        """The number of the last committed page; 0: none."""
        if self.db.value("SELECT to_regclass('bulkpg.frontier') IS NULL "
                         "AS v"):
            return 0
        return (self.db.column(PAGE) or [0])[0] or 0

    def stop_at(self, page, *arguments, how=signal.SIGKILL, contains="",
                settled=True):
        """Start a run, and stop it when it waits for the answer to this
        request, and all before it are committed."""
        self.graph.rule({"hold": True}, nth=page, times=-1, api=self.api,
                        kind="query", contains=contains)
        running = self.program.start("run", "--store", self.api, *arguments)
        self.wait_for(lambda: self.graph.get("held") > 0
                      or not running.is_alive())
        if settled:
            self.wait_for(lambda: self.committed() >= page - 1
                          or not running.is_alive())
        self.assertTrue(running.is_alive(), "it ended too early")
        running.signal(how)
        if how == signal.SIGKILL:
            running.wait()
        else:
            self.wait_for(lambda: running.has_said("stop")
                          or not running.is_alive())
        self.graph.post("rules/clear")
        return running.wait()

    def check_right(self):
        self.check_source(self.api, self.rows_query)
        self.check_no_staging()
        self.check_no_frontier()

    def count(self, text, after=0):
        return len(self.pages(self.api, text, after=after))

    def runs(self):
        return self.db.rows("SELECT run_id, status, resumed, mode FROM "
                            "bulkpg.run ORDER BY run_id")


class Kills(ResumeCase):
    def test_only_the_page_in_flight_is_read_again(self):
        self.prepare()
        for page in (1, 2, 4, 5):
            with self.subTest(page):
                self.db.execute("DROP SCHEMA IF EXISTS bulkpg, github "
                                "CASCADE")
                before = self.mark()
                self.stop_at(page, contains="issues(")
                self.walk("github")
                self.check_right()
                self.assertEqual(6, self.count("issues(", before))
                (run,) = self.runs()
                self.assertEqual(("loaded", 1), (run["status"],
                                                 run["resumed"]))

    def test_drains(self):
        self.prepare("plain", LIBRARY)
        self.control("set", api="plain", sizes={
            "LibraryInfo.shelves": 7, "Shelf.books": 14})
        self.walk("plain")
        whole = self.count("")
        self.db.execute("DROP SCHEMA bulkpg, plain CASCADE")
        before = self.mark()
        self.stop_at(9, settled=False)
        self.walk("plain")
        self.check_right()
        # Six requests may have been in flight, and six pages not committed.
        self.assertLessEqual(len(self.pages("plain", after=before)),
                             whole + 12)

    def test_offset_pages(self):
        self.prepare("plain", FLAT_ARTICLES, page=3, more="concurrency = 1")
        self.stop_at(5, contains="articles(")
        self.walk("plain")
        self.check_right()
        self.assertEqual(13, self.count("articles("))

    def test_a_store(self):
        self.program.configure(self.db.dsn, [self.shop.stores["acme"]])
        self.query("products", PRODUCTS.replace(
            "query Products", "query Products @paged(first: 10, "
            "concurrency: 1)"), "acme")
        self.shop.rule({"hold": True}, nth=5, times=-1, kind="query",
                       contains="products(")
        running = self.program.start("run")
        self.wait_for(lambda: self.shop.get("held") > 0
                      or not running.is_alive())
        self.assertTrue(running.is_alive(), "it ended too early")
        running.signal(signal.SIGKILL)
        running.wait()
        self.shop.post("rules/clear")
        self.run_program("run")
        self.check_tables(PRODUCTS)
        self.assertEqual("loaded", self.status())
        self.assertEqual([], self.requests(kind="run"))
        self.assertLessEqual(len(self.shop_pages("products(")), 8)

    def test_a_run_that_is_stopped(self):
        for how in signal.SIGINT, signal.SIGTERM:
            with self.subTest(how):
                self.prepare()
                self.db.execute("DROP SCHEMA IF EXISTS bulkpg, github "
                                "CASCADE")
                before = self.mark()
                self.assertIn(self.stop_at(3, how=how, contains="issues(")
                              .status, (AGAIN, 128 + how, -how))
                self.walk("github")
                self.check_right()
                self.assertEqual(6, self.count("issues(", before))

    def test_the_window_stays(self):
        self.prepare(query=CHANGED)
        self.control("set", api="github", sizes={"Repository.issues": 8})
        self.walk("github")
        ids = self.db.column("SELECT id FROM github.repository_issues")
        self.control("change", api="github", ids=ids,
                     set={"title": "new"}, at="2030-01-01T00:00:00Z")
        before = self.mark()
        self.stop_at(2, contains="issues(")
        self.walk("github")
        self.check_right()
        since = {one["variables"]["since"] for one
                 in self.pages("github", "issues(", after=before)}
        self.assertEqual(1, len(since), since)
        self.assertEqual("incremental", self.runs()[-1]["mode"])

    def test_a_cursor_that_is_refused_now(self):
        self.prepare()
        self.stop_at(4, contains="issues(")
        self.graph.set(api="github", cursor_epoch=2)
        self.walk("github")
        self.check_right()

    def test_twice(self):
        self.prepare()
        self.stop_at(2, contains="issues(")
        self.stop_at(2, contains="issues(", settled=False)
        self.walk("github")
        self.check_right()
        (run,) = self.runs()
        self.assertEqual(2, run["resumed"])


CHANGED_FILES = """{
  repository(owner: "o", name: "n") {
    pullRequests(orderBy: {field: UPDATED_AT, direction: ASC}) {
      nodes { id number title files { nodes { path additions } } }
    }
  }
}
"""

CHANGED_REACTIONS = """{
  repository(owner: "o", name: "n") {
    issues(orderBy: {field: UPDATED_AT, direction: ASC}) {
      nodes { id number title comments { nodes { id body
        reactions { nodes { content createdAt } } } } }
    }
  }
}
"""

ACCOUNTS = """{
  repository(owner: "o", name: "n") {
    issues {
      nodes {
        id
        assignees {
          nodes { id login socialAccounts { nodes { url displayName } } }
        }
      }
    }
  }
}
"""


class Repeated(ResumeCase):
    """Rows that come again after the run was resumed."""

    def test_a_row_in_place_of_another_one(self):
        """The total is right, but a row came twice and another one did not:
        the connection is not complete, and is read again."""
        self.prepare()
        self.stop_at(4, contains="issues(")
        (staged,) = self.stages()
        id_ = self.db.value(f"SELECT min(id) AS v FROM {staged}")
        before = self.mark()
        self.graph.rule({"edits": [{
            "path": "data.repository.issues.nodes.2.id", "set": id_}]},
            api="github", kind="query", contains="issues(")
        self.walk("github")
        self.check_right()
        self.assertEqual(1, self.walked("github")["repository.issues"][
            "repeats"])
        self.assertEqual(2 + 5, self.count("issues(", before))

    def stages(self):
        """Staging of the root's rows."""
        return self.db.column(
            "SELECT c.oid::regclass::text FROM pg_class c JOIN pg_attribute "
            "a ON a.attrelid = c.oid WHERE c.relname LIKE '%stage%' AND "
            "a.attname = 'number' AND c.relkind = 'r'")

    def test_staged_rows_are_read_by_a_session_of_the_run(self):
        """Other jobs need the control session meanwhile."""
        self.prepare()
        self.stop_at(4, contains="issues(")
        (staged,) = self.stages()
        with Held(self.db, f"LOCK TABLE {staged}"):
            running = self.program.start("run", "--store", "github")
            self.wait_for(lambda: self.db.column(
                "SELECT application_name FROM pg_locks JOIN pg_stat_activity "
                "USING (pid) WHERE NOT granted AND query LIKE '%DECLARE "
                "staged%' AND application_name LIKE 'bulkpg%'"))
            (name,) = self.db.column(
                "SELECT application_name FROM pg_locks JOIN pg_stat_activity "
                "USING (pid) WHERE NOT granted AND query LIKE '%DECLARE "
                "staged%' AND application_name LIKE 'bulkpg%'")
        self.expect(running.wait(), OK)
        self.assertRegex(name, "^bulkpg run ")
        self.check_right()

    def test_roots_that_changed_meanwhile(self):
        """In the order of their changes they come again at the end, with rows
        below them that have no ids."""
        self.prepare(query=CHANGED_FILES)
        self.control("set", api="github", sizes={
            "Repository.pullRequests": 14, "PullRequest.files": [1, 9]})
        self.stop_at(3, contains="pullRequests(")
        (staged,) = self.stages()
        self.control("change", api="github", ids=self.db.column(
            f"SELECT id FROM {staged} LIMIT 4"), set={"title": "new"},
            at="2030-01-01T00:00:00Z")
        self.walk("github")
        self.check_right()
        self.assertEqual(1, self.runs()[-1]["resumed"])

    def prepare_reactions(self):
        self.prepare(query=CHANGED_REACTIONS)
        self.control("set", api="github", sizes={
            "Repository.issues": 14, "Issue.comments": [1, 3],
            "IssueComment.reactions": [1, 4]})

    def change_staged(self):
        (staged,) = self.stages()
        self.control("change", api="github", ids=self.db.column(
            f"SELECT id FROM {staged} LIMIT 4"), set={"title": "new"},
            at="2030-01-01T00:00:00Z")

    def test_grandchildren_of_roots_that_change(self):
        """Roots that come again bring what is below them again, with all that
        is below that."""
        self.prepare_reactions()
        self.graph.rule({"hold": True}, nth=3, api="github", kind="query",
                        contains="issues(")
        running = self.program.start("run", "--store", "github")
        self.wait_for(lambda: self.graph.get("held") > 0
                      and self.committed() >= 2 or not running.is_alive())
        self.change_staged()
        self.graph.post("rules/clear")
        self.expect(running.wait(), OK)
        self.check_right()

    def test_grandchildren_of_roots_that_changed_meanwhile(self):
        self.prepare_reactions()
        self.stop_at(3, contains="issues(")
        self.change_staged()
        self.walk("github")
        self.check_right()

    def test_rows_below_several_parents(self):
        """What is below a row that has no id comes once."""
        self.prepare(query=ACCOUNTS, page=4)
        self.control("set", api="github", sizes={"Repository.issues": 12,
                                                 "User.socialAccounts": 3})
        place = self.place("github", """{ repository(owner: "o", name: "n") {
            id } }""")
        self.give("github", place + ".issues", "Issue", [
            {"id": f"I{n:02}", "number": n} for n in range(12)])
        for n in range(12):
            self.give("github", f"I{n:02}.assignees", "User", [
                {"id": "U1", "login": "one"}, {"id": f"V{n:02}", "login": "x"}])
        for user in ["U1"] + [f"V{n:02}" for n in range(12)]:
            self.give("github", user + ".socialAccounts", "SocialAccount", [
                {"url": f"https://{user}.example/{n}", "displayName": f"d{n}"}
                for n in range(3)])
        self.stop_at(2, contains="issues(")
        self.walk("github")
        self.check_right()
        self.assertEqual(3 * 13, self.db.value(
            "SELECT count(*) AS v FROM "
            "github.repository_issues_assignees_social_accounts"))


class BeganAgain(ResumeCase):
    """Runs that cannot continue."""

    def check_again(self, requests=9):
        self.walk("github")
        self.check_right()
        self.assertEqual(requests, self.count("issues("))

    def test_another_plan(self):
        self.prepare()
        self.stop_at(4, contains="issues(")
        self.rows_query = FLAT.replace("number ", "number body ")
        self.query("rows", self.rows_query, "github")
        self.check_again()

    def test_after_six_hours(self):
        self.prepare()
        self.stop_at(4, contains="issues(")
        self.db.execute("UPDATE bulkpg.frontier SET committed_at = "
                        "committed_at - interval '7 hours'")
        self.check_again()

    def test_staging_that_was_dropped(self):
        self.prepare()
        self.stop_at(4, contains="issues(")
        self.db.execute("DO $$ DECLARE t text; BEGIN FOR t IN SELECT "
                        "oid::regclass FROM pg_class WHERE relkind = 'r' AND "
                        "relname LIKE '%stage%' LOOP EXECUTE 'DROP TABLE ' "
                        "|| t; END LOOP; END $$")
        self.check_again()

    def test_a_full_run_for_an_incremental_one(self):
        self.prepare(query=CHANGED)
        self.walk("github")
        before = self.mark()
        self.control("change", api="github", ids=self.db.column(
            "SELECT id FROM github.repository_issues"), set={"title": "new"},
            at="2030-01-01T00:00:00Z")
        self.stop_at(3, contains="issues(")
        self.walk("github", "--full")
        self.check_right()
        self.assertEqual("full", self.runs()[-1]["mode"])
        self.assertLess(6, self.count("issues(", before))


class Crashes(ResumeCase):
    weight = 30

    def setUp(self):
        super().setUp()
        self.cluster = Cluster()
        self.addCleanup(self.cluster.stop)
        self.cluster.start()
        self.db = self.cluster.database()

    def test_a_crash_of_the_server(self):
        """It empties the frontier and staging together."""
        self.prepare()
        self.stop_at(4, contains="issues(")
        self.cluster.restart()
        self.wait_for(lambda: self.db.value("SELECT true AS v"))
        self.walk("github")
        self.check_right()
        self.assertEqual(9, self.count("issues("))

    def test_a_crash_during_the_run(self):
        self.prepare()
        self.graph.rule({"hold": True}, nth=4, api="github", kind="query",
                        contains="issues(")
        running = self.program.start("run", "--store", "github")
        self.wait_for(lambda: self.graph.get("held") > 0
                      or not running.is_alive())
        self.cluster.restart()
        self.graph.post("release")
        result = running.wait()
        self.assertIn(result.status, (OK, AGAIN), str(result))
        self.walk("github")
        self.check_right()


class LostConnections(ResumeCase):
    def test_the_loader(self):
        """The same process continues."""
        self.prepare()
        self.graph.rule({"hold": True}, nth=4, api="github", kind="query",
                        contains="issues(")
        running = self.program.start("run", "--store", "github")
        self.wait_for(lambda: self.graph.get("held") > 0
                      and self.committed() >= 3 or not running.is_alive())
        self.assertTrue(running.is_alive())
        self.db.end_backends("bulkpg run%")
        self.graph.post("release")
        self.expect(running.wait(), OK)
        self.check_right()
        self.assertLessEqual(self.count("issues("), 6)
        (run,) = self.runs()
        self.assertEqual("loaded", run["status"])

    def lose(self, before):
        """Lose each COMMIT of a run in turn."""
        proxy = Proxy(World.cluster.directory)
        self.addCleanup(proxy.stop)
        self.program.configure(
            self.db.dsn.replace(World.cluster.directory, proxy.folder), [],
            sources=self.graph.section(self.program, "github",
                                       more="page = 9"))
        self.query("rows", ISSUES, "github")
        self.api, self.rows_query = "github", ISSUES
        self.walk("github")
        for number in range(1, 60):
            self.control("change", api="github", ids=self.db.column(
                "SELECT id FROM github.repository_issues LIMIT 3"),
                set={"title": f"changed {number}"})
            proxy.cut(number, before)
            self.walk("github")
            self.check_right()
            self.assertEqual("loaded", self.status())
            if proxy.commits < number:
                return number
        return self.fail("too many commits")

    def test_commits_that_did_not_happen(self):
        self.assertGreater(self.lose(True), 4)

    def test_commits_whose_answer_is_lost(self):
        self.assertGreater(self.lose(False), 4)


class Rows(ResumeCase):
    """Rows that PostgreSQL refuses, and types that widen, between pages."""

    def test_a_refused_row(self):
        self.prepare()
        sql = REFUSE.replace("NEW.id = {number}", "NEW.number = 13").format(
            times=100, code="22P05", number=13)
        self.db.execute(sql)
        self.walk("github", status=PARTIAL)
        self.assertEqual(24, self.db.value(
            "SELECT count(*) AS v FROM github.repository_issues"))
        self.assertEqual(1, len(self.rejects("github")))
        self.assertLessEqual(self.count("issues("), 6)

    def test_a_type_that_widens(self):
        query = """{ repository(owner: "o", name: "n") {
            issues { nodes { id number fullDatabaseId } } } }\n"""
        self.prepare(query=query)
        repository = self.place("github", """{ repository(owner: "o",
            name: "n") { id } }""")
        self.give("github", repository + ".issues", "Issue", [
            {"id": f"I{n}", "number": n, "title": f"issue {n}",
             "fullDatabaseId": str(10 ** (19 if n == 12 else 9) * 7 + n)}
            for n in range(1, 20)])
        self.walk("github")
        self.assertEqual(19, self.db.value(
            "SELECT count(*) AS v FROM github.repository_issues"))
        self.assertEqual("numeric", self.type_of(
            "repository_issues", "full_database_id", "github"))
        self.assertEqual(4, self.count("issues("))
        self.assertEqual("70000000000000000012", self.db.value(
            "SELECT full_database_id::text AS v FROM "
            "github.repository_issues WHERE number = 12"))


class Keep(ResumeCase):
    def kept(self):
        folder = os.path.join(self.program.directory, "kept")
        (name,) = [name for name in os.listdir(folder)
                   if name.endswith(".jsonl")]
        return f"kept/{name}"

    def check_replay(self, api, query):
        self.program.file("types.graphql", self.graph.schema(api))
        self.program.query("rows", query, store="again")
        text = self.program.read("bulkpg.ini").decode()
        self.program.file("bulkpg.ini", text + self.graph.section(
            self.program, api, "again", "schema_file = types.graphql\n"))
        self.run_program("load", "--store", "again", "rows", self.kept())
        self.assertEqual([], self.difference(api, "again"))

    def test_a_copy_can_be_loaded(self):
        for api, query in (("github", ISSUES), ("plain", ARTICLES),
                           ("plain", LIBRARY)):
            with self.subTest(api):
                self.db.execute("DROP SCHEMA IF EXISTS bulkpg, github, "
                                "plain, again CASCADE")
                self.program.file("kept/x", "")
                for name in os.listdir(os.path.join(
                        self.program.directory, "kept")):
                    self.program.remove_file(f"kept/{name}")
                self.prepare(api, query)
                self.walk(api, "--keep", "kept")
                self.check_right()
                self.check_replay(api, query)

    def test_a_copy_of_a_run_that_was_killed(self):
        self.prepare(query=ISSUES)
        self.program.file("kept/x", "")
        self.program.remove_file("kept/x")
        self.stop_at(4, "--keep", "kept", contains="issues(")
        self.walk("github", "--keep", "kept")
        self.check_right()
        self.check_replay("github", ISSUES)


if __name__ == "__main__":
    unittest.main()
