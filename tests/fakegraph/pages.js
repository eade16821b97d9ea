'use strict';

/* Pages of lists: relay pages with cursors, offset pages, and all rows. */

const { GraphQLError } = require('../fakeshop/graphql');
const { hash } = require('../fakeshop/random');
const { TOTALS } = require('./shape');
const { rankOrder } = require('./filter');

function refused(message, code) {
  return new GraphQLError(message, { extensions: { code } });
}

/* A cursor holds its row's place in the order, not its position: it remains
 * valid when rows come and go. */
function cursorOf(list, i, epoch) {
  return Buffer.from(JSON.stringify({ v: epoch, k: list.rank(i) }))
    .toString('base64');
}

function readCursor(cursor, epoch) {
  try {
    const { v, k } = JSON.parse(Buffer.from(cursor, 'base64').toString());
    return v === epoch && Array.isArray(k) ? k : null;
  } catch (error) {
    return null;
  }
}

/* The first row after a cursor's place. */
function after(list, rank) {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (list.sign * rankOrder(list.rank(middle), rank) > 0) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}

function startOf(list, args, how) {
  if (args.after === undefined || args.after === null) {
    return 0;
  }
  const rank = readCursor(args.after, how.epoch);
  if (rank) {
    return after(list, rank);
  }
  if (how.unknownCursor === 'restart') {
    return 0;
  }
  throw refused('`' + args.after + '` does not appear to be a valid cursor.',
    'INVALID_CURSOR_ARGUMENTS');
}

/* The rows from a position: at most n that exist. */
function take(list, from, n) {
  const rows = [];
  let i = from;
  for (; i < list.length && rows.length < n; i++) {
    const node = list.at(i);
    if (node) {
      rows.push({ node, i });
    }
  }
  let hasNext = false;
  for (; i < list.length && !hasNext; i++) {
    hasNext = list.at(i) !== null;
  }
  return { rows, hasNext };
}

function firstOf(args, how, name) {
  const { first, last } = args;
  const isNone = (one) => one === undefined || one === null;
  if (isNone(first) && isNone(last)) {
    if (how.whole) {
      return Infinity;
    }
    if (how.isFirstRequired) {
      throw refused('You must provide a `first` or `last` value to properly '
        + 'paginate the `' + name + '` connection.',
      'MISSING_PAGINATION_BOUNDARIES');
    }
    return how.pageDefault;
  }
  const n = isNone(first) ? last : first;
  if (!how.whole && (n > how.pageMost || n < 1)) {
    throw refused('Requesting ' + n + ' records on the `' + name
      + '` connection exceeds the `first` limit of ' + how.pageMost
      + ' records.', 'EXCESSIVE_PAGINATION');
  }
  return how.whole ? n : Math.min(n, how.pageClip || n);
}

function relay(list, args, how, name) {
  const n = firstOf(args, how, name);
  if (args.last !== undefined && args.last !== null) {
    const { rows } = take(list, 0, Infinity);
    return { rows: rows.slice(-n), hasNext: false,
      hasPrevious: rows.length > n };
  }
  const from = startOf(list, args, how);
  return Object.assign(take(list, from, n), { hasPrevious: from > 0 });
}

function offset(list, args, how) {
  const isOpen = how.whole && (args.limit === undefined
    || args.limit === null);
  const most = how.pageClip || how.pageMost || Infinity;
  const limit = isOpen ? Infinity : Math.max(0, Math.min(most,
    args.limit === undefined || args.limit === null
      ? how.pageDefault || Infinity : args.limit));
  const from = Math.max(0, args.offset || args.skip || 0);
  if (how.isIntact) {
    return Object.assign(take(list, from, limit), { hasPrevious: from > 0 });
  }
  const { rows } = take(list, 0, Infinity);
  return { rows: rows.slice(from, from + limit), hasPrevious: from > 0,
    hasNext: from + limit < rows.length };
}

function totalOf(list, isWhole) {
  if (isWhole) {
    return list.length;
  }
  let n = 0;
  for (let i = 0; i < list.length; i++) {
    n += list.at(i) ? 1 : 0;
  }
  return n;
}

/* The value of a connection field; connectionField reads it. */
function connection(list, args, how, place) {
  const { shape, name } = place;
  const page = shape.kind === 'relay' ? relay(list, args, how, name)
    : offset(list, args, how);
  how.count(page.rows.length);
  if (shape.rows === null) {
    return page.rows.map((row) => row.node);
  }
  return Object.assign(page, { $page: list, $type: place.type,
    $key: hash(place.key, name), $index: 0, $created: place.created,
    $epoch: how.epoch, $edge: shape.edge && shape.edge.name,
    total: () => totalOf(list, how.isIntact) });
}

function edgesOf(page) {
  return page.rows.map(({ node, i }) => ({ $type: page.$edge, $list: page,
    $i: i, $key: hash(page.$key, node.$key), $index: i,
    $created: node.$created, node, ...node.$edge }));
}

function pageInfo(page) {
  const { rows } = page;
  const cursor = (row) => (row ? cursorOf(page.$page, row.i, page.$epoch)
    : null);
  return { $type: 'PageInfo', hasNextPage: page.hasNext,
    hasPreviousPage: page.hasPrevious, startCursor: cursor(rows[0]),
    endCursor: cursor(rows[rows.length - 1]) };
}

/* A field of a page or of an edge; undefined for all others. */
function connectionField(source, name) {
  if (source.$page) {
    switch (name) {
      case 'edges': return edgesOf(source);
      case 'nodes':
      case 'items': return source.rows.map((row) => row.node);
      case 'pageInfo': return pageInfo(source);
      default: return TOTALS.includes(name) ? source.total() : undefined;
    }
  }
  return source.$list && name === 'cursor'
    ? cursorOf(source.$list.$page, source.$i, source.$list.$epoch)
    : undefined;
}

module.exports = { connection, connectionField, refused };
