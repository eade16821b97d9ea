"""A process is killed at a known place, or loses its run to another process.
The next run completes the tables."""
import signal

from cases.queries import ORDERS, PLAIN, PRODUCTS
from harness.case import AGAIN, OK, Case
from harness.cluster import Held
from harness.proxy import FENCE, SYNC, Proxy

LOADER, CONTROL = "bulkpg run %", "bulkpg control"


class Killing(Case):
    """One job whose tables exist and whose data have changed."""

    query_text = PRODUCTS

    def setUp(self):
        super().setUp()
        self.configure()
        self.query("job", self.query_text)
        self.run_program("run")
        self.change(store="acme", type="Product", count=20,
                    set={"title": "changed"})
        self.change(store="acme", type="Product", **{"from": 50}, count=5,
                    delete=True)

    weight = 20

    def proxy(self, *how):
        proxy = Proxy(self.db, *how)
        self.addCleanup(proxy.close)
        self.program.configure(proxy.dsn, [self.shop.stores["acme"]])
        return proxy

    # ---- places ------------------------------------------------------------

    def start_until(self, status, **settings):
        """Start a run; wait until the run that it begins or resumes has this
        status."""
        self.shop.set(**settings)
        newest = "run_id, resumed", "run_id DESC LIMIT 1", "bulkpg"
        before = self.rows("run", *newest)
        running = self.program.start("run")
        self.wait_for(lambda: self.status() == status
                      and self.rows("run", *newest) != before)
        return running

    def any_backend(self, application, condition):
        return self.db.value(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = "
            "current_database() AND application_name LIKE "
            f"'{application}' AND {condition}") > 0

    def is_waiting_for_a_lock(self, application):
        return self.any_backend(application, "wait_event_type = 'Lock'")

    def start_until_locked(self, application):
        running = self.program.start("run")
        self.wait_for(lambda: self.is_waiting_for_a_lock(application))
        return running

    def kill(self, running):
        running.signal(signal.SIGKILL)
        running.wait()

    def new_operations(self):
        return self.shop.operations()[1:]

    # ---- checks ------------------------------------------------------------

    def runs(self):
        return self.rows("run", "status, resumed", "run_id",
                         schema="bulkpg")[1:]

    def check_ended(self, runs, operations=1):
        self.check_tables(self.query_text)
        self.check_no_staging()
        self.assertEqual(runs, self.runs())
        self.assertEqual(operations, len(self.new_operations()))

    def check_resumed(self, resumed=1, operations=1):
        self.shop.set(outcome=None, duration_ms=20, bytes_per_second=0,
                      slots=5)
        self.shop.post("operation", {"store": "acme", "status": "COMPLETED"})
        self.run_program("run")
        self.check_ended([("loaded", resumed)], operations)

    def sent_long_ago(self):
        """Make the journal say that the submission was sent a minute ago, so
        that the search for it need not wait."""
        self.db.execute("UPDATE bulkpg.operation SET sent_at = sent_at - "
                        "interval '1 min'")


class Submissions(Killing):
    def test_killed_before_the_run_is_written_down(self):
        """The run and its operation are written down together."""
        with Held(self.db, "LOCK bulkpg.operation IN SHARE MODE"):
            running = self.start_until_locked(CONTROL)
            self.kill(running)
            self.db.end_backends("bulkpg%")
        self.assertEqual([], self.runs())
        self.assertEqual([], self.new_operations())
        self.check_resumed(resumed=0)

    def test_killed_before_the_operation_is_sent(self):
        """The journal has the operation; the store never received it."""
        with Held(self.db, "LOCK bulkpg.operation IN SHARE MODE"):
            running = self.start_until_locked(CONTROL)
            self.kill(running)
        self.wait_for(lambda: self.db.value(
            "SELECT count(*) FROM bulkpg.operation") == 2)
        self.sent_long_ago()
        self.check_resumed()
        self.assertEqual([(1,), (2,)], self.rows(
            "operation", "attempt", "run_id, attempt",
            schema="bulkpg")[1:])

    def test_killed_before_the_answer(self):
        """The store receives the submission after the process has ended."""
        self.shop.rule({"hold": True}, kind="run")
        running = self.program.start("run")
        self.wait_for(lambda: len(self.requests(kind="run")) == 2)
        self.kill(running)
        self.assertEqual([], self.new_operations())
        self.shop.post("release")
        self.check_resumed()

    def test_killed_before_the_answer_is_written_down(self):
        self.shop.rule({"hold": True}, kind="run")
        running = self.program.start("run")
        self.wait_for(lambda: len(self.requests(kind="run")) == 2)
        with Held(self.db, "LOCK bulkpg.operation IN SHARE MODE"):
            self.shop.post("release")
            self.wait_for(lambda: self.is_waiting_for_a_lock(CONTROL))
            self.kill(running)
            self.db.end_backends("bulkpg%")
        self.assertEqual("submitting", self.status())
        self.check_resumed()

    def test_killed_while_waiting_for_a_slot(self):
        """bulkpg does not search for an operation that was refused."""
        self.configure(tuning="retry_initial = 60s\nretry_max = 60s\n"
                              "retry_budget = 1h")
        self.kill(self.start_until("waiting", slots=0))
        self.check_resumed()
        self.assertEqual([], self.requests(kind="list"))

    def test_sent_after_a_long_wait_and_listed_late(self):
        """The time limit of the search starts with the last submission, not
        with the run."""
        running = self.start_until("waiting", slots=0)
        self.db.execute("UPDATE bulkpg.run SET started_at = started_at - "
                        "interval '1 min', submitted_at = submitted_at - "
                        "interval '1 min'")
        self.shop.rule({"delay_ms": 2500}, kind="run", times=-1)
        self.wait_for(lambda: self.requests(kind="run")[-1]["status"] is None)
        self.shop.set(slots=5)
        self.kill(running)
        self.shop.post("rules/clear")
        self.check_resumed()

    def test_killed_while_polling(self):
        running = self.start_until("polling", outcome={"never": True})
        self.kill(running)
        self.check_resumed()

    def test_expired_between_the_kill_and_the_next_run(self):
        running = self.start_until("loading", bytes_per_second=5000,
                                   chunk_bytes=4096)
        self.kill(running)
        self.shop.post("expire-url", {"store": "acme", "status": True})
        self.check_resumed(operations=2)


class Superseded(Killing):
    """The next run cannot use the unfinished run: it supersedes the run and
    cancels its operation."""

    def check_superseded(self, operations=2):
        self.shop.set(outcome=None, duration_ms=20, bytes_per_second=0)
        self.run_program("run")
        self.check_ended([("failed", 0), ("loaded", 0)], operations)
        first = self.db.row("SELECT error_code FROM bulkpg.run WHERE status "
                            "= 'failed'")
        self.assertEqual("SUPERSEDED", first["error_code"])
        self.wait_for(lambda: self.new_operations()[0]["status"]
                      == "CANCELED")

    def change_the_query(self):
        self.query_text = PRODUCTS.replace("handle", "handle vendor")
        self.query("job", self.query_text)

    def test_older_than_a_day(self):
        running = self.start_until("polling", outcome={"never": True})
        self.kill(running)
        self.db.execute("UPDATE bulkpg.operation SET created_at = "
                        "created_at - interval '25 h'")
        self.check_superseded()

    def test_nearly_a_day_old(self):
        running = self.start_until("polling", outcome={"never": True})
        self.kill(running)
        self.db.execute("UPDATE bulkpg.operation SET created_at = "
                        "created_at - interval '23 h'")
        self.check_resumed()

    def test_the_query_changed(self):
        running = self.start_until("polling", outcome={"never": True})
        self.kill(running)
        self.change_the_query()
        self.check_superseded()

    def test_the_query_changed_before_the_answer(self):
        """bulkpg finds the operation by its marker and cancels it."""
        self.shop.set(outcome={"never": True})
        self.shop.rule({"delay_ms": 60000, "after": True}, kind="run")
        running = self.program.start("run")
        self.wait_for(lambda: len(self.new_operations()) == 1)
        self.kill(running)
        self.change_the_query()
        self.check_superseded()

    def test_killed_while_it_supersedes(self):
        """The next run still cancels the operation and drops staging."""
        running = self.start_until("loading", bytes_per_second=5000,
                                   chunk_bytes=4096)
        self.kill(running)
        self.db.execute("UPDATE bulkpg.operation SET status = 'RUNNING', "
                        "created_at = created_at - interval '25 h' "
                        f"WHERE run_id = {self.last_run()['run_id']}")
        self.shop.rule({"delay_ms": 60000}, kind="cancel")
        running = self.program.start("run")
        self.wait_for(lambda: self.requests(kind="cancel"))
        self.kill(running)
        self.shop.set(bytes_per_second=0)
        self.run_program("run")
        self.check_ended([("failed", 0), ("loaded", 0)], 2)
        self.assertEqual(2, len(self.requests(kind="cancel")))

    def test_killed_while_it_drops_staging(self):
        running = self.start_until("loading", bytes_per_second=5000,
                                   chunk_bytes=4096)
        self.kill(running)
        self.change_the_query()
        run_id = self.last_run()["run_id"]
        with Held(self.db, f"LOCK acme._stage_{run_id}_1 IN SHARE MODE"):
            self.kill(self.start_until_locked(CONTROL))
            self.db.end_backends("bulkpg%")
        self.shop.set(bytes_per_second=0)
        self.run_program("run")
        self.check_ended([("failed", 0), ("loaded", 0)], 2)


class Merges(Killing):
    def test_killed_while_loading(self):
        for begun in 8, 16, 24:
            running = self.start_until("loading", bytes_per_second=15000,
                                       chunk_bytes=4096)
            self.wait_for(lambda: self.bytes_sent() > begun * 1024)
            self.kill(running)
        self.check_resumed(3)

    def bytes_sent(self):
        return self.requests(kind="storage")[-1]["bytes"]

    def test_killed_at_many_places_of_the_merge(self):
        """Each lock stops the merge at a later place."""
        places = ["SELECT FROM bulkpg.run FOR UPDATE"] + [
            f"LOCK {table} IN SHARE MODE" for table in (
                "acme.products", "acme.products_variants",
                "acme.products_media", "bulkpg.run_table",
                "bulkpg.relation", "bulkpg.watermark")]
        for n, place in enumerate(places):
            running = self.start_until("loading", bytes_per_second=400000)
            with Held(self.db, place):
                self.wait_for(lambda: self.is_waiting_for_a_lock("bulkpg%"))
                self.kill(running)
            self.shop.set(bytes_per_second=0)
        self.check_resumed(len(places))

    def test_killed_between_a_wider_column_and_the_merge(self):
        """The column is already wider, and the journal does not know it yet."""
        lines = [f'{{"id":"gid://shopify/Product/{n}","title":"{n}"}}'
                 for n in (1, 2)]
        text = "{ products { edges { node { id title } } } }"
        self.query("few", text.replace("products", "few: products"))
        self.shop.next(result_file=self.program.file(
            "few.jsonl", "\n".join(lines) + "\n"))
        self.run_program("run", "few")
        lines.append(lines[0].replace("Product/1", "Other/1"))
        self.shop.next(result_file=self.program.file(
            "wide.jsonl", "\n".join(lines) + "\n"))
        proxy = self.proxy("hold", FENCE)
        running = self.program.start("run", "few")
        self.wait_for(proxy.reached.is_set)
        self.kill(running)
        self.assertEqual("text", self.type_of("few", "id"))
        self.configure()
        self.run_program("run", "few")
        self.assertEqual([("gid://shopify/Other/1", "1"),
                          ("gid://shopify/Product/1", "1"),
                          ("gid://shopify/Product/2", "2")],
                         self.rows("few", "id, title"))
        self.check_no_staging()
        self.assertEqual(1, self.last_run()["resumed"])

    def hold_commits(self):
        """Make the commits of runs wait until the returned lock is released."""
        self.db.execute("""
            CREATE OR REPLACE FUNCTION public.held() RETURNS trigger
            LANGUAGE plpgsql AS $$ BEGIN
              PERFORM pg_advisory_xact_lock(4711); RETURN NULL; END $$;
            CREATE CONSTRAINT TRIGGER held AFTER UPDATE ON bulkpg.run
              DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
              WHEN (NEW.status = 'loaded')
              EXECUTE FUNCTION public.held()""")
        return Held(self.db, "SELECT pg_advisory_xact_lock(4711)")

    def is_committing(self):
        return self.any_backend(LOADER,
                                "query = 'COMMIT' AND state = 'active'")

    def kill_while_committing(self):
        running = self.program.start("run")
        self.wait_for(self.is_committing)
        self.kill(running)

    def start_until_waiting(self, *arguments):
        running = self.program.start("run", *arguments)
        self.wait_for(lambda: running.has_said("waiting for the merge"))
        return running

    def test_killed_during_the_commit(self):
        """The server still commits. The next run waits for that and then is a
        new run."""
        with self.hold_commits():
            self.kill_while_committing()
            following = self.start_until_waiting()
        self.expect(following.wait(), OK)
        self.check_ended([("loaded", 0), ("loaded", 0)], 2)
        self.assertEqual(0, self.last_run()["rows_updated"])

    def test_a_successful_commit_makes_the_job_current(self):
        """With --older-than the next run has nothing to do."""
        self.db.execute("UPDATE bulkpg.run SET started_at = started_at - "
                        "interval '1 h'")
        with self.hold_commits():
            self.kill_while_committing()
            following = self.start_until_waiting("--older-than", "30m")
        self.expect(following.wait(), OK)
        self.check_ended([("loaded", 0)])

    def test_the_answer_to_the_commit_is_lost(self):
        proxy = self.proxy("lose")
        running = self.program.start("run")
        self.expect(running.wait(), OK)
        self.assertTrue(proxy.reached.is_set())
        self.check_ended([("loaded", 0)])

    def test_the_commit_is_lost(self):
        proxy = self.proxy("cut")
        running = self.program.start("run")
        self.expect(running.wait(), OK)
        self.assertTrue(proxy.reached.is_set())
        self.check_ended([("loaded", 0)])

    def test_the_commit_and_the_control_connection_are_lost(self):
        for action in "lose", "cut":
            with self.subTest(action):
                before = len(self.new_operations())
                proxy = self.proxy(action)
                running = self.program.start("run")
                self.wait_for(proxy.reached.is_set)
                self.db.end_backends(CONTROL)
                operations = before + 1
                if running.wait().status != OK:
                    self.expect(running.result, AGAIN)
                    self.run_program("run")
                    # After a successful COMMIT this was a new run.
                    operations += action == "lose"
                self.check_tables(PRODUCTS)
                self.check_no_staging()
                self.assertEqual(operations, len(self.new_operations()))


class TakenOver(Killing):
    """A process is stopped and loses its claim, another continues its run, and
    then the first process wakes up."""

    def freeze(self, running):
        running.signal(signal.SIGSTOP)
        self.assertEqual(1, self.db.end_backends(CONTROL))

    def start_until_it_waits(self):
        running = self.program.start("run")
        self.wait_for(lambda: running.has_said("waiting for the merge"))
        return running

    def check_wakes_up_in_vain(self, running, proxy=None):
        """Another process takes the run over and completes it. The first one
        wakes up, notices that, and changes nothing."""
        self.shop.set(bytes_per_second=0)
        self.configure()
        self.run_program("run")
        self.check_ended([("loaded", 1)])
        before = self.snapshot()
        run = self.last_run()
        if proxy:
            proxy.release()
        running.signal(signal.SIGCONT)
        result = running.wait()
        self.check_unchanged(before)
        self.assertEqual(run, self.last_run())
        self.check_ended([("loaded", 1)])
        self.expect(result, AGAIN)
        self.assertIn("taken over", result.stderr)

    def test_while_polling(self):
        running = self.start_until("polling", outcome={"never": True})
        self.freeze(running)
        self.shop.post("operation", {"store": "acme", "status": "COMPLETED"})
        self.check_wakes_up_in_vain(running)

    def test_while_loading(self):
        running = self.start_until("loading", bytes_per_second=15000,
                                   chunk_bytes=4096)
        self.freeze(running)
        self.check_wakes_up_in_vain(running)

    def test_within_a_batch(self):
        """The rows were sent without the sync, so the server keeps the lock."""
        proxy = self.proxy("hold", SYNC, b"\0_stage_2_1\0\0\x01")
        running = self.program.start("run")
        self.wait_for(proxy.reached.is_set)
        self.freeze(running)
        self.check_wakes_up_in_vain(running, proxy)

    def test_right_before_the_fence(self):
        proxy = self.proxy("hold", FENCE)
        running = self.program.start("run")
        self.wait_for(proxy.reached.is_set)
        self.freeze(running)
        self.check_wakes_up_in_vain(running, proxy)

    def test_within_the_merge(self):
        with Held(self.db, "LOCK acme.products_variants IN SHARE MODE"):
            running = self.start_until_locked(LOADER)
            self.freeze(running)
        self.check_wakes_up_in_vain(running)

    def test_right_before_the_commit(self):
        proxy = self.proxy("hold")
        running = self.program.start("run")
        self.wait_for(proxy.reached.is_set)
        self.freeze(running)
        self.check_wakes_up_in_vain(running, proxy)

    def test_within_a_merge_that_the_next_run_supersedes(self):
        with Held(self.db, "LOCK acme.products_variants IN SHARE MODE"):
            running = self.start_until_locked(LOADER)
            self.freeze(running)
        self.query_text = PRODUCTS.replace("handle", "handle vendor")
        self.query("job", self.query_text)
        self.run_program("run")
        before = self.snapshot()
        running.signal(signal.SIGCONT)
        self.assertNotEqual(OK, running.wait().status)
        self.check_unchanged(before)
        self.check_ended([("failed", 0), ("loaded", 0)], 2)

    def test_the_next_run_waits_for_a_merge(self):
        """Its process lost the claim, but the merge is running, so the second
        process waits for it."""
        with Held(self.db, "LOCK acme.products_variants IN SHARE MODE"):
            first = self.start_until_locked(LOADER)
            self.freeze(first)
            second = self.start_until_it_waits()
        first.signal(signal.SIGCONT)
        self.expect(first.wait(), OK)
        self.expect(second.wait(), OK)
        self.check_ended([("loaded", 0), ("loaded", 0)], 2)

    def test_a_wait_for_a_merge_can_be_stopped(self):
        with Held(self.db, "LOCK acme.products_variants IN SHARE MODE"):
            first = self.start_until_locked(LOADER)
            self.freeze(first)
            second = self.start_until_it_waits()
            second.signal(signal.SIGINT)
            self.expect(second.wait(), AGAIN)
        self.kill(first)
        self.shop.set(duration_ms=20)
        self.run_program("run")
        self.check_ended([("loaded", 1), ("interrupted", 0)])
        self.run_program("status", "--failed")


class Jobs(Killing):
    def test_two_jobs_are_killed_at_different_places(self):
        self.query("orders", ORDERS)
        self.shop.next(contains="orders", duration_ms=100000)
        with Held(self.db, "LOCK acme.products IN SHARE MODE"):
            running = self.start_until_locked(LOADER)
            self.wait_for(lambda: self.status("orders") == "polling")
            self.kill(running)
        self.shop.post("operation", {"store": "acme", "status": "COMPLETED"})
        self.run_program("run")
        self.check_tables(PRODUCTS, ORDERS)
        self.check_no_staging()
        self.assertEqual([("loaded", 1)] * 2, self.runs())
        self.assertEqual(2, len(self.new_operations()))
