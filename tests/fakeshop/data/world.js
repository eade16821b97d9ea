'use strict';

const { hash, wide } = require('../random');
const catalog = require('./catalog');
const sales = require('./sales');
const shop = require('./shop');

/* Ids count in steps, as those of real stores do. */
const STEP = 32768;

/*
 * What one store holds.  Nothing is kept but sizes: object i of a type is
 * made on demand from the seed, and its id says what i was.  A made object
 * is a plain object named as its GraphQL type names its fields; `$type` is
 * its type, `$key` the hash that every value not written down comes from.
 * A function stands for a value that is worked out when asked for.
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
    this.types = Object.assign({}, catalog(this), sales(this), shop(this));
  }

  /* How many objects of a type stand for themselves; undefined where the
   * type is not one that is written down here. */
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

  /* An object that is written down, or null where there is none. */
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

  /* A metafield belongs to whatever owner asks for it; what it holds
   * follows from its number alone. */
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

  set(id, values) {
    const change = this.changes.get(id) || { set: {} };
    Object.assign(change.set, values);
    this.changes.set(id, change);
  }

  remove(id) {
    this.changes.set(id, { set: {}, deleted: true });
  }

  grow(type, n, at) {
    const from = this.sizes[type];
    this.sizes[type] += n;
    this.births.push({ type, from, at });
    return from;
  }

  forgetChanges() {
    this.sizes = Object.assign({}, this.base);
    this.births = [];
    this.changes.clear();
    for (const made of Object.values(this.types)) {
      if (made.forget) {
        made.forget();
      }
    }
  }

  /* When an object came that was not there at the start, else null. */
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
