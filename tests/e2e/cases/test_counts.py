"""Truncated connections: the counts of the parents show that rows are
missing."""
import datetime
import json

from cases.queries import METAFIELD, PLAIN, PRODUCT, VARIANT
from harness.case import FAILED, PARTIAL, Case, joined

# Without updatedAt, so that a new updatedAt alone does not change a row.
COUNTED = """{
  products {
    edges {
      node {
        title
        variants(first: 10) { edges { node { sku } } }
      }
    }
  }
}
"""

# Two levels, both with counts.
DEEP = """{
  products {
    edges {
      node {
        title
        variants {
          edges {
            node {
              sku
              sellingPlanGroups { edges { node { name } } }
            }
          }
        }
      }
    }
  }
}
"""

# Selects fields that bulkpg would add, and has an alias.
OWN = """{
  products {
    edges {
      node {
        v: variants { edges { node { sku } } }
        variantsCount { count }
        updatedAt: createdAt
      }
    }
  }
}
"""

# The connection has a count, but its parent has no updatedAt.
MOMENTS = """{
  orders {
    edges {
      node {
        name
        customerJourneySummary { moments { edges { node { occurredAt } } } }
      }
    }
  }
}
"""

# Each type of the union has a count of its own.
CODES = """{
  discountNodes {
    edges {
      node {
        discount {
          ... on DiscountCodeBasic {
            title
            updatedAt
            codes { edges { node { code } } }
          }
          ... on DiscountCodeFreeShipping {
            codes { edges { node { code } } }
          }
        }
      }
    }
  }
}
"""

METAFIELDS = """{
  products {
    edges { node { metafields { edges { node { key } } } } }
  }
}
"""


def product(number, **more):
    return json.dumps({"id": f"{PRODUCT}{number}", **more})


def children(parent, first, count, kind=METAFIELD):
    return [json.dumps({"id": f"{kind}{first + n}",
                        "__parentId": f"{PRODUCT}{parent}"})
            for n in range(count)]


class Counts(Case):
    def prepare(self, text, **settings):
        self.configure()
        self.query("job", text)
        self.shop.set(**settings)

    def warnings(self):
        return (self.last_run()["notes"] or {}).get("warnings", [])

    def check_warned(self, *words):
        found = self.warnings()
        self.assertEqual(1, len(found), found)
        for word in words:
            self.assertIn(word, found[0])

    def parents(self, text, at=1):
        """The number of a connection's rows, by parent."""
        counted = {}
        for row in self.plan(text)["rows"][at]:
            counted[row["parent"]] = counted.get(row["parent"], 0) + 1
        return counted

    def check_fails(self, *words):
        """The run fails because of a truncated connection, and changes
        nothing."""
        before = self.snapshot()
        result = self.run_program("run", status=FAILED)
        self.assertEqual("CHILDREN_MISSING", self.last_run()["error_code"])
        for word in words:
            self.assertIn(word, result.stderr)
        self.check_unchanged(before)
        self.check_no_staging()
        return result

    def check_cut(self, text, key, *words, rows=0, **settings):
        """A complete result is loaded; a truncated one fails."""
        self.prepare(text, **settings)
        self.run_program("run")
        self.check_tables(text)
        self.assertEqual([], self.warnings())
        self.shop.set(cut={"key": key, "rows": rows})
        self.check_fails(*words)

    # ---- queries ---------------------------------------------------------

    def test_the_database_is_asked_only_if_in_doubt(self):
        """Usually bulkpg knows the result from the lines, without a query."""
        self.prepare(COUNTED)
        self.db.execute(f'ALTER DATABASE "{self.db.name}" SET '
                        "log_statement = 'all'")
        self.assertEqual(0, self.questions())
        self.shop.set(duplicate_children=1)
        self.assertEqual(1, self.questions())

    def questions(self):
        """Run once; returns the number of queries that joined parents and
        rows."""
        with open(self.db.cluster.log, encoding="utf-8") as log:
            log.seek(0, 2)
            self.run_program("run", "--full")
            self.check_tables(COUNTED)
            return log.read().count("count(*) AS came")

    # ---- truncated -------------------------------------------------------

    def test_first_load(self):
        self.prepare(COUNTED, cut={"key": "variants", "rows": 1})
        counted = self.parents(COUNTED)
        short = sum(1 for rows in counted.values() if rows > 1)
        result = self.check_fails("products.variants", f"{short} parents")
        named = [f"{gid} ({rows} counted, 1 received)"
                 for gid, rows in counted.items() if rows > 1]
        self.assertEqual(3, sum(1 for one in named if one in result.stderr))
        self.assertEqual({}, self.snapshot())
        self.shop.set(cut=None)
        self.run_program("run")
        self.check_tables(COUNTED)

    def test_later_load(self):
        self.check_cut(COUNTED, "variants", "products.variants", "0 received")

    def test_second_level(self):
        self.check_cut(DEEP, "sellingPlanGroups",
                       "products.variants.sellingPlanGroups", VARIANT)

    def test_own_fields_of_those_names(self):
        self.check_cut(OWN, "v", "products.v:", PRODUCT, rows=1)

    def test_inside_a_union(self):
        self.check_cut(CODES, "codes", "discountNodes.discount.codes")

    def test_skipped_parent(self):
        self.check_cut(COUNTED.replace("products {",
                                       "products @table(skip: true) {"),
                       "variants", "products.variants", PRODUCT, rows=1)

    def test_parent_with_another_key(self):
        self.check_cut(COUNTED.replace(
            "products {", 'products @table(key: ["handle"]) {').replace(
                "title", "handle"), "variants", PRODUCT, rows=1)

    def test_incremental_run(self):
        """An incremental run compares the parents that it fetched."""
        text = COUNTED.replace("{", "query @incremental {", 1)
        self.prepare(text)
        self.run_program("run")
        high = self.db.column("SELECT high FROM bulkpg.watermark")
        counted = self.parents(text)
        parent = next(gid for gid, rows in counted.items() if rows > 1)
        # In the window, but before the second in which the operation starts.
        at = datetime.datetime.now(datetime.timezone.utc) \
            - datetime.timedelta(minutes=1)
        self.change(store="acme", ids=[parent], set={"title": "New"},
                    at=at.strftime("%Y-%m-%dT%H:%M:%SZ"))
        self.shop.set(cut={"key": "variants", "rows": 1})
        self.check_fails("1 parent has", parent)
        self.assertEqual("incremental", self.last_run()["mode"])
        self.assertEqual(high, self.db.column(
            "SELECT high FROM bulkpg.watermark"))
        self.shop.set(cut=None)
        self.run_program("run")
        self.check_tables(text)

    def test_duplicate_lines_do_not_replace_missing_ones(self):
        self.assertIn(2, self.parents(COUNTED).values())
        self.check_cut(COUNTED, "variants", "(2 counted, 1 received)", rows=1,
                       duplicate_children=1)

    def test_rows_without_id(self):
        self.check_cut(COUNTED.replace(
            "variants(first: 10) { edges { node { sku } } }",
            "resourcePublications { edges { node { publishDate } } }"),
            "resourcePublications", "products.resourcePublications")

    # ---- not compared ----------------------------------------------------

    def test_more_rows_than_counted(self):
        self.prepare(COUNTED)
        parent = next(iter(self.parents(COUNTED)))
        more = json.dumps({"id": f"{VARIANT}999999999", "__parentId": parent})
        self.shop.set(edits=[{"line": -1, "insert": more}])
        self.run_program("run")
        self.assertEqual([], self.warnings())
        self.assertEqual(1, len(self.db.rows(
            "SELECT FROM acme.products_variants WHERE id = 999999999")))

    def test_lower_bounds(self):
        self.prepare(COUNTED, cut={"key": "variants", "rows": 1},
                     count_limit=1)
        self.run_program("run")
        self.assertEqual([], self.warnings())
        self.assertEqual(len(self.parents(COUNTED)), self.db.row(
            "SELECT count(*) FROM acme.products_variants")["count"])

    def test_parents_that_change_meanwhile(self):
        """Counts of parents that changed after the operation started are not
        compared."""
        self.prepare(COUNTED, cut={"key": "variants", "rows": 1})
        counted = self.parents(COUNTED)
        spared = next(gid for gid, rows in counted.items() if rows > 1)
        others = [gid for gid in counted if gid != spared]
        self.change(store="acme", ids=others, set={"vendor": "New"},
                    at="2100-01-01T00:00:00Z")
        self.check_fails("1 parent has", f"{spared} ({counted[spared]}")
        self.change(store="acme", ids=[spared], set={"vendor": "New"},
                    at="2100-01-01T00:00:00Z")
        self.run_program("run")
        self.assertEqual([], self.warnings())

    def test_other_arguments(self):
        self.prepare(COUNTED.replace("first: 10", "first: 10, reverse: false"),
                     cut={"key": "variants", "rows": 1})
        self.run_program("run")
        self.assertEqual([], self.warnings())

    def test_unchanged_rows(self):
        """If updatedAt changes and the query does not select it, no row is
        written."""
        self.prepare(COUNTED)
        self.run_program("run")
        before = self.snapshot()
        self.change(store="acme", type="Product", count=60,
                    set={"vendor": "New"})
        self.run_program("run")
        run = self.last_run()
        self.assertEqual((0, 0, 0), (run["rows_inserted"], run["rows_updated"],
                                     run["rows_deleted"]))
        self.check_unchanged(before)

    # ---- warned about ----------------------------------------------------

    def test_parents_without_updated_at(self):
        self.prepare(MOMENTS)
        self.run_program("run")
        self.check_tables(MOMENTS)
        self.assertEqual([], self.warnings())
        self.shop.set(cut={"key": "moments", "rows": 0})
        result = self.run_program("run", "--force-deletes")
        self.check_warned("orders.customerJourneySummary.moments",
                          "gid://shopify/Order/", "0 received")
        self.assertIn("level=warn", result.stderr)
        self.assertIn("0 received", result.stderr)

    def test_runs_with_rejects(self):
        self.prepare(COUNTED, cut={"key": "variants", "rows": 1},
                     edits=[{"line": -1, "insert": "nonsense"}])
        self.run_program("run", status=PARTIAL)
        self.check_warned("products.variants", "counted, 1 received")

    def test_round_numbers(self):
        """Without a count, exactly 100 or 250 rows are a warning."""
        self.configure()
        self.query("job", METAFIELDS)
        lines = [product(n) for n in range(1, 6)] + children(1, 1000, 100) \
            + children(2, 2000, 99) + children(3, 3000, 250) \
            + children(4, 4000, 101)
        result = self.load("job", lines)
        self.check_warned("products.metafields", "2 parents",
                          f"{PRODUCT}1 (100 received)",
                          f"{PRODUCT}3 (250 received)")
        self.assertIn("2 parents", result.stderr)
        self.load("job", lines[:-2])
        self.check_warned("2 parents")
        self.load("job", [one for one in lines if f'{METAFIELD}3000"' not in
                          one and f'{METAFIELD}1000"' not in one])
        self.assertEqual([], self.warnings())

    def test_round_numbers_that_are_counted(self):
        self.configure()
        self.query("job", COUNTED)
        counted = {"count": 100, "precision": "EXACT"}
        rows = children(1, 1000, 100, VARIANT)
        self.load("job", [product(1, bulkpg_c2=counted)] + rows)
        self.assertEqual([], self.warnings())
        self.load("job", [product(1)] + rows)
        self.check_warned("products.variants", "1 parent has",
                          f"{PRODUCT}1 (100 received)")

    # ---- saved results ---------------------------------------------------

    def test_foreign_files(self):
        """Lines of other programs have no bulkpg_ keys; they are loaded."""
        self.configure()
        self.query("job", PLAIN)
        self.load("job", [product(1, title="a")] + children(1, 1, 3, VARIANT))
        self.assertEqual([], self.warnings())
        self.assertEqual(3, self.last_run()["rows_inserted"] - 1)

    def test_kept_files(self):
        """The sidecar says when the operation started."""
        self.prepare(COUNTED, order="grouped")
        self.program.file("kept/made", "")
        self.run_program("run", "--keep", "kept")
        name = f"kept/acme.job.{self.last_run()['run_id']}.1.jsonl"
        lines = self.program.read(name).splitlines()
        child = next(n for n, line in enumerate(lines) if b"__parentId" in line)
        meta = json.loads(self.program.read(name + ".meta.json"))
        del lines[child]
        self.program.file("cut.jsonl", joined(lines))
        arguments = ("load", "--store", "acme", "--types", self.types, "job",
                     "cut.jsonl")
        self.run_program(*arguments)
        self.check_warned("1 parent has", "may have changed since")
        self.program.file("cut.jsonl.meta.json",
                          json.dumps({"createdAt": meta["createdAt"]}))
        before = self.snapshot()
        result = self.run_program(*arguments, status=FAILED)
        self.assertIn("1 parent has", result.stderr)
        self.check_unchanged(before)
