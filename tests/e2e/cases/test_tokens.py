"""Access tokens: configured, requested and renewed; rotating refresh tokens."""
import os

from cases.queries import ORDERS, PLAIN
from harness.ahead import Ahead
from harness.case import CONFIG, DENIED, OK, Case, World
from harness.store import seconds_between


class Tokens(Case):
    def setUp(self):
        super().setUp()
        self.store = self.shop.stores["acme"]
        self.program.environment["SECRET"] = self.store["client_secret"]

    def configure_client(self, *more, **how):
        self.configure(credentials={"acme": "\n".join((
            f"client_id = {self.store['client_id']}",
            "client_secret = env:SECRET") + more)}, **how)
        self.query("plain", PLAIN)

    def configure_refresh(self, token=None, name="refresh"):
        """Write a refresh token into a file; returns the file's path."""
        path = self.program.file(name, (token or self.store["refresh_token"])
                                 + "\n")
        os.chmod(path, 0o600)
        self.configure_client(f"refresh_token = file:{name}")
        return path

    def grants(self):
        return self.requests(kind="oauth")

    def refused(self):
        """The requests that the store answered with 401."""
        return [one for one in self.requests(server="admin")
                if one["status"] == 401]

    def start_polling(self, jobs=1, **how):
        """Start runs that poll until finish()."""
        self.shop.set(outcome={"never": True})
        running = self.program.start("run", **how)
        self.wait_for(lambda: len(self.shop.operations()) == jobs)
        return running

    def finish(self, running):
        self.shop.post("operation", {"status": "COMPLETED"})
        self.expect(running.wait(), OK)


class Given(Tokens):
    def test_wrong_token(self):
        self.configure()
        self.query("plain", PLAIN)
        result = self.run_program(
            "run", status=DENIED,
            environment={"TOKEN_ACME": "shpat_this_is_wrong"})
        self.assertNotIn("shpat_this_is_wrong", result.output)
        self.assertIn("does not accept the access token", result.stderr)
        self.assertEqual({}, self.snapshot())
        self.assertEqual([], self.grants())

    def test_revoked_while_polling(self):
        """bulkpg cannot get another token."""
        self.configure()
        self.query("plain", PLAIN)
        running = self.start_polling()
        self.shop.post("token", {"store": "acme", "expire": True,
                                 "all": True})
        result = running.wait()
        self.expect(result, DENIED)
        self.assertEqual(1, len(self.refused()))
        self.assertEqual("UNAUTHORIZED", self.last_run()["error_code"])
        self.assertEqual({}, self.snapshot())


class Client(Tokens):
    """Client credentials."""

    def test_client_credentials(self):
        self.configure_client()
        self.query("orders", ORDERS)
        self.run_program("run")
        self.check_tables(PLAIN, ORDERS)
        self.assertEqual(["client_credentials"], [
            one["grant_type"] for one in self.grants()])

    def test_wrong_client_secret(self):
        self.configure_client()
        result = self.run_program(
            "run", status=DENIED,
            environment={"SECRET": "shpss_this_is_wrong"})
        self.assertNotIn("shpss_this_is_wrong", result.output)
        for word in ("invalid_client", "check client_id and client_secret"):
            self.assertIn(word, result.stderr)
        self.assertEqual([], self.requests(server="admin"))

    def test_refused_once(self):
        """bulkpg gets a new token and sends the request again."""
        self.configure_client()
        for kind in ("run", "poll"):
            self.shop.rule({"status": 401, "body": {
                "errors": "[API] Invalid API key or access token"}},
                kind=kind)
        self.run_program("run")
        self.check_tables(PLAIN)
        self.assertEqual(1 + 2, len(self.grants()))
        self.assertEqual(2, len(self.requests(kind="run")))

    def test_the_new_token_is_refused(self):
        self.configure_client()
        self.shop.rule({"status": 401, "body": {"errors": "no"}}, times=-1,
                       kind="run")
        result = self.run_program("run", status=DENIED)
        self.assertEqual(2, len(self.grants()))
        self.assertEqual(2, len(self.requests(kind="run")))
        self.assertIn("belongs to another store or app", result.stderr)
        self.assertEqual("UNAUTHORIZED", self.last_run()["error_code"])
        self.assertEqual({}, self.snapshot())

    def test_two_jobs_renew_once(self):
        self.configure_client()
        self.query("orders", ORDERS)
        running = self.start_polling(jobs=2)
        self.assertEqual(1, len(self.grants()))
        self.shop.rule({"delay_ms": 200}, times=-1, kind="oauth")
        self.shop.post("token", {"store": "acme", "expire": True})
        last = self.requests()[-1]["n"]
        self.wait_for(lambda: len(
            [one for one in self.requests(kind="poll", after=last)
             if one["status"] == 200]) > 4)
        self.finish(running)
        self.check_tables(PLAIN, ORDERS)
        self.assertEqual(2, len(self.grants()))

    def test_it_expires_during_a_long_poll(self):
        """bulkpg renews the token before it expires. No request is refused.
        The test moves the program's clock an hour ahead."""
        if World.is_sanitized():
            self.skipTest("the sanitizer's library comes first")
        clock = Ahead()
        self.addCleanup(clock.remove)
        self.shop.set(token_lifetime_s=3655)
        self.configure_client(tuning="stall_timeout = 7d\n"
                                     "retry_budget = 7d")
        running = self.start_polling(environment=clock.environment)
        clock.hours(1)
        self.wait_for(lambda: len(self.grants()) == 2)
        self.finish(running)
        self.check_tables(PLAIN)
        self.assertEqual([], self.refused())

    def test_the_endpoint_fails_for_a_while(self):
        """If the token endpoint fails, bulkpg retries the request."""
        self.configure_client()
        for n, action in enumerate((
                {"status": 503, "body": "<html>"}, {"close": True},
                {"status": 429, "headers": {"Retry-After": "0.2"},
                 "body": ""},
                {"status": 200, "body": "<html>"},
                {"status": 200, "body": {"access_token": "two words"}}), 1):
            self.shop.rule(action, nth=n, kind="oauth")
        self.run_program("run")
        self.check_tables(PLAIN)
        self.assertEqual(1, len(self.shop.operations()))


class Refresh(Tokens):
    """A refresh token can be used once; the answer has the next one."""

    def setUp(self):
        super().setUp()
        self.shop.set(refresh_strict=True)

    def check_file(self, path, mode=0o600):
        """The file has the newest token, and no other file is beside it."""
        with open(path, "rb") as file:
            self.assertEqual(self.shop.post("token", {
                "store": "acme", "newest": True})["refresh_token"].encode()
                + b"\n", file.read())
        self.assertEqual(mode, os.stat(path).st_mode & 0o777)
        name = os.path.basename(path)
        self.assertEqual([name], [
            one for one in os.listdir(self.program.directory)
            if one.startswith(name[:7])])

    def test_written_back(self):
        path = self.configure_refresh()
        for n in range(3):
            self.run_program("run")
            self.assertEqual(n + 1, len(self.grants()))
            self.check_file(path)
        self.check_tables(PLAIN)

    def test_renewed_in_the_middle_of_a_poll(self):
        path = self.configure_refresh()
        self.query("orders", ORDERS)
        running = self.start_polling(jobs=2)
        self.shop.post("token", {"store": "acme", "expire": True})
        self.wait_for(lambda: len(self.grants()) == 2)
        self.finish(running)
        self.check_tables(PLAIN, ORDERS)
        self.assertEqual(2, len(self.grants()))
        self.check_file(path)

    def test_two_machines(self):
        """Exchanges happen one after the other, each with the token that the
        last one wrote."""
        path = self.configure_refresh()
        self.query("orders", ORDERS)
        self.run_program("run")
        self.shop.rule({"delay_ms": 400}, times=-1, kind="oauth")
        running = [self.program.start("run", job)
                   for job in ("plain", "orders")]
        for one in running:
            self.expect(one.wait(), OK)
        grants = self.grants()
        self.assertEqual([200] * 3, [one["status"] for one in grants])
        self.assertLessEqual(0.35, seconds_between(*grants[1:]))
        self.check_file(path)

    def test_the_answer_is_lost(self):
        """The store accepts the previous token until the next one was used."""
        self.shop.set(refresh_strict=False)
        path = self.configure_refresh()
        self.shop.rule({"after": True, "close": True}, kind="oauth")
        self.run_program("run")
        self.check_tables(PLAIN)
        self.check_file(path)

    def test_an_expired_refresh_token(self):
        path = self.configure_refresh("shprt_long_gone")
        result = self.run_program("run", status=DENIED)
        for word in ("invalid_grant", "authorize the app again"):
            self.assertIn(word, result.stderr)
        self.assertEqual([], self.requests(server="admin"))
        self.assertEqual(b"shprt_long_gone\n", self.program.read("refresh"))
        self.assertEqual(["refresh"], [
            one for one in os.listdir(self.program.directory)
            if one.startswith("refresh")])
        self.assertEqual(0o600, os.stat(path).st_mode & 0o777)

    def check_not_asked(self, path):
        result = self.run_program("run", status=CONFIG)
        for word in ("cannot create a file beside", "REFRESH_TOKEN_FILE",
                     "write to the file's directory"):
            self.assertIn(word, result.stderr)
        self.assertEqual([], self.requests())
        with open(path, "rb") as file:
            self.assertEqual(self.store["refresh_token"].encode() + b"\n",
                             file.read())

    def test_a_name_that_is_too_long(self):
        """The name of a new file would be too long, so bulkpg does not ask the
        store."""
        self.check_not_asked(self.configure_refresh(name="r" * 255))

    def test_a_directory_that_may_not_be_written(self):
        if os.geteuid() == 0:
            self.skipTest("root may write anywhere")
        path = self.configure_refresh(name="locked/refresh")
        os.chmod(os.path.dirname(path), 0o500)
        try:
            self.check_not_asked(path)
        finally:
            os.chmod(os.path.dirname(path), 0o700)

    def test_the_file_keeps_its_owner(self):
        """The file keeps its owner, even if root has run the job."""
        if os.geteuid() != 0:
            self.skipTest("only root can")
        path = self.configure_refresh()
        os.chown(path, 65534, 65534)
        self.run_program("run")
        status = os.stat(path)
        self.assertEqual((65534, 65534), (status.st_uid, status.st_gid))
        self.check_file(path)
