'use strict';

const crypto = require('crypto');
const { World } = require('./data/world');
const { Generic } = require('./generic');
const { Bulk } = require('./bulk');
const { Bucket } = require('./cost');
const { Keys, Ledger } = require('./mutations');
const { Webhooks } = require('./webhooks');
const { Live } = require('./live');

const SCOPES = ['read_products', 'read_inventory', 'read_locations',
  'read_orders', 'read_all_orders', 'read_customers', 'read_discounts',
  'read_fulfillments', 'read_draft_orders', 'read_gift_cards',
  'read_price_rules', 'read_publications', 'read_markets', 'read_content',
  'read_files', 'read_metaobjects', 'read_metaobject_definitions',
  'read_returns', 'read_companies', 'read_own_subscription_contracts',
  'read_shopify_payments_disputes', 'read_online_store_navigation',
  'read_merchant_managed_fulfillment_orders',
  'read_assigned_fulfillment_orders',
  'read_third_party_fulfillment_orders',
  'write_products', 'write_inventory', 'write_locations',
  'write_publications', 'write_customers', 'write_metaobjects'];

/* The settings that a test can change, and their defaults. */
const DEFAULTS = {
  /* Operations */
  created_ms: 60,
  duration_ms: 300,
  cancel_ms: 100,
  cancel_completes: false,
  slots: 5,
  outcome: null,
  listing_ms: 0,
  listing_looks: 0,
  unlisted: false,
  /* Bulk mutations */
  mutation_slots: 5,
  strict_documents: false,
  line_order: 'shuffled',
  line_width: 8,
  line_ms: 0,
  hold_after: null,
  result_order: 'finished',
  line_base: 0,
  line_gaps: [],
  line_duplicates: [],
  cancel_reports: null,
  partial_after_polls: 0,
  /* Staged uploads */
  key_first: false,
  resource_url: false,
  /* Result files */
  order: 'scatter',
  duplicate_children: 0,
  cut: null,
  count_limit: 10000,
  blank_lines: 0,
  edits: [],
  final_newline: true,
  crlf: false,
  bom: false,
  empty: false,
  empty_url: false,
  no_url: false,
  result_file: null,
  object_count: null,
  root_object_count: null,
  file_size: null,
  url_lifetime_s: 604800,
  /* The result host */
  chunk_bytes: 65536,
  bytes_per_second: 0,
  chunked: false,
  ranges: true,
  /* The API */
  scopes: SCOPES,
  token_lifetime_s: 86399,
  refresh_strict: false,
  bucket_maximum: 2000,
  bucket_restore: 100,
  latency_ms: 0,
  denied: [],
  denied_at: 'result',
  metafield_definitions: null,
  twists: [],
  cursor_epoch: 1,
  page_clip: null,
  rows_limit: null,
  /* Webhooks */
  webhook_routes: {},
  webhook_protected: false,
  webhook_loss: 0,
  webhook_duplicates: 0,
  webhook_replays: 0,
  webhook_replay_ms: 1000,
  webhook_bad_signatures: 0,
  webhook_delay_ms: 0,
  webhook_disorder_ms: 0,
  webhook_retry_ms: 500,
  webhook_timeout_ms: 5000,
};

class Store {
  constructor(shops, name, options) {
    this.shops = shops;
    this.name = name;
    this.schema = shops.schema;
    this.domain = name + '.myshopify.com';
    this.staticToken = 'shpat_fake_' + name;
    this.clientId = 'fake-client-' + name;
    this.clientSecret = 'shpss_fake_' + name;
    this.firstRefreshToken = 'shprt_fake_' + name;
    this.settings = JSON.parse(JSON.stringify(DEFAULTS));
    this.world = new World(Object.assign({ name, domain: this.domain },
      options));
    this.generic = new Generic(this.schema, this.world);
    this.world.find = (id) => this.generic.byGid(id);
    this.ledger = new Ledger();
    this.keys = new Keys(shops);
    this.bulk = new Bulk(this);
    this.webhooks = new Webhooks(this);
    this.live = new Live(this);
    this.reset();
  }

  reset() {
    for (const key of Object.keys(this.settings)) {
      delete this.settings[key];
    }
    Object.assign(this.settings, JSON.parse(JSON.stringify(DEFAULTS)));
    this.next = [];
    this.live.stop();
    this.live.clear();
    this.webhooks.clear();
    this.bulk.reset();
    this.world.forgetChanges();
    this.ledger.clear();
    this.keys.clear();
    this.tokens = new Map();
    this.flight = { now: 0, most: 0, requests: 0 };
    this.firsts = new Map();
    this.refresh = { current: this.firstRefreshToken, previous: null };
    this.refreshTokens = [this.firstRefreshToken];
    this.addToken(this.staticToken, null);
  }

  /* Adds a token of the store. It sees the operations of the app `app`. */
  addToken(token, lifetime, app) {
    const entry = { token, store: this, app: app || 'main',
      expires: lifetime === null ? null : Date.now() + lifetime * 1000,
      bucket: new Bucket(this.settings) };
    this.tokens.set(token, entry);
    return entry;
  }

  newToken(lifetime, app) {
    return this.addToken('shpat_' + crypto.randomBytes(16).toString('hex'),
      lifetime, app);
  }

  /* The settings of one operation: those of the store, replaced by the first
   * entry of `next` that fits (which is then removed), replaced by a rule. */
  settingsFor(query) {
    const settings = Object.assign({}, this.settings);
    const at = this.next.findIndex((one) => (
      !one.contains || query.includes(one.contains)));
    if (at >= 0) {
      Object.assign(settings, this.next.splice(at, 1)[0]);
    }
    const action = this.shops.faults.find(
      { kind: 'operation', store: this.name, text: query });
    return action ? Object.assign(settings, action) : settings;
  }
}

class Shops {
  constructor(options) {
    this.schema = options.schema;
    this.faults = options.faults;
    this.storage = null;
    this.uploads = null;
    this.ahead = 0;
    this.stores = new Map();
    for (const name of options.names) {
      this.stores.set(name, new Store(this, name, options));
    }
  }

  /* The time for idempotency keys and uploads. A test can set it ahead. */
  now() {
    return Date.now() + this.ahead;
  }

  /* The entry of a token, or null if the token is not valid. */
  byToken(token) {
    for (const store of this.stores.values()) {
      const entry = store.tokens.get(token);
      if (entry) {
        return entry.expires !== null && entry.expires <= Date.now()
          ? null : entry;
      }
    }
    return null;
  }

  byClient(id) {
    for (const store of this.stores.values()) {
      if (store.clientId === id) {
        return store;
      }
    }
    return null;
  }

  /* Does a text contain a secret that only the store may see? */
  holdsSecret(text) {
    for (const store of this.stores.values()) {
      if (text.includes(store.clientSecret)) {
        return true;
      }
      for (const token of store.tokens.keys()) {
        if (text.includes(token)) {
          return true;
        }
      }
    }
    return false;
  }
}

module.exports = { Shops, DEFAULTS };
