'use strict';

/*
 * Executes mutations: graphql-js calls a function for the root field, which
 * changes the store's data and returns the payload. effects/ has what each
 * mutation does; here is what all have in common: scopes, idempotency keys,
 * rules of tests, the ledger and user errors.
 *
 * The ledger has an entry for each execution, also for those that had no
 * effect: { n, at, operation and line (of a bulk operation; else null),
 * request (in the log; else null), field, variables, key, state, codes }.
 * state: applied, partly, refused (user errors), denied (no scope), failed (an
 * error), replayed (the key was used before: the first answer again).
 */

const { GraphQLError, getNamedType, getNullableType, isListType,
  getDirectiveValues } = require('./graphql');
const { time } = require('./data/format');
const { fieldMeta, nodesOf, plain } = require('./resolve');
const effects = Object.assign({}, require('./effects/products'),
  require('./effects/inventory'), require('./effects/others'));

const DAY = 86400000;

/* These mutations need @idempotent. */
const KEYED = new Set(['inventoryActivate', 'inventoryAdjustQuantities',
  'inventoryMoveQuantities', 'inventorySetOnHandQuantities',
  'inventorySetQuantities', 'inventoryShipmentAddItems',
  'inventoryShipmentCreate', 'inventoryShipmentCreateInTransit',
  'inventoryShipmentReceive', 'inventoryTransferCreate',
  'inventoryTransferCreateAsReadyToShip', 'inventoryTransferDuplicate',
  'inventoryTransferSetItems', 'locationActivate', 'locationDeactivate',
  'refundCreate']);

const KEY_ERRORS = {
  IDEMPOTENCY_CONCURRENT_REQUEST: 'Another request with the same idempotency '
    + 'key is in progress.',
  IDEMPOTENCY_KEY_PARAMETER_MISMATCH: 'The same idempotency key was used with '
    + 'different parameters.',
  IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED: 'The previous attempt with this '
    + 'idempotency key failed. Use a new key.',
};

let lastNumber = 900000000000;

/* One execution of a mutation, as effects/ sees it. */
class Call {
  constructor(store, args, context, info) {
    Object.assign(this, { store, args, context, info, world: store.world,
      generic: store.generic, version: context.origin.version });
    this.now = Date.now();
    this.stamp = time(this.now);
    this.errors = [];
  }

  /* Notes a user error. */
  fail(field, message, code, more) {
    this.errors.push(Object.assign({ field, message, code }, more));
  }

  hasFailed() {
    return this.errors.length > 0;
  }

  /* Ends the execution with an error of the document. */
  stop(message, code) {
    throw new GraphQLError(message, { extensions: { code } });
  }

  number() {
    return ++lastNumber;
  }

  type(name) {
    return this.store.schema.getType(name);
  }

  has(object, name) {
    return name in this.type(object.$type).getFields();
  }

  /* All nodes of a connection of an object. */
  list(object, name) {
    const type = this.type(object.$type);
    return this.has(object, name) ? nodesOf(this.context, type, object,
      fieldMeta(type, name), {}) : null;
  }

  /* The value of a field that is not a connection. */
  read(object, name) {
    const type = this.type(object.$type);
    return plain(this.context, type, object, fieldMeta(type, name), {});
  }
}

/* -- Payloads ------------------------------------------------------------ */

function errorLists(type) {
  return Object.values(type.getFields()).filter((field) => (
    isListType(getNullableType(field.type))
    && /UserErrors?$/i.test(field.name)));
}

/* A user error with the fields of its type. A code that its type does not have
 * is null. */
function errorView(type, error) {
  const fields = type.getFields();
  const out = { $type: type.name, field: error.field || null,
    message: error.message };
  if (fields.code) {
    const codes = getNamedType(fields.code.type);
    out.code = codes.getValue(error.code || '') ? error.code : null;
  }
  for (const name of Object.keys(fields)) {
    out[name] = out[name] !== undefined ? out[name]
      : error[name] !== undefined ? error[name] : null;
  }
  return out;
}

/* The payload: fields that the effect did not give are null, but the shop is
 * always there. */
function payload(info, objects, errors) {
  const type = getNamedType(info.returnType);
  const lists = errorLists(type);
  const out = { $type: type.name, $key: 1 };
  for (const name of Object.keys(type.getFields())) {
    if (name !== 'shop') {
      out[name] = objects && objects[name] !== undefined
        ? objects[name] : null;
    }
  }
  lists.forEach((field, i) => {
    const of = getNamedType(field.type);
    out[field.name] = i > 0 ? [] : errors.map((one) => errorView(of, one));
  });
  return out;
}

/* -- Idempotency keys ---------------------------------------------------- */

/* Keys are kept for 24 hours from their first use, by the clock of the fake
 * store, which tests can set forward. */
class Keys {
  constructor(shops) {
    this.shops = shops;
    this.kept = new Map();
  }

  clear() {
    this.kept.clear();
  }

  find(app, key) {
    const found = this.kept.get(app + '/' + key);
    return found && this.shops.now() - found.at < DAY ? found : null;
  }

  add(app, key, print) {
    const entry = { print, at: this.shops.now(), state: 'running',
      payload: null };
    this.kept.set(app + '/' + key, entry);
    return entry;
  }
}

function keyOf(context, info) {
  const values = getDirectiveValues(info.schema.getDirective('idempotent'),
    info.fieldNodes[0], info.variableValues);
  if (!values) {
    if (KEYED.has(info.fieldName) && context.origin.version >= '2026-04') {
      throw new GraphQLError('The @idempotent directive is required for this '
        + 'mutation but was not provided.',
      { extensions: { code: 'BAD_REQUEST' } });
    }
    return null;
  }
  if (!values.key.trim()) {
    throw new GraphQLError('The idempotency key can\'t be blank.',
      { extensions: { code: 'BAD_REQUEST' } });
  }
  return values.key;
}

function keyFault(known, print) {
  return known.print !== print ? 'IDEMPOTENCY_KEY_PARAMETER_MISMATCH'
    : known.state === 'running' ? 'IDEMPOTENCY_CONCURRENT_REQUEST'
      : known.state === 'failed' ? 'IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED'
        : null;
}

/* -- The ledger ---------------------------------------------------------- */

class Ledger {
  constructor() {
    this.clear();
  }

  clear() {
    this.entries = [];
  }

  add(origin, field, args) {
    const entry = { n: this.entries.length + 1,
      at: new Date().toISOString(), app: origin.app,
      operation: origin.operation || null,
      line: origin.line === undefined ? null : origin.line,
      request: origin.request || null, field, variables: origin.variables,
      args, key: null, state: 'failed', codes: [] };
    this.entries.push(entry);
    return entry;
  }

  find(query) {
    return this.entries.filter((one) => (
      (!query.operation || one.operation === query.operation)
      && (!query.field || one.field === query.field)
      && (!query.state || query.state.split(',').includes(one.state))
      && (!query.key || one.key === query.key)
      && (!query.after || one.n > Number(query.after))));
  }

  /* How often each execution took place: one row for the same field and
   * arguments. */
  counts(query) {
    const rows = new Map();
    for (const one of this.find(query)) {
      const text = JSON.stringify([one.field, one.args]);
      const row = rows.get(text) || { field: one.field, args: one.args,
        times: 0, applied: 0, lines: [] };
      row.times++;
      row.applied += one.state === 'applied' || one.state === 'partly'
        ? 1 : 0;
      row.lines.push([one.operation, one.line]);
      rows.set(text, row);
    }
    return Array.from(rows.values());
  }
}

/* -- One execution ------------------------------------------------------- */

function denied(name, scope) {
  const needed = '`' + scope + '` access scope.';
  return new GraphQLError('Access denied for ' + name + ' field. Required '
    + 'access: ' + needed, { extensions: { code: 'ACCESS_DENIED',
    documentation: 'https://shopify.dev/api/usage/access-scopes',
    requiredAccess: needed } });
}

function asError({ message, ...extensions }) {
  return new GraphQLError(message || 'Internal error. Looks like something '
    + 'went wrong on our end.', { extensions: Object.assign(
    { code: 'INTERNAL_SERVER_ERROR' }, extensions) });
}

function perform(call, entry, action) {
  const before = call.errors.length;
  if (action.user_errors) {
    call.errors.push(...action.user_errors);
  }
  const objects = action.skip || call.errors.length > before ? null
    : effects[call.info.fieldName].perform(call);
  entry.codes = call.errors.map((one) => one.code || null);
  entry.state = !call.hasFailed() ? 'applied' : objects ? 'partly'
    : 'refused';
  if (action.skip) {
    entry.state = 'skipped';
  }
  return payload(call.info, objects, call.errors);
}

/* A mutation's root field: the function that graphql-js calls. */
function execution(store, name) {
  const { scope } = effects[name];
  return (args, context, info) => {
    const { origin } = context;
    const entry = store.ledger.add(origin, name, args);
    const action = store.shops.faults.find({ kind: 'line',
      store: store.name, path: name, text: JSON.stringify(origin.variables) })
      || {};
    if (!store.settings.scopes.includes(scope)) {
      entry.state = 'denied';
      throw denied(name, scope);
    }
    const key = keyOf(context, info);
    const print = JSON.stringify([name, args]);
    const known = key && store.keys.find(origin.app, key);
    entry.key = key;
    if (known) {
      const fault = keyFault(known, print);
      entry.state = fault ? 'refused' : 'replayed';
      entry.codes = fault ? [fault] : [];
      return fault ? payload(info, null, [{ field: null, code: fault,
        message: KEY_ERRORS[fault] }]) : known.payload;
    }
    const kept = key && store.keys.add(origin.app, key, print);
    try {
      if (action.error && !action.after) {
        throw asError(action.error);
      }
      const out = perform(new Call(store, args, context, info), entry,
        action);
      origin.lost = Boolean(action.lose);
      if (kept) {
        Object.assign(kept, { state: action.busy ? 'running' : 'done',
          payload: out });
      }
      if (action.error) {
        throw asError(action.error);
      }
      return out;
    } catch (error) {
      if (kept && kept.state === 'running') {
        kept.state = 'failed';
      }
      throw error;
    }
  };
}

function mutationFields(store) {
  return Object.fromEntries(Object.keys(effects).map(
    (name) => [name, execution(store, name)]));
}

module.exports = { mutationFields, Keys, Ledger };
