'use strict';

/* Connections are recognized by the shape of a field, not by a name. */

const { getNamedType, getNullableType, isCompositeType, isListType,
  isObjectType } = require('../fakeshop/graphql');

const TOTALS = ['totalCount', 'count', 'total'];

function has(field, name) {
  return field.args.some((one) => one.name === name);
}

function isList(type) {
  return isListType(getNullableType(type));
}

/* The list of rows in a connection's type: { rows, node }. */
function rowsOf(type) {
  const fields = type.getFields();
  const edges = fields.edges && isList(fields.edges.type)
    ? getNamedType(fields.edges.type) : null;
  if (edges && edges.getFields && edges.getFields().node) {
    return { rows: 'edges', edge: edges,
      node: getNamedType(edges.getFields().node.type) };
  }
  for (const name of ['nodes', 'items']) {
    if (fields[name] && isList(fields[name].type)) {
      return { rows: name, edge: null,
        node: getNamedType(fields[name].type) };
    }
  }
  return null;
}

function found(field) {
  const named = getNamedType(field.type);
  const isOffset = has(field, 'limit')
    && (has(field, 'offset') || has(field, 'skip'));
  if (isList(field.type)) {
    return isOffset && isCompositeType(named)
      ? { kind: 'offset', rows: null, edge: null, node: named, total: null }
      : null;
  }
  const inner = isObjectType(named) ? rowsOf(named) : null;
  if (!inner) {
    return null;
  }
  const fields = named.getFields();
  const isRelay = has(field, 'first') && has(field, 'after')
    && fields.pageInfo && inner.rows !== 'items';
  if (!isRelay && !isOffset) {
    return null;
  }
  const total = TOTALS.find((name) => name in fields) || null;
  return Object.assign({ kind: isRelay ? 'relay' : 'offset', total }, inner);
}

const known = new WeakMap();

/* { kind: 'relay' or 'offset', rows: 'edges', 'nodes', 'items', or null if the
 * field itself is the list, edge, node: their types, total: the name of the
 * field with the total, or null }; null if the field is not a connection. */
function connectionOf(field) {
  if (!known.has(field)) {
    known.set(field, found(field));
  }
  return known.get(field);
}

module.exports = { connectionOf, isList, TOTALS };
