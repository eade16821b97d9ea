"""The webhooks of the fake store. No test here needs the program."""
import base64
import hashlib
import hmac
import json
import unittest

from harness.case import World
from harness.listener import Listener
from harness.staged import Client
from harness.store import FAST

CREATE = """mutation($topic: WebhookSubscriptionTopic!,
    $hook: WebhookSubscriptionInput!) {
  webhookSubscriptionCreate(topic: $topic, webhookSubscription: $hook) {
    webhookSubscription { id topic uri format includeFields
      apiVersion { handle } endpoint { ... on WebhookHttpEndpoint {
        callbackUrl } } }
    userErrors { field message } } }"""
UPDATE = """mutation($id: ID!, $hook: WebhookSubscriptionInput!) {
  webhookSubscriptionUpdate(id: $id, webhookSubscription: $hook) {
    webhookSubscription { id uri } userErrors { field message } } }"""
DELETE = """mutation($id: ID!) { webhookSubscriptionDelete(id: $id) {
    deletedWebhookSubscriptionId userErrors { field message } } }"""
LIST = """{ webhookSubscriptions(first: 50) { nodes { id topic uri } } }"""
PRODUCT = """mutation($product: ProductUpdateInput!) {
  productUpdate(product: $product) { product { id title }
    userErrors { field message } } }"""
ADJUST = """mutation($input: InventoryAdjustQuantitiesInput!) {
  inventoryAdjustQuantities(input: $input) @idempotent(key: "k1") {
    userErrors { field message code } } }"""
URL = "https://hooks.example/acme"


class WebhookTest(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.shop = World.shop()
        self.shop.post("reset")
        self.addCleanup(self.shop.post, "reset")
        self.shop.set(**FAST, webhook_retry_ms=5)
        self.client = Client(self.shop)
        self.listener = Listener()
        self.addCleanup(self.listener.stop)
        self.shop.set(webhook_routes={"https://hooks.example":
                                      self.listener.url})

    def ask(self, query, **variables):
        answer = self.client.ask(query, variables)
        self.assertNotIn("errors", answer)
        (value,) = answer["data"].values()
        return value

    def subscribe(self, topic, uri=URL, **more):
        return self.ask(CREATE, topic=topic, hook={"uri": uri, **more})

    def refusal(self, topic, uri=URL, **more):
        answer = self.subscribe(topic, uri, **more)
        self.assertIsNone(answer["webhookSubscription"])
        (error,) = answer["userErrors"]
        return error["message"]

    def change(self, **what):
        return self.shop.post("change", {"store": "acme", **what})["ids"]

    def deliveries(self, **match):
        query = "".join(f"&{name}={value}" for name, value in match.items())
        return self.shop.get("webhooks?store=acme" + query)

    def settled(self, count):
        """Wait until so many deliveries have ended; returns all."""
        return self.listener.wait_for(
            lambda: len([one for one in self.deliveries()
                         if one["state"] != "waiting"]) >= count
            and self.deliveries())


class Subscriptions(WebhookTest):
    def test_a_subscription_is_made_changed_and_deleted(self):
        answer = self.subscribe("PRODUCTS_UPDATE",
                                includeFields=["id", "updated_at"])
        made = answer["webhookSubscription"]
        self.assertEqual([], answer["userErrors"])
        self.assertEqual(
            ("PRODUCTS_UPDATE", URL, "JSON", ["id", "updated_at"], URL),
            (made["topic"], made["uri"], made["format"],
             made["includeFields"], made["endpoint"]["callbackUrl"]))
        self.ask(UPDATE, id=made["id"], hook={"uri": URL + "/2"})
        self.assertEqual([{"id": made["id"], "topic": "PRODUCTS_UPDATE",
                           "uri": URL + "/2"}], self.ask(LIST)["nodes"])
        self.assertEqual(made["id"], self.ask(DELETE, id=made["id"])[
            "deletedWebhookSubscriptionId"])
        self.assertEqual([], self.ask(LIST)["nodes"])
        (error,) = self.ask(DELETE, id=made["id"])["userErrors"]
        self.assertIn("does not exist", error["message"])

    def test_an_app_sees_only_its_own(self):
        self.subscribe("PRODUCTS_UPDATE")
        token = self.shop.post("token", {"store": "acme", "app": "other"})
        other = self.shop.ask(LIST, token=token["token"])
        self.assertEqual(
            [], other["data"]["webhookSubscriptions"]["nodes"])

    def test_what_is_refused(self):
        self.subscribe("PRODUCTS_UPDATE")
        self.assertIn("already been taken", self.refusal("PRODUCTS_UPDATE"))
        self.assertIn("http:// is not supported",
                      self.refusal("ORDERS_CREATE", "http://hooks.example"))
        self.assertIn("blank", self.refusal("ORDERS_CREATE", None))
        self.shop.set(scopes=["read_products"])
        self.assertIn("specified topic", self.refusal("ORDERS_CREATE"))
        self.shop.set(scopes=["read_orders"], webhook_protected=True)
        self.assertIn("protected customer data",
                      self.refusal("ORDERS_CREATE"))


class Events(WebhookTest):
    def topics(self):
        """The topics of the deliveries so far, with the ids in their bodies,
        after as many deliveries as have been made."""
        self.listener.wait_for(lambda: not self.deliveries(state="waiting"))
        return sorted((one.topic, one.body.get("id"))
                      for one in self.listener.received)

    def number(self, gid):
        return int(gid.split("/")[-1])

    def test_a_delivery_is_signed(self):
        self.subscribe("PRODUCTS_UPDATE")
        (gid,) = self.change(type="Product", count=1, set={"title": "New"})
        one = self.listener.wait(1)[0]
        digest = hmac.new(b"shpss_fake_acme", one.raw, hashlib.sha256)
        self.assertEqual(base64.b64encode(digest.digest()).decode(),
                         one.headers["X-Shopify-Hmac-Sha256"])
        self.assertEqual(
            ("products/update", "acme.myshopify.com", "/acme"),
            (one.topic, one.headers["X-Shopify-Shop-Domain"], one.path))
        self.assertEqual((self.number(gid), gid, "New"), (
            one.body["id"], one.body["admin_graphql_api_id"],
            one.body["title"]))
        self.assertRegex(one.headers["X-Shopify-Triggered-At"],
                         r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$")
        for name in "Event-Id", "Webhook-Id":
            self.assertRegex(one.headers["X-Shopify-" + name], r"^[\da-f-]{36}")

    def test_two_subscriptions_share_the_event(self):
        self.subscribe("PRODUCTS_UPDATE")
        self.subscribe("PRODUCTS_UPDATE", URL + "/2",
                       includeFields=["id", "updated_at"])
        self.change(type="Product", count=1, set={"title": "New"})
        first, second = self.listener.wait(2)
        self.assertEqual(first.headers["X-Shopify-Event-Id"],
                         second.headers["X-Shopify-Event-Id"])
        self.assertNotEqual(first.headers["X-Shopify-Webhook-Id"],
                            second.headers["X-Shopify-Webhook-Id"])
        self.assertIn(["id", "updated_at"],
                      [sorted(first.body), sorted(second.body)])

    def test_mutations_and_deletions_are_events(self):
        for topic in ("PRODUCTS_UPDATE", "PRODUCTS_DELETE", "ORDERS_CREATE",
                      "ORDERS_UPDATED", "ORDERS_DELETE",
                      "INVENTORY_ITEMS_DELETE"):
            self.subscribe(topic)
        found = self.client.ask("""{ products(first: 60) { nodes { id
            variants(first: 99) { nodes { inventoryItem { id } } } } } }""")
        first, *_, last = found["data"]["products"]["nodes"]
        self.ask(PRODUCT, product={"id": first["id"], "title": "Mutated"})
        (order,) = self.change(type="Order", grow=1)
        self.assertEqual([("orders/create", self.number(order)),
                          ("products/update", self.number(first["id"]))],
                         self.topics())
        self.listener.received.clear()
        self.change(ids=[order], set={"note": "x"})
        self.topics()
        self.change(ids=[order, last["id"]], delete=True)
        items = [("inventory_items/delete",
                  self.number(one["inventoryItem"]["id"]))
                 for one in last["variants"]["nodes"]]
        self.assertEqual(sorted(items + [
            ("orders/delete", self.number(order)),
            ("orders/updated", self.number(order)),
            ("products/delete", self.number(last["id"]))]), self.topics())

    def test_stock_is_an_event_of_level_and_product(self):
        self.subscribe("INVENTORY_LEVELS_UPDATE")
        self.subscribe("PRODUCTS_UPDATE")
        found = self.client.ask("""{ inventoryItems(first: 1) { nodes { id
            variant { product { id } } inventoryLevels(first: 1) { nodes {
              location { id } } } } } }""")
        (item,) = found["data"]["inventoryItems"]["nodes"]
        (level,) = item["inventoryLevels"]["nodes"]
        self.assertEqual([], self.ask(ADJUST, input={
            "name": "available", "reason": "correction", "changes": [{
                "inventoryItemId": item["id"], "delta": 1,
                "locationId": level["location"]["id"],
                "changeFromQuantity": None}]})["userErrors"])
        by_topic = {one.topic: one.body for one in self.listener.wait(2)}
        self.assertEqual(
            (self.number(item["id"]), self.number(level["location"]["id"])),
            (by_topic["inventory_levels/update"]["inventory_item_id"],
             by_topic["inventory_levels/update"]["location_id"]))
        self.assertEqual(item["variant"]["product"]["id"],
                         by_topic["products/update"]["admin_graphql_api_id"])

    def test_an_operation_that_ends_is_an_event(self):
        self.subscribe("BULK_OPERATIONS_FINISH")
        query = "{ products { edges { node { id } } } }"
        self.client.ask("""mutation($query: String!) {
            bulkOperationRunQuery(query: $query) {
              bulkOperation { id } userErrors { message } } }""",
                        {"query": query})
        (one,) = self.listener.wait(1)
        (operation,) = self.shop.operations()
        self.assertEqual(
            {"admin_graphql_api_id", "completed_at", "created_at",
             "error_code", "status", "type"}, set(one.body))
        self.assertEqual((operation["id"], "completed", "query", None), (
            one.body["admin_graphql_api_id"], one.body["status"],
            one.body["type"], one.body["error_code"]))
        self.assertRegex(one.body["completed_at"], "-05:00$")

    def test_a_refund_names_its_order(self):
        self.subscribe("REFUNDS_CREATE")
        self.shop.post("live", {"store": "acme", "rate": 100, "seconds": 0.02,
                                "kinds": ["refund"]})
        self.listener.wait(2)
        orders = self.client.ask("""{ orders(first: 200) { nodes { id
            refunds { id } } } }""")["data"]["orders"]["nodes"]
        for one in self.listener.received:
            (order,) = [order for order in orders if self.number(
                order["id"]) == one.body["order_id"]]
            self.assertIn(one.body["admin_graphql_api_id"],
                          [refund["id"] for refund in order["refunds"]])


class Faults(WebhookTest):
    def grow(self, count):
        self.change(type="Order", grow=count)

    def test_lost_twice_out_of_order_and_again(self):
        self.shop.set(webhook_loss=0.3, webhook_duplicates=0.3,
                      webhook_replays=0.2, webhook_replay_ms=20,
                      webhook_disorder_ms=50)
        self.subscribe("ORDERS_CREATE")
        self.grow(60)
        all_ = self.settled(60)
        lost = [one for one in all_ if one["state"] == "lost"]
        copies = sum(one["copies"] for one in all_)
        self.assertTrue(5 < len(lost) < 40 and copies > 10, (lost, copies))
        received = self.listener.wait(60 - len(lost) + sum(
            one["copies"] for one in all_))
        ids = [one.headers["X-Shopify-Event-Id"] for one in received]
        self.assertEqual({one["event_id"] for one in all_
                          if one["state"] == "delivered"}, set(ids))
        self.assertNotEqual([one["event_id"] for one in all_
                             if one["event_id"] in ids],
                            list(dict.fromkeys(ids)))

    def test_a_wrong_signature_comes_first(self):
        self.shop.set(webhook_bad_signatures=1)
        self.listener.answer = lambda one: 200 if one.is_signed(
            "shpss_fake_acme") else 401
        self.subscribe("ORDERS_CREATE")
        self.grow(3)
        for one in self.settled(3):
            self.assertEqual([401, 200], [t["status"] for t in one["tries"]])

    def test_failures_delete_the_subscription(self):
        self.listener.answer = lambda one: 503
        self.subscribe("ORDERS_CREATE")
        self.subscribe("ORDERS_UPDATED")
        self.grow(1)
        (one,) = self.settled(1)
        self.assertEqual(("failed", [503] * 8), (
            one["state"], [t["status"] for t in one["tries"]]))
        self.assertEqual(["ORDERS_UPDATED"], [
            one["topic"] for one in self.ask(LIST)["nodes"]])

    def test_a_rule_decides_about_one_delivery(self):
        self.shop.rule({"unanswered": True}, kind="webhook",
                       path="orders/create")
        self.subscribe("ORDERS_CREATE")
        self.grow(1)
        first, second = self.listener.wait(2)
        self.assertEqual(first.headers["X-Shopify-Webhook-Id"],
                         second.headers["X-Shopify-Webhook-Id"])

    def test_nothing_is_sent_without_a_route(self):
        self.shop.set(webhook_routes={})
        self.subscribe("ORDERS_CREATE")
        self.grow(1)
        self.assertEqual("failed", self.settled(1)[0]["state"])
        self.assertEqual([], self.listener.received)

    def test_an_event_of_the_control_interface(self):
        self.subscribe("PRODUCTS_UPDATE")
        self.shop.post("webhook", {"store": "acme", "times": 2, "topic":
                                   "products/update", "id":
                                   "gid://shopify/Product/77"})
        self.assertEqual([77, 77], [one.body["id"]
                                    for one in self.listener.wait(2)])

    def test_a_live_store_makes_the_same_changes_again(self):
        seen = []
        for _ in range(2):
            self.shop.post("reset")
            self.shop.post("live", {"store": "acme", "rate": 1000,
                                    "seconds": 0.3, "seed": 7})
            state = self.listener.wait_for(lambda: not self.shop.get(
                "live?store=acme")["running"] and self.shop.get(
                    "live?store=acme"))
            self.assertEqual(300, state["changes"])
            self.assertEqual({"order", "edit", "stock", "refund", "title",
                              "delete"}, set(state["made"]))
            changes = json.dumps(self.shop.get("changes?store=acme"))
            seen.append((state["made"], len(changes)))
        self.assertEqual(seen[0], seen[1])
