'use strict';

/* The control interface for tests: read what happened, set what will happen. */

const { sendJson } = require('./http');
const { DEFAULTS } = require('./stores');
const { numberOf } = require('./events');
const { KINDS } = require('./live');
const { unknownName } = require('./twist');
const { time } = require('./data/format');

class BadRequest extends Error {}

class Control {
  constructor(shops, faults, log, storage) {
    this.shops = shops;
    this.faults = faults;
    this.log = log;
    this.storage = storage;
  }

  handle(request, response, body) {
    const url = new URL(request.url, 'http://localhost');
    const name = url.pathname.replace(/^\/_control\//, '')
      .replace(/\/$/, '');
    const key = request.method + ' ' + name;
    try {
      const input = body ? JSON.parse(body) : {};
      const answer = this.dispatch(key, input,
        Object.fromEntries(url.searchParams));
      if (answer === undefined) {
        sendJson(response, 404, { error: 'no such control: ' + key });
      } else {
        sendJson(response, 200, answer);
      }
    } catch (error) {
      if (error instanceof BadRequest || error instanceof SyntaxError) {
        sendJson(response, 400, { error: error.message });
      } else {
        throw error;
      }
    }
  }

  dispatch(key, input, query) {
    switch (key) {
      case 'GET log': return this.readLog(query);
      case 'GET leaks': return this.log.leaks;
      case 'GET operations': return this.operations(query);
      case 'GET secrets': return this.secrets();
      case 'GET ledger': return this.store(query.store).ledger.find(query);
      case 'GET counts': return this.store(query.store).ledger.counts(query);
      case 'GET uploads': return this.uploads(query);
      case 'GET webhooks': return this.store(query.store).webhooks.find(query);
      case 'GET webhooks/counts':
        return this.store(query.store).webhooks.counts();
      case 'GET subscriptions': return Array.from(
        this.store(query.store).webhooks.subscriptions.values());
      case 'POST subscriptions/drop': return this.dropSubscriptions(input);
      case 'POST webhook': return this.webhook(input);
      case 'GET live': return this.store(query.store).live.state();
      case 'POST live': return this.live(input);
      case 'GET changes': return this.store(query.store).world.exported();
      case 'POST changes':
        this.store(input.store).world.imported(input.changes);
        return {};
      case 'POST clock':
        this.shops.ahead += (input.advance_s || 0) * 1000;
        return { ahead_s: this.shops.ahead / 1000 };
      case 'POST keys': return this.keys(input);
      case 'GET settings': return this.settings();
      case 'GET flight': return Object.fromEntries(this.stores().map(
        (store) => [store.name, store.flight]));
      case 'GET held': return this.faults.held.length;
      case 'GET rules': return this.faults.rules;
      case 'POST reset': return this.reset(input);
      case 'POST set': return this.set(input);
      case 'POST next': return this.next(input);
      case 'POST rules': return this.addRules(input);
      case 'POST release':
        this.faults.release();
        return {};
      case 'DELETE rules':
      case 'POST rules/clear':
        this.faults.clear();
        return {};
      case 'POST change': return this.change(input);
      case 'POST operation': return this.operation(input);
      case 'POST expire-url': return this.expireUrl(input);
      case 'POST token': return this.token(input);
      default: return undefined;
    }
  }

  /* The store with this name; without a name, all stores. */
  stores(name) {
    if (!name || name === '*') {
      return Array.from(this.shops.stores.values());
    }
    const store = this.shops.stores.get(name);
    if (!store) {
      throw new BadRequest('no store ' + name);
    }
    return [store];
  }

  store(name) {
    const list = this.stores(name);
    if (list.length !== 1) {
      throw new BadRequest('store is missing');
    }
    return list[0];
  }

  readLog(query) {
    return this.log.entries.filter((entry) => (
      (!query.store || entry.store === query.store)
      && (!query.kind || entry.kind === query.kind)
      && (!query.server || entry.server === query.server)
      && (!query.after || entry.n > Number(query.after))));
  }

  operations(query) {
    const out = [];
    for (const store of this.stores(query.store)) {
      for (const one of store.bulk.operations) {
        const view = one.view();
        delete view.$type;
        delete view.$key;
        out.push(Object.assign({ store: store.name, app: one.app,
          groupObjects: one.grouped, staged: one.file ? one.file.path : null,
          done: one.done, path: one.made && one.made.path,
          lines: one.made ? one.made.lines : null,
          bytes: one.made ? one.made.size : null,
          problems: one.problems }, view));
      }
    }
    return out;
  }

  /* The staged files, without those that were never uploaded. */
  uploads(query) {
    return Array.from(this.shops.uploads.targets.values())
      .filter((one) => one.object && (!query.store
        || one.store.name === query.store)
        && (!query.key || one.key === query.key))
      .map((one) => ({ key: one.key, store: one.store.name,
        versions: one.versions, md5: one.object.md5,
        bytes: one.object.bytes.length, expires: one.expires,
        text: query.text ? one.object.bytes.toString('utf8')
          : undefined }));
  }

  /* Deletes subscriptions as Shopify does: all of a store, or that with the
   * `id`. */
  dropSubscriptions(input) {
    const { webhooks } = this.store(input.store);
    const ids = input.id ? [input.id]
      : Array.from(webhooks.subscriptions.keys());
    ids.forEach((id) => webhooks.drop(id));
    return { ids };
  }

  /* Sends one event, `times` times, whether or not anything has happened:
   * { store, topic, id, body }. */
  webhook(input) {
    const { webhooks } = this.store(input.store);
    const body = input.body || { id: numberOf(input.id),
      admin_graphql_api_id: input.id, updated_at: time(Date.now()) };
    for (let i = 0; i < (input.times || 1); i++) {
      webhooks.emit({ topic: input.topic, id: input.id || null, body });
    }
    return {};
  }

  /* Lets a store live: { store, rate, seconds, seed, kinds }, or
   * { store, stop: true }. */
  live(input) {
    const { live } = this.store(input.store);
    const wrong = (input.kinds || []).find((one) => !(one in KINDS));
    if (wrong !== undefined) {
      throw new BadRequest('no kind of change ' + wrong);
    }
    if (input.stop) {
      live.stop();
    } else {
      live.start(input);
    }
    return live.state();
  }

  /* Sets the state of idempotency keys, of one `key` or all: running, failed,
   * done, or gone. */
  keys(input) {
    const { kept } = this.store(input.store).keys;
    for (const [name, one] of kept) {
      if (!input.key || name.endsWith('/' + input.key)) {
        one.state = input.state;
        if (input.state === 'gone') {
          kept.delete(name);
        }
      }
    }
    return {};
  }

  /* All secrets, which must not appear in any output of bulkpg. */
  secrets() {
    const out = [];
    for (const store of this.stores()) {
      out.push(store.clientSecret, ...store.tokens.keys(),
        ...store.refreshTokens);
    }
    for (const { query } of this.storage.files.values()) {
      out.push(/Signature=([^&]*)/.exec(query)[1]);
    }
    for (const target of this.shops.uploads.targets.values()) {
      out.push(target.signature);
    }
    return out;
  }

  settings() {
    const out = {};
    for (const store of this.stores()) {
      out[store.name] = Object.assign({ next: store.next },
        store.settings);
    }
    return out;
  }

  reset(input) {
    if (!input.store) {
      /* First, because a request that a rule holds may take effect. */
      this.faults.clear();
    }
    this.stores(input.store).forEach((store) => store.reset());
    if (!input.store) {
      this.log.clear();
      this.storage.clear();
      this.shops.ahead = 0;
      if (this.shops.uploads) {
        this.shops.uploads.clear();
      }
    }
    return {};
  }

  checkNames(values, others) {
    for (const name of Object.keys(values)) {
      if (!(name in DEFAULTS) && !others.includes(name)) {
        throw new BadRequest('no setting ' + name);
      }
    }
  }

  checkTwists(values) {
    const wrong = unknownName(values.twists || []);
    if (wrong !== null) {
      throw new BadRequest('no such twist: ' + wrong);
    }
  }

  set(input) {
    const { store, next_result_file: file, ...values } = input;
    this.checkNames(values, []);
    this.checkTwists(values);
    for (const one of this.stores(store)) {
      Object.assign(one.settings, values);
      if (file !== undefined) {
        one.next.push({ result_file: file });
      }
      if (values.bucket_maximum !== undefined
        || values.bucket_restore !== undefined) {
        one.tokens.forEach((token) => token.bucket.refill());
      }
    }
    return {};
  }

  /* Settings for one future operation: the next one, or the next one whose
   * query contains the text `contains`. */
  next(input) {
    for (const entry of [].concat(input.entries || input)) {
      const { store, ...values } = entry;
      this.checkNames(values, ['contains']);
      this.stores(store || input.store).forEach((one) => {
        one.next.push(values);
      });
    }
    return {};
  }

  addRules(input) {
    return [].concat(input).map((rule) => {
      this.checkTwists(rule.action || {});
      return this.faults.add(rule).id;
    });
  }

  /*
   * Changes a store's data. Changed objects are updated now, or at the time
   * `at`. { store, type, count, from } or { store, ids } choose objects;
   * `set` sets fields, `delete` deletes the objects, and
   * { store, type, grow: N } adds new ones.
   */
  change(input) {
    const store = this.store(input.store);
    const at = input.at ? Date.parse(input.at) : Date.now();
    if (input.grow) {
      if (!(input.type in store.world.sizes)) {
        throw new BadRequest('cannot grow ' + input.type);
      }
      const from = store.world.grow(input.type, input.grow, at);
      return { ids: Array.from({ length: input.grow }, (_, i) => (
        store.world.gid(input.type, from + i))) };
    }
    const ids = input.ids || Array.from({ length: input.count || 1 },
      (_, i) => {
        const object = store.generic.pooled(
          store.schema.getType(input.type), (input.from || 0) + i);
        return object && object.id;
      }).filter(Boolean);
    for (const id of ids) {
      if (input.delete) {
        store.world.remove(id);
      } else {
        store.world.set(id, Object.assign({ updatedAt: time(at) },
          input.set));
      }
    }
    return { ids };
  }

  /* Ends running operations in a given way; with `go`, those that wait after
   * some lines continue. */
  operation(input) {
    for (const store of this.stores(input.store)) {
      for (const one of store.bulk.operations) {
        if (one.isActive() && (!input.id || one.id === input.id)) {
          if (input.go) {
            one.release();
          } else {
            one.end(input);
          }
        }
      }
    }
    return {};
  }

  /* Lets result URLs expire. With `renew`, the next poll returns a new URL;
   * with `status`, the operation becomes EXPIRED. */
  expireUrl(input) {
    for (const store of this.stores(input.store)) {
      for (const one of store.bulk.operations) {
        if (one.publication && (!input.id || one.id === input.id)) {
          one.publication.expires = 0;
          if (input.renew) {
            one.publish();
            one.url = one.publication.url;
          } else if (input.status) {
            one.status = 'EXPIRED';
            one.url = null;
          }
        }
      }
    }
    return {};
  }

  /* { store, newest: true } returns the current refresh token.
   * { store, expire: true } expires all tokens except the static one; with
   * `all`, that one too. Anything else creates a token, for the app `app` and
   * with the text `text`, if given. */
  token(input) {
    const store = this.store(input.store);
    if (input.newest) {
      return { refresh_token: store.refresh.current };
    }
    if (input.expire) {
      for (const token of store.tokens.values()) {
        if (token.token !== store.staticToken || input.all) {
          token.expires = 0;
        }
      }
      return {};
    }
    const lifetime = input.lifetime_s === undefined ? null
      : input.lifetime_s;
    return { token: (input.text
      ? store.addToken(input.text, lifetime, input.app)
      : store.newToken(lifetime, input.app)).token };
  }
}

module.exports = { Control };
