"""Kills the program, its sessions or the server at random moments, hundreds of
times. In the end the tables are the same as after undisturbed runs."""
import contextlib
import os
import random
import re
import signal
import time
from collections import Counter

from cases.queries import CUSTOMERS, PRODUCTS
from harness.case import AGAIN, OK, Case, World, long_run
from harness.cluster import Cluster, Held, SqlError
from harness.store import FAST

KILLS = int(os.environ.get("E2E_KILLS", "16"))
SEED = int(os.environ.get("E2E_KILL_SEED", random.randrange(1 << 32)))
PARTS = 4 if KILLS > 100 else 1

JOBS = {"products": PRODUCTS, "customers": CUSTOMERS.replace(
    "{", "query Customers @incremental {", 1)}
MARKER = re.compile(r"# bulkpg (\S+/\d+)/\d+\.\d+\n")
LOCKS = ["bulkpg.run_table", "bulkpg.relation", "bulkpg.watermark",
         "acme.products", "acme.products_variants", "acme.customers"]

COLUMNS = """
SELECT c.relname AS table, a.attname AS column,
       format_type(a.atttypid, a.atttypmod) AS type, a.attnotnull AS required
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relnamespace = '{schema}'::regnamespace AND c.relkind = 'r'
  AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY 1, 2"""

SLOW_COMMIT = """
CREATE OR REPLACE FUNCTION public.slow() RETURNS trigger LANGUAGE plpgsql
AS $$ BEGIN PERFORM pg_sleep(0.4); RETURN NULL; END $$;
CREATE CONSTRAINT TRIGGER slow AFTER UPDATE ON bulkpg.run
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
  WHEN (NEW.status = 'loaded' AND NEW.store = 'acme')
  EXECUTE FUNCTION public.slow()"""


class RandomKills(Case):
    """Runs of store acme are disturbed. Store calm is the same store under
    another name, with its own tables, and its runs are not disturbed."""

    weight = 200

    def setUp(self):
        super().setUp()
        self.long_when_sanitized()
        self.cluster = Cluster()
        self.addCleanup(self.cluster.stop)
        self.cluster.start()
        self.db = self.cluster.database()
        acme = self.shop.stores["acme"]
        self.program.configure(self.db.dsn, [acme, {**acme, "name": "calm"}],
                               tuning="max_delete_fraction = 1")
        for job, text in JOBS.items():
            self.query(job, text)
        self.counts = Counter()
        self.story = []
        self.was_frozen = False

    # ---- observations ------------------------------------------------------

    def ask(self, sql, otherwise=None):
        """A value from the database; `otherwise` if the server is not running
        or has no journal."""
        try:
            return self.db.value(sql)
        except SqlError:
            return otherwise

    def statuses(self):
        """The statuses of the newest runs of acme's jobs, joined by +."""
        return self.ask("""
            SELECT coalesce(string_agg(status, '+' ORDER BY status), 'none')
              AS v
            FROM (SELECT DISTINCT ON (job) status FROM bulkpg.run
                  WHERE store = 'acme' ORDER BY job, run_id DESC) q""",
                        "no journal")

    def any_run(self, status):
        return status in self.statuses().split("+")

    def any_backend(self, condition):
        return self.ask("SELECT count(*) > 0 AS v FROM pg_stat_activity WHERE "
                        f"application_name LIKE 'bulkpg%' AND {condition}")

    def is_submitting(self):
        return any(one["status"] is None for one in self.requests(kind="run"))

    # ---- moments -----------------------------------------------------------
    # Each prepares a moment, and returns a function that is true when it has
    # come.

    def at_any_time(self):
        end = time.monotonic() + self.rng.uniform(0, 0.8)
        return lambda: time.monotonic() > end

    def before_the_answer(self):
        self.shop.rule({"delay_ms": 200, "after": self.rng.random() < 0.5},
                       kind="run", nth=self.rng.choice((1, 2)))
        return self.is_submitting

    def after_the_submission(self):
        before = len(self.shop.operations())
        return lambda: len(self.shop.operations()) > before

    def without_a_slot(self):
        self.shop.set(slots=0)
        return lambda: self.any_run("waiting")

    def while_polling(self):
        self.shop.set(duration_ms=600000)
        return lambda: self.any_run("polling")

    def while_loading(self):
        self.shop.set(bytes_per_second=200000, chunk_bytes=4096)
        more = Counter({"polls": self.rng.randrange(12)})

        def is_reached():
            more["polls"] -= self.any_run("loading")
            return more["polls"] < 0
        return is_reached

    def while_merging(self):
        locks = [table for table in LOCKS if self.ask(
            f"SELECT to_regclass('{table}') IS NOT NULL AS v")]
        if not locks:
            return self.at_any_time()
        self.held = Held(self.db, f"LOCK {self.rng.choice(locks)} "
                                  "IN SHARE MODE")
        return lambda: self.any_backend("wait_event_type = 'Lock'")

    def before_the_merge(self):
        """Lock the run's row while it loads, so that the merge cannot start."""
        self.shop.set(bytes_per_second=400000)

        def is_reached():
            if self.held is None and self.any_backend(
                    "application_name LIKE 'bulkpg run%'"):
                self.held = Held(self.db, "SELECT FROM bulkpg.run FOR UPDATE")
            return self.any_backend("wait_event_type = 'Lock'") \
                or self.running.has_said("waiting for the merge")
        return is_reached

    def while_committing(self):
        try:
            self.db.execute(SLOW_COMMIT)
        except SqlError:  # no journal yet
            return self.at_any_time()
        return lambda: self.any_backend("query = 'COMMIT' AND state = "
                                        "'active'")

    MOMENTS = [at_any_time, at_any_time, at_any_time, before_the_answer,
               after_the_submission, without_a_slot, while_polling,
               while_loading, while_loading, while_merging, while_merging,
               before_the_merge, while_committing, while_committing]

    def calm_down(self):
        """Remove all that could delay the next run."""
        if self.held:
            self.held.release()
        self.held = None
        self.shop.post("rules/clear")
        self.shop.set(bytes_per_second=0, slots=5, **FAST)
        self.shop.post("operation", {"store": "acme", "status": "COMPLETED"})

    # ---- strikes -----------------------------------------------------------

    def kill(self, running):
        running.signal(signal.SIGKILL)
        running.wait()

    def end_backends(self, application):
        try:
            self.db.end_backends(application)
        except SqlError:
            pass

    def end_loaders(self, _):
        self.end_backends("bulkpg run%")

    def end_control(self, _):
        self.end_backends("bulkpg control")

    def end_connections(self, _):
        self.end_backends("bulkpg%")

    def crash_a_backend(self, _):
        pids = self.db.column("SELECT pid FROM pg_stat_activity WHERE "
                              "application_name LIKE 'bulkpg%'")
        if pids:
            with contextlib.suppress(ProcessLookupError):  # it has ended
                self.cluster.kill_backend(self.rng.choice(pids))

    def crash(self, _):
        self.cluster.restart()

    def kill_postmaster(self, _):
        self.cluster.kill_postmaster()

    def freeze(self, running):
        """Stop the process, end its claim, let another process take over, and
        wake it up."""
        self.was_frozen = True
        running.signal(signal.SIGSTOP)
        self.end_backends("bulkpg control")
        self.calm_down()
        self.finish("another")
        running.signal(signal.SIGCONT)

    STRIKES = {kill: 62, end_loaders: 8, end_control: 8, end_connections: 5,
               crash_a_backend: 5, crash: 4, kill_postmaster: 4, freeze: 4}

    def disturb(self):
        moment = self.rng.choice(self.MOMENTS)
        (strike,) = self.rng.choices(list(self.STRIKES),
                                     self.STRIKES.values())
        self.held = None
        is_reached = moment(self)
        running = self.running = self.program.start("run", "--store", "acme")
        self.wait_for(lambda: is_reached() or not running.is_alive())
        if running.is_alive():
            state = self.statuses()
            strike(self, running)
            self.counts[strike.__name__, moment.__name__] += 1
            self.counts[state] += 1
            self.story.append(f"{strike.__name__} {moment.__name__}: {state}")
        self.calm_down()
        result = running.wait()
        if strike is not RandomKills.kill and result.status not in (
                OK, AGAIN):
            self.fail(str(result))
        self.wait_until_up()
        self.settle()

    def wait_until_up(self):
        self.wait_for(lambda: self.ask("SELECT true AS v"))

    def delayed(self):
        """Submissions that the store has received but delays."""
        taken = {one["query"] for one in self.shop.operations()}
        return [one for one in self.requests(kind="run", after=self.begun_at)
                if (one.get("fault") or {}).get("delay_ms")
                and not one.get("dropped") and one["variables"]["query"] not in taken]

    def settle(self):
        """Wait until the store has answered all submissions, and make the
        journal say that they are old. Then the next run need not search for
        half a minute."""
        # Meanwhile the store reads the last requests of killed processes.
        for _ in range(10):
            self.shop.get("rules")
        self.wait_for(lambda: not self.delayed())
        try:
            self.db.execute("UPDATE bulkpg.operation SET sent_at = sent_at - "
                            "interval '31 s' WHERE operation_id IS NULL")
        except SqlError:
            pass  # no journal yet

    # ---- rounds ------------------------------------------------------------

    def change_data(self):
        if self.rng.random() < 0.1:
            self.shop.post("reset", {"store": "acme"})
            World.oracle().ask(cmd="reset")
            self.shop.set(**FAST)
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        for kind, field in ("Product", "title"), ("Customer", "displayName"):
            self.change(store="acme", type=kind, at=now,
                        count=self.rng.randint(1, 10),
                        set={field: f"{field} {self.rng.random()}"},
                        **{"from": self.rng.randrange(30)})
        if self.rng.random() < 0.3:
            self.change(store="acme", type="Product", delete=True,
                        **{"from": self.rng.randrange(20)})

    def drop_schemas(self):
        schemas = ["acme", "calm"] + ["bulkpg"] * self.rng.randrange(2)
        self.db.execute("DROP SCHEMA IF EXISTS " + ", ".join(schemas)
                        + " CASCADE")

    def finish(self, who="the last"):
        """Run to the end. Sessions of earlier runs may still hold locks, so
        try up to three times."""
        for _ in range(3):
            result = self.program.run("run", "--store", "acme")
            self.story.append(f"{who} run: {result.status}")
            if result.status != AGAIN:
                break
        self.expect(result, OK)

    def difference(self):
        """The differences between the two schemas in columns and rows, except
        _loaded_at."""
        columns = [self.db.rows(COLUMNS.format(schema=schema))
                   for schema in ("acme", "calm")]
        if columns[0] != columns[1]:
            return [row for row in columns[0] + columns[1]
                    if (row in columns[0]) != (row in columns[1])]
        tables = {}
        for row in columns[0]:
            if row["column"] != "_loaded_at":
                tables.setdefault(row["table"], []).append(
                    f'"{row["column"]}"')
        out = []
        for table, names in tables.items():
            one, two = (f"SELECT {', '.join(names)} FROM {schema}.{table}"
                        for schema in ("acme", "calm"))
            count = self.db.value(f"""
                SELECT (SELECT count(*) FROM ({one} EXCEPT ALL {two}) a)
                     + (SELECT count(*) FROM ({two} EXCEPT ALL {one}) b)""")
            out += [f"{table}: {count} rows"] if count else []
        return out

    def check_journal(self):
        """Every run ends `loaded`, with one operation. Runs that were
        interrupted before they submitted anything do not count. Only a process
        that was stopped may submit for a run that another took over. The
        store also lists the operations of earlier rounds; they are ignored."""
        self.assertEqual([], self.db.rows(
            "SELECT run_id, job, status, error FROM bulkpg.run "
            "WHERE status <> 'loaded' AND NOT (status = 'interrupted' "
            "AND operation_id IS NULL)"))
        runs = Counter(MARKER.match(one["query"])[1]
                       for one in self.shop.operations()
                       if one["id"] not in self.known)
        if not self.was_frozen:
            self.assertEqual([], [run for run, count in runs.items()
                                  if count > 1], "submitted twice")

    def round(self, kills):
        self.change_data()
        self.begun_at = len(self.shop.log())
        self.known = {one["id"] for one in self.shop.operations()}
        self.was_frozen = False
        self.story = []
        if self.rng.random() < 0.3:
            self.drop_schemas()
            self.story = ["schemas dropped"]
        for _ in range(kills):
            self.disturb()
        self.finish()
        self.db.execute("DROP FUNCTION IF EXISTS public.slow CASCADE")
        self.run_program("run", "--store", "calm")
        self.assertEqual([], self.difference())
        self.check_no_staging()
        self.check_journal()

    def check_kills(self, part, kills):
        self.rng = random.Random(f"{SEED}/{part}")
        began = time.monotonic()
        rounds = 0
        try:
            while self.struck() < kills:
                self.round(self.rng.randint(2, 6))
                rounds += 1
        except Exception as error:
            raise AssertionError(
                f"E2E_KILLS={KILLS} E2E_KILL_SEED={SEED}, part {part}, round "
                f"{rounds}: {self.story}\n{error}") from error
        self.check_tables_of_products()
        if long_run():
            self.tell(part, rounds, time.monotonic() - began)

    def struck(self):
        return sum(count for what, count in self.counts.items()
                   if isinstance(what, tuple))

    def check_tables_of_products(self):
        """Compare with the oracle, too: both schemas could be wrong in the same
        way."""
        self.db.execute("DROP TABLE acme.customers, "
                        "acme.customers_metafields")
        self.check_tables(PRODUCTS)

    def tell(self, part, rounds, seconds):
        strikes, states = Counter(), Counter()
        for what, count in self.counts.items():
            if isinstance(what, tuple):
                strikes[what[0]] += count
            else:
                states[what] += count
        print(f"kills, part {part}, seed {SEED}: {self.struck()} in {rounds} "
              f"rounds and {seconds:.0f} s, no difference\n    "
              f"{dict(strikes.most_common())}\n    "
              f"{dict(states.most_common())}", flush=True)


def add_parts():
    for part in range(1, PARTS + 1):
        setattr(RandomKills, f"test_part_{part}",
                lambda self, part=part: self.check_kills(
                    part, -(-KILLS // PARTS)))


add_parts()
