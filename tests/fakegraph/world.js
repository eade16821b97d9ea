'use strict';

/*
 * The data of one API. Only changes are stored: every object is computed from
 * its type and its token, and the token can be read from its id. So the same id
 * always has the same values, however the object was found.
 *
 * An object: $type, $token (24 hexadecimal digits: a hash of where it belongs,
 * and its index there), $key (a hash), $index, $created, id. Fields that a
 * test has set are properties of the object.
 *
 * A list: { length, at(i) }; at(i) is null for an object that was deleted.
 */

const { getNamedType, isAbstractType, isLeafType, isListType,
  isNonNullType } = require('../fakeshop/graphql');
const { hash } = require('../fakeshop/random');
const { connectionOf } = require('./shape');
const { leaf } = require('./values');
const { time } = require('../fakeshop/data/format');

const DAY = 86400000;
const STEP = 601000;
const HISTORY = 690 * DAY;

function hex8(n) {
  return (n >>> 0).toString(16).padStart(8, '0');
}

class World {
  /* form: { id(type, token), read(id, typeName) } */
  constructor(options) {
    Object.assign(this, { schema: options.schema, name: options.name,
      now: options.now, form: options.form, base: options.sizes });
    this.seed = hash(options.seed, options.name);
    this.pooled = this.findPools();
    this.reset();
  }

  reset() {
    this.version = 0;
    this.sizes = Object.assign({}, this.base);
    this.changes = new Map();
    this.grown = new Map();
    this.lists = new Map();
    this.made = new Map();
    this.deletions = 0;
    this.cache = new Map();
  }

  touch() {
    this.version++;
    this.cache.clear();
  }

  /* The types that a root connection lists. Their objects are fixed sets, and
   * each reference to such a type is one of them. */
  findPools() {
    const pools = new Set();
    for (const field of Object.values(
      this.schema.getQueryType().getFields())) {
      const shape = connectionOf(field);
      if (shape && !isLeafType(shape.node)) {
        pools.add(shape.node.name);
      }
    }
    return pools;
  }

  hasId(type) {
    return Boolean(type.getFields && type.getFields().id);
  }

  concrete(type, h) {
    if (!isAbstractType(type)) {
      return type;
    }
    const possible = this.schema.getPossibleTypes(type);
    return possible[h % possible.length];
  }

  /* -- Objects ---------------------------------------------------------- */

  make(type, token) {
    const index = parseInt(token.slice(16), 16);
    const object = { $type: type.name, $token: token,
      $key: hash(this.seed, type.name, token), $index: index,
      $created: this.now - HISTORY - DAY + index * STEP % HISTORY };
    if (this.hasId(type)) {
      object.id = this.form.id(type.name, token);
    }
    return this.changed(object);
  }

  changed(object) {
    const change = object.id === undefined ? undefined
      : this.changes.get(object.id);
    if (!change) {
      return object;
    }
    return change.deleted ? null : Object.assign(object, change.set);
  }

  token(index, ...parts) {
    return hex8(hash(this.seed, ...parts, 'a'))
      + hex8(hash(this.seed, ...parts, 'b')) + hex8(index);
  }

  /* The object with an id; null if there is none. `type` is what the field
   * returns. */
  byId(id, type) {
    const made = this.made.get(String(id));
    if (made) {
      return this.changed(Object.assign({}, made));
    }
    const read = this.form.read(String(id), type.name);
    const found = read && this.schema.getType(read.type);
    if (!found || !/^[0-9a-f]{24}$/.test(read.token)) {
      return null;
    }
    return this.make(this.concrete(found, parseInt(read.token, 16)),
      read.token);
  }

  poolSize(type) {
    const size = this.sizes[type.name];
    return (size === undefined ? 6 + hash(this.seed, type.name) % 40 : size)
      + (this.grown.get(type.name) || 0);
  }

  inPool(type, i) {
    const token = this.token(i, 'pool', type.name);
    return this.make(this.concrete(type, hash(this.seed, token)), token);
  }

  /* An object that belongs to a place; the place is some values. */
  owned(type, index, ...place) {
    const token = this.token(index, ...place);
    return this.make(this.concrete(type, hash(this.seed, token)), token);
  }

  /* An object for a field that refers to one. */
  reference(type, ...place) {
    const h = hash(this.seed, ...place);
    const size = this.pooled.has(type.name) ? this.poolSize(type) : 0;
    for (let i = 0; i < Math.min(size, 8); i++) {
      const object = this.inPool(type, (h + i) % size);
      if (object) {
        return object;
      }
    }
    return this.owned(type, 0, ...place);
  }

  /* -- Lists ------------------------------------------------------------ */

  /* The number of objects in a list of one parent. */
  size(typeName, field, h) {
    const given = this.sizes[typeName + '.' + field];
    if (given === undefined) {
      return h % 4;
    }
    return Array.isArray(given)
      ? given[0] + h % (given[1] - given[0] + 1) : given;
  }

  explicit(rows) {
    return { length: rows.length,
      at: (i) => this.changed(Object.assign({}, rows[i])) };
  }

  /* The objects of a type that a root field lists. */
  roots(type, field) {
    const rows = this.lists.get(field) || this.lists.get(type.name);
    if (rows) {
      return this.explicit(rows);
    }
    return { length: this.poolSize(type), at: (i) => this.inPool(type, i) };
  }

  /* The objects that `field` of an object lists. */
  children(source, field, type, extra) {
    const place = (source.id || source.$token) + '.' + field;
    const rows = this.lists.get(place);
    if (rows) {
      return this.explicit(rows);
    }
    const h = hash(source.$key, field, extra);
    const n = this.size(source.$type, field, h)
      + (this.grown.get(place) || 0);
    if (this.pooled.has(type.name)) {
      const size = this.poolSize(type);
      return { length: Math.min(n, size),
        at: (i) => this.inPool(type, (h + i) % size) };
    }
    return { length: n,
      at: (i) => this.owned(type, i, source.$token, field, extra) };
  }

  /* -- Values ----------------------------------------------------------- */

  value(type, source, name, args) {
    const h = hash(source.$key, name, args);
    if (isNonNullType(type)) {
      return this.present(type.ofType, source, name, args, h);
    }
    return h % 7 === 0 ? null : this.present(type, source, name, args, h);
  }

  present(type, source, name, args, h) {
    if (isListType(type)) {
      const inner = getNamedType(type);
      if (isLeafType(inner)) {
        return Array.from({ length: h % 4 }, (_, i) => (
          leaf(inner, hash(h, i), source, name, this.now)));
      }
      const list = this.children(source, name, inner, args);
      const out = [];
      for (let i = 0; i < list.length; i++) {
        const object = list.at(i);
        if (object) {
          out.push(object);
        }
      }
      return out;
    }
    return isLeafType(type) ? leaf(type, h, source, name, this.now)
      : this.reference(type, source.$token, name, args);
  }

  /* A leaf of an object, for filters and sorting; undefined if it has no such
   * field. */
  read(object, name) {
    if (object[name] !== undefined) {
      return object[name];
    }
    const type = this.schema.getType(object.$type);
    const field = type.getFields()[name];
    return field === undefined ? undefined
      : this.value(field.type, object, name, '');
  }

  /* -- Changes ---------------------------------------------------------- */

  set(ids, values, at) {
    for (const id of ids) {
      const change = this.changes.get(id) || { set: {} };
      Object.assign(change.set, { updatedAt: time(at) }, values);
      this.changes.set(id, change);
    }
    this.touch();
  }

  remove(ids) {
    for (const id of ids) {
      this.changes.set(id, { set: {}, deleted: true });
    }
    this.deletions += ids.length;
    this.touch();
  }

  /* More objects: `place` is a type with a pool, or ID.FIELD. */
  grow(place, n) {
    this.grown.set(place, (this.grown.get(place) || 0) + n);
    this.touch();
  }

  /* The rows of a place, instead of computed ones: a type or a root field, or
   * ID.FIELD. Values that a row does not have are computed. */
  list(place, typeName, rows) {
    const type = this.schema.getType(typeName);
    const out = rows.map((row, i) => {
      const object = this.make(type, this.token(i, 'list', place, typeName));
      Object.assign(object, row);
      if (object.id !== undefined) {
        this.made.set(String(object.id), object);
        object.$key = hash(this.seed, typeName, String(object.id));
      }
      return object;
    });
    this.lists.set(place, out);
    this.touch();
    return out;
  }

  /* Give one object values, e.g. a repository. */
  named(type, values, ...place) {
    const object = this.owned(type, 0, ...place);
    if (object && !this.made.has(object.id)) {
      this.made.set(object.id, Object.assign({}, object, values));
    }
    return object && Object.assign(object, values,
      (this.changes.get(object.id) || { set: {} }).set);
  }
}

module.exports = { World };
