"""init --metafields: a store's metafields as typed columns."""
import os

from harness.case import CONFIG, DENIED, USAGE, Case

MANY = [["custom", f"field-{i}", "number_integer"] for i in range(600)]


class Metafields(Case):
    def init(self, names="products", *words, status=0):
        return self.run_program("init", "--add", names, "--metafields", *words,
                                status=status)

    def text(self, name="queries/products.graphql"):
        return self.program.read(name).decode()

    def test_the_columns_of_a_store(self):
        self.configure()
        result = self.init("products,product_attributes")
        self.assertIn("products: 20 metafields", result.stdout)
        self.assertIn("wrote queries/products.graphql", result.stdout)
        self.assertIn('specs_weight_g: metafield(namespace: "specs", key: '
                      '"weight_g") {', self.text())
        self.assertEqual(2, self.text().count("erp_code_ref: metafield("))
        self.run_program("run", "products")
        kinds = {"custom_subtitle": "text", "specs_weight_g": "bigint",
                 "erp_cost_factor": "numeric", "custom_is_organic": "boolean",
                 "custom_release_date": "date", "custom_badges": "jsonb",
                 "specs_dimensions": "jsonb"}
        for column, kind in kinds.items():
            self.assertEqual(kind, self.type_of("products", column), column)
            # They are the values of the rows of all metafields.
            namespace, key = column.split("_", 1)
            self.assertEqual(0, self.db.value(
                "SELECT count(*) AS v FROM acme.products p JOIN "
                "acme.product_metafields m ON m.product_id = p.id "
                f"AND (m.namespace, m.key) = ('{namespace}', '{key}') "
                f"WHERE p.{column} IS NULL"), column)
        self.assertGreater(self.db.value(
            "SELECT count(specs_weight_g) AS v FROM acme.products"), 0)
        self.assertIn("badges", self.text("queries/product_attributes.graphql"))

    def test_a_file_that_exists_is_not_changed(self):
        self.configure()
        self.run_program("init", "--add", "products")
        before = self.text()
        self.assertIn("already exists; not changed", self.init().stdout)
        self.assertEqual(before, self.text())
        self.assertEqual([], self.requests(kind="query"))

    def test_more_definitions_than_a_page(self):
        self.configure()
        self.shop.set(metafield_definitions={"PRODUCT": MANY})
        self.assertIn("product_attributes: 600 metafields",
                      self.init("product_attributes").stdout)
        text = self.text("queries/product_attributes.graphql")
        for namespace, key, _ in MANY:
            self.assertIn(f'"{namespace}", key: "{key}"', text)
        self.assertEqual(3, len(self.requests(kind="query")))

    def test_a_query_without_metafields(self):
        self.configure()
        self.assertIn("inventory: 0 metafields",
                      self.init("inventory").stdout)
        self.assertTrue(os.path.exists(os.path.join(
            self.program.directory, "queries/inventory.graphql")))
        self.shop.set(metafield_definitions={})
        self.assertIn("products: 0 metafields", self.init().stdout)

    def test_a_store_of_several(self):
        self.configure("acme", "beta")
        result = self.init(status=USAGE)
        self.assertIn("SEVERAL_STORES", result.stderr)
        self.shop.set(store="beta", metafield_definitions={
            "PRODUCT": [["only", "here", "boolean"]]})
        self.init("products", "--store", "beta")
        self.assertIn("only_here: metafield",
                      self.text("queries/beta/products.graphql"))

    def test_what_is_missing(self):
        result = self.init(status=CONFIG)
        self.assertIn("bulkpg.ini", result.stderr)
        self.configure()
        for words, text in ((("init", "--metafields"), "needs --add"),
                            (("init", "here", "--add", "orders",
                              "--metafields"), "write -C DIR")):
            result = self.run_program(*words, status=USAGE)
            self.assertIn(text, result.stderr)
        self.init("prodcts", status=USAGE)
        self.shop.rule({"status": 401, "body": {"errors": "no"}}, times=-1,
                       kind="graphql")
        self.assertIn("UNAUTHORIZED", self.init(status=DENIED).stderr)
        self.assertFalse(os.path.exists(os.path.join(
            self.program.directory, "queries/products.graphql")))

    def test_a_source(self):
        self.configure()
        text = self.program.read("bulkpg.ini").decode()
        self.program.file("bulkpg.ini", text +
                          "[source git]\npreset = github\n"
                          "header.Authorization = Bearer env:GIT\n")
        self.program.environment["GIT"] = "secret"
        self.init()  # of the only store
        result = self.init("orders", "--store", "git", status=USAGE)
        self.assertIn("git is a source", result.stderr)
