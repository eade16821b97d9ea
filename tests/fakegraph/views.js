'use strict';

/* How each API writes its errors. */

function located(error) {
  const view = { message: error.message };
  if (error.locations) {
    view.locations = error.locations;
  }
  if (error.path) {
    view.path = error.path;
  }
  return view;
}

/* A document that is not valid. */
function invalid(view, error) {
  switch (view) {
    case 'github':
      return Object.assign(located(error), { extensions: { code:
        error.message.startsWith('Cannot query') ? 'undefinedField'
          : 'argumentLiteralsIncompatible' } });
    case 'infrahub':
      return error.message;
    case 'linear':
      return Object.assign(located(error), { extensions: {
        code: 'GRAPHQL_VALIDATION_FAILED' } });
    default:
      return Object.assign(located(error), { extensions: { exception: {
        code: 'GraphQLError' } } });
  }
}

/* A field that failed. */
function failed(view, error) {
  const out = located(error);
  const given = error.extensions || {};
  switch (view) {
    case 'github':
      return Object.assign(out, { type: given.code || 'INTERNAL' });
    case 'saleor':
      return Object.assign(out, { extensions: Object.assign({ exception: {
        code: given.code || 'Exception' } }, given) });
    default:
      return Object.assign(out, given.code ? { extensions: given } : {});
  }
}

module.exports = { invalid, failed };
