"""Errors: the exit status, the message, and unchanged tables."""
from cases.queries import PLAIN
from harness.case import AGAIN, CONFIG, FAILED, OK, USAGE, Case


class Verification(Case):
    """If counts do not match, nothing changes."""

    def check_refused(self, operations=1, **settings):
        self.configure()
        self.query("plain", PLAIN)
        self.run_program("run")
        before = self.snapshot()
        self.change(store="acme", type="Product", count=5,
                    set={"title": "changed"})
        self.shop.set(**settings)
        result = self.run_program("run", status=FAILED)
        self.check_unchanged(before)
        self.check_no_staging()
        run = self.last_run()
        self.assertEqual("failed", run["status"])
        self.assertIsNotNone(run["error"])
        self.assertEqual(1 + operations, len(self.shop.operations()))
        return result

    def test_object_count_too_high(self):
        self.check_refused(object_count="+1")

    def test_object_count_too_low(self):
        self.check_refused(object_count="-1")

    def test_root_object_count_too_high(self):
        self.check_refused(root_object_count="+1")

    def test_root_object_count_too_low(self):
        self.check_refused(root_object_count="-1")

    def test_file_size_too_large(self):
        self.check_refused(file_size="+1")

    def test_file_size_too_small(self):
        self.check_refused(file_size="-1")

    def check_noticed(self, name, *words, status=OK):
        """If a count is not a number, the result is loaded with a warning."""
        result = self.run_program("run", status=status)
        notes = self.last_run()["notes"]
        self.assertEqual("COUNT_UNREADABLE", notes["warning_codes"][0], notes)
        for word in words:
            self.assertIn(word, notes["warnings"][0])
        self.assertIn("COUNT_UNREADABLE", result.stderr)
        self.check_tables(PLAIN)

    def test_counts_that_are_not_numbers(self):
        self.configure()
        self.query("plain", PLAIN)
        for setting, name in (("object_count", "objectCount"),
                              ("root_object_count", "rootObjectCount"),
                              ("file_size", "fileSize")):
            for value in ("-99999999", "many"):
                self.shop.set(**{setting: value})
                self.check_noticed(name, f": {name} is {value[0]}")
            self.shop.set(**{setting: None})

    def test_counts_in_lines_that_are_not_numbers(self):
        self.configure()
        self.query("plain", PLAIN)
        self.shop.set(order="grouped", edits=[{
            "line": 1, "find": '"count":', "put": '"count":-9'}])
        self.check_noticed("plain", "products: 1 row has a count")

    def test_a_line_is_missing(self):
        self.check_refused(edits=[{"line": 7, "delete": True}],
                           object_count="+1")

    def test_on_a_first_load(self):
        self.configure()
        self.query("plain", PLAIN)
        self.shop.set(object_count="+1")
        self.run_program("run", status=FAILED)
        self.assertEqual({}, self.snapshot())
        self.check_no_staging()

    def test_rows_fewer_than_the_parent_counts(self):
        """`variantsCount` is the number of variants that must come."""
        self.configure()
        self.query("plain", PLAIN)
        self.shop.set(order="grouped")
        self.run_program("run")
        before = self.snapshot()
        with open(self.shop.operations()[0]["path"], "rb") as file:
            lines = file.read().splitlines()
        child = next(n for n, line in enumerate(lines, 1)
                     if b"__parentId" in line)
        self.shop.set(edits=[{"line": child, "delete": True}])
        result = self.run_program("run", status=FAILED)
        self.assertIn("gid://shopify/Product/", result.output)
        self.check_unchanged(before)


class Queries(Case):
    """An invalid query is not sent."""

    def check_query(self, text, place, *words):
        self.configure()
        self.query("bad", text)
        result = self.run_program("run", status=CONFIG)
        self.assertIn(f"queries/bad.graphql:{place}", result.stderr)
        for word in words:
            self.assertIn(word, result.stderr)
        self.assertEqual([], self.requests(kind="run"))
        self.assertEqual({}, self.snapshot())
        planned = self.run_program("plan", "bad", "--types", self.types,
                                   status=CONFIG)
        self.assertIn(f"queries/bad.graphql:{place}", planned.stderr)

    def test_syntax(self):
        self.check_query("{\n  products {\n    edges { node { id }\n", "4:1")

    def test_bad_character(self):
        self.check_query("{\n  products { ? }\n}", "2:14")

    def test_unknown_field(self):
        self.check_query("{\n  products { edges { node {\n    titel\n} } } }",
                         "3:5", "titel", "title")

    def test_unknown_root_field(self):
        self.check_query("{ product_s { edges { node { id } } } }", "1:3",
                         "product_s")

    def test_unknown_argument(self):
        self.check_query("{ products(frist: 1) { edges { node { id } } } }",
                         "1:12", "frist")

    def test_no_connection(self):
        self.check_query("{ shop { name } }", "1:", "connection")

    def test_too_many_connections(self):
        six = " ".join(f"m{n}: metafields {{ edges {{ node {{ id }} }} }}"
                       for n in range(5))
        self.check_query("{ products { edges { node { id %s } } } }" % six,
                         "1:", "5")

    def test_nested_too_deep(self):
        text = "id"
        for field in ("metafields", "variants", "products", "collections"):
            text = f"{field} {{ edges {{ node {{ id {text} }} }} }}" \
                if field != "metafields" else \
                f"{field} {{ edges {{ node {{ id }} }} }}"
        self.check_query("{ %s }" % text, "1:")

    def test_nodes(self):
        self.check_query("{ products { nodes { id } } }", "1:14", "edges")

    def test_connection_in_a_list(self):
        self.check_query("{ orders { edges { node { id fulfillments { id "
                         "fulfillmentLineItems { edges { node { id } } } } "
                         "} } } }", "1:", "list")

    def test_variables(self):
        self.check_query("query ($n: Int) { products(first: $n) { edges { "
                         "node { id } } } }", "1:", "variable")

    def test_mutation(self):
        self.check_query("mutation { productDelete(input: {id: \"1\"}) { "
                         "deletedProductId } }", "1:1")

    def test_columns_of_one_name(self):
        self.check_query("{ orders { edges { node { id lineItems { edges { "
                         "node { id variantTitle variant { title } } } } } } "
                         "} }", "1:", "variant_title", "@column")

    def test_tables_of_one_name(self):
        self.check_query("{ products { edges { node { id variants { edges { "
                         "node { id } } } media @table(name: "
                         "\"products_variants\") { edges { node { id } } } } "
                         "} } }", "1:", "products_variants", "@table")

    def test_column_of_the_system(self):
        self.check_query("{ products { edges { node { id xmin: title } } } }",
                         "1:", "xmin", "@column")

    def test_key_with_an_underscore_first(self):
        self.check_query("{ products { edges { node { id _x: title } } } }",
                         "1:", "_x", "@column")

    def test_json_around_a_connection(self):
        self.check_query("{ orders { edges { node { id paymentTerms @json { "
                         "id paymentSchedules { edges { node { id } } } } } "
                         "} } }", "1:", "@json")

    def test_unknown_directive(self):
        self.check_query("{ products @tabel { edges { node { id } } } }",
                         "1:12", "@tabel")

    def test_unknown_filter_name(self):
        self.check_query("{ products(query: \"titel:x\") { edges { node { id "
                         "} } } }", "1:", "titel")

    def test_list_table_below_a_node_without_id(self):
        self.check_query("{ automaticDiscounts { edges { node { ... on "
                         "DiscountAutomaticBasic { title codes: "
                         "combinesWith { productDiscounts } "
                         "translations: discountClasses @table } } } } }",
                         "1:")

    def test_key_of_an_unknown_column(self):
        self.check_query("{ products { edges { node { id metafields @table("
                         "key: [\"nothing\"]) { edges { node { id key } } } "
                         "} } } }", "1:", "nothing")

    def test_scalars_in_a_connection(self):
        self.check_query("{ productTags { edges { node } } }", "1:")


class Access(Case):
    """Configuration, credentials, servers."""

    def test_no_configuration(self):
        self.query("plain", PLAIN)
        result = self.run_program("run", status=CONFIG)
        self.assertIn("bulkpg.ini", result.stderr)

    def test_secret_in_the_configuration(self):
        token = self.shop.stores["acme"]["token"]
        self.configure(credentials={"acme": f"token = {token}"})
        self.query("plain", PLAIN)
        result = self.run_program("run", status=CONFIG)
        self.assertIn("bulkpg.ini:", result.stderr)

    def test_unknown_key(self):
        self.configure(database="dns = x")
        self.query("plain", PLAIN)
        result = self.run_program("run", status=CONFIG)
        self.assertIn("bulkpg.ini:3", result.stderr)
        self.assertIn("dns", result.stderr)

    def test_unknown_command(self):
        result = self.run_program("lode", status=USAGE)
        self.assertIn("lode", result.stderr)

    def test_unknown_job(self):
        self.configure()
        self.query("plain", PLAIN)
        result = self.run_program("run", "plian", status=USAGE)
        self.assertIn("plian", result.stderr)

    def test_unknown_store(self):
        self.configure()
        self.query("plain", PLAIN)
        result = self.run_program("run", "--store", "acne", status=USAGE)
        self.assertIn("acne", result.stderr)

    def test_no_database(self):
        self.configure(tuning="retry_budget = 300ms")
        self.program.configure(
            "host=/nowhere/at/all dbname=x", [self.shop.stores["acme"]],
            tuning="retry_budget = 300ms")
        self.query("plain", PLAIN)
        self.run_program("run", status=AGAIN)
        self.assertEqual([], self.requests(kind="run"))

    def test_no_store(self):
        store = dict(self.shop.stores["acme"],
                     endpoint="http://127.0.0.1:1/s/acme")
        self.program.configure(self.db.dsn, [store],
                               tuning="retry_budget = 300ms")
        self.query("plain", PLAIN)
        self.run_program("run", status=AGAIN)
        self.assertEqual({}, self.snapshot())

    def test_store_silent(self):
        self.configure(tuning="retry_budget = 1d\nstall_timeout = 1h")
        self.query("plain", PLAIN)
        ahead = self.ahead()
        self.shop.rule({"delay_ms": 600000}, times=-1, kind="graphql")
        running = self.program.start("run", environment=ahead.environment)
        self.wait_for(lambda: self.requests(kind="introspection"))
        self.pass_time(ahead, lambda: not running.is_alive())
        self.expect(running.wait(), AGAIN)
