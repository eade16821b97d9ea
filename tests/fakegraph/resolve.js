'use strict';

/*
 * Field resolution for the APIs whose data is a World.
 *
 * The context of an execution: world; how: how pages are made (see pages.js);
 * roots: functions for some root fields.
 */

const { GraphQLError, getNamedType, isLeafType, isListType, getNullableType } =
  require('../fakeshop/graphql');
const { connectionOf } = require('./shape');
const { connection, connectionField } = require('./pages');
const { ordered, extra } = require('./filter');

const metas = new WeakMap();

function metaOf(type, name) {
  let byName = metas.get(type);
  if (!byName) {
    byName = new Map();
    metas.set(type, byName);
  }
  let meta = byName.get(name);
  if (!meta) {
    const field = type.getFields()[name];
    const named = getNamedType(field.type);
    meta = { name, field, named, isLeaf: isLeafType(named),
      isList: isListType(getNullableType(field.type)),
      shape: connectionOf(field) };
    byName.set(name, meta);
  }
  return meta;
}

function notFound(name, id) {
  return new GraphQLError('Could not resolve to a node with the global id of '
    + "'" + id + "' (" + name + ')', { extensions: { code: 'NOT_FOUND' } });
}

function connectionValue(source, args, context, meta, isRoot, parent) {
  const { world, how } = context;
  const { shape, name } = meta;
  const rest = extra(args);
  const list = isRoot ? world.roots(shape.node, name)
    : world.children(source, name, shape.node, rest);
  const key = (isRoot ? '' : source.id || source.$token) + '.' + name + rest;
  return connection(ordered(world, list, args, key), args,
    Object.assign({ isIntact: world.deletions === 0 }, how),
    { shape, name, type: meta.named.name, parent,
      key: isRoot ? world.seed : source.$key,
      created: isRoot ? world.now : source.$created });
}

/* A root field that is not a connection: an object by id, `nodes`, or a
 * computed value. */
function rootValue(args, context, meta) {
  const { world } = context;
  if (typeof args.id === 'string' && !meta.isLeaf && !meta.isList) {
    const object = world.byId(args.id, meta.named);
    if (!object && (meta.name === 'node' || context.how.isMissingAnError)) {
      throw notFound(meta.name, args.id);
    }
    return object;
  }
  if (meta.name === 'nodes' && args.ids) {
    if (args.ids.length > context.how.idsMost) {
      throw new GraphQLError('You may not provide more than '
        + context.how.idsMost + ' node ids; you provided ' + args.ids.length
        + '.', { extensions: { code: 'ARGUMENT_LIMIT' } });
    }
    return args.ids.map((id) => world.byId(id, meta.named));
  }
  const source = { $type: 'Query', $token: 'root', $key: world.seed,
    $index: 0, $created: world.now };
  const list = meta.isList && !meta.isLeaf
    && world.lists.get(meta.name);
  if (list) {
    return world.explicit(list).at && list.map((_, i) => (
      world.explicit(list).at(i))).filter(Boolean);
  }
  const value = world.value(meta.field.type, source, meta.name, extra(args));
  return value === null && !meta.isLeaf && !meta.isList
    ? world.reference(meta.named, meta.name, extra(args)) : value;
}

function resolveField(source, args, context, info) {
  const meta = metaOf(info.parentType, info.fieldName);
  const isRoot = info.path.prev === undefined;
  if (isRoot && context.roots[meta.name]) {
    return context.roots[meta.name](args, context, info);
  }
  if (!isRoot) {
    const known = connectionField(source, meta.name);
    if (known !== undefined) {
      return known;
    }
    const given = source[meta.name];
    if (given !== undefined) {
      return typeof given === 'function' ? given(args) : given;
    }
  }
  if (meta.shape) {
    return connectionValue(source, args, context, meta, isRoot,
      info.parentType);
  }
  if (isRoot) {
    return rootValue(args, context, meta);
  }
  return context.world.value(meta.field.type, source, meta.name,
    extra(args));
}

function resolveType(value) {
  return value.$type;
}

module.exports = { resolveField, resolveType };
