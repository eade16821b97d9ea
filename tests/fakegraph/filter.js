'use strict';

/* The filters and the order of a connection, from its arguments. */

const { GraphQLError, isLeafType, getNamedType } =
  require('../fakeshop/graphql');

const PAGING = new Set(['first', 'last', 'after', 'before', 'limit',
  'offset', 'skip', 'includeArchived', 'includeSubTeams', 'channel']);
const FILTERS = new Set(['filter', 'where', 'filterBy']);
const ORDERS = new Set(['orderBy', 'sortBy', 'sort', 'order']);
const LISTS = { ids: 'id', states: 'state' };
const SINCE = new Set(['since', 'updatedAfter']);
const ALIASES = { createdAt: 'created', modified: 'updatedAt',
  lastModifiedAt: 'updatedAt', date: 'createdAt' };

const TIME = /^\d{4}-\d\d-\d\dT/;

function comparable(value) {
  return typeof value === 'string' && TIME.test(value) ? Date.parse(value)
    : value;
}

const OPERATORS = {
  eq: (a, b) => a === b,
  neq: (a, b) => a !== b,
  in: (a, b) => b.includes(a),
  oneOf: (a, b) => b.includes(a),
  nin: (a, b) => !b.includes(a),
  gt: (a, b) => a !== null && a > b,
  gte: (a, b) => a !== null && a >= b,
  lt: (a, b) => a !== null && a < b,
  lte: (a, b) => a !== null && a <= b,
  null: (a, b) => (a === null) === b,
  contains: (a, b) => String(a).includes(b),
  startsWith: (a, b) => String(a).startsWith(b),
};

function unsupported(what) {
  throw new GraphQLError('fakegraph does not support the filter ' + what);
}

function compares(value, condition, what) {
  if (condition === null) {
    return true;
  }
  if (Array.isArray(condition)) {
    return condition.includes(value);
  }
  if (typeof condition !== 'object') {
    return comparable(value) === comparable(condition);
  }
  return Object.entries(condition).every(([name, limit]) => {
    if (limit === null || limit === undefined) {
      return true;
    }
    if (name === 'range') {
      return compares(value, limit, what);
    }
    const operator = OPERATORS[name] || unsupported(what + '.' + name);
    return operator(comparable(value), Array.isArray(limit)
      ? limit.map(comparable) : comparable(limit));
  });
}

function all(world, object, filter) {
  return Object.entries(filter).every(([name, condition]) => {
    if (condition === undefined || condition === null) {
      return true;
    }
    const lower = name.toLowerCase();
    if (lower === 'and') {
      return condition.every((one) => all(world, object, one));
    }
    if (lower === 'or') {
      return condition.some((one) => all(world, object, one));
    }
    if (lower === 'not') {
      return !all(world, object, condition);
    }
    return one(world, object, name, condition);
  });
}

function one(world, object, name, condition) {
  if (SINCE.has(name)) {
    return compares(world.read(object, 'updatedAt'), { gte: condition });
  }
  if (LISTS[name]) {
    return compares(world.read(object, LISTS[name]), condition, name);
  }
  const fields = world.schema.getType(object.$type).getFields();
  const used = name in fields ? name : ALIASES[name];
  if (!used || !(used in fields)) {
    return name === 'viewerSubscribed' || unsupported(name);
  }
  const value = world.read(object, used);
  if (isLeafType(getNamedType(fields[used].type))) {
    return compares(value, condition, name);
  }
  return value !== null && all(world, value, condition);
}

/* ['updatedAt', descending?] from any of the ways to ask for an order. */
function orderOf(args) {
  for (const name of ORDERS) {
    let order = args[name];
    order = Array.isArray(order) ? order[0] : order;
    if (typeof order === 'string') {
      return [order, true];
    }
    if (order && order.field) {
      return [camel(String(order.field)), order.direction === 'DESC'];
    }
    if (order && typeof order === 'object') {
      const [field] = Object.keys(order);
      return [field, /^desc/i.test(order[field].order || '')];
    }
  }
  return null;
}

function camel(name) {
  return name.toLowerCase().replace(/_(\w)/g, (_, x) => x.toUpperCase());
}

/* A text of the arguments that are neither filter nor page nor order; they
 * choose other rows. */
function extra(args) {
  const rest = Object.entries(args).filter(([name, value]) => (
    value !== undefined && !PAGING.has(name) && !FILTERS.has(name)
    && !ORDERS.has(name) && !(name in LISTS) && !SINCE.has(name)));
  return rest.length === 0 ? '' : JSON.stringify(rest.sort());
}

function conditions(args) {
  const out = {};
  for (const [name, value] of Object.entries(args)) {
    if (value === null || value === undefined) {
      continue;
    }
    if (FILTERS.has(name)) {
      Object.assign(out, value);
    } else if (name in LISTS || SINCE.has(name)) {
      out[name] = value;
    }
  }
  return out;
}

/* The indexes of a list's rows that pass, in order: [{ i, by }]. */
function chosen(world, list, args) {
  const filter = conditions(args);
  const out = [];
  const order = orderOf(args);
  for (let i = 0; i < list.length; i++) {
    const object = list.at(i);
    if (object && all(world, object, filter)) {
      const field = order && (ALIASES[order[0]]
        && world.read(object, order[0]) === undefined
        ? ALIASES[order[0]] : order[0]);
      const value = field ? world.read(object, field) : undefined;
      out.push({ i, by: value === undefined || value === null
        || typeof value === 'object' ? '' : value });
    }
  }
  const sign = order && order[1] ? -1 : 1;
  out.sort((a, b) => sign * rankOrder([a.by, a.i], [b.by, b.i]));
  return { rows: out, sign };
}

/* Compares [value, index] pairs. */
function rankOrder(a, b) {
  return a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : a[1] - b[1];
}

const MOST_CACHED = 200;

/* The list as the arguments ask for it. rank(i) is the place of row i in the
 * order; it stays the same when other rows come or go. sign is -1 if ranks
 * decrease. */
function ordered(world, list, args, key) {
  if (Object.keys(conditions(args)).length === 0 && !orderOf(args)
    && world.deletions === 0) {
    return { length: list.length, at: list.at, rank: (i) => ['', i],
      sign: 1 };
  }
  const text = key + JSON.stringify(Object.entries(args)
    .filter(([name]) => !PAGING.has(name)));
  let kept = world.cache.get(text);
  if (!kept) {
    kept = chosen(world, list, args);
    if (world.cache.size >= MOST_CACHED) {
      world.cache.clear();
    }
    world.cache.set(text, kept);
  }
  const { rows, sign } = kept;
  return { length: rows.length, at: (i) => list.at(rows[i].i),
    rank: (i) => [rows[i].by, rows[i].i], sign };
}

module.exports = { ordered, extra, rankOrder };
