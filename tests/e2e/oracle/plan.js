'use strict';

/*
 * Computes the tables of a query file, from the rules in the user's
 * documentation and with graphql-js only. It shares no code with the program
 * that it checks.
 *
 * A table: { name, path, parent, kind ('connection' or 'list'), keys, key,
 * skip, node, isAbstract, hasId, columns, edges }.  `keys` lead from the
 * parent's object to the connection or list; `parent` is an index or null.
 * A column: { name, keys, type, isId, either, index, field }.
 */

const crypto = require('crypto');
const { getNamedType, getNullableType, getOperationAST, isAbstractType,
  isCompositeType, isListType } =
  require('../../fakeshop/graphql');
const { isConnection, nodeType } = require('../../fakeshop/schema');

const NAME_BYTES = 63;

/* Ids of these types are text from the start. */
const TEXT_ID_TYPES = new Set(['InventoryLevel', 'InventoryQuantity',
  'MailingAddress', 'Image', 'SubscriptionLine', 'TaxonomyCategory',
  'CustomerPaymentMethod']);

const COLUMN_TYPES = { Int: 'integer', Float: 'double precision',
  Boolean: 'boolean', Decimal: 'numeric', Money: 'numeric',
  UnsignedInt64: 'bigint', BigInt: 'bigint',
  DateTime: 'timestamp with time zone', Date: 'date', JSON: 'jsonb' };

const GIVEN_TYPES = { timestamptz: 'timestamp with time zone' };

/* Puts `_` before a capital that follows a small letter or a digit, and before
 * the last capital of a run of capitals that a small letter follows. */
function snake(name) {
  return name.replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1_$2').toLowerCase();
}

function shortened(name) {
  if (Buffer.byteLength(name) <= NAME_BYTES) {
    return name;
  }
  return name.slice(0, 54) + '_'
    + crypto.createHash('md5').update(name).digest('hex').slice(0, 8);
}

/* The arguments of a directive as plain values; null if it is not there. */
function directive(node, name) {
  const found = (node.directives || []).find(
    (one) => one.name.value === name);
  if (!found) {
    return null;
  }
  const plain = (value) => (value.kind === 'ListValue'
    ? value.values.map(plain)
    : value.kind === 'BooleanValue' ? value.value : value.value);
  return Object.fromEntries(found.arguments.map(
    (one) => [one.name.value, plain(one.value)]));
}

/* Only a field `id: ID!` is a key. */
function hasRealId(type) {
  const field = type.getFields && type.getFields().id;
  return Boolean(field) && String(field.type) === 'ID!';
}

/* A map of response key to [{ node, of }], in order of appearance and with the
 * fields of fragments. `sets` are { set, type }. */
function collect(sets, schema, fragments) {
  const out = new Map();
  const visit = (set, type) => {
    for (const one of set.selections) {
      if (one.kind === 'Field') {
        const key = (one.alias || one.name).value;
        if (!out.has(key)) {
          out.set(key, []);
        }
        out.get(key).push({ node: one, of: type });
      } else {
        const fragment = one.kind === 'FragmentSpread'
          ? fragments.get(one.name.value) : one;
        visit(fragment.selectionSet, fragment.typeCondition
          ? schema.getType(fragment.typeCondition.name.value) : type);
      }
    }
  };
  sets.forEach(({ set, type }) => visit(set, type));
  return out;
}

function fragmentsOf(document) {
  return new Map(document.definitions
    .filter((one) => one.kind === 'FragmentDefinition')
    .map((one) => [one.name.value, one]));
}

/* The type of an ID field. where: { owner: the object's type as its field
 * declares it, isNode, below: whether an interface or union is above it }. */
function gidType(name, where) {
  const isText = name !== 'id' || isAbstractType(where.owner)
    || TEXT_ID_TYPES.has(where.owner.name);
  return { type: isText ? 'text' : 'bigint', isId: true,
    /* An id further below an interface may have either type. */
    either: !isText && where.below };
}

class Planner {
  constructor(schema, document) {
    this.schema = schema;
    this.fragments = fragmentsOf(document);
    this.operation = getOperationAST(document);
    this.tables = [];
    /* True if a field appears several times with different directives. */
    this.isMixed = false;
  }

  plan() {
    const roots = collect([{ set: this.operation.selectionSet,
      type: this.schema.getQueryType() }], this.schema, this.fragments);
    for (const [key, entries] of roots) {
      this.connection(key, entries, null, []);
    }
    return this.tables;
  }

  collect(sets) {
    return collect(sets, this.schema, this.fragments);
  }

  sub(entries) {
    return entries.map(({ node, of }) => ({ set: node.selectionSet,
      type: getNamedType(of.getFields()[node.name.value].type) }));
  }

  table(entries, parent, keys, node, kind) {
    const given = entries.map((one) => directive(one.node, 'table'))
      .find((one) => one !== null) || {};
    const derived = (parent === null ? '' : this.tables[parent].name + '_')
      + keys.map(snake).join('_');
    const table = { name: given.name || shortened(derived),
      path: (parent === null ? '' : this.tables[parent].path + '.')
        + keys.join('.'),
      parent, kind, keys, skip: given.skip === true,
      node: node.name, isAbstract: isAbstractType(node),
      hasId: hasRealId(node), parentColumn: given.parent || '_parent_id',
      key: given.key || null, columns: [],
      hasPosition: entries.some((one) => directive(one.node, 'position')),
      fields: entries.map((one) => one.node) };
    this.tables.push(table);
    return this.tables.length - 1;
  }

  connection(key, entries, parent, keys) {
    const first = entries[0];
    const type = getNamedType(
      first.of.getFields()[first.node.name.value].type);
    const node = nodeType(type);
    const at = this.table(entries, parent, keys.concat(key), node,
      'connection');
    const edges = this.collect(this.sub(entries)).get('edges');
    const nodes = this.collect(this.sub(edges)).get('node');
    this.object(this.collect(this.sub(nodes)), at, [], { owner: node,
      isNode: true, below: false });
    this.addId(at);
  }

  list(key, entries, parent, keys, node, below) {
    const at = this.table(entries, parent, keys.concat(key), node, 'list');
    this.object(this.collect(this.sub(entries)), at, [],
      { owner: node, isNode: true, below });
    this.addId(at);
  }

  /* Adds the id if it is the key and was not selected. */
  addId(at) {
    const table = this.tables[at];
    if (table.hasId && !table.key
      && !table.columns.some((one) => one.keys.join('.') === 'id')) {
      table.columns.push(Object.assign(
        { name: 'id', keys: ['id'], index: false, field: null,
          isAdded: true },
        gidType('id', { owner: this.schema.getType(table.node),
          isNode: true, below: false })));
    }
  }

  object(fields, at, keys, where) {
    for (const [key, entries] of fields) {
      const { node, of } = entries[0];
      this.isMixed = this.isMixed || entries.length > 1
        && entries.some((one) => one.node.directives.length > 0);
      const name = node.name.value;
      const path = keys.concat(key);
      if (name === '__typename') {
        this.column(at, entries, keys.concat(node.alias ? key : 'typename'),
          path, { type: 'text' });
        continue;
      }
      const { type } = of.getFields()[name];
      const named = getNamedType(type);
      const isList = isListType(getNullableType(type));
      if (!isCompositeType(named)) {
        this.column(at, entries, path, path, isList ? { type: 'jsonb' }
          : named.name === 'ID' ? gidType(name, where)
            : { type: COLUMN_TYPES[named.name] || 'text' });
      } else if (isConnection(named)) {
        this.connection(key, entries, at, keys);
      } else if (isList) {
        if (entries.some((one) => directive(one.node, 'table'))) {
          this.list(key, entries, at, keys, named,
            where.below || isAbstractType(where.owner));
        } else {
          this.column(at, entries, path, path, { type: 'jsonb' });
        }
      } else if (entries.some((one) => directive(one.node, 'json'))) {
        this.column(at, entries, path, path, { type: 'jsonb' });
      } else {
        this.object(this.collect(this.sub(entries)), at, path,
          { owner: named, isNode: false,
            below: where.below || isAbstractType(where.owner) });
      }
    }
  }

  column(at, entries, nameKeys, keys, type) {
    const given = entries.map((one) => directive(one.node, 'column'))
      .find((one) => one !== null) || {};
    this.tables[at].columns.push(Object.assign({
      name: given.name || shortened(nameKeys.map(snake).join('_')),
      keys,
      index: entries.some((one) => directive(one.node, 'index')),
      field: entries[0].node,
    }, type, given.type ? { given: true,
      type: GIVEN_TYPES[given.type] || given.type } : {}));
  }
}

/* { tables, deletes } of a parsed query file. */
function plan(schema, document) {
  const deletes = directive(getOperationAST(document), 'deletes');
  const planner = new Planner(schema, document);
  return { tables: planner.plan(), isMixed: planner.isMixed,
    deletes: deletes ? deletes.mode || 'HARD' : 'HARD' };
}

/* Tables and columns whose name is already used: [{ kind, field }]. */
function collisions(tables) {
  const out = [];
  const names = new Set();
  for (const table of tables) {
    if (!table.skip) {
      if (names.has(table.name)) {
        out.push({ kind: 'table', field: table.fields[0] });
      }
      names.add(table.name);
    }
    const columns = new Set([table.parentColumn]);
    for (const column of table.columns) {
      if (columns.has(column.name)) {
        out.push({ kind: 'column', field: column.field });
      }
      columns.add(column.name);
    }
  }
  return out;
}

module.exports = { plan, collisions, collect, fragmentsOf, directive, snake,
  shortened, gidType, hasRealId, COLUMN_TYPES, GIVEN_TYPES };
