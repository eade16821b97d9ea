'use strict';

/*
 * Computes the tables of a query file that is fetched by pages, and their
 * rows, from the rules in the user's documentation and with graphql-js only.
 * It shares no code with the program that it checks.
 *
 * Tables and columns are those of plan.js, with these differences:
 *   kind    also 'object': a root field that is one object, a table of one row
 *   keys    of a table without a parent, they lead from the answer's data
 *   rows    the response key of a connection's list of rows; null for a list
 *   inner   the response keys from one of these to the row's object
 *   column.keys  begins with EDGE for a field of the edge
 *
 * how: { gids: ids are Shopify's, stringIds: an `id` of type String is a key,
 * unwrap: attributes and to-one edges are unwrapped }.
 */

const { getNamedType, getNullableType, getOperationAST,
  isAbstractType, isCompositeType, isListType, visit, Kind } =
  require('../../fakeshop/graphql');
const { connectionOf, TOTALS } = require('../../fakegraph/shape');
const { COLUMN_TYPES, GIVEN_TYPES, collect, directive, fragmentsOf,
  gidType, shortened, snake } = require('./plan');

const EDGE = '$edge';

/* Response keys that the oracle adds to the user's. */
const ID = 'zz_id';
const TYPE = 'zz_type';

const TYPES = Object.assign({}, COLUMN_TYPES, {
  PositiveDecimal: 'numeric',
  JSONObject: 'jsonb', GenericScalar: 'jsonb', JSONString: 'jsonb',
  Metadata: 'jsonb',
  PreciseDateTime: 'timestamp with time zone',
  GitTimestamp: 'timestamp with time zone',
  ISO8601DateTime: 'timestamp with time zone',
  TimelessDate: 'date',
});

class NotPaged extends Error {}

function fieldOf({ node, of }) {
  return of.getFields()[node.name.value];
}

function isList(type) {
  return isListType(getNullableType(type));
}

function isAttribute(type) {
  return Boolean(type.getInterfaces) && 'value' in type.getFields()
    && type.getInterfaces().some((one) => one.name === 'AttributeInterface');
}

/* An object whose `node` is the object that it refers to. */
function isToOne(type) {
  const node = type.getFields && type.getFields().node;
  return Boolean(node) && isCompositeType(getNamedType(node.type))
    && !isList(node.type);
}

/* The first directive of this name among the places of a field. */
function given(entries, name) {
  return entries.map((one) => directive(one.node, name))
    .find((one) => one !== null) || null;
}

class Planner {
  constructor(schema, document, how) {
    this.schema = schema;
    this.how = how;
    this.fragments = fragmentsOf(document);
    this.operation = getOperationAST(document);
    this.tables = [];
    /* The fields whose objects are rows, with the type of these. */
    this.targets = new Map();
    /* Whether a field appears several times with different directives. */
    this.isMixed = false;
  }

  plan() {
    const roots = this.collect([{ set: this.operation.selectionSet,
      type: this.schema.getQueryType() }]);
    for (const [key, entries] of roots) {
      this.root(key, entries);
    }
    return this.withoutEmpty();
  }

  /* The tables without those of objects that only lead to connections. */
  withoutEmpty() {
    const kept = this.tables.filter((one) => one.kind !== 'object'
      || one.columns.length > 0 || this.tables.some((other) => (
      other.parent !== null && this.tables[other.parent] === one)));
    const places = this.tables.map((one) => kept.indexOf(one));
    for (const table of kept) {
      table.parent = table.parent === null ? null : places[table.parent];
    }
    kept.filter((one) => one.kind === 'object').forEach(
      (one) => this.addId(one));
    return kept;
  }

  collect(sets) {
    return collect(sets, this.schema, this.fragments);
  }

  sub(entries) {
    return this.collect(entries.map((one) => ({
      set: one.node.selectionSet, type: getNamedType(fieldOf(one).type) })));
  }

  hasKey(type) {
    const field = type.getFields && type.getFields().id;
    const text = field ? String(field.type) : '';
    return text === 'ID!' || this.how.stringIds
      && (text === 'String!' || text === 'String');
  }

  isId(field, named, object) {
    return named.name === 'ID'
      || field.name === 'id' && this.hasKey(object.owner);
  }

  target(entries, type) {
    entries.forEach((one) => this.targets.set(one.node, type));
  }

  /* where: { parent: index or null, keys, names } */
  table(entries, where, node, kind) {
    const table = given(entries, 'table') || {};
    const parent = where.parent === null ? null : this.tables[where.parent];
    const derived = (parent ? parent.name + '_' : '')
      + where.names.map(snake).join('_');
    this.tables.push({
      name: table.name || shortened(derived),
      path: (parent ? parent.path + '.' : '') + where.names.join('.'),
      parent: where.parent, kind, keys: where.keys,
      skip: table.skip === true, node: node.name,
      isAbstract: isAbstractType(node), hasId: this.hasKey(node),
      parentColumn: table.parent || '_parent_id', key: table.key || null,
      columns: [], rows: null, inner: [],
      hasPosition: entries.some((one) => directive(one.node, 'position')) });
    return this.tables.length - 1;
  }

  root(key, entries) {
    const field = fieldOf(entries[0]);
    const named = getNamedType(field.type);
    const where = { parent: null, keys: [key], names: [key] };
    if (connectionOf(field)) {
      this.connection(entries, where);
    } else if (!isCompositeType(named)) {
      throw new NotPaged('the root field ' + key + ' has no fields');
    } else if (isList(field.type)) {
      this.list(entries, where, named, false);
    } else {
      const at = this.table(entries, where, named, 'object');
      this.target(entries, named);
      this.object(this.sub(entries), at, { keys: [], names: [] },
        { owner: named, isNode: true, below: false });
    }
  }

  connection(entries, where) {
    const shape = connectionOf(fieldOf(entries[0]));
    const at = this.table(entries, where, shape.node, 'connection');
    const table = this.tables[at];
    const object = { owner: shape.node, isNode: true, below: false };
    const none = { keys: [], names: [] };
    if (shape.rows === null) {
      this.target(entries, shape.node);
      this.object(this.sub(entries), at, none, object);
    } else {
      const [key, rows] = this.rowsOf(entries);
      table.rows = key;
      if (rows[0].node.name.value === 'edges') {
        this.edges(rows, at, object);
      } else {
        this.target(rows, shape.node);
        this.object(this.sub(rows), at, none, object);
      }
    }
    this.addId(table);
  }

  /* The selected list of rows: [response key, entries]. */
  rowsOf(entries) {
    const lists = [];
    for (const [key, inner] of this.sub(entries)) {
      const name = inner[0].node.name.value;
      if (['edges', 'nodes', 'items'].includes(name)) {
        lists.push([key, inner]);
      } else if (name !== 'pageInfo' && name !== '__typename'
        && !TOTALS.includes(name)) {
        throw new NotPaged('the connection has a field ' + key);
      }
    }
    if (lists.length !== 1) {
      throw new NotPaged('a connection needs one of edges, nodes, items');
    }
    return lists[0];
  }

  edges(entries, at, object) {
    const table = this.tables[at];
    const others = new Map();
    for (const [key, inner] of this.sub(entries)) {
      const name = inner[0].node.name.value;
      if (name === 'node') {
        table.inner = [key];
        this.target(inner, object.owner);
        this.object(this.sub(inner), at, { keys: [], names: [] }, object);
      } else if (name !== 'cursor' && name !== '__typename') {
        others.set(key, inner);
      }
    }
    this.object(others, at, { keys: [EDGE], names: [] },
      { owner: getNamedType(fieldOf(entries[0]).type), isNode: false,
        below: false });
  }

  list(entries, where, node, below) {
    const at = this.table(entries, where, node, 'list');
    this.target(entries, node);
    this.object(this.sub(entries), at, { keys: [], names: [] },
      { owner: node, isNode: true, below });
    this.addId(this.tables[at]);
  }

  /* Adds the id if it is the key and was not selected. */
  addId(table) {
    const owner = this.schema.getType(table.node);
    /* It may have been selected in a fragment only. */
    table.columns.filter((one) => table.hasId && !table.key && one.isId
      && one.keys.join('.') === 'id').forEach((one) => {
      one.isOfAll = true;
    });
    if (table.hasId && !table.key
      && !table.columns.some((one) => one.keys.join('.') === 'id')) {
      table.columns.push({ name: 'id', keys: ['id'], index: false,
        isAdded: true, ...this.idType('id', { owner, isNode: true,
          below: false }) });
    }
  }

  idType(name, object) {
    return this.how.gids ? gidType(name, object)
      : { type: 'text', isId: true, either: false };
  }

  /* path: { keys, names } from the table's object to these fields. */
  object(fields, at, path, object) {
    for (const [key, entries] of fields) {
      const name = entries[0].node.name.value;
      const here = { keys: path.keys.concat(key),
        names: path.names.concat(key) };
      this.isMixed = this.isMixed || entries.length > 1
        && entries.some((one) => one.node.directives.length > 0);
      if (name === '__typename') {
        this.column(at, entries, { keys: here.keys, names:
          path.names.concat(entries[0].node.alias ? key : 'typename') },
        { type: 'text' });
      } else {
        this.field(at, entries, here, object);
      }
    }
  }

  field(at, entries, here, object) {
    const field = fieldOf(entries[0]);
    const named = getNamedType(field.type);
    const below = object.below || isAbstractType(object.owner);
    if (!isCompositeType(named)) {
      this.column(at, entries, here, isList(field.type) ? { type: 'jsonb' }
        : this.isId(field, named, object) ? this.idType(field.name, object)
          : { type: TYPES[named.name] || 'text' });
    } else if (connectionOf(field)) {
      this.connection(entries, this.below(at, here));
    } else if (isList(field.type)) {
      if (given(entries, 'table')) {
        this.list(entries, this.tables[at].hasId
          ? { parent: at, ...here } : this.below(at, here), named, below);
      } else {
        this.checkWhole(entries);
        this.column(at, entries, here, { type: 'jsonb' });
      }
    } else if (given(entries, 'json')) {
      this.checkWhole(entries);
      this.column(at, entries, here, { type: 'jsonb' });
    } else if (this.how.unwrap && (isAttribute(named) || isToOne(named))) {
      this.unwrapped(at, entries, here, named, below);
    } else {
      this.object(this.sub(entries), at, here,
        { owner: named, isNode: false, below });
    }
  }

  /* Nothing may be walked inside a column. */
  checkWhole(entries) {
    for (const inner of this.sub(entries).values()) {
      if (inner[0].node.name.value === '__typename'
        || !inner[0].node.selectionSet) {
        continue;
      }
      if (connectionOf(fieldOf(inner[0]))) {
        throw new NotPaged('a connection in a list without @table');
      }
      this.checkWhole(inner);
    }
  }

  /* Where a table below a place is: a connection below a root object is a
   * root itself. */
  below(at, here) {
    const table = this.tables[at];
    return table.kind === 'object' ? { parent: null,
      keys: table.keys.concat(here.keys),
      names: table.keys.concat(here.names) }
      : { parent: at, ...here };
  }

  unwrapped(at, entries, here, named, below) {
    const isOne = isToOne(named);
    for (const [key, inner] of this.sub(entries)) {
      const { name, alias } = inner[0].node;
      const keys = here.keys.concat(key);
      if (isOne && name.value === 'node' && !alias) {
        const owner = getNamedType(fieldOf(inner[0]).type);
        this.object(this.sub(inner), at, { keys, names: here.names },
          { owner, isNode: false, below });
      } else if (!isOne && name.value === 'value' && !alias) {
        this.field(at, inner, { keys, names: here.names },
          { owner: named, isNode: false, below });
      } else {
        this.object(new Map([[key, inner]]), at, here,
          { owner: named, isNode: false, below });
      }
    }
  }

  column(at, entries, path, type) {
    const column = given(entries, 'column') || {};
    this.tables[at].columns.push({
      name: column.name || shortened(path.names.map(snake).join('_')),
      keys: path.keys,
      index: entries.some((one) => directive(one.node, 'index')),
      ...type,
      ...(column.type ? { given: true,
        type: GIVEN_TYPES[column.type] || column.type } : {}) });
  }
}

/* -- Rows ----------------------------------------------------------------- */

function field(name, alias) {
  return { kind: Kind.FIELD, name: { kind: Kind.NAME, value: name },
    alias: { kind: Kind.NAME, value: alias } };
}

/* Selects `zz_type: __typename`, and `zz_id: id` from each type with an id. */
function marks(schema, type) {
  const out = [field('__typename', TYPE)];
  const hasId = (one) => one.getFields && one.getFields().id;
  if (hasId(type)) {
    return out.concat(field('id', ID));
  }
  const possible = isAbstractType(type) ? schema.getPossibleTypes(type) : [];
  return out.concat(possible.filter(hasId).map((one) => ({
    kind: Kind.INLINE_FRAGMENT,
    typeCondition: { kind: Kind.NAMED_TYPE,
      name: { kind: Kind.NAME, value: one.name } },
    selectionSet: { kind: Kind.SELECTION_SET,
      selections: [field('id', ID)] } })));
}

/* The document without directives, with the marks in each row's object. */
function executable(schema, document, targets) {
  return visit(document, {
    Directive: () => null,
    Field: (node) => {
      const type = targets.get(node);
      return type === undefined ? undefined
        : { ...node, selectionSet: { ...node.selectionSet,
          selections: node.selectionSet.selections
            .concat(marks(schema, type)) } };
    },
  });
}

function at(object, keys) {
  return keys.reduce((value, key) => (
    value === null || value === undefined ? null : value[key]), object);
}

/* The value of a jsonb column without the keys that the oracle added. */
function clean(value) {
  if (Array.isArray(value)) {
    return value.map(clean);
  }
  if (value === null || typeof value !== 'object') {
    return value === undefined ? null : value;
  }
  return Object.fromEntries(Object.entries(value)
    .filter(([key]) => key !== ID && key !== TYPE)
    .map(([key, inner]) => [key, clean(inner)]));
}

function valueOf(column, object, edge) {
  if (column.isAdded || column.isOfAll) {
    return object[ID];
  }
  return clean(column.keys[0] === EDGE ? at(edge, column.keys.slice(1))
    : at(object, column.keys));
}

/* The elements of a table's list: edges, or the rows themselves. */
function elements(table, object) {
  const value = at(object, table.keys);
  if (value === null || value === undefined) {
    return [];
  }
  return table.kind === 'object' ? [value]
    : table.rows === null ? value : value[table.rows];
}

/* rows[table] = [{ parent, id, typename, ordinal, values }], as in rows.js. */
function rowsOf(data, tables) {
  const rows = tables.map(() => []);
  const opened = new Set();

  function open(index, object, parent) {
    const table = tables[index];
    if (parent !== null && table.kind === 'connection') {
      /* A row can be below several parents; what is below it is read once. */
      const place = index + ' ' + parent;
      if (opened.has(place)) {
        return;
      }
      opened.add(place);
    }
    let ordinal = 0;
    for (const edge of elements(table, object) || []) {
      const one = at(edge, table.inner);
      if (one !== null && one !== undefined) {
        rows[index].push({ parent, ordinal: ordinal++,
          id: one[ID] === undefined ? null : one[ID], typename: one[TYPE],
          values: Object.fromEntries(table.columns.map((column) => (
            [column.name, valueOf(column, one, edge)]))) });
        tables.forEach((child, i) => {
          if (child.parent === index) {
            open(i, one, one[ID]);
          }
        });
      }
    }
  }

  tables.forEach((table, index) => {
    if (table.parent === null) {
      open(index, data, null);
    }
  });
  return rows;
}

/* Whether no root is missing. An answer without a root is a failure, not an
 * empty table. */
function isWhole(data, tables) {
  return tables.every((one) => one.parent !== null
    || at(data, one.keys) !== null);
}

/* run(document) executes it over all of the data. */
function expected(schema, document, how, run) {
  const planner = new Planner(schema, document, how);
  const tables = planner.plan();
  const deletes = directive(planner.operation, 'deletes');
  const out = { tables, isMixed: planner.isMixed,
    deletes: deletes ? deletes.mode || 'HARD' : 'HARD' };
  if (run) {
    const answer = run(executable(schema, document, planner.targets));
    if (answer.errors) {
      throw answer.errors[0].originalError || answer.errors[0];
    }
    out.rows = rowsOf(answer.data, tables);
    out.isWhole = isWhole(answer.data, tables);
  }
  return out;
}

module.exports = { expected, NotPaged };
