'use strict';

const { hash, wide } = require('../random');
const catalog = require('./catalog');
const sales = require('./sales');
const shop = require('./shop');

/* Ids increase in steps, like those of real stores. */
const STEP = 32768;
const MOST_KEPT = 100;

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
    return out;
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
    return Object.assign(object, change.set);
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
  }

  remove(id) {
    this.orders.clear();
    this.changes.set(id, { set: {}, deleted: true });
  }

  grow(type, n, at) {
    this.orders.clear();
    const from = this.sizes[type];
    this.sizes[type] += n;
    this.births.push({ type, from, at });
    return from;
  }

  forgetChanges() {
    this.orders.clear();
    this.sizes = Object.assign({}, this.base);
    this.births = [];
    this.changes.clear();
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
