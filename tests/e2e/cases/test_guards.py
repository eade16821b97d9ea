"""Results whose counts are correct and that are wrong nevertheless: which guard
stops them, from how many rows on, and which option accepts them."""
import json

from cases.queries import ORDERS, PRODUCT, VARIANT
from harness.case import FAILED, Case

QUERY = """query %s{ products { edges { node { id title handle
    variants { edges { node { id sku } } } } } } }"""


def products(count, title="t", first=1):
    return [json.dumps({"id": f"{PRODUCT}{n}", "title": title,
                        "handle": f"h{n}"})
            for n in range(first, first + count)]


def variants(count):
    return [json.dumps({"id": f"{VARIANT}{n}", "sku": f"s{n}",
                        "__parentId": f"{PRODUCT}1"})
            for n in range(1, count + 1)]


class Guards(Case):
    def prepare(self, lines, deletes=""):
        self.configure()
        self.query("job", QUERY % deletes)
        self.load("job", lines)

    def check_stopped(self, lines, lifted_by, *words):
        """The load fails without options and with the other option. With
        `lifted_by` it succeeds."""
        flags = ["--force-deletes", "--force-nulls"]
        flags.remove(lifted_by)
        before = self.snapshot()
        for more in ([], flags):
            result = self.load("job", lines, *more, status=FAILED)
            for word in (lifted_by, *words):
                self.assertIn(word, result.stderr)
            self.check_unchanged(before)
            self.check_no_staging()
            self.assertEqual("failed", self.last_run()["status"])
        self.load("job", lines, lifted_by)

    def test_more_than_a_fifth_is_gone(self):
        self.prepare(products(101))
        self.load("job", products(81))  # 20 of 101
        self.assertEqual(81, len(self.rows("products")))
        self.load("job", products(120))
        self.check_stopped(products(95), "--force-deletes", "products",
                           "25 of the 120 rows")
        self.assertEqual(95, len(self.rows("products")))

    def test_a_table_of_a_hundred_rows_may_shrink(self):
        self.prepare(products(100))
        self.load("job", products(1))
        self.assertEqual(1, len(self.rows("products")))

    def test_rows_of_a_child_table_are_gone(self):
        self.prepare(products(2) + variants(150))
        self.check_stopped(products(2) + variants(100), "--force-deletes",
                           "products_variants", "50 of the 150 rows")
        self.assertEqual(100, len(self.rows("products_variants")))

    def test_an_empty_result(self):
        """An empty result fails even if the table has few rows."""
        self.prepare(products(3))
        self.check_stopped([], "--force-deletes", "products")
        self.assertEqual([], self.rows("products"))
        self.load("job", [])

    def test_a_query_whose_result_may_be_empty(self):
        """The message names @deletes(all: true). With it, only the guard for
        NULL columns still applies."""
        self.prepare(products(150))
        result = self.load("job", [], status=FAILED)
        self.assertIn("@deletes(all: true)", result.stderr)
        self.assertIn("code=NO_ROOTS", result.stderr)
        result = self.load("job", products(20), status=FAILED)
        self.assertIn("@deletes(all: true)", result.stderr)
        self.query("job", QUERY % "@deletes(all: true) ")
        self.load("job", products(20, None), status=FAILED)
        self.load("job", products(20))
        self.assertEqual(20, len(self.rows("products")))
        self.load("job", [])
        self.assertEqual([], self.rows("products"))
        self.assertEqual("loaded", self.last_run()["status"])

    def test_a_stores_rows_go_to_zero(self):
        self.configure()
        self.query("job", "query @deletes(mode: SOFT, all: true) { "
                   "orders { edges { node { id name } } } }")
        self.run_program("run")
        count = len(self.rows("orders"))
        self.change(store="acme", type="Order", count=count, delete=True)
        self.run_program("run")
        self.assertEqual(count, len(self.rows(
            "orders WHERE _deleted_at IS NOT NULL")))

    def test_marked_rows_count_once(self):
        """The fraction counts only rows that are not marked as deleted."""
        self.prepare(products(200), "@deletes(mode: SOFT) ")
        self.load("job", products(170))
        self.load("job", products(170))
        self.assertEqual(0, self.last_run()["rows_deleted"])
        self.check_stopped(products(130), "--force-deletes",
                           "40 of the 170 rows")
        self.assertEqual(70, len(self.rows(
            "products WHERE _deleted_at IS NOT NULL")))

    def test_kept_rows_are_not_counted(self):
        self.prepare(products(200), "@deletes(mode: KEEP) ")
        self.load("job", products(10))
        self.assertEqual(200, len(self.rows("products")))

    def test_the_fraction_can_be_configured(self):
        self.prepare(products(200))
        self.configure(tuning="max_delete_fraction = 0.5")
        self.load("job", products(100))
        self.assertEqual(100, len(self.rows("products")))

    def test_a_column_that_became_null(self):
        self.prepare(products(120))
        self.check_stopped(products(120, None), "--force-nulls", "title",
                           "acme.products", "120 of the 120 rows")
        self.assertEqual(120, len(self.rows("products WHERE title IS NULL")))

    def test_fewer_than_ten_rows(self):
        self.prepare(products(9))
        self.load("job", products(9, None))
        self.assertEqual(9, len(self.rows("products WHERE title IS NULL")))

    def test_ten_rows(self):
        self.prepare(products(10))
        self.check_stopped(products(10, None), "--force-nulls", "title",
                           "10 of the 10 rows", "all 10 received rows")

    def test_a_column_that_held_little(self):
        """A fifth of the rows had a value; the guard needs more."""
        self.prepare(products(25) + products(100, None, 26))
        self.load("job", products(125, None))
        self.assertEqual(125, len(self.rows("products WHERE title IS NULL")))

    def test_a_column_of_some_rows_in_an_increment(self):
        """40 of 400 rows come again, and all of them lost their title."""
        self.prepare(products(400), "@incremental ")
        self.check_stopped(products(40, None), "--force-nulls", "title",
                           "40 of the 40 rows")
        self.assertEqual(40, len(self.rows("products WHERE title IS NULL")))

    def test_new_rows_without_a_value(self):
        """The guard needs ten rows that were there before; here there are
        nine."""
        self.prepare(products(400), "@incremental ")
        self.load("job", products(10, None, 401))
        self.load("job", products(9, None) + products(10, None, 411))
        self.assertEqual(29, len(self.rows("products WHERE title IS NULL")))

    def test_rows_of_the_result_had_no_value_before(self):
        """The rows of the result had no value before; other rows had one."""
        self.prepare(products(100) + products(50, None, 101),
                     "@incremental ")
        self.load("job", products(50, None, 101) + products(5, None, 301))
        self.assertEqual(55, len(self.rows("products WHERE title IS NULL")))

    def test_rows_that_were_marked_as_deleted(self):
        self.prepare(products(12), "@deletes(mode: SOFT) ")
        self.load("job", products(1))
        self.load("job", products(12, None))
        self.assertEqual(12, len(self.rows("products WHERE title IS NULL")))

    def test_a_column_of_a_child_that_became_null(self):
        """Rows of children are compared by parent id and id."""
        self.prepare(products(2) + variants(20))
        lost = [one.replace(f'"s{n}"', "null") for n, one in
                enumerate(variants(20), 1)]
        self.check_stopped(products(2) + lost, "--force-nulls", "sku",
                           "acme.products_variants", "20 of the 20 rows")

    def test_one_value_is_enough(self):
        self.prepare(products(120))
        self.load("job", products(1) + products(119, None, 2))
        self.assertEqual(119, len(self.rows("products WHERE title IS NULL")))

    def test_orders_stay_while_the_scopes_are_unknown(self):
        """If the scopes are unknown, the store may show only the orders of the
        last 60 days."""
        self.configure(tuning="retry_budget = 500ms")
        self.query("orders", ORDERS)
        self.run_program("run")
        (gone,) = self.change(store="acme", type="Order", count=1,
                              delete=True)
        self.db.execute("DELETE FROM bulkpg.store")
        self.shop.rule({"status": 500}, times=-1, kind="shop")
        result = self.run_program("run")
        self.assertIn("the app's scopes are not known", result.stderr)
        self.assertEqual(80, len(self.rows("orders")))
        self.shop.post("rules/clear")
        self.run_program("run")
        self.run_program("run")
        self.assertEqual(79, len(self.rows("orders")))
        self.assertNotIn((int(gone.rsplit("/", 1)[1]),),
                         self.rows("orders", "id"))

    def test_hidden_orders_stay_with_every_option(self):
        """Without read_all_orders Shopify shows 60 days. Orders and the rows
        of their child tables stay."""
        self.configure()
        self.query("orders", ORDERS)
        self.run_program("run")
        before = [self.rows(table, "_hash", "1") for table in (
            "orders", "orders_line_items", "orders_transactions")]
        self.shop.set(scopes=["read_orders", "read_products"])
        self.db.execute("UPDATE bulkpg.store SET scopes = 'read_orders'")
        result = self.run_program("run", "--force-deletes", "--force-nulls")
        self.assertEqual(1, result.stderr.count("read_all_orders"))
        self.assertEqual(before, [self.rows(table, "_hash", "1") for table in (
            "orders", "orders_line_items", "orders_transactions")])
        self.assertEqual(0, self.last_run()["rows_deleted"])
