'use strict';

/* Generates random query files for pages, from the schema of any API of the
 * fake graph server. They are valid GraphQL, and each connection in them can be
 * walked: a connection inside a row needs an id of the row, and a root field
 * that finds its type by id. */

const { getNamedType, getNullableType, isAbstractType, isCompositeType,
  isEnumType, isListType, isRequiredArgument, parse, print, validate,
  specifiedRules, KnownDirectivesRule } = require('../../fakeshop/graphql');
const { Random } = require('../../fakeshop/random');
const { connectionOf, isList } = require('../../fakegraph/shape');

const ATTEMPTS = 400;
const MOST_CONNECTIONS = 5;
const MOST_LEVELS = 3;
const MOST_PLAIN = 2;

/* Root fields that do not list an API's data. */
const SKIPPED = new Set(['node', 'nodes', 'Branch', 'rateLimit', 'relay',
  'latest', 'search', 'semanticSearch', '_entities', '_service']);

const RULES = specifiedRules.filter((rule) => rule !== KnownDirectivesRule);

function needsId(field) {
  return field.args.some((one) => one.name === 'id'
    && isRequiredArgument(one));
}

class Maker {
  constructor(api, random, prefix) {
    Object.assign(this, { schema: api.schema, random, prefix,
      stringIds: api.isInfrahub, names: 0, connections: 0 });
    this.roots = Object.values(this.schema.getQueryType().getFields());
    this.most = random.between(1, MOST_CONNECTIONS);
  }

  chance(p) {
    return this.random.chance(p);
  }

  some(list, n) {
    const rest = list.slice();
    const out = [];
    while (out.length < n && rest.length > 0) {
      out.push(rest.splice(this.random.int(rest.length), 1)[0]);
    }
    return out;
  }

  document() {
    const field = this.random.pick(this.roots.filter((one) => (
      !SKIPPED.has(one.name) && this.canAsk(one)
      && isCompositeType(getNamedType(one.type))
      && (connectionOf(one) || !isList(one.type) && !needsId(one)
        && this.leadsOn(getNamedType(one.type))))));
    const key = this.prefix + '_' + field.name + ': ';
    return '{' + (connectionOf(field) ? this.connection(field, 0, key)
      : key + field.name + this.args(field) + ' {' + this.selection(
        getNamedType(field.type), { level: 0, plain: 0, isRoot: true })
        + '}') + '}';
  }

  /* Whether an object of this type has a connection. */
  leadsOn(type) {
    return Boolean(type.getFields) && Object.values(type.getFields())
      .some((one) => connectionOf(one) && this.canAsk(one));
  }

  canAsk(field) {
    return !field.name.startsWith('_') && field.args.every((one) => (
      !isRequiredArgument(one) || this.argument(one) !== null));
  }

  /* A value for a required argument; null if it cannot be given one. */
  argument(arg) {
    const type = getNullableType(arg.type);
    const named = getNamedType(type);
    if (isListType(type)) {
      return null;
    }
    if (isEnumType(named)) {
      return named.getValues()[0].name;
    }
    return { String: '"text"', Int: '7', Boolean: 'true' }[named.name]
      || null;
  }

  args(field, ...extra) {
    const list = field.args.filter(isRequiredArgument)
      .map((one) => one.name + ': ' + this.argument(one)).concat(extra);
    return list.length > 0 ? '(' + list.join(', ') + ')' : '';
  }

  alias(field, p) {
    return this.chance(p) ? field.name + '_' + ++this.names + ': ' : '';
  }

  hasKey(type) {
    const id = type.getFields && type.getFields().id;
    const text = id ? String(id.type) : '';
    return text === 'ID!' || this.stringIds && /^String!?$/.test(text);
  }

  /* Whether rows of this type can be asked for by id. */
  isFound(type) {
    const byNode = this.roots.find((one) => one.name === 'nodes'
      || one.name === 'node');
    if (byNode && type.getInterfaces && type.getInterfaces()
      .includes(getNamedType(byNode.type))) {
      return true;
    }
    return this.roots.some((one) => {
      const shape = connectionOf(one);
      const has = (name) => one.args.some((arg) => arg.name === name);
      return shape ? shape.node === type && has('ids')
        : !isList(one.type) && getNamedType(one.type) === type && has('id')
          && one.args.every((arg) => arg.name === 'id'
            || !isRequiredArgument(arg));
    });
  }

  connection(field, level, key) {
    this.connections++;
    const shape = connectionOf(field);
    const node = shape.node;
    const limit = shape.kind === 'relay' ? 'first: 3' : 'limit: 3';
    const start = ' ' + key + field.name + this.args(field,
      ...(this.chance(0.1) ? [limit] : []))
      + (this.hasKey(node) && this.chance(0.1) ? ' @position' : '') + ' {';
    const rows = ' ' + this.selection(node, { level: level + 1, plain: 0,
      canWalk: this.hasKey(node) && this.isFound(node) });
    if (shape.rows === null) {
      return start + rows + '}';
    }
    const fields = getNamedType(field.type).getFields();
    const list = shape.rows === 'edges' && fields.nodes && this.chance(0.5)
      ? 'nodes' : shape.rows;
    const total = shape.total && this.chance(0.2) ? shape.total + ' ' : '';
    return start + total + list + (list === 'edges' ? ' {'
      + this.edge(shape.edge) + ' node {' + rows + '}}' : ' {' + rows + '}')
      + '}';
  }

  /* Leaves of an edge. */
  edge(type) {
    const leaves = Object.values(type.getFields()).filter((one) => (
      !['node', 'cursor'].includes(one.name) && this.canAsk(one)
      && !isCompositeType(getNamedType(one.type))));
    return this.some(leaves, this.random.int(2)).map(
      (one) => ' ' + one.name).join('');
  }

  /* at: { level, plain: how many objects deep, isRoot, canWalk, inList } */
  selection(type, at) {
    let text = type.getFields ? this.fields(type, at) : '';
    if (isAbstractType(type)) {
      const possible = this.schema.getPossibleTypes(type);
      for (const one of this.some(possible, this.random.between(1, 2))) {
        text += ' ... on ' + one.name + ' {' + this.fields(one, at) + '}';
      }
      return text;
    }
    return text + (this.chance(0.1) ? ' __typename' : '');
  }

  fields(type, at) {
    const kinds = { leaf: [], object: [], list: [], walk: [] };
    for (const one of Object.values(type.getFields())) {
      if (this.canAsk(one)) {
        kinds[connectionOf(one) ? 'walk'
          : !isCompositeType(getNamedType(one.type)) ? 'leaf'
            : isList(one.type) ? 'list' : 'object'].push(one);
      }
    }
    const parts = this.some(kinds.leaf, this.random.between(1, 4)).map(
      (one) => ' ' + this.alias(one, 0.1) + one.name + this.args(one));
    if (at.plain < MOST_PLAIN) {
      parts.push(...this.some(kinds.object, this.random.int(3)).map(
        (one) => this.object(one, at)));
      parts.push(...this.some(kinds.list, this.random.int(2)).map(
        (one) => this.list(one, at)));
    }
    if (at.level < MOST_LEVELS && !at.inList && (at.isRoot || at.canWalk)) {
      for (const one of this.some(kinds.walk, this.random.int(4))) {
        if (this.connections < this.most
          && isCompositeType(connectionOf(one).node)) {
          parts.push(this.connection(one, at.level, this.alias(one, 0.1)));
        }
      }
    }
    return parts.join('') || ' __typename';
  }

  object(field, at) {
    const isJson = !at.inList && field.name !== 'node' && this.chance(0.1);
    return ' ' + this.alias(field, 0.1) + field.name + this.args(field)
      + (isJson ? ' @json' : '') + ' {' + this.selection(
      getNamedType(field.type), Object.assign({}, at, {
        plain: at.plain + 1, inList: at.inList || isJson })) + '}';
  }

  list(field, at) {
    const type = getNamedType(field.type);
    const isTable = !at.inList && !at.isRoot && at.canWalk
      && !isList(getNullableType(field.type).ofType) && this.chance(0.5);
    return ' ' + this.alias(field, 0.1) + field.name + this.args(field)
      + (isTable ? ' @table' : '') + ' {' + this.selection(type, {
      level: at.level + 1, plain: at.plain + 1, inList: !isTable,
      canWalk: isTable && this.hasKey(type) && this.isFound(type) }) + '}';
  }
}

/* Whether two tables or two columns of one table have the same name. */
function collides(tables) {
  const hasTwice = (names) => new Set(names).size < names.length;
  return hasTwice(tables.map((one) => one.name))
    || tables.some((one) => hasTwice(one.columns.map((column) => column.name)
      .concat(one.parentColumn)));
}

/* accepts(document): whether the document's answer has what it must have. */
function generate(api, seed, prefix, accepts) {
  const random = new Random(seed, 'paged query', api.spec.name);
  for (let i = 0; i < ATTEMPTS; i++) {
    const maker = new Maker(api, random, prefix || 'q' + seed);
    const document = parse(maker.document());
    if (maker.connections > 0
      && validate(api.schema, document, RULES).length === 0
      && accepts(document)) {
      return print(document);
    }
  }
  throw new Error('no valid query from seed ' + seed);
}

module.exports = { generate, collides };
