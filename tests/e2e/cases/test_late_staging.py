"""Staging of small tables is created when the first row must be sent."""
import json
import re

from cases.test_known_rows import lines, product
from harness.case import AGAIN, OK, PARTIAL, Case
from harness.cluster import Held
from harness.waits import Waits

QUERY = """{ products { edges { node { title
  variants { edges { node { sku } } } } } } }"""

# Which tables were created, by transactions that were committed.
RECORD = """
CREATE SCHEMA test;
CREATE TABLE test.made (name text);
CREATE FUNCTION test.record() RETURNS event_trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO test.made SELECT object_identity
  FROM pg_event_trigger_ddl_commands() WHERE object_type = 'table';
END $$;
CREATE EVENT TRIGGER record ON ddl_command_end EXECUTE FUNCTION test.record();
"""

# Another process takes the run over, as soon as the status `loading` commits.
TAKE_OVER = """
CREATE SCHEMA test;
CREATE FUNCTION test.take_over() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE bulkpg.run SET resumed = resumed + 1 WHERE run_id = NEW.run_id;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER take_over AFTER UPDATE ON bulkpg.run
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
WHEN (NEW.status = 'loading' AND OLD.status <> 'loading')
EXECUTE FUNCTION test.take_over();
"""

# Waits of a run in which nothing changed.
UNCHANGED = 11


class LateStaging(Case):
    def setUp(self):
        super().setUp()
        self.configure()
        self.query("q", QUERY)

    def load_lines(self, what, *arguments, **how):
        return self.load("q", [json.dumps(line) for line in what],
                         "-v", *arguments, **how)

    def load_first(self, count=20):
        self.load_lines(lines(count))
        self.db.execute(RECORD)

    def made(self):
        """The tables that were created since the last call, without schema and
        run."""
        names = self.db.column("SELECT name FROM test.made ORDER BY name")
        self.db.execute("DELETE FROM test.made")
        return [re.sub(r"acme\._stage_[0-9]+_", "", name) for name in names]

    def counts(self):
        run = self.last_run()
        return tuple(run["rows_" + name] for name in (
            "inserted", "updated", "deleted", "unchanged"))

    # ---- what is created -------------------------------------------------

    def test_nothing_if_nothing_changed(self):
        self.load_first()
        self.load_lines(lines(20))
        self.assertEqual([], self.made())
        self.assertEqual((0, 0, 0, 40), self.counts())

    def test_no_staging_if_rows_are_only_removed(self):
        self.load_first()
        self.load_lines(lines(18))
        self.assertEqual(["1_hashes", "2_hashes"], self.made())
        self.assertEqual((0, 0, 4, 36), self.counts())
        self.assertEqual([(18,)], self.rows("products", "max(id)"))
        self.check_no_staging()

    def test_all_of_staging_for_one_row(self):
        self.load_first()
        self.load_lines(lines(19) + [product(20, "b")] + lines(20)[39:])
        self.assertEqual(["1", "1_changes", "2", "2_changes"], self.made())
        self.assertEqual((0, 1, 0, 39), self.counts())
        self.check_no_staging()

    def test_no_staging_for_rejects(self):
        self.load_first()
        self.load("q", [json.dumps(line) for line in lines(19)] + ["no json"],
                  status=PARTIAL)
        self.assertEqual([], self.made())
        self.assertEqual((0, 0, 0, 38), self.counts())

    def test_a_table_without_rows(self):
        """Its first rows may have keys that come twice."""
        what = [line for line in lines(20) if "sku" not in line]
        for line in what:
            line["bulkpg_c2"]["count"] = 0
        self.load_lines(what)
        self.db.execute(RECORD)
        self.load_lines(what)
        self.assertEqual([], self.made())
        result = self.load_lines(lines(20) + lines(20)[-1:])
        self.assertEqual([(20,)], self.rows("products_variants", "count(*)"))
        self.assertEqual([(20,)], self.rows("products", "count(*)"))
        self.assertEqual(1, self.last_run()["duplicates"], result)

    def test_staging_is_private(self):
        self.load_first()
        self.db.execute("ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO "
                        "PUBLIC")
        self.addCleanup(self.db.execute, "ALTER DEFAULT PRIVILEGES REVOKE "
                        "SELECT ON TABLES FROM PUBLIC")
        self.load_lines(lines(19) + [product(20, "b")] + lines(20)[39:])
        self.assertEqual((0, 1, 0, 39), self.counts())
        self.check_no_staging()

    # ---- others --------------------------------------------------------------

    def test_another_session_has_locked_the_table(self):
        """The hashes are read by the load's own session, which waits."""
        self.load_first()
        with Held(self.db, "LOCK TABLE acme.products"):
            running = self.program.start("load", "--store", "acme", "--types",
                                         self.types, "q", "lines.jsonl")
            self.wait_for(lambda: self.db.value(
                "SELECT count(*) > 0 AS v FROM pg_locks JOIN pg_stat_activity "
                "USING (pid) WHERE NOT granted AND application_name LIKE "
                "'bulkpg run %'"))
        self.expect(running.wait(), OK)
        self.assertEqual((0, 0, 0, 40), self.counts())
        self.check_no_staging()


class LateStagingOfRuns(Case):
    """A run that downloads its result."""

    def setUp(self):
        super().setUp()
        self.shop.set(created_ms=0, duration_ms=0)
        self.configure()
        self.query("q", QUERY)
        self.run_program("run")

    def test_waits_if_nothing_changed(self):
        far = Waits(self.db)
        self.addCleanup(far.close)
        running = self.program.start("run", "--full", "--dsn", far.dsn)
        far.follow(running)
        self.expect(running.wait(), OK)
        far.close()
        self.assertLessEqual(far.count, UNCHANGED)

    def test_the_run_is_taken_over_before_the_first_row_is_sent(self):
        """The fence is in the transaction that creates staging."""
        ids = self.change(store="acme", type="Product", count=1,
                          set={"title": "x"}, **{"from": 30})
        self.assertEqual(1, len(ids))
        before = self.snapshot()
        self.db.execute(TAKE_OVER)
        result = self.run_program("run", "--full", status=AGAIN)
        self.assertIn("TAKEN_OVER", result.stderr)
        self.check_no_staging()
        self.check_unchanged(before)
