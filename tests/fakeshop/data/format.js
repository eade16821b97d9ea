'use strict';

/* Values in the form that the Admin API sends. */

/* `2026-07-21T02:07:50Z` from milliseconds. */
function time(ms) {
  return new Date(Math.floor(ms / 1000) * 1000).toISOString()
    .replace('.000Z', 'Z');
}

function date(ms) {
  return new Date(ms).toISOString().slice(0, 10);
}

/* Decimal: no trailing zeros, but at least one digit after the point. */
function decimal(cents) {
  const sign = cents < 0 ? '-' : '';
  const whole = Math.floor(Math.abs(cents) / 100);
  const rest = String(Math.abs(cents) % 100).padStart(2, '0');
  return sign + whole + '.' + (rest[1] === '0' ? rest[0] : rest);
}

/* Money: two digits after the point. */
function money(cents) {
  return (cents / 100).toFixed(2);
}

function moneyV2(cents, currency) {
  return { amount: decimal(cents), currencyCode: currency };
}

module.exports = { time, date, decimal, money, moneyV2 };
