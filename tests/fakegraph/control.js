'use strict';

/* The control interface for tests: read what happened, set what will happen. */

const { sendJson } = require('../fakeshop/http');
const { unknownName } = require('../fakeshop/twist');
const { apiRow } = require('./apis');

class BadRequest extends Error {}

class Control {
  constructor(apis, faults, log) {
    this.apis = apis;
    this.faults = faults;
    this.log = log;
    apis.options.control = this;
  }

  handle(request, response, body) {
    const url = new URL(request.url, 'http://localhost');
    const key = request.method + ' ' + url.pathname
      .replace(/^\/_control\//, '').replace(/\/$/, '');
    try {
      const answer = this.dispatch(key, body ? JSON.parse(body) : {},
        Object.fromEntries(url.searchParams));
      if (answer === undefined) {
        sendJson(response, 404, { error: 'no such control: ' + key });
      } else {
        sendJson(response, 200, answer);
      }
    } catch (error) {
      if (!(error instanceof BadRequest || error instanceof SyntaxError)) {
        throw error;
      }
      sendJson(response, 400, { error: error.message });
    }
  }

  dispatch(key, input, query) {
    switch (key) {
      case 'GET log': return this.readLog(query);
      case 'GET leaks': return this.log.leaks;
      case 'GET secrets': return this.secrets();
      case 'GET settings': return this.byApi((api) => api.settings);
      case 'GET flight': return this.byApi((api) => api.flight);
      case 'GET held': return this.faults.held.length;
      case 'GET rules': return this.faults.rules;
      case 'GET data': return this.data(query);
      case 'POST reset': return this.reset(input);
      case 'POST set': return this.set(input);
      case 'POST rules': return [].concat(input).map(
        (rule) => this.addRule(rule));
      case 'POST release':
        this.faults.release();
        return {};
      case 'DELETE rules':
      case 'POST rules/clear':
        this.faults.clear();
        return {};
      case 'POST change': return this.change(input);
      case 'POST data': return this.give(input);
      case 'POST branch': return this.branch(input);
      case 'POST refill': return this.refill(input);
      case 'POST token': return this.token(input);
      default: return undefined;
    }
  }

  api(name) {
    const api = this.apis.get(name);
    if (!api) {
      throw new BadRequest('no API ' + name);
    }
    return api;
  }

  /* The API with this name; without a name, all. */
  chosen(name) {
    return name ? [this.api(name)] : this.apis.all();
  }

  byApi(read) {
    return Object.fromEntries(this.apis.all().map(
      (api) => [api.spec.name, read(api)]));
  }

  readLog(query) {
    return this.log.entries.filter((entry) => (
      (!query.api || entry.api === query.api)
      && (!query.kind || entry.kind === query.kind)
      && (!query.after || entry.n > Number(query.after))));
  }

  secrets() {
    const made = Array.from(this.apis.made.values());
    return this.apis.names.map((name) => apiRow(name).token)
      .concat(made.flatMap((api) => Array.from(api.tokens)));
  }

  reset(input) {
    (input.api ? [this.api(input.api)] : Array.from(this.apis.made.values()))
      .forEach((api) => api.reset());
    if (!input.api) {
      this.faults.clear();
      this.log.clear();
    }
    return {};
  }

  set(input) {
    const { api: name, ...values } = input;
    const wrong = unknownName(values.twists || []);
    if (wrong !== null) {
      throw new BadRequest('no such twist: ' + wrong);
    }
    for (const api of this.chosen(name)) {
      for (const key of Object.keys(values)) {
        if (!(key in api.settings)) {
          throw new BadRequest('no setting ' + key);
        }
      }
      Object.assign(api.settings, values);
      if (values.sizes) {
        api.setSizes(values.sizes);
      }
    }
    return {};
  }

  addRule(rule) {
    const { api, ...match } = rule.match || {};
    const wrong = unknownName((rule.action || {}).twists || []);
    if (wrong !== null) {
      throw new BadRequest('no such twist: ' + wrong);
    }
    return this.faults.add(Object.assign({}, rule, { match: Object.assign(
      match, api ? { store: api } : {}) })).id;
  }

  /* -- Data -------------------------------------------------------------- */

  /* The objects of a type, or of a field of one object: ids, by position. */
  rows(api, input) {
    const { world, schema } = api;
    if (api.isInfrahub) {
      return (world.kinds.get(input.type) || [])
        .filter((one) => world.seen(one, world.where('main', null)));
    }
    const type = schema.getType(input.type);
    if (!type) {
      throw new BadRequest('no type ' + input.type);
    }
    const list = input.parent
      ? world.children(world.byId(input.parent, type) || {}, input.field,
        type, input.extra || '')
      : world.roots(type, input.field || input.type);
    return Array.from({ length: list.length }, (_, i) => list.at(i))
      .filter(Boolean);
  }

  data(query) {
    return this.rows(this.api(query.api), query).map((one) => ({
      id: one.id, type: one.$type }));
  }

  /* { api, place, type, rows }: exactly these rows at a place. */
  give(input) {
    const api = this.api(input.api);
    if (api.isInfrahub || !api.schema.getType(input.type)) {
      throw new BadRequest('cannot set rows of type ' + input.type);
    }
    return { ids: api.world.list(input.place, input.type, input.rows)
      .map((one) => one.id) };
  }

  /*
   * Changes rows: { api, ids } or { api, type, from, count } choose them;
   * `set` sets fields, `delete` deletes, { grow, place } (Infrahub: { grow,
   * type }) adds rows. Infrahub: `branch` and `at`.
   */
  change(input) {
    const api = this.api(input.api);
    const at = input.at ? Date.parse(input.at) : Date.now();
    if (input.grow) {
      if (api.isInfrahub) {
        return { ids: api.world.grow(input.type, input.grow, at,
          input.branch || 'main') };
      }
      api.world.grow(input.place || input.type, input.grow);
      return { ids: [] };
    }
    const ids = input.ids || this.rows(api, input).slice(input.from || 0,
      (input.from || 0) + (input.count || 1)).map((one) => one.id);
    if (api.isInfrahub) {
      api.world.change(ids, { at, branch: input.branch || 'main',
        deleted: Boolean(input.delete), set: input.set || {} });
    } else if (input.delete) {
      api.world.remove(ids);
    } else {
      api.world.set(ids, input.set || {}, at);
    }
    return { ids };
  }

  branch(input) {
    const api = this.api('infrahub');
    api.world.branch(input.name, input.from ? Date.parse(input.from)
      : Date.now());
    return {};
  }

  /* { api }: all limits are as if nothing had been asked for yet. */
  refill(input) {
    this.chosen(input.api).forEach((api) => api.rate.reset());
    return {};
  }

  /* { api, text } adds a token; { api, expire: true } makes all invalid. */
  token(input) {
    const api = this.api(input.api);
    if (input.expire) {
      api.tokens.clear();
    }
    if (input.text) {
      api.tokens.add(input.text);
    }
    return {};
  }
}

module.exports = { Control };
