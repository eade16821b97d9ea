'use strict';

/* Node's http and JSON.parse; COPY through one psql per table, because Debian
 * does not have pg-copy-streams; then keys.
 * Arguments: the result's URL, and the file with the DDL of the keys. */

const { spawn, spawnSync } = require('child_process');
const { once } = require('events');
const http = require('http');
const readline = require('readline');

const BLOCK = 1 << 16;
const ESCAPES = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };

function text(value) {
  return value === null ? '\\N'
    : value.replace(/[\\\t\n\r]/g, (found) => ESCAPES[found]);
}

function number(gid) {
  return gid.slice(gid.lastIndexOf('/') + 1);
}

function product(o) {
  return [number(o.id), text(o.title), text(o.handle), text(o.status),
    text(o.vendor), text(o.productType), text(JSON.stringify(o.tags)),
    o.totalInventory, o.createdAt, o.updatedAt, text(o.publishedAt)];
}

function variant(o) {
  return [number(o.__parentId), number(o.id), text(o.title), text(o.sku),
    text(o.barcode), o.price, text(o.compareAtPrice), o.inventoryQuantity,
    o.position, o.taxable, o.createdAt, o.updatedAt,
    number(o.inventoryItem.id)];
}

function metafield(o) {
  return [number(o.__parentId), number(o.id), text(o.namespace), text(o.key),
    text(o.type), text(o.value), o.updatedAt];
}

function checked(status) {
  if (status !== 0) {
    throw new Error(`psql: status ${status}`);
  }
}

class Table {
  constructor(name) {
    this.psql = spawn('psql', ['-X', '-q', '-v', 'ON_ERROR_STOP=1', '-c',
      `\\copy acme.${name} from stdin`], { stdio: ['pipe', 1, 2] });
    this.block = '';
  }

  /* Returns a promise if psql cannot take more now, else null. */
  add(values) {
    this.block += values.join('\t') + '\n';
    return this.block.length < BLOCK ? null : this.flush();
  }

  flush() {
    const { block } = this;
    this.block = '';
    return this.psql.stdin.write(block) ? null
      : once(this.psql.stdin, 'drain');
  }

  async end() {
    this.psql.stdin.end(this.block);
    checked((await once(this.psql, 'exit'))[0]);
  }
}

async function main(url, keys) {
  const products = new Table('products');
  const variants = new Table('products_variants');
  const metafields = new Table('products_metafields');
  const [answer] = await once(http.get(url), 'response');
  const lines = readline.createInterface({ input: answer,
    crlfDelay: Infinity });

  for await (const line of lines) {
    const o = JSON.parse(line);
    const wait = o.__parentId === undefined ? products.add(product(o))
      : o.__typename === 'ProductVariant' ? variants.add(variant(o))
        : metafields.add(metafield(o));
    if (wait !== null) {
      await wait;
    }
  }
  await Promise.all([products.end(), variants.end(), metafields.end()]);
  checked(spawnSync('psql', ['-X', '-q', '-v', 'ON_ERROR_STOP=1', '-f', keys],
    { stdio: 'inherit' }).status);
}

main(...process.argv.slice(2)).catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
