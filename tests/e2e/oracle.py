"""Compares the database with the tables that a query must produce.

oracle/*.js computes the tables and their rows from the query and the nested
data. This file gives them PostgreSQL's types, keeps the last row of each key,
and turns ids into numbers if the column is bigint.
"""
import json
import re
from collections import Counter, defaultdict
from datetime import date, datetime, timezone
from decimal import Decimal

GID = re.compile(r"gid://shopify/([A-Za-z0-9_]+)/(\d+)")
BIGINT = 2 ** 63

# Columns whose values are not compared.
SILENT = {"_hash", "_loaded_at"}


class Wrong(AssertionError):
    """The database differs from the expected tables."""


class Choice:
    """A column may have any of these types."""

    def __init__(self, *types):
        self.types = types

    def __str__(self):
        return " or ".join(self.types)


def fits(wanted, actual):
    types = wanted.types if isinstance(wanted, Choice) else (wanted,)
    return actual in types


def numbers(gids):
    """True if a column of these gids is bigint: all have the same type, and
    each ends with a number that fits."""
    types = set()
    for gid in gids:
        match = GID.fullmatch(gid)
        if match is None or int(match[2]) >= BIGINT:
            return False
        types.add(match[1])
    return len(types) <= 1


def instant(text):
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return moment.astimezone(timezone.utc) if moment.tzinfo else \
        moment.replace(tzinfo=timezone.utc)


def canonical(value):
    """A JSON value in which numbers compare by value, as PostgreSQL does."""
    if isinstance(value, dict):
        return {key: canonical(one) for key, one in value.items()}
    if isinstance(value, list):
        return [canonical(one) for one in value]
    if isinstance(value, (int, float, Decimal)) \
            and not isinstance(value, bool):
        return Decimal(repr(value) if isinstance(value, float) else value)
    return value


def convert(value, kind):
    """The value of a result as a column of this type stores it."""
    if value is None:
        return None
    if kind in ("integer", "bigint"):
        return int(value)
    if kind == "numeric":
        return Decimal(repr(value) if isinstance(value, float)
                       else str(value))
    if kind == "double precision":
        return float(value)
    if kind == "timestamp with time zone":
        return instant(value)
    if kind == "date":
        return date.fromisoformat(value)
    if kind == "jsonb":
        return canonical(value)
    if kind == "boolean":
        return value in (True, "true")
    return value if isinstance(value, str) else json.dumps(value)


def gid_as(gid, kind):
    return gid if gid is None or kind == "text" \
        else int(GID.fullmatch(gid)[2])


# ---- the expected tables ---------------------------------------------------

class Table:
    """An expected table: name, columns {name: type}, key, rows (dicts)."""

    def __init__(self, name, path=""):
        self.name = name
        self.path = path
        self.columns = {}
        self.key = []
        self.rows = []
        self.indexes = []
        self.optional = set()
        # True if the order of the rows depends on the order of the lines.
        self.is_shuffled = False


def is_gid(column):
    """True if the column has the numbers of gids, and becomes text if the gids
    need it. A column with type: "bigint" is one, too."""
    return column.get("isId") and (not column.get("given")
                                   or column["type"] == "bigint")


def id_columns(planned, rows, choose):
    """The type of each id column of one table, according to its data."""
    types = {}
    for column in planned["columns"]:
        if not is_gid(column):
            continue
        kind = column["type"]
        if kind == "bigint" and column["either"] and not column.get("given"):
            kind = choose(column["name"])
        gids = [row["values"][column["name"]] for row in rows]
        if kind == "bigint" and not numbers(g for g in gids if g):
            kind = "text"
        types[column["name"]] = kind
    return types


def parent_type(plan, at, parent_ids, choose):
    """The type of `_parent_id`, which is the type of the parent's id."""
    parent = plan["tables"][plan["tables"][at]["parent"]]
    ids = [c for c in parent["columns"] if c["keys"] == ["id"]]
    if ids and not parent["skip"] and not ids[0].get("given"):
        return parent_ids[ids[0]["name"]]
    # The parent has no id column: the type follows from the gids.
    gids = [row["parent"] for row in plan["rows"][at]]
    if not numbers(gids):
        return "text"
    return choose(plan["tables"][at]["parentColumn"])


def expected_tables(plan, actual_types):
    """The tables by name. `actual_types` {table: {column: type}} decides if
    two types are possible."""
    out = {}
    ids = []
    for at, planned in enumerate(plan["tables"]):
        rows = plan["rows"][at]
        choose = (actual_types.get(planned["name"], {})).get
        own = id_columns(planned, rows, choose)
        ids.append(own)
        if planned["skip"]:
            continue
        table = Table(planned["name"], planned["path"])
        out[table.name] = table
        has_parent = planned["parent"] is not None
        parent_column = planned["parentColumn"]
        if has_parent:
            table.columns[parent_column] = parent_type(
                plan, at, ids[planned["parent"]], choose)
        for column in planned["columns"]:
            table.columns[column["name"]] = own.get(column["name"],
                                                    column["type"])
            if column["index"]:
                table.indexes.append(column["name"])
        add_key(table, planned, has_parent, parent_column)
        if planned["hasPosition"]:
            table.columns["_position"] = "integer"
        if planned["isAbstract"]:
            table.columns["_typename"] = "text"
        if plan["deletes"] == "SOFT":
            table.columns["_deleted_at"] = "timestamp with time zone"
        table.columns["_hash"] = "bigint"
        table.columns["_loaded_at"] = "timestamp with time zone"
        fill(table, planned, rows, has_parent)
    return out


def add_key(table, planned, has_parent, parent_column):
    table.key = [parent_column] if has_parent else []
    if planned["key"]:
        table.key += planned["key"]
    elif planned["hasId"]:
        names = [c["name"] for c in planned["columns"] if c["keys"] == ["id"]]
        table.key.append(names[0] if names else "id")
        if has_parent:
            table.indexes.append(table.key[-1])
    else:
        table.columns["_ordinal"] = Choice("integer", "bigint")
        table.key.append("_ordinal")


def fill(table, planned, rows, has_parent):
    by_key = {}
    positions = Counter()
    kinds = {c["name"]: c for c in planned["columns"]}
    if planned["kind"] == "list":
        rows = last_parents_only(rows)
    for row in rows:
        out = {}
        if has_parent:
            name = planned["parentColumn"]
            out[name] = gid_as(row["parent"], table.columns[name])
        for name, column in kinds.items():
            kind = table.columns[name]
            value = row["values"][name]
            out[name] = gid_as(value, kind) if is_gid(column) \
                else convert(value, kind)
        if planned["isAbstract"]:
            out["_typename"] = row["typename"]
        if "_deleted_at" in table.columns:
            out["_deleted_at"] = None
        if "_ordinal" in table.columns:
            out["_ordinal"] = positions[row["parent"]]
            positions[row["parent"]] += 1
            table.is_shuffled = table.is_shuffled or \
                row["ordinal"] != out["_ordinal"]
        key = tuple(out[name] for name in table.key)
        # If a key appears twice, the last line decides its position.
        table.is_shuffled = table.is_shuffled or \
            "_position" in table.columns and key in by_key
        by_key.pop(key, None)
        by_key[key] = out
    table.rows = list(by_key.values())
    if "_position" in table.columns:
        number(table, planned["parentColumn"] if has_parent else None)


def number(table, parent):
    """Number the remaining rows of each parent."""
    positions = Counter()
    for row in table.rows:
        row["_position"] = positions[row.get(parent)]
        positions[row.get(parent)] += 1


def last_parents_only(rows):
    """If a parent's line appears twice, the list of the last line counts."""
    groups = []
    for row in rows:
        if row["ordinal"] == 0 or not groups \
                or groups[-1][0]["parent"] != row["parent"]:
            groups.append([])
        groups[-1].append(row)
    last = {group[0]["parent"]: group for group in groups}
    return [row for group in last.values() for row in group]


# ---- the database ----------------------------------------------------------

COLUMNS = """
SELECT c.relname AS table, a.attname AS column,
       format_type(a.atttypid, NULL) AS type, a.attnotnull AS required,
       col_description(c.oid, a.attnum) AS comment,
       obj_description(c.oid, 'pg_class') AS table_comment,
       c.relpersistence AS persistence
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid
WHERE n.nspname = '{schema}' AND c.relkind = 'r' AND a.attnum > 0
  AND NOT a.attisdropped
ORDER BY c.relname, a.attnum"""

INDEXES = """
SELECT c.relname AS table, i.indisprimary AS is_primary,
       (SELECT json_agg(a.attname ORDER BY k.n)
        FROM unnest(i.indkey::int[]) WITH ORDINALITY k (attnum, n)
        JOIN pg_attribute a ON a.attrelid = c.oid
          AND a.attnum = k.attnum) AS columns
FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = '{schema}'"""

AS_TEXT = {"timestamp with time zone":
           "to_char({0} AT TIME ZONE 'UTC', "
           "'YYYY-MM-DD\"T\"HH24:MI:SS.US\"+00:00\"')",
           "numeric": "{0}::text", "bigint": "{0}::text"}


class Actual:
    """The tables of one schema: columns, keys, rows."""

    def __init__(self, database, schema):
        self.database = database
        self.schema = schema
        self.catalog = defaultdict(dict)
        for row in database.rows(COLUMNS.format(schema=schema)):
            self.catalog[row["table"]][row["column"]] = row
        self.keys = {}
        self.indexes = defaultdict(list)
        for row in database.rows(INDEXES.format(schema=schema)):
            if row["is_primary"]:
                self.keys[row["table"]] = row["columns"]
            else:
                self.indexes[row["table"]].append(row["columns"])

    def types(self):
        return {table: {name: row["type"] for name, row in columns.items()}
                for table, columns in self.catalog.items()}

    def rows(self, table, system=""):
        """All rows; `system` adds system columns, such as xmin."""
        fields = []
        for name, row in self.catalog[table].items():
            quoted = '"' + name.replace('"', '""') + '"'
            text = AS_TEXT.get(row["type"], "{0}").format(quoted)
            fields.append(f"{text} AS {quoted}")
        rows = self.database.rows(
            f'SELECT {", ".join(fields)}{system} '
            f'FROM "{self.schema}"."{table}"')
        kinds = {name: row["type"]
                 for name, row in self.catalog[table].items()}
        return [{name: convert(value, kinds.get(name, "text"))
                 for name, value in row.items()} for row in rows]


def snapshot(database, schemas=("acme", "beta")):
    """All that a run can change: the columns, and the rows with xmin and
    ctid."""
    out = {}
    for schema in schemas:
        actual = Actual(database, schema)
        for table in actual.catalog:
            rows = actual.rows(table, ", xmin::text, ctid::text")
            rows.sort(key=lambda row: row["ctid"])
            out[schema, table] = (actual.types()[table], rows)
    return out


# ---- comparison ------------------------------------------------------------

def key_of(row, key):
    return tuple(str(row.get(name)) for name in key)


def frozen(row, without):
    return json.dumps({name: str(value) if not isinstance(value, (dict, list))
                       else value for name, value in row.items()
                       if name not in without}, sort_keys=True, default=str)


def compare_rows(table, rows):
    key = table.key
    if table.is_shuffled:
        # A parent's children appear twice: their order is that of the lines.
        without = SILENT | {"_ordinal", "_position"}
        wanted = Counter(frozen(row, without) for row in table.rows)
        there = Counter(frozen(row, without) for row in rows)
        if wanted != there:
            raise Wrong(f"{table.name}: missing "
                        f"{list((wanted - there).elements())[:3]}, too many "
                        f"{list((there - wanted).elements())[:3]}")
        return
    wanted = {key_of(row, key): row for row in table.rows}
    there = {key_of(row, key): row for row in rows}
    missing = [name for name in wanted if name not in there]
    extra = [name for name in there if name not in wanted]
    if missing or extra:
        raise Wrong(f"{table.name}: {len(table.rows)} rows expected, "
                    f"{len(rows)} found; missing {missing[:5]}, "
                    f"too many {extra[:5]}")
    for name, row in wanted.items():
        for column, value in row.items():
            actual = there[name].get(column)
            if actual != value or isinstance(actual, bool) != isinstance(
                    value, bool):
                raise Wrong(f"{table.name} {dict(zip(key, name))} {column} "
                            f"({table.columns.get(column)}): expected "
                            f"{value!r}, found {actual!r}")


def compare_table(table, actual):
    if table.name not in actual.catalog:
        raise Wrong(f"no table {table.name}; there are "
                    f"{sorted(actual.catalog)}")
    there = {name: row["type"]
             for name, row in actual.catalog[table.name].items()}
    missing = set(table.columns) - set(there)
    extra = set(there) - set(table.columns) - table.optional
    if missing or extra:
        raise Wrong(f"{table.name}: columns missing {sorted(missing)}, "
                    f"too many {sorted(extra)}")
    for name, kind in table.columns.items():
        if not fits(kind, there[name]):
            raise Wrong(f"{table.name}.{name}: expected {kind}, found "
                        f"{there[name]}")
    if actual.keys.get(table.name) != table.key:
        raise Wrong(f"{table.name}: primary key expected {table.key}, found "
                    f"{actual.keys.get(table.name)}")
    for column in table.indexes:
        if not any(columns[0] == column for columns
                   in actual.indexes[table.name]):
            raise Wrong(f"{table.name}: no index on {column}")
    for name, row in actual.catalog[table.name].items():
        if row["required"] != (name in table.key):
            raise Wrong(f"{table.name}.{name}: NOT NULL is "
                        f"{row['required']}")
        if not row["table_comment"] or not name.startswith("_") \
                and not row["comment"]:
            raise Wrong(f"{table.name}.{name}: no comment")
        if row["persistence"] != "p":
            raise Wrong(f"{table.name} is not a logged table")
    compare_rows(table, actual.rows(table.name))


def check(database, schema, plans, besides=()):
    """Compare a schema with the plans of all jobs that load into it. Raises
    Wrong if they differ. It may also have the tables `besides`."""
    actual = Actual(database, schema)
    expected = {}
    for plan in plans:
        expected.update(expected_tables(plan, actual.types()))
    for table in expected.values():
        compare_table(table, actual)
    extra = set(actual.catalog) - set(expected) - set(besides)
    if extra:
        raise Wrong(f"unexpected tables in {schema}: {sorted(extra)}")
    return expected
