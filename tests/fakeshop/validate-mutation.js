'use strict';

/* Shopify's rules for bulk mutations, in the order and with the messages of
 * recorded answers. */

const { parse, validate, getNamedType } = require('./graphql');
const { isConnection } = require('./schema');

const MAX_BYTES = 65535;
const REFUSED = ['bulkOperationRunMutation', 'bulkOperationRunQuery'];

function refusal(field, code, message) {
  return { field, message, code };
}

/* Calls visit for each field of a selection set, at any depth, with fragments
 * expanded. Fields that the type does not have are left out. */
function walk(schema, fragments, selectionSet, type, visit, depth) {
  for (const selection of selectionSet.selections) {
    if (selection.kind !== 'Field') {
      const fragment = selection.kind === 'FragmentSpread'
        ? fragments.get(selection.name.value) : selection;
      if (fragment) {
        walk(schema, fragments, fragment.selectionSet,
          fragment.typeCondition
            ? schema.getType(fragment.typeCondition.name.value) : type,
          visit, depth);
      }
      continue;
    }
    const field = type && type.getFields
      && type.getFields()[selection.name.value];
    const named = field ? getNamedType(field.type) : undefined;
    visit(selection, named, depth);
    if (selection.selectionSet && named) {
      walk(schema, fragments, selection.selectionSet, named, visit,
        depth + 1);
    }
  }
}

function survey(schema, document, operation) {
  const fragments = new Map(document.definitions
    .filter((one) => one.kind === 'FragmentDefinition')
    .map((one) => [one.name.value, one]));
  const found = { roots: [], connections: 0 };
  walk(schema, fragments, operation.selectionSet, schema.getMutationType(),
    (selection, type, depth) => {
      if (depth === 0) {
        found.roots.push(selection.name.value);
      }
      found.connections += type && isConnection(type) ? 1 : 0;
    }, 0);
  return found;
}

function parsed(text) {
  try {
    return { document: parse(text) };
  } catch (error) {
    const { line, column } = (error.locations || [{}])[0];
    return { error: refusal(null, 'INVALID_MUTATION', 'Failed to parse the '
      + 'mutation - ' + (/<EOF>/.test(error.message)
      ? 'syntax error, unexpected end of file'
      : error.message.replace(/^Syntax Error: /, 'syntax error, '))
      + ' at [' + line + ', ' + column + ']') };
  }
}

function identifierError(text) {
  if (text === null || text === undefined) {
    return null;
  }
  const how = text.length < 10 ? 'is too short (minimum is 10 characters)'
    : text.length > 255 ? 'is too long (maximum is 255 characters)' : null;
  return how && refusal(['clientIdentifier'], 'INVALID_MUTATION', how);
}

/* { document, operation, error }: the first rule that a mutation's text breaks,
 * if any. With `isStrict`, unknown fields are an error here and not one of each
 * line. */
function validateMutation(schema, text, clientIdentifier, isStrict) {
  const wrong = identifierError(clientIdentifier);
  if (wrong) {
    return { error: wrong };
  }
  const bytes = Buffer.byteLength(text);
  if (bytes > MAX_BYTES) {
    return { error: refusal(['query'], 'INVALID_MUTATION', 'is too large ('
      + bytes + ' bytes; maximum is ' + MAX_BYTES + ' bytes)') };
  }
  const { document, error } = parsed(text);
  if (error) {
    return { error };
  }
  const operations = document.definitions.filter(
    (one) => one.kind === 'OperationDefinition');
  if (operations.length === 0
    || operations.some((one) => one.operation !== 'mutation')) {
    return { error: refusal(null, 'INVALID_MUTATION', 'Invalid operation '
      + 'type. Only `mutation` operations are supported.') };
  }
  const found = survey(schema, document, operations[0]);
  if (operations.length > 1 || found.roots.length !== 1) {
    return { error: refusal(['mutation'], null,
      'You must specify a single top level mutation.') };
  }
  if (REFUSED.includes(found.roots[0])) {
    return { error: refusal(['mutation'], null,
      'You must use an allowed mutation name.') };
  }
  if (found.connections > 1) {
    return { error: refusal(['mutation'], null, 'Bulk mutations cannot '
      + 'contain more than 1 connection.') };
  }
  const problems = validate(schema, document);
  if (isStrict && problems.length > 0) {
    return { error: refusal(['mutation'], 'INVALID_MUTATION',
      problems[0].message) };
  }
  return { document, operation: operations[0], problems };
}

module.exports = { validateMutation };
