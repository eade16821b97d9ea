"""Loads of saved results: the same tables and checks as in a run."""
import gzip
import json
import os
import re
import stat

import oracle
from cases.queries import CUSTOMERS, ORDERS, PLAIN, PRODUCTS
from harness.case import CONFIG, FAILED, OK, PARTIAL, USAGE, Case, World


class Kept(Case):
    def keep(self, job, text):
        """Run a job with --keep; returns the names of the file and its
        sidecar."""
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


class Loads(Kept):
    def contents(self):
        """All rows of all tables, without _loaded_at, and _hash, which
        depends on the journal."""
        actual = oracle.Actual(self.db, "acme")
        return {table: (actual.types()[table], actual.keys.get(table), sorted(
            oracle.frozen(row, oracle.SILENT) for row in actual.rows(table)))
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

    def test_into_existing_tables(self):
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

    def test_a_types_file_without_types(self):
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


class OtherQueries(Kept):
    """The sidecar of a result says which query it belongs to."""

    OTHER = PLAIN.replace("title", "title handle")

    def setUp(self):
        super().setUp()
        self.kept, self.sidecar = self.keep("plain", PLAIN)

    def test_the_sidecar_has_document_and_plan(self):
        meta = json.loads(self.program.read(self.sidecar))
        self.assertEqual(self.last_run()["plan_hash"], meta["planHash"])
        self.assertEqual(self.db.value("SELECT query FROM bulkpg.operation"),
                         meta["document"])
        self.assertIn("products", meta["document"])
        self.assertEqual(("acme", "plain"), (meta["store"], meta["job"]))

    def test_another_query_is_refused(self):
        mine = self.last_run()["plan_hash"]
        before = self.snapshot()
        self.query("plain", self.OTHER)
        result = self.run_program("load", "plain", self.kept, status=CONFIG)
        run = self.last_run()
        self.assertIn("OTHER_QUERY", result.stderr)
        self.assertIn(f"its plan is {mine[:8]},", result.stderr)
        made = json.loads(self.program.read(self.sidecar))["createdAt"]
        self.assertIn("is the result of another query (job plain of store "
                      f"acme, of {made}): its plan", result.stderr)
        self.assertNotIn(mine, result.stderr)
        hashes = re.search(r"the plan of this query is ([0-9a-f]{8})\b",
                           result.stderr)
        self.assertIsNotNone(hashes, result.stderr)
        self.check_unchanged(before)
        dry = self.run_program("load", "--dry-run", "plain", self.kept,
                               status=CONFIG)
        self.assertIn("OTHER_QUERY", dry.stderr)
        self.run_program("load", "--any-query", "plain", self.kept)
        run = self.last_run()
        self.assertEqual(hashes[1], run["plan_hash"][:8])
        self.assertEqual("loaded", run["status"])

    def test_any_query_still_rejects_what_does_not_fit(self):
        self.query("plain", """{ products { edges { node { id collections {
            edges { node { id handle } } } } } } }""")
        self.run_program("load", "plain", self.kept, status=CONFIG)
        self.run_program("load", "--any-query", "plain", self.kept,
                         "--force-nulls", status=FAILED)
        self.assertEqual("TOO_MANY_REJECTS", self.last_run()["error_code"])

    def test_a_sidecar_without_a_plan(self):
        """The sidecars of the first version have no plan."""
        meta = json.loads(self.program.read(self.sidecar))
        del meta["planHash"], meta["document"]
        self.program.file(self.sidecar, json.dumps(meta))
        self.query("plain", self.OTHER)
        self.run_program("load", "plain", self.kept)

    def test_a_sidecar_with_an_invalid_count(self):
        text = self.program.read(self.sidecar).decode()
        for count in ('"-5"', '"many"', "-1", "1.5", "[]"):
            self.program.file(self.sidecar, re.sub(
                r'"objectCount":"\d+"', f'"objectCount":{count}', text))
            result = self.run_program("load", "plain", self.kept,
                                      status=CONFIG)
            self.assertIn("objectCount is not a count", result.stderr)

    def test_roots_of_another_type(self):
        """Without a sidecar, one root of the right type is enough to accept
        the file."""
        before = self.snapshot()
        lines = [f'{{"id":"gid://shopify/Collection/{n}","title":"c"}}'
                 for n in range(1, 101)]
        result = self.load("plain", lines, "--force-deletes", status=CONFIG)
        self.assertIn("the type of the first root is Collection", result.stderr)
        self.check_unchanged(before)
        self.check_no_staging()
        result = self.load("plain", lines, "--dry-run", status=CONFIG)
        self.assertIn("OTHER_QUERY", result.stderr)
        self.load("plain", lines + ['{"id":"gid://shopify/Product/1"}'],
                  "--force-deletes", "--force-nulls")
        self.load("plain", lines, "--any-query", "--force-deletes",
                  "--force-nulls")


class Packed(Kept):
    """Files that gzip compressed."""

    def setUp(self):
        super().setUp()
        self.kept, self.sidecar = self.keep("plain", PLAIN)
        self.whole = self.program.read(self.kept)
        self.packed = self.kept + ".gz"
        self.db.execute("DROP SCHEMA acme CASCADE; DROP SCHEMA bulkpg "
                        "CASCADE")

    def load_packed(self, data, *arguments, status=OK):
        self.program.file(self.packed, data)
        return self.run_program("load", "--types", self.types, "plain",
                                self.packed, *arguments, status=status)

    def test_compressed(self):
        self.load_packed(gzip.compress(self.whole))
        self.check_tables(PLAIN)
        self.assertEqual(len(self.whole), self.last_run()["bytes"])

    def test_the_sidecar_describes_the_uncompressed_file(self):
        """Counts and bytes in the sidecar are those of the file before
        compression."""
        for cut in (self.whole[:-30], self.whole + b"\n"):
            result = self.load_packed(gzip.compress(cut), status=FAILED)
            self.assertIn("WRONG_BYTES", result.stderr)
        self.query("plain", PLAIN.replace("title", "title handle"))
        self.load_packed(gzip.compress(self.whole), status=CONFIG)
        self.program.file(self.packed + ".meta.json", "{}")
        self.load_packed(gzip.compress(self.whole))
        lines = self.whole.count(b"\n")
        self.load_packed(gzip.compress(self.whole), "--objects", str(lines))
        self.load_packed(gzip.compress(self.whole), "--objects",
                         str(lines + 1), status=FAILED)

    def test_several_members(self):
        half = len(self.whole) // 2
        self.load_packed(gzip.compress(self.whole[:half])
                         + gzip.compress(self.whole[half:]) + bytes(512))
        self.check_tables(PLAIN)

    def test_from_a_pipe(self):
        """The first bytes arrive one by one."""
        data = gzip.compress(self.whole)
        reader, writer = os.pipe()
        running = self.program.start("load", "--types", self.types, "plain",
                                     "-", stdin=reader)
        os.close(reader)
        with os.fdopen(writer, "wb", buffering=0) as pipe:
            for n in range(20):
                pipe.write(data[n:n + 1])
            rest = memoryview(data)[20:]
            while rest:
                rest = rest[pipe.write(rest):]
        self.expect(running.wait(), OK)
        self.check_tables(PLAIN)

    def test_cut_off_or_damaged(self):
        data = gzip.compress(self.whole)
        self.load_packed(data)
        os.remove(os.path.join(self.program.directory, self.sidecar))
        before = self.snapshot()
        damaged = bytearray(data)
        damaged[-6] ^= 0xff  # a byte of the checksum
        for bad, words in ((data[:-1], "is cut off after"),
                           (data[:len(data) // 2], "is cut off after"),
                           (data[:2], "is cut off after"),
                           (bytes(damaged), "is damaged at byte"),
                           (data + b"x", "is damaged at byte")):
            result = self.load_packed(bad, status=FAILED)
            self.assertIn("BAD_GZIP", result.stderr)
            self.assertIn(words, result.stderr)
            self.assertIn(self.packed, result.stderr)
            self.check_unchanged(before)
            self.check_no_staging()
            self.load_packed(bad, "--dry-run", status=FAILED)

    def test_a_page_or_nothing_inside(self):
        os.remove(os.path.join(self.program.directory, self.sidecar))
        result = self.load_packed(gzip.compress(b"<html>"), status=FAILED)
        self.assertIn("FILE_NOT_JSONL", result.stderr)
        self.load_packed(gzip.compress(b""))

    def test_the_first_byte_of_gzip_alone(self):
        os.remove(os.path.join(self.program.directory, self.sidecar))
        for data in (b"\x1f", b"\x1f\n"):
            self.load_packed(data, status=PARTIAL)

    def test_memory_does_not_grow_with_the_content(self):
        """A file of 1 MiB that decompresses to 1 GiB of blanks."""
        pieces = gzip.compress(b" " * (1 << 20)) * 1024
        os.remove(os.path.join(self.program.directory, self.sidecar))
        self.program.file(self.packed, pieces)
        running = self.program.start("load", "--types", self.types,
                                     "--dry-run", "plain", self.packed)
        peak = running.wait_measuring()
        self.expect(running.result, PARTIAL)
        if not World.is_sanitized():
            self.assertLess(peak, 256 * 1024)
