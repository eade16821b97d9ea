"""Which rows a push sends, and what it refuses to send."""
import json
import os

from harness.case import CONFIG, FAILED, OK, PARTIAL, USAGE
from harness.push_case import PRICES, PushCase, VARIANTS

SQL = """SELECT product_id,
  jsonb_agg(jsonb_build_object('id', bulkpg.gid('ProductVariant', id),
                               'price', wanted::text) ORDER BY id) AS variants
FROM wanted GROUP BY product_id ORDER BY product_id"""


class Rows(PushCase):
    def prepare(self, limit=6):
        self.configure()
        self.pull(products=VARIANTS)
        self.db.execute(f"""CREATE TABLE acme.wanted AS
            SELECT v.id, v._parent_id AS product_id, 12.5 AS wanted
            FROM acme.products_variants v
            WHERE v._parent_id IN (SELECT id FROM acme.products
                                   ORDER BY id LIMIT {limit})""")
        self.mutation("prices", PRICES.replace(
            '"product_id"', '"product_id", repeat: SAFE'),
            SQL.replace("SELECT product_id,",
                        "SELECT bulkpg.gid('Product', product_id) "
                        "AS product_id,"))

    def test_only_changed_rows_are_sent(self):
        self.prepare()
        first = self.push("prices")
        self.assertIn("acme/prices: 6 rows, 6 changed, 6 sent, 6 applied, 0 "
                      "refused, 0 unknown, 0 unchanged", first.stdout)
        second = self.push("prices")
        self.assertIn("6 rows, 0 changed, 0 sent, 0 applied, 0 refused, "
                      "0 unknown, 6 unchanged", second.stdout)
        self.check_accounted()
        self.check_once()
