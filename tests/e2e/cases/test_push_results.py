"""The result table, when the payload of its mutation changes."""
from cases.test_push_rows import PriceCase, SQL
from harness.case import CONFIG

MUTATION = """mutation Prices($productId: ID!,
    $variants: [ProductVariantsBulkInput!]!)
    @push(key: "product_id", direct: %d) {
  productVariantsBulkUpdate(productId: $productId, variants: $variants) {
    product { id %s }
  }
}
"""


class ResultTable(PriceCase):
    def setUp(self):
        super().setUp()
        self.prepare(2)
        self.wanted = 10

    def push_with(self, fields, sql=SQL, direct=50, **how):
        """Push other prices with a mutation that answers these fields."""
        self.wanted += 1
        self.db.execute(f"UPDATE acme.wanted SET price = {self.wanted}")
        self.mutation("prices", MUTATION % (direct, fields), sql)
        return self.push("prices", **how)

    def columns(self):
        return {row["attname"]: row["type"] for row in self.db.rows("""
            SELECT attname, format_type(atttypid, atttypmod) AS type
            FROM pg_attribute
            WHERE attrelid = 'acme.prices_result'::regclass AND attnum > 0
              AND attname !~ '^_'""")}

    def values(self, column):
        return self.db.column(f"""SELECT {column}::text
            FROM acme.prices_result ORDER BY _key""")

    def known(self):
        """The columns that the journal knows."""
        return {row["name"]: row["type"] for row in self.db.rows("""
            SELECT c ->> 'name' AS name, c ->> 'type' AS type
            FROM bulkpg.relation, jsonb_array_elements(columns) c
            WHERE table_name = 'prices_result'
              AND c ->> 'name' !~ '^_'""")}

    def test_columns_are_added_and_kept(self):
        self.push_with("title")
        titles = self.values("product_title")
        self.assertNotIn(None, titles)
        self.push_with("totalInventory createdAt")
        self.assertEqual({
            "product_id": "bigint", "product_title": "text",
            "product_total_inventory": "integer",
            "product_created_at": "timestamp with time zone"},
            self.columns())
        self.assertEqual(titles, self.values("product_title"))
        self.assertNotIn(None, self.values("product_total_inventory"))
        self.assertEqual({"product_id", "product_title",
                          "product_total_inventory", "product_created_at"},
                         set(self.known()))

    def test_types_are_widened_and_never_narrowed(self):
        """Each type follows the one before it."""
        kept = None
        for fields, kind in (
                ("x: totalInventory", "integer"),
                ("x: legacyResourceId", "bigint"),
                ("x: totalInventory", "bigint"),
                ("x: createdAt", "text"),
                ("x: totalInventory", "text"),
                ("x: tags", "text")):
            with self.subTest(fields=fields):
                self.push_with(fields)
                self.assertEqual(kind, self.columns()["product_x"])
                self.assertEqual(kind, self.known()["product_x"])
                self.assertNotIn(None, self.values("product_x"))
                self.assertNotEqual(kept, self.values("product_x"))
                kept = self.values("product_x")
        self.assertEqual("[", kept[0][0])

    def test_the_values_of_earlier_answers_are_kept(self):
        self.push_with("x: createdAt")
        times = self.values("to_char(product_x AT TIME ZONE 'UTC', "
                            "'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')")
        self.db.execute("""DELETE FROM acme.wanted WHERE product_id =
            (SELECT max(product_id) FROM acme.wanted)""")
        self.push_with("x: totalInventory")
        self.assertEqual(times[1], self.values("product_x")[1])
        self.assertNotEqual(times[0], self.values("product_x")[0])

    def test_the_select_reads_the_table(self):
        """Its snapshot must not wait for a change of the table, nor the change
        for the snapshot."""
        sql = SQL.replace("FROM wanted", """FROM wanted
            WHERE NOT EXISTS (SELECT FROM prices_result
                              WHERE _state = 'never')""")
        self.push_with("title")
        for direct in 50, 0:
            self.push_with("title x: totalInventory" if direct
                           else "x: createdAt", sql, direct=direct)
        self.assertEqual("text", self.columns()["product_x"])
        self.assertNotIn(None, self.values("product_x"))

    def test_a_retry_with_other_fields(self):
        self.db.execute("UPDATE acme.wanted SET product_id = 1")
        self.push_with("title", status=65)
        self.mutation("prices", MUTATION % (50, "vendor"), SQL)
        self.push("prices", "--retry", "refused", status=65)
        self.assertIn("product_vendor", self.columns())

    def test_keys_of_another_type(self):
        """The key of a SELECT may be a number, and that of a file is text."""
        self.push_with("title", SQL.replace(
            "bulkpg.gid('Product', product_id) AS product_id",
            "bulkpg.gid('Product', product_id) AS product_id, "
            "product_id AS _key"))
        self.assertEqual("bigint", self.key_type())
        numbers = self.values("_key")
        self.push_with("title")
        self.assertEqual("text", self.key_type())
        keys = self.values("_key")
        self.assertEqual(set(numbers) | {
            f"gid://shopify/Product/{number}" for number in numbers},
            set(keys))
        self.push_with("title", SQL.replace(
            "bulkpg.gid('Product', product_id) AS product_id",
            "bulkpg.gid('Product', product_id) AS product_id, "
            "product_id AS _key"))
        self.assertEqual(keys, self.values("_key"))

    def test_a_table_that_cannot_take_the_answers(self):
        """A user has changed it: nothing is sent, because the answers could
        never be settled."""
        self.push_with("title", SQL.replace(
            " AS variants", """ AS variants, jsonb_agg(jsonb_build_object(
                'id', bulkpg.gid('ProductVariant', id), 'price', '1.00')
                ORDER BY id) AS _before_variants"""))
        mark = len(self.shop.ledger())
        self.db.execute("""ALTER TABLE acme.prices_result
            RENAME COLUMN _key TO old;
            ALTER TABLE acme.prices_result ADD COLUMN _key bigint UNIQUE""")
        result = self.push("--undo", "1", status=CONFIG)
        self.assertIn("acme.prices_result cannot take the answers: ",
                      result.stderr)
        self.assertIn("TABLE_OWNED", result.stderr)
        self.db.execute("""ALTER TABLE acme.prices_result DROP COLUMN _key;
            ALTER TABLE acme.prices_result RENAME COLUMN old TO _key;
            ALTER TABLE acme.prices_result
              DROP CONSTRAINT prices_result_pkey""")
        result = self.push_with("title", status=CONFIG)
        self.assertIn("ON CONFLICT", result.stderr)
        self.assertEqual(mark, len(self.shop.ledger()))
        self.db.execute("""ALTER TABLE acme.prices_result
            ADD PRIMARY KEY (_key)""")
        self.push("--undo", "1")
        self.check_accounted()

    def key_type(self):
        return self.db.value("""SELECT format_type(atttypid, atttypmod) AS v
            FROM pg_attribute
            WHERE attrelid = 'acme.prices_result'::regclass
              AND attname = '_key'""")

    def test_columns_of_users(self):
        """A dropped column comes back; a type of the user's own stops the
        push before anything is sent."""
        self.push_with("title")
        self.db.execute("ALTER TABLE acme.prices_result "
                        "DROP COLUMN product_title, ADD COLUMN mine int")
        self.push_with("title")
        self.assertNotIn(None, self.values("product_title"))
        self.db.execute("ALTER TABLE acme.prices_result "
                        "ALTER COLUMN product_title TYPE varchar(999)")
        mark = len(self.shop.ledger())
        result = self.push_with("title", status=CONFIG)
        self.assertIn("product_title", result.stderr)
        self.assertEqual(mark, len(self.shop.ledger()))
