'use strict';

/* graphql-js, the reference implementation: wherever Node finds it, else
 * where Debian's node-graphql puts it. */

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
