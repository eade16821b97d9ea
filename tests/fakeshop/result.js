'use strict';

/* The result file of an operation: generated from the store's data, or an
 * existing file. */

const crypto = require('crypto');
const fs = require('fs');
const { execute, getNamedType, getOperationAST } = require('./graphql');
const { isConnection } = require('./schema');
const { resolveField, resolveType } = require('./resolve');
const { connectionPaths, flatten } = require('./flatten');
const { Random } = require('./random');

/* Root objects per step. Other requests are handled between the steps. */
const STEP = 100;
const WRITE_BYTES = 1 << 20;

function pause() {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/* Is the only root field of the document a connection? Then it can be executed
 * in steps. */
function isSliceable(schema, document) {
  const selections = getOperationAST(document).selectionSet.selections;
  if (selections.length !== 1 || selections[0].kind !== 'Field') {
    return false;
  }
  const field = schema.getQueryType().getFields()[selections[0].name.value];
  return field !== undefined && isConnection(getNamedType(field.type));
}

/* All lines of the result, in the order of a grouped file. */
async function collect(store, operation) {
  const { schema } = store;
  const { document } = operation;
  const paths = connectionPaths(schema, document);
  const context = { schema, world: store.world, generic: store.generic,
    scopes: store.settings.scopes, countLimit: operation.settings.count_limit,
    bulk: true, roots: {} };
  const lines = [];
  const emit = (text, parent, entry) => {
    const line = { text, parent, entry };
    lines.push(line);
    return line;
  };
  const step = () => {
    const answer = execute({ schema, document, contextValue: context,
      fieldResolver: resolveField, typeResolver: resolveType });
    if (answer.errors) {
      throw answer.errors[0].originalError || answer.errors[0];
    }
    flatten(answer.data, paths, emit, operation.settings.cut);
  };

  if (!isSliceable(schema, document)) {
    step();
    return lines;
  }
  context.slice = { from: 0, to: STEP };
  do {
    step();
    context.slice = { from: context.slice.to, to: context.slice.to + STEP };
    await pause();
  } while (context.slice.from < context.total);
  return lines;
}

/*
 * Sorts lines as in a file that is not grouped: a child is some lines after its
 * parent, with children of other parents in between, but the children of one
 * connection stay in order. With `childFirst`, a child is before its parent
 * instead.
 */
function scatter(lines, random, childFirst) {
  const roots = lines.reduce((n, line) => n + (line.parent ? 0 : 1), 0);
  const reach = Math.max(20, roots * 0.3);
  let root = 0;
  lines.forEach((line, i) => {
    line.sequence = i;
    if (!line.parent) {
      line.key = root++;
      return;
    }
    const places = line.parent.places || (line.parent.places = new Map());
    const before = places.get(line.entry);
    if (childFirst) {
      line.key = before === undefined
        ? line.parent.key - 0.5 - random.next() * reach : before;
    } else {
      line.key = before === undefined
        ? line.parent.key + 1 + random.next() * reach
        : before + random.next() * reach * 0.1;
    }
    places.set(line.entry, line.key);
  });
  return lines.sort((a, b) => a.key - b.key || a.sequence - b.sequence);
}

function ordered(lines, operation, seed) {
  const order = operation.grouped ? 'grouped' : operation.settings.order;
  if (operation.settings.order === 'child_first') {
    return scatter(lines, new Random(seed, operation.query), true);
  }
  return order === 'grouped' ? lines
    : scatter(lines, new Random(seed, operation.query), false);
}

/* A line of the file, and how the store counts it. */
function rowOf(text, isChild) {
  return { text, counted: true, isChild };
}

function editedText(edit, name) {
  if (edit[name + '_base64'] !== undefined) {
    return Buffer.from(edit[name + '_base64'], 'base64');
  }
  return edit[name];
}

/* Changes the lines as the settings of a test say. */
function damage(rows, settings) {
  const every = settings.duplicate_children;
  if (every > 0) {
    let n = 0;
    const copies = rows.filter((row) => row.isChild && n++ % every === 0);
    rows = rows.concat(copies);
  }
  if (settings.blank_lines > 0) {
    const out = [];
    rows.forEach((row, i) => {
      out.push(row);
      if ((i + 1) % settings.blank_lines === 0) {
        out.push({ text: '', counted: false, isChild: true });
      }
    });
    rows = out;
  }
  for (const edit of settings.edits || []) {
    const at = edit.line > 0 ? edit.line - 1 : rows.length + edit.line + 1;
    const inserted = editedText(edit, 'insert');
    const replaced = editedText(edit, 'replace');
    const counted = edit.counted !== false;
    if (inserted !== undefined) {
      rows.splice(at, 0, { text: inserted, counted,
        isChild: String(inserted).includes('"__parentId"') });
    } else if (replaced !== undefined) {
      rows[at] = { text: replaced, counted,
        isChild: String(replaced).includes('"__parentId"') };
    } else if (edit.delete) {
      rows.splice(at, 1);
    } else if (edit.find !== undefined) {
      rows[at] = Object.assign({}, rows[at], { text:
        String(rows[at].text).split(edit.find).join(edit.put) });
    }
  }
  return rows;
}

/* Writes rows to a file and returns its facts, such as size and counts. */
async function write(file, rows, settings) {
  const digest = crypto.createHash('md5');
  const handle = await fs.promises.open(file, 'w');
  const end = Buffer.from(settings.crlf ? '\r\n' : '\n');
  let size = 0;
  let lines = 0;
  let roots = 0;
  let pending = settings.bom ? [Buffer.from([0xef, 0xbb, 0xbf])] : [];
  let bytes = 0;

  const flush = async () => {
    const chunk = Buffer.concat(pending);
    pending = [];
    bytes = 0;
    size += chunk.length;
    digest.update(chunk);
    await handle.write(chunk);
  };

  try {
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i];
      pending.push(Buffer.isBuffer(row.text) ? row.text
        : Buffer.from(row.text));
      bytes += pending[pending.length - 1].length;
      if (i < rows.length - 1 || settings.final_newline) {
        pending.push(end);
      }
      lines += row.counted ? 1 : 0;
      roots += row.counted && !row.isChild ? 1 : 0;
      if (bytes >= WRITE_BYTES) {
        await flush();
      }
    }
    await flush();
  } finally {
    await handle.close();
  }
  return { path: file, size, lines, roots, etag: digest.digest('hex'),
    modified: Date.now(), isOurs: true };
}

async function generate(store, operation, file) {
  await pause();
  const lines = await collect(store, operation);
  const rows = ordered(lines, operation, store.world.seed)
    .map((line) => rowOf(line.text, line.parent !== null));
  return write(file, damage(rows, operation.settings), operation.settings);
}

/* Counts the lines of a file that are not blank, and those of them without a
 * parent. Does not read the whole file into memory. */
async function countLines(file) {
  const mark = Buffer.from('"__parentId"');
  let lines = 0;
  let roots = 0;
  let isBlank = true;
  let isChild = false;
  /* The end of the previous chunk, because the mark may be split. */
  let tail = Buffer.alloc(0);

  const endLine = () => {
    lines += isBlank ? 0 : 1;
    roots += isBlank || isChild ? 0 : 1;
    isBlank = true;
    isChild = false;
    tail = Buffer.alloc(0);
  };
  const part = (bytes) => {
    if (bytes.length === 0) {
      return;
    }
    if (isBlank) {
      isBlank = !/\S/.test(bytes.toString('latin1', 0, 64))
        && !/\S/.test(bytes.toString('latin1'));
    }
    if (!isChild) {
      const seen = tail.length > 0 ? Buffer.concat([tail, bytes]) : bytes;
      isChild = seen.includes(mark);
      tail = Buffer.from(seen.subarray(Math.max(0,
        seen.length - mark.length)));
    }
  };

  for await (const chunk of fs.createReadStream(file,
    { highWaterMark: 1 << 20 })) {
    let from = 0;
    for (;;) {
      const to = chunk.indexOf(10, from);
      if (to < 0) {
        part(chunk.subarray(from));
        break;
      }
      part(chunk.subarray(from, to));
      endLine();
      from = to + 1;
    }
  }
  endLine();
  return { lines, roots };
}

/* An existing file as the result. Its lines are counted unless the counts are
 * given. */
async function existing(file) {
  const stat = await fs.promises.stat(file.path);
  const counts = file.object_count !== undefined
    && file.root_object_count !== undefined ? {
      lines: Number(file.object_count),
      roots: Number(file.root_object_count),
    } : await countLines(file.path);
  return {
    path: file.path,
    size: stat.size,
    lines: counts.lines,
    roots: counts.roots,
    etag: crypto.createHash('md5').update(file.path + stat.size
      + stat.mtimeMs).digest('hex'),
    modified: stat.mtimeMs,
  };
}

module.exports = { generate, existing, countLines, damage, write };
