'use strict';

/*
 * A bulk mutation that runs: the lines of the uploaded file are executed in a
 * random order, several side by side, and each gives a line of the result.
 *
 * It can stop after some lines and wait (`hold_after`), be canceled, or end
 * with the outcome that a test wants, which can be that k lines were applied
 * and only j are in the result. As long as it runs, the uploaded file must stay
 * the same.
 */

const { execute } = require('./graphql');
const { Random } = require('./random');
const { encode } = require('./flatten');
const { resolveField, resolveType } = require('./resolve');
const { mutationFields } = require('./mutations');
const { variableErrors } = require('./variables');
const { Operation, resultPath, falsified } = require('./bulk');
const result = require('./result');

function tick() {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/* The lines of a file. Blank lines at its end do not count. */
function linesOf(bytes) {
  const lines = bytes.toString('utf8').split('\n');
  while (lines.length > 0 && lines[lines.length - 1].trim() === '') {
    lines.pop();
  }
  return lines;
}

function shuffled(n, random) {
  const out = Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = random.int(i + 1);
    [out[i], out[j]] = [out[j], out[i]];
  }
  return out;
}

/* An error as in a line of a result. */
function errorView(error) {
  const out = { message: error.message };
  for (const name of ['locations', 'path']) {
    if (error[name]) {
      out[name] = error[name];
    }
  }
  if (error.extensions && Object.keys(error.extensions).length > 0) {
    out.extensions = error.extensions;
  }
  return out;
}

class Import extends Operation {
  /* checked: what validateMutation says; file: { path, bytes, md5 } of the
   * uploaded one. */
  constructor(bulk, token, query, settings, checked, file, version) {
    super(bulk, token.app, query, false, settings, checked.document);
    Object.assign(this, { type: 'MUTATION', checked, file, version,
      isStopped: false, gate: null, polls: 0 });
    this.fields = mutationFields(bulk.store);
    this.results = [];
    this.done = 0;
    this.started = 0;
  }

  view() {
    const late = this.settings.partial_after_polls;
    return Object.assign(super.view(), this.partialDataUrl
      && this.polls <= late ? { partialDataUrl: null } : {});
  }

  /* What a poll shows. The URL of a partial result may be late. */
  polled() {
    this.polls += this.partialDataUrl ? 1 : 0;
    return this.view();
  }

  start() {
    this.work = this.runAll();
    this.work.catch((error) => this.note(error));
  }

  stop() {
    super.stop();
    this.isStopped = true;
    this.release();
  }

  /* Continues after `hold_after` lines. */
  release() {
    this.settings = Object.assign({}, this.settings, { hold_after: null });
    if (this.gate) {
      this.gate.open();
      this.gate = null;
    }
  }

  pause(ms) {
    return new Promise((resolve) => {
      this.after(ms, resolve);
    });
  }

  async runAll() {
    await this.pause(this.settings.created_ms);
    if (this.status !== 'CREATED' || this.isStopped) {
      return;
    }
    this.status = 'RUNNING';
    const lines = linesOf(this.file.bytes);
    const random = new Random(this.bulk.store.world.seed,
      this.bulk.operations.length, lines.length);
    const order = this.settings.line_order === 'file'
      ? lines.map((_, i) => i) : shuffled(lines.length, random);
    const { outcome } = this.settings;
    this.most = outcome && outcome.applied !== undefined
      ? outcome.applied : Infinity;
    await Promise.all(Array.from(
      { length: Math.max(1, this.settings.line_width) },
      () => this.worker(lines, order, random)));
    const left = this.createdMs + this.settings.duration_ms - Date.now();
    if (left > 0 && !this.isStopped) {
      await this.pause(left);
    }
    if (!this.isStopped && !(outcome && outcome.never)) {
      await this.end(this.settings.outcome);
    }
  }

  async worker(lines, order, random) {
    while (!this.isStopped && this.started < order.length
      && this.started < this.most) {
      if (this.started === this.settings.hold_after) {
        await this.held();
        continue;
      }
      const i = order[this.started++];
      for (let wait = random.int(3); wait > 0; wait--) {
        await tick();
      }
      if (this.settings.line_ms > 0) {
        await this.pause(this.settings.line_ms);
      }
      if (this.isStopped) {
        break;
      }
      if (this.isOverwritten()) {
        this.isStopped = true;
        await this.end({ status: 'FAILED', partial_data: true,
          error_code: 'INTERNAL_SERVER_ERROR' });
        break;
      }
      const text = this.execute(lines[i], i);
      if (random.int(2) > 0) {
        await tick();
      }
      this.done++;
      this.objectCount = this.rootObjectCount = String(this.done);
      if (text !== null) {
        this.results.push({ line: i, text });
      }
    }
  }

  held() {
    if (!this.gate) {
      this.gate = {};
      this.gate.wait = new Promise((resolve) => {
        this.gate.open = resolve;
      });
    }
    return this.gate.wait;
  }

  isOverwritten() {
    const { store } = this.bulk;
    const now = store.shops.uploads.file(store, this.file.path);
    return !now || now.md5 !== this.file.md5;
  }

  /* Executes one line; the text of its result, or null if that is lost. */
  execute(line, i) {
    const { store } = this.bulk;
    const { schema } = store;
    let variables;
    try {
      variables = JSON.parse(line);
    } catch (error) {
      variables = null;
    }
    if (variables === null || typeof variables !== 'object'
      || Array.isArray(variables)) {
      return this.line({ errors: [{ message: 'Invalid JSON: unexpected token '
        + 'in the variables of the line.' }] }, i);
    }
    const problems = this.checked.problems.map(errorView)
      .concat(variableErrors(schema, this.checked.operation, variables,
        null));
    if (problems.length > 0) {
      return this.line({ errors: problems }, i);
    }
    const origin = { app: this.app, version: this.version,
      operation: this.id, line: i, variables };
    const answer = execute({ schema, document: this.document,
      variableValues: variables, fieldResolver: resolveField,
      typeResolver: resolveType, contextValue: { schema, origin,
        world: store.world, generic: store.generic, whole: true,
        scopes: store.settings.scopes, roots: this.fields } });
    const out = {};
    if (answer.data !== undefined) {
      out.data = answer.data;
    }
    if (answer.errors) {
      out.errors = answer.errors.map(errorView);
    }
    return origin.lost ? null : this.line(out, i);
  }

  line(answer, i) {
    return encode(Object.assign(answer, { __lineNumber:
      i + this.settings.line_base }));
  }

  /* -- The end ---------------------------------------------------------- */

  /* Writes the result: the first `most` lines that were finished, without the
   * gaps and with the duplicates that a test wants. */
  async write(most) {
    const { settings } = this;
    const rows = this.results.slice(0, most);
    if (settings.result_order === 'file') {
      rows.sort((a, b) => a.line - b.line);
    }
    const kept = rows.filter((one) => !settings.line_gaps.includes(one.line));
    const copies = kept.filter(
      (one) => settings.line_duplicates.includes(one.line));
    this.made = await result.write(resultPath(this.number),
      result.damage(kept.concat(copies).map((one) => (
        { text: one.text, counted: true, isChild: false })), settings),
      settings);
  }

  /* Ends the operation now: { status, error_code, reported, partial_data }. */
  async end(outcome) {
    const { status = 'COMPLETED', error_code: code, reported,
      partial_data: partial } = outcome || {};
    this.isStopped = true;
    this.release();
    if (!this.isActive()) {
      return;
    }
    await this.write(reported === undefined ? Infinity : reported);
    if (!this.isActive()) {
      return;
    }
    if (status === 'COMPLETED') {
      this.complete();
    } else if (status === 'FAILED') {
      this.fail(code || null, this.made.lines > 0
        && (partial || reported !== undefined));
    } else {
      this.status = status;
      this.errorCode = code || null;
      this.completedMs = status === 'CANCELED' ? null : Date.now();
      this.count();
      if (this.made.lines > 0 && (partial || reported !== undefined)) {
        this.partialDataUrl = this.publish();
      }
    }
  }

  count() {
    const { object_count: wrong } = this.settings;
    this.objectCount = this.rootObjectCount = falsified(this.done, wrong);
  }

  /* Lines that were applied stay applied; no others begin. */
  cancel() {
    this.status = 'CANCELING';
    if (this.settings.cancel_completes) {
      this.release();
      return;
    }
    this.isStopped = true;
    this.release();
    this.after(this.settings.cancel_ms, () => this.canceled());
  }

  async canceled() {
    const reported = this.settings.cancel_reports;
    if (reported !== null) {
      await this.end({ status: 'CANCELED', reported });
    } else if (this.status === 'CANCELING') {
      this.status = 'CANCELED';
      this.objectCount = this.rootObjectCount = '0';
    }
  }
}

module.exports = { Import };
