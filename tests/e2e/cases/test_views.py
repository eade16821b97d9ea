"""One view per table over all stores: rows, types, rights and dependents."""
import json

from cases.queries import PLAIN, PRODUCT, WIRE
from harness.case import AGAIN, CONFIG, FAILED, USAGE, Case

ITEMS = """{ products { edges { node { id %s } } } }"""

ROLE = """DO $$ BEGIN CREATE ROLE %s; EXCEPTION
WHEN duplicate_object OR unique_violation THEN END $$"""


def dumps(*objects):
    return "".join(json.dumps(one) + "\n" for one in objects)


def product(n, **fields):
    return {"id": f"{PRODUCT}{n}", **fields}


class Views(Case):
    def configure_stores(self, *names, **how):
        """Configure several stores; all of them are the fake store acme."""
        self.program.configure(
            self.db.dsn, [{**self.shop.stores["acme"], "name": name}
                          for name in names], **how)

    def load_into(self, store, *products, job="items", status=0):
        self.program.file("lines.jsonl", dumps(*products))
        return self.run_program("load", "--store", store, "--types",
                                self.types, job, "lines.jsonl", status=status)

    def views(self, *arguments, status=0):
        """Run views; returns its output as (action, view, number of stores)."""
        result = self.run_program("views", *arguments, status=status)
        lines = [line.replace(",", "").split()
                 for line in result.stdout.splitlines()]
        self.shops = [line[0] for line in lines if line[1] == "stores.shops"]
        return [(*line[:2], int(line[2]) if line[2:] else None)
                for line in lines if line[1] != "stores.shops"]

    def seen(self, columns="*", table="products", order="1, 2"):
        return self.rows(table, columns, order, schema="stores")

    def columns(self, table="products", schema="stores"):
        return {row["column_name"]: row["data_type"] for row in self.db.rows(
            "SELECT column_name, data_type FROM information_schema.columns "
            f"WHERE table_schema = '{schema}' AND table_name = '{table}' "
            "ORDER BY ordinal_position")}

    def view_state(self):
        return self.db.rows(
            "SELECT c.oid::int, c.relname, c.xmin::text, c.relacl::text, "
            "obj_description(c.oid) AS comment FROM pg_class c "
            "WHERE c.relnamespace = 'stores'::regnamespace AND "
            "c.relname <> 'shops' ORDER BY 2")

    def comment(self):
        return self.db.value(
            "SELECT obj_description('stores.products'::regclass)")

    # ---- contents --------------------------------------------------------

    def test_two_stores_side_by_side(self):
        self.configure("acme", "beta")
        self.query("plain", PLAIN)
        self.run_program("run")
        self.assertEqual([("made", "stores.products", 2),
                          ("made", "stores.products_variants", 2)], self.views())
        for table in ("products", "products_variants"):
            names = ", ".join(name for name in self.columns(table)
                              if name != "store")
            self.assertNotIn("_hash", names)
            self.assertEqual(
                sorted((store, *row) for store in ("acme", "beta")
                       for row in self.rows(table, names, "id", store)),
                self.seen(f"store, {names}", table,
                          "store, " + ("_parent_id, " if "_parent_id" in names
                                       else "") + "id"))
        self.assertEqual("store", next(iter(self.columns())))
        before = self.view_state()
        self.assertEqual([("unchanged", "stores.products", 2),
                          ("unchanged", "stores.products_variants", 2)],
                         self.views())
        self.assertEqual(before, self.view_state())

    def test_only_the_store_asked_for_is_read(self):
        self.configure_stores("one", "two")
        self.query("items", ITEMS % "title")
        for store in ("one", "two"):
            self.load_into(store, product(1, title="x"))
        self.views()
        plan = "\n".join(self.db.execute(
            "SET enable_seqscan = off; EXPLAIN SELECT title FROM "
            "stores.products WHERE store = 'two' AND id = 1"))
        self.assertIn("products_pkey on products", plan)
        self.assertNotIn("Append", plan)

    def test_types_that_differ(self):
        """Every pair of types: one type in each of two stores, and no column in
        the third."""
        pairs = {
            # column: types, values as loaded, type and values as seen
            "a": (("integer", "bigint"), (1, 2 ** 60),
                  "bigint", ("1", str(2 ** 60))),
            "b": (("bigint", "numeric"), (2 ** 60, "0.5"),
                  "numeric", (str(2 ** 60), "0.5")),
            "c": (("integer", "double precision"), (1, 0.25),
                  "double precision", ("1", "0.25")),
            "d": (("bigint", "double precision"),
                  (2 ** 53 + 1, 0.30000000000000004),
                  "numeric", (str(2 ** 53 + 1), "0.30000000000000004")),
            "e": (("numeric", "double precision"), ("10.50", 1e-300),
                  "numeric", ("10.50", f"0.{'0' * 299}1")),
            "f": (("date", "timestamptz"),
                  ("2026-01-02", "2026-01-02T03:04:05Z"),
                  "timestamp with time zone",
                  ("2026-01-02 00:00:00+00", "2026-01-02 03:04:05+00")),
            "g": (("timestamptz", "text"),
                  ("2026-01-02T05:04:05+02:00", "2026-01-02T03:04:05Z"),
                  "text", ("2026-01-02T03:04:05Z", "2026-01-02T03:04:05Z")),
            "h": (("date", "text"), ("2026-01-02", "tomorrow"),
                  "text", ("2026-01-02", "tomorrow")),
            "i": (("jsonb", "text"), ("it's", "it's"),
                  "text", ("it's", "it's")),
            "j": (("jsonb", "integer"), ({"a": [1]}, 7),
                  "text", ('{"a": [1]}', "7")),
            "k": (("boolean", "text"), (True, "no"), "text", ("true", "no")),
            "l": (("boolean", "integer"), (False, 0), "text", ("false", "0")),
            "m": (("numeric", "text"), ("10.50", "x"), "text", ("10.50", "x")),
            "n": (("date", "integer"), ("2026-01-02", 7),
                  "text", ("2026-01-02", "7")),
        }
        self.configure_stores("one", "two", "three")
        self.query("items", ITEMS % "")
        for n, store in enumerate(("one", "two")):
            self.query("items", ITEMS % " ".join(
                f'{name}: title @column(type: "{types[n]}")'
                for name, (types, *_) in pairs.items()), store)
            self.load_into(store, {"id": f"{PRODUCT}{n}", **{
                name: values[n] for name, (_, values, *_) in pairs.items()}})
        self.load_into("three", product(3))
        self.assertEqual([("made", "stores.products", 3)], self.views())
        self.assertEqual(
            {name: wanted for name, (_, _, wanted, _) in pairs.items()},
            {name: kind for name, kind in self.columns().items()
             if name in pairs})
        texts = ", ".join(f"{name}::text" for name in pairs)
        self.assertEqual(
            [("one", *[seen[0] for *_, seen in pairs.values()]),
             ("three", *[None for _ in pairs]),
             ("two", *[seen[1] for *_, seen in pairs.values()])],
            self.seen(f"store, {texts}"))
        self.assertIn("a is bigint, in some stores integer", self.comment())
        # The settings of a session that reads do not change the values.
        self.assertEqual(
            "2026-01-02T03:04:05Z|2026-01-02|2026-01-02 00:00:00+00",
            self.db.execute(
                "SET DateStyle = 'German, DMY'; SET TimeZone = 'Asia/Tokyo'; "
                "CREATE TEMP TABLE t AS SELECT g, h, f FROM stores.products "
                "WHERE store = 'one'; SET DateStyle = 'ISO'; "
                "SET TimeZone = 'UTC'; SELECT * FROM t")[-1])

    def test_ids_of_one_store_are_whole(self):
        self.configure_stores("one", "two", "three")
        self.query("items", ITEMS % "variants { edges { node { id } } }")
        variant = {"id": "gid://shopify/ProductVariant/5",
                   "__parentId": PRODUCT + "1"}
        self.load_into("one", product(1), variant)
        self.load_into("two", product(1), product("2?x=1"), variant)
        self.load_into("three")
        self.views()
        self.assertEqual([("one", PRODUCT + "1"), ("two", PRODUCT + "1"),
                          ("two", PRODUCT + "2?x=1")],
                         self.seen("store, id"))
        self.assertEqual([("one", PRODUCT + "1", 5), ("two", PRODUCT + "1", 5)],
                         self.seen("store, _parent_id, id",
                                   "products_variants"))

    def test_ids_of_two_types_become_whole(self):
        """Ids of different types are shown as whole gids, because their numbers
        cannot be compared."""
        self.configure_stores("one", "two")
        self.query("items", ITEMS % "")
        self.query("items", """{ customers @table(name: "products") {
            edges { node { id } } } }""", "two")
        self.load_into("one", product(1))
        self.load_into("two", {"id": "gid://shopify/Customer/1"})
        self.views()
        self.assertEqual([("one", PRODUCT + "1"),
                          ("two", "gid://shopify/Customer/1")],
                         self.seen("store, id"))
        self.assertIn("made by different queries: customers of job items (1), "
                      "products of job items (1)", self.comment())

    def test_a_column_named_store(self):
        self.configure_stores("one")
        self.query("items", ITEMS % "store: title")
        self.load_into("one", product(1, store="x"))
        self.views()
        self.assertEqual([("one", 1, "x")], self.seen("store, id, _store"))

    def test_columns_of_bulkpg_and_of_users(self):
        self.configure_stores("one", "two")
        self.query("items", ITEMS % "media { edges { node { alt } } }")
        self.query("orders", """{ orders { edges { node {
            taxLines @table(parent: "order_id") { title } } } } }""")
        for store in ("one", "two"):
            self.load_into(store, product(1, title="x"))
        self.load_into("one", {"id": "gid://shopify/Order/7",
                               "taxLines": [{"title": "a"}, {"title": "b"}]},
                       job="orders")
        self.views()
        self.assertEqual(["store", "_parent_id", "id", "alt", "_typename",
                          "_loaded_at"], list(self.columns("products_media")))
        self.assertEqual(["store", "order_id", "_ordinal", "title",
                          "_loaded_at"],
                         list(self.columns("orders_tax_lines")))
        self.assertEqual([("one", 7, 0, "a"), ("one", 7, 1, "b")], self.seen(
            "store, order_id, _ordinal, title", "orders_tax_lines", "3"))
        self.db.execute("ALTER TABLE one.products ADD mine text")
        self.assertEqual({"unchanged"}, {what for what, *_ in self.views()})

    def test_marked_rows(self):
        """One store marks rows as deleted, the other deletes them."""
        self.configure_stores("one", "two")
        self.query("items", ITEMS % "title")
        self.query("items", "query @deletes(mode: SOFT) "
                   + ITEMS % "title", "two")
        for store in ("one", "two"):
            for last in (3, 2):
                self.load_into(store, *[product(n, title="x")
                                        for n in range(1, last)])
        self.views()
        self.assertEqual(
            [("one", 1, False), ("two", 1, False), ("two", 2, True)],
            self.seen("store, id, _deleted_at IS NOT NULL"))
        self.assertEqual(["_loaded_at", "_deleted_at"],
                         list(self.columns())[-2:])

    # ---- changes ---------------------------------------------------------

    def test_new_columns_keep_dependent_views(self):
        self.configure_stores("one", "two")
        self.query("items", ITEMS % "title")
        for store in ("one", "two"):
            self.load_into(store, product(1, title="x", vendor="y"))
        self.views()
        self.db.execute('CREATE VIEW public.titles AS SELECT store, title '
                        'FROM stores.products')
        before = self.view_state()
        self.query("items", ITEMS % "vendor title", "two")
        self.load_into("two", product(1, title="x", vendor="y"))
        self.assertEqual(before, self.view_state())
        self.assertEqual([("changed", "stores.products", 2)], self.views())
        self.assertEqual("vendor", list(self.columns())[-1])
        self.assertEqual(before[0]["oid"], self.view_state()[0]["oid"])
        self.assertEqual([("one", None), ("two", "y")],
                         self.seen("store, vendor"))
        self.db.execute("DROP VIEW public.titles")

    def test_a_store_that_comes_and_goes(self):
        self.configure_stores("one", "two")
        self.query("items", ITEMS % "title")
        self.load_into("one", product(1, title="x"))
        self.assertEqual([("made", "stores.products", 1)], self.views())
        self.load_into("two", product(2, title="y"))
        self.assertEqual([("changed", "stores.products", 2)], self.views())
        self.assertEqual([("one", 1), ("two", 2)], self.seen("store, id"))
        # DROP SCHEMA CASCADE of a store's schema also drops the views.
        self.db.execute("DROP SCHEMA two CASCADE")
        self.assertEqual([("made", "stores.products", 1)], self.views())
        self.assertEqual([("one", 1)], self.seen("store, id"))

    def test_tables_that_the_journal_no_longer_has(self):
        """If the journal's rows about a table are deleted, its view is dropped
        and the table stays."""
        self.configure_stores("one", "two")
        self.query("items", ITEMS % "title vendor")
        self.query("items", ITEMS % "title", "two")
        for store in ("one", "two"):
            self.load_into(store, product(1, title="x"))
        self.views()
        self.db.execute("DELETE FROM bulkpg.relation WHERE store = 'one'")
        self.assertEqual([("remade", "stores.products", 1)], self.views())
        self.assertNotIn("vendor", self.columns())
        self.db.execute("DELETE FROM bulkpg.relation")
        self.assertEqual([("dropped", "stores.products", None)], self.views())
        self.assertEqual({}, self.columns())
        self.assertEqual([], self.views())
        self.assertEqual([(1,)], self.rows("products", "id", schema="one"))

    def test_a_store_whose_schema_is_another(self):
        """The view does not show the tables in the old schema."""
        self.configure_stores("one")
        self.query("items", ITEMS % "title")
        self.load_into("one", product(1, title="old"))
        self.configure_stores("one", more={"one": "schema = moved"})
        self.load_into("one", product(1, title="new"))
        self.assertEqual([("made", "stores.products", 1)], self.views())
        self.assertEqual([("one", "new")], self.seen("store, title"))

    # ---- neighbours ------------------------------------------------------

    def test_readers_and_rights_of_others(self):
        for role in ("e2e_reader", "e2e_other"):
            self.db.execute(ROLE % role)
        self.query("items", ITEMS % "legacyResourceId")
        self.configure_stores("one", "two")
        for store in ("one", "two"):
            self.load_into(store, product(1, legacyResourceId=1))
        self.views()
        self.configure_stores("one", "two", database="readers = e2e_reader")
        self.assertEqual([("unchanged", "stores.products", 2)], self.views())
        self.db.execute('GRANT USAGE ON SCHEMA stores TO e2e_other; GRANT '
                        'SELECT ON stores.products TO e2e_other')
        self.query("items", ITEMS % 'legacyResourceId @column(type: "text")',
                   "two")
        self.db.execute("DROP TABLE two.products CASCADE")
        self.views()
        self.db.execute('GRANT SELECT ON stores.products TO e2e_other')
        self.load_into("two", product(1, legacyResourceId="x"))
        self.assertEqual([("remade", "stores.products", 2)], self.views())
        for role in ("e2e_reader", "e2e_other"):
            self.assertEqual(["1", "x"], self.db.execute(
                f"SET ROLE {role}; SELECT legacy_resource_id FROM "
                'stores.products ORDER BY 1'))
        self.configure_stores("one", database="readers = e2e_no_such_role")
        self.assertIn("e2e_no_such_role",
                      self.run_program("views", status=CONFIG).stderr)

    def test_relations_of_users_stay(self):
        self.configure_stores("one")
        self.query("plain", PLAIN)
        self.load_into("one", product(1, title="x"), job="plain")
        for what in ("VIEW", "TABLE", "MATERIALIZED VIEW"):
            self.db.execute(f'CREATE SCHEMA stores; CREATE {what} '
                            'stores.products AS SELECT 1 AS mine; COMMENT ON '
                            f"{what} stores.products IS 'mine'")
            result = self.run_program("views", status=CONFIG)
            self.assertIn("stores.products", result.stderr)
            self.assertIn("does not change the object", result.stderr)
            self.assertEqual([(1,)], self.seen(order="1"))
            self.assertEqual("mine", self.comment())
            self.assertIn("made       stores.products_variants, 1 store\n",
                          result.stdout)
            self.db.execute('DROP SCHEMA stores CASCADE')

    def test_schemas(self):
        self.configure_stores("one")
        self.query("items", ITEMS % "title")
        result = self.run_program("views")
        self.assertIn("this database has no runs yet", result.stderr)
        self.load_into("one", product(1, title="x"))
        for state, schema, *how in (
                ("made", 'Every"thing', "--schema", 'Every"thing'),
                ("made", "stores"),
                ("unchanged", 'Every"thing', "--schema", 'Every"thing')):
            self.assertIn((state, schema + ".products", 1), self.views(*how))
        self.run_program("views", "--schema", "one", status=CONFIG)
        self.run_program("views", "--schema", "bulkpg", status=CONFIG)
        self.run_program("views", "--schema", "", status=USAGE)
        self.run_program("views", "--schema", "x" * 64, status=USAGE)

    def test_a_view_with_dependent_views_is_not_dropped(self):
        self.configure_stores("one")
        self.query("items", ITEMS % "title")
        self.load_into("one", product(1, title="x"))
        self.views()
        self.db.execute('ALTER TABLE one.products RENAME title TO name; '
                        "UPDATE bulkpg.relation SET columns = "
                        "replace(columns::text, 'title', 'name')::jsonb; "
                        "CREATE VIEW public.mine AS SELECT title FROM "
                        'stores.products')
        result = self.run_program("views", status=FAILED)
        self.assertIn("view public.mine depends on view", result.stderr)
        self.assertIn("drop the objects that depend on it", result.stderr)
        self.assertIn("title", self.columns())
        self.db.execute("DROP VIEW public.mine")
        self.assertEqual([("remade", "stores.products", 1)], self.views())

    def test_a_view_in_use(self):
        self.configure_stores("one", tuning="retry_budget = 1s")
        self.query("items", ITEMS % "title")
        self.load_into("one", product(1, title="x"))
        self.views()
        self.query("items", ITEMS % "title vendor")
        self.load_into("one", product(1, title="x"))
        before = self.view_state()
        holder = self.db.hold('BEGIN; SELECT * FROM stores.products; '
                              "SELECT pg_sleep(600)")
        try:
            while not self.db.column(
                    "SELECT pid FROM pg_locks WHERE relation = "
                    "'stores.products'::regclass"):
                self.assertIsNone(holder.poll())
            result = self.run_program("views", status=AGAIN)
        finally:
            self.db.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE query LIKE '%pg_sleep(600)%' AND pid <> "
                "pg_backend_pid()")
            holder.wait()
        self.assertIn("stores.products", result.stderr)
        self.assertEqual(before, self.view_state())
        self.assertEqual([("changed", "stores.products", 1)], self.views())

    # ---- during runs -----------------------------------------------------

    def prepare_widening(self):
        """Create views of two stores in two schemas, which another role may
        read."""
        self.db.execute(ROLE % "e2e_other")
        self.configure_stores("one", "two")
        self.query("items", ITEMS % "title legacyResourceId "
                   "variants { edges { node { id } } }")
        for store in ("one", "two"):
            self.load_into(store, product(1, title=store, legacyResourceId=1),
                           {"id": "gid://shopify/ProductVariant/5",
                            "__parentId": PRODUCT + "1"})
        self.views()
        self.views("--schema", "other")
        self.db.execute('GRANT SELECT ON stores.products TO e2e_other')

    def test_an_id_widens_below_the_views(self):
        self.prepare_widening()
        self.load_into("two", product(1, title="two"), product("x"),
                       {"id": "gid://shopify/ProductVariant/5",
                        "__parentId": PRODUCT + "x"})
        self.assertEqual("text", self.type_of("products", "id", "two"))
        self.assertEqual([("one", PRODUCT + "1"), ("two", PRODUCT + "1"),
                          ("two", PRODUCT + "x")], self.seen("store, id"))
        self.assertEqual([("one", PRODUCT + "1"), ("two", PRODUCT + "x")],
                         self.seen("store, _parent_id", "products_variants"))
        self.assertEqual("text", self.columns(schema="other")["id"])
        self.assertEqual("t", self.db.value(
            "SELECT has_table_privilege('e2e_other', 'stores.products', "
            "'SELECT')::text")[0])
        self.assertEqual({"unchanged"}, {what for what, *_ in self.views()})

    def test_a_number_widens_below_the_views(self):
        self.prepare_widening()
        self.load_into("two", product(1, legacyResourceId=str(10 ** 20)))
        self.assertEqual([("one", "1"), ("two", str(10 ** 20))],
                         self.seen("store, legacy_resource_id::text"))
        self.assertEqual("numeric", self.columns()["legacy_resource_id"])

    def test_a_dependent_view_prevents_widening(self):
        self.prepare_widening()
        self.db.execute('CREATE VIEW public.mine AS SELECT id FROM '
                        'stores.products')
        before = self.snapshot()
        result = self.load_into("two", product(1), product("x"),
                                status=FAILED)
        self.assertIn("view public.mine depends on view", result.stderr)
        self.check_unchanged(before)
        self.check_no_staging()
        self.assertEqual("bigint", self.columns()["id"])
        self.db.execute("DROP VIEW public.mine")
        self.load_into("two", product(1), product("x"))
        self.assertEqual("text", self.columns()["id"])


class Shops(Case):
    """The view shops, and the schema."""

    COLUMNS = "store, domain, currency_code, iana_timezone, plan"

    def shops(self, schema="stores"):
        return self.rows("shops", self.COLUMNS, schema=schema)

    def test_each_store_has_a_row(self):
        """Also one whose shop is not known. The view is always up to date."""
        self.configure("acme", "beta")
        self.query("plain", PLAIN)
        self.run_program("run", "--store", "acme")
        self.assertIn("made       stores.shops, 1 store\n",
                      self.run_program("views").stdout)
        known = self.db.row(f"SELECT {self.COLUMNS} FROM bulkpg.store")
        self.assertNotIn(None, known.values())
        self.assertEqual([tuple(known.values())], self.shops())
        self.run_program("run", "--store", "beta")
        self.assertEqual(["acme", "beta"], [one[0] for one in self.shops()])
        self.db.execute("DELETE FROM bulkpg.store WHERE store = 'beta'")
        self.assertEqual(("beta", None, None, None, None), self.shops()[1])
        self.assertIn("unchanged  stores.shops, 2 stores\n",
                      self.run_program("views").stdout)
        self.assertEqual(["store", "domain", "currency_code",
                          "iana_timezone", "plan"], self.db.column(
            "SELECT attname FROM pg_attribute WHERE attrelid = "
            "'stores.shops'::regclass AND attnum > 0 ORDER BY attnum"))
        self.db.execute("DROP SCHEMA acme, beta CASCADE")
        self.assertIn("dropped    stores.shops\n",
                      self.run_program("views").stdout)

    def test_a_table_has_its_name(self):
        self.configure()
        self.query("plain", PLAIN.replace(
            "products {", 'products @table(name: "shops") {'))
        self.run_program("run")
        result = self.run_program("views")
        self.assertIn("SHOPS_TAKEN", result.stderr)
        self.assertEqual(self.rows("shops", "id"),
                         self.rows("shops", "id", schema="stores"))
        self.query("plain", PLAIN)
        self.run_program("run")
        self.db.execute("DROP TABLE acme.shops CASCADE")
        self.assertIn("made       stores.shops",
                      self.run_program("views").stdout)
        self.assertEqual("acme", self.shops()[0][0])

    def test_someone_elses_relation(self):
        self.configure()
        self.query("plain", PLAIN)
        self.run_program("run")
        self.db.execute("CREATE SCHEMA stores; CREATE TABLE stores.shops ()")
        result = self.run_program("views", status=CONFIG)
        self.assertIn("stores.shops exists, but bulkpg did not", result.stderr)

    def test_readers(self):
        self.db.execute("DROP ROLE IF EXISTS e2e_shops; CREATE ROLE e2e_shops")
        self.addCleanup(self.db.execute, "DROP OWNED BY e2e_shops; "
                        "DROP ROLE e2e_shops")
        self.configure(database="readers = e2e_shops\n")
        self.query("plain", PLAIN)
        self.run_program("run")
        self.run_program("views")
        self.db.execute("SET ROLE e2e_shops; SELECT * FROM stores.shops")

    def test_views_of_earlier_versions_stay_where_they_are(self):
        self.configure()
        self.query("plain", PLAIN)
        self.run_program("run")
        self.run_program("views", "--schema", "all")
        self.assertIn("unchanged  all.products, 1 store\n",
                      self.run_program("views").stdout)
        self.assertEqual("acme", self.shops('"all"')[0][0])
        self.assertIn("made       stores.products",
                      self.run_program("views", "--schema",
                                       "stores").stdout)
        self.db.execute('DROP SCHEMA "all" CASCADE; CREATE SCHEMA "all"; '
                        'CREATE VIEW "all".mine AS SELECT 1 AS x')
        self.assertIn("unchanged  stores.products",
                      self.run_program("views").stdout)

    def test_a_store_has_this_name(self):
        self.program.configure(self.db.dsn, [
            {**self.shop.stores["acme"], "name": "stores"}])
        self.query("plain", PLAIN)
        self.run_program("run")
        result = self.run_program("views", status=CONFIG)
        self.assertIn("SCHEMA_TAKEN", result.stderr)
        self.run_program("views", "--schema", "fleet")
        self.assertEqual("stores", self.shops("fleet")[0][0])
