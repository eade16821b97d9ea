"""@position: the position of rows that have a key of their own."""
import json

from harness.case import CONFIG, FAILED, Case

ORDER = "gid://shopify/Order/"
PRODUCT = "gid://shopify/Product/"
IMAGE = "gid://shopify/MediaImage/"
VIDEO = "gid://shopify/Video/"
REFUND = "gid://shopify/Refund/"
METAFIELD = "gid://shopify/Metafield/"

MEDIA = """query %s { products { edges { node { id title
    media(sortKey: POSITION) %s { edges { node { id alt } } } } } } }"""


def product(number, title="Lamp"):
    return json.dumps({"id": f"{PRODUCT}{number}", "title": title})


def image(number, parent=1, alt="view", kind=IMAGE):
    return json.dumps({"id": f"{kind}{number}", "alt": alt,
                       "__typename": kind.split("/")[3],
                       "__parentId": f"{PRODUCT}{parent}"})


class Position(Case):
    def begin(self, directives="", place="@position"):
        self.configure()
        self.query("job", MEDIA % (directives, place))

    def numbers(self, kind=IMAGE):
        """Product, number of the image, position; in the order of positions."""
        rows = self.rows("products_media", "_parent_id, id, _position",
                         "1, 3, 2")
        return [(parent, int(str(gid).rsplit("/", 1)[-1]), place)
                for parent, gid, place in rows]

    def check_run(self, inserted, updated, deleted, table="products_media"):
        row = self.db.row(
            "SELECT inserted, updated, deleted FROM bulkpg.run_table WHERE "
            f"table_name = '{table}' ORDER BY run_id DESC LIMIT 1")
        self.assertEqual({"inserted": inserted, "updated": updated,
                          "deleted": deleted}, row)
        self.check_no_staging()

    def test_a_row_that_moves_is_updated(self):
        self.begin()
        self.load("job", [product(1), image(3), image(1), image(2)])
        self.assertEqual([(1, 3, 0), (1, 1, 1), (1, 2, 2)], self.numbers())
        self.assertEqual("integer", self.type_of("products_media",
                                                 "_position"))
        hashes = self.rows("products_media", "id, _hash")
        before = self.snapshot()
        self.load("job", [product(1), image(3), image(1), image(2)])
        self.check_run(0, 0, 0)
        self.check_unchanged(before)
        self.load("job", [product(1), image(2), image(3), image(1)])
        self.check_run(0, 3, 0)
        self.assertEqual([(1, 2, 0), (1, 3, 1), (1, 1, 2)], self.numbers())
        # The hash does not include the position.
        self.assertEqual(hashes, self.rows("products_media", "id, _hash"))
        # If a row is gone, only the rows after it move.
        self.load("job", [product(1), image(2), image(1)])
        self.check_run(0, 1, 1)
        self.assertEqual([(1, 2, 0), (1, 1, 1)], self.numbers())

    def test_each_parents_rows_are_counted(self):
        """The lines of children may come anywhere, also before their parent."""
        self.begin()
        self.load("job", [image(1, 2), product(1), image(5, 1), product(2),
                          image(4, 1), image(2, 2), image(1, 1)])
        self.assertEqual([(1, 5, 0), (1, 4, 1), (1, 1, 2), (2, 1, 0),
                          (2, 2, 1)], self.numbers())

    def test_increments(self):
        """The rows of a fetched parent are numbered from 0 again."""
        self.begin("@incremental")
        self.load("job", [product(1), image(1), image(2), product(2),
                          image(1, 2), image(2, 2)])
        before = self.numbers()[2:]
        self.load("job", [product(1), image(2), image(9), image(1)])
        self.check_run(1, 2, 0)
        self.assertEqual([(1, 2, 0), (1, 9, 1), (1, 1, 2)] + before,
                         self.numbers())
        self.load("job", [product(2), image(2, 2)])
        self.check_run(0, 1, 1)

    def test_a_key_that_appears_twice(self):
        """The last line counts, also for the position."""
        self.begin()
        self.load("job", [product(1), image(1), image(2), image(1, 1, "new"),
                          image(3)])
        self.assertEqual([(1, 2, 0), (1, 1, 1), (1, 3, 2)], self.numbers())
        self.assertEqual(1, self.last_run()["duplicates"])
        self.load("job", [product(1), image(3), image(2), image(3),
                          image(1, 1, "new")])
        self.check_run(0, 2, 0)
        self.assertEqual([(1, 2, 0), (1, 3, 1), (1, 1, 2)], self.numbers())

    def test_rows_marked_as_deleted_keep_their_position(self):
        self.begin("@deletes(mode: SOFT)")
        self.load("job", [product(1), image(1), image(2), image(3)])
        self.load("job", [product(1), image(3), image(2)])
        self.check_run(0, 1, 1)
        self.assertEqual([(1, 0)], [
            (int(gid.rsplit("/", 1)[1]), place) for gid, place in self.rows(
                "products_media WHERE _deleted_at IS NOT NULL",
                "id, _position")])
        self.load("job", [product(1), image(3), image(2), image(1)])
        self.check_run(0, 1, 0)
        self.assertEqual([(1, 3, 0), (1, 2, 1), (1, 1, 2)], self.numbers())

    def test_a_table_that_is_there(self):
        """All rows get a position. Without @position the column stays."""
        lines = [product(1), image(2), image(1)]
        self.begin("@incremental", "")
        self.load("job", lines)
        self.query("job", MEDIA % ("@incremental", "@position"))
        changes = self.run_program("plan", "job").stdout
        self.assertIn('ADD COLUMN "_position" integer;', changes)
        self.load("job", lines, "--full")
        self.check_run(0, 2, 0)
        self.assertEqual([(1, 2, 0), (1, 1, 1)], self.numbers())
        self.assertIn("_position", self.db.value(
            "SELECT columns::text AS v FROM bulkpg.relation "
            "WHERE table_name = 'products_media'"))
        self.assertIn("position among the rows", self.db.value(
            "SELECT col_description('acme.products_media'::regclass, attnum) "
            "AS v FROM pg_attribute WHERE attname = '_position' AND "
            "attrelid = 'acme.products_media'::regclass"))
        self.query("job", MEDIA % ("@incremental", ""))
        self.load("job", [product(1), image(1), image(2)])
        self.check_run(0, 0, 0)
        self.assertIn("products_media._position",
                      self.last_run()["notes"]["columns_left"])
        self.query("job", MEDIA % ("@incremental", "@position"))
        self.load("job", [product(1), image(1), image(2)])
        self.check_run(0, 2, 0)

    def test_a_column_that_was_added_before_a_failure(self):
        """The column is added before the merge. It is bulkpg's column even if
        the merge fails."""
        lines = [product(1)] + [image(n) for n in range(12)]
        self.begin("", "")
        self.load("job", lines)
        self.query("job", MEDIA % ("", "@position"))
        self.load("job", [product(1)] + [image(n, 1, None)
                                         for n in range(12)], status=FAILED)
        self.assertEqual("integer", self.type_of("products_media",
                                                 "_position"))
        self.load("job", lines)
        self.check_run(0, 12, 0)

    def test_a_column_of_a_user(self):
        self.begin("", "")
        self.load("job", [product(1), image(1)])
        self.db.execute("ALTER TABLE acme.products_media ADD _position int "
                        "DEFAULT 7")
        self.query("job", MEDIA % ("", "@position"))
        for command in (("plan", "job"), ("load", "job", "lines.jsonl",
                                          "--store", "acme")):
            self.assertIn("_position", self.run_program(
                *command, status=CONFIG).stderr)
        self.assertEqual([(7,)], self.rows("products_media", "_position"))

    def test_a_run_after_the_query_has_changed_is_full(self):
        query = """query @incremental { products { edges { node { id
            variants %s { edges { node { id } } } } } } }"""
        self.configure()
        self.query("job", query % "")
        self.run_program("run")
        self.query("job", query % "@position")
        self.run_program("run")
        self.assertEqual("query_changed", self.last_run()["mode_reason"])
        self.check_tables(query % "@position")
        self.db.execute("ALTER TABLE acme.products_variants "
                        "DROP COLUMN _position")
        self.run_program("run")
        self.assertEqual("table_missing", self.last_run()["mode_reason"])
        self.check_tables(query % "@position")

    def test_ids_that_widen(self):
        self.configure()
        self.query("job", """{ products { edges { node { id
            variants @position { edges { node { id } } } } } } }""")
        lines = [json.dumps({"id": f"gid://shopify/{kind}/{n}",
                             "__parentId": f"{PRODUCT}1"})
                 for kind, n in (("ProductVariant", 1), ("ProductVariant", 2),
                                 ("Other", 1))]
        self.load("job", [product(1)] + lines[:2])
        self.load("job", [product(1), lines[1], lines[0]])
        self.check_run(0, 2, 0, "products_variants")
        # A line with an id of another type may be rejected; the positions of
        # the others must still be right.
        self.program.file("lines.jsonl", "\n".join(
            [product(1), lines[2], lines[0], lines[1]]) + "\n")
        self.program.run("load", "--store", "acme", "--types", self.types,
                         "job", "lines.jsonl")
        places = [place for place, in self.rows("products_variants",
                                                "_position", "_position")]
        self.assertEqual(list(range(len(places))), places)

    def test_roots(self):
        query = "{ products @position { edges { node { id title } } } }"
        self.configure()
        self.query("job", query)
        self.load("job", [product(2), product(1), product(3)])
        self.assertEqual([(2, 0), (1, 1), (3, 2)], self.rows(
            "products", "id, _position", "_position"))
        self.load("job", [product(2), product(3), product(1)])
        self.check_run(0, 2, 0, "products")
        self.run_program("run", "--force-deletes")
        self.check_tables(query)

    def test_roots_of_an_increment(self):
        """A root keeps its position in the newest result that contained it."""
        self.configure()
        self.query("job", "query @incremental { products @position { edges { "
                   "node { id title } } } }")
        self.load("job", [product(2), product(1), product(3)])
        self.load("job", [product(3)])
        self.check_run(0, 1, 0, "products")
        self.assertEqual([(1, 1), (2, 0), (3, 0)], self.rows(
            "products", "id, _position"))
        self.assertIn("positions of different results", self.run_program(
            "plan", "job", "--types", self.types).stdout)

    def test_lists(self):
        """Lists of objects with an id, and with a key from @table."""
        query = """{ orders { edges { node { id
            refunds @table @position { id note }
            taxLines @table(key: ["title"]) @position { title rate } } } } }"""
        self.configure()
        self.query("job", query)

        def order(refunds, taxes):
            return json.dumps({
                "id": f"{ORDER}1",
                "refunds": [{"id": f"{REFUND}{n}", "note": "n"}
                            for n in refunds],
                "taxLines": [{"title": name, "rate": 0.5}
                             for name in taxes]})

        def check(refunds, taxes):
            self.assertEqual([(n, i) for i, n in enumerate(refunds)],
                             self.rows("orders_refunds", "id, _position",
                                       "_position"))
            self.assertEqual([(n, i) for i, n in enumerate(taxes)],
                             self.rows("orders_tax_lines", "title, _position",
                                       "_position"))

        self.load("job", [order([5, 3, 4], ["b", "a"])])
        check([5, 3, 4], ["b", "a"])
        self.load("job", [order([5, 4, 3], ["a", "b", "c"])])
        check([5, 4, 3], ["a", "b", "c"])
        self.check_run(0, 2, 0, "orders_refunds")
        self.check_run(1, 2, 0, "orders_tax_lines")
        # If an order appears twice, the rows of the last line count.
        self.load("job", [order([1, 2], ["c"]), order([3, 5], ["b", "a"])])
        check([3, 5], ["b", "a"])

    def test_natural_keys_below_a_skipped_table(self):
        query = """{ products @table(skip: true) { edges { node { id
            metafields @table(key: ["namespace", "key"]) @position {
                edges { node { namespace key value } } } } } } }"""
        self.configure()
        self.query("job", query)

        def metafield(key, parent):
            return json.dumps({"namespace": "n", "key": key, "value": "v",
                               "__parentId": f"{PRODUCT}{parent}"})

        self.load("job", [product(1), metafield("b", 1), metafield("a", 1),
                          product(2), metafield("a", 2)])
        self.load("job", [product(1), metafield("a", 1), metafield("b", 1),
                          product(2), metafield("a", 2)])
        self.check_run(0, 2, 0, "products_metafields")
        self.assertEqual([(1, "a", 0), (1, "b", 1), (2, "a", 0)], self.rows(
            "products_metafields", '_parent_id, "key", _position', "1, 3"))

    def test_views_have_it(self):
        self.begin()
        self.load("job", [product(1), image(2), image(1)])
        self.run_program("views")
        self.assertEqual([(0,), (1,)], self.rows(
            "products_media", "_position", "1", schema="stores"))

    def test_places_where_it_is_not_allowed(self):
        self.configure()
        for text, fault in (
                ("{ products { edges { node { id title @position } } } }",
                 'title\\" is neither'),
                ("{ orders { edges { node { id taxLines @position { title } "
                 "} } } }", 'taxLines\\" is neither'),
                ("{ orders { edges { node { id taxLines @table @position { "
                 "title } } } } }", "keyed by _ordinal"),
                ("{ orders { edges { node { id customer @position { id } } "
                 "} } }", "@position does not belong on the object"),
                ("{ products @table(skip: true) @position { edges { node { id "
                 "variants { edges { node { id } } } } } } }", "is skipped"),
                ("{ products @position(first: 1) { edges { node { id } } } }",
                 'has no argument')):
            self.query("job", text)
            result = self.run_program("plan", "job", "--types", self.types,
                                      status=CONFIG)
            self.assertIn(fault, result.stderr)
