#!/usr/bin/env node
'use strict';

/* A fake of several paged GraphQL APIs for tests. README.md explains how to
 * use it. */

const fs = require('fs');
const { Faults } = require('../fakeshop/faults');
const { readBody, sendJson, listen } = require('../fakeshop/http');
const { apiRow, apiSpec, NAMES } = require('./apis');
const { Api } = require('./api');
const { Control } = require('./control');
const { Log } = require('./log');

/* The data end at a fixed time, so that a seed always gives the same. */
const NOW = '2026-11-01T06:00:00Z';

const USAGE = `usage: fakegraph.js [options]
  --port N            port (default: a free one)
  --apis A,B,...      the APIs to serve (default: ${NAMES.join(',')})
  --seed N            seed of the data (default: 1)
  --now TIME          when the data end (default: ${NOW})
  --ready-file FILE   also write the line that is printed when ready here
  --exit-with-stdin   end when standard input is closed
`;

function fail() {
  process.stderr.write(USAGE);
  process.exit(64);
}

function parseArguments(argv) {
  const options = { port: 0, apis: NAMES.join(','), seed: 1, now: NOW,
    'ready-file': null, 'exit-with-stdin': false };
  for (let i = 0; i < argv.length; i++) {
    const name = argv[i].replace(/^--/, '');
    if (!argv[i].startsWith('--') || !(name in options)) {
      fail();
    }
    if (typeof options[name] === 'boolean') {
      options[name] = true;
      continue;
    }
    const value = argv[++i];
    options[name] = typeof options[name] === 'number' ? Number(value) : value;
    if (value === undefined || Number.isNaN(options[name])) {
      fail();
    }
  }
  if (Number.isNaN(Date.parse(options.now))
    || !options.apis.split(',').every((one) => NAMES.includes(one))) {
    fail();
  }
  return options;
}

/* The APIs by name. Each is made when it is used first, because reading a
 * schema takes time. */
class Apis {
  constructor(names, options) {
    Object.assign(this, { names, options, made: new Map() });
  }

  /* The API with this name, or undefined. */
  get(name) {
    if (!this.made.has(name) && this.names.includes(name)) {
      this.made.set(name, new Api(apiSpec(name), this.options));
    }
    return this.made.get(name);
  }

  all() {
    return this.names.map((name) => this.get(name));
  }

  /* The API that a path belongs to, or undefined. */
  at(method, path) {
    const name = path.split('/')[1];
    if (!this.names.includes(name)) {
      return undefined;
    }
    const api = this.get(name);
    const isQuery = method === 'POST' && (path === api.spec.path
      || api.isInfrahub && path.startsWith(api.spec.path + '/'));
    return isQuery || method === 'GET' && path === '/' + name
      + '/schema.graphql' ? api : undefined;
  }
}

function router(apis, control) {
  return async (request, response) => {
    const body = await readBody(request);
    const path = request.url.split('?')[0];
    if (path.startsWith('/_control/')) {
      control.handle(request, response, body);
      return;
    }
    const api = apis.at(request.method, path);
    if (api) {
      await api.handle(request, response, body);
      return;
    }
    sendJson(response, 404, { errors: ['Not Found'] });
  };
}

/* The other host, for redirects. */
function elsewhere(log, control) {
  return async (request, response) => {
    await readBody(request);
    log.elsewhere(request, control.secrets());
    sendJson(response, 200, { data: {} });
  };
}

function describe(spec, endpoint) {
  return { name: spec.name, url: endpoint + spec.path, header: spec.header,
    token: spec.token, credentials: spec.credentials(spec.token) };
}

async function main() {
  const options = parseArguments(process.argv.slice(2));
  const faults = new Faults();
  const log = new Log();
  const names = options.apis.split(',');
  const apis = new Apis(names, { seed: options.seed,
    now: Date.parse(options.now), faults, log });
  const control = new Control(apis, faults, log);
  const other = await listen(elsewhere(log, control), 0, 'fakegraph');
  const server = await listen(router(apis, control), options.port,
    'fakegraph');
  const endpoint = 'http://127.0.0.1:' + server.address().port;
  const ready = JSON.stringify({ pid: process.pid,
    port: server.address().port, endpoint,
    elsewhere: 'http://127.0.0.1:' + other.address().port,
    control: endpoint + '/_control',
    apis: names.map((one) => describe(apiRow(one), endpoint)) })
    + '\n';
  if (options['ready-file']) {
    const temporary = options['ready-file'] + '.' + process.pid;
    fs.writeFileSync(temporary, ready);
    fs.renameSync(temporary, options['ready-file']);
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

module.exports = { Apis };

if (require.main === module) {
  main().catch((error) => {
    process.stderr.write('fakegraph: ' + (error.stack || error) + '\n');
    process.exit(1);
  });
}
