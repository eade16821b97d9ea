#!/usr/bin/env node
'use strict';

/*
 * Makes the reduced schema of the fake store from a full introspection result
 * of Shopify's Admin API:
 *
 *   node scripts/reduce-introspection.js IN.json[.gz] OUT.json
 *
 * It keeps every type that a query can reach from QueryRoot, through the
 * types of fields and of arguments, and the mutations that the fake store
 * executes, with their input types.  It removes descriptions, except those of
 * the arguments of root fields, because these contain the filter names.  Each
 * type is one line, in sorted order, so that diff can compare two versions.
 */

const fs = require('fs');
const zlib = require('zlib');

const MUTATIONS = ['bulkOperationCancel', 'bulkOperationRunMutation',
  'bulkOperationRunQuery', 'customerUpdate', 'inventoryActivate',
  'inventoryAdjustQuantities', 'inventoryItemUpdate',
  'inventorySetQuantities', 'locationDeactivate', 'metafieldsDelete',
  'metafieldsSet', 'metaobjectUpsert', 'productCreate', 'productDelete',
  'productSet', 'productUpdate', 'productVariantsBulkUpdate',
  'publishablePublish', 'publishableUnpublish', 'stagedUploadsCreate',
  'tagsAdd', 'tagsRemove', 'webhookSubscriptionCreate',
  'webhookSubscriptionDelete', 'webhookSubscriptionUpdate'];

function readJson(path) {
  let bytes = fs.readFileSync(path);
  if (path.endsWith('.gz')) {
    bytes = zlib.gunzipSync(bytes);
  }
  return JSON.parse(bytes.toString('utf8'));
}

function namedType(ref) {
  while (ref.ofType) {
    ref = ref.ofType;
  }
  return ref.name;
}

function byName(a, b) {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}

/* The names of the types that a type refers to. */
function mentions(type) {
  const names = [];
  for (const field of type.fields || []) {
    names.push(namedType(field.type));
    for (const arg of field.args) {
      names.push(namedType(arg.type));
    }
  }
  for (const field of type.inputFields || []) {
    names.push(namedType(field.type));
  }
  for (const ref of type.interfaces || []) {
    names.push(ref.name);
  }
  for (const ref of type.possibleTypes || []) {
    names.push(ref.name);
  }
  return names;
}

/* The same, but nothing for DisplayableError: the error types of all mutations
 * implement this interface, and few of them can be selected here. */
function reaches(type) {
  if (type.name === 'DisplayableError') {
    return [];
  }
  return mentions(type);
}

function closure(types, roots) {
  const seen = new Set();
  const stack = roots.slice();
  while (stack.length > 0) {
    const name = stack.pop();
    if (seen.has(name) || !types.has(name)) {
      continue;
    }
    seen.add(name);
    for (const next of reaches(types.get(name))) {
      stack.push(next);
    }
  }
  return seen;
}

function reduceRef(ref) {
  return ref.ofType
    ? { kind: ref.kind, name: null, ofType: reduceRef(ref.ofType) }
    : { kind: ref.kind, name: ref.name, ofType: null };
}

function reduceInput(value, keepDescription) {
  const out = { name: value.name };
  if (keepDescription && value.description) {
    out.description = value.description;
  }
  out.type = reduceRef(value.type);
  out.defaultValue = value.defaultValue === undefined
    ? null : value.defaultValue;
  out.isDeprecated = Boolean(value.isDeprecated);
  out.deprecationReason = value.deprecationReason || null;
  return out;
}

function reduceField(field, isRoot) {
  return {
    name: field.name,
    args: field.args.slice().sort(byName)
      .map((arg) => reduceInput(arg, isRoot)),
    type: reduceRef(field.type),
    isDeprecated: Boolean(field.isDeprecated),
    deprecationReason: field.deprecationReason || null,
  };
}

function reduceType(type, kept, isRoot) {
  const out = { kind: type.kind, name: type.name };
  if (type.kind === 'SCALAR' && type.specifiedByURL) {
    out.specifiedByURL = type.specifiedByURL;
  }
  if (type.isOneOf) {
    out.isOneOf = true;
  }
  const refs = (list) => list.filter((ref) => kept.has(ref.name))
    .map(reduceRef).sort(byName);
  out.fields = type.fields
    ? type.fields.slice().sort(byName)
      .map((field) => reduceField(field, isRoot))
    : null;
  out.inputFields = type.inputFields
    ? type.inputFields.slice().sort(byName)
      .map((field) => reduceInput(field, false))
    : null;
  out.interfaces = type.interfaces ? refs(type.interfaces) : null;
  out.enumValues = type.enumValues
    ? type.enumValues.slice().sort(byName).map((value) => ({
      name: value.name,
      isDeprecated: Boolean(value.isDeprecated),
      deprecationReason: value.deprecationReason || null,
    }))
    : null;
  out.possibleTypes = type.possibleTypes ? refs(type.possibleTypes) : null;
  return out;
}

function reduceDirective(directive) {
  return {
    name: directive.name,
    locations: directive.locations.slice().sort(),
    args: directive.args.slice().sort(byName)
      .map((arg) => reduceInput(arg, false)),
    isRepeatable: Boolean(directive.isRepeatable),
  };
}

function main(argv) {
  if (argv.length !== 2) {
    process.stderr.write('usage: reduce-introspection.js IN OUT\n');
    process.exit(64);
  }
  const input = readJson(argv[0]);
  const schema = (input.data || input).__schema;
  const types = new Map(schema.types.map((type) => [type.name, type]));
  const queryName = schema.queryType.name;
  const mutationName = schema.mutationType.name;
  const mutation = types.get(mutationName);
  mutation.fields = mutation.fields
    .filter((field) => MUTATIONS.includes(field.name));

  const roots = [queryName, mutationName, '__Schema'];
  for (const directive of schema.directives) {
    for (const arg of directive.args) {
      roots.push(namedType(arg.type));
    }
  }
  const kept = closure(types, roots);
  const lines = Array.from(kept).sort().map((name) => JSON.stringify(
    reduceType(types.get(name), kept, name === queryName)));
  const directives = schema.directives.slice().sort(byName)
    .map((directive) => JSON.stringify(reduceDirective(directive)));

  fs.writeFileSync(argv[1],
    '{"data":{"__schema":{"queryType":' + JSON.stringify({ name: queryName })
    + ',"mutationType":' + JSON.stringify({ name: mutationName })
    + ',"subscriptionType":null,"types":[\n' + lines.join(',\n')
    + '\n],"directives":[\n' + directives.join(',\n') + '\n]}}}\n');
  process.stdout.write(kept.size + ' of ' + types.size + ' types\n');
}

main(process.argv.slice(2));
