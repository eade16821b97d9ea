'use strict';

/* Stock by location. */

const { find } = require('./common');

const REASONS = ['correction', 'cycle_count_available', 'damaged',
  'movement_canceled', 'movement_created', 'movement_received',
  'movement_updated', 'other', 'promotion', 'quality_control',
  'received', 'reservation_created', 'reservation_deleted',
  'reservation_updated', 'restock', 'safety_stock', 'shrinkage'];
const NAMES = ['available', 'damaged', 'incoming', 'quality_control',
  'reserved', 'safety_stock'];
const MOST = 1000000000;

/* The level that an input names: { item, location } as numbers of data/, or
 * null after a failure. */
function levelOf(m, input, path, mustExist) {
  const item = find(m, input.inventoryItemId, 'InventoryItem');
  const location = find(m, input.locationId, 'Location');
  const place = item && location && {
    item: m.world.index('InventoryItem', Number(item.id.split('/').pop())),
    location: m.world.index('Location',
      Number(location.id.split('/').pop())),
  };
  if (!item || place && place.item < 0) {
    m.fail([...path, 'inventoryItemId'], 'The specified inventory item could '
      + 'not be found.', 'INVALID_INVENTORY_ITEM');
    return null;
  }
  if (!location) {
    m.fail([...path, 'locationId'], 'The specified location could not be '
      + 'found.', 'INVALID_LOCATION');
    return null;
  }
  if (mustExist && !m.world.levelOf(place.item, place.location)) {
    m.fail([...path, 'locationId'], 'The specified inventory item is not '
      + 'stocked at the location.', 'INVALID_LOCATION');
    return null;
  }
  return place;
}

/* Changes one quantity of a level by `delta`. */
function shift(m, place, name, delta) {
  const key = place.item + '/' + place.location;
  const now = m.world.quantityOf(place.item, place.location, name);
  m.world.setMap('stock', key, Object.assign({},
    m.world.stock.get(key), { [name]: now + delta, at: m.stamp }));
}

/* Checks what every change of stock has; `given` is the field of the input
 * that has the changes. */
function checkInput(m, input, given, type) {
  if (!REASONS.includes(input.reason)) {
    m.fail(['input', 'reason'], 'The specified reason is invalid.',
      'INVALID_REASON');
  }
  for (const one of input[given]) {
    if (!('changeFromQuantity' in one) && m.version >= '2026-04') {
      m.stop(type + ' must include the following argument: '
        + 'changeFromQuantity', 'INVALID_FIELD_ARGUMENTS');
    }
  }
}

function isStale(m, one, quantity, path) {
  if (one.changeFromQuantity === null
    || one.changeFromQuantity === undefined
    || one.changeFromQuantity === quantity) {
    return false;
  }
  m.fail([...path, 'changeFromQuantity'], 'The specified '
    + 'changeFromQuantity does not match the current quantity.',
  'CHANGE_FROM_QUANTITY_STALE');
  return true;
}

/* The payload; without a change there is no group. */
function group(m, input, changes) {
  const done = changes.filter((one) => one.delta !== 0);
  return { inventoryAdjustmentGroup: done.length === 0 ? null : {
    $type: 'InventoryAdjustmentGroup',
    id: 'gid://shopify/InventoryAdjustmentGroup/' + m.number(),
    createdAt: m.stamp,
    reason: input.reason,
    referenceDocumentUri: input.referenceDocumentUri || null,
    staffMember: null,
    changes: done.map((one) => ({ $type: 'InventoryChange',
      name: one.name, delta: one.delta, ledgerDocumentUri: one.uri || null,
      quantityAfterChange: m.world.quantityOf(one.place.item,
        one.place.location, one.name),
      item: m.world.at('InventoryItem', one.place.item),
      location: m.world.at('Location', one.place.location) })) } };
}

function inventorySetQuantities(m) {
  const { input } = m.args;
  const { name } = input;
  checkInput(m, input, 'quantities', 'InventoryQuantityInput');
  if (name !== 'available' && name !== 'on_hand') {
    m.fail(['input', 'name'], 'The specified quantity name is invalid.',
      'INVALID_NAME');
  }
  const seen = new Set();
  const changes = input.quantities.map((one, i) => {
    const path = ['input', 'quantities', String(i)];
    const place = levelOf(m, one, path, true);
    if (!place) {
      return null;
    }
    const key = place.item + '/' + place.location;
    const quantity = m.world.quantityOf(place.item, place.location, name);
    if (seen.has(key)) {
      m.fail([...path, 'locationId'], 'The combination of inventoryItemId '
        + 'and locationId must be unique.',
      'NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR');
    } else if (Math.abs(one.quantity) > MOST) {
      m.fail([...path, 'quantity'], 'The quantity can\'t be higher than '
        + '1,000,000,000.', 'INVALID_QUANTITY_TOO_HIGH');
    }
    seen.add(key);
    isStale(m, one, quantity, path);
    return { place, name, delta: one.quantity - quantity };
  });
  if (m.hasFailed()) {
    return null;
  }
  /* What is on hand changes by what is available. */
  changes.forEach((one) => shift(m, one.place, 'available', one.delta));
  return group(m, input, changes);
}

function inventoryAdjustQuantities(m) {
  const { input } = m.args;
  const { name } = input;
  checkInput(m, input, 'changes', 'InventoryChangeInput');
  if (!NAMES.includes(name)) {
    m.fail(['input', 'name'], 'The specified quantity name is invalid.',
      'INVALID_QUANTITY_NAME');
    return null;
  }
  const changes = input.changes.map((one, i) => {
    const path = ['input', 'changes', String(i)];
    const place = levelOf(m, one, path, true);
    if (name === 'available' && one.ledgerDocumentUri) {
      m.fail([...path, 'ledgerDocumentUri'], 'A ledger document URI is not '
        + 'allowed when adjusting available.', 'INVALID_AVAILABLE_DOCUMENT');
    } else if (name !== 'available' && !one.ledgerDocumentUri) {
      m.fail([...path, 'ledgerDocumentUri'], 'A ledger document URI is '
        + 'required except when adjusting available.',
      'INVALID_QUANTITY_DOCUMENT');
    }
    if (place) {
      isStale(m, one, m.world.quantityOf(place.item, place.location, name),
        path);
    }
    return { place, name, delta: one.delta, uri: one.ledgerDocumentUri };
  });
  if (m.hasFailed()) {
    return null;
  }
  changes.forEach((one) => shift(m, one.place, name, one.delta));
  return group(m, input, changes);
}

function inventoryActivate(m) {
  const { args } = m;
  const place = levelOf(m, args, [], false);
  if (!place) {
    return null;
  }
  const isActive = m.world.levelOf(place.item, place.location);
  for (const name of ['available', 'onHand']) {
    if (isActive && typeof args[name] === 'number') {
      m.fail([name], 'Not allowed to set ' + name + ' quantity when the item '
        + 'is already active at the location.');
      return null;
    }
  }
  if (!isActive) {
    m.world.setMap('stock', place.item + '/' + place.location, {
      active: true, at: m.stamp,
      available: args.available || args.onHand || 0 });
  }
  return { inventoryLevel: m.world.levelOf(place.item, place.location) };
}

function locationDeactivate(m) {
  const location = find(m, m.args.locationId, 'Location');
  if (!location) {
    m.fail(['locationId'], 'Location not found.', 'LOCATION_NOT_FOUND');
    return null;
  }
  if (location.fulfillsOnlineOrders) {
    m.fail(['locationId'], 'The location can\'t be deactivated because it '
      + 'fulfills online orders.', 'CANNOT_DISABLE_ONLINE_ORDER_FULFILLMENT');
    return null;
  }
  m.world.set(location.id, { isActive: false, deactivatedAt: m.stamp,
    updatedAt: m.stamp });
  return { location: m.generic.byGid(location.id) };
}

const scope = 'write_inventory';

module.exports = {
  inventorySetQuantities: { scope, perform: inventorySetQuantities },
  inventoryAdjustQuantities: { scope, perform: inventoryAdjustQuantities },
  inventoryActivate: { scope, perform: inventoryActivate },
  locationDeactivate: { scope: 'write_locations',
    perform: locationDeactivate },
};
