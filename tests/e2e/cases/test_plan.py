"""What plan reports about the database, and plan without bulkpg.ini."""
import json
import re

from harness.case import CONFIG, OK, Case

WIDE = "{ products { edges { node { id %s } } } }"
QUERY = """{ products { edges { node { id title %s
    variants { edges { node { id sku } } } %s } } } }"""
MEDIA = "media { edges { node { id alt } } }"


def wide(count):
    return WIDE % " ".join(f"t{n}: title" for n in range(count))


class Plan(Case):
    def plan_of(self, *options, job="job"):
        return self.run_program("plan", job, *options)

    def test_a_row_that_may_not_fit(self):
        """plan notes it in each format, and check warns."""
        self.configure()
        self.query("job", wide(700))
        told = r"job\.graphql:1:3: table .products. has 701 columns"
        result = self.plan_of("--types", self.types)
        self.assertRegex(result.stdout, told)
        self.assertIn("@json", result.stdout)
        for how in ("--dbt", "--document"):
            result = self.plan_of("--types", self.types, how)
            self.assertIn("code=ROW_TOO_WIDE", result.stderr)
        notes = json.loads(self.plan_of("--types", self.types,
                                        "--json").stdout)["notes"]
        self.assertEqual(["ROW_TOO_WIDE"], [note["code"] for note in notes])
        self.assertRegex(self.run_program("check").stdout, "warn .*" + told)

    def test_a_row_that_fits(self):
        self.configure()
        for count in (60, 330):
            self.query("job", wide(count))
            result = self.plan_of("--types", self.types)
            self.assertNotIn("a page of PostgreSQL", result.output)

    def test_the_warning_agrees_with_the_server(self):
        """If plan does not warn, a row of the worst values (24 bytes) is
        loaded; if it warns, such a row is rejected."""
        self.configure()
        for count, fits in ((337, True), (345, False)):
            self.query("job", wide(count))
            told = "a page of PostgreSQL" in self.plan_of(
                "--types", self.types).stdout
            self.assertEqual(not fits, told)
            row = {"id": "gid://shopify/Product/1"}
            row.update({f"t{n}": "x" * 23 for n in range(count)})
            self.load("job", [json.dumps(row)], "--full",
                      status=OK if fits else 65)

    def test_changes(self):
        """plan --changes prints only statements, and they can be executed."""
        self.configure()
        self.query("job", QUERY % ("", MEDIA))
        result = self.plan_of("--changes")
        tables = re.findall(r'^CREATE TABLE "acme"\."(\w+)"', result.stdout,
                            re.M)
        self.assertEqual(["products", "products_variants", "products_media"],
                         tables)
        self.assertTrue(result.stdout.startswith('CREATE SCHEMA "acme";\n'))
        self.assertNotIn("edges", result.stdout)
        self.db.execute("BEGIN; " + result.stdout + " ROLLBACK;")
        self.run_program("run")
        self.assertEqual("-- none\n", self.plan_of("--changes").stdout)
        self.query("job", QUERY % ("handle", MEDIA))
        result = self.plan_of("--changes")
        self.assertIn('ALTER TABLE "acme"."products" ADD COLUMN "handle" '
                      "text;", result.stdout)
        self.assertNotIn("CREATE", result.stdout)
        self.db.execute("BEGIN; " + result.stdout + " ROLLBACK;")
        self.run_program("run")
        self.assertEqual("-- none\n", self.plan_of("--changes").stdout)

    def test_tables_that_no_query_feeds(self):
        self.configure()
        self.query("job", QUERY % ("", MEDIA))
        self.query("other", "{ orders { edges { node { id } } } }")
        self.run_program("run")
        drop = 'DROP TABLE "acme"."products_media";'
        for how in ((), ("--changes",)):
            self.assertNotIn("DROP TABLE", self.plan_of(*how).stdout)
        self.query("job", QUERY % ("", ""))
        for how in ((), ("--changes",)):
            result = self.plan_of(*how)
            self.assertIn("its query no longer uses", result.stdout)
            self.assertEqual(1, result.stdout.count("DROP TABLE"))
            self.assertIn(drop, result.stdout)
        shown = json.loads(self.plan_of("--json").stdout)
        self.assertEqual([{"schema": "acme", "name": "products_media"}],
                         shown["tables_left"])
        self.assertIsNone(json.loads(self.plan_of(
            "--json", "--types", self.types).stdout)["tables_left"])
        # It stays, with its rows, until it is dropped by hand.
        self.run_program("run")
        self.assertIn("products_media", [name for _, name in self.snapshot()])
        self.db.execute(drop)
        self.assertNotIn("DROP TABLE", self.plan_of().stdout)
        # No query feeds the tables in the schema that was configured before.
        self.configure(more={"acme": "schema = elsewhere"})
        self.assertIn('DROP TABLE "acme"."products";', self.plan_of().stdout)

    def test_without_a_configuration(self):
        """plan and check take the same options as run."""
        store = self.shop.stores["acme"]
        self.program.environment["SHOPIFY_ACCESS_TOKEN"] = store["token"]
        flags = ("--domain", store["endpoint"], "--store", "acme", "--dsn",
                 self.db.dsn)
        path = self.query("job", QUERY % ("", MEDIA))
        result = self.plan_of("--changes", *flags, job="./" + path
                              if not path.startswith("/") else path)
        self.assertIn('CREATE TABLE "acme"."products"', result.stdout)
        result = self.run_program("check", *flags)
        self.assertIn("ok     store acme", result.stdout)
        self.assertIn("ok     query queries/job.graphql (store acme)",
                      result.stdout)
        self.run_program("run", *flags)
        self.assertEqual("-- none\n", self.plan_of("--changes",
                                                   *flags).stdout)
        self.query("bad", "{ products { edges { node { nothing } } } }")
        result = self.run_program("check", *flags, status=CONFIG)
        self.assertIn("queries/bad.graphql:1:29", result.stdout)

PAGED = """query Q @paged(first: 100, concurrency: 2) {
  products { nodes { id title variants { nodes { id sku } } } }
  shop { id name } }"""


class Pages(Case):
    """The requests of a query that is read by pages."""

    def requests_of(self, *options):
        shown = json.loads(self.run_program("plan", "job", "--json",
                                            *options).stdout)["pages"]
        return shown, {one["path"]: one for one in shown["requests"]}

    def test_points_rows_and_time(self):
        self.configure()
        self.query("job", PAGED)
        shown, requests = self.requests_of("--types", self.types)
        self.assertEqual((2, 80.0), (shown["concurrency"],
                                     shown["points_per_second"]))
        roots, variants = requests["products"], requests["products.variants"]
        self.assertEqual([0, "cursor", None, 100, 11], [roots[key] for key in (
            "level", "pages", "parents", "rows", "points")])
        self.assertEqual((100, 13.75), (roots["requests_for_10000"],
                                        roots["seconds_for_10000"]))
        self.assertEqual([1, 250, 12], [variants[key] for key in (
            "level", "parents", "points")])
        self.assertIn("nodes(ids: $ids)", variants["document"])
        self.assertEqual(["one", 1, None], [requests["shop"][key] for key in (
            "pages", "rows", "requests_for_10000")])
        told = self.run_program("plan", "job", "--types", self.types).stdout
        self.assertIn("-- The requests, level by level:", told)
        self.assertIn("--      10,000 rows: 100 requests, 1100 points, 14 s\n",
                      told)
        self.assertIn("-- At most 2 requests at once. bulkpg uses 80 points a "
                      "second, its share of the lowest rate limit of Shopify.",
                      told)

    def test_a_query_of_a_store_is_planned_without_requests_for_pages(self):
        self.configure()
        self.query("job", PAGED)
        self.requests_of()
        self.assertEqual([], self.requests(kind="query"))

    def test_a_query_by_bulk_has_no_requests(self):
        self.configure()
        self.query("job", WIDE % "title")
        shown = json.loads(self.run_program(
            "plan", "job", "--json", "--types", self.types).stdout)
        self.assertIsNone(shown["pages"])

    def test_a_query_that_the_count_decides(self):
        self.configure()
        self.query("job", "query @paged(below: 70) " + WIDE % "title")
        self.assertEqual(70, self.requests_of("--types",
                                              self.types)[0]["below"])
        told = self.run_program("plan", "job", "--types", self.types).stdout
        self.assertIn("With at most 70 rows of products", told)

    def test_check_tries_one_page(self):
        self.configure()
        self.query("job", PAGED)
        result = self.run_program("check")
        self.assertRegex(result.stdout, r"ok +query queries/job\.graphql")
        tried, = self.requests(kind="query")
        self.assertEqual({"first": 1}, tried["variables"])
        self.assertEqual([], self.requests(kind="run"))
