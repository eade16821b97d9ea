"""Pages or a bulk operation: which way a run takes, and how it stays with it."""
import signal

from cases.queries import PLAIN
from harness.case import CONFIG
from harness.walk_case import WalkCase


def paged(arguments):
    return PLAIN.replace("{", f"query @paged{arguments} {{", 1)


class Ways(WalkCase):
    def setUp(self):
        super().setUp()
        self.configure()

    def kill_at(self, **request):
        """Kill a run that waits for the answer to this request."""
        self.shop.rule({"hold": True}, times=-1, **request)
        running = self.program.start("run")
        self.wait_for(lambda: self.shop.get("held") > 0
                      or not running.is_alive())
        self.assertTrue(running.is_alive(), "it ended too early")
        running.signal(signal.SIGKILL)
        running.wait()
        self.shop.post("rules/clear")

    def kill_pages(self, arguments="(first: 7, concurrency: 1)"):
        self.query("products", paged(arguments))
        self.kill_at(nth=4, kind="query", contains="products(")

    def kill_bulk(self, query=PLAIN):
        self.query("products", query)
        self.kill_at(kind="poll")

    def runs(self):
        return self.db.rows("SELECT status, error_code, resumed FROM "
                            "bulkpg.run ORDER BY run_id")

    def check_resumed(self):
        self.assertEqual([("loaded", None, 1)], [
            tuple(row.values()) for row in self.runs()])
        self.check_tables(PLAIN)
        self.check_no_staging()

    def check_superseded(self):
        self.assertEqual([("failed", "SUPERSEDED", 0), ("loaded", None, 0)], [
            tuple(row.values()) for row in self.runs()])
        self.check_tables(PLAIN)
        self.check_no_staging()
        self.assertEqual(0, self.db.value(
            "SELECT count(*) AS v FROM bulkpg.frontier"))

    def test_pages_go_on_as_pages(self):
        self.kill_pages("(first: 7, concurrency: 1, below: 1000)")
        self.query("products", paged("(first: 7, below: 1)"))
        self.run_program("run")
        self.check_resumed()
        self.assertEqual([], self.requests(kind="run"))

    def test_a_bulk_operation_goes_on_as_one(self):
        self.kill_bulk(paged("(below: 1)"))
        self.query("products", paged("(below: 1000)"))
        self.run_program("run")
        self.check_resumed()
        self.assertEqual(1, len(self.requests(kind="run")))

    def test_pages_are_no_bulk_operation(self):
        self.kill_pages()
        self.query("products", PLAIN)
        self.run_program("run")
        self.check_superseded()

    def test_a_bulk_operation_is_no_pages(self):
        self.kill_bulk()
        self.query("products", paged(""))
        self.run_program("run")
        self.check_superseded()
        self.assertEqual(1, len(self.requests(kind="cancel")))

    def test_pages_of_another_query(self):
        self.kill_pages()
        query = PLAIN.replace("title", "title handle")
        self.query("products", query.replace("{", "query @paged {", 1))
        self.run_program("run")
        self.assertEqual([("failed", "SUPERSEDED", 0), ("loaded", None, 0)], [
            tuple(row.values()) for row in self.runs()])
        self.check_tables(query)
        self.check_no_staging()

    def test_pages_that_are_too_old(self):
        self.kill_pages()
        self.db.execute("UPDATE bulkpg.frontier SET committed_at = "
                        "clock_timestamp() - interval '361 minutes' "
                        "WHERE number = 0")
        self.run_program("run")
        self.check_superseded()

    def test_a_database_that_crashed(self):
        """It has lost the frontier; the run begins from scratch."""
        self.kill_pages()
        self.db.execute("TRUNCATE bulkpg.frontier")
        self.run_program("run")
        self.check_resumed()

    def test_a_source_is_never_bulk(self):
        self.sources("github")
        self.query("rows", "query @paged(below: 5) { repository(owner: \"o\", "
                           "name: \"n\") { issues { nodes { id } } } }",
                   "github")
        self.walk("github", status=CONFIG)
        self.assertEqual([], self.pages("github"))
