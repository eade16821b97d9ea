"""Converts the lines of a catalogue to rows, as a handwritten script does."""
import json
from datetime import datetime
from decimal import Decimal


def number(gid):
    return int(gid.rsplit("/", 1)[1])


def moment(text):
    return None if text is None else datetime.fromisoformat(
        text.replace("Z", "+00:00"))


def money(text):
    return None if text is None else Decimal(text)


def product(o):
    return (number(o["id"]), o["title"], o["handle"], o["status"],
            o["vendor"], o["productType"],
            json.dumps(o["tags"], ensure_ascii=False), o["totalInventory"],
            moment(o["createdAt"]), moment(o["updatedAt"]),
            moment(o["publishedAt"]))


def variant(o):
    return (number(o["__parentId"]), number(o["id"]), o["title"], o["sku"],
            o["barcode"], money(o["price"]), money(o["compareAtPrice"]),
            o["inventoryQuantity"], o["position"], o["taxable"],
            moment(o["createdAt"]), moment(o["updatedAt"]),
            number(o["inventoryItem"]["id"]))


def metafield(o):
    return (number(o["__parentId"]), number(o["id"]), o["namespace"],
            o["key"], o["type"], o["value"], moment(o["updatedAt"]))


def typed_row(line):
    """The table of a line, and its values as Python types."""
    o = json.loads(line)
    if "__parentId" not in o:
        return "products", product(o)
    if o["__typename"] == "ProductVariant":
        return "products_variants", variant(o)
    return "products_metafields", metafield(o)


TABLES = {
    "products": 11,
    "products_variants": 13,
    "products_metafields": 7,
}
