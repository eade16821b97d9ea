'use strict';

/*
 * Values for objects and fields that data/ does not define. Every field of the
 * schema gets a value of its type, from a hash of its object and its name.
 */

const { isAbstractType, isEnumType, isLeafType,
  isListType, isNonNullType, isObjectType } = require('./graphql');
const { isConnection, nodeType } = require('./schema');
const { hash, wide, Random } = require('./random');
const { STEP } = require('./data/world');
const { time, date, decimal, money } = require('./data/format');
const text = require('./data/words');

const DAY = 86400000;

/* Types whose ids are not gid://shopify/<Type>/<number>. */
const ID_FORMS = {
  DiscountNode: (n) => (n / STEP % 2 < 1 ? 'DiscountCodeNode'
    : 'DiscountAutomaticNode') + '/' + n,
  Image: (n) => 'ImageSource/' + n,
  TaxonomyCategory: (n) => 'TaxonomyCategory/'
    + ['aa', 'hg', 'sg'][n % 3] + '-' + n % 9 + '-' + n % 31,
  CustomerPaymentMethod: (n) => 'CustomerPaymentMethod/'
    + hash(n, 'a').toString(16) + hash(n, 'b').toString(16),
  SubscriptionLine: (n) => 'SubscriptionLine/' + uuid(n),
  SubscriptionLineItem: (n) => 'SubscriptionLineItem/' + uuid(n),
  MailingAddress: (n) => 'MailingAddress/' + n
    + '?model_name=CustomerAddress',
};

/* Names in ids that differ from the type's name. */
const ID_TYPES = {
  DiscountCodeNode: 'DiscountNode',
  DiscountAutomaticNode: 'DiscountNode',
  ProductImage: 'Image',
  ImageSource: 'Image',
};

function uuid(n) {
  const hex = [0, 1, 2, 3].map((i) => (
    hash(n, 'uuid', i).toString(16).padStart(8, '0'))).join('');
  return hex.slice(0, 8) + '-' + hex.slice(8, 12) + '-4' + hex.slice(13, 16)
    + '-a' + hex.slice(17, 20) + '-' + hex.slice(20);
}

class Generic {
  constructor(schema, world) {
    this.schema = schema;
    this.world = world;
    this.pools = this.findPools();
  }

  /* A type that a root field lists has a fixed set of objects, its pool. Every
   * reference to the type is one of them. */
  findPools() {
    const pools = new Map();
    const fields = this.schema.getQueryType().getFields();
    for (const field of Object.values(fields)) {
      const type = field.type.ofType || field.type;
      if (isConnection(type)) {
        const node = nodeType(type);
        if (this.world.count(node.name) === undefined
          && !pools.has(node.name) && !isLeafType(node)) {
          pools.set(node.name, 6 + hash(this.world.seed, node.name) % 40);
        }
      }
    }
    return pools;
  }

  hasId(type) {
    return 'id' in type.getFields();
  }

  /* An object of a type with a given number, or without an id. */
  make(type, number, key) {
    if (this.world.types[type.name] && number !== undefined) {
      return this.world.byNumber(type.name, number);
    }
    const object = { $type: type.name, $key: key };
    if (number !== undefined && this.hasId(type)) {
      const form = ID_FORMS[type.name];
      object.id = 'gid://shopify/' + (form ? form(number)
        : type.name + '/' + number);
      object.$key = hash(this.world.seed, object.id);
      object.$number = number;
    }
    return this.completed(object);
  }

  /* The object with an id; null if no object can have it. */
  /* asked: the types that the query asks for. A discount has one id, but is a
   * DiscountNode and a DiscountCodeNode or DiscountAutomaticNode. */
  byGid(gid, asked = []) {
    const match = /^gid:\/\/shopify\/(\w+)\/([^?]+)/.exec(String(gid));
    if (!match) {
      return null;
    }
    const name = asked.includes(match[1]) ? match[1]
      : ID_TYPES[match[1]] || match[1];
    const type = this.schema.getType(name);
    if (!type || !isObjectType(type) || !this.hasId(type)) {
      return null;
    }
    if (name === 'Shop') {
      return this.world.at('Shop', 0);
    }
    if (name === 'InventoryLevel') {
      return this.world.levelByGid(gid);
    }
    if (this.world.types[name] && /^\d+$/.test(match[2])) {
      const object = this.world.byNumber(name, Number(match[2]));
      if (object || this.world.count(name) !== undefined) {
        return object;
      }
    }
    return this.completed({ $type: name, id: String(gid),
      $key: hash(this.world.seed, String(gid)),
      $number: Number(match[2].replace(/\D/g, '')) || 1 });
  }

  /* Adds the fields of an object that depend on each other. */
  completed(object) {
    if (object.$type === 'DiscountNode') {
      /* The type of the discount must fit the type in the id. */
      const kind = object.id.includes('DiscountCodeNode') ? 'DiscountCode'
        : 'DiscountAutomatic';
      const possible = this.schema.getPossibleTypes(
        this.schema.getType('Discount'))
        .filter((type) => type.name.startsWith(kind));
      const h = hash(object.$key, 'discount');
      /* Most discounts are of the basic type. */
      const type = possible.find((one) => (
        h % 10 < 6 && one.name === kind + 'Basic'))
        || possible[h % possible.length];
      object.discount = () => this.owned(type, h);
    }
    return this.world.changed(object);
  }

  /* Object i of the pool of a type. */
  pooled(type, i) {
    if (this.world.count(type.name) !== undefined) {
      return this.world.at(type.name, i);
    }
    const concrete = isAbstractType(type)
      ? this.concrete(type, hash(this.world.seed, type.name, i)) : type;
    const first = this.world.firstNumber(type.name);
    if (this.world.types[concrete.name]) {
      return this.reference(concrete, hash(this.world.seed, 'pooled', i));
    }
    return this.make(concrete, this.hasId(concrete)
      ? first + i * STEP : undefined,
    hash(this.world.seed, type.name, 'pooled', i));
  }

  poolSize(type) {
    const count = this.world.count(type.name);
    return count === undefined ? this.pools.get(type.name) : count;
  }

  /* The objects of a type: those that the seed gives, then those that
   * mutations created. */
  pool(type) {
    const size = this.poolSize(type);
    const made = this.world.made.get(type.name) || [];
    return { length: size + made.length, at: (i) => (i < size
      ? this.pooled(type, i) : this.world.find(made[i - size])) };
  }

  concrete(type, h) {
    const possible = this.schema.getPossibleTypes(type);
    return possible[h % possible.length];
  }

  /* An object of a type, for a field that refers to it. */
  reference(type, h) {
    if (isAbstractType(type)) {
      if (this.pools.has(type.name)) {
        return this.pooled(type, h % this.pools.get(type.name));
      }
      return this.reference(this.concrete(type, h), hash(h, 'concrete'));
    }
    if (type.name === 'Shop') {
      return this.world.at('Shop', 0);
    }
    const size = this.poolSize(type);
    if (size > 0) {
      /* Skip deleted objects. */
      for (let i = 0; i < 8; i++) {
        const object = this.pooled(type, (h + i) % size);
        if (object) {
          return object;
        }
      }
    }
    if (this.world.types[type.name] && !size) {
      return this.owned(type, h);
    }
    return this.make(type, this.hasId(type)
      ? this.world.firstNumber(type.name) + h % 997 * STEP : undefined, h);
  }

  /* An object that belongs to the one that lists it. */
  owned(type, h) {
    if (isAbstractType(type)) {
      return this.owned(this.concrete(type, h), hash(h, 'concrete'));
    }
    if (type.name === 'Metafield') {
      return this.world.byNumber('Metafield', wide(h) * 16 + h % 16);
    }
    const form = ID_FORMS[type.name];
    const number = wide(h, type.name);
    const object = { $type: type.name, $key: h };
    if (this.hasId(type)) {
      object.id = 'gid://shopify/' + (form ? form(number)
        : type.name + '/' + number);
      object.$key = hash(this.world.seed, object.id);
      object.$number = number;
    }
    return this.completed(object);
  }

  /* The nodes of a connection: up to three. */
  nodes(type, source, name, h) {
    if (type.name === 'Metafield') {
      return this.world.metafields(source.id || String(h), 3);
    }
    const n = h % 4;
    if (isLeafType(type)) {
      return Array.from({ length: n }, (_, i) => (
        this.leaf(type, hash(h, i), source, name)));
    }
    const size = this.poolSize(type);
    if (size !== undefined) {
      return { length: Math.min(n, size),
        at: (i) => this.pooled(type, (h % size + i) % size) };
    }
    return { length: n, at: (i) => this.owned(type, hash(h, i)) };
  }

  /* A value of any output type except a connection; may be null. */
  value(type, source, name, h) {
    if (isNonNullType(type)) {
      return this.present(type.ofType, source, name, h);
    }
    if (h % 7 === 0 && !(isObjectType(type) && type.name === 'Count')) {
      return null;
    }
    return this.present(type, source, name, h);
  }

  present(type, source, name, h) {
    if (isListType(type)) {
      const out = [];
      for (let i = hash(h, 'length') % 4; i > 0; i--) {
        const item = isNonNullType(type.ofType)
          ? type.ofType.ofType : type.ofType;
        out.push(this.listed(item, source, name, hash(h, i)));
      }
      return out;
    }
    if (isLeafType(type)) {
      return this.leaf(type, h, source, name);
    }
    return this.reference(type, h);
  }

  listed(type, source, name, h) {
    if (isListType(type) || isLeafType(type)) {
      return this.present(type, source, name, h);
    }
    const size = this.poolSize(type);
    return size !== undefined ? this.reference(type, h)
      : this.owned(type, h);
  }

  leaf(type, h, source, name) {
    if (isEnumType(type)) {
      const values = type.getValues();
      if (type.name === 'CurrencyCode') {
        return h % 4 === 0 ? 'USD' : 'CAD';
      }
      const current = values.filter((value) => !value.deprecationReason);
      const list = current.length > 0 ? current : values;
      return list[h % list.length].name;
    }
    switch (type.name) {
      case 'Int':
        return h % 120;
      case 'Float':
        return (h % 10000) / 4;
      case 'Boolean':
        return h % 3 === 0;
      case 'ID':
        return 'gid://shopify/' + (name === 'id' ? source.$type : 'Product')
          + '/' + wide(h);
      case 'UnsignedInt64':
        return name === 'legacyResourceId' && source.$number
          ? String(source.$number) : String(h % 3 ? h % 1000 : wide(h));
      case 'BigInt':
        return String(h % 5 ? h : -wide(h));
      case 'Decimal':
        return decimal(h % 100000);
      case 'Money':
        return money(h % 100000);
      case 'Date':
        return date(this.world.now - h % 700 * DAY);
      case 'DateTime':
        return this.moment(h, source, name);
      case 'URL':
        return 'https://' + this.world.domain + '/' + text.slug(name) + '/'
          + h + '?v=1&ref=api';
      case 'HTML':
        return '<p>' + text.SENTENCES[h % text.SENTENCES.length] + '</p>';
      case 'Color':
        return '#' + (h % 0x1000000).toString(16).padStart(6, '0');
      case 'JSON':
        return { id: h % 1000, path: 'a/b', tags: ['x & y', null],
          nested: { ok: h % 2 === 0, ratio: (h % 100) / 8 } };
      case 'UtcOffset':
        return '-05:00';
      case 'StorefrontID':
        return Buffer.from('gid://shopify/' + source.$type + '/' + h)
          .toString('base64');
      case 'ARN':
        return 'arn:aws:events:us-east-1::event-source/aws.partner/'
          + 'shopify.com/' + h;
      default:
        return this.string(h, name);
    }
  }

  /* createdAt is before updatedAt, and both are before now. */
  moment(h, source, name) {
    const key = source.$key || h;
    const created = this.world.now
      - (hash(key, 'created') % 60000000 + 3600) * 1000;
    if (name === 'createdAt') {
      return time(created);
    }
    const share = Math.pow(hash(name === 'updatedAt' ? key : h, 'later')
      / 0x100000000, 0.5);
    return time(created + share * (this.world.now - created));
  }

  string(h, name) {
    const random = new Random(h);
    const lower = name.toLowerCase();
    if (lower.endsWith('email')) {
      return text.slug(random.pick(text.LAST_NAMES)) + h % 1000
        + '@example.com';
    }
    if (lower.endsWith('handle') || lower === 'key'
      || lower === 'namespace') {
      return text.slug(text.words(random, 1, 3)) || 'handle';
    }
    if (lower.endsWith('phone')) {
      return '+1514555' + String(h % 10000).padStart(4, '0');
    }
    if (lower.endsWith('code') || lower.endsWith('token')) {
      return h.toString(36).toUpperCase();
    }
    if (lower.includes('description') || lower.includes('body')
      || lower.includes('note') || lower.includes('message')) {
      return text.sentences(random, 1, 2);
    }
    return text.words(random, 1, 3);
  }
}

module.exports = { Generic };
