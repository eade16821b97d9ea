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

# How many sessions a load has when it merges.
SESSIONS = """
CREATE TABLE test.sessions (n bigint);
CREATE FUNCTION test.count() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO test.sessions SELECT count(*) FROM pg_stat_activity
  WHERE application_name LIKE 'bulkpg run %'
    AND datname = current_database()
    AND backend_start >= (SELECT max(started_at) FROM bulkpg.run);
  RETURN NULL;
END $$;
CREATE TRIGGER count AFTER UPDATE ON acme.products FOR EACH STATEMENT
EXECUTE FUNCTION test.count();
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

    # ---- more rows than expected ---------------------------------------------

    def count_sessions(self):
        """Note how many sessions the load has when it merges."""
        self.configure(database="connections = 3")
        self.db.execute(SESSIONS)

    def sessions(self):
        return self.db.column("SELECT DISTINCT n FROM test.sessions")

    def test_the_statistics_are_wrong(self):
        """The hashes are read, and there are too many."""
        self.load_first(1500)
        self.db.execute("UPDATE pg_class SET reltuples = 10 WHERE relnamespace "
                        "= to_regnamespace('acme') AND relkind = 'r'")
        self.count_sessions()
        self.load_lines(lines(1500, title="b"))
        self.assertEqual((0, 1500, 0, 1500), self.counts())
        self.assertEqual([3], self.sessions())

    def test_few_rows_have_one_connection(self):
        self.load_first(20)
        self.count_sessions()
        self.load_lines(lines(20, title="b"))
        self.assertEqual([1], self.sessions())

    def test_many_rows_after_few(self):
        """The other connections are opened while the rows are sent."""
        self.load_first(20)
        self.count_sessions()
        self.load_lines(lines(30000, title="b"))
        self.assertEqual((59960, 20, 0, 20), self.counts())
        self.assertEqual([3], self.sessions())

    # ---- copies of pages -----------------------------------------------------

    def paged_lines(self, count):
        """A product with variants, as cut from a page."""
        gid = "gid://shopify/"
        parent = gid + "Product/1"
        return [{"bulkpg_t1": True, "id": parent, "title": "a"}] + [
            {"bulkpg_t2": True, "id": f"{gid}ProductVariant/{n}",
             "sku": f"s{n}", "__parentId": parent}
            for n in range(1, count + 1)]

    def test_a_line_that_removes_rows_before_any_was_sent(self):
        """A row that came unchanged, and was not sent, is removed: so all rows
        are sent."""
        self.query("q", QUERY.replace("{ products", "query @paged { products"))
        self.load_lines(self.paged_lines(40))
        self.db.execute(RECORD)
        self.load_lines(self.paged_lines(40))
        self.assertEqual([], self.made())
        removal = {"bulkpg_removes": {"connection": 1, "id": None,
                                      "parent": "gid://shopify/Product/1"}}
        result = self.load_lines(self.paged_lines(40) + [removal] +
                                 self.paged_lines(39)[1:])
        self.assertIn("NOT_COMPARED", result.stderr)
        self.assertEqual((0, 0, 1, 40), self.counts())
        self.assertEqual([(39, 39)], self.rows("products_variants",
                                               "count(*), max(id)"))
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
