"""The database is lost at a COMMIT, after which bulkpg finds out whether it was
committed, or for longer than the budget. The tables are right in the end."""

from cases.queries import PRODUCTS
from harness.case import AGAIN, Case, World
from harness.commits import Proxy

MOST_COMMITS = 40


class Lost(Case):
    weight = 20

    def setUp(self):
        super().setUp()
        self.proxy = Proxy(World.cluster.directory)
        self.addCleanup(self.proxy.stop)
        self.configure_at_proxy()
        self.query("job", PRODUCTS)

    def configure_at_proxy(self, **how):
        dsn = self.db.dsn.replace(World.cluster.directory, self.proxy.folder)
        self.program.configure(dsn, [self.shop.stores["acme"]], **how)

    def change_something(self, number):
        self.change(store="acme", type="Product", count=3,
                    set={"title": f"changed for the {number}. time"})

    def lose_each_commit(self, before):
        """Run once per COMMIT, and lose that one, until a run has fewer
        COMMITs."""
        self.run_program("run")
        for number in range(1, MOST_COMMITS):
            self.change_something(number)
            self.proxy.cut(number, before)
            self.run_program("run")
            cut = self.proxy.commits >= number
            self.check_tables(PRODUCTS)
            self.check_no_staging()
            self.assertEqual("loaded", self.last_run()["status"])
            if not cut:
                return number
        self.fail("no end of COMMITs")

    def test_lost_before_the_server_had_it(self):
        self.assertGreater(self.lose_each_commit(before=True), 1)

    def test_lost_before_the_answer(self):
        self.assertGreater(self.lose_each_commit(before=False), 1)

    def tables(self):
        """All tables except staging, which cannot be dropped meanwhile."""
        return {name: what for name, what in self.snapshot().items()
                if not name[1].startswith("_stage_")}

    def wait_for_status(self, status):
        self.wait_for(lambda: self.last_run()["status"] == status, status)

    def test_unreachable_for_longer_than_the_budget(self):
        self.configure_at_proxy(tuning="retry_budget = 1s")
        self.run_program("run")
        before = self.tables()
        self.change_something(1)
        self.shop.set(bytes_per_second=5000, chunk_bytes=4096)
        running = self.program.start("run")
        self.wait_for_status("loading")
        self.proxy.away(True)
        self.expect(running.wait(), AGAIN)
        self.assertEqual(before, self.tables())
        self.proxy.away(False)
        self.shop.set(bytes_per_second=0)
        self.run_program("run")
        self.check_tables(PRODUCTS)
        self.check_no_staging()

    def test_the_next_run_drops_staging_that_was_left(self):
        """Staging of a run that was successful is dropped, too."""
        self.run_program("run")
        run_id = self.last_run()["run_id"]
        self.db.execute(f"CREATE TABLE acme._stage_{run_id}_7 ();"
                        "CREATE TABLE acme._stage_999_7 ()")
        self.run_program("run")
        self.assertEqual(["_stage_999_7"], self.db.column(
            "SELECT relname FROM pg_class WHERE relname LIKE '%stage%' AND "
            "relnamespace = 'acme'::regnamespace"))
