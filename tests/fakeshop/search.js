'use strict';

/*
 * The parts of Shopify's search syntax that bulkpg and its queries use:
 * `field:value`, comparisons, AND (also implied), OR, NOT and -, parentheses.
 * As at Shopify, a filter with an unknown name is ignored.
 */

/* Filters whose name differs from that of their field. */
const ALIASES = {
  financial_status: 'displayFinancialStatus',
  fulfillment_status: 'displayFulfillmentStatus',
  tag: 'tags',
  last_modified: 'updatedAt',
};

class SearchError extends Error {}

const QUOTED = '"(?:[^"\\\\]|\\\\.)*"|\'(?:[^\'\\\\]|\\\\.)*\'';
/* Space, parenthesis, minus, phrase, field:value, word. */
const TOKEN = '\\s+|([()])|(-)(?=[\\w(])|(' + QUOTED + ')'
  + '|([A-Za-z_][\\w.]*):((?:>=|<=|>|<)?)\\s*(' + QUOTED + '|[^\\s()]*)'
  + '|([^\\s()]+)';

function tokenize(text) {
  const tokens = [];
  const pattern = new RegExp(TOKEN, 'y');
  while (pattern.lastIndex < text.length) {
    const match = pattern.exec(text);
    if (!match) {
      throw new SearchError('cannot read the filter: ' + text);
    }
    if (match[1]) {
      tokens.push({ kind: match[1] });
    } else if (match[2]) {
      tokens.push({ kind: 'NOT' });
    } else if (match[4]) {
      if (match[6] === '') {
        throw new SearchError('comparison without a value');
      }
      const quoted = /^['"]/.test(match[6]);
      tokens.push({ kind: 'term', field: match[4], op: match[5] || '=',
        quoted, value: quoted
          ? match[6].slice(1, -1).replace(/\\(.)/g, '$1') : match[6] });
    } else if (match[3] || match[7]) {
      const word = match[3] ? match[3].slice(1, -1) : match[7];
      tokens.push(!match[3] && /^(AND|OR|NOT)$/.test(word)
        ? { kind: word } : { kind: 'word', value: word });
    }
  }
  return tokens;
}

/* A tree of { all }, { any }, { not } and terms. */
function parse(text) {
  const tokens = tokenize(text);
  let at = 0;

  function alternatives() {
    const list = [sequence()];
    while (at < tokens.length && tokens[at].kind === 'OR') {
      at++;
      list.push(sequence());
    }
    return list.length === 1 ? list[0] : { any: list };
  }

  function sequence() {
    const list = [];
    while (at < tokens.length && tokens[at].kind !== 'OR'
      && tokens[at].kind !== ')') {
      if (tokens[at].kind === 'AND') {
        at++;
        continue;
      }
      list.push(single());
    }
    return { all: list };
  }

  function single() {
    const token = tokens[at++];
    if (token.kind === 'NOT') {
      return at < tokens.length ? { not: single() } : { all: [] };
    }
    if (token.kind === '(') {
      const inner = alternatives();
      at++;
      return inner;
    }
    return token;
  }

  return alternatives();
}

function camel(name) {
  return name.replace(/_(\w)/g, (_, letter) => letter.toUpperCase());
}

const TIME = /^\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d)?/;

/* The time of a term. Without quotation marks only its date counts, and a UTC
 * offset is ignored. */
function bound(term) {
  const match = TIME.exec(term.value);
  if (!match) {
    return NaN;
  }
  const part = term.quoted && match[1] ? match[0] : match[0].slice(0, 10);
  return Date.parse(part.length > 10 ? part + 'Z' : part + 'T00:00:00Z');
}

function compare(op, a, b) {
  switch (op) {
    case '>': return a > b;
    case '>=': return a >= b;
    case '<': return a < b;
    case '<=': return a <= b;
    default: return a === b;
  }
}

/* Shopify stores times more exactly than it shows them. Half a second is added
 * for the hidden part, so that `>` with the shown time finds the object. */
function matchesTime(term, shown) {
  const limit = bound(term);
  if (Number.isNaN(limit)) {
    return true;
  }
  const at = Date.parse(shown) + 500;
  if (term.op === '=') {
    const span = term.quoted && term.value.length > 10 ? 1000 : 86400000;
    return at >= limit && at < limit + span;
  }
  return compare(term.op, at, limit);
}

function matchesText(wanted, value) {
  const low = String(value).toLowerCase();
  const want = wanted.toLowerCase();
  return want.endsWith('*') ? low.startsWith(want.slice(0, -1))
    : low === want;
}

function matchesTerm(term, read) {
  const name = ALIASES[term.field] || camel(term.field);
  const value = read(name);
  if (value === undefined) {
    return true;
  }
  if (term.value === '*') {
    return value !== null;
  }
  if (value === null) {
    return false;
  }
  if (name === 'id' || /^gid:/.test(String(value))) {
    const digits = (id) => BigInt((/(\d+)(\?.*)?$/.exec(id) || [0, 0])[1]);
    return compare(term.op, digits(String(value)), digits(term.value));
  }
  if (typeof value === 'string' && TIME.test(value)
    && TIME.test(term.value)) {
    return matchesTime(term, value);
  }
  if (Array.isArray(value)) {
    return value.some((one) => matchesText(term.value, one));
  }
  if (typeof value === 'boolean') {
    return String(value) === term.value.toLowerCase();
  }
  if (typeof value === 'number'
    || (term.op !== '=' && /^-?[\d.]+$/.test(String(value)))) {
    return compare(term.op, Number(value), Number(term.value));
  }
  return term.value.split(',').some((one) => matchesText(one, value));
}

/* Does an object match? `read` returns the value of one of its fields, or
 * undefined if the object does not have the field. */
function matches(tree, read) {
  if (tree.all) {
    return tree.all.every((one) => matches(one, read));
  }
  if (tree.any) {
    return tree.any.some((one) => matches(one, read));
  }
  if (tree.not) {
    return !matches(tree.not, read);
  }
  if (tree.kind === 'term') {
    return matchesTerm(tree, read);
  }
  /* A word without a field is searched for in these fields. */
  const word = tree.value.toLowerCase();
  return ['title', 'name', 'displayName', 'email', 'sku', 'handle']
    .some((name) => {
      const value = read(name);
      return typeof value === 'string'
        && value.toLowerCase().includes(word);
    });
}

module.exports = { parse, matches, SearchError };
