"""A store's queries by pages: the same tables as by bulk operations, and what
bulk operations refuse."""
import json
import re
import signal
import unittest
import urllib.request

from cases.queries import CUSTOMERS, ORDERS, PLAIN, PRODUCTS
from harness.case import CONFIG, FAILED, OK, PARTIAL, USAGE
from harness.walk_case import WalkCase

REFUNDS = """query @paged(first: 9) {
  orders {
    nodes {
      id
      name
      refunds @table {
        id
        createdAt
        refundLineItems { nodes { quantity lineItem { id } } }
        transactions { nodes { id amountSet { shopMoney { amount } } } }
      }
    }
  }
}
"""

DEEP = """query @paged(first: 6, concurrency: 3) {
  products {
    nodes {
      id
      title
      variants {
        nodes {
          id
          sku
          inventoryItem {
            inventoryLevels { nodes { id location { id } } }
          }
          metafields { nodes { id key value } }
        }
      }
      metafields { nodes { id key value } }
      collections { nodes { id title } }
      media { nodes { id alt } }
    }
  }
}
"""

SEVERAL = """query @paged(first: 20) {
  shop { id name currencyCode }
  products { nodes { id title } }
  customers { nodes { id displayName } }
}
"""

PAYOUTS = """query @paged(first: 4) {
  shopifyPaymentsAccount {
    id
    payouts { nodes { id issuedAt net { amount } } }
    balanceTransactions { nodes { id type amount { amount } } }
  }
}
"""


def paged(query, arguments="first: 7, concurrency: 3"):
    """The same query, by pages."""
    head, rest = query.split("{", 1)
    return (head if "query" in head else "query ") + \
        f"@paged({arguments}) {{" + rest


def in_edges(text):
    """The query with edges { node { … } } in place of nodes { … }."""
    out, depths, depth = "", [], 0
    for part in re.split(r"(nodes \{|[{}])", text):
        if part == "nodes {":
            depths.append(depth)
            out += "edges { node {"
            depth += 1
        else:
            depth += {"{": 1, "}": -1}.get(part, 0)
            out += part
            if part == "}" and depths[-1:] == [depth]:
                depths.pop()
                out += " }"
    return out


class ShopCase(WalkCase):
    """Store calm is the same store under another name, with its own
    tables."""

    def setUp(self):
        super().setUp()
        self.stores()

    def stores(self, **how):
        acme = self.shop.stores["acme"]
        self.program.configure(self.db.dsn, [acme, {**acme, "name": "calm"}],
                               **how)

    def check_same_as_bulk(self, **queries):
        for job, text in queries.items():
            self.query(job, paged(text), "acme")
            self.query(job, text, "calm")
        self.run_program("run")
        self.check_tables(*queries.values())
        self.assertEqual([], self.difference("acme", "calm"))

    def bulk_runs(self):
        return len(self.requests(kind="run"))


class SameAsBulk(ShopCase):
    def test_equal_tables(self):
        queries = {"products": PRODUCTS, "customers": CUSTOMERS,
                   "orders": ORDERS}
        self.check_same_as_bulk(**queries)
        self.assertEqual(3, self.bulk_runs())
        self.change(store="acme", type="Product", count=4,
                    set={"title": "changed"})
        self.change(store="acme", type="Order", count=3, delete=True)
        self.run_program("run")
        self.assertEqual([], self.difference("acme", "calm"))
        self.check_tables(*queries.values())
        for job in queries:
            one, two = (self.last_run(job, store) for store
                        in ("acme", "calm"))
            for name in ("rows_inserted", "rows_updated", "rows_deleted"):
                self.assertEqual(two[name], one[name], (job, name))

    def test_one_job_either_way(self):
        """A job may change its way; plan, tables and rows stay the same."""
        self.query("products", PRODUCTS, "acme")
        self.walk_shop()
        self.query("products", paged(PRODUCTS), "acme")
        self.walk_shop("--full")
        self.check_nothing_changed("acme")
        self.query("products", PRODUCTS, "acme")
        self.walk_shop("--full")
        self.check_nothing_changed("acme")
        self.check_tables(PRODUCTS)

    def test_an_incremental_window(self):
        query = PRODUCTS.replace("query Products", "query @incremental")
        self.query("products", paged(query), "acme")
        self.walk_shop()
        self.check_tables(query)
        self.change_now(type="Product", count=3, set={"title": "new"})
        self.walk_shop()
        run = self.last_run()
        self.assertEqual(("incremental", 0, 3, 0), tuple(run[name] for name in (
            "mode", "rows_inserted", "rows_updated", "rows_deleted")))
        self.assertIn("updated_at", str(self.shop_pages("products(")[-1][
            "variables"]))
        self.check_tables(query)

    def test_slices(self):
        query = PRODUCTS.replace("query Products", "query @slice(rows: 20)")
        self.check_same_as_bulk(products=query)

    def test_soft_deletes_and_positions(self):
        query = PLAIN.replace("{", "query @deletes(mode: SOFT) {", 1).replace(
            "variants {", "variants @position {")
        self.check_same_as_bulk(products=query)
        self.change(store="acme", type="Product", count=3, delete=True)
        self.run_program("run", "--force-deletes")
        self.assertEqual([], self.difference(
            "acme", "calm", without=("_loaded_at", "_deleted_at")))
        self.assertEqual(3, self.db.value(
            "SELECT count(*) AS v FROM acme.products "
            "WHERE _deleted_at IS NOT NULL"))


class Windows(ShopCase):
    """@slice by pages."""

    QUERY = PRODUCTS.replace("query Products", "query @slice(rows: 10)")

    def start(self):
        """Start a run whose requests for pages of products wait."""
        self.query("products", paged(self.QUERY, "first: 4, concurrency: 3"),
                   "acme")
        self.shop.rule({"hold": True}, times=-1, kind="query",
                       contains="pageInfo")
        running = self.program.start("run", "--store", "acme")
        self.wait_for(lambda: self.shop.get("held") == 3
                      or not running.is_alive())
        self.assertEqual(3, self.shop.get("held"))
        return running

    def windows(self):
        """The windows of the pages that were asked for."""
        return {str(next((value for value in one["variables"].values()
                          if "created_at" in str(value)), None))
                for one in self.shop_pages("products(")}

    def check_right(self):
        self.check_tables(self.QUERY)
        self.check_no_staging()
        self.check_no_frontier()
        windows = self.windows()
        self.assertNotIn("None", windows)
        self.assertLess(5, len(windows))
        products = self.walked("acme")["products"]
        self.assertEqual((len(windows), 60), (products["instances"],
                                              products["rows"]))
        self.assertEqual(0, self.bulk_runs())

    def test_they_are_read_side_by_side(self):
        running = self.start()
        self.assertEqual(3, len(self.windows()))
        self.shop.post("rules/clear")
        self.expect(running.wait(), OK)
        self.check_right()
        self.walk_shop("--full")
        self.check_nothing_changed("acme")

    def test_a_killed_run_has_the_same_windows(self):
        for _ in range(3):
            self.start().signal(signal.SIGKILL)
            self.program.end_all()
            self.shop.post("rules/clear")
        self.walk_shop()
        self.check_right()
        self.assertEqual(3, self.last_run()["resumed"])

    def test_roots_that_are_missing(self):
        """A window that is empty fails the run."""
        self.query("products", paged(self.QUERY), "acme")
        self.walk_shop()
        before = self.snapshot()
        self.shop.rule({"edits": [
            {"path": "data.products.edges", "set": []},
            {"path": "data.products.pageInfo", "set": {
                "hasNextPage": False, "endCursor": None}}]},
            nth=3, kind="query", contains="pageInfo")
        result = self.walk_shop("--full", "--force-deletes", status=FAILED)
        self.assertIn("ROOTS_MISSING", result.stderr)
        self.check_unchanged(before)


class Spilled(ShopCase):
    """More entries wait than are kept in memory: a page of 250 products has
    one for each of these connections of each product."""

    CONNECTIONS, MOST = 42, 10000
    weight = 60

    def prepare(self):
        self.change(store="acme", type="Product", grow=190)
        self.text = "query @paged(first: 250, concurrency: 3) { products { " \
            "nodes { id title " + " ".join(
                f"v{n}: variants {{ nodes {{ id sku }} }}"
                for n in range(self.CONNECTIONS)) + " } } }"
        self.query("products", self.text, "acme")
        self.shop.rule({"hold": True}, nth=3, times=-1, kind="query",
                       contains="nodes(ids:")
        running = self.program.start("run", "--store", "acme")
        self.wait_for(lambda: self.shop.get("held") == 3
                      or not running.is_alive())
        self.assertLess(self.MOST, self.db.value(
            "SELECT count(*) AS v FROM bulkpg.frontier WHERE number > 0"))
        return running

    def check_right(self):
        self.check_paged_tables(self.text)
        self.check_no_staging()
        self.check_no_frontier()
        walked = self.walked("acme")
        self.assertEqual({250}, {walked[f"products.v{n}"]["instances"]
                                 for n in range(self.CONNECTIONS)})

    def test_they_come_back(self):
        running = self.prepare()
        self.shop.post("rules/clear")
        self.expect(running.wait(), OK)
        self.check_right()
        # Each was asked for once: those that were here, and those that were
        # not, together.
        self.assertLessEqual(len(self.shop_pages("nodes(ids:")),
                             2 * self.CONNECTIONS)

    def test_they_come_back_in_another_process(self):
        running = self.prepare()
        running.signal(signal.SIGKILL)
        running.wait()
        self.shop.post("rules/clear")
        self.walk_shop()
        self.check_right()
        self.assertEqual(1, self.last_run()["resumed"])


class BeyondBulk(ShopCase):
    def check_query(self, query):
        self.query("rows", query, "acme")
        self.walk_shop()
        self.check_paged_tables(query)
        self.walk_shop()
        self.check_nothing_changed("acme")
        self.check_paged_tables(query)
        self.check_no_staging()
        self.assertEqual([], self.requests(kind="run"))

    def test_connections_in_lists(self):
        self.check_query(REFUNDS)

    def test_many_and_deep_connections(self):
        self.check_query(DEEP)

    def test_several_roots(self):
        self.check_query(SEVERAL)

    def test_an_account(self):
        self.check_query(PAYOUTS)

    def test_one_object(self):
        (collection,) = self.ask_ids("collections(first: 1)")
        self.check_query("query @paged(first: 3) { collection(id: \"%s\") { id"
                         " title products { nodes { id title variants {"
                         " nodes { id sku } } } } } }" % collection)

    def ask_ids(self, field):
        store = self.shop.stores["acme"]
        request = urllib.request.Request(
            store["endpoint"] + "/admin/api/2026-10/graphql.json",
            json.dumps({"query": "{ %s { nodes { id } } }" % field}).encode(),
            {"Content-Type": "application/json",
             "X-Shopify-Access-Token": store["token"]})
        with urllib.request.urlopen(request) as answer:
            data = json.load(answer)["data"]
        return [row["id"] for row in next(iter(data.values()))["nodes"]]

    def test_an_object_that_does_not_exist(self):
        query = """query @paged { collection(
            id: "gid://shopify/Collection/1") { id title } }"""
        self.query("rows", query, "acme")
        self.walk_shop(status=FAILED)

    def test_the_error_of_bulk_names_the_way(self):
        for query in (REFUNDS, SEVERAL, DEEP):
            text = re.sub(r"@paged\([^)]*\) ", "", query)
            text = in_edges(text)
            self.query("rows", text, "acme")
            result = self.walk_shop(status=CONFIG)
            self.assertIn("@paged", result.stderr)


class Below(ShopCase):
    def test_few_rows_come_by_pages(self):
        query = PLAIN.replace("{", "query @paged(below: 60) {", 1)
        self.query("products", query, "acme")
        self.walk_shop()
        self.assertEqual(0, self.bulk_runs())
        self.check_tables(PLAIN)

    def test_many_rows_come_by_bulk(self):
        query = PLAIN.replace("{", "query @paged(below: 59) {", 1)
        self.query("products", query, "acme")
        self.walk_shop()
        self.assertEqual(1, self.bulk_runs())
        self.check_tables(PLAIN)
        self.assertEqual([], self.shop_pages("products("))

    def test_a_count_that_is_not_exact_is_many(self):
        """The store says only that there are at least so many."""
        self.shop.rule({"edits": [{"path": "data.n0", "set": {
            "count": 10, "precision": "AT_LEAST"}}]}, times=-1, kind="query",
            contains="productsCount(")
        for below in 5, 1000:
            query = PLAIN.replace("{", f"query @paged(below: {below}) {{", 1)
            self.query("products", query, "acme")
            before = self.bulk_runs()
            self.walk_shop()
            self.assertEqual(before + 1, self.bulk_runs())
            self.check_tables(PLAIN)
        self.assertEqual([], self.shop_pages("products("))

    def test_a_small_increment_comes_by_pages(self):
        query = PLAIN.replace(
            "{", "query @incremental @paged(below: 20) {", 1)
        self.query("products", query, "acme")
        self.walk_shop()
        self.assertEqual(1, self.bulk_runs())
        self.change_now(type="Product", count=5, set={"title": "new"})
        self.walk_shop()
        self.assertEqual(1, self.bulk_runs())
        self.assertEqual("incremental", self.last_run()["mode"])
        self.check_tables(PLAIN)


class Ids(ShopCase):
    def prepare(self, query=PRODUCTS):
        self.query("products", query, "acme")
        self.walk_shop()
        self.ids = self.db.column(
            "SELECT 'gid://shopify/Product/' || id FROM acme.products "
            "ORDER BY id")

    def run_ids(self, *ids, status=OK, job="products", store="acme"):
        self.program.file("ids", "".join(one + "\n" for one in ids))
        return self.run_program("run", "--store", store, job, "--ids", "ids",
                                status=status)

    def test_exactly_these(self):
        self.prepare()
        self.change(store="acme", type="Product", count=6,
                    set={"title": "new"})
        self.run_ids(*self.ids[:2])
        run = self.last_run()
        self.assertEqual(("ids", "loaded", 0, 2, 0), tuple(
            run[name] for name in ("mode", "status", "rows_inserted",
                                   "rows_updated", "rows_deleted")))
        self.run_ids(*self.ids[2:6])
        self.check_tables(PRODUCTS)

    def test_children_are_replaced(self):
        self.prepare()
        gone = self.db.column(
            "SELECT 'gid://shopify/ProductVariant/' || min(id) FROM "
            "acme.products_variants GROUP BY _parent_id HAVING count(*) > 1")
        self.change(store="acme", ids=gone[:3], delete=True)
        parents = self.db.column(
            "SELECT DISTINCT 'gid://shopify/Product/' || _parent_id FROM "
            "acme.products_variants WHERE id IN ("
            + ",".join(one.split("/")[-1] for one in gone[:3]) + ")")
        self.run_ids(*parents)
        self.check_tables(PRODUCTS)

    def test_those_that_are_gone_are_removed(self):
        self.prepare()
        self.change(store="acme", ids=self.ids[3:5], delete=True)
        self.run_ids(*self.ids[:5])
        self.check_tables(PRODUCTS)

    def test_new_rows_are_added(self):
        self.prepare()
        self.db.execute("DELETE FROM acme.products WHERE id IN (SELECT id "
                        "FROM acme.products ORDER BY id LIMIT 3)")
        self.run_ids(*self.ids[:3])
        self.check_tables(PRODUCTS)

    def test_standard_input(self):
        self.prepare()
        self.change(store="acme", type="Product", count=1,
                    set={"title": "new"})
        path = self.program.file("ids", self.ids[0] + "\n")
        with open(path, "rb") as file:
            self.run_program("run", "--store", "acme", "products", "--ids",
                             "-", stdin=file)
        self.check_tables(PRODUCTS)

    def test_one_null_is_not_gone(self):
        """Existence is asked for twice."""
        self.prepare()
        self.shop.rule({"edits": [{"path": "data.nodes.0", "set": None}]},
                       kind="query", contains="nodes(ids:")
        self.run_ids(*self.ids[:3])
        self.check_tables(PRODUCTS)

    def test_an_error_is_not_gone(self):
        self.prepare()
        self.shop.rule({"status": 503}, kind="query", contains="nodes(ids:")
        self.run_ids(*self.ids[:3])
        self.check_tables(PRODUCTS)

    def test_it_is_no_reference(self):
        query = PRODUCTS.replace("query Products", "query @incremental")
        self.prepare(query)
        high = "SELECT high::text AS v FROM bulkpg.watermark"
        before = self.db.value(high)
        self.run_ids(*self.ids[:3])
        self.assertEqual(before, self.db.value(high))
        self.run_program("run", "--store", "acme", "--older-than", "1h")
        runs = self.db.column("SELECT mode FROM bulkpg.run ORDER BY run_id")
        self.assertEqual(["full", "ids"], runs)

    def test_wrong_ids(self):
        self.prepare()
        for text in ("nonsense\n", "gid://shopify/Order/1\n"):
            with self.subTest(text):
                self.program.file("ids", text)
                result = self.program.run("run", "--store", "acme",
                                          "products", "--ids", "ids")
                self.assertIn(result.status, (USAGE, CONFIG), str(result))
        self.check_tables(PRODUCTS)

    def test_a_filter_of_the_root(self):
        query = PLAIN.replace("products {",
                              'products(query: "status:active") {')
        self.query("products", query, "acme")
        self.walk_shop()
        self.run_ids("gid://shopify/Product/1", status=CONFIG)

    def test_by_pages_too(self):
        self.prepare(paged(PRODUCTS))
        self.change(store="acme", type="Product", count=2,
                    set={"title": "new"})
        self.run_ids(*self.ids[:2])
        self.check_tables(PRODUCTS)


class ShopFaults(ShopCase):
    def setUp(self):
        super().setUp()
        self.query("products", paged(PRODUCTS), "acme")

    def check_again(self, action, nth=2, contains="products("):
        self.shop.rule(action, nth=nth, kind="query", contains=contains)
        self.walk_shop()
        self.check_tables(PRODUCTS)

    def test_throttled(self):
        self.shop.set(store="acme", bucket_maximum=100, bucket_restore=400)
        self.walk_shop()
        self.check_tables(PRODUCTS)
        refused = [one for one in self.shop_pages()
                   if one["cost"] and one.get("spent") is None
                   and one["status"] == 200]
        # The rate is known after the first answer.
        self.assertLess(len(refused), 4)

    def test_faults_that_pass(self):
        for action in ({"status": 502, "body": "<html>"}, {"status": 503},
                       {"close": True}, {"status": 200, "body": ""},
                       {"status": 429, "headers": {"Retry-After": "0"}},
                       {"status": 200, "body": {"data": None, "errors": [
                           {"message": "Internal error", "extensions": {
                               "code": "INTERNAL_SERVER_ERROR"}}]}}):
            with self.subTest(action):
                self.check_again(action)
        self.check_again({"status": 503}, contains="nodes(ids:")

    def test_a_token_that_is_renewed(self):
        self.program.environment["SECRET"] = self.shop.stores["acme"][
            "client_secret"]
        self.stores(credentials={"acme": "client_id = {}\n".format(
            self.shop.stores["acme"]["client_id"])
            + "client_secret = env:SECRET"})
        self.shop.rule({"status": 401, "body": {"errors": "no"}}, nth=3,
                       kind="query", contains="products(")
        self.walk_shop()
        self.check_tables(PRODUCTS)
        self.assertEqual(2, len(self.requests(kind="oauth")))

    def test_smaller_pages(self):
        self.query("products", paged(PRODUCTS, "first: 50"), "acme")
        self.shop.set(store="acme", rows_limit=20)
        self.walk_shop()
        self.check_tables(PRODUCTS)

    def test_a_query_that_costs_too_much(self):
        query = DEEP.replace("first: 6", "first: 250")
        self.query("products", query, "acme")
        self.walk_shop()
        self.check_paged_tables(query)

    def test_a_denied_field(self):
        self.shop.set(store="acme", twists=[{
            "type": "Product", "field": "featuredMedia", "fail": {
                "message": "access denied", "code": "ACCESS_DENIED"}}])
        self.query("products", paged(PLAIN.replace(
            "title", "title featuredMedia { id }")), "acme")
        result = self.walk_shop()
        self.assertIn("featuredMedia", result.stderr)
        self.assertEqual([None], self.db.column(
            "SELECT DISTINCT featured_media_id FROM acme.products"))

    def test_a_bad_row(self):
        self.walk_shop()
        bad = self.db.value("SELECT 'gid://shopify/Product/' || id AS v FROM "
                            "acme.products ORDER BY id OFFSET 9 LIMIT 1")
        before = self.snapshot()
        self.shop.set(store="acme", twists=[{
            "type": "Product", "field": "title", "ids": [bad], "fail": {
                "message": "this row is broken", "code": "X"}}])
        self.walk_shop(status=PARTIAL)
        (reject,) = self.rejects("acme")
        self.assertIn(bad, str(reject))
        self.check_unchanged(before)

    def test_a_child_that_lies(self):
        self.walk_shop()
        before = self.snapshot()
        self.shop.set(store="acme", twists=[{
            "type": "Product", "field": "variants", "cursor": "null"}])
        result = self.walk_shop(status=FAILED)
        self.assertIn("products.variants", result.stderr)
        self.check_unchanged(before)

    def test_a_row_that_goes_while_its_children_are_read(self):
        self.walk_shop()
        gone = self.db.value("SELECT 'gid://shopify/Product/' || id AS v FROM "
                             "acme.products ORDER BY id OFFSET 9 LIMIT 1")
        self.shop.rule({"change": {"ids": [gone], "delete": True}}, nth=2,
                       kind="query", contains="nodes(ids:")
        self.walk_shop()
        self.change(store="acme", ids=[gone], delete=True)
        self.walk_shop()
        self.check_tables(PRODUCTS)


if __name__ == "__main__":
    unittest.main()
