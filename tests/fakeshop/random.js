'use strict';

/* Deterministic chance: everything the fake stores hold follows from a hash
 * of the seed and of what is asked for, so that no state has to be kept and
 * the same id always shows the same values. */

/* The finishing steps of MurmurHash3: every input bit reaches every output
 * bit. */
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

/* A number of up to 44 bits out of two hashes. */
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

  /* An index below n that prefers small ones: the higher the power, the
   * more the first few are preferred. */
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
