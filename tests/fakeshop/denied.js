'use strict';

/*
 * Fields that the app may not read: the setting `denied`, a list of
 * { type, field, scope }. An ordinary query has null in their place and an
 * error. A bulk operation with such a field ends with FAILED, or is refused if
 * denied_at is `submission`.
 */

const { GraphQLError, TypeInfo, visit, visitWithTypeInfo } =
  require('./graphql');

function words(one) {
  const scope = one.scope || 'read_all';
  return { message: 'Access denied for ' + one.field + ' field. Required '
    + 'access: `' + scope + '` access scope.', code: 'ACCESS_DENIED' };
}

function twistsOf(denied) {
  return denied.map((one) => ({ type: one.type, field: one.field,
    fail: words(one) }));
}

/* The error of a bulk query that selects a denied field; null: none. */
function denialOf(store, document) {
  let found = null;
  const info = new TypeInfo(store.schema);
  visit(document, visitWithTypeInfo(info, {
    Field(node) {
      const parent = info.getParentType();
      found = found || store.settings.denied.find((one) => (
        parent && one.type === parent.name && one.field === node.name.value));
    },
  }));
  return found && new GraphQLError(words(found).message,
    { extensions: { code: 'ACCESS_DENIED' } });
}

module.exports = { twistsOf, denialOf };
