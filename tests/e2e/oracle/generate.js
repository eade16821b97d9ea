'use strict';

/* Generates random query files. They are valid GraphQL, obey the rules of bulk
 * operations, and use any part of the schema and any directive of bulkpg. */

const { getNamedType, getNullableType, isAbstractType, isCompositeType,
  isEnumType, isInterfaceType, isListType, isRequiredArgument, parse, print,
  validate, specifiedRules, KnownDirectivesRule } =
  require('../../fakeshop/graphql');
const { isConnection, nodeType } = require('../../fakeshop/schema');
const { Random } = require('../../fakeshop/random');
const { collisions, hasRealId, plan } = require('./plan');

const ATTEMPTS = 200;
const MAX_CONNECTIONS = 5;
const MAX_LEVEL = 2;
const MAX_PLAIN_DEPTH = 3;

/* Root fields that do not list a store's data. Definitions depend on the
 * settings of the fake store. */
const SKIPPED_ROOTS = new Set(['bulkOperations', 'metafieldDefinitions']);

const RULES = specifiedRules.filter((rule) => rule !== KnownDirectivesRule);

/* Column types that hold all values of a GraphQL type. */
const OTHER_TYPES = { Int: ['bigint', 'numeric', 'text'],
  Decimal: ['text', 'double precision'], Money: ['text'],
  UnsignedInt64: ['text', 'numeric'], DateTime: ['text'],
  Date: ['text', 'timestamptz'], String: ['text'], Boolean: ['boolean'] };

class Maker {
  /* `places` decides about @position; `random` decides all else, so that a
   * seed gives the same query with and without @position. */
  constructor(schema, random, prefix, places) {
    this.schema = schema;
    this.random = random;
    this.places = places;
    this.prefix = prefix;
    this.connections = 0;
    this.most = random.weighted([[2, 1], [3, 2], [4, 3], [3, 4],
      [2, MAX_CONNECTIONS]]);
    this.names = 0;
    this.fragments = [];
  }

  document() {
    const fields = Object.values(this.schema.getQueryType().getFields())
      .filter((one) => isConnection(getNamedType(one.type))
        && !SKIPPED_ROOTS.has(one.name) && this.canAsk(one)
        && isCompositeType(nodeType(getNamedType(one.type))));
    const field = this.random.pick(fields);
    const operation = this.random.pick(['{', 'query {', 'query Q {']);
    const text = operation + this.connection(field, 0) + '}';
    return text + this.fragments.join('');
  }

  chance(p) {
    return this.random.chance(p);
  }

  name(stem) {
    this.names++;
    return stem + this.names;
  }

  hasId(type) {
    return Boolean(type.getFields && type.getFields().id
      && getNamedType(type.getFields().id.type).name === 'ID');
  }

  canAsk(field) {
    return field.args.every((one) => !isRequiredArgument(one)
      || this.argument(one) !== null);
  }

  /* A value for a required argument; null if it cannot be given one. */
  argument(arg) {
    const type = getNullableType(arg.type);
    if (isListType(type)) {
      return null;
    }
    const named = getNamedType(type);
    if (isEnumType(named)) {
      return named.getValues()[0].name;
    }
    return { String: '"text"', Int: '7', Boolean: 'true' }[named.name]
      || null;
  }

  args(field, extra) {
    const list = field.args.filter(isRequiredArgument)
      .map((one) => one.name + ': ' + this.argument(one)).concat(extra);
    return list.length > 0 ? '(' + list.join(', ') + ')' : '';
  }

  alias(field, p) {
    return this.chance(p) ? this.name(this.random.pick(['a', 'alias',
      field.name, 'SKUs', 'my_Key'])) + ': ' : '';
  }

  connection(field, level) {
    this.connections++;
    const node = nodeType(getNamedType(field.type));
    const has = (name) => field.args.some((one) => one.name === name);
    const extra = level > 0 && has('first') && this.chance(0.2)
      && !field.args.some((one) => one.name === 'first'
        && isRequiredArgument(one)) ? ['first: 5'] : [];
    const before = this.connections;
    const body = this.node(node, level);
    const hasChildren = this.connections > before;
    const directive = level === 0
      ? this.rootDirective(hasChildren)
      : this.tableDirective(node, hasChildren, body);
    const position = this.position(directive.includes('key:')
      || hasRealId(node) && !directive.includes('skip:'));
    const key = level === 0 && directive === ''
      ? this.prefix + '_' + field.name + ': '
      : level > 0 ? this.alias(field, 0.2) : '';
    return ' ' + key + field.name + this.args(field, extra) + directive
      + position + ' {' + (this.chance(0.1) ? ' pageInfo { hasNextPage }' : '')
      + ' edges {' + (this.chance(0.1) ? ' cursor' : '')
      + ' node {' + body + ' } } }';
  }

  /* @position is allowed only for rows with a key of their own. */
  position(hasKey) {
    return this.places.chance(0.3) && hasKey ? ' @position' : '';
  }

  rootDirective(hasChildren) {
    const name = ' @table(name: "' + this.prefix + '_root"';
    return this.chance(0.5) ? ''
      : name + (hasChildren && this.chance(0.2) ? ', skip: true)' : ')');
  }

  tableDirective(node, hasChildren, body) {
    const args = [];
    if (this.chance(0.15)) {
      args.push('name: "' + this.prefix + '_' + this.name('t') + '"');
    }
    if (this.chance(0.15)) {
      args.push('parent: "' + this.name('parent_') + '"');
    }
    if (hasChildren && this.chance(0.15)) {
      args.push('skip: true');
    } else if (node.name === 'Metafield' && this.chance(0.4)
      && body.startsWith(' id  namespace key ')) {
      args.push('key: ["namespace", "key"]');
    }
    return args.length > 0 ? ' @table(' + args.join(', ') + ')' : '';
  }

  /* The selection of a connection's node. */
  node(type, level) {
    const wantsId = this.hasId(type)
      && (this.chance(0.7) || !hasRealId(type));
    const keys = type.name === 'Metafield' && this.chance(0.5)
      ? ' namespace key ' : '';
    return (wantsId ? ' id ' : '') + keys
      + this.selection(type, { level, depth: 0, needsId: true,
        hasId: this.hasId(type), listTables: hasRealId(type) });
  }

  /* The fields of an object, interface or union. at: { level, depth, inList,
   * needsId }. */
  selection(type, at) {
    let text = '';
    if (type.getFields) {
      text += this.fields(type, at);
    }
    if (isAbstractType(type)) {
      const possible = this.schema.getPossibleTypes(type);
      const n = Math.min(possible.length, this.random.between(1, 3));
      for (let i = 0; i < n; i++) {
        const one = this.random.pick(possible);
        const id = at.needsId && one.getFields().id && !isInterfaceType(type)
          ? ' id ' : '';
        text += ' ... on ' + one.name + ' {' + id + this.fields(one,
          Object.assign({}, at, { aliases: 0.6 })) + ' }';
      }
      text += ' __typename';
    } else if (this.chance(0.1)) {
      text += ' __typename';
    }
    return this.wrapped(type, text, at);
  }

  /* Sometimes puts a selection into a fragment. */
  wrapped(type, text, at) {
    if (this.chance(0.1)) {
      const name = this.name('Part');
      this.fragments.push(' fragment ' + name + ' on ' + type.name + ' {'
        + text + ' }');
      return ' ...' + name;
    }
    if (this.chance(0.1)) {
      return ' ... on ' + type.name + ' {' + text + ' }';
    }
    return this.chance(0.05) ? ' ... {' + text + ' }' : text;
  }

  fields(type, at) {
    const all = Object.values(type.getFields())
      .filter((one) => one.name !== 'id' && this.canAsk(one));
    const leaves = [];
    const objects = [];
    const connections = [];
    for (const one of all) {
      const named = getNamedType(one.type);
      (!isCompositeType(named) ? leaves : isConnection(named)
        ? connections : objects).push(one);
    }
    const parts = [];
    const wanted = this.random.between(1, 6);
    this.some(leaves, wanted).forEach((one) => {
      parts.push(this.leaf(one, at));
    });
    if (at.depth < MAX_PLAIN_DEPTH) {
      this.some(objects, this.random.int(at.depth === 0 ? 4 : 2)).forEach(
        (one) => {
          parts.push(this.composite(one, at));
        });
    }
    if (at.level < MAX_LEVEL && !at.inList && (at.hasId || (at.needsId
      && this.hasId(type)))) {
      this.some(connections, this.random.int(4)).forEach((one) => {
        if (this.connections < this.most
          && isCompositeType(nodeType(getNamedType(one.type)))) {
          parts.push(this.connection(one, at.level + 1));
        }
      });
    }
    return parts.length > 0 ? parts.join('') : ' __typename';
  }

  some(list, n) {
    const rest = list.slice();
    const out = [];
    while (out.length < n && rest.length > 0) {
      out.push(rest.splice(this.random.int(rest.length), 1)[0]);
    }
    return out;
  }

  leaf(field, at) {
    let text = ' ' + this.alias(field, at.aliases || 0.1) + field.name
      + this.args(field, []);
    if (!at.inList && this.chance(0.08)) {
      const isList = isListType(getNullableType(field.type));
      const types = isList ? undefined
        : OTHER_TYPES[getNamedType(field.type).name];
      const args = [];
      if (types && this.chance(0.6)) {
        args.push('type: "' + this.random.pick(types) + '"');
      }
      if (args.length === 0 || this.chance(0.5)) {
        args.push('name: "' + this.name('column_') + '"');
      }
      text += ' @column(' + args.join(', ') + ')';
      if (!isList && this.chance(0.5)) {
        text += ' @index';
      }
    }
    return text + ' ';
  }

  composite(field, at) {
    const type = getNamedType(field.type);
    const isList = isListType(getNullableType(field.type));
    const start = ' ' + this.alias(field, at.aliases || 0.1) + field.name
      + this.args(field, []);
    if (isList) {
      const isTable = !at.inList && at.listTables
        && !isListType(getNullableType(getNullableType(field.type).ofType))
        && this.chance(0.5);
      return start + (isTable ? ' @table'
        + this.position(hasRealId(type)) : '') + ' {'
        + (hasRealId(type) && this.chance(0.5) ? ' id ' : '')
        + this.selection(type, { level: at.level, depth: at.depth + 1,
          inList: true }) + ' }';
    }
    const isJson = !at.inList && this.chance(0.12);
    const id = type.getFields && type.getFields().id
      && this.chance(0.6) ? ' id ' : '';
    return start + (isJson ? ' @json' : '') + ' {' + id
      + this.selection(type, { level: at.level, depth: at.depth + 1,
        hasId: at.hasId, listTables: at.listTables,
        inList: at.inList || isJson }) + ' }';
  }
}

/* Gives other names to fields whose names collide. */
function resolve(schema, document) {
  for (let i = 0; i < 30; i++) {
    const { tables, isMixed } = plan(schema, document);
    if (isMixed) {
      return false;
    }
    const [first] = collisions(tables);
    if (!first) {
      return true;
    }
    if (!first.field || first.field.directives.some(
      (one) => ['column', 'table'].includes(one.name.value))) {
      return false;
    }
    const text = first.kind === 'column' ? '@column(name: "resolved_' + i
      + '")' : '@table(name: "resolved_table_' + i + '")';
    const [given] = parse('{ a ' + text + ' }').definitions[0].selectionSet
      .selections;
    first.field.directives.push(given.directives[0]);
  }
  return false;
}

function generate(schema, seed, prefix) {
  const random = new Random(seed, 'query');
  const places = new Random(seed, 'position');
  for (let i = 0; i < ATTEMPTS; i++) {
    const maker = new Maker(schema, random, prefix || 'q' + seed, places);
    const text = maker.document();
    const document = parse(text);
    if (validate(schema, document, RULES).length === 0
      && resolve(schema, document)) {
      return seed % 2 === 0 ? print(document)
        : print(document).replace(/\n\s*/g, ' , ');
    }
  }
  throw new Error('no valid query from seed ' + seed);
}

module.exports = { generate };

if (require.main === module) {
  const { loadSchema } = require('../../fakeshop/schema');
  const [seed, file] = process.argv.slice(2);
  process.stdout.write(generate(loadSchema(file), Number(seed || 1)) + '\n');
}
