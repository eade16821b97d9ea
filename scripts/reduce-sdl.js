#!/usr/bin/env node
'use strict';

/*
 * Makes a reduced schema for the fake graph server from a schema in SDL:
 *
 *   node scripts/reduce-sdl.js IN.graphql[.gz] OUT.graphql
 *
 * It keeps every type that a query can reach, through the types of fields and
 * of arguments, and nothing else: no mutation, no subscription, no description
 * and no directive but @deprecated.  Types, fields, arguments and values are
 * sorted, so that diff can compare two versions.
 */

const fs = require('fs');
const zlib = require('zlib');
const { buildSchema, getNamedType, isAbstractType, isEnumType,
  isInputObjectType, isScalarType, isSpecifiedScalarType, isUnionType } =
  require('../tests/fakeshop/graphql');

function read(path) {
  const bytes = fs.readFileSync(path);
  return (path.endsWith('.gz') ? zlib.gunzipSync(bytes) : bytes)
    .toString('utf8');
}

function sorted(list) {
  return list.slice().sort((a, b) => (a.name < b.name ? -1 : 1));
}

function fieldsOf(type) {
  return type.getFields ? sorted(Object.values(type.getFields())) : [];
}

/* The types that a query can reach. */
function reachable(schema) {
  const seen = new Set();
  const stack = [schema.getQueryType()];
  while (stack.length > 0) {
    const type = stack.pop();
    if (seen.has(type)) {
      continue;
    }
    seen.add(type);
    for (const field of fieldsOf(type)) {
      stack.push(getNamedType(field.type),
        ...(field.args || []).map((one) => getNamedType(one.type)));
    }
    stack.push(...(isAbstractType(type) ? schema.getPossibleTypes(type) : []),
      ...(type.getInterfaces ? type.getInterfaces() : []));
  }
  return seen;
}

function deprecation(one) {
  return one.deprecationReason ? ' @deprecated' : '';
}

/* The text of a default value, which the schema was read with. */
function input(one) {
  const node = one.astNode && one.astNode.defaultValue;
  return one.name + ': ' + one.type + (node ? ' = '
    + node.loc.source.body.slice(node.loc.start, node.loc.end) : '')
    + deprecation(one);
}

function args(field) {
  return field.args.length === 0 ? ''
    : '(' + sorted(field.args).map(input).join(', ') + ')';
}

function block(head, lines) {
  return head + ' {\n' + lines.map((one) => '  ' + one + '\n').join('')
    + '}\n';
}

function printed(schema, type, kept) {
  if (isScalarType(type)) {
    return 'scalar ' + type.name + '\n';
  }
  if (isEnumType(type)) {
    return block('enum ' + type.name, sorted(type.getValues())
      .map((one) => one.name + deprecation(one)));
  }
  if (isUnionType(type)) {
    return 'union ' + type.name + ' = ' + sorted(type.getTypes())
      .map((one) => one.name).join(' | ') + '\n';
  }
  if (isInputObjectType(type)) {
    return block('input ' + type.name, fieldsOf(type).map(input));
  }
  const interfaces = sorted(type.getInterfaces())
    .filter((one) => kept.has(one)).map((one) => one.name);
  return block((isAbstractType(type) ? 'interface ' : 'type ') + type.name
    + (interfaces.length > 0 ? ' implements ' + interfaces.join(' & ') : ''),
  fieldsOf(type).map((one) => one.name + args(one) + ': ' + one.type
    + deprecation(one)));
}

function main(argv) {
  if (argv.length !== 2) {
    process.stderr.write('usage: reduce-sdl.js IN OUT\n');
    process.exit(64);
  }
  const schema = buildSchema(read(argv[0]), { assumeValidSDL: true });
  const kept = reachable(schema);
  const texts = sorted(Array.from(kept))
    .filter((one) => !isSpecifiedScalarType(one))
    .map((one) => printed(schema, one, kept));
  fs.writeFileSync(argv[1], 'schema {\n  query: '
    + schema.getQueryType().name + '\n}\n\n' + texts.join('\n'));
  process.stdout.write(texts.length + ' of '
    + Object.keys(schema.getTypeMap()).length + ' types\n');
}

main(process.argv.slice(2));
