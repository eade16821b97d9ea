'use strict';

const { hash, wide } = require('../random');
const catalog = require('./catalog');
const sales = require('./sales');
const shop = require('./shop');

/* Ids increase in steps, like those of real stores. */
const STEP = 32768;
const MOST_KEPT = 100;
const MAPS = ['changes', 'stock', 'added', 'made', 'variants', 'members'];

/*
 * The values of a change are JSON. { $gid } is the object with that id, { $list
 * } are several, and { $by, values } is the value for an argument `$by`.
 */
function revived(world, value) {
  if (value === null || typeof value !== 'object') {
    return value;
  }
  if (Array.isArray(value)) {
    return value.map((one) => revived(world, one));
  }
  if (value.$gid) {
    return () => world.find(value.$gid);
  }
  if (value.$list) {
    return () => value.$list.map((id) => world.find(id));
  }
  if (value.$by) {
    return (args) => value.values[args[value.$by]];
  }
  const out = {};
  for (const [name, one] of Object.entries(value)) {
    out[name] = revived(world, one);
  }
  return out;
}

/*
 * The data of one store. Only the numbers of objects are stored: object i of a
 * type is computed from the seed when it is needed, and i can be computed from
 * its id. An object has the field names of its GraphQL type; `$type` is the
 * type, and `$key` is the hash from which undefined fields get their values. A
 * field that is a function is called when its value is needed.
 */
class World {
  constructor(options) {
    this.seed = hash(options.seed, options.name);
    this.name = options.name;
    this.domain = options.domain;
    this.now = options.now;
    this.sizes = {
      Product: options.products,
      Customer: options.customers,
      Order: options.orders,
    };
    this.base = Object.assign({}, this.sizes);
    this.births = [];
    this.changes = new Map();
    /* What mutations made. The levels that they set, by item and location; the
     * metafields that they added, by owner; the objects that they created, by
     * type; the variants of those, by product; members of collections. */
    this.stock = new Map();
    this.added = new Map();
    this.made = new Map();
    this.variants = new Map();
    this.members = new Map();
    /* The object with a gid; the store sets this function. */
    this.find = () => null;
    /* Called before an object is removed, and after any other change, unless
     * another world's changes are imported; the store sets it:
     * ('set' | 'create' | 'remove', gid), ('stock', item, location). */
    this.watch = () => {};
    this.orders = new Map();
    this.types = Object.assign({}, catalog(this), sales(this), shop(this));
  }

  /* The number of objects of a type; undefined if data/ does not define the
   * type, or has no list of its objects. */
  count(type) {
    const made = this.types[type];
    return made && made.count ? made.count() : undefined;
  }

  firstNumber(type) {
    return (6 + hash(this.seed, type) % 3) * 1000000000000
      + hash(this.seed, type, 'first') % 100000000;
  }

  number(type, index) {
    return this.firstNumber(type) + index * STEP;
  }

  index(type, number) {
    const index = (number - this.firstNumber(type)) / STEP;
    return Number.isInteger(index) && index >= 0 ? index : -1;
  }

  gid(type, index) {
    return 'gid://shopify/' + type + '/' + this.number(type, index);
  }

  /* Object `index` of a type that data/ defines, or null. */
  at(type, index) {
    const made = this.types[type];
    if (index < 0 || (made.count && index >= made.count())) {
      return null;
    }
    const object = made.make(index);
    if (!object) {
      return null;
    }
    object.$type = type;
    object.id = object.id || this.gid(type, index);
    if (object.$key === undefined) {
      object.$key = hash(this.seed, object.id);
    }
    return this.changed(object);
  }

  byNumber(type, number) {
    const made = this.types[type];
    if (made.byNumber) {
      const object = made.byNumber(number);
      return object && this.changed(object);
    }
    const id = 'gid://shopify/' + type + '/' + number;
    if ((this.made.get(type) || []).includes(id)) {
      return this.changed({ $type: type, id, $key: hash(this.seed, id),
        $number: number });
    }
    return this.at(type, this.index(type, number));
  }

  /* The metafields of an owner. The value of a metafield depends only on its
   * number. */
  metafields(owner, most) {
    const out = [];
    const n = hash(this.seed, owner, 'metafields') % (most + 1);
    for (let i = 0; i < n; i++) {
      const number = wide(this.seed, owner, 'metafield') * 16 + i;
      out.push(this.byNumber('Metafield', number));
    }
    return this.added.size === 0 ? out
      : out.concat((this.added.get(owner) || []).map(
        (number) => this.byNumber('Metafield', number)));
  }

  /* -- Changes that a test makes to a running store ------------------- */

  changed(object) {
    const change = this.changes.get(object.id);
    if (!change) {
      return object;
    }
    if (change.deleted) {
      return null;
    }
    return Object.assign(object, revived(this, change.set));
  }

  isDeleted(id) {
    const change = this.changes.get(id);
    return Boolean(change && change.deleted);
  }

  /* A list that was filtered or sorted is kept until something changes. */
  kept(key, make) {
    if (!this.orders.has(key)) {
      if (this.orders.size >= MOST_KEPT) {
        this.orders.clear();
      }
      this.orders.set(key, make());
    }
    return this.orders.get(key);
  }

  set(id, values) {
    this.orders.clear();
    const change = this.changes.get(id) || { set: {} };
    Object.assign(change.set, values);
    this.changes.set(id, change);
    this.watch('set', id);
  }

  remove(id) {
    this.watch('remove', id);
    this.orders.clear();
    this.changes.set(id, { set: {}, deleted: true });
  }

  /* Creates an object of a type that data/ or nothing defines, and returns its
   * id. Its number is not one of those that data/ gives. */
  create(type, values) {
    this.orders.clear();
    const list = this.made.get(type) || [];
    const id = 'gid://shopify/' + type + '/' + (this.firstNumber(type)
      + (1000000 + list.length) * STEP + 7);
    this.made.set(type, list.concat(id));
    this.changes.set(id, { set: values });
    this.watch('create', id);
    return id;
  }

  /* Adds a metafield to an owner's list, and returns its id. */
  addMetafield(owner, values) {
    this.orders.clear();
    const list = this.added.get(owner) || [];
    const number = wide(this.seed, owner, 'added') * 16 + list.length;
    this.added.set(owner, list.concat(number));
    const id = 'gid://shopify/Metafield/' + number;
    this.changes.set(id, { set: values });
    return id;
  }

  setMap(name, key, value) {
    this.orders.clear();
    this[name].set(key, value);
    const [first, second] = key.split('/').map(Number);
    if (name === 'stock') {
      this.watch('stock', first, second);
    } else if (name === 'members') {
      this.watch('set', this.gid('Product', first));
      this.watch('set', this.gid('Collection', second));
    } else if (name === 'variants') {
      this.watch('set', key);
    }
  }

  /* All changes, as JSON, for another world of the same store. */
  exported() {
    const out = { sizes: this.sizes, births: this.births };
    for (const name of MAPS) {
      out[name] = Array.from(this[name]);
    }
    return out;
  }

  imported(all) {
    this.forgetChanges();
    this.sizes = Object.assign({}, all.sizes);
    this.births = all.births.slice();
    for (const name of MAPS) {
      this[name] = new Map(all[name]);
    }
  }

  grow(type, n, at) {
    this.orders.clear();
    const from = this.sizes[type];
    this.sizes[type] += n;
    this.births.push({ type, from, at });
    for (let i = from; i < this.sizes[type]; i++) {
      this.watch('create', this.gid(type, i));
    }
    return from;
  }

  forgetChanges() {
    this.orders.clear();
    this.sizes = Object.assign({}, this.base);
    this.births = [];
    for (const name of MAPS) {
      this[name].clear();
    }
    for (const made of Object.values(this.types)) {
      if (made.forget) {
        made.forget();
      }
    }
  }

  /* The time when an object was added by grow(); null for other objects. */
  born(type, index) {
    let at = null;
    for (const birth of this.births) {
      if (birth.type === type && index >= birth.from) {
        at = birth.at;
      }
    }
    return index < this.base[type] ? null : at;
  }
}

module.exports = { World, STEP };
