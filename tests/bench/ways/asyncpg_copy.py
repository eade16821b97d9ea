"""aiohttp, json, asyncpg: COPY in batches in one transaction, then keys.

Arguments: the result's URL, and the file with the DDL of the keys.
"""
import asyncio
import sys

import aiohttp
import asyncpg
from columns import TABLES, typed_row

BATCH = 5000


async def main(url, keys):
    connection = await asyncpg.connect()
    batches = {table: [] for table in TABLES}

    async def flush(table):
        await connection.copy_records_to_table(
            table, records=batches[table], schema_name="acme")
        batches[table] = []

    timeout = aiohttp.ClientTimeout(total=None)
    async with connection.transaction(), \
            aiohttp.ClientSession(timeout=timeout) as session, \
            session.get(url) as answer:
        async for line in answer.content:
            table, row = typed_row(line)
            batches[table].append(row)
            if len(batches[table]) == BATCH:
                await flush(table)
        for table in TABLES:
            await flush(table)
        with open(keys, encoding="utf-8") as file:
            await connection.execute(file.read())
    await connection.close()


asyncio.run(main(*sys.argv[1:]))
