"""The ready mutations: each with its SELECT and a table of wishes, and a pull
that shows what they did."""
import re

from harness.push_case import PushCase

QUERIES = ("products", "inventory", "customers", "publications",
           "metaobjects")

# The tables of wishes are those in the heads of the SELECTs. Each job's wishes,
# and a count that is the number of rows of the result after the push.
WISHES = {
    "prices": ("""INSERT INTO desired_prices
        SELECT DISTINCT ON (sku) sku, 12.34, NULL FROM acme.product_variants
        WHERE sku IS NOT NULL ORDER BY sku LIMIT 20""",
               """SELECT count(DISTINCT sku) AS v FROM acme.product_variants
        WHERE price = 12.34 AND compare_at_price IS NULL
          AND sku IN (SELECT sku FROM desired_prices)""", 20),
    "stock": ("""INSERT INTO desired_stock
        SELECT i.sku, l.location_name, 7777 FROM acme.inventory_items i
        JOIN acme.inventory_levels l ON l.inventory_item_id = i.id
        WHERE sku IS NOT NULL ORDER BY i.id, l.id LIMIT 12
        ON CONFLICT DO NOTHING""",
              """SELECT count(*) AS v FROM acme.inventory_quantities
        WHERE name = 'available' AND quantity = 7777""", 12),
    "metafields": ("""INSERT INTO desired_metafields
        SELECT handle, 'custom', 'origin', 'single_line_text_field', 'PT'
        FROM acme.products ORDER BY handle LIMIT 8""",
                   """SELECT count(*) AS v FROM acme.product_metafields
        WHERE key = 'origin' AND value = 'PT'""", 8),
    "tags": ("""INSERT INTO desired_tags
        SELECT handle, tag FROM acme.products, unnest('{zz,yy}'::text[]) tag
        ORDER BY handle LIMIT 10""",
             """SELECT count(*) AS v FROM acme.products
        WHERE tags ? 'zz' AND tags ? 'yy'""", 5),
    "customer_tags": ("""INSERT INTO desired_customer_tags
        SELECT id, 'loyal' FROM acme.customers ORDER BY id LIMIT 6""",
                      """SELECT count(*) AS v FROM acme.customers
        WHERE tags ? 'loyal'""", 6),
    "publish": ("""INSERT INTO desired_publications
        SELECT p.handle, u.id FROM acme.products p,
          (SELECT id FROM acme.publications ORDER BY id LIMIT 1) u
        ORDER BY p.handle LIMIT 9""",
                """SELECT count(*) AS v FROM acme.publication_products i
        JOIN acme.products p ON p.id = i.product_id
        JOIN desired_publications d ON d.handle = p.handle
          AND d.publication_id = i.publication_id""", 9),
    "metaobject_upserts": ("""INSERT INTO desired_metaobject_fields
        SELECT d.type, 'new-' || n, key, 'value ' || n
        FROM (SELECT type FROM acme.metaobject_definitions LIMIT 1) d,
          generate_series(1, 3) n, unnest('{a,b}'::text[]) key""",
                           """SELECT count(*) AS v FROM acme.metaobjects m
        JOIN acme.metaobject_fields f ON f.metaobject_id = m.id
        WHERE m.handle LIKE 'new-%' AND f.value LIKE 'value %'""", 6),
}


class ReadyMutations(PushCase):
    def setUp(self):
        super().setUp()
        self.run_program("init", "--add", ",".join(QUERIES))
        self.run_program("init", "--add", ",".join(WISHES))
        self.configure()
        self.run_program("run")

    def make_wishes(self, job):
        """Create the table in the head of the SELECT, and fill it."""
        text = self.program.read(f"mutations/{job}.sql").decode()
        head = re.search(r"CREATE TABLE (public\.\w+) \(.*?\);",
                         re.sub(r"^--", "", text, flags=re.M), re.S)
        self.db.execute(f"DROP TABLE IF EXISTS {head.group(1)};"
                        + head.group(0))
        self.db.execute(WISHES[job][0])

    def send_in_bulk(self, job):
        """Let a bulk operation send even a few rows."""
        text = self.program.read(f"mutations/{job}.graphql").decode()
        self.mutation(job, text.replace("max: 10000",
                                        "max: 10000, direct: 0"))

    def test_each(self):
        """The first push sends the wishes, alternately by single requests and
        by a bulk operation; a pull shows them, and the second
        push has nothing to send."""
        for number, job in enumerate(WISHES):
            self.make_wishes(job)
            self.run_program("plan", job)
            if number % 2 > 0:
                self.send_in_bulk(job)
        self.assertEqual([], self.shop.ledger())
        for job in WISHES:
            with self.subTest(job=job):
                self.push(job)
                states = self.states()
                self.assertEqual({"applied"}, set(states), job)
        self.run_program("run")
        for job, (_, sql, count) in WISHES.items():
            with self.subTest(job=job):
                self.assertEqual(count, self.db.value(sql))
                mark = len(self.shop.ledger())
                self.push(job)
                self.assertEqual(mark, len(self.shop.ledger()))
        self.check_once()
        self.check_pull(*[self.program.read(f"queries/{name}.graphql")
                          .decode() for name in QUERIES])

    def test_stock_that_changed_meanwhile(self):
        """A sale since the last load is not overwritten."""
        self.make_wishes("stock")
        level = self.db.row("""SELECT l.inventory_item_id AS item,
              l.location_id AS location
            FROM acme.inventory_items i JOIN acme.inventory_levels l
              ON l.inventory_item_id = i.id
            JOIN desired_stock d ON d.sku = i.sku
              AND d.location = l.location_name
            ORDER BY 1, 2 LIMIT 1""")
        answer = self.shop.ask("""mutation($input:
            InventoryAdjustQuantitiesInput!) {
              inventoryAdjustQuantities(input: $input)
                @idempotent(key: "sale") { userErrors { message } } }""", {
                    "input": {"name": "available", "reason": "other",
                              "changes": [{
                                  "inventoryItemId": "gid://shopify/"
                                  f"InventoryItem/{level['item']}",
                                  "locationId": "gid://shopify/Location/"
                                  f"{level['location']}",
                                  "delta": -1,
                                  "changeFromQuantity": None}]}})
        self.assertNotIn("errors", answer)
        self.push("stock", status=65)
        self.assertEqual({"applied": 11, "refused": 1}, self.states())
        self.assertEqual(["CHANGE_FROM_QUANTITY_STALE"],
                         [one["code"] for one in self.push_errors()])

    def test_undo_of_stock(self):
        self.make_wishes("stock")
        columns = "inventory_level_id, name, quantity"
        before = self.rows("inventory_quantities", columns, "1, 2")
        self.push("stock")
        self.push("--undo", str(self.last_push()["push_id"]))
        self.run_program("run")
        self.assertEqual(before, self.rows("inventory_quantities", columns,
                                           "1, 2"))
