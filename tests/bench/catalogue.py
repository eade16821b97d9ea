"""Generates the data, catalogues and orders, as bulk results of Shopify and as
text files for COPY. They depend on nothing but their sizes."""
import functools
import itertools
import json
import os
import random

PRODUCTS = """query @incremental {
  products {
    edges { node {
      id title handle status vendor productType tags totalInventory
      createdAt updatedAt publishedAt
      variants { edges { node {
        id title sku barcode price compareAtPrice inventoryQuantity position
        taxable createdAt updatedAt inventoryItem { id }
      } } }
      metafields { edges { node {
        id namespace key type value updatedAt
      } } }
    } }
  }
}
"""

ORDERS = """query @incremental {
  orders {
    edges { node {
      id name email createdAt updatedAt cancelledAt test currencyCode
      displayFinancialStatus note tags
      totalPriceSet { shopMoney { amount } }
      lineItems { edges { node {
        id title sku vendor quantity product { id } variant { id }
        originalUnitPriceSet { shopMoney { amount currencyCode } }
      } } }
    } }
  }
}
"""

# As many connections as a bulk query may have; the root is one of them.
FAMILIES = """{
  families: products {
    edges { node {
      id title handle vendor
      variants { edges { node {
        id title sku price
        metafields { edges { node { id namespace key value } } }
      } } }
      metafields { edges { node { id namespace key value } } }
      collections { edges { node { id title } } }
    } }
  }
}
"""

# Few wide rows, many narrow ones.
NOTES = """{
  notes: orders {
    edges { node { id name note customAttributes { key value } } }
  }
}
"""
COUNTS = "{ counts: products { edges { node { id totalInventory } } } }\n"

QUERIES = {"products": PRODUCTS, "orders": ORDERS, "families": FAMILIES,
           "notes": NOTES, "counts": COUNTS}

# This many roots come before their children: the result is not grouped.
BLOCK = 100

# Words for names: plain, with accents, in other scripts, and with characters
# that JSON, HTML or COPY must escape.
WORDS = ["Linen", "Café", "Größe 38", "日本製", "Wool & Silk", "24/7", "<new>",
         'Extra "soft"', "Back\\slash", "Line\nbreak", "Crème brûlée",
         "Handmade", "🎁 Gift", "Organic", "Tab\tbed", "Classic"]
PROSE = ("Made in small series / washed & dried by hand; see the care label. "
         "Sizes run large, so take one less than usual. ")


def wire_string(text):
    """A JSON string as Shopify writes it."""
    return (json.dumps(text, ensure_ascii=False).replace("/", "\\/")
            .replace("&", "\\u0026").replace("<", "\\u003c")
            .replace(">", "\\u003e"))


def copy_text(text):
    """A value in COPY's text format."""
    return (text.replace("\\", "\\\\").replace("\t", "\\t")
            .replace("\n", "\\n"))


class Text:
    """A text in three forms, without quotes: in JSON, in COPY's format, and as
    JSON in COPY's format."""

    def __init__(self, text):
        self.wire = wire_string(text)[1:-1]
        self.copy = copy_text(text)
        self.json = copy_text(json.dumps(text, ensure_ascii=False)[1:-1])


NAMES = [Text(word) for word in WORDS]
VALUES = [Text(PROSE * (1 + n % 3) + word) for n, word in enumerate(WORDS)]
TAG_LISTS = [[], ["sale"], ["sale", "new & hot"], ["24/7", "été", "a\"b"]]
TAGS = [(json.dumps(tags, ensure_ascii=False, separators=(",", ":"))
         .replace("/", "\\/").replace("&", "\\u0026"),
         copy_text(json.dumps(tags, ensure_ascii=False)))
        for tags in TAG_LISTS]
GID = "gid:\\/\\/shopify\\/"

# The end of each row: _hash and _loaded_at, as wide as bulkpg's values.
OWN = "{}\t2026-01-02 03:04:05.678901+00\n"


def moment(number):
    """A time as Shopify writes it; it varies with `number`."""
    return (f"2025-{1 + number % 12:02}-{1 + number % 28:02}"
            f"T{number % 24:02}:{number % 60:02}:{number % 59:02}Z")


def own(number):
    return OWN.format((number * 0x9E3779B97F4A7C15 + 0x123456789)
                      % (1 << 63))


def product(n, version):
    name, tags = NAMES[n % 16], TAGS[n % 4]
    created, updated = moment(n), moment(n * 7 + version)
    title = f"{n} v{version}"
    vendor, kind = NAMES[n // 16 % 16], NAMES[n // 256 % 16]
    published = n % 5 > 0
    wire = (
        f'{{"id":"{GID}Product\\/{n}","title":"{name.wire} {title}",'
        f'"handle":"product-number-{n}","status":"ACTIVE",'
        f'"vendor":"{vendor.wire}","productType":"{kind.wire}",'
        f'"tags":{tags[0]},"totalInventory":{n % 900},'
        f'"createdAt":"{created}","updatedAt":"{updated}","publishedAt":'
        + (f'"{created}"' if published else "null")
        + ',"bulkpg_c2":{"count":3,"precision":"EXACT"}}\n')
    copy = (
        f"{n}\t{name.copy} {title}\tproduct-number-{n}\tACTIVE\t{vendor.copy}"
        f"\t{kind.copy}\t{tags[1]}\t{n % 900}\t{created}\t{updated}\t"
        f"{created if published else chr(92) + 'N'}\t{own(n)}")
    return wire, copy


def variant(n, i, version):
    number = n * 3 + i
    name, at = NAMES[(n + i) % 16], moment(number)
    price = f"{number % 900}.{i}{version % 10}"
    sku = f"SKU-{number:09}"
    before = i == 0
    wire = (
        f'{{"__typename":"ProductVariant","id":"{GID}ProductVariant\\/'
        f'{number}","title":"{name.wire} \\/ {i}","sku":"{sku}",'
        f'"barcode":"40{number:011}","price":"{price}","compareAtPrice":'
        + (f'"{number % 900}.99"' if before else "null")
        + f',"inventoryQuantity":{number % 300 - 5},"position":{i + 1},'
        f'"taxable":{"true" if i else "false"},"createdAt":"{at}",'
        f'"updatedAt":"{at}","inventoryItem":{{"id":"{GID}InventoryItem\\/'
        f'{number + 5000000}"}},"__parentId":"{GID}Product\\/{n}"}}\n')
    copy = (
        f"{n}\t{number}\t{name.copy} / {i}\t{sku}\t40{number:011}\t{price}\t"
        + (f"{number % 900}.99" if before else "\\N")
        + f"\t{number % 300 - 5}\t{i + 1}\t{'t' if i else 'f'}\t{at}\t{at}\t"
        f"{number + 5000000}\t{own(number)}")
    return wire, copy


def metafield(n, i, version):
    number = n * 2 + i
    value, at = VALUES[(n + i) % 16], moment(number)
    wire = (
        f'{{"__typename":"Metafield","id":"{GID}Metafield\\/{number}",'
        f'"namespace":"details","key":"care_{i}",'
        f'"type":"multi_line_text_field","value":"{value.wire} v{version}",'
        f'"updatedAt":"{at}","__parentId":"{GID}Product\\/{n}"}}\n')
    copy = (
        f"{n}\t{number}\tdetails\tcare_{i}\tmulti_line_text_field\t"
        f"{value.copy} v{version}\t{at}\t{own(number)}")
    return wire, copy


def order(n, version):
    note, tags = VALUES[n % 16], TAGS[n % 4]
    created, updated = moment(n), moment(n * 7 + version)
    wire = (
        f'{{"id":"{GID}Order\\/{n}","name":"#{n}",'
        f'"email":"customer{n % 5000}@example.com","createdAt":"{created}",'
        f'"updatedAt":"{updated}","cancelledAt":null,"test":false,'
        f'"currencyCode":"CAD","displayFinancialStatus":"PAID",'
        f'"note":"{note.wire} v{version}","tags":{tags[0]},"totalPriceSet":'
        f'{{"shopMoney":{{"amount":"{n % 9000}.{n % 90 + 10}"}}}}}}\n')
    copy = (
        f"{n}\t#{n}\tcustomer{n % 5000}@example.com\t{created}\t{updated}\t"
        f"\\N\tf\tCAD\tPAID\t{note.copy} v{version}\t{tags[1]}\t"
        f"{n % 9000}.{n % 90 + 10}\t{own(n)}")
    return wire, copy


def line_item(n, i, version):
    number = n * 4 + i
    name, vendor = NAMES[(n + i) % 16], NAMES[n // 16 % 16]
    price = f"{number % 900}.{i}{version % 10}"
    wire = (
        f'{{"__typename":"LineItem","id":"{GID}LineItem\\/{number}",'
        f'"title":"{name.wire} {i}","sku":"SKU-{number:09}",'
        f'"vendor":"{vendor.wire}","quantity":{i + 1},'
        f'"product":{{"id":"{GID}Product\\/{number % 7000}"}},'
        f'"variant":{{"id":"{GID}ProductVariant\\/{number % 21000}"}},'
        f'"originalUnitPriceSet":{{"shopMoney":{{"amount":"{price}",'
        f'"currencyCode":"CAD"}}}},"__parentId":"{GID}Order\\/{n}"}}\n')
    copy = (
        f"{n}\t{number}\t{name.copy} {i}\tSKU-{number:09}\t{vendor.copy}\t"
        f"{i + 1}\t{number % 7000}\t{number % 21000}\t{price}\tCAD\t"
        f"{own(number)}")
    return wire, copy


def family(n, version):
    name, vendor = NAMES[n % 16], NAMES[n // 16 % 16]
    wire = (
        f'{{"id":"{GID}Product\\/{n}","title":"{name.wire} {n} v{version}",'
        f'"handle":"product-number-{n}","vendor":"{vendor.wire}",'
        '"bulkpg_c2":{"count":3,"precision":"EXACT"},'
        f'"bulkpg_u":"{moment(n)}"}}\n')
    copy = (f"{n}\t{name.copy} {n} v{version}\tproduct-number-{n}\t"
            f"{vendor.copy}\t{own(n)}")
    return wire, copy


def family_variant(n, i, version):
    number = n * 3 + i
    name, price = NAMES[(n + i) % 16], f"{number % 900}.{i}{version % 10}"
    wire = (
        f'{{"__typename":"ProductVariant","id":"{GID}ProductVariant\\/'
        f'{number}","title":"{name.wire} \\/ {i}","sku":"SKU-{number:09}",'
        f'"price":"{price}","__parentId":"{GID}Product\\/{n}"}}\n')
    copy = (f"{n}\t{number}\t{name.copy} / {i}\tSKU-{number:09}\t{price}\t"
            f"{own(number)}")
    return wire, copy


def tagged_metafield(tag, parent_type, parent, number, version):
    """A line of one of two metafield connections in a query."""
    value = VALUES[number % 16]
    wire = (
        f'{{"__typename":"Metafield","{tag}":"Metafield",'
        f'"id":"{GID}Metafield\\/{number}","namespace":"details",'
        f'"key":"care_{number % 4}","value":"{value.wire} v{version}",'
        f'"__parentId":"{GID}{parent_type}\\/{parent}"}}\n')
    copy = (f"{parent}\t{number}\tdetails\tcare_{number % 4}\t{value.copy} "
            f"v{version}\t{own(number)}")
    return wire, copy


def family_variant_metafield(n, i, version):
    number = n * 3 + i
    return tagged_metafield("bulkpg_t3", "ProductVariant", number,
                            2 * number, version)


def family_metafield(n, i, version):
    return tagged_metafield("bulkpg_t4", "Product", n, 2 * (n * 2 + i) + 1,
                            version)


def family_collection(n, i, version):
    number = (n * 7 + i) % 999 + 1
    name = NAMES[number % 16]
    wire = (
        f'{{"__typename":"Collection","id":"{GID}Collection\\/{number}",'
        f'"title":"{name.wire} v{version}",'
        f'"__parentId":"{GID}Product\\/{n}"}}\n')
    return wire, f"{n}\t{number}\t{name.copy} v{version}\t{own(number)}"


@functools.cache
def long_text(number, length):
    """Words and figures that compress about as well as prose."""
    chance = random.Random(number)
    words = []
    while length > 0:
        words.append(chance.choice(WORDS) if chance.random() < 0.3
                     else str(chance.randrange(100_000)))
        length -= len(words[-1]) + 1
    return Text(" ".join(words))


def note(n, version):
    """A row of about 50 KB: half of it a text, half of it a list."""
    text = long_text(n % 8, 25_000)
    values = [long_text(n % 8 + 8 * i, 2_500) for i in range(1, 11)]
    wire = ",".join(f'{{"key":"k{i}","value":"{value.wire}"}}'
                    for i, value in enumerate(values))
    copy = ",".join(f'{{"key":"k{i}","value":"{value.json}"}}'
                    for i, value in enumerate(values))
    return (f'{{"id":"{GID}Order\\/{n}","name":"#{n}","note":"{text.wire} '
            f'{n} v{version}","customAttributes":[{wire}]}}\n',
            f"{n}\t#{n}\t{text.copy} {n} v{version}\t[{copy}]\t{own(n)}")


def count(n, version):
    return (f'{{"id":"{GID}Product\\/{n}","totalInventory":'
            f'{(n + version) % 900}}}\n',
            f"{n}\t{(n + version) % 900}\t{own(n)}")


# By job: the maker of the root's rows, then for each child table its name, the
# rows per root, and their maker.
MAKERS = {
    "products": (product, [("products_variants", 3, variant),
                           ("products_metafields", 2, metafield)]),
    "orders": (order, [("orders_line_items", 4, line_item)]),
    "families": (family, [
        ("families_variants", 3, family_variant),
        ("families_variants_metafields", 3, family_variant_metafield),
        ("families_metafields", 2, family_metafield),
        ("families_collections", 1, family_collection)]),
    "notes": (note, []),
    "counts": (count, []),
}
LINES_PER_ROOT = {job: 1 + sum(rows_ for _, rows_, _ in children)
                  for job, (_, children) in MAKERS.items()}


class Data:
    """The result of a job with this many roots: a file of JSON lines, and a text
    file for COPY per table. They are created if they do not exist."""

    def __init__(self, folder, job, roots):
        self.job = job
        self.query = QUERIES[job]
        self.roots = roots
        self.lines = roots * LINES_PER_ROOT[job]
        self.folder = os.path.join(folder, f"{job}-{roots}")
        self.path = os.path.join(self.folder, "result.jsonl")
        self.tables = [job] + [table for table, _, _ in MAKERS[job][1]]
        if not os.path.exists(self.folder):
            self._make()
        self.size = os.path.getsize(self.path)

    def flat(self, table):
        return os.path.join(self.folder, table + ".txt")

    def _make(self):
        making = self.folder + ".new"
        os.makedirs(making, exist_ok=True)
        out = {table: open(os.path.join(making, table + ".txt"), "w",
                           encoding="utf-8", newline="\n")
               for table in self.tables}
        with open(os.path.join(making, "result.jsonl"), "w",
                  encoding="utf-8", newline="\n") as wire:
            for first in range(1, self.roots + 1, BLOCK):
                block = range(first, min(first + BLOCK, self.roots + 1))
                for table, line, row in rows(self.job, block, lambda _: 0):
                    wire.write(line)
                    out[table].write(row)
        for file in out.values():
            file.close()
        os.rename(making, self.folder)

    def changed(self, count, version):
        """A result in which `count` roots, spread evenly, have other values."""
        path = os.path.join(self.folder, f"changed-{count}-{version}.jsonl")
        step = self.roots // count
        chosen = [1 + n * step for n in range(count)]
        return self._write(path, [(n, version) for n in chosen])

    def full(self, every, version, gone=0):
        """A result of all roots. The first of each `every` roots has other
        values (none if `every` is 0), and the second of each `gone` roots is
        not there."""
        path = os.path.join(self.folder, f"full-{every}-{version}-{gone}.jsonl")
        return self._write(path, (
            (n, version if every and (n - 1) % every == 0 else 0)
            for n in range(1, self.roots + 1)
            if not gone or (n - 1) % gone != 1))

    def _write(self, path, numbers):
        """Write the lines of these roots, each with its version."""
        if os.path.exists(path):
            return path
        numbers = iter(numbers)
        with open(path + ".new", "w", encoding="utf-8", newline="\n") as file:
            while block := list(itertools.islice(numbers, BLOCK)):
                versions = dict(block)
                for _, line, _ in rows(self.job, versions, versions.get):
                    file.write(line)
        os.rename(path + ".new", path)
        return path


def rows(job, numbers, version):
    """Yields table, line and COPY row: roots first, then their children.
    version() takes the number of a root."""
    root, children = MAKERS[job]
    for n in numbers:
        yield (job, *root(n, version(n)))
    for n in numbers:
        for table, count, maker in children:
            for i in range(count):
                yield (table, *maker(n, i, version(n)))


def wide_query(columns):
    """A query for products with this many columns, all but four of them
    metafields."""
    fields = " ".join(
        f'm{n}: metafield(namespace: "wide", key: "k{n}") {{ value }}'
        for n in range(columns - 4))
    return ("{ products { edges { node { id title handle vendor "
            + fields + " } } } }\n")


def write_wide(path, flat, columns, lines):
    """Write the lines and the text file for COPY."""
    with open(path, "w", encoding="utf-8", newline="\n") as wire, \
            open(flat, "w", encoding="utf-8", newline="\n") as copy:
        for n in range(lines):
            names = [NAMES[i % 16] for i in range(columns - 4)]
            fields = "".join(f',"m{i}":{{"value":"{name.wire} {n}"}}'
                             for i, name in enumerate(names))
            wire.write(f'{{"id":"{GID}Product\\/{n}","title":"Wide {n}",'
                       f'"handle":"wide-{n}","vendor":"Acme"{fields}}}\n')
            cells = "".join(f"{name.copy} {n}\t" for name in names)
            copy.write(f"{n}\tWide {n}\twide-{n}\tAcme\t{cells}{own(n)}")
