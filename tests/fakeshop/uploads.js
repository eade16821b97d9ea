'use strict';

/*
 * Staged uploads: stagedUploadsCreate gives targets, and this host receives the
 * files. A POST must have exactly the fields of the target's policy, and the
 * file last; a PUT has a signed URL. A file can be uploaded again and again
 * until the target expires; a bulk operation that runs notices it by the
 * checksum.
 */

const crypto = require('crypto');
const { sleep, send, sendFault } = require('./http');

const DAY = 86400000;
const LARGEST = 104857600;
/* What the fields and the boundaries of a form may need. */
const FORM_BYTES = 65536;
const BUCKET = 'shopify-staged-uploads';

function stamp(ms) {
  return new Date(ms).toISOString().replace(/[-:]|\.\d+/g, '');
}

function xml(code, message, more) {
  return '<?xml version=\'1.0\' encoding=\'UTF-8\'?><Error><Code>' + code
    + '</Code><Message>' + message + '</Message>' + (more || '')
    + '</Error>';
}

function tooLarge() {
  return xml('EntityTooLarge', 'Your proposed upload exceeds the maximum '
    + 'allowed object size.', '<MaxSizeAllowed>' + LARGEST
    + '</MaxSizeAllowed>');
}

class Refusal extends Error {
  constructor(status, code, message, more) {
    super(message);
    Object.assign(this, { status, body: xml(code, message, more) });
  }
}

/* The body of a request, up to `most` bytes; `early` bytes are enough if a
 * rule answers early. { bytes, isTooLarge } */
function receive(request, most, early, entry) {
  return new Promise((resolve, reject) => {
    const chunks = [];
    let size = 0;
    const end = (how) => {
      request.removeAllListeners('data');
      resolve(Object.assign({ bytes: Buffer.concat(chunks),
        isTooLarge: false }, how));
    };
    request.on('data', (chunk) => {
      chunks.push(chunk);
      size += chunk.length;
      entry.bytes = size;
      if (size > most) {
        end({ isTooLarge: true });
      } else if (early !== undefined && size >= early) {
        end({});
      }
    });
    request.on('end', () => end({}));
    request.on('error', reject);
    request.on('close', () => {
      if (!request.complete) {
        reject(new Error('the upload was cut off'));
      }
    });
  });
}

/* The parts of a form: { name, file: whether it has a file name, value }. */
function partsOf(contentType, bytes) {
  const match = /^multipart\/form-data;.*\bboundary="?([^";]+)"?/i
    .exec(contentType || '');
  const mark = match && Buffer.from('--' + match[1]);
  if (!mark || !bytes.subarray(0, mark.length).equals(mark)) {
    throw new Refusal(400, 'MalformedPOSTRequest', 'The body of your POST '
      + 'request is not well-formed multipart/form-data.');
  }
  const parts = [];
  const next = Buffer.concat([Buffer.from('\r\n'), mark]);
  let at = mark.length;
  while (bytes.toString('latin1', at, at + 2) === '\r\n') {
    const head = bytes.indexOf('\r\n\r\n', at);
    const end = head < 0 ? -1 : bytes.indexOf(next, head + 2);
    if (end < 0) {
      break;
    }
    const lines = bytes.toString('utf8', at, head);
    const name = /[; ]name="([^"]*)"/i.exec(lines);
    parts.push({ name: name && name[1], isFile: /filename="/i.test(lines),
      type: (/^content-type: *(.*?)\s*$/im.exec(lines) || [])[1] || null,
      value: bytes.subarray(head + 4, Math.max(head + 4, end)) });
    at = end + next.length;
  }
  if (bytes.toString('latin1', at, at + 2) !== '--') {
    throw new Refusal(400, 'MalformedPOSTRequest', 'The body of your POST '
      + 'request is not well-formed multipart/form-data.');
  }
  return parts;
}

class Uploads {
  constructor(shops, faults, log) {
    Object.assign(this, { shops, faults, log, origin: null });
    this.targets = new Map();
  }

  clear() {
    this.targets.clear();
  }

  /* -- Targets ---------------------------------------------------------- */

  /* A new target for one input of stagedUploadsCreate. */
  create(token, input) {
    const { store } = token;
    const now = this.shops.now();
    const key = 'tmp/' + /\d+$/.exec(store.world.at('Shop', 0).id)[0]
      + '/bulk/' + crypto.randomUUID() + '/' + input.filename;
    const target = { key, store, app: token.app, expires: now + DAY,
      method: input.httpMethod, mimeType: input.mimeType, object: null,
      versions: 0 };
    target.url = this.origin + '/' + (input.httpMethod === 'PUT'
      ? BUCKET + '/' + key : '');
    const fields = {
      'Content-Type': input.mimeType,
      success_action_status: '201',
      acl: 'private',
      key,
      'x-goog-date': stamp(now),
      'x-goog-credential': 'merchant-assets@shopify-tiers.iam.gserviceaccount'
        + '.com/' + stamp(now).slice(0, 8) + '/auto/storage/goog4_request',
      'x-goog-algorithm': 'GOOG4-RSA-SHA256',
      'x-goog-signature': crypto.randomBytes(256).toString('hex'),
    };
    fields.policy = Buffer.from(JSON.stringify({ conditions: [
      ...['Content-Type', 'success_action_status', 'acl'].map(
        (name) => ({ [name]: fields[name] })),
      ['content-length-range', 1, LARGEST], { bucket: BUCKET }, { key },
      ...['x-goog-date', 'x-goog-credential', 'x-goog-algorithm'].map(
        (name) => ({ [name]: fields[name] }))],
    expiration: new Date(target.expires).toISOString() })).toString('base64');
    if (input.httpMethod === 'PUT') {
      target.url += '?X-Goog-Signature=' + fields['x-goog-signature'];
      target.fields = { content_type: input.mimeType, acl: 'private' };
    } else {
      target.fields = fields;
    }
    target.signature = fields['x-goog-signature'];
    this.targets.set(key, target);
    return target;
  }

  /* stagedUploadsCreate. The order of the parameters is not fixed. */
  stage(token, args) {
    const targets = args.input.map((input) => this.create(token, input));
    const { settings } = token.store;
    return { userErrors: [], stagedTargets: targets.map((target) => {
      const names = Object.keys(target.fields);
      if (settings.key_first) {
        names.sort((a, b) => (b === 'key') - (a === 'key'));
      }
      return { url: target.url,
        resourceUrl: settings.resource_url ? target.url : null,
        parameters: names.map((name) => ({ name,
          value: target.fields[name] })) };
    }) };
  }

  /* The file at a path: { bytes, md5 }, or null. */
  file(store, path) {
    const target = this.targets.get(path);
    return target && target.store === store ? target.object : null;
  }

  /* -- The host --------------------------------------------------------- */

  async handle(request, response, isLeak) {
    const entry = this.log.add('upload', request);
    Object.assign(entry, { kind: 'upload', bytes: 0,
      fields: null, key: null, md5: null, content_length:
        Number(request.headers['content-length']) || null });
    response.on('close', () => {
      entry.status = entry.closed || !response.headersSent ? null
        : response.statusCode;
    });
    if (isLeak(request, entry)) {
      send(response, 400, { 'Content-Type': 'application/xml' },
        xml('InvalidArgument', 'Unexpected credentials.'));
      return;
    }
    const action = this.faults.find({ kind: 'upload', path: entry.path,
      text: request.url }) || {};
    if (Object.keys(action).length > 0) {
      entry.fault = action;
    }
    try {
      await this.accept(request, response, entry, action);
    } catch (error) {
      if (!(error instanceof Refusal)) {
        entry.problem = error.message; /* the client went away */
        response.destroy();
        return;
      }
      send(response, error.status, { 'Content-Type':
        'application/xml; charset=UTF-8' }, error.body);
    }
  }

  /* Answers before the whole file has come, and closes the connection. */
  async early(response, status, headers, body) {
    send(response, status, Object.assign({ Connection: 'close' }, headers),
      body);
    await sleep(20);
    response.destroy();
  }

  async accept(request, response, entry, action) {
    const length = entry.content_length;
    const most = request.method === 'PUT' ? 3 * LARGEST
      : LARGEST + FORM_BYTES;
    if (request.method === 'POST' && length === null) {
      throw new Refusal(411, 'MissingContentLength', 'You must provide the '
        + 'Content-Length HTTP header.');
    }
    if (length > most) {
      await this.early(response, 400, { 'Content-Type': 'application/xml' },
        tooLarge());
      return;
    }
    const got = await receive(request, most, action.read, entry);
    await this.faults.wait(action);
    if (!action.after && (action.close || action.status !== undefined)) {
      entry.closed = Boolean(action.close);
      if (action.close) {
        response.destroy();
      } else {
        await this.early(response, action.status, action.headers,
          action.body || '');
      }
      return;
    }
    if (got.isTooLarge) {
      await this.early(response, 400, { 'Content-Type': 'application/xml' },
        tooLarge());
      return;
    }
    const target = request.method === 'POST'
      ? this.byForm(request, got.bytes, entry)
      : this.byUrl(request, got.bytes, entry);
    this.keep(target, entry, action);
    if (action.after && sendFault(response, action, {})) {
      entry.closed = Boolean(action.close);
      return;
    }
    this.confirm(response, target, action);
  }

  keep(target, entry, action) {
    let bytes = target.pending;
    if (action.corrupt) {
      bytes = Buffer.from(bytes);
      bytes[bytes.length >> 1] ^= 1;
    }
    target.versions++;
    target.object = { bytes, md5: crypto.createHash('md5').update(bytes)
      .digest('hex') };
    target.pending = null;
    Object.assign(entry, { key: target.key, md5: target.object.md5,
      store: target.store.name, file_size: bytes.length });
  }

  confirm(response, target, action) {
    const etag = '"' + (action.etag || target.object.md5) + '"';
    if (target.method === 'PUT') {
      send(response, 200, { ETag: etag }, '');
      return;
    }
    send(response, 201, { 'Content-Type': 'application/xml; charset=UTF-8',
      ETag: etag, Location: this.origin + '/' + target.key },
    '<?xml version=\'1.0\' encoding=\'UTF-8\'?><PostResponse><Location>'
      + this.origin + '/' + encodeURIComponent(target.key)
      + '</Location><Bucket>' + BUCKET + '</Bucket><Key>' + target.key
      + '</Key><ETag>' + etag + '</ETag></PostResponse>');
  }

  checkTime(target) {
    if (this.shops.now() >= target.expires) {
      throw new Refusal(400, 'ExpiredToken', 'Invalid argument: the policy '
        + 'has expired.');
    }
  }

  byUrl(request, bytes) {
    const [path, query] = request.url.split('?');
    const target = this.targets.get(decodeURIComponent(
      path.slice(BUCKET.length + 2)));
    if (!target || target.method !== 'PUT'
      || query !== 'X-Goog-Signature=' + target.signature) {
      throw new Refusal(403, 'SignatureDoesNotMatch', 'The request signature '
        + 'we calculated does not match the signature you provided.');
    }
    this.checkTime(target);
    target.pending = bytes;
    return target;
  }

  /* The target of a form, whose fields must be those of the policy. */
  byForm(request, bytes, entry) {
    const parts = partsOf(request.headers['content-type'], bytes);
    entry.fields = parts.map((one) => one.name);
    const at = parts.findIndex((one) => one.name === 'file');
    if (at < 0) {
      throw new Refusal(400, 'InvalidArgument', 'POST requires exactly one '
        + 'file upload per request.');
    }
    /* Fields after the file are ignored, and so are missing. */
    const fields = new Map(parts.slice(0, at).map(
      (one) => [one.name, one.value.toString('utf8')]));
    const target = this.targets.get(fields.get('key'));
    if (!target || target.method !== 'POST' || !fields.has('policy')) {
      throw new Refusal(400, 'InvalidPolicyDocument', 'The content of the '
        + 'form does not meet the conditions specified in the policy '
        + 'document.');
    }
    for (const name of fields.keys()) {
      if (!(name in target.fields)) {
        throw new Refusal(403, 'InvalidPolicyDocument', 'Extra input fields: '
          + name);
      }
    }
    for (const [name, value] of Object.entries(target.fields)) {
      if (fields.get(name) !== value) {
        const isKey = name === 'x-goog-signature' || name === 'policy';
        throw new Refusal(403, isKey ? 'SignatureDoesNotMatch'
          : 'InvalidPolicyDocument', isKey ? 'Access denied.'
          : 'Policy condition failed: ["eq", "$' + name + '", "'
            + value + '"]');
      }
    }
    this.checkTime(target);
    const file = parts[at].value;
    if (file.length < 1) {
      throw new Refusal(400, 'EntityTooSmall', 'Your proposed upload is '
        + 'smaller than the minimum object size specified in your Policy '
        + 'Document.');
    }
    if (file.length > LARGEST) {
      throw Object.assign(new Refusal(400, 'EntityTooLarge', ''),
        { body: tooLarge() });
    }
    target.pending = Buffer.from(file);
    return target;
  }
}

module.exports = { Uploads, LARGEST };
