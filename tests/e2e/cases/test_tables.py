"""Tables that other users changed, own or use: bulkpg notices before it submits
anything, reports what to do, and leaves the tables as they are."""
import json

from cases.queries import PLAIN, PRODUCT
from harness.case import CONFIG, DENIED, FAILED, Case

WIDER = PLAIN.replace("title", "title handle")


class Tables(Case):
    def setUp(self):
        super().setUp()
        self.configure()
        self.query("job", PLAIN)
        self.run_program("run")

    def check_refused(self, status, *words, asked=1):
        """The next run and `check` report the problem and change nothing."""
        before = self.snapshot()
        result = self.run_program("run", status=status)
        for word in words:
            self.assertIn(word, result.stderr)
        self.check_unchanged(before)
        self.check_no_staging()
        self.assertEqual(asked, len(self.shop.operations()))
        check = self.run_program("check", status=status)
        for word in words:
            self.assertIn(word, check.stdout)
        return result

    def change_and_check(self):
        """Change data, and run: every row is right."""
        self.change(store="acme", type="Product", count=3,
                    set={"title": "changed"})
        self.run_program("run")
        self.check_tables(PLAIN)


class Changed(Tables):
    """Tables that a user changed by hand."""

    def test_a_column_dropped(self):
        """bulkpg adds the column again and fills it in every row, also in rows
        that did not change at the store."""
        self.db.execute("ALTER TABLE acme.products DROP COLUMN title")
        self.change_and_check()
        self.assertIn("products.title", json.dumps(self.last_run()["notes"]))
        self.assertEqual("table_missing", self.last_run()["mode_reason"])
        before = self.snapshot()
        self.run_program("run")
        self.check_unchanged(before)

    def test_a_column_dropped_and_the_first_merge_fails(self):
        self.db.execute("ALTER TABLE acme.products DROP COLUMN title")
        self.shop.set(object_count="+1")
        self.run_program("run", status=FAILED)
        self.shop.set(object_count=None)
        self.change_and_check()

    def test_a_column_dropped_of_a_job_that_fetches_changes(self):
        """If a run fails after it added the column, the next run is still
        full."""
        text = PLAIN.replace("{\n", "query @incremental {\n", 1)
        self.query("job", text)
        self.run_program("run")
        self.run_program("run")
        self.assertEqual("incremental", self.last_run()["mode"])
        self.db.execute(
            "ALTER TABLE acme.products DROP COLUMN title; CREATE SCHEMA e2e; "
            "CREATE FUNCTION e2e.fail() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE 'made by the test'; END $$; CREATE TRIGGER fail "
            "BEFORE UPDATE ON acme.products EXECUTE FUNCTION e2e.fail()")
        self.run_program("run", status=FAILED)
        self.db.execute("DROP SCHEMA e2e CASCADE")
        self.run_program("run")
        self.assertEqual("full", self.last_run()["mode"])
        self.check_tables(text)

    def test_a_column_renamed(self):
        self.db.execute("ALTER TABLE acme.products RENAME title TO mine")
        self.change(store="acme", type="Product", count=3,
                    set={"title": "changed"})
        self.run_program("run")
        self.assertEqual(57, len(self.rows(
            "products WHERE title = mine AND title <> 'changed'")))

    def test_a_column_of_another_type(self):
        self.db.execute("ALTER TABLE acme.products ALTER title TYPE "
                        "varchar(200)")
        result = self.check_refused(FAILED, "title", "acme.products",
                                    "ALTER TABLE")
        self.assertIn("text", result.stderr)
        self.db.execute("ALTER TABLE acme.products ALTER title TYPE text")
        self.change_and_check()

    def test_a_key_dropped(self):
        self.db.execute("ALTER TABLE acme.products DROP CONSTRAINT "
                        "products_pkey")
        self.check_refused(FAILED, "acme.products", "primary key", "id",
                           "ADD PRIMARY KEY")
        self.db.execute("ALTER TABLE acme.products ADD CONSTRAINT "
                        "products_pkey PRIMARY KEY (id)")
        self.change_and_check()

    def test_a_key_column_renamed(self):
        self.db.execute("ALTER TABLE acme.products_variants RENAME "
                        "_parent_id TO product_id")
        self.check_refused(FAILED, "acme.products_variants", "_parent_id")
        self.db.execute("ALTER TABLE acme.products_variants RENAME "
                        "product_id TO _parent_id")
        self.change_and_check()

    def test_one_of_bulkpgs_own_columns_dropped(self):
        self.db.execute("ALTER TABLE acme.products DROP COLUMN _loaded_at")
        self.check_refused(FAILED, "acme.products", "_loaded_at",
                           "ADD COLUMN")
        self.db.execute("ALTER TABLE acme.products ADD COLUMN _loaded_at "
                        "timestamptz, DROP COLUMN _hash, ADD COLUMN _hash "
                        "bigint")
        self.change_and_check()

    def test_a_view_with_the_tables_name(self):
        self.db.execute("ALTER TABLE acme.products RENAME TO kept; CREATE "
                        "VIEW acme.products AS SELECT * FROM acme.kept")
        self.check_refused(FAILED, "acme.products", "not a table any more")
        self.db.execute("DROP VIEW acme.products; ALTER TABLE acme.kept "
                        "RENAME TO products")
        self.change_and_check()

    def test_a_table_renamed(self):
        """The renamed table's key has the name that the new key needs."""
        self.db.execute("ALTER TABLE acme.products RENAME TO kept")
        self.check_refused(FAILED, "products_pkey", "acme.products",
                           "RENAME TO")
        self.db.execute("ALTER INDEX acme.products_pkey RENAME TO kept_pkey")
        self.run_program("run")
        self.db.execute("DROP TABLE acme.kept")
        self.check_tables(PLAIN)

    def test_an_index_has_a_name_that_is_needed(self):
        self.query("job", PLAIN.replace("title", "title @index"))
        self.db.execute("CREATE INDEX products_title_idx ON "
                        "acme.products_variants (sku)")
        self.check_refused(FAILED, "products_title_idx", "acme.products")
        self.db.execute("DROP INDEX acme.products_title_idx")
        self.run_program("run")
        self.check_tables(PLAIN)


class Leftovers(Tables):
    def test_staging_of_earlier_runs_is_dropped(self):
        """Staging of the job's earlier runs is dropped, whatever their status;
        that of another job stays."""
        run_id = self.last_run()["run_id"]
        (other,) = self.db.execute(
            "INSERT INTO bulkpg.run (store, job, mode, status, plan_hash) "
            "SELECT store, 'other', mode, status, plan_hash FROM bulkpg.run "
            "RETURNING run_id")
        self.db.execute(f"CREATE TABLE acme._stage_{run_id}_7 (); "
                        f"CREATE TABLE acme._stage_{other}_1 ()")
        self.run_program("run")
        self.assertEqual([f"_stage_{other}_1"], self.db.column(
            "SELECT relname FROM pg_class WHERE relname LIKE '\\_stage%'"))


class Views(Tables):
    """Views of users over a column that must become text."""

    def widen(self):
        self.db.execute(
            "CREATE SCHEMA report; CREATE VIEW report.mine AS "
            "SELECT id, title FROM acme.products")

    def test_found_when_the_data_widens(self):
        """The load finds the view when it must widen the column, and fails
        before it loads everything again."""
        self.widen()
        self.program.file("lines.jsonl", "")
        before = self.snapshot()
        lines = [json.dumps({"id": f"{PRODUCT}{n}"}) for n in range(61)]
        result = self.load("job", lines + [json.dumps(
            {"id": PRODUCT + "7?a=b"})], "--force-deletes", "--force-nulls",
            status=FAILED)
        for word in ("view report.mine", "column id", "acme.products",
                     "ALTER COLUMN", "TYPE text"):
            self.assertIn(word, result.stderr)
        self.assertEqual(1, result.stderr.count("restarting the load"))
        self.assertEqual("COLUMN_IN_USE", self.last_run()["error_code"])
        self.check_unchanged(before)
        self.check_no_staging()
        self.db.execute("DROP VIEW report.mine")
        self.load("job", lines + [json.dumps({"id": PRODUCT + "7?a=b"})],
                  "--force-deletes", "--force-nulls")
        self.assertEqual("text", self.type_of("products", "id"))

    def test_found_before_the_load(self):
        """The column of the child table is text already, so the parent's must
        become text, too."""
        self.widen()
        self.db.execute(
            "ALTER TABLE acme.products_variants ALTER _parent_id TYPE text "
            "USING 'gid://shopify/Product/' || _parent_id")
        self.check_refused(FAILED, "view report.mine", "column id",
                           "acme.products", "TYPE text")
        self.db.execute("DROP VIEW report.mine")
        self.run_program("run")
        self.assertEqual("text", self.type_of("products", "id"))
        self.assertEqual(60, len(self.rows("products")))

    def test_a_foreign_key_in_the_way(self):
        self.db.execute("CREATE SCHEMA report; CREATE TABLE report.mine (p "
                        "bigint REFERENCES acme.products)")
        self.db.execute(
            "ALTER TABLE acme.products_variants ALTER _parent_id TYPE text "
            "USING 'gid://shopify/Product/' || _parent_id")
        self.check_refused(FAILED, "mine_p_fkey", "report.mine", "column id")

    def test_a_view_that_is_not_in_the_way(self):
        self.db.execute("CREATE SCHEMA report; CREATE VIEW report.mine AS "
                        "SELECT * FROM acme.products")
        self.query("job", WIDER)
        self.run_program("run")
        self.check_tables(WIDER)


class Rights(Tables):
    def setUp(self):
        super().setUp()
        self.guest = "guest_of_" + self.db.name
        self.execute(
            "CREATE ROLE guest LOGIN; GRANT USAGE ON SCHEMA bulkpg TO guest;"
            "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA "
            "bulkpg TO guest; GRANT USAGE, CREATE ON SCHEMA acme TO guest; "
            "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA "
            "acme TO guest")
        self.addCleanup(self.execute, "DROP OWNED BY guest CASCADE; "
                        "DROP ROLE guest")
        self.program.configure(
            self.db.dsn.replace("user=owner", "user=" + self.guest),
            [self.shop.stores["acme"]])

    def execute(self, sql):
        """Run statements with the name of this process's role for `guest`."""
        self.db.execute(sql.replace("guest", self.guest))

    def test_enough_rights(self):
        self.change_and_check()

    def test_none_on_the_journal(self):
        self.execute("REVOKE USAGE ON SCHEMA bulkpg FROM guest")
        self.check_refused(DENIED, "bulkpg", "GRANT USAGE ON SCHEMA bulkpg")

    def test_none_to_read_the_journal(self):
        self.execute("REVOKE SELECT ON bulkpg.meta FROM guest")
        self.check_refused(DENIED, "bulkpg", "GRANT SELECT")

    def test_none_to_write_the_journal(self):
        self.execute("REVOKE INSERT ON bulkpg.run FROM guest")
        self.check_refused(DENIED, "bulkpg", "GRANT SELECT, INSERT")

    def test_none_to_create_the_journal(self):
        self.execute("DROP SCHEMA bulkpg CASCADE; REVOKE CREATE ON "
                        f"DATABASE {self.db.name} FROM PUBLIC")
        self.check_refused(DENIED, "bulkpg", "GRANT CREATE ON DATABASE")

    def test_none_on_the_schema(self):
        self.execute("REVOKE CREATE ON SCHEMA acme FROM guest")
        self.check_refused(DENIED, "acme", "GRANT USAGE, CREATE ON SCHEMA")

    def test_none_on_a_table(self):
        self.execute("REVOKE UPDATE ON acme.products_variants FROM guest")
        self.check_refused(DENIED, "acme.products_variants",
                           "GRANT SELECT, INSERT, UPDATE, DELETE")

    def test_a_table_that_must_change_has_another_owner(self):
        self.query("job", WIDER)
        self.check_refused(DENIED, "acme.products", "owner", "OWNER TO " + self.guest,
                           "ADD COLUMN")
        self.execute("ALTER TABLE acme.products OWNER TO guest")
        self.run_program("run")
        self.check_tables(WIDER)

    def test_rows_are_hidden(self):
        """With a policy that hides rows, bulkpg would insert rows again."""
        self.execute("ALTER TABLE acme.products ENABLE ROW LEVEL SECURITY;"
                        "CREATE POLICY few ON acme.products USING (id < 0)")
        before = self.snapshot()
        result = self.run_program("run", status=DENIED)
        self.assertIn("row-level security", result.stderr)
        self.check_unchanged(before)
        self.check_no_staging()


class ReadOnly(Tables):
    def test_a_database_that_takes_no_writes(self):
        """bulkpg sends no request to the store."""
        self.db.execute(f"ALTER DATABASE {self.db.name} SET "
                        "default_transaction_read_only = on")
        self.addCleanup(
            self.db.execute, "SET default_transaction_read_only = off; ALTER "
            f"DATABASE {self.db.name} RESET default_transaction_read_only")
        asked = len(self.requests())
        result = self.run_program("run", status=75)
        self.assertIn("default_transaction_read_only", result.stderr)
        self.assertIn("25006", result.stderr)
        self.assertEqual(1, len(result.stderr.splitlines()))
        self.assertEqual(asked, len(self.requests()))
        self.run_program("status")


class IndexNames(Case):
    """Collisions are found with the query, before any table is created."""

    def check_names(self, text, *words):
        self.configure()
        self.query("job", text)
        result = self.run_program("run", status=CONFIG)
        for word in words:
            self.assertIn(word, result.stderr)
        self.assertIn("queries/job.graphql:1:", result.stderr)
        self.assertEqual([], self.requests(kind="run"))

    def test_two_indexes_of_one_name(self):
        self.check_names(
            "{ products { edges { node { id variants_id: title @index "
            "variants { edges { node { id } } } } } } }",
            "products_variants_id_idx", "variants_id", "@column")

    def test_a_table_with_the_name_of_a_key(self):
        self.check_names(
            "{ products { edges { node { id variants @table(name: "
            "\"products_pkey\") { edges { node { id } } } } } } }",
            "products_pkey", "@table")


class Grants(Case):
    """Tables get the default privileges of the schema; staging gets none."""

    def setUp(self):
        super().setUp()
        self.reader = "reader_of_" + self.db.name
        self.db.execute(
            f"CREATE ROLE {self.reader}; CREATE SCHEMA acme; "
            "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC; "
            "ALTER DEFAULT PRIVILEGES IN SCHEMA acme GRANT INSERT, UPDATE ON "
            f"TABLES TO {self.reader} WITH GRANT OPTION")
        self.addCleanup(self.db.execute, "ALTER DEFAULT PRIVILEGES REVOKE "
                        "SELECT ON TABLES FROM PUBLIC; "
                        f"DROP OWNED BY {self.reader} CASCADE; "
                        f"DROP ROLE {self.reader}")
        # Record the rights of other roles on staging at each ALTER TABLE.
        self.db.execute(
            "CREATE SCHEMA e2e; CREATE TABLE e2e.seen (name text, acl text); "
            "CREATE FUNCTION e2e.look() RETURNS event_trigger LANGUAGE "
            "plpgsql AS $$ BEGIN INSERT INTO e2e.seen SELECT relname, "
            "a.grantee::regrole::text FROM pg_class, aclexplode(relacl) a "
            "WHERE relname LIKE '\\_stage%' AND a.grantee <> relowner; END "
            "$$; CREATE EVENT TRIGGER look ON ddl_command_end WHEN TAG IN "
            "('ALTER TABLE') EXECUTE FUNCTION e2e.look()")

    def acl(self, table):
        return self.db.column(
            "SELECT acl::text FROM pg_class, unnest(relacl) acl WHERE "
            f"relname = '{table}' ORDER BY 1")

    def test_privileges_on_staging_and_on_the_table(self):
        """Two tables that were staging before, one filled from staging, and one
        created by hand to compare with."""
        self.configure()
        text = PLAIN.replace("title", "title media { edges { node { alt } } }")
        self.query("job", text)
        self.run_program("run")
        self.check_tables(text)
        self.db.execute("CREATE TABLE acme.native ()")
        for table in ("products", "products_variants", "products_media"):
            self.assertEqual(self.acl("native"), self.acl(table), table)
        self.db.execute("DROP TABLE acme.native")
        self.query("job", text.replace("title", "title handle"))
        self.run_program("run")
        self.assertEqual([], self.rows("seen", schema="e2e"))
