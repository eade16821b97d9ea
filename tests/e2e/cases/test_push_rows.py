"""Which rows a push sends, what it refuses to send, and what it keeps."""
import json
import os

from harness.case import AGAIN, CONFIG, FAILED, PARTIAL, USAGE
from harness.push_case import PushCase, VARIANTS

PRICES = """mutation Prices($productId: ID!,
    $variants: [ProductVariantsBulkInput!]!) @push(key: "product_id"%s) {
  productVariantsBulkUpdate(productId: $productId, variants: $variants) {
    productVariants { id price }
  }
}
"""
TAGS = """mutation Tags($id: ID!, $tags: [String!]!)
    @push(direct: 0, rows: 400) {
  tagsAdd(id: $id, tags: $tags) { node { id } }
}
"""
SQL = """SELECT bulkpg.gid('Product', product_id) AS product_id,
  jsonb_agg(jsonb_build_object('id', bulkpg.gid('ProductVariant', id),
                               'price', price::text) ORDER BY id) AS variants
FROM wanted GROUP BY wanted.product_id ORDER BY wanted.product_id"""
WITH_BEFORE = """SELECT bulkpg.gid('Product', v._parent_id) AS product_id,
  jsonb_agg(jsonb_build_object('id', bulkpg.gid('ProductVariant', v.id),
                               'price', w.price::text) ORDER BY v.id)
    AS variants,
  jsonb_agg(jsonb_build_object('id', bulkpg.gid('ProductVariant', v.id),
                               'price', v.price::text) ORDER BY v.id)
    AS _before_variants
FROM products_variants v JOIN wanted w USING (id) GROUP BY v._parent_id"""


class PriceCase(PushCase):
    def prepare(self, count=6, more="", sql=SQL):
        self.configure()
        self.pull(products=VARIANTS)
        self.db.execute(f"""CREATE TABLE acme.wanted AS
            SELECT v.id, v._parent_id AS product_id, 12.51::numeric(10, 2) AS price
            FROM acme.products_variants v
            WHERE v._parent_id IN (SELECT id FROM acme.products
                                   ORDER BY id LIMIT {count})""")
        self.mutation("prices", PRICES % more, sql)

    def counts(self, result):
        """The summary line as a dictionary."""
        line = next(one for one in result.stdout.splitlines()
                    if one.startswith("acme/prices: "))
        parts = line.split(": ", 1)[1].split(", ")
        return {part.split(" ")[1].rstrip("s") if "row" in part
                else part.split(" ")[1]: int(part.split(" ")[0])
                for part in parts}

    def check_counts(self, result, **counts):
        got = self.counts(result)
        self.assertEqual(counts, {name: got.get(name, 0) for name in counts},
                         result.stdout)

    def check_prices(self):
        """Pull again: the tables have what the pushes sent."""
        self.db.execute("DROP TABLE acme.wanted, acme.prices_result")
        self.check_pull(VARIANTS)

    def first_product(self):
        return self.db.value("""SELECT 'gid://shopify/Product/' ||
            min(product_id) AS v FROM acme.wanted""")


class Diff(PriceCase):
    def test_only_changed_rows_are_sent(self):
        self.prepare()
        first = self.push("prices")
        self.check_counts(first, row=6, changed=6, sent=6, applied=6,
                          refused=0, unknown=0, unchanged=0)
        self.check_counts(self.push("prices"), row=6, changed=0, sent=0,
                          applied=0, unchanged=6)
        self.db.execute("""UPDATE acme.wanted SET price = 13
            WHERE product_id = (SELECT min(product_id) FROM acme.wanted)""")
        self.check_counts(self.push("prices"), row=6, changed=1, applied=1,
                          unchanged=5)
        self.check_counts(self.push("prices", "--all"), changed=6, applied=6)
        self.check_accounted()
        self.check_prices()

    def test_unchanged_rows_are_kept_without_their_variables(self):
        self.prepare(3)
        self.push("prices")
        self.push("prices")
        self.assertEqual({"unchanged": 3}, self.states())
        self.assertEqual({None}, {row["variables"]
                                  for row in self.push_rows()})

    def test_no_rows(self):
        self.prepare()
        self.db.execute("DELETE FROM acme.wanted")
        self.check_counts(self.push("prices"), row=0, sent=0)
        self.assertEqual("done", self.last_push()["status"])
        self.assertEqual([], self.shop.ledger())

    def test_a_bulk_push_has_a_canary(self):
        self.configure()
        self.pull(products=VARIANTS)
        self.mutation("tags", TAGS, """
            SELECT n AS _key, bulkpg.gid('Product', min(p.id)) AS id,
                   ARRAY['tag-' || n] AS tags
            FROM products p, generate_series(1, 600) n GROUP BY n""")
        self.push("tags")
        self.assertEqual([25, 400, 175],
                         [chunk["lines"] for chunk in self.chunks()])
        self.assertEqual({"applied": 600}, self.states())
        self.check_once()

    def test_a_bulk_push_of_few_rows_is_one_operation(self):
        self.prepare(30, more=", direct: 0")
        self.check_counts(self.push("prices"), row=30, applied=30)
        self.assertEqual([30], [chunk["lines"] for chunk in self.chunks()])
        self.assertEqual("bulk", self.last_push()["mode"])
        self.assertEqual({"applied": 30}, self.states())
        self.check_once()
        self.check_accounted()
        self.check_prices()

    def test_limit(self):
        self.prepare()
        self.check_counts(self.push("prices", "--limit", "2"), changed=2,
                          applied=2)
        self.check_counts(self.push("prices", "--limit", "3"), changed=3,
                          applied=3, unchanged=2)
        self.check_counts(self.push("prices"), changed=1, unchanged=5)

    def test_values_before_decide(self):
        self.prepare(sql=WITH_BEFORE)
        self.db.execute("""UPDATE acme.wanted w SET price = v.price
            FROM acme.products_variants v WHERE v.id = w.id
            AND w.product_id <> (SELECT min(product_id) FROM acme.wanted)""")
        self.check_counts(self.push("prices"), row=6, changed=1, applied=1,
                          unchanged=5)
        # The table still has the old price, but it was pulled before that.
        self.check_counts(self.push("prices"), changed=0, unchanged=6)
        self.pull(products=VARIANTS)
        self.check_counts(self.push("prices"), changed=0, unchanged=6)
        # Someone else changes the price: the pull finds it.
        self.db.execute("UPDATE acme.products_variants SET price = 1 "
                        "WHERE _parent_id = (SELECT min(product_id) "
                        "FROM acme.wanted)")
        self.check_counts(self.push("prices"), changed=1, unchanged=5)

    def test_results_are_in_a_table(self):
        self.prepare(2)
        self.push("prices")
        rows = self.result_rows("prices")
        self.assertEqual(2, len(rows))
        self.assertEqual("applied", rows[0]["_state"])
        self.assertEqual(self.first_product(), rows[0]["_key"])
        self.assertIsNone(rows[0]["_errors"])
        self.assertEqual(self.last_push()["push_id"], rows[0]["_push_id"])
        self.assertIn("product_variants", rows[0])

    def test_a_dry_run_sends_and_keeps_nothing(self):
        self.prepare()
        result = self.push("prices", "--dry-run", "--keep", "kept")
        self.check_counts(result, row=6, changed=6, sent=0)
        self.assertEqual([], self.shop.ledger())
        self.assertEqual(0, self.db.value("SELECT count(*) AS v "
                                          "FROM bulkpg.push"))
        self.assertIsNone(self.db.value(
            "SELECT to_regclass('acme.prices_result') AS v"))
        folder = os.path.join(self.program.directory, "kept")
        (name,) = os.listdir(folder)
        lines = self.program.read(f"kept/{name}").splitlines()
        self.assertEqual(6, len(lines))
        self.assertIn("productId", json.loads(lines[0]))


class Guards(PriceCase):
    def check_nothing_sent(self, code=None):
        self.assertEqual([], self.shop.ledger())
        push = self.last_push()
        self.assertEqual("failed", push["status"])
        if code:
            self.assertEqual(code, push["error_code"])
            self.assertIsNotNone(push["remedy"])

    def test_a_key_twice(self):
        self.prepare(sql=SQL.replace("FROM wanted", "FROM (SELECT * FROM "
                                     "wanted UNION ALL SELECT * FROM wanted) "
                                     "AS wanted").replace(
            "GROUP BY wanted.product_id", "GROUP BY wanted.product_id, id"))
        result = self.push("prices", status=FAILED)
        self.assertIn("PUSH_DUPLICATE", result.stderr)
        self.check_nothing_sent("PUSH_DUPLICATE")

    def test_too_many_rows(self):
        self.prepare(more=", max: 5")
        result = self.push("prices", status=FAILED)
        self.assertIn("6 rows have changed", result.stderr)
        self.check_nothing_sent("PUSH_MAX")
        self.assertEqual({"skipped": 6}, self.states())
        self.check_counts(self.push("prices", "--force-max"), applied=6)

    def test_invalid_rows(self):
        self.prepare(sql=SQL.replace(
            "'price', price::text", "'price', CASE WHEN product_id = (SELECT "
            "min(product_id) FROM wanted) THEN 'cheap' ELSE price::text END"))
        result = self.push("prices", status=PARTIAL)
        self.assertIn(self.first_product(), result.stderr)
        self.assertIn("variants", result.stderr)
        self.check_nothing_sent("PUSH_INVALID")
        self.assertEqual({"skipped": 5, "invalid": 1}, self.states())
        (error,) = self.push_errors()
        self.assertEqual("variants", error["field"])
        result = self.push("prices", "--accept-invalid", status=PARTIAL)
        self.check_counts(result, applied=5, invalid=1)
        self.assertEqual(5, len(self.effects()))

    def test_old_tables(self):
        self.prepare(more=', fresh: "1h"', sql=WITH_BEFORE)
        self.push("prices", "--dry-run")
        self.db.execute("UPDATE bulkpg.run SET finished_at = "
                        "finished_at - interval '2 hours'")
        result = self.push("prices", status=FAILED)
        self.assertIn("PUSH_STALE", result.stderr)
        self.assertIn("products_variants", result.stderr)
        self.assertEqual([], self.shop.ledger())

    def test_a_table_that_is_not_ours(self):
        self.prepare()
        self.db.execute("CREATE TABLE acme.prices_result (x int)")
        result = self.push("prices", status=CONFIG)
        self.assertIn("TABLE_OWNED", result.stderr)
        self.assertEqual([], self.shop.ledger())

    def test_an_error_in_the_select(self):
        self.prepare(sql="-- Prix d'été\n\nSELECT 'é' AS a,\n  1 FROM nowhere")
        result = self.push("prices", status=CONFIG)
        self.assertIn('mutations/prices.sql:4:10: relation \\"nowhere\\" does '
                      "not exist", result.stderr)
        self.mutation("prices", PRICES % "", "SELECT 'é' a, 1 1;")
        result = self.push("prices", status=CONFIG)
        self.assertIn("mutations/prices.sql:1:17: syntax error", result.stderr)
        self.mutation("prices", PRICES % "", """SELECT 1 / (product_id - 1)
            AS product_id, '[]'::jsonb AS variants FROM generate_series(1, 3)
            AS product_id""")
        result = self.push("prices", status=CONFIG)
        self.assertIn("mutations/prices.sql: division by zero", result.stderr)
        self.assertIn("correct the SELECT", result.stderr)
        self.mutation("prices", PRICES % "", "DELETE FROM wanted RETURNING 1")
        self.push("prices", status=CONFIG)
        self.mutation("prices", PRICES % "",
                      "SELECT 1 AS product_id; DROP TABLE acme.wanted")
        self.push("prices", status=CONFIG)
        self.assertEqual(6, self.db.value("SELECT count(DISTINCT product_id) "
                                          "AS v FROM acme.wanted"))

    def test_messages_do_not_have_values(self):
        """Those who read the log and the journal may not read rows."""
        self.prepare()
        for sql in ("""SELECT 'Jane'::text::bigint AS product_id,
                '[]'::jsonb AS variants FROM wanted""",
                    """SELECT 'Jane' AS product_id, '[]'::jsonb AS variants,
                7 AS _key""",
                    """SELECT bulkpg.gid('Product', 1) AS product_id, 7 AS _key,
                '[{"id": "Jane"}]'::jsonb AS variants"""):
            with self.subTest(sql=sql):
                self.mutation("prices", PRICES % "", sql)
                result = self.program.run("push", "prices")
                self.assertIn(result.status, (CONFIG, PARTIAL), result)
                self.assertNotIn("Jane", result.output)
        self.assertEqual(2, len(self.db.column(
            "SELECT message FROM bulkpg.push_error")))
        self.assertEqual([], self.db.column("""
            SELECT message FROM bulkpg.push_error WHERE message LIKE '%Jane%'
            UNION ALL
            SELECT error FROM bulkpg.push WHERE error LIKE '%Jane%'"""))

    def test_ids_of_another_store(self):
        self.prepare()
        self.db.execute("UPDATE bulkpg.relation SET store = 'beta'")
        self.mutation("prices", PRICES % "", """SELECT id AS product_id,
            '[]'::jsonb AS variants FROM products""")
        result = self.push("prices", status=CONFIG)
        self.assertIn("beta", result.stderr)

    def test_the_command_line(self):
        self.prepare()
        for arguments in ((), ("no_such",), ("--undo", "1", "prices"),
                          ("--settle", "1"), ("--settle", "1", "maybe"),
                          ("--undo", "x"), ("--undo", "99"),
                          ("--settle", "99", "applied"),
                          ("prices", "--key", "1"),
                          ("prices", "--retry", "all"),
                          ("prices", "--retry", "refused"),
                          ("prices", "--from", "no/such/file"),
                          ("prices", "--undo", "1", "--settle", "2")):
            self.push(*arguments, status=USAGE)
        self.assertEqual([], self.shop.ledger())


class From(PriceCase):
    def line(self, number, price="3.5"):
        product = self.db.row(f"""SELECT product_id, min(id) AS id
            FROM acme.wanted GROUP BY product_id
            ORDER BY product_id OFFSET {number} LIMIT 1""")
        return json.dumps({
            "productId": f"gid://shopify/Product/{product['product_id']}",
            "variants": [{"id": "gid://shopify/ProductVariant/"
                                f"{product['id']}", "price": price}]})

    def test_rows_from_a_file(self):
        self.prepare()
        self.program.file("rows.jsonl", "\n".join(
            self.line(number) for number in range(3)) + "\n\n")
        self.check_counts(self.push("prices", "--from", "rows.jsonl"),
                          row=3, applied=3)
        self.check_counts(self.push("prices", "--from", "rows.jsonl"),
                          row=3, unchanged=3)
        self.check_prices()

    def test_rows_from_standard_input(self):
        self.prepare()
        path = self.program.file("rows.jsonl", "".join(
            self.line(number) + "\n" for number in range(3)))
        for expected in {"applied": 3}, {"unchanged": 3}:
            with open(path, "rb") as lines:
                self.check_counts(self.push("prices", "--from", "-",
                                            stdin=lines), row=3, **expected)
        self.check_prices()

    def test_invalid_lines(self):
        self.prepare()
        self.program.file("rows.jsonl", self.line(0) + "\n{\n" + self.line(
            1, "much") + "\n")
        result = self.push("prices", "--from", "rows.jsonl", status=PARTIAL)
        self.assertIn("rows.jsonl:2", result.stderr)
        self.assertEqual([], self.shop.ledger())


class Refused(PriceCase):
    def prepare_refused(self, more="", sql=SQL):
        """The first product does not exist."""
        self.prepare(sql=sql, more=more)
        self.db.execute("""UPDATE acme.wanted SET product_id = 1
            WHERE product_id = (SELECT min(product_id) FROM acme.wanted)""")

    def test_refused_rows(self):
        self.prepare_refused()
        result = self.push("prices", status=PARTIAL)
        self.check_counts(result, row=6, sent=6, applied=5, refused=1)
        self.assertEqual({"applied": 5, "refused": 1}, self.states())
        (row,) = [row for row in self.result_rows("prices")
                  if row["_state"] == "refused"]
        self.assertTrue(row["_errors"])
        self.assertTrue(self.push_errors())
        # It has not changed, so that it is not sent again.
        count = len(self.shop.ledger())
        self.check_counts(self.push("prices", status=PARTIAL), sent=0,
                          refused=1, unchanged=5)
        self.assertEqual(count, len(self.shop.ledger()))

    def test_retry_of_refused_rows_that_are_gone(self):
        """Earlier versions deleted them after push_keep."""
        self.prepare_refused()
        self.push("prices", status=PARTIAL)
        count = len(self.shop.ledger())
        self.db.execute("DELETE FROM bulkpg.push_row WHERE state = 'refused'")
        result = self.push("prices", "--retry", "refused", status=PARTIAL)
        self.assertIn("PUSH_PRUNED", result.stderr)
        self.assertIn("no longer has the variables of 1 row", result.stderr)
        self.assertEqual(count, len(self.shop.ledger()))
        self.check_counts(self.push("prices", "--all", status=PARTIAL),
                          row=6, sent=6, refused=1)

    def test_refused_rows_are_not_pruned(self):
        self.prepare_refused()
        self.push("prices", status=PARTIAL)
        self.db.execute("""UPDATE bulkpg.push
            SET finished_at = finished_at - interval '99 days'""")
        self.push("prices", status=PARTIAL)
        count = len(self.shop.ledger())
        self.check_counts(self.push("prices", "--retry", "refused",
                                    status=PARTIAL), sent=1, refused=1)
        self.assertEqual(count + 1, len(self.shop.ledger()))

    def test_retry_of_refused_rows(self):
        self.prepare_refused()
        self.push("prices", status=PARTIAL)
        count = len(self.shop.ledger())
        self.check_counts(self.push("prices", "--retry", "refused",
                                    status=PARTIAL), row=1, sent=1, refused=1)
        self.assertEqual(count + 1, len(self.shop.ledger()))

    def test_rollback(self):
        self.prepare_refused(more=", rollback: true",
                             sql=WITH_BEFORE.replace(
                                 "v._parent_id", "w.product_id"))
        before = self.db.rows("SELECT id, price FROM acme.products_variants "
                              "ORDER BY id")
        result = self.push("prices", status=FAILED)
        self.assertIn("PUSH_ROLLED_BACK", result.stderr)
        first, undo = self.db.rows("SELECT * FROM bulkpg.push "
                                   "ORDER BY push_id")
        self.assertEqual("rolled_back", first["status"])
        self.assertEqual("done", undo["status"])
        self.assertEqual(first["push_id"], undo["undo_of"])
        self.assertEqual(5, undo["applied"])
        self.pull(products=VARIANTS)
        self.assertEqual(before, self.db.rows(
            "SELECT id, price FROM acme.products_variants ORDER BY id"))


class Undo(PriceCase):
    def test_undo(self):
        self.prepare(sql=WITH_BEFORE)
        before = self.db.rows("SELECT id, price FROM acme.products_variants "
                              "ORDER BY id")
        self.push("prices")
        push_id = self.last_push()["push_id"]
        result = self.push("--undo", str(push_id))
        self.check_counts(result, row=6, applied=6)
        self.assertEqual("undo", self.last_push()["mode"])
        self.pull(products=VARIANTS)
        self.assertEqual(before, self.db.rows(
            "SELECT id, price FROM acme.products_variants ORDER BY id"))
        # Nothing is left to undo, and the undo can be undone.
        result = self.push("--undo", str(push_id))
        self.check_counts(result, row=0)
        self.assertIn("6 rows were left alone because they changed since",
                      result.stdout)
        self.check_counts(self.push("--undo", str(push_id + 1)), row=6,
                          applied=6)

    def test_rows_changed_since_are_left_alone(self):
        self.prepare(sql=WITH_BEFORE)
        self.push("prices")
        push_id = self.last_push()["push_id"]
        self.db.execute("""UPDATE acme.wanted SET price = 13
            WHERE product_id = (SELECT min(product_id) FROM acme.wanted)""")
        self.push("prices")
        result = self.push("--undo", str(push_id))
        self.check_counts(result, row=5, applied=5)
        self.assertIn("1 row was left alone because it changed since: " +
                      self.first_product(), result.stdout)

    def test_without_values_before(self):
        self.prepare(2)
        self.push("prices")
        result = self.push("--undo", str(self.last_push()["push_id"]))
        self.check_counts(result, row=0)
        self.assertIn("2 rows were left alone because they cannot be undone",
                      result.stdout)


class Unknown(PriceCase):
    """The answers to direct requests are lost after they took effect."""

    def prepare_unknown(self):
        self.prepare(3, more=", repeat: NEVER")
        self.shop.rule({"close": True, "after": True}, times=-1,
                       kind="mutation")
        result = self.program.run("push", "prices")
        self.assertIn(result.status, (FAILED, AGAIN), result)
        self.shop.post("rules/clear")
        self.assertEqual(3, len(self.effects()))

    def in_doubt(self):
        return sum(row["state"] in ("held", "unknown")
                   for row in self.push_rows(1))

    def test_unknown_rows_are_never_sent_again_by_themselves(self):
        self.prepare_unknown()
        self.assertEqual(3, self.in_doubt())
        result = self.push("prices", status=FAILED)
        self.check_counts(result, row=3, sent=0, held=3)
        self.assertEqual(3, len(self.effects()))
        # Rows with other keys are sent.
        self.db.execute("""INSERT INTO acme.wanted
            SELECT id, _parent_id, 1 FROM acme.products_variants
            WHERE _parent_id = (SELECT max(id) FROM acme.products)""")
        self.check_counts(self.push("prices", status=FAILED), row=4,
                          applied=1, held=3)
        self.check_once()

    def test_rows_that_are_no_longer_selected_are_named(self):
        self.prepare_unknown()
        key = self.first_product()
        self.db.execute("DELETE FROM acme.wanted")
        result = self.push("prices", status=FAILED)
        self.check_counts(result, row=0, sent=0)
        self.assertIn("PUSH_UNKNOWN", result.stderr)
        self.assertIn(f"applied 3 rows of job prices: {key} (push 1), ",
                      result.stderr)
        self.assertIn("--settle 1 applied", result.stderr)
        self.assertEqual("PUSH_UNKNOWN", self.last_push()["error_code"])
        self.push("--settle", "1", "applied")
        self.push("prices")

    def test_a_user_decides_although_the_types_have_changed(self):
        """An argument that was sent has another name now."""
        self.prepare_unknown()
        self.change_type("Mutation", "productVariantsBulkUpdate", "args",
                         "variants", "rows")
        result = self.push("--settle", "1", "applied")
        self.assertIn("3 rows of push 1 count as applied", result.stdout)
        self.assertEqual({"applied": 3}, self.states(1))
        self.assertEqual({"applied"}, {
            row["_state"] for row in self.result_rows("prices")})

    def test_a_user_decides_that_they_were_applied(self):
        self.prepare_unknown()
        result = self.push("--settle", "1", "applied", "--key",
                           self.first_product())
        self.assertIn("1 row of push 1 counts as applied", result.stdout)
        self.assertEqual(2, self.in_doubt())
        self.assertIn("2 rows", self.push("--settle", "1",
                                          "applied").stdout)
        self.assertEqual({"applied": 3}, self.states(1))
        self.check_counts(self.push("prices"), unchanged=3, sent=0)
        self.push("--settle", "1", "applied", status=USAGE)

    def test_a_user_decides_that_they_failed(self):
        self.prepare_unknown()
        self.push("--settle", "1", "failed")
        self.check_counts(self.push("prices"), sent=3, applied=3)
        self.assertEqual(6, len(self.effects()))

    def test_retry_of_unknown_rows(self):
        self.prepare_unknown()
        # A later push only holds them.
        self.check_counts(self.push("prices", status=FAILED), row=3, sent=0,
                          held=3)
        self.check_counts(self.push("prices", "--retry", "unknown"), row=3,
                          sent=3, applied=3)
        self.check_counts(self.push("prices"), unchanged=3)
