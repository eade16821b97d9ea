"""What watches the runs: status, its metrics."""
import json
import os
import re
import shutil
import stat
import subprocess

from cases.queries import ORDERS, PRODUCTS
from harness.case import CONFIG, FAILED, Case

SAMPLE = re.compile(r'^([a-z_]+)\{((?:[a-z]+="(?:[^"\\\n]|\\["\\n])*",?)*)\} '
                    r'(-?[0-9.]+)$')


def parse_metrics(text):
    """{name: {labels: value}} of a Prometheus text, or an AssertionError."""
    found, name = {}, None
    assert text.endswith("\n")
    for line in text.splitlines():
        if line.startswith("# HELP "):
            name = line.split()[2]
            assert name not in found, name
            found[name] = {}
        elif line.startswith("# TYPE "):
            assert line.split()[2:] == [name, "gauge"], line
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

    def test_metrics_where_nothing_ran(self):
        self.prepare()
        self.assertEqual(
            {}, self.metrics()["bulkpg_last_run_status"])

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
        self.assertRegex(lines[2], r"^    \w+: ")
        self.assertEqual("loaded", lines[3][at:].split()[0])
        self.assertRegex(lines[3], r"\d+s ago$")
        found = json.loads(self.run_program("status", "--json",
                                            "--failed",
                                            status=FAILED).stdout)
        self.assertEqual(["products"], [run["job"] for run in found["runs"]])
