'use strict';

/*
 * A store that lives: changes of its data at a steady rate, for a time. The
 * kind of each change and its object follow from the seed.
 *
 *   order   a new order                  edit    an order's note and tags
 *   stock   a quantity at a location     title   a product's title
 *   refund  a refund of an order         delete  a live order, or a product
 */

const { Random } = require('./random');
const { time, moneyV2 } = require('./data/format');

const TICK_MS = 20;
const LOCATIONS = 4;
const KINDS = { order: 18, edit: 20, stock: 36, refund: 10, title: 12,
  delete: 4 };
/* Of all products, one in so many is deleted at most. */
const SPARED = 20;

class Live {
  constructor(store) {
    this.store = store;
    this.world = store.world;
    this.stop();
    this.clear();
  }

  clear() {
    this.made = {};
    this.count = 0;
    this.most = 0;
    this.last = null;
  }

  /* input: { rate, seconds, seed, kinds } */
  start(input) {
    this.stop();
    this.clear();
    const kinds = input.kinds || Object.keys(KINDS);
    this.random = new Random(input.seed || 1, this.store.name, 'live');
    this.weights = kinds.map((one) => [KINDS[one], one]);
    this.rate = input.rate || 50;
    this.most = Math.round(this.rate * (input.seconds || 10));
    this.began = Date.now();
    this.orders = [];
    this.gone = 0;
    this.timer = setInterval(() => this.tick(), TICK_MS);
  }

  stop() {
    clearInterval(this.timer);
    this.timer = null;
  }

  tick() {
    const due = Math.min(this.most,
      Math.floor((Date.now() - this.began) / 1000 * this.rate));
    while (this.count < due) {
      this.count++;
      this.change();
    }
    if (this.count >= this.most) {
      this.stop();
    }
  }

  /* One change of any kind. If there is no object for it, it is another
   * title. */
  change() {
    this.stamp = time(Date.now());
    let kind = this.random.weighted(this.weights);
    if (!this[kind]()) {
      kind = 'title';
      this.title();
    }
    this.made[kind] = (this.made[kind] || 0) + 1;
    this.last = new Date().toISOString();
  }

  /* Any object of a type that still exists, or null. */
  some(type) {
    for (let i = 0; i < 10; i++) {
      const found = this.world.at(type,
        this.random.int(this.world.count(type)));
      if (found) {
        return found;
      }
    }
    return null;
  }

  order() {
    this.orders.push(this.world.gid('Order',
      this.world.grow('Order', 1, Date.now())));
    return true;
  }

  edit() {
    const order = this.some('Order');
    if (order) {
      this.world.set(order.id, { note: 'Note ' + this.count,
        tags: ['live', 'n' + this.random.int(9)], updatedAt: this.stamp });
    }
    return Boolean(order);
  }

  title() {
    const product = this.some('Product');
    if (product) {
      this.world.set(product.id, { title: 'Live title ' + this.count,
        updatedAt: this.stamp });
    }
    return Boolean(product);
  }

  stock() {
    const item = this.random.int(this.world.count('InventoryItem'));
    const location = this.random.int(LOCATIONS);
    if (!this.world.at('InventoryItem', item)
      || !this.world.levelOf(item, location)) {
      return false;
    }
    const now = this.world.quantityOf(item, location, 'available');
    const key = item + '/' + location;
    this.world.setMap('stock', key, Object.assign({},
      this.world.stock.get(key), { at: this.stamp,
        available: now + this.random.between(-3, 5) }));
    this.world.set(this.world.gid('Product', this.world.productOf(item)),
      { updatedAt: this.stamp });
    return true;
  }

  refund() {
    const order = this.some('Order');
    if (!order) {
      return false;
    }
    const cents = this.random.between(100, 5000);
    const money = { shopMoney: moneyV2(cents, 'CAD'),
      presentmentMoney: moneyV2(cents, 'CAD') };
    const refund = this.world.create('Refund', { createdAt: this.stamp,
      updatedAt: this.stamp, processedAt: this.stamp,
      note: 'Refund ' + this.count, order: { $gid: order.id },
      totalRefunded: money.shopMoney, totalRefundedSet: money, duties: [],
      refundLineItems: [], refundShippingLines: [], orderAdjustments: [],
      return: null, transactions: [] });
    const earlier = order.refunds().filter(Boolean).map((one) => one.id);
    this.world.set(order.id, { refunds: { $list: earlier.concat(refund) },
      displayFinancialStatus: 'PARTIALLY_REFUNDED', updatedAt: this.stamp });
    this.store.webhooks.refunded(order.id, refund);
    return true;
  }

  delete() {
    const most = Math.floor(this.world.count('Product') / SPARED);
    const product = this.gone < most && this.random.chance(0.3)
      && this.some('Product');
    if (product) {
      this.gone++;
      this.world.remove(product.id);
      return true;
    }
    if (this.orders.length === 0) {
      return false;
    }
    const [id] = this.orders.splice(this.random.int(this.orders.length), 1);
    this.world.remove(id);
    return true;
  }

  state() {
    return { running: this.timer !== null, changes: this.count,
      of: this.most, made: this.made, last: this.last };
  }
}

module.exports = { Live, KINDS };
