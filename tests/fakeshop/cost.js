'use strict';

/* The costs of queries, and the bucket of points that pays for them. */

const { getNamedType } = require('./graphql');
const { isConnection } = require('./schema');

const MUTATION = 10;
const TYPE = 7;
const SCHEMA = 100;
const MAX_COST = 1000;

class Bucket {
  constructor(settings) {
    this.settings = settings;
    this.refill();
  }

  refill() {
    this.points = this.settings.bucket_maximum;
    this.at = Date.now();
  }

  available() {
    const now = Date.now();
    this.points = Math.min(this.settings.bucket_maximum, this.points
      + (now - this.at) / 1000 * this.settings.bucket_restore);
    this.at = now;
    return this.points;
  }

  take(points) {
    this.available();
    this.points = Math.max(0, this.points - points);
  }
}

function pageCost(n, node) {
  return Math.floor(2.9 + Math.sqrt(Math.max(1, n)) * node);
}

/* The requested cost of a document: 1 for an object, nothing for a scalar; for
 * a connection it depends on its page size, and introspection has fixed
 * costs. */
function requested(schema, document, operation, variables) {
  const fragments = new Map();
  for (const definition of document.definitions) {
    if (definition.kind === 'FragmentDefinition') {
      fragments.set(definition.name.value, definition);
    }
  }

  function argument(field, name) {
    const arg = (field.arguments || []).find(
      (one) => one.name.value === name);
    if (!arg) {
      return 0;
    }
    return Number(arg.value.kind === 'Variable'
      ? variables[arg.value.name.value] : arg.value.value) || 0;
  }

  function sum(selectionSet, type) {
    let cost = 0;
    for (const selection of selectionSet.selections) {
      if (selection.kind === 'Field') {
        cost += fieldCost(selection, type);
      } else {
        const fragment = selection.kind === 'FragmentSpread'
          ? fragments.get(selection.name.value) : selection;
        const inner = fragment.typeCondition
          ? schema.getType(fragment.typeCondition.name.value) : type;
        cost += sum(fragment.selectionSet, inner);
      }
    }
    return cost;
  }

  function fieldCost(selection, type) {
    const name = selection.name.value;
    if (name === '__type') {
      return TYPE;
    }
    if (name === '__schema') {
      return SCHEMA;
    }
    if (!selection.selectionSet || name.startsWith('__')) {
      return 0;
    }
    const field = type.getFields()[name];
    const named = getNamedType(field.type);
    if (type === schema.getMutationType()) {
      return MUTATION;
    }
    if (isConnection(named)) {
      const n = argument(selection, 'first') || argument(selection, 'last');
      return pageCost(n, 1);
    }
    return 1 + (name === 'edges' || name === 'node' ? 0
      : sum(selection.selectionSet, named));
  }

  const root = operation.operation === 'mutation'
    ? schema.getMutationType() : schema.getQueryType();
  return sum(operation.selectionSet, root);
}

/* The actual cost of an answer, by the number of rows in it. */
function actual(cost, data) {
  let back = 0;
  for (const value of Object.values(data || {})) {
    const edges = value && (value.edges || value.nodes);
    if (Array.isArray(edges)) {
      back = cost - pageCost(edges.length, 1);
    }
  }
  return Math.max(0, Math.min(cost, cost - back));
}

/* A number with a decimal point, as Shopify writes it here. */
function float(value) {
  const rounded = Math.round(value * 100) / 100;
  return Number.isInteger(rounded) ? rounded.toFixed(1) : String(rounded);
}

/* The text of `extensions.cost`. */
function text(cost, spent, bucket) {
  return '{"requestedQueryCost":' + cost + ',"actualQueryCost":'
    + (spent === null ? 'null' : spent) + ',"throttleStatus":'
    + '{"maximumAvailable":' + float(bucket.settings.bucket_maximum)
    + ',"currentlyAvailable":' + float(Math.floor(bucket.available()))
    + ',"restoreRate":' + float(bucket.settings.bucket_restore) + '}}';
}

module.exports = { Bucket, MAX_COST, requested, actual, text };
