'use strict';

/*
 * Computes the rows of each table from the nested tree that graphql-js makes
 * of a store's data. It never reads the lines of a result. The tree shows to
 * which connection a row belongs; no id or __typename is needed for that.
 */

const { Kind, execute, isAbstractType, visit } =
  require('../../fakeshop/graphql');
const { resolveField, resolveType } = require('../../fakeshop/resolve');
const { fragmentsOf } = require('./plan');

/* Response keys that the oracle adds to the user's. */
const ID = 'zz_id';
const TYPE = 'zz_type';

const OURS = new Set(['table', 'column', 'index', 'json', 'incremental',
  'deletes', 'slice', 'position', 'history']);

function withoutDirectives(document) {
  return visit(document, {
    Directive: (node) => (OURS.has(node.name.value) ? null : undefined),
  });
}

function field(name, alias) {
  return { kind: Kind.FIELD, name: { kind: Kind.NAME, value: name },
    alias: { kind: Kind.NAME, value: alias } };
}

/* Selects `zz_type: __typename`, and `zz_id: id` from each type with an id. */
function marks(type, schema) {
  const out = [field('__typename', TYPE)];
  const hasId = (one) => one.getFields && one.getFields().id;
  if (hasId(type)) {
    out.push(field('id', ID));
  } else if (isAbstractType(type)) {
    for (const one of schema.getPossibleTypes(type).filter(hasId)) {
      out.push({ kind: Kind.INLINE_FRAGMENT,
        typeCondition: { kind: Kind.NAMED_TYPE,
          name: { kind: Kind.NAME, value: one.name } },
        selectionSet: { kind: Kind.SELECTION_SET,
          selections: [field('id', ID)] } });
    }
  }
  return out;
}

/* Adds the marks to the nodes of connections and the items of list tables. The
 * AST nodes in `fields` of each table say where. */
function marked(schema, document, tables) {
  const fragments = fragmentsOf(document);
  const nodesBelow = (set, name) => set.selections.flatMap((one) => {
    if (one.kind === 'Field') {
      return one.name.value === name ? [one] : [];
    }
    const fragment = one.kind === 'FragmentSpread'
      ? fragments.get(one.name.value) : one;
    return nodesBelow(fragment.selectionSet, name);
  });
  const targets = new Map();
  for (const table of tables) {
    const type = schema.getType(table.node);
    for (const node of table.fields) {
      if (table.kind === 'list') {
        targets.set(node, type);
        continue;
      }
      for (const edges of nodesBelow(node.selectionSet, 'edges')) {
        nodesBelow(edges.selectionSet, 'node').forEach(
          (one) => targets.set(one, type));
      }
    }
  }
  return visit(document, {
    Field: (node) => {
      const type = targets.get(node);
      return type === undefined ? undefined
        : Object.assign({}, node, { selectionSet: Object.assign({},
          node.selectionSet, { selections:
            node.selectionSet.selections.concat(marks(type, schema)) }) });
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

/* rows[table] = [{ parent, id, typename, ordinal, values }] in the order of
 * the tree; ordinal is the position among the rows of the same parent. */
function rowsOf(data, tables) {
  const rows = tables.map(() => []);
  const childrenOf = tables.map((_, i) => (
    tables.map((__, j) => j).filter((j) => tables[j].parent === i)));

  function row(index, object, parent, ordinal) {
    const table = tables[index];
    const values = {};
    for (const column of table.columns) {
      values[column.name] = column.isAdded ? object[ID]
        : clean(at(object, column.keys));
    }
    rows[index].push({ parent, ordinal, id: object[ID] === undefined
      ? null : object[ID], typename: object[TYPE], values });
    for (const child of childrenOf[index]) {
      open(child, object, object[ID]);
    }
  }

  function open(index, object, parent) {
    const table = tables[index];
    const value = at(object, table.keys);
    const list = table.kind === 'list' ? value || []
      : value ? value.edges.map((edge) => edge.node) : [];
    let ordinal = 0;
    for (const one of list) {
      if (one !== null && one !== undefined) {
        row(index, one, parent, ordinal++);
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

/* Executes a query file against a fake store. */
function rows(store, document, tables) {
  const executable = withoutDirectives(marked(store.schema, document,
    tables));
  const context = { schema: store.schema, world: store.world,
    generic: store.generic, scopes: store.settings.scopes, bulk: true,
    roots: {} };
  const answer = execute({ schema: store.schema, document: executable,
    contextValue: context, fieldResolver: resolveField,
    typeResolver: resolveType });
  if (answer.errors) {
    throw answer.errors[0].originalError || answer.errors[0];
  }
  return rowsOf(answer.data, tables);
}

module.exports = { rows, withoutDirectives };
