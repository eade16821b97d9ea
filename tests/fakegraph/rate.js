'use strict';

/*
 * The limits of the APIs, as each of them announces and enforces its own:
 * points per hour in x-ratelimit headers, requests and complexity that come
 * back steadily, a number of requests per window, requests at a time.
 */

const { getNamedType, isCompositeType } = require('../fakeshop/graphql');
const { variablesOf } = require('../fakeshop/schema');
const { connectionOf, isList } = require('./shape');

/* -- What a document costs ------------------------------------------------ */

/* Walks a document's fields. visit(field, definition, times, below) is called
 * for each field that exists, `times` being how often it can come. */
function walk(schema, asked, visit) {
  const fragments = new Map(asked.document.definitions
    .filter((one) => one.kind === 'FragmentDefinition')
    .map((one) => [one.name.value, one]));

  const variables = variablesOf(asked.operation, asked.variables);

  function argument(node, name) {
    const found = (node.arguments || []).find(
      (one) => one.name.value === name);
    if (!found) {
      return null;
    }
    const value = found.value.kind === 'Variable'
      ? variables[found.value.name.value] : found.value.value;
    return value === undefined || value === null ? null : Number(value);
  }

  function set(selections, type, times) {
    for (const one of selections) {
      if (one.kind !== 'Field') {
        const fragment = one.kind === 'FragmentSpread'
          ? fragments.get(one.name.value) : one;
        set(fragment.selectionSet.selections, fragment.typeCondition
          ? schema.getType(fragment.typeCondition.name.value) : type, times);
        continue;
      }
      const definition = type.getFields && type.getFields()[one.name.value];
      if (!definition) {
        continue;
      }
      const shape = connectionOf(definition);
      const page = shape ? argument(one, 'first') || argument(one, 'last')
        || argument(one, 'limit') : null;
      visit(one, definition, times, { shape, page });
      if (one.selectionSet) {
        set(one.selectionSet.selections, getNamedType(definition.type),
          shape ? times * (page || asked.pageDefault || 1) : times);
      }
    }
  }
  set(asked.operation.selectionSet.selections, schema.getQueryType(), 1);
}

/* The requests that all connections need, divided by 100, at least 1; and the
 * most nodes that the answer can have. */
function githubCost(schema, asked) {
  let requests = 0;
  let nodes = 0;
  walk(schema, asked, (field, definition, times, { shape, page }) => {
    if (shape) {
      requests += times;
      nodes += times * (page || 0);
    }
  });
  return { points: Math.max(1, Math.round(requests / 100)), nodes };
}

/* 0.1 for a property, 1 for an object, times the page sizes above it. */
function complexity(schema, asked) {
  let sum = 0;
  walk(schema, asked, (field, definition, times, { shape, page }) => {
    const isObject = isCompositeType(getNamedType(definition.type));
    sum += shape ? times * (page || asked.pageDefault)
      : times * (isObject ? 1 : 0.1);
  });
  return Math.round(sum * 10) / 10;
}

/* The objects that a document asks for. */
function objects(schema, asked) {
  let sum = 0;
  walk(schema, asked, (field, definition, times, { shape, page }) => {
    const isObject = isCompositeType(getNamedType(definition.type));
    sum += shape ? times * (page || 1)
      : isObject || isList(definition.type) ? times : 0;
  });
  return sum;
}

/* -- Meters --------------------------------------------------------------- */

/* A fixed window: `limit` units, all back when the window ends. */
class Window {
  constructor() {
    this.used = 0;
    this.end = 0;
  }

  turn(seconds) {
    if (Date.now() >= this.end) {
      this.used = 0;
      this.end = Date.now() + seconds * 1000;
    }
  }
}

/* A bucket that units come back to steadily. */
class Leaky {
  constructor() {
    this.used = 0;
    this.at = Date.now();
  }

  turn(limit, seconds) {
    const now = Date.now();
    this.used = Math.max(0, this.used - (now - this.at) / 1000
      * limit / seconds);
    this.at = now;
  }
}

/* A refusal of the request; null if it is allowed. */
function refusal(status, headers, body) {
  return { status, headers, body };
}

class Rate {
  constructor(api) {
    this.api = api;
    this.reset();
  }

  reset() {
    this.points = new Window();
    this.requests = new Window();
    this.steady = { requests: new Leaky(), complexity: new Leaky() };
  }

  retryAfter(ms) {
    const { retry_after: form } = this.api.settings;
    const seconds = Math.max(1, Math.ceil(ms / 1000));
    return form === 'none' ? {} : { 'Retry-After': form === 'date'
      ? new Date(Date.now() + seconds * 1000).toUTCString()
      : String(seconds) };
  }

  /* Before anything is read: requests per window, and at a time. */
  early(inFlight) {
    const { settings, spec } = this.api;
    if (settings.in_flight_limit && inFlight > settings.in_flight_limit) {
      return refusal(settings.in_flight_status, settings.in_flight_status
        === 429 ? {} : this.retryAfter(60000), spec.tooMany);
    }
    if (!settings.requests_limit || spec.rate === 'linear') {
      return null;
    }
    this.requests.turn(settings.requests_window_s);
    if (this.requests.used >= settings.requests_limit) {
      return refusal(settings.requests_status,
        this.retryAfter(this.requests.end - Date.now()), spec.tooMany);
    }
    this.requests.used++;
    return null;
  }

  /* The cost of a valid document, charged; or a refusal. */
  charge(asked) {
    switch (this.api.spec.rate) {
      case 'github': return this.chargePoints(asked);
      case 'linear': return this.chargeComplexity(asked);
      case 'saleor': return this.chargeObjects(asked);
      default: return { cost: 0, refusal: null };
    }
  }

  chargePoints(asked) {
    const { settings, schema } = this.api;
    const { points, nodes } = githubCost(schema, asked);
    const cost = { cost: points, nodes, refusal: null };
    if (nodes > settings.query_cost_limit) {
      cost.refusal = refusal(200, {}, { errors: [{
        type: 'MAX_NODE_LIMIT_EXCEEDED', message: 'This query requests up to '
          + nodes + ' possible nodes which exceeds the maximum limit of '
          + settings.query_cost_limit + '.' }] });
      return cost;
    }
    this.points.turn(settings.points_window_s);
    if (this.points.used + points > settings.points_limit) {
      this.points.used = settings.points_limit;
      cost.refusal = refusal(200, {}, { errors: [{ type: 'RATE_LIMITED',
        message: 'API rate limit exceeded for user ID 1.' }] });
      return cost;
    }
    this.points.used += points;
    return cost;
  }

  chargeComplexity(asked) {
    const { settings, schema, spec } = this.api;
    const cost = complexity(schema, Object.assign({ pageDefault:
      spec.pageDefault }, asked));
    const out = { cost, refusal: null };
    const { requests, complexity: complex } = this.steady;
    requests.turn(settings.requests_limit, settings.requests_window_s);
    complex.turn(settings.complexity_limit, settings.complexity_window_s);
    if (cost > settings.query_cost_limit) {
      out.refusal = refusal(400, {}, { errors: [{ message:
        'Query too complex', extensions: { code: 'INPUT_ERROR', type:
          'invalid input', userPresentableMessage: 'The query complexity '
          + cost + ' exceeds the limit of ' + settings.query_cost_limit
          + '.' } }] });
    } else if (requests.used + 1 > settings.requests_limit
      || complex.used + cost > settings.complexity_limit) {
      out.refusal = refusal(400, {}, { errors: [{ message:
        'Rate limit exceeded', extensions: { code: 'RATELIMITED', type:
          'ratelimited' } }] });
    } else {
      requests.used++;
      complex.used += cost;
    }
    return out;
  }

  chargeObjects(asked) {
    const { settings, schema } = this.api;
    const cost = objects(schema, asked);
    return { cost, refusal: cost > settings.query_cost_limit
      ? refusal(200, {}, { errors: [{ message: 'The query exceeds the '
        + 'maximum cost of ' + settings.query_cost_limit + '. Actual cost: '
        + cost, extensions: { exception: { code: 'QueryCostError' } } }],
      extensions: { cost: { requestedQueryCost: cost,
        maximumAvailable: settings.query_cost_limit } } }) : null };
  }

  /* The headers of an answer. */
  headers(cost) {
    const { settings, spec } = this.api;
    if (spec.rate === 'github') {
      this.points.turn(settings.points_window_s);
      const { used, end } = this.points;
      return { 'x-ratelimit-limit': settings.points_limit,
        'x-ratelimit-remaining': settings.points_limit - used,
        'x-ratelimit-used': used,
        'x-ratelimit-reset': Math.ceil(end / 1000),
        'x-ratelimit-resource': 'graphql' };
    }
    return spec.rate === 'linear' ? this.steadyHeaders(cost) : {};
  }

  steadyHeaders(cost) {
    const { settings } = this.api;
    const out = cost === null ? {} : { 'x-complexity': cost };
    for (const [name, meter] of Object.entries(this.steady)) {
      const limit = settings[name + '_limit'];
      const seconds = settings[name + '_window_s'];
      meter.turn(limit, seconds);
      out['x-ratelimit-' + name + '-limit'] = limit;
      out['x-ratelimit-' + name + '-remaining'] = Math.max(0,
        Math.floor(limit - meter.used));
      out['x-ratelimit-' + name + '-reset'] = Math.ceil(Date.now()
        + meter.used / limit * seconds * 1000);
    }
    return out;
  }

  extensions(cost) {
    return this.api.spec.rate === 'saleor' ? { cost: {
      requestedQueryCost: cost,
      maximumAvailable: this.api.settings.query_cost_limit } } : undefined;
  }
}

module.exports = { Rate, githubCost, complexity, objects };
