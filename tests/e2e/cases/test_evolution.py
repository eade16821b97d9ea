"""Changes of a query, and of the types that the store has."""
import json

from cases.queries import PLAIN, PRODUCT, PRODUCTS
from harness.case import CONFIG, FAILED, Case
from harness.store import SCHEMA

# The type of one field, written into the query.
TYPED = """{ products { edges { node { id %s @column(type: "%s") } } } }"""


def product(number, **fields):
    return json.dumps({"id": PRODUCT + str(number), **fields})


class Ladder(Case):
    """A wider type in the query widens the column, and plan shows it first."""

    def type_named(self, column):
        return self.type_of("products", column).replace(
            "timestamp with time zone", "timestamptz")

    def climb(self, field, column, value, *types):
        self.configure()
        self.query("job", TYPED % (field, types[0]))
        self.load("job", [product(1, **{field: value})])
        for narrow, wide in zip(types, types[1:]):
            self.query("job", TYPED % (field, wide))
            plan = self.run_program("plan", "job").stdout
            self.assertIn(f'ALTER COLUMN "{column}" TYPE {wide}', plan)
            self.assertEqual(narrow, self.type_named(column))
            self.load("job", [product(1, **{field: value}), product(2)])
            self.assertEqual(wide, self.type_named(column))
            self.assertEqual([f"products.{column}"],
                             self.last_run()["notes"]["columns_widened"])
            self.assertEqual(2, len(self.rows("products")))

    def test_integers(self):
        self.climb("totalInventory", "total_inventory", 7,
                   "integer", "bigint", "numeric", "text")
        self.assertEqual([("7",), (None,)],
                         self.rows("products", "total_inventory", "id"))

    def test_dates(self):
        self.climb("createdAt", "created_at", "2026-01-02",
                   "date", "timestamptz", "text")

    def test_anything_becomes_text(self):
        for n, (field, column, value, narrow) in enumerate((
                ("isGiftCard", "is_gift_card", True, "boolean"),
                ("totalInventory", "total_inventory", 3, "double precision"),
                ("tags", "tags", ["a"], "jsonb"))):
            with self.subTest(narrow):
                self.db.execute("DROP SCHEMA IF EXISTS acme CASCADE; DROP "
                                "SCHEMA IF EXISTS bulkpg CASCADE")
                self.climb(field, column, value, narrow, "text")

    def test_rows_that_are_not_fetched_keep_their_values(self):
        """Rows that an incremental load does not fetch, and rows that KEEP
        keeps, still have the values of the first load."""
        self.configure()
        keep = "query @deletes(mode: KEEP) " + TYPED
        self.query("job", keep % ("createdAt", "timestamptz"))
        self.load("job", [product(1, createdAt="2026-01-02T03:04:05.5Z")])
        self.query("job", keep % ("createdAt", "text"))
        self.load("job", [product(2, createdAt="2026-01-02T03:04:05Z")])
        self.assertEqual([("2026-01-02T03:04:05.5Z",),
                          ("2026-01-02T03:04:05Z",)],
                         self.rows("products", "created_at", "id"))

    def test_narrowing_a_type_is_refused(self):
        """A change that could lose data is refused; the error has the ALTER
        TABLE."""
        self.configure()
        self.query("job", TYPED % ("totalInventory", "numeric"))
        self.load("job", [product(1, totalInventory=7)])
        before = self.snapshot()
        self.query("job", TYPED % ("totalInventory", "integer"))
        result = self.load("job", [product(1, totalInventory=7)],
                           status=FAILED)
        self.assertIn("ALTER TABLE", result.stderr)
        self.check_unchanged(before)
        self.db.execute("ALTER TABLE acme.products ALTER COLUMN "
                        "total_inventory TYPE integer")
        self.load("job", [product(1, totalInventory=7)])

    def test_a_type_that_the_store_changed(self):
        """A field that was Int becomes a larger scalar."""
        with open(SCHEMA, encoding="utf-8") as file:
            schema = json.load(file)
        for one in schema.get("data", schema)["__schema"]["types"]:
            for field in one.get("fields") or ():
                if (one["name"], field["name"]) == ("Product",
                                                    "totalInventory"):
                    field["type"] = {"kind": "SCALAR", "name": "BigInt"}
        self.configure()
        self.query("job", "{ products { edges { node { id totalInventory } } "
                   "} }")
        self.load("job", [product(1, totalInventory=7)])
        self.assertEqual("integer", self.type_of("products",
                                                 "total_inventory"))
        self.types = self.program.file("types.json", json.dumps(schema))
        self.load("job", [product(1, totalInventory="2147483648")])
        self.assertEqual("bigint", self.type_of("products",
                                                "total_inventory"))
        self.assertEqual([(2147483648,)],
                         self.rows("products", "total_inventory"))


class Reasons(Case):
    def test_a_wider_type_asks_for_everything(self):
        """A full run follows, because only rows that come again get values of
        the new type."""
        text = "query @incremental " + TYPED
        self.configure()
        self.query("job", text % ("totalInventory", "integer"))
        self.run_program("run")
        self.query("job", text % ("totalInventory", "text"))
        self.run_program("run")
        run = self.last_run()
        self.assertEqual(("full", "widened"),
                         (run["mode"], run["mode_reason"]))
        self.run_program("run")
        self.assertEqual("incremental", self.last_run()["mode"])


class Queries(Case):
    def evolve(self, *texts):
        self.configure()
        for text in texts:
            self.query("job", text)
            self.run_program("run")
        return self.last_run()["notes"]

    def test_a_connection_more(self):
        more = PLAIN.replace("variants {",
                             "media { edges { node { id alt } } } variants {")
        self.evolve(PLAIN, more)
        self.check_tables(more)

    def test_a_connection_less(self):
        """Its table does not change."""
        less = PLAIN.replace("variants { edges { node { id sku price } } }",
                             "")
        self.evolve(PLAIN)
        before = self.rows("products_variants", "*", "id")
        self.evolve(less)
        self.assertEqual(before, self.rows("products_variants", "*", "id"))

    def test_an_alias_renamed(self):
        """The table gets a new column; the old one stays with its values."""
        notes = self.evolve(PLAIN.replace("title", "name: title"),
                            PLAIN.replace("title", "label: title"))
        self.assertEqual(["products.label"], notes["columns_added"])
        self.assertEqual(["products.name"], notes["columns_left"])
        self.assertEqual([], self.rows("products WHERE label IS DISTINCT FROM "
                                       "name"))

    def test_a_field_that_comes_back(self):
        notes = self.evolve(PLAIN, PLAIN.replace("title", "handle"), PLAIN)
        self.assertEqual(["products.handle"], notes["columns_left"])
        self.assertNotIn("columns_added", notes)

    def test_a_field_that_comes_back_without_a_value(self):
        """Meanwhile the row was written without the field."""
        def put(fields, **values):
            self.query("items", "{ products { edges { node { id "
                                + fields + " } } } }")
            self.load("items", json.dumps({"id": f"{PRODUCT}1", **values})
                      + "\n", "--force-nulls")
        self.configure()
        put("title vendor", title="a", vendor="v")
        put("title", title="b")
        put("title vendor", title="b", vendor=None)
        self.assertEqual([(1, "b", None)],
                         self.rows("products", "id, title, vendor"))

    def test_the_plan_shows_the_changes(self):
        self.evolve(PLAIN)
        more = PLAIN.replace("title", "title @index vendor")
        self.query("job", more)
        plan = self.run_program("plan", "job").stdout
        self.assertIn('ADD COLUMN "vendor" text', plan)
        self.assertIn('CREATE INDEX "products_title_idx"', plan)
        self.run_program("run")
        self.check_tables(more)
        self.assertIn("-- none", self.run_program("plan", "job").stdout)

    def test_names_over_63_bytes_and_reserved_words(self):
        long = "a" * 70
        text = ("{ products { edges { node { id order: title user: vendor "
                f"select: handle {long}: title "
                "table: variants { edges { node { id group: sku } } } } } } }")
        self.evolve(text, text)
        self.check_tables(text)
        self.assertEqual(0, self.last_run()["rows_updated"])

    def test_a_job_renamed(self):
        """The old file no longer exists: the new job gets the tables."""
        self.evolve(PLAIN)
        before = self.snapshot()
        self.program.remove_file("queries/job.graphql")
        self.query("other", PLAIN)
        self.run_program("run")
        self.check_unchanged(before)
        self.assertEqual(["other"], self.db.column(
            "SELECT DISTINCT job FROM bulkpg.relation"))
        self.check_tables(PLAIN)

    def test_a_job_removed(self):
        """Its tables stay."""
        self.configure()
        self.query("job", PLAIN)
        self.query("other", "{ collections { edges { node { id } } } }")
        self.run_program("run")
        before = self.rows("products", "*", "id")
        self.program.remove_file("queries/job.graphql")
        self.run_program("run")
        self.assertEqual(before, self.rows("products", "*", "id"))

    def test_a_job_split_in_two(self):
        self.configure()
        self.query("job", PRODUCTS)
        self.run_program("run")
        first = PLAIN
        second = ("{ products { edges { node { id media { edges { node { alt "
                  "mediaContentType } } } } } } }").replace(
                      "products {", 'products @table(name: "with_media") {', 1)
        self.program.remove_file("queries/job.graphql")
        self.query("a", first)
        self.query("b", second.replace("media {", 'media @table(name: '
                                       '"products_media") {', 1))
        self.run_program("run")
        owners = dict(self.rows("relation", "table_name, job", "1",
                                schema="bulkpg"))
        self.assertEqual(("a", "a", "b", "b"), tuple(
            owners[one] for one in ("products", "products_variants",
                                    "products_media", "with_media")))

    def test_collisions(self):
        self.configure()
        for text, remedy in (
                ("id title name: title vendor @column(name: \"title\")",
                 "@column(name:"),
                ("id priceRangeV2 { minVariantPrice { amount } } "
                 "price_range_v2_min_variant_price_amount: title",
                 "@column(name:")):
            self.query("job", "{ products { edges { node { %s } } } }" % text)
            result = self.run_program("run", status=CONFIG)
            self.assertIn(remedy, result.stderr)
        self.assertEqual([], self.requests(kind="run"))
