'use strict';

/* Products with their options, variants, media, collections and stock. */

const crypto = require('crypto');
const { hash, Random } = require('../random');
const text = require('./words');
const { time, money, moneyV2 } = require('./format');

const DAY = 86400000;
const LOCATIONS = 4;
const COLLECTIONS = 24;
const CDN = 'https://cdn.shopify.com/s/files/1/0506/3521/0958/';

const QUANTITIES = ['available', 'on_hand', 'committed', 'incoming',
  'reserved', 'damaged', 'safety_stock', 'quality_control'];

/* Those that a store moves stock to, and that are on hand. */
const OTHERS = ['reserved', 'damaged', 'safety_stock', 'quality_control'];

/* The namespace, key and type of a metafield, by the last hex digit of its
 * number. */
const METAFIELDS = [
  ['custom', 'subtitle', 'single_line_text_field'],
  ['custom', 'care', 'multi_line_text_field'],
  ['specs', 'weight_g', 'number_integer'],
  ['specs', 'dimensions', 'json'],
  ['reviews', 'rating', 'rating'],
  ['custom', 'release_date', 'date'],
  ['custom', 'badges', 'list.single_line_text_field'],
  ['erp', 'code/ref', 'single_line_text_field'],
  ['erp', 'cost_factor', 'number_decimal'],
  ['custom', 'is_organic', 'boolean'],
];

function metafieldValue(type, random) {
  switch (type) {
    case 'number_integer':
      return random.int(5000);
    case 'number_decimal':
      return String(random.int(1000) / 100);
    case 'boolean':
      return random.chance(0.5);
    case 'date':
      return '20' + random.between(20, 26) + '-0' + random.between(1, 9)
        + '-1' + random.int(10);
    case 'json':
      return { w: random.int(100), h: random.int(100) / 4, unit: 'cm',
        note: random.pick(text.SENTENCES), parts: [1, null, true, 'a/b'] };
    case 'rating':
      return { value: String(random.between(10, 50) / 10), scale_min: '1.0',
        scale_max: '5.0' };
    case 'list.single_line_text_field':
      return [random.pick(text.TAGS), random.pick(text.WORDS)];
    case 'multi_line_text_field':
      return text.sentences(random, 1, 3) + '\n' + text.words(random, 1, 6);
    default:
      return text.words(random, 1, 4);
  }
}

/* Of a metafield's value, for compare and set. */
function digest(value) {
  return crypto.createHash('sha256').update(value).digest('hex');
}

module.exports = function catalog(world) {
  const seed = world.seed;

  /* -- Products -------------------------------------------------------- */

  function variantCount(product) {
    if (product === 0) {
      return 100;
    }
    const random = new Random(seed, 'variants', product);
    return random.weighted([[45, 1], [20, 2], [18, 3], [14, 4],
      [3, random.between(5, 12)]]);
  }

  /* The index of each product's first variant, computed as needed. */
  let starts = [0];
  function variantStart(product) {
    while (starts.length <= product) {
      const last = starts.length - 1;
      starts.push(starts[last] + variantCount(last));
    }
    return starts[product];
  }

  function variantTotal() {
    return variantStart(world.sizes.Product);
  }

  function productOf(variant) {
    let low = 0;
    let high = world.sizes.Product;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (variantStart(middle) <= variant) {
        low = middle;
      } else {
        high = middle;
      }
    }
    return low;
  }

  /* The facts about a product that several objects need. */
  const cores = new Map();
  function core(product) {
    let known = cores.get(product);
    if (known) {
      return known;
    }
    const random = new Random(seed, 'product', product);
    const kind = random.pick(text.KINDS);
    const title = random.pick(text.ADJECTIVES) + ' ' + kind.noun
      + (random.chance(0.06) ? ' 12" "Édition spéciale"' : '')
      + (random.chance(0.05) ? ' 🌲' : '');
    const age = world.now - Math.floor(random.next() * 1100 * DAY) - DAY;
    const born = world.born('Product', product);
    const created = born === null ? age : born;
    /* Most products were updated recently. */
    const updated = born === null
      ? world.now - Math.floor((world.now - created)
        * Math.pow(random.next(), 4)) : born;
    const count = variantCount(product);
    const single = count === 1;
    let options = single ? [['Title', ['Default Title']]]
      : kind.options.map((name) => [name, text.OPTION_VALUES[name]]);
    if (product === 0) {
      options = ['Size', 'Color'].map(
        (name) => [name, text.OPTION_VALUES[name]]);
    } else if (!single) {
      /* Only as many values as the variants need. */
      const first = options.length === 1 ? count
        : Math.max(1, Math.ceil(Math.sqrt(count)));
      options = options.map(([name, values], i) => {
        const n = i === 0 ? first : Math.ceil(count / first);
        return [name, Array.from({ length: n }, (_, j) => (
          values[j] || values[j % values.length] + ' ' + (j + 1)))];
      });
    }
    known = {
      product, kind, title, created, updated, count, options,
      cents: Math.max(500, kind.cents + random.between(-8, 12) * 50),
      onSale: random.chance(0.2),
      status: random.weighted([[85, 'ACTIVE'], [9, 'DRAFT'],
        [6, 'ARCHIVED']]),
      vendor: random.pick(text.VENDORS),
      media: random.weighted([[1, 0], [5, 1], [4, 2], [2, 3], [1, 5]]),
    };
    if (cores.size > 2000) {
      cores.clear();
    }
    cores.set(product, known);
    return known;
  }

  function price(product, position) {
    const of = core(product);
    return of.cents + (position % 5) * 250 * (of.count > 1 ? 1 : 0);
  }

  function variantsOf(product) {
    const start = variantStart(product);
    const n = variantCount(product);
    const added = world.variants.size === 0 ? []
      : world.variants.get(world.gid('Product', product)) || [];
    return { length: n + added.length,
      at: (i) => (i < n ? world.at('ProductVariant', start + i)
        : world.find(added[i - n])) };
  }

  function mediaOf(product) {
    return { length: core(product).media, at: (i) => media(product, i) };
  }

  function mediaType(product, i) {
    const h = hash(seed, 'media', product, i);
    return i === 0 || h % 100 < 90 ? 'MediaImage'
      : ['Video', 'ExternalVideo', 'Model3d'][h % 3];
  }

  function media(product, i) {
    return world.at(mediaType(product, i), product * 16 + i);
  }

  function imageUrl(product, i) {
    return CDN + 'products/' + (text.slug(core(product).title) || 'image')
      + '-' + (i + 1) + '.jpg?v=' + (1700000000 + product) + '&width=1200';
  }

  function image(product, i) {
    const random = new Random(seed, 'image', product, i);
    return {
      $type: 'Image',
      $key: hash(seed, 'image', product, i),
      id: 'gid://shopify/ProductImage/'
        + world.number('ProductImage', product * 16 + i),
      altText: random.chance(0.4) ? null : core(product).title,
      url: imageUrl(product, i),
      src: imageUrl(product, i),
      originalSrc: imageUrl(product, i),
      transformedSrc: imageUrl(product, i),
      width: random.pick([800, 1200, 1920, 2048]),
      height: random.pick([800, 1200, 1280, 2048]),
    };
  }

  function mediaParts(index) {
    const product = Math.floor(index / 16);
    const i = index % 16;
    if (product >= world.sizes.Product || i >= core(product).media) {
      return null;
    }
    const of = core(product);
    return {
      alt: i % 3 === 2 ? '' : of.title + ' – vue ' + (i + 1),
      mediaContentType: { MediaImage: 'IMAGE', Video: 'VIDEO',
        ExternalVideo: 'EXTERNAL_VIDEO', Model3d: 'MODEL_3D',
      }[mediaType(product, i)],
      status: 'READY',
      fileStatus: 'READY',
      mediaErrors: [],
      mediaWarnings: [],
      fileErrors: [],
      createdAt: time(of.created + 5000),
      updatedAt: time(of.created + 9000),
      image: () => image(product, i),
      preview: () => ({ status: 'READY', image: image(product, i) }),
      mimeType: 'image/jpeg',
    };
  }

  function range(product, of) {
    const last = Math.min(4, of.count - 1);
    return (factor) => ({
      minVariantPrice: moneyV2(Math.round(of.cents * factor), 'CAD'),
      maxVariantPrice: moneyV2(
        Math.round(price(product, last) * factor), 'CAD'),
    });
  }

  function inventoryOf(product) {
    let total = 0;
    const start = variantStart(product);
    for (let i = 0; i < variantCount(product); i++) {
      total += stock(start + i);
    }
    return total;
  }

  function product(index) {
    const of = core(index);
    const random = new Random(seed, 'product text', index);
    const handle = (text.slug(of.title) || 'product') + '-' + (index + 1);
    const body = text.sentences(random, 1, 4);
    const live = of.status === 'ACTIVE';
    const ranges = range(index, of);
    return {
      legacyResourceId: String(world.number('Product', index)),
      title: of.title,
      handle,
      status: of.status,
      vendor: of.vendor,
      productType: of.kind.type,
      description: body,
      descriptionHtml: '<p>' + body.replace(/&/g, '&amp;') + '</p>\n<ul>'
        + '<li class="spec">' + text.words(random, 2, 5) + '</li></ul>',
      bodyHtml: '<p>' + body + '</p>',
      tags: text.TAGS.filter(() => random.chance(0.2)).sort(),
      templateSuffix: random.chance(0.1) ? 'lookbook' : null,
      createdAt: time(of.created),
      updatedAt: time(of.updated),
      publishedAt: live ? time(of.created + 3600000) : null,
      onlineStoreUrl: live
        ? 'https://' + world.domain + '/products/' + handle : null,
      isGiftCard: false,
      hasOnlyDefaultVariant: of.count === 1,
      totalVariants: of.count,
      totalInventory: () => inventoryOf(index),
      tracksInventory: true,
      seo: { title: random.chance(0.5) ? null : of.title,
        description: random.chance(0.5) ? null : body.slice(0, 160) },
      priceRangeV2: () => ranges(1),
      priceRange: () => ranges(1),
      compareAtPriceRange: of.onSale ? () => ({
        minVariantCompareAtPrice: moneyV2(Math.round(of.cents * 1.25),
          'CAD'),
        maxVariantCompareAtPrice: moneyV2(Math.round(of.cents * 1.25),
          'CAD'),
      }) : null,
      options: () => of.options.map((_, i) => (
        world.at('ProductOption', index * 4 + i))),
      variants: () => variantsOf(index),
      media: () => mediaOf(index),
      images: () => ({ length: of.media, at: (i) => image(index, i) }),
      featuredMedia: () => (of.media > 0 ? media(index, 0) : null),
      featuredImage: () => (of.media > 0 ? image(index, 0) : null),
      metafields: () => world.metafields(world.gid('Product', index), 5),
      collections: () => Array.from({ length: COLLECTIONS }, (_, i) => i)
        .filter((i) => isMember(index, i))
        .map((i) => world.at('Collection', i)),
    };
  }

  function option(index) {
    const product_ = Math.floor(index / 4);
    const i = index % 4;
    const [name, values] = product_ < world.sizes.Product
      ? core(product_).options[i] || [] : [];
    return name === undefined ? null : {
      name,
      position: i + 1,
      values,
      linkedMetafield: null,
      optionValues: () => values.map((_, j) => (
        world.at('ProductOptionValue', index * 128 + j))),
    };
  }

  function optionValue(index) {
    const i = Math.floor(index / 128);
    const product_ = Math.floor(i / 4);
    const of = product_ < world.sizes.Product
      ? core(product_).options[i % 4] : undefined;
    const value = of && of[1][index % 128];
    return value === undefined ? null : {
      name: value,
      hasVariants: true,
      linkedMetafieldValue: null,
      swatch: null,
    };
  }

  /* -- Variants and stock ---------------------------------------------- */

  function variantOptions(of, position) {
    if (of.options.length === 1) {
      return [position];
    }
    const second = of.options[1][1].length;
    return [Math.floor(position / second), position % second];
  }

  /* A product's title, which a mutation may have changed. */
  function titleOf(product) {
    const change = world.changes.get(world.gid('Product', product));
    return change && change.set.title || core(product).title;
  }

  /* The variants of a deleted product are deleted, too. */
  function isGone(index) {
    return world.isDeleted(world.gid('Product', productOf(index)))
      || world.isDeleted(world.gid('ProductVariant', index));
  }

  function variant(index) {
    if (isGone(index)) {
      return null;
    }
    const product_ = productOf(index);
    const of = core(product_);
    const position = index - variantStart(product_);
    const random = new Random(seed, 'variant', index);
    const picks = variantOptions(of, position);
    const names = picks.map((pick, i) => of.options[i][1][pick]);
    const title = names.join(' / ');
    const cents = price(product_, position);
    const sku = skuOf(index);
    return {
      legacyResourceId: String(world.number('ProductVariant', index)),
      title,
      displayName: () => titleOf(product_) + ' - ' + title,
      sku,
      barcode: random.chance(0.3) ? ''
        : String(9780000000000 + hash(seed, 'barcode', index) % 1000000000),
      price: money(cents),
      compareAtPrice: of.onSale ? money(Math.round(cents * 1.25)) : null,
      position: position + 1,
      createdAt: time(of.created),
      updatedAt: time(Math.min(world.now,
        of.updated + random.int(3) * 1000)),
      taxable: true,
      taxCode: '',
      availableForSale: stock(index) > 0,
      inventoryPolicy: random.chance(0.9) ? 'DENY' : 'CONTINUE',
      inventoryQuantity: stock(index),
      sellableOnlineQuantity: Math.max(0, stock(index)),
      requiresComponents: false,
      showUnitPrice: false,
      selectedOptions: () => picks.map((pick, i) => ({
        name: of.options[i][0],
        value: of.options[i][1][pick],
        optionValue: () => world.at('ProductOptionValue',
          (product_ * 4 + i) * 128 + pick),
      })),
      product: () => world.at('Product', product_),
      inventoryItem: () => world.at('InventoryItem', index),
      image: () => (position < of.media && position > 0
        ? image(product_, position) : null),
      media: () => (position < of.media ? [media(product_, position)] : []),
      metafields: () => world.metafields(
        world.gid('ProductVariant', index), 2),
    };
  }

  function skuOf(index) {
    const h = hash(seed, 'sku', index);
    return h % 50 === 0 ? null
      : 'SKU-' + String(productOf(index)).padStart(4, '0') + '/'
        + (h % 46656).toString(36).toUpperCase();
  }

  /* What a mutation set at a location: quantities by name, `active` and the
   * time `at`; undefined if nothing. */
  function setStock(index, location) {
    return world.stock.size === 0 ? undefined
      : world.stock.get(index + '/' + location);
  }

  function available(index, location) {
    const set = setStock(index, location);
    return set && set.available !== undefined ? set.available
      : firstAvailable(index, location);
  }

  function firstAvailable(index, location) {
    const random = new Random(seed, 'stock', index, location);
    return random.chance(0.15) ? 0 : random.skewed(250, 3) - (
      random.chance(0.02) ? 5 : 0);
  }

  function isStocked(index, location) {
    const set = setStock(index, location);
    return set && set.active || location === 0 || hash(seed, 'stocked', index, location) % 10 < 6;
  }

  function stock(index) {
    let total = 0;
    for (let location = 0; location < LOCATIONS; location++) {
      if (isStocked(index, location)) {
        total += available(index, location);
      }
    }
    return total;
  }

  function inventoryItem(index) {
    if (isGone(index)) {
      return null;
    }
    const of = core(productOf(index));
    const random = new Random(seed, 'item', index);
    return {
      legacyResourceId: String(world.number('InventoryItem', index)),
      sku: skuOf(index),
      tracked: true,
      requiresShipping: true,
      createdAt: time(of.created),
      updatedAt: time(Math.min(world.now, of.updated + 2000)),
      countryCodeOfOrigin: random.pick(['CA', 'CA', 'PT', 'JP', null]),
      provinceCodeOfOrigin: null,
      harmonizedSystemCode: random.chance(0.5) ? null : '610910',
      unitCost: moneyV2(Math.round(of.cents * 0.4), 'CAD'),
      duplicateSkuCount: 0,
      inventoryHistoryUrl: 'https://' + world.domain
        + '/admin/products/inventory/' + world.number('InventoryItem', index)
        + '/inventory_history',
      measurement: () => ({
        $type: 'InventoryItemMeasurement',
        id: world.gid('InventoryItemMeasurement', index),
        weight: { unit: 'KILOGRAMS',
          value: random.between(1, 400) / 100 },
      }),
      variant: () => world.at('ProductVariant', index),
      variants: () => [world.at('ProductVariant', index)],
      inventoryLevel: (args) => {
        const at = world.index('Location',
          Number(String(args.locationId).split('/').pop()));
        return at >= 0 && isStocked(index, at) ? level(index, at) : null;
      },
      inventoryLevels: () => Array.from({ length: LOCATIONS }, (_, i) => i)
        .filter((i) => isStocked(index, i))
        .map((i) => level(index, i)),
    };
  }

  function itemOfGid(index) {
    return world.number('InventoryItem', index);
  }

  /* The number in the id of a level is that of its location; the item is in the
   * query part of the id. */
  function level(index, location) {
    if (isGone(index)) {
      return null;
    }
    const random = new Random(seed, 'level', index, location);
    const first = time(world.now - random.skewed(200 * DAY / 1000, 3)
      * 1000);
    const set = setStock(index, location);
    const updated = set ? set.at : first;
    const id = 'gid://shopify/InventoryLevel/'
      + world.number('InventoryLevel', location)
      + '?inventory_item_id=' + itemOfGid(index);
    return world.changed({
      $type: 'InventoryLevel',
      $key: hash(seed, id),
      id,
      isActive: true,
      canDeactivate: false,
      deactivationAlert: null,
      createdAt: time(core(productOf(index)).created),
      updatedAt: updated,
      item: () => world.at('InventoryItem', index),
      location: () => world.at('Location', location),
      quantities: (args) => (args.names || QUANTITIES)
        .map((name) => quantity(index, location, name, updated)),
    });
  }

  function quantity(index, location, name, updated) {
    const free = available(index, location);
    const committed = hash(seed, 'committed', index, location) % 4;
    const set = setStock(index, location) || {};
    const others = OTHERS.reduce((sum, one) => sum + (set[one] || 0), 0);
    return {
      $type: 'InventoryQuantity',
      id: 'gid://shopify/InventoryQuantity/'
        + world.number('InventoryLevel', location) + '?inventory_item_id='
        + itemOfGid(index) + '&name=' + name,
      name,
      quantity: name === 'available' ? free
        : name === 'on_hand' ? free + committed + others
          : name === 'committed' ? committed : set[name] || 0,
      updatedAt: name === 'available' ? updated : null,
    };
  }

  function levelsOf(location) {
    const items = [];
    for (let i = 0; i < variantTotal(); i++) {
      if (isStocked(i, location)) {
        items.push(i);
      }
    }
    return { length: items.length, at: (i) => level(items[i], location) };
  }

  function location(index) {
    const place = text.PLACES[[0, 2, 4, 6][index]];
    return {
      legacyResourceId: String(world.number('Location', index)),
      name: ['Entrepôt Montréal', 'Queen St. "Flagship"', 'Vancouver & Co.',
        'NYC Pop-up'][index],
      isActive: true,
      isPrimary: index === 0,
      fulfillsOnlineOrders: index !== 3,
      hasActiveInventory: true,
      shipsInventory: index !== 3,
      isFulfillmentService: false,
      deactivatedAt: null,
      createdAt: time(world.now - 1200 * DAY),
      updatedAt: time(world.now - (index + 1) * 20 * DAY),
      address: () => ({
        address1: (100 + index) + ' ' + text.STREETS[index],
        address2: index === 0 ? 'Unité #4' : null,
        city: place.city,
        province: place.province,
        provinceCode: place.code,
        country: place.country === 'CA' ? 'Canada' : 'United States',
        countryCode: place.country,
        zip: place.zip,
        phone: '',
        latitude: place.lat,
        longitude: place.lon,
        formatted: [place.city, place.province, place.zip],
      }),
      inventoryLevels: () => levelsOf(index),
      inventoryLevel: (args) => {
        const number = Number(String(args.inventoryItemId).split('/')
          .pop());
        const item = world.index('InventoryItem', number);
        return item >= 0 && isStocked(item, index)
          ? level(item, index) : null;
      },
      metafields: () => world.metafields(world.gid('Location', index), 2),
    };
  }

  function levelByGid(gid) {
    const match = /InventoryLevel\/(\d+)\?inventory_item_id=(\d+)$/
      .exec(gid);
    const at = match ? world.index('InventoryLevel', Number(match[1])) : -1;
    const item = match ? world.index('InventoryItem', Number(match[2])) : -1;
    return at >= 0 && at < LOCATIONS && item >= 0 && item < variantTotal()
      ? level(item, at) : null;
  }

  /* -- Collections and metafields -------------------------------------- */

  function isMember(product_, collection_) {
    const set = world.members.size === 0 ? undefined
      : world.members.get(product_ + '/' + collection_);
    if (set !== undefined) {
      return set;
    }
    const share = 3 + collection_ * 2;
    return hash(seed, 'member', product_, collection_) % share === 0;
  }

  function members(collection_) {
    const list = [];
    for (let i = 0; i < world.sizes.Product; i++) {
      if (isMember(i, collection_)) {
        list.push(i);
      }
    }
    return { length: list.length, at: (i) => world.at('Product', list[i]) };
  }

  function collection(index) {
    const random = new Random(seed, 'collection', index);
    const title = index === 0 ? 'Frontpage'
      : random.pick(text.ADJECTIVES) + ' ' + random.pick([
        'Essentials', 'Sélection', 'Gifts & More', 'コレクション', 'Sale']);
    const body = text.sentences(random, 0, 2);
    return {
      legacyResourceId: String(world.number('Collection', index)),
      title,
      handle: (text.slug(title) || 'collection') + '-' + index,
      description: body,
      descriptionHtml: body && '<p>' + body + '</p>',
      sortOrder: random.pick(['BEST_SELLING', 'MANUAL', 'ALPHA_ASC']),
      templateSuffix: null,
      updatedAt: time(world.now - random.int(300 * DAY / 1000) * 1000),
      seo: { title: null, description: null },
      products: () => members(index),
      hasProduct: (args) => isMember(world.index('Product',
        Number(String(args.id).split('/').pop())), index),
      metafields: () => world.metafields(world.gid('Collection', index), 2),
    };
  }

  function metafield(number) {
    const [namespace, key, type] = METAFIELDS[number % 16
      % METAFIELDS.length];
    const random = new Random(seed, 'metafield', number);
    const value = metafieldValue(type, random);
    const id = 'gid://shopify/Metafield/' + number;
    const created = world.now - random.int(600 * DAY / 1000) * 1000;
    const shown = typeof value === 'string' ? value : JSON.stringify(value);
    return {
      $type: 'Metafield',
      $key: hash(seed, id),
      id,
      legacyResourceId: String(number),
      namespace,
      key,
      type,
      value: shown,
      jsonValue: value,
      description: null,
      sizeInBytes: Buffer.byteLength(shown),
      compareDigest: digest(shown),
      createdAt: time(created),
      updatedAt: time(created + random.int((world.now - created) / 1000)
        * 1000),
    };
  }

  /* The facts about the catalogue that the lines of orders need. */
  world.productVariant = (product_, h) => (
    variantStart(product_) + h % variantCount(product_));
  world.productOf = productOf;
  world.productCore = core;
  world.variantPrice = (index) => {
    const product_ = productOf(index);
    return price(product_, index - variantStart(product_));
  };
  world.variantTitle = (index) => {
    const product_ = productOf(index);
    const of = core(product_);
    return variantOptions(of, index - variantStart(product_))
      .map((pick, i) => of.options[i][1][pick]).join(' / ');
  };
  world.skuOf = skuOf;
  world.productImage = (product_) => (
    core(product_).media > 0 ? image(product_, 0) : null);
  world.levelByGid = levelByGid;
  world.levelOf = (item, location_) => (isStocked(item, location_)
    ? level(item, location_) : null);
  world.quantityOf = (item, location_, name) => (
    quantity(item, location_, name, null).quantity);

  return {
    Product: { count: () => world.sizes.Product, make: product,
      forget: () => { cores.clear(); starts = [0]; } },
    ProductVariant: { count: variantTotal, make: variant },
    ProductOption: { make: option },
    ProductOptionValue: { make: optionValue },
    InventoryItem: { count: variantTotal, make: inventoryItem },
    Location: { count: () => LOCATIONS, make: location },
    Collection: { count: () => COLLECTIONS, make: collection },
    MediaImage: { make: mediaParts },
    Video: { make: mediaParts },
    ExternalVideo: { make: mediaParts },
    Model3d: { make: mediaParts },
    Metafield: { byNumber: metafield },
  };
};
module.exports.digest = digest;
module.exports.METAFIELDS = METAFIELDS;
