'use strict';

/*
 * The data and the fields of the Infrahub-shaped API. All objects are made once
 * from the seed and fit together: a device's interfaces have that device, the
 * devices of a site have that site. Changes are kept with their time and
 * branch, so that a request sees the data of its branch at its `at`.
 */

const { GraphQLError } = require('../fakeshop/graphql');
const { hash, Random } = require('../fakeshop/random');
const words = require('../fakeshop/data/words');
const { time } = require('../fakeshop/data/format');
const { MODEL } = require('./infrahub-schema');
const { connectionField, connection } = require('./pages');
const { connectionOf } = require('./shape');
const { uuid, hex } = require('./values');

const DAY = 86400000;

const CHOICES = { status: ['active', 'planned', 'maintenance'],
  role: ['spine', 'leaf', 'edge', 'firewall'], l2_mode: ['access', 'trunk'] };

function label(value) {
  return value.charAt(0).toUpperCase() + value.slice(1);
}

function macOf(random) {
  return Array.from({ length: 6 }, () => (
    random.int(256).toString(16).padStart(2, '0'))).join(':');
}

class Infrahub {
  constructor(options) {
    Object.assign(this, { schema: options.schema, now: options.now,
      base: options.sizes });
    this.seed = hash(options.seed, options.name);
    this.reset();
  }

  reset() {
    this.sizes = Object.assign({}, this.base);
    this.branches = new Map([['main', { name: 'main', is_default: true,
      from: null }]]);
    this.build();
    this.branch('feature/racks', this.now - DAY);
  }

  /* A branch sees main as it was at the time `from`, and its own changes. */
  branch(name, from) {
    this.branches.set(name, { name, is_default: false, from });
  }

  build() {
    this.kinds = new Map(Object.keys(MODEL).map((kind) => [kind, []]));
    this.byId = new Map();
    const { sizes } = this;
    this.fill('BuiltinTag', sizes.tags);
    this.fill('LocationSite', sizes.sites);
    this.fill('IpamIPPrefix', sizes.prefixes);
    this.fill('InfraDevice', sizes.devices);
    for (const device of this.kinds.get('InfraDevice')) {
      this.linkDevice(device);
    }
    const prefixes = this.kinds.get('IpamIPPrefix');
    prefixes.slice(1).forEach((one, i) => {
      this.link(one, 'parent', prefixes[Math.floor(i / 4)], 'children');
    });
  }

  fill(kind, n) {
    for (let i = this.kinds.get(kind).length; n > 0; n--, i++) {
      this.add(kind, i);
    }
  }

  add(kind, i) {
    const key = hash(this.seed, kind, i);
    const random = new Random(key);
    const born = this.now - 500 * DAY + random.int(400 * 86400) * 1000;
    const object = { $type: kind, $key: key, $created: born,
      id: uuid(hex(32, this.seed, kind, i)), born,
      updated: born + Math.floor(random.next() * (this.now - DAY - born)),
      values: {}, links: {}, changes: [] };
    for (const [name, type] of Object.entries(MODEL[kind].attributes)) {
      object.values[name] = this.valueOf(kind, name, type, i, random);
    }
    this.kinds.get(kind).push(object);
    this.byId.set(object.id, object);
    if (kind !== 'BuiltinTag' && 'tags' in MODEL[kind].many) {
      const tags = this.kinds.get('BuiltinTag');
      object.links.tags = tags.filter(() => random.chance(0.3));
    }
    return object;
  }

  valueOf(kind, name, type, i, random) {
    const optional = random.chance(0.2);
    switch (type) {
      case 'Dropdown': return random.pick(CHOICES[name]);
      case 'Number': return name === 'mtu' ? 1500
        : optional ? null : 1 + random.int(4000);
      case 'Checkbox': return random.chance(0.7);
      case 'Mac': return optional ? null : macOf(random);
      case 'IPHost': return '10.' + (i >> 16) + '.' + (i >> 8 & 255) + '.'
        + (i & 255) + '/24';
      case 'IPNetwork': return '10.' + (i >> 8) + '.' + (i & 255) + '.0/24';
      case 'List': return words.TAGS.filter(() => random.chance(0.2));
      case 'JSON': return optional ? null
        : { vlan: random.int(4000), 'a b': [null, 'x & y'] };
      default: return name === 'name' ? this.nameOf(kind, i)
        : CHOICES[name] ? random.pick(CHOICES[name])
          : optional ? null : words.sentences(random, 1, 1);
    }
  }

  nameOf(kind, i) {
    return { BuiltinTag: 'tag', LocationSite: 'site', InfraDevice: 'device',
      InfraInterfaceL2: 'Ethernet', InfraInterfaceL3: 'Vlan' }[kind]
      + '-' + (i + 1);
  }

  link(from, field, to, back) {
    from.links[field] = to;
    if (back) {
      (to.links[back] ||= []).push(from);
    }
  }

  linkDevice(device) {
    const random = new Random(device.$key, 'links');
    const sites = this.kinds.get('LocationSite');
    if (sites.length > 0) {
      this.link(device, 'site', random.pick(sites), 'devices');
    }
    const [low, high] = [].concat(this.sizes.interfaces,
      this.sizes.interfaces);
    for (let n = random.between(low, high); n > 0; n--) {
      this.addInterface(device, random);
    }
  }

  addInterface(device, random) {
    const kind = random.chance(0.5) ? 'InfraInterfaceL2'
      : 'InfraInterfaceL3';
    const one = this.add(kind, this.kinds.get(kind).length);
    this.kinds.get('InfraInterface').push(one);
    this.link(one, 'device', device, 'interfaces');
    if (kind !== 'InfraInterfaceL3') {
      return;
    }
    const prefixes = this.kinds.get('IpamIPPrefix');
    for (let n = random.int(3); n > 0; n--) {
      const address = this.add('IpamIPAddress',
        this.kinds.get('IpamIPAddress').length);
      this.link(address, 'interface', one, 'ip_addresses');
      if (prefixes.length > 0) {
        this.link(address, 'ip_prefix', random.pick(prefixes),
          'ip_addresses');
      }
      device.links.primary_address ||= address;
    }
  }

  /* -- Branches and time ------------------------------------------------- */

  /* The object as a request sees it: { object, values, updated }; null if it
   * does not exist there. */
  seen(object, where) {
    if (!object || object.born > where.at
      || object.branch && object.branch !== where.branch
      && object.branch !== 'main') {
      return null;
    }
    if (object.branch === 'main' && where.from !== null
      && object.born > where.from) {
      return null;
    }
    let { updated } = object;
    let values = object.values;
    for (const change of object.changes) {
      const limit = change.branch === where.branch ? where.at
        : change.branch === 'main' && where.from !== null
          ? Math.min(where.from, where.at) : -Infinity;
      if (change.at > limit) {
        continue;
      }
      if (change.deleted) {
        return null;
      }
      values = Object.assign({}, values, change.set);
      updated = change.at;
    }
    return { $type: object.$type, $key: object.$key,
      $created: object.$created, $edge: { $object: object,
        $updated: updated }, $object: object, $values: values,
      $updated: updated, id: object.id };
  }

  where(branch, at) {
    const found = this.branches.get(branch);
    return found && { branch, from: found.from,
      at: at === null ? Infinity : at };
  }

  /* -- Changes ----------------------------------------------------------- */

  change(ids, what) {
    for (const id of ids) {
      const object = this.byId.get(id);
      if (object) {
        object.changes.push(what);
      }
    }
  }

  /* More objects of a kind, from a time on, in a branch. */
  grow(kind, n, at, branch) {
    const out = [];
    const list = this.kinds.get(kind);
    for (; n > 0; n--) {
      const one = this.add(kind, list.length);
      Object.assign(one, { born: at, updated: at, $created: at, branch });
      if (MODEL[kind].of.includes('InfraInterface')) {
        this.kinds.get('InfraInterface').push(one);
      }
      if (kind === 'InfraDevice') {
        this.link(one, 'site', this.kinds.get('LocationSite')[0],
          'devices');
      }
      out.push(one.id);
    }
    return out;
  }
}

/* -- Fields --------------------------------------------------------------- */

const METADATA = /^node_metadata__(created|updated)_at(__after|__before)?$/;

function passes(seen, name, wanted) {
  const metadata = METADATA.exec(name);
  if (metadata) {
    const at = metadata[1] === 'created' ? seen.$created : seen.$updated;
    const limit = Date.parse(wanted);
    return metadata[2] === '__after' ? at > limit
      : metadata[2] === '__before' ? at < limit : at === limit;
  }
  const [attribute, end] = name.split('__');
  const value = seen.$values[attribute];
  switch (end) {
    case 'value': return attribute === 'any'
      ? Object.values(seen.$values).includes(wanted)
      : String(value) === String(wanted);
    case 'values': return wanted.map(String).includes(String(value));
    case 'is_protected': return wanted === false;
    default: return true;
  }
}

const NO_FILTERS = new Set(['limit', 'offset', 'order', 'hfid',
  'partial_match', 'isnull']);

/* The rows of a list, with the filters and in the order of the arguments. */
function listOf(context, objects, args) {
  let rows = objects.map((one) => context.world.seen(one, context.where))
    .filter(Boolean);
  for (const [name, wanted] of Object.entries(args)) {
    if (name === 'ids') {
      rows = rows.filter((one) => wanted.includes(one.id));
    } else if (!NO_FILTERS.has(name) && wanted !== null) {
      rows = rows.filter((one) => passes(one, name, wanted));
    }
  }
  const order = args.order || {};
  if (order.disable || context.how.shuffle) {
    const turn = context.how.turn;
    rows.sort((a, b) => hash(a.id, turn) - hash(b.id, turn));
  } else if (order.node_metadata) {
    const [[by, direction]] = Object.entries(order.node_metadata);
    const at = by === 'created_at' ? '$created' : '$updated';
    rows.sort((a, b) => (direction === 'DESC' ? -1 : 1) * (a[at] - b[at]));
  }
  return { length: rows.length, at: (i) => rows[i], rank: (i) => ['', i],
    sign: 1 };
}

function account() {
  return { $type: 'AccountRef', id: 'account-1', display_label: 'Admin' };
}

function displayLabel(seen) {
  return String(seen.$values.name || seen.$values.address
    || seen.$values.prefix);
}

function metadata(object, updated) {
  return { created_at: time(object.$created), created_by: account(),
    updated_at: time(updated), updated_by: null };
}

function masks(value) {
  const [address, length] = value.split('/');
  const ones = Number(length);
  const mask = (bits) => [24, 16, 8, 0].map((by) => bits >>> by & 255)
    .join('.');
  const net = ones === 0 ? 0 : -1 << 32 - ones >>> 0;
  return { ip: address, prefixlen: ones, version: 4, netmask: mask(net),
    hostmask: mask(~net >>> 0), num_addresses: 2 ** (32 - ones),
    broadcast_address: address.replace(/\d+$/, '255') };
}

/* An attribute: its value, and what follows from the value. */
function attribute(seen, name) {
  const value = seen.$values[name];
  const type = MODEL[seen.$type].attributes[name];
  const out = { value, id: uuid(hex(32, seen.id, name)),
    is_default: value === null, is_from_profile: false,
    is_protected: false, owner: null, source: null, updated_by: null,
    updated_at: time(seen.$updated) };
  if (value === null) {
    return out;
  }
  if (type === 'Dropdown') {
    return Object.assign(out, { label: label(value), color: '#aabbcc',
      description: null });
  }
  if (type === 'Mac') {
    const bare = value.replace(/:/g, '');
    return Object.assign(out, { bare, oui: bare.slice(0, 6),
      split_notation: value });
  }
  return type === 'IPHost' || type === 'IPNetwork'
    ? Object.assign(out, masks(value)) : out;
}

function many(context, objects, args, info, key, created) {
  const field = info.parentType.getFields()[info.fieldName];
  return connection(listOf(context, objects, args), args,
    Object.assign({ isIntact: true }, context.how), { name: field.name,
      shape: connectionOf(field), type: field.type.ofType.name, key,
      created });
}

/* -- Mutations ------------------------------------------------------------ */

/* The values and the relationships of an input. */
function readInput(context, kind, data) {
  const values = {};
  const links = {};
  const found = ({ id }) => {
    if (!context.world.seen(context.world.byId.get(id), context.where)) {
      throw new GraphQLError('Unable to find the node ' + id);
    }
    return context.world.byId.get(id);
  };
  for (const [name, given] of Object.entries(data)) {
    if (name in MODEL[kind].attributes && given !== null) {
      const { value } = given;
      if (MODEL[kind].attributes[name] === 'Dropdown'
        && value !== null && !CHOICES[name].includes(value)) {
        throw new GraphQLError(value + ' must be one of '
          + CHOICES[name].join(', ') + ' at ' + name);
      }
      values[name] = value;
    } else if (name in MODEL[kind].one) {
      links[name] = given && found(given);
    } else if (name in MODEL[kind].many) {
      links[name] = (given || []).map(found);
    }
  }
  return { values, links };
}

/* Two objects of a kind do not have one name. */
function isTaken(context, kind, name, but) {
  return name !== undefined && context.world.kinds.get(kind).some((one) => {
    const seen = one !== but && context.world.seen(one, context.where);
    return seen && seen.$values.name === name;
  });
}

/* As servers do that report a failure in the payload: nothing was done. */
const NOT_DONE = { ok: false, object: null };

/* A whole second, as in the header Date: a client that reads the data of the
 * time that this header tells sees what was changed before. */
function second() {
  return Math.floor(Date.now() / 1000) * 1000;
}

function create(context, kind, data) {
  const { world, where } = context;
  const { values, links } = readInput(context, kind, data);
  if (isTaken(context, kind, values.name, null)) {
    return NOT_DONE;
  }
  const object = world.byId.get(world.grow(kind, 1, second(),
    where.branch)[0]);
  for (const [name, type] of Object.entries(MODEL[kind].attributes)) {
    object.values[name] = name in values ? values[name]
      : type === 'List' ? [] : null;
  }
  object.links = links;
  return { ok: true, object: world.seen(object, where) };
}

function update(context, kind, data) {
  const { world, where } = context;
  const object = world.byId.get(data.id);
  if (!object || object.$type !== kind || !world.seen(object, where)) {
    throw new GraphQLError('Unable to find the node ' + data.id + ' / '
      + kind);
  }
  const { values, links } = readInput(context, kind, data);
  if (isTaken(context, kind, values.name, object)) {
    return NOT_DONE;
  }
  world.change([data.id], { at: second(), branch: where.branch,
    deleted: false, set: values });
  Object.assign(object.links, links);
  return { ok: true, object: world.seen(object, where) };
}

function mutate(args, context, info) {
  const [, kind, what] = /^(.*)(Create|Update)$/.exec(info.fieldName);
  return (what === 'Create' ? create : update)(context, kind, args.data);
}

function rootField(args, context, info) {
  if (info.parentType.name === 'Mutation') {
    return mutate(args, context, info);
  }
  if (info.fieldName !== 'Branch') {
    return many(context, context.world.kinds.get(info.fieldName), args,
      info, 1, context.world.now);
  }
  return Array.from(context.world.branches.values())
    .filter((one) => !args.name || one.name === args.name)
    .map((one) => ({ id: uuid(hex(32, one.name)), name: one.name,
      is_default: one.is_default, status: 'OPEN', description: null,
      branched_from: one.from === null ? null : time(one.from),
      created_at: time(one.from || 0), has_schema_changes: false,
      origin_branch: 'main', sync_with_git: false }));
}

function resolveField(source, args, context, info) {
  const name = info.fieldName;
  if (info.path.prev === undefined) {
    return rootField(args, context, info);
  }
  const known = connectionField(source, name);
  if (known !== undefined) {
    return known;
  }
  if (source.$list && name === 'node_metadata') {
    return metadata(source.$object, source.$updated);
  }
  if (source.$list && name === 'properties') {
    return { is_protected: false, owner: account(), source: null,
      updated_at: time(source.$object.$created) };
  }
  if (source[name] !== undefined || !source.$values) {
    return source[name];
  }
  const kind = MODEL[source.$type];
  if (name in kind.attributes) {
    return attribute(source, name);
  }
  if (name in kind.many) {
    return many(context, source.$object.links[name] || [], args, info,
      source.$key, source.$created);
  }
  if (name in kind.one) {
    const node = context.world.seen(source.$object.links[name],
      context.where);
    return { node, properties: { is_protected: false, owner: account(),
      source: null, updated_at: time(source.$created) },
    node_metadata: node && metadata(node, node.$updated) };
  }
  return name === 'display_label' ? displayLabel(source)
    : name === 'hfid' ? [displayLabel(source)] : null;
}

module.exports = { Infrahub, resolveField };
