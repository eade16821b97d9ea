"""Downloads that break: bulkpg resumes or restarts them, or the run fails."""
import json
import os
import re
import signal
import time

from cases.queries import PLAIN, PRODUCT, PRODUCTS
from harness.case import AGAIN, FAILED, OK, USAGE, Case
from harness.store import seconds_between

LAPSED = "<?xml version='1.0'?><Error><Code>%s</Code></Error>"


class Download(Case):
    def setUp(self):
        super().setUp()
        self.configure()
        self.query("job", PRODUCTS)

    def ranges(self):
        return [one["range"] for one in self.requests(kind="storage")]

    def check_loaded(self, operations=1):
        self.check_tables(PRODUCTS)
        self.check_no_staging()
        self.assertEqual(operations, len(self.shop.operations()))
        run = self.last_run()
        self.assertEqual("loaded", run["status"])
        (operation,) = self.shop.operations()[-1:]
        self.assertEqual(operation["bytes"], run["bytes"])

    def run_and_check(self, operations=1):
        result = self.run_program("run")
        self.check_loaded(operations)
        return result

    def check_refused(self, *rules, status=FAILED):
        """The run fails, and existing tables do not change."""
        self.run_program("run")
        before = self.snapshot()
        self.change(store="acme", type="Product", count=3, set={"title": "x"})
        self.shop.post("rules", [
            {"match": {"kind": "storage"}, "action": {}, **rule}
            for rule in rules])
        result = self.run_program("run", status=status)
        self.check_unchanged(before)
        self.check_no_staging()
        return result


class Resumes(Download):
    """The download resumes where it broke, with Range and If-Range."""

    def test_cut(self):
        self.shop.rule({"truncate_after": 30001}, kind="storage")
        self.run_and_check()
        ranges = [one["range"] for one in self.requests(kind="storage")]
        self.assertEqual([None, "bytes=30001-"], ranges)
        self.assertIsNotNone(self.requests(kind="storage")[1]["if_range"])

    def test_cut_again_and_again(self):
        self.shop.rule({"truncate_after": 20000}, times=5, kind="storage")
        self.run_and_check()

    def test_cut_inside_a_character(self):
        self.change(store="acme", type="Product", count=60,
                    set={"title": "\U0001f600" * 3000})
        self.shop.rule({"truncate_after": 10003}, times=20, kind="storage")
        self.run_and_check()

    def test_a_page_instead_of_a_result(self):
        self.shop.rule({"status": 200, "body": "<html>sorry</html>",
                        "headers": {"Content-Type": "text/html"}},
                       kind="storage")
        self.run_and_check()

    def test_connection_refused_midway(self):
        self.shop.rule({"close": True}, times=2, kind="storage")
        self.run_and_check()

    def test_url_expired_for_good(self):
        """bulkpg submits the operation again."""
        self.shop.next(url_lifetime_s=0)
        self.run_program("run")
        self.check_tables(PRODUCTS)
        self.assertEqual(2, len(self.shop.operations()))

    def test_always_cut_at_the_same_byte(self):
        self.run_program("run")
        before = self.snapshot()
        self.change(store="acme", type="Product", count=3, set={"title": "x"})
        self.shop.rule({"truncate_after": 30000}, kind="storage")
        self.shop.rule({"truncate_after": 0}, times=-1, kind="storage")
        self.run_program("run", status=FAILED)
        self.check_unchanged(before)
        self.check_no_staging()

    def test_keep_while_broken(self):
        os.mkdir(os.path.join(self.program.directory, "kept"))
        self.shop.set(ranges=False)
        self.shop.rule({"truncate_after": 30000}, kind="storage")
        self.run_program("run", "--keep", "kept")
        (operation,) = self.shop.operations()
        run_id = self.last_run()["run_id"]
        with open(operation["path"], "rb") as file:
            self.assertEqual(file.read(), self.program.read(
                f"kept/acme.job.{run_id}.1.jsonl"))

    def test_a_folder_that_cannot_be_used(self):
        """The error comes before anything is submitted to the store."""
        for path in ("bulkpg.ini", "nowhere/kept"):
            result = self.run_program("run", "--keep", path, status=USAGE)
            self.assertIn(f"cannot write to folder {path}: ",
                          result.stderr)
        self.assertEqual([], self.shop.operations())

    def kept(self):
        return sorted(os.listdir(os.path.join(self.program.directory,
                                              "kept")))

    def test_a_result_that_is_cut_off_is_not_kept(self):
        self.shop.rule({"ranges": False, "truncate_after": 30000}, times=-1,
                       kind="storage")
        self.program.file("kept/mine", "")
        self.run_program("run", "--keep", "kept", status=AGAIN)
        self.assertEqual(["mine"], self.kept())

    def test_a_result_that_is_wrong_has_no_name(self):
        """A wrong result keeps the name of a partial file."""
        self.shop.set(object_count="+1")
        self.program.file("kept/mine", "")
        self.run_program("run", "--keep", "kept", status=FAILED)
        name = f"acme.job.{self.last_run()['run_id']}.1.jsonl"
        self.assertEqual([name + ".part", "mine"], self.kept())

    def test_killed_while_it_is_kept(self):
        """A run that resumes overwrites the partial file; a run that
        supersedes the killed one removes it."""
        self.shop.set(bytes_per_second=20000)
        for change in (False, True):
            self.program.file("kept/mine", "")
            running = self.program.start("run", "--keep", "kept")
            self.wait_for(lambda: len(self.kept()) > 1)
            running.signal(signal.SIGKILL)
            running.wait()
            name = f"acme.job.{self.last_run()['run_id']}.1.jsonl"
            self.assertEqual([name + ".part", "mine"], self.kept())
            if change:
                self.query("job", PLAIN)
            self.shop.set(bytes_per_second=0)
            self.run_program("run", "--keep", "kept")
            if change:
                name = f"acme.job.{self.last_run()['run_id']}.1.jsonl"
            self.assertEqual([name, name + ".meta.json", "mine"], self.kept())
            self.shop.set(bytes_per_second=20000)
            for one in self.kept():
                os.remove(os.path.join(self.program.directory, "kept", one))

    def has_read(self, running, sent):
        """True if the storage has sent so many bytes, and the program waits
        for more: it sleeps, at many looks in a row."""
        if self.requests(kind="storage")[0]["bytes"] < sent:
            return False
        for _ in range(10):
            if running.state() != "S":
                return False
            time.sleep(0.01)
        return True

    def run_silently(self, requests, sent=0):
        """Run until the storage has got so many requests, and all before the
        last one have timed out. The first one has sent so many bytes."""
        self.configure(tuning="stall_timeout = 1h\nrequest_timeout = 7d\n"
                       "retry_budget = 30d")
        ahead = self.ahead()
        running = self.program.start("run", environment=ahead.environment)
        self.wait_for(self.ranges)
        self.wait_for(lambda: self.has_read(running, sent))
        self.pass_time(ahead, lambda: len(self.ranges()) >= requests)
        result = running.wait()
        self.expect(result, OK)
        self.check_loaded()
        self.assertIn("no data was sent or received for 1h", result.stderr)

    def test_stalled(self):
        self.shop.rule({"stall_after": 10000}, kind="storage")
        self.run_silently(2, sent=10000)
        self.assertIn("bytes=10000-", self.ranges())

    def test_no_answer(self):
        """The storage does not even send a head, twice."""
        self.shop.rule({"delay_ms": 600000}, times=2, kind="storage")
        self.run_silently(3)

    def test_server_errors(self):
        statuses = (500, 502, 503, 504, 429, 408)
        self.shop.rule({"truncate_after": 10000}, kind="storage")
        for n, status in enumerate(statuses, 2):
            self.shop.rule({"status": status, "body": "<Error/>"}, nth=n,
                           kind="storage")
        self.run_and_check()
        self.assertEqual([None] + ["bytes=10000-"] * (len(statuses) + 1),
                         self.ranges())

    def test_retry_after(self):
        self.shop.rule({"status": 503, "body": "", "headers":
                        {"Retry-After": "0.6"}}, kind="storage")
        self.run_and_check()
        first, second = self.requests(kind="storage")
        self.assertLessEqual(0.55, seconds_between(first, second))

    def test_chunked_and_cut(self):
        """No length was announced, and the last chunk is missing."""
        self.shop.set(chunked=True)
        self.shop.rule({"truncate_after": 30001}, kind="storage")
        self.run_and_check()
        self.assertEqual([None, "bytes=30001-"], self.ranges())

    def test_ended_early_with_a_matching_length(self):
        """The bytes match Content-Length; only fileSize shows the error."""
        self.shop.rule({"end_after": 30000}, times=3, kind="storage")
        result = self.run_and_check()
        self.assertIn("code=TRUNCATED", result.stderr)
        self.assertEqual([None, "bytes=30000-", "bytes=60000-",
                          "bytes=90000-"], self.ranges())

    def test_ended_early_in_chunks(self):
        self.shop.set(chunked=True)
        self.shop.rule({"end_after": 30000}, kind="storage")
        self.run_and_check()
        self.assertEqual([None, "bytes=30000-"], self.ranges())

    def test_no_bytes_after_an_early_end(self):
        """After three answers with status 416 the run fails."""
        result = self.check_refused(
            {"action": {"end_after": 30000}},
            {"nth": 2, "times": -1, "action": {"status": 416, "body": ""}})
        self.assertEqual(5, len(self.ranges()))
        self.assertIn("code=TRUNCATED", result.stderr)
        self.assertIn("at byte 30000", result.stderr)
        self.assertEqual("TRUNCATED", self.last_run()["error_code"])
        self.assertEqual("failed", self.last_run()["status"])

    def test_a_storage_that_fails_for_long(self):
        """The next run resumes the same operation."""
        self.configure(tuning="retry_budget = 300ms")
        self.shop.rule({"status": 503, "body": "<Error/>"}, times=-1,
                       kind="storage")
        self.run_program("run", status=AGAIN)
        self.assertEqual("interrupted", self.last_run()["status"])
        self.assertEqual({}, self.snapshot())
        self.check_no_staging()
        self.shop.post("rules/clear")
        self.run_and_check()
        self.assertEqual(1, self.last_run()["resumed"])


class Restarts(Download):
    """The download restarts, because the storage cannot send the rest of the
    same file."""

    def check_again(self, *seconds):
        """bulkpg requests the rest, and then the whole file."""
        for n, second in enumerate(seconds, 1):
            self.shop.post("rules/clear")
            self.shop.rule({"truncate_after": 30000}, kind="storage")
            self.shop.rule(second, nth=2, kind="storage")
            result = self.run_and_check(n)
            self.assertIn("restarting the load", result.stderr)
            self.assertIn("code=RESTART", result.stderr)
            self.assertEqual([None, "bytes=30000-", None], self.ranges()[-3:])
            self.assertEqual(3 * n, len(self.ranges()))

    def test_ranges_are_ignored(self):
        self.check_again({"ranges": False})

    def test_another_etag(self):
        """The storage sends the whole file (If-Range), or the rest of another
        file."""
        self.check_again({"etag": "other"},
                         {"headers": {"ETag": "\"other\""}})

    def test_another_range_than_asked_for(self):
        self.check_again(*({"headers": {"Content-Range": said}} for said in (
            "bytes 29999-99999/100000", "bytes 30000-39999/40000",
            "30000-", None)))

    def test_again_and_again(self):
        """A storage that never sends the rest."""
        result = self.check_refused(
            {"times": -1, "action": {"ranges": False, "truncate_after":
                                     30000}}, status=AGAIN)
        self.assertIn("code=RESTART", result.stderr)
        self.assertEqual("interrupted", self.last_run()["status"])


class Expired(Download):
    """URLs that have expired."""

    def test_asked_for_again(self):
        for n, (status, code) in enumerate((
                (400, "ExpiredToken"), (403, "SignatureDoesNotMatch"),
                (404, "NoSuchKey"), (410, "Gone")), 1):
            self.shop.post("rules/clear")
            self.shop.rule({"status": status, "body": LAPSED % code},
                           kind="storage")
            result = self.run_and_check(n)
            self.assertIn("code=URL_LAPSED", result.stderr)
            self.assertEqual([None, None] * n, self.ranges())

    def test_in_the_middle(self):
        self.shop.rule({"truncate_after": 30000}, kind="storage")
        self.shop.rule({"status": 403, "body": LAPSED % "ExpiredToken"},
                       nth=2, kind="storage")
        self.run_and_check()
        self.assertEqual([None, "bytes=30000-", None], self.ranges())

    def test_a_new_url(self):
        self.shop.rule({"hold": True}, kind="storage")
        running = self.program.start("run")
        self.wait_for(lambda: self.requests(kind="storage"))
        self.shop.post("expire-url", {"renew": True})
        self.shop.post("release")
        self.expect(running.wait(), 0)
        self.check_loaded()
        paths = {one["path"] for one in self.requests(kind="storage")}
        self.assertEqual(2, len(paths))

    def test_the_operation_has_expired(self):
        """bulkpg submits it again."""
        self.shop.rule({"hold": True}, kind="storage")
        running = self.program.start("run")
        self.wait_for(lambda: self.requests(kind="storage"))
        self.shop.post("expire-url", {"status": True})
        self.shop.post("release")
        self.expect(running.wait(), 0)
        self.check_loaded(2)
        self.assertEqual([(1, "EXPIRED"), (2, "COMPLETED")], self.rows(
            "operation", "attempt, status", schema="bulkpg"))

    def test_every_url_is_expired(self):
        result = self.check_refused(
            {"times": -1, "action": {"status": 403,
                                     "body": LAPSED % "AccessDenied"}},
            status=AGAIN)
        self.assertIn("HTTP 403", result.stderr)
        self.assertEqual("URL_LAPSED", self.last_run()["error_code"])
        self.assertEqual(1 + 3, len(self.ranges()))
        self.assertEqual(1 + 2, len(self.shop.operations()))


class Refused(Download):
    def test_a_redirect(self):
        for n, status in enumerate((301, 302, 303, 307, 308), 1):
            self.shop.post("rules/clear")
            self.shop.rule({"status": status, "body": "", "headers": {
                "Location": self.shop.endpoint + "/x?Signature=s3cr"}},
                times=-1, kind="storage")
            result = self.run_program("run", status=FAILED)
            self.assertIn("code=REDIRECTED", result.stderr)
            self.assertNotIn("s3cr", result.output)
            self.assertEqual({}, self.snapshot())
            self.check_no_staging()
            self.assertEqual(n, len(self.ranges()))
        self.assertEqual([], [one for one in self.requests()
                              if one["path"] == "/x"])

    def test_a_page_every_time(self):
        result = self.check_refused(
            {"times": -1, "action": {"status": 200, "body":
                                     "<html>sorry</html>"}})
        self.assertIn("code=NOT_JSONL", result.stderr)

    def test_more_than_announced(self):
        self.check_sizes("-1", "TOO_LONG")

    def test_less_than_announced(self):
        self.check_sizes("+1", "TRUNCATED")

    def check_sizes(self, wrong, code):
        self.shop.set(file_size=wrong)
        result = self.run_program("run", status=FAILED)
        self.assertIn(f"code={code}", result.stderr)
        self.assertEqual({}, self.snapshot())
        self.check_no_staging()


class Paused(Case):
    """If PostgreSQL is slow, the transfer waits; that is not a stall."""

    LINES, TITLE = 1000, 50000  # more than sockets and batches hold

    def loader(self):
        """The backend that receives the rows; None if there is none yet."""
        pids = self.db.column(
            "SELECT pid FROM pg_stat_activity WHERE application_name LIKE "
            "'bulkpg run%' AND datname = current_database()")
        return pids[0] if pids else None

    def resume(self, pid):
        try:
            os.kill(pid, signal.SIGCONT)
        except ProcessLookupError:
            pass

    def sent(self):
        return self.requests(kind="storage")[0]["bytes"]

    def start_with_stopped_backend(self, environment=None):
        """Start a run, and stop the backend that receives the rows before all
        of them are sent."""
        path = self.program.file("result.jsonl", "".join(
            json.dumps({"id": f"{PRODUCT}{n}", "title": "x" * self.TITLE})
            + "\n" for n in range(self.LINES)))
        self.configure(tuning="stall_timeout = 1h")
        self.query("plain", PLAIN)
        self.shop.set(result_file=path, bytes_per_second=40000,
                      chunk_bytes=8192)
        running = self.program.start("run", environment=environment)
        pid = self.wait_for(self.loader)
        self.wait_for(lambda: self.requests(kind="storage"))
        os.kill(pid, signal.SIGSTOP)
        self.addCleanup(self.resume, pid)
        self.shop.set(bytes_per_second=0)
        return running, pid

    def wait_for_standstill(self):
        """Wait until the storage has sent a part and cannot send more: more
        than its first chunks, which it sends slowly, and nothing for a while."""
        sent, same = 0, 0
        while same < 5:
            time.sleep(0.2)
            before, sent = sent, self.sent()
            same = same + 1 if before == sent > 1_000_000 else 0
        self.assertLess(sent, self.LINES * self.TITLE)

    def check_loaded(self):
        self.assertEqual(
            [{"n": self.LINES, "length": self.LINES * self.TITLE}],
            self.db.rows("SELECT count(*) n, sum(length(title)) length FROM "
                         "acme.products"))
        self.check_no_staging()

    def test_for_many_stall_timeouts(self):
        ahead = self.ahead()
        running, pid = self.start_with_stopped_backend(ahead.environment)
        self.wait_for_standstill()
        for _ in range(3):
            ahead.later(7200)
            time.sleep(0.3)  # the program looks at its clock
        self.assertTrue(running.is_alive(), running.result)
        self.resume(pid)
        result = running.wait()
        self.expect(result, 0)
        self.assertNotIn("resuming the download", result.stderr)
        self.assertEqual(1, len(self.requests(kind="storage")))
        self.check_loaded()

    def test_the_storage_disconnects_meanwhile(self):
        limit = self.LINES * self.TITLE * 3 // 4
        self.shop.rule({"truncate_after": limit}, nth=1, kind="storage")
        running, pid = self.start_with_stopped_backend()
        self.wait_for_standstill()
        self.resume(pid)
        self.expect(running.wait(), 0)
        # The program may not have received everything that was sent.
        first, second = [
            one["range"] for one in self.requests(kind="storage")]
        self.assertIsNone(first)
        match = re.fullmatch(r"bytes=([1-9][0-9]*)-", second)
        self.assertIsNotNone(match, second)
        self.assertLessEqual(int(match[1]), limit)
        self.check_loaded()
