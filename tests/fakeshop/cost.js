'use strict';

/* The costs of queries, and the bucket of points that pays for them. */

const { getNamedType } = require('./graphql');
const { isConnection, variablesOf } = require('./schema');

const MUTATION = 10;
const TYPE = 7;
const SCHEMA = 100;
const COUNT = 10;
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

/* How often a page of n rows counts. */
function weight(n) {
  return Math.max(1, Math.floor(2 * Math.log(Math.max(1, n))));
}

/*
 * The cost of a document: 1 for an object, nothing for a scalar; a connection
 * costs 2 and its node as often as weight() says; a list costs what one of its
 * objects costs; introspection has fixed costs. Of the types that an interface
 * or union can have, the dearest counts.
 *
 * With the answer's values, only what came counts; without (undefined), each
 * page is assumed to be full.
 */
class Price {
  constructor(schema, document, variables) {
    this.schema = schema;
    this.variables = variables;
    this.fragments = new Map(document.definitions
      .filter((one) => one.kind === 'FragmentDefinition')
      .map((one) => [one.name.value, one]));
  }

  argument(field, name) {
    const arg = (field.arguments || []).find(
      (one) => one.name.value === name);
    if (!arg) {
      return 0;
    }
    return Number(arg.value.kind === 'Variable'
      ? this.variables[arg.value.name.value] : arg.value.value) || 0;
  }

  /* `value` is undefined for the requested cost. */
  sum(selectionSet, type, value) {
    let cost = 0;
    const byType = new Map();
    for (const selection of selectionSet.selections) {
      if (selection.kind === 'Field') {
        cost += this.field(selection, type, value === undefined ? undefined
          : value[(selection.alias || selection.name).value]);
        continue;
      }
      const fragment = selection.kind === 'FragmentSpread'
        ? this.fragments.get(selection.name.value) : selection;
      const inner = fragment.typeCondition
        ? this.schema.getType(fragment.typeCondition.name.value) : type;
      byType.set(inner, (byType.get(inner) || 0)
        + this.sum(fragment.selectionSet, inner, value));
    }
    const same = byType.get(type) || 0;
    byType.delete(type);
    return cost + same + Math.max(0, ...byType.values());
  }

  field(selection, type, value) {
    const name = selection.name.value;
    if (name === '__type') {
      return TYPE;
    }
    if (name === '__schema') {
      return SCHEMA;
    }
    if (type === this.schema.getMutationType()) {
      return MUTATION;
    }
    const field = type.getFields && type.getFields()[name];
    if (!selection.selectionSet || name.startsWith('__') || !field
      || value === null) {
      return 0;
    }
    const named = getNamedType(field.type);
    if (isConnection(named)) {
      return this.connection(selection, named, value);
    }
    if (type === this.schema.getQueryType() && named.name === 'Count') {
      return COUNT;
    }
    return this.object(selection, named, value);
  }

  /* An object, or the dearest object of a list. */
  object(selection, named, value) {
    if (Array.isArray(value)) {
      return Math.max(0, ...value.map((one) => (one === null ? 0
        : this.object(selection, named, one))));
    }
    return 1 + this.sum(selection.selectionSet, named, value);
  }

  connection(selection, type, value) {
    const first = this.argument(selection, 'first')
      || this.argument(selection, 'last');
    let cost = 0;
    for (const { field, key, of } of this.rows(selection.selectionSet,
      type)) {
      const rows = value === undefined ? undefined : value[key] || [];
      const n = rows === undefined ? first : rows.length;
      const node = this.node(field, of, rows);
      cost += 2 + (n > 0 || rows === undefined ? weight(n) * node : 0);
    }
    return cost || 2;
  }

  /* The selected lists of rows: edges, nodes or both. */
  rows(selectionSet, type) {
    return selectionSet.selections.flatMap((one) => {
      if (one.kind !== 'Field') {
        const fragment = one.kind === 'FragmentSpread'
          ? this.fragments.get(one.name.value) : one;
        return this.rows(fragment.selectionSet, type);
      }
      return ['edges', 'nodes'].includes(one.name.value) ? [{ field: one,
        key: (one.alias || one.name).value,
        of: getNamedType(type.getFields()[one.name.value].type) }] : [];
    });
  }

  /* The cost of one row; of the dearest one, if they are known. */
  node(field, type, rows) {
    const one = (row) => (field.name.value === 'nodes'
      ? 1 + this.sum(field.selectionSet, type, row)
      : this.sum(field.selectionSet, type, row) || 1);
    return rows === undefined ? one(undefined)
      : Math.max(0, ...rows.map((row) => (row === null ? 0 : one(row))));
  }
}

function price(schema, asked, value) {
  const root = asked.operation.operation === 'mutation'
    ? schema.getMutationType() : schema.getQueryType();
  return new Price(schema, asked.document,
    variablesOf(asked.operation, asked.variables))
    .sum(asked.operation.selectionSet, root, value);
}

/* What a document costs if all its pages are full. */
function requested(schema, asked) {
  return price(schema, asked, undefined);
}

/* What an answer costs: never more than was requested. */
function actual(schema, asked, data) {
  return data ? price(schema, asked, data) : 0;
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
