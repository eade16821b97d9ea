"""Triggers and rules of users that prevent rows from being written."""
import json

from cases.queries import PRODUCT, VARIANT
from harness.case import FAILED, Case
from harness.cluster import Held

QUERY = """query %s{ products { edges { node { id title
    variants { edges { node { id sku } } } } } } }"""


def products(*numbers, title="t"):
    return [json.dumps({"id": f"{PRODUCT}{n}", "title": title})
            for n in numbers]


def variants(parent, *numbers):
    return [json.dumps({"id": f"{VARIANT}{n}", "sku": f"s{n}",
                        "__parentId": f"{PRODUCT}{parent}"})
            for n in numbers]


class Swallowed(Case):
    def prepare(self, what="", lines=None, deletes=""):
        self.configure()
        self.query("job", QUERY % deletes)
        self.load("job", lines or products(*range(1, 11)))
        self.db.execute("CREATE SCHEMA mine; " + what)

    def trigger(self, event, body, table="products"):
        return (f"CREATE FUNCTION mine.decide() RETURNS trigger LANGUAGE "
                f"plpgsql AS $$ BEGIN {body} END $$; CREATE TRIGGER decide "
                f"BEFORE {event} ON acme.{table} FOR EACH ROW EXECUTE "
                "FUNCTION mine.decide();")

    def check_warned(self, result, *words):
        """The log and the run's notes have one warning with these words."""
        notes = self.last_run()["notes"]
        self.assertIn("ROWS_SWALLOWED", notes["warning_codes"])
        self.assertIn("ROWS_SWALLOWED", result.stderr)
        (warning,) = [one for one in notes["warnings"] if "its own" in one]
        for word in words:
            self.assertIn(word, warning)

    def counts(self, table="products"):
        row = self.db.row("SELECT * FROM bulkpg.run_table WHERE table_name = "
                          f"'{table}' ORDER BY run_id DESC LIMIT 1")
        return tuple(row[name] for name in (
            "staged", "inserted", "updated", "deleted", "unchanged"))

    def test_a_trigger_that_drops_new_rows(self):
        self.prepare(self.trigger("INSERT", "IF NEW.id > 15 THEN RETURN NULL; "
                                  "END IF; RETURN NEW;"))
        for inserted in (5, 0):
            result = self.load("job", products(*range(1, 21)))
            self.check_warned(result, "table acme.products", "5 of ",
                              "trigger decide", "were not inserted")
            self.assertEqual((20, inserted, 0, 0, 15 - inserted),
                             self.counts())
        self.assertEqual(15, len(self.rows("products")))

    def test_a_trigger_that_drops_changes(self):
        self.prepare(self.trigger("UPDATE", "IF NEW.id < 4 THEN RETURN NULL; "
                                  "END IF; RETURN NEW;"))
        result = self.load("job", products(*range(1, 11), title="new"))
        self.check_warned(result, "3 of 10 rows were not updated")
        self.assertEqual((10, 0, 7, 0, 0), self.counts())

    def test_a_trigger_that_keeps_rows(self):
        self.prepare(self.trigger("DELETE", "IF OLD.id > 8 THEN RETURN NULL; "
                                  "END IF; RETURN OLD;"))
        result = self.load("job", products(*range(1, 8)))
        self.check_warned(result, "2 of 3 rows were not removed")
        self.assertEqual((7, 0, 0, 1, 7), self.counts())

    def test_a_trigger_that_keeps_rows_from_being_marked(self):
        self.prepare(self.trigger("UPDATE", "IF OLD.id > 8 THEN RETURN NULL; "
                                  "END IF; RETURN NEW;"),
                     deletes="@deletes(mode: SOFT) ")
        result = self.load("job", products(*range(1, 8)))
        self.check_warned(result, "2 of 3 rows were not removed")
        self.assertEqual((7, 0, 0, 1, 7), self.counts())

    def test_below_parents_in_an_incremental_load(self):
        lines = products(1, 2) + variants(1, 1, 2, 3) + variants(2, 4)
        self.prepare(self.trigger("DELETE", "IF OLD.id = 3 THEN RETURN NULL; "
                                  "END IF; RETURN OLD;", "products_variants"),
                     lines, "@incremental ")
        result = self.load("job", products(1) + variants(1, 1))
        self.check_warned(result, "table acme.products_variants",
                          "1 of 2 rows were not removed")
        self.assertEqual((1, 0, 0, 1, 1), self.counts("products_variants"))

    def test_rules(self):
        """Rules can change the row count that a statement reports; bulkpg
        counts the rows that are in the table."""
        for n, (event, action) in enumerate((
                ("INSERT", "NOTHING"),
                ("INSERT", "INSERT INTO mine.copy VALUES (NEW.id)"),
                ("UPDATE", "NOTHING"), ("DELETE", "NOTHING"),
                ("DELETE", "DELETE FROM mine.copy"))):
            with self.subTest(event=event, action=action):
                self.db.execute("DROP SCHEMA IF EXISTS acme CASCADE; DROP "
                                "SCHEMA IF EXISTS bulkpg CASCADE; DROP SCHEMA "
                                "IF EXISTS mine CASCADE")
                self.prepare("CREATE TABLE mine.copy AS SELECT id FROM "
                             "acme.products; CREATE RULE aside AS ON "
                             f"{event} TO acme.products DO INSTEAD {action}")
                before = self.rows("products", "id, title")
                numbers = range(1, 13) if event == "INSERT" else range(1, 9) \
                    if event == "DELETE" else range(1, 11)
                result = self.load("job", products(
                    *numbers, title="n" if event == "UPDATE" else "t"))
                self.check_warned(result, "rule aside", "were not")
                self.assertEqual(before, self.rows("products", "id, title"))
                self.assertEqual((0, 0, 0), self.counts()[1:4])

    def test_triggers_that_drop_no_rows(self):
        self.prepare(self.trigger("INSERT OR UPDATE", "NEW.title := "
                                  "upper(NEW.title); RETURN NEW;") +
                     "CREATE TABLE mine.log (id bigint); CREATE RULE log AS "
                     "ON INSERT TO acme.products DO ALSO INSERT INTO mine.log "
                     "VALUES (NEW.id)")
        result = self.load("job", products(*range(1, 21), title="x"))
        self.assertNotIn("ROWS_SWALLOWED", result.stderr)
        self.assertEqual((20, 10, 10, 0, 0), self.counts())

    def test_a_partition_with_a_trigger(self):
        self.prepare(
            "ALTER TABLE acme.products RENAME TO kept; ALTER INDEX "
            "acme.products_pkey RENAME TO kept_pkey; CREATE TABLE "
            "acme.products (LIKE acme.kept) PARTITION BY HASH (id); ALTER "
            "TABLE acme.products ADD PRIMARY KEY (id); CREATE TABLE "
            "acme.part PARTITION OF acme.products DEFAULT; ".replace(
                " DEFAULT", " FOR VALUES WITH (MODULUS 1, REMAINDER 0)") +
            "INSERT INTO acme.products SELECT * FROM acme.kept; DROP TABLE "
            "acme.kept; " + self.trigger("INSERT", "RETURN NULL;", "part"))
        result = self.load("job", products(*range(1, 13)))
        self.check_warned(result, "2 of 2 rows were not inserted",
                          "trigger decide of acme.part")

    def test_cascades_of_users(self):
        """Cascades between bulkpg's tables, and to a user's table, cause no
        error and no warning."""
        lines = products(1, 2, 3) + variants(1, 1, 2) + variants(2, 3)
        self.prepare(
            "ALTER TABLE acme.products_variants ADD FOREIGN KEY (_parent_id) "
            "REFERENCES acme.products ON DELETE CASCADE; CREATE TABLE "
            "mine.notes (id bigint REFERENCES acme.products ON DELETE "
            "CASCADE); INSERT INTO mine.notes SELECT id FROM acme.products",
            lines)
        result = self.load("job", products(2, 3) + variants(2, 3))
        self.assertEqual(([(2,), (3,)], [(3,)], 2), (
            self.rows("products", "id"), self.rows("products_variants", "id"),
            len(self.rows("notes", schema="mine"))))
        self.assertNotIn("ROWS_", result.stderr)
        result = self.load("job", products(3), "--force-deletes")
        self.assertEqual([], self.rows("products_variants"))
        self.assertNotIn("ROWS_", result.stderr)

    def test_a_cascade_within_the_table(self):
        """The cascade removes a row of the result; the next load inserts it
        again."""
        self.prepare("ALTER TABLE acme.products ADD above bigint REFERENCES "
                     "acme.products ON DELETE CASCADE; UPDATE acme.products "
                     "SET above = 1 WHERE id = 2")
        result = self.load("job", products(*range(2, 11), title="new"))
        self.check_warned(result, "1 of 9 rows were not updated",
                          "constraint products_above_fkey")
        self.load("job", products(*range(2, 11), title="new"))
        self.assertEqual(9, len(self.rows("products WHERE title = 'new'")))

    def test_a_lost_row_without_a_trigger(self):
        """Another session deletes a row while the merge waits for it."""
        self.prepare("")
        self.program.file("lines.jsonl", "\n".join(
            products(*range(1, 11), title="new")) + "\n")
        with Held(self.db, "DELETE FROM acme.products WHERE id = 5") as held:
            running = self.program.start("load", "--store", "acme", "--types",
                                         self.types, "job", "lines.jsonl")
            self.wait_for(lambda: self.db.value(
                "SELECT count(*) > 0 AS v FROM pg_stat_activity WHERE "
                "wait_event_type = 'Lock' AND query LIKE 'UPDATE ONLY%'"))
            held.process.stdin.write(b"COMMIT;\n")
        result = running.wait()
        self.assertEqual(FAILED, result.status, result)
        self.assertIn("ROWS_LOST", result.stderr)
        self.assertIn("1 of 10 rows were not updated", result.stderr)
        self.assertEqual([], self.rows("products WHERE title = 'new'"))
        self.load("job", products(*range(1, 11), title="new"))
        self.assertEqual(10, len(self.rows("products WHERE title = 'new'")))

    def test_a_trigger_does_not_replace_the_guard(self):
        self.prepare(self.trigger("DELETE", "RETURN NULL;"))
        result = self.load("job", "", status=FAILED)
        self.assertIn("NO_ROOTS", result.stderr)
