"""Loading saved results: the same tables, the same checks."""
import json
import os
import re
import stat

import oracle
from cases.queries import CUSTOMERS, ORDERS, PLAIN, PRODUCTS
from harness.case import CONFIG, FAILED, OK, USAGE, Case


class Loads(Case):
    def keep(self, job, text):
        """Run a job and keep its result; the names of file and sidecar."""
        self.configure()
        self.query(job, text)
        folder = os.path.join(self.program.directory, "kept")
        os.mkdir(folder)
        self.run_program("run", "--keep", "kept")
        names = sorted(os.listdir(folder))
        run_id = self.last_run()["run_id"]
        self.assertEqual([f"acme.{job}.{run_id}.1.jsonl",
                          f"acme.{job}.{run_id}.1.jsonl.meta.json"], names)
        for name in names:
            mode = os.stat(os.path.join(folder, name)).st_mode
            self.assertEqual(0o600, stat.S_IMODE(mode), name)
        return ["kept/" + name for name in names]

    def contents(self):
        """All rows of all tables without what differs between runs."""
        actual = oracle.Actual(self.db, "acme")
        return {table: (actual.types()[table], actual.keys.get(table), sorted(
            oracle.frozen(row, {"_loaded_at"}) for row in actual.rows(table)))
                for table in actual.catalog}

    def check_same(self, job, text):
        kept, _ = self.keep(job, text)
        ran = self.contents()
        self.db.execute("DROP SCHEMA acme CASCADE; DROP SCHEMA bulkpg "
                        "CASCADE")
        before = len(self.requests())
        self.run_program("load", "--types", self.types, "--store", "acme",
                         job, kept)
        self.assertEqual(before, len(self.requests()), "asked the store")
        self.assertEqual(ran, self.contents())
        self.check_tables(text)
        run = self.last_run()
        self.assertEqual(("replay", "full", "loaded"),
                         (run["mode"], run["mode_reason"], run["status"]))
        self.check_no_staging()

    def test_products(self):
        self.check_same("products", PRODUCTS)

    def test_customers(self):
        self.check_same("customers", CUSTOMERS)

    def test_orders(self):
        self.check_same("orders", ORDERS)

    def test_from_standard_input(self):
        kept, _ = self.keep("plain", PLAIN)
        self.db.execute("DROP SCHEMA acme CASCADE")
        path = os.path.join(self.program.directory, kept)
        with open(path, "rb") as file:
            self.run_program("load", "--types", self.types, "plain", "-",
                             stdin=file)
        self.check_tables(PLAIN)

    def test_onto_tables_that_are_there(self):
        kept, _ = self.keep("plain", PLAIN)
        before = self.snapshot()
        self.run_program("load", "plain", kept)
        self.check_unchanged(before)

    def test_one_off_without_configuration(self):
        kept, _ = self.keep("plain", PLAIN)
        self.db.execute("DROP SCHEMA acme CASCADE; DROP SCHEMA bulkpg "
                        "CASCADE")
        os.remove(os.path.join(self.program.directory, "bulkpg.ini"))
        self.program.file("one.graphql", PLAIN)
        self.run_program("load", "--store", "acme", "--dsn", self.db.dsn,
                         "--types", self.types, "./one.graphql", kept)
        self.check_tables(PLAIN)

    def test_dry_run(self):
        kept, _ = self.keep("plain", PLAIN)
        before = self.snapshot()
        path = os.path.join(self.program.directory, kept)
        with open(path, "a", encoding="utf-8") as file:
            file.write('{"id":"gid://shopify/Product/77","title":"new"}\n')
        lines = sum(1 for _ in open(path, encoding="utf-8"))
        os.remove(path + ".meta.json")
        self.run_program("load", "--dry-run", "--objects", str(lines),
                         "plain", kept)
        self.check_unchanged(before)
        self.check_no_staging()

    def test_dry_run_of_a_first_load(self):
        kept, _ = self.keep("plain", PLAIN)
        self.db.execute("DROP SCHEMA acme CASCADE; DROP SCHEMA bulkpg "
                        "CASCADE")
        self.run_program("load", "--dry-run", "--types", self.types,
                         "plain", kept)
        self.assertEqual({}, self.snapshot())
        self.check_no_staging()

    def test_sidecar_counts_are_verified(self):
        kept, sidecar = self.keep("plain", PLAIN)
        (operation,) = self.shop.operations()
        text = self.program.read(sidecar).decode()
        json.loads(text)
        before = self.snapshot()
        for name in ("objectCount", "rootObjectCount", "fileSize"):
            right = str(operation[name])
            wrong = re.sub(rf"(?<!\d){right}(?!\d)", str(int(right) + 1),
                           text)
            self.assertNotEqual(text, wrong, f"{name} is not in {text}")
            self.program.file(sidecar, wrong)
            self.run_program("load", "plain", kept, status=FAILED)
            self.check_unchanged(before)
            self.check_no_staging()
        self.program.file(sidecar, text)
        self.run_program("load", "plain", kept)

    def test_objects_are_verified(self):
        kept, sidecar = self.keep("plain", PLAIN)
        os.remove(os.path.join(self.program.directory, sidecar))
        before = self.snapshot()
        lines = self.last_run()["lines"]
        self.run_program("load", "plain", kept, "--objects", str(lines + 1),
                         status=FAILED)
        self.check_unchanged(before)
        self.run_program("load", "plain", kept, "--objects", str(lines))

    def test_truncated_file(self):
        kept, _ = self.keep("plain", PLAIN)
        data = self.program.read(kept)
        before = self.snapshot()
        self.program.file(kept, data[:-30])
        self.run_program("load", "plain", kept, status=FAILED)
        self.check_unchanged(before)

    def test_no_such_file(self):
        self.configure()
        self.query("plain", PLAIN)
        result = self.program.run("load", "--types", self.types, "plain",
                                  "nowhere.jsonl")
        self.assertIn("nowhere.jsonl", result.stderr)
        self.assertNotEqual(OK, result.status)

    def test_html_instead_of_a_result(self):
        self.configure()
        self.query("plain", PLAIN)
        result = self.load("plain", "<html><body>502</body></html>\n",
                           status=FAILED)
        self.assertEqual({}, self.snapshot(), result)

    def test_types_file_that_is_none(self):
        self.configure()
        self.query("plain", PLAIN)
        self.program.file("empty.jsonl", "")
        for name, text in (("a.json", "{}"), ("b.json", "no JSON")):
            self.program.file(name, text)
            result = self.run_program("load", "--types", name, "plain",
                                      "empty.jsonl", status=CONFIG)
            self.assertIn(name, result.stderr)

    def test_load_needs_a_file(self):
        self.configure()
        self.query("plain", PLAIN)
        self.run_program("load", "plain", status=USAGE)

    def test_incremental_load_removes_no_root(self):
        self.configure()
        text = PLAIN.replace("{\n", "query @incremental {\n", 1)
        kept, sidecar = self.keep("plain", text)
        os.remove(os.path.join(self.program.directory, sidecar))
        mark = self.db.row("SELECT * FROM bulkpg.watermark")
        lines = self.program.read(kept).decode().splitlines()
        root = next(one for one in lines if "__parentId" not in one)
        self.program.file(kept, root + "\n")
        self.run_program("load", "plain", kept, status=FAILED)
        self.run_program("load", "--force-deletes", "plain", kept)
        run = self.last_run()
        self.assertEqual(("replay", "incremental"),
                         (run["mode"], run["mode_reason"]))
        self.assertEqual(60, len(self.rows("products")))
        gone = json.loads(root)["id"].rsplit("/", 1)[1]
        self.assertEqual([], self.rows("products_variants WHERE _parent_id "
                                       f"= {gone}"))
        self.assertEqual(mark, self.db.row("SELECT * FROM bulkpg.watermark"))
        self.run_program("load", "--full", "plain", kept, status=FAILED)
