'use strict';

/* Metafields, tags, publications, customers and metaobjects. */

const { hash } = require('../random');
const { find, present, change, metafieldOf, metafieldFault, setMetafield,
  checkMetafields, setMetafields } = require('./common');

const MOST_METAFIELDS = 25;

/* -- Metafields ---------------------------------------------------------- */

/* All or nothing. */
function metafieldsSet(m) {
  const inputs = m.args.metafields;
  if (inputs.length > MOST_METAFIELDS) {
    m.stop('The input array size of ' + inputs.length + ' is greater than '
      + 'the maximum allowed of ' + MOST_METAFIELDS + '.',
    'MAX_INPUT_SIZE_EXCEEDED');
  }
  const checked = inputs.map((input, i) => {
    const owner = m.generic.byGid(input.ownerId);
    const path = ['metafields', String(i)];
    if (!owner || !m.has(owner, 'metafields')) {
      m.fail([...path, 'ownerId'], 'Owner does not exist.', 'INVALID',
        { elementIndex: i });
      return null;
    }
    const found = metafieldOf(m, owner, input.namespace, input.key);
    const fault = metafieldFault(found, input);
    if (fault) {
      m.fail(fault[0] ? [...path, fault[0]] : path, fault[1], fault[2],
        { elementIndex: i });
    }
    return { owner, found, input };
  });
  if (m.hasFailed()) {
    return null;
  }
  return { metafields: checked.map(({ owner, found, input }) => (
    m.generic.byGid(setMetafield(m, owner, found, input)))) };
}

function metafieldsDelete(m) {
  return { deletedMetafields: m.args.metafields.map((input) => {
    const owner = m.generic.byGid(input.ownerId);
    const found = owner && m.has(owner, 'metafields')
      && metafieldOf(m, owner, input.namespace, input.key);
    if (!found) {
      return null;
    }
    m.world.remove(found.id);
    m.world.watch('set', owner.id);
    return { $type: 'MetafieldIdentifier', ownerId: input.ownerId,
      namespace: found.namespace, key: found.key };
  }) };
}

/* -- Tags ---------------------------------------------------------------- */

const TAGGED = ['Product', 'Customer', 'Order', 'DraftOrder', 'Article'];

function tagged(m, changed) {
  const object = m.generic.byGid(m.args.id);
  if (!object || !TAGGED.includes(object.$type)
    || !find(m, m.args.id, object.$type)) {
    m.fail(['id'], 'Resource does not exist');
    return null;
  }
  if (m.args.tags.some((tag) => tag.length > 255)) {
    m.fail(['tags'], 'Tag is too long (maximum is 255 characters)');
    return null;
  }
  const tags = changed(m.read(object, 'tags') || [], m.args.tags
    .map((tag) => tag.trim()).filter(Boolean));
  change(m, object.id, { tags: tags.sort() });
  return { node: m.generic.byGid(object.id) };
}

function same(a, b) {
  return a.toLowerCase() === b.toLowerCase();
}

function tagsAdd(m) {
  return tagged(m, (old, more) => more.reduce((all, tag) => (
    all.some((one) => same(one, tag)) ? all : all.concat(tag)), old.slice()));
}

function tagsRemove(m) {
  return tagged(m, (old, gone) => old.filter(
    (tag) => !gone.some((one) => same(one, tag))));
}

/* -- Publications -------------------------------------------------------- */

/* Adds an object to a connection of another one, or removes it there. */
function included(m, publication, field, id, isIn) {
  if (!m.has(publication, field)) {
    return;
  }
  const ids = present(m.list(publication, field)).map((one) => one.id)
    .filter((one) => one !== id);
  m.world.set(publication.id, { [field]: { $list: isIn
    ? ids.concat(id) : ids } });
}

/* The rows of resourcePublications of an object, as JSON. */
function rowsOf(m, object, field) {
  return present(m.list(object, field)).map((one) => ({
    $type: one.$type, $key: one.$key,
    isPublished: m.read(one, 'isPublished'),
    publishDate: m.read(one, 'publishDate'),
    publication: { $gid: m.read(one, 'publication').id },
    publishable: { $gid: object.id } }));
}

function publishOne(m, object, publication, date) {
  const isFuture = date && Date.parse(date) > m.now;
  for (const [field, type] of [['resourcePublications',
    'ResourcePublication'], ['resourcePublicationsV2',
    'ResourcePublicationV2']]) {
    const rows = rowsOf(m, m.generic.byGid(object.id), field)
      .filter((one) => one.publication.$gid !== publication.id);
    if (date) {
      rows.push({ $type: type, $key: hash(object.id, publication.id),
        isPublished: !isFuture, publishDate: date,
        publication: { $gid: publication.id },
        publishable: { $gid: object.id } });
    }
    m.world.set(object.id, { [field]: rows });
  }
  const known = m.world.changes.get(object.id).set.publishedOnPublication
    || { values: {} };
  m.world.set(object.id, { publishedOnPublication: { $by: 'publicationId',
    values: Object.assign({}, known.values,
      { [publication.id]: Boolean(date) && !isFuture }) } });
  const field = object.$type === 'Product' ? 'includedProducts'
    : 'collections';
  included(m, publication, field, object.id, Boolean(date));
  if (object.$type === 'Product') {
    included(m, m.generic.byGid(publication.id), 'products', object.id,
      Boolean(date));
  }
}

function publish(m, isOn) {
  const object = ['Product', 'Collection'].map(
    (type) => find(m, m.args.id, type)).find(Boolean);
  if (!object) {
    m.fail(['id'], 'Publishable does not exist');
    return null;
  }
  const publications = m.args.input.map((input, i) => {
    const publication = input.publicationId
      && find(m, input.publicationId, 'Publication');
    if (!publication) {
      m.fail(['input', String(i), 'publicationId'], 'Publication does not '
        + 'exist or is not publishable');
    }
    return publication;
  });
  if (m.hasFailed()) {
    return null;
  }
  publications.forEach((publication, i) => publishOne(m, object,
    m.generic.byGid(publication.id),
    isOn ? m.args.input[i].publishDate || m.stamp : null));
  change(m, object.id, {});
  return { publishable: m.generic.byGid(object.id) };
}

/* -- Customers ----------------------------------------------------------- */

function customerUpdate(m) {
  const { input } = m.args;
  const customer = input.id && find(m, input.id, 'Customer');
  if (!customer) {
    m.fail(['id'], 'Customer does not exist');
    return null;
  }
  if (input.email && !/^[^@\s]+@[^@\s]+\.[^@\s]+$/.test(input.email)) {
    m.fail(['email'], 'Email is invalid');
  }
  if (input.phone && !/^\+?[\d ()-]{6,}$/.test(input.phone)) {
    m.fail(['phone'], 'Phone is invalid');
  }
  const metafields = checkMetafields(m, customer, input.metafields, []);
  if (m.hasFailed()) {
    return null;
  }
  const { firstName, lastName, email, phone, note, taxExempt, locale } =
    input;
  const names = [firstName === undefined ? customer.firstName : firstName,
    lastName === undefined ? customer.lastName : lastName];
  change(m, customer.id, { firstName, lastName, email, phone, note,
    taxExempt, locale, taxExemptions: input.taxExemptions,
    tags: input.tags && Array.from(new Set(input.tags)).sort(),
    displayName: names.filter(Boolean).join(' '),
    defaultEmailAddress: email === undefined ? undefined
      : email && { emailAddress: email, marketingState: 'NOT_SUBSCRIBED',
        validFormat: true },
    defaultPhoneNumber: phone === undefined ? undefined
      : phone && { phoneNumber: phone, marketingState: 'NOT_SUBSCRIBED' } });
  setMetafields(m, customer, metafields);
  return { customer: m.generic.byGid(customer.id) };
}

/* -- Metaobjects --------------------------------------------------------- */

/* The definition with a type and the metaobject with a type and a handle. */
function metaobjectOf(m, { type, handle }) {
  const definition = present(m.generic.pool(m.type('MetaobjectDefinition')))
    .find((one) => m.read(one, 'type') === type) || null;
  const found = present(m.generic.pool(m.type('Metaobject')))
    .find((one) => m.read(one, 'type') === type
      && m.read(one, 'handle') === handle) || null;
  return { definition, found };
}

function fieldsOf(m, definition, old, inputs) {
  const defined = definition
    ? present(m.read(definition, 'fieldDefinitions')) : [];
  const fields = new Map(old.map((one) => [one.key, one]));
  (inputs || []).forEach(({ key, value }) => {
    const known = defined.find((one) => m.read(one, 'key') === key);
    fields.set(key, { $type: 'MetaobjectField', $key: hash(key), key,
      value, jsonValue: value, type: fields.has(key) ? fields.get(key).type
        : known ? m.read(m.read(known, 'type'), 'name')
          : 'single_line_text_field' });
  });
  return Array.from(fields.values());
}

function metaobjectUpsert(m) {
  const input = m.args.metaobject || {};
  const { handle, type } = m.args.handle;
  const { definition, found } = metaobjectOf(m, m.args.handle);
  if (!definition && !found) {
    m.fail(['handle', 'type'], 'No metaobject definition exists for type "'
      + type + '"', 'UNDEFINED_OBJECT_TYPE');
  }
  if (!handle.trim()) {
    m.fail(['handle', 'handle'], 'Handle can\'t be blank', 'BLANK');
  }
  const keys = (input.fields || []).map((one) => one.key);
  keys.forEach((key, i) => {
    if (keys.indexOf(key) < i) {
      m.fail(['metaobject', 'fields', String(i)], 'Field "' + key
        + '" duplicates other inputs', 'DUPLICATE_FIELD_INPUT',
      { elementKey: key, elementIndex: i });
    }
  });
  if (m.hasFailed()) {
    return null;
  }
  const old = found ? (m.read(found, 'fields') || []).map((one) => ({
    $type: 'MetaobjectField', $key: one.$key, key: m.read(one, 'key'),
    value: m.read(one, 'value'), jsonValue: m.read(one, 'jsonValue'),
    type: m.read(one, 'type') })) : [];
  const fields = fieldsOf(m, definition, old, input.fields);
  const values = { fields, handle: input.handle || handle,
    updatedAt: m.stamp };
  let id = found && found.id;
  if (found) {
    change(m, id, values);
  } else {
    id = m.world.create('Metaobject', Object.assign(values, { type,
      displayName: fields.length > 0 ? fields[0].value : handle,
      createdAt: m.stamp }));
    included(m, definition, 'metaobjects', id, true);
  }
  return { metaobject: m.generic.byGid(id) };
}

module.exports = {
  metafieldsSet: { scope: 'write_products', perform: metafieldsSet },
  metafieldsDelete: { scope: 'write_products', perform: metafieldsDelete },
  tagsAdd: { scope: 'write_products', perform: tagsAdd },
  tagsRemove: { scope: 'write_products', perform: tagsRemove },
  publishablePublish: { scope: 'write_publications',
    perform: (m) => publish(m, true) },
  publishableUnpublish: { scope: 'write_publications',
    perform: (m) => publish(m, false) },
  customerUpdate: { scope: 'write_customers', perform: customerUpdate },
  metaobjectUpsert: { scope: 'write_metaobjects',
    perform: metaobjectUpsert },
};
