#!/usr/bin/env python3
"""Draw and list the tables of the ready queries. Standard input has one line
per query, from `bulkpg plan --json`.

    scripts/document-tables.py          writes docs/tables.svg, and the lists
                                        between the marks in docs/tables.md
    scripts/document-tables.py --check  fails (1) if they differ

`make tables` runs it.
"""
import json
import pathlib
import sys
from collections import defaultdict
from xml.sax.saxutils import escape

DOCS = pathlib.Path(__file__).resolve().parent.parent / "docs"
BEGIN = "<!-- lists: made by scripts/document-tables.py -->\n"
END = "<!-- end of lists -->\n"

# The order of the areas and queries; other queries come last.
AREAS = [
    ("Catalog", ["products", "variants", "variant_media",
                 "product_attributes", "collections", "collection_order",
                 "inventory", "locations", "files", "metaobjects"]),
    ("Orders", ["orders", "sales", "returns", "refund_line_items",
                "fulfillment_orders", "order_metafields", "order_journeys",
                "order_risks", "tender_transactions", "payouts", "disputes",
                "draft_orders", "draft_order_metafields",
                "abandoned_checkouts"]),
    ("Customers", ["customers", "customer_metafields", "companies",
                   "company_metafields", "gift_cards",
                   "subscription_contracts", "selling_plans"]),
    ("Selling", ["discounts", "discount_metafields", "price_lists",
                 "catalogs", "markets", "publications"]),
    ("Content", ["pages", "blogs", "articles"]),
]


class References:
    """Finds the table that a column's ids refer to."""

    def __init__(self, plans):
        self.homes = {}
        by_name = defaultdict(set)
        for plan in plans:
            for table in plan["tables"]:
                if not table["skip"]:
                    self._look_at(table, by_name)
        # If the type of a column's ids is not known, its name decides.
        self.by_name = {name: types.pop() for name, types in by_name.items()
                        if len(types) == 1}

    def _look_at(self, table, by_name):
        """The home of a type is its table with the most columns, if that table
        has the column `id`."""
        names = [column["name"] for column in table["columns"]]
        best = self.homes.get(table["graphql_type"])
        if "id" in names and (best is None or len(names) > best[0]):
            self.homes[table["graphql_type"]] = len(names), table["name"]
        for column in table["columns"]:
            if column["id_of"] and column["name"].endswith("_id"):
                by_name[column["name"]].add(column["id_of"])

    def of(self, table, column):
        """The other table's name, or None."""
        name = column["name"]
        kind = column["id_of"] or (self.by_name.get(name)
                                   if column["type"] == "bigint" else None)
        home = self.homes.get(kind)
        if name == "id" or home is None or (
                home[1] == table["name"] and kind == table["graphql_type"]
                and name in table["key"]):
            return None
        return home[1]


def areas(plans):
    by_job = {plan["job"]: plan for plan in plans}
    for name, jobs in AREAS:
        yield name, [by_job.pop(job) for job in jobs if job in by_job]
    if by_job:
        yield "More", list(by_job.values())


# ---- the lists -------------------------------------------------------------

def grain(table, by_name):
    if table["parent"] is None:
        return f"`{table['graphql_type']}`"
    parent = by_name[table["parent"]]["graphql_type"]
    return f"`{table['graphql_type']}` of `{parent}`"


def joins(table, references):
    return ", ".join(
        f"`{column['name']}` → `{other}`" for column in table["columns"]
        if (other := references.of(table, column)))


def list_job(plan, references):
    by_name = {table["name"]: table for table in plan["tables"]}
    kind = "changes" if plan["incremental"] else "everything"
    lines = [f"**{plan['job']}**: loads {kind} in each run", "",
             "| table | one row per | key | joins |", "|---|---|---|---|"]
    for table in plan["tables"]:
        if not table["skip"]:
            key = ", ".join(f"`{name}`" for name in table["key"])
            lines.append(f"| `{table['name']}` | {grain(table, by_name)} | "
                         f"{key} | {joins(table, references)} |")
    return lines + [""]


def lists(plans, references):
    lines = []
    for name, some in areas(plans):
        lines += [f"### {name}", ""]
        for plan in some:
            lines += list_job(plan, references)
    return "\n".join(lines)


# ---- the picture -----------------------------------------------------------

BOX = 250          # of a table
TEXT = 36          # letters that fit into it
GAP = 36           # between a table and its children
ROW = 15
HEAD = 20
SPACE = 10         # between tables
EDGE = 12          # inside a panel
TITLE = 24
TRACK = BOX + GAP  # the width of one level of a panel's tree
TRACKS = 5
WIDTH = TRACKS * TRACK + EDGE
STYLE = """
  text { white-space: pre; font: 11px Verdana, 'DejaVu Sans', sans-serif; fill: #1d2433; }
  .area { font-size: 17px; font-weight: bold; }
  .job { font-size: 12px; font-weight: bold; fill: #4a5670; }
  .name { font-weight: bold; }
  .key { fill: #8a5a00; }
  .other { fill: #1f5fa8; }
  .more { fill: #7a8499; font-style: italic; }
  .panel { fill: #f4f6fa; stroke: #d5dbe6; }
  .box { fill: #ffffff; stroke: #8b96aa; }
  .head { fill: #e3e9f3; stroke: #8b96aa; }
  .line { fill: none; stroke: #8b96aa; }
"""


class Panel:
    """One job: its tables as trees from left to right."""

    def __init__(self, plan, references):
        self.plan = plan
        self.references = references
        self.tables = plan["tables"]
        self.children = defaultdict(list)
        for table in self.tables:
            self.children[table["parent"]].append(table)
        self.out = []
        self.tracks = max(self.depth(table) for table in self.tables)
        self.width = self.tracks * TRACK - EDGE
        below = TITLE
        for root in self.children[None]:
            below += self.place(root, EDGE, below)
        self.height = below + EDGE - SPACE

    def depth(self, table):
        parent = next((one for one in self.tables
                       if one["name"] == table["parent"]), None)
        return 1 + (self.depth(parent) if parent else 0)

    def rows(self, table):
        """The rows of a table's box: (class, text)."""
        rows = []
        rest = 0
        for column in table["columns"]:
            name = column["name"]
            other = self.references.of(table, column)
            if name in table["key"] or other:
                kind = "key" if name in table["key"] else "other"
                rows += [(kind, text) for text in self.shown(
                    name, None if other == table["parent"] else other)]
            else:
                rest += not name.startswith("_")
        if rest > 0:
            rows.append(("more", f"and {rest} more"))
        return rows

    @staticmethod
    def shown(name, other):
        """A column and the table it refers to. The parent is not named, because
        a line leads to it."""
        if other is None:
            return [name]
        text = f"{name} → {other}"
        return [text] if len(text) <= TEXT else [name, f"    → {other}"]

    def place(self, table, x, y):
        """Draw a table and its children; returns their height."""
        rows = [] if table["skip"] else self.rows(table)
        height = HEAD + ROW * len(rows) + (6 if rows else 0)
        self.box(table, rows, x, y, height)
        below = y
        for child in self.children[table["name"]]:
            self.line(x + BOX, y + HEAD / 2, below + HEAD / 2)
            below += self.place(child, x + BOX + GAP, below)
        return max(height + SPACE, below - y)

    def box(self, table, rows, x, y, height):
        dash = ' stroke-dasharray="3 3"' if table["skip"] else ""
        name = table["name"] + (" (no table)" if table["skip"] else "")
        self.out += [
            f'<rect class="box" x="{x}" y="{y}" width="{BOX}" '
            f'height="{height}"{dash}/>',
            f'<rect class="head" x="{x}" y="{y}" width="{BOX}" '
            f'height="{HEAD}"{dash}/>',
            f'<text class="name" x="{x + 7}" y="{y + 14}">{escape(name)}'
            "</text>"]
        for at, (kind, text) in enumerate(rows):
            self.out.append(
                f'<text class="{kind}" x="{x + 7}" '
                f'y="{y + HEAD + ROW * (at + 1)}">{escape(text)}</text>')

    def line(self, x, y, to):
        """Draw a line from one row to many."""
        middle, end = x + GAP / 2, x + GAP
        self.out.append(
            f'<path class="line" d="M{x} {y}H{middle}V{to}H{end}'
            f'M{end - 8} {to}L{end} {to - 5}M{end - 8} {to}L{end} {to + 5}"/>')

    def svg(self, x, y):
        return ([f'<g transform="translate({x} {y})">',
                 f'<rect class="panel" width="{self.width}" '
                 f'height="{self.height}" rx="6"/>',
                 f'<text class="job" x="{EDGE}" y="17">'
                 f'{escape(self.plan["job"])}.graphql</text>']
                + self.out + ["</g>"])


def lay_out(panels):
    """Place panels as high as there is room, tall ones first; returns
    [(panel, x, y)] and the total height."""
    heights = [0] * TRACKS
    placed = []
    for panel in sorted(panels, key=lambda one: -one.height):
        y, at = min((max(heights[at:at + panel.tracks]), at)
                    for at in range(TRACKS - panel.tracks + 1))
        placed.append((panel, EDGE + at * TRACK, y))
        heights[at:at + panel.tracks] = [y + panel.height + EDGE] \
            * panel.tracks
    return placed, max(heights)


def picture(plans, references):
    out = []
    y = 10
    for name, some in areas(plans):
        y += 24
        out.append(f'<text class="area" x="{EDGE}" y="{y}">{name}</text>')
        y += 12
        placed, height = lay_out([Panel(plan, references) for plan in some])
        for panel, x, down in placed:
            out += panel.svg(x, y + down)
        y += height
    head = (f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" '
            f'height="{y}" viewBox="0 0 {WIDTH} {y}">\n'
            "<title>The tables of the ready queries</title>\n"
            f"<style>{STYLE}</style>\n"
            f'<rect width="{WIDTH}" height="{y}" fill="#ffffff"/>\n')
    return head + "\n".join(out) + "\n</svg>\n"


# ---- files -----------------------------------------------------------------

def with_lists(page, text):
    before, rest = page.split(BEGIN)
    return before + BEGIN + "\n" + text + "\n" + END + rest.split(END)[1]


def main():
    plans = [json.loads(line) for line in sys.stdin]
    references = References(plans)
    page = DOCS / "tables.md"
    wanted = {DOCS / "tables.svg": picture(plans, references),
              page: with_lists(page.read_text(encoding="utf-8"),
                               lists(plans, references))}
    stale = [path for path, text in wanted.items()
             if not path.exists() or path.read_text(encoding="utf-8") != text]
    if sys.argv[1:] == ["--check"]:
        for path in stale:
            print(f"{path.name} differs from the queries. Run make tables.")
        sys.exit(1 if stale else 0)
    for path in stale:
        path.write_text(wanted[path], encoding="utf-8")


if __name__ == "__main__":
    main()
