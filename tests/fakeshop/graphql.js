'use strict';

/* graphql-js, the reference implementation: the package that Node finds, else
 * that of Debian's node-graphql. */

function load() {
  try {
    return require('graphql');
  } catch (error) {
    if (error.code !== 'MODULE_NOT_FOUND') {
      throw error;
    }
    return require('/usr/share/nodejs/graphql');
  }
}

module.exports = load();
