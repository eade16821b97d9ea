'use strict';

/* Root fields whose rows depend on their arguments, by API. */

const { GraphQLError } = require('../fakeshop/graphql');

function missing(message) {
  return new GraphQLError(message, { extensions: { code: 'NOT_FOUND' } });
}

function type(world, name) {
  return world.schema.getType(name);
}

/* An owner called `missing` does not exist, nor does a repository. */
const GITHUB = {
  repository: ({ owner, name }, { world }) => {
    if (owner === 'missing' || name === 'missing') {
      throw missing("Could not resolve to a Repository with the name '"
        + owner + '/' + name + "'.");
    }
    return world.named(type(world, 'Repository'), { name,
      nameWithOwner: owner + '/' + name }, 'repository', owner, name);
  },
  organization: ({ login }, { world }) => {
    if (login === 'missing') {
      throw missing("Could not resolve to an Organization with the login of '"
        + login + "'.");
    }
    return world.named(type(world, 'Organization'), { login }, 'organization',
      login);
  },
  user: ({ login }, { world }) => (login === 'missing' ? null
    : world.named(type(world, 'User'), { login }, 'user', login)),
  rateLimit: (args, { rate, cost }) => (rate ? rate(cost) : null),
};

const PLAIN = {
  library: ({ name }, { world }) => (name === 'missing' ? null
    : world.named(type(world, 'Library'), { name: name || 'main' }, 'library',
      name || 'main')),
  version: () => '1.0',
  latest: ({ limit }, { world }) => {
    const list = world.roots(type(world, 'Article'), 'articles');
    const out = [];
    for (let i = 0; i < list.length && (!limit || out.length < limit); i++) {
      const one = list.at(i);
      if (one) {
        out.push(one);
      }
    }
    return out;
  },
};

module.exports = { github: GITHUB, plain: PLAIN };
