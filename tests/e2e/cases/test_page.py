"""The page of the report: problems by store and cause, and the layout."""
import html
import json
import os
import re
import subprocess
import tempfile
import unittest
import xml.etree.ElementTree as xml

from cases.queries import ORDERS, PLAIN
from harness.case import CONFIG, Case

BROWSER = os.environ.get("E2E_BROWSER")
JOBS = ("abandoned_checkouts collections customers discount_nodes "
        "draft_orders fulfillment_orders fulfillments inventory_items "
        "inventory_levels locations metaobjects orders products "
        "product_variants").split()
STORES = ("acme", "beta", "gamma-wholesale-deutschland", "delta", "epsilon",
          "zeta")

# Runs of 14 jobs at six stores: gamma refuses its token, delta does not
# answer, epsilon has errors of its own, zeta never ran two jobs.
JOURNAL = """
INSERT INTO bulkpg.run (store, job, mode, status, plan_hash, started_at,
                        finished_at, lines, bytes, rows_inserted, timings)
SELECT s, j, CASE WHEN n % 7 = 6 THEN 'full' ELSE 'incremental' END, 'loaded',
       'h', t, t + interval '4 minutes', 123456 * (n + 1),
       98765432 * (n + 1)::bigint, 34567,
       '{"wait": 31.5, "load": 20.25, "download": 4, "parse": 2, "merge": 9}'
FROM unnest($jobs$::text[]) j, unnest($stores$::text[]) s,
     generate_series(0, 9) n,
     LATERAL (SELECT now() - (10 - n) * interval '1 day'
                     + interval '21 hours') AS at(t)
WHERE NOT (s = 'zeta' AND j IN ('orders', 'products'))
ORDER BY t, s, j;
INSERT INTO bulkpg.run (store, job, status, error_code, error, notes,
                        started_at, finished_at)
SELECT 'gamma-wholesale-deutschland', j, 'failed', 'UNAUTHORIZED',
       'introspect: the store refuses the access token (HTTP 401)',
       '{"remedy": "Configure a valid token for this store."}',
       now() - interval '20 minutes', now() - interval '19 minutes'
FROM unnest($jobs$::text[]) j;
INSERT INTO bulkpg.run (store, job, status, error_code, error, notes,
                        started_at, finished_at)
SELECT 'delta', j, 'interrupted', 'HTTP_503',
       'introspect: HTTP 503, request_id ' || md5(j),
       '{"remedy": "Run it again; if it stays, ask Shopify''s support."}',
       now() - interval '80 minutes', now() - interval '20 minutes'
FROM unnest($jobs$::text[]) j;
INSERT INTO bulkpg.run (store, job, mode, status, plan_hash, error_code, error,
                        started_at, finished_at, rejects)
VALUES ('epsilon', 'orders', 'full', 'failed', 'h', 'WRONG_LINES',
        '5,312,001 lines came, 5,312,002 were announced',
        now() - interval '30 minutes', now() - interval '3 minutes', 0),
       ('epsilon', 'customers', 'full', 'loaded_with_rejects', 'h', NULL,
        NULL, now() - interval '30 minutes', now() - interval '3 minutes', 3),
       ('epsilon', 'products', 'full', 'polling', 'h', NULL, NULL,
        now() - interval '30 minutes', NULL, 0);
UPDATE bulkpg.run SET notes = '{"warnings": ["collections.products: 3 parents '
  'have exactly 250 children"], "warning_codes": ["FULL_PAGES"]}'
WHERE run_id IN (SELECT max(run_id) FROM bulkpg.run WHERE store = 'beta'
                 AND job IN ('collections', 'customers') GROUP BY job);
UPDATE bulkpg.run SET started_at = started_at - interval '2 days'
WHERE store = 'acme' AND job = 'locations';
"""

# Added to a copy of the page: finds what is wider than the window or its box.
MEASURE = """<script>
addEventListener("load", () => {
  const root = document.documentElement;
  const wide = [...document.querySelectorAll("body *")].filter(
    one => one.scrollWidth > one.clientWidth + 1 && one.clientWidth > 0 &&
           !(one instanceof SVGElement) &&
           getComputedStyle(one).display !== "inline");
  parent.document.title = JSON.stringify({
    page: root.scrollWidth - root.clientWidth, width: innerWidth,
    wide: wide.map(one => one.tagName + "." + one.className)});
});
</script>"""

# A browser window cannot be as narrow as a phone; a frame can.
FRAME = """<!DOCTYPE html><title></title>
<iframe width="{width}" height="844" style="border: 0" srcdoc="{page}">
</iframe>"""


class Page(Case):
    def prepare(self):
        self.configure("acme", "beta")
        self.query("products", PLAIN)
        self.run_program("run")
        self.program.configure(self.db.dsn, [
            dict(self.shop.stores["acme"], name=name) for name in STORES])
        for job in JOBS:
            self.query(job, ORDERS.replace("Orders", "Q"))
        self.db.execute(
            JOURNAL.replace("$jobs$", "'{" + ",".join(JOBS) + "}'")
            .replace("$stores$", "'{" + ",".join(STORES) + "}'"))

    def page(self):
        text = self.run_program("report").stdout
        return text, xml.fromstring(text)

    def problems(self):
        """{heading: texts of its paragraphs and jobs}, in the order of the
        page."""
        _, root = self.page()
        found = {}
        for section in root.iter("section"):
            if section.get("class").startswith("problem"):
                head, *rest = ["".join(one.itertext())
                               for one in section.iter()
                               if one.tag in ("h3", "p", "li")]
                found.setdefault(head, []).append(rest)
        return found

    def test_problems_come_first_by_store_and_cause(self):
        self.prepare()
        text, root = self.page()
        heads = [one.text for one in root.iter("h2")]
        self.assertEqual(["Problems", "Stores and jobs"], heads[:2])
        found = self.problems()
        self.assertEqual(
            ["delta: 14 jobs interrupted", "epsilon: 1 job loaded with "
             "rejects", "epsilon: 1 job abandoned", "epsilon: 1 job failed",
             "gamma-wholesale-deutschland: 14 jobs failed",
             "acme: 1 job late", "zeta: 2 jobs never ran",
             "beta: 2 jobs with warnings"], list(found))
        (gamma,) = found["gamma-wholesale-deutschland: 14 jobs failed"]
        self.assertEqual(
            ["UNAUTHORIZED introspect: the store refuses the access token "
             "(HTTP 401)", "To fix: Configure a valid token for this store."],
            gamma[:2])
        self.assertEqual(14, len(gamma[2:]))
        self.assertRegex(
            gamma[2], r"^abandoned_checkouts failed \d{4}-\d\d-\d\d "
            r"\d\d:\d\d:\d\d, \d+m agorun \d+; last good \d+h ago$")
        (delta,) = found["delta: 14 jobs interrupted"]
        self.assertEqual("HTTP_503", delta[0])
        self.assertRegex(delta[2], "request_id [0-9a-f]{32}$")
        (late,) = found["acme: 1 job late"]
        self.assertIn("no run is recorded after this one", late[0])
        self.assertRegex(late[2], "^locations loaded .*; last good 2d ago$")
        self.assertIn("FULL_PAGES", found["beta: 2 jobs with warnings"][0][0])
        self.assertNotIn("cron", text)
        ids = re.findall(r'id="(run\d+)"', text)
        self.assertEqual(len(set(ids)), len(ids))
        self.assertEqual(set(ids), set(re.findall(r'href="#(run\d+)"', text)))

    def test_a_failure_and_its_time(self):
        """The page shows the failure as run recorded it."""
        self.configure()
        self.query("products", PLAIN.replace("title", "tilte"))
        self.run_program("run", status=CONFIG)
        run = self.last_run()
        ((text,),) = [found for head, found in self.problems().items()
                      if head == "acme: 1 job failed"]
        self.assertEqual(f"{run['error_code']} {run['error']}", text[0])
        self.assertEqual("To fix: " + run["remedy"], text[1])
        self.assertIn("products failed " + run["finished_at"][:10], text[2])

    def test_long_names_have_line_breaks(self):
        self.prepare()
        text, _ = self.page()
        self.assertIn("<th>abandoned_<wbr />checkouts</th>", text)
        self.assertIn("<th>gamma-<wbr />wholesale-<wbr />deutschland</th>",
                      text)

    # ---- in a browser ------------------------------------------------------

    def measure(self, text, width):
        text = re.sub(r"<meta http-equiv.*?/>", MEASURE, text, flags=re.S)
        path = self.program.file("measured.html", FRAME.format(
            width=width, page=html.escape(text)))
        with tempfile.TemporaryDirectory() as profile:
            shown = subprocess.run(
                [BROWSER, "--headless", "--no-sandbox", "--disable-gpu",
                 f"--user-data-dir={profile}", "--window-size=1400,900",
                 "--virtual-time-budget=2000", "--dump-dom", "file://" + path],
                capture_output=True, text=True, check=True).stdout
        title = re.search("<title>(.*?)</title>", shown, re.S)[1]
        return json.loads(html.unescape(title))

    @unittest.skipUnless(BROWSER, "E2E_BROWSER=chromium runs it")
    def test_nothing_is_cut_off(self):
        self.prepare()
        text, _ = self.page()
        if os.environ.get("E2E_PAGE"):
            with open(os.environ["E2E_PAGE"], "w", encoding="utf-8") as file:
                file.write(text)
        found = self.measure(text, 1280)
        self.assertEqual((1280, 0, []), (found["width"], found["page"],
                                         found["wide"]))
        long = re.sub("<th>([a-z_]+)<wbr />", r"<th>\1longlonglong", text)
        found = self.measure(long.replace(" whole", ""), 1280)
        self.assertEqual([], found["wide"])
        found = self.measure(text, 390)
        self.assertEqual((390, 0), (found["width"], found["page"]), found)
        self.assertEqual({"DIV.wide", "DIV.wide matrix whole", "DIV.wide runs"},
                         {"DIV.wide", *found["wide"]}, found)
