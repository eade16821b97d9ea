'use strict';

/* The requests to the servers, for tests. */

class Log {
  constructor() {
    this.clear();
  }

  clear() {
    this.entries = [];
    this.leaks = [];
    this.count = 0;
  }

  /* Adds the entry of a request. The handler of the request completes it. */
  add(server, request) {
    const entry = {
      n: ++this.count,
      time: new Date().toISOString(),
      server,
      method: request.method,
      path: request.url.split('?')[0],
      store: null,
      headers: Object.keys(request.headers),
      has_token: 'x-shopify-access-token' in request.headers,
      status: null,
    };
    this.entries.push(entry);
    return entry;
  }

  leak(entry, what) {
    this.leaks.push({ n: entry.n, time: entry.time, path: entry.path,
      what });
  }
}

module.exports = { Log };
