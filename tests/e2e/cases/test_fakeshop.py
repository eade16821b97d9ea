"""The mutations of the fake store. No test here needs the program."""
import json
import threading
import unittest
import uuid

from harness.case import World
from harness.staged import Client, form
from harness.store import FAST

PRICES = """mutation($id: ID!, $variants: [ProductVariantsBulkInput!]!) {
  productVariantsBulkUpdate(productId: $id, variants: $variants) {
    productVariants { id price }
    userErrors { field message code } } }"""
ADJUST = """mutation($input: InventoryAdjustQuantitiesInput!, $key: String!) {
  inventoryAdjustQuantities(input: $input) @idempotent(key: $key) {
    inventoryAdjustmentGroup { reason changes { name delta
      quantityAfterChange } }
    userErrors { field message code } } }"""
SET = """mutation($input: InventorySetQuantitiesInput!, $key: String!) {
  inventorySetQuantities(input: $input) @idempotent(key: $key) {
    inventoryAdjustmentGroup { changes { delta } }
    userErrors { field message code } } }"""
METAFIELDS = """mutation($metafields: [MetafieldsSetInput!]!) {
  metafieldsSet(metafields: $metafields) {
    metafields { id namespace key type value compareDigest }
    userErrors { field message code elementIndex } } }"""
TAGS = """mutation($id: ID!, $tags: [String!]!) {
  tagsAdd(id: $id, tags: $tags) { node { id }
    userErrors { field message } } }"""
PRODUCT = """mutation($product: ProductUpdateInput!) {
  productUpdate(product: $product) { product { id title }
    userErrors { field message } } }"""


class FakeShopTest(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.shop = World.shop()
        self.shop.post("reset")
        self.shop.set(**FAST)
        self.client = Client(self.shop)

    def ask(self, query, variables=None, **how):
        return self.client.ask(query, variables, **how)

    def data(self, query, variables=None, **how):
        answer = self.ask(query, variables, **how)
        self.assertNotIn("errors", answer)
        return answer["data"]

    def root(self, query, variables=None, **how):
        (value,) = self.data(query, variables, **how).values()
        return value

    def products(self, n=3):
        """Products with several variants: [(id, [variant id])]."""
        found = self.data("""{ products(first: 60) { nodes { id
            variants(first: 3) { nodes { id } } } } }""")
        rows = [(one["id"], [v["id"] for v in one["variants"]["nodes"]])
                for one in found["products"]["nodes"]]
        return [row for row in rows if len(row[1]) > 1][:n]

    def level(self):
        """An item, a location and the available quantity there."""
        found = self.data("""{ inventoryItems(first: 1) { nodes { id
            inventoryLevels(first: 1) { nodes { id location { id }
              quantities(names: ["available"]) { quantity } } } } } }""")
        (item,) = found["inventoryItems"]["nodes"]
        (level,) = item["inventoryLevels"]["nodes"]
        return (item["id"], level["location"]["id"],
                level["quantities"][0]["quantity"])

    def available(self, item, location):
        level = self.data("""query($item: ID!, $location: ID!) {
            inventoryItem(id: $item) { inventoryLevel(locationId: $location) {
              quantities(names: ["available"]) { quantity } } } }""",
                          {"item": item, "location": location})
        return level["inventoryItem"]["inventoryLevel"]["quantities"][0][
            "quantity"]

    def adjustment(self, item, location, delta=1, key=None, **more):
        return {"key": key or str(uuid.uuid4()), "input": {
            "name": "available", "reason": "correction", "changes": [
                {"inventoryItemId": item, "locationId": location,
                 "delta": delta, "changeFromQuantity": None, **more}]}}

    def codes(self, payload):
        return [one.get("code") for one in payload["userErrors"]]

    def error_codes(self, answer):
        return [one["extensions"]["code"] for one in answer["errors"]]


class Uploads(FakeShopTest):
    def test_a_file_is_uploaded(self):
        target = self.client.target()
        self.assertIsNone(target.resource_url)
        self.assertEqual({"key", "acl", "policy", "Content-Type",
                          "success_action_status", "x-goog-date",
                          "x-goog-credential", "x-goog-algorithm",
                          "x-goog-signature"}, set(target.values))
        reply = target.upload('{"id":"é"}\n')
        self.assertEqual(201, reply.status)
        (seen,) = self.shop.uploads(text=True)
        self.assertEqual('{"id":"é"}\n', seen["text"])
        self.assertEqual(target.path, seen["key"])
        self.assertIn(f"<ETag>\"{seen['md5']}\"</ETag>", reply.text)
        self.assertEqual(f'"{seen["md5"]}"', reply.headers["ETag"])

    def test_the_form_must_be_exact(self):
        target = self.client.target()
        fields = target.fields
        for wrong, status, code in [
                (fields[1:], 403, "InvalidPolicyDocument"),
                (fields + [("x", "1")], 403, "InvalidPolicyDocument"),
                ([(k, v + "x" if k == "acl" else v) for k, v in fields], 403,
                 "InvalidPolicyDocument"),
                ([(k, v + "x" if k == "policy" else v) for k, v in fields],
                 403, "SignatureDoesNotMatch")]:
            reply = target.send(form(wrong, b"{}\n"))
            self.assertEqual((status, code), (reply.status, reply.code))
        reply = target.send(form(fields, b"{}\n", name="upload"))
        self.assertEqual((400, "InvalidArgument"), (reply.status, reply.code))
        body = form(fields[:1], b"{}\n")[:-2] + form(fields[1:], b"{}\n")
        self.assertEqual(400 // 100, target.send(body).status // 100)
        reply = target.send(b"no form")
        self.assertEqual("MalformedPOSTRequest", reply.code)
        self.assertEqual([], self.shop.uploads())

    def test_the_size_is_limited(self):
        target = self.client.target()
        self.assertEqual("EntityTooSmall", target.upload("").code)
        target = self.client.target()
        try:
            reply = target.upload(b"x" * 104857601)
            self.assertEqual("EntityTooLarge", reply.code)
        except (BrokenPipeError, ConnectionResetError):
            pass  # the connection was closed before the whole file was sent
        self.assertEqual([], self.shop.uploads())

    def test_a_target_expires(self):
        target = self.client.target()
        self.shop.pass_time(86399)
        self.assertEqual(201, target.upload("{}\n").status)
        self.shop.pass_time(2)
        self.assertEqual("ExpiredToken", target.upload("{}\n").code)

    def test_a_token_is_a_leak(self):
        target = self.client.target()
        reply = target.send(form(target.fields, b"{}\n"), headers={
            "Content-Type": "multipart/form-data; boundary=x",
            "X-Shopify-Access-Token": "shpat_fake_acme"})
        self.assertEqual(400, reply.status)
        self.assertEqual(1, len(self.shop.get("leaks")))

    def test_put(self):
        target = self.client.target(method=None)
        reply = target.send(b"", "PUT", headers={})
        self.assertEqual((200, ""), (reply.status, reply.text))
        answer = self.shop.uploads()
        self.assertEqual([0], [one["bytes"] for one in answer])

    def test_faults(self):
        target = self.client.target()
        self.shop.rule({"status": 503, "read": 10}, kind="upload")
        self.assertEqual(503, target.upload("{}\n" * 100).status)
        self.assertEqual([], self.shop.uploads())
        self.shop.rule({"status": 500, "after": True}, kind="upload")
        self.assertEqual(500, target.upload("{}\n").status)
        self.assertEqual(1, len(self.shop.uploads()))
        self.shop.rule({"corrupt": True}, kind="upload")
        target.upload("{}\n")
        (seen,) = self.shop.uploads(text=True)
        self.assertNotEqual("{}\n", seen["text"])
        self.assertEqual(2, seen["versions"])


class Submission(FakeShopTest):
    def refusal(self, mutation, path="valid", **how):
        answer = self.client.submit(mutation, path, **how)
        self.assertIsNone(answer["bulkOperation"])
        (error,) = answer["userErrors"]
        return error["field"], error["code"], error["message"]

    def test_the_document_is_checked_first(self):
        two = """mutation { tagsAdd(id: "x", tags: []) { node { id } }
            tagsRemove(id: "x", tags: []) { node { id } } }"""
        nested = """mutation($product: ProductUpdateInput!) {
            productUpdate(product: $product) { product {
              variants(first: 1) { nodes { id media(first: 1) {
                nodes { id } } } } } } }"""
        bulk = """mutation { bulkOperationRunQuery(query: "") {
            userErrors { message } } }"""
        large = "# " + "x" * 65534
        for mutation, field, code, message in [
                ("mutation { tagsAd", None, "INVALID_MUTATION",
                 "Failed to parse the mutation - syntax error, unexpected "
                 "end of file at [1, 18]"),
                ("{ shop { id } }", None, "INVALID_MUTATION",
                 "Invalid operation type. Only `mutation` operations are "
                 "supported."),
                (two, ["mutation"], None,
                 "You must specify a single top level mutation."),
                (bulk, ["mutation"], None,
                 "You must use an allowed mutation name."),
                (nested, ["mutation"], None,
                 "Bulk mutations cannot contain more than 1 connection."),
                (large, ["query"], "INVALID_MUTATION",
                 "is too large (65536 bytes; maximum is 65535 bytes)")]:
            self.assertEqual((field, code, message), self.refusal(mutation))
        self.assertEqual((["clientIdentifier"], "INVALID_MUTATION",
                          "is too short (minimum is 10 characters)"),
                         self.refusal(TAGS, client="short"))

    def test_then_the_file(self):
        self.assertEqual("NO_SUCH_FILE", self.refusal(TAGS)[1])
        unused = self.client.target()
        self.assertEqual("NO_SUCH_FILE", self.refusal(TAGS, unused.path)[1])
        target = self.client.target("PUT")
        target.send(b"", "PUT", headers={})
        key = self.shop.uploads()[0]["key"]
        self.assertEqual((None, "INVALID_STAGED_UPLOAD_FILE",
                          "The input file is empty."),
                         self.refusal(TAGS, key))
        target.send(b"x" * 104857601, "PUT", headers={})
        self.assertEqual("The input file size exceeds the maximum allowed "
                         "size of 100 MB.", self.refusal(TAGS, key)[2])

    def test_then_the_slots(self):
        self.shop.set(hold_after=0)
        path = self.client.staged([{"id": "x", "tags": []}]).path
        ids = [self.client.submit(TAGS, path)["bulkOperation"]["id"]
               for _ in range(5)]
        self.assertEqual((None, "OPERATION_IN_PROGRESS",
                          "A bulk mutation operation for this app and shop "
                          f"is already in progress: {', '.join(ids)}."),
                         self.refusal(TAGS, path))
        self.assertEqual("NO_SUCH_FILE", self.refusal(TAGS)[1])
        # Queries have slots of their own.
        run = self.root("""mutation { bulkOperationRunQuery(query:
            "{ products { edges { node { id } } } }") {
              bulkOperation { id } userErrors { message } } }""")
        self.assertEqual([], run["userErrors"])

    def test_the_text_is_kept(self):
        (product, _), *_ = self.products()
        text = "# marker 1/2/3\n" + TAGS
        operation = self.client.begin(text, [{"id": product, "tags": ["x"]}])
        self.assertEqual(text, self.client.wait(operation)["query"])
        listed = self.root("""{ bulkOperations(first: 5,
            query: "operation_type:mutation") { nodes { id query type } } }""")
        self.assertEqual([{"id": operation, "query": text,
                           "type": "MUTATION"}], listed["nodes"])
        none = self.root("""{ bulkOperations(first: 5,
            query: "operation_type:query") { nodes { id } } }""")
        self.assertEqual([], none["nodes"])

    def test_a_delayed_listing(self):
        self.shop.set(listing_looks=2)
        operation = self.client.begin(TAGS, [{"id": "x", "tags": []}])
        looks = [self.root("{ bulkOperations(first: 5) { nodes { id } } }")
                 ["nodes"] for _ in range(3)]
        self.assertEqual([[], [], [{"id": operation}]], looks)

    def test_lost_answers(self):
        path = self.client.staged([{"id": "x", "tags": []}]).path
        for after, n in (False, 0), (True, 1):
            self.shop.rule({"close": True, "after": after},
                           kind="run_mutation")
            with self.assertRaises(OSError):
                self.client.submit(TAGS, path)
            self.assertEqual(n, len(self.shop.operations()))

    def test_a_submission_that_starts_late(self):
        target = self.client.staged([{"id": self.products()[0][0],
                                      "tags": ["late"]}])
        self.shop.rule({"late": True, "close": True}, kind="run_mutation")
        with self.assertRaises(OSError):
            self.client.submit(TAGS, target.path)
        self.assertEqual([], self.shop.operations())
        target.upload("fenced\n")
        self.shop.post("release")
        (operation,) = self.shop.operations()
        done = self.client.wait(operation["id"])
        (line,) = self.client.lines(done["url"])
        self.assertIn("errors", line)
        self.assertEqual([], self.shop.ledger())


class Lines(FakeShopTest):
    def prices(self, n=3, price="12.5"):
        return [{"id": product, "variants": [{"id": one, "price": price}
                                             for one in variants]}
                for product, variants in self.products(n)]

    def test_every_line_gives_a_result(self):
        lines = self.prices(20)
        operation = self.client.begin(PRICES, lines)
        done = self.client.wait(operation)
        n = str(len(lines))
        self.assertEqual(("COMPLETED", n, n), (
            done["status"], done["objectCount"], done["rootObjectCount"]))
        raw = self.client.raw(done["url"])
        self.assertEqual(int(done["fileSize"]), len(raw.encode()))
        self.assertIn('"gid:\\/\\/shopify\\/ProductVariant\\/', raw)
        self.assertTrue(raw.endswith("}\n"))
        results = self.client.lines(done["url"])
        numbers = [one["__lineNumber"] for one in results]
        self.assertEqual(list(range(len(lines))), sorted(numbers))
        self.assertNotEqual(sorted(numbers), numbers)
        for one in results:
            root = one["data"]["productVariantsBulkUpdate"]
            asked = lines[one["__lineNumber"]]["variants"]
            self.assertEqual([{"id": v["id"], "price": "12.50"}
                              for v in asked], root["productVariants"])
        ledger = self.shop.ledger(operation=operation)
        self.assertEqual(sorted(numbers),
                         sorted(one["line"] for one in ledger))
        self.assertNotEqual(numbers, [one["line"] for one in ledger])
        self.assertEqual({1}, {one["times"] for one in self.shop.counts()})
        self.assertEqual(lines[ledger[0]["line"]], ledger[0]["variables"])

    def test_a_pull_shows_the_change(self):
        lines = self.prices(1)
        self.client.run(PRICES, lines)
        (line,) = lines
        product = self.data("""query($id: ID!) { product(id: $id) {
            updatedAt priceRangeV2 { minVariantPrice { amount } }
            variants(first: 3) { nodes { price } } } }""",
                            {"id": line["id"]})["product"]
        self.assertEqual({"12.50"}, {
            one["price"] for one in product["variants"]["nodes"]})
        self.assertEqual("12.5",
                         product["priceRangeV2"]["minVariantPrice"]["amount"])
        recent = self.data("""{ products(first: 5, query:
            "updated_at:>2026-01-01") { nodes { id } } }""")["products"]
        self.assertEqual([{"id": line["id"]}], recent["nodes"])

    def test_a_failure_of_one_line(self):
        good, bad = self.prices(2)
        bad["variants"][1]["price"] = "-1"
        unknown = {"id": good["id"], "variants": [{"id": good["id"],
                                                   "price": "1"}]}
        extra = {"id": good["id"], "variants": [{"pric": "1"}], "more": 1}
        lines = self.client.run(PRICES, [good, bad, unknown, extra, "[1]",
                                         "no json", {"variants": []}])
        roots = [lines[i]["data"]["productVariantsBulkUpdate"]
                 for i in range(3)]
        self.assertEqual([[], ["NEGATIVE_PRICE_VALUE"],
                          ["PRODUCT_VARIANT_DOES_NOT_EXIST"]],
                         [self.codes(one) for one in roots])
        self.assertIsNone(roots[1]["productVariants"])
        (error,) = lines[3]["errors"]
        self.assertEqual([{"path": [0, "pric"], "explanation":
                           "Field is not defined on ProductVariantsBulkInput"
                           }], error["extensions"]["problems"])
        self.assertEqual("Variable $variants of type "
                         "[ProductVariantsBulkInput!]! was provided invalid "
                         "value for 0.pric (Field is not defined on "
                         "ProductVariantsBulkInput)", error["message"])
        self.assertNotIn("data", lines[3])
        for i in 4, 5, 6:
            self.assertIn("errors", lines[i])
        states = {one["line"]: one["state"] for one in self.shop.ledger()}
        self.assertEqual({0: "applied", 1: "refused", 2: "refused"}, states)

    def test_partial_updates(self):
        text = PRICES.replace("variants: $variants)",
                              "variants: $variants, "
                              "allowPartialUpdates: true)")
        (line,) = self.prices(1)
        line["variants"][0]["price"] = "-1"
        root = self.client.run(text, [line])[0]["data"][
            "productVariantsBulkUpdate"]
        self.assertEqual(["NEGATIVE_PRICE_VALUE"], self.codes(root))
        self.assertEqual(len(line["variants"]) - 1,
                         len(root["productVariants"]))
        self.assertEqual(["partly"], [one["state"]
                                      for one in self.shop.ledger()])

    def test_a_missing_scope(self):
        self.shop.set(scopes=["read_products"])
        lines = self.prices(2)
        results = self.client.run(PRICES, lines)
        for one in results.values():
            self.assertEqual({"productVariantsBulkUpdate": None},
                             one["data"])
            self.assertEqual(["ACCESS_DENIED"], self.error_codes(one))
        self.assertEqual({"denied"}, {one["state"]
                                      for one in self.shop.ledger()})

    def test_unknown_fields(self):
        text = PRICES.replace("{ id price }", "{ id priec }")
        results = self.client.run(text, self.prices(1))
        self.assertIn("priec", results[0]["errors"][0]["message"])
        self.shop.set(strict_documents=True)
        answer = self.client.submit(text, self.client.staged(["{}"]).path)
        self.assertIn("priec", answer["userErrors"][0]["message"])

    def test_damaged_results(self):
        lines = self.prices(4)
        self.shop.set(line_gaps=[1], line_duplicates=[2], line_base=1)
        done = self.client.wait(self.client.begin(PRICES, lines))
        numbers = [one["__lineNumber"]
                   for one in self.client.lines(done["url"])]
        self.assertEqual([1, 3, 3, 4], sorted(numbers))
        self.assertEqual("4", done["objectCount"])
        self.assertEqual({"applied"}, {one["state"]
                                       for one in self.shop.ledger()})

    def test_a_line_can_be_lost_or_fail(self):
        lines = self.prices(3)
        self.shop.rule({"lose": True}, kind="line",
                       contains=lines[0]["id"])
        self.shop.rule({"error": {"message": "oops"}, "after": True},
                       kind="line", contains=lines[1]["id"])
        self.shop.rule({"user_errors": [{"field": None, "message": "no",
                                         "code": "INVALID_INPUT"}]},
                       kind="line", contains=lines[2]["id"])
        results = self.client.run(PRICES, lines)
        self.assertEqual({1, 2}, set(results))
        self.assertEqual(["INTERNAL_SERVER_ERROR"],
                         self.error_codes(results[1]))
        self.assertEqual(["INVALID_INPUT"], self.codes(
            results[2]["data"]["productVariantsBulkUpdate"]))
        states = {one["line"]: one["state"] for one in self.shop.ledger()}
        self.assertEqual({0: "applied", 1: "applied", 2: "refused"}, states)


class Ends(FakeShopTest):
    def lines(self, n=6):
        return [{"id": product, "tags": ["tag"]}
                for product, _ in self.products(n)]

    def states(self):
        return [one["state"] for one in self.shop.ledger()]

    def test_a_failure_in_the_middle(self):
        self.shop.set(outcome={"status": "FAILED", "applied": 4,
                               "reported": 2,
                               "error_code": "INTERNAL_SERVER_ERROR"},
                      partial_after_polls=2)
        operation = self.client.begin(TAGS, self.lines())
        done = self.client.wait(operation)
        self.assertEqual(("FAILED", "INTERNAL_SERVER_ERROR", "4", None),
                         (done["status"], done["errorCode"],
                          done["objectCount"], done["url"]))
        urls = [done["partialDataUrl"]] + [
            self.client.poll(operation)["partialDataUrl"] for _ in "12"]
        self.assertIsNone(urls[0])
        self.assertIsNone(urls[1])
        self.assertEqual(2, len(self.client.lines(urls[2])))
        self.assertEqual(["applied"] * 4, self.states())

    def test_cancel_in_the_middle(self):
        self.shop.set(hold_after=3)
        operation = self.client.begin(TAGS, self.lines())
        self.wait_for_lines(operation, 3)
        answer = self.root("""mutation($id: ID!) {
            bulkOperationCancel(id: $id) { bulkOperation { status }
              userErrors { message } } }""", {"id": operation})
        self.assertEqual("CANCELING", answer["bulkOperation"]["status"])
        done = self.client.wait(operation)
        self.assertEqual(("CANCELED", "0", None, None), (
            done["status"], done["objectCount"], done["partialDataUrl"],
            done["completedAt"]))
        self.assertEqual(["applied"] * 3, self.states())

    def wait_for_lines(self, operation, n):
        while self.client.poll(operation)["objectCount"] != str(n):
            pass

    def test_a_canceled_operation_with_a_partial_result(self):
        self.shop.set(hold_after=3, cancel_reports=1)
        operation = self.client.begin(TAGS, self.lines())
        self.wait_for_lines(operation, 3)
        self.root("""mutation($id: ID!) { bulkOperationCancel(id: $id) {
            userErrors { message } } }""", {"id": operation})
        done = self.client.wait(operation)
        self.assertEqual(("CANCELED", "3"),
                         (done["status"], done["objectCount"]))
        self.assertEqual(1, len(self.client.lines(done["partialDataUrl"])))

    def test_lines_continue(self):
        self.shop.set(hold_after=2)
        operation = self.client.begin(TAGS, self.lines())
        self.wait_for_lines(operation, 2)
        self.shop.post("operation", {"id": operation, "go": True})
        self.assertEqual("6", self.client.wait(operation)["objectCount"])

    def test_an_operation_is_ended(self):
        self.shop.set(hold_after=2)
        operation = self.client.begin(TAGS, self.lines())
        self.wait_for_lines(operation, 2)
        self.shop.post("operation", {"id": operation, "status": "FAILED",
                                     "partial_data": True})
        done = self.client.wait(operation)
        self.assertEqual(2, len(self.client.lines(done["partialDataUrl"])))

    def test_an_overwritten_file(self):
        self.shop.set(hold_after=2)
        target = self.client.staged(self.lines())
        answer = self.client.submit(TAGS, target.path)
        operation = answer["bulkOperation"]["id"]
        self.wait_for_lines(operation, 2)
        target.upload("other\n")
        self.shop.post("operation", {"id": operation, "go": True})
        done = self.client.wait(operation)
        self.assertEqual(("FAILED", "INTERNAL_SERVER_ERROR"),
                         (done["status"], done["errorCode"]))
        self.assertEqual(["applied"] * 2, self.states())

    def test_the_same_file_twice(self):
        target = self.client.staged(self.lines(2))
        for _ in range(2):
            answer = self.client.submit(TAGS, target.path)
            self.client.wait(answer["bulkOperation"]["id"])
        self.assertEqual([2, 2], [one["times"]
                                  for one in self.shop.counts()])


class Idempotency(FakeShopTest):
    def setUp(self):
        super().setUp()
        self.item, self.location, self.quantity = self.level()

    def adjust(self, key=None, delta=1, **how):
        return self.root(ADJUST, self.adjustment(
            self.item, self.location, delta, key, **how))

    def now(self):
        return self.available(self.item, self.location) - self.quantity

    def test_the_directive_is_required(self):
        text = ADJUST.replace("@idempotent(key: $key)", "") \
            .replace(", $key: String!", "")
        line = self.adjustment(self.item, self.location)
        answer = self.ask(text, line)
        self.assertEqual(["BAD_REQUEST"], self.error_codes(answer))
        self.assertEqual({"inventoryAdjustQuantities": None}, answer["data"])
        self.assertEqual(["BAD_REQUEST"], self.error_codes(
            self.client.run(text, [line])[0]))
        self.assertEqual(0, self.now())
        self.assertNotIn("errors", self.ask(text, line, version="2026-01"))
        self.assertEqual(1, self.now())

    def test_a_key_gives_the_first_answer_again(self):
        first = self.adjust("k1")
        self.assertEqual([{"name": "available", "delta": 1,
                           "quantityAfterChange": self.quantity + 1}],
                         first["inventoryAdjustmentGroup"]["changes"])
        self.assertEqual(first, self.adjust("k1"))
        self.assertEqual(1, self.now())
        line = self.adjustment(self.item, self.location, key="k1")
        self.client.run(ADJUST, [line])
        self.assertEqual(1, self.now())
        self.assertEqual(["applied", "replayed", "replayed"], [
            one["state"] for one in self.shop.ledger(key="k1")])

    def test_a_key_lasts_24_hours(self):
        self.adjust("k1")
        self.shop.pass_time(86399)
        self.adjust("k1")
        self.assertEqual(1, self.now())
        self.shop.pass_time(2)
        self.adjust("k1")
        self.assertEqual(2, self.now())

    def test_the_codes(self):
        self.adjust("k1")
        self.assertEqual(["IDEMPOTENCY_KEY_PARAMETER_MISMATCH"],
                         self.codes(self.adjust("k1", delta=2)))
        self.shop.post("keys", {"store": "acme", "key": "k1",
                                "state": "running"})
        self.assertEqual(["IDEMPOTENCY_CONCURRENT_REQUEST"],
                         self.codes(self.adjust("k1")))
        self.shop.rule({"error": {}}, kind="line")
        self.ask(ADJUST, self.adjustment(self.item, self.location, key="k2"))
        self.assertEqual(["IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED"],
                         self.codes(self.adjust("k2")))
        self.assertEqual(1, self.now())
        answer = self.ask(ADJUST, self.adjustment(self.item, self.location,
                                                  key=" "))
        self.assertEqual(["BAD_REQUEST"], self.error_codes(answer))

    def test_change_from_quantity(self):
        line = self.adjustment(self.item, self.location)
        del line["input"]["changes"][0]["changeFromQuantity"]
        answer = self.ask(ADJUST, line)
        self.assertEqual(["INVALID_FIELD_ARGUMENTS"],
                         self.error_codes(answer))
        self.assertEqual("InventoryChangeInput must include the following "
                         "argument: changeFromQuantity",
                         answer["errors"][0]["message"])
        self.assertEqual(["CHANGE_FROM_QUANTITY_STALE"], self.codes(
            self.adjust(changeFromQuantity=self.quantity + 1)))
        self.assertEqual([], self.codes(
            self.adjust(changeFromQuantity=self.quantity)))
        self.assertEqual(1, self.now())

    def test_lines_side_by_side_lose_nothing(self):
        lines = [self.adjustment(self.item, self.location)
                 for _ in range(50)]
        self.client.run(ADJUST, lines)
        self.assertEqual(50, self.now())


class Effects(FakeShopTest):
    def test_set_quantities(self):
        item, location, quantity = self.level()
        for name, value, delta in ("available", 77, 77 - quantity), \
                ("available", 77, None):
            payload = self.root(SET, {"key": str(uuid.uuid4()), "input": {
                "name": name, "reason": "correction", "quantities": [
                    {"inventoryItemId": item, "locationId": location,
                     "quantity": value, "changeFromQuantity": None}]}})
            self.assertEqual([], payload["userErrors"])
            group = payload["inventoryAdjustmentGroup"]
            self.assertEqual(delta, group and group["changes"][0]["delta"])
        self.assertEqual(77, self.available(item, location))
        variant = self.data("""query($id: ID!) { inventoryItem(id: $id) {
            variant { inventoryQuantity } inventoryLevels(first: 4) { nodes {
              quantities(names: ["available"]) { quantity } } } } }""",
                            {"id": item})["inventoryItem"]
        total = sum(one["quantities"][0]["quantity"]
                    for one in variant["inventoryLevels"]["nodes"])
        self.assertEqual(total, variant["variant"]["inventoryQuantity"])

    def test_activate(self):
        found = self.data("""{ locations(first: 4) { nodes { id } }
            inventoryItems(first: 30) { nodes { id
              inventoryLevels(first: 4) { nodes { location { id } } } } } }""")
        locations = {one["id"] for one in found["locations"]["nodes"]}
        for item in found["inventoryItems"]["nodes"]:
            free = locations - {one["location"]["id"] for one
                                in item["inventoryLevels"]["nodes"]}
            if free:
                break
        text = """mutation($item: ID!, $location: ID!, $n: Int,
                $key: String!) {
            inventoryActivate(inventoryItemId: $item, locationId: $location,
                available: $n) @idempotent(key: $key) {
              inventoryLevel { id isActive }
              userErrors { field message } } }"""
        asked = {"item": item["id"], "location": free.pop(), "n": 5}
        payload = self.root(text, {**asked, "key": "a"})
        self.assertEqual([], payload["userErrors"])
        self.assertEqual(5, self.available(asked["item"], asked["location"]))
        self.assertEqual(1, len(self.root(text, {**asked, "key": "b"})
                                ["userErrors"]))

    def test_metafields(self):
        (product, _), *_ = self.products()
        one = {"ownerId": product, "namespace": "custom", "key": "material",
               "type": "single_line_text_field", "value": "wool"}
        (set_,) = self.root(METAFIELDS, {"metafields": [one]})["metafields"]
        stale = {**one, "value": "silk", "compareDigest": None}
        self.assertEqual(["STALE_OBJECT"], self.codes(
            self.root(METAFIELDS, {"metafields": [stale]})))
        fresh = {**stale, "compareDigest": set_["compareDigest"]}
        self.root(METAFIELDS, {"metafields": [fresh]})
        read = """query($id: ID!) { product(id: $id) {
            metafield(namespace: "custom", key: "material") { id value }
            metafields(first: 20) { nodes { id } } } }"""
        seen = self.data(read, {"id": product})["product"]
        self.assertEqual({"id": set_["id"], "value": "silk"},
                         seen["metafield"])
        self.assertIn({"id": set_["id"]}, seen["metafields"]["nodes"])
        # All or nothing.
        wrong = {**one, "key": "weight", "type": "number_integer",
                 "value": "heavy"}
        payload = self.root(METAFIELDS, {"metafields": [
            {**one, "value": "linen"}, wrong]})
        self.assertEqual((["INVALID_VALUE"], 1), (
            self.codes(payload), payload["userErrors"][0]["elementIndex"]))
        self.assertIsNone(payload["metafields"])
        self.assertEqual("silk", self.data(read, {"id": product})["product"]
                         ["metafield"]["value"])
        self.assertEqual(["MAX_INPUT_SIZE_EXCEEDED"], self.error_codes(
            self.ask(METAFIELDS, {"metafields": [one] * 26})))
        gone = self.root("""mutation($m: [MetafieldIdentifierInput!]!) {
            metafieldsDelete(metafields: $m) { deletedMetafields { key }
              userErrors { message } } }""", {"m": [
                  {"ownerId": product, "namespace": "custom", "key": key}
                  for key in ("material", "never")]})
        self.assertEqual([{"key": "material"}, None],
                         gone["deletedMetafields"])
        self.assertIsNone(self.data(read, {"id": product})["product"]
                          ["metafield"])

    def test_tags(self):
        for kind in "product", "customer", "order":
            one = self.data(f"{{ {kind}s(first: 1) {{ nodes {{ id tags }} }} "
                            "}")[kind + "s"]["nodes"][0]
            both = """mutation($id: ID!) {
                tagsAdd(id: $id, tags: ["zz", "ZZ", "yy"]) {
                  node { id } userErrors { message } }
                tagsRemove(id: $id, tags: ["yy"]) {
                  userErrors { message } } }"""
            self.data(both, {"id": one["id"]})
            after = self.data("query($id: ID!) { node(id: $id) { ... on "
                              f"{kind.title()} {{ tags }} }} }}",
                              {"id": one["id"]})["node"]["tags"]
            self.assertEqual(sorted(one["tags"] + ["zz"]), after)

    def test_publish(self):
        (product, _), *_ = self.products()
        found = self.data("{ publications(first: 1) { nodes { id } } }")
        publication = found["publications"]["nodes"][0]["id"]
        read = """query($id: ID!, $p: ID!) {
            product(id: $id) { publishedOnPublication(publicationId: $p)
              resourcePublicationsV2(first: 20) { nodes { isPublished
                publication { id } } } }
            publication(id: $p) { includedProducts(first: 20) {
              nodes { id } } } }"""
        for verb, is_on in ("Publish", True), ("Unpublish", False), \
                ("Publish", True):
            payload = self.root(f"""mutation($id: ID!, $p: ID!) {{
                publishable{verb}(id: $id, input: [{{publicationId: $p}}]) {{
                  publishable {{ publishedOnPublication(publicationId: $p) }}
                  userErrors {{ field message }} }} }}""",
                                {"id": product, "p": publication})
            self.assertEqual([], payload["userErrors"])
            seen = self.data(read, {"id": product, "p": publication})
            rows = [one["isPublished"] for one in seen["product"]
                    ["resourcePublicationsV2"]["nodes"]
                    if one["publication"]["id"] == publication]
            self.assertEqual([True] if is_on else [], rows)
            self.assertEqual(is_on,
                             seen["product"]["publishedOnPublication"])
            self.assertEqual(is_on, {"id": product} in
                             seen["publication"]["includedProducts"]["nodes"])

    def test_products(self):
        (product, _), *_ = self.products()
        payload = self.root(PRODUCT, {"product": {
            "id": product, "title": "New", "seo": {"title": None},
            "descriptionHtml": "<p>a &amp; b</p>", "tags": ["b", "a"]}})
        self.assertEqual([], payload["userErrors"])
        seen = self.data("""query($id: ID!) { product(id: $id) { title tags
            description seo { title } variants(first: 1) { nodes {
              displayName } } } }""", {"id": product})["product"]
        self.assertEqual(("New", ["a", "b"], None), (
            seen["title"], seen["tags"], seen["seo"]["title"]))
        self.assertTrue(seen["variants"]["nodes"][0]["displayName"]
                        .startswith("New - "))
        for wrong in {"id": product, "title": " "}, \
                {"id": product + "0", "title": "x"}:
            payload = self.root(PRODUCT, {"product": wrong})
            self.assertEqual(1, len(payload["userErrors"]))
            self.assertIsNone(payload["product"])

    def test_create_and_delete(self):
        create = """mutation($product: ProductCreateInput!) {
            productCreate(product: $product) { product { id title
              variants(first: 5) { nodes { id price } } }
              shop { id } userErrors { message } } }"""
        first, second = (self.root(create, {"product": {"title": "One"}})
                         for _ in "12")
        self.assertNotEqual(first["product"]["id"], second["product"]["id"])
        self.assertEqual(1, len(first["product"]["variants"]["nodes"]))
        delete = """mutation($id: ID!) { productDelete(input: {id: $id}) {
            deletedProductId userErrors { message } } }"""
        gone = {"id": first["product"]["id"]}
        self.assertEqual(gone["id"],
                         self.root(delete, gone)["deletedProductId"])
        self.assertEqual(1, len(self.root(delete, gone)["userErrors"]))

    def test_product_set(self):
        text = """mutation($id: ProductSetIdentifiers, $input:
              ProductSetInput!) {
            productSet(identifier: $id, input: $input) { product { id title
              variants(first: 5) { nodes { id sku price
                selectedOptions { name value } } } }
              userErrors { field message code } } }"""
        value = {"title": "Set", "variants": [
            {"sku": name, "price": "3", "optionValues": [
                {"optionName": "Size", "name": name}]} for name in "SM"]}
        first = self.root(text, {"id": {"handle": "set"}, "input": value})
        self.assertEqual([], first["userErrors"])
        nodes = first["product"]["variants"]["nodes"]
        self.assertEqual(["S", "M"], [one["sku"] for one in nodes])
        # The same again; then a variant less.
        again = self.root(text, {"id": {"handle": "set"}, "input": value})
        self.assertEqual(first, again)
        del value["variants"][0]
        less = self.root(text, {"id": {"handle": "set"}, "input": value})
        self.assertEqual(nodes[1:], less["product"]["variants"]["nodes"])
        answer = self.ask(text, {"id": {"handle": "x", "id": "y"},
                                 "input": value})
        self.assertEqual(["INVALID_VARIABLE"], self.error_codes(answer))

    def test_customers(self):
        one = self.data("{ customers(first: 1) { nodes { id lastName } } }")[
            "customers"]["nodes"][0]
        text = """mutation($input: CustomerInput!) {
            customerUpdate(input: $input) { customer { displayName note }
              userErrors { field message } } }"""
        payload = self.root(text, {"input": {
            "id": one["id"], "firstName": "Zoé", "note": None}})
        self.assertEqual({"displayName": f"Zoé {one['lastName']}",
                          "note": None}, payload["customer"])
        payload = self.root(text, {"input": {"id": one["id"],
                                             "email": "nobody"}})
        self.assertEqual(["Email is invalid"], [
            error["message"] for error in payload["userErrors"]])

    def test_metaobjects(self):
        text = """mutation($handle: MetaobjectHandleInput!,
                $metaobject: MetaobjectUpsertInput!) {
            metaobjectUpsert(handle: $handle, metaobject: $metaobject) {
              metaobject { id handle type fields { key value } }
              userErrors { field message code } } }"""
        found = self.data("""{ metaobjectDefinitions(first: 1) { nodes {
            type } } }""")["metaobjectDefinitions"]["nodes"][0]
        handle = {"type": found["type"], "handle": "my-own"}
        first = self.root(text, {"handle": handle, "metaobject": {
            "fields": [{"key": "a", "value": "1"}]}})["metaobject"]
        second = self.root(text, {"handle": handle, "metaobject": {
            "fields": [{"key": "b", "value": "2"}]}})["metaobject"]
        self.assertEqual(first["id"], second["id"])
        self.assertEqual([{"key": "a", "value": "1"},
                          {"key": "b", "value": "2"}], second["fields"])
        listed = self.data("""{ metaobjectDefinitions(first: 1) { nodes {
            metaobjects(first: 50) { nodes { id } } } } }""")
        self.assertIn({"id": first["id"]}, listed["metaobjectDefinitions"]
                      ["nodes"][0]["metaobjects"]["nodes"])
        payload = self.root(text, {"handle": {"type": "none", "handle": "x"},
                                   "metaobject": {}})
        self.assertEqual(["UNDEFINED_OBJECT_TYPE"], self.codes(payload))

    def test_the_oracle_gets_the_changes(self):
        (product, _), *_ = self.products()
        self.root(TAGS, {"id": product, "tags": ["zz"]})
        oracle = World.oracle()
        oracle.ask(cmd="changes", body={
            "store": "acme", "changes": self.shop.get("changes?store=acme")})
        self.addCleanup(lambda: oracle.ask(cmd="reset"))
        plan = oracle.ask(cmd="expect", store="acme", query="""{ products {
            edges { node { id tags } } } }""")
        self.assertEqual(1, json.dumps(plan).count('zz'))


class Requests(FakeShopTest):
    def test_the_rate_limit(self):
        self.shop.set(bucket_maximum=25, bucket_restore=0)
        (product, _), *_ = [("gid://shopify/Product/1", None)]
        answers = [self.ask(TAGS, {"id": product, "tags": []})
                   for _ in range(3)]
        self.assertEqual(["THROTTLED"], self.error_codes(answers[2]))
        self.assertEqual(2, len(self.shop.ledger()))
        self.assertEqual(10, answers[0]["extensions"]["cost"]
                         ["actualQueryCost"])

    def test_bad_variables(self):
        answer = self.ask(TAGS, {"id": "1", "tags": []})
        (error,) = answer["errors"]
        self.assertEqual("INVALID_VARIABLE", error["extensions"]["code"])
        self.assertEqual([{"path": [], "explanation":
                           "Invalid global id '1'"}],
                         error["extensions"]["problems"])
        self.assertEqual([], self.shop.ledger())

    def test_requests_in_flight(self):
        self.shop.set(latency_ms=100)
        threads = [threading.Thread(target=self.ask, args=(
            TAGS, {"id": "gid://shopify/Product/1", "tags": []}))
            for _ in range(4)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        self.assertLess(1, self.shop.get("flight")["acme"]["most"])

    def test_introspection_knows_one_of(self):
        found = self.data("""{ a: __type(name: "ProductSetIdentifiers") {
            isOneOf } b: __type(name: "ProductInput") { isOneOf }
            c: __type(name: "Product") { isOneOf } }""")
        self.assertEqual([True, False, None],
                         [one["isOneOf"] for one in found.values()])
