"""run --dry-run: everything but the commit."""
import json
import os
import re
import signal

from cases.queries import PLAIN, PRODUCTS
from cases.test_events import names, read_events
from cases.test_pending import PendingCase
from harness.case import AGAIN, CONFIG, FAILED, OK
from harness.cluster import Held
from harness.walk_case import WalkCase

INCREMENTAL = PLAIN.replace("{", "query @incremental {", 1)
PAGED = PLAIN.replace("{", "query @paged(first: 20) {", 1)

# What a dry run may write, beside its own row and the rows of its operations.
ABOUT_STORES = ("store", "graphql_type", "query_type")


def with_mode(mode, query=PLAIN):
    return query.replace("{", f"query @deletes(mode: {mode}) {{", 1)


class DryCase(WalkCase):
    """One job whose tables exist, and whose data have changed."""

    def prepare(self, query=PLAIN, job="products", **how):
        self.configure(**how)
        self.query(job, query)
        self.run_program("run", job)
        self.ids = self.db.column(f"SELECT id FROM acme.{job} ORDER BY id")

    def change_rows(self):
        self.change(store="acme", type="Product", count=3,
                    set={"title": "changed"})
        self.change(store="acme", type="Product", **{"from": 20}, count=2,
                    delete=True)
        self.db.execute("DELETE FROM acme.products WHERE id IN "
                        f"({self.ids[40]}, {self.ids[41]})")

    def journal(self):
        """All rows of the journal, without dry runs."""
        tables = self.db.column(
            "SELECT c.relname FROM pg_class c WHERE c.relnamespace = "
            "'bulkpg'::regnamespace AND c.relkind = 'r' ORDER BY 1")
        skip = ("WHERE run_id NOT IN (SELECT run_id FROM bulkpg.run "
                "WHERE status = 'dry')")
        known = ("run", "operation", "reject", "run_table", "walk",
                 "frontier")
        return {one: sorted(map(str, self.db.rows(
            f"SELECT * FROM bulkpg.{one} {skip if one in known else ''}")))
            for one in tables if one not in ABOUT_STORES}

    def dry(self, *arguments, status=OK, **how):
        """A dry run, which must change nothing."""
        before = self.snapshot(), self.journal(), self.listing()
        result = self.run_program("run", "--dry-run", *arguments,
                                  status=status, **how)
        self.check_unchanged(before[0])
        self.assertEqual(before[1], self.journal())
        self.assertEqual(before[2], self.listing())
        self.check_no_staging()
        return result

    def listing(self):
        """What status says, without ages."""
        return [(one["run_id"], one["status"], one["last_good_at"])
                for one in json.loads(self.run_program(
                    "status", "--json").stdout)["runs"]]

    def counts(self, output):
        """The lines of the table of counts: {table: numbers}."""
        found = {}
        for line in output.splitlines():
            words = line.split()
            if re.match(r"acme\.\w+( +\d+){4}$", line):
                found[words[0]] = tuple(map(int, words[1:]))
        return found

    def check_it_happens(self, result, *arguments):
        """The real run changes exactly what the dry run said."""
        said = self.counts(result.stdout)
        self.assertTrue(said)
        real = self.run_program("run", *arguments)
        self.assertEqual(said, self.counts(real.stdout))
        return said

    def row(self):
        """The row of the newest run."""
        return self.db.row("SELECT * FROM bulkpg.run ORDER BY run_id DESC "
                           "LIMIT 1")


class Changes(DryCase):
    def test_what_it_says_happens(self):
        self.prepare()
        self.change_rows()
        result = self.dry()
        row = self.row()
        self.assertEqual(("dry", "full", 2, 3), (
            row["status"], row["mode"], row["rows_inserted"],
            row["rows_updated"]))
        self.assertIsNotNone(row["finished_at"])
        self.assertRegex(result.stdout, r"acme/products +0 +\d+\.\d  dry run")
        said = self.check_it_happens(result)
        self.assertEqual((2, 3, 2), said["acme.products"][:3])
        self.assertIn("acme.products inserted, for example: "
                      f"{self.ids[40]}, {self.ids[41]}\n", result.stdout)
        self.assertIn("acme.products updated, for example: "
                      f"{self.ids[0]}, {self.ids[1]}, {self.ids[2]}\n",
                      result.stdout)
        self.assertIn("acme.products deleted, for example: "
                      f"{self.ids[20]}, {self.ids[21]}\n", result.stdout)
        self.assertRegex(result.stdout, "acme.products_variants deleted, "
                         rf"for example: {self.ids[20]}/\d+")
        self.check_tables(PLAIN)

    def test_deferred_constraints_are_checked(self):
        """A run finds out at its COMMIT."""
        self.prepare()
        self.db.execute(
            "CREATE TABLE public.fav (p bigint REFERENCES acme.products (id) "
            "DEFERRABLE INITIALLY DEFERRED); "
            f"INSERT INTO public.fav VALUES ({self.ids[20]})")
        self.change_rows()
        failed = self.dry(status=FAILED)
        self.assertIn("fav_p_fkey", failed.stderr)
        self.assertEqual("23503", self.row()["error_code"])
        real = self.run_program("run", status=FAILED)
        self.assertIn("fav_p_fkey", real.stderr)
        self.db.execute("DROP TABLE public.fav")
        self.check_it_happens(self.dry())

    def test_every_table_and_way(self):
        """With and without the comparison of hashes."""
        for memory in ("64MB", "0"):
            with self.subTest(memory):
                self.prepare(PRODUCTS,
                             tuning=f"compare_memory = {memory}\n")
                self.change_rows()
                self.check_it_happens(self.dry())
                self.check_tables(PRODUCTS)
                self.dry()
                self.assertEqual([0] * 3, [
                    self.row()[f"rows_{one}"]
                    for one in ("inserted", "updated", "deleted")])

    def test_rows_are_marked_or_kept(self):
        for mode, deleted in (("SOFT", 2), ("KEEP", 0), ("HARD", 2)):
            with self.subTest(mode):
                job = "products"
                self.db.execute("DROP SCHEMA IF EXISTS acme CASCADE; "
                                "DROP SCHEMA IF EXISTS bulkpg CASCADE")
                self.shop.post("reset")
                self.prepare(with_mode(mode), job)
                self.change_rows()
                said = self.check_it_happens(self.dry())
                self.assertEqual(deleted, said["acme.products"][2])

    def test_an_incremental_run(self):
        self.prepare(INCREMENTAL)
        self.change_now(type="Product", count=2, set={"title": "x"})
        result = self.dry()
        self.assertEqual("incremental", self.row()["mode"])
        said = self.check_it_happens(result)
        self.assertEqual((0, 2, 0), said["acme.products"][:3])

    def test_everything(self):
        """--full does not decide whether the next run is incremental."""
        self.prepare(INCREMENTAL)
        self.change_rows()
        result = self.dry("--full")
        self.assertEqual(("full", "asked"), (self.row()["mode"],
                                             self.row()["mode_reason"]))
        self.check_it_happens(result, "--full")

    def test_pages(self):
        self.prepare(PAGED)
        self.change_rows()
        result = self.dry()
        self.check_no_frontier()
        said = self.check_it_happens(result)
        self.assertEqual((2, 3, 2), said["acme.products"][:3])

    def test_ids(self):
        self.prepare()
        self.change_rows()
        self.program.file("ids", "\n".join(
            str(self.ids[one]) for one in (0, 1, 20)))
        result = self.dry("products", "--ids", "ids")
        self.assertEqual("ids", self.row()["mode"])
        said = self.check_it_happens(result, "products", "--ids", "ids")
        self.assertEqual((0, 2, 1), said["acme.products"][:3])

    def test_history(self):
        query = PLAIN.replace("{", "query @history {", 1)
        self.prepare(query)
        self.change_rows()
        versions = self.rows("products_history")
        result = self.dry()
        self.assertEqual(versions, self.rows("products_history"))
        self.check_it_happens(result)
        self.assertNotEqual(versions, self.rows("products_history"))

    def test_triggers_and_rules(self):
        """Triggers run; what they do is rolled back, too."""
        self.prepare()
        self.db.execute(
            "CREATE TABLE public.log (id bigint); CREATE FUNCTION "
            "public.note() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN "
            "INSERT INTO public.log VALUES (coalesce(NEW.id, OLD.id)); "
            "RETURN NULL; END$$; CREATE TRIGGER note AFTER INSERT OR UPDATE "
            "OR DELETE ON acme.products FOR EACH ROW EXECUTE FUNCTION "
            "public.note()")
        self.db.execute(
            "CREATE RULE note AS ON DELETE TO acme.products_variants DO ALSO "
            "INSERT INTO public.log VALUES (OLD.id)")
        self.change_rows()
        before = self.rows("log", schema="public")
        result = self.dry()
        self.assertEqual(before, self.rows("log", schema="public"))
        self.assertIn("acme.products updated, for example: ", result.stdout)
        self.assertNotIn("acme.products_variants deleted, for",
                         result.stdout)
        self.check_it_happens(result)
        self.assertNotEqual(before, self.rows("log", schema="public"))

    def test_events(self):
        self.prepare()
        self.change_rows()
        events = read_events(self, self.dry("--json"))
        self.assertEqual(["submitted", "result", "would_change",
                          "would_change", "loaded", "summary"],
                         names(events))
        self.assertNotIn("inserted", events[3])
        self.assertEqual(("acme", "products", 2, 3, 2), (
            events[2]["schema"], events[2]["table"],
            events[2]["rows_inserted"], events[2]["rows_updated"],
            events[2]["rows_deleted"]))
        self.assertEqual(f"{self.ids[20]}, {self.ids[21]}",
                         events[2]["deleted"])
        self.assertEqual(("dry", self.row()["run_id"]), (
            events[4]["status"], events[4]["run_id"]))
        self.assertEqual((1, 0, 0, 1), tuple(
            events[5][one] for one in ("jobs", "loaded", "failed", "dry")))

    def test_nothing_is_archived(self):
        self.configure()
        self.program.file("bulkpg.ini", self.program.read("bulkpg.ini")
                          .decode() + "\n[archive]\ndir = archive\n")
        self.query("products", PLAIN)
        self.run_program("run")
        before = self.names("archive")
        self.assertEqual(2, len(before))
        self.dry()
        self.assertEqual(before, self.names("archive"))
        self.dry("--keep", "kept")
        self.assertEqual(2, len(self.names("kept")))

    def names(self, folder):
        return sorted(os.listdir(os.path.join(self.program.directory,
                                              folder)))


class Statements(DryCase):
    def test_a_first_run(self):
        """It makes the journal and its row, and nothing else."""
        self.configure()
        self.query("products", PLAIN)
        result = self.run_program("run", "--dry-run")
        for text in ('CREATE SCHEMA "acme";', 'CREATE TABLE "acme"."products" (',
                     'CREATE TABLE "acme"."products_variants" (',
                     "acme/products: a run would first execute",
                     "tables must change"):
            self.assertIn(text, result.stdout)
        self.assertEqual(["bulkpg"], self.db.column(
            "SELECT nspname FROM pg_namespace WHERE nspname NOT LIKE 'pg\\_%' "
            "AND nspname NOT IN ('public', 'information_schema')"))
        self.assertEqual([], self.requests(kind="run"))
        row = self.row()
        self.assertEqual(("dry", "full", "first", None), (
            row["status"], row["mode"], row["mode_reason"],
            row["error_code"]))
        for table in ("watermark", "relation", "operation", "run_table"):
            self.assertEqual([], self.rows(table, schema="bulkpg"))
        self.db.execute(result.stdout[:result.stdout.index("\njob ")])
        self.db.execute("DROP SCHEMA acme CASCADE")
        self.run_program("run")
        self.assertEqual(("loaded", "first"), (self.row()["status"],
                                               self.row()["mode_reason"]))
        self.check_tables(PLAIN)

    def test_a_new_column(self):
        self.prepare()
        self.query("products", PLAIN.replace("title", "title vendor"))
        events = read_events(self, self.dry("--json"))
        self.assertEqual(["ddl", "summary"], names(events))
        self.assertIn('ADD COLUMN "vendor" text', events[0]["sql"])
        self.assertEqual(1, len(self.requests(kind="run")))
        self.run_program("run")
        self.assertEqual(1, self.db.value(
            "SELECT count(*) AS v FROM pg_attribute WHERE attname = 'vendor' "
            "AND attrelid = 'acme.products'::regclass"))

    def test_a_lost_column(self):
        """The watermark's last_full stays."""
        self.prepare(INCREMENTAL)
        self.db.execute("ALTER TABLE acme.products DROP COLUMN title")
        result = self.dry()
        self.assertIn('ADD COLUMN "title"', result.stdout)

    def test_a_history(self):
        self.prepare()
        self.query("products", PLAIN.replace("{", "query @history {", 1))
        self.assertIn("products_history", self.dry().stdout)

    def test_a_value_is_too_wide(self):
        """Only the result shows that a column must change."""
        self.prepare()
        self.query("products", PLAIN.replace("title", "title "
                                             "legacyResourceId"))
        self.run_program("run")
        self.change(store="acme", type="Product", count=1,
                    set={"legacyResourceId": "99999999999999999999"})
        result = self.dry()
        self.assertRegex(result.stdout, "legacy_resource_id.*numeric")
        self.assertEqual("dry", self.row()["status"])
        self.run_program("run")
        self.assertEqual("numeric", self.type_of("products",
                                                 "legacy_resource_id"))


class Guards(DryCase):
    def test_too_many_rows_would_be_removed(self):
        self.prepare(tuning="max_delete_fraction = 0.01\n")
        self.change_rows()
        result = self.dry(status=FAILED)
        self.assertIn("TOO_MANY_DELETES", result.stdout)
        self.assertIn("would fail", result.stdout)
        self.assertEqual((2, 3, 2),
                         self.counts(result.stdout)["acme.products"][:3])
        row = self.row()
        self.assertEqual(("dry", "TOO_MANY_DELETES"), (row["status"],
                                                       row["error_code"]))
        self.assertIsNotNone(row["remedy"])
        events = read_events(self, self.dry("--json", status=FAILED))
        self.assertEqual(["loaded", "failed", "summary"], names(events)[-3:])
        self.assertEqual(1, events[-1]["failed"])
        self.run_program("run", status=FAILED)
        self.check_it_happens(self.dry("--force-deletes"), "--force-deletes")

    def test_an_empty_result(self):
        self.prepare()
        self.change(store="acme", type="Product", count=len(self.ids),
                    delete=True)
        result = self.dry(status=FAILED)
        self.assertIn("NO_ROOTS", result.stdout)
        self.assertEqual(len(self.ids),
                         self.counts(result.stdout)["acme.products"][2])

    def test_all_may_go(self):
        """@deletes(all: true) has no guard."""
        self.prepare(PLAIN.replace("{", "query @deletes(all: true) {", 1))
        self.change(store="acme", type="Product", count=len(self.ids),
                    delete=True)
        said = self.check_it_happens(self.dry())
        self.assertEqual(len(self.ids), said["acme.products"][2])
        self.assertEqual([], self.rows("products"))

    def test_a_column_that_became_null(self):
        self.prepare()
        self.change(store="acme", type="ProductVariant", count=10000,
                    set={"sku": None})
        result = self.dry(status=FAILED)
        self.assertIn("COLUMN_NULL", result.stdout)
        self.assertIn("acme.products_variants updated", result.stdout)

    def test_a_failure_is_no_row_of_the_job(self):
        """The store refuses the query."""
        self.prepare()
        self.shop.rule({"status": 403}, kind="run")
        before = self.listing()
        self.program.run("run", "--dry-run")
        row = self.row()
        self.assertEqual("dry", row["status"])
        self.assertIsNotNone(row["error_code"])
        self.assertEqual(before, self.listing())
        self.assertIn('job="products",status="loaded"', "".join(
            self.metrics()))

    def metrics(self):
        self.run_program("status", "--metrics", "metrics.prom")
        return self.program.read("metrics.prom").decode().splitlines(True)

    def test_a_job_that_does_not_begin(self):
        """It has no row."""
        self.prepare()
        self.query("products", "{ nothing { id } }")
        self.dry(status=CONFIG)
        self.assertEqual("loaded", self.row()["status"])


class Earlier(DryCase):
    """A dry run leaves a run alone that can be resumed."""

    def start_until(self, *arguments, at="polling"):
        running = self.program.start("run", *arguments)
        self.wait_for(lambda: self.row()["status"] == at and
                      self.shop.operations()[-1]["status"] == "RUNNING"
                      or not running.is_alive())
        return running

    def test_a_bulk_operation_is_resumed(self):
        self.prepare()
        self.change_rows()
        self.shop.set(outcome={"never": True})
        running = self.start_until()
        running.signal(signal.SIGTERM)
        self.assertEqual(AGAIN, running.wait().status)
        interrupted = self.row()
        self.assertEqual("interrupted", interrupted["status"])
        self.shop.set(outcome=None)
        self.shop.post("operation", {"store": "acme", "status": "COMPLETED"})
        self.dry()
        self.assertEqual("dry", self.row()["status"])
        self.run_program("run")
        self.assertEqual(("loaded", 1), tuple(self.db.row(
            "SELECT status, resumed FROM bulkpg.run WHERE run_id = "
            f"{interrupted['run_id']}").values()))
        self.assertEqual(interrupted["run_id"] + 1, self.row()["run_id"])
        self.check_tables(PLAIN)

    def test_pages_are_resumed(self):
        self.prepare(PAGED)
        self.change_rows()
        self.shop.rule({"hold": True}, nth=2, times=-1, kind="query",
                       contains="products(")
        running = self.program.start("run", "--keep", "kept")
        self.wait_for(lambda: self.shop.get("held") > 0 and self.db.value(
            "SELECT count(*) AS v FROM bulkpg.frontier") > 0
            or not running.is_alive())
        running.signal(signal.SIGKILL)
        running.wait()
        self.shop.post("rules/clear")
        interrupted = self.row()["run_id"]
        frontier = self.rows("frontier", schema="bulkpg")
        self.run_program("run", "--dry-run", "--keep", "kept")
        self.assertEqual("dry", self.row()["status"])
        self.assertEqual(frontier, self.rows("frontier", schema="bulkpg"))
        self.run_program("run", "--keep", "kept")
        self.assertEqual(("loaded", 1), tuple(self.db.row(
            "SELECT status, resumed FROM bulkpg.run WHERE run_id = "
            f"{interrupted}").values()))
        self.check_no_staging()

    def test_a_dry_run_is_not_resumed(self):
        """It was killed; the next run cancels its operation."""
        self.prepare()
        self.change_rows()
        before = self.snapshot()
        self.shop.set(outcome={"never": True})
        running = self.start_until("--dry-run", at="dry")
        running.signal(signal.SIGKILL)
        running.wait()
        killed = self.row()
        self.check_unchanged(before)
        self.assertEqual(("dry", None), (killed["status"],
                                         killed["finished_at"]))
        self.assertEqual("loaded", self.listing()[0][1])
        self.shop.set(outcome=None)
        self.run_program("run")
        self.assertEqual(("loaded", 0), (self.row()["status"],
                                         self.row()["resumed"]))
        self.assertEqual("dry", self.db.value(
            "SELECT status AS v FROM bulkpg.run WHERE run_id = "
            f"{killed['run_id']}"))
        self.check_tables(PLAIN)
        self.check_no_staging()

    def test_a_signal(self):
        self.prepare()
        self.shop.set(outcome={"never": True})
        running = self.start_until("--dry-run", at="dry")
        running.signal(signal.SIGTERM)
        self.assertEqual(AGAIN, running.wait().status)
        row = self.row()
        self.assertEqual("dry", row["status"])
        self.assertIsNotNone(row["finished_at"])
        self.check_nothing_runs()

    def check_nothing_runs(self):
        """At the store, where each operation takes a slot."""
        left = {one["status"] for one in self.shop.operations()}
        self.assertIn(left, ({"COMPLETED", "CANCELED"},
                             {"COMPLETED", "CANCELING"}))

    def test_the_database_ends_the_connection(self):
        """No later run continues a dry run."""
        self.prepare()
        self.shop.set(outcome={"never": True})
        running = self.start_until("--dry-run", at="dry")
        self.db.execute("SELECT pg_terminate_backend(pid) FROM "
                        "pg_stat_activity WHERE application_name LIKE "
                        "'bulkpg%' AND datname = current_database()")
        self.assertNotEqual(OK, running.wait().status)
        self.check_nothing_runs()

    def test_cancel(self):
        self.prepare()
        self.shop.set(outcome={"never": True})
        running = self.start_until("--dry-run", at="dry")
        self.run_program("cancel", "products")
        self.assertNotEqual(OK, running.wait().status)
        self.assertEqual(("dry", "CANCELED"), (self.row()["status"],
                                               self.row()["error_code"]))

    def test_killed_in_the_merge(self):
        """The merge waits for a lock. The tables stay; the next run drops the
        staging tables."""
        self.prepare()
        self.change_rows()
        before = self.snapshot()
        holder = Held(self.db, "UPDATE acme.products SET title = title "
                      f"WHERE id = {self.ids[0]}")
        running = self.program.start("run", "--dry-run")
        self.wait_for(lambda: self.db.value(
            "SELECT count(*) AS v FROM pg_stat_activity WHERE "
            "wait_event_type = 'Lock' AND application_name LIKE "
            "'bulkpg run %'") > 0 or not running.is_alive())
        self.assertTrue(running.is_alive())
        running.signal(signal.SIGKILL)
        running.wait()
        holder.release()
        self.run_program("run")
        self.check_tables(PLAIN)
        self.check_no_staging()
        self.assertNotEqual(before, self.snapshot())


class Others(PendingCase):
    """What else reads the journal."""

    def test_pending_objects_stay(self):
        self.prepare()
        self.pend(*self.ids[:3])
        self.run_program("run", "--dry-run")
        self.assertEqual(self.ids[:3], self.pending())
        self.run_due("--dry-run")
        self.assertEqual(self.ids[:3], self.pending())
        self.assertEqual(["full loaded", "full dry"], self.modes())

    def test_a_dry_run_is_not_a_good_run(self):
        self.prepare()
        self.db.execute("UPDATE bulkpg.run SET started_at = now() - interval "
                        "'2 days', finished_at = now() - interval '2 days'")
        self.run_program("run", "--dry-run", "--due")
        self.run_program("run", "--dry-run", "--older-than", "20h")
        self.assertEqual(["full loaded", "full dry", "full dry"],
                         self.modes())
        self.assertIn("late", self.run_program("status").stdout)
        self.run_due()
        self.assertEqual("full loaded", self.modes()[-1])

    def test_the_report_leaves_them_out(self):
        self.prepare()
        self.run_program("run", "--dry-run")
        page = self.run_program("report").stdout
        self.assertNotIn(">dry<", page)
        self.assertEqual(["loaded"], self.db.column(
            "SELECT DISTINCT last_status FROM bulkpg.freshness"))

    def test_old_dry_runs_are_removed(self):
        self.prepare()
        self.run_program("run", "--dry-run")
        self.db.execute("UPDATE bulkpg.run SET started_at = now() - interval "
                        "'8 days', finished_at = CASE WHEN status = 'loaded' "
                        "THEN now() END")
        self.run_program("run", "--dry-run")
        self.assertEqual(["full loaded", "full dry"], self.modes())


class Denied(DryCase):
    def test_a_field_that_is_denied(self):
        """The job restarts without it, and has two rows."""
        self.prepare(PLAIN.replace("title", "title vendor @optional"))
        self.shop.rule({"body": {"errors": [{
            "message": "Access denied for vendor field. Required access: "
                       "`read_vendors` access scope.",
            "path": ["bulkOperationRunQuery"],
            "extensions": {"code": "ACCESS_DENIED"}}]}}, kind="run")
        result = self.dry()
        self.assertIn("restarting the job without the denied fields",
                      result.stderr)
        self.assertEqual([("loaded", None, True),
                          ("dry", "ACCESS_DENIED", True),
                          ("dry", None, True)],
                         self.rows("run", "status, error_code, finished_at "
                                   "IS NOT NULL", "run_id", schema="bulkpg"))

    def test_values_that_are_to_be_masked(self):
        self.prepare()
        self.query("products", PLAIN.replace(
            "title", "title @mask(how: NULL)"))
        result = self.dry("--remask")
        self.assertIn("tables must change", result.stdout)
