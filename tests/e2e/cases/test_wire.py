"""Values are loaded exactly as they are in the result."""
import json
from decimal import Decimal

from cases.queries import METAFIELD, PRODUCT, VARIANT, WIRE
from harness.case import Case


def product(n, **fields):
    return {"id": f"{PRODUCT}{n}", **fields}


def dumps(*objects):
    return [json.dumps(one, ensure_ascii=False) for one in objects]


class Wire(Case):
    def setUp(self):
        super().setUp()
        self.configure()
        self.query("wire", WIRE)

    def text(self, lines, columns, table="products"):
        self.load("wire", lines)
        return self.rows(table, columns)

    def test_numeric(self):
        values = ["123456789012345678901234.567890", "-0.000000000000000001",
                  "0", "7.90", "1e3", "9" * 200, "-5"]
        lines = dumps(*[product(i, priceRangeV2={"minVariantPrice": {
            "amount": value}}) for i, value in enumerate(values)])
        got = self.text(lines, "id, price_range_v2_min_variant_price_amount"
                        "::text")
        self.assertEqual([Decimal(value) for value in values],
                         [Decimal(value) for _, value in got])
        self.assertEqual("123456789012345678901234.567890", got[0][1])
        self.assertEqual("7.90", got[3][1])

    def test_numbers_as_json_numbers_or_strings(self):
        lines = ['{"id":"%s1","totalInventory":"5","legacyResourceId":6,'
                 '"priceRangeV2":{"minVariantPrice":{"amount":'
                 '12345678901234567890.123456789}}}' % PRODUCT,
                 '{"id":"%s2","totalInventory":-5,"legacyResourceId":"6",'
                 '"priceRangeV2":{"minVariantPrice":{"amount":1}}}' % PRODUCT]
        self.assertEqual(
            [(1, 5, 6, "12345678901234567890.123456789"), (2, -5, 6, "1")],
            self.text(lines, "id, total_inventory, legacy_resource_id, "
                      "price_range_v2_min_variant_price_amount::text"))

    def test_bigint_limits(self):
        values = ["9223372036854775807", "0", "-9223372036854775808"]
        lines = dumps(*[product(i, legacyResourceId=value)
                        for i, value in enumerate(values)])
        self.load("wire", lines)
        self.assertEqual("bigint",
                         self.type_of("products", "legacy_resource_id"))
        self.assertEqual(sorted(values), sorted(one for (one,) in self.rows(
            "products", "legacy_resource_id::text")))

    def test_bigint_widens_to_numeric(self):
        self.load("wire", dumps(product(1, legacyResourceId="5")))
        self.assertEqual("bigint",
                         self.type_of("products", "legacy_resource_id"))
        self.load("wire", dumps(
            product(1, legacyResourceId="5"),
            product(2, legacyResourceId="18446744073709551615")))
        self.assertEqual("numeric",
                         self.type_of("products", "legacy_resource_id"))
        self.assertEqual([("5",), ("18446744073709551615",)], self.rows(
            "products", "legacy_resource_id::text", "id"))
        self.assertIn("legacy_resource_id",
                      json.dumps(self.last_run()["notes"]))

    def test_times(self):
        values = [("1969-12-31T23:59:59.123456Z",
                   "1969-12-31 23:59:59.123456+00"),
                  ("2024-02-29T12:00:00+05:30", "2024-02-29 06:30:00+00"),
                  ("2024-02-29T23:59:59-11:00", "2024-03-01 10:59:59+00"),
                  ("0001-01-01T00:00:00Z", "0001-01-01 00:00:00+00"),
                  ("1582-10-15T00:00:00Z", "1582-10-15 00:00:00+00"),
                  ("9999-12-31T23:59:59Z", "9999-12-31 23:59:59+00"),
                  ("2026-07-21T02:07:50.5Z", "2026-07-21 02:07:50.5+00")]
        lines = dumps(*[product(i, createdAt=value)
                        for i, (value, _) in enumerate(values)])
        self.load("wire", lines)
        self.assertEqual([(text,) for _, text in values],
                         self.rows("products", "created_at::text", "id"))

    def test_floats(self):
        values = ["0.1", "1e308", "-2.5e-10", "3", "5e-324",
                  "1234567890.123456789"]
        lines = dumps(product(1)) + [
            '{"id":"%s%d","inventoryItem":{"measurement":{"weight":{"value":'
            '%s}}},"__parentId":"%s1"}' % (VARIANT, i, value, PRODUCT)
            for i, value in enumerate(values)]
        self.load("wire", lines)
        self.assertEqual(
            [(float(value),) for value in values],
            [(float(one),) for (one,) in self.rows(
                "products_variants",
                "inventory_item_measurement_weight_value::text", "id")])

    def test_json_equal_in_value(self):
        texts = ['{"b":1,"a":[1,2.50,"x",null,true]}', "[]", "{}", "1e2",
                 "123456789012345678901234567890.5", '"text"', "false",
                 '{"a":1,"a":2}', '{"deep":{"er":[{"k":"\\u00e9\\/"}]}}',
                 "null"]
        lines = dumps(product(1)) + [
            '{"id":"%s%d","key":"k","jsonValue":%s,"__parentId":"%s1"}'
            % (METAFIELD, i, text, PRODUCT) for i, text in enumerate(texts)]
        self.load("wire", lines)
        found = self.rows("products_metafields", "json_value::text", "id")
        for text, (value,) in zip(texts[:-1], found):
            self.assertEqual(
                self.db.value(f"SELECT $e2e${text}$e2e$::jsonb::text AS v"),
                value)
        self.assertIsNone(found[-1][0])

    def test_text(self):
        values = ["", " ", "\U0001f600\U0001f468\u200d\U0001f469",
                  "\u4e2d\u6587",
                  "a\tb\nc\rd\\e\"f", "\u2028\u2029", "e\u0301", "\ufeffx",
                  "\x01\x1f\x7f", "\\u0041", "{}\"", "'; DROP TABLE x; --"]
        lines = dumps(*[product(i, title=one)
                        for i, one in enumerate(values)])
        escaped = [json.dumps(product(i + 100, title=one))
                   .replace("/", "\\/").replace("&", "\\u0026")
                   for i, one in enumerate(values)]
        self.load("wire", lines + escaped)
        self.assertEqual([(one,) for one in values + values],
                         self.rows("products", "title", "id"))
        self.assertEqual(0, self.last_run()["sanitized"])

    def test_ids_written_with_escapes(self):
        lines = ['{"id":"gid:\\/\\/shopify\\/Product\\/1","title":"\\u0026"}',
                 '{"id":"\\u0067id://shopify/ProductVariant/2","title":"x",'
                 '"__parentId":"gid:\\/\\/shopify\\/Product\\/1"}']
        self.load("wire", lines)
        self.assertEqual([(1, "&")], self.rows("products", "id, title"))
        self.assertEqual([(1, 2)], self.rows("products_variants",
                                             "_parent_id, id"))

    def test_characters_that_are_replaced(self):
        lines = ['{"id":"%s1","title":"a\\u0000b"}' % PRODUCT,
                 '{"id":"%s2","title":"\\ud800x","tags":["\\u0000","\\udc00"]}'
                 % PRODUCT,
                 '{"id":"%s3","title":"\\\\u0000"}' % PRODUCT,
                 '{"id":"%s4","title":"\\ud83d\\ude00"}' % PRODUCT,
                 '{"id":"%s5","key":"k","jsonValue":{"\\u0000":"\\ud83d"},'
                 '"__parentId":"%s1"}' % (METAFIELD, PRODUCT)]
        self.load("wire", lines)
        self.assertEqual(
            [("a\ufffdb",), ("\ufffdx",), ("\\u0000",), ("\U0001f600",)],
            self.rows("products", "title", "id"))
        self.assertEqual([(["\ufffd", "\ufffd"],)],
                         self.rows("products WHERE id = 2", "tags"))
        self.assertEqual([({"\ufffd": "\ufffd"},)],
                         self.rows("products_metafields", "json_value"))
        self.assertEqual(6, self.last_run()["sanitized"])

    def test_null_and_missing(self):
        self.load("wire", dumps(
            product(1, title=None, tags=None, priceRangeV2=None),
            product(2), product(3, title="x", unknown={"a": [1]},
                                priceRangeV2={"minVariantPrice": None})))
        self.assertEqual(
            [(1, None, None, None), (2, None, None, None),
             (3, "x", None, None)],
            self.rows("products", "id, title, tags, "
                      "price_range_v2_min_variant_price_amount"))


class Ids(Case):
    """An id column has numbers as long as its gids have the same type."""

    CHILDREN = [f'{{"id":"{VARIANT}{n}","title":"v","__parentId":'
                f'"{PRODUCT}1"}}' for n in (1, 2)]

    def setUp(self):
        super().setUp()
        self.configure()
        self.query("wire", WIRE)

    def load_ids(self, *gids):
        self.load("wire", [json.dumps({"id": gid}) for gid in gids]
                  + self.CHILDREN)

    def check_numbers(self, *ids):
        self.assertEqual("bigint", self.type_of("products", "id"))
        self.assertEqual("bigint",
                         self.type_of("products_variants", "_parent_id"))
        self.assertEqual(list(ids), [one for (one,) in self.rows(
            "products", "id")])

    def check_whole(self, *gids):
        self.assertEqual("text", self.type_of("products", "id"))
        self.assertEqual("text",
                         self.type_of("products_variants", "_parent_id"))
        self.assertEqual(sorted(gids), sorted(one for (one,) in self.rows(
            "products", "id")))
        self.assertEqual([(PRODUCT + "1", 1), (PRODUCT + "1", 2)],
                         self.rows("products_variants", "_parent_id, id",
                                   "2"))
        self.assertEqual("loaded", self.last_run()["status"])
        self.check_no_staging()

    def test_the_largest_number(self):
        self.load_ids(PRODUCT + "1", PRODUCT + "9223372036854775807")
        self.check_numbers(1, 9223372036854775807)

    def check_widening(self, other):
        """On a first load with both ids, and on existing tables."""
        one = PRODUCT + "1"
        self.load_ids(one, other)
        self.check_whole(one, other)
        self.db.execute("DROP SCHEMA acme CASCADE; DROP SCHEMA bulkpg "
                        "CASCADE")
        self.load_ids(one, PRODUCT + "2")
        self.check_numbers(1, 2)
        self.load_ids(one, PRODUCT + "2", other)
        self.check_whole(one, PRODUCT + "2", other)
        self.assertIn("id", json.dumps(self.last_run()["notes"]))
        self.load_ids(one, PRODUCT + "2")
        self.check_whole(one, PRODUCT + "2")

    def test_question_mark(self):
        self.check_widening(PRODUCT + "3?a=b")

    def test_another_type(self):
        self.check_widening("gid://shopify/Thing/3")

    def test_twenty_digits(self):
        self.check_widening(PRODUCT + "12345678901234567890")

    def test_not_a_number(self):
        self.check_widening(PRODUCT + "abc")

    def test_widening_comes_late(self):
        """The last of many lines widens the column."""
        gids = [PRODUCT + str(n) for n in range(1, 3001)]
        self.load_ids(*gids)
        self.load_ids(*gids, PRODUCT + "x")
        self.check_whole(*gids, PRODUCT + "x")

    def test_a_child_widens(self):
        self.load_ids(PRODUCT + "1")
        self.load("wire", [json.dumps({"id": PRODUCT + "1"})] + self.CHILDREN
                  + [f'{{"id":"{VARIANT}9?x=1","title":"v","__parentId":'
                     f'"{PRODUCT}1"}}'])
        self.assertEqual("bigint", self.type_of("products", "id"))
        self.assertEqual("text", self.type_of("products_variants", "id"))
        self.assertEqual([(1, VARIANT + "1"), (1, VARIANT + "2"),
                          (1, VARIANT + "9?x=1")],
                         self.rows("products_variants", "_parent_id, id",
                                   "2"))

    def test_children_without_their_parents(self):
        self.load("wire", self.CHILDREN + [json.dumps({"id": PRODUCT + "5"})])
        self.assertEqual([(1, 1), (1, 2)], self.rows(
            "products_variants", "_parent_id, id", "2"))
        self.assertEqual([(5,)], self.rows("products", "id"))


class Keys(Case):
    def setUp(self):
        super().setUp()
        self.configure()
        self.query("wire", WIRE)

    def test_the_last_line_of_a_key_counts(self):
        for _ in range(2):
            self.load("wire", dumps(
                product(1, title="first"), product(2, title="x"),
                product(1, title="second"), product(1, title="last"))
                + ['{"id":"%s1","title":"%s","__parentId":"%s%d"}'
                   % (VARIANT, title, PRODUCT, parent)
                   for title, parent in (("a", 1), ("b", 2), ("c", 1))])
            self.assertEqual([(1, "last"), (2, "x")],
                             self.rows("products", "id, title"))
            self.assertEqual([(1, 1, "c"), (2, 1, "b")], self.rows(
                "products_variants", "_parent_id, id, title"))
            self.assertEqual(3, self.last_run()["duplicates"])

    def test_keys_of_one_line_twice(self):
        self.load("wire", ['{"id":"%s9","title":"a","id":"%s1","title":"b"}'
                           % (PRODUCT, PRODUCT)])
        self.assertEqual([(1, "b")], self.rows("products", "id, title"))


class Superseded(Case):
    """If a parent appears twice, only the list of the last line counts."""

    def lines(self, *lists):
        return [json.dumps({
            "id": f"{PRODUCT}1", "handle": "h", "options": [
                {"id": f"gid://shopify/ProductOption/{option}",
                 "optionValues": [
                     {"id": f"gid://shopify/ProductOptionValue/{value}"}
                     for value in values]}
                for option, values in options.items()]})
            for options in lists]

    def check(self, products, options, expected_options, expected_values):
        self.configure()
        self.query("job", "{ products" + products + " { edges { node { id "
                   "handle options" + options + " { id optionValues "
                   "@table(name: \"vals\") { id } } } } } }")
        for lines in (self.lines({1: [1, 2], 2: [3]}, {2: [4]}),
                      self.lines({1: [1, 2]}, {})):
            self.load("job", lines, "--force-deletes")
            if expected_options is not None:
                self.assertEqual(expected_options, self.rows(
                    "opts", "id", "id"))
            self.assertEqual(expected_values, self.rows("vals", "id", "id"))
            expected_values = []
            if expected_options is not None:
                expected_options = []
            self.check_no_staging()

    def test_below_an_ordinary_parent(self):
        self.check("", ' @table(name: "opts")', [(2,)], [(4,)])

    def test_below_a_skipped_parent(self):
        self.check(" @table(skip: true)", ' @table(name: "opts")',
                   [(2,)], [(4,)])

    def test_below_a_parent_with_a_natural_key(self):
        self.check(' @table(key: ["handle"])', ' @table(name: "opts")',
                   [(2,)], [(4,)])

    def test_below_a_skipped_list(self):
        self.check("", " @table(skip: true)", None, [(4,)])
