'use strict';

/* Loads with Node's http and JSON.parse, pg and pg-copy-streams. One session per
 * table copies text; then the same number of sessions creates the keys.
 * Arguments: the result's URL, and the file with the DDL of the keys. */

const { once } = require('events');
const fs = require('fs');
const http = require('http');
const { StringDecoder } = require('string_decoder');

const { Client } = require('pg');
const { from } = require('pg-copy-streams');

const BLOCK = 1 << 16;
const SPECIAL = /[\\\t\n\r]/;
const ESCAPES = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };

function text(value) {
  if (value === null) {
    return '\\N';
  }
  return SPECIAL.test(value)
    ? value.replace(/[\\\t\n\r]/g, (found) => ESCAPES[found]) : value;
}

function number(gid) {
  return gid.slice(gid.lastIndexOf('/') + 1);
}

function product(o) {
  return `${number(o.id)}\t${text(o.title)}\t${text(o.handle)}\t${o.status}\t${
    text(o.vendor)}\t${text(o.productType)}\t${
    text(JSON.stringify(o.tags))}\t${o.totalInventory}\t${o.createdAt}\t${
    o.updatedAt}\t${text(o.publishedAt)}\n`;
}

function variant(o) {
  return `${number(o.__parentId)}\t${number(o.id)}\t${text(o.title)}\t${
    text(o.sku)}\t${text(o.barcode)}\t${o.price}\t${
    text(o.compareAtPrice)}\t${o.inventoryQuantity}\t${o.position}\t${
    o.taxable}\t${o.createdAt}\t${o.updatedAt}\t${
    number(o.inventoryItem.id)}\n`;
}

function metafield(o) {
  return `${number(o.__parentId)}\t${number(o.id)}\t${text(o.namespace)}\t${
    text(o.key)}\t${text(o.type)}\t${text(o.value)}\t${o.updatedAt}\n`;
}

class Table {
  constructor(name) {
    this.name = name;
    this.block = '';
  }

  async open() {
    this.client = new Client({ host: process.env.PGHOST });
    await this.client.connect();
    this.stream = this.client.query(from(`COPY acme.${this.name} FROM STDIN`));
  }

  /* Returns a promise if the session cannot take more now, else null. */
  add(row) {
    this.block += row;
    return this.block.length < BLOCK ? null : this.flush();
  }

  flush() {
    const { block } = this;
    this.block = '';
    return this.stream.write(block) ? null : once(this.stream, 'drain');
  }

  /* End the COPY, then run the statements about this table. */
  async end(keys) {
    this.stream.end(this.block);
    await once(this.stream, 'finish');
    for (const statement of keys) {
      if (new RegExp(`\\b${this.name}"?( |$|;|\\()`).test(statement)) {
        await this.client.query(statement);
      }
    }
    await this.client.end();
  }
}

async function main(url, keys) {
  const [products, variants, metafields] = ['products', 'products_variants',
    'products_metafields'].map((name) => new Table(name));
  const tables = [products, variants, metafields];
  await Promise.all(tables.map((table) => table.open()));
  const [answer] = await once(http.get(url, { highWaterMark: 1 << 18 }),
    'response');
  const decoder = new StringDecoder('utf8');
  let rest = '';

  for await (const chunk of answer) {
    const lines = (rest + decoder.write(chunk)).split('\n');
    rest = lines.pop();
    for (const line of lines) {
      const o = JSON.parse(line);
      const wait = o.__parentId === undefined ? products.add(product(o))
        : o.__typename === 'ProductVariant' ? variants.add(variant(o))
          : metafields.add(metafield(o));
      if (wait !== null) {
        await wait;
      }
    }
  }
  if (rest + decoder.end() !== '') {
    throw new Error('the last line has no end');
  }
  const statements = fs.readFileSync(keys, 'utf8').split(';\n')
    .filter((one) => one.trim() !== '');
  await Promise.all(tables.map((table) => table.end(statements)));
}

main(...process.argv.slice(2)).catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
