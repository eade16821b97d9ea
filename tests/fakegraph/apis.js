'use strict';

/* The APIs: one row each. */

const fs = require('fs');
const path = require('path');
const { buildSchema } = require('../fakeshop/graphql');
const infrahub = require('./infrahub-schema');
const { uuid } = require('./values');

function file(name) {
  return () => fs.readFileSync(path.join(__dirname, name), 'utf8');
}

function base64(text) {
  return Buffer.from(text).toString('base64');
}

/* `I_` and the type and the token in base64. */
const GITHUB_IDS = {
  id: (type, token) => type.replace(/[a-z]/g, '') + '_'
    + base64(type + ':' + token).replace(/=+$/, ''),
  read: (id) => {
    const [type, token] = Buffer.from(id.replace(/^[^_]*_/, ''), 'base64')
      .toString().split(':');
    return token ? { type, token } : null;
  },
};

/* `Product:uuid` in base64. */
const SALEOR_IDS = {
  id: (type, token) => base64(type + ':' + uuid(token + '00000000')),
  read: (id) => {
    const [type, rest] = Buffer.from(id, 'base64').toString().split(':');
    return rest ? { type, token: rest.replace(/-/g, '').slice(0, 24) }
      : null;
  },
};

/* A uuid; the field says of which type. */
const LINEAR_IDS = {
  id: (type, token) => uuid(token + '00000000'),
  read: (id, type) => ({ type, token: id.replace(/-/g, '').slice(0, 24) }),
};

const PLAIN_IDS = {
  id: (type, token) => type + '-' + token,
  read: (id) => {
    const [type, token] = id.split('-');
    return token ? { type, token } : null;
  },
};

const EVERY = {
  latency_ms: 0,
  introspection: true,
  twists: [],
  unknown_cursor: 'error',
  cursor_epoch: 1,
  shuffle: false,
  clock_ahead_s: 0,
  rows_limit: null,
  rows_status: 502,
  graphql_response: false,
  sizes: {},
  page_default: null,
  page_most: null,
  page_clip: null,
  ids_most: 100,
  in_flight_limit: null,
  in_flight_status: 429,
  retry_after: 'seconds',
  requests_limit: null,
  requests_status: 429,
  requests_window_s: 60,
};

/*
 * name, path        where it is served
 * schema            the SDL
 * header, token     how a client shows who it is
 * ids               how ids are written
 * rate              which limits it has, see rate.js
 * pageDefault, pageMost, isFirstRequired
 *                   the sizes of pages
 * isMissingAnError  an id that does not exist is an error
 * view              the form of errors
 * sizes             numbers of objects: of a type in a root connection, or of
 *                   TYPE.FIELD per parent, N or [least, most]
 * settings          those that differ from EVERY
 */
const APIS = [
  { name: 'github', path: '/github/graphql',
    schema: file('schemas/github-2026-07.reduced.graphql'),
    header: 'authorization', token: 'ghp_fakegraph_github',
    credentials: (token) => 'Bearer ' + token,
    ids: GITHUB_IDS, rate: 'github', view: 'github',
    pageDefault: null, pageMost: 100, isFirstRequired: true,
    isMissingAnError: true,
    unauthorized: { message: 'Bad credentials', status: '401' },
    tooMany: { message: 'You have exceeded a secondary rate limit. Please '
      + 'wait a few minutes before you try again.' },
    sizes: { 'Repository.issues': 25, 'Repository.pullRequests': 12,
      'Organization.repositories': 8, 'Issue.comments': [0, 5],
      'Issue.labels': [0, 3] },
    settings: { points_limit: 5000, points_window_s: 3600,
      query_cost_limit: 500000, in_flight_limit: 100,
      in_flight_status: 403, requests_status: 403 } },
  { name: 'saleor', path: '/saleor/graphql/',
    schema: file('schemas/saleor-2026-08.reduced.graphql'),
    header: 'authorization', token: 'fakegraph-saleor-app-token',
    credentials: (token) => 'Bearer ' + token,
    ids: SALEOR_IDS, rate: 'saleor', view: 'saleor',
    pageDefault: null, pageMost: 100, isFirstRequired: true,
    isMissingAnError: false,
    unauthorized: { errors: [{ message: 'Invalid token', extensions: {
      exception: { code: 'InvalidTokenError' } } }] },
    tooMany: 'Too many requests',
    sizes: { Product: 40, ProductVariant: 90, Order: 60, User: 30,
      'Order.lines': [1, 4] },
    settings: { query_cost_limit: 50000 } },
  { name: 'linear', path: '/linear/graphql',
    schema: file('schemas/linear-2026-07.reduced.graphql'),
    header: 'authorization', token: 'lin_api_fakegraph_linear',
    credentials: (token) => token,
    ids: LINEAR_IDS, rate: 'linear', view: 'linear',
    pageDefault: 50, pageMost: 250, isFirstRequired: false,
    isMissingAnError: true,
    unauthorized: { errors: [{ message: 'Authentication required, not '
      + 'authenticated', extensions: { code: 'AUTHENTICATION_ERROR' } }] },
    tooMany: { errors: [{ message: 'Rate limit exceeded', extensions: {
      code: 'RATELIMITED' } }] },
    sizes: { Issue: 120, Team: 4, Project: 10, User: 15, Comment: 200,
      'Issue.comments': [0, 4], 'Team.issues': 40 },
    settings: { requests_limit: 1500, requests_window_s: 3600,
      complexity_limit: 250000, complexity_window_s: 3600,
      query_cost_limit: 10000 } },
  { name: 'infrahub', path: '/infrahub/graphql', schema: infrahub.sdl,
    header: 'x-infrahub-key', token: 'fakegraph-infrahub-key',
    credentials: (token) => token,
    ids: null, rate: 'none', view: 'infrahub',
    pageDefault: null, pageMost: null, isFirstRequired: false,
    isMissingAnError: false,
    unauthorized: { errors: ['Authentication failed'] },
    tooMany: { errors: ['Too many requests'] },
    sizes: { tags: 6, sites: 4, prefixes: 9, devices: 30,
      interfaces: [0, 6] },
    settings: {} },
  { name: 'plain', path: '/plain/graphql', schema: file('plain.graphql'),
    header: 'x-api-key', token: 'fakegraph-plain-key',
    credentials: (token) => token,
    ids: PLAIN_IDS, rate: 'none', view: 'plain',
    pageDefault: 20, pageMost: 100, isFirstRequired: false,
    isMissingAnError: false,
    unauthorized: { errors: [{ message: 'Unauthorized' }] },
    tooMany: { errors: [{ message: 'Too many requests' }] },
    sizes: { Article: 35, Entry: 25, Order: 28, Shelf: 12,
      'Query.countries': 7, 'Order.lines': [0, 5],
      'Article.revisions': [0, 4], 'Query.latest': 5 },
    settings: {} },
];

function load(spec) {
  return Object.assign({}, spec, {
    text: spec.schema(),
    defaults: Object.assign({}, EVERY, spec.settings),
  });
}

function apiRow(name) {
  return APIS.find((one) => one.name === name);
}

const known = new Map();

/* The API with this name, with its schema, which is read once. */
function apiSpec(name) {
  if (!known.has(name)) {
    const loaded = load(apiRow(name));
    loaded.schema = buildSchema(loaded.text, { assumeValidSDL: true });
    known.set(name, loaded);
  }
  return known.get(name);
}

module.exports = { apiRow, apiSpec, NAMES: APIS.map((one) => one.name) };
