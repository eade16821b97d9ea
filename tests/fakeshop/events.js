'use strict';

/*
 * What changes of a store's data mean to others: the events that webhooks
 * report. A change is noted when it is made; its events are made when the
 * present task has ended, so that a mutation that sets an object three times
 * is one event.
 *
 * An event is { topic, id, body }: the gid of the object, and what Shopify
 * sends about it, which has the form of the old REST API.
 */

/* The first part of the topics of a type. */
const RESOURCES = {
  Product: 'products',
  Order: 'orders',
  Customer: 'customers',
  Collection: 'collections',
  DraftOrder: 'draft_orders',
  InventoryItem: 'inventory_items',
  Location: 'locations',
  Market: 'markets',
  Company: 'companies',
  Metaobject: 'metaobjects',
};

/* Fields of an object that a body has too, by their name there. */
const FIELDS = [['title', 'title'], ['handle', 'handle'], ['status', 'status'],
  ['vendor', 'vendor'], ['name', 'name'], ['email', 'email'], ['sku', 'sku'],
  ['note', 'note'], ['created_at', 'createdAt'], ['updated_at', 'updatedAt']];

function numberOf(gid) {
  return Number(/\/(\d+)(\?|$)/.exec(gid)[1]);
}

function typeOf(gid) {
  return gid.split('/')[3];
}

/* The body of an event about an object. Fields that are not stored, or that
 * are not scalars, are left out. */
function bodyOf(object) {
  const body = { id: numberOf(object.id), admin_graphql_api_id: object.id };
  for (const [name, field] of FIELDS) {
    const value = object[field];
    if (value !== undefined && typeof value !== 'function') {
      body[name] = value;
    }
  }
  return body;
}

/* Bulk operations are written in lower case, and their times have an offset. */
function finishBody(operation) {
  const view = operation.view();
  const at = (text) => (text === null ? null
    : new Date(Date.parse(text) - 5 * 3600000).toISOString()
      .replace('.000Z', '-05:00'));
  const lower = (text) => (text === null ? null : text.toLowerCase());
  return { admin_graphql_api_id: view.id, completed_at: at(view.completedAt),
    created_at: at(view.createdAt), error_code: lower(view.errorCode),
    status: lower(view.status), type: lower(view.type) };
}

class Changes {
  /* emit(event) is called for each event. */
  constructor(world, emit) {
    this.world = world;
    this.emit = emit;
    this.clear();
  }

  clear() {
    this.noted = new Map();
    this.isDue = false;
  }

  note(key, change) {
    this.noted.delete(key);
    this.noted.set(key, change);
    if (!this.isDue) {
      this.isDue = true;
      setImmediate(() => this.flush());
    }
  }

  /* An object was changed (`set`), made (`create`) or is about to be removed
   * (`remove`). */
  object(what, gid) {
    const was = this.noted.get(gid);
    if (was && (was.what === 'remove' || was.what === 'create'
      && what === 'set')) {
      return;
    }
    this.note(gid, { what, gid });
    if (what === 'remove') {
      this.removeParts(gid);
    }
  }

  /* The items of variants go with their product, and a product changes when
   * one of its variants goes. */
  removeParts(gid) {
    const object = this.world.find(gid);
    if (!object) {
      this.noted.delete(gid);
    } else if (object.$type === 'Product') {
      const variants = object.variants();
      for (let i = 0; i < variants.length; i++) {
        const one = variants.at(i);
        const item = one && one.inventoryItem();
        if (item) {
          this.note(item.id, { what: 'remove', gid: item.id });
        }
      }
    } else if (object.$type === 'ProductVariant') {
      const item = object.inventoryItem();
      const product = object.product();
      if (item) {
        this.note(item.id, { what: 'remove', gid: item.id });
      }
      if (product) {
        this.object('set', product.id);
      }
    }
  }

  /* The stock of an item at a location, both as numbers of data/. */
  stock(item, location) {
    this.note('stock/' + item + '/' + location, { what: 'stock', item,
      location });
  }

  /* A refund of an order. */
  refund(order, gid) {
    this.note(gid, { what: 'refund', order, gid });
  }

  finished(operation) {
    this.note(operation.id, { what: 'finish', operation });
  }

  /* An event that several changes cause is emitted once. */
  flush() {
    const all = Array.from(this.noted.values());
    this.clear();
    this.emitted = new Set();
    for (const one of all) {
      this.events(one);
    }
  }

  send(topic, id, body) {
    const key = topic + JSON.stringify(body);
    if (!this.emitted.has(key)) {
      this.emitted.add(key);
      this.emit({ topic, id, body });
    }
  }

  events(change) {
    switch (change.what) {
      case 'stock':
        this.stockEvents(change);
        break;
      case 'finish':
        this.send('bulk_operations/finish', change.operation.id,
          finishBody(change.operation));
        break;
      case 'refund':
        this.send('refunds/create', change.order, {
          id: numberOf(change.gid), order_id: numberOf(change.order),
          admin_graphql_api_id: change.gid });
        break;
      case 'remove':
        if (RESOURCES[typeOf(change.gid)]) {
          this.send(RESOURCES[typeOf(change.gid)] + '/delete', change.gid,
            { id: numberOf(change.gid) });
        }
        break;
      default:
        this.changed(change);
    }
  }

  /* The object may be gone again, or it may belong to another one. */
  changed({ what, gid }) {
    const type = typeOf(gid);
    if (type === 'InventoryLevel') {
      this.levelEvents(gid);
    } else if (type === 'ProductVariant') {
      const variant = this.world.find(gid);
      this.productEvent(variant && variant.product && variant.product());
    } else if (RESOURCES[type]) {
      const object = this.world.find(gid);
      const verb = what === 'create' ? 'create'
        : type === 'Order' ? 'updated' : 'update';
      if (object) {
        this.send(RESOURCES[type] + '/' + verb, gid, bodyOf(object));
      }
    }
  }

  productEvent(product) {
    if (product) {
      this.send('products/update', product.id, bodyOf(product));
    }
  }

  levelEvents(gid) {
    const item = Number(/inventory_item_id=(\d+)/.exec(gid)[1]);
    this.stockEvents({ item: this.world.index('InventoryItem', item),
      location: this.world.index('InventoryLevel', numberOf(gid)) });
  }

  /* The product changes with the stock of its variants. */
  stockEvents({ item, location }) {
    const of = this.world.at('InventoryItem', item);
    const level = of && this.world.levelOf(item, location);
    if (level) {
      this.send('inventory_levels/update', of.id, {
        inventory_item_id: numberOf(of.id),
        location_id: this.world.number('Location', location),
        available: this.world.quantityOf(item, location, 'available'),
        updated_at: level.updatedAt });
      this.productEvent(this.world.at('Product',
        this.world.productOf(item)));
    }
  }
}

module.exports = { Changes, numberOf };
