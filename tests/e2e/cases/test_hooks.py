"""bulkpg hooks: subscriptions are made, changed, listed and removed; and a
signed sample for the listener."""
import signal

from cases.queries import ORDERS, PRODUCTS
from harness.case import CONFIG, DENIED, FAILED, OK, USAGE, Case
from harness.listener import Listener

URL = "https://hooks.example/bulkpg"
CREATE = """mutation($topic: WebhookSubscriptionTopic!,
    $hook: WebhookSubscriptionInput!) {
  webhookSubscriptionCreate(topic: $topic, webhookSubscription: $hook) {
    webhookSubscription { id } userErrors { message } } }"""
UPDATE = """mutation($id: ID!, $hook: WebhookSubscriptionInput!) {
  webhookSubscriptionUpdate(id: $id, webhookSubscription: $hook) {
    webhookSubscription { id } userErrors { message } } }"""

FINISH = "bulk_operations/finish"
OF_PRODUCTS = [FINISH, "products/create", "products/delete", "products/update"]
OF_ORDERS = ["fulfillments/create", "fulfillments/update",
             "order_transactions/create", "orders/create", "orders/delete",
             "orders/updated", "refunds/create"]


class HooksCase(Case):
    def setUp(self):
        super().setUp()
        self.configure()
        self.query("products", PRODUCTS)

    def hooks(self, *arguments, status=OK):
        """Run bulkpg hooks; returns the rows: (store, state, topic, url)."""
        result = self.run_program("hooks", *arguments, status=status)
        self.stderr = result.stderr
        return [tuple((line.split() + [""])[:4])
                for line in result.stdout.splitlines()]

    def states(self, rows):
        """The topics by state."""
        out = {}
        for _, state, topic, _ in rows:
            out.setdefault(state, []).append(topic)
        return {state: sorted(topics) for state, topics in out.items()}

    def subscriptions(self, store="acme"):
        return sorted((one["topic"], one["uri"]) for one in
                      self.shop.get(f"subscriptions?store={store}"))

    def recorded(self, store="acme"):
        return self.db.column(f"SELECT topic FROM bulkpg.hook WHERE store = "
                              f"'{store}' ORDER BY topic")

    def mutations(self):
        return [one for one in self.requests(kind="mutation")
                if "webhookSubscription" in one["query"]]

    def foreign(self, topic, uri=URL):
        answer = self.shop.ask(CREATE, {"topic": topic, "hook": {"uri": uri}})
        return answer["data"]["webhookSubscriptionCreate"][
            "webhookSubscription"]["id"]


class Subscribe(HooksCase):
    def test_what_the_queries_need_is_made_once(self):
        self.assertEqual({"needed": OF_PRODUCTS}, self.states(self.hooks()))
        rows = self.hooks("subscribe", URL)
        self.assertEqual({"made": OF_PRODUCTS}, self.states(rows))
        self.assertEqual({("acme", URL)},
                         {(store, url) for store, _, _, url in rows})
        self.assertEqual(OF_PRODUCTS, self.recorded())
        self.assertEqual(
            [(topic.upper().replace("/", "_"), URL) for topic in OF_PRODUCTS],
            self.subscriptions())
        before = len(self.mutations())
        self.assertEqual({"kept": OF_PRODUCTS},
                         self.states(self.hooks("subscribe", URL)))
        self.assertEqual(before, len(self.mutations()))
        self.assertEqual({"subscribed": OF_PRODUCTS},
                         self.states(self.hooks("list")))

    def test_only_ids_and_times_are_sent(self):
        self.hooks("subscribe", URL)
        fields = {one["topic"]: one["includeFields"] for one in
                  self.shop.get("subscriptions?store=acme")}
        self.assertEqual(["id", "admin_graphql_api_id", "updated_at"],
                         fields["PRODUCTS_UPDATE"])
        self.assertEqual([], fields["BULK_OPERATIONS_FINISH"])

    def test_queries_come_and_go(self):
        self.hooks("subscribe", URL)
        self.query("orders", ORDERS)
        self.assertEqual({"needed": OF_ORDERS, "subscribed": OF_PRODUCTS},
                         self.states(self.hooks()))
        self.assertEqual({"made": OF_ORDERS, "kept": OF_PRODUCTS},
                         self.states(self.hooks("subscribe", URL)))
        self.program.remove_file("queries/products.graphql")
        of_products = OF_PRODUCTS[1:]
        self.assertEqual(
            {"subscribed": sorted(OF_ORDERS + [FINISH]),
             "unneeded": of_products}, self.states(self.hooks()))
        self.assertEqual({"kept": sorted(OF_ORDERS + [FINISH]),
                          "removed": of_products},
                         self.states(self.hooks("subscribe", URL)))
        self.assertEqual(sorted(OF_ORDERS + [FINISH]), self.recorded())

    def test_a_query_that_cannot_be_read_removes_nothing(self):
        self.hooks("subscribe", URL)
        self.query("products", "{ products {")
        rows = self.hooks("subscribe", URL, status=CONFIG)
        self.assertEqual({"kept": [FINISH]}, self.states(rows))
        self.assertEqual(OF_PRODUCTS, self.recorded())

    def test_another_address_moves_the_subscriptions(self):
        self.hooks("subscribe", URL)
        before = self.db.column("SELECT subscription_id FROM bulkpg.hook "
                                "ORDER BY topic")
        self.assertEqual({"changed": OF_PRODUCTS},
                         self.states(self.hooks("subscribe", URL + "/2")))
        self.assertEqual(before, self.db.column(
            "SELECT subscription_id FROM bulkpg.hook ORDER BY topic"))
        self.assertEqual({URL + "/2"},
                         {uri for _, uri in self.subscriptions()})
        self.assertEqual([URL + "/2"], self.db.column(
            "SELECT DISTINCT url FROM bulkpg.hook"))

    def test_two_that_lead_to_one_address_become_one(self):
        self.hooks("subscribe", URL)
        self.foreign("PRODUCTS_UPDATE", URL + "/2")
        self.hooks("subscribe", URL + "/2")
        self.assertEqual(4, len(self.subscriptions()))
        self.assertEqual({"subscribed": OF_PRODUCTS},
                         self.states(self.hooks()))

    def test_others_are_left_alone(self):
        foreign = self.foreign("PRODUCTS_UPDATE", "https://other.example")
        self.foreign("APP_UNINSTALLED")
        self.hooks("subscribe", URL)
        self.assertEqual({"subscribed": OF_PRODUCTS, "other": [
            "APP_UNINSTALLED", "PRODUCTS_UPDATE"]}, self.states(self.hooks()))
        self.assertEqual({"removed": OF_PRODUCTS},
                         self.states(self.hooks("remove")))
        self.assertEqual([("APP_UNINSTALLED", URL),
                          ("PRODUCTS_UPDATE", "https://other.example")],
                         self.subscriptions())
        self.assertIn(foreign, [one["id"] for one in self.shop.get(
            "subscriptions?store=acme")])
        self.assertEqual([], self.recorded())
        self.assertEqual([], self.hooks("remove"))

    def test_what_was_deleted_or_changed_is_mended(self):
        self.hooks("subscribe", URL)
        ids = {one["topic"]: one["id"] for one in
               self.shop.get("subscriptions?store=acme")}
        self.shop.post("subscriptions/drop", {
            "store": "acme", "id": ids["PRODUCTS_DELETE"]})
        self.shop.ask(UPDATE, {"id": ids["PRODUCTS_UPDATE"], "hook": {
            "uri": URL, "filter": "id:>7", "includeFields": []}})
        self.assertEqual(
            {"subscribed": [FINISH, "products/create", "products/update"],
             "missing": ["products/delete"]}, self.states(self.hooks()))
        self.assertEqual(
            {"kept": [FINISH, "products/create"],
             "made": ["products/delete"], "changed": ["products/update"]},
            self.states(self.hooks("subscribe", URL)))
        self.assertEqual({"kept": OF_PRODUCTS},
                         self.states(self.hooks("subscribe", URL)))

    def test_an_answer_that_is_lost(self):
        """The store has it; bulkpg asks again, and finds that it is taken."""
        self.shop.rule({"close": True, "after": True}, kind="mutation",
                       contains="PRODUCTS_CREATE")
        self.hooks("subscribe", URL)
        self.assertEqual(OF_PRODUCTS, self.recorded())
        self.assertEqual(4, len(self.subscriptions()))

    def test_rows_that_are_lost_are_written_again(self):
        self.hooks("subscribe", URL)
        self.db.execute("DELETE FROM bulkpg.hook")
        self.assertEqual({"kept": OF_PRODUCTS},
                         self.states(self.hooks("subscribe", URL)))
        self.assertEqual(OF_PRODUCTS, self.recorded())

    def test_every_store_gets_its_own(self):
        self.configure("acme", "beta")
        self.query("orders", ORDERS, store="beta")
        self.hooks("subscribe", URL, "--store", "beta")
        self.assertEqual(([], sorted(OF_PRODUCTS + OF_ORDERS)), (
            self.recorded(), self.recorded("beta")))
        rows = self.hooks("subscribe", URL)
        self.assertEqual(["acme"] * 4 + ["beta"] * 11,
                         [row[0] for row in rows])
        self.hooks("remove", "--store", "acme")
        self.assertEqual((0, 11), (len(self.subscriptions()),
                                   len(self.subscriptions("beta"))))


class Refusals(HooksCase):
    def test_a_missing_scope_is_named(self):
        self.query("orders", ORDERS)
        self.shop.set(scopes=["read_products", "read_fulfillments"])
        rows = self.hooks("subscribe", URL, status=DENIED)
        self.assertIn("TOPIC_DENIED", self.stderr)
        self.assertIn("scope read_orders", self.stderr)
        self.assertEqual(sorted(OF_PRODUCTS + OF_ORDERS[:2]),
                         self.states(rows)["made"])

    def test_customers_data_need_an_approval(self):
        self.query("orders", ORDERS)
        self.shop.set(webhook_protected=True)
        rows = self.hooks("subscribe", URL, status=DENIED)
        self.assertIn("protected customer data", self.stderr)
        self.assertEqual({"made": OF_PRODUCTS}, self.states(rows))

    def test_the_store_refuses_the_address(self):
        self.shop.rule({"body": {"data": {"webhookSubscriptionCreate": {
            "webhookSubscription": None, "userErrors": [{
                "field": None, "message": "Address is not allowed"}]}}}},
                       kind="mutation", times=-1)
        self.assertEqual([], self.hooks("subscribe", URL, status=FAILED))
        self.assertIn("TOPIC_REFUSED", self.stderr)
        self.assertIn("Address is not allowed", self.stderr)

    def test_a_store_that_fails_is_left_out(self):
        self.configure("acme", "beta")
        self.shop.post("token", {"store": "beta", "expire": True,
                                 "all": True})
        rows = self.hooks("subscribe", URL, status=DENIED)
        self.assertEqual({"acme"}, {row[0] for row in rows})

    def test_misuse(self):
        for arguments in (["subscribe"], ["test"], ["every"], ["list", "x"],
                          ["remove", "x"], ["list", "--id", "7"],
                          ["test", "products/update", "--id", "0"],
                          ["test", "products/update", "--port", "70000"],
                          ["subscribe", "http://hooks.example"],
                          ["subscribe", "https://"]):
            self.hooks(*arguments, status=USAGE)
        self.assertEqual([], self.requests())

    def test_a_database_without_a_journal(self):
        self.assertEqual([], self.hooks("remove"))
        self.assertIn("no runs yet", self.stderr)


class Test(HooksCase):
    def setUp(self):
        super().setUp()
        self.listener = Listener()
        self.addCleanup(self.listener.stop)
        self.port = self.listener.url.rsplit(":", 1)[1]
        self.secret("client_id = app\nclient_secret = env:SECRET")

    def secret(self, credentials, *names):
        self.program.environment["SECRET"] = "shpss_fake_acme"
        names = names or ("acme",)
        self.configure(*names, credentials={name: credentials
                                            for name in names})

    def send(self, topic="products/update", *options, status=OK):
        return self.run_program("hooks", "test", topic, "--port", self.port,
                                *options, status=status)

    def test_a_sample_is_signed(self):
        result = self.send("products/update", "--id", "42")
        (one,) = self.listener.received
        self.assertTrue(one.is_signed("shpss_fake_acme"))
        self.assertEqual(("/", "products/update", "acme.myshopify.com", 42), (
            one.path, one.topic, one.headers["X-Shopify-Shop-Domain"],
            one.body["id"]))
        self.assertIn("took products/update of object 42 of store acme",
                      result.stdout)
        self.assertIn("updated_at", one.body)
        self.assertEqual([], self.requests())

    def test_each_topic_has_its_id_where_the_store_has_it(self):
        for topic, body in (
                ("refunds/create", {"order_id": 7}),
                ("inventory_levels/update", {"inventory_item_id": 7}),
                ("orders/edited", {"order_edit": {"order_id": 7}}),
                ("bulk_operations/finish", {
                    "admin_graphql_api_id":
                    "gid://shopify/BulkOperation/7"})):
            self.send(topic, "--id", "7")
            one = self.listener.received[-1]
            del one.body["updated_at"]
            self.assertEqual((topic, body), (one.topic, one.body))

    def test_what_an_answer_means(self):
        for answer, words in ((401, "same bulkpg.ini"), (503, "database"),
                              (400, "another version"),
                              (404, "another program")):
            self.listener.answer = lambda _, answer=answer: answer
            result = self.send(status=FAILED)
            self.assertIn("LISTENER_REFUSED", result.stderr)
            self.assertIn(words, result.stderr)

    def test_nobody_listens(self):
        self.listener.stop()
        self.assertIn("NO_LISTENER", self.send(status=FAILED).stderr)

    def test_a_topic_that_no_job_needs(self):
        result = self.send("app/uninstalled", status=USAGE)
        self.assertIn("UNKNOWN_TOPIC", result.stderr)

    def test_the_secret_beside_a_token(self):
        token = "token = env:TOKEN_ACME\n"
        self.secret(token)
        self.assertIn("NO_WEBHOOK_SECRET", self.send(status=CONFIG).stderr)
        self.secret(token + "webhook_secret = env:SECRET")
        self.send()
        self.assertTrue(self.listener.received[0].is_signed(
            "shpss_fake_acme"))

    def test_one_store_must_be_named(self):
        self.secret("client_id = app\nclient_secret = env:SECRET",
                    "acme", "beta")
        self.assertIn("SEVERAL_STORES", self.send(status=USAGE).stderr)
        self.send("products/update", "--store", "beta")
        self.assertEqual("beta.myshopify.com", self.listener.received[0]
                         .headers["X-Shopify-Shop-Domain"])


class Restored(HooksCase):
    """What listen finds at its start."""

    def setUp(self):
        super().setUp()
        self.program.environment["SECRET"] = "shpss_fake_acme"
        self.configure(more={"acme": "webhook_secret = env:SECRET"})

    def listen(self, until):
        """Run the listener until something has happened; returns its log."""
        running = self.program.start("listen", "--port", "0")
        self.wait_for(lambda: until(running) or not running.is_alive())
        self.assertTrue(running.is_alive(), running.result)
        running.signal(signal.SIGTERM)
        result = running.wait()
        self.expect(result, OK)
        return result.stderr

    def test_what_was_deleted_is_made_again(self):
        self.hooks("subscribe", URL)
        before = self.subscriptions()
        self.shop.post("subscriptions/drop", {"store": "acme"})
        log = self.listen(lambda _: self.recorded() and all(
            one["id"] in self.db.column(
                "SELECT subscription_id FROM bulkpg.hook")
            for one in self.shop.get("subscriptions?store=acme"))
            and len(self.subscriptions()) == 4)
        self.assertEqual(before, self.subscriptions())
        self.assertEqual(4, log.count("HOOK_RESTORED"))
        self.assertEqual({"subscribed": OF_PRODUCTS},
                         self.states(self.hooks()))

    def test_what_was_changed_is_changed_back(self):
        self.hooks("subscribe", URL)
        before = self.subscriptions()
        (one,) = [one for one in self.shop.get("subscriptions?store=acme")
                  if one["topic"] == "PRODUCTS_UPDATE"]
        self.shop.ask(UPDATE, {"id": one["id"], "hook": {
            "uri": "https://elsewhere.example"}})
        log = self.listen(lambda running: running.has_said("HOOK_RESTORED"))
        self.assertEqual(before, self.subscriptions())
        self.assertEqual(1, log.count("HOOK_RESTORED"))

    def test_a_topic_that_is_refused_now_does_not_stop_the_others(self):
        self.query("orders", ORDERS)
        self.hooks("subscribe", URL)
        self.shop.post("subscriptions/drop", {"store": "acme"})
        self.shop.set(scopes=["read_products"])
        log = self.listen(lambda running: running.has_said("refunds/create"))
        self.assertEqual(7, log.count("TOPIC_DENIED"))
        self.assertEqual(4, len(self.subscriptions()))

    def test_a_store_that_does_not_answer_delays_no_other(self):
        stores = "acme", "beta"
        self.configure(*stores, more={name: "webhook_secret = env:SECRET"
                                      for name in stores})
        self.hooks("subscribe", URL)
        self.shop.post("subscriptions/drop", {"store": "beta"})
        self.shop.rule({"hold": True}, times=-1, store="acme")

        def restored(running):
            if not running.has_said("HOOK_RESTORED"):
                return False
            self.shop.post("rules/clear")
            return True
        log = self.listen(restored)
        self.assertRegex(log, "(?m)HOOK_RESTORED.*store=beta|"
                         "store=beta.*HOOK_RESTORED")

    def test_a_store_that_was_given_up_is_asked_again(self):
        ahead = self.ahead()
        self.configure(more={"acme": "webhook_secret = env:SECRET"},
                       tuning="retry_budget = 0")
        self.hooks("subscribe", URL)
        before = self.subscriptions()
        self.shop.post("subscriptions/drop", {"store": "acme"})
        self.shop.rule({"status": 503}, times=-1)
        running = self.program.start("listen", "--port", "0",
                                     environment=ahead.environment)
        self.wait_for(lambda: running.has_said("cannot compare webhook"))
        self.shop.post("rules/clear")
        self.pass_time(ahead, lambda: self.subscriptions() == before
                       or not running.is_alive(), step=301)
        running.signal(signal.SIGTERM)
        self.expect(running.wait(), OK)
        self.assertEqual(before, self.subscriptions())

    def test_they_are_compared_every_hour(self):
        ahead = self.ahead()
        self.hooks("subscribe", URL)
        before = self.subscriptions()
        asked = self.comparisons()
        running = self.program.start("listen", "--port", "0",
                                     environment=ahead.environment)
        for number in (1, 2):
            self.wait_for(lambda: self.comparisons() == asked + number
                          or not running.is_alive())
            self.shop.post("subscriptions/drop", {"store": "acme"})
            self.pass_time(ahead, lambda: self.subscriptions() == before
                           or not running.is_alive())
        running.signal(signal.SIGTERM)
        result = running.wait()
        self.expect(result, OK)
        self.assertEqual(before, self.subscriptions())
        self.assertEqual(8, result.stderr.count("HOOK_RESTORED"))

    def comparisons(self):
        """How often the store was asked for its subscriptions."""
        return sum("webhookSubscriptions" in one["query"]
                   for one in self.requests(kind="query"))

    def test_a_store_without_subscriptions_is_not_asked(self):
        self.run_program("run")
        before = len(self.requests())
        self.listen(lambda running: running.has_said("listening"))
        self.assertEqual(before, len(self.requests()))
