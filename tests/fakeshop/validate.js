'use strict';

/* Shopify's rules for bulk queries, with Shopify's messages. */

const { parse, validate, getNamedType, getNullableType, isListType } =
  require('./graphql');
const { isConnection } = require('./schema');

const MAX_BYTES = 65535;
const MAX_CONNECTIONS = 5;
const MAX_DEPTH = 2;

/* Walks a document and collects the facts for the rules. */
class Survey {
  constructor(schema, document) {
    this.schema = schema;
    this.fragments = new Map();
    this.connections = new Set();
    this.badSelections = new Set();
    this.badParents = new Set();
    this.topLevelNode = false;
    this.tooDeep = false;
    this.inList = false;
    for (const definition of document.definitions) {
      if (definition.kind === 'FragmentDefinition') {
        this.fragments.set(definition.name.value, definition);
      }
    }
  }

  /* Visits the fields of a selection set, with fragments expanded. */
  fields(selectionSet, type, visit) {
    for (const selection of selectionSet.selections) {
      if (selection.kind === 'Field') {
        if (!selection.name.value.startsWith('__')) {
          visit(selection, type);
        }
      } else {
        const fragment = selection.kind === 'FragmentSpread'
          ? this.fragments.get(selection.name.value) : selection;
        const inner = fragment.typeCondition
          ? this.schema.getType(fragment.typeCondition.name.value) : type;
        this.fields(fragment.selectionSet, inner, visit);
      }
    }
  }

  /* at: { path, depth, parent, inList }. parent is the connection above the
   * selection; its hasId says whether its node selects its id. */
  walk(selectionSet, type, at) {
    this.fields(selectionSet, type, (selection, of) => {
      const name = selection.name.value;
      const key = (selection.alias || selection.name).value;
      const field = of.getFields()[name];
      const path = at.path + '.' + key;
      if (at.path === '' && (name === 'node' || name === 'nodes')) {
        this.topLevelNode = true;
      }
      const named = getNamedType(field.type);
      if (isConnection(named)) {
        this.connection(selection, named, path, at);
      } else if (selection.selectionSet) {
        this.walk(selection.selectionSet, named, {
          path,
          depth: at.depth,
          parent: at.parent,
          inList: at.inList || isListType(getNullableType(field.type)),
        });
      }
    });
  }

  connection(selection, type, path, at) {
    const name = selection.name.value;
    this.connections.add(path);
    this.inList = this.inList || at.inList;
    this.tooDeep = this.tooDeep || at.depth > MAX_DEPTH;
    if (at.parent && !at.parent.hasId) {
      this.badParents.add(at.parent.name);
    }
    let isGood = false;
    this.fields(selection.selectionSet, type, (one, of) => {
      if (one.name.value === 'nodes') {
        this.badSelections.add(name);
        this.nodes(one, of, name, path, at);
      } else if (one.name.value === 'edges') {
        const edge = getNamedType(of.getFields().edges.type);
        this.fields(one.selectionSet, edge, (node, inner) => {
          if (node.name.value === 'node') {
            isGood = true;
            this.nodes(node, inner, name, path, at);
          }
        });
      }
    });
    if (!isGood) {
      this.badSelections.add(name);
    }
  }

  /* Checks the selection of a connection's nodes. */
  nodes(selection, parentType, name, path, at) {
    if (!selection.selectionSet) {
      return;
    }
    const field = parentType.getFields()[selection.name.value];
    const type = getNamedType(field.type);
    const parent = { name, hasId: false };
    this.fields(selection.selectionSet, type, (one, of) => {
      if (one.name.value === 'id' && (!one.alias || one.alias.value === 'id')
        && getNamedType(of.getFields().id.type).name === 'ID') {
        parent.hasId = true;
      }
    });
    this.walk(selection.selectionSet, type,
      { path, depth: at.depth + 1, parent, inList: false });
  }
}

function invalid(message) {
  return { field: ['query'], message, code: 'INVALID' };
}

function quoted(names) {
  return Array.from(names, (name) => '\'' + name + '\'').join(', ');
}

function ruleErrors(survey) {
  const errors = [];
  if (survey.topLevelNode) {
    errors.push('Bulk queries cannot contain a top level `node` field.');
  }
  if (survey.connections.size === 0) {
    errors.push('Bulk queries must contain at least one connection.');
  }
  if (survey.badSelections.size > 0) {
    errors.push('All connection fields in a bulk query must select their '
      + 'contents using \'edges\' > \'node\', e.g: \'products { edges { '
      + 'node {\'. Selecting via \'nodes\' is not supported. Invalid '
      + 'connection fields: ' + quoted(survey.badSelections) + '.');
  }
  if (survey.tooDeep) {
    errors.push('Bulk queries cannot contain connections with a nesting '
      + 'depth greater than 2.');
  }
  if (survey.connections.size > MAX_CONNECTIONS) {
    errors.push('Bulk queries cannot contain more than 5 connections.');
  }
  if (survey.badParents.size > 0) {
    errors.push('The parent \'node\' field for a nested connection must '
      + 'select the \'id\' field without an alias and must be of \'ID\' '
      + 'return type. Connection fields without \'id\': '
      + Array.from(survey.badParents).join(', ') + '.');
  }
  if (survey.inList) {
    errors.push('Queries that contain a connection field within a list '
      + 'field are not currently supported.');
  }
  return errors.map(invalid);
}

/* { document, errors }: the user errors of a bulk query's text. */
function validateBulk(schema, text) {
  const bytes = Buffer.byteLength(text);
  if (bytes > MAX_BYTES) {
    return { errors: [invalid('Query is too large (' + bytes
      + ' bytes; maximum is ' + MAX_BYTES + ' bytes)')] };
  }
  let document;
  try {
    document = parse(text);
  } catch (error) {
    return { errors: [invalid('Invalid bulk query: '
      + (/<EOF>/.test(error.message)
        ? 'syntax error, unexpected end of file' : error.message))] };
  }
  const operations = document.definitions.filter(
    (definition) => definition.kind === 'OperationDefinition');
  if (operations.some((one) => one.operation !== 'query')) {
    return { errors: [invalid('Invalid operation type. Only `query` '
      + 'operations are supported.')] };
  }
  const problems = validate(schema, document);
  if (problems.length > 0) {
    return { errors: problems.map((problem) => (
      invalid('Invalid bulk query: ' + problem.message))) };
  }
  if (operations.length !== 1) {
    return { errors: [invalid('Invalid bulk query: exactly one operation '
      + 'is expected')] };
  }
  if ((operations[0].variableDefinitions || []).length > 0) {
    return { errors: [invalid('Invalid bulk query: variables are not '
      + 'supported')] };
  }
  const survey = new Survey(schema, document);
  survey.walk(operations[0].selectionSet, schema.getQueryType(),
    { path: '', depth: 0, parent: null, inList: false });
  return { document, errors: ruleErrors(survey) };
}

module.exports = { validateBulk };
