'use strict';

/* One API: its data, settings and limits, and its answers to requests. */

const { parse, validate, execute, getOperationAST } =
  require('../fakeshop/graphql');
const { send, sendFault, sleep } = require('../fakeshop/http');
const { twisted, edited, isEdit } = require('../fakeshop/twist');
const { resolveField, resolveType } = require('./resolve');
const infrahub = require('./infrahub');
const { World } = require('./world');
const { Rate } = require('./rate');
const roots = require('./roots');
const views = require('./views');

const RESOLVE = twisted(resolveField);
const RESOLVE_INFRAHUB = twisted(infrahub.resolveField);

const MOST_TEXTS = 2000;

class Api {
  /* spec: a row of apis.js; options: { seed, now, faults, log, control } */
  constructor(spec, options) {
    Object.assign(this, { spec, schema: spec.schema, faults: options.faults,
      log: options.log, options });
    const data = { schema: spec.schema, name: spec.name, now: options.now,
      seed: options.seed, sizes: spec.sizes, form: spec.ids };
    this.isInfrahub = spec.name === 'infrahub';
    this.world = this.isInfrahub ? new infrahub.Infrahub(data)
      : new World(data);
    this.texts = new Map();
    this.settings = {};
    this.rate = new Rate(this);
    this.reset();
  }

  reset() {
    for (const name of Object.keys(this.settings)) {
      delete this.settings[name];
    }
    Object.assign(this.settings, JSON.parse(JSON.stringify(
      this.spec.defaults)));
    this.world.reset();
    this.rate.reset();
    this.firsts = new Map();
    this.tokens = new Set([this.spec.token]);
    this.flight = { now: 0, most: 0, requests: 0 };
    this.turn = 0;
  }

  setSizes(sizes) {
    Object.assign(this.world.sizes, sizes);
    if (this.isInfrahub) {
      this.world.build();
    } else {
      this.world.touch();
    }
  }

  /* -- Requests ---------------------------------------------------------- */

  async handle(request, response, body) {
    const entry = this.log.add(this.spec, request);
    const started = Date.now();
    this.flight.requests++;
    this.flight.most = Math.max(this.flight.most, ++this.flight.now);
    entry.in_flight = this.flight.now;
    response.on('close', () => {
      this.flight.now--;
      entry.status = entry.closed ? null : response.statusCode;
      entry.ms = Date.now() - started;
    });
    const asked = this.read(request, body);
    Object.assign(entry, { kind: asked.kind, query: asked.query,
      variables: asked.variables, operation_name: asked.operationName,
      branch: asked.branch, at: asked.at });
    const action = this.faults.find({ kind: asked.kind,
      isGraphql: asked.kind !== 'schema', store: this.spec.name,
      path: request.url, text: body });
    entry.fault = action || undefined;
    await sleep(this.settings.latency_ms);
    await this.respond(response, asked, entry, action || {});
  }

  async respond(response, asked, entry, action) {
    if (action.change) {
      [].concat(action.change).forEach((one) => this.options.control.change(
        Object.assign({ api: this.spec.name }, one)));
    }
    if (!action.after && await this.isOver(response, action, entry)) {
      return;
    }
    const answer = this.answer(asked, entry, action);
    if (action.after && await this.isOver(response, action, entry)) {
      return;
    }
    if (response.destroyed) {
      entry.dropped = true;
      return;
    }
    const text = typeof answer.body === 'string' ? answer.body
      : JSON.stringify(answer.body);
    entry.bytes = Buffer.byteLength(text);
    send(response, answer.status, Object.assign(this.headers(answer),
      action.headers), text);
  }

  async isOver(response, action, entry) {
    await this.faults.wait(action);
    if (response.destroyed) {
      entry.dropped = true;
      return true;
    }
    const isOver = sendFault(response, action, this.headers({}));
    entry.closed = isOver && Boolean(action.close);
    return isOver;
  }

  headers(answer) {
    const { clock_ahead_s: ahead } = this.settings;
    return Object.assign({ 'Content-Type': answer.type
      || 'application/json; charset=utf-8' },
    ahead === 0 ? {} : { Date: new Date(Date.now() + ahead * 1000)
      .toUTCString() },
    this.rate.headers(answer.cost === undefined ? null : answer.cost),
    answer.headers);
  }

  /* -- Documents --------------------------------------------------------- */

  known(text) {
    let known = this.texts.get(text);
    if (!known) {
      known = {};
      try {
        known.document = parse(text);
      } catch (error) {
        known.error = error;
      }
      if (this.texts.size >= MOST_TEXTS) {
        this.texts.clear();
      }
      this.texts.set(text, known);
    }
    return known;
  }

  read(request, body) {
    const url = new URL(request.url, 'http://localhost');
    const asked = { kind: 'query', query: null, variables: null,
      operationName: null, at: url.searchParams.get('at'),
      branch: this.isInfrahub ? decodeURIComponent(url.pathname
        .slice(this.spec.path.length + 1)) || 'main' : null,
      shown: request.headers[this.spec.header] || null,
      accept: request.headers.accept || '' };
    if (request.method === 'GET') {
      asked.kind = 'schema';
      asked.branch = url.searchParams.get('branch');
      return asked;
    }
    try {
      const json = JSON.parse(body);
      asked.query = typeof json.query === 'string' ? json.query : null;
      asked.variables = json.variables || null;
      asked.operationName = json.operationName || null;
    } catch (error) {
      return asked;
    }
    if (asked.query !== null) {
      asked.known = this.known(asked.query);
      asked.document = asked.known.document;
    }
    if (asked.document) {
      asked.operation = getOperationAST(asked.document, asked.operationName);
      const fields = asked.operation
        ? asked.operation.selectionSet.selections : [];
      asked.kind = fields.length > 0 && fields.every((one) => one.name
        && /^__(schema|type)$/.test(one.name.value)) ? 'introspection'
        : asked.operation && asked.operation.operation === 'mutation'
          ? 'mutation' : 'query';
    }
    return asked;
  }

  isKnown(shown) {
    return Array.from(this.tokens).some((token) => shown !== null
      && shown.toLowerCase() === this.spec.credentials(token).toLowerCase());
  }

  /* -- Answers ----------------------------------------------------------- */

  answer(asked, entry, action) {
    const early = this.rate.early(this.flight.now);
    if (early) {
      return early;
    }
    if (!this.isKnown(asked.shown)) {
      return { status: 401, body: this.spec.unauthorized };
    }
    if (asked.kind === 'schema') {
      return { status: 200, type: 'text/plain; charset=utf-8',
        body: this.spec.text };
    }
    const where = this.isInfrahub ? this.where(asked) : null;
    if (this.isInfrahub && !where) {
      return { status: 404, body: { errors: ['Branch: ' + asked.branch
        + ' not found.'] } };
    }
    const refused = this.problems(asked);
    if (refused) {
      return this.formed(asked, 400, { errors: refused });
    }
    const charged = this.rate.charge(asked);
    Object.assign(entry, { cost: charged.cost });
    if (charged.refusal) {
      return Object.assign({ cost: charged.cost }, charged.refusal);
    }
    return this.executed(asked, entry, action, where, charged);
  }

  where(asked) {
    const at = asked.at ? Date.parse(asked.at) : null;
    return this.world.where(asked.branch, at);
  }

  /* The errors of a document that cannot be executed, or null. */
  problems(asked) {
    if (asked.query === null) {
      return this.plainErrors(['Must provide query string.']);
    }
    const { known } = asked;
    known.problems ||= known.error ? [known.error]
      : validate(this.schema, asked.document);
    if (known.problems.length > 0) {
      return known.problems.map((one) => views.invalid(this.spec.view, one));
    }
    if (!asked.operation) {
      return this.plainErrors(['Unknown operation.']);
    }
    return !this.settings.introspection && asked.kind === 'introspection'
      ? this.plainErrors(['GraphQL introspection is not allowed.']) : null;
  }

  plainErrors(texts) {
    return this.isInfrahub ? texts : texts.map((message) => ({ message }));
  }

  /* `application/graphql-response+json` has statuses of its own. */
  formed(asked, status, body) {
    const isNew = this.settings.graphql_response
      && asked.accept.includes('application/graphql-response+json');
    return { status: isNew ? status : 200, body, type: isNew
      ? 'application/graphql-response+json; charset=utf-8' : undefined };
  }

  context(count, twists) {
    const { settings, spec } = this;
    return { world: this.world, twists, firsts: this.firsts,
      roots: roots[spec.name] || {},
      how: { whole: false, epoch: settings.cursor_epoch,
        unknownCursor: settings.unknown_cursor, count,
        pageDefault: settings.page_default || spec.pageDefault,
        pageMost: settings.page_most || spec.pageMost,
        pageClip: settings.page_clip, idsMost: settings.ids_most,
        isFirstRequired: spec.isFirstRequired,
        isMissingAnError: spec.isMissingAnError,
        shuffle: settings.shuffle, turn: this.turn++ } };
  }

  run(asked, context) {
    return execute({ schema: this.schema, document: asked.document,
      contextValue: context, variableValues: asked.variables || {},
      operationName: asked.operationName || undefined,
      fieldResolver: this.isInfrahub ? RESOLVE_INFRAHUB : RESOLVE,
      typeResolver: resolveType });
  }

  executed(asked, entry, action, where, charged) {
    const { settings, spec } = this;
    entry.rows = 0;
    const context = Object.assign(this.context((n) => {
      entry.rows += n;
    }, settings.twists.concat(action.twists || [])), { where,
      cost: charged, rate: (cost) => this.rateLimit(cost) });
    const result = this.run(asked, context);
    if (settings.rows_limit !== null && entry.rows > settings.rows_limit) {
      return { status: settings.rows_status, type: 'text/html',
        body: '<html><body>Bad Gateway</body></html>' };
    }
    let body = { data: result.data };
    if (result.errors) {
      body.errors = result.errors.map((one) => views.failed(spec.view, one));
    }
    const extensions = this.rate.extensions(charged.cost);
    if (extensions) {
      body.extensions = extensions;
    }
    if (isEdit(action)) {
      body = edited(body, action);
    }
    return Object.assign(this.formed(asked, 200, body),
      { cost: charged.cost });
  }

  /* GitHub's root field `rateLimit`. */
  rateLimit(charged) {
    const { settings } = this;
    const { used, end } = this.rate.points;
    return { $type: 'RateLimit', $key: 1, $token: 'rate', $index: 0,
      cost: charged.cost, nodeCount: charged.nodes, used,
      limit: settings.points_limit,
      remaining: settings.points_limit - used,
      resetAt: new Date(end).toISOString().replace(/\.\d+Z/, 'Z') };
  }
}

module.exports = { Api };
