'use strict';

/*
 * Field resolution for graphql-js. A field has the value that data/ defines,
 * else one from generic.js. This file also makes the connections of both.
 *
 * The context of an execution:
 *   schema, world, generic   the store
 *   scopes                   the scopes of the token
 *   countLimit               the largest exact value of a Count
 *   bulk                     for a bulk operation: no paging
 *   whole                    no paging, but `first` holds
 *   slice                    { from, to }: only these root objects
 *   list, total              the nodes of the root connection, once known
 *   epoch                    of cursors: others are refused
 *   pageClip                 the most rows of a page
 *   count                    is called with the rows of each page
 *   roots                    functions for some root fields; $operations
 *                            lists bulk operations, $subscriptions webhooks,
 *                            $definitions definitions of metafields
 */

const { GraphQLError, getNamedType, getNullableType, isLeafType,
  isListType, isNonNullType, isObjectType } = require('./graphql');
const { isConnection, nodeType } = require('./schema');
const { hash } = require('./random');
const search = require('./search');

const PAGING = new Set(['first', 'last', 'after', 'before', 'reverse',
  'sortKey', 'query', 'savedSearchId', 'limit']);

/* They belong to an app, and only its own requests have any. */
const SUBSCRIPTIONS = 'webhookSubscriptions';

const ORDER_DAYS = 60;
const MOST_ROWS = 250;

const SORT_FIELDS = {
  CREATED_AT: 'createdAt',
  UPDATED_AT: 'updatedAt',
  PROCESSED_AT: 'processedAt',
  TITLE: 'title',
  NAME: 'name',
};

/* Facts about each field, by type and name. */
const metas = new WeakMap();

function fieldMeta(parentType, name) {
  let byName = metas.get(parentType);
  if (!byName) {
    byName = new Map();
    metas.set(parentType, byName);
  }
  let meta = byName.get(name);
  if (!meta) {
    const field = parentType.getFields()[name];
    const named = getNamedType(field.type);
    meta = {
      name,
      type: field.type,
      named,
      hash: hash(name),
      hasArgs: field.args.length > 0,
      isRequired: isNonNullType(field.type),
      isList: isListType(getNullableType(field.type)),
      isLeaf: isLeafType(named),
      connection: isConnection(named) ? named : null,
    };
    byName.set(name, meta);
  }
  return meta;
}

function argsKey(args) {
  const keys = Object.keys(args).filter((key) => !PAGING.has(key)).sort();
  return keys.length === 0 ? ''
    : JSON.stringify(keys.map((key) => [key, args[key]]));
}

/* Gives each object without a key a key that depends on its place. */
function identify(value, source, meta) {
  const key = source.$key || 0;
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) {
      if (value[i] && typeof value[i] === 'object'
        && value[i].$key === undefined) {
        value[i].$key = hash(key, meta.hash, i);
      }
    }
  } else if (value && typeof value === 'object'
    && value.$key === undefined) {
    value.$key = hash(key, meta.hash);
  }
  if (!meta.isList && value && typeof value === 'object' && !value.$type
    && isObjectType(meta.named)) {
    value.$type = meta.named.name;
  }
  return value;
}

function known(source, name, args) {
  const value = source[name];
  return typeof value === 'function' ? value(args) : value;
}

/* The value of a field that is not a connection. */
function plain(context, parentType, source, meta, args) {
  const value = known(source, meta.name, args);
  if (value === null && meta.isRequired && !meta.isLeaf) {
    /* The object was deleted, but the field cannot be null. */
    return context.generic.reference(meta.named,
      hash(source.$key || 0, meta.hash));
  }
  if (value !== undefined) {
    return meta.isLeaf ? value : identify(value, source, meta);
  }
  if (meta.name === 'id' && source.id !== undefined) {
    return source.id;
  }
  if (meta.name === 'metafield' && args.key !== undefined) {
    return findMetafield(context, parentType, source, args);
  }
  const counted = countOf(context, parentType, source, meta, args);
  if (counted !== undefined) {
    return counted;
  }
  const h = hash(source.$key || 0, meta.hash,
    meta.hasArgs ? argsKey(args) : '');
  return context.generic.value(meta.type, source, meta.name, h);
}

function findMetafield(context, parentType, source, args) {
  if (!parentType.getFields().metafields) {
    return null;
  }
  const list = nodesOf(context, parentType, source,
    fieldMeta(parentType, 'metafields'), {});
  for (let i = 0; i < list.length; i++) {
    const one = list.at(i);
    if (one && one.key === args.key
      && (!args.namespace || one.namespace === args.namespace)) {
      return one;
    }
  }
  return null;
}

/* `variantsCount` must be the number of `variants`, because bulkpg compares the
 * two. */
function countOf(context, parentType, source, meta, args) {
  if (!/Counts?$/.test(meta.name)) {
    return undefined;
  }
  const base = meta.name.replace(/Counts?$/, '');
  const fields = parentType.getFields();
  const name = [base, base + 's'].find((one) => (
    one in fields && (fieldMeta(parentType, one).connection
      || fieldMeta(parentType, one).isList)));
  if (!name) {
    return undefined;
  }
  const of = fieldMeta(parentType, name);
  const list = of.connection
    ? nodesOf(context, parentType, source, of, args)
    : plain(context, parentType, source, of, {}) || [];
  let count = 0;
  for (let i = 0; i < list.length; i++) {
    count += list.at(i) === null ? 0 : 1;
  }
  if (meta.named.name === 'Int') {
    return count;
  }
  if (meta.named.name !== 'Count') {
    return undefined;
  }
  const limit = context.countLimit || Infinity;
  return { $type: 'Count', $key: 1, count: Math.min(count, limit),
    precision: count > limit ? 'AT_LEAST' : 'EXACT' };
}

/* -- Connections --------------------------------------------------------- */

/* All nodes of a connection, before filter and paging. */
function allNodes(context, parentType, source, meta, args) {
  if (meta.name === 'bulkOperations' && context.roots.$operations) {
    return context.roots.$operations(args);
  }
  if (meta.name === SUBSCRIPTIONS) {
    return context.roots && context.roots.$subscriptions
      ? context.roots.$subscriptions(args) : [];
  }
  if (meta.name === 'metafieldDefinitions' && context.roots
    && context.roots.$definitions && args.ownerType) {
    return context.roots.$definitions(args.ownerType);
  }
  const value = source ? known(source, meta.name, args) : undefined;
  if (value) {
    return value;
  }
  const node = nodeType(meta.connection);
  if (parentType === context.schema.getQueryType()) {
    return isLeafType(node)
      ? Array.from({ length: 7 }, (_, i) => context.generic.leaf(node,
        hash(context.world.seed, meta.hash, i), source, meta.name))
      : context.generic.pool(node);
  }
  return context.generic.nodes(node, source, meta.name,
    hash(source.$key, meta.hash, argsKey(args)));
}

/* A function with which a filter reads an object's fields. */
function reader(context, object) {
  return (name) => {
    const type = context.schema.getType(object.$type);
    if (name === 'status' && object.$type === 'Order') {
      return object.cancelledAt ? 'cancelled'
        : object.closed ? 'closed' : 'open';
    }
    if (!type || !(name in type.getFields())) {
      return undefined;
    }
    const meta = fieldMeta(type, name);
    return meta.isLeaf ? plain(context, type, object, meta, {}) : undefined;
  };
}

function filtered(context, list, text) {
  const tree = search.parse(text.replace(/\bstatus:any\b/gi, ''));
  const out = [];
  for (let i = 0; i < list.length; i++) {
    const object = list.at(i);
    if (object && typeof object === 'object'
      && search.matches(tree, reader(context, object))) {
      out.push(i);
    }
  }
  return { length: out.length, at: (i) => list.at(out[i]),
    rank: (i) => rankOf(list, out[i]) };
}

function sorted(context, list, field) {
  const keys = [];
  for (let i = 0; i < list.length; i++) {
    const object = list.at(i);
    const value = object && typeof object === 'object'
      ? reader(context, object)(field) : undefined;
    keys.push([value === undefined || value === null ? '' : value, i]);
  }
  keys.sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : a[1] - b[1]));
  return { length: keys.length, at: (i) => list.at(keys[i][1]),
    rank: (i) => keys[i] };
}

function reversed(list) {
  const last = list.length - 1;
  return { length: list.length, at: (i) => list.at(last - i),
    rank: (i) => rankOf(list, last - i), isReversed: true };
}

/* The orders of the last 60 days; others need the scope read_all_orders. */
function recentOrders(context, list) {
  const since = context.world.now - ORDER_DAYS * 86400000;
  const out = [];
  for (let i = 0; i < list.length; i++) {
    const order = list.at(i);
    if (order && Date.parse(order.createdAt) >= since) {
      out.push(i);
    }
  }
  return { length: out.length, at: (i) => list.at(out[i]),
    rank: (i) => rankOf(list, out[i]) };
}

/* The nodes of a connection, filtered and sorted. Those of a root field are
 * kept for the next page. */
function nodesOf(context, parentType, source, meta, args) {
  if (parentType !== context.schema.getQueryType() || !args.query
    && !SORT_FIELDS[args.sortKey] || meta.name === 'bulkOperations'
    || meta.name === SUBSCRIPTIONS) {
    return chosenNodes(context, parentType, source, meta, args);
  }
  const key = JSON.stringify([meta.name, args.query, args.sortKey,
    args.reverse, args.ids, context.scopes
      && context.scopes.includes('read_all_orders')]);
  return context.world.kept(key, () => chosenNodes(context, parentType,
    source, meta, args));
}

function chosenNodes(context, parentType, source, meta, args) {
  let list = allNodes(context, parentType, source, meta, args);
  if (meta.connection.name === 'OrderConnection' && context.scopes
    && !context.scopes.includes('read_all_orders')) {
    list = recentOrders(context, list);
  }
  if (meta.name === 'bulkOperations') {
    return list;
  }
  const isRoot = parentType === context.schema.getQueryType();
  if (isRoot && args.query) {
    list = filtered(context, list, args.query);
  }
  if (isRoot && args.ids) {
    const ids = new Set(args.ids);
    const kept = [];
    for (let i = 0; i < list.length; i++) {
      const object = list.at(i);
      if (object && ids.has(object.id)) {
        kept.push(object);
      }
    }
    list = kept;
  }
  if (isRoot && SORT_FIELDS[args.sortKey]) {
    list = sorted(context, list, SORT_FIELDS[args.sortKey]);
  }
  return args.reverse ? reversed(list) : list;
}

function badRequest(message) {
  return new GraphQLError(message,
    { extensions: { code: 'BAD_REQUEST' } });
}

/* The place of row i in its order: [value, position]. It does not depend on
 * which rows the list has besides. */
function rankOf(list, i) {
  return list.rank ? list.rank(i) : ['', i];
}

function rankOrder(a, b) {
  return a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : a[1] - b[1];
}

function cursorOf(list, i, node, epoch) {
  const id = node && node.id ? /(\d+)(\?.*)?$/.exec(node.id) : null;
  const [value, place] = rankOf(list, i);
  return Buffer.from(JSON.stringify({ last_id: id ? Number(id[1]) : i,
    last_value: value, place, ...(epoch > 1 ? { epoch } : {}) }))
    .toString('base64');
}

function rankOfCursor(cursor, epoch) {
  try {
    const read = JSON.parse(Buffer.from(cursor, 'base64').toString());
    if (Number.isInteger(read.place)
      && (read.epoch || 1) === (epoch || 1)) {
      return [read.last_value, read.place];
    }
  } catch (error) {
    /* It is not JSON. */
  }
  throw badRequest('Invalid cursor for current pagination sort.');
}

/* The first row that is not before a cursor; with `isAfter`, after it. */
function positionOf(list, cursor, isAfter, epoch) {
  const rank = rankOfCursor(cursor, epoch);
  const sign = list.isReversed ? -1 : 1;
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const order = sign * rankOrder(rankOf(list, middle), rank);
    if (order > 0 || order === 0 && !isAfter) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}

/* The range of a list that an ordinary query selects. */
function page(list, args, { epoch, pageClip, count }) {
  let from = 0;
  let to = list.length;
  if (args.first === undefined && args.last === undefined) {
    throw badRequest('you must provide one of first or last');
  }
  if (args.first !== undefined && args.last !== undefined) {
    throw badRequest('providing both first and last is not supported');
  }
  const n = args.first === undefined ? args.last : args.first;
  if (n < 0 || n > MOST_ROWS) {
    throw badRequest('a page can have at most ' + MOST_ROWS + ' rows, not '
      + n);
  }
  if (args.after) {
    from = positionOf(list, args.after, true, epoch);
  }
  if (args.before) {
    to = positionOf(list, args.before, false, epoch);
  }
  if (args.first !== undefined) {
    to = Math.min(to, from + Math.min(args.first, pageClip || Infinity));
  } else {
    from = Math.max(from, to - args.last);
  }
  if (count) {
    count(Math.max(0, to - from));
  }
  return { from, to: Math.max(from, to) };
}

function connection(context, parentType, source, meta, args, info) {
  const isRoot = info.path.prev === undefined;
  /* All slices of a bulk operation use the same list. */
  const list = isRoot && context.slice && context.list
    || nodesOf(context, parentType, source, meta, args);
  let range = { from: 0, to: list.length };
  if (context.whole) {
    range.to = Math.min(list.length, args.first || list.length);
  } else if (!context.bulk && meta.connection.name !== 'StringConnection') {
    range = page(list, args, context);
  } else if (context.bulk && isRoot && context.slice) {
    context.list = list;
    context.total = list.length;
    range = { from: context.slice.from,
      to: Math.min(list.length, context.slice.to) };
  }
  return { $connection: list, $range: range, $node: meta.connection,
    $epoch: context.epoch,
    $key: hash((source && source.$key) || 1, meta.hash) };
}

function edgesOf(source) {
  const out = [];
  const list = source.$connection;
  for (let i = source.$range.from; i < source.$range.to; i++) {
    const node = list.at(i);
    if (node !== null && node !== undefined) {
      out.push({ $edge: true, node, $index: i, $list: list,
        $epoch: source.$epoch,
        $key: hash(source.$key, i) });
    }
  }
  return out;
}

function pageInfo(source) {
  const { from, to } = source.$range;
  const list = source.$connection;
  const cursor = (i) => (to > from
    ? cursorOf(list, i, list.at(i), source.$epoch) : null);
  return {
    $type: 'PageInfo',
    hasNextPage: to < list.length,
    hasPreviousPage: from > 0,
    startCursor: cursor(from),
    endCursor: cursor(to - 1),
  };
}

/* A field of a connection or of an edge; undefined if it has no such field. */
function connectionField(source, name) {
  if (source.$connection) {
    switch (name) {
      case 'edges': return edgesOf(source);
      case 'nodes': return edgesOf(source).map((edge) => edge.node);
      case 'pageInfo': return pageInfo(source);
      default: return undefined;
    }
  }
  if (source.$edge && name === 'cursor') {
    return cursorOf(source.$list, source.$index, source.node,
      source.$epoch);
  }
  return undefined;
}

/* -- Entry points -------------------------------------------------------- */

/* The types of the fragments in a field. */
function askedTypes(info) {
  return info.fieldNodes.flatMap((one) => (one.selectionSet
    ? one.selectionSet.selections : []))
    .filter((one) => one.typeCondition)
    .map((one) => one.typeCondition.name.value);
}

function rootField(context, meta, args, info) {
  if (args.id !== undefined && !meta.isLeaf && !meta.isList) {
    return context.generic.byGid(args.id);
  }
  switch (meta.name) {
    case 'shop':
      return context.world.at('Shop', 0);
    case 'nodes':
      if (args.ids.length > MOST_ROWS) {
        throw new GraphQLError('The input array size of ' + args.ids.length
          + ' is greater than the maximum allowed of ' + MOST_ROWS + '.',
        { extensions: { code: 'MAX_INPUT_SIZE_EXCEEDED' } });
      }
      return args.ids.map((id) => context.generic.byGid(id,
        askedTypes(info)));
    default: {
      const source = { $type: 'QueryRoot', $key: context.world.seed };
      const value = plain(context, context.schema.getQueryType(), source,
        meta, args);
      return value === null && !meta.isLeaf && !meta.isList
        ? context.generic.reference(meta.named, hash(meta.hash)) : value;
    }
  }
}

function resolveField(source, args, context, info) {
  const meta = fieldMeta(info.parentType, info.fieldName);
  if (info.path.prev === undefined) {
    const answer = context.roots && context.roots[info.fieldName];
    if (answer) {
      return answer(args, context, info);
    }
    if (!meta.connection) {
      return rootField(context, meta, args, info);
    }
    return connection(context, info.parentType,
      { $type: 'QueryRoot', $key: context.world.seed }, meta, args, info);
  }
  if (source.$connection || source.$edge) {
    const value = connectionField(source, info.fieldName);
    if (value !== undefined) {
      return value;
    }
  }
  if (meta.connection) {
    return connection(context, info.parentType, source, meta, args, info);
  }
  return plain(context, info.parentType, source, meta, args);
}

function resolveType(value) {
  return value.$type;
}

module.exports = { resolveField, resolveType, fieldMeta, nodesOf, plain };
