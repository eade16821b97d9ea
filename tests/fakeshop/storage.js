'use strict';

/* The host of result files: signed URLs, ranges, and a check that requests have
 * no token. */

const crypto = require('crypto');
const fs = require('fs');
const { sleep, send, sendFault } = require('./http');

const FOLDER = '/shopify-tiers-assets-prod-us-east1/bulk-operation-outputs/';
const MAX_PAUSE_MS = 1000;

function xml(code, message) {
  return '<?xml version=\'1.0\' encoding=\'UTF-8\'?><Error><Code>' + code
    + '</Code><Message>' + message + '</Message></Error>';
}

/* { from, to } of a Range header, inclusive; null if the header is absent or
 * not valid; 'bad' if the range is outside of the file. */
function parseRange(header, size) {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header || '');
  if (!match || (match[1] === '' && match[2] === '')) {
    return null;
  }
  if (match[1] === '') {
    const n = Math.min(size, Number(match[2]));
    return n === 0 ? 'bad' : { from: size - n, to: size - 1 };
  }
  const from = Number(match[1]);
  const to = match[2] === '' ? size - 1
    : Math.min(size - 1, Number(match[2]));
  return from >= size || to < from ? 'bad' : { from, to };
}

class Storage {
  constructor(shops, faults, log) {
    this.shops = shops;
    this.faults = faults;
    this.log = log;
    this.origin = null;
    this.files = new Map();
  }

  clear() {
    this.files.clear();
  }

  /* Creates a signed URL for a file, a different one each time. */
  publish(operation, made, lifetime) {
    const name = crypto.randomBytes(21).toString('base64')
      .replace(/\+/g, '-').replace(/\//g, '_');
    const path = FOLDER + name;
    const file = 'bulk-' + operation.number + '.jsonl';
    const expires = Date.now() + lifetime * 1000;
    const query = 'GoogleAccessId=assets-us-prod%40shopify-tiers.iam.'
      + 'gserviceaccount.com&Expires=' + Math.floor(expires / 1000)
      + '&Signature='
      + encodeURIComponent(crypto.randomBytes(256).toString('base64'))
      + '&response-content-disposition=attachment%3B+filename%3D%22' + file
      + '%22%3B+filename%2A%3DUTF-8%27%27' + file
      + '&response-content-type=application%2Fjsonl';
    const publication = { path, query, expires, made, operation,
      url: this.origin + path + '?' + query };
    this.files.set(path, publication);
    return publication;
  }

  async handle(request, response) {
    const entry = this.log.add('storage', request);
    const [path, query] = this.split(request.url);
    const publication = this.files.get(path);
    const settings = publication ? publication.operation.settings : null;
    entry.kind = 'storage';
    entry.store = publication ? publication.operation.bulk.store.name
      : null;
    entry.operation_id = publication ? publication.operation.id : null;
    entry.range = request.headers.range || null;
    entry.if_range = request.headers['if-range'] || null;
    entry.bytes = 0;
    response.on('close', () => {
      entry.status = response.statusCode;
    });
    const refuse = (status, code, message) => send(response, status,
      { 'Content-Type': 'application/xml; charset=UTF-8' },
      xml(code, message));

    if (this.isLeak(request, entry)) {
      refuse(400, 'InvalidArgument', 'Unexpected credentials.');
      return;
    }
    const action = this.faults.find({ kind: 'storage', store: entry.store,
      path: entry.path, text: request.url }) || {};
    if (Object.keys(action).length > 0) {
      entry.fault = action;
    }
    await this.faults.wait(action);
    if (response.destroyed) {
      return; /* the client closed the connection */
    }
    if (sendFault(response, action, {})) {
      return;
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      refuse(405, 'MethodNotAllowed', 'GET it.');
    } else if (!publication) {
      refuse(404, 'NoSuchKey', 'The specified key does not exist.');
    } else if (query !== publication.query) {
      refuse(403, 'SignatureDoesNotMatch', 'The request signature we '
        + 'calculated does not match the signature you provided.');
    } else if (publication.expires <= Date.now()) {
      refuse(400, 'ExpiredToken', 'The provided token has expired.');
    } else {
      await this.serve(request, response, publication, entry,
        Object.assign({}, settings, this.live(entry.store), action, {
          rate: () => (action.bytes_per_second !== undefined
            ? action.bytes_per_second
            : this.live(entry.store).bytes_per_second) }));
    }
  }

  split(url) {
    const at = url.indexOf('?');
    return at < 0 ? [url, ''] : [url.slice(0, at), url.slice(at + 1)];
  }

  /* Settings for sending are the store's present ones, not those from the time
   * when the operation began. */
  live(name) {
    const { settings } = this.shops.stores.get(name);
    const out = {};
    for (const key of ['chunk_bytes', 'bytes_per_second', 'chunked',
      'ranges']) {
      out[key] = settings[key];
    }
    return out;
  }

  isLeak(request, entry) {
    const { headers } = request;
    let what = null;
    if ('x-shopify-access-token' in headers) {
      what = 'X-Shopify-Access-Token';
    } else if ('authorization' in headers) {
      what = 'Authorization';
    } else if (this.shops.holdsSecret(request.url
      + JSON.stringify(headers))) {
      what = 'a secret in the request';
    }
    if (what) {
      this.log.leak(entry, what);
    }
    return what !== null;
  }

  async serve(request, response, publication, entry, how) {
    const { made } = publication;
    const etag = '"' + (how.etag || made.etag) + '"';
    const headers = {
      'Content-Type': how.content_type || 'application/jsonl',
      'Content-Disposition': 'attachment; filename="bulk-'
        + publication.operation.number + '.jsonl"',
      ETag: etag,
      'Last-Modified': new Date(made.modified).toUTCString(),
      'Accept-Ranges': how.ranges ? 'bytes' : 'none',
      'x-goog-generation': String(Math.floor(made.modified * 1000)),
      'x-goog-stored-content-encoding': 'identity',
      'x-goog-stored-content-length': String(made.size),
    };
    const ifRange = request.headers['if-range'];
    let range = how.ranges && (!ifRange || ifRange === etag)
      ? parseRange(request.headers.range, made.size) : null;
    if (range === 'bad') {
      send(response, 416, { 'Content-Type': 'application/xml',
        'Content-Range': 'bytes */' + made.size },
      xml('InvalidRange', 'The requested range cannot be satisfied.'));
      return;
    }
    const status = range ? 206 : 200;
    const length = (range ? range.to - range.from : made.size - 1) + 1;
    if (how.end_after !== undefined && how.end_after < length) {
      const from = range ? range.from : 0;
      range = Object.assign(range || {}, { from,
        to: from + how.end_after - 1 });
    }
    if (status === 206) {
      headers['Content-Range'] = 'bytes ' + range.from + '-' + range.to
        + '/' + made.size;
    }
    range = range || { from: 0, to: made.size - 1 };
    if (!how.chunked) {
      headers['Content-Length'] = range.to - range.from + 1;
    }
    Object.assign(headers, how.headers);
    Object.keys(headers).filter((name) => headers[name] === null)
      .forEach((name) => delete headers[name]);
    response.writeHead(status, headers);
    if (request.method === 'HEAD' || range.to < range.from) {
      response.end();
      return;
    }
    await this.stream(response, made.path, range, how, entry);
  }

  /* Sends a part of a file in pieces, as fast as allowed. */
  async stream(response, path, range, how, entry) {
    const limit = how.truncate_after !== undefined ? how.truncate_after
      : how.stall_after !== undefined ? how.stall_after : Infinity;
    const piece = Math.max(1, how.chunk_bytes);
    const source = fs.createReadStream(path, { start: range.from,
      end: range.to, highWaterMark: Math.max(piece, 65536) });
    let isGone = false;
    /* Set while a piece waits until the socket can take it. */
    let wake = null;
    response.on('close', () => {
      isGone = true;
      if (wake) {
        wake();
      }
    });
    response.on('drain', () => {
      if (wake) {
        wake();
      }
    });
    const write = async (part) => {
      if (!response.write(part) && !isGone) {
        await new Promise((resolve) => {
          wake = resolve;
        });
        wake = null;
      }
      if (how.rate() > 0) {
        await sleep(Math.min(MAX_PAUSE_MS,
          part.length / how.rate() * 1000));
      } else if (piece < 4096) {
        /* Let the piece be sent on its own. */
        await new Promise((resolve) => {
          setImmediate(resolve);
        });
      }
    };
    if (response.socket) {
      response.socket.setNoDelay(true);
    }
    if (limit === 0) {
      response.flushHeaders();
    }
    for await (const chunk of source) {
      for (let at = 0; at < chunk.length && !isGone; at += piece) {
        if (entry.bytes >= limit) {
          break;
        }
        const end = Math.min(chunk.length, at + piece,
          at + limit - entry.bytes);
        const part = chunk.subarray(at, end);
        entry.bytes += part.length;
        await write(part);
      }
      if (isGone || entry.bytes >= limit) {
        break;
      }
    }
    source.destroy();
    if (isGone) {
      return;
    }
    if (how.stall_after !== undefined && entry.bytes >= limit) {
      /* The connection stays open, and nothing more is sent. */
      return;
    }
    if (entry.bytes < range.to - range.from + 1) {
      /* The written bytes must arrive before the connection is cut. */
      await sleep(20);
      response.destroy();
      return;
    }
    response.end();
  }
}

module.exports = { Storage };
