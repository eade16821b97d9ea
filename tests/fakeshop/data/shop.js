'use strict';

const { hash } = require('../random');
const { time } = require('./format');

/* The shop itself. */
module.exports = function shop(world) {
  const seed = world.seed;

  function make() {
    const name = world.name[0].toUpperCase() + world.name.slice(1);
    return {
      id: 'gid://shopify/Shop/' + (50000000000 + hash(seed, 'shop')),
      name: name + ' & Fils',
      email: 'owner@' + world.name + '.example',
      contactEmail: 'info@' + world.name + '.example',
      shopOwnerName: 'Renée Tremblay',
      myshopifyDomain: world.domain,
      url: 'https://' + world.domain,
      primaryDomain: {
        $type: 'Domain',
        id: 'gid://shopify/Domain/' + (70000000000 + hash(seed, 'domain')),
        host: world.domain,
        url: 'https://' + world.domain,
        sslEnabled: true,
      },
      currencyCode: 'CAD',
      enabledPresentmentCurrencies: ['CAD', 'USD'],
      ianaTimezone: 'America/Toronto',
      timezoneAbbreviation: 'EST',
      timezoneOffset: '-0500',
      timezoneOffsetMinutes: -300,
      weightUnit: 'KILOGRAMS',
      unitSystem: 'METRIC_SYSTEM',
      taxesIncluded: false,
      taxShipping: false,
      setupRequired: false,
      description: null,
      plan: { displayName: 'Basic', publicDisplayName: 'Basic',
        partnerDevelopment: true, shopifyPlus: false },
      createdAt: time(world.now - 1400 * 86400000),
      updatedAt: time(world.now - 86400000),
      metafields: () => world.metafields('shop', 2),
    };
  }

  return { Shop: { make } };
};
