"""http.client, orjson or ujson, psycopg 3: COPY of binary rows, packed by hand
for these tables, by one session per table; then keys, in as many sessions.

Arguments: the result's URL, and the file with the DDL of the keys.
"""
import datetime
import functools
import json
import struct
import sys

import fast

HEAD = b"PGCOPY\n\xff\r\n\0" + struct.pack(">ii", 0, 0)
TAIL = struct.pack(">h", -1)
NULL = struct.pack(">i", -1)
EPOCH = datetime.date(2000, 1, 1).toordinal()

length = struct.Struct(">i").pack
int4 = struct.Struct(">ii").pack
first_id = struct.Struct(">hiq").pack
two_ids = struct.Struct(">hiqiq").pack
int8 = struct.Struct(">iq").pack
BOOLEAN = (b"\0\0\0\1\0", b"\0\0\0\1\1")


def text(value):
    if value is None:
        return NULL
    value = value.encode()
    return length(len(value)) + value


def number(gid):
    return int(gid[gid.rindex("/") + 1:])


@functools.lru_cache(None)
def days(date):
    return (datetime.date.fromisoformat(date).toordinal() - EPOCH) * 86400


def moment(value):
    """A time such as 2025-02-02T01:01:01Z."""
    if value is None:
        return NULL
    if len(value) != 20:
        raise ValueError(value)
    seconds = (days(value[:10]) + int(value[11:13]) * 3600
               + int(value[14:16]) * 60 + int(value[17:19]))
    return int8(8, seconds * 1_000_000)


@functools.lru_cache(100_000)
def numeric(value):
    """A price such as 12.50, as PostgreSQL's digits to the base of 10,000."""
    if value is None:
        return NULL
    whole, _, fraction = value.partition(".")
    scale = len(fraction)
    sign = 0x4000 if whole.startswith("-") else 0
    whole = whole.lstrip("-")
    whole = whole.zfill(-(-len(whole) // 4) * 4)
    fraction += "0" * (-scale % 4)
    digits = [int((whole + fraction)[at:at + 4])
              for at in range(0, len(whole) + len(fraction), 4)]
    weight = len(whole) // 4 - 1
    while digits and digits[0] == 0:
        digits.pop(0)
        weight -= 1
    while digits and digits[-1] == 0:
        digits.pop()
    if not digits:
        weight = sign = 0
    packed = struct.pack(f">hhHh{len(digits)}h", len(digits), weight, sign,
                         scale, *digits)
    return length(len(packed)) + packed


def jsonb(value):
    value = json.dumps(value, ensure_ascii=False).encode()
    return length(len(value) + 1) + b"\1" + value


def product(o):
    return b"".join((
        first_id(11, 8, number(o["id"])), text(o["title"]),
        text(o["handle"]), text(o["status"]), text(o["vendor"]),
        text(o["productType"]), jsonb(o["tags"]),
        int4(4, o["totalInventory"]), moment(o["createdAt"]),
        moment(o["updatedAt"]), moment(o["publishedAt"])))


def variant(o):
    return b"".join((
        two_ids(13, 8, number(o["__parentId"]), 8, number(o["id"])),
        text(o["title"]), text(o["sku"]), text(o["barcode"]),
        numeric(o["price"]), numeric(o["compareAtPrice"]),
        int4(4, o["inventoryQuantity"]), int4(4, o["position"]),
        BOOLEAN[o["taxable"]], moment(o["createdAt"]),
        moment(o["updatedAt"]), int8(8, number(o["inventoryItem"]["id"]))))


def metafield(o):
    return b"".join((
        two_ids(7, 8, number(o["__parentId"]), 8, number(o["id"])),
        text(o["namespace"]), text(o["key"]), text(o["type"]),
        text(o["value"]), moment(o["updatedAt"])))


fast.load(*sys.argv[1:], "(FORMAT binary)", (product, variant, metafield),
          HEAD, TAIL)
