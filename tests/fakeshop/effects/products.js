'use strict';

/* Products and variants. */

const { decimal, money } = require('../data/format');
const { find, present, change, checkMetafields, setMetafields } =
  require('./common');

const PLAIN = ['title', 'handle', 'vendor', 'productType', 'status', 'tags',
  'templateSuffix', 'giftCardTemplateSuffix', 'requiresSellingPlan',
  'descriptionHtml', 'seo'];
const VARIANT = ['barcode', 'inventoryPolicy', 'taxable', 'taxCode',
  'requiresComponents', 'showUnitPrice'];
const ITEM = ['countryCodeOfOrigin', 'provinceCodeOfOrigin',
  'harmonizedSystemCode', 'requiresShipping', 'tracked', 'sku'];

function picked(input, names) {
  return Object.fromEntries(names.filter((name) => name in input)
    .map((name) => [name, input[name]]));
}

function cents(value) {
  return Math.round(Number(value) * 100);
}

/* -- Products ------------------------------------------------------------ */

function checkProduct(m, input, path) {
  if ('title' in input && !(input.title || '').trim()) {
    m.fail([...path, 'title'], 'Title can\'t be blank', 'BLANK');
  }
  if ((input.title || '').length > 255) {
    m.fail([...path, 'title'], 'Title is too long (maximum is 255 '
      + 'characters)', 'TOO_LONG');
  }
  (input.tags || []).forEach((tag) => {
    if (tag.length > 255) {
      m.fail([...path, 'tags'], 'Product tags is invalid', 'INVALID');
    }
  });
}

function setProduct(m, id, input) {
  const values = picked(input, PLAIN);
  if (values.tags) {
    values.tags = Array.from(new Set(values.tags)).sort();
  }
  if (values.descriptionHtml !== undefined) {
    values.description = String(values.descriptionHtml || '')
      .replace(/<[^>]*>/g, '');
    values.bodyHtml = values.descriptionHtml;
  }
  if (values.seo) {
    values.seo = Object.assign({}, m.read(m.generic.byGid(id), 'seo'),
      values.seo);
  }
  change(m, id, values);
  const index = m.world.index('Product', Number(id.split('/').pop()));
  const join = (ids, isMember) => (ids || []).forEach((one) => {
    const at = m.world.index('Collection', Number(one.split('/').pop()));
    m.world.setMap('members', index + '/' + at, isMember);
  });
  join(input.collectionsToJoin || input.collections, true);
  join(input.collectionsToLeave, false);
}

/* The product that an identifier names, or null. */
function identified(m, identifier) {
  if (identifier.id) {
    return find(m, identifier.id, 'Product');
  }
  return identifier.handle === undefined ? null
    : present(m.generic.pool(m.type('Product')))
      .find((one) => one.handle === identifier.handle) || null;
}

function productUpdate(m) {
  const input = m.args.product || m.args.input || {};
  const product = identified(m, m.args.identifier || input);
  if (!product) {
    m.fail(['id'], 'Product does not exist');
    return null;
  }
  checkProduct(m, input, []);
  const metafields = checkMetafields(m, product, input.metafields, []);
  if (m.hasFailed()) {
    return null;
  }
  setProduct(m, product.id, input);
  setMetafields(m, product, metafields);
  return { product: m.generic.byGid(product.id) };
}

/* A new product. Of the variants that the seed gives it, only the first one
 * stays. */
function createProduct(m, input) {
  const index = m.world.grow('Product', 1, m.now);
  const id = m.world.gid('Product', index);
  setProduct(m, id, Object.assign({ tags: [], status: 'ACTIVE' }, input));
  const product = m.generic.byGid(id);
  present(m.list(product, 'variants')).slice(1)
    .forEach((one) => m.world.remove(one.id));
  change(m, id, { createdAt: m.stamp, totalVariants: 1,
    hasOnlyDefaultVariant: true });
  return m.generic.byGid(id);
}

function productCreate(m) {
  const input = m.args.product || m.args.input || {};
  if (!('title' in input)) {
    m.fail(['title'], 'Title can\'t be blank');
    return null;
  }
  checkProduct(m, input, []);
  if (m.hasFailed()) {
    return null;
  }
  const product = createProduct(m, input);
  setMetafields(m, product, checkMetafields(m, product, input.metafields,
    []));
  return { product: m.generic.byGid(product.id) };
}

function productDelete(m) {
  const product = find(m, m.args.input.id, 'Product');
  if (!product) {
    m.fail(['id'], 'Product does not exist');
    return null;
  }
  m.world.remove(product.id);
  return { deletedProductId: product.id };
}

/* -- Variants ------------------------------------------------------------ */

function checkVariant(m, input, path) {
  for (const name of ['price', 'compareAtPrice']) {
    if (Number(input[name]) < 0) {
      m.fail([...path, name], (name === 'price' ? 'Price'
        : 'Compare at price') + ' must be greater than or equal to 0',
      name === 'price' ? 'NEGATIVE_PRICE_VALUE'
        : 'GREATER_THAN_OR_EQUAL_TO');
    }
  }
  if (input.price === null) {
    m.fail([...path, 'price'], 'Price can\'t be blank', 'BLANK');
  }
  const sku = input.sku || (input.inventoryItem || {}).sku || '';
  if (sku.length > 255) {
    m.fail([...path, 'inventoryItem', 'sku'], 'SKU is too long (maximum is '
      + '255 characters)', 'TOO_LONG');
  }
}

function setItem(m, id, input) {
  const values = picked(input, ITEM);
  if (input.cost !== undefined) {
    values.unitCost = input.cost === null ? null
      : { amount: decimal(cents(input.cost)), currencyCode: 'CAD' };
  }
  if (input.measurement && input.measurement.weight) {
    const measured = m.read(m.generic.byGid(id), 'measurement') || {};
    values.measurement = { $type: 'InventoryItemMeasurement',
      id: measured.id || id.replace('InventoryItem/',
        'InventoryItemMeasurement/'),
      weight: Object.assign({}, input.measurement.weight) };
  }
  change(m, id, values);
}

function setVariant(m, variant, input) {
  const values = picked(input, VARIANT);
  if (input.price !== undefined) {
    values.price = money(cents(input.price));
  }
  if (input.compareAtPrice !== undefined) {
    values.compareAtPrice = input.compareAtPrice === null ? null
      : money(cents(input.compareAtPrice));
  }
  const item = Object.assign({}, input.inventoryItem,
    input.sku === undefined ? {} : { sku: input.sku });
  if (Object.keys(item).length > 0) {
    setItem(m, m.read(variant, 'inventoryItem').id, item);
  }
  if (item.sku !== undefined) {
    values.sku = item.sku;
  }
  change(m, variant.id, values);
}

/* The prices of a product follow those of its variants. */
function setPrices(m, productId, variants) {
  const prices = variants.map((one) => {
    const change = m.world.changes.get(one.id);
    return cents(change && change.set.price || m.read(one, 'price'));
  });
  if (prices.length === 0) {
    return;
  }
  const range = {
    minVariantPrice: { amount: decimal(Math.min(...prices)),
      currencyCode: 'CAD' },
    maxVariantPrice: { amount: decimal(Math.max(...prices)),
      currencyCode: 'CAD' },
  };
  change(m, productId, { priceRangeV2: range, priceRange: range });
}

/* One variant of productVariantsBulkUpdate: what will be set, or undefined
 * after a failure. */
function plannedVariant(m, known, input, i) {
  const before = m.errors.length;
  const path = ['variants', String(i)];
  const variant = known.get(input.id);
  if (!input.id) {
    m.fail([...path, 'id'], 'Product variant is missing ID attribute',
      'PRODUCT_VARIANT_ID_MISSING');
  } else if (!variant) {
    m.fail([...path, 'id'], 'Product variant does not exist',
      'PRODUCT_VARIANT_DOES_NOT_EXIST');
  } else if (input.inventoryQuantities) {
    m.fail([...path, 'inventoryQuantities'], 'Inventory quantities can only '
      + 'be provided during create. To update inventory for existing '
      + 'variants, use inventoryAdjustQuantities.',
    'NO_INVENTORY_QUANTITIES_ON_VARIANTS_UPDATE');
  } else {
    checkVariant(m, input, path);
  }
  const metafields = variant ? checkMetafields(m, variant, input.metafields,
    path) : [];
  return m.errors.length > before ? undefined
    : { variant, input, metafields };
}

function productVariantsBulkUpdate(m) {
  const product = find(m, m.args.productId, 'Product');
  if (!product) {
    m.fail(['productId'], 'Product does not exist',
      'PRODUCT_DOES_NOT_EXIST');
    return null;
  }
  const known = new Map(present(m.list(product, 'variants'))
    .map((one) => [one.id, one]));
  const planned = m.args.variants.map((input, i) => (
    plannedVariant(m, known, input, i))).filter(Boolean);
  if (m.hasFailed() && !m.args.allowPartialUpdates
    || planned.length === 0) {
    return null;
  }
  for (const { variant, input, metafields } of planned) {
    setVariant(m, variant, input);
    setMetafields(m, variant, metafields);
  }
  setPrices(m, product.id, Array.from(known.values()));
  return { product: m.generic.byGid(product.id),
    productVariants: planned.map(({ variant }) => (
      m.generic.byGid(variant.id))) };
}

function inventoryItemUpdate(m) {
  const item = find(m, m.args.id, 'InventoryItem');
  if (!item) {
    m.fail(['id'], 'The product variant doesn\'t exist.');
    return null;
  }
  setItem(m, item.id, m.args.input);
  return { inventoryItem: m.generic.byGid(item.id) };
}

/* -- productSet ---------------------------------------------------------- */

function optionsOf(m, variant) {
  return (m.read(variant, 'selectedOptions') || [])
    .map((one) => one.name + '=' + one.value).sort().join('\n');
}

function optionsAsked(input) {
  return input.optionValues.map((one) => one.optionName + '=' + one.name)
    .sort().join('\n');
}

function createVariant(m, product, input) {
  const names = input.optionValues.map((one) => one.name);
  const title = names.join(' / ') || 'Default Title';
  const item = m.world.create('InventoryItem', { createdAt: m.stamp,
    updatedAt: m.stamp, sku: null, tracked: false, unitCost: null });
  const id = m.world.create('ProductVariant', { title,
    displayName: product.title + ' - ' + title, sku: null, barcode: null,
    price: '0.00', compareAtPrice: null, inventoryQuantity: 0,
    createdAt: m.stamp, updatedAt: m.stamp,
    selectedOptions: input.optionValues.map((one) => ({
      name: one.optionName, value: one.name })),
    product: { $gid: product.id }, inventoryItem: { $gid: item } });
  m.world.set(item, { variant: { $gid: id }, variants: { $list: [id] },
    inventoryLevels: [] });
  m.world.setMap('variants', product.id,
    (m.world.variants.get(product.id) || []).concat(id));
  return m.generic.byGid(id);
}

/* The variants of a product become those of the input: those that it does not
 * name are deleted. */
function replaceVariants(m, product, inputs) {
  const existing = present(m.list(product, 'variants'));
  const kept = new Set();
  for (const input of inputs) {
    let variant = existing.find((one) => (input.id
      ? one.id === input.id : optionsOf(m, one) === optionsAsked(input)));
    variant = variant || createVariant(m, product, input);
    kept.add(variant.id);
    setVariant(m, variant, input);
    setMetafields(m, variant, checkMetafields(m, variant, input.metafields,
      []));
  }
  existing.filter((one) => !kept.has(one.id))
    .forEach((one) => m.world.remove(one.id));
  change(m, product.id, { totalVariants: inputs.length,
    hasOnlyDefaultVariant: inputs.length === 1 });
  setPrices(m, product.id,
    present(m.list(m.generic.byGid(product.id), 'variants')));
}

function productSet(m) {
  const { input, identifier } = m.args;
  let product = identified(m, identifier || input);
  if (!product && (identifier && identifier.id || input.id)) {
    m.fail(['input'], 'Product does not exist', 'PRODUCT_DOES_NOT_EXIST');
    return null;
  }
  if (!product && !input.title) {
    m.fail(['input', 'title'], 'Title can\'t be blank', 'BLANK');
  }
  checkProduct(m, input, ['input']);
  (input.variants || []).forEach((one, i) => checkVariant(m, one,
    ['input', 'variants', String(i)]));
  if (m.hasFailed()) {
    return null;
  }
  if (product) {
    setProduct(m, product.id, input);
  } else {
    product = createProduct(m, Object.assign({},
      identifier && identifier.handle ? { handle: identifier.handle } : {},
      input));
  }
  setMetafields(m, product, checkMetafields(m, product, input.metafields,
    ['input']));
  if (input.variants) {
    replaceVariants(m, product, input.variants);
  }
  return { product: m.generic.byGid(product.id) };
}

const scope = 'write_products';

module.exports = {
  productUpdate: { scope, perform: productUpdate },
  productCreate: { scope, perform: productCreate },
  productDelete: { scope, perform: productDelete },
  productSet: { scope, perform: productSet },
  productVariantsBulkUpdate: { scope, perform: productVariantsBulkUpdate },
  inventoryItemUpdate: { scope: 'write_inventory',
    perform: inventoryItemUpdate },
};
