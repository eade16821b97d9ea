"""@optional: fields that a store lacks or denies are left out."""
import gzip
import json
import os

from cases.test_events import read_events
from harness.case import CONFIG, DENIED, Case
from harness.walk_case import WalkCase

VENDOR = [{"type": "Product", "field": "vendor", "scope": "read_products"}]
VARIANTS = [{"type": "Product", "field": "variants"}]
QUERY = """query %s { products { edges { node { id title
    vendor @optional } } } }"""
NESTED = """{ products { edges { node { id title
    variants @optional { edges { node { id sku } } } } } } }"""
LATER = "{ products { edges { node { id title later @optional } } } }"
PRODUCT = "gid://shopify/Product/"


def product(number, **more):
    return json.dumps({"id": f"{PRODUCT}{number}", "title": "Lamp", **more})


class Optional(Case):
    def notes(self, store="acme"):
        return self.last_run(store=store)["notes"]

    def check_left_out(self, field, why="denied", is_table=False,
                       store="acme"):
        self.assertEqual([{"field": field, "why": why, "table": is_table}],
                         self.notes(store)["left_out"])

    def count(self, what="count(*)", table="products", schema="acme"):
        return self.db.value(f"SELECT {what} AS v FROM {schema}.{table}")

    def types_with(self, field, scalar):
        """A file of types in which Product has one more field."""
        opened = gzip.open if self.types.endswith(".gz") else open
        with opened(self.types, "rt", encoding="utf-8") as file:
            types = json.load(file)
        schema = types.get("data", types)["__schema"]
        parent = next(one for one in schema["types"]
                      if one["name"] == "Product")
        parent["fields"].append({
            "name": field, "args": [], "isDeprecated": False,
            "type": {"kind": "SCALAR", "name": scalar, "ofType": None}})
        self.program.file("types.json", json.dumps(types))
        return os.path.join(self.program.directory, "types.json")

    # ---- the store lacks the field -----------------------------------------

    def test_a_field_that_the_store_lacks(self):
        self.configure()
        self.query("job", """{ products { edges { node { id title
            size: newSize @optional @column(type: "integer")
            colour @optional
            seo { gloss @optional }
            rows @optional { edges { node { id } } } } } } }""")
        result = self.run_program("run", "-v")
        self.assertIn("fields are left out", result.stderr)
        self.assertEqual("integer", self.type_of("products", "size"))
        self.assertGreater(self.count(), 0)
        self.assertEqual(0, self.count("count(size)"))
        self.assertEqual(
            ["products.size", "products.colour", "products.seo.gloss",
             "products.rows"],
            [one["field"] for one in self.notes()["left_out"]])
        self.assertEqual({"absent"}, {one["why"]
                                      for one in self.notes()["left_out"]})
        query = self.shop.operations()[0]["query"]
        for word in ("optional", "newSize", "colour", "gloss", "rows"):
            self.assertNotIn(word, query)
        before = self.snapshot()
        self.run_program("run")
        self.check_unchanged(before)
        plan = self.run_program("plan", "job").stdout
        self.assertIn("--   products.rows, a table: the API does not have it",
                      plan)
        self.assertIn("-- none", plan)
        as_json = json.loads(self.run_program("plan", "job", "--json").stdout)
        self.assertEqual("products.size", as_json["left_out"][0]["field"])
        self.assertIn("left out: products.size (the API does not have it)",
                      self.run_program("check").stdout)
        left_out = ("products.size (the API does not have it), "
                    "products.colour (the API does not have it), ")
        self.assertIn("\n    left out: " + left_out,
                      self.run_program("status").stdout)
        (run,) = json.loads(self.run_program("status", "--json").stdout)[
            "runs"]
        self.assertEqual(self.notes()["left_out"], run["left_out"])
        page = self.run_program("report").stdout
        self.assertIn("<h2>Left out and masked</h2>", page)
        self.assertIn("<tr><td>acme</td><td>job</td><td>",
                      self.plain(page))
        self.assertIn(left_out, self.plain(page))

    @staticmethod
    def plain(page):
        """Without the places where a browser may break a name."""
        return page.replace("<wbr />", "")

    def test_nothing_was_left_out(self):
        self.configure()
        self.query("job", "{ products { edges { node { id } } } }")
        self.run_program("run")
        self.assertNotIn("left out", self.run_program("status").stdout)
        (run,) = json.loads(self.run_program("status", "--json").stdout)[
            "runs"]
        self.assertEqual([], run["left_out"])
        self.assertNotIn("Left out", self.run_program("report").stdout)

    def test_nothing_is_left(self):
        self.configure()
        self.query("job", "{ things @optional { edges { node { id } } } }")
        result = self.run_program("run", status=CONFIG)
        self.assertIn("none of the query's fields", result.stderr)

    def test_a_store_that_gains_and_loses_the_field(self):
        self.configure()
        self.query("job", LATER)
        self.load("job", [product(1), product(2)])
        self.assertNotIn("later", [name for name in self.db.column(
            "SELECT column_name FROM information_schema.columns "
            "WHERE table_name = 'products'")])
        absent, self.types = self.types, self.types_with("later", "Int")
        self.load("job", [product(1, later=5), product(2, later=6)])
        self.assertEqual([(1, 5), (2, 6)],
                         self.rows("products", "id, later"))
        self.assertNotIn("left_out", self.notes())
        # The column keeps its type, and rows that come become NULL.
        self.types = absent
        self.load("job", [product(1), product(2), product(3)])
        self.assertEqual("integer", self.type_of("products", "later"))
        self.assertEqual([(1, None), (2, None), (3, None)],
                         self.rows("products", "id, later"))
        self.check_left_out("products.later", "absent")

    def test_the_type_of_another_stores_column(self):
        self.configure("acme", "beta")
        self.query("job", LATER)
        self.types = self.types_with("later", "Decimal")
        self.load("job", [product(1, later="1.5")])
        self.run_program("run", "--store", "beta")
        self.assertEqual("numeric", self.type_of("products", "later", "beta"))
        self.assertGreater(self.count(schema="beta"), 0)
        self.check_left_out("products.later", "absent", store="beta")

    # ---- the store denies the field ----------------------------------------

    def test_a_field_that_is_denied_and_then_granted(self):
        self.configure()
        self.query("job", QUERY % "")
        for when in ("submission", "result"):
            self.shop.set(denied=VENDOR, denied_at=when)
            events = read_events(self, self.run_program("run", "--json"))
            self.assertIn(("left_out", "products.vendor (denied)"), [
                (one["event"], one.get("fields")) for one in events])
            self.assertEqual("text", self.type_of("products", "vendor"))
            self.assertEqual(0, self.count("count(vendor)"))
            self.check_left_out("products.vendor")
        self.assertIn("--   products.vendor: the store denies it",
                      self.run_program("plan", "job").stdout)
        self.assertIn("left out: products.vendor (denied)",
                      self.run_program("check").stdout)
        self.shop.set(denied=[])
        self.run_program("run")
        self.assertEqual(self.count(), self.count("count(vendor)"))
        self.assertFalse(self.notes())
        # No guard stops a column with @optional from becoming NULL.
        self.shop.set(denied=VENDOR)
        self.run_program("run")
        self.assertEqual(0, self.count("count(vendor)"))
        self.assertEqual({"loaded"}, set(self.db.column(
            "SELECT status FROM bulkpg.run")))

    def test_increments(self):
        """What is left out is part of the query: while it stays the same, the
        runs are incremental."""
        self.configure()
        self.query("job", QUERY % "@incremental")
        modes = []
        for denied in (VENDOR, VENDOR, [], [], VENDOR):
            self.shop.set(denied=denied)
            self.run_program("run")
            run = self.last_run()
            modes.append((run["mode"], run["mode_reason"]))
        self.assertEqual(
            [("full", "first"), ("incremental", None),
             ("full", "query_changed"), ("incremental", None),
             ("full", "query_changed")], modes)

    def test_a_denial_at_the_submission(self):
        """The request for one row shows nothing, but the store refuses the
        query, and its words name the field."""
        self.configure()
        self.query("job", QUERY % "")
        self.shop.rule({"body": {"errors": [{
            "message": "Access denied for vendor field. Required access: "
                       "`read_vendors` access scope.",
            "path": ["bulkOperationRunQuery"],
            "extensions": {"code": "ACCESS_DENIED"}}]}}, kind="run")
        result = self.run_program("run")
        self.assertIn("restarting the job without the denied fields",
                      result.stderr)
        self.check_left_out("products.vendor")
        self.assertEqual(["failed", "loaded"], self.db.column(
            "SELECT status FROM bulkpg.run ORDER BY run_id"))
        self.check_no_staging()

    def test_a_denial_of_a_later_row(self):
        """The operation fails, and a request for more rows finds the field."""
        self.configure()
        self.query("job", QUERY % "")
        ids = [node["id"] for node in self.shop.ask(
            "{ products(first: 5) { nodes { id } } }")["data"]["products"]
            ["nodes"]]
        self.shop.set(twists=[{
            "type": "Product", "field": "vendor", "ids": ids[4:],
            "fail": {"message": "no", "code": "ACCESS_DENIED"}}])
        self.shop.next(outcome={"status": "FAILED",
                                "error_code": "ACCESS_DENIED"})
        self.run_program("run")
        self.check_left_out("products.vendor")
        self.assertEqual(0, self.count("count(vendor)"))

    def test_a_denial_of_another_field(self):
        """A field without @optional is still necessary."""
        self.configure()
        self.query("job", QUERY % "")
        self.shop.set(denied=[{"type": "Product", "field": "title"}])
        self.run_program("run", status=DENIED)
        self.assertEqual("ACCESS_DENIED", self.last_run()["error_code"])

    def test_one_store_of_two_denies_the_field(self):
        self.configure("acme", "beta")
        self.query("job", QUERY % "")
        self.shop.set(store="beta", denied=VENDOR)
        self.run_program("run")
        self.assertEqual(self.count(), self.count("count(vendor)"))
        self.assertEqual(0, self.count("count(vendor)", schema="beta"))
        self.assertEqual("text", self.type_of("products", "vendor", "beta"))
        self.check_left_out("products.vendor", store="beta")
        self.run_program("views", "--schema", "everyone")
        self.assertEqual(self.count() + self.count(schema="beta"),
                         self.count(schema="everyone"))

    def test_the_history(self):
        """Rows whose column becomes NULL get a version; others do not."""
        self.configure()
        self.query("job", QUERY % "@history")
        self.run_program("run")
        rows = self.count()
        versions = [self.count(table="products_history")]
        for denied in (VENDOR, VENDOR, [], []):
            self.shop.set(denied=denied)
            self.run_program("run")
            versions.append(self.count(table="products_history"))
        self.assertEqual([rows, 2 * rows, 2 * rows, 3 * rows, 3 * rows],
                         versions)

    # ---- tables --------------------------------------------------------------

    def test_a_table_that_is_left_out_keeps_its_rows(self):
        self.configure()
        self.query("job", NESTED)
        self.run_program("run")
        rows = self.rows("products_variants", "_parent_id, id, sku", "1, 2")
        self.assertTrue(rows)
        self.shop.set(denied=VARIANTS)
        for how in ((), ("--full",)):
            self.run_program("run", *how)
            self.check_left_out("products.variants", is_table=True)
            self.assertEqual(rows, self.rows(
                "products_variants", "_parent_id, id, sku", "1, 2"))
        plan = self.run_program("plan", "job").stdout
        self.assertIn("--   products.variants, a table: the store denies it",
                      plan)
        self.assertNotIn("DROP TABLE", plan)
        self.shop.set(denied=[])
        self.run_program("run")
        self.assertEqual(rows, self.rows("products_variants",
                                         "_parent_id, id, sku", "1, 2"))
        self.check_tables(NESTED.replace("@optional", ""))

    # ---- pages -----------------------------------------------------------------

    def test_pages(self):
        self.configure()
        self.query("job", QUERY % "@paged")
        self.shop.set(denied=VENDOR)
        self.run_program("run")
        self.check_left_out("products.vendor")
        self.assertEqual(0, self.count("count(vendor)"))
        self.assertNotIn("vendor", self.requests(kind="query")[-1]["query"])
        self.shop.set(denied=[])
        self.run_program("run")
        self.assertEqual(self.count(), self.count("count(vendor)"))

    # ---- saved results -----------------------------------------------------------

    def test_a_result_without_the_field_is_loaded_again(self):
        self.configure()
        self.query("job", QUERY % "")
        self.shop.set(denied=VENDOR)
        self.run_program("run", "--keep", "kept")
        self.shop.set(denied=[])
        before = self.rows("products", "id, title, vendor")
        self.db.execute("DELETE FROM acme.products WHERE id % 2 = 0")
        kept = [name for name in os.listdir(os.path.join(
            self.program.directory, "kept")) if name.endswith(".jsonl")]
        self.run_program("load", "job", "kept/" + kept[0])
        self.assertEqual(before, self.rows("products", "id, title, vendor"))

    def test_a_result_without_the_table_is_loaded_again(self):
        """It says what it lacks, so the table keeps its rows."""
        self.configure()
        self.query("job", NESTED)
        self.run_program("run")
        before = self.rows("products_variants", "_parent_id, id, sku", "1, 2")
        self.shop.set(denied=VARIANTS)
        self.run_program("run", "--keep", "kept")
        self.shop.set(denied=[])
        kept = [name for name in os.listdir(os.path.join(
            self.program.directory, "kept")) if name.endswith(".jsonl")]
        result = self.run_program("load", "job", "kept/" + kept[0])
        self.assertIn("fields are left out", result.stderr)
        self.assertEqual(before, self.rows("products_variants",
                                           "_parent_id, id, sku", "1, 2"))

    def test_a_page_that_denies_the_field(self):
        """The first row has the field, and a later one does not."""
        self.configure()
        self.query("job", QUERY % "@paged")
        ids = [node["id"] for node in self.shop.ask(
            "{ products(first: 9) { nodes { id } } }")["data"]["products"]
            ["nodes"]]
        self.shop.set(twists=[{
            "type": "Product", "field": "vendor", "ids": ids[8:],
            "fail": {"message": "no", "code": "ACCESS_DENIED"}}])
        result = self.run_program("run")
        self.assertIn("restarting the job without the denied fields",
                      result.stderr)
        self.check_left_out("products.vendor")
        self.assertGreater(self.count(), 0)
        self.assertEqual(0, self.count("count(vendor)"))
        self.check_no_staging()


class OptionalSources(WalkCase):
    QUERY = """query Issues { repository(owner: "o", name: "n") { issues {
        nodes { id number title newer @optional @column(type: "date")
            author @optional { login }
            comments @optional { nodes { id body } } } } } }"""

    def left_out(self):
        notes = self.last_run(store="github")["notes"]
        return [(one["field"], one["why"]) for one in notes["left_out"]]

    def test_a_source(self):
        self.sources("github")
        self.control("set", api="github", sizes={
            "Repository.issues": 7, "Issue.comments": [1, 3]})
        self.query("job", self.QUERY, "github")
        self.walk("github")
        newer = ("repository.issues.newer", "absent")
        self.assertEqual([newer], self.left_out())
        self.assertEqual("date", self.type_of("repository_issues", "newer",
                                              "github"))
        count = "SELECT count(%s) AS v FROM github.%s"
        comments = self.db.value(count % ("*", "repository_issues_comments"))
        self.assertGreater(comments, 0)
        self.assertGreater(self.db.value(
            count % ("author_login", "repository_issues")), 0)
        self.graph.set(api="github", twists=[
            {"type": "Issue", "field": name,
             "fail": {"message": "no access", "code": "FORBIDDEN"}}
            for name in ("author", "comments")])
        self.walk("github")
        self.assertEqual([newer, ("repository.issues.author", "denied"),
                          ("repository.issues.comments", "denied")],
                         self.left_out())
        self.assertEqual(0, self.db.value(
            count % ("author_login", "repository_issues")))
        self.assertEqual(7, self.db.value(count % ("*", "repository_issues")))
        self.assertEqual(comments, self.db.value(
            count % ("*", "repository_issues_comments")))
