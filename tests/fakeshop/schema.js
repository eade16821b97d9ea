'use strict';

const fs = require('fs');
const path = require('path');
const zlib = require('zlib');
const { buildClientSchema, getNamedType, GraphQLBoolean, isInputObjectType,
  isObjectType, valueFromASTUntyped, __Type } = require('./graphql');

const REDUCED = path.join(__dirname, 'admin-2026-10.reduced.json');

/* graphql-js 16 does not know @oneOf. The introspection of a type gets the
 * field `isOneOf`, as at Shopify. */
const META = __Type.getFields();
META.isOneOf = META.isOneOf || { name: 'isOneOf', description: undefined,
  type: GraphQLBoolean, args: [], deprecationReason: undefined,
  extensions: {}, astNode: undefined,
  resolve: (type) => (isInputObjectType(type) ? isOneOf(type) : null) };

/* Must a value of this input type have exactly one field? */
function isOneOf(type) {
  return Boolean(type.extensions.isOneOf);
}

/* Builds the schema from a standard introspection result. */
function loadSchema(file) {
  let bytes = fs.readFileSync(file || REDUCED);
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) {
    bytes = zlib.gunzipSync(bytes);
  }
  const json = JSON.parse(bytes.toString('utf8'));
  const schema = buildClientSchema(json.data || json);
  for (const type of (json.data || json).__schema.types) {
    if (type.isOneOf) {
      schema.getType(type.name).extensions.isOneOf = true;
    }
  }
  return schema;
}

/* A connection is recognized by its name and its shape, `edges { node }`. */
function isConnection(type) {
  if (!isObjectType(type)) {
    return false;
  }
  const edges = type.getFields().edges;
  if (!edges || !type.name.endsWith('Connection')) {
    return false;
  }
  const edge = getNamedType(edges.type);
  return isObjectType(edge) && 'node' in edge.getFields();
}

/* The type of a connection's nodes. */
function nodeType(connection) {
  const edge = getNamedType(connection.getFields().edges.type);
  return getNamedType(edge.getFields().node.type);
}

/* The variables of a request, with the defaults of the operation. */
function variablesOf(operation, given) {
  const out = {};
  for (const one of operation.variableDefinitions || []) {
    if (one.defaultValue) {
      out[one.variable.name.value] = valueFromASTUntyped(one.defaultValue);
    }
  }
  return Object.assign(out, given);
}

module.exports = { loadSchema, isConnection, isOneOf, nodeType, variablesOf };
