"""The examples in the documentation are valid and do what the text says."""
import glob
import os
import re
import shutil
import subprocess
import sys

from harness import documents
from harness.case import OK, USAGE, Case, World
from harness.graph_case import GraphCase
from harness.push_case import PushCase

SCRIPTS = os.path.join(documents.TOP, "scripts")
ORDERS = """query Orders @incremental { orders { edges { node {
  id
  name
  totalPriceSet { shopMoney { amount @column(name: "total_price") } }
} } } }
"""
PRODUCTS = "{ products { edges { node { id title } } } }\n"
ISSUES = """query Issues($since: DateTime) @incremental {
  repository(owner: "o", name: "n") {
    issues(filterBy: {since: $since}) @table(name: "issues") {
      nodes { id state }
    }
  }
}
"""
TAGS = """mutation Tags($id: ID!, $tags: [String!]!) {
  tagsAdd(id: $id, tags: $tags) { node { id } }
}
"""


class Documents(Case):
    def check_script(self, name, *arguments):
        result = subprocess.run(
            [sys.executable, os.path.join(SCRIPTS, name), *arguments],
            capture_output=True, check=False, encoding="utf-8")
        self.assertEqual((0, "", ""),
                         (result.returncode, result.stdout, result.stderr))

    def test_examples_of_queries(self):
        """Each query on a page is valid and gives the tables below it, and
        together they use every directive and argument."""
        self.check_script("document-queries", World.program, "--check")

    def test_requests_of_a_plan(self):
        """plan lists the requests that docs/operations.md shows."""
        self.query("rows", "query @paged { products { nodes { id title "
                   "variants { nodes { id sku } } } } }")
        self.configure()
        shown = next(block.text for block in documents.blocks(
            "docs/operations.md") if "-- The requests" in block.text)
        self.assertIn(shown, self.run_program("plan", "rows", "--types",
                                              self.types).stdout)

    def test_init_of_a_source(self):
        """init prints what docs/sources.md shows."""
        shown = next(block.text for block in documents.blocks(
            "docs/sources.md") if "\nwrote " in block.text)
        command = re.search(r"bulkpg (init --add .*)", shown)[1]
        result = self.run_program(*command.split(" "))
        self.assertEqual(re.findall("^wrote .*", shown, re.M),
                         result.stdout.splitlines())

    def test_configurations(self):
        """bulkpg accepts each example of bulkpg.ini."""
        self.query("rows", PRODUCTS)
        self.program.file("stores.d/acme.ini", "[store acme]\n"
                          "domain = acme.myshopify.com\n")
        seen = 0
        for page in documents.PAGES:
            for text in documents.settings(page):
                seen += 1
                if "store acme" not in text and "include" not in text:
                    text += "\n[store acme]\ndomain = acme.myshopify.com\n"
                self.program.file("bulkpg.ini", text)
                with self.subTest(page=page, text=text):
                    self.run_program("plan", "rows", "--store", "acme",
                                     "--types", self.types)
        self.assertGreater(seen, 4)


# Commands that are not run here: they listen until they are stopped, or ask a
# store by its real address.
ELSEWHERE = re.compile(r"listen\b|hooks\b|run --domain acme ")

# Values for the names that a reader has to choose.
PLACEHOLDERS = [
    (r" \[(--until) TIME\]", r" \1 2026-01-03"),
    (r"(--ids) (FILE|-)$", r"\1 ids.txt"),
    (r"(--types) FILE", r"\1 {types}"),
    (r"types\.json", "{types}"),
    (r"(load JOB) FILE", r"\1 result.jsonl"),
    (r"(push|JOB) (JOB|--retry)", r"\1 \2"),
    (r"push JOB", "push prices"),
    (r"(--add) NAME(,\.\.\.)?", r"\1 products"),
    (r"plan NAME", "plan orders"),
    (r"--store (NAME|S)\b", "--store acme"),
    (r"\bJOB\b", "orders"),
    (r"\bDIR\b", "kept"),
    (r"\bTIME\b", "2026-01-02"),
    (r"\bPUSH_ID\b", "{push_id}"),
    (r"(--archive) (12|RUN_ID)", r"\1 {run_id}"),
    (r"(--operation) GID", r"\1 {operation}"),
    (r"dbname=shop", "{dsn}"),
    (r"-C /srv/\S+ ", ""),
    (r"/var/lib/\S+/", ""),
]


class Commands(PushCase, GraphCase):
    weight = 60

    def setUp(self):
        super().setUp()
        self.program.configure(
            self.db.dsn, [self.shop.stores["acme"]],
            sources=self.graph.section(self.program, "github"))
        self.program.file("bulkpg.ini", self.program.read("bulkpg.ini")
                          .decode() + "[archive]\ndir = archive\n")
        for job, text in (("orders", ORDERS), ("products", PRODUCTS),
                          ("catalog", PRODUCTS.replace("products", "catalog: "
                                                       "products"))):
            self.query(job, text)
        self.query("issues", ISSUES, store="github")
        self.program.file("q.graphql", ORDERS.replace("orders", "latest: "
                                                      "orders"))

    def prepare(self):
        """Load everything, and push once."""
        self.run_program("run", "--keep", "kept")
        run = self.last_run("orders")
        self.run_id = str(run["run_id"])
        self.operation = self.db.value(
            "SELECT operation_id AS v FROM bulkpg.operation "
            f"WHERE run_id = {self.run_id}")
        self.mutation("prices", TAGS, "SELECT id, array['new'] AS tags "
                      "FROM products ORDER BY id LIMIT 3")
        self.push("prices")
        folder = self.program.directory
        shutil.copy(glob.glob(f"{folder}/kept/acme.orders.*.jsonl")[0],
                    f"{folder}/result.jsonl")
        self.program.file("ids.txt", str(self.db.value(
            "SELECT min(id) AS v FROM acme.orders")) + "\n")

    def words(self, text):
        """The arguments of a command, with values for its placeholders."""
        for pattern, value in PLACEHOLDERS:
            text = re.sub(pattern, value, text)
        values = {"{types}": self.types, "{dsn}": self.db.dsn,
                  "{push_id}": str(self.last_push()["push_id"]),
                  "{run_id}": self.run_id,
                  "{operation}": self.operation}
        return [values.get(word, word) for word in text.split(" ")]

    def expected(self, words):
        """Two commands need a job, if the text has only their name.
        --settle finds no row in doubt."""
        return USAGE if words in (["plan"], ["push"]) or "--settle" in words \
            else OK

    def test_each(self):
        """Each command that a page shows can be run."""
        self.prepare()
        texts = {text for page in documents.PAGES
                 for text in documents.commands(page)}
        self.assertGreater(len(texts), 35)
        for text in sorted(texts):
            if ELSEWHERE.match(text):
                continue
            words = self.words(text)
            with self.subTest(command=text):
                self.assertIsNone(re.search(r"\b[A-Z]{2,}\b",
                                            " ".join(words)), "a placeholder")
                self.run_program(*words, status=self.expected(words))

    def test_names_of_metrics(self):
        """The names in the alerts for Prometheus exist, after a run and a
        push. Those of webhooks need a listener."""
        self.prepare()
        self.run_program("status", "--metrics", "bulkpg.prom")
        metrics = set(re.findall(r"^bulkpg_\w+", self.program.read(
            "bulkpg.prom").decode(), re.M))
        alerts = set(re.findall(r"^    (bulkpg_\w+)", documents.read(
            "docs/operations.md"), re.M))
        alerts = {name for name in alerts
                  if not re.match("bulkpg_(webhook|pending)", name)}
        self.assertGreater(len(alerts), 4)
        self.assertLessEqual(alerts, metrics)


class Statements(GraphCase):
    def load(self):
        """Two stores, a source, and the views over them."""
        stores = [self.shop.stores[name] for name in ("acme", "beta")]
        self.program.configure(self.db.dsn, stores, sources=self.graph.section(
            self.program, "github"))
        self.query("orders", ORDERS)
        self.query("issues", ISSUES, store="github")
        self.query("catalog", "query @history { products { edges { node { id "
                              "title vendor } } } }")
        self.run_program("run")
        made = self.run_program("views").stdout.splitlines()
        shown = re.search(r"\n    (made +stores\.orders, )3 stores\n",
                          documents.read("docs/operations.md"))[1]
        self.assertIn(shown + "2 stores", made)

    def test_each(self):
        """Each SQL statement that a page shows works on tables that bulkpg
        loaded, and gives the rows that the page shows."""
        self.load()
        seen = 0
        for page in documents.PAGES:
            for sql in documents.statements(page):
                with self.subTest(page=page, sql=sql):
                    self.db.execute("DROP SCHEMA IF EXISTS report CASCADE")
                    if "CREATE SCHEMA report" not in sql:
                        self.db.execute("CREATE SCHEMA report")
                    self.db.execute(sql)
                    seen += 1
        self.assertGreater(seen, 6)
        self.check_sums()

    def check_sums(self):
        """The columns of the result that docs/operations.md shows."""
        page = documents.read("docs/operations.md")
        head = re.search(r"\n +(store \|.*)\n", page)[1]
        sql = next(one for one in documents.statements("docs/operations.md")
                   if 'FROM stores.orders' in one)
        rows = self.db.rows(sql)
        self.assertEqual([one.strip() for one in head.split("|")],
                         list(rows[0]))
        self.assertEqual(["acme", "beta"], [row["store"] for row in rows])


# What the tables must have before an example of docs/writing-back.md.
GIVEN = {
    "Tags": """UPDATE acme.products SET vendor = 'Acme'
        WHERE id IN (SELECT id FROM acme.products ORDER BY id LIMIT 4)""",
    "SeoTitles": "DELETE FROM acme.products WHERE id NOT IN "
                 "(SELECT id FROM acme.products ORDER BY id LIMIT 30)",
    "Templates": """UPDATE acme.products SET template_suffix = 'old';
        INSERT INTO desired_templates
        SELECT id, CASE WHEN row_number() OVER (ORDER BY id) > 3 THEN 'wide' END
        FROM acme.products ORDER BY id LIMIT 6""",
    "Washing": "",
    "Deliveries": """INSERT INTO deliveries
        SELECT row_number() OVER (ORDER BY l.id), i.sku, l.location_name, 5
        FROM acme.inventory_items i JOIN acme.inventory_levels l
          ON l.inventory_item_id = i.id
        WHERE i.sku IS NOT NULL ORDER BY l.id LIMIT 7""",
}


class WritingBack(PushCase):
    """The examples of docs/writing-back.md."""

    PAGE = "docs/writing-back.md"

    def setUp(self):
        super().setUp()
        self.run_program("init", "--add", "products,inventory")
        self.configure()
        self.run_program("run")

    def prepare(self, name, mutation, select):
        """Write the files of an example, and its tables."""
        for statement in documents.tables_in(select):
            table = re.search(r"public\.\w+", statement)[0]
            self.db.execute(f"DROP TABLE IF EXISTS {table}; {statement}")
        self.db.execute(GIVEN[name])
        self.mutation(name.lower(), mutation, select)

    def test_mutations(self):
        """Each example sends rows, and the store executes each of them
        once."""
        examples = documents.mutations(self.PAGE)
        self.assertEqual(list(GIVEN), [name for name, _, _ in examples])
        for name, mutation, select in examples:
            with self.subTest(example=name):
                self.prepare(name, mutation, select)
                job = name.lower()
                self.run_program("plan", job)
                self.push(job)
                states = self.states()
                self.assertEqual({"applied"}, set(states))
                self.assertGreater(states["applied"], 1)
        self.check_once()

    def test_null_removes_a_value(self):
        """As the page says about @null."""
        name, mutation, select = next(
            one for one in documents.mutations(self.PAGE)
            if "@null" in one[1])
        self.prepare(name, mutation, select)
        self.push(name.lower())
        sent = [row["variables"] for row in self.push_rows()]
        self.assertIn('"suffix":null', "".join(sent))
        self.assertEqual({None, "wide"}, {row["product_template_suffix"]
                                          for row in self.result_rows(
                                              name.lower())})

    def test_directives(self):
        """The examples use each directive of mutations, and @push with each
        argument."""
        self.run_program("init")
        schema = self.program.read("bulkpg.graphqls").decode()
        schema = re.sub(r'""".*?"""', "", schema, flags=re.S)
        texts = "".join(text for _, text, _ in documents.mutations(self.PAGE))
        names = re.findall(r"directive @(\w+)[^@]*?\bon "
                           r"(?:MUTATION|VARIABLE_DEFINITION)", schema)
        self.assertEqual({"push", "null", "gid"}, set(names))
        push = re.search(r"directive @push\((.*?)\) on MUTATION", schema, re.S)
        for name in names:
            self.assertIn("@" + name, texts)
        for argument in re.findall(r"(\w+):", push[1]):
            self.assertRegex(texts, rf"\b{argument}: ")

    def test_prices_step_by_step(self):
        """The commands and statements at the top of the page, with a sku of
        this store."""
        page = documents.blocks(self.PAGE)
        create = next(one.text for one in page if "CREATE TABLE" in one.text)
        line = next(one.text for one in page if "1 applied" in one.text)
        sku = self.db.value("""SELECT min(sku) AS v FROM acme.product_variants
            WHERE price <> 24.90 AND sku IN (
              SELECT sku FROM acme.product_variants GROUP BY sku
              HAVING count(*) = 1)""")
        self.db.execute("DROP TABLE IF EXISTS public.desired_prices")
        self.db.execute(create.replace("SHIRT-M", sku))
        for text in ("init --add products,prices", "plan prices",
                     "push prices", "run products"):
            self.assertIn(text, documents.commands(self.PAGE))
            result = self.run_program(*text.split(" "))
            if text == "push prices":
                self.assertEqual(line, result.stdout)
        self.assertEqual("24.90", self.db.value(
            "SELECT price::numeric(9,2)::text AS v FROM acme.product_variants "
            f"WHERE sku = '{sku}'"))
