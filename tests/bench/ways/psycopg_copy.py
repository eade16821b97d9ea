"""urllib, json, psycopg 3: COPY of text, one session per table, then keys. COPY
gets blocks of prepared text, which is the fastest method of psycopg.

Arguments: the result's URL, and the file with the DDL of the keys.
"""
import contextlib
import json
import sys
import urllib.request

import psycopg

BLOCK = 1 << 16
ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n",
                         "\r": "\\r"})


def text(value):
    if value is None:
        return "\\N"
    return value.translate(ESCAPES)


def number(gid):
    return gid[gid.rindex("/") + 1:]


def product(o):
    tags = json.dumps(o["tags"], ensure_ascii=False)
    return (f"{number(o['id'])}\t{text(o['title'])}\t{text(o['handle'])}\t"
            f"{text(o['status'])}\t{text(o['vendor'])}\t"
            f"{text(o['productType'])}\t{text(tags)}\t{o['totalInventory']}\t"
            f"{o['createdAt']}\t{o['updatedAt']}\t"
            f"{text(o['publishedAt'])}\n")


def variant(o):
    return (f"{number(o['__parentId'])}\t{number(o['id'])}\t"
            f"{text(o['title'])}\t{text(o['sku'])}\t{text(o['barcode'])}\t"
            f"{o['price']}\t{text(o['compareAtPrice'])}\t"
            f"{o['inventoryQuantity']}\t{o['position']}\t"
            f"{o['taxable']}\t{o['createdAt']}\t{o['updatedAt']}\t"
            f"{number(o['inventoryItem']['id'])}\n")


def metafield(o):
    return (f"{number(o['__parentId'])}\t{number(o['id'])}\t"
            f"{text(o['namespace'])}\t{text(o['key'])}\t{text(o['type'])}\t"
            f"{text(o['value'])}\t{o['updatedAt']}\n")


class Table:
    """An open COPY, and the next block."""

    def __init__(self, name, stack):
        self.connection = stack.enter_context(psycopg.connect(""))
        cursor = stack.enter_context(self.connection.cursor())
        self.copy = stack.enter_context(
            cursor.copy(f"COPY acme.{name} FROM STDIN"))
        self.rows = []
        self.size = 0

    def add(self, row):
        self.rows.append(row)
        self.size += len(row)
        if self.size >= BLOCK:
            self.flush()

    def flush(self):
        self.copy.write("".join(self.rows))
        self.rows, self.size = [], 0


def main(url, keys):
    with contextlib.ExitStack() as stack, urllib.request.urlopen(url) as lines:
        products = Table("products", stack)
        variants = Table("products_variants", stack)
        metafields = Table("products_metafields", stack)
        for line in lines:
            o = json.loads(line)
            if "__parentId" not in o:
                products.add(product(o))
            elif o["__typename"] == "ProductVariant":
                variants.add(variant(o))
            else:
                metafields.add(metafield(o))
        for table in (products, variants, metafields):
            table.flush()
    with psycopg.connect("") as connection, \
            open(keys, encoding="utf-8") as file:
        connection.execute(file.read())


main(*sys.argv[1:])
