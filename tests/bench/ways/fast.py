"""What the two fast Python methods share: lines of a result, decoded by orjson
or else ujson, and keys that are created by one session per table."""
import http.client
import re
import threading
import urllib.parse

import psycopg

try:
    from orjson import loads
except ImportError:
    from ujson import loads

CHUNK = 1 << 18
TABLES = ("products", "products_variants", "products_metafields")


def blocks_of_lines(url):
    """The result, as lists of whole lines."""
    where = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(where.hostname, where.port)
    connection.request("GET", where.path)
    answer = connection.getresponse()
    if answer.status != 200:
        raise SystemExit(f"HTTP status {answer.status}")
    rest = b""
    while chunk := answer.read(CHUNK):
        lines = (rest + chunk).split(b"\n")
        rest = lines.pop()
        yield lines
    if rest:
        yield [rest]


def execute(table, statements):
    """Run the statements about a table."""
    about = re.compile(rf'\b{table}"?( |$|;|\()')
    with psycopg.connect("") as connection:
        for statement in statements:
            if about.search(statement):
                connection.execute(statement)


def add_keys(path):
    """Run the statements of each table in a session of its own."""
    with open(path, encoding="utf-8") as file:
        statements = [one for one in file.read().split(";\n") if one.strip()]
    threads = [threading.Thread(target=execute, args=(table, statements))
               for table in TABLES]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def load(url, keys, options, rows, head=b"", tail=b""):
    """COPY by one session per table. `rows` has a function per table that
    returns the bytes of an object's row."""
    product, variant, metafield = rows
    connections = [psycopg.connect("") for _ in TABLES]
    copies = [connection.cursor().copy(f"COPY acme.{table} FROM STDIN "
                                       + options)
              for connection, table in zip(connections, TABLES)]
    writers = [copy.__enter__() for copy in copies]
    blocks = [[head], [head], [head]]
    for lines in blocks_of_lines(url):
        for line in lines:
            o = loads(line)
            if "__parentId" not in o:
                blocks[0].append(product(o))
            elif o["__typename"] == "ProductVariant":
                blocks[1].append(variant(o))
            else:
                blocks[2].append(metafield(o))
        for writer, block in zip(writers, blocks):
            writer.write(b"".join(block))
            block.clear()
    for copy, writer in zip(copies, writers):
        writer.write(tail)
        copy.__exit__(None, None, None)
    for connection in connections:
        connection.commit()
        connection.close()
    add_keys(keys)
