'use strict';

/* Helpers of the HTTP servers. */

const crypto = require('crypto');
const http = require('http');

const MAX_BODY = 64 << 20;

function readBody(request) {
  return new Promise((resolve, reject) => {
    const chunks = [];
    let size = 0;
    request.on('data', (chunk) => {
      size += chunk.length;
      if (size > MAX_BODY) {
        reject(new Error('body too large'));
        request.destroy();
        return;
      }
      chunks.push(chunk);
    });
    request.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
    request.on('error', reject);
  });
}

function sleep(ms) {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}

function send(response, status, headers, body) {
  const bytes = Buffer.from(body);
  response.writeHead(status, Object.assign(
    { 'Content-Length': bytes.length }, headers));
  response.end(bytes);
}

function sendJson(response, status, value, headers) {
  send(response, status, Object.assign(
    { 'Content-Type': 'application/json; charset=utf-8' }, headers),
  typeof value === 'string' ? value : JSON.stringify(value));
}

/* Does what a rule says instead of the answer. False if the rule does not
 * replace the answer. */
function sendFault(response, action, headers) {
  if (action.close) {
    response.destroy();
    return true;
  }
  if (action.trickle_ms !== undefined) {
    const timer = setInterval(() => response.write(' '), action.trickle_ms);
    response.on('close', () => clearInterval(timer));
    response.writeHead(200, { 'Content-Type': 'application/json' });
    response.flushHeaders();
    return true;
  }
  if (action.status !== undefined || action.body !== undefined) {
    const body = action.body === undefined ? ''
      : typeof action.body === 'string' ? action.body
        : JSON.stringify(action.body);
    send(response, action.status || 200, Object.assign(
      { 'Content-Type': 'application/json; charset=utf-8' }, headers,
      action.headers), body);
    return true;
  }
  return false;
}

/* Starts a server on a loopback port. The promise resolves to the server when
 * it listens. `name` is the program's, for error messages. */
function listen(handler, port, name = 'fakeshop') {
  const server = http.createServer((request, response) => {
    response.on('error', () => {});
    Promise.resolve(handler(request, response)).catch((error) => {
      if (request.destroyed && !request.complete) {
        /* The client closed the connection before its request was complete. */
        return;
      }
      process.stderr.write(name + ': ' + (error.stack || error) + '\n');
      if (!response.headersSent) {
        sendJson(response, 500, { errors: name + ': ' + error.message });
      } else {
        response.destroy();
      }
    });
  });
  /* A client may keep a connection for as long as a test takes. */
  server.keepAliveTimeout = 120000;
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}

function requestId() {
  return crypto.randomUUID();
}

module.exports = { readBody, sleep, send, sendJson, sendFault, listen,
  requestId };
