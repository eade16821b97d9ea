"""Which tables are compared before their rows are sent, and what happens if
they change meanwhile."""
import json
import re

from cases.queries import PRODUCT, PRODUCTS, VARIANT
from harness.case import OK, PARTIAL, Case, World

QUERY = """query {directives} {{ products {{ edges {{ node {{ title {more}
  variants {place} {{ edges {{ node {{ sku }} }} }} }} }} }} }}"""

# Just before a merge begins, a user changes rows.
MEANWHILE = """
CREATE SCHEMA test;
CREATE FUNCTION test.act() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  {sql};
  DROP TRIGGER act ON bulkpg.run;
  RETURN NEW;
END $$;
CREATE TRIGGER act AFTER UPDATE ON bulkpg.run FOR EACH STATEMENT
EXECUTE FUNCTION test.act();
"""
MERGING = "IF (SELECT status = 'merging' FROM bulkpg.run ORDER BY run_id " \
          "DESC LIMIT 1) THEN {sql}; END IF"

# By the statistics, the tables have many rows.
LARGE = """
UPDATE pg_class SET reltuples = 30000
WHERE relnamespace = to_regnamespace('acme') AND relkind = 'r'
"""


def product(n, title="a", variants=1, **more):
    return {"id": f"{PRODUCT}{n}", "title": title, **more, "bulkpg_c2": {
        "count": variants, "precision": "EXACT"}}


def variant(n, sku="s", parent=None):
    return {"id": f"{VARIANT}{n}", "sku": sku,
            "__parentId": f"{PRODUCT}{parent or n}"}


def lines(count, **changes):
    """Products 1 to `count`, each with one variant."""
    return [line for n in range(1, count + 1) for line in (
        product(n, **changes), variant(n))]


class Known(Case):
    weight = 12

    def setUp(self):
        super().setUp()
        self.configure()
        self.choose()

    def choose(self, directives="", more="", place=""):
        self.query("q", QUERY.format(directives=directives, more=more,
                                     place=place))

    def load_lines(self, what, *arguments, **how):
        return self.load("q", [json.dumps(line) for line in what],
                         "-v", *arguments, **how)

    def sent(self, result):
        """Rows that were not sent, and rows that were, of compared tables."""
        found = re.search(r'"rows that did not change were not sent" .*'
                          r"not_sent=([0-9]+) sent=([0-9]+)", result.stderr)
        return found and tuple(map(int, found.groups()))

    def why_not(self, result):
        return dict(re.findall(r'"all rows of a table are sent" '
                               r'table=(\w+) reason="([^"]+)"', result.stderr))

    def counts(self):
        run = self.last_run()
        return tuple(run["rows_" + name] for name in (
            "inserted", "updated", "deleted", "unchanged"))

    # ---- what is sent ----------------------------------------------------

    def test_only_what_changed_is_sent(self):
        first = self.load_lines(lines(50))
        self.assertIsNone(self.sent(first))
        self.assertEqual((100, 0), self.sent(self.load_lines(lines(50))))
        self.assertEqual((0, 0, 0, 100), self.counts())
        changed = lines(50)[:90] + lines(60)[100:]
        changed[0]["title"] = "b"
        changed[3]["sku"] = "t"
        self.assertEqual((88, 22), self.sent(self.load_lines(changed)))
        self.assertEqual((20, 2, 10, 88), self.counts())
        self.assertEqual([(1, "b")], self.rows("products", "id, title",
                                               "id LIMIT 1"))
        self.assertEqual([(55,)], self.rows("products", "count(*)"))
        self.check_no_staging()

    def test_a_parent_that_changed_during_the_operation(self):
        """Its count proves nothing, but that of the others does, so that only
        what changed is sent."""
        self.query("q", PRODUCTS)
        self.run_program("run", "q")
        self.change(store="acme", type="Product", **{"from": 3}, count=2,
                    set={"title": "New"}, at="2099-01-01T00:00:00Z")
        result = self.run_program("run", "-v", "q")
        self.assertNotIn("restarting the load", result.stderr)
        not_sent, sent = self.sent(result)
        self.assertGreater(not_sent, sent)
        self.check_tables(PRODUCTS)

    def test_more_is_gone_than_stays(self):
        self.load_lines(lines(50))
        result = self.load_lines(lines(10), "--force-deletes")
        self.assertEqual((20, 0), self.sent(result))
        self.assertEqual((0, 0, 80, 20), self.counts())
        self.assertEqual([(10, 10)], self.rows("products", "count(*), max(id)"))

    def test_soft_deletes(self):
        self.choose("@deletes(mode: SOFT)")
        self.load_lines(lines(10))
        self.load_lines(lines(8))
        self.assertEqual((0, 0, 4, 16), self.counts())
        result = self.load_lines(lines(9))
        self.assertEqual((16, 2), self.sent(result))
        self.assertEqual((0, 2, 0, 16), self.counts())
        self.assertEqual([(10,)], self.rows(
            "products WHERE _deleted_at IS NOT NULL", "id"))

    def test_rejects_remove_nothing(self):
        self.load_lines(lines(10))
        result = self.load("q", [json.dumps(line) for line in lines(9)]
                           + ["no json"], "-v", status=PARTIAL)
        self.assertEqual((18, 0), self.sent(result))
        self.assertEqual((0, 0, 0, 18), self.counts())

    def test_rows_without_a_hash_are_written_again(self):
        self.load_lines(lines(10))
        self.db.execute("UPDATE acme.products SET title = 'x', _hash = NULL "
                        "WHERE id = 3; INSERT INTO acme.products (id, title) "
                        "VALUES (99, 'x'); INSERT INTO acme.products (id, "
                        "title, _hash) VALUES (98, 'x', 0)")
        self.assertEqual((19, 1), self.sent(self.load_lines(lines(10))))
        self.assertEqual((0, 1, 2, 19), self.counts())
        self.assertEqual([("a", 10)], self.rows(
            "products", "DISTINCT title, count(*) OVER ()"))

    # ---- changes during the load -----------------------------------------

    def load_while(self, sql, what):
        self.db.execute(MEANWHILE.format(sql=MERGING.format(sql=sql).replace(
            "; END IF", "; DROP TRIGGER act ON bulkpg.run; END IF")).replace(
                "\n  DROP TRIGGER act ON bulkpg.run;\n", "\n"))
        return self.load_lines(what)

    def test_a_marked_row_vanishes(self):
        self.load_lines(lines(20))
        result = self.load_while("DELETE FROM acme.products WHERE id = 7",
                                 lines(20))
        self.assertIn("NOT_COMPARED", result.stderr)
        self.assertIn("changed during the load", result.stderr)
        self.assertIsNone(self.sent(result))
        self.assertEqual((1, 0, 0, 39), self.counts())

    def test_a_row_that_is_gone_vanishes(self):
        self.load_lines(lines(20))
        result = self.load_while("DELETE FROM acme.products WHERE id = 20",
                                 lines(19))
        self.assertNotIn("NOT_COMPARED", result.stderr)
        self.assertEqual((38, 0), self.sent(result))
        self.assertEqual((0, 0, 1, 38), self.counts())

    def test_a_row_is_added(self):
        self.load_lines(lines(20))
        result = self.load_while(
            "INSERT INTO acme.products (id, title, _hash) VALUES (21, 'x', 5)",
            lines(20))
        self.assertEqual((40, 0), self.sent(result))
        self.assertEqual((0, 0, 1, 40), self.counts())

    def test_a_hash_is_set_null(self):
        self.load_lines(lines(20))
        result = self.load_while(
            "UPDATE acme.products SET title = 'x', _hash = NULL WHERE id = 2",
            lines(20))
        self.assertIn("NOT_COMPARED", result.stderr)
        self.assertEqual((0, 1, 0, 39), self.counts())

    # ---- keys that come twice --------------------------------------------

    def check_restart(self, what, why, counts):
        self.load_lines(lines(20))
        result = self.load_lines(what)
        self.assertIn("NOT_COMPARED", result.stderr)
        self.assertIn(why, result.stderr)
        self.assertEqual(counts, self.counts())
        again = self.load_lines(lines(20))
        self.assertIn("had duplicates", self.why_not(again)["products"])
        self.assertIn("had duplicates",
                      self.why_not(again)["products_variants"])
        self.assertEqual((40, 0), self.sent(self.load_lines(lines(20))))

    def test_an_unchanged_row_comes_twice(self):
        self.check_restart(lines(20) + [product(3, variants=0)],
                           "a row came twice",
                           (0, 0, 0, 40))

    def test_an_unchanged_row_comes_after_a_changed_one(self):
        self.check_restart([product(3, "x", variants=0)] + lines(20),
                           "a key came twice", (0, 0, 0, 40))

    def test_a_changed_row_comes_after_an_unchanged_one(self):
        self.check_restart(lines(20) + [product(3, "x", variants=0)],
                           "a key came twice", (0, 1, 0, 39))

    def test_changed_rows_come_twice(self):
        self.check_restart(lines(20)[2:] + [product(1, "x", variants=0),
                                            product(1, "y"), variant(1)],
                           "a key came twice", (0, 1, 0, 39))

    def test_a_parent_may_lack_rows(self):
        self.check_restart(lines(20)[:-1], "has all its rows",
                           (0, 0, 1, 39))

    # ---- which tables take part ------------------------------------------

    def check_not(self, why, *tables, what=None, **how):
        result = self.load_lines(what or lines(10), **how)
        for table in tables or ("products", "products_variants"):
            self.assertEqual(why, self.why_not(result).get(table), result)
        return result

    def test_no_memory(self):
        self.load_lines(lines(10))
        self.configure(tuning="compare_memory = 0")
        self.check_not("compare_memory is 0")
        self.configure(tuning="compare_memory = 1kB")
        result = self.check_not("compare_memory is too small",
                                "products_variants")
        self.assertEqual((10, 0), self.sent(result))

    def test_new_tables(self):
        self.check_not("the table does not exist yet")

    def test_incremental_loads(self):
        self.choose("@incremental")
        self.load_lines(lines(10), "--full")
        self.check_not("the run is not full")
        self.assertEqual((20, 0), self.sent(self.load_lines(
            lines(10), "--full")))

    def test_standard_input(self):
        self.load_lines(lines(10))
        with open(self.program.directory + "/lines.jsonl", "rb") as file:
            result = self.run_program("-v", "load", "--store", "acme",
                                      "--types", self.types, "q", "-",
                                      stdin=file)
        self.assertEqual("the source can be read only once",
                         self.why_not(result)["products"])

    def test_lists_and_positions(self):
        self.choose(more="options @table { name }", place="@position")
        self.load_lines(lines(10))
        result = self.check_not("it has lists", "products")
        self.assertEqual(
            {"products_options": "it is a list",
             "products_variants": "it has a position"},
            {table: why for table, why in self.why_not(result).items()
             if table != "products"})

    def test_a_column_is_added(self):
        self.load_lines(lines(10))
        self.choose(more="vendor")
        self.check_not("the table will be changed", "products",
                       what=lines(10, vendor=None))
        self.assertEqual((0, 0, 0, 20), self.counts())
        self.assertEqual((20, 0), self.sent(self.load_lines(
            lines(10, vendor=None))))

    def test_rows_that_another_mode_marked(self):
        self.choose("@deletes(mode: SOFT)")
        self.load_lines(lines(10))
        self.load_lines(lines(9))
        self.choose()
        self.check_not("it has rows marked as gone", what=lines(9))
        self.assertEqual((18, 0), self.sent(self.load_lines(lines(9))))
        self.assertEqual([(9,)], self.rows("products", "count(*)"))

    # ---- other hashes ----------------------------------------------------

    def hashes(self):
        return self.rows("products", "id, _hash, _loaded_at") + self.rows(
            "products_variants", "_parent_id, id, _hash, _loaded_at")

    def forget_definition(self):
        """As a journal of version 1 left it."""
        self.db.execute("UPDATE bulkpg.relation SET hash_definition = NULL; "
                        "UPDATE acme.products SET _hash = id; "
                        "UPDATE acme.products_variants SET _hash = -id")

    def test_hashes_of_another_definition(self):
        self.load_lines(lines(10))
        before = self.hashes()
        self.forget_definition()
        changed = lines(10)
        changed[4]["title"] = "b"
        result = self.check_not("its hashes have another definition",
                                what=changed)
        self.assertIsNone(self.sent(result))
        self.assertEqual((0, 1, 0, 19), self.counts())
        after = self.hashes()
        self.assertEqual([row for row in before if row[0] != 3],
                         [row for row in after if row[0] != 3])
        self.assertEqual((20, 0), self.sent(self.load_lines(changed)))

    def test_an_incremental_load_leaves_them(self):
        self.choose("@incremental")
        self.load_lines(lines(10), "--full")
        self.forget_definition()
        self.load_lines(lines(4))
        self.assertEqual((0, 0, 0, 8), self.counts())
        result = self.load_lines(lines(10), "--full")
        self.assertEqual("its hashes have another definition",
                         self.why_not(result)["products"])
        self.assertEqual((0, 0, 0, 20), self.counts())
        self.assertEqual((20, 0), self.sent(self.load_lines(
            lines(10), "--full")))

    def test_a_load_of_some_objects_leaves_them(self):
        """Its sidecar says that it lacks the others."""
        self.load_lines(lines(10))
        self.forget_definition()
        for about, status in (({"window": "from A to B"}, OK),
                              ({"partial": "it is cut"}, PARTIAL)):
            self.program.file("lines.jsonl.meta.json", json.dumps(about))
            self.load_lines(lines(4), status=status)
            self.assertEqual((0, 0, 0, 8), self.counts())
        self.program.file("lines.jsonl.meta.json", "{}")
        self.check_not("its hashes have another definition")
        self.assertEqual((0, 0, 0, 20), self.counts())
        self.assertEqual((20, 0), self.sent(self.load_lines(lines(10))))

    def test_values_are_compared_to_the_last_digit(self):
        self.query("q", "{ products { edges { node { title variants { edges "
                        "{ node { sku price } } } } } } }")
        with_price = [{**line, "price": "1.0"} if "sku" in line else line
                      for line in lines(4)]
        self.load_lines(with_price)
        self.forget_definition()
        with_price[1]["price"] = "1.00"
        self.load_lines(with_price)
        self.assertEqual((0, 1, 0, 7), self.counts())
        self.assertEqual(["1.00", "1.0", "1.0", "1.0"], self.db.column(
            "SELECT price::text FROM acme.products_variants ORDER BY id"))

    # ---- memory ----------------------------------------------------------

    def test_memory_is_bounded(self):
        if World.is_sanitized():
            self.skipTest("the sanitizer needs memory of its own")
        count = 100_000
        text = "".join(json.dumps(line) + "\n" for line in lines(count))
        self.program.file("lines.jsonl", text)
        peaks = []
        for memory in ("0", "0", "64MB"):
            self.configure(tuning=f"compare_memory = {memory}")
            running = self.program.start("load", "--store", "acme", "--types",
                                         self.types, "q", "lines.jsonl")
            peaks.append(running.wait_measuring())
            self.expect(running.result, OK)
        self.assertEqual((2 * count, 0), self.sent(running.result))
        self.assertLess(peaks[2] - peaks[1],
                        2 * count * 12 * 1.1 / 1024 + 2048)


class KnownInLargeTables(Known):
    """The same, of tables that are so large that staging is created before
    their hashes are read."""
    test_memory_is_bounded = None

    def load_lines(self, what, *arguments, **how):
        self.db.execute(LARGE)
        return super().load_lines(what, *arguments, **how)
