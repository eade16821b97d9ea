#!/usr/bin/env node
'use strict';

/* A fake of Shopify's Admin API for tests. README.md explains how to use it. */

const fs = require('fs');
const { Admin } = require('./admin');
const { Control } = require('./control');
const { Faults } = require('./faults');
const { Log } = require('./log');
const { OAuth } = require('./oauth');
const { Shops } = require('./stores');
const { Storage } = require('./storage');
const { Uploads } = require('./uploads');
const { loadSchema } = require('./schema');
const { readBody, sendJson, listen } = require('./http');

const DAY = 86400000;
/* The stores' history ends on a fixed day, so that a seed always gives the same
 * data. */
const HISTORY_END = Date.parse('2026-11-01T06:00:00Z');

const USAGE = `usage: fakeshop.js [options]
  --port N            port of the API (default: a free one)
  --storage-port N    port of the result host (default: a free one)
  --stores A,B,...    names of the stores (default: acme)
  --schema FILE       introspection result, .json or .json.gz
  --seed N            seed of the data (default: 1)
  --products N        products per store (default: 500)
  --customers N       customers per store (default: 1200)
  --orders N          orders per store (default: 5000)
  --now TIME          when the stores' history ends; "now" is allowed
  --ready-file FILE   also write the line that is printed when ready here
  --exit-with-stdin   end when standard input is closed
`;

function parseArguments(argv) {
  const options = { port: 0, 'storage-port': 0, stores: 'acme',
    schema: null, seed: 1, products: 500, customers: 1200, orders: 5000,
    now: null, 'ready-file': null, 'exit-with-stdin': false };
  for (let i = 0; i < argv.length; i++) {
    const name = argv[i].replace(/^--/, '');
    if (!argv[i].startsWith('--') || !(name in options)) {
      process.stderr.write(USAGE);
      process.exit(argv[i] === '--help' ? 0 : 64);
    }
    if (typeof options[name] === 'boolean') {
      options[name] = true;
      continue;
    }
    const value = argv[++i];
    options[name] = typeof options[name] === 'number' ? Number(value)
      : value;
    if (value === undefined || Number.isNaN(options[name])) {
      process.stderr.write(USAGE);
      process.exit(64);
    }
  }
  return options;
}

/* Never later than today: a store must not have data from the future. */
function historyEnd(asked) {
  if (asked === 'now') {
    return Date.now();
  }
  return asked ? Date.parse(asked)
    : Math.min(HISTORY_END, Math.floor(Date.now() / DAY) * DAY);
}

/* Passes each request to the part that handles it. */
function router(shops, admin, oauth, control) {
  return async (request, response) => {
    const body = await readBody(request);
    const path = request.url.split('?')[0];
    if (path.startsWith('/_control/')) {
      control.handle(request, response, body);
      return;
    }
    const match = /^(?:\/s\/([^/]+))?\/admin\/(.*)$/.exec(path);
    const prefix = match && match[1] || null;
    const rest = match ? match[2] : '';
    if (match && (!prefix || shops.stores.has(prefix))
      && request.method === 'POST') {
      if (rest === 'oauth/access_token') {
        await oauth.handle(request, response, body, prefix);
        return;
      }
      const api = /^api\/([^/]+)\/graphql\.json$/.exec(rest);
      if (api) {
        await admin.handle(request, response, body, api[1], prefix);
        return;
      }
    }
    sendJson(response, 404, { errors: 'Not Found' });
  };
}

function writeAtomically(file, text) {
  const temporary = file + '.' + process.pid;
  fs.writeFileSync(temporary, text);
  fs.renameSync(temporary, file);
}

async function main() {
  const options = parseArguments(process.argv.slice(2));
  const faults = new Faults();
  const log = new Log();
  const shops = new Shops({
    schema: loadSchema(options.schema),
    faults,
    names: options.stores.split(','),
    seed: options.seed,
    products: options.products,
    customers: options.customers,
    orders: options.orders,
    now: historyEnd(options.now),
  });
  const storage = new Storage(shops, faults, log);
  shops.storage = storage;
  shops.uploads = new Uploads(shops, faults, log);
  const admin = new Admin(shops, faults, log);
  const oauth = new OAuth(shops, faults, log);
  const control = new Control(shops, faults, log, storage);
  admin.control = control;

  const storageServer = await listen((request, response) => (
    request.method === 'POST' || request.method === 'PUT'
      ? shops.uploads.handle(request, response,
        (...how) => storage.isLeak(...how))
      : storage.handle(request, response)), options['storage-port']);
  storage.origin = 'http://127.0.0.1:' + storageServer.address().port;
  shops.uploads.origin = storage.origin;
  const server = await listen(router(shops, admin, oauth, control),
    options.port);
  const endpoint = 'http://127.0.0.1:' + server.address().port;

  const ready = JSON.stringify({
    pid: process.pid,
    port: server.address().port,
    storage_port: storageServer.address().port,
    endpoint,
    storage: storage.origin,
    control: endpoint + '/_control',
    stores: Array.from(shops.stores.values(), (store) => ({
      name: store.name,
      domain: store.domain,
      endpoint: endpoint + '/s/' + store.name,
      token: store.staticToken,
      client_id: store.clientId,
      client_secret: store.clientSecret,
      refresh_token: store.firstRefreshToken,
    })),
  }) + '\n';
  if (options['ready-file']) {
    writeAtomically(options['ready-file'], ready);
  }
  process.stdout.write(ready);

  const stop = () => process.exit(0);
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  if (options['exit-with-stdin']) {
    process.stdin.on('end', stop);
    process.stdin.on('close', stop);
    process.stdin.resume();
  }
}

main().catch((error) => {
  process.stderr.write('fakeshop: ' + (error.stack || error) + '\n');
  process.exit(1);
});
