"""Files that bulkpg did not create, or that belong to another query."""
import json

from cases.queries import METAFIELD, PRODUCT, VARIANT
from harness.case import PARTIAL, Case

COLLECTION = "gid://shopify/Collection/"
COLLECTIONS = """{ products { edges { node { id title collections {
    edges { node { id handle } } } } } } }"""
VARIANTS = """{ products { edges { node { id title variants {
    edges { node { id sku } } } } } } }"""


def line(gid=None, parent=None, **values):
    made = {"id": gid} if gid else {}
    made.update(values)
    if parent:
        made["__parentId"] = parent
    return json.dumps(made)


class Foreign(Case):
    def setUp(self):
        super().setUp()
        self.configure()

    def reasons(self):
        return self.db.column(
            "SELECT reason FROM bulkpg.reject WHERE run_id = (SELECT "
            "max(run_id) FROM bulkpg.run) ORDER BY line_number")


class Routes(Foreign):
    def test_lines_of_a_connection_that_the_query_no_longer_has(self):
        self.query("products", COLLECTIONS)
        right = [line(PRODUCT + "7", title="Lamp")] + [
            line(f"{COLLECTION}{n}", PRODUCT + "7", handle=f"h{n}")
            for n in range(1, 41)]
        self.load("products", right)
        before = self.snapshot()
        result = self.load("products", [line(PRODUCT + "7", title="Lamp")] + [
            line(f"{VARIANT}{n}", PRODUCT + "7", sku="s")
            for n in range(71, 74)], status=PARTIAL)
        self.check_unchanged(before)
        self.assertEqual(3, len(self.reasons()))
        self.assertEqual({"its id is a gid of ProductVariant, and no "
                          "connection of the query has nodes of that type"},
                         set(self.reasons()))
        self.assertIn("the query that produced it", result.stderr)
        self.assertEqual("bigint", self.type_of("products_collections", "id"))

    def test_a_stray_line(self):
        """Single lines, here in the result of a run."""
        self.query("products", VARIANTS)
        self.shop.next(result_file=self.program.file("lines.jsonl", "".join(
            one + "\n" for one in (
                line(PRODUCT + "7"), line(VARIANT + "1", PRODUCT + "7"),
                line(METAFIELD + "5", PRODUCT + "7", sku="x"),
                line("7", PRODUCT + "7", sku="x"),
                line(None, PRODUCT + "7", title="x")))))
        self.run_program("run", status=PARTIAL)
        self.assertEqual([(7, 1)], self.rows("products_variants",
                                             "_parent_id, id"))
        self.assertEqual(
            ["its id is a gid of Metafield, and no connection of the query "
             "has nodes of that type", "its id is not a gid",
             "it has no id and no __typename, and neither its __parentId nor "
             "its keys fit a connection of the query"], self.reasons())

    def test_a_type_that_the_journal_knows(self):
        """The journal knows that a column has the ids of another type."""
        self.query("products", VARIANTS)
        self.load("products", [
            line(PRODUCT + "7"),
            line("gid://shopify/Odd/1", PRODUCT + "7",
                 __typename="ProductVariant")])
        foreign = [line(PRODUCT + "7"),
                   line("gid://shopify/Odd/2", PRODUCT + "7")]
        self.load("products", foreign)
        self.assertEqual([(7, 2)], self.rows("products_variants",
                                             "_parent_id, id"))
        self.load("products", foreign + [
            line("gid://shopify/Other/2", PRODUCT + "7")], status=PARTIAL)
        self.assertEqual(1, len(self.reasons()))

    def test_types_that_a_wider_column_holds(self):
        self.query("products", VARIANTS)
        self.load("products", [line(PRODUCT + "7")] + [
            line(f"gid://shopify/{name}/1", PRODUCT + "7",
                 __typename="ProductVariant")
            for name in ("ProductVariant", "Odd", "O%d")])
        self.assertEqual("text", self.type_of("products_variants", "id"))
        self.load("products", [line(PRODUCT + "7")] + [
            line(f"gid://shopify/{name}/2", PRODUCT + "7") for name in (
                "Odd", "ProductVariant", "Other", "Od", "Odd", "O%d", "O_d")],
            status=PARTIAL)
        self.assertEqual(3, len(self.reasons()), self.reasons())
        self.assertEqual(
            [f"gid://shopify/{name}/{n}" for name, n in (
                ("O%d", 1), ("O%d", 2), ("Odd", 1), ("Odd", 2),
                ("ProductVariant", 1), ("ProductVariant", 2))],
            [one for (one,) in self.rows("products_variants", "id",
                                         'id COLLATE "C"')])


class Hints(Foreign):
    def test_a_result_without_ids(self):
        """With the key that the hint names, the file loads."""
        text = """{ productVariants { edges { node { id inventoryItem { id
            inventoryLevels KEY { edges { node { location { id } quantities(
                names: ["available"]) { quantity } } } } } } } } }"""
        lines = [line(VARIANT + "1", inventoryItem={
                     "id": "gid://shopify/InventoryItem/1"})] + [
            line(None, VARIANT + "1",
                 location={"id": f"gid://shopify/Location/{n}"},
                 quantities=[{"quantity": n}]) for n in (1, 2)]
        self.query("levels", text.replace("KEY", ""))
        result = self.load("levels", lines, status=PARTIAL)
        hint = '@table(key: [\\"location_id\\"])'
        self.assertIn(hint, result.stderr)
        self.assertIn("bulkpg did not make this file", result.stderr)
        self.db.execute("DROP SCHEMA acme CASCADE; DROP SCHEMA bulkpg "
                        "CASCADE")
        self.query("levels", text.replace("KEY", hint.replace("\\", "")))
        self.load("levels", lines)
        self.assertEqual(
            [(1, 1), (1, 2)],
            self.rows("product_variants_inventory_item_inventory_levels",
                      "_parent_id, location_id", "2"))

    def test_a_root_without_id(self):
        self.query("products", VARIANTS)
        result = self.load("products", [line(None, None, title="x")],
                           status=PARTIAL)
        self.assertIn("create the file with id", result.stderr)
        result = self.load("products", ['{"id":null}'], status=PARTIAL)
        self.assertIn("needs the id of each object", result.stderr)

    def test_two_connections_of_one_type(self):
        self.query("orders", """{ orders { edges { node { id
            a: metafields(namespace: "custom") { edges { node { id key } } }
            b: metafields(namespace: "global") { edges { node { id key } } }
            } } } }""")
        order = "gid://shopify/Order/1"
        result = self.load("orders", [line(order), line(
            METAFIELD + "1", order, key="erp")], status=PARTIAL)
        self.assertEqual(
            ["it fits more than one connection: orders.a, orders.b"],
            self.reasons())
        self.assertIn("bulkpg did not make this file", result.stderr)
        self.assertIn("one connection that has the rows of all of them",
                      result.stderr)
