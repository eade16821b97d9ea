'use strict';

/* Bulk operations from their creation to their end; five queries and five
 * mutations at a time. */

const fs = require('fs');
const os = require('os');
const path = require('path');
const { time } = require('./data/format');
const { validateBulk } = require('./validate');
const { denialOf } = require('./denied');
const { validateMutation } = require('./validate-mutation');
const { LARGEST } = require('./uploads');
const result = require('./result');

const ACTIVE = new Set(['CREATED', 'RUNNING', 'CANCELING']);

let lastNumber = 8000000000000 + Math.floor(Date.now() / 1000) * 100;

/* The directory of result files, which is removed when the process ends. */
let directory = null;
function resultPath(number) {
  if (!directory) {
    directory = fs.mkdtempSync(path.join(os.tmpdir(), 'fakeshop-'));
    process.on('exit', () => {
      fs.rmSync(directory, { recursive: true, force: true });
    });
  }
  return path.join(directory, number + '.jsonl');
}

/* A count that a test falsifies: "7" replaces the true count, "+1" and "-1" are
 * added to it. */
function falsified(value, wrong) {
  if (wrong === null || wrong === undefined) {
    return String(value);
  }
  return /^[+-]/.test(String(wrong)) ? String(value + Number(wrong))
    : String(wrong);
}

class Operation {
  constructor(bulk, app, query, grouped, settings, document) {
    this.number = ++lastNumber;
    this.id = 'gid://shopify/BulkOperation/' + this.number;
    this.bulk = bulk;
    this.app = app;
    this.query = query;
    this.grouped = grouped;
    this.settings = settings;
    this.document = document;
    this.type = 'QUERY';
    this.looks = 0;
    this.status = 'CREATED';
    this.errorCode = null;
    this.createdMs = Date.now();
    this.completedMs = null;
    this.objectCount = '0';
    this.rootObjectCount = '0';
    this.fileSize = null;
    this.url = null;
    this.partialDataUrl = null;
    this.servedAt = null;
    this.problems = [];
    this.timers = [];
  }

  /* The operation as a GraphQL object of type BulkOperation. */
  view() {
    return {
      $type: 'BulkOperation',
      $key: this.number,
      id: this.id,
      type: this.type,
      status: this.status,
      errorCode: this.errorCode,
      createdAt: time(this.createdMs),
      completedAt: this.completedMs === null ? null
        : time(this.completedMs),
      objectCount: this.objectCount,
      rootObjectCount: this.rootObjectCount,
      fileSize: this.fileSize,
      url: this.url,
      partialDataUrl: this.partialDataUrl,
      query: this.query,
    };
  }

  polled() {
    return this.view();
  }

  get status() {
    return this.phase;
  }

  /* The end is an event. */
  set status(value) {
    const wasActive = ACTIVE.has(this.phase);
    this.phase = value;
    if (wasActive && !this.isActive()) {
      this.bulk.store.webhooks.finished(this);
    }
  }

  isActive() {
    return ACTIVE.has(this.status);
  }

  /* Does a list of operations show it? Only after some looks or some time. */
  isListed() {
    const { listing_ms: ms, listing_looks: looks, unlisted } = this.settings;
    return !unlisted && this.looks++ >= looks
      && Date.now() - this.createdMs >= ms;
  }

  after(ms, action) {
    const timer = setTimeout(action, Math.max(0, ms));
    timer.unref();
    this.timers.push(timer);
  }

  stop() {
    this.timers.forEach(clearTimeout);
    this.timers = [];
  }

  start() {
    const settings = this.settings;
    const work = this.work = this.produce();
    /* An error is handled when the operation ends, not before. */
    work.catch(() => {});
    this.after(settings.created_ms, () => {
      if (this.status === 'CREATED') {
        this.status = 'RUNNING';
      }
    });
    /* As at Shopify, counters do not change for a long time and then jump. */
    this.after(settings.duration_ms * 0.6, () => {
      if (this.made && this.status === 'RUNNING') {
        this.objectCount = String(Math.floor(this.made.lines * 0.4));
        this.rootObjectCount = String(Math.floor(this.made.roots * 0.4));
      }
    });
    if (settings.outcome && settings.outcome.never) {
      return;
    }
    this.after(settings.duration_ms, () => {
      work.then(() => this.finish(), (error) => {
        this.note(error);
        this.fail('INTERNAL_SERVER_ERROR');
      });
    });
  }

  note(error) {
    this.problems.push(String(error && error.stack || error));
  }

  async produce() {
    const settings = this.settings;
    if (settings.result_file) {
      const file = typeof settings.result_file === 'string'
        ? { path: settings.result_file } : settings.result_file;
      this.servedAt = file.url || null;
      this.made = await result.existing(file);
    } else if (settings.empty) {
      this.made = { path: null, size: 0, lines: 0, roots: 0 };
    } else {
      this.made = await result.generate(this.bulk.store, this,
        resultPath(this.number));
    }
  }

  finish() {
    if (this.status !== 'CREATED' && this.status !== 'RUNNING') {
      return;
    }
    const outcome = this.settings.outcome || {};
    if (!outcome.status || outcome.status === 'COMPLETED') {
      this.complete();
    } else if (outcome.status === 'FAILED') {
      this.fail(outcome.error_code || null, outcome.partial_data);
    } else {
      this.status = outcome.status;
      this.errorCode = outcome.error_code || null;
      this.count();
      this.completedMs = outcome.status === 'CANCELED' ? null : Date.now();
    }
  }

  count() {
    if (this.made) {
      this.objectCount = falsified(this.made.lines,
        this.settings.object_count);
      this.rootObjectCount = falsified(this.made.roots,
        this.settings.root_object_count);
    }
  }

  complete() {
    this.count();
    this.status = 'COMPLETED';
    this.completedMs = Date.now();
    if (this.made.lines > 0 || this.settings.empty_url) {
      this.fileSize = falsified(this.made.size, this.settings.file_size);
      if (!this.settings.no_url) {
        this.url = this.publish();
      }
    }
  }

  /* The URL of the result: on this server, unless another one serves it. */
  publish() {
    if (this.servedAt !== null) {
      return this.servedAt;
    }
    this.publication = this.bulk.store.shops.storage.publish(this, this.made,
      this.settings.url_lifetime_s);
    return this.publication.url;
  }

  fail(errorCode, partial) {
    if (!this.isActive()) {
      return;
    }
    this.status = 'FAILED';
    this.errorCode = errorCode;
    this.completedMs = Date.now();
    this.count();
    if (partial && this.made && this.made.path) {
      this.partialDataUrl = this.publish();
    }
  }

  /* Ends a running operation with this outcome. */
  end(outcome) {
    this.settings = Object.assign({}, this.settings, { outcome });
    if (this.status === 'CANCELING') {
      this.status = 'RUNNING';
    }
    /* The result may not be complete yet. */
    this.work.then(() => this.finish(), () => this.finish());
  }

  cancel() {
    this.status = 'CANCELING';
    this.after(this.settings.cancel_ms, () => {
      if (this.status !== 'CANCELING') {
        return;
      }
      if (this.settings.cancel_completes && this.made) {
        this.complete();
      } else {
        this.count();
        this.status = 'CANCELED';
      }
    });
  }
}

function refused(...errors) {
  return { bulkOperation: null, userErrors: errors };
}

/* Why an uploaded file cannot be used, or null. */
function fileError(file) {
  if (!file) {
    return { field: null, code: 'NO_SUCH_FILE', message: 'The JSONL file '
      + 'could not be found. Try uploading the file again, and check that '
      + 'you\'ve entered the URL correctly for the stagedUploadPath mutation '
      + 'argument.' };
  }
  const message = file.bytes.length === 0 ? 'The input file is empty.'
    : file.bytes.length > LARGEST ? 'The input file size exceeds the maximum '
      + 'allowed size of 100 MB.' : null;
  return message && { field: null, code: 'INVALID_STAGED_UPLOAD_FILE',
    message };
}

/* All operations of one store. */
class Bulk {
  constructor(store) {
    this.store = store;
    this.operations = [];
  }

  reset() {
    for (const operation of this.operations) {
      operation.stop();
      if (operation.made && operation.made.isOurs) {
        fs.rmSync(operation.made.path, { force: true });
      }
    }
    this.operations = [];
  }

  of(app) {
    return this.operations.filter((operation) => operation.app === app);
  }

  find(app, id) {
    return this.of(app).find((operation) => operation.id === id) || null;
  }

  run(app, query, grouped) {
    const { document, errors } = validateBulk(this.store.schema, query);
    if (errors.length > 0) {
      return refused(...errors);
    }
    const busy = this.inProgress(app, 'QUERY', this.store.settings.slots);
    if (busy) {
      return refused(busy);
    }
    const settings = this.store.settingsFor(query);
    const refusal = denialOf(this.store, document);
    if (refusal && settings.denied_at === 'submission') {
      throw refusal;
    }
    if (refusal) {
      settings.outcome = { status: 'FAILED', error_code: 'ACCESS_DENIED' };
    }
    const operation = new Operation(this, app, query, grouped, settings,
      document);
    this.operations.push(operation);
    operation.start();
    return { bulkOperation: operation.view(), userErrors: [] };
  }

  /* The user error if all slots for operations of a type are taken. */
  inProgress(app, type, slots) {
    const active = this.of(app).filter(
      (one) => one.type === type && one.isActive());
    return active.length < slots ? null : { field: null,
      message: 'A bulk ' + type.toLowerCase() + ' operation for this app and '
        + 'shop is already in progress: '
        + active.map((one) => one.id).join(', ') + '.',
      code: 'OPERATION_IN_PROGRESS' };
  }

  /* bulkOperationRunMutation. The document is checked first, then the file,
   * then the slots. */
  runMutation(token, args, version) {
    const { settings } = this.store;
    const checked = validateMutation(this.store.schema, args.mutation,
      args.clientIdentifier, settings.strict_documents);
    const path = args.stagedUploadPath;
    const file = this.store.shops.uploads.file(this.store, path);
    const wrong = checked.error || fileError(file)
      || this.inProgress(token.app, 'MUTATION', settings.mutation_slots);
    if (wrong) {
      return refused(wrong);
    }
    const { Import } = require('./imports');
    const operation = new Import(this, token, args.mutation,
      this.store.settingsFor(args.mutation), checked,
      { path, bytes: file.bytes, md5: file.md5 }, version);
    this.operations.push(operation);
    operation.start();
    return { bulkOperation: operation.view(), userErrors: [] };
  }

  cancel(app, id) {
    const operation = this.find(app, id);
    if (!operation) {
      return { bulkOperation: null, userErrors: [
        { field: ['id'], message: 'Bulk operation does not exist' }] };
    }
    if (!operation.isActive()) {
      return { bulkOperation: operation.view(), userErrors: [{
        field: null,
        message: 'A bulk operation cannot be canceled when it is '
          + operation.status.toLowerCase(),
      }] };
    }
    if (operation.status !== 'CANCELING') {
      operation.cancel();
    }
    return { bulkOperation: operation.view(), userErrors: [] };
  }
}

module.exports = { Bulk, Operation, resultPath, falsified };
