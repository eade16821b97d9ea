"""Runs against the fake store: the rows they load and change, the records they
write."""
import json

from cases.queries import CUSTOMERS, ORDERS, PLAIN, PRODUCTS
from harness.case import CONFIG, FAILED, Case, World


def number(gid):
    return int(gid.rsplit("/", 1)[1])


class Runs(Case):
    weight = 5

    def test_three_jobs_side_by_side(self):
        self.configure()
        self.query("products", PRODUCTS)
        self.query("customers", CUSTOMERS)
        self.query("orders", ORDERS)
        self.run_program("run")
        self.check_tables(PRODUCTS, CUSTOMERS, ORDERS)
        self.check_no_staging()
        self.assertEqual(
            [("customers", "full", "first", "loaded"),
             ("orders", "full", "first", "loaded"),
             ("products", "full", "first", "loaded")],
            self.rows("run", "job, mode, mode_reason, status", "job",
                      schema="bulkpg"))

    def test_nothing_changed_nothing_written(self):
        self.configure()
        self.query("products", PRODUCTS)
        self.query("orders", ORDERS)
        self.run_program("run")
        before = self.snapshot()
        self.run_program("run")
        self.check_unchanged(before)
        for job in ("products", "orders"):
            run = self.last_run(job)
            rows = sum(len(rows) for (_, table), (_, rows) in before.items()
                       if table.startswith(job))
            self.assertEqual(
                (0, 0, 0, rows),
                (run["rows_inserted"], run["rows_updated"],
                 run["rows_deleted"], run["rows_unchanged"]))

    def test_changed_rows_only_are_written(self):
        self.configure()
        self.query("products", PRODUCTS)
        self.run_program("run")
        first = self.last_run()
        changed = self.change(store="acme", type="Product", count=3,
                              set={"title": "New \u2603 title"})
        gone = self.change(store="acme", type="Product", **{"from": 10},
                           count=2, delete=True)
        born = self.change(store="acme", type="Product", grow=2)
        before = dict(self.rows("products", "id, xmin::text"))
        self.run_program("run")
        self.check_tables(PRODUCTS)
        run = self.last_run()
        after = dict(self.rows("products", "id, xmin::text"))
        self.assertEqual({number(one) for one in changed + born},
                         {one for one in after
                          if after[one] != before.get(one)})
        self.assertEqual({number(one) for one in gone},
                         set(before) - set(after))
        table = self.db.row("SELECT * FROM bulkpg.run_table WHERE run_id = "
                            f"{run['run_id']} AND table_name = 'products'")
        self.assertEqual((2, 3, 2, len(before) - 5),
                         tuple(table[name] for name in (
                             "inserted", "updated", "deleted", "unchanged")))
        moved = set(self.db.column(
            "SELECT id FROM acme.products WHERE _loaded_at > (SELECT "
            f"loaded_at FROM bulkpg.run WHERE run_id = {first['run_id']})"))
        self.assertEqual({number(one) for one in changed + born}, moved)
        self.assertEqual([run["loaded_at"]], self.db.column(
            "SELECT DISTINCT _loaded_at FROM acme.products WHERE _loaded_at "
            f"> '{first['loaded_at']}'"))

    def test_journal(self):
        self.configure()
        self.query("plain", PLAIN)
        self.run_program("run")
        run = self.last_run()
        (operation,) = self.shop.operations()
        lines, size = operation["lines"], operation["bytes"]
        products = len(self.rows("products"))
        variants = len(self.rows("products_variants"))
        self.assertEqual(lines, products + variants)
        self.assertEqual(
            {"status": "loaded", "mode": "full", "mode_reason": "first",
             "operation_id": operation["id"], "object_count": lines,
             "root_object_count": products, "file_size": size,
             "lines": lines, "bytes": size, "rows_inserted": lines,
             "rows_updated": 0, "rows_deleted": 0, "rows_unchanged": 0,
             "rejects": 0, "duplicates": 0, "sanitized": 0, "resumed": 0,
             "error": None, "error_code": None},
            {name: run[name] for name in (
                "status mode mode_reason operation_id object_count "
                "root_object_count file_size lines bytes rows_inserted "
                "rows_updated rows_deleted rows_unchanged rejects "
                "duplicates sanitized resumed error error_code").split()})
        for earlier, later in (("started_at", "submitted_at"),
                               ("submitted_at", "completed_at"),
                               ("loaded_at", "finished_at")):
            self.assertIsNotNone(run[later])
            self.assertLessEqual(run[earlier][:19], run[later][:19])
        self.assertEqual(
            [("products", products, products, 0, 0, 0),
             ("products_variants", variants, variants, 0, 0, 0)],
            self.rows("run_table", "table_name, staged, inserted, updated, "
                      "deleted, unchanged", schema="bulkpg"))
        one = self.db.row("SELECT * FROM bulkpg.operation")
        self.assertEqual((1, 1, operation["id"], "COMPLETED", lines, size),
                         tuple(one[name] for name in (
                             "n", "attempt", "operation_id", "status",
                             "object_count", "file_size")))
        uuid = self.db.value("SELECT journal_uuid FROM bulkpg.meta")
        self.assertEqual(f"# bulkpg {uuid}/{run['run_id']}/1.1",
                         operation["query"].split("\n")[0])
        self.assertEqual(operation["query"], one["query"])
        self.assertEqual([("products", "acme", "plain"),
                          ("products_variants", "acme", "plain")],
                         self.rows("relation", "table_name, store, job",
                                   schema="bulkpg"))
        self.assertEqual([("acme", "plain", "acme", "products"),
                          ("acme", "plain", "acme", "products_variants")],
                         self.rows("freshness", "store, job, table_schema, "
                                   "table_name", "4", schema="bulkpg"))
        self.assertEqual([], self.rows("reject", schema="bulkpg"))

    def test_two_stores(self):
        self.configure("acme", "beta")
        self.query("products", PRODUCTS)
        self.query("orders", ORDERS)
        self.run_program("run")
        for store in ("acme", "beta"):
            self.check_tables(PRODUCTS, ORDERS, store=store)

    def test_a_schema_of_another_name(self):
        self.configure("acme", "beta", more={"beta": "schema = shop_beta"})
        self.query("plain", PLAIN)
        self.run_program("run")
        self.check_tables(PLAIN, store="beta", schema="shop_beta")

    def test_query_for_one_store_only(self):
        self.configure("acme", "beta")
        own = PLAIN.replace("updatedAt", "handle vendor")
        self.query("plain", PLAIN)
        self.query("plain", own, store="beta")
        self.run_program("run")
        self.check_tables(PLAIN, store="acme")
        self.check_tables(own, store="beta")

    def test_jobs_and_enabled(self):
        self.configure("acme", "beta", more={"acme": "jobs = plain",
                                             "beta": "enabled = no"})
        self.query("plain", PLAIN)
        self.query("orders", ORDERS)
        self.run_program("run")
        self.check_tables(PLAIN)
        self.assertEqual([("acme", "plain")],
                         self.rows("run", "store, job", schema="bulkpg"))

    def test_named_jobs_and_stores(self):
        self.configure("acme", "beta")
        self.query("plain", PLAIN)
        self.query("orders", ORDERS)
        self.run_program("run", "orders", "--store", "beta")
        self.assertEqual([("beta", "orders")],
                         self.rows("run", "store, job", schema="bulkpg"))
        self.check_tables(ORDERS, store="beta")

    def test_one_bad_store_does_not_stop_others(self):
        self.configure("acme", "beta", credentials={
            "beta": "token = env:NOT_SET_AT_ALL"})
        self.query("plain", PLAIN)
        result = self.run_program("run", status=CONFIG)
        self.assertIn("NOT_SET_AT_ALL", result.stderr)
        self.check_tables(PLAIN)

    def test_a_bad_store_is_worse_than_no_database(self):
        self.program.configure(
            "host=/nowhere", self.shop.stores.values(),
            credentials={"beta": "token = env:NOT_SET_AT_ALL"})
        self.query("plain", PLAIN)
        result = self.run_program("run", status=CONFIG)
        self.assertIn("cannot connect", result.stderr)

    def test_one_bad_query_does_not_stop_others(self):
        self.configure()
        self.query("plain", PLAIN)
        self.query("bad", "{ orders { edges { node { noSuch } } } }")
        self.run_program("run", status=CONFIG)
        self.check_tables(PLAIN)

    def test_empty_result(self):
        self.configure()
        self.query("plain", PLAIN)
        self.shop.set(empty=True)
        self.run_program("run")
        self.assertEqual([], self.rows("products"))
        self.assertEqual([], self.rows("products_variants"))
        self.assertEqual(0, self.last_run()["lines"])
        self.shop.set(empty=False)
        self.run_program("run")
        self.check_tables(PLAIN)

    def test_a_field_more_and_a_field_less(self):
        self.configure()
        self.query("plain", PLAIN)
        self.run_program("run")
        self.query("plain", PLAIN.replace("title\n", "vendor handle\n"))
        self.run_program("run")
        self.assertIn("title", json.dumps(self.last_run()["notes"]))
        columns = [name for (name,) in self.rows(
            "columns", "column_name",
            schema="information_schema") if name in ("title", "vendor")]
        self.assertEqual(["title", "vendor"], sorted(columns))
        vendors = {row["values"]["vendor"] for row in self.plan(
            PLAIN.replace("title\n", "vendor handle\n"))["rows"][0]}
        self.assertEqual(vendors, {name for (name,) in self.rows(
            "products", "DISTINCT vendor")})

    def test_columns_and_indexes_of_users_stay(self):
        self.configure()
        self.query("plain", PLAIN)
        self.run_program("run")
        self.db.execute(
            "ALTER TABLE acme.products ADD COLUMN mine text DEFAULT 'x';"
            "CREATE INDEX mine ON acme.products (title);"
            "CREATE VIEW acme.seen AS SELECT id, title FROM acme.products;")
        self.change(store="acme", type="Product", count=2,
                    set={"title": "Other"})
        self.run_program("run")
        self.assertEqual([("x",)], self.rows("products", "DISTINCT mine"))
        self.assertEqual(2, len(self.rows("seen WHERE title = 'Other'")))

    def test_a_table_of_a_user_is_not_touched(self):
        self.configure()
        self.query("plain", PLAIN)
        for key in ("", " PRIMARY KEY"):
            self.db.execute(
                "DROP SCHEMA IF EXISTS acme CASCADE; CREATE SCHEMA acme; "
                f"CREATE TABLE acme.products (id bigint{key}, title text); "
                "INSERT INTO acme.products VALUES (1, 'mine')")
            before = self.snapshot()
            result = self.program.run("run")
            self.assertIn(result.status, (FAILED, CONFIG), result)
            self.assertIn("acme.products", result.stderr)
            self.assertEqual([(1, "mine")], self.rows("products"))
            self.check_unchanged(before)

    def test_a_dropped_table_is_made_again(self):
        self.configure()
        self.query("plain", PLAIN)
        self.run_program("run")
        self.db.execute("DROP TABLE acme.products_variants")
        self.run_program("run")
        self.check_tables(PLAIN)

    def test_a_hash_set_null_writes_the_row_again(self):
        self.configure()
        self.query("plain", PLAIN)
        self.run_program("run")
        self.db.execute("UPDATE acme.products SET title = 'wrong', _hash = "
                        "NULL WHERE id = (SELECT min(id) FROM acme.products)")
        self.run_program("run")
        self.check_tables(PLAIN)
        self.assertEqual(1, self.last_run()["rows_updated"])

    def test_readers(self):
        self.db.execute("DO $$ BEGIN CREATE ROLE e2e_reader; EXCEPTION WHEN "
                        "duplicate_object OR unique_violation THEN END $$")
        self.configure(database="readers = e2e_reader")
        self.query("plain", PLAIN)
        self.run_program("run")
        self.assertEqual([str(len(self.rows("products")))], self.db.execute(
            "SET ROLE e2e_reader; SELECT count(*) FROM acme.products")[-1:])

    def test_two_jobs_of_one_table(self):
        self.configure()
        self.query("one", PLAIN)
        self.query("two", PLAIN)
        result = self.run_program("run", status=CONFIG)
        self.assertIn("queries/one.graphql", result.stderr)
        self.assertIn("queries/two.graphql", result.stderr)

    def test_two_stores_of_one_schema(self):
        self.configure("acme", "beta", more={"beta": "schema = acme"})
        self.query("plain", PLAIN)
        result = self.run_program("run", status=CONFIG)
        self.assertIn("products", result.stderr)


class Deletes(Case):
    def prepare(self, mode):
        text = PLAIN.replace("{\n", f"query @deletes(mode: {mode}) {{\n", 1)
        self.configure()
        self.query("plain", text)
        self.run_program("run")
        self.gone = [number(gid) for gid in self.change(
            store="acme", type="Product", count=2, delete=True)]
        self.all = len(self.rows("products"))
        self.run_program("run", "--force-deletes")
        return text

    def test_hard(self):
        self.check_tables(self.prepare("HARD"))
        self.assertEqual(self.all - 2, len(self.rows("products")))

    def test_keep(self):
        self.prepare("KEEP")
        self.assertEqual(self.all, len(self.rows("products")))
        self.assertEqual(0, self.last_run()["rows_deleted"])

    def test_soft(self):
        self.prepare("SOFT")
        self.assertEqual(self.all, len(self.rows("products")))
        marked = self.rows("products WHERE _deleted_at IS NOT NULL", "id")
        self.assertEqual(sorted((one,) for one in self.gone), marked)
        self.assertLess(2, self.last_run()["rows_deleted"])
        before = self.snapshot()
        self.run_program("run")
        self.check_unchanged(before)
        self.assertEqual(0, self.last_run()["rows_deleted"])

    def test_marked_rows_come_back(self):
        text = self.prepare("SOFT")
        self.shop.post("reset", {"store": "acme"})
        self.shop.set(created_ms=5, duration_ms=20)
        World.oracle().ask(cmd="reset")
        self.run_program("run")
        self.check_tables(text)


class Owners(Case):
    def test_a_new_job_wants_the_table_of_an_old_one(self):
        """The old job still runs; the new one fails and names the owner."""
        self.configure()
        self.query("b", PLAIN)
        self.run_program("run")
        self.query("a", PLAIN)
        result = self.run_program("run", status=CONFIG)
        self.assertIn("TABLE_OWNED", result.stderr)
        self.assertEqual(
            [("a", "failed", "TABLE_OWNED"), ("b", "loaded", None),
             ("b", "loaded", None)],
            self.rows("run", "job, status, error_code", "job, run_id",
                      schema="bulkpg"))
        self.check_tables(PLAIN)

    def test_an_owner_in_a_folder_that_is_not_here(self):
        self.configure()
        self.query("b", PLAIN)
        self.run_program("run")
        self.db.execute("UPDATE bulkpg.relation SET job = 'c', "
                        "file = '/elsewhere/queries/c.graphql'")
        before = self.snapshot()
        result = self.run_program("run", status=CONFIG)
        self.assertIn("/elsewhere/queries/c.graphql", result.stderr)
        self.check_unchanged(before)

    def test_a_schema_without_the_right_to_write(self):
        """The error has the GRANT, and comes before anything is submitted."""
        self.configure()
        self.query("job", PLAIN)
        self.db.execute("CREATE ROLE guest LOGIN; CREATE SCHEMA acme; "
                        "GRANT CREATE ON DATABASE " + self.db.name +
                        " TO guest")
        self.addCleanup(self.db.execute, "DROP OWNED BY guest CASCADE; "
                        "DROP ROLE guest")
        self.program.configure(
            self.db.dsn.replace("user=owner", "user=guest"),
            [self.shop.stores["acme"]])
        result = self.run_program("run", status=77)
        self.assertIn("GRANT USAGE, CREATE ON SCHEMA", result.stderr)
        self.assertEqual([], self.shop.operations())


class Guards(Case):
    def prepare(self):
        self.configure(tuning="max_delete_fraction = 0.2")
        self.change(store="acme", type="Product", grow=100)
        self.query("plain", PLAIN)
        self.run_program("run")

    def test_too_many_rows_are_gone(self):
        self.prepare()
        self.change(store="acme", type="Product", count=60, delete=True)
        before = self.snapshot()
        result = self.run_program("run", status=69)
        self.assertIn("products", result.stderr)
        self.check_unchanged(before)
        self.assertEqual("failed", self.last_run()["status"])
        self.run_program("run", "--force-deletes")
        self.check_tables(PLAIN)

    def test_an_empty_result(self):
        self.prepare()
        before = self.snapshot()
        self.shop.set(empty=True)
        self.run_program("run", status=69)
        self.check_unchanged(before)
        self.run_program("run", "--force-deletes")
        self.assertEqual([], self.rows("products"))

    def test_a_column_turned_null(self):
        text = PLAIN.replace("title", "title templateSuffix")
        self.configure()
        self.query("plain", text)
        self.change(store="acme", type="Product", grow=100)
        self.change(store="acme", type="Product", count=160,
                    set={"templateSuffix": "x"})
        self.run_program("run")
        self.change(store="acme", type="Product", count=160,
                    set={"templateSuffix": None})
        before = self.snapshot()
        result = self.run_program("run", status=69)
        self.assertIn("template_suffix", result.stderr)
        self.check_unchanged(before)
        self.run_program("run", "--force-nulls")
        self.check_tables(text)

    def test_orders_older_than_60_days_stay(self):
        self.configure()
        self.query("orders", ORDERS)
        self.run_program("run")
        before = self.rows("orders", "id", "id")
        self.shop.set(scopes=["read_orders", "read_products"])
        self.db.execute("DELETE FROM bulkpg.store")
        self.run_program("run")  # reads the scopes
        result = self.run_program("run")
        self.assertIn("read_all_orders", result.stderr)
        self.assertEqual(before, self.rows("orders", "id", "id"))
        self.assertIn("read_all_orders", json.dumps(self.last_run()["notes"]))


class Incremental(Case):
    QUERY = PLAIN.replace("{\n", "query @incremental {\n", 1)

    def test_only_what_changed_is_fetched(self):
        self.configure()
        self.query("plain", self.QUERY)
        self.run_program("run")
        self.check_tables(self.QUERY)
        first = self.db.row("SELECT * FROM bulkpg.watermark")
        self.assertIsNotNone(first["high"])
        self.assertIsNotNone(first["last_full"])
        # The fake store sets the time: within the next window.
        self.shop.post("change", {"store": "acme", "type": "Product",
                                  "count": 2, "set": {"title": "Fresh"}})
        self.run_program("run")
        run = self.last_run()
        self.assertEqual(("incremental", "loaded", 2),
                         (run["mode"], run["status"],
                          run["root_object_count"]))
        self.assertIn("updated_at:>='", self.shop.operations()[-1]["query"])
        self.assertEqual(2, len(self.rows("products WHERE title = 'Fresh'")))
        self.assertEqual(60, len(self.rows("products")))

    def test_children_gone_below_a_changed_parent(self):
        self.configure()
        self.query("plain", self.QUERY)
        self.run_program("run")
        (parent,) = self.change(store="acme", type="Product", count=1)
        key = number(parent)
        before = self.rows(f"products_variants WHERE _parent_id = {key}",
                           "id")
        others = len(self.rows("products_variants")) - len(before)
        self.shop.post("change", {
            "store": "acme", "delete": True,
            "ids": [f"gid://shopify/ProductVariant/{before[0][0]}"]})
        self.shop.post("change", {"store": "acme", "ids": [parent],
                                  "set": {"title": "x"}})
        self.run_program("run")
        self.assertEqual(before[1:], self.rows(
            f"products_variants WHERE _parent_id = {key}", "id"))
        self.assertEqual(others + len(before) - 1,
                         len(self.rows("products_variants")))

    def test_full_on_demand_and_after_a_change_of_the_query(self):
        self.configure()
        self.query("plain", self.QUERY)
        self.run_program("run")
        self.run_program("run", "--full")
        self.assertEqual("asked", self.last_run()["mode_reason"])
        self.query("plain", self.QUERY.replace("title", "title vendor"))
        self.run_program("run")
        self.assertEqual("query_changed", self.last_run()["mode_reason"])
        self.check_tables(self.QUERY.replace("title", "title vendor"))
        self.db.execute("DROP TABLE acme.products_variants")
        self.run_program("run")
        self.assertEqual("table_missing", self.last_run()["mode_reason"])
        self.check_tables(self.QUERY.replace("title", "title vendor"))

    def test_another_field_of_incremental(self):
        """With another field, rows that changed before the watermark could be
        missing, so the run is full."""
        by_creation = self.QUERY.replace(
            "@incremental", '@incremental(field: "created_at")')
        self.configure()
        self.query("plain", by_creation)
        self.run_program("run")
        self.change(store="acme", type="Product", count=3,
                    set={"title": "changed"})
        self.run_program("run")
        self.query("plain", self.QUERY)
        self.run_program("run")
        self.assertEqual("query_changed", self.last_run()["mode_reason"])
        self.check_tables(self.QUERY)

    def test_since_does_not_move_the_watermark(self):
        self.configure()
        self.query("plain", self.QUERY)
        self.run_program("run")
        before = self.db.row("SELECT * FROM bulkpg.watermark")
        self.run_program("run", "--since", "2025-01-02T03:04:05Z", "--until",
                         "2025-02-02")
        query = self.shop.operations()[-1]["query"]
        self.assertIn("2025-01-02T03:04:05Z", query)
        self.assertIn("2025-02-02", query)
        self.assertEqual(before, self.db.row("SELECT * FROM bulkpg.watermark"))
        self.assertEqual(60, len(self.rows("products")))
        self.check_tables(self.QUERY)

    def test_the_filter_of_the_query_is_kept(self):
        text = self.QUERY.replace("products {",
                                  'products(query: "status:ACTIVE") {')
        self.configure()
        self.query("plain", text)
        self.run_program("run")
        self.check_tables(text)
        self.run_program("run")
        self.assertIn("(status:ACTIVE) AND updated_at:>='",
                      self.shop.operations()[-1]["query"])
