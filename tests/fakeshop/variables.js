'use strict';

/*
 * Checks the variables of a mutation against their types, as Shopify does:
 * each problem has the path of the value and an explanation. graphql-js does
 * not know what the scalars of the schema accept, nor @oneOf.
 */

const { isEnumType, isInputObjectType, isListType, isNonNullType,
  typeFromAST } = require('./graphql');
const { isOneOf, variablesOf } = require('./schema');

const NOT_NULL = 'Expected value to not be null';
const MOST_ITEMS = 250;

const DECIMAL = /^-?\d+(\.\d+)?$/;
const ZONED = new RegExp('^\\d{4}-\\d\\d-\\d\\d[T ]\\d\\d:\\d\\d(:\\d\\d(\\.\\d+)?)?'
  + '(Z|[+-]\\d\\d:?\\d\\d)$');

function isText(value) {
  return typeof value === 'string';
}

function isNumberText(value, pattern) {
  return (isText(value) || typeof value === 'number')
    && pattern.test(String(value));
}

function isUrl(value) {
  try {
    return isText(value) && Boolean(new URL(value));
  } catch (error) {
    return false;
  }
}

/* What the scalars accept; those that are not listed accept text. */
const ACCEPTS = {
  Int: (value) => Number.isInteger(value) && value === (value | 0),
  Float: (value) => typeof value === 'number',
  Boolean: (value) => typeof value === 'boolean',
  Decimal: (value) => isNumberText(value, DECIMAL),
  Money: (value) => isNumberText(value, DECIMAL),
  UnsignedInt64: (value) => isNumberText(value, /^\d{1,20}$/),
  DateTime: (value) => isText(value) && ZONED.test(value)
    && !Number.isNaN(Date.parse(value)),
  Date: (value) => isText(value) && /^\d{4}-\d\d-\d\d$/.test(value)
    && !Number.isNaN(Date.parse(value)),
  URL: isUrl,
  JSON: () => true,
  ID: (value) => isText(value)
    && /^gid:\/\/[\w-]+\/\w+\/[^\s]+$/.test(value),
};

function refusal(value, name) {
  return name === 'ID' ? 'Invalid global id \'' + value + '\''
    : 'Could not coerce value ' + JSON.stringify(value) + ' to ' + name;
}

class Check {
  constructor() {
    this.problems = [];
    this.size = 0;
  }

  note(path, explanation) {
    this.problems.push({ path, explanation });
  }

  value(value, type, path) {
    if (isNonNullType(type)) {
      if (value === null || value === undefined) {
        this.note(path, NOT_NULL);
      } else {
        this.value(value, type.ofType, path);
      }
    } else if (value === null || value === undefined) {
      /* It is left out. */
    } else if (isListType(type)) {
      const list = Array.isArray(value) ? value : [value];
      this.size = Math.max(this.size, list.length);
      list.forEach((one, i) => this.value(one, type.ofType,
        path.concat(i)));
    } else if (isInputObjectType(type)) {
      this.object(value, type, path);
    } else if (isEnumType(type)) {
      if (!type.getValue(value)) {
        this.note(path, 'Expected ' + JSON.stringify(value)
          + ' to be one of: ' + type.getValues().map((one) => one.name)
          .join(', '));
      }
    } else if (!(ACCEPTS[type.name] || isText)(value)) {
      this.note(path, refusal(value, type.name));
    }
  }

  object(value, type, path) {
    if (typeof value !== 'object' || Array.isArray(value)) {
      this.note(path, 'Expected ' + JSON.stringify(value)
        + ' to be a key-value object.');
      return;
    }
    const fields = type.getFields();
    for (const name of Object.keys(value)) {
      if (!fields[name]) {
        this.note(path.concat(name), 'Field is not defined on '
          + type.name);
      }
    }
    for (const field of Object.values(fields)) {
      if (value[field.name] !== undefined
        || field.defaultValue === undefined) {
        this.value(value[field.name], field.type, path.concat(field.name));
      }
    }
    const given = Object.keys(value);
    if (isOneOf(type) && (given.length !== 1
      || value[given[0]] === null)) {
      this.note(path, '\'' + type.name + '\' requires exactly one argument, '
        + 'but ' + given.length + ' were provided.');
    }
  }
}

/* The errors of the variables of a document, in Shopify's words. `code` is the
 * code of errors; lines of bulk operations have none. */
function variableErrors(schema, operation, given, code) {
  const values = variablesOf(operation, given);
  const errors = [];
  for (const one of operation.variableDefinitions || []) {
    const name = one.variable.name.value;
    const type = typeFromAST(schema, one.type);
    const check = new Check();
    if (!type) {
      continue; /* another error says so */
    }
    check.value(values[name], type, []);
    if (check.size > MOST_ITEMS) {
      errors.push({ message: 'The input array size of ' + check.size
        + ' is greater than the maximum allowed of ' + MOST_ITEMS + '.',
      extensions: { code: 'MAX_INPUT_SIZE_EXCEEDED' } });
    }
    if (check.problems.length > 0) {
      const at = check.problems.filter(({ path }) => path.length > 0)
        .map(({ path, explanation }) => path.join('.') + ' ('
          + explanation + ')');
      errors.push({ message: 'Variable $' + name + ' of type ' + type
        + ' was provided invalid value'
        + (at.length > 0 ? ' for ' + at.join(', ') : ''),
      locations: [{ line: one.loc.startToken.line,
        column: one.loc.startToken.column }],
      extensions: Object.assign(code ? { code } : {},
        { value: values[name] === undefined ? null : values[name],
          problems: check.problems }) });
    }
  }
  return errors;
}

module.exports = { variableErrors };
