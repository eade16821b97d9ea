'use strict';

/*
 * Turns the result tree of a bulk document into the lines of its JSONL file.
 * Each node of each connection is a line. The line does not have the keys of
 * the connections below the node, and ends with `__parentId`.
 */

const { getNamedType, isCompositeType, getOperationAST } =
  require('./graphql');
const { isConnection } = require('./schema');

/* A tree of the response keys that lead to connections: each entry is
 * { key, edges, node, isConnection, children }. */
function connectionPaths(schema, document) {
  const fragments = new Map();
  for (const definition of document.definitions) {
    if (definition.kind === 'FragmentDefinition') {
      fragments.set(definition.name.value, definition);
    }
  }

  /* Collects fields, through fragments, into `into`. */
  function collect(selectionSet, parentType, into) {
    for (const selection of selectionSet.selections) {
      if (selection.kind === 'Field') {
        if (selection.selectionSet
          && !selection.name.value.startsWith('__')) {
          addField(selection, parentType, into);
        }
      } else {
        const fragment = selection.kind === 'FragmentSpread'
          ? fragments.get(selection.name.value) : selection;
        const type = fragment.typeCondition
          ? schema.getType(fragment.typeCondition.name.value) : parentType;
        collect(fragment.selectionSet, type, into);
      }
    }
  }

  function addField(selection, parentType, into) {
    const key = (selection.alias || selection.name).value;
    const field = parentType.getFields()[selection.name.value];
    const type = getNamedType(field.type);
    if (!isCompositeType(type)) {
      return;
    }
    let entry = into.get(key);
    if (!entry) {
      entry = { key, isConnection: isConnection(type), edges: 'edges',
        node: 'node', children: new Map() };
      into.set(key, entry);
    }
    if (isConnection(type)) {
      collectNode(selection.selectionSet, type, entry);
    } else {
      collect(selection.selectionSet, type, entry.children);
    }
  }

  /* Collects the fields below `edges { node { … } }`; both can have aliases. */
  function collectNode(selectionSet, type, entry) {
    eachField(selectionSet, type, (edges, of) => {
      if (edges.name.value !== 'edges') {
        return;
      }
      entry.edges = (edges.alias || edges.name).value;
      const edgeType = getNamedType(of.getFields().edges.type);
      eachField(edges.selectionSet, edgeType, (node, edge) => {
        if (node.name.value === 'node' && node.selectionSet) {
          entry.node = (node.alias || node.name).value;
          collect(node.selectionSet,
            getNamedType(edge.getFields().node.type), entry.children);
        }
      });
    });
  }

  function eachField(selectionSet, type, visit) {
    for (const selection of selectionSet.selections) {
      if (selection.kind === 'Field') {
        visit(selection, type);
      } else {
        const fragment = selection.kind === 'FragmentSpread'
          ? fragments.get(selection.name.value) : selection;
        eachField(fragment.selectionSet, type, visit);
      }
    }
  }

  const roots = new Map();
  collect(getOperationAST(document).selectionSet, schema.getQueryType(),
    roots);
  prune(roots);
  return roots;
}

/* Removes entries that do not lead to a connection. */
function prune(entries) {
  for (const [key, entry] of entries) {
    prune(entry.children);
    if (!entry.isConnection && entry.children.size === 0) {
      entries.delete(key);
    }
  }
}

const ESCAPES = {
  '/': '\\/',
  '&': '\\u0026',
  '<': '\\u003c',
  '>': '\\u003e',
  '\u2028': '\\u2028',
  '\u2029': '\\u2029',
};

/* These characters occur only inside strings, so they can be replaced in the
 * JSON text. */
function encode(value) {
  return JSON.stringify(value)
    .replace(/[/&<>\u2028\u2029]/g, (character) => ESCAPES[character]);
}

/*
 * Calls emit(text, parent, entry) for each line, parents before their children
 * and in the order of a grouped file. The children of a line get the return
 * value of emit as `parent`; roots get null. With `cut`, the connection with
 * that key ends after cut.rows rows of each parent.
 */
function flatten(data, roots, emit, cut) {
  /* Removes the connections from an object and returns them. */
  function strip(object, entries, found) {
    for (const [key, entry] of entries) {
      const value = object[key];
      if (value === null || value === undefined) {
        continue;
      }
      if (entry.isConnection) {
        found.push([entry, value]);
        /* JSON.stringify leaves out undefined, and the assignment is much
         * faster than delete. */
        object[key] = undefined;
      } else if (!Array.isArray(value)) {
        strip(value, entry.children, found);
      }
    }
    return found;
  }

  function lines(connection, entry, parent, parentId) {
    const edges = connection[entry.edges] || [];
    const isCut = cut && parent !== null && entry.key === cut.key;
    for (const edge of isCut ? edges.slice(0, cut.rows) : edges) {
      const node = edge && edge[entry.node];
      if (node === null || node === undefined) {
        continue;
      }
      if (typeof node !== 'object') {
        /* A connection of scalars has no lines. */
        continue;
      }
      const found = entry.children.size === 0 ? []
        : strip(node, entry.children, []);
      if (parentId !== undefined) {
        node.__parentId = parentId;
      }
      const handle = emit(encode(node), parent, entry);
      for (const [child, value] of found) {
        lines(value, child, handle, node.id);
      }
    }
  }

  if (data) {
    for (const [entry, value] of strip(data, roots, [])) {
      lines(value, entry, null, undefined);
    }
  }
}

module.exports = { connectionPaths, flatten, encode };
