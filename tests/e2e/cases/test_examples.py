"""The statements of sql/examples/, on the tables of the ready queries."""
import json
import os
import re
from collections import Counter, defaultdict
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import oracle
from cases.queries import VARIANT
from harness.case import Case

EXAMPLES = os.path.join(os.path.dirname(__file__), "..", "..", "..", "sql",
                        "examples")
JOBS = ["inventory", "orders", "products", "sales"]
TIME_ZONE = ZoneInfo("America/Toronto")


def month_of(time):
    moment = datetime.fromisoformat(time.replace("Z", "+00:00"))
    return moment.astimezone(TIME_ZONE).strftime("%Y-%m")


class Examples(Case):
    def setUp(self):
        super().setUp()
        self.configure()
        self.run_program("init", "--add", ",".join(JOBS))
        kept = self.program.read("queries/products.graphql").decode()
        self.query("products", kept.replace("query Products {",
                                            "query Products @history {"))
        self.run_program("-q", "run")

    def ask(self, name, at="now"):
        """The rows that an example gives for store acme."""
        with open(os.path.join(EXAMPLES, name + ".sql"),
                  encoding="utf-8") as file:
            text = file.read()
        lines = self.db.execute("\\set schema acme\n"
                                f"\\set at '{at}'\n"
                                "SET search_path = acme; SELECT "
                                f"row_to_json(q)::text FROM ({text}) q;")
        return [json.loads(line, parse_float=Decimal) for line in lines]

    def expected(self, job):
        """{table: [(parent's gid, values by column)]}, from the oracle."""
        query = self.program.read(f"queries/{job}.graphql").decode()
        plan = self.plan(query)
        return {table["name"]: [(row["parent"], row["values"]) for row in rows]
                for table, rows in zip(plan["tables"], plan["rows"])}

    def test_all(self):
        """Each gives rows, and their sums agree with those of the oracle."""
        for name in sorted(os.listdir(EXAMPLES)):
            self.assertNotEqual([], self.ask(name[:-len(".sql")]), name)
        self.check_revenue()
        self.check_refunds()
        self.check_cohorts()
        self.check_stock()
        self.check_net_sales()
        self.check_prices()

    def test_joined_columns_have_an_index(self):
        """Both sides of each join have an index; without one, a large store
        would be slow."""
        indexes = oracle.Actual(self.db, "acme").indexes
        keys = oracle.Actual(self.db, "acme").keys
        seen = set()
        for name in sorted(os.listdir(EXAMPLES)):
            with open(os.path.join(EXAMPLES, name), encoding="utf-8") as file:
                text = re.sub("--.*", "", file.read())
            tables = {alias or table: table for table, alias in re.findall(
                r"(?:FROM|JOIN)\s+(\w+)(?:\s+(?!ON\b|JOIN\b|WHERE\b|LEFT\b|"
                r"GROUP\b)(\w+))?", text)}
            for sides in re.findall(r"ON (\w+)\.(\w+) = (\w+)\.(\w+)", text):
                for alias, column in (sides[:2], sides[2:]):
                    table = tables[alias]
                    if table not in keys:  # defined by WITH
                        continue
                    seen.add((table, column))
                    self.assertIn(column, [keys[table][0]] + [
                        columns[0] for columns in indexes[table]],
                        f"{name}: {table}")
        self.assertIn(("product_variants", "inventory_item_id"), seen)
        self.assertGreater(len(seen), 6)

    def orders(self):
        return [values for _, values in self.expected("orders")["orders"]
                if not values["test"]]

    def check_revenue(self):
        sums = defaultdict(Counter)
        for order in self.orders():
            if order["cancelled_at"] is None:
                month = sums[month_of(order["processed_at"]),
                             order["currency_code"]]
                month["orders"] += 1
                for name in ("total_price", "total_refunded"):
                    month[name] += Decimal(order[name])
        self.assertEqual(
            [(*key, month["orders"], month["total_price"],
              month["total_refunded"])
             for key, month in sorted(sums.items())],
            [(row["month"], row["currency_code"], row["orders"],
              row["revenue"], row["refunded"])
             for row in self.ask("revenue_by_month")])

    def check_refunds(self):
        total = sum(Decimal(order["total_refunded"])
                    for order in self.orders())
        self.assertEqual(total, sum(
            row["refunded"] for row in self.ask("refunds_by_month")))

    def check_cohorts(self):
        months = defaultdict(set)
        for order in self.orders():
            if order["customer_id"] and order["cancelled_at"] is None:
                year, month = month_of(order["processed_at"]).split("-")
                months[order["customer_id"]].add(int(year) * 12 + int(month))
        counted = Counter((min(all_), one - min(all_))
                          for all_ in months.values() for one in all_)
        self.assertEqual(
            [((first - 1) // 12, (first - 1) % 12 + 1, later, customers)
             for (first, later), customers in sorted(counted.items())],
            [(*map(int, row["cohort"].split("-")), row["months_later"],
              row["customers"]) for row in self.ask("cohort_retention")])

    def check_stock(self):
        tables = self.expected("inventory")
        tracked = {values["id"]: values["tracked"]
                   for _, values in tables["inventory_items"]}
        place = {values["id"]: values["location_name"]
                 for item, values in tables["inventory_levels"]
                 if values["is_active"] and tracked[item]}
        sums = Counter()
        for level, values in tables["inventory_quantities"]:
            if level in place and values["name"] == "on_hand":
                sums[place[level]] += values["quantity"]
        rows = self.ask("stock_by_location")
        self.assertEqual(sums, {row["location_name"]: row["on_hand"]
                                for row in rows})

    def check_net_sales(self):
        tables = self.expected("sales")
        orders = {values["id"]: values for _, values
                  in tables["sales_orders"]}
        when = {values["id"]: (month_of(values["happened_at"]), orders[order])
                for order, values in tables["sales_agreements"]}
        sums = Counter()
        for agreement, values in tables["sales"]:
            month, order = when[agreement]
            if not order["test"]:
                sums[month, order["currency_code"]] += (
                    Decimal(values["total_amount"])
                    - Decimal(values["total_tax"]))
        self.assertEqual(sums, {
            (row["month"], row["currency_code"]): row["net_sales"]
            for row in self.ask("net_sales_by_month")})

    def check_prices(self):
        """Three variants get other prices. Of a time before, the old ones are
        found."""
        at = self.db.value("SELECT clock_timestamp()::text AS v")
        before = self.ask("prices_at_a_time")
        variants = self.db.rows("SELECT product_id, id, price FROM "
                                "acme.product_variants ORDER BY 1, 2 LIMIT 3")
        self.assertEqual(self.db.value(
            "SELECT count(*) AS v FROM acme.product_variants"), len(before))
        self.change_now(ids=[f"{VARIANT}{row['id']}" for row in variants],
                        set={"price": "7777.00"})
        self.run_program("run", "products", "--full")
        self.assertEqual(before, self.ask("prices_at_a_time", at))
        self.assertEqual(3, [row["price"] for row in self.ask(
            "prices_at_a_time")].count(Decimal("7777.00")))
        self.assertEqual(
            [(row["product_id"], row["id"], Decimal(str(row["price"])))
             for row in variants],
            [(row["product_id"], row["variant_id"],
              Decimal(str(row["price_before"])))
             for row in self.ask("price_changes")
             if row["price"] == Decimal("7777.00")])
