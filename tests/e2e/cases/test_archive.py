"""[archive]: the results that runs leave, and loads of them."""
import json
import os
import re
import resource
import signal
import stat
import subprocess

from cases.queries import PLAIN, PRODUCT
from cases.test_citus import REFUSE
from cases.test_walk_faults import ISSUE, FaultCase
from cases.walks import FLAT
from harness.case import (CONFIG, FAILED, OK, PARTIAL, USAGE, Case, World,
                          long_run)
from harness.program import Program

# A frame of zstd begins so.
FRAME = b"\x28\xb5\x2f\xfd"
GIB = 1 << 30


def bomb(byte, size):
    """A zstd file of this many equal bytes: 4 bytes for each 128 KiB. The frame
    has neither a size nor a checksum, and a window of 128 KiB."""
    block = b"\x00\x10" + byte
    return (FRAME + b"\x00\x38" + (b"\x02" + block) * (size // (128 << 10) - 1)
            + b"\x03" + block)


def limit_files(size):
    """The disk is full after so many bytes of a file."""
    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    return limit


class Archive(Case):
    def setUp(self):
        super().setUp()
        self.configure()
        self.archive("archive")
        self.query("plain", PLAIN)

    def archive(self, folder, keep="30d"):
        text = self.program.read("bulkpg.ini").decode().split("[archive]")[0]
        self.program.file("bulkpg.ini", text + f"[archive]\ndir = {folder}\n"
                                               f"keep = {keep}\n")

    def path(self, name=""):
        return os.path.join(self.program.directory, "archive", name)

    def names(self):
        return sorted(os.listdir(self.path()))

    def state(self):
        return (self.rows("products", "id, title, updated_at", "id"),
                self.rows("products_variants", "_parent_id, id, sku, price",
                          "1, 2"))

    def run_id(self):
        return str(self.last_run()["run_id"])

    def new_data(self):
        self.change_now(type="Product", count=5, set={"title": "new"})
        self.change_now(type="Product", grow=3)

    # ---- what is in it ---------------------------------------------------

    def test_each_result_is_kept(self):
        self.run_program("run")
        name = f"acme.plain.{self.run_id()}.1.jsonl"
        self.assertEqual([name + ".meta.json", name + ".zst"], self.names())
        for one in self.names():
            mode = stat.S_IMODE(os.stat(self.path(one)).st_mode)
            self.assertEqual(0o600, mode, one)
        with open(self.path(name + ".meta.json"), encoding="utf-8") as file:
            about = json.load(file)
        self.assertIn("products", about["document"])
        self.assertEqual(self.last_run()["plan_hash"], about["planHash"])
        self.assertLess(os.path.getsize(self.path(name + ".zst")),
                        self.last_run()["bytes"] / 2)

    def test_the_report(self):
        self.query("other", PLAIN.replace("products", "others: products"))
        self.run_program("run")
        self.run_program("run", "plain")
        self.program.file("archive/notes.jsonl.zst", "")
        page = self.run_program("report").stdout
        self.assertIn("Folder archive: 3 results", page)
        rows = re.findall(r"<tr><td>acme</td><td>(plain|other)</td>"
                          r"<td[^>]*>(\d+)</td><td[^>]*>(\d+)</td>"
                          r"<td[^>]*>(\d+)</td><td>20", page)
        self.assertEqual(
            [(job, str(len(runs)), str(min(runs)), str(max(runs)))
             for job, runs in (
                 (job, self.db.column("SELECT run_id FROM bulkpg.run "
                                      f"WHERE job = '{job}'"))
                 for job in ("other", "plain"))], sorted(rows))
        self.archive("")
        self.assertNotIn("<h2>Archive</h2>",
                         self.run_program("report").stdout)
        self.archive("nowhere")
        self.assertIn("nowhere: 0 results", self.run_program("report").stdout)

    def test_status(self):
        self.assertEqual("archive archive: no results\n",
                         self.run_program("status").stdout)
        self.run_program("run")
        self.run_program("run")
        size = sum(os.path.getsize(self.path(one)) for one in self.names()
                   if one.endswith(".zst"))
        self.assertRegex(self.run_program("status").stdout,
                         r"\n\narchive archive: 2 results, [\d.]+ k?B, "
                         r"the oldest \d+[sm] ago\n$")
        self.assertNotIn("archive", self.run_program(
            "status", "--failed").stdout)
        archive = json.loads(self.run_program("status", "--json").stdout)[
            "archive"]
        self.assertRegex(archive.pop("oldest_at"), r"^20\d\d-.*Z$")
        self.assertEqual({"folder": "archive", "results": 2, "bytes": size},
                         archive)
        self.archive("nowhere")
        self.assertIn("\narchive nowhere: no results\n",
                      self.run_program("status").stdout)
        self.archive("")
        self.assertNotIn("archive", self.run_program("status").stdout)
        self.assertIsNone(json.loads(self.run_program(
            "status", "--json").stdout)["archive"])

    def test_with_a_copy_of_its_own(self):
        self.run_program("run", "--keep", "copies")
        self.assertEqual(2, len(self.names()))
        self.assertEqual(2, len(os.listdir(os.path.join(
            self.program.directory, "copies"))))

    # ---- loads of it -----------------------------------------------------

    def check_load_again(self):
        """The tables become those of an earlier run again."""
        self.run_program("run")
        first, before = self.run_id(), self.state()
        self.new_data()
        self.run_program("run")
        self.assertNotEqual(before, self.state())
        self.run_program("load", "plain", "--archive", first,
                         "--force-deletes")
        self.assertEqual(before, self.state())
        self.assertEqual("replay", self.last_run()["mode"])

    def test_load(self):
        self.check_load_again()

    def test_load_of_windows(self):
        self.slice()
        self.check_load_again()
        self.assertGreater(len(self.names()), 4)

    def slice(self, rows=20):
        self.query("plain", PLAIN.replace(
            "{", f"query @slice(rows: {rows}) {{", 1))

    def test_load_of_some_windows(self):
        """They say nothing about the rows of the others."""
        self.slice()
        self.run_program("run", "--keep", "kept")
        before = self.state()
        results = [one for one in self.names() if one.endswith(".zst")]
        self.assertLess(1, len(results))
        for name in results[1:]:
            os.unlink(self.path(name))
        result = self.run_program("load", "plain", "--archive", self.run_id())
        self.assertIn("REMOVES_NOTHING", result.stderr)
        self.assertEqual(before, self.state())
        self.run_program("load", "plain",
                         "kept/" + results[0][:-len(".zst")])
        self.assertEqual(before, self.state())
        self.run_program("load", "plain", "archive/" + results[0])
        self.assertEqual(before, self.state())

    def test_load_of_pages(self):
        self.query("plain", PLAIN.replace("{", "query @paged(first: 10) {", 1))
        self.check_load_again()

    def test_the_file_itself(self):
        self.run_program("run")
        before = self.state()
        name = next(one for one in self.names() if one.endswith(".zst"))
        self.new_data()
        self.run_program("run")
        self.run_program("load", "plain", "archive/" + name, "--force-deletes")
        self.assertEqual(before, self.state())
        with open(self.path(name), "rb") as file:
            self.expect(self.program.run("load", "plain", "-", stdin=file), OK)

    def test_the_result_of_another_query(self):
        self.run_program("run")
        run = self.run_id()
        self.query("plain", PLAIN.replace("title", "title vendor"))
        result = self.run_program("load", "plain", "--archive", run,
                                  status=CONFIG)
        self.assertIn("OTHER_QUERY", result.stderr)
        self.run_program("load", "plain", "--archive", run, "--any-query")

    def test_no_such_run(self):
        self.run_program("run")
        result = self.run_program("load", "plain", "--archive", "99",
                                  status=USAGE)
        self.assertIn("NO_ARCHIVE", result.stderr)
        self.run_program("load", "plain", "--archive", "0", status=USAGE)
        self.run_program("load", "plain", "x", "--archive", "1", status=USAGE)
        self.run_program("load", "plain", "--archive", "1", "--dry-run",
                         status=USAGE)
        self.archive("")
        result = self.run_program("load", "plain", "--archive", "1",
                                  status=USAGE)
        self.assertIn("no [archive]", result.stderr)

    def test_a_damaged_file(self):
        self.run_program("run")
        before = self.state()
        name = next(one for one in self.names() if one.endswith(".zst"))
        with open(self.path(name), "rb") as file:
            whole = file.read()
        broken = bytearray(whole)
        broken[len(whole) // 2] ^= 0xff
        for part in (whole[:-1], whole[:len(whole) // 2], bytes(broken),
                     whole + b"x"):
            self.program.file("part.zst", part)
            result = self.run_program("load", "plain", "part.zst",
                                      status=FAILED)
            self.assertIn("BAD_ZSTD", result.stderr)
            self.assertEqual(before, self.state())

    def test_a_large_window(self):
        """Of zstd --ultra and --long. The file is whole, but it takes more
        memory than a load may use."""
        self.run_program("run")
        before = self.state()
        block = b"\x03\x00\x10x"
        for log in 25, 27:
            self.program.file("long.zst", FRAME + b"\0"
                              + bytes([log - 10 << 3]) + block)
            result = self.run_program("load", "plain", "long.zst",
                                      status=FAILED)
            self.assertIn("ZSTD_WINDOW", result.stderr)
            self.assertIn("zstd -19", result.stderr)
            self.assertNotIn("damaged", result.stderr)
        self.assertEqual(before, self.state())

    def test_files_of_several_frames(self):
        """cat and pzstd write them. Rows that come twice are one."""
        self.run_program("run")
        before = self.state()
        name = next(one for one in self.names() if one.endswith(".zst"))
        with open(self.path(name), "rb") as file:
            whole = file.read()
        skipped = b"\x50\x2a\x4d\x18\x02\0\0\0xx"
        self.program.file("two.zst", skipped + whole + skipped + whole)
        self.run_program("load", "plain", "two.zst", "--force-deletes")
        self.assertEqual(before, self.state())
        self.assertEqual(2 * sum(map(len, before)), self.last_run()["lines"])
        self.program.file("part.zst", whole + whole[:-1])
        result = self.run_program("load", "plain", "part.zst", status=FAILED)
        self.assertIn("BAD_ZSTD", result.stderr)
        self.assertEqual(before, self.state())

    def check_bomb(self, path, *arguments):
        """It changes nothing, and takes little memory."""
        before = self.state()
        running = self.program.start("load", "plain", path, *arguments)
        peak = running.wait_measuring()
        self.assertIn(running.result.status, (PARTIAL, FAILED),
                      running.result)
        if not World.is_sanitized():
            self.assertLess(peak, 256 << 10)
        self.assertEqual(before, self.state())
        return running.result

    def test_a_small_file_that_becomes_large(self):
        self.run_program("run")
        size = 100 * GIB if long_run() else GIB
        for byte in b"\0", b"x", b"[":
            with self.subTest(byte=byte):
                self.program.file("bomb.zst", bomb(byte, size))
                self.check_bomb("bomb.zst", "--force-deletes")

    # ---- results that have only some of the roots ------------------------

    def fetch_changes(self, query, *arguments):
        """An incremental run, whose result is saved twice."""
        self.query("plain", query.replace("@", "@incremental @", 1)
                   if "@" in query
                   else query.replace("{", "query @incremental {", 1))
        self.run_program("run")
        self.change_now(type="Product", count=3, set={"title": "new"})
        self.run_program("run", "--keep", "kept", *arguments)
        self.assertEqual("incremental", self.last_run()["mode"])
        return self.run_id(), self.state()

    def check_keeps_all(self, before, *arguments):
        result = self.run_program("load", "plain", *arguments)
        self.assertIn("no rows are removed: the saved result has only a part "
                      "of the objects (from 20", result.stderr)
        self.assertEqual(0, self.last_run()["rows_deleted"])
        self.assertEqual(before, self.state())

    def check_changes(self, query, *arguments):
        run, before = self.fetch_changes(query, *arguments)
        copy = f"kept/acme.plain.{run}.1.jsonl"
        self.check_keeps_all(before, "--archive", run, "--full")
        self.run_program("load", "plain", "--archive", run)
        self.assertEqual(before, self.state())
        self.query("plain", query)
        self.check_keeps_all(before, "--archive", run)
        self.check_keeps_all(before, copy)
        about = json.loads(self.program.read(copy + ".meta.json"))
        self.assertTrue(about["window"].startswith("from 20"), about)

    def test_changes_say_nothing_about_the_other_rows(self):
        self.check_changes(PLAIN)

    def test_changes_that_are_read_by_pages(self):
        self.check_changes(PLAIN.replace("{", "query @paged(first: 10) {", 1))

    def test_changes_since_a_time(self):
        self.check_changes(PLAIN, "--since", "2020-01-01",
                           "--until", "2099-01-01")

    def test_one_window_without_slice(self):
        self.slice()
        self.run_program("run")
        run, before = self.run_id(), self.state()
        results = [one for one in self.names() if one.endswith(".zst")]
        for name in results[:1] + results[2:]:
            os.unlink(self.path(name))
        self.query("plain", PLAIN)
        self.check_keeps_all(before, "--archive", run)

    def test_copies_of_objects_by_their_ids(self):
        self.run_program("run")
        before = self.state()
        self.program.file("ids", f"{before[0][0][0]}\n")
        self.run_program("run", "plain", "--ids", "ids", "--keep", "kept")
        result = self.run_program("load", "plain",
                                  f"kept/acme.plain.{self.run_id()}.1.jsonl")
        self.assertIn("(objects by their ids)", result.stderr)
        self.assertEqual(before, self.state())

    # ---- the sidecar -----------------------------------------------------

    def sidecar(self, change=None):
        """Change the sidecar of the last run, or remove it."""
        name = f"acme.plain.{self.run_id()}.1.jsonl.meta.json"
        if change is None:
            os.unlink(self.path(name))
            return
        with open(self.path(name), encoding="utf-8") as file:
            about = {**json.load(file), **change}
        self.program.file("archive/" + name, json.dumps(about))

    def test_a_result_without_a_sidecar(self):
        """Nothing says whether it is whole."""
        self.run_program("run")
        run, before = self.run_id(), self.state()
        self.sidecar()
        result = self.run_program("load", "plain", "--archive", run,
                                  status=CONFIG)
        self.assertIn("has no sidecar", result.stderr)
        self.assertEqual(before, self.state())
        self.run_program("load", "plain", "--archive", run, "--any-query")
        self.assertEqual(before, self.state())

    def test_a_sidecar_that_is_wrong(self):
        self.run_program("run")
        run, before = self.run_id(), self.state()
        for change, status, said in (
                ({"fileSize": "7"}, FAILED, "WRONG_BYTES"),
                ({"objectCount": "1"}, FAILED, "WRONG_LINES"),
                ({"objectCount": "-1"}, CONFIG, "BAD_JSON"),
                ({"fileSize": {}}, CONFIG, "BAD_JSON"),
                ({"planHash": "\x1b[2J\n"}, CONFIG, "OTHER_QUERY"),
                ({"partial": "\x1b[2J\nx" * 1000}, PARTIAL,
                 "PARTIAL_RESULT")):
            with self.subTest(change=str(change)[:40]):
                name = f"archive/acme.plain.{run}.1.jsonl.meta.json"
                kept = self.program.read(name)
                self.sidecar(change)
                result = self.run_program("load", "plain", "--archive", run,
                                          status=status)
                self.assertIn(said, result.stderr)
                self.assertNotIn("\x1b", result.output)
                self.assertEqual(before, self.state())
                self.program.file(name, kept)
                self.db.execute(f"DELETE FROM bulkpg.run WHERE run_id > {run}")

    def test_pages_that_are_missing(self):
        """Each page is compressed apart, so that a file that ends after one
        of them is not damaged."""
        self.query("plain", PLAIN.replace("{", "query @paged(first: 10) {", 1))
        self.run_program("run")
        run, before = self.run_id(), self.state()
        name = next(one for one in self.names() if one.endswith(".zst"))
        with open(self.path(name), "rb") as file:
            whole = file.read()
        pages = whole.split(FRAME)
        self.assertLess(4, len(pages))
        self.program.file("archive/" + name, FRAME.join(pages[:3]))
        result = self.run_program("load", "plain", "--archive", run,
                                  "--force-deletes", status=FAILED)
        self.assertIn("WRONG_BYTES", result.stderr)
        self.assertEqual(before, self.state())
        self.program.file("archive/" + name, whole)
        self.run_program("load", "plain", "--archive", run)
        self.assertEqual(before, self.state())

    # ---- what is not in it -----------------------------------------------

    def test_objects_by_their_ids(self):
        """A load of them would remove all others."""
        self.run_program("run")
        before = self.names()
        ids = self.db.column("SELECT id::text FROM acme.products ORDER BY id")
        self.program.file("ids", "\n".join(ids[:3]) + "\n")
        self.run_program("run", "plain", "--ids", "ids")
        self.assertEqual("ids", self.last_run()["mode"])
        self.assertEqual(before, self.names())
        self.run_program("load", "plain", "--archive", self.run_id(),
                         status=USAGE)

    # ---- what cannot be kept ---------------------------------------------

    def test_a_folder_that_cannot_be_written_to(self):
        self.archive("queries/plain.graphql")
        result = self.run_program("run")
        self.assertIn("NOT_ARCHIVED", result.stderr)
        self.check_tables(PLAIN)

    def test_a_full_disk(self):
        """The disk is full while the result is written."""
        result = subprocess.run(
            [self.program.path, "run"], cwd=self.program.directory,
            env=self.program.environment, preexec_fn=limit_files(1000),
            stdin=subprocess.DEVNULL, capture_output=True, check=False)
        self.assertEqual(OK, result.returncode, result)
        self.assertIn(b"NOT_ARCHIVED", result.stderr)
        self.assertEqual([], self.names())
        self.check_tables(PLAIN)

    def test_old_results_are_removed(self):
        self.run_program("run")
        kept = ["notes.jsonl.zst", "acme.plain.x.1.jsonl.zst", "1.1.jsonl.zst"]
        for name in kept:
            self.program.file("archive/" + name, "")
        for name in os.listdir(self.path()):
            os.utime(self.path(name), (1, 1))
        self.run_program("run")
        last = f"acme.plain.{self.run_id()}.1.jsonl"
        self.assertEqual(sorted([*kept, last + ".meta.json", last + ".zst"]),
                         self.names())

    def test_results_get_older_from_their_runs_end(self):
        """The first window was downloaded long before the last one."""
        self.slice()
        self.shop.rule({"hold": True}, kind="storage", nth=2)
        running = self.program.start("run")
        self.wait_for(lambda: self.shop.get("held") > 0 and any(
            one.endswith(".zst") for one in self.names()))
        early = [one for one in self.names() if not one.endswith(".part")]
        for name in early:
            os.utime(self.path(name), (1, 1))
        self.shop.post("rules/clear")
        self.expect(running.wait(), OK)
        self.assertLessEqual(set(early), set(self.names()))
        for name in early:
            self.assertGreater(os.stat(self.path(name)).st_mtime, 1)

    def another_database(self):
        """Its dsn."""
        name = self.db.name + "_other"
        self.db.execute(f"CREATE DATABASE {name} TEMPLATE template0")
        self.addCleanup(lambda: self.db.execute(
            f"DROP DATABASE {name} WITH (FORCE)"))
        return self.db.dsn.replace(self.db.name, name)

    def test_two_databases_with_one_folder(self):
        """Runs of two databases may have the same number. The files of one of
        them stay whole."""
        other = Program(World.program)
        self.addCleanup(other.remove)
        other.configure(self.another_database(), [self.shop.stores["acme"]])
        other.file("bulkpg.ini", other.read("bulkpg.ini").decode()
                   + f"[archive]\ndir = {self.path()}\n")
        other.query("plain", PLAIN)
        self.shop.rule({"hold": True}, kind="storage")
        running = self.program.start("run")
        self.wait_for(lambda: self.shop.get("held") > 0)
        self.expect(other.run("run"), OK)
        before = self.names()
        self.assertEqual(2, len(before))
        self.shop.post("rules/clear")
        result = running.wait()
        self.expect(result, OK)
        self.assertIn("NOT_ARCHIVED", result.stderr)
        self.assertEqual(before, self.names())
        self.check_tables(PLAIN)
        self.run_program("load", "plain", "--archive", self.run_id())
        self.check_tables(PLAIN)

    def test_two_jobs_at_once(self):
        self.query("other", PLAIN.replace("products", "others: products"))
        self.shop.rule({"hold": True}, kind="storage", times=2)
        running = [self.program.start("run", job) for job in ("plain", "other")]
        self.wait_for(lambda: self.shop.get("held") == 2)
        self.assertEqual(2, len(self.names()))
        self.shop.post("rules/clear")
        for one in running:
            result = one.wait()
            self.expect(result, OK)
            self.assertNotIn("NOT_ARCHIVED", result.stderr)
        self.assertEqual(4, len(self.names()))

    def test_a_killed_run_leaves_a_part(self):
        self.shop.rule({"hold": True}, kind="storage")
        running = self.program.start("run")
        self.wait_for(lambda: self.shop.get("held") > 0)
        running.signal(signal.SIGKILL)
        running.wait()
        self.shop.post("rules/clear")
        self.run_program("run")
        self.assertEqual([], [one for one in self.names()
                              if one.endswith(".part")])
        self.assertEqual(2, len(self.names()))


class Walks(FaultCase):
    """Results of runs that read pages of an API."""

    def setUp(self):
        super().setUp()
        self.prepare()
        self.archive()

    def archive(self):
        text = self.program.read("bulkpg.ini").decode()
        self.program.file("bulkpg.ini", text + "[archive]\ndir = archive\n")

    def names(self):
        folder = os.path.join(self.program.directory, "archive")
        return sorted(os.listdir(folder)) if os.path.isdir(folder) else []

    def load_last(self, *arguments, status=OK):
        run = str(self.last_run(store="github")["run_id"])
        return self.run_program("load", "--store", "github", "rows",
                                "--archive", run, *arguments, status=status)

    def issues(self):
        return self.db.rows("SELECT id, number, title FROM "
                            "github.repository_issues ORDER BY number")

    def check_removes_nothing(self, why, status=PARTIAL):
        """Neither the walk nor a load of it removes the row that is gone."""
        before = self.issues()
        self.walk("github", status=status)
        self.assertEqual(before, self.issues())
        self.calm()
        result = self.load_last("--force-deletes", status=PARTIAL)
        self.assertIn("PARTIAL_RESULT", result.stderr)
        self.assertIn(why, result.stderr)
        self.assertEqual(before, self.issues())
        self.assertEqual(0, self.last_run(store="github")["rows_deleted"])

    def remove_last(self):
        gone = self.db.column("SELECT id FROM github.repository_issues "
                              "ORDER BY number DESC LIMIT 1")
        self.control("change", api="github", ids=gone, delete=True)

    def test_a_walk_that_is_not_proven(self):
        self.first()
        self.remove_last()
        self.twist(**ISSUE, total="+1")
        self.check_removes_nothing("could not prove")

    def test_a_walk_with_null_rows(self):
        self.first()
        self.remove_last()
        self.twist(times=1, **ISSUE, **{"as": "null"})
        self.check_removes_nothing("sent null")

    def test_a_walk_with_a_row_that_the_api_cannot_give(self):
        """The row is not in the archive, but it exists."""
        self.first()
        bad = self.db.column("SELECT id FROM github.repository_issues "
                             "ORDER BY number")[7]
        self.twist(type="Issue", field="title", ids=[bad],
                   fail={"message": "this row is broken", "code": "X"})
        self.check_removes_nothing("could not return rows of "
                                   "repository.issues (1)")
        self.walk("github")
        self.check_right()

    def test_a_full_disk(self):
        """It is full after some pages."""
        result = subprocess.run(
            [self.program.path, "run", "--store", "github"],
            cwd=self.program.directory, env=self.program.environment,
            preexec_fn=limit_files(700), stdin=subprocess.DEVNULL,
            capture_output=True, check=False)
        self.assertEqual(OK, result.returncode, result)
        self.assertIn(b"NOT_ARCHIVED", result.stderr)
        self.assertEqual([], self.names())
        self.check_right()

    def test_a_query_for_only_some_rows(self):
        self.first()
        self.query("rows", FLAT.replace("issues {", "issues(first: 3) {"),
                   "github")
        self.check_removes_nothing("only some rows", status=OK)

    def test_a_load_that_is_retried(self):
        """The archive continues after the pages that are committed."""
        self.db.execute(REFUSE.replace("NEW.id = ", "NEW.number = ").format(
            times=1, code="40P01", number=13))
        result = self.walk("github")
        self.assertIn("retrying the load", result.stderr)
        self.assertNotIn("NOT_ARCHIVED", result.stderr)
        self.assertEqual([".json", ".zst"],
                         [os.path.splitext(one)[1] for one in self.names()])
        before = self.issues()
        self.db.execute("DELETE FROM github.repository_issues "
                        "WHERE number < 20")
        self.load_last()
        self.assertEqual(before, self.issues())

    def test_a_run_that_is_stopped_leaves_no_part(self):
        self.fault({"hold": True}, nth=4, times=-1)
        running = self.program.start("run", "--store", "github")
        self.wait_for(lambda: self.graph.get("held") > 0
                      and any(one.endswith(".part") for one in self.names()))
        running.signal(signal.SIGINT)
        self.wait_for(lambda: running.has_said("stop")
                      or not running.is_alive())
        self.calm()
        running.wait()
        self.assertEqual([], self.names())
        self.walk("github")
        self.check_right()

    def test_a_whole_walk(self):
        self.first()
        self.remove_last()
        self.walk("github")
        before = self.issues()
        self.load_last("--force-deletes")
        self.assertEqual(before, self.issues())
        self.check_right()

    def test_a_part_that_was_killed_before_the_query_had_a_mask(self):
        """It has the values in plain."""
        self.fault({"hold": True}, nth=3, times=-1)
        running = self.program.start("run", "--store", "github")
        self.wait_for(lambda: self.graph.get("held") > 0
                      or not running.is_alive())
        running.signal(signal.SIGKILL)
        running.wait()
        self.calm()
        self.assertEqual([True], [one.endswith(".zst.part")
                                  for one in self.names()])
        self.query("rows", FLAT.replace("title", "title @mask(how: NULL)"),
                   "github")
        self.walk("github", "--dry-run")
        self.assertEqual(1, len(self.names()))
        self.walk("github")
        self.assertEqual([], self.names())


class Operations(Case):
    """load --operation: the result of an operation of another program."""

    def setUp(self):
        super().setUp()
        self.configure()
        self.query("plain", PLAIN)
        self.run_program("run")
        self.gid = self.last_run()["operation_id"]
        if self.gid is None:
            self.gid = self.db.value("SELECT operation_id AS v FROM "
                                     "bulkpg.operation LIMIT 1")
        self.db.execute("DROP SCHEMA acme CASCADE; DROP SCHEMA bulkpg CASCADE")

    def test_its_result_is_loaded(self):
        self.run_program("load", "plain", "--operation", self.gid)
        self.check_tables(PLAIN)
        self.assertEqual("replay", self.last_run()["mode"])
        self.run_program("load", "plain", "--operation",
                         self.gid.rsplit("/", 1)[1])
        self.assertEqual(1, len([one for one in self.shop.log()
                                 if one["kind"] == "run"]))

    def test_an_operation_that_does_not_exist(self):
        result = self.run_program("load", "plain", "--operation", "1",
                                  status=FAILED)
        self.assertIn("UNKNOWN_OPERATION", result.stderr)
        self.run_program("load", "plain", "--operation", "x", status=USAGE)

    def test_an_operation_that_failed(self):
        self.shop.set(outcome={"status": "FAILED",
                               "error_code": "INTERNAL_SERVER_ERROR"})
        self.program.run("run")
        self.shop.set(outcome=None)
        gid = self.db.value("SELECT operation_id AS v FROM bulkpg.operation "
                            "ORDER BY run_id DESC, n DESC LIMIT 1")
        result = self.run_program("load", "plain", "--operation", gid,
                                  status=FAILED)
        self.assertIn("only the whole result", result.stderr)


class PartialResults(Case):
    """run --accept-partial: what a failed operation fetched."""

    def setUp(self):
        super().setUp()
        self.configure()
        self.query("plain", PLAIN)

    def fail_operations(self, partial=True):
        self.shop.set(outcome={"status": "FAILED", "partial_data": partial,
                               "error_code": "INTERNAL_SERVER_ERROR"})

    def test_it_is_not_loaded_without_the_option(self):
        self.fail_operations()
        result = self.run_program("run", status=FAILED)
        self.assertIn("INTERNAL_SERVER_ERROR", result.stderr)

    def test_rows_are_written_and_none_removed(self):
        self.query("plain", PLAIN.replace("{", "query @history {", 1))
        self.run_program("run")
        before = self.db.value("SELECT count(*) AS v FROM acme.products")
        self.assertEqual((before, 0), self.versions())
        last = self.db.rows("SELECT high, last_full FROM bulkpg.watermark")
        gone = self.db.column("SELECT id FROM acme.products ORDER BY id DESC "
                              "LIMIT 2")
        self.change_now(ids=[PRODUCT + str(one) for one in gone], delete=True)
        self.change_now(type="Product", count=3, set={"title": "new"})
        self.fail_operations()
        result = self.run_program("run", "--accept-partial", status=PARTIAL)
        self.assertIn("PARTIAL_RESULT", result.stderr)
        self.assertEqual(before, self.db.value(
            "SELECT count(*) AS v FROM acme.products"))
        self.assertEqual(3, self.db.value("SELECT count(*) AS v FROM "
                                          "acme.products WHERE title = 'new'"))
        # A new version closes the one before it, and nothing else is closed.
        self.assertEqual((before + 3, 3), self.versions())
        self.assertEqual(gone, self.db.column(f"""
            SELECT id FROM acme.products_history WHERE _valid_to IS NULL
            AND id IN ({gone[0]}, {gone[1]}) ORDER BY id DESC"""))
        self.assertEqual(last, self.db.rows(
            "SELECT high, last_full FROM bulkpg.watermark"))
        run = self.last_run()
        self.assertEqual(("loaded_with_rejects", "PARTIAL_RESULT"),
                         (run["status"], run["error_code"]))
        self.expect(self.program.run("status", "--failed"), FAILED)
        self.shop.set(outcome=None)
        self.run_program("run")
        self.assertEqual((before + 3, 5), self.versions())
        self.check_tables(PLAIN, besides=["products_history",
                                          "products_variants_history"])

    def versions(self):
        """How many versions there are, and how many of them are closed."""
        one = self.db.row("SELECT count(*) AS v, count(_valid_to) AS closed "
                          "FROM acme.products_history")
        return one["v"], one["closed"]

    def test_a_whole_result_after_it(self):
        """The URLs of the partial result have expired, so the operation is
        submitted again."""
        self.shop.next(url_lifetime_s=0, outcome={
            "status": "FAILED", "partial_data": True, "error_code": "TIMEOUT"})
        result = self.run_program("run", "--accept-partial")
        self.assertIn("reading the partial result", result.stderr)
        self.assertEqual("loaded", self.status())
        self.check_tables(PLAIN)

    def test_a_window_that_times_out_is_halved_first(self):
        self.query("plain", PLAIN.replace("{", "query @slice(rows: 30) {", 1))
        self.shop.next(contains="created_at:<", outcome={
            "status": "FAILED", "partial_data": True, "error_code": "TIMEOUT"})
        result = self.run_program("run", "--accept-partial")
        self.assertIn("halving the window", result.stderr)
        self.assertEqual("loaded", self.status())
        self.check_tables(PLAIN)

    def test_a_window_with_fewer_roots_than_the_store_counts(self):
        roots = "query @slice(rows: 30) { products { edges { node { id title " \
            "} } } }"
        self.query("plain", roots)
        self.run_program("run")
        before = self.rows("products")
        self.change_now(type="Product", count=60, set={"title": "new"})
        self.shop.rule(
            {"outcome": {"status": "FAILED", "partial_data": True,
                         "error_code": "INTERNAL_SERVER_ERROR"},
             "edits": [{"line": 1, "delete": True}] * 5},
            times=4, kind="operation", contains='"created_at:<')
        result = self.run_program("run", "--accept-partial", status=PARTIAL)
        self.assertIn("PARTIAL_RESULT", result.stderr)
        self.assertEqual(len(before), len(self.rows("products")))
        self.assertEqual(len(before) - 5, self.db.value(
            "SELECT count(*) AS v FROM acme.products WHERE title = 'new'"))

    def answer_polls(self, *answers):
        """The last of the answers has no end."""
        self.shop.post("rules", [{
            "match": {"kind": "poll"}, "nth": 1,
            "times": -1 if answer is answers[-1] else 1,
            "action": {"status": 200, "body": {"data": {
                "bulkOperation": answer}}}} for answer in answers])

    def test_the_store_cannot_be_asked_for_it(self):
        """The run tells how the operation failed."""
        self.shop.set(duration_ms=600000)
        running = self.program.start("run", "--accept-partial")
        self.wait_for(lambda: self.requests(kind="poll"))
        self.answer_polls({
            "id": self.shop.operations()[-1]["id"], "status": "FAILED",
            "errorCode": "TIMEOUT", "createdAt": "2025-06-01T00:00:00Z",
            "completedAt": "2025-06-01T00:01:00Z", "objectCount": "7",
            "rootObjectCount": "3", "fileSize": None, "url": None,
            "partialDataUrl": None}, None)
        result = running.wait()
        self.expect(result, FAILED)
        self.assertIn("TIMEOUT", result.stderr)
        self.assertEqual("TIMEOUT", self.last_run()["error_code"])

    def test_there_is_none(self):
        self.fail_operations(partial=False)
        result = self.run_program("run", "--accept-partial", status=FAILED)
        self.assertIn("INTERNAL_SERVER_ERROR", result.stderr)
