"""Rows that are gone from the store, at every level and in every mode."""
import json

from harness.case import Case

COLLECTION = "gid://shopify/Collection/"
PRODUCT = "gid://shopify/Product/"
VARIANT = "gid://shopify/ProductVariant/"

# A product can be in several collections. Its variants stay as long as one
# collection has it.
SHARED = """query @incremental %s {
  collections {
    edges {
      node {
        id
        title
        products {
          edges {
            node {
              id
              title
              variants {
                edges { node { id sku selectedOptions @table { value } } }
              }
            }
          }
        }
      }
    }
  }
}
"""


def collection(number):
    return f'{{"id":"{COLLECTION}{number}","title":"c{number}"}}'


def product(number, parent, title=None):
    return (f'{{"__typename":"Product","id":"{PRODUCT}{number}",'
            f'"title":"{title or "p"}","__parentId":"{COLLECTION}{parent}"}}')


def variant(number, parent, *options):
    values = ",".join(f'{{"value":"{one}"}}' for one in options)
    return (f'{{"__typename":"ProductVariant","id":"{VARIANT}{number}",'
            f'"sku":"s{number}","selectedOptions":[{values}],'
            f'"__parentId":"{PRODUCT}{parent}"}}')


FIRST = [collection(1), product(1, 1), variant(1, 1, "a", "b"),
         variant(2, 1), product(2, 1), variant(3, 2, "c"),
         collection(2), product(1, 2)]

OPTIONS = "collections_products_variants_selected_options"


class Levels(Case):
    """Loads of files. All but the first are incremental."""

    ALL = ([(1, 1), (1, 2), (2, 1)], [(1, 1), (1, 2), (2, 3)],
           [(1, "a"), (1, "b"), (3, "c")])

    def begin(self, mode=""):
        self.configure()
        self.query("job", SHARED % mode)
        self.load("job", FIRST, "--full")
        self.check(*self.ALL)

    def live(self, table, columns):
        """The rows that are not marked as deleted."""
        marked = "_deleted_at" in self.db.column(
            "SELECT attname FROM pg_attribute WHERE attrelid = "
            f"'acme.{table}'::regclass AND NOT attisdropped")
        return self.rows(table + (" WHERE _deleted_at IS NULL" if marked
                                  else ""), columns, "1, 2")

    def check(self, products, variants, options):
        self.assertEqual(products, self.live("collections_products",
                                             "_parent_id, id"))
        self.assertEqual(variants, self.live("collections_products_variants",
                                             "_parent_id, id"))
        self.assertEqual(options, self.live(OPTIONS, "_parent_id, value"))
        self.check_no_staging()

    def play(self):
        """Results in which rows are missing, one after the other."""
        self.load("job", [collection(1), product(2, 1), variant(3, 2, "d")])
        self.check([(1, 2), (2, 1)], [(1, 1), (1, 2), (2, 3)],
                   [(1, "a"), (1, "b"), (3, "d")])
        # The product has another variant instead.
        self.load("job", [collection(1), product(2, 1), variant(4, 2)])
        self.check([(1, 2), (2, 1)], [(1, 1), (1, 2), (2, 4)],
                   [(1, "a"), (1, "b")])
        # The last collection with the first product no longer has it.
        self.load("job", [collection(2)])
        self.check([(1, 2)], [(2, 4)], [])
        self.assertEqual(2, len(self.rows("collections")))

    def test_hard(self):
        self.begin()
        self.play()
        self.assertEqual([(2, 4)], self.rows(
            "collections_products_variants", "_parent_id, id"))

    def test_soft(self):
        self.begin("@deletes(mode: SOFT)")
        self.play()
        # Rows are marked, except those without an id, which are removed.
        self.assertEqual(4, len(self.rows("collections_products_variants")))
        self.assertEqual([], self.rows(OPTIONS))
        # They come back as they were.
        self.load("job", [collection(2), product(1, 2, "again"),
                          variant(1, 1)])
        self.check([(1, 2), (2, 1)], [(1, 1), (2, 4)], [])
        self.assertEqual([("again",)], self.rows(
            "collections_products WHERE _parent_id = 2", "title"))
        run = self.last_run()
        self.assertEqual((0, 2, 0), (run["rows_inserted"],
                                     run["rows_updated"],
                                     run["rows_deleted"]))

    def test_the_mode_changes_from_soft_to_hard(self):
        """After a change from SOFT to HARD, marked rows come back or are
        removed."""
        self.begin("@deletes(mode: SOFT)")
        self.load("job", [collection(1), product(2, 1), variant(3, 2, "c")])
        self.query("job", SHARED % "")
        self.load("job", FIRST)
        self.check(*self.ALL)
        self.query("job", SHARED % "@deletes(mode: SOFT)")
        self.load("job", [collection(1), product(2, 1), variant(3, 2, "c")])
        self.query("job", SHARED % "")
        self.load("job", [collection(1), product(2, 1), variant(3, 2, "c")])
        self.assertEqual([(1, 2), (2, 1)], self.rows(
            "collections_products", "_parent_id, id", "1, 2"))

    def test_the_mark_is_added_to_existing_tables(self):
        self.begin()
        self.query("job", SHARED % "@deletes(mode: SOFT)")
        self.play()
        self.assertEqual(4, len(self.rows("collections_products_variants")))

    def test_keep(self):
        self.begin("@deletes(mode: KEEP)")
        self.load("job", [collection(1), product(2, 1), variant(4, 2)])
        self.check([(1, 1), (1, 2), (2, 1)],
                   [(1, 1), (1, 2), (2, 3), (2, 4)],
                   [(1, "a"), (1, "b"), (3, "c")])
        # Rows without an id are still replaced with their parents.
        self.load("job", [collection(1), product(1, 1), variant(1, 1, "e")])
        self.check([(1, 1), (1, 2), (2, 1)],
                   [(1, 1), (1, 2), (2, 3), (2, 4)], [(1, "e"), (3, "c")])
        self.load("job", [collection(2)], "--full")
        self.assertEqual(2, len(self.rows("collections")))
        self.load("job", [], "--full", status=69)

    def test_the_mode_of_a_store(self):
        """The mode in bulkpg.ini applies, unless the query has its own."""
        gone = [collection(1), product(2, 1), variant(3, 2, "c")]
        self.configure(more={"acme": "deletes = soft"})
        self.query("job", SHARED % "@deletes(all: false)")
        self.load("job", FIRST, "--full")
        self.load("job", gone)
        self.assertEqual([(1, 1)], self.rows(
            "collections_products WHERE _deleted_at IS NOT NULL",
            "_parent_id, id"))
        self.assertEqual(3, len(self.rows("collections_products")))
        plan = json.loads(self.run_program("plan", "job", "--json", "--types",
                                           self.types).stdout)
        self.assertEqual(("SOFT", False), (plan["deletes"],
                                           plan["deletes_all"]))
        self.configure(more={"acme": "deletes = keep"})
        self.load("job", FIRST)
        self.load("job", gone)
        self.assertEqual(3, len(self.rows(
            "collections_products WHERE _deleted_at IS NULL")))
        self.query("job", SHARED % "@deletes(mode: HARD)")
        self.load("job", gone)
        self.assertEqual([(1, 2), (2, 1)], self.rows(
            "collections_products", "_parent_id, id", "1, 2"))

    def test_a_run_with_rejects_removes_nothing(self):
        self.begin()
        self.load("job", [collection(1), product(2, 1), variant(4, 2),
                          "no JSON"], status=65)
        self.check([(1, 1), (1, 2), (2, 1)],
                   [(1, 1), (1, 2), (2, 3), (2, 4)],
                   [(1, "a"), (1, "b"), (3, "c")])

    def test_more_than_the_fraction_is_gone(self):
        """The fraction is that of all rows of the table, not of the rows in
        the result."""
        self.begin()
        many = [line for n in range(200)
                for line in (collection(10 + n), product(10 + n, 10 + n))]
        self.load("job", FIRST + many, "--full")
        # The fetched parent has one row less: one of 203 rows of the table.
        self.load("job", [collection(1), product(2, 1), variant(3, 2)])
        self.assertEqual(202, len(self.rows("collections_products")))
        before = self.snapshot()
        self.load("job", [collection(10 + n) for n in range(60)], status=69)
        self.check_unchanged(before)
        self.check_no_staging()
