"""What Citus requires of a client, as far as a server without Citus can test
it: one statement per message, settings that workers must receive, many batches
in one transaction, and the errors of a lost worker."""
from cases.queries import PLAIN
from harness.case import FAILED, PARTIAL, Case

# Makes the server look as if it had the extension.
PRETEND = """
SET allow_system_table_mods = on;
INSERT INTO pg_extension (oid, extname, extowner, extnamespace, extrelocatable,
                          extversion)
SELECT 4242, 'citus', 10, 11, false, '13.2'
"""
PRETEND_NO_MORE = """
SET allow_system_table_mods = on;
DELETE FROM pg_extension WHERE extname = 'citus'
"""

# Records each DDL command, its message, and the settings in effect.
WATCH = """
CREATE SCHEMA e2e;
CREATE TABLE e2e.seen (n serial, tag text, message text, sharding text,
                       propagated text, lock_timeout text);
CREATE FUNCTION e2e.look() RETURNS event_trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO e2e.seen (tag, message, sharding, propagated, lock_timeout)
  VALUES (tg_tag, current_query(),
          current_setting('citus.enable_schema_based_sharding', true),
          current_setting('citus.propagate_set_commands', true),
          current_setting('lock_timeout'));
END $$;
CREATE EVENT TRIGGER look ON ddl_command_start EXECUTE FUNCTION e2e.look()
"""

# Makes product {number} fail in staging, the first {times} times.
REFUSE = """
CREATE SCHEMA e2e;
CREATE SEQUENCE e2e.tries;
CREATE FUNCTION e2e.refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.id = {number} AND nextval('e2e.tries') <= {times} THEN
    RAISE EXCEPTION 'made by the test' USING ERRCODE = '{code}';
  END IF;
  RETURN NEW;
END $$;
CREATE FUNCTION e2e.watch() RETURNS event_trigger LANGUAGE plpgsql AS $$
DECLARE made record;
BEGIN
  FOR made IN SELECT * FROM pg_event_trigger_ddl_commands()
              WHERE object_identity ~ '_stage_[0-9]+_1"?$' LOOP
    EXECUTE format('CREATE TRIGGER refuse BEFORE INSERT ON %s FOR EACH ROW '
                   'EXECUTE FUNCTION e2e.refuse()', made.object_identity);
  END LOOP;
END $$;
CREATE EVENT TRIGGER watch ON ddl_command_end WHEN TAG IN ('CREATE TABLE')
EXECUTE FUNCTION e2e.watch()
"""

# A merge that loses a worker, or whose COMMIT does, {times} times.
LOSE_A_WORKER = """
CREATE SCHEMA e2e;
CREATE SEQUENCE e2e.tries;
CREATE FUNCTION e2e.lose() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF nextval('e2e.tries') <= {times} THEN
    RAISE EXCEPTION 'connection to the remote node failed'
    USING ERRCODE = '{code}';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER lose AFTER UPDATE ON acme.products {when}
FOR EACH ROW EXECUTE FUNCTION e2e.lose()
"""
AT_ONCE = "NOT DEFERRABLE"
AT_COMMIT = "DEFERRABLE INITIALLY DEFERRED"

ROWS = 2500  # of batches of 500


def lines(count=ROWS):
    return [f'{{"id":"gid://shopify/Product/{n}","title":"t{n}"}}'
            for n in range(1, count + 1)]


class Citus(Case):
    def setUp(self):
        super().setUp()
        self.configure()
        self.query("job", PLAIN)

    def pretend(self):
        self.db.execute(PRETEND)
        self.addCleanup(self.db.execute, PRETEND_NO_MORE)

    def transactions(self):
        return self.db.value(
            "SELECT count(DISTINCT xmin::text) AS v FROM acme.products")


class Statements(Citus):
    def setUp(self):
        super().setUp()
        self.db.execute(WATCH)

    def seen(self, where):
        return self.db.rows(f"SELECT * FROM e2e.seen WHERE {where}")

    def test_each_is_a_message_of_its_own(self):
        """Statements of a first load, of a changed query, and of the views."""
        for text in (PLAIN, PLAIN.replace("title", "title handle tags")):
            self.query("job", text)
            self.run_program("run")
        self.run_program("views")
        seen = self.seen("tag <> 'CREATE EVENT TRIGGER'")
        self.assertLess(20, len(seen))
        for row in seen:
            one = row["message"].strip().rstrip(";")
            self.assertNotRegex(one, r";\s*\n?\s*(CREATE|ALTER|COMMENT|GRANT|"
                                     r"DROP|ANALYZE)", row["tag"])

    def test_the_journal_is_not_sharded(self):
        self.run_program("run")
        seen = self.seen("tag = 'CREATE SCHEMA' AND message ~ 'bulkpg'")
        self.assertEqual(["off"], [row["sharding"] for row in seen])

    def test_a_schema_of_a_store_follows_the_database(self):
        self.run_program("run")
        seen = self.seen("tag = 'CREATE SCHEMA' AND message ~ 'acme'")
        self.assertNotIn("off", [row["sharding"] for row in seen])

    def test_workers_know_of_the_lock_timeout(self):
        self.run_program("run")
        self.query("job", PLAIN.replace("title", "title handle"))
        self.run_program("run")
        seen = self.seen("tag = 'ALTER TABLE' AND lock_timeout = '5s'")
        self.assertNotEqual([], seen)
        self.assertEqual({"local"}, {row["propagated"] for row in seen})


class Transactions(Citus):
    def test_without_citus_each_batch_has_its_own(self):
        self.load("job", lines())
        self.assertLess(1, self.transactions())

    def test_many_batches_share_one(self):
        self.pretend()
        self.load("job", lines())
        self.assertEqual(ROWS, len(self.rows("products", "id")))
        self.assertEqual(1, self.transactions())

    def test_a_later_load_is_right(self):
        self.pretend()
        self.load("job", lines())
        self.load("job", lines(ROWS - 100) + lines()[-50:])
        self.assertEqual(ROWS - 50, len(self.rows("products", "id")))

    def test_a_refused_row_is_a_reject(self):
        self.pretend()
        self.db.execute(REFUSE.format(number=1234, times=1000, code="22003"))
        self.load("job", lines(), status=PARTIAL)
        self.assertEqual(ROWS - 1, len(self.rows("products", "id")))
        self.assertEqual([1234], self.db.column(
            "SELECT line_number FROM bulkpg.reject"))

    def test_a_temporary_error(self):
        """After a deadlock within a transaction, the load restarts."""
        self.pretend()
        self.db.execute(REFUSE.format(number=1234, times=1, code="40P01"))
        self.load("job", lines())
        self.assertEqual(ROWS, len(self.rows("products", "id")))


class InternalErrors(Citus):
    """XX000: a worker cannot store a row, or a worker was lost."""

    def test_a_row_that_always_fails_is_a_reject(self):
        self.db.execute(REFUSE.format(number=1234, times=100000, code="XX000"))
        self.load("job", lines(), status=PARTIAL)
        self.assertEqual(ROWS - 1, len(self.rows("products", "id")))
        self.assertEqual([1234], self.db.column(
            "SELECT line_number FROM bulkpg.reject"))
        self.check_no_staging()

    def test_a_temporary_internal_error_rejects_nothing(self):
        """No row is rejected, whether the error comes once for the batch, again
        for its halves, or again for the row."""
        for times in (1, 2, 10):
            with self.subTest(times=times):
                self.db.execute("DROP SCHEMA IF EXISTS e2e, acme CASCADE")
                self.db.execute(
                    REFUSE.format(number=1234, times=times, code="XX000"))
                self.load("job", lines())
                self.assertEqual(ROWS, len(self.rows("products", "id")))


class LostWorkers(Citus):
    """SQLSTATE 08xxx in an answer, although the connection is still open."""

    def setUp(self):
        super().setUp()
        self.run_program("run")
        self.change(store="acme", type="Product", count=5,
                    set={"title": "changed"})

    def downloads(self):
        return len(self.requests(kind="storage"))

    def check_run(self, downloads):
        before = self.downloads()
        self.run_program("run")
        self.assertEqual(downloads, self.downloads() - before)
        self.check_tables(PLAIN)
        self.check_no_staging()

    def test_in_the_merge(self):
        """Staging may be lost with the worker, so the load restarts."""
        self.db.execute(LOSE_A_WORKER.format(times=1, code="08006",
                                             when=AT_ONCE))
        self.check_run(2)

    def test_at_commit(self):
        """The run's row shows whether the transaction was committed; here it
        was rolled back."""
        for code in ("08006", "XX000"):
            with self.subTest(code=code):
                self.db.execute(LOSE_A_WORKER.format(times=1, code=code,
                                                     when=AT_COMMIT))
                self.check_run(2)
                self.db.execute("DROP SCHEMA e2e CASCADE")
                self.change(store="acme", type="Product", count=5,
                            set={"title": "again"})

    def test_a_permanent_internal_error(self):
        """bulkpg tries a few loads, not as many as the budget allows."""
        self.db.execute(LOSE_A_WORKER.format(times=1000, code="XX000",
                                             when=AT_ONCE))
        before = self.snapshot()
        result = self.run_program("run", status=FAILED)
        self.assertIn("XX000", result.stderr)
        self.assertEqual(4, self.db.value(
            "SELECT last_value FROM e2e.tries"))
        self.check_unchanged(before)
        self.check_no_staging()


class Report(Citus):
    """The catalog of a coordinator has no row counts and no sizes."""

    def test_rows_and_sizes(self):
        self.load("job", lines())
        self.load("job", lines(ROWS - 100) + lines()[-50:])
        self.db.execute(
            "SET allow_system_table_mods = on; "
            "UPDATE pg_class SET reltuples = -1 WHERE relname = 'products'; "
            "CREATE FUNCTION pg_catalog.citus_total_relation_size("
            "regclass, boolean) RETURNS bigint LANGUAGE sql AS "
            "'SELECT 123000000::bigint'")
        self.addCleanup(
            self.db.execute, "SET allow_system_table_mods = on; DROP FUNCTION "
            "pg_catalog.citus_total_relation_size(regclass, boolean)")
        page = self.run_program("report").stdout
        self.assertIn("2450", page.replace(",", "").replace("\u202f", ""))
        self.assertIn("123 MB", page)
