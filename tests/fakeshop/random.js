'use strict';

/* Deterministic random values: all data of the fake stores is computed from a
 * hash of the seed and the object. So no state is needed, and the same id
 * always has the same values. */

/* The last steps of MurmurHash3: every input bit affects every output bit. */
function mix(h) {
  h ^= h >>> 16;
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  h ^= h >>> 16;
  return h >>> 0;
}

function hashText(text, h) {
  for (let i = 0; i < text.length; i++) {
    h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  }
  return h;
}

/* A 32-bit hash of numbers and strings. */
function hash(...parts) {
  let h = 0x811c9dc5;
  for (const part of parts) {
    if (typeof part === 'number') {
      h = mix(h ^ (part >>> 0));
      if (part > 0xffffffff) {
        h = mix(h ^ Math.floor(part / 0x100000000));
      }
    } else {
      h = mix(hashText(part, h));
    }
  }
  return mix(h);
}

/* A number of up to 44 bits from two hashes. */
function wide(...parts) {
  return (hash(...parts, 'high') & 0xfff) * 0x100000000
    + hash(...parts, 'low');
}

/* Mulberry32: a small generator with a 32-bit state. */
class Random {
  constructor(...parts) {
    this.state = hash(...parts);
  }

  /* [0, 1) */
  next() {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let t = this.state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 0x100000000;
  }

  int(n) {
    return Math.floor(this.next() * n);
  }

  between(low, high) {
    return low + this.int(high - low + 1);
  }

  chance(p) {
    return this.next() < p;
  }

  pick(list) {
    return list[this.int(list.length)];
  }

  /* An index below n; small ones are more frequent. The higher the power, the
   * more frequent the first few are. */
  skewed(n, power) {
    return Math.min(n - 1, Math.floor(n * Math.pow(this.next(), power)));
  }

  /* One of [weight, value] pairs. */
  weighted(pairs) {
    let total = 0;
    for (const pair of pairs) {
      total += pair[0];
    }
    let at = this.next() * total;
    for (const pair of pairs) {
      at -= pair[0];
      if (at < 0) {
        return pair[1];
      }
    }
    return pairs[pairs.length - 1][1];
  }
}

module.exports = { hash, wide, Random };
