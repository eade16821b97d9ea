"""Random queries, run against the fake store and compared with the oracle."""
import os

import oracle
from harness.case import OK, Case, World

SEEDS = int(os.environ.get("E2E_SEEDS", "40"))
FIRST = int(os.environ.get("E2E_FIRST_SEED", "1"))
BATCH = 10
ORDERS = ["scatter", "child_first", "grouped"]


class RandomQueries(Case):
    weight = 50

    def check_seeds(self, seeds):
        queries = {f"q{seed}": World.oracle().ask(
            cmd="generate", seed=seed)["query"] for seed in seeds}
        # Some queries keep the fake store busy for seconds.
        self.configure(tuning="stall_timeout = 60s")
        self.shop.set(store="acme", slots=50,
                      order=ORDERS[seeds[0] // BATCH % len(ORDERS)])
        for job, text in queries.items():
            self.query(job, text)
        first = self.program.run("run")
        problems = self.problems(queries)
        again = self.program.run("run")
        problems += self.changes()
        if problems:
            self.fail("\n\n".join(problems) + f"\n{first}\n{again}")
        self.expect(first, OK)
        self.expect(again, OK)
        self.check_no_staging()

    def problems(self, queries):
        """The differences in each query's tables after the first run."""
        actual = oracle.Actual(self.db, "acme")
        out = []
        names = set()
        self.shuffled = set()
        for job, text in queries.items():
            try:
                plan = self.plan(text)
                expected = oracle.expected_tables(plan, actual.types())
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
        """Second runs that failed or changed rows. If a parent appears twice,
        its rows without an id have another order in each file; these rows may
        change."""
        return [f"{row['job']} run again: {row}" for row in self.db.rows("""
            SELECT DISTINCT ON (job) job, status, error, rows_inserted,
                   rows_updated, rows_deleted, rejects
            FROM bulkpg.run ORDER BY job, run_id DESC""")
                if row["status"] != "loaded" or row["rows_inserted"]
                or row["rows_deleted"]
                or row["rows_updated"] and row["job"] not in self.shuffled]


def add_batches():
    for start in range(FIRST, FIRST + SEEDS, BATCH):
        seeds = list(range(start, min(start + BATCH, FIRST + SEEDS)))
        setattr(RandomQueries, f"test_seeds_{seeds[0]:05}",
                lambda self, seeds=seeds: self.check_seeds(seeds))


add_batches()
