"""Pushes: rows of a SELECT go to the store, and a pull shows what they did."""
import json

from harness.case import CONFIG, DENIED, FAILED, OK, PARTIAL
from harness.push_case import ADJUST, PRICES, STOCK, VARIANTS, PushCase

DESIRED = """DROP TABLE IF EXISTS public.desired;
CREATE TABLE public.desired (product_id bigint PRIMARY KEY,
  price numeric)"""
SELECT = """SELECT v.product_id,
  jsonb_agg(jsonb_build_object('id', bulkpg.gid('ProductVariant', v.id),
    'price', d.price::text) ORDER BY v.id) AS variants,
  jsonb_agg(jsonb_build_object('id', bulkpg.gid('ProductVariant', v.id),
    'price', v.price::text) ORDER BY v.id) AS _before_variants
FROM products_variants v JOIN public.desired d USING (product_id)
GROUP BY 1"""
LEVEL = """SELECT l.id || '/' || n AS _key, 'correction' AS reason, 'available' AS name,
  'app://test/' || l.inventory_item_id || '/' || n AS reference_document_uri,
  jsonb_build_array(jsonb_build_object(
    'inventoryItemId', bulkpg.gid('InventoryItem', l.inventory_item_id),
    'locationId', bulkpg.gid('Location', l.location_id),
    'delta', 1, 'changeFromQuantity', NULL)) AS changes
FROM (SELECT * FROM inventory_items_inventory_levels
      ORDER BY inventory_item_id, id LIMIT {limit}) l,
     generate_series({first}, {last}) n"""


class Pricing(PushCase):
    """A case with the prices of some products' variants."""

    def setUp(self):
        super().setUp()
        self.configure()

    def prices(self, n=10, price="12.34", text=PRICES, direct=None, sql=SELECT):
        """Pull the variants, and want this price for all variants of n
        products. `direct`: up to so many rows as single requests."""
        self.pull(variants=VARIANTS.replace(
            "variants {", '@X variants @table(parent: "product_id") {')
            .replace("@X ", ""))
        self.db.execute(DESIRED)
        self.db.execute(f"""INSERT INTO public.desired
            SELECT id, {price} FROM acme.products ORDER BY id LIMIT {n}""")
        if direct is not None:
            text = text.replace('key: "product_id"',
                                f'key: "product_id", direct: {direct}')
        self.mutation("prices", text, sql)

    def want(self, price, where="true"):
        self.db.execute(f"UPDATE public.desired SET price = {price} "
                    f"WHERE {where}")


class Push(Pricing):
    def check_prices(self, direct):
        self.prices(direct=direct)
        result = self.push("prices")
        self.assertEqual({"applied": 10}, self.states())
        push = self.last_push()
        self.assertEqual(("done", 10, 10, 10), (
            push["status"], push["rows"], push["sent"], push["applied"]))
        self.assertEqual(10, len(self.effects()), result)
        self.check_once()
        self.check_accounted()
        rows = self.result_rows("prices")
        self.assertEqual(10, len(rows))
        self.assertEqual({"applied"}, {row["_state"] for row in rows})
        self.check_pull(self.program.read("queries/variants.graphql")
                        .decode())
        self.assertEqual(10, self.db.value("""
            SELECT count(DISTINCT product_id) AS v FROM acme.products_variants
            WHERE price = 12.34"""))
        # Nothing changed: nothing is sent.
        mark = len(self.shop.log())
        self.push("prices")
        self.assertEqual({"unchanged": 10}, self.states())
        self.assertEqual([], [one for one in self.shop.log()[mark:]
                              if one["kind"] in ("run_mutation", "stage",
                                                 "mutation")])

    def test_direct(self):
        self.check_prices(50)
        self.assertEqual([], self.requests(kind="run_mutation"))

    def test_bulk(self):
        self.check_prices(0)
        self.assertEqual(1, len(self.requests(kind="run_mutation")))
        (upload,) = self.requests(kind="upload")
        self.assertEqual("file", upload["fields"][-1])
        (operation,) = [one for one in self.shop.operations()
                        if one["type"] == "MUTATION"]
        self.assertRegex(operation["query"], "^# bulkpg ")

    def test_many_small_uploads(self):
        """The rows of an upload are ready before or after curl asks for
        them. No upload waits for the other."""
        self.prices(direct=0)
        for price in range(20, 50):
            self.want(price, "product_id = (SELECT min(product_id) "
                             "FROM public.desired)")
            self.push("prices")
        uploads = self.requests(kind="upload")
        self.assertEqual([201] * 30, [one["status"] for one in uploads])

    def test_only_changed_rows_are_sent(self):
        self.prices(direct=0)
        self.push("prices")
        self.want(13, "product_id = (SELECT min(product_id) "
                      "FROM public.desired)")
        mark = len(self.shop.ledger())
        self.push("prices")
        self.assertEqual(1, len(self.shop.ledger()) - mark)
        self.assertEqual({"applied": 1, "unchanged": 9}, self.states())

    def test_refused_rows(self):
        for direct in 0, 50:
            with self.subTest(direct=direct):
                self.prices(direct=direct, price="10.00")
                self.want(-1 - direct, "product_id = (SELECT max(product_id) "
                                       "FROM public.desired)")
                self.push("prices", status=PARTIAL)
                self.assertEqual({"applied": 9, "refused": 1}, self.states())
                (error, *_) = self.push_errors()
                self.assertEqual("NEGATIVE_PRICE_VALUE", error["code"])
                (row,) = [row for row in self.result_rows("prices")
                          if row["_state"] == "refused"]
                self.assertIn("NEGATIVE_PRICE_VALUE",
                              json.dumps(row["_errors"]))
                self.check_once()
                # The same refused row is not sent again.
                mark = len(self.shop.ledger())
                self.push("prices", status=PARTIAL)
                self.assertEqual(mark, len(self.shop.ledger()))
                self.db.execute("DELETE FROM bulkpg.push_state")
                self.shop.post("reset")

    def test_a_missing_scope(self):
        for direct in 0, 50:
            self.prices(direct=direct)
            self.shop.set(scopes=["read_products"])
            self.push("prices", status=DENIED)
            self.assertEqual([], self.effects())
            self.assertEqual({"refused": 10}, self.states())
            self.shop.post("reset")
            self.db.execute("DELETE FROM bulkpg.push_state")

    def test_dry_run_sends_nothing(self):
        self.prices()
        self.push("prices", "--dry-run")
        self.assertEqual([], self.shop.ledger())
        self.assertEqual([], self.requests(kind="stage"))

    def test_one_of(self):
        """Of an input with @oneOf, a row must give exactly one field, as the
        store's own types say."""
        self.mutation("sets", """mutation($id: ProductSetIdentifiers!,
                $input: ProductSetInput!)
                @push(key: "_key", repeat: SAFE, max: 10) {
              productSet(identifier: $id, input: $input) {
                product { id } } }""", """SELECT 'a' AS _key,
            '{"handle": "x", "id": "gid://shopify/Product/1"}'::jsonb AS id,
            '{"title": "x"}'::jsonb AS input""")
        self.push("sets", status=PARTIAL)
        self.assertEqual({"invalid": 1}, self.states())
        # An earlier version has not asked for it.
        self.db.execute("""UPDATE bulkpg.graphql_type
            SET type = (type::jsonb - 'isOneOf')::json""")
        self.push("sets", status=PARTIAL)
        self.assertEqual({"invalid": 1}, self.states())
        self.assertEqual([], self.shop.ledger())
        self.program.file("mutations/sets.sql", """SELECT 'a' AS _key,
            '{"handle": "x"}'::jsonb AS id,
            '{"title": "x"}'::jsonb AS input""")
        self.push("sets")
        self.assertEqual(["applied"], [one["state"]
                                       for one in self.shop.ledger()])

    def test_a_select_cannot_write(self):
        """Not by a function, either."""
        self.prices()
        self.db.execute("""CREATE TABLE public.written (n int);
            CREATE FUNCTION public.writes() RETURNS numeric LANGUAGE sql
            AS 'INSERT INTO public.written VALUES (1); SELECT 1.5'""")
        self.mutation("prices", PRICES, SELECT.replace(
            "d.price::text", "public.writes()::text"))
        result = self.push("prices", status=CONFIG)
        self.assertIn("read-only transaction", result.stderr)
        self.assertIn("correct the SELECT in mutations/prices.sql",
                      result.stderr)
        self.assertEqual(0, self.db.value(
            "SELECT count(*) AS v FROM public.written"))
        self.assertEqual({}, dict(self.states()) if self.last_push() else {})
        self.assertEqual([], self.shop.ledger())

    def test_an_empty_select(self):
        self.prices(n=0)
        self.push("prices", status=OK)
        self.assertEqual([], self.shop.ledger())

    def test_undo(self):
        self.prices(direct=0)
        before = self.rows("products_variants", "id, price")
        self.push("prices")
        self.push("--undo", str(self.last_push()["push_id"]))
        self.check_pull(self.program.read("queries/variants.graphql")
                        .decode())
        self.assertEqual(before, self.rows("products_variants", "id, price"))

    def test_rollback(self):
        self.prices(direct=0)
        before = self.rows("products_variants", "id, price")
        self.want(-1, "product_id = (SELECT max(product_id) "
                      "FROM public.desired)")
        self.push("prices", "--rollback", status=FAILED)
        self.check_pull(self.program.read("queries/variants.graphql")
                        .decode())
        self.assertEqual(before, self.rows("products_variants", "id, price"))

    def test_a_column_that_does_not_exist(self):
        self.prices(sql="SELECT 1 AS product, '[]'::jsonb AS variants")
        result = self.push("prices", status=CONFIG)
        self.assertIn("mutations/prices.sql", result.output)
        self.assertEqual([], self.shop.ledger())


class Adjusting(PushCase):
    """A case with adjustments of stock, each sent once ever."""

    def setUp(self):
        super().setUp()
        self.configure()
        self.pull(stock=STOCK.replace(
            "inventoryLevels {",
            'inventoryLevels @table(parent: "inventory_item_id") {'))
        self.first = self.quantities()

    def quantities(self):
        return dict(self.rows("""
            inventory_items_inventory_levels l JOIN
            acme.inventory_items_inventory_levels_quantities q
              ON q._parent_id = l.id""", "l.id, q.quantity"))

    def job(self, limit=3, last=2, first=1, direct=50, more=""):
        text = ADJUST % f", direct: {direct}, max: 100000{more}"
        self.mutation("adjust", text, LEVEL.format(limit=limit, first=first,
                                                   last=last))

    def check_sums(self):
        """Check that each level changed by as much as the ledger says."""
        self.run_program("run")
        changed = sum(self.quantities().values()) - sum(self.first.values())
        self.assertEqual(changed, len(self.effects()))
        return changed


class Adjustments(Adjusting):
    def test_direct(self):
        self.job(limit=1, last=5)
        self.push("adjust")
        self.assertEqual(5, self.check_sums())
        self.push("adjust")
        self.assertEqual(5, self.check_sums())
        self.assertTrue(all(one["key"] for one in self.shop.ledger()))

    def test_what_counts_is_neither_repeated_nor_undone(self):
        self.job(limit=1, last=5)
        self.push("adjust")
        result = self.push("adjust", "--all", status=CONFIG)
        self.assertIn("PUSH_COUNTS", result.stderr)
        result = self.push("--undo", str(self.last_push()["push_id"]),
                           status=CONFIG)
        self.assertIn("PUSH_NO_UNDO", result.stderr)
        self.assertEqual(5, self.check_sums())

    def test_bulk(self):
        self.job(limit=1, last=5, direct=0)
        self.push("adjust")
        self.assertEqual(5, self.check_sums())
        self.check_once()
