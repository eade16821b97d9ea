"""A database that fails: bulkpg retries temporary errors and reports others."""
import json
import os
import signal
import time

from cases.queries import PLAIN, PRODUCT
from harness.case import AGAIN, FAILED, OK, Case, joined, long_run
from harness.cut import Cut

# Disk full, statement canceled, deadlock, serialization failure, object in use.
PASSING = ["53100", "57014", "40P01", "40001", "55006"]

# A function that fails with each of these codes in turn, then succeeds. A
# sequence counts the calls, because a rollback does not reset it.
FAILING = """
CREATE SCHEMA e2e;
CREATE SEQUENCE e2e.tries;
CREATE FUNCTION e2e.fail() RETURNS {kind} LANGUAGE plpgsql AS $$
DECLARE
  codes text[] := '{{{codes}}}';
  code text := codes[nextval('e2e.tries')];
BEGIN
  IF code IS NOT NULL THEN
    RAISE EXCEPTION 'made by the test' USING ERRCODE = code;
  END IF;
  {then}
END $$;
"""

IN_THE_MERGE = """
CREATE TRIGGER fail AFTER UPDATE ON acme.products
FOR EACH STATEMENT EXECUTE FUNCTION e2e.fail();
"""

# Fails on staging tables, which are created during the run.
IN_THE_STREAM = """
CREATE FUNCTION e2e.watch() RETURNS event_trigger LANGUAGE plpgsql AS $$
DECLARE made record;
BEGIN
  FOR made IN SELECT * FROM pg_event_trigger_ddl_commands() LOOP
    EXECUTE format('CREATE TRIGGER fail BEFORE INSERT ON %s FOR EACH '
                   'STATEMENT EXECUTE FUNCTION e2e.fail()',
                   made.object_identity);
  END LOOP;
END $$;
CREATE EVENT TRIGGER watch ON ddl_command_end WHEN TAG IN ('CREATE TABLE')
EXECUTE FUNCTION e2e.watch();
"""

ON_COMMAND = """
CREATE EVENT TRIGGER fail ON ddl_command_start WHEN TAG IN ('{tag}')
EXECUTE FUNCTION e2e.fail();
"""


class Database(Case):
    def setUp(self):
        super().setUp()
        # All rows are sent, so that errors meet them.
        self.configure(tuning="compare_memory = 0")
        self.query("job", PLAIN)

    def fail(self, codes=None, where=None, kind="trigger"):
        """Make the database fail with these codes. Without `where` this is
        TestCase.fail()."""
        if where is None:
            super().fail(codes)
        then = "RETURN NULL;" if kind == "trigger" else ""
        self.db.execute(FAILING.format(codes=",".join(codes), kind=kind,
                                       then=then) + where)

    def tries(self):
        return self.db.value("SELECT last_value FROM e2e.tries")

    def downloads(self):
        return len(self.requests(kind="storage"))


class Passing(Database):
    """Temporary errors: bulkpg retries until it succeeds."""

    def check_run(self, query=PLAIN, downloads=1):
        before = self.downloads()
        result = self.run_program("run")
        for code in PASSING:
            self.assertIn(code, result.stderr)
        self.assertLess(len(PASSING), self.tries())
        self.assertEqual(downloads, self.downloads() - before)
        self.check_tables(query)
        self.check_no_staging()

    def test_in_the_merge(self):
        """Staging is still there, so nothing is downloaded again."""
        self.run_program("run")
        self.change(store="acme", type="Product", count=5,
                    set={"title": "changed"})
        self.fail(PASSING, IN_THE_MERGE)
        self.check_run()

    def test_in_a_change_of_tables(self):
        self.run_program("run")
        wider = PLAIN.replace("title", "title handle")
        self.query("job", wider)
        self.fail(PASSING, ON_COMMAND.format(tag="ALTER TABLE"),
                  "event_trigger")
        self.check_run(wider)

    def test_when_staging_is_made(self):
        self.run_program("run")
        self.fail(PASSING, ON_COMMAND.format(tag="CREATE TABLE"),
                  "event_trigger")
        self.check_run()

    def test_while_rows_stream(self):
        self.run_program("run")
        twice = [code for code in PASSING for _ in ("products", "variants")]
        self.fail(twice, IN_THE_STREAM)
        self.check_run(downloads=1 + len(PASSING))


class Lasting(Database):
    """Lasting errors: the tables stay as they were, and no staging is left."""

    def check_given_up(self, code, status, run_status):
        self.configure(tuning="retry_budget = 300ms")
        self.run_program("run")
        self.change(store="acme", type="Product", count=5,
                    set={"title": "changed"})
        before = self.snapshot()
        self.fail([code] * 100, IN_THE_MERGE)
        result = self.run_program("run", status=status)
        self.assertIn("made by the test", result.stderr)
        self.assertIn(code, result.stderr)
        self.check_unchanged(before)
        self.check_no_staging()
        self.assertEqual((run_status, code), (self.last_run()["status"],
                                              self.last_run()["error_code"]))
        self.db.execute("DROP SCHEMA e2e CASCADE")
        self.run_program("run")
        self.check_tables(PLAIN)

    def test_a_disk_that_is_full_in_every_try(self):
        self.check_given_up("53100", AGAIN, "interrupted")
        self.assertEqual(2, len(self.shop.operations()))

    def test_a_permanent_error(self):
        self.check_given_up("P0001", FAILED, "failed")

    def test_a_disk_that_is_full(self):
        """A real file system of one megabyte, which staging fills."""
        folder = self.db.cluster.small_disk("1m")
        if folder is None:
            self.skipTest("no right to mount a file system")
        self.addCleanup(self.db.cluster.no_small_disk)
        self.configure(tuning="retry_budget = 300ms")
        self.run_program("run")
        before = self.snapshot()
        self.db.execute(f"CREATE TABLESPACE e2e_full LOCATION '{folder}'")
        self.addCleanup(self.db.execute, "DROP TABLESPACE e2e_full")
        there = f"ALTER DATABASE {self.db.name} %s default_tablespace"
        self.db.execute(there % "SET" + " = e2e_full")
        self.addCleanup(self.db.execute, there % "RESET")
        self.change(store="acme", type="Product", grow=5000)
        result = self.run_program("run", status=AGAIN)
        self.assertIn("53100", result.stderr)
        self.check_unchanged(before)
        self.check_no_staging()


class Connections(Database):
    """Methods that the cases below share."""

    def through_proxy(self, **how):
        self.proxy = Cut(self.db)
        self.addCleanup(self.proxy.end)
        self.program.configure(self.proxy.dsn, [self.shop.stores["acme"]],
                               **how)

    def start_slowly(self):
        """Start a run whose first merge takes long; wait until it merges."""
        self.run_program("run")
        self.change(store="acme", type="Product", count=5,
                    set={"title": "changed"})
        return self.start_merge(20, "run")

    def start_merge(self, seconds, *arguments):
        self.db.execute(
            "CREATE SCHEMA e2e; CREATE SEQUENCE e2e.tries; "
            "CREATE FUNCTION e2e.wait() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN IF nextval('e2e.tries') = 1 THEN PERFORM "
            f"pg_sleep({seconds}); END IF; RETURN NULL; END $$; "
            "CREATE TRIGGER wait BEFORE UPDATE ON acme.products FOR EACH "
            "STATEMENT EXECUTE FUNCTION e2e.wait()")
        return self.start_asleep(*arguments)

    def start_asleep(self, *arguments):
        running = self.program.start(*arguments)
        self.wait_for(lambda: self.backends("AND wait_event = 'PgSleep'"))
        return running

    def start_streaming(self):
        """Start a run whose first download is slow; wait until it loads."""
        self.shop.set(bytes_per_second=5000, chunk_bytes=4096)
        running = self.program.start("run")
        self.wait_for(lambda: self.proxy.has("bulkpg run"))
        return running

    def backends(self, more="", name="bulkpg run"):
        return self.db.column(
            "SELECT pid FROM pg_stat_activity WHERE datname = "
            f"current_database() AND application_name LIKE '{name}%' {more}")

    def check_end(self, running, *statuses):
        self.shop.set(bytes_per_second=0)
        result = running.wait()
        self.assertIn(result.status, statuses, result)
        if result.status != OK:
            self.run_program("run")
        self.check_tables(PLAIN)
        self.check_no_staging()
        return result


class Lost(Connections):
    """Sessions that are ended or cut, while loading and while merging."""

    def test_a_backend_is_ended_in_the_merge(self):
        running = self.start_slowly()
        self.db.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE "
            "application_name LIKE 'bulkpg run%' AND datname = "
            "current_database()")
        result = self.check_end(running, OK)
        self.assertIn("57P01", result.stderr)
        self.assertEqual(2, self.tries())

    def test_a_statement_is_canceled_in_the_merge(self):
        running = self.start_slowly()
        self.db.execute(
            "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE "
            "application_name LIKE 'bulkpg run%' AND datname = "
            "current_database()")
        self.check_end(running, OK)
        self.assertEqual(2, self.downloads())

    def test_all_backends_are_ended_in_the_merge(self):
        running = self.start_slowly()
        self.db.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE "
            "application_name LIKE 'bulkpg%' AND datname = "
            "current_database()")
        self.check_end(running, OK, AGAIN)

    def test_cut_in_the_merge(self):
        self.through_proxy()
        running = self.start_slowly()
        self.assertEqual(1, self.proxy.cut("bulkpg run"))
        self.check_end(running, OK)

    def test_cut_in_the_stream(self):
        self.through_proxy()
        running = self.start_streaming()
        self.assertEqual(1, self.proxy.cut("bulkpg run"))
        self.check_end(running, OK)
        self.assertEqual(1, len(self.shop.operations()))

    def test_all_are_cut_in_the_stream(self):
        self.through_proxy()
        running = self.start_streaming()
        self.assertEqual(2, self.proxy.cut())
        self.check_end(running, OK, AGAIN)


class Silence(Connections):
    """A server that works for long, or does not answer. These tests load files,
    because the same limit applies to a store's answers."""

    QUIET = "stall_timeout = 1s"

    def prepare(self, titles):
        """Write a file of products with these titles; returns the arguments
        that load it."""
        self.program.file("lines.jsonl", joined(
            json.dumps({"id": f"{PRODUCT}{n}", "title": title})
            for n, title in enumerate(titles)))
        return ("load", "--store", "acme", "--types", self.types, "job",
                "lines.jsonl")

    def check_titles(self, titles):
        self.assertEqual([(one,) for one in titles],
                         self.rows("products", "title", "id"))
        self.check_no_staging()

    def test_a_long_merge_is_waited_for(self):
        """Another session shows that the server is working."""
        self.configure(tuning="stall_timeout = 3s")
        self.run_program(*self.prepare(["a"]))
        running = self.start_merge(7, *self.prepare(["b"]))
        self.expect(running.wait(), OK)
        self.assertEqual(1, self.tries())
        self.check_titles(["b"])

    def test_a_server_that_stops_answering_in_the_merge(self):
        """It does not answer a second connection either, so bulkpg gives up
        its session."""
        self.through_proxy(tuning=self.QUIET)
        self.run_program(*self.prepare(["a"]))
        running = self.start_merge(600, *self.prepare(["b"]))
        self.proxy.freeze()
        result = running.wait()
        self.expect(result, AGAIN)
        self.assertIn("does not answer", result.stderr)
        self.proxy.thaw()
        self.db.end_backends("bulkpg run%")
        self.run_program(*self.prepare(["c"]))
        self.check_titles(["c"])

    test_a_server_that_stops_answering_in_the_merge.weight = 8

    def start_hanging(self):
        """Start a load whose first batch never ends; wait until it hangs."""
        self.configure(tuning=self.QUIET)
        self.run_program(*self.prepare([]))  # creates the journal
        self.db.execute(FAILING.format(
            codes="", kind="trigger", then="IF currval('e2e.tries') = 1 THEN "
            "PERFORM pg_sleep(600); END IF; RETURN NULL;") + IN_THE_STREAM)
        return self.start_asleep(*self.prepare(["a"]))

    def end_hanging(self, result, status=OK):
        self.expect(result, status)
        self.assertIn("does not answer", result.stderr)
        self.db.execute("DROP SCHEMA e2e CASCADE")
        self.run_program(*self.prepare(["a", "b"]))
        self.check_titles(["a", "b"])

    def test_a_batch_that_never_ends(self):
        """The server answers others, but this batch takes too long."""
        self.end_hanging(self.start_hanging().wait())

    def test_a_backend_that_is_stopped(self):
        """The stopped session cannot be ended, and it locks its staging."""
        if not long_run():
            self.skipTest("E2E_LONG=1 runs it")
        running = self.start_hanging()
        (backend,) = self.backends()
        os.kill(backend, signal.SIGSTOP)
        try:
            result = running.wait()
        finally:
            os.kill(backend, signal.SIGCONT)
        self.assertIn("cannot drop staging; the next run of the job drops it",
                      result.stderr)
        self.end_hanging(result, AGAIN)
