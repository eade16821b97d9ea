"""Commands that watch runs: status, its metrics, check, report."""
import json
import os
import re
import shutil
import stat
import subprocess
import xml.etree.ElementTree as xml
from html.parser import HTMLParser

from cases.queries import ORDERS, PRODUCTS
from harness.case import AGAIN, CONFIG, DENIED, FAILED, Case

SAMPLE = re.compile(r'^([a-z_]+)\{((?:[a-z]+="(?:[^"\\\n]|\\["\\n])*",?)*)\} '
                    r'(-?[0-9.]+)$')


def parse_metrics(text):
    """{name: {labels: value}} of a Prometheus text; AssertionError if the
    text is not valid."""
    found, name = {}, None
    assert text.endswith("\n")
    for line in text.splitlines():
        if line.startswith("# HELP "):
            name = line.split()[2]
            assert name not in found, name
            found[name] = {}
        elif line.startswith("# TYPE "):
            kind = "counter" if name.endswith("_total") else "gauge"
            assert line.split()[2:] == [name, kind], line
        else:
            match = SAMPLE.match(line)
            assert match and match[1] == name, line
            labels = tuple(re.findall(r'="((?:[^"\\]|\\.)*)"', match[2]))
            assert labels not in found[name], line
            found[name][labels] = float(match[3])
    return found


class Watch(Case):
    def prepare(self):
        self.configure()
        self.query("products", PRODUCTS)
        self.query("orders", ORDERS)

    def metrics(self, *more, status=0):
        self.run_program("status", "--metrics", "out.prom", *more,
                         status=status)
        text = self.program.read("out.prom").decode()
        if shutil.which("promtool"):
            subprocess.run(["promtool", "check", "metrics"], text=True,
                           input=text, check=True, capture_output=True)
        return parse_metrics(text)

    def test_metrics_of_runs(self):
        self.prepare()
        self.run_program("run")
        found = self.metrics()
        path = os.path.join(self.program.directory, "out.prom")
        self.assertEqual(0o644, stat.S_IMODE(os.stat(path).st_mode))
        job = ("acme", "products")
        run = self.last_run("products")
        self.assertEqual(1, found["bulkpg_last_run_status"][(*job, "loaded")])
        self.assertEqual(0, found["bulkpg_last_run_status"][(*job, "failed")])
        self.assertEqual(run["lines"], found["bulkpg_last_run_lines"][job])
        self.assertEqual(run["bytes"], found["bulkpg_last_run_bytes"][job])
        self.assertEqual(
            run["rows_inserted"],
            found["bulkpg_last_run_rows"][(*job, "inserted")])
        self.assertEqual(0, found["bulkpg_running_operations"][job])
        self.assertEqual(
            self.db.value("SELECT floor(extract(epoch FROM started_at)) AS v "
                          f"FROM bulkpg.run WHERE run_id = {run['run_id']}"),
            found["bulkpg_last_good_run_start_timestamp_seconds"][job])

    def test_metrics_of_a_failure(self):
        self.prepare()
        self.run_program("run", "products")
        self.shop.set(object_count="+1")
        self.run_program("run", "products", status=FAILED)
        found = self.metrics("--failed", status=FAILED)
        job = ("acme", "products")
        self.assertEqual(1, found["bulkpg_last_run_status"][(*job, "failed")])
        self.assertGreater(found["bulkpg_last_good_run_age_seconds"][job],
                           found["bulkpg_last_run_age_seconds"][job])

    def test_metrics_before_the_first_run(self):
        self.prepare()
        self.assertEqual(
            {}, self.metrics()["bulkpg_last_run_status"])

    def test_jobs_that_never_ran(self):
        """Jobs that never ran are late. bulkpg knows them from the query
        files."""
        self.prepare()
        for ran in ([], ["products"]):
            if ran:
                self.run_program("run", *ran)
            late = json.loads(self.run_program(
                "status", "--json", "--older-than", "1h",
                status=FAILED).stdout)["runs"]
            self.assertEqual(
                [("orders", "never", None, None)],
                [(one["job"], one["status"], one["run_id"], one["mode"])
                 for one in late if one["job"] not in ran][:1])
            self.assertEqual(2 - len(ran), len(late))
            self.run_program("status", "--failed")
        self.assertRegex(self.run_program("status", "--older-than", "1h",
                                          status=FAILED).stdout,
                         r"(?m)^acme   orders +- +never .* never$")
        self.assertEqual({("acme", "products"): 1, ("acme", "orders"): 0},
                         self.metrics()["bulkpg_has_good_run"])
        self.assertNotIn("orders", self.run_program("status").stdout)

    def test_jobs_without_a_query_file(self):
        """Jobs without a query file keep their last run and are neither failed
        nor late. For stores that are not configured this is not known."""
        self.prepare()
        self.shop.set(object_count="+1")
        self.run_program("run", status=FAILED)
        self.shop.set(object_count=None)
        self.run_program("run", "orders")
        self.program.remove_file("queries/products.graphql")
        self.assertIn("products", self.run_program("status").stdout)
        self.run_program("status", "--failed")
        self.run_program("status", "--older-than", "1h")
        self.assertEqual([("acme", "orders")],
                         list(self.metrics()["bulkpg_has_good_run"]))
        self.db.execute("UPDATE bulkpg.run SET store = 'other'")
        self.run_program("status", "--failed", status=FAILED)
        self.configure(more={"acme": "enabled = no"})
        self.db.execute("UPDATE bulkpg.run SET store = 'acme'")
        self.run_program("status", "--older-than", "0s")

    def test_metrics_that_cannot_be_written(self):
        self.prepare()
        self.run_program("run", "products")
        result = self.run_program("status", "--metrics", "nowhere/x.prom",
                                  status=CONFIG)
        self.assertIn("cannot write nowhere/x.prom: No such file",
                      result.stderr)

    def test_status_is_a_table(self):
        self.prepare()
        self.run_program("run")
        self.shop.set(object_count="+1")
        self.run_program("run", "products", status=FAILED)
        lines = self.run_program("status").stdout.splitlines()
        head = lines[0].split("  ")
        self.assertEqual("store", head[0])
        at = lines[0].index("status")
        self.assertEqual("failed", lines[1][at:].split()[0])
        self.assertRegex(lines[2], r"^    WRONG_LINES: .*; to fix: run the")
        self.assertEqual("loaded", lines[3][at:].split()[0])
        self.assertRegex(lines[3], r"\d+s ago$")
        found = json.loads(self.run_program("status", "--json",
                                            "--failed",
                                            status=FAILED).stdout)
        self.assertEqual(["products"], [run["job"] for run in found["runs"]])
        self.assertIn("run the job again", found["runs"][0]["remedy"])

    def test_a_remedy_goes_with_its_failure(self):
        """The journal has the remedy as long as the run has failed."""
        self.configure(tuning="retry_budget = 200ms")
        self.query("products", PRODUCTS)
        self.shop.rule({"status": 503}, kind="storage", times=-1)
        self.run_program("run", status=AGAIN)
        remedy = self.last_run()["notes"]["remedy"]
        self.assertIn("; to fix: " + remedy, self.run_program("status").stdout)
        self.assertIn(remedy, "".join(Page(self.run_program("report").stdout
                                           ).text))
        self.shop.post("rules/clear")
        self.run_program("run")
        run = self.last_run()
        self.assertEqual(("loaded", 1), (run["status"], run["resumed"]))
        self.assertNotIn("remedy", run["notes"])


DEPRECATED = """{
  products {
    edges {
      node { id storefrontId title }
    }
  }
}
"""


def denied(path, required=None, message="Access denied for orders field."):
    """The answer of a store to a query that the app may not run."""
    extensions = {"code": "ACCESS_DENIED"}
    if required:
        extensions["requiredAccess"] = required
    return {"status": 200, "body": {"data": None, "errors": [
        {"message": message, "path": path, "extensions": extensions}]}}


class Doctor(Case):
    """check prints one verdict per line, and what to do."""

    def prepare(self):
        self.configure()
        self.query("products", PRODUCTS)
        self.query("orders", ORDERS)

    def verdicts(self, status=0):
        events = [json.loads(line) for line in self.run_program(
            "check", "--json", status=status).stdout.splitlines()]
        self.assertEqual("summary", events[-1]["event"])
        return [one for one in events if one["event"] == "checked"]

    def test_a_line_for_everything_that_is_checked(self):
        self.prepare()
        *lines, counts = self.run_program("check").stdout.splitlines()
        found = [sum(line.startswith(word + " ") for line in lines)
                 for word in ("ok", "warn", "error")]
        self.assertEqual("{} ok, {} warn, {} error".format(*found), counts)
        for line in lines:
            self.assertRegex(line, r"^(ok     |warn   |       )\S")
        text = "\n".join(lines)
        self.assertRegex(text, r"ok     database: \S+, PostgreSQL 1\d")
        self.assertRegex(text, r"ok     journal: version \d+, 0 runs")
        self.assertRegex(text, r"ok     store acme \(http.*\): plan \w+.*, "
                         r"API version 2026-10 \(until 2027-10-16\)")
        self.assertRegex(text, r"ok     scopes of store acme: \w+,\w+")

    def test_files_that_are_not_used(self):
        self.prepare()
        self.query("products", PRODUCTS, "acne")
        self.program.file("queries/pages.gql", PRODUCTS)
        self.program.file("queries/.hidden/pages.gql", PRODUCTS)
        self.assertEqual(
            ['queries/acne: unknown store "acne"; did you mean "acme"?',
             "queries/pages.gql is not a job"],
            sorted(one["message"] for one in self.verdicts()
                   if one["what"] == "queries"))

    def test_dangerous_settings(self):
        self.prepare()
        self.assertIn("fsync is off", "".join(
            one["message"] for one in self.verdicts()
            if one["verdict"] == "warn" and one["what"] == "database"))

    def test_each_query_is_tried_with_one_row(self):
        self.prepare()
        self.run_program("check")
        tried = [one["query"] for one in self.requests(kind="query")]
        self.assertEqual(2, len(tried))
        for text in tried:
            self.assertGreaterEqual(text.count("first: 1"), 2)
        self.assertTrue(all(one["status"] == 200
                            for one in self.requests(kind="query")))
        self.assertEqual([], self.requests(kind="run"))

    def test_missing_scopes_are_one_line(self):
        self.prepare()
        self.shop.set(scopes=["read_products"])
        self.shop.rule(denied(["orders"], "`read_orders` access scope or "
                              "`read_marketplace_orders` access scope."),
                       kind="query", contains="orders", times=-1)
        found = self.verdicts(status=DENIED)
        query = [one for one in found if "orders.graphql" in one["what"]]
        self.assertEqual("error", query[0]["verdict"])
        self.assertIn("queries/orders.graphql:2:", query[0]["message"])
        self.assertIn("read_orders", query[0]["remedy"])
        scopes = [one for one in found if one["what"].startswith("scopes")]
        self.assertEqual("missing: read_orders", scopes[0]["message"])
        self.assertRegex(scopes[0]["remedy"], r"read_products,read_orders$")
        self.assertEqual("warn", scopes[1]["verdict"])
        self.assertIn("60 days", scopes[1]["message"])

    def test_hidden_fields_are_warned_about(self):
        self.prepare()
        self.shop.rule(
            denied(["products", "edges", 0, "node", "title"],
                   message="This app is not approved to access it"),
            kind="query", contains="products", times=-1)
        hidden = [one for one in self.verdicts()
                  if one["verdict"] == "warn" and "approved" in one.get("message", "")]
        self.assertEqual(1, len(hidden))
        self.assertEqual("FIELD_HIDDEN", hidden[0]["code"])
        self.assertRegex(hidden[0]["message"],
                         r"^queries/products.graphql:\d+:\d+: products.title")

    def test_deprecated_fields_are_named(self):
        self.configure()
        self.query("old", DEPRECATED)
        found = [one for one in self.verdicts() if one["verdict"] == "warn"
                 and "deprecated" in one.get("message", "")]
        self.assertEqual(
            ["queries/old.graphql:4:17: Product.storefrontId is deprecated"],
            [one["message"] for one in found])
        self.assertTrue(found[0]["remedy"])

    def test_arguments_without_effect_are_warned_about(self):
        self.configure()
        self.query("q", "{ products(first: 3) { edges { node { id } } } }")
        found = [one for one in self.verdicts() if one["verdict"] == "warn"
                 and "no effect" in one.get("message", "")]
        self.assertEqual(1, len(found))
        self.assertIn("queries/q.graphql:1:12: \"first\"",
                      found[0]["message"])
        self.assertTrue(found[0]["remedy"])

    def test_versions_that_expire(self):
        self.configure(more={"acme": "api_version = 2026-01"})
        self.query("products", PRODUCTS)
        found = self.verdicts()
        store = [one for one in found if one["what"].startswith("store acme")]
        self.assertIn("API version 2026-01 (until 2027-01-16)",
                      store[0]["message"])
        self.shop.rule({"headers": {"X-Shopify-API-Version": "2026-04"}},
                       kind="shop", times=-1)
        store = [one for one in self.verdicts()
                 if one["what"].startswith("store acme")]
        self.assertEqual("warn", store[1]["verdict"])
        self.assertIn("answers with 2026-04", store[1]["message"])

    def test_too_few_connections_and_missing_privileges(self):
        self.prepare()
        self.run_program("check")
        self.db.execute(
            "DO $$ BEGIN CREATE ROLE e2e_full LOGIN CONNECTION LIMIT 1; "
            "EXCEPTION WHEN duplicate_object THEN END $$; GRANT USAGE, CREATE "
            "ON SCHEMA bulkpg TO e2e_full; GRANT ALL ON ALL TABLES IN SCHEMA "
            "bulkpg TO e2e_full")
        self.program.configure(
            self.db.dsn.replace("user=owner", "user=e2e_full"),
            [self.shop.stores["acme"]])
        found = self.verdicts(status=DENIED)
        self.assertTrue([one for one in found
                         if "room for 0 more" in one.get("message", "")], found)
        rights = [one for one in found if one["verdict"] == "error"]
        self.assertIn("no right to create schema acme", rights[0]["message"])
        self.assertIn("GRANT CREATE", rights[0]["remedy"])


class Page(HTMLParser):
    """The tags, links and text of a page, as a browser reads them."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.links, self.text, self.open = [], [], [], []
        self.feed(text)
        self.close()
        assert self.open == [], self.open

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        if tag not in ("meta",):
            self.open.append(tag)
        for name, value in attributes:
            assert not name.startswith("on"), (name, value)
            if name in ("href", "src", "xlink:href", "action", "data"):
                self.links.append(value)

    def handle_startendtag(self, tag, attributes):
        self.tags.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, tag

    def handle_data(self, data):
        self.text.append(data)


class Report(Case):
    def prepare(self):
        self.configure("acme", "beta")
        self.query("products", PRODUCTS)
        self.query("orders", ORDERS)

    def page(self, *arguments):
        text = self.run_program("report", *arguments).stdout
        xml.fromstring(text)  # is well-formed without a doctype
        return text, Page(text)

    def check_alone(self, text, page):
        """The page loads nothing and executes nothing."""
        self.assertFalse(set(page.tags) & {
            "script", "link", "img", "iframe", "object", "embed", "base"})
        for link in page.links:
            self.assertTrue(link.startswith("#"), link)
        for word in ("http://", "https://", "url(", "@import", "javascript:"):
            self.assertNotIn(word, text)
        self.assertIn("default-src 'none'", text)

    def test_good_and_failed(self):
        self.prepare()
        self.run_program("run")
        self.shop.set(object_count="+1", store="beta")
        self.run_program("run", "products", status=FAILED)
        text, page = self.page()
        self.check_alone(text, page)
        shown = "".join(page.text)
        self.assertRegex(shown, r"1failed\s+0late\s+0running\s+3good")
        self.assertIn("WRONG_LINES", shown)
        self.assertIn("run the job again; nothing was changed", shown)
        run = self.last_run("products", store="beta")["run_id"]
        self.assertIn(f"#run{run}", page.links)
        self.assertIn(f'id="run{run}"', text)
        self.assertIn("acme.products_variants", shown)
        self.assertIn('<rect class="phase7"', text)
        charts = re.findall(r'<section class="job"><h3>(.*?)</h3>', text)
        self.assertEqual(sorted(charts), charts)
        self.assertEqual("acme / orders", charts[0])
        self.assertRegex(shown, r"up to \d{1,3}(,\d{3})+ rows/s")

    def test_jobs_that_never_ran_and_jobs_that_are_gone(self):
        self.prepare()
        self.run_program("run", "products")
        text, page = self.page()
        self.check_alone(text, page)
        shown = "".join(page.text)
        self.assertRegex(shown, r"0failed\s+2late\s+0running\s+2good")
        self.assertIn("no run is recorded", shown)
        self.assertIn("run it with bulkpg run --store beta", shown)
        self.program.remove_file("queries/orders.graphql")
        self.assertRegex("".join(self.page()[1].text),
                         r"0failed\s+0late\s+0running\s+2good")

    def test_late(self):
        self.prepare()
        self.run_program("run")
        self.db.execute("UPDATE bulkpg.run SET started_at = started_at - "
                        "interval '49 hours' WHERE job = 'orders'")
        shown = "".join(self.page()[1].text)
        self.assertRegex(shown, r"0failed\s+2late\s+0running\s+2good")
        self.assertIn("older than twice its age", shown)
        shown = "".join(self.page("--older-than", "3d")[1].text)
        self.assertRegex(shown, r"0failed\s+0late\s+0running\s+4good")
        self.assertIn("older than 3d", shown)

    def test_hostile_text(self):
        self.prepare()
        self.run_program("run", "products")
        words = "</td><script>alert(1)</script>\"'&amp;\x01\ufffe"
        self.db.execute(
            "UPDATE bulkpg.run SET store = $h$" + words + "$h$ || store, "
            "job = $h$" + words + "$h$, error_code = $h$<b>$h$, error = $h$"
            + words + "$h$, status = 'failed', timings = jsonb_build_object("
            "$h$" + words + "$h$, 3), notes = jsonb_build_object('warnings', "
            "jsonb_build_array($h$" + words + "$h$))")
        text, page = self.page()
        self.check_alone(text, page)
        self.assertNotIn("alert(1)</script>", text)
        self.assertIn("</td><script>alert(1)</script>\"'&amp;\\u0001\\ufffe",
                      "".join(page.text))

    def test_limits_of_the_page(self):
        """The page shows at most ninety days and 5000 runs, so that a phone can
        display it."""
        self.prepare()
        self.run_program("run", "products", "--store", "acme")
        self.db.execute(
            "INSERT INTO bulkpg.run (store, job, mode, status, plan_hash, "
            "started_at, finished_at, lines, timings) SELECT 's' || n % 700, "
            "'j' || n % 3, 'full', 'loaded', '', now() - n * interval "
            "'1 hour', now() - n * interval '59 minutes', n, "
            "'{\"load\": 1.5}' FROM generate_series(1, 7000) n")
        text, page = self.page()
        shown = "".join(page.text)
        self.assertLess(len(text), 4 * 1024 * 1024)
        # With beta, which never ran.
        self.assertIn("Not all of the 702 stores", shown)
        self.assertIn("Only the newest 5000 runs are counted.", shown)
        self.assertEqual(
            500, len(re.findall(r"<tr><th>(?!store|table)", text)))

    def test_to_a_file(self):
        self.prepare()
        self.run_program("run", "products")
        result = self.run_program("report", "page.html")
        self.assertEqual("", result.stdout)
        Page(self.program.read("page.html").decode())
        self.assertEqual(["page.html"], [
            name for name in os.listdir(self.program.directory)
            if "page" in name])
        result = self.run_program("report", "nowhere/page.html",
                                  status=CONFIG)
        self.assertIn("cannot write nowhere/page.html", result.stderr)
