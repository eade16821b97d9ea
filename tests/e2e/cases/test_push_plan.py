"""`plan` of a mutation: what each row would be sent as, and nothing is sent."""
import json

from harness.case import CONFIG, DENIED, OK, USAGE
from harness.push_case import PRICES, TAGS, VARIANTS, PushCase

SELECT = """SELECT v._parent_id AS product_id,
  jsonb_agg(jsonb_build_object(
    'id', bulkpg.gid('ProductVariant', v.id), 'price', '7.50')
    ORDER BY v.id) AS variants,
  jsonb_agg(jsonb_build_object(
    'id', bulkpg.gid('ProductVariant', v.id), 'price', v.price::text)
    ORDER BY v.id) AS _before_variants
FROM products_variants v %s GROUP BY 1 ORDER BY 1"""


class PlanCase(PushCase):
    def plan(self, *arguments, status=OK):
        return self.run_program("plan", *arguments, status=status)

    def setUp(self):
        super().setUp()
        self.configure()
        self.pull(catalogue=VARIANTS)


class Overview(PlanCase):
    def test_a_mutation_shows_columns_counts_and_lines(self):
        self.mutation("prices", PRICES, SELECT % "")
        out = self.plan("prices", "--rows", "2").stdout
        products = self.db.value(
            "SELECT count(DISTINCT _parent_id) AS v FROM acme.products_variants")
        self.assertIn("productVariantsBulkUpdate", out)
        self.assertIn("userErrors", out)
        self.assertIn("$productId: ID!, the key of a row", out)
        self.assertIn("$variants: [ProductVariantsBulkInput!]!", out)
        self.assertIn("$variants before the push", out)
        self.assertIn(f"-- Rows: {products} new, 0 changed, 0 unchanged, "
                      "0 invalid, 0 held", out)
        self.assertRegex(out, "The values before are those of the last load: "
                         r"20\S+ \S+, \d+s ago\n")
        lines = [json.loads(line) for line in out.split("\n")
                 if line.startswith('{"')]
        self.assertEqual(2, len(lines))
        self.assertEqual("7.50", lines[0]["variants"][0]["price"])
        self.assertEqual([], self.shop.ledger())
        self.assertIsNone(self.last_push())

    def test_json_has_the_same(self):
        self.mutation("prices", PRICES, SELECT % "")
        plan = json.loads(self.plan("prices", "--json", "--rows", "1").stdout)
        self.assertEqual("productVariantsBulkUpdate", plan["mutation"])
        self.assertEqual("prices_result", plan["result_table"])
        self.assertEqual(
            [("product_id", "productId", True, False),
             ("variants", "variants", False, False),
             ("_before_variants", "variants", False, True)],
            [(c["column"], c["path"], c["key"], c["before"])
             for c in plan["columns"]])
        self.assertEqual(plan["counts"]["rows"], plan["counts"]["new"])
        self.assertEqual(1, len(plan["lines"]))

    def test_after_a_push_rows_are_unchanged(self):
        self.mutation("prices", PRICES, SELECT % "")
        self.push("prices")
        counts = json.loads(self.plan("prices", "--json").stdout)["counts"]
        self.assertEqual(counts["rows"], counts["unchanged"])
        self.assertEqual(0, counts["new"])

    def test_rows_that_are_not_valid_are_shown(self):
        self.mutation("tags", TAGS, """
            SELECT id, CASE WHEN id % 3 = 0 THEN ARRAY['x'] END AS tags
            FROM products ORDER BY id""")
        out = self.plan("tags").stdout
        self.assertRegex(out, r"-- Rows: \d+ new, .* [1-9]\d* invalid")
        self.assertIn("column tags: it is NULL", out)

    def test_values_before_that_are_old(self):
        self.mutation("prices", PRICES, SELECT % "")
        self.db.execute("""UPDATE bulkpg.run SET
            submitted_at = submitted_at - interval '3 hours',
            started_at = started_at - interval '3 hours'""")
        self.assertRegex(self.plan("prices").stdout, ", 3h ago\n")

    def test_a_mutation_that_only_starts_a_job(self):
        self.mutation("drops", """mutation($input: ProductDeleteInput!)
                @push(repeat: SAFE, max: 5) {
              productDelete(input: $input) { deletedProductId } }""",
            "SELECT 'gid://shopify/Product/1' AS id")
        self.assertIn("-- Warning: the mutation only starts a job",
                      self.plan("drops").stdout)
        self.mutation("prices", PRICES, SELECT % "")
        self.assertNotIn("-- Warning", self.plan("prices").stdout)

    def test_the_document_alone(self):
        self.mutation("prices", PRICES, SELECT % "")
        self.assertTrue(self.plan("prices", "--document").stdout
                        .startswith("mutation Prices($productId: ID!"))


    def test_tables_that_are_too_old(self):
        """The plan is shown, with the reason for which a push would send
        nothing."""
        self.mutation("prices", PRICES.replace(
            'key: "product_id"', 'key: "product_id", fresh: "1h"'),
            SELECT % "")
        self.assertNotIn("PUSH_STALE", self.plan("prices").stdout)
        self.db.execute("UPDATE bulkpg.run SET finished_at = "
                        "finished_at - interval '2 hours'")
        out = self.plan("prices").stdout
        self.assertRegex(out, "-- Error: table acme.products_variants was last "
                         r"loaded .* nothing would be sent \(PUSH_STALE\)")
        self.assertRegex(out, r"-- Rows: \d+ new")
        (error,) = json.loads(self.plan("prices", "--json").stdout)["errors"]
        self.assertEqual("PUSH_STALE", error["code"])


class Checks(PlanCase):
    """`check` looks at mutations, too."""

    def check(self, *expected, status=OK):
        out = self.run_program("check", status=status).stdout
        for text in expected:
            self.assertIn(text, out)
        self.assertEqual([], self.shop.ledger())

    def test_a_mutation_that_can_be_pushed(self):
        self.mutation("prices", PRICES, SELECT % "")
        self.check("ok     mutation mutations/prices.graphql (store acme): "
                   "scope write_products")

    def test_a_missing_scope(self):
        self.mutation("prices", PRICES, SELECT % "")
        self.mutation("tags", TAGS, "SELECT id, ARRAY['x'] AS tags "
                      "FROM products")
        self.shop.set(scopes=["read_products", "read_inventory"])
        self.check("productVariantsBulkUpdate needs the scope write_products",
                   "tagsAdd needs the scope write_products",
                   "missing: write_products", status=DENIED)

    def test_a_mutation_that_does_not_fit(self):
        self.mutation("prices", PRICES.replace("variants: $", "variant: $"),
                      SELECT % "")
        self.check('unknown argument "variant"', status=CONFIG)

    def test_a_select_that_does_not_fit(self):
        self.mutation("tags", TAGS, "SELECT id, tags AS tag FROM products")
        self.check("mutations/tags.sql:1: column", status=CONFIG)

    def test_what_is_missing(self):
        self.mutation("tags", TAGS)
        self.check("warn   mutation mutations/tags.graphql (store acme): "
                   "mutations/tags.sql does not exist")
        self.mutation("tags", TAGS.replace("String!]!) {", "String!]!) "
                                           "@push(rollback: true) {"),
                      "SELECT id, ARRAY['x'] AS tags FROM products")
        self.check("has no column _before_...", status=CONFIG)


class Refusals(PlanCase):
    def test_options_for_tables_are_misuse(self):
        self.mutation("prices", PRICES, SELECT % "")
        for option in "--sql", "--dbt", "--changes":
            result = self.plan("prices", option, status=USAGE)
            self.assertIn("is a mutation", result.stderr)

    def test_a_column_that_fits_nothing_is_named(self):
        self.mutation("tags", TAGS, "SELECT id,\n tags AS tag FROM products")
        result = self.plan("tags", status=CONFIG)
        self.assertIn("mutations/tags.sql:2: column", result.stderr)
        self.assertIn("write: AS tags", result.stderr)

    def test_a_mutation_without_select(self):
        self.mutation("tags", TAGS)
        result = self.plan("tags", status=CONFIG)
        self.assertIn("mutations/tags.sql does not exist", result.stderr)

    def test_a_query_of_the_same_name(self):
        self.mutation("catalogue", TAGS, "SELECT 1")
        result = self.plan("catalogue", status=CONFIG)
        self.assertIn("are both job catalogue", result.stderr)

    def test_run_names_the_command_for_a_mutation(self):
        self.mutation("tags", TAGS, "SELECT 1")
        result = self.run_program("run", "tags", status=USAGE)
        self.assertIn("bulkpg push tags", result.stderr)
