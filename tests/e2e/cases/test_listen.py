"""Webhooks become events and pending objects, once each, before they are
answered; everything that is not a webhook of a store is refused."""
import contextlib
import json
import signal
import subprocess

from cases.queries import ORDERS, PRODUCTS
from harness.case import AGAIN, CONFIG, FAILED, OK, USAGE
from harness.cluster import Held
from harness.listen_case import SECRET, ListenCase, sign

INVENTORY = """query { ...Items }
fragment Items on QueryRoot {
  inventoryItems { edges { node { id sku } } } }"""
TWO_ROOTS = """query @paged {
  products { edges { node { id } } }
  ... { orders { edges { node { id } } } } }"""
GID = "gid://shopify/BulkOperation/77"


class Events(ListenCase):
    def setUp(self):
        super().setUp()
        self.configure_hooks()
        self.query("products", PRODUCTS)
        self.query("orders", ORDERS)

    def test_a_webhook_is_recorded_for_the_jobs_of_its_type(self):
        self.query("stock", INVENTORY)
        self.query("both", TWO_ROOTS)
        self.listen()
        for number, (topic, body) in enumerate((
                ("products/update", {"id": 1}),
                ("products/delete", {"id": 2}),
                ("orders/updated", {"id": 3, "order_id": 99}),
                ("refunds/create", {"id": 98, "order_id": 4}),
                ("orders/edited", {"order_edit": {"id": 5, "order_id": 6}}),
                ("inventory_levels/update", {"inventory_item_id": 7}),
                ("customers/update", {"id": 8}),
                ("companies/update",
                 {"admin_graphql_api_id": "gid://shopify/Company/9"}),
                ("shop/update", {"id": 10}))):
            self.assertEqual(200, self.send(body, topic=topic,
                                            event=f"e{number}"))
        self.assertEqual([
            ("acme", "products/update", "Product", 1),
            ("acme", "products/delete", "Product", 2),
            ("acme", "orders/updated", "Order", 3),
            ("acme", "refunds/create", "Order", 4),
            ("acme", "orders/edited", "Order", 6),
            ("acme", "inventory_levels/update", "InventoryItem", 7),
            ("acme", "customers/update", "Customer", 8),
            ("acme", "companies/update", "Company", 9),
            ("acme", "shop/update", None, 10)], self.events())
        self.assertEqual({
            ("acme", "both", 1), ("acme", "both", 2), ("acme", "both", 3),
            ("acme", "both", 4), ("acme", "both", 6), ("acme", "orders", 3),
            ("acme", "orders", 4), ("acme", "orders", 6),
            ("acme", "products", 1), ("acme", "products", 2),
            ("acme", "stock", 7)}, set(self.pending()))
        self.assertEqual((9, 0, 0), self.heard())
        self.stop()

    def test_a_webhook_that_arrives_twice_is_one_event(self):
        self.listen()
        for _ in range(2):
            self.assertEqual(200, self.send({"id": 1}))
        self.assertEqual(200, self.send({"id": 1}, event="e2"))
        self.assertEqual(200, self.send({"id": 2}))
        self.assertEqual([("e1", 1), ("e2", 1), ("e1", 2)],
                         self.events("event_id, object_id"))
        self.assertEqual((4, 0, 1), self.heard())
        self.stop()

    def test_without_an_event_id_the_webhooks_id_or_signature_counts(self):
        self.listen()
        for changed in ({"Event_Id": None}, {"Event_Id": "a b\x7f"},
                        {"Event_Id": "x" * 500}):
            self.assertEqual(200, self.send({"id": 1}, **changed))
        for _ in range(2):
            self.assertEqual(200, self.send({"id": 1}, Event_Id=None,
                                            Webhook_Id=None))
        self.assertEqual({("w-e1",), (sign(b'{"id": 1}'),)},
                         set(self.events("event_id")))
        self.assertEqual((5, 0, 3), self.heard())
        self.stop()

    def test_the_time_at_the_store_is_kept(self):
        self.listen()
        for event, at in (("a", "2026-01-02T03:04:05.123456789Z"),
                          ("b", "2026-01-02T03:04:05+01:00"), ("c", None),
                          ("d", "yesterday"), ("e", "9" * 300)):
            self.assertEqual(200, self.send({"id": 1}, event=event,
                                            Triggered_At=at))
        self.assertEqual(
            [("a", "2026-01-02T03:04:05.123457+00:00"),
             ("b", "2026-01-02T02:04:05+00:00"), ("c", None), ("d", None),
             ("e", None)], self.events("event_id, triggered_at"))
        self.assertGreater(self.db.value(
            "SELECT lag_seconds > 86400 FROM bulkpg.heard "
            "WHERE store = 'acme'"), False)
        self.stop()

    def test_an_operation_that_has_ended_wakes_those_who_wait(self):
        self.listen()
        waiting = subprocess.Popen(
            [self.db.cluster.psql, "-X", "-q", self.db.dsn],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        waiting.stdin.write(b"LISTEN bulkpg_finish;\n\\echo ready\n")
        waiting.stdin.flush()
        self.assertEqual(b"ready\n", waiting.stdout.readline())
        body = json.dumps({"admin_graphql_api_id": GID, "status": "completed",
                           "type": "query"}).replace("/", "\\/").encode()
        self.assertEqual(200, self.send(body, topic="bulk_operations/finish"))
        said, _ = waiting.communicate(b"SELECT 1;\n")
        self.assertIn(f'"bulkpg_finish" with payload "{GID}"'.encode(), said)
        self.assertEqual([("acme", "bulk_operations/finish", "BulkOperation",
                           77)], self.events())
        self.stop()

    def test_nothing_else_of_a_webhook_is_kept(self):
        self.listen()
        body = {"id": 1, "title": "private-title", "email": "private-email"}
        self.assertEqual(200, self.send(body))
        self.assertEqual(401, self.send(body, secret="wrong"))
        self.assertEqual(400, self.send(b"private-text"))
        self.assertNotIn("private", json.dumps(
            self.db.rows("SELECT * FROM bulkpg.event"), default=str))
        self.assertNotIn("private", self.stop().output)

    def test_a_webhook_without_an_id_is_recorded_and_reported(self):
        self.listen()
        for event, body in (("a", {}), ("b", {"id": None}), ("c", [1]),
                            ("d", {"id": "x"}), ("e", {"id": -1}),
                            ("f", {"id": 1.5}), ("g", {"id": 10 ** 40}),
                            ("h", {"id": {"id": 5}}), ("i", 7),
                            ("j", {"id": 9223372036854775807})):
            self.assertEqual(200, self.send(body, event=event))
        self.assertEqual([9223372036854775807],
                         self.db.column("SELECT object_id FROM bulkpg.event "
                                        "WHERE object_id <> 0"))
        self.assertEqual(1, len(self.pending()))
        self.assertIn("WEBHOOK_WITHOUT_ID", self.stop().stderr)

    def test_queries_that_are_added_later_get_events(self):
        self.listen()
        self.query("titles", PRODUCTS)
        self.query("broken", "query { products {")
        sent = iter(range(10 ** 6))
        self.wait_for(lambda: self.send({"id": 1}, event=f"e{next(sent)}")
                      and ("acme", "titles", 1) in self.pending())
        self.stop()

    def test_status_metrics_and_report_know_webhooks(self):
        self.listen()
        for number in range(3):
            self.assertEqual(200, self.send({"id": number + 1},
                                            event=f"e{number}"))
        self.assertEqual(200, self.send({"id": 1}, event="e0"))
        self.assertEqual(401, self.send({"id": 1}, secret="wrong"))
        self.wait_for(lambda: self.heard() == (4, 1, 1))
        self.assertRegex(self.run_program("status").stdout,
                         r"still to be fetched:\nacme +products +3 objects")
        self.assertNotIn("still to be", self.run_program(
            "status", "--failed").stdout)
        status = json.loads(self.run_program("status", "--json").stdout)
        heard = {one["store"]: one for one in status["webhooks"]}["acme"]
        self.assertEqual((4, 1, 1), (heard["received"], heard["refused"],
                                     heard["duplicates"]))
        self.assertEqual([("acme", "products", 3)], [
            (one["store"], one["job"], one["objects"])
            for one in status["pending"]])
        self.run_program("status", "--metrics", "m.prom")
        metrics = self.program.read("m.prom").decode()
        for line in ('bulkpg_webhooks_received_total{store="acme"} 4\n',
                     'bulkpg_webhooks_refused_total{store="acme"} 1\n',
                     'bulkpg_webhooks_duplicates_total{store="acme"} 1\n',
                     'bulkpg_webhook_lag_seconds{store="acme"} ',
                     'bulkpg_pending_objects{store="acme",job="products"} 3'):
            self.assertIn(line, metrics)
        report = self.run_program("report").stdout
        self.assertIn("<h2>Webhooks</h2>", report)
        number, time = '<td class="number">', r"\d+[smhd]"
        self.assertRegex(
            report, f"<tr><td>acme</td>{number}4</td>{number}1</td>"
                    f"{number}1</td>{number}{time}</td>{number}{time}</td>"
                    f"{number}3</td></tr>")
        self.stop()

    def test_many_webhooks_share_transactions(self):
        self.listen()
        self.assertEqual(200, self.send({"id": 1}))
        raws = [self.raw() for _ in range(700)]
        requests = [self.request(b'{"id": %d}' % (number + 2),
                                 event=f"m{number}") for number in range(700)]
        with self.lock():
            for raw, request in zip(raws, requests):
                raw.send(request)
            self.wait_for_lock()
        answers = [raw.status() for raw in raws]
        self.assertLessEqual(set(answers), {200, 503})
        again = [request for request, answer in zip(requests, answers)
                 if answer == 503]
        if again:
            self.assertGreater(self.unsaved(), 0)
        self.resend(again)
        self.assertEqual(701, len(self.pending()))
        # The first ones, the next 500, the rest; some more if they were slow.
        if not again:
            self.assertLess(self.db.value(
                "SELECT count(DISTINCT xmin::text) FROM bulkpg.event"), 300)
        self.stop()


class Stores(ListenCase):
    def two_sections(self, more, credentials=None):
        """Two sections with the domain of acme."""
        acme = self.without_api("acme")
        self.program.environment["HOOK_SECRET"] = SECRET
        self.program.environment["OTHER_SECRET"] = "other"
        self.program.configure(
            self.db.dsn, [acme, {**acme, "name": "twin"}], more=more,
            credentials=credentials)

    def test_all_sections_of_a_domain_get_the_event(self):
        self.two_sections({"acme": "webhook_secret = env:HOOK_SECRET",
                           "twin": "schema = twin"})
        self.query("products", PRODUCTS)
        self.query("orders", ORDERS, store="twin")
        self.listen()
        self.assertEqual(200, self.send({"id": 1}))
        self.assertEqual(200, self.send({"id": 2}, topic="orders/create",
                                        event="e2"))
        self.assertEqual([("acme", 1), ("twin", 1), ("acme", 2), ("twin", 2)],
                         self.events("store, object_id"))
        self.assertEqual([("acme", "products", 1), ("twin", "orders", 2),
                          ("twin", "products", 1)], self.pending())
        self.stop()

    def test_each_secret_of_a_domain_is_valid(self):
        self.two_sections(
            {"acme": "webhook_secret = env:HOOK_SECRET"},
            {"twin": "client_id = x\nclient_secret = env:OTHER_SECRET\n"
                     "webhook_secret = env:HOOK_SECRET"})
        self.query("products", PRODUCTS)
        self.listen()
        self.assertEqual(200, self.send({"id": 1}))
        self.assertEqual(200, self.send({"id": 2}, secret="other"))
        self.assertEqual(401, self.send({"id": 3}, secret="others"))
        self.stop()

    def test_the_path_may_name_the_store(self):
        self.configure_hooks(("acme", "beta"))
        self.query("products", PRODUCTS)
        self.listen()
        self.assertEqual(200, self.send({"id": 1}, path="/acme"))
        self.assertEqual(200, self.send({"id": 2}, path="/beta?a=1",
                                        store="beta"))
        self.assertEqual(401, self.send({"id": 3}, path="/beta"))
        self.assertEqual(401, self.send({"id": 3}, path="/gamma"))
        self.assertEqual(404, self.send({"id": 3}, path="/acme/x"))
        self.assertEqual([("acme", 1), ("beta", 2)],
                         self.events("store, object_id"))
        self.stop()

    def test_domains_are_compared_without_case(self):
        self.configure_hooks()
        self.query("products", PRODUCTS)
        self.listen()
        domain = self.shop.stores["acme"]["domain"]
        self.assertEqual(200, self.send({"id": 1}, Shop_Domain=domain.upper()))
        self.stop()

    def test_a_store_without_a_secret_is_reported_and_refused(self):
        self.configure_hooks(
            ("acme", "beta"), {"acme": "webhook_secret = env:HOOK_SECRET"})
        self.query("products", PRODUCTS)
        self.listen()
        self.assertEqual(401, self.send({"id": 1}, store="beta"))
        self.assertEqual(200, self.send({"id": 1}))
        result = self.stop()
        self.assertIn("store=beta", result.stderr)
        self.assertIn("NO_WEBHOOK_SECRET", result.stderr)

    def test_without_any_secret_it_does_not_listen(self):
        self.configure()
        self.query("products", PRODUCTS)
        result = self.run_program("listen", "--port", "0", status=CONFIG)
        self.assertIn("NO_WEBHOOK_SECRET", result.stderr)

    def test_a_store_with_a_fault_is_left_out(self):
        self.configure_hooks(("acme", "beta"), more={
            "acme": "webhook_secret = env:HOOK_SECRET",
            "beta": "webhook_secret = env:NOT_SET"})
        self.query("products", PRODUCTS)
        self.listen()
        self.assertEqual(401, self.send({"id": 1}, store="beta"))
        self.assertIn("NOT_SET", self.stop().stderr)


class Refusals(ListenCase):
    def setUp(self):
        super().setUp()
        self.configure_hooks()
        self.query("products", PRODUCTS)
        self.listen()

    def test_what_is_not_signed_by_a_store_is_refused(self):
        for changed in ({"secret": "wrong"}, {"Hmac_SHA256": None},
                        {"Hmac_SHA256": ""}, {"Hmac_SHA256": "x" * 44},
                        {"Hmac_SHA256": sign(b'{"id": 1}') + "="},
                        {"Shop_Domain": None},
                        {"Shop_Domain": "other.myshopify.com"},
                        {"Shop_Domain": ""}):
            with self.subTest(changed):
                self.assertEqual(401, self.send({"id": 1}, **changed))
        self.assertEqual([], self.events())
        self.wait_for(lambda: self.heard() == (0, 5, 0)
                      and self.heard("") == (0, 3, 0))
        self.assertIn("WEBHOOK_REFUSED", self.stop().stderr)

    def test_what_is_signed_but_not_a_webhook_is_refused(self):
        for body, changed in ((b"", {}), (b"{", {}), (b"id=1", {}),
                              (b'{"id": 1} x', {}), (b'{"id": "\xff"}', {}),
                              (b"[" * 100000, {}), (b'{"id": 1}',
                                                    {"topic": None}),
                              (b'{"id": 1}', {"topic": ""}),
                              (b'{"id": 1}', {"topic": "x" * 200}),
                              (b'{"id": 1}', {"topic": "a b"})):
            with self.subTest(body[:20], **changed):
                self.assertEqual(400, self.send(body, **changed))
        self.assertEqual([], self.events())
        self.assertIn("WEBHOOK_REFUSED", self.stop().stderr)

    def test_other_methods_and_paths_are_refused(self):
        for method, path, status in (
                ("GET", "/", 405), ("PUT", "/acme", 405), ("FOO", "/", 405),
                ("DELETE", "/", 405), ("POST", "/health", 405),
                ("OPTIONS", "*", 404), ("GET", "/a/b", 404),
                ("POST", "//", 404), ("GET", "/health", 200),
                ("HEAD", "/health", 200), ("HEAD", "/", 405)):
            with self.subTest(f"{method} {path}"):
                self.assertEqual(status, self.ask(method, path))
        self.stop()

    def test_large_bodies_are_refused(self):
        large = json.dumps({"id": 1, "text": "x" * (1 << 20)}).encode()
        fits = b'{"id": 1, "text": "' + b"x" * ((1 << 20) - 21) + b'"}'
        self.assertEqual(1 << 20, len(fits))
        self.assertEqual(200, self.send(fits))
        self.assertEqual(413, self.send(large))
        raw = self.raw()  # the client asks before it sends
        raw.send(self.request(large, more="Expect: 100-continue\r\n")[:900])
        self.assertEqual(413, raw.status())
        raw = self.raw()  # far too large to be read to its end
        raw.send(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: "
                 b"99999999999\r\n\r\nxx")
        self.assertEqual(413, raw.status())
        self.assertEqual(200, self.send({"id": 2}))
        self.stop()


class Lives(ListenCase):
    def setUp(self):
        super().setUp()
        self.configure_hooks()
        self.query("products", PRODUCTS)

    def test_without_the_database_webhooks_come_again(self):
        self.listen()
        self.assertEqual(200, self.send({"id": 1}))
        self.take_database_away()
        self.assertEqual(503, self.send({"id": 2}, event="e2"))
        self.assertEqual(503, self.ask("GET", "/health"))
        self.assertEqual(401, self.send({"id": 2}, secret="wrong"))
        self.give_database_back()
        self.wait_for(lambda: self.ask("GET", "/health") == 200)
        self.assertEqual(200, self.send({"id": 2}, event="e2"))
        self.assertEqual([("e1",), ("e2",)], self.events("event_id"))
        result = self.stop()
        self.assertIn("WEBHOOKS_UNSAVED", result.stderr)
        self.assertIn("records webhooks again", result.stderr)

    def test_an_idle_one_knows_that_the_database_is_away(self):
        self.listen()
        self.assertEqual(200, self.ask("GET", "/health"))
        self.take_database_away()
        self.wait_for(lambda: self.ask("GET", "/health") == 503)
        self.give_database_back()
        self.wait_for(lambda: self.ask("GET", "/health") == 200)
        self.stop()

    def test_refusals_are_counted_while_webhooks_come(self):
        self.listen()
        self.assertEqual(200, self.send({"id": 1}, event="first"))
        self.assertEqual(401, self.send({"id": 1}, secret="wrong"))
        sent = iter(range(10 ** 6))
        self.wait_for(lambda: self.send({"id": 1}, event=f"e{next(sent)}")
                      and self.heard()[1] == 1)
        self.stop()

    def test_a_lost_connection_loses_no_webhook(self):
        self.listen()
        for number in range(3):
            self.assertEqual(200, self.send({"id": 1}, event=f"e{number}"))
            self.assertEqual(1, self.db.end_backends("bulkpg listen"))
        self.assertEqual(3, len(self.events()))
        self.assertNotIn("WEBHOOKS_UNSAVED", self.stop().stderr)

    def test_a_database_that_hangs_does_not_keep_webhooks_waiting(self):
        self.listen()
        self.assertEqual(200, self.send({"id": 1}))
        with Held(self.db, "LOCK TABLE bulkpg.event"):
            self.assertEqual(503, self.send({"id": 2}, event="e2"))
        self.wait_for(lambda: self.ask("GET", "/health") == 200)
        self.assertEqual(200, self.send({"id": 2}, event="e2"))
        self.stop()

    def test_a_stop_finishes_what_was_received(self):
        self.assertEqual((200, 200), self.repeat(self.stop_while_it_receives))

    def stop_while_it_receives(self, number):
        """Returns the answers to two webhooks, of which one waits for the lock
        and one has not come whole when it stops."""
        events = [f"{number}-e{n}" for n in range(3)]
        self.listen()
        self.assertEqual(200, self.send({"id": 1}, event=events[0]))
        idle, begun, waiting = self.raw(), self.raw(), self.raw()
        whole = self.request(b'{"id": 3}', event=events[2])
        with self.lock():
            waiting.send(self.request(b'{"id": 2}', event=events[1]))
            self.wait_for_lock()
            begun.send(whole[:-5])
            self.wait_for(lambda: self.ask("GET", "/health"))
            self.running.signal(signal.SIGTERM)
            self.wait_for(self.refuses_connections)
            with contextlib.suppress(ConnectionError):
                begun.send(whole[-5:])
        answers = waiting.status(), begun.status()
        self.assertTrue(idle.has_ended())
        result = self.running.wait()
        self.expect(result, OK)
        if "WEBHOOKS_UNSAVED" in result.stderr:
            return None
        self.assertEqual(events, sorted(self.db.column(
            f"SELECT event_id FROM bulkpg.event WHERE event_id LIKE "
            f"'{number}-%'")))
        return answers

    def refuses_connections(self):
        try:
            self.raw()
        except ConnectionError:
            return True
        return False

    def test_a_second_signal_ends_it_at_once(self):
        self.expect(self.repeat(self.end_by_two_signals), AGAIN)

    def end_by_two_signals(self, number):
        self.listen()
        self.assertEqual(200, self.send({"id": 1}, event=f"{number}-e1"))
        with self.lock():
            self.raw().send(self.request(b'{"id": 2}', event=f"{number}-e2"))
            self.wait_for_lock()
            self.running.signal(signal.SIGINT)
            self.wait_for(self.refuses_connections)
            self.running.signal(signal.SIGINT)
            result = self.running.wait()
        if result.status == OK and "WEBHOOKS_UNSAVED" in result.stderr:
            return None
        return result

    def test_the_port_may_be_taken(self):
        self.listen()
        result = self.run_program("listen", "--port", str(self.port),
                                  status=FAILED)
        self.assertIn("LISTEN_ADDRESS", result.stderr)
        self.stop()

    def test_addresses_and_ports_that_are_not_valid(self):
        result = self.run_program("listen", "--bind", "example.org",
                                  status=FAILED)
        self.assertIn("LISTEN_ADDRESS", result.stderr)
        for port in ("x", "-1", "65536", ""):
            self.run_program("listen", "--port", port, status=USAGE)

    def test_it_needs_enough_files(self):
        result = self.run_program("listen", "--port", "0", status=CONFIG,
                                  open_files=100)
        self.assertIn("LISTEN_FILES", result.stderr)
