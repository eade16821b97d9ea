'use strict';

/*
 * Faults inside an answer, for both fake servers. A twist says for which fields
 * it holds and what happens:
 *
 *   { type, field,        the field and the type that it belongs to
 *     ids,                only for these objects
 *     every,              only for every Nth object, chosen by its id
 *     fail: { message, code, … },   the field fails; a null climbs
 *     null: true, value, pad: BYTES,           another value
 *     cursor: 'null' | 'unchanged' | 'first',  pageInfo.endCursor
 *     next: true | false,                      pageInfo.hasNextPage
 *     total: 7 | '+1' | '-1',                  the total of the connection
 *     rows: [index or id], as: 'null' | 'null_node' | 'drop' | 'repeat' }
 *
 * cursor, next, total and rows are for connections. Without rows, `as` holds
 * for the first row.
 */

const { GraphQLError } = require('./graphql');
const { hash } = require('./random');

const TOTALS = new Set(['totalCount', 'count', 'total']);
const LISTS = new Set(['edges', 'nodes', 'items']);
const KNOWN = new Set(['type', 'field', 'ids', 'every', 'fail', 'null',
  'value', 'pad', 'cursor', 'next', 'total', 'rows', 'as']);

/* The first name in a twist that does not exist, or null. */
function unknownName(twists) {
  for (const twist of twists) {
    const name = Object.keys(twist).find((one) => !KNOWN.has(one));
    if (name !== undefined) {
      return name;
    }
  }
  return null;
}

function holds(twist, source, info) {
  if (twist.type && twist.type !== info.parentType.name
    || twist.field && twist.field !== info.fieldName) {
    return false;
  }
  const id = source && source.id;
  return (!twist.ids || twist.ids.includes(id))
    && (!twist.every || hash(String(id)) % twist.every === 0);
}

function isForConnection(twist) {
  return twist.cursor !== undefined || twist.next !== undefined
    || twist.total !== undefined || twist.as !== undefined;
}

function shifted(value, by) {
  return typeof by === 'string' ? value + Number(by) : by;
}

/* The rows of a list after a twist. */
function changedRows(rows, twist) {
  const isChosen = (row, i) => {
    const node = row && (row.node || row);
    const chosen = twist.rows || [0];
    return chosen.includes(i) || chosen.includes(node && node.id);
  };
  return rows.flatMap((row, i) => {
    if (!isChosen(row, i)) {
      return [row];
    }
    switch (twist.as) {
      case 'drop': return [];
      case 'repeat': return [row, row];
      case 'null_node':
        return [row && row.node ? { ...row, node: null } : null];
      default: return [null];
    }
  });
}

function changedInfo(info, twist, args, first) {
  const out = Object.assign({}, info);
  if (twist.cursor === 'null') {
    out.endCursor = null;
  } else if (twist.cursor === 'unchanged') {
    out.endCursor = args.after || info.endCursor;
  } else if (twist.cursor === 'first') {
    out.endCursor = first;
  }
  if (twist.cursor !== undefined && twist.next === undefined) {
    out.hasNextPage = true;
  }
  if (twist.next !== undefined) {
    out.hasNextPage = twist.next;
  }
  return out;
}

/* A field of a twisted connection. */
function inConnection(source, name, value) {
  const { twists, args, firsts } = source.$twisted;
  return twists.reduce((changed, twist) => {
    if (TOTALS.has(name) && twist.total !== undefined) {
      return shifted(changed, twist.total);
    }
    if (LISTS.has(name) && twist.as) {
      return changedRows(changed, twist);
    }
    if (name !== 'pageInfo' || twist.cursor === undefined
      && twist.next === undefined) {
      return changed;
    }
    if (!args.after) {
      firsts.set(twist, changed.endCursor);
    }
    return changedInfo(changed, twist, args, firsts.get(twist));
  }, value);
}

function single(twist, value) {
  if (twist.fail) {
    const { message, ...extensions } = twist.fail;
    throw new GraphQLError(message || 'This field failed.', { extensions });
  }
  if (twist.pad !== undefined) {
    return String(value === null ? '' : value).padEnd(twist.pad, 'x');
  }
  return twist.null ? null : twist.value !== undefined ? twist.value : value;
}

/* A resolver with the twists in context.twists. context.firsts is a Map that
 * lives as long as the twists. */
function twisted(resolve) {
  return (source, args, context, info) => {
    if (context.twists.length === 0) {
      return resolve(source, args, context, info);
    }
    let value = resolve(source, args, context, info);
    if (source && source.$twisted) {
      value = inConnection(source, info.fieldName, value);
    }
    const here = context.twists.filter((one) => holds(one, source, info));
    for (const twist of here.filter((one) => !isForConnection(one))) {
      value = single(twist, value);
    }
    const rest = here.filter(isForConnection);
    if (rest.length === 0 || value === null) {
      return value;
    }
    if (Array.isArray(value)) {
      return rest.reduce(changedRows, value);
    }
    value.$twisted = { twists: rest, args, firsts: context.firsts };
    return value;
  };
}

/* -- Edits of a whole answer --------------------------------------------- */

/* Sets or deletes what a path leads to; `*` is any key. */
function edit(value, path, change) {
  if (value === null || typeof value !== 'object') {
    return;
  }
  const [key, ...rest] = path;
  const keys = key === '*' ? Object.keys(value) : [key];
  for (const one of keys) {
    if (rest.length > 0) {
      edit(value[one], rest, change);
    } else if (change.delete) {
      delete value[one];
    } else {
      value[one] = change.set;
    }
  }
}

/* The answer after the edits of a rule's action: `edits` [{ path, set or
 * delete }], `errors` (added), `without_data`. */
function edited(answer, action) {
  const out = JSON.parse(JSON.stringify(answer));
  for (const one of action.edits || []) {
    edit(out, one.path.split('.'), one);
  }
  if (action.errors) {
    out.errors = (out.errors || []).concat(action.errors);
  }
  if (action.without_data) {
    delete out.data;
  }
  return out;
}

function isEdit(action) {
  return Boolean(action.edits || action.errors || action.without_data);
}

module.exports = { twisted, edited, isEdit, unknownName };
