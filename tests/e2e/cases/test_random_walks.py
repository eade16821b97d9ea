"""Random queries by pages: the tables are those of the oracle, and for a
store, those of the bulk operation."""
import os

import oracle
from cases.test_walk_shop import paged
from harness.case import CONFIG, OK, World
from harness.walk_case import WalkCase

SEEDS = int(os.environ.get("E2E_SEEDS", "40"))
FIRST = int(os.environ.get("E2E_FIRST_SEED", "1"))
BATCH = 10
PAGES = [1, 3, 7, 50]


class RandomWalks(WalkCase):
    """Queries of the fake APIs."""

    weight = 50

    def check_seeds(self, api, seeds):
        queries = {f"q{seed}": self.random_query(api, seed)
                   for seed in seeds}
        page = PAGES[seeds[0] // BATCH % len(PAGES)]
        self.sources(api, page=page, more="concurrency = 3")
        self.graph.set(api=api, **({"requests_limit": 1000000,
                                    "complexity_limit": 1e9,
                                    "query_cost_limit": 1e9}
                                   if api == "linear" else {}))
        for job, text in queries.items():
            self.query(job, text, api)
        first = self.program.run("run", "--store", api)
        problems = self.problems(api, queries)
        again = self.program.run("run", "--store", api)
        problems += self.changes()
        if problems:
            self.fail("\n\n".join(problems) + f"\n{first}\n{again}")
        self.expect(first, OK)
        self.expect(again, OK)
        self.check_no_staging()
        self.check_no_frontier()

    def problems(self, api, queries):
        actual = oracle.Actual(self.db, api)
        out = []
        names = set()
        self.shuffled = set()
        for job, text in queries.items():
            try:
                expected = oracle.expected_tables(
                    self.graph_plan(api, text), actual.types())
                names.update(expected)
                for table in expected.values():
                    oracle.compare_table(table, actual)
                    if table.is_shuffled:
                        self.shuffled.add(job)
            except (oracle.Wrong, RuntimeError) as wrong:
                out.append(f"{job}: {wrong}\n{text}")
        extra = set(actual.catalog) - names
        return out + ([f"tables too many: {sorted(extra)}"] if extra else [])

    def changes(self):
        """Second runs that failed or changed rows."""
        return [f"{row['job']} run again: {row}" for row in self.db.rows("""
            SELECT DISTINCT ON (job) job, status, error, rows_inserted,
                   rows_updated, rows_deleted, rejects
            FROM bulkpg.run ORDER BY job, run_id DESC""")
                if row["status"] != "loaded" or row["rows_inserted"]
                or row["rows_deleted"]
                or row["rows_updated"] and row["job"] not in self.shuffled]


class RandomShop(WalkCase):
    """Queries of a store, by pages and by bulk operations."""

    weight = 50

    def check_seeds(self, seeds):
        acme = self.shop.stores["acme"]
        self.program.configure(self.db.dsn, [acme, {**acme, "name": "calm"}],
                               tuning="stall_timeout = 60s")
        self.shop.set(store="acme", slots=50, bucket_restore=1e6,
                      bucket_maximum=1e6)
        queries = {}
        size = PAGES[seeds[0] // BATCH % len(PAGES)]
        for seed in seeds:
            query = World.oracle().ask(cmd="generate", seed=seed)["query"]
            if "first: 5" in query:  # bulk operations ignore it
                continue
            queries[f"q{seed}"] = query
            self.query(f"q{seed}", paged(
                query, f"first: {size}, concurrency: 4"), "acme")
            self.query(f"q{seed}", query, "calm")
        result = self.program.run("run")
        undrained = self.undrained()
        self.assertEqual(CONFIG if undrained else OK, result.status,
                         str(result))
        twice = self.check_queries([text for job, text in queries.items()
                                    if job not in undrained])
        # Rows that were staged before a type changed have no hash yet.
        self.program.run("run", "--store", "acme")
        different = [one for one in self.difference("acme", "calm")
                     if str(one).split(":", maxsplit=1)[0] not in twice]
        self.assertEqual([], different, str(result))

    def undrained(self):
        """Jobs whose connections cannot be read by pages, which their plan
        says. Their tables are dropped."""
        jobs = self.db.column("SELECT job FROM bulkpg.run WHERE "
                              "store = 'acme' AND error_code = 'QUERY_PAGES'")
        for table in self.db.column(
                "SELECT table_name FROM bulkpg.relation WHERE store = 'calm' "
                f"AND job = ANY ('{{{','.join(jobs)}}}')"):
            self.db.execute(f"DROP TABLE calm.{table}")
        return jobs

    def check_queries(self, queries):
        """Compare the tables with the oracle. Returns those whose parents
        come twice: a bulk operation gives their rows twice."""
        actual = oracle.Actual(self.db, "acme")
        twice = set()
        for query in queries:
            by_bulk = oracle.expected_tables(self.plan(query), actual.types())
            twice |= {name for name, table in by_bulk.items()
                      if table.is_shuffled}
            plan = World.oracle().ask(cmd="paged", store="acme", query=query)
            for table in oracle.expected_tables(plan,
                                                actual.types()).values():
                oracle.compare_table(table, actual)
        return twice


def add_batches():
    for start in range(FIRST, FIRST + SEEDS, BATCH):
        seeds = list(range(start, min(start + BATCH, FIRST + SEEDS)))
        setattr(RandomShop, f"test_seeds_{seeds[0]:05}",
                lambda self, seeds=seeds: self.check_seeds(seeds))
    for api in ("github", "saleor", "linear", "infrahub", "plain"):
        for start in range(FIRST, FIRST + max(1, SEEDS // 4), BATCH):
            seeds = list(range(start, min(start + BATCH, FIRST
                                          + max(1, SEEDS // 4))))
            setattr(RandomWalks, f"test_{api}_{seeds[0]:05}",
                    lambda self, api=api, seeds=seeds:
                    self.check_seeds(api, seeds))


add_batches()
