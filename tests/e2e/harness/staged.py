"""A client of the fake store that uploads files and runs bulk mutations, for
tests of the fake store itself."""
import http.client
import json
import re
import time
import urllib.parse
import urllib.request

from harness.program import LAST_RESORT

STAGE = """mutation($input: [StagedUploadInput!]!) {
  stagedUploadsCreate(input: $input) {
    stagedTargets { url resourceUrl parameters { name value } }
    userErrors { field message } } }"""

RUN = """mutation($mutation: String!, $path: String!, $client: String) {
  bulkOperationRunMutation(mutation: $mutation, stagedUploadPath: $path,
      clientIdentifier: $client) {
    bulkOperation { id status type query }
    userErrors { field message code } } }"""

POLL = """query($id: ID!) { bulkOperation(id: $id) {
  id type status errorCode objectCount rootObjectCount fileSize url
  partialDataUrl completedAt query } }"""

BOUNDARY = "----staged7MA4YWxkTrZu0gW"


def form(fields, content, name="file"):
    """A form's body: the fields in their order, then the file."""
    parts = [f"--{BOUNDARY}\r\nContent-Disposition: form-data; "
             f'name="{key}"\r\n\r\n{value}\r\n' for key, value in fields]
    parts.append(f"--{BOUNDARY}\r\nContent-Disposition: form-data; "
                 f'name="{name}"; filename="x.jsonl"\r\n'
                 "Content-Type: text/jsonl\r\n\r\n")
    return ("".join(parts).encode() + content
            + f"\r\n--{BOUNDARY}--\r\n".encode())


class Reply:
    """What the host of uploads answered."""

    def __init__(self, status, headers, text):
        self.status = status
        self.headers = headers
        self.text = text

    @property
    def code(self):
        return re.search("<Code>(.*)</Code>", self.text).group(1)


class Target:
    """A staged target."""

    def __init__(self, url, resource_url, parameters):
        self.url = url
        self.resource_url = resource_url
        self.fields = [(one["name"], one["value"]) for one in parameters]
        self.values = dict(self.fields)

    @property
    def path(self):
        return self.values["key"]

    def send(self, body, method="POST", headers=None):
        url = urllib.parse.urlsplit(self.url)
        connection = http.client.HTTPConnection(url.netloc)
        path = (url.path or "/") + ("?" + url.query if url.query else "")
        try:
            connection.request(method, path, body, headers if headers
                               is not None else {
                "Content-Type":
                    f"multipart/form-data; boundary={BOUNDARY}"})
            answer = connection.getresponse()
            return Reply(answer.status, answer.headers,
                         answer.read().decode())
        finally:
            connection.close()

    def upload(self, content):
        if isinstance(content, str):
            content = content.encode()
        return self.send(form(self.fields, content))


class Client:
    """Uploads lines, runs bulk mutations, reads results."""

    def __init__(self, shop, store="acme"):
        self.shop = shop
        self.store = store

    def ask(self, query, variables=None, **how):
        return self.shop.ask(query, variables, self.store, **how)

    def target(self, method="POST"):
        asked = {"resource": "BULK_MUTATION_VARIABLES",
                 "filename": "x.jsonl", "mimeType": "text/jsonl"}
        if method:
            asked["httpMethod"] = method
        answer = self.ask(STAGE, {"input": [asked]})
        (one,) = answer["data"]["stagedUploadsCreate"]["stagedTargets"]
        return Target(one["url"], one["resourceUrl"], one["parameters"])

    def staged(self, lines):
        """Upload lines; returns the target."""
        target = self.target()
        target.upload("".join(
            (one if isinstance(one, str) else json.dumps(one)) + "\n"
            for one in lines))
        return target

    def submit(self, mutation, path, client=None, **how):
        answer = self.ask(RUN, {"mutation": mutation, "path": path,
                                "client": client}, **how)
        return answer["data"]["bulkOperationRunMutation"]

    def begin(self, mutation, lines, **how):
        """Upload lines and run the mutation; returns the operation's id."""
        answer = self.submit(mutation, self.staged(lines).path, **how)
        if answer["userErrors"]:
            raise AssertionError(answer["userErrors"])
        return answer["bulkOperation"]["id"]

    def poll(self, operation):
        return self.ask(POLL, {"id": operation})["data"]["bulkOperation"]

    def wait(self, operation, *statuses):
        """Poll until the operation has one of these statuses, by default
        until it has ended."""
        end = time.monotonic() + LAST_RESORT
        while True:
            seen = self.poll(operation)
            if (seen["status"] in statuses if statuses else seen["status"]
                    not in ("CREATED", "RUNNING", "CANCELING")):
                return seen
            if time.monotonic() > end:
                raise AssertionError(f"it did not happen: {seen}")
            time.sleep(0.01)

    def raw(self, url):
        with urllib.request.urlopen(url) as answer:
            return answer.read().decode()

    def lines(self, url):
        return [json.loads(line) for line in self.raw(url).splitlines()]

    def run(self, mutation, lines, **how):
        """The lines of the result of a bulk mutation, by number."""
        done = self.wait(self.begin(mutation, lines, **how))
        if done["status"] != "COMPLETED":
            raise AssertionError(done)
        return {one["__lineNumber"]: one for one in self.lines(done["url"])}
