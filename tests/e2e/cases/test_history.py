"""@history: the versions of rows, compared with what the tables were."""
import json
import os
import random

from cases.queries import PRODUCT, VARIANT
from cases.test_compare import METAFIELDS, Store, small_types
from harness.case import CONFIG, FAILED, Case

WEEKS = int(os.environ.get("E2E_WEEKS", "8"))
FIRST = int(os.environ.get("E2E_FIRST_WEEK", "1"))

QUERY = """query @history @deletes(mode: {mode}) {{ products {{ edges {{ node {{
  title {vendor} totalInventory publishedAt tags legacyResourceId
  options @table(key: ["name"]) {{ name position }}
  variants {place} {{ edges {{ node {{ sku price inventoryQuantity }} }} }}
  {metafields} }} }} }} }}"""

# What a schema's tables hold now, and what their histories say of a time. Ids
# that became whole gids are compared by their numbers.
DUMP = """
CREATE SCHEMA test;
CREATE FUNCTION test.plain(line jsonb) RETURNS jsonb LANGUAGE sql AS $$
  SELECT jsonb_object_agg(key, CASE
           WHEN jsonb_typeof(value) = 'string'
                AND value #>> '{}' ~ '^gid://shopify/[A-Za-z]+/[0-9]+$'
           THEN to_jsonb(substring(value #>> '{}' from '[0-9]+$')::numeric)
           ELSE value END)
  FROM jsonb_each(line)
  WHERE key NOT IN ('_hash', '_loaded_at', '_deleted_at', '_valid_from',
                    '_valid_to') $$;
CREATE FUNCTION test.now() RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE t text; rows jsonb; found jsonb := '{}';
BEGIN
  FOR t IN SELECT left(relname, -8) FROM pg_class WHERE relkind = 'r'
           AND relnamespace = 'acme'::regnamespace
           AND relname LIKE '%\\_history' LOOP
    EXECUTE format('SELECT coalesce(jsonb_agg(r.j ORDER BY r.j), ''[]'') FROM '
      '(SELECT test.plain(to_jsonb(t)) AS j FROM acme.%I AS t WHERE '
      'to_jsonb(t) ->> ''_deleted_at'' IS NULL) AS r', t) INTO rows;
    found := found || jsonb_build_object(t, rows);
  END LOOP;
  RETURN found;
END $$;
CREATE FUNCTION test.at(moment timestamptz) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE t text; rows jsonb; found jsonb := '{}';
BEGIN
  FOR t IN SELECT left(relname, -8) FROM pg_class WHERE relkind = 'r'
           AND relnamespace = 'acme'::regnamespace
           AND relname LIKE '%\\_history' LOOP
    EXECUTE format('SELECT coalesce(jsonb_agg(r.j ORDER BY r.j), ''[]'') FROM '
      '(SELECT test.plain(to_jsonb(h)) AS j FROM acme.%I AS h WHERE '
      '_valid_from <= $1 AND (_valid_to IS NULL OR _valid_to > $1)) AS r',
      t || '_history') USING moment INTO rows;
    found := found || jsonb_build_object(t, rows);
  END LOOP;
  RETURN found;
END $$;
"""


class Histories(Case):
    def setUp(self):
        super().setUp()
        self.db.execute(DUMP)
        self.snapshots = []
        self.left = () # columns that the query no longer has

    def now(self):
        return json.loads(self.db.value("SELECT test.now()::text AS v"))

    def at(self, moment):
        return json.loads(self.db.value(
            f"SELECT test.at('{moment}')::text AS v"))

    def remember(self):
        """What the tables hold now, and a time that is later than their last
        merge and earlier than the next one."""
        tables = {table: [{name: value for name, value in row.items()
                           if name not in self.left} for row in rows]
                  for table, rows in self.now().items()}
        self.snapshots.append((self.db.value(
            "SELECT clock_timestamp()::text AS v"), tables))

    def check_history(self, why=None):
        """The histories say of each time what the tables held then. Columns
        that came later were NULL then."""
        for moment, tables in self.snapshots:
            was = self.at(moment)
            for table, rows in tables.items():
                names = set(rows[0]) if rows else set()
                seen = [{k: v for k, v in row.items() if k in names}
                        for row in was[table]]
                self.assertCountEqual(map(to_text, rows), map(to_text, seen),
                                      f"{why}: {table} at {moment}")
        for table in self.now():
            keys = ", ".join(self.db.column(f"""SELECT quote_ident(a.attname)
                FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid
                 AND a.attnum = ANY (i.indkey)
                WHERE i.indrelid = 'acme.{table}'::regclass
                  AND i.indisprimary"""))
            self.assertEqual(0, self.db.value(f"""SELECT count(*) AS v FROM (
                SELECT _valid_to, _valid_from, lead(_valid_from) OVER (
                  PARTITION BY {keys} ORDER BY _valid_from) AS next
                FROM acme.{table}_history) AS h
                WHERE _valid_to <= _valid_from OR _valid_to > next
                   OR _valid_to IS NULL AND next IS NOT NULL"""),
                f"{why}: versions of {table} overlap")

    def written(self):
        """Every version of all histories, with its place and the transaction
        that wrote it, and the sizes of the histories and their indexes: a
        write that was undone, or that changed nothing, shows as well."""
        return {table: (
            self.db.rows(f"SELECT ctid::text, xmin::text, xmax::text, h::text "
                         f"FROM acme.{table}_history h ORDER BY ctid"),
            self.db.value(f"SELECT pg_total_relation_size("
                          f"'acme.{table}_history') AS v"))
            for table in self.now()}

    def versions(self, table="products"):
        """Every version, with the transaction that wrote it last."""
        return self.db.rows(f"SELECT h.*, xmin::text AS x FROM "
                            f"acme.{table}_history h ORDER BY id, _valid_from")


def to_text(row):
    return json.dumps(row, sort_keys=True)


class Weeks(Histories):
    weight = 20

    def choose(self, rng):
        self.has_metafields = rng.random() < 0.5
        vendor = rng.choice(["vendor", "vendor", ""])
        place = rng.choice(["", "", "@position"])
        self.left = [name for name, has in (("vendor", vendor),
                                            ("_position", place)) if not has]
        self.program.query("q", QUERY.format(
            mode=rng.choice(["HARD", "HARD", "SOFT", "KEEP"]),
            vendor=vendor,
            place=place,
            metafields=METAFIELDS if self.has_metafields else ""))

    def load(self, lines, *more):
        self.program.file("lines.jsonl", "".join(
            (line if isinstance(line, str) else json.dumps(line)) + "\n"
            for line in lines))
        return self.program.run("load", "--store", "acme", "--types",
                                "types.json", "q", "lines.jsonl", *more)

    def week(self, seed):
        rng = random.Random(seed)
        store = Store(rng)
        self.snapshots = []
        self.db.execute("DROP SCHEMA IF EXISTS acme CASCADE; DROP SCHEMA IF "
                        "EXISTS bulkpg CASCADE")
        self.choose(rng)
        for step in range(rng.randint(4, 8)):
            if step > 0:
                store.change(rng.choice([0, 1, 5]), rng.choice([0, 0.1, 0.6]),
                             rng.choice([0, 0.05, 0.3]))
            if step > 0 and rng.random() < 0.2:
                self.choose(rng)
            lines = store.lines(self.has_metafields)
            if step > 0 and rng.random() < 0.4:
                lines = store.faulty(lines, self.has_metafields)
            result = self.load(lines, "--force-deletes", "--force-nulls")
            if self.db.value("SELECT to_regclass('acme.products') IS NOT NULL "
                             "AS v"):
                self.remember()
                self.check_history(f"week {seed}, step {step}: {result}")

    def check_weeks(self, memory):
        self.program.configure(
            self.db.dsn, [self.shop.stores["acme"]],
            tuning=f"max_rejects = 30\ncompare_memory = {memory}")
        self.program.file("types.json", small_types())
        for seed in range(FIRST, FIRST + WEEKS):
            self.week(seed)

    def test_weeks_compared_at_the_door(self):
        self.check_weeks("64MB")

    def test_weeks_the_plain_way(self):
        self.check_weeks("0")


class OneTable(Histories):
    def setUp(self):
        super().setUp()
        self.configure()
        self.query("items", "query @history { products { edges { node { "
                            "id title } } } }")

    def put(self, *products, status=0):
        return self.load("items", [
            json.dumps({"id": f"{PRODUCT}{n}", "title": title})
            for n, title in products], "--force-deletes", status=status)

    def titles(self):
        return [(row["id"], row["title"], row["_valid_to"] is None)
                for row in self.versions()]

    def test_versions(self):
        self.put((1, "a"), (2, "b"))
        self.put((1, "a"), (2, "c"), (3, "d"))
        self.put((1, "a"), (3, "d"))
        self.assertEqual([(1, "a", True), (2, "b", False), (2, "c", False),
                          (3, "d", True)], self.titles())
        self.put((1, "a"), (2, "c"), (3, "d"))
        self.assertEqual((2, "c", True), self.titles()[3])
        self.assertEqual(
            self.db.column("SELECT _loaded_at FROM acme.products ORDER BY id"),
            self.db.column("SELECT _valid_from FROM acme.products_history "
                           "WHERE _valid_to IS NULL ORDER BY id"))

    def test_a_run_without_changes_writes_nothing(self):
        """Whether or not the hashes are compared before the rows are sent."""
        for memory in "64MB", "0":
            with self.subTest(compare_memory=memory):
                self.configure(tuning=f"compare_memory = {memory}")
                self.put((1, "a"), (2, "b"))
                before = self.written()
                self.put((1, "a"), (2, "b"))
                self.assertEqual(before, self.written())

    def test_the_clock_steps_back(self):
        self.put((1, "a"))
        self.db.execute("UPDATE acme.products_history SET _valid_from = "
                        "'2100-01-01'")
        self.put((1, "b"))
        self.put()
        self.assertEqual(
            [("2100-01-01 00:00:00", "2100-01-01 00:00:00.000001"),
             ("2100-01-01 00:00:00.000001", "2100-01-01 00:00:00.000002")],
            [tuple(row.values()) for row in self.db.rows("""
                SELECT (_valid_from AT TIME ZONE current_setting('timezone'))
                         ::text AS a,
                       (_valid_to AT TIME ZONE current_setting('timezone'))
                         ::text AS b
                FROM acme.products_history ORDER BY _valid_from""")])

    def test_the_report(self):
        self.put((1, "a"), (2, "b"))
        self.put((1, "c"), (2, "b"))
        self.db.execute("CREATE TABLE acme.mine (id bigint); COMMENT ON TABLE "
                        "acme.mine IS 'bulkpg history: mine'; "
                        "ANALYZE acme.products_history")
        page = self.run_program("report").stdout
        self.assertRegex(page, "acme.<wbr />products_<wbr />history</td>"
                               "<td>items</td><td[^>]*>3</td>")
        self.assertNotIn("mine", page)

    def test_a_table_that_has_rows(self):
        plain = "{ products { edges { node { id title } } } }"
        self.query("items", plain)
        self.put((1, "a"), (2, "b"))
        self.query("items", plain.replace("{", "query @history {", 1))
        self.put((1, "a"), (2, "c"))
        self.assertEqual([(1, "a", True), (2, "c", True)], self.titles())
        self.assertEqual(1, len({row["_valid_from"]
                                 for row in self.versions()}))

    def test_a_history_that_was_not_kept_for_a_while(self):
        kept = self.program.read("queries/items.graphql").decode()
        self.put((1, "a"), (2, "b"), (3, "c"))
        self.query("items", kept.replace("@history ", ""))
        self.put((1, "a"), (2, "x"), (4, "d"))
        self.query("items", kept)
        self.put((1, "a"), (2, "x"), (4, "d"))
        self.assertEqual([(1, "a", True), (2, "b", False), (2, "x", True),
                          (3, "c", False), (4, "d", True)], self.titles())

    def test_a_column_that_comes_later(self):
        self.put((1, "a"))
        self.query("items", "query @history { products { edges { node { "
                            "id title vendor } } } }")
        self.load("items", json.dumps({"id": f"{PRODUCT}1", "title": "a",
                                       "vendor": "v"}) + "\n")
        self.assertEqual([(None, False), ("v", True)],
                         [(row["vendor"], row["_valid_to"] is None)
                          for row in self.versions()])

    def test_a_type_that_widens(self):
        self.put((1, "a"), (2, "b"))
        self.load("items", [json.dumps({"id": f"{PRODUCT}1", "title": "a"}),
                            json.dumps({"id": "gid://shopify/Gizmo/7",
                                        "title": "g"})], "--force-deletes")
        self.assertEqual(
            [("gid://shopify/Gizmo/7", "g", True), (f"{PRODUCT}1", "a", True),
             (f"{PRODUCT}2", "b", False)], self.titles())

    def test_a_trigger_keeps_rows(self):
        self.put((1, "a"), (2, "b"))
        self.db.execute("""
            CREATE FUNCTION public.keep() RETURNS trigger LANGUAGE plpgsql AS
              'BEGIN IF OLD.id = 2 THEN RETURN NULL; END IF;
               RETURN coalesce(NEW, OLD); END';
            CREATE TRIGGER keep BEFORE UPDATE OR DELETE ON acme.products
              FOR EACH ROW EXECUTE FUNCTION public.keep()""")
        self.put((1, "x"), (2, "y"))
        self.put()
        self.assertEqual([(1, "a", False), (1, "x", False), (2, "b", True)],
                         self.titles())

    def test_rules(self):
        """PostgreSQL refuses some of them within WITH."""
        self.put((1, "a"), (2, "b"), (3, "c"))
        self.db.execute("CREATE TABLE public.log (id bigint)")
        for n, rule in enumerate((
                "UPDATE TO acme.products DO ALSO NOTHING",
                "UPDATE TO acme.products DO ALSO INSERT INTO public.log "
                "VALUES (NEW.id)",
                "UPDATE TO acme.products WHERE NEW.id = 1 DO INSTEAD NOTHING",
                "UPDATE TO acme.products DO INSTEAD NOTHING",
                "INSERT TO acme.products DO ALSO INSERT INTO public.log "
                "VALUES (NEW.id)",
                "DELETE TO acme.products DO ALSO INSERT INTO public.log "
                "VALUES (OLD.id)")):
            with self.subTest(rule=rule):
                self.db.execute(f"CREATE RULE mine AS ON {rule}")
                self.put((1, f"a{n}"), (2, f"b{n}"), (4 + n, "new"))
                self.remember()
                self.check_history()
                self.db.execute("DROP RULE mine ON acme.products")
        self.assertEqual(
            ["a", "a0", "a1", "a4", "a5"],
            [title for number, title, _ in self.titles() if number == 1])

    def test_the_table_was_dropped_after_its_ids_had_widened(self):
        lines = [json.dumps({"id": f"{PRODUCT}1", "title": "a"}),
                 json.dumps({"id": "gid://shopify/Gizmo/7", "title": "g"})]
        self.put((1, "a"), (2, "b"))
        self.load("items", lines, "--force-deletes")
        before = self.versions()
        self.db.execute("DROP TABLE acme.products")
        self.load("items", lines)
        self.assertEqual(before, self.versions())
        self.assertEqual(["gid://shopify/Gizmo/7", f"{PRODUCT}1"],
                         self.db.column("SELECT id FROM acme.products "
                                        "ORDER BY id"))

    def test_the_table_was_dropped_after_a_number_had_widened(self):
        self.query("items", "query @history { products { edges { node { "
                            "id legacyResourceId } } } }")
        for number in 5, 2 ** 64, 6:
            self.load("items", json.dumps({
                "id": f"{PRODUCT}1", "legacyResourceId": str(number)}) + "\n")
            if number > 6:
                self.db.execute("DROP TABLE acme.products")
        self.assertEqual("numeric", self.type_of("products",
                                                 "legacy_resource_id"))
        self.assertEqual(
            [("5", False), (str(2 ** 64), False), ("6", True)],
            [tuple(row.values()) for row in self.db.rows(
                "SELECT legacy_resource_id::text AS a, _valid_to IS NULL AS b "
                "FROM acme.products_history ORDER BY _valid_from")])

    def test_a_type_of_the_history_does_not_fit(self):
        self.put((1, "a"))
        self.db.execute("ALTER TABLE acme.products_history ALTER title TYPE "
                        "bytea USING NULL")
        result = self.put((1, "b"), status=FAILED)
        self.assertIn("COLUMN_TYPE", result.stderr)
        self.assertIn("column title of acme.products_history is bytea",
                      result.stderr)
        self.assertEqual([(1, "a")], self.rows("products", "id, title"))

    def test_another_table_has_the_name(self):
        self.db.execute("CREATE SCHEMA acme; "
                        "CREATE TABLE acme.products_history (x integer)")
        result = self.put((1, "a"), status=CONFIG)
        self.assertIn("TABLE_FOREIGN", result.stderr)
        self.assertEqual(["x"], self.db.column(
            "SELECT attname FROM pg_attribute WHERE attnum > 0 AND attrelid = "
            "'acme.products_history'::regclass"))

    def test_rows_without_a_key(self):
        self.query("items", "query @history { products { edges { node { "
                            "id variants { edges { node { id selectedOptions "
                            "@table { name } } } } } } } }")
        result = self.program.run("plan", "items", "--store", "acme",
                                  "--types", self.types)
        self.expect(result, CONFIG)
        self.assertIn("queries/items.graphql:1:7", result.stderr)
        self.assertIn("have no key", result.stderr)

    def test_readers_and_the_plan(self):
        self.db.execute("DO $$ BEGIN CREATE ROLE analyst; EXCEPTION WHEN "
                        "duplicate_object OR unique_violation THEN END $$")
        self.configure(database="readers = analyst")
        text = self.run_program("plan", "items", "--store", "acme", "--types",
                                self.types).stdout
        self.assertIn('CREATE TABLE "acme"."products_history"', text)
        self.put((1, "a"))
        self.assertTrue(self.db.value(
            "SELECT has_table_privilege('analyst', 'acme.products_history', "
            "'SELECT') AS v"))


class TwoTables(Histories):
    """Objects of the user change rows that no statement names."""

    def setUp(self):
        super().setUp()
        self.configure()
        self.query("items", "query @history { products { edges { node { id "
                            "title variants { edges { node { id sku } } } } } "
                            "} }")

    def put(self, **products):
        """Products by title, each with the numbers of its variants."""
        lines = []
        for title, (number, *variants) in products.items():
            lines.append({"id": f"{PRODUCT}{number}", "title": title})
            lines += [{"id": f"{VARIANT}{variant}", "sku": "s",
                       "__parentId": f"{PRODUCT}{number}"}
                      for variant in variants]
        self.load("items", [json.dumps(line) for line in lines],
                  "--force-deletes")
        self.remember()
        self.check_history()

    def test_a_key_that_cascades(self):
        self.put(a=(1, 11, 12), b=(2, 21))
        self.db.execute("ALTER TABLE acme.products_variants ADD FOREIGN KEY "
                        "(_parent_id) REFERENCES acme.products ON DELETE "
                        "CASCADE")
        self.put(b=(2, 21))
        self.put(a=(1, 11), b=(2, 21))
        self.assertEqual(
            [(11, False), (11, True), (12, False), (21, True)],
            [(row["id"], row["_valid_to"] is None)
             for row in self.versions("products_variants")])

    def refer(self, *handles):
        """Products with these handles, and variant 21 of the second one, which
        refers to the first one."""
        self.load("items", [json.dumps(line) for line in (
            *({"id": f"{PRODUCT}{n}", "handle": handle}
              for n, handle in enumerate(handles, 1) if handle),
            {"id": f"{VARIANT}21", "sku": "s",
             "product": {"id": f"{PRODUCT}1", "handle": "one"},
             "__parentId": f"{PRODUCT}2"})], "--force-deletes")
        self.remember()
        self.check_history()

    def check_key(self, column, referred, action, *later):
        """A foreign key of the user changes a row that the run leaves alone.
        Returns the values of the column, and whether they are valid now."""
        self.db.execute("DROP SCHEMA IF EXISTS acme CASCADE")
        self.snapshots = []
        self.query("items", "query @history { products { edges { node { id "
                            "handle variants { edges { node { id sku product "
                            "{ id handle } } } } } } } }")
        self.refer("one", "two")
        self.db.execute(f"""
            ALTER TABLE acme.products ADD UNIQUE (handle);
            ALTER TABLE acme.products_variants
              ALTER product_id SET DEFAULT 2,
              ADD FOREIGN KEY ({column}) REFERENCES acme.products ({referred})
                ON {action}""")
        self.refer(*later)
        return [(row[column], row["_valid_to"] is None)
                for row in self.versions("products_variants")]

    def test_keys_that_set_values(self):
        for action, value in (("DELETE SET NULL", None),
                              ("DELETE SET DEFAULT", 2)):
            with self.subTest(action=action):
                self.assertEqual([(1, False), (value, True)], self.check_key(
                    "product_id", "id", action, None, "two"))

    def test_keys_that_follow_an_update(self):
        for action, value in (("UPDATE CASCADE", "new"),
                              ("UPDATE SET NULL", None)):
            with self.subTest(action=action):
                self.assertEqual([("one", False), (value, True)],
                                 self.check_key("product_handle", "handle",
                                                action, "new", "two"))

    def test_a_trigger_that_changes_the_parent(self):
        self.put(a=(1, 11), b=(2, 21))
        self.db.execute("""
            CREATE FUNCTION public.note() RETURNS trigger LANGUAGE plpgsql AS
              'BEGIN UPDATE acme.products SET title = ''sold''
                     WHERE id = NEW._parent_id; RETURN NULL; END';
            CREATE TRIGGER note AFTER INSERT ON acme.products_variants
              FOR EACH ROW EXECUTE FUNCTION public.note()""")
        self.put(a=(1, 11, 12), b=(2, 21))
        self.assertEqual(
            [(1, "a", False), (1, "sold", True), (2, "b", True)],
            [(row["id"], row["title"], row["_valid_to"] is None)
             for row in self.versions()])


class FromTheStore(Histories):
    """Incremental runs, runs with --ids, and runs by pages."""

    def check_runs(self, directives):
        self.configure()
        self.query("items", f"""query @history {directives} {{ products {{
            edges {{ node {{ id title variants {{ edges {{ node {{ id sku
            price }} }} }} }} }} }} }}""")
        self.run_program("run")
        self.remember()
        self.change_now(type="Product", count=3, set={"title": "new"})
        self.run_program("run")
        self.remember()
        variants = self.db.column("SELECT DISTINCT ON (_parent_id) id FROM "
                                  "acme.products_variants ORDER BY _parent_id, "
                                  "id LIMIT 4")
        self.change_now(ids=[VARIANT + str(one) for one in variants],
                        delete=True)
        gone = self.db.column("SELECT id FROM acme.products ORDER BY id DESC "
                              "LIMIT 2")
        self.change_now(ids=[PRODUCT + str(one) for one in gone], delete=True)
        self.program.file("ids", "".join(f"{one}\n" for one in gone))
        self.run_program("run", "items", "--ids", "ids")
        self.remember()
        self.run_program("run", "--full", "--force-deletes")
        self.remember()
        self.check_history()
        self.check_nothing_is_written()
        self.assertEqual(0, self.db.value(
            "SELECT count(*) AS v FROM acme.products_history WHERE _valid_to "
            f"IS NULL AND id IN ({gone[0]}, {gone[1]})"))

    def check_nothing_is_written(self):
        """By runs of each kind, when nothing has changed."""
        before = self.written()
        self.program.file("ids", "".join(f"{one}\n" for one in self.db.column(
            "SELECT id FROM acme.products ORDER BY id LIMIT 3")))
        for arguments in ((), ("--full",), ("items", "--ids", "ids")):
            with self.subTest(arguments=arguments):
                self.run_program("run", *arguments)
                self.assertEqual(before, self.written())

    def test_incremental(self):
        self.check_runs("@incremental")

    def test_marked_rows(self):
        self.check_runs("@incremental @deletes(mode: SOFT)")

    def test_pages(self):
        self.check_runs("@paged")

    def test_a_reader_that_comes_later(self):
        self.db.execute("DO $$ BEGIN CREATE ROLE e2e_later; EXCEPTION WHEN "
                        "duplicate_object OR unique_violation THEN END $$")
        self.configure()
        self.query("items", "query @history { products { edges { node { id "
                            "title } } } }")
        self.run_program("run")
        self.configure(database="readers = e2e_later")
        self.run_program("run")
        self.assertEqual([True, True], self.db.column(
            "SELECT has_table_privilege('e2e_later', 'acme.' || t, 'SELECT') "
            "FROM unnest(ARRAY['products', 'products_history']) AS t"))
