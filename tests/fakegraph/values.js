'use strict';

/* A value for every leaf of every schema, from a hash of its object and the
 * field. */

const { isEnumType } = require('../fakeshop/graphql');
const { hash, wide, Random } = require('../fakeshop/random');
const { time, date, decimal } = require('../fakeshop/data/format');
const text = require('../fakeshop/data/words');

const DAY = 86400000;

function uuid(hex) {
  return hex.slice(0, 8) + '-' + hex.slice(8, 12) + '-' + hex.slice(12, 16)
    + '-' + hex.slice(16, 20) + '-' + hex.slice(20, 32);
}

function hex(n, ...parts) {
  let out = '';
  for (let i = 0; out.length < n; i++) {
    out += hash(...parts, i).toString(16).padStart(8, '0');
  }
  return out.slice(0, n);
}

/* A time between the object's creation and now. An object's last change is the
 * same for all names of that field. */
function moment(object, name, now) {
  const created = object.$created;
  if (/^created(At)?$/i.test(name)) {
    return created;
  }
  const share = Math.pow(hash(object.$key, /^updated/i.test(name) ? 'updated'
    : name) / 0x100000000, 0.5);
  return created + Math.floor(share * (now - created));
}

function json(h) {
  return { id: h % 1000, path: 'a/b', tags: ['x & y', null],
    nested: { ok: h % 2 === 0, ratio: (h % 100) / 8 } };
}

function string(h, name, object) {
  const random = new Random(h);
  const lower = name.toLowerCase();
  if (lower.endsWith('id') && lower !== 'id' && name !== 'id') {
    return hex(12, h);
  }
  if (lower.endsWith('email')) {
    return text.slug(random.pick(text.LAST_NAMES)) + h % 1000
      + '@example.com';
  }
  if (/(login|slug|handle|key|identifier)$/.test(lower)) {
    return (text.slug(text.words(random, 1, 2)) || 'key') + '-' + h % 10000;
  }
  if (/(body|description|note|message|text|content)/.test(lower)) {
    return text.sentences(random, 1, 2);
  }
  return text.words(random, 1, 3) + (lower === 'title' || lower === 'name'
    ? ' ' + (object.$index + 1) : '');
}

const SCALARS = {
  Int: (h, name, object) => (name === 'number' ? object.$index + 1
    : h % 120),
  PositiveInt: (h) => 1 + h % 120,
  Day: (h) => h % 30,
  Hour: (h) => h % 24,
  Minute: (h) => h % 60,
  Float: (h, name, object) => (name === 'number' ? object.$index + 1
    : (h % 10000) / 4),
  Boolean: (h) => h % 3 === 0,
  BigInt: (h) => String(h % 5 ? h : wide(h) * 16),
  Decimal: (h) => Number(decimal(h % 100000)),
  PositiveDecimal: (h) => Number(decimal(h % 100000)),
  URI: (h, name) => 'https://host.example/' + text.slug(name) + '/' + h
    + '?v=1&ref=api',
  HTML: (h) => '<p>' + text.SENTENCES[h % text.SENTENCES.length] + '</p>',
  GitObjectID: (h) => hex(40, h),
  Base64String: (h) => Buffer.from(hex(24, h), 'hex').toString('base64'),
  UUID: (h) => uuid(hex(32, h)),
  JSON: json,
  JSONObject: json,
  GenericScalar: json,
  Metadata: (h) => ({ key: 'k' + h % 10, 'a b': 'été' }),
  JSONString: (h) => JSON.stringify(json(h)),
  Duration: (h) => 'P' + (1 + h % 9) + 'D',
};

const TIMES = new Set(['DateTime', 'PreciseDateTime', 'GitTimestamp',
  'DateTimeOrDuration']);
const DATES = new Set(['Date', 'TimelessDate', 'TimelessDateOrDuration']);

/* The value of a leaf. `object` has $key, $index and $created. */
function leaf(type, h, object, name, now) {
  if (isEnumType(type)) {
    const values = type.getValues();
    const current = values.filter((one) => !one.deprecationReason);
    const list = current.length > 0 ? current : values;
    return list[h % list.length].value;
  }
  if (TIMES.has(type.name)) {
    return time(moment(object, name, now));
  }
  if (DATES.has(type.name)) {
    return date(now - h % 700 * DAY);
  }
  const make = SCALARS[type.name];
  return make ? make(h, name, object) : string(h, name, object);
}

module.exports = { leaf, uuid, hex };
