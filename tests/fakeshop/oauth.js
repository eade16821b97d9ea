'use strict';

/* Access tokens: `client_credentials` and `refresh_token`. */

const crypto = require('crypto');
const { sendJson, sendFault, requestId } = require('./http');

const REFRESH_LIFETIME_S = 7776000;
const REFRESHED_LIFETIME_S = 3600;

function parseBody(request, body) {
  if (/json/.test(request.headers['content-type'] || '')) {
    try {
      return JSON.parse(body) || {};
    } catch (error) {
      return {};
    }
  }
  return Object.fromEntries(new URLSearchParams(body));
}

function refuse(error, description) {
  return { status: 400, body: { error, error_description: description } };
}

/* A refresh token is valid once. However, it can be used again until its
 * successor is used, because the answer with the successor may be lost. */
function takeRefreshToken(store, token) {
  const { refresh } = store;
  if (token === refresh.current) {
    refresh.previous = refresh.current;
  } else if (token !== refresh.previous || store.settings.refresh_strict) {
    return null;
  }
  refresh.current = 'shprt_' + crypto.randomBytes(16).toString('hex');
  store.refreshTokens.push(refresh.current);
  return refresh.current;
}

class OAuth {
  constructor(shops, faults, log) {
    this.shops = shops;
    this.faults = faults;
    this.log = log;
  }

  async handle(request, response, body, prefix) {
    const entry = this.log.add('oauth', request);
    const id = requestId();
    const headers = { 'X-Request-ID': id };
    const form = parseBody(request, body);
    const store = this.shops.byClient(form.client_id);
    entry.request_id = id;
    entry.kind = 'oauth';
    entry.grant_type = form.grant_type || null;
    entry.store = prefix || (store ? store.name : null);
    response.on('close', () => {
      entry.status = response.statusCode;
    });

    const action = this.faults.find({ kind: 'oauth', store: entry.store,
      path: entry.path, text: body });
    if (action) {
      entry.fault = action;
      await this.faults.wait(action);
      if (!action.after && sendFault(response, action, headers)) {
        return;
      }
    }
    const answer = this.answer(form, store, prefix);
    if (action && action.after && sendFault(response, action, headers)) {
      return;
    }
    sendJson(response, answer.status, answer.body, headers);
  }

  answer(form, store, prefix) {
    if (!store || (prefix && store.name !== prefix)
      || form.client_secret !== store.clientSecret) {
      return refuse('invalid_client', 'Client authentication failed');
    }
    const scope = store.settings.scopes.join(',');
    if (form.grant_type === 'client_credentials') {
      const lifetime = store.settings.token_lifetime_s;
      return { status: 200, body: {
        access_token: store.newToken(lifetime).token,
        scope,
        expires_in: lifetime,
      } };
    }
    if (form.grant_type === 'refresh_token') {
      const refreshToken = takeRefreshToken(store, form.refresh_token);
      if (refreshToken === null) {
        return refuse('invalid_grant', 'The refresh token is invalid, '
          + 'expired or was used before');
      }
      const lifetime = Math.min(REFRESHED_LIFETIME_S,
        store.settings.token_lifetime_s);
      return { status: 200, body: {
        access_token: store.newToken(lifetime).token,
        scope,
        expires_in: lifetime,
        refresh_token: refreshToken,
        refresh_token_expires_in: REFRESH_LIFETIME_S,
      } };
    }
    return refuse('unsupported_grant_type', 'The grant type is not '
      + 'supported');
  }
}

module.exports = { OAuth };
