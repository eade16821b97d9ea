"""Columns, inheriting tables, partitions and functions that users add to
bulkpg's tables. bulkpg does not write to them."""
import json
import subprocess

from cases.queries import PLAIN, PRODUCT
from harness.case import CONFIG, FAILED, PARTIAL, Case, World
from harness.program import Program

WIDER = PLAIN.replace("title", "title vendor")


def product(number, **fields):
    return json.dumps({"id": PRODUCT + str(number), **fields})


class Users(Case):
    def setUp(self):
        super().setUp()
        self.configure()
        self.query("job", PLAIN)
        self.run_program("run")


class Columns(Users):
    """A field of the query has the name of a column that a user added."""

    def check_refused(self, *words):
        """`plan`, `run`, `check` and `load` report the problem; nothing is
        submitted."""
        before = self.snapshot()
        asked = len(self.shop.operations())
        for command in ("plan", "run", "check"):
            result = self.run_program(
                command, *(["job"] if command != "check" else []),
                status=CONFIG)
            for word in words:
                self.assertIn(word, result.output, command)
        self.load("job", [product(1)], status=CONFIG)
        self.check_unchanged(before)
        self.check_no_staging()
        self.assertEqual(asked, len(self.shop.operations()))

    def test_a_column_of_any_type(self):
        for kind in ("text", "integer", "varchar(20)", "boolean"):
            with self.subTest(kind):
                self.db.execute(f"ALTER TABLE acme.products ADD vendor {kind}")
                self.query("job", WIDER)
                self.check_refused("COLUMN_FOREIGN", "vendor", "acme.products",
                                   "vendor @column(name: ", "vendor_2",
                                   "queries/job.graphql:6:15")
                self.db.execute("ALTER TABLE acme.products DROP vendor")

    def test_several_columns(self):
        """All columns are named, with free names for each."""
        self.db.execute("ALTER TABLE acme.products ADD vendor text, ADD "
                        "vendor_2 text, ADD handle text")
        self.query("job", PLAIN.replace("title", "title vendor handle"))
        self.check_refused("vendor, handle", 'vendor_3', 'handle_2')

    def test_a_column_of_a_child_table(self):
        self.db.execute("ALTER TABLE acme.products_variants ADD title text")
        self.query("job", PLAIN.replace("sku", "sku title"))
        self.check_refused("title", "acme.products_variants", "title_2")

    def test_the_name_that_is_proposed(self):
        self.db.execute("ALTER TABLE acme.products ADD vendor text; UPDATE "
                        "acme.products SET vendor = 'mine'")
        text = PLAIN.replace(
            "title", 'title vendor @column(name: "vendor_2")')
        self.query("job", text)
        self.run_program("run")
        self.assertEqual([("mine",)], self.rows("products", "DISTINCT vendor"))
        self.assertEqual([], self.rows("products WHERE vendor_2 IS NULL"))
        before = self.snapshot()
        self.run_program("run")
        self.check_unchanged(before)

    def test_a_column_that_a_failed_run_added(self):
        self.query("job", WIDER)
        self.db.execute(
            "CREATE SCHEMA e2e; CREATE FUNCTION e2e.fail() RETURNS trigger "
            "LANGUAGE plpgsql AS $$ BEGIN RAISE 'made by the test'; END $$; "
            "CREATE TRIGGER fail BEFORE UPDATE ON acme.products EXECUTE "
            "FUNCTION e2e.fail()")
        self.run_program("run", status=FAILED)
        self.assertEqual("text", self.type_of("products", "vendor"))
        self.db.execute("DROP SCHEMA e2e CASCADE")
        self.run_program("run")
        self.check_tables(WIDER)

    def test_a_column_of_bulkpg_that_was_dropped(self):
        """A column that was no longer selected, was dropped, and was added by
        the user."""
        self.query("job", WIDER)
        self.run_program("run")
        self.query("job", PLAIN)
        self.run_program("run")
        self.assertEqual(["products.vendor"],
                         self.last_run()["notes"]["columns_left"])
        self.db.execute("ALTER TABLE acme.products DROP vendor")
        self.run_program("run")
        self.assertNotIn("columns_left", self.last_run()["notes"])
        self.db.execute("ALTER TABLE acme.products ADD vendor text")
        self.query("job", WIDER)
        self.check_refused("vendor")

    def test_a_mark_of_the_user(self):
        """A user's _deleted_at does not change. It is refused if the query
        needs one."""
        self.db.execute("ALTER TABLE acme.products ADD _deleted_at "
                        "timestamptz; UPDATE acme.products SET _deleted_at = "
                        "'2020-01-01'")
        self.change(store="acme", type="Product", count=3,
                    set={"title": "changed"})
        self.run_program("run")
        self.assertEqual(60, len(self.rows(
            "products WHERE _deleted_at = '2020-01-01'")))
        self.query("job", "query @deletes(mode: SOFT) " + PLAIN)
        self.check_refused("_deleted_at", "RENAME COLUMN")

    def test_a_position_of_the_user(self):
        self.db.execute("ALTER TABLE acme.products_variants ADD _position "
                        "integer")
        self.query("job", PLAIN.replace("variants", "variants @position"))
        self.check_refused("_position", "RENAME COLUMN")

    def test_a_mark_of_bulkpg(self):
        """bulkpg's _deleted_at also works after the query had another mode."""
        soft = "query @deletes(mode: SOFT) " + PLAIN
        self.query("job", soft)
        self.run_program("run")
        self.change(store="acme", type="Product", count=3, delete=True)
        for _ in range(2):
            self.run_program("run", "--force-deletes")
            self.assertEqual(3, len(self.rows(
                "products WHERE _deleted_at IS NOT NULL")))
        self.query("job", PLAIN)
        for _ in range(2):
            self.run_program("run", "--force-deletes")
        self.query("job", soft)
        self.run_program("run")


class Heirs(Users):
    """A user's table, with rows of its own, inherits from bulkpg's table."""

    def setUp(self):
        super().setUp()
        self.db.execute(
            "CREATE SCHEMA mine; CREATE TABLE mine.products (note text) "
            "INHERITS (acme.products); INSERT INTO mine.products SELECT *, "
            "'mine' FROM acme.products LIMIT 9; INSERT INTO mine.products "
            "SELECT -id, 'other', updated_at, NULL, NULL, 'mine' FROM "
            "ONLY acme.products; CREATE TABLE mine.variants () INHERITS "
            "(acme.products_variants); INSERT INTO mine.variants SELECT * "
            "FROM acme.products_variants")

    def kept(self):
        return (self.rows("products", "id, title, updated_at, note, _hash, "
                          "_loaded_at", "1, 2", schema="mine"),
                self.rows("variants", "_parent_id, id, sku, price, _hash",
                          "1, 2", schema="mine"))

    def check(self, text, *runs):
        """Full runs in which rows changed and rows are gone."""
        before = self.kept()
        self.query("job", text)
        for arguments in runs or ((), ()):
            self.change(store="acme", type="Product", count=3,
                        set={"title": "changed"}, at="2025-07-02T00:00:00Z")
            self.change(store="acme", type="Product", count=2, delete=True)
            self.run_program("run", "--force-deletes", *arguments)
            self.assertEqual(before, self.kept())
        found = self.db.value("SELECT count(*) AS v FROM ONLY acme.products")
        gone = self.db.value("SELECT sum(deleted) AS v FROM bulkpg.run_table "
                             "WHERE table_name = 'products'")
        self.assertEqual((58, 2), (found, gone))

    def test_changed_and_gone(self):
        self.check(PLAIN)

    def test_in_an_incremental_run(self):
        self.check("query @incremental " + PLAIN, ("--full",), ("--full",))
        before = self.kept()
        self.change_now(type="Product", count=3, set={"title": "new"})
        self.run_program("run")
        self.assertEqual("incremental", self.last_run()["mode"])
        self.assertEqual(before, self.kept())

    def test_marked(self):
        self.query("job", "query @deletes(mode: SOFT) " + PLAIN)
        self.run_program("run")
        before = self.kept()
        self.change(store="acme", type="Product", count=2, delete=True)
        self.run_program("run", "--force-deletes")
        self.assertEqual(before, self.kept())
        self.assertEqual(2, self.db.value(
            "SELECT count(*) AS v FROM ONLY acme.products WHERE _deleted_at "
            "IS NOT NULL"))
        self.assertEqual([], self.rows(
            "products WHERE _deleted_at IS NOT NULL", schema="mine"))

    def test_rows_of_the_users_table_are_not_counted(self):
        """The guard for an empty result does not count rows of the user's
        table."""
        self.db.execute("DELETE FROM ONLY acme.products; DELETE FROM ONLY "
                        "acme.products_variants")
        self.load("job", "")
        self.assertEqual(0, self.last_run()["rows_deleted"])

    def test_views(self):
        self.run_program("views")
        found = self.db.value("SELECT count(*) AS v FROM stores.products")
        self.assertEqual(60, found)

    def test_a_new_column(self):
        """PostgreSQL adds the column to the user's table, too; its rows do not
        change."""
        before = self.kept()
        self.query("job", WIDER)
        self.run_program("run")
        self.assertEqual(before, self.kept())
        self.assertEqual([], self.rows(
            "products WHERE vendor IS NOT NULL", schema="mine"))

    def refused(self, *words):
        before = self.kept()
        asked = len(self.shop.operations())
        result = self.run_program("run", status=FAILED)
        for word in ("COLUMN_IN_USE", *words):
            self.assertIn(word, result.stderr)
        self.assertEqual(before, self.kept())
        self.assertEqual(asked, len(self.shop.operations()))

    def test_a_new_column_that_has_another_type_there(self):
        self.db.execute("ALTER TABLE mine.products ADD vendor integer")
        self.query("job", WIDER)
        self.refused("table mine.products", "column vendor", "NO INHERIT")
        self.db.execute("ALTER TABLE mine.products NO INHERIT acme.products")
        self.run_program("run")

    def test_a_column_that_widens(self):
        self.query("job", PLAIN.replace(
            "updatedAt", 'updatedAt @column(type: "text")'))
        self.refused("table mine.products", "column updated_at", "NO INHERIT")
        self.db.execute("ALTER TABLE mine.products NO INHERIT acme.products")
        self.run_program("run")
        self.assertEqual("text", self.type_of("products", "updated_at"))

    def test_the_table_inherits_from_a_user_table(self):
        """bulkpg's table inherits from a user's table, whose columns bulkpg
        does not change."""
        self.db.execute(
            "CREATE TABLE mine.everything (updated_at timestamptz); ALTER "
            "TABLE mine.products NO INHERIT acme.products; ALTER TABLE "
            "acme.products INHERIT mine.everything")
        self.run_program("run")
        self.query("job", PLAIN.replace(
            "updatedAt", 'updatedAt @column(type: "text")'))
        self.refused("table mine.everything", "column updated_at")


class Partitions(Users):
    """A user replaced bulkpg's table with a partitioned one, or made it a
    partition."""

    def partition(self, by="HASH (id)"):
        self.db.execute(
            "ALTER TABLE acme.products RENAME TO kept; ALTER INDEX "
            "acme.products_pkey RENAME TO kept_pkey; CREATE TABLE "
            "acme.products (LIKE acme.kept INCLUDING COMMENTS) PARTITION BY "
            f"{by}; ALTER TABLE acme.products ADD PRIMARY KEY (id); "
            "CREATE SCHEMA parts; CREATE TABLE parts.a PARTITION OF "
            "acme.products FOR VALUES WITH (MODULUS 2, REMAINDER 0); CREATE "
            "TABLE parts.b PARTITION OF acme.products FOR VALUES WITH "
            "(MODULUS 2, REMAINDER 1); INSERT INTO acme.products SELECT * "
            "FROM acme.kept; DROP TABLE acme.kept")

    def test_a_partitioned_table(self):
        self.partition()
        before = self.rows("products")
        self.run_program("run")
        self.assertEqual(before, self.rows("products"))
        self.change(store="acme", type="Product", count=3,
                    set={"title": "changed"})
        self.change(store="acme", type="Product", count=4, delete=True)
        self.query("job", WIDER)
        self.run_program("run", "--force-deletes")
        self.assertEqual(56, len(self.rows("products")))
        self.assertEqual([], self.rows("products WHERE vendor IS NULL"))
        self.assertEqual(56, sum(len(self.rows(part, schema="parts"))
                                 for part in "ab"))
        self.run_program("views")
        self.assertEqual(56, self.db.value(
            'SELECT count(*) AS v FROM stores.products'))

    def test_an_id_widens(self):
        self.partition()
        result = self.load("job", [product("7?a=b", title="x")],
                           "--force-deletes", "--force-nulls", status=FAILED)
        self.assertIn("id", result.stderr)
        self.assertEqual(60, len(self.rows("products")))

    def test_the_table_is_a_partition(self):
        self.db.execute(
            "CREATE SCHEMA mine; CREATE TABLE mine.everything (LIKE "
            "acme.products) PARTITION BY HASH (id); ALTER TABLE "
            "mine.everything ATTACH PARTITION acme.products FOR VALUES WITH "
            "(MODULUS 1, REMAINDER 0)")
        self.change(store="acme", type="Product", count=3,
                    set={"title": "changed"})
        self.run_program("run")
        self.check_tables(PLAIN)
        self.query("job", WIDER)
        asked = len(self.shop.operations())
        result = self.run_program("run", status=FAILED)
        for word in ("COLUMN_IN_USE", "mine.everything", "column vendor",
                     "DETACH PARTITION"):
            self.assertIn(word, result.stderr)
        self.assertEqual(asked, len(self.shop.operations()))


class Functions(Users):
    """Functions of users that use names without a schema, which bulkpg's
    search_path does not find."""

    def define(self, what, body="RETURN t NOT IN (SELECT w FROM words);"):
        self.db.execute(
            "CREATE SCHEMA mine; CREATE TABLE mine.words (w text); CREATE "
            "FUNCTION mine.fine(t text) RETURNS boolean LANGUAGE plpgsql "
            f"IMMUTABLE AS $$ BEGIN {body} END $$; SET search_path = mine, "
            f"public; {what}")

    def check_named(self, *words):
        self.change(store="acme", type="Product", count=3,
                    set={"title": "changed"})
        before = self.snapshot()
        result = self.run_program("run", status=FAILED)
        for word in ("SEARCH_PATH", "words", *words):
            self.assertIn(word, result.stderr)
        self.assertEqual("SEARCH_PATH", self.last_run()["error_code"])
        self.check_unchanged(before)
        self.check_no_staging()
        self.db.execute("ALTER FUNCTION mine.fine SET search_path = mine")
        self.run_program("run")
        self.check_tables(PLAIN)

    def test_a_check(self):
        self.define("ALTER TABLE acme.products ADD CONSTRAINT good CHECK "
                    "(fine(title))")
        self.check_named("constraint good", "mine.fine(text)",
                         "ALTER FUNCTION mine.fine(text) SET search_path = "
                         "mine, public, pg_temp")

    def test_a_partial_index(self):
        self.define("CREATE INDEX good ON acme.products (updated_at) WHERE "
                    "fine(title)")
        self.check_named("index acme.good", "mine.fine(text)")

    def test_a_trigger_function(self):
        self.define(
            "CREATE FUNCTION mine.other() RETURNS trigger LANGUAGE plpgsql "
            "SET search_path = mine AS $$ BEGIN RETURN NEW; END $$; "
            "DROP FUNCTION mine.fine(text); CREATE FUNCTION mine.fine() "
            "RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO words "
            "VALUES (NEW.title); RETURN NEW; END $$; CREATE TRIGGER a BEFORE "
            "UPDATE ON acme.products FOR EACH ROW EXECUTE FUNCTION other(); "
            "CREATE TRIGGER note BEFORE UPDATE ON acme.products FOR EACH ROW "
            "EXECUTE FUNCTION fine()")
        self.check_named("trigger note", "mine.fine()")

    def test_when_a_type_changes(self):
        """A change of type checks the constraint again for all rows."""
        self.define("ALTER TABLE acme.products ADD CONSTRAINT good CHECK "
                    "(fine(title))")
        self.query("job", PLAIN.replace(
            "updatedAt", 'updatedAt @column(type: "text")'))
        result = self.run_program("run", status=FAILED)
        for word in ("SEARCH_PATH", "constraint good", "mine.fine(text)"):
            self.assertIn(word, result.stderr)


class Keys(Case):
    def test_ids_that_no_index_takes(self):
        """Such lines are rejected, and the column does not become text."""
        long = "gid://shopify/Product/" + "9" * (1 << 20)
        both = "gid://shopify/Product/" + "".join(
            f"{n:x}" for n in range(10 ** 6, 10 ** 6 + 300))
        self.configure()
        self.query("job", PLAIN)
        child = {"id": "gid://shopify/ProductVariant/1"}
        self.load("job", [product(1), json.dumps(
            {**child, "__parentId": long}), json.dumps({"id": long})],
            status=PARTIAL)
        self.assertEqual(["bigint", "bigint"], [
            self.type_of("products", "id"),
            self.type_of("products_variants", "_parent_id")])
        self.load("job", [product(1), json.dumps(
            {"id": "gid://shopify/ProductVariant/" + both[-1300:],
             "__parentId": "gid://shopify/Product/" + both[-1300:]}),
            json.dumps({**child, "__parentId": PRODUCT + "1"})],
            status=PARTIAL)
        self.assertEqual(1, self.last_run()["rejects"])
        self.assertEqual(1, len(self.rows("products_variants")))


class Folders(Case):
    """Two folders that load into one database."""

    def test_one_table_at_the_same_time(self):
        """The load that ends second fails and names the owner."""
        other = Program(World.program)
        self.addCleanup(other.remove)
        self.addCleanup(other.end_all)
        for program, job in ((self.program, "mine"), (other, "theirs")):
            program.configure(self.db.dsn, [self.shop.stores["acme"]])
            program.query(job, PLAIN)
        running = other.start("load", "--store", "acme", "--types", self.types,
                              "theirs", "-", stdin=subprocess.PIPE)
        self.wait_for(lambda: self.status("theirs") == "loading")
        self.wait_for(lambda: self.db.column(
            "SELECT relname FROM pg_class WHERE relname LIKE "
            "'\\_stage\\_%\\_0' OR relname LIKE '\\_stage\\_%\\_1'"))
        self.load("mine", [product(1)])
        running.process.stdin.write(product(2).encode() + b"\n")
        running.process.stdin.close()
        result = running.wait()
        self.assertEqual(CONFIG, result.status, result)
        for word in ("TABLE_OWNED", "acme.products", "job mine",
                     "queries/mine.graphql"):
            self.assertIn(word, result.stderr)
        self.assertEqual([(1,)], self.rows("products", "id"))
        self.assertEqual(["mine"], self.db.column(
            "SELECT DISTINCT job FROM bulkpg.relation"))
