"""Loads with http.client, orjson or ujson, and psycopg 3. One session per table
copies text; then the same number of sessions creates the keys.

Arguments: the result's URL, and the file with the DDL of the keys.
"""
import json
import re
import sys

import fast

ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n",
                         "\r": "\\r"})
is_special = re.compile(r"[\\\t\n\r]").search


def text(value):
    if value is None:
        return "\\N"
    return value.translate(ESCAPES) if is_special(value) else value


def number(gid):
    return gid[gid.rindex("/") + 1:]


def product(o):
    tags = json.dumps(o["tags"], ensure_ascii=False)
    return (f"{number(o['id'])}\t{text(o['title'])}\t{text(o['handle'])}\t"
            f"{o['status']}\t{text(o['vendor'])}\t"
            f"{text(o['productType'])}\t{text(tags)}\t{o['totalInventory']}\t"
            f"{o['createdAt']}\t{o['updatedAt']}\t"
            f"{text(o['publishedAt'])}\n").encode()


def variant(o):
    return (f"{number(o['__parentId'])}\t{number(o['id'])}\t"
            f"{text(o['title'])}\t{text(o['sku'])}\t{text(o['barcode'])}\t"
            f"{o['price']}\t{text(o['compareAtPrice'])}\t"
            f"{o['inventoryQuantity']}\t{o['position']}\t"
            f"{o['taxable']}\t{o['createdAt']}\t{o['updatedAt']}\t"
            f"{number(o['inventoryItem']['id'])}\n").encode()


def metafield(o):
    return (f"{number(o['__parentId'])}\t{number(o['id'])}\t"
            f"{text(o['namespace'])}\t{text(o['key'])}\t{text(o['type'])}\t"
            f"{text(o['value'])}\t{o['updatedAt']}\n").encode()


fast.load(*sys.argv[1:], "", (product, variant, metafield))
