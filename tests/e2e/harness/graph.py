"""The fake graph server: several paged GraphQL APIs in one Node process."""
import json
import os
import urllib.error
import urllib.request

from harness.store import E2E, NOW, SIZES, Fake

FAKEGRAPH = os.path.join(os.path.dirname(E2E), "fakegraph", "fakegraph.js")

# APIs that the program has a preset for.
PRESETS = ("github", "saleor", "linear", "infrahub")

SECTION = """
[source {name}]
{preset}url = {url}
header.{header} = {value}
{more}
"""


class Answer:
    """An answer of an API: status, headers, text, and the JSON in it."""

    def __init__(self, status, headers, text):
        self.status = status
        self.headers = headers
        self.text = text

    @property
    def json(self):
        return json.loads(self.text)

    @property
    def data(self):
        return self.json["data"]

    @property
    def errors(self):
        return self.json.get("errors")


class FakeGraph(Fake):
    """The fake APIs, with their control interface and a client of them."""

    def __init__(self, arguments=()):
        super().__init__(["node", FAKEGRAPH, "--exit-with-stdin",
                          "--now", NOW, "--seed", str(SIZES["seed"]),
                          *arguments])
        self.elsewhere = self.ready["elsewhere"]
        self.apis = {api["name"]: api for api in self.ready["apis"]}

    def ask(self, api, query, variables=None, path="", headers=None):
        """Send a query with the API's credentials, as a client does."""
        where = self.apis[api]
        request = urllib.request.Request(
            where["url"] + path,
            json.dumps({"query": query, "variables": variables}).encode(),
            {"Content-Type": "application/json",
             where["header"]: where["credentials"], **(headers or {})})
        try:
            with urllib.request.urlopen(request) as answer:
                return Answer(answer.status, answer.headers,
                              answer.read().decode())
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, error.headers,
                              error.read().decode())

    def schema(self, api):
        """The API's schema, as type definitions."""
        where = self.apis[api]
        request = urllib.request.Request(
            f"{self.endpoint}/{api}/schema.graphql",
            headers={where["header"]: where["credentials"]})
        with urllib.request.urlopen(request) as answer:
            return answer.read().decode()

    def flight(self, api):
        """{now, most, requests}: the requests in flight."""
        return self.get("flight")[api]

    def give(self, api, place, kind, rows):
        """Let a place have exactly these rows."""
        return self.post("data", {"api": api, "place": place, "type": kind,
                                  "rows": rows})

    def section(self, program, api, name=None, more=""):
        """The section of bulkpg.ini for an API. The secret goes into the
        program's environment."""
        where = self.apis[api]
        variable = "GRAPH_" + api.upper()
        program.environment[variable] = where["token"]
        url = where["url"]
        if api == "infrahub":
            url += "/{branch}"
        return SECTION.format(
            name=name or api, url=url, more=more,
            preset=f"preset = {api}\n" if api in PRESETS else "",
            header="-".join(part.capitalize() for part
                            in where["header"].split("-")),
            value=where["credentials"].replace(where["token"],
                                               "env:" + variable))
