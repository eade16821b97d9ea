'use strict';

/* What the effects of several mutations share: finding objects, changing them,
 * metafields. `m` is the call of a mutation, see ../mutations.js. */

const { digest } = require('../data/catalog');
const { STEP } = require('../data/world');

/* The object with a gid of this type, or null. Types without a list of their
 * own have an object for every id. */
function find(m, gid, type) {
  const object = m.generic.byGid(gid);
  if (!object || object.$type !== type) {
    return null;
  }
  const size = m.generic.pools.get(type);
  if (size === undefined
    || (m.world.made.get(type) || []).includes(object.id)) {
    return object;
  }
  const index = (object.$number - m.world.firstNumber(type)) / STEP;
  return Number.isInteger(index) && index >= 0 && index < size
    ? object : null;
}

/* The objects of a list as an array, without deleted ones. */
function present(list) {
  return Array.from({ length: list.length }, (_, i) => list.at(i))
    .filter((one) => one !== null && one !== undefined);
}

/* Changes fields of an object. Undefined values are left out. */
function change(m, id, values) {
  const set = { updatedAt: m.stamp };
  for (const [name, value] of Object.entries(values)) {
    if (value !== undefined) {
      set[name] = value;
    }
  }
  m.world.set(id, set);
}

/* -- Metafields ---------------------------------------------------------- */

/* The types whose values are JSON; so are lists. */
const PARSED = ['json', 'number_integer', 'boolean', 'rating', 'dimension',
  'volume', 'weight', 'money'];

function jsonOf(type, value) {
  if (!PARSED.includes(type) && !type.startsWith('list.')) {
    return value;
  }
  try {
    return JSON.parse(value);
  } catch (error) {
    return undefined;
  }
}

function fits(type, value) {
  const json = jsonOf(type, value);
  switch (type) {
    case 'number_integer': return Number.isSafeInteger(json);
    case 'number_decimal': return /^-?\d+(\.\d+)?$/.test(value);
    case 'boolean': return typeof json === 'boolean';
    case 'date': return /^\d{4}-\d\d-\d\d$/.test(value);
    case 'single_line_text_field': return !/\n/.test(value);
    default: return json !== undefined;
  }
}

function fullNamespace(namespace) {
  return namespace === undefined || namespace === null ? 'app--600000000001'
    : namespace.replace(/^\$app/, 'app--600000000001');
}

/* The name under which the world knows an owner's metafields. */
function ownerKey(id) {
  return /\/Shop\//.test(id) ? 'shop' : id;
}

/* An owner's metafield with this namespace and key, or null. */
function metafieldOf(m, owner, namespace, key) {
  const list = m.list(owner, 'metafields');
  return list && present(list).find((one) => one.key === key
    && one.namespace === fullNamespace(namespace)) || null;
}

/* The reason why a metafield cannot be set: [name of the field, message,
 * code]; null if it can. */
function metafieldFault(found, input) {
  const type = input.type || found && found.type;
  if (!input.key) {
    return ['key', 'Key can\'t be blank', 'BLANK'];
  }
  if (!type) {
    return ['type', 'Type can\'t be blank', 'BLANK'];
  }
  if (found && input.type && input.type !== found.type) {
    return ['type', 'Type can\'t be changed from ' + found.type,
      'INVALID_TYPE'];
  }
  if (input.value === undefined || input.value === '') {
    return ['value', 'Value can\'t be blank', 'BLANK'];
  }
  if (!fits(type, input.value)) {
    return ['value', 'Value must be of type ' + type + '.',
      'INVALID_VALUE'];
  }
  if ('compareDigest' in input
    && input.compareDigest !== (found ? found.compareDigest : null)) {
    return [null, 'The resource has been updated since it was loaded. Try '
      + 'again with an updated `compareDigest` value.', 'STALE_OBJECT'];
  }
  return null;
}

/* Sets a metafield of an owner, and returns its id. */
function setMetafield(m, owner, found, input) {
  m.world.watch('set', owner.id);
  const type = input.type || found.type;
  const values = { value: input.value, jsonValue: jsonOf(type, input.value),
    type, sizeInBytes: Buffer.byteLength(input.value),
    compareDigest: digest(input.value), updatedAt: m.stamp };
  if (found) {
    m.world.set(found.id, values);
    return found.id;
  }
  return m.world.addMetafield(ownerKey(owner.id), Object.assign(values, {
    namespace: fullNamespace(input.namespace), key: input.key,
    createdAt: m.stamp, description: null }));
}

/* Checks the metafields in the input of another mutation. */
function checkMetafields(m, owner, inputs, path) {
  return (inputs || []).map((input, i) => {
    const found = owner && metafieldOf(m, owner, input.namespace, input.key);
    const fault = metafieldFault(found, input);
    if (fault) {
      m.fail([...path, 'metafields', String(i), fault[0]], fault[1],
        'INVALID_VALUE');
    }
    return { input, found };
  });
}

function setMetafields(m, owner, checked) {
  for (const { input, found } of checked) {
    setMetafield(m, owner, found, input);
  }
}

module.exports = { find, present, change, ownerKey, metafieldOf,
  metafieldFault, setMetafield, checkMetafields, setMetafields };
