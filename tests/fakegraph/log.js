'use strict';

/* The requests to the APIs, for tests. */

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
  add(spec, request) {
    const url = new URL(request.url, 'http://localhost');
    const entry = {
      n: ++this.count,
      time: new Date().toISOString(),
      api: spec.name,
      method: request.method,
      path: url.pathname,
      search: url.search,
      headers: Object.keys(request.headers),
      accept: request.headers.accept || null,
      has_token: spec.header in request.headers,
      status: null,
    };
    this.entries.push(entry);
    return entry;
  }

  /* A request to the other host, which must not get a secret. */
  elsewhere(request, secrets) {
    const entry = this.add({ name: 'elsewhere', header: 'authorization' },
      request);
    const text = request.url + '\n' + Object.values(request.headers)
      .join('\n');
    if (secrets.some((one) => text.includes(one))) {
      this.leaks.push({ n: entry.n, path: entry.path,
        what: 'a secret was sent to another host' });
    }
    return entry;
  }
}

module.exports = { Log };
