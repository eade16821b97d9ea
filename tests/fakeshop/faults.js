'use strict';

/*
 * Faults on demand: a list of rules. A rule has a pattern for requests, and the
 * action for requests that match it.
 *
 *   { match: { kind, store, contains, path },  all optional
 *     nth: 1,        the first match with the action
 *     times: 1,      the number of matches with the action; -1: all
 *     action: { … } }
 */

const { sleep } = require('./http');

class Faults {
  constructor() {
    this.held = [];
    this.clear();
  }

  clear() {
    this.rules = [];
    this.lastId = 0;
    this.release();
  }

  /* Waits before the answer: for some time, or until it is released. */
  async wait(action) {
    await sleep(action.delay_ms || 0);
    if (action.hold) {
      await new Promise((resolve) => {
        this.held.push(resolve);
      });
    }
  }

  release() {
    for (const resolve of this.held.splice(0)) {
      resolve();
    }
  }

  add(rule) {
    const added = {
      id: ++this.lastId,
      match: rule.match || {},
      nth: rule.nth === undefined ? 1 : rule.nth,
      times: rule.times === undefined ? 1 : rule.times,
      action: rule.action || {},
      seen: 0,
      hits: 0,
    };
    this.rules.push(added);
    return added;
  }

  remove(id) {
    this.rules = this.rules.filter((rule) => rule.id !== id);
  }

  matches(match, request) {
    const kinds = [].concat(match.kind || []);
    return (kinds.length === 0 || kinds.includes(request.kind)
        || (kinds.includes('graphql') && request.isGraphql))
      && (!match.store || match.store === request.store)
      && (!match.path || (request.path || '').includes(match.path))
      && (!match.contains || (request.text || '').includes(match.contains));
  }

  /* The action of the first rule that is due, or null. Every rule that matches
   * counts the request. */
  find(request) {
    let action = null;
    for (const rule of this.rules) {
      /* Rules for what is not a request must name its kind. */
      if (['operation', 'line', 'webhook'].includes(request.kind)
        && rule.match.kind !== request.kind) {
        continue;
      }
      if (!this.matches(rule.match, request)) {
        continue;
      }
      rule.seen++;
      const isDue = rule.seen >= rule.nth
        && (rule.times < 0 || rule.seen < rule.nth + rule.times);
      if (isDue && !action) {
        rule.hits++;
        action = rule.action;
      }
    }
    return action;
  }
}

module.exports = { Faults };
