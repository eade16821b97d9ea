#!/usr/bin/env node
'use strict';

/*
 * The part of the oracle that knows GraphQL. It reads one JSON request per
 * line and answers each with one line.
 *
 *   { cmd: 'expect', store, query }   the tables of a query file; with a
 *                                     store, also their rows
 *   { cmd: 'generate', seed }         { query }: a random query file
 *   { cmd: 'validate', query, directives }
 *                                     the errors and deprecated fields of a
 *                                     document; `directives` defines those
 *                                     that GraphQL does not have
 *   { cmd: 'paged', store, query }    the same as 'expect', fetched by pages
 *   { cmd: 'graph', api, query, … }   the same, from the fake graph server
 *   { cmd: 'graph-generate', api, seed }
 *                                     { query }: a random query for pages
 *   { cmd: 'change', … }, { cmd: 'reset' }
 *                                     the same change as in the fake store
 *   { cmd: 'graph-control', key, body }
 *                                     the same as at the fake graph server
 *
 * It has the same stores as the fake store: the same modules, seed and sizes.
 */

const readline = require('readline');
const { extendSchema, NoDeprecatedCustomRule, parse, specifiedRules,
  validate } = require('../../fakeshop/graphql');
const { Control } = require('../../fakeshop/control');
const { Faults } = require('../../fakeshop/faults');
const { Log } = require('../../fakeshop/log');
const { Shops } = require('../../fakeshop/stores');
const { loadSchema } = require('../../fakeshop/schema');
const { generate } = require('./generate');
const { plan } = require('./plan');
const { rows } = require('./rows');

const options = JSON.parse(process.argv[2]);
const schema = loadSchema(options.schema);
const faults = new Faults();
const log = new Log();
const shops = new Shops(Object.assign({}, options,
  { schema, faults, now: Date.parse(options.now) }));
const control = new Control(shops, faults, log, { clear() {} });

/* A plan without AST nodes, which cannot be sent as JSON. */
function plain(planned, tableRows) {
  const tables = planned.tables.map(({ fields, columns, ...table }) => (
    Object.assign(table, { columns: columns.map(
      ({ field, ...column }) => column) })));
  return { tables, deletes: planned.deletes, rows: tableRows };
}

/* The schema with the directives of the last request. */
const extended = { by: null, schema: null };

function schemaWith(directives) {
  if (!directives) {
    return schema;
  }
  if (extended.by !== directives) {
    extended.by = directives;
    extended.schema = extendSchema(schema, parse(directives));
  }
  return extended.schema;
}

function faultsOf({ query, directives }) {
  return validate(schemaWith(directives), parse(query),
    [...specifiedRules, NoDeprecatedCustomRule])
    .map((error) => error.message);
}

/* The part for pages, loaded when a test needs it first. */
let graph = null;

function graphOf() {
  const { Graph } = require('./graph');
  graph ||= new Graph({ seed: options.seed, now: options.now });
  return graph;
}

function answer(request) {
  switch (request.cmd) {
    case 'paged':
      return require('./graph').fromStore(
        shops.stores.get(request.store), request.query);
    case 'graph':
      return graphOf().expect(request);
    case 'graph-generate':
      return graphOf().generate(request);
    case 'graph-control':
      return graphOf().control.dispatch(request.key, request.body || {}, {});
    case 'expect': {
      const document = parse(request.query);
      const planned = plan(schema, document);
      return plain(planned, request.store
        ? rows(shops.stores.get(request.store), document, planned.tables)
        : undefined);
    }
    case 'validate':
      return faultsOf(request);
    case 'generate':
      return { query: generate(schema, request.seed, request.prefix) };
    default:
      if (request.cmd === 'reset' && graph) {
        graph.control.dispatch('POST reset', {}, {});
      }
      return control.dispatch('POST ' + request.cmd, request.body || {}, {});
  }
}

readline.createInterface({ input: process.stdin }).on('line', (line) => {
  let out;
  try {
    out = answer(JSON.parse(line));
  } catch (error) {
    out = { error: error.stack || String(error) };
  }
  process.stdout.write(JSON.stringify(out) + '\n');
}).on('close', () => process.exit(0));
