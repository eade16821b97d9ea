'use strict';

/* What a query fetched by pages must give: from the fake graph server's APIs,
 * and from a fake store. The data are those of the servers: the same modules,
 * seed and sizes. */

const { execute, parse } = require('../../fakeshop/graphql');
const { Faults } = require('../../fakeshop/faults');
const { resolveField, resolveType } = require('../../fakeshop/resolve');
const { NAMES } = require('../../fakegraph/apis');
const { Control } = require('../../fakegraph/control');
const { Log } = require('../../fakegraph/log');
const { Apis } = require('../../fakegraph/fakegraph');
const { collides, generate } = require('./generate-paged');
const { expected, NotPaged } = require('./paged');

class Graph {
  constructor(options) {
    this.apis = new Apis(NAMES, { seed: options.seed, faults: new Faults(),
      now: Date.parse(options.now), log: new Log() });
    this.control = new Control(this.apis, new Faults(), new Log());
  }

  how(api, request) {
    const { unwrap = api.isInfrahub } = request;
    return { gids: false, stringIds: api.isInfrahub, unwrap };
  }

  /* { api, query, variables, branch, at } */
  expect(request) {
    const api = this.apis.get(request.api);
    return expected(api.schema, parse(request.query), this.how(api, request),
      (document) => this.run(api, document, request));
  }

  run(api, document, request) {
    const context = api.context(() => {}, []);
    Object.assign(context.how, { whole: true, shuffle: false });
    if (api.isInfrahub) {
      context.where = api.where({ branch: request.branch || 'main',
        at: request.at || null });
    }
    return api.run({ document, variables: request.variables }, context);
  }

  /* { api, seed, prefix }: a random query that gives tables. */
  generate(request) {
    const api = this.apis.get(request.api);
    const accepts = (document) => {
      try {
        const plan = expected(api.schema, document, this.how(api, request),
          (executable) => this.run(api, executable, request));
        return plan.isWhole && !plan.isMixed && !collides(plan.tables);
      } catch (error) {
        if (error instanceof NotPaged) {
          return false;
        }
        throw error;
      }
    };
    return { query: generate(api, request.seed, request.prefix, accepts) };
  }
}

/* What a store's query must give when it is fetched by pages. */
function fromStore(store, query) {
  const { schema } = store;
  return expected(schema, parse(query), { gids: true, stringIds: false,
    unwrap: false }, store.world && ((document) => execute({ schema, document,
    contextValue: { schema, world: store.world, generic: store.generic,
      scopes: store.settings.scopes, whole: true, roots: {} },
    fieldResolver: resolveField, typeResolver: resolveType })));
}

module.exports = { Graph, fromStore };
