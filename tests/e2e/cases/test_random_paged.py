"""Random queries of other APIs: the tables that the program plans are those of
the oracle."""
import json
import os

from harness.graph_case import GraphCase

SEEDS = int(os.environ.get("E2E_SEEDS", "40")) // 4
FIRST = int(os.environ.get("E2E_FIRST_SEED", "1"))

SHORT = {"timestamp with time zone": "timestamptz"}


class RandomPlans(GraphCase):
    weight = 20

    def planned(self, api, query):
        """{table: (key, {column: type})} as the program plans it."""
        self.query("job", query, api)
        result = self.program.run("plan", "--store", api, "--types",
                                  "types.graphql", "--json", "job")
        self.assertEqual(0, result.status, f"{query}\n{result}")
        tables = {}
        for table in json.loads(result.stdout)["tables"]:
            columns = {column["name"]: column["type"]
                       for column in table["columns"]
                       if not column["name"].startswith("_")}
            tables[table["name"]] = sorted(table["key"]), columns
        return tables

    def expected(self, api, query):
        tables = {}
        for table in self.graph_plan(api, query)["tables"]:
            key = [] if table["parent"] is None else [table["parentColumn"]]
            key.append("id" if table["hasId"] else "_ordinal")
            tables[table["name"]] = sorted(key), {
                column["name"]: SHORT.get(column["type"], column["type"])
                for column in table["columns"]}
        return tables

    def check_api(self, api):
        self.configure_sources(api)
        self.program.file("types.graphql", self.graph.schema(api))
        for seed in range(FIRST, FIRST + SEEDS):
            query = self.random_query(api, seed)
            self.assertEqual(self.expected(api, query),
                             self.planned(api, query), query)

    def test_github(self):
        self.check_api("github")

    def test_saleor(self):
        self.check_api("saleor")

    def test_linear(self):
        self.check_api("linear")

    def test_infrahub(self):
        self.check_api("infrahub")

    def test_plain(self):
        self.check_api("plain")
