'use strict';

/* The GraphQL Admin API of the stores. */

const { parse, validate, execute, getOperationAST, Kind } =
  require('./graphql');
const cost = require('./cost');
const { METAFIELDS } = require('./data/catalog');
const search = require('./search');
const { resolveField, resolveType } = require('./resolve');
const { mutationFields } = require('./mutations');
const { twisted, edited, isEdit } = require('./twist');
const { twistsOf } = require('./denied');
const { variableErrors } = require('./variables');
const { sendJson, sendFault, sleep, requestId } = require('./http');

const RESOLVE = twisted(resolveField);

const VERSIONS = ['2026-01', '2026-04', '2026-07', '2026-10', '2027-01'];
const UNAUTHORIZED = { errors: '[API] Invalid API key or access token '
  + '(unrecognized login or wrong password)' };

/* The version that answers a request: a version that is no longer supported is
 * replaced by the oldest supported one. */
function servedVersion(asked) {
  return asked === 'unstable' || VERSIONS.includes(asked) ? asked
    : asked < VERSIONS[0] ? VERSIONS[0] : null;
}

/* -- Documents ----------------------------------------------------------- */

const CODES = [
  [/^Cannot query field/, 'undefinedField'],
  [/^Unknown argument/, 'argumentNotAccepted'],
  [/is required, but it was not provided/, 'missingRequiredArguments'],
  [/^Unknown type/, 'undefinedType'],
  [/^Variable /, 'variableMismatch'],
  [/^Syntax Error/, 'parseError'],
];

function errorView(error) {
  const found = CODES.find(([pattern]) => pattern.test(error.message));
  const view = { message: error.message };
  if (error.locations) {
    view.locations = error.locations;
  }
  if (error.path) {
    view.path = error.path;
  }
  view.extensions = error.extensions && error.extensions.code
    ? error.extensions : { code: found ? found[1] : 'INVALID_QUERY' };
  return view;
}

/* The kind of a request, for rules and the log, by its first root field. */
const KINDS = {
  bulkOperationRunQuery: 'run',
  bulkOperationRunMutation: 'run_mutation',
  stagedUploadsCreate: 'stage',
  bulkOperationCancel: 'cancel',
  bulkOperation: 'poll',
  currentBulkOperation: 'poll',
  bulkOperations: 'list',
  shop: 'shop',
  currentAppInstallation: 'shop',
  __type: 'introspection',
  __schema: 'introspection',
};

/* The kinds of requests that can fetch or change a store's data. */
const DATA_KINDS = new Set(['query', 'shop', 'mutation']);

function kindOf(operation) {
  const first = operation && operation.selectionSet.selections.find(
    (selection) => selection.kind === Kind.FIELD);
  return first && KINDS[first.name.value]
    || (operation && operation.operation === 'mutation' ? 'mutation'
      : 'query');
}

/* -- Bulk operations as fields ------------------------------------------- */

const STATUSES = ['canceled', 'canceling', 'completed', 'created', 'failed',
  'running'];
const FILTERS = ['created_at', 'id', 'operation_type', 'status'];

function warning(field, value, code) {
  return { field, code, message: code === 'invalid_field'
    ? 'Invalid search field for this query.'
    : 'Input `' + value + '` is not an accepted value.' };
}

/* Parse the filter of a list of operations, and warn about unknown terms. Null
 * if the list is empty because of them. */
function checkFilter(text, warnings) {
  const tree = search.parse(text);
  let isEmpty = false;
  const check = (node) => {
    for (const inner of node.all || node.any || (node.not ? [node.not]
      : [])) {
      check(inner);
    }
    if (node.kind !== 'term') {
      return;
    }
    if (!FILTERS.includes(node.field)) {
      warnings.push(warning(node.field, node.value, 'invalid_field'));
    } else if (node.field === 'status'
      && !STATUSES.includes(node.value.toLowerCase())) {
      warnings.push(warning('status', node.value, 'invalid_value'));
      isEmpty = true;
    } else if (node.field === 'created_at'
      && Number.isNaN(Date.parse(node.value))) {
      throw Object.assign(new Error('Invalid timestamp for query filter '
        + '`created_at`.'), { extensions: { code: 'BAD_REQUEST' } });
    }
  };
  check(tree);
  return isEmpty ? null : tree;
}

function listOperations(store, app, args, search_) {
  let list = store.bulk.of(app).filter((one) => one.isListed());
  const at = (one) => (args.sortKey === 'COMPLETED_AT'
    ? one.completedMs || 0 : one.createdMs);
  list.sort((a, b) => at(b) - at(a) || b.number - a.number);
  if (args.reverse) {
    list.reverse();
  }
  if (args.query) {
    const warnings = [];
    const tree = checkFilter(args.query, warnings);
    list = tree ? list.filter((one) => search.matches(tree, (name) => ({
      createdAt: one.view().createdAt,
      id: one.id,
      operationType: one.type.toLowerCase(),
      status: one.status.toLowerCase(),
    }[name]))) : [];
    if (warnings.length > 0) {
      search_.push({ path: ['bulkOperations'], query: args.query,
        warnings });
    }
  }
  return list.map((one) => one.view());
}

/* The metafields that the store defines: `metafield_definitions`, by owner; a
 * list of [namespace, key, type]. */
function definitions(store, owner) {
  const all = store.settings.metafield_definitions || {
    PRODUCT: METAFIELDS, PRODUCTVARIANT: METAFIELDS };
  return (all[owner] || []).map(([namespace, key, type], i) => ({
    $type: 'MetafieldDefinition', $key: i + 1,
    id: 'gid://shopify/MetafieldDefinition/' + (i + 1),
    namespace, key, name: key, ownerType: owner,
    type: { $type: 'MetafieldDefinitionType', name: type } }));
}

/* Root fields whose answer depends on the token. */
function rootFields(token, searches, version) {
  const { store, app } = token;
  const view = (operation) => (operation ? operation.polled() : null);
  return Object.assign(mutationFields(store),
    store.webhooks.rootFields(token), {
    bulkOperation: (args) => view(store.bulk.find(app, args.id)),
    currentBulkOperation: (args) => view(store.bulk.of(app)
      .filter((one) => one.type === (args.type || 'QUERY')).slice(-1)[0]),
    bulkOperationRunQuery: (args) => store.bulk.run(app, args.query,
      args.groupObjects),
    bulkOperationRunMutation: (args) => store.bulk.runMutation(token, args,
      version),
    stagedUploadsCreate: (args) => store.shops.uploads.stage(token, args),
    bulkOperationCancel: (args) => store.bulk.cancel(app, args.id),
    currentAppInstallation: () => ({
      $type: 'AppInstallation',
      $key: 1,
      id: 'gid://shopify/AppInstallation/600000000001',
      accessScopes: store.settings.scopes.map((handle) => ({ handle,
        description: handle.replace(/_/g, ' ') })),
    }),
    publicApiVersions: () => VERSIONS.map((handle) => ({ handle,
      displayName: handle, supported: handle !== '2027-01' })),
    node: (args) => (/\/BulkOperation\//.test(args.id)
      ? view(store.bulk.find(app, args.id))
      : store.generic.byGid(args.id)),
    $definitions: (owner) => definitions(store, owner),
    $operations: (args) => listOperations(store, app, args, searches),
  });
}

/* -- The endpoint -------------------------------------------------------- */

/* The same documents are sent many times, above all for introspection.
 * Therefore parsed documents are kept. */
const MOST_TEXTS = 2000;
const LONGEST_TEXT = 20000;

/* The answer to introspection is always the same, for all stores. */
function isIntrospection(operation) {
  return operation.selectionSet.selections.every(
    (one) => one.kind === Kind.FIELD && one.name.value.startsWith('__'));
}

class Admin {
  constructor(shops, faults, log) {
    this.shops = shops;
    this.faults = faults;
    this.log = log;
    this.texts = new Map();
  }

  /* The document of a text, or the error. Validation problems and answers to
   * introspection are added on first use. */
  known(text) {
    let known = this.texts.get(text);
    if (!known) {
      known = { answers: new Map() };
      try {
        known.document = parse(text);
      } catch (error) {
        known.error = error;
      }
      if (this.texts.size >= MOST_TEXTS) {
        this.texts.clear();
      }
      if (text.length <= LONGEST_TEXT) {
        this.texts.set(text, known);
      }
    }
    return known;
  }

  problems(asked) {
    const { known } = asked;
    known.problems ||= validate(this.shops.schema, known.document);
    return known.problems;
  }

  /* Waits and answers as the fault says. True if the request is then over. */
  async isOver(response, action, headers, entry) {
    await this.faults.wait(action);
    if (response.destroyed) {
      entry.dropped = true; /* the client closed the connection */
      return true;
    }
    entry.closed = sendFault(response, action, headers)
      ? Boolean(action.close) : undefined;
    return entry.closed !== undefined;
  }

  /* Counts the queries that are in flight at the same time. */
  fly(store, response) {
    const { flight } = store;
    flight.requests++;
    flight.most = Math.max(flight.most, ++flight.now);
    response.on('close', () => flight.now--);
  }

  /* version, prefix: the API version and the store in the path; prefix may be
   * null. */
  async handle(request, response, body, version, prefix) {
    const entry = this.log.add('admin', request);
    const started = Date.now();
    const id = requestId();
    const served = servedVersion(version);
    const headers = { 'X-Request-ID': id };
    if (served) {
      headers['X-Shopify-API-Version'] = served;
    }
    entry.request_id = id;
    response.on('close', () => {
      entry.status = entry.closed ? null : response.statusCode;
      entry.ms = Date.now() - started;
    });

    const asked = this.read(request, body);
    const token = this.shops.byToken(
      request.headers['x-shopify-access-token']);
    const store = token && (!prefix || token.store.name === prefix)
      ? token.store : null;
    entry.store = store ? store.name : prefix || null;
    entry.operation_name = asked.operationName || null;
    entry.query = asked.query;
    entry.variables = asked.variables;
    entry.kind = asked.kind;

    if (store && DATA_KINDS.has(asked.kind)) {
      this.fly(store, response);
      if (store.settings.latency_ms > 0) {
        await sleep(store.settings.latency_ms);
      }
    }
    const action = this.faults.find({ kind: asked.kind, isGraphql: true,
      store: entry.store, path: entry.path, text: body });
    if (action) {
      entry.fault = action;
      Object.assign(headers, action.headers);
      [].concat(action.change || []).forEach((one) => (
        this.control.change(Object.assign({ store: entry.store }, one))));
    }

    if (action && action.late) {
      /* The answer is lost now; the request takes effect when it is
       * released. */
      this.faults.held.push(() => this.answer(asked, served, store && token,
        entry, action));
    }
    const before = action && !action.after;
    if (before && await this.isOver(response, action, headers, entry)) {
      return;
    }
    const answer = this.answer(asked, served, store && token, entry, action);
    if (action && isEdit(action)) {
      answer.body = edited(typeof answer.body === 'string'
        ? JSON.parse(answer.body) : answer.body, action);
    }
    if (action && !before
      && await this.isOver(response, action, headers, entry)) {
      return;
    }
    const { rows_limit: most } = store ? store.settings : {};
    if (most && entry.rows > most) {
      sendFault(response, { status: 502, body: '<html>Bad Gateway' },
        headers);
      return;
    }
    sendJson(response, answer.status, answer.body, headers);
  }

  /* Reads the document of a request; parts that are not valid stay null. */
  read(request, body) {
    const asked = { query: null, variables: null, kind: 'query' };
    if (/application\/graphql/.test(request.headers['content-type'] || '')) {
      asked.query = body;
    } else {
      try {
        const json = JSON.parse(body);
        asked.query = typeof json.query === 'string' ? json.query : null;
        asked.variables = json.variables || null;
        asked.operationName = json.operationName || null;
      } catch (error) {
        asked.query = null;
      }
    }
    if (asked.query !== null) {
      asked.known = this.known(asked.query);
      asked.document = asked.known.document;
      asked.error = asked.known.error;
    }
    if (asked.document) {
      asked.operation = getOperationAST(asked.document,
        asked.operationName || undefined);
      if (asked.operation && asked.operation.name) {
        asked.operationName = asked.operation.name.value;
      }
      asked.kind = kindOf(asked.operation);
    }
    return asked;
  }

  answer(asked, served, token, entry, action) {
    const store = token && token.store;
    if (!served) {
      return { status: 404, body: { errors: 'Not Found' } };
    }
    if (!store) {
      return { status: 401, body: UNAUTHORIZED };
    }
    if (asked.query === null) {
      return { status: 400, body: { errors: { query:
        'Required parameter missing or invalid' } } };
    }
    if (asked.error) {
      return { status: 200, body: { errors: [errorView(asked.error)] } };
    }
    if (!asked.operation) {
      return { status: 200, body: { errors: [{ message:
        'An operation name is required' }] } };
    }
    const problems = this.problems(asked);
    if (problems.length > 0) {
      return { status: 200, body: { errors: problems.map(errorView) } };
    }
    const wrong = asked.kind === 'mutation' ? variableErrors(
      this.shops.schema, asked.operation, asked.variables || {},
      'INVALID_VARIABLE') : [];
    if (wrong.length > 0) {
      return { status: 200, body: { errors: wrong } };
    }
    return { status: 200, body: this.run(asked, store, token,
      entry, action, served) };
  }

  execute(asked, how) {
    if (!isIntrospection(asked.operation)) {
      return execute(how);
    }
    const { answers } = asked.known;
    const key = JSON.stringify([how.operationName, how.variableValues]);
    if (!answers.has(key)) {
      answers.set(key, execute(how));
    }
    return answers.get(key);
  }

  run(asked, store, token, entry, action, version) {
    const { schema } = this.shops;
    const { bucket } = token;
    const price = cost.requested(schema, asked);
    entry.cost = price;
    if (price > cost.MAX_COST) {
      return { errors: [{ message: 'Query cost is ' + price
        + ', which exceeds the single query max cost limit (1000). See '
        + 'https://shopify.dev/concepts/about-apis/rate-limits for more '
        + 'information on how the cost of a query is calculated.',
      extensions: { code: 'MAX_COST_EXCEEDED', cost: price, maxCost: 1000,
        documentation: 'https://shopify.dev/api/usage/rate-limits' } }] };
    }
    if (price > bucket.available()) {
      return '{"errors":[{"message":"Throttled","extensions":{"code":'
        + '"THROTTLED","documentation":"https://shopify.dev/api/usage/'
        + 'rate-limits"}}],"extensions":{"cost":'
        + cost.text(price, null, bucket) + '}}';
    }

    const searches = [];
    const context = { schema, world: store.world, generic: store.generic,
      scopes: store.settings.scopes, bulk: false, firsts: store.firsts,
      epoch: store.settings.cursor_epoch, pageClip: store.settings.page_clip,
      count: (n) => {
        entry.rows = (entry.rows || 0) + n;
      },
      twists: store.settings.twists.concat(twistsOf(store.settings.denied),
        action && action.twists || []),
      origin: { app: token.app, version, request: entry.n,
        variables: asked.variables || {} },
      roots: rootFields(token, searches, version) };
    const answer = this.execute(asked, { schema, document: asked.document,
      contextValue: context, variableValues: asked.variables || {},
      operationName: asked.operationName || undefined,
      fieldResolver: RESOLVE, typeResolver: resolveType });
    const spent = Math.min(price, cost.actual(schema, asked, answer.data));
    entry.spent = spent;
    bucket.take(spent);

    /* Written by hand, because the numbers in throttleStatus always have a
     * decimal point, which JSON.stringify does not write. */
    const parts = [];
    if (answer.data !== undefined) {
      parts.push('"data":' + encode(answer.data));
    }
    if (answer.errors) {
      parts.push('"errors":' + encode(answer.errors.map(errorView)));
    }
    if (answer.data !== undefined) {
      parts.push('"extensions":{"cost":' + cost.text(price, spent, bucket)
        + (searches.length > 0 ? ',"search":' + encode(searches) : '')
        + '}');
    }
    return '{' + parts.join(',') + '}';
  }
}

/* The API escapes the characters that could end a script element, but not
 * slashes. */
function encode(value) {
  const names = { '&': '\\u0026', '<': '\\u003c', '>': '\\u003e',
    '\u2028': '\\u2028', '\u2029': '\\u2029' };
  return JSON.stringify(value).replace(/[&<>\u2028\u2029]/g,
    (character) => names[character]);
}

module.exports = { Admin };
