"""The output of the commands, and whether it can be used."""
import json
import os
import re
import subprocess

import yaml

from cases.queries import ORDERS, PLAIN, PRODUCTS
from cases.test_events import names, read_events
from harness.case import (AGAIN, CONFIG, DENIED, FAILED, OK, UNWRITTEN, USAGE,
                          Case)
from harness.pooler import Pooler
from harness.program import NOISE


class Commands(Case):
    def prepare(self):
        self.configure()
        self.query("products", PRODUCTS)
        self.query("orders", ORDERS)

    def test_help_and_version(self):
        text = self.run_program("--help").stdout
        for command in ("init", "check", "plan", "run", "load", "status",
                        "cancel", "types", "views", "report"):
            self.assertIn(f"\n  {command} ", text)
            self.assertIn(f"bulkpg {command}",
                          self.run_program(command, "--help").stdout)
        self.assertRegex(self.run_program("--version").stdout,
                         r"^bulkpg \d+\.\d+")
        self.run_program(status=USAGE)
        self.run_program("run", "--no-such-option", status=USAGE)

    def test_init(self):
        self.run_program("init", "here")
        folder = os.path.join(self.program.directory, "here")
        self.assertIn("bulkpg.ini", os.listdir(folder))
        self.assertIn("products.graphql",
                      os.listdir(os.path.join(folder, "queries")))
        self.program.file("here/bulkpg.ini", "# mine\n")
        self.run_program("init", "here")
        self.assertEqual(b"# mine\n", self.program.read("here/bulkpg.ini"))
        listed = self.run_program("init", "--list").stdout
        self.assertIn("orders", listed)
        self.run_program("init", "here", "--add", "orders")
        self.assertIn("orders.graphql",
                      os.listdir(os.path.join(folder, "queries")))
        self.run_program("init", "here", "--add", "nothing", status=USAGE)

    def test_init_adds_mutations(self):
        """A ready mutation is copied with its SELECT, into mutations/."""
        listed = self.run_program("init", "--list").stdout
        names = re.findall(r"^(mutations/\w+)  ", listed, re.M)
        self.assertEqual(7, len(names))
        self.run_program("init", "--add", ",".join(names))
        for name in names:
            self.assertTrue(self.program.read(name + ".graphql"))
            self.assertTrue(self.program.read(name + ".sql"))
        self.run_program("init", "--add", "stock", "--store", "acme")
        self.assertEqual(self.program.read("mutations/stock.sql"),
                         self.program.read("mutations/acme/stock.sql"))
        result = self.run_program("init", "--add", "prcies", status=USAGE)
        self.assertIn("did you mean prices?", result.output)

    def test_check(self):
        self.prepare()
        result = self.run_program("check")
        self.assertIn("products", result.stdout)
        events = read_events(self, self.run_program("check", "--json"))
        self.assertEqual({"checked", "summary"}, set(names(events)))
        self.assertNotIn("error", [one["verdict"] for one in events[:-1]])
        query = [one for one in events if one.get("job") == "products"][0]
        self.assertEqual("acme", query["store"])
        self.assertIn("queries/products.graphql", query["what"])
        end = events[-1]
        self.assertEqual((2, len(events) - 1, 0), (
            end["jobs"], end["ok"] + end["warn"], end["failed"]))
        self.assertEqual({}, self.snapshot())
        self.assertEqual([], self.requests(kind="run"))

    def test_check_finds_a_bad_query(self):
        self.prepare()
        self.query("bad", "{ products { edges { node { nothing } } } }")
        result = self.run_program("check", status=CONFIG)
        self.assertIn("queries/bad.graphql:1:29", result.output)

    def test_check_finds_a_bad_token(self):
        self.prepare()
        self.run_program("check", status=DENIED,
                         environment={"TOKEN_ACME": "shpat_wrong"})

    def test_check_finds_a_missing_scope(self):
        self.prepare()
        self.shop.set(scopes=["read_products"])
        result = self.program.run("check")
        self.assertIn(result.status, (OK, DENIED), result)

    def test_check_asks_the_store_without_a_database(self):
        self.prepare()
        self.program.configure("host=/nowhere dbname=x",
                               [self.shop.stores["acme"]])
        result = self.run_program("check", status=AGAIN)
        self.assertIn("error  database: ", result.stdout)
        self.assertIn("ok     store acme (", result.stdout)
        result = self.program.run(
            "check", environment={"TOKEN_ACME": "shpat_wrong"})
        self.assertIn("error  store acme (", result.stdout)
        self.assertEqual(DENIED, result.status)

    def test_check_reports_each_problem_once(self):
        """Each problem is reported once, on standard output."""
        self.prepare()
        self.configure("acme", "beta", more={"acme": "jobs = nix",
                                             "beta": "enabled = maybe"})
        result = self.run_program("check", status=CONFIG)
        self.assertEqual(1, result.output.count('no job "nix"'))
        self.assertIn("error  queries of store acme: bulkpg.ini:",
                      result.stdout)
        self.assertEqual(1, result.output.count("neither yes nor no"))
        self.assertIn("error  store beta", result.stdout)
        self.assertEqual("", result.stderr)
        result = self.run_program("run", status=CONFIG)
        self.assertIn("neither yes nor no", result.stderr)

    def test_check_finds_a_shared_table(self):
        self.prepare()
        self.query("again", PRODUCTS)
        result = self.run_program("check", status=CONFIG)
        self.assertIn("ok     query queries/again.graphql", result.stdout)
        self.assertIn("error  query queries/products.graphql", result.stdout)
        self.assertEqual(1, result.output.count("both write table"))
        self.assertEqual("", result.stderr)

    def test_check_looks_up_readers(self):
        self.prepare()
        self.configure(database="readers = nobodyrole")
        result = self.run_program("check", status=CONFIG)
        self.assertRegex(
            result.stdout, r"error  database: bulkpg\.ini:\d+: readers: "
            "role nobodyrole does not exist")

    def test_check_blames_the_database_for_its_rights(self):
        self.prepare()
        self.run_program("check")
        self.db.execute(
            "DO $$ BEGIN CREATE ROLE e2e_weak LOGIN; EXCEPTION WHEN "
            "duplicate_object THEN END $$; GRANT USAGE ON SCHEMA bulkpg TO "
            "e2e_weak; GRANT SELECT ON ALL TABLES IN SCHEMA bulkpg TO "
            "e2e_weak; DELETE FROM bulkpg.graphql_type")
        self.program.configure(
            self.db.dsn.replace("user=owner", "user=e2e_weak"),
            [self.shop.stores["acme"]])
        result = self.run_program("check", status=DENIED)
        self.assertIn("ok     store acme", result.stdout)
        self.assertIn("error  database: ", result.stdout)
        self.assertNotIn("error  query", result.stdout)

    def prepare_pooler(self, mode):
        """Configure the database through a pooler only."""
        pooler = Pooler(self.db.cluster.directory, mode)
        self.addCleanup(pooler.stop)
        self.prepare()
        self.program.configure(
            self.db.dsn.replace(self.db.cluster.directory, pooler.directory),
            [self.shop.stores["acme"]])

    def test_session_pooling_works(self):
        self.prepare_pooler("session")
        self.run_program("run", "products")
        self.check_tables(PRODUCTS)

    def test_transaction_pooling_is_refused(self):
        self.prepare_pooler("transaction")
        for command in ("run", "check"):
            result = self.run_program(command, status=CONFIG)
            self.assertIn("session pooling", result.output)
        self.assertEqual([], self.requests(kind="run"))
        self.assertEqual({}, self.snapshot())

    def test_no_configuration(self):
        for words in (("check",), ("run",), ("run", "--dsn", self.db.dsn),
                      ("load", "x", "-", "--dsn", self.db.dsn)):
            result = self.run_program(*words, status=CONFIG)
            self.assertIn("cannot find bulkpg.ini in "
                          + self.program.directory, result.output)
            self.assertIn("create one with bulkpg init", result.output)

    def test_errors_say_what_to_do(self):
        """The remedy names the place of the mistake: an option, the file or
        the environment."""
        result = self.run_program("run", "--dsn", self.db.dsn, status=CONFIG)
        self.assertIn("run need --domain, and load needs --types", result.stderr)
        self.program.query("q", PLAIN)
        for words, hint in (
                (("--dsn", "host=/nowhere"), "that --dsn is correct"),
                ((), "no dsn is given")):
            result = self.run_program(
                "load", "q", "-", "--types", self.types, *words,
                status=AGAIN, environment={"PGHOST": "/nowhere"})
            self.assertIn(hint, result.stderr)
        self.program.configure("host=/nowhere", [self.shop.stores["acme"]])
        result = self.run_program("status", status=AGAIN)
        self.assertIn("that dsn in bulkpg.ini is correct", result.stderr)
        result = self.run_program("plan", "q", "--types", "no.json",
                                  status=CONFIG)
        self.assertIn("--types: no.json: No such file or directory",
                      result.stderr)
        self.assertIn("bulkpg types --store S", result.stderr)
        self.configure()
        del self.program.environment["TOKEN_ACME"]
        result = self.run_program("run", status=CONFIG)
        self.assertIn("TOKEN_ACME is not set; to fix: export it",
                      result.stdout)
        self.program.remove_file("queries/q.graphql")
        self.configure()
        self.assertIn("by its path: ./NAME.graphql", self.run_program(
            "run", status=CONFIG).stdout)

    def test_queries_are_not_tried_at_a_store_that_fails(self):
        self.prepare()
        self.shop.rule({"status": 401, "body": {"errors": "no"}},
                       times=-1, kind="shop")
        result = self.run_program("check", status=DENIED)
        self.assertIn("ok     query queries/orders.graphql (store acme): "
                      "not tried at the store", result.stdout)

    def test_a_closed_pipe_is_not_reported(self):
        self.prepare()
        end = os.pipe()
        os.close(end[0])
        result = subprocess.run(
            [self.program.path, "plan", "products", "--types", self.types],
            cwd=self.program.directory, env=self.program.environment,
            stdout=end[1], stderr=subprocess.PIPE, check=False)
        os.close(end[1])
        self.assertEqual((UNWRITTEN, ""), (result.returncode, NOISE.sub(
            "", result.stderr.decode())))

    def test_unknown_store(self):
        self.configure("acme", "beta")
        result = self.run_program("run", "--store", "acne", status=USAGE)
        self.assertIn("did you mean acme? The stores are acme, beta",
                      result.stderr)
        result = self.run_program("run", "--store", "zzz", status=USAGE)
        self.assertIn("the stores are acme, beta", result.stderr)

    def test_all_stores_are_disabled(self):
        self.configure(more={"acme": "enabled = no"})
        self.query("products", PRODUCTS)
        for command in ("check", "run"):
            result = self.run_program(command, status=CONFIG)
            self.assertIn("every store in bulkpg.ini is disabled",
                          result.output)
            result = self.run_program(command, "--store", "acme",
                                      status=CONFIG)
            self.assertIn("store acme is disabled", result.output)

    def test_plan_offline(self):
        self.prepare()
        self.program.configure("host=/nowhere dbname=x",
                               [self.shop.stores["acme"]])
        first = self.run_program("plan", "products", "--types", self.types)
        again = self.run_program("plan", "products", "--types", self.types)
        self.assertEqual(first.stdout, again.stdout)
        self.assertEqual([], self.requests())
        for word in ("CREATE TABLE", "products_variants_metafields",
                     "price_range_v2_min_variant_price_amount"):
            self.assertIn(word, first.stdout)

    PAGED = """{ orders(first: 10, query: "created_at:>'2026-01-01T00:00:00-07:00'") {
  edges { node { id name lineItems(first: 1) { edges { node { id } } } } } } }
"""

    def test_plan_notes_what_has_no_effect(self):
        """Notes about paging arguments and about UTC offsets, which the store
        ignores."""
        self.configure()
        self.query("orders", self.PAGED)
        text = self.run_program("plan", "orders", "--types", self.types).stdout
        for part in ('queries/orders.graphql:1:10: "first" of the connection '
                     '"orders" has no effect',
                     'queries/orders.graphql:2:36: "first" of the connection '
                     '"lineItems" has no effect',
                     "queries/orders.graphql:1:28: Shopify ignores the UTC "
                     "offset -07:00",
                     "write created_at:>'2026-01-01T07:00:00Z'"):
            self.assertIn(part, text)
        notes = json.loads(self.run_program(
            "plan", "orders", "--json", "--types", self.types).stdout)["notes"]
        self.assertEqual(["QUERY_PAGING", "QUERY_PAGING", "FILTER_OFFSET"],
                         [note["code"] for note in notes])
        result = self.run_program("plan", "orders", "--document", "--types",
                                  self.types)
        self.assertEqual(2, result.stderr.count("code=QUERY_PAGING"))
        self.assertNotIn("effect", result.stdout)

    def test_run_warns_of_an_offset(self):
        self.configure()
        self.query("orders", self.PAGED)
        result = self.run_program("run")
        self.assertIn("code=FILTER_OFFSET", result.stderr)
        self.assertNotIn("QUERY_PAGING", result.stderr)
        self.assertEqual(["FILTER_OFFSET"],
                         self.last_run()["notes"]["warning_codes"])

    def test_unknown_fields_all_at_once(self):
        self.configure()
        self.query("variants", "{ productVariants { edges { node { id weight\n"
                   "weightUnit sku inventoryManagement } } } }")
        for command in (["plan", "variants", "--types", self.types],
                        ["run", "variants"], ["check"]):
            result = self.run_program(*command, status=CONFIG)
            for place in ("1:39: unknown field", "2:1: unknown field",
                          "2:16: unknown field"):
                self.assertIn(f"queries/variants.graphql:{place}",
                              result.output)

    def test_an_error_names_the_ready_query_that_works(self):
        self.configure()
        self.query("q", "{ orders { edges { node { refunds { "
                   "refundLineItems { edges { node { quantity } } } } } } } }")
        result = self.run_program("plan", "q", "--types", self.types,
                                  status=CONFIG)
        self.assertIn("bulkpg init --add sales", result.stderr)

    def test_a_root_that_is_a_single_object_is_refused(self):
        self.configure()
        self.query("q", '{ collection(id: "gid://shopify/Collection/1") { id '
                   "ranked: products { edges { node { id } } } } }")
        result = self.run_program("plan", "q", "--types", self.types,
                                  status=CONFIG)
        self.assertIn("but bulkpg cannot load its result", result.stderr)

    def test_pages_and_order_that_are_refused(self):
        self.configure()
        for query, word in (
                ("{ orders(last: 5) { edges { node { id } } } }", "last"),
                ("query @incremental { orders(sortKey: UPDATED_AT) { edges { "
                 "node { id } } } }", "sortKey"),
                ("query @slice { orders(reverse: true) { edges { node { id } "
                 "} } }", "reverse"),
                ("{ orders(query: \"updated_at:>=2026-01-01T00:00:00Z\") { "
                 "edges { node { id } } } }",
                 "write updated_at:>='2026-01-01T00:00:00Z'")):
            self.query("q", query)
            for command in (["plan", "q", "--types", self.types], ["run", "q"],
                            ["check"]):
                result = self.run_program(*command, status=CONFIG)
                self.assertIn(word, result.output)
                self.assertIn("queries/q.graphql:1:", result.output)
        self.assertEqual([], self.requests(kind="run"))

    def test_plan_json_and_document(self):
        self.prepare()
        for job, text in (("products", PRODUCTS), ("orders", ORDERS)):
            shown = json.loads(self.run_program(
                "plan", job, "--json", "--types", self.types).stdout)
            names = json.dumps(shown)
            for table in self.plan(text, None)["tables"]:
                self.assertIn(f'"{table["name"]}"', names)
            document = self.run_program("plan", job, "--document", "--types",
                                        self.types).stdout
            self.assertNotIn("@", document)
            self.plan(document, None)

    def test_plan_sql(self):
        """plan --sql prints every statement of a run for each table, with all
        names filled in. The server accepts those without parameters."""
        self.configure()
        self.query("job", PRODUCTS)
        printed = self.run_program("plan", "job", "--sql").stdout
        self.assertNotIn("{", printed)
        tables = self.plan(PRODUCTS)["tables"]
        for table in tables:
            name = f'"acme"."{table["name"]}"'
            for words in (f"INSERT INTO {name} ", f"UPDATE ONLY {name} AS t",
                          f"DELETE FROM ONLY {name} AS t",
                          f"-- ==== Later loads: {table['name']}\n"):
                self.assertIn(words, printed)
        first = [part for part in printed.split("-- ==== ")
                 if part.startswith("First load")]
        staging = printed.split("-- ==== ")[1].split("\n", 1)[1]
        made = re.findall(r"CREATE UNLOGGED TABLE [^;]+;", staging)
        self.db.execute("CREATE SCHEMA acme;" + "".join(made) + "".join(
            part.split("\n", 1)[1] for part in first))
        self.assertEqual(
            sorted(table["name"] for table in tables), self.db.column(
                "SELECT relname FROM pg_class WHERE relkind = 'r' AND NOT "
                "starts_with(relname, '_stage') AND relnamespace = "
                "'acme'::regnamespace ORDER BY relname"))

    def test_plan_dbt(self):
        """The sources are the plan's tables. The tests that they request pass
        on the loaded tables."""
        self.prepare()
        self.run_program("run")
        for job in ("products", "orders"):
            planned = json.loads(self.run_program(
                "plan", job, "--json", "--types", self.types).stdout)
            source = self.dbt_source(job)
            self.assertEqual(("acme", "acme", "_loaded_at"),
                             (source["name"], source["schema"],
                              source["loaded_at_field"]))
            self.assertEqual(
                [(table["name"], [(column["name"], column["type"])
                                  for column in table["columns"]])
                 for table in planned["tables"]],
                [(table["name"], [(column["name"], column["data_type"])
                                  for column in table["columns"]])
                 for table in source["tables"]])
            for table, known in zip(source["tables"], planned["tables"]):
                self.check_dbt_tests(table, known["key"])
                self.check_dbt_descriptions(table)

    def dbt_source(self, job):
        text = self.run_program("plan", job, "--dbt", "--types",
                                self.types).stdout
        file = yaml.safe_load(text)
        self.assertEqual(2, file["version"])
        self.assertEqual(1, len(file["sources"]))
        return file["sources"][0]

    def check_dbt_tests(self, table, key):
        unique = [test["unique"]["column_name"]
                  for test in table.get("tests", [])]
        tested = {"unique": [], "not_null": []}
        for column in table["columns"]:
            for test in column.get("tests", []):
                tested[test].append(column["name"])
                self.assertTrue(column["quote"])
        unique += [f'"{name}"' for name in tested["unique"]]
        self.assertEqual(key, tested["not_null"])
        self.assertEqual(1, len(unique))
        self.assertEqual([], self.db.rows(
            f"SELECT {unique[0]} AS v, count(*) FROM acme.{table['name']} "
            f"WHERE {unique[0]} IS NOT NULL GROUP BY {unique[0]} "
            "HAVING count(*) > 1"))

    def check_dbt_descriptions(self, table):
        """The descriptions are those of the COMMENTs in the database."""
        self.assertEqual(
            [table["description"]] + [column["description"]
                                      for column in table["columns"]],
            self.db.column(
                "SELECT description FROM pg_description WHERE objoid = "
                f"'acme.{table['name']}'::regclass ORDER BY objsubid"))

    def test_plan_dbt_quotes(self):
        """Names that YAML would misread without quotes."""
        self.configure()
        names = ["null", "12", " - ", "a\u2028b\u0085c\ufeffd\x7fe\tf é 🌲"]
        fields = " ".join(
            f"{field} @column(name: {json.dumps(name)})" for field, name
            in zip(("title", "handle", "vendor", "status"), names))
        name = "no: 'x' \"y\" \\ #"
        self.query("odd", f"{{ products @table(name: {json.dumps(name)}) "
                   f"{{ edges {{ node {{ id {fields} }} }} }} }}")
        table = self.dbt_source("odd")["tables"][0]
        self.assertEqual(name, table["name"])
        self.assertEqual(["id"] + names, [
            column["name"] for column in table["columns"]][:5])

    def test_plan_prints_create_table(self):
        """`plan` prints statements that create the tables."""
        self.prepare()
        ddl = self.run_program("plan", "products", "--types",
                               self.types).stdout
        statements = ddl[ddl.index("CREATE TABLE"):]
        self.assertIn(";", statements)

    def test_types_can_be_used_offline(self):
        self.prepare()
        self.run_program("run")
        text = self.run_program("types", "--store", "acme").stdout
        json.loads(text)
        self.program.file("types.json", text)
        for job in ("products", "orders"):
            self.assertEqual(
                self.run_program("plan", job, "--document", "--types",
                                 self.types).stdout,
                self.run_program("plan", job, "--document", "--types",
                                 "types.json").stdout)

    def test_status(self):
        self.prepare()
        self.run_program("run")
        shown = self.run_program("status").stdout
        self.assertIn("products", shown)
        self.assertIn("loaded", shown)
        found = self.run_program("status", "--json").stdout
        json.loads(found)
        self.run_program("status", "--failed")
        self.run_program("status", "--older-than", "1d")
        self.shop.set(object_count="+1")
        self.run_program("run", status=FAILED)
        failed = self.run_program("status", "--failed", status=FAILED)
        self.assertIn("products", failed.stdout)

    def test_older_than(self):
        self.prepare()
        self.run_program("run", "products")
        self.run_program("run", "--older-than", "1h")
        self.assertEqual([("orders", 1), ("products", 1)], self.rows(
            "run GROUP BY job", "job, count(*)", schema="bulkpg"))
        self.run_program("run", "--older-than", "0s")
        self.assertEqual(4, len(self.rows("run", schema="bulkpg")))

    def test_logs(self):
        self.prepare()
        result = self.run_program("--log-format", "json", "-v", "run",
                                  "products")
        for line in result.stderr.splitlines():
            self.assertRegex(line, r"^\{.*\}$")
            json.loads(line)
        self.assertIn('"job":"products"', result.stderr.replace(" ", ""))
        plain = self.run_program("-v", "run", "products")
        for line in plain.stderr.splitlines():
            self.assertRegex(line, r"^time=\S+ level=\w+ .*msg=")
        quiet = self.run_program("-q", "run", "products")
        self.assertEqual("", quiet.stderr)

    def test_other_folder(self):
        self.prepare()
        os.makedirs(os.path.join(self.program.directory, "elsewhere"))
        self.program.run("-C", "elsewhere", "run")
        result = self.run_program("-C", "elsewhere", "run", status=CONFIG)
        self.assertIn("bulkpg.ini", result.stderr)
        self.run_program("-C", "elsewhere/..", "run", "orders")
        self.check_tables(ORDERS)

    def test_no_token_in_any_output(self):
        """Not even with -v and after failures."""
        self.prepare()
        self.shop.rule({"status": 503, "body": "x"}, times=2, kind="storage")
        self.shop.rule({"status": 500, "body": "x"}, times=3, kind="poll")
        for form in ("text", "json"):
            self.run_program("--log-format", form, "-v", "run")
        self.shop.set(url_lifetime_s=0)
        self.program.run("-v", "run")
        for row in self.db.column("SELECT to_jsonb(r)::text FROM bulkpg.run "
                                  "r UNION ALL SELECT to_jsonb(o)::text FROM "
                                  "bulkpg.operation o"):
            for secret in self.shop.secrets():
                self.assertNotIn(secret, row)

    def test_dashes_and_paths(self):
        self.configure()
        self.program.file("other/one.graphql", PLAIN)
        self.run_program("run", "other/one.graphql")
        self.check_tables(PLAIN)
        self.assertEqual([("one",)], self.rows("run", "job",
                                               schema="bulkpg"))
