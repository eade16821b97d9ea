'use strict';

/*
 * Webhooks: the subscriptions of a store's apps, and the deliveries of its
 * events to them, signed with the app's client secret.
 *
 * A delivery is sent until an answer has a status of 2xx. If it fails 8 times,
 * its subscription is deleted, and with it all that waits for it. Addresses
 * begin with https://; the setting `webhook_routes` says what is behind them,
 * as a proxy that ends TLS would: { 'https://hooks.example': 'http://127…' }.
 * Nothing else is ever contacted.
 *
 * Settings and rules of tests lose deliveries, repeat, delay and disorder them,
 * and give them wrong signatures.
 */

const crypto = require('crypto');
const http = require('http');
const { GraphQLError } = require('./graphql');
const { Changes } = require('./events');
const { Random } = require('./random');
const { time } = require('./data/format');
const { sleep } = require('./http');

const MOST_FAILURES = 8;
const SIDE_BY_SIDE = 32;
const VERSION = '2026-10';

/* The scope that each topic needs, by what comes before the slash; the others
 * need none. */
const SCOPES = {
  products: 'read_products',
  collections: 'read_products',
  orders: 'read_orders',
  refunds: 'read_orders',
  order_transactions: 'read_orders',
  fulfillments: 'read_fulfillments',
  inventory_items: 'read_inventory',
  inventory_levels: 'read_inventory',
  customers: 'read_customers',
  draft_orders: 'read_draft_orders',
  locations: 'read_locations',
  markets: 'read_markets',
  companies: 'read_companies',
  metaobjects: 'read_metaobjects',
  returns: 'read_returns',
  discounts: 'read_discounts',
};

/* Topics with customers' data, which an app needs an approval for. */
const PROTECTED = ['orders', 'refunds', 'order_transactions', 'fulfillments',
  'customers', 'draft_orders'];

/* Topics whose enum value does not end at its last underscore. */
const LONG_TOPICS = ['orders/partially_fulfilled',
  'orders/risk_assessment_changed', 'orders/link_requested',
  'customers/purchasing_summary', 'fulfillment_holds/added'];

/* `products/update` for PRODUCTS_UPDATE. */
function topicOf(value) {
  const lower = value.toLowerCase();
  return LONG_TOPICS.find((one) => one.replace('/', '_') === lower)
    || lower.replace(/_([^_]+)$/, '/$1');
}

let lastNumber = 1600000000000;

function userError(message, ...field) {
  return { field: ['webhookSubscription', ...field], message };
}

function signature(secret, body) {
  return crypto.createHmac('sha256', secret).update(body).digest('base64');
}

/* Sends a request; resolves to the status, or to null if there was no
 * answer. */
function post(agent, address, headers, body, timeout) {
  return new Promise((resolve) => {
    const request = http.request(address, { method: 'POST', agent, headers,
      timeout }, (response) => {
      response.on('error', () => resolve(null));
      response.on('end', () => resolve(response.statusCode));
      response.resume();
    });
    const timer = setTimeout(() => request.destroy(), timeout);
    request.on('close', () => {
      clearTimeout(timer);
      resolve(null);
    });
    request.on('error', () => resolve(null));
    request.end(body);
  });
}

class Webhooks {
  constructor(store) {
    this.store = store;
    this.changes = new Changes(store.world, (event) => this.emit(event));
    this.agent = new http.Agent({ keepAlive: true, maxSockets: SIDE_BY_SIDE });
    store.world.watch = (what, ...where) => this.changed(what, ...where);
    this.clear();
  }

  clear() {
    this.changes.clear();
    this.subscriptions = new Map();
    this.deliveries = [];
    this.running = 0;
    this.queue = [];
    this.era = {};
    this.random = new Random(this.store.world.seed, 'webhooks');
    this.agent.destroy();
  }

  /* -- Subscriptions ----------------------------------------------------- */

  view(one) {
    return { $type: 'WebhookSubscription', $key: one.number, id: one.id,
      legacyResourceId: String(one.number), topic: one.topic, uri: one.uri,
      callbackUrl: one.uri, endpoint: { $type: 'WebhookHttpEndpoint',
        $key: one.number, callbackUrl: one.uri },
      format: one.format, filter: one.filter, name: one.name,
      includeFields: one.includeFields, metafieldNamespaces: [],
      metafields: [], createdAt: one.createdAt, updatedAt: one.updatedAt,
      apiVersion: { $type: 'ApiVersion', $key: 1, handle: VERSION,
        displayName: VERSION, supported: true } };
  }

  /* Those of one app, as the API lists them. */
  list(app, args) {
    return Array.from(this.subscriptions.values())
      .filter((one) => one.app === app
        && (!args.topics || args.topics.includes(one.topic))
        && (!args.format || one.format === args.format)
        && (!args.uri || one.uri === args.uri)
        && (!args.callbackUrl || one.uri === args.callbackUrl))
      .map((one) => this.view(one));
  }

  get(app, id) {
    const one = this.subscriptions.get(id);
    return one && one.app === app ? one : null;
  }

  found(app, id) {
    const one = this.get(app, id);
    return one && this.view(one);
  }

  /* The reason why an app cannot have a subscription like this, or null. */
  fault(token, topic, input, self) {
    const uri = input.uri || input.callbackUrl;
    const resource = topicOf(topic).split('/')[0];
    const { scopes, webhook_protected: isProtected } = this.store.settings;
    if (SCOPES[resource] && !scopes.includes(SCOPES[resource])) {
      return userError('You cannot create a webhook subscription with the '
        + 'specified topic');
    }
    if (isProtected && PROTECTED.includes(resource)) {
      return userError('This app is not approved to subscribe to webhook '
        + 'topics containing protected customer data. See https://shopify.dev'
        + '/docs/apps/launch/protected-customer-data for more details.');
    }
    if (!uri) {
      return userError('Address can\'t be blank', 'callbackUrl');
    }
    const scheme = /^[a-z]+:/.exec(uri);
    if (!scheme || scheme[0] !== 'https:') {
      return userError(scheme ? 'Address protocol ' + scheme[0]
        + '// is not supported' : 'Address is invalid', 'callbackUrl');
    }
    const isTaken = Array.from(this.subscriptions.values()).some((one) => (
      one !== self && one.app === token.app && one.topic === topic
      && one.uri === uri));
    return isTaken ? userError('Address for this topic has already been '
      + 'taken', 'callbackUrl') : null;
  }

  create(token, args) {
    const input = args.webhookSubscription;
    const fault = this.fault(token, args.topic, input, null);
    if (fault) {
      return { webhookSubscription: null, userErrors: [fault] };
    }
    const number = ++lastNumber;
    const now = time(Date.now());
    const one = { number, id: 'gid://shopify/WebhookSubscription/' + number,
      app: token.app, topic: args.topic, uri: input.uri || input.callbackUrl,
      format: input.format || 'JSON', filter: input.filter || null,
      name: input.name || null, includeFields: input.includeFields || [],
      createdAt: now, updatedAt: now };
    this.subscriptions.set(one.id, one);
    return { webhookSubscription: this.view(one), userErrors: [] };
  }

  update(token, args) {
    const one = this.get(token.app, args.id);
    const input = args.webhookSubscription;
    if (!one) {
      return { webhookSubscription: null, userErrors: [
        { field: ['id'], message: 'Webhook subscription does not exist' }] };
    }
    const next = Object.assign({}, one, input,
      { uri: input.uri || input.callbackUrl || one.uri });
    const fault = this.fault(token, one.topic, next, one);
    if (fault) {
      return { webhookSubscription: null, userErrors: [fault] };
    }
    Object.assign(one, { uri: next.uri, format: next.format,
      filter: next.filter, name: next.name,
      includeFields: next.includeFields || [],
      updatedAt: time(Date.now()) });
    return { webhookSubscription: this.view(one), userErrors: [] };
  }

  delete(token, args) {
    if (!this.get(token.app, args.id)) {
      return { deletedWebhookSubscriptionId: null, userErrors: [
        { field: ['id'], message: 'Webhook subscription does not exist' }] };
    }
    this.drop(args.id);
    return { deletedWebhookSubscriptionId: args.id, userErrors: [] };
  }

  /* Deletes a subscription; what waits for it is not sent any more. */
  drop(id) {
    this.subscriptions.delete(id);
    for (const one of this.deliveries) {
      if (one.subscription === id && one.state === 'waiting') {
        one.state = 'dropped';
      }
    }
  }

  rootFields(token) {
    const known = (id) => {
      const found = this.found(token.app, id);
      if (!found) {
        throw new GraphQLError('Invalid id: ' + id,
          { extensions: { code: 'RESOURCE_NOT_FOUND' } });
      }
      return found;
    };
    return {
      webhookSubscription: (args) => known(args.id),
      webhookSubscriptionCreate: (args) => this.create(token, args),
      webhookSubscriptionUpdate: (args) => this.update(token, args),
      webhookSubscriptionDelete: (args) => this.delete(token, args),
      $subscriptions: (args) => this.list(token.app, args),
    };
  }

  /* -- Events ------------------------------------------------------------ */

  /* Called by the world, before a removal and after any other change. */
  changed(what, ...where) {
    if (this.subscriptions.size > 0) {
      if (what === 'stock') {
        this.changes.stock(...where);
      } else {
        this.changes.object(what, ...where);
      }
    }
  }

  refunded(order, refund) {
    if (this.subscriptions.size > 0) {
      this.changes.refund(order, refund);
    }
  }

  finished(operation) {
    if (this.subscriptions.size > 0) {
      this.changes.finished(operation);
    }
  }

  /* Delivers an event to all who subscribed to it. */
  emit(event) {
    const at = new Date();
    const id = crypto.randomUUID();
    const value = event.topic.replace('/', '_').toUpperCase();
    for (const one of this.subscriptions.values()) {
      if (one.topic === value) {
        this.deliver(one, event, id, at);
      }
    }
  }

  deliver(subscription, event, eventId, at) {
    const { settings } = this.store;
    const { includeFields: names } = subscription;
    const parts = names.length === 0 ? event.body : Object.fromEntries(
      Object.entries(event.body).filter(([name]) => names.includes(name)));
    const body = JSON.stringify(parts).replace(/\//g, '\\/');
    const delivery = { n: this.deliveries.length + 1,
      store: this.store.name, subscription: subscription.id,
      topic: event.topic, object: event.id, event_id: eventId,
      webhook_id: crypto.randomUUID(), uri: subscription.uri, body,
      /* More digits than a Date has. */
      triggered_at: at.toISOString().replace('Z', '041743Z'),
      state: 'waiting', tries: [], copies: 0 };
    this.deliveries.push(delivery);
    if (this.random.chance(settings.webhook_loss)) {
      delivery.state = 'lost';
      return;
    }
    const isForged = this.random.chance(settings.webhook_bad_signatures);
    this.later(delivery, { isForged });
    if (this.random.chance(settings.webhook_duplicates)) {
      delivery.copies++;
      this.later(delivery, { isCopy: true });
    }
    if (this.random.chance(settings.webhook_replays)) {
      delivery.copies++;
      this.later(delivery, { isCopy: true,
        wait: settings.webhook_replay_ms });
    }
  }

  /* -- Deliveries -------------------------------------------------------- */

  /* Sends a delivery after its delay, in turn. */
  async later(delivery, how) {
    const { settings } = this.store;
    const era = this.era;
    await sleep(settings.webhook_delay_ms + (how.wait || 0)
      + this.random.int(settings.webhook_disorder_ms + 1));
    if (era !== this.era) {
      return;
    }
    this.queue.push([delivery, how]);
    this.work();
  }

  work() {
    while (this.running < SIDE_BY_SIDE && this.queue.length > 0) {
      const era = this.era;
      this.running++;
      this.attempt(...this.queue.shift()).catch(() => {}).finally(() => {
        if (era === this.era) {
          this.running--;
          this.work();
        }
      });
    }
  }

  /* Where a URI leads, or null. */
  route(uri) {
    const routes = this.store.settings.webhook_routes;
    const prefix = Object.keys(routes).find((one) => uri.startsWith(one));
    return prefix === undefined ? null
      : routes[prefix] + uri.slice(prefix.length);
  }

  headers(delivery, secret) {
    return {
      'Content-Type': 'application/json',
      'Content-Length': Buffer.byteLength(delivery.body),
      'User-Agent': 'Shopify-Captain-Hook',
      Accept: '*/*',
      'X-Shopify-Topic': delivery.topic,
      'X-Shopify-Hmac-Sha256': signature(secret, delivery.body),
      'X-Shopify-Shop-Domain': this.store.domain,
      'X-Shopify-API-Version': VERSION,
      'X-Shopify-Webhook-Id': delivery.webhook_id,
      'X-Shopify-Event-Id': delivery.event_id,
      'X-Shopify-Triggered-At': delivery.triggered_at,
    };
  }

  async attempt(delivery, how) {
    const era = this.era;
    const { settings, shops } = this.store;
    if (delivery.state !== 'waiting' && !how.isCopy) {
      return;
    }
    const action = shops.faults.find({ kind: 'webhook',
      store: this.store.name, path: delivery.topic, text: delivery.body })
      || {};
    await shops.faults.wait(action);
    if (era !== this.era) {
      return;
    }
    if (action.lose) {
      delivery.state = 'lost';
      return;
    }
    const isForged = how.isForged || action.bad_signature;
    const address = this.route(delivery.uri);
    const entry = { at: new Date().toISOString(), status: null,
      copy: Boolean(how.isCopy), forged: Boolean(isForged) };
    const began = Date.now();
    delivery.tries.push(entry);
    entry.status = address && await post(this.agent, address,
      this.headers(delivery, isForged ? 'wrong' : this.store.clientSecret),
      delivery.body, settings.webhook_timeout_ms);
    entry.ms = Date.now() - began;
    if (era === this.era && !how.isCopy) {
      this.settle(delivery, entry.status >= 200 && entry.status < 300
        && !action.unanswered);
    }
  }

  /* Ends a delivery, or sends it again later. */
  settle(delivery, isDone) {
    const { settings } = this.store;
    const failures = delivery.tries.filter((one) => !one.copy).length;
    if (isDone) {
      delivery.state = 'delivered';
    } else if (failures >= MOST_FAILURES) {
      delivery.state = 'failed';
      this.drop(delivery.subscription);
    } else if (delivery.state === 'waiting') {
      this.later(delivery, { wait: Math.min(60000,
        settings.webhook_retry_ms * 2 ** (failures - 1)) });
    }
  }

  /* -- Control ----------------------------------------------------------- */

  find(query) {
    return this.deliveries.filter((one) => (
      (!query.topic || one.topic === query.topic)
      && (!query.state || query.state.split(',').includes(one.state))
      && (!query.object || one.object === query.object)
      && (!query.after || one.n > Number(query.after))));
  }

  /* How many deliveries are in each state. */
  counts() {
    const out = { all: this.deliveries.length, waiting: 0, delivered: 0,
      lost: 0, failed: 0, dropped: 0, last: null };
    for (const one of this.deliveries) {
      out[one.state]++;
      out.last = one.triggered_at;
    }
    return out;
  }
}

module.exports = { Webhooks, topicOf };
