"""run JOB --ids: exactly these objects, and nothing else changes."""
import json
import signal

from cases.queries import ORDERS, PLAIN, PRODUCTS
from harness.case import AGAIN, CONFIG, FAILED, OK, USAGE
from harness.walk_case import WalkCase

ISSUES = """query($since: DateTime) @incremental {
  repository(owner: "o", name: "n") {
    issues(filterBy: {since: $since}) {
      nodes { id title comments { nodes { id body } } }
    }
  }
}
"""


def paged(query, arguments="first: 7, concurrency: 1"):
    return query.replace("{", f"query @paged({arguments}) {{", 1)


class IdsCase(WalkCase):
    def setUp(self):
        super().setUp()
        self.configure()

    def prepare(self, query=PLAIN, job="products"):
        self.query(job, query)
        self.run_program("run", job)
        self.ids = self.db.column(
            f"SELECT id::text FROM acme.{job} ORDER BY id")

    def run_ids(self, *ids, status=OK, job="products", options=()):
        self.program.file("ids", "".join(f"{one}\n" for one in ids))
        return self.run_program("run", job, "--ids", "ids", *options,
                                status=status)

    def delete(self, kind, *ids):
        self.change(store="acme", delete=True, ids=[
            f"gid://shopify/{kind}/{one}" for one in ids])

    def modes(self):
        return self.db.column("SELECT mode || ' ' || status FROM bulkpg.run "
                              "ORDER BY run_id")


class Rows(IdsCase):
    def test_numbers_are_ids(self):
        """The tables have numbers; a query on them gives the file."""
        self.prepare()
        self.change(store="acme", type="Product", count=3,
                    set={"title": "new"})
        self.run_ids(self.ids[0], f"  gid://shopify/Product/{self.ids[1]}\r",
                     "", *self.ids[:3])
        run = self.last_run()
        self.assertEqual(("ids", 3, 0), (
            run["mode"], run["rows_updated"], run["rows_deleted"]))
        self.check_tables(PLAIN)

    def test_rows_that_are_gone_are_marked(self):
        query = PLAIN.replace("{", "query @deletes(mode: SOFT) {", 1)
        self.prepare(query)
        self.delete("Product", *self.ids[20:22])
        self.run_ids(*self.ids[20:24])
        marked = "_deleted_at IS NOT NULL"
        self.assertEqual(self.ids[20:22], self.db.column(
            f"SELECT id::text FROM acme.products WHERE {marked} ORDER BY id"))
        self.assertEqual(self.ids[20:22], self.db.column(
            "SELECT DISTINCT _parent_id::text FROM acme.products_variants "
            f"WHERE {marked} ORDER BY 1"))
        self.run_program("run", "products")
        self.assertEqual(0, self.last_run()["rows_deleted"])

    def test_rows_that_are_gone_are_kept(self):
        self.prepare(PLAIN.replace("{", "query @deletes(mode: KEEP) {", 1))
        before = self.rows("products"), self.rows("products_variants")
        self.delete("Product", *self.ids[20:22])
        self.run_ids(*self.ids[20:24])
        self.assertEqual(before, (self.rows("products"),
                                  self.rows("products_variants")))

    def test_orders_that_may_be_hidden_stay(self):
        self.prepare(ORDERS, "orders")
        self.db.execute("UPDATE bulkpg.store SET scopes = 'read_orders'")
        before = self.rows("orders"), self.rows("orders_line_items")
        self.delete("Order", *self.ids[:3])
        result = self.run_ids(*self.ids[:5], job="orders")
        self.assertIn("read_all_orders", result.stderr)
        self.assertEqual(before, (self.rows("orders"),
                                  self.rows("orders_line_items")))

    def test_the_guard_holds(self):
        """The first products have many variants."""
        self.prepare()
        before = self.snapshot()
        self.delete("Product", *self.ids[:2])
        result = self.run_ids(*self.ids[:2], status=FAILED)
        self.assertIn("TOO_MANY_DELETES", result.stderr)
        self.check_unchanged(before)
        self.assertEqual("ids failed", self.modes()[-1])
        self.run_ids(*self.ids[:2], options=["--force-deletes"])
        self.check_tables(PLAIN)

    def test_the_first_run_of_a_job(self):
        """It creates the tables; the next run is a full one nevertheless."""
        self.query("products", PRODUCTS.replace(
            "query Products", "query @incremental"))
        self.query("others", paged('{ products @table(name: "others") { nodes '
                                   "{ id } } }"))
        self.run_program("run", "others")
        self.ids = self.db.column("SELECT id::text FROM acme.others")
        self.run_ids(*self.ids[:3])
        self.assertEqual(3, len(self.rows("products")))
        self.run_ids(*self.ids[2:5], options=["--keep", "kept"])
        self.assertEqual(5, len(self.rows("products")))
        self.run_program("run", "products")
        run = self.last_run("products")
        self.assertEqual(("full", "first"), (run["mode"], run["mode_reason"]))
        self.check_tables(PRODUCTS, paged(
            '{ products @table(name: "others") { edges { node { id } } } }'))

    def test_a_source(self):
        self.sources("github")
        self.query("rows", ISSUES, "github")
        self.walk("github")
        ids = self.db.column("SELECT id FROM github.repository_issues "
                             "ORDER BY id LIMIT 3")
        self.control("change", api="github", ids=ids[:2],
                     set={"title": "new"})
        self.control("change", api="github", ids=ids[2:], delete=True)
        self.program.file("ids", "\n".join(ids))
        self.walk("github", "rows", "--ids", "ids")
        run = self.last_run(store="github")
        self.assertEqual(("ids", 2), (run["mode"], run["rows_updated"]))
        self.check_source("github", ISSUES)


class OtherRuns(IdsCase):
    """A run with --ids leaves other runs alone."""

    def stop(self, *arguments, nth=4):
        """Kill a run that waits for this page."""
        self.shop.rule({"hold": True}, nth=nth, times=-1, kind="query",
                       contains="products(")
        running = self.program.start("run", *arguments)
        self.wait_for(lambda: self.shop.get("held") > 0
                      or not running.is_alive())
        self.assertTrue(running.is_alive(), "it ended too early")
        running.signal(signal.SIGKILL)
        running.wait()
        self.shop.post("rules/clear")

    def test_an_interrupted_run_is_resumed_after_it(self):
        self.prepare(paged(PLAIN))
        self.change(store="acme", type="Product", count=9,
                    set={"title": "new"})
        self.stop("products", "--full")
        self.run_ids(*self.ids[:5])
        self.assertEqual(["full loaded", "full loading", "ids loaded"],
                         self.modes())
        self.run_program("run", "products", "--full")
        self.assertEqual(["full loaded", "full loaded", "ids loaded"],
                         self.modes())
        self.assertEqual(1, self.db.value(
            "SELECT max(resumed) AS v FROM bulkpg.run"))
        self.check_tables(PLAIN)
        self.check_no_staging()

    def test_a_killed_run_is_never_resumed(self):
        self.prepare()
        self.change(store="acme", type="Product", count=9,
                    set={"title": "new"})
        self.shop.rule({"hold": True}, times=-1, kind="query",
                       contains="nodes(ids:")
        self.program.file("ids", "\n".join(self.ids[:5]))
        running = self.program.start("run", "products", "--ids", "ids")
        self.wait_for(lambda: self.shop.get("held") > 0)
        running.signal(signal.SIGKILL)
        running.wait()
        self.shop.post("rules/clear")
        self.assertEqual("full", json.loads(self.run_program(
            "status", "--json").stdout)["runs"][0]["mode"])
        self.run_ids(*self.ids[:5])
        self.assertEqual("ids loaded", self.modes()[-1])
        self.run_program("run", "products")
        self.assertEqual(["full loaded", "ids failed", "ids loaded",
                          "full loaded"], self.modes())
        self.check_tables(PLAIN)
        self.check_no_staging()

    def test_a_stopped_run_has_failed(self):
        self.prepare()
        self.shop.rule({"hold": True}, times=-1, kind="query",
                       contains="nodes(ids:")
        self.program.file("ids", "\n".join(self.ids[:5]))
        running = self.program.start("run", "products", "--ids", "ids")
        self.wait_for(lambda: self.shop.get("held") > 0)
        running.signal(signal.SIGTERM)
        self.wait_for(lambda: not running.is_alive() or
                      running.has_said("stop"))
        self.shop.post("rules/clear")
        self.assertEqual(AGAIN, running.wait().status)
        self.assertEqual("ids failed", self.modes()[-1])
        self.check_no_staging()

    def test_pages_can_be_canceled(self):
        self.prepare(paged(PLAIN))
        self.shop.rule({"hold": True}, nth=3, times=-1, kind="query",
                       contains="products(")
        running = self.program.start("run", "products")
        self.wait_for(lambda: self.shop.get("held") > 0)
        (operation,) = json.loads(self.run_program(
            "status", "--json").stdout)["operations"]
        self.assertEqual((None, "RUNNING"), (operation["operation_id"],
                                             operation["status"]))
        self.assertIn("pages RUNNING", self.run_program("status").stdout)
        result = self.run_program("cancel", "products")
        self.assertIn("acme products pages CANCELED", result.stdout)
        self.shop.post("rules/clear")
        self.assertEqual(FAILED, running.wait().status)
        self.assertEqual("full canceled", self.modes()[-1])
        self.check_tables(PLAIN)
        self.run_program("run", "products")
        self.check_no_staging()


class Refused(IdsCase):
    def check_refused(self, query, code="NOT_BY_IDS", status=CONFIG,
                      ids="gid://shopify/Product/1\n"):
        self.query("products", query)
        self.program.file("ids", ids)
        result = self.run_program("run", "products", "--ids", "ids",
                                  status=status)
        self.assertIn(code, result.stderr)
        self.assertEqual([], self.requests(kind="run"))
        self.assertEqual([], self.shop_pages())
        return result

    def test_queries(self):
        for query in (
                paged("{ products { nodes { id } } shop { name } }"),
                paged("{ shop { id name } }"),
                '{ products(query: "status:active") { edges { node {'
                " id } } } }",
                paged("{ products(first: 3) { nodes { id } } }"),
                paged('{ collection(id: "gid://shopify/Collection/1") {'
                      " products { nodes { id } } } }")):
            with self.subTest(query):
                self.check_refused(query)

    def test_ids(self):
        for ids, what in (("x\n", "is not an id of Product"),
                          ("1\ngid://shopify/Order/1\n", "ids:2:"),
                          ("gid://shopify/Product/\n", "ids:1:"),
                          ("1\n\0\n", "ids:2: the line is not text")):
            with self.subTest(ids):
                result = self.check_refused(PRODUCTS, "BAD_IDS", USAGE, ids)
                self.assertIn(what, result.stderr)

    def test_no_ids(self):
        self.query("products", PRODUCTS)
        self.program.file("ids", "\n \n")
        result = self.run_program("run", "products", "--ids", "ids")
        self.assertIn("there are no ids", result.stderr)
        self.assertEqual([], self.requests())

    def test_several_stores(self):
        acme = self.shop.stores["acme"]
        self.program.configure(self.db.dsn, [acme, {**acme, "name": "calm"}])
        self.query("products", PRODUCTS)
        self.program.file("ids", "1\n")
        result = self.run_program("run", "products", "--ids", "ids",
                                  status=USAGE)
        self.assertIn("SEVERAL_STORES", result.stderr)
