"""As in asyncio tutorials: aiohttp, json, a pool, a semaphore, and executemany
of upserts into tables that already have keys.

Arguments: the result's URL, and the file with the DDL of the keys.
"""
import asyncio
import sys

import aiohttp
import asyncpg
from columns import TABLES, typed_row

BATCH = 1000
KEYS = {"products": "id", "products_variants": "_parent_id, id",
        "products_metafields": "_parent_id, id"}


def upsert(table, names):
    marks = ", ".join(f"${n + 1}" for n in range(len(names)))
    values = ", ".join(f"{name} = EXCLUDED.{name}" for name in names)
    return (f"INSERT INTO acme.{table} ({', '.join(names)}) VALUES ({marks}) "
            f"ON CONFLICT ({KEYS[table]}) DO UPDATE SET {values}")


async def main(url, keys):
    pool = await asyncpg.create_pool(min_size=4, max_size=4)
    semaphore = asyncio.Semaphore(4)
    with open(keys, encoding="utf-8") as file:
        await pool.execute(file.read())
    statements = {}
    for table, count in TABLES.items():
        names = [row["column_name"] for row in await pool.fetch(
            "SELECT column_name FROM information_schema.columns WHERE "
            "table_schema = 'acme' AND table_name = $1 AND ordinal_position "
            "<= $2 ORDER BY ordinal_position", table, count)]
        statements[table] = upsert(table, names)
    batches = {table: [] for table in TABLES}
    tasks = set()

    async def write(table, rows):
        try:
            await pool.executemany(statements[table], rows)
        finally:
            semaphore.release()

    async def flush(table):
        await semaphore.acquire()
        task = asyncio.create_task(write(table, batches[table]))
        tasks.add(task)
        for done in [one for one in tasks if one.done()]:
            tasks.remove(done)
            await done
        batches[table] = []

    timeout = aiohttp.ClientTimeout(total=None)
    async with aiohttp.ClientSession(timeout=timeout) as session, \
            session.get(url) as answer:
        async for line in answer.content:
            table, row = typed_row(line)
            batches[table].append(row)
            if len(batches[table]) == BATCH:
                await flush(table)
        for table in TABLES:
            await flush(table)
        await asyncio.gather(*tasks)
    await pool.execute("ANALYZE acme.products, acme.products_variants, "
                       "acme.products_metafields")
    await pool.close()


asyncio.run(main(*sys.argv[1:]))
