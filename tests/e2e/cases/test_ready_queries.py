"""All ready queries, loaded into one schema."""
import json
import os
import re
import subprocess
import sys

import oracle
from harness.case import DENIED, Case, World
from harness.graph_case import GraphCase

SCRIPT = os.path.join(os.path.dirname(__file__), "..", "..", "..", "scripts",
                      "document-tables.py")


class ReadyQueries(Case):
    def add_all(self):
        """Add every ready query as a job; returns {job: text}."""
        self.run_program("init")
        listed = self.run_program("init", "--list").stdout
        names = re.findall(r"^(\w+)  ", listed, re.M)
        self.run_program("init", "--add", ",".join(names))
        self.configure()
        return {name: self.program.read(f"queries/{name}.graphql").decode()
                for name in names}

    def planned(self, job):
        return json.loads(self.run_program("plan", job, "--json", "--types",
                                           self.types).stdout)

    def check_valid(self, texts, plans):
        """Queries and documents are valid and select no deprecated field, says
        graphql-js."""
        directives = self.program.read("bulkpg.graphqls").decode()
        for job, text in texts.items():
            for document in ({"query": plans[job]["document"]},
                             {"query": text, "directives": directives}):
                self.assertEqual([], World.oracle().ask(
                    cmd="validate", **document), job)

    def check_documented(self, plans):
        """docs/tables.svg and the lists in docs/tables.md are up to date."""
        told = subprocess.run(
            [sys.executable, SCRIPT, "--check"], capture_output=True,
            check=False, encoding="utf-8",
            input="\n".join(json.dumps(plan) for plan in plans.values()))
        self.assertEqual((0, "", ""),
                         (told.returncode, told.stdout, told.stderr))

    def check_all(self, texts):
        """Check the tables of all jobs, by bulk and by pages."""
        plans = [World.oracle().ask(cmd="paged", store="acme", query=text)
                 if "@paged" in text else self.plan(text, "acme")
                 for text in texts.values()]
        try:
            oracle.check(self.db, "acme", plans)
        except oracle.Wrong as wrong:
            self.fail(str(wrong))

    def test_load(self):
        """Each loads the rows that the oracle expects into the tables of its
        plan."""
        texts = self.add_all()
        self.assertGreater(len(texts), 30)
        plans = {job: self.planned(job) for job in texts}
        self.check_valid(texts, plans)
        self.check_documented(plans)
        self.run_program("-q", "run")
        self.check_all(texts)
        tables = [("acme", table["name"]) for plan in plans.values()
                  for table in plan["tables"] if not table["skip"]]
        self.assertEqual(sorted(tables), sorted(self.snapshot()))
        self.check_numbers_of_other_ids(plans["returns"])

    def check_numbers_of_other_ids(self, plan):
        """The type of the ids in a field such as productId is known only after
        a load. Then the column's comment names it."""
        table = plan["tables"][3]
        self.assertEqual("exchange_line_items", table["name"])
        column = next(column for column in table["columns"]
                      if column["name"] == "product_id")
        self.assertEqual(("bigint", None), (column["type"], column["id_of"]))
        self.assertEqual(
            ["productId: ID; the number of gid://shopify/Product/<number>"],
            self.db.column(
                "SELECT col_description(attrelid, attnum) FROM pg_attribute "
                "WHERE attrelid = 'acme.exchange_line_items'::regclass "
                "AND attname = 'product_id'"))

    def test_orders_have_the_columns_of_fivetran(self):
        """Orders have the columns that Fivetran's users know, and fulfillments
        have the id of their order."""
        self.run_program("init", "--add", "orders,fulfillment_orders")
        self.configure()
        types = {table["name"]: {column["name"]: column["type"]
                                 for column in table["columns"]}
                 for job in ("orders", "fulfillment_orders")
                 for table in self.planned(job)["tables"]}
        for kind in ("billing", "shipping"):
            for part in ("name", "company", "address1", "address2", "city",
                         "zip", "province", "phone"):
                self.assertEqual("text", types["orders"].get(
                    f"{kind}_address_{part}"), part)
            for part in ("latitude", "longitude"):
                self.assertEqual("double precision", types["orders"].get(
                    f"{kind}_address_{part}"))
        for column in ("location_id", "staff_member_id", "app_id"):
            self.assertEqual("bigint", types["orders"].get(column), column)
        self.assertEqual("bigint", types["fulfillments"]["order_id"])

    def test_a_store_that_denies_some_of_orders(self):
        """check names each hidden field and the scope or the permission that is
        missing."""
        self.run_program("init", "--add", "orders")
        self.configure()
        path = ["orders", "edges", 0, "node"]
        denials = [{"message": "Access denied for staffMember field.",
                    "path": path + ["staffMember"],
                    "extensions": {"code": "ACCESS_DENIED", "requiredAccess":
                                   "`read_users` access scope. Also: The app "
                                   "must be installed on a Plus store."}},
                   {"message": "Access denied for retailLocation field.",
                    "path": path + ["retailLocation"],
                    "extensions": {"code": "ACCESS_DENIED", "requiredAccess":
                                   "`read_locations` access scope."}},
                   {"message": "This app is not approved to access the "
                    "MailingAddress object.", "path": path + [
                        "billingAddress"],
                    "extensions": {"code": "ACCESS_DENIED"}}]
        self.shop.rule({"status": 200, "body": {"data": None,
                                                "errors": denials}},
                       times=-1, kind="query")
        result = self.run_program("check", status=DENIED)
        lines = self.program.read("queries/orders.graphql").decode() \
            .splitlines()
        for field, level, word in (
                ("staffMember", "error", "scope read_users"),
                ("retailLocation", "error", "scope read_locations"),
                ("billingAddress", "warn", "protected customer data")):
            line = 1 + next(n for n, text in enumerate(lines)
                            if text.strip() == field + " {")
            self.assertRegex(result.stdout, rf"{level} +query .*:{line}:9: "
                             rf"orders\.{field}")
            self.assertIn(word, result.stdout)
        self.assertIn("missing: read_users,read_locations", result.stdout)
        self.assertIn("remove the field", result.stdout)
        self.assertIn("FIELD_HIDDEN", result.stdout)

    def test_windows(self):
        """Queries with @slice or @incremental give the same tables as one full
        operation."""
        self.long_when_sanitized()
        texts = {}
        for job, text in self.add_all().items():
            os.remove(self.program.directory + f"/queries/{job}.graphql")
            if re.search(r"^query .*@(incremental|slice)", text, re.M):
                texts[job] = re.sub(r"@slice {$", "@slice(rows: 30) {", text,
                                    flags=re.M)
                self.query(job, texts[job])
        self.assertIn("(rows: 30)", texts["returns"])
        self.run_program("-q", "run")
        self.check_all(texts)
        self.change_now(type="Order", count=5, set={"note": "changed"})
        self.change_now(type="ProductVariant", count=5,
                        set={"barcode": "changed"})
        self.run_program("-q", "run")
        self.check_all(texts)
        self.assertEqual(
            sorted(job for job, text in texts.items()
                   if re.search(r"^query .*@incremental", text, re.M)),
            self.db.column("SELECT DISTINCT job FROM bulkpg.run WHERE mode = "
                           "'incremental' ORDER BY job"))

    def test_each_says_what_it_needs(self):
        for job, text in self.add_all().items():
            comment = re.match(r"(#.*\n)+", text)[0]
            query = text[len(comment):]
            self.assertRegex(comment, r"^# [A-Z].{5,53}[^.]\n#\n", job)
            self.assertIn("# Scopes: read_", comment, job)
            for name in ("@incremental", "@slice"):
                self.assertEqual(name in query, f" {name}: " in
                                 comment.replace(f"Not {name}: ", ""), job)
            self.assertTrue("@incremental" in query
                            or "Not @incremental: " in comment, job)
            self.assertLessEqual(max(map(len, text.splitlines())), 80, job)


class ForSources(GraphCase):
    """The ready queries for presets."""

    def add(self, preset):
        """Add all queries of the preset; returns {job: text}."""
        listed = self.run_program("init", "--list").stdout
        jobs = re.findall(rf"^{preset}/(\w+)  ", listed, re.M)
        self.run_program("init", "--add",
                         ",".join(f"{preset}/{job}" for job in jobs))
        self.configure_sources(preset)
        return {job: self.program.read(
            f"queries/{preset}/{job}.graphql").decode() for job in jobs}

    def planned(self, preset):
        """{job: plan}, from the types that introspection gives."""
        return {job: json.loads(self.run_program(
            "plan", job, "--store", preset, "--json").stdout)
                for job in self.add(preset)}

    def documented(self, preset):
        """{job: [(table, key)]} as docs/tables.md lists them."""
        path = os.path.join(os.path.dirname(SCRIPT), "..", "docs",
                            "tables.md")
        with open(path, encoding="utf-8") as file:
            page = file.read().split("\n## Queries for other APIs\n")[1]
        jobs = {}
        for line in page.split("\n## ")[0].splitlines():
            cells = [cell.strip() for cell in line.split("|")[1:-1]]
            job = re.match(r"\*\*(\w+)/(\w+)\*\*: loads (\w+) ", line[2:])
            if job:
                rows = jobs.setdefault(f"{job[1]}/{job[2]}", [job[3]])
            elif jobs and len(cells) == 3:
                rows.append((cells[0].strip("`"), cells[2].replace("`", "")))
        return {job.split("/")[1]: rows for job, rows in jobs.items()
                if job.startswith(preset + "/")}

    def check_plans(self, preset):
        plans = self.planned(preset)
        self.assertEqual(self.documented(preset), {
            job: ["changes" if plan["incremental"] else "everything"] + [
                (table["name"], ", ".join(table["key"]))
                for table in plan["tables"]] for job, plan in plans.items()})
        for plan in plans.values():
            self.assertEqual([], plan["notes"])
            self.assertEqual(0, plan["pages"]["requests"][0]["level"])
        checked = re.findall(r"(\w+) +query .*\(source (\w+)\)\n",
                             self.run_program("check").stdout)
        self.assertEqual([("ok", preset)] * len(plans), checked)

    def check_load(self, preset):
        """Each loads the rows that the oracle expects, and, with the text's
        windows, nothing more in a second run."""
        texts = self.add(preset)
        self.run_program("-q", "run")
        self.check_source(preset, *texts.values())
        self.run_program("-q", "run")
        self.check_source(preset, *texts.values())
        self.assertEqual(
            sorted(job for job, text in texts.items()
                   if "@incremental {" in text),
            self.db.column("SELECT job FROM bulkpg.run WHERE mode = "
                           "'incremental' ORDER BY job"))

    def test_plans_for_github(self):
        self.check_plans("github")

    def test_plans_for_infrahub(self):
        self.check_plans("infrahub")

    def test_load_from_github(self):
        self.check_load("github")

    def test_load_from_infrahub(self):
        self.check_load("infrahub")
