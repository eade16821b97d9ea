'use strict';

/* Customers and orders, with the objects that belong to them. */

const { hash, Random } = require('../random');
const text = require('./words');
const { time, money, moneyV2, decimal } = require('./format');

const DAY = 86400000;
const PERIOD = 425 * DAY;
const RATE = 0.73;

module.exports = function sales(world) {
  const seed = world.seed;

  /* -- Customers ------------------------------------------------------- */

  function person(index) {
    const random = new Random(seed, 'customer', index);
    const first = random.pick(text.FIRST_NAMES);
    const last = random.pick(text.LAST_NAMES);
    const mail = (text.slug(first) || 'client') + '.'
      + (text.slug(last) || 'x') + (index + 1);
    const born = world.born('Customer', index);
    const created = born === null
      ? world.now - Math.floor(random.next() * 900 * DAY) - DAY : born;
    return {
      random, first, last, created,
      place: random.pick(text.PLACES),
      email: random.chance(0.04) ? null
        : mail + '@' + random.pick(['example.com', 'example.org',
          'courriel.example']),
      phone: random.chance(0.4) ? '+1514555'
        + String(index % 10000).padStart(4, '0') : null,
      updated: born === null ? world.now
        - Math.floor((world.now - created) * Math.pow(random.next(), 3))
        : born,
    };
  }

  function address(index) {
    const of = person(Math.floor(index / 4));
    const random = new Random(seed, 'address', index);
    const place = index % 4 === 0 ? of.place : random.pick(text.PLACES);
    const country = place.country === 'CA' ? 'Canada' : 'United States';
    const id = world.gid('MailingAddress', index)
      + '?model_name=CustomerAddress';
    return {
      $type: 'MailingAddress',
      $key: hash(seed, id),
      id,
      firstName: of.first,
      lastName: of.last,
      name: of.first + ' ' + of.last,
      company: random.chance(0.15) ? random.pick(text.VENDORS) : null,
      address1: random.between(1, 9999) + ' ' + random.pick(text.STREETS),
      address2: random.chance(0.3) ? 'App. ' + random.between(1, 40) : null,
      city: place.city,
      province: place.province,
      provinceCode: place.code,
      country,
      countryCode: place.country,
      countryCodeV2: place.country,
      zip: place.zip,
      phone: of.phone,
      latitude: place.lat,
      longitude: place.lon,
      coordinatesValidated: true,
      formattedArea: place.city + ' ' + place.code + ', ' + country,
      formatted: [of.first + ' ' + of.last, place.city + ' ' + place.code,
        country],
    };
  }

  function addressesOf(index) {
    const n = 1 + (hash(seed, 'addresses', index) % 5 === 0 ? 1 : 0);
    return Array.from({ length: n }, (_, i) => address(index * 4 + i));
  }

  /* The orders of each customer, computed on first use. */
  let orderIndex = null;
  function ordersOf(customer_) {
    if (!orderIndex || orderIndex.size !== world.sizes.Order) {
      const byCustomer = new Map();
      for (let i = 0; i < world.sizes.Order; i++) {
        const of = customerOf(i);
        if (of >= 0) {
          const list = byCustomer.get(of);
          if (list) {
            list.push(i);
          } else {
            byCustomer.set(of, [i]);
          }
        }
      }
      orderIndex = { size: world.sizes.Order, byCustomer };
    }
    return orderIndex.byCustomer.get(customer_) || [];
  }

  function spent(customer_) {
    let cents = 0;
    for (const order_ of ordersOf(customer_)) {
      cents += core(order_).total;
    }
    return cents;
  }

  function customer(index) {
    const of = person(index);
    const random = of.random;
    const agreed = random.chance(0.4);
    const marketing = agreed ? 'SUBSCRIBED' : 'NOT_SUBSCRIBED';
    return {
      legacyResourceId: String(world.number('Customer', index)),
      firstName: random.chance(0.03) ? null : of.first,
      lastName: of.last,
      displayName: of.first + ' ' + of.last,
      email: of.email,
      phone: of.phone,
      defaultEmailAddress: of.email === null ? null : {
        emailAddress: of.email, marketingState: marketing,
        validFormat: true },
      defaultPhoneNumber: of.phone === null ? null
        : { phoneNumber: of.phone, marketingState: 'NOT_SUBSCRIBED' },
      state: random.weighted([[6, 'DISABLED'], [3, 'ENABLED'],
        [1, 'INVITED']]),
      locale: random.pick(['fr', 'en', 'en', 'fr-CA', 'ja']),
      note: random.chance(0.15) ? text.sentences(random, 1, 3) : null,
      tags: text.TAGS.filter(() => random.chance(0.08)).sort(),
      taxExempt: random.chance(0.02),
      taxExemptions: [],
      verifiedEmail: random.chance(0.8),
      validEmailAddress: of.email !== null,
      createdAt: time(of.created),
      updatedAt: time(of.updated),
      numberOfOrders: () => String(ordersOf(index).length),
      amountSpent: () => moneyV2(spent(index), 'CAD'),
      lastOrder: () => {
        const list = ordersOf(index);
        return list.length > 0
          ? world.at('Order', list[list.length - 1]) : null;
      },
      orders: () => {
        const list = ordersOf(index);
        return { length: list.length, at: (i) => world.at('Order', list[i]) };
      },
      defaultAddress: () => address(index * 4),
      addresses: () => addressesOf(index),
      addressesV2: () => addressesOf(index),
      metafields: () => world.metafields(world.gid('Customer', index), 2),
    };
  }

  /* -- Orders ---------------------------------------------------------- */

  function customerOf(order_) {
    const random = new Random(seed, 'buyer', order_);
    return random.chance(0.92) && world.base.Customer > 0
      ? random.skewed(world.base.Customer, 2) : -1;
  }

  /* The time of an order. The number of orders per day grows. */
  function orderedAt(order_) {
    const born = world.born('Order', order_);
    if (born !== null) {
      return born;
    }
    const n = world.base.Order;
    const jitter = hash(seed, 'ordered', order_) / 0x100000000;
    const share = Math.pow((order_ + jitter * 0.9) / n, 0.75);
    return world.now - PERIOD + Math.floor(share * PERIOD * 0.999);
  }

  const cores = new Map();

  function makeLine(order_, j, rate) {
    const random = new Random(seed, 'line', order_, j);
    const product = random.skewed(world.base.Product, 2.5);
    const variant = world.productVariant(product, random.int(1000000));
    const quantity = random.weighted([[80, 1], [14, 2], [4, 3],
      [2, random.between(4, 24)]]);
    const unit = world.variantPrice(variant);
    return { product, variant, quantity, unit, total: unit * quantity,
      discount: 0, tax: [], rate };
  }

  /* The amounts of an order, which must add up, in cents of the shop's
   * currency. */
  function core(order_) {
    let of = cores.get(order_);
    if (of) {
      return of;
    }
    const random = new Random(seed, 'order', order_);
    const buyer = customerOf(order_);
    const place = buyer >= 0 ? person(buyer).place : text.PLACES[2];
    const foreign = place.country === 'US';
    const rate = foreign ? RATE : 1;
    const n = random.weighted([[48, 1], [25, 2], [13, 3], [8, 4],
      [6, random.between(5, 12)]]);
    const lines = [];
    for (let j = 0; j < n; j++) {
      lines.push(makeLine(order_, j, rate));
    }
    const subtotal = lines.reduce((sum, line) => sum + line.total, 0);
    const discount = random.weighted([[78, null],
      [12, { type: 'DiscountCodeApplication', percent: 10,
        code: 'BIENVENUE10' }],
      [5, { type: 'DiscountCodeApplication', percent: 15,
        code: 'ÉTÉ&SOLEIL' }],
      [3, { type: 'AutomaticDiscountApplication', percent: 20,
        title: 'Black Friday / Vendredi fou' }],
      [2, { type: 'ManualDiscountApplication', cents: 500,
        title: 'Geste commercial "désolé"' }]]);
    for (const line of lines) {
      line.discount = !discount ? 0 : discount.percent
        ? Math.round(line.total * discount.percent / 100)
        : Math.round(discount.cents * line.total / subtotal);
      line.tax = place.taxes.map(([title, share]) => ({ title, rate: share,
        cents: Math.round((line.total - line.discount) * share) }));
    }
    const shipping = random.chance(0.85)
      ? random.weighted([[5, 995], [3, 1500], [2, 0]]) : null;
    const tax = lines.reduce((sum, line) => sum
      + line.tax.reduce((part, one) => part + one.cents, 0), 0);
    const off = lines.reduce((sum, line) => sum + line.discount, 0);
    const created = orderedAt(order_);
    const status = random.weighted([[78, 'PAID'], [7, 'PARTIALLY_REFUNDED'],
      [4, 'REFUNDED'], [5, 'PENDING'], [4, 'AUTHORIZED'], [2, 'VOIDED']]);
    const refunds = status === 'REFUNDED' ? 1
      : status === 'PARTIALLY_REFUNDED' ? random.between(1, 2) : 0;
    const fresh = world.now - created;
    of = {
      order: order_, buyer, place, rate, foreign, lines, discount, shipping,
      subtotal, off, tax, created, status, refunds,
      currency: foreign ? 'USD' : 'CAD',
      total: subtotal - off + tax + (shipping || 0),
      updated: world.born('Order', order_) !== null ? created
        : created + Math.floor(Math.min(fresh, 60 * DAY)
          * Math.pow(random.next(), 3)),
      shipped: status === 'VOIDED' || status === 'AUTHORIZED'
        ? 'UNFULFILLED' : random.weighted([[85, 'FULFILLED'],
          [5, 'PARTIALLY_FULFILLED'], [10, 'UNFULFILLED']]),
      note: random.chance(0.08) ? text.sentences(random, 1, 3) : null,
      tags: text.TAGS.filter(() => random.chance(0.05)).sort(),
      cancelled: status === 'VOIDED',
      source: random.weighted([[8, 'web'], [1, 'pos'],
        [1, 'shopify_draft_order']]),
    };
    if (cores.size > 4000) {
      cores.clear();
    }
    cores.set(order_, of);
    return of;
  }

  function bag(of, cents) {
    return {
      shopMoney: moneyV2(cents, 'CAD'),
      presentmentMoney: moneyV2(Math.round(cents * of.rate), of.currency),
    };
  }

  function taxLine(of, tax, quiet) {
    return {
      title: tax.title,
      rate: tax.rate,
      ratePercentage: Number((tax.rate * 100).toFixed(4)),
      source: quiet ? null : 'Shopify',
      channelLiable: false,
      price: money(tax.cents),
      priceSet: bag(of, tax.cents),
    };
  }

  function orderTaxes(of) {
    const sums = new Map();
    for (const line of of.lines) {
      for (const tax of line.tax) {
        const sum = sums.get(tax.title)
          || { title: tax.title, rate: tax.rate, cents: 0 };
        sum.cents += tax.cents;
        sums.set(tax.title, sum);
      }
    }
    return Array.from(sums.values());
  }

  function application(of) {
    const discount = of.discount;
    return {
      $type: discount.type,
      $key: hash(seed, 'discount', of.order),
      index: 0,
      allocationMethod: discount.percent ? 'ACROSS' : 'EACH',
      targetSelection: 'ALL',
      targetType: 'LINE_ITEM',
      code: discount.code,
      title: discount.title,
      description: null,
      value: discount.percent
        ? { $type: 'PricingPercentageValue', percentage: discount.percent }
        : Object.assign({ $type: 'MoneyV2' },
          moneyV2(discount.cents, 'CAD')),
    };
  }

  function order(index) {
    const of = core(index);
    const number = index + 1001;
    const cancelledAt = of.cancelled
      ? time(Math.min(world.now, of.created + 2 * DAY)) : null;
    const closed = of.shipped === 'FULFILLED' && of.status === 'PAID';
    const paid = of.status === 'PENDING' || of.status === 'VOIDED'
      || of.status === 'AUTHORIZED' ? 0 : of.total;
    const refunded = () => refundTotal(of);
    const gateways = of.source === 'pos' ? ['cash'] : ['shopify_payments'];
    return {
      legacyResourceId: String(world.number('Order', index)),
      name: '#' + number,
      number,
      createdAt: time(of.created),
      processedAt: time(of.created),
      updatedAt: time(of.updated),
      closed,
      closedAt: closed ? time(of.updated) : null,
      cancelledAt,
      cancelReason: of.cancelled ? 'CUSTOMER' : null,
      confirmed: true,
      test: false,
      edited: false,
      taxExempt: false,
      taxesIncluded: false,
      dutiesIncluded: false,
      estimatedTaxes: false,
      note: of.note,
      tags: of.tags,
      sourceName: of.source,
      currencyCode: 'CAD',
      presentmentCurrencyCode: of.currency,
      displayFinancialStatus: of.status,
      displayFulfillmentStatus: of.shipped,
      fullyPaid: paid > 0,
      unpaid: paid === 0,
      email: of.buyer >= 0 ? person(of.buyer).email : null,
      phone: of.buyer >= 0 ? person(of.buyer).phone : null,
      clientIp: of.source === 'pos' ? null
        : '203.0.113.' + hash(seed, 'ip', index) % 256,
      customerLocale: of.place.code === 'QC' ? 'fr-CA' : 'en',
      customer: () => (of.buyer >= 0
        ? world.at('Customer', of.buyer) : null),
      billingAddress: () => (of.buyer >= 0 ? address(of.buyer * 4) : null),
      shippingAddress: () => (of.buyer >= 0 && of.shipping !== null
        ? address(of.buyer * 4) : null),
      displayAddress: () => (of.buyer >= 0 ? address(of.buyer * 4) : null),
      billingAddressMatchesShippingAddress: of.shipping !== null,
      paymentGatewayNames: gateways,
      requiresShipping: of.shipping !== null,
      customAttributes: index % 17 === 0
        ? [{ key: 'gift message', value: 'Joyeux Noël 🎄 & bonne année!' }]
        : [],
      discountCode: of.discount && of.discount.code || null,
      discountCodes: of.discount && of.discount.code
        ? [of.discount.code] : [],
      discountApplications: () => (of.discount ? [application(of)] : []),
      subtotalLineItemsQuantity: of.lines.reduce(
        (sum, line) => sum + line.quantity, 0),
      currentSubtotalLineItemsQuantity: of.lines.reduce(
        (sum, line) => sum + line.quantity, 0),
      subtotalPrice: money(of.subtotal - of.off),
      totalPrice: money(of.total),
      totalTax: money(of.tax),
      totalDiscounts: money(of.off),
      totalShippingPrice: money(of.shipping || 0),
      subtotalPriceSet: () => bag(of, of.subtotal - of.off),
      currentSubtotalPriceSet: () => bag(of, of.subtotal - of.off),
      totalPriceSet: () => bag(of, of.total),
      originalTotalPriceSet: () => bag(of, of.total),
      currentTotalPriceSet: () => bag(of, of.total - refunded()),
      totalTaxSet: () => bag(of, of.tax),
      currentTotalTaxSet: () => bag(of, of.tax),
      totalDiscountsSet: () => bag(of, of.off),
      currentTotalDiscountsSet: () => bag(of, of.off),
      cartDiscountAmountSet: () => (of.off > 0 ? bag(of, of.off) : null),
      currentCartDiscountAmountSet: () => bag(of, of.off),
      totalShippingPriceSet: () => bag(of, of.shipping || 0),
      currentShippingPriceSet: () => bag(of, of.shipping || 0),
      totalRefundedSet: () => bag(of, refunded()),
      totalRefunded: () => money(refunded()),
      totalReceivedSet: () => bag(of, paid),
      netPaymentSet: () => bag(of, paid - refunded()),
      totalOutstandingSet: () => bag(of,
        of.status === 'PENDING' ? of.total : 0),
      totalCapturableSet: () => bag(of,
        of.status === 'AUTHORIZED' ? of.total : 0),
      totalTipReceivedSet: () => bag(of, 0),
      totalWeight: String(of.lines.length * 450),
      currentTotalWeight: String(of.lines.length * 450),
      taxLines: () => orderTaxes(of).map((tax) => taxLine(of, tax)),
      currentTaxLines: () => orderTaxes(of).map((tax) => taxLine(of, tax)),
      lineItems: () => ({ length: of.lines.length,
        at: (j) => world.at('LineItem', index * 32 + j) }),
      shippingLine: () => (of.shipping === null ? null
        : world.at('ShippingLine', index)),
      shippingLines: () => (of.shipping === null ? []
        : [world.at('ShippingLine', index)]),
      transactions: () => transactionsOf(of),
      refunds: () => Array.from({ length: of.refunds }, (_, j) => (
        world.at('Refund', index * 4 + j))),
      fulfillments: () => (of.shipped === 'UNFULFILLED' ? []
        : [world.at('Fulfillment', index)]),
      metafields: () => world.metafields(world.gid('Order', index), 2),
    };
  }

  function lineOf(index) {
    const order_ = Math.floor(index / 32);
    const of = order_ < world.sizes.Order ? core(order_) : null;
    const line = of && of.lines[index % 32];
    return line ? { of, line } : null;
  }

  function lineItem(index) {
    const found = lineOf(index);
    if (!found) {
      return null;
    }
    const { of, line } = found;
    const title = world.productCore(line.product).title;
    const variantTitle = world.variantTitle(line.variant);
    const plain = variantTitle === 'Default Title';
    const rest = line.total - line.discount;
    const gone = index % 97 === 0;
    const done = of.shipped === 'FULFILLED';
    return {
      title,
      name: plain ? title : title + ' - ' + variantTitle,
      variantTitle: plain ? null : variantTitle,
      sku: world.skuOf(line.variant),
      vendor: world.productCore(line.product).vendor,
      quantity: line.quantity,
      currentQuantity: line.quantity,
      refundableQuantity: line.quantity,
      unfulfilledQuantity: done ? 0 : line.quantity,
      nonFulfillableQuantity: 0,
      fulfillmentStatus: done ? 'fulfilled' : 'unfulfilled',
      isGiftCard: false,
      taxable: true,
      requiresShipping: true,
      merchantEditable: !done,
      restockable: true,
      customAttributes: [],
      originalUnitPrice: money(line.unit),
      originalTotal: money(line.total),
      discountedTotal: money(rest),
      totalDiscount: money(line.discount),
      originalUnitPriceSet: () => bag(of, line.unit),
      discountedUnitPriceSet: () => bag(of,
        Math.round(rest / line.quantity)),
      discountedUnitPriceAfterAllDiscountsSet: () => bag(of,
        Math.round(rest / line.quantity)),
      originalTotalSet: () => bag(of, line.total),
      discountedTotalSet: () => bag(of, rest),
      totalDiscountSet: () => bag(of, line.discount),
      priceAfterAllDiscountsBeforeTaxesSet: () => bag(of, rest),
      taxLines: () => line.tax.map((tax) => taxLine(of, tax, true)),
      discountAllocations: () => (line.discount > 0 ? [{
        allocatedAmountSet: bag(of, line.discount),
        discountApplication: application(of),
      }] : []),
      /* The line remains if its product is deleted. */
      product: () => (gone ? null : world.at('Product', line.product)),
      variant: () => (gone ? null
        : world.at('ProductVariant', line.variant)),
      image: () => world.productImage(line.product),
      sellingPlan: null,
      contract: null,
      lineItemGroup: null,
      duties: [],
    };
  }

  function shippingLine(index) {
    const of = index < world.sizes.Order ? core(index) : null;
    if (!of || of.shipping === null) {
      return null;
    }
    const fast = of.shipping === 1500;
    return {
      title: of.shipping === 0 ? 'Livraison gratuite / Free shipping'
        : fast ? 'Xpresspost™' : 'Standard',
      code: of.shipping === 0 ? null : fast ? 'DOM.XP' : 'DOM.EP',
      source: 'shopify',
      carrierIdentifier: null,
      custom: false,
      isRemoved: false,
      phone: null,
      deliveryCategory: null,
      price: money(of.shipping),
      originalPriceSet: () => bag(of, of.shipping),
      discountedPriceSet: () => bag(of, of.shipping),
      currentDiscountedPriceSet: () => bag(of, of.shipping),
      taxLines: () => [],
      discountAllocations: () => [],
    };
  }

  /* -- Payments -------------------------------------------------------- */

  function payments(of) {
    switch (of.status) {
      case 'PENDING':
        return of.order % 3 === 0 ? [['SALE', 'PENDING', of.total]] : [];
      case 'AUTHORIZED':
        return [['AUTHORIZATION', 'SUCCESS', of.total]];
      case 'VOIDED':
        return [['AUTHORIZATION', 'SUCCESS', of.total],
          ['VOID', 'SUCCESS', of.total]];
      default: {
        const list = of.order % 5 === 0
          ? [['AUTHORIZATION', 'SUCCESS', of.total],
            ['CAPTURE', 'SUCCESS', of.total]]
          : [['SALE', 'SUCCESS', of.total]];
        if (of.order % 23 === 0) {
          list.unshift(['SALE', 'FAILURE', of.total]);
        }
        for (let j = 0; j < of.refunds; j++) {
          list.push(['REFUND', 'SUCCESS', refundCents(of, j)]);
        }
        return list;
      }
    }
  }

  function transactionsOf(of) {
    return payments(of).map((_, j) => (
      world.at('OrderTransaction', of.order * 8 + j)));
  }

  function transaction(index) {
    const order_ = Math.floor(index / 8);
    const of = order_ < world.sizes.Order ? core(order_) : null;
    const payment = of && payments(of)[index % 8];
    if (!payment) {
      return null;
    }
    const [kind, status, cents] = payment;
    const gateway = of.source === 'pos' ? 'cash' : 'shopify_payments';
    const follows = kind === 'CAPTURE' || kind === 'VOID'
      || kind === 'REFUND';
    const at = time(Math.min(world.now, of.created + (index % 8)
      * (follows ? 3 * DAY : 60000)));
    return {
      kind,
      status,
      gateway,
      formattedGateway: gateway === 'cash' ? 'Cash' : 'Shopify Payments',
      test: false,
      createdAt: at,
      processedAt: at,
      amount: money(cents),
      amountSet: () => bag(of, cents),
      amountV2: moneyV2(cents, 'CAD'),
      errorCode: status === 'FAILURE' ? 'CARD_DECLINED' : null,
      accountNumber: gateway === 'cash' ? null : '•••• •••• •••• 4242',
      authorizationCode: kind === 'AUTHORIZATION' ? 'auth/' + index : null,
      manualPaymentGateway: false,
      order: () => world.at('Order', order_),
      parentTransaction: () => (follows && index % 8 > 0
        ? world.at('OrderTransaction', index - 1) : null),
      receiptJson: gateway === 'cash' ? null
        : { id: 'pi_' + index, object: 'payment_intent', amount: cents,
          currency: 'cad', livemode: true, metadata: { shop: 'a/b&c' } },
      settlementCurrency: 'CAD',
      settlementCurrencyRate: of.foreign ? decimal(137) : null,
    };
  }

  function refundCents(of, j) {
    if (of.status === 'REFUNDED') {
      return of.total;
    }
    const line = of.lines[j % of.lines.length];
    return Math.round((line.total - line.discount) / (of.refunds + 1));
  }

  function refundTotal(of) {
    let cents = 0;
    for (let j = 0; j < of.refunds; j++) {
      cents += refundCents(of, j);
    }
    return cents;
  }

  function refundLines(of, j) {
    return of.status === 'REFUNDED' ? of.lines.map((_, k) => k)
      : [j % of.lines.length];
  }

  function refund(index) {
    const order_ = Math.floor(index / 4);
    const j = index % 4;
    const of = order_ < world.sizes.Order ? core(order_) : null;
    if (!of || j >= of.refunds) {
      return null;
    }
    const at = time(Math.min(world.now, of.created + (5 + j) * DAY));
    return {
      legacyResourceId: String(world.number('Refund', index)),
      createdAt: at,
      processedAt: at,
      updatedAt: at,
      note: j === 0 ? null : 'Taille trop petite; customer "unhappy" 😞',
      order: () => world.at('Order', order_),
      totalRefunded: moneyV2(refundCents(of, j), 'CAD'),
      totalRefundedSet: () => bag(of, refundCents(of, j)),
      duties: [],
      refundLineItems: () => refundLines(of, j).map((k) => (
        refundLine(of, index, k))),
      refundShippingLines: () => [],
      orderAdjustments: () => [],
      return: null,
      transactions: () => transactionsOf(of).filter((one, k) => (
        one.kind === 'REFUND'
        && k === payments(of).length - of.refunds + j)),
    };
  }

  function refundLine(of, refund_, k) {
    const line = of.lines[k];
    return world.changed({
      $type: 'RefundLineItem',
      $key: hash(seed, 'refund line', refund_, k),
      id: world.gid('RefundLineItem', refund_ * 32 + k),
      quantity: line.quantity,
      restockType: 'RETURN',
      restocked: true,
      lineItem: () => world.at('LineItem', of.order * 32 + k),
      price: money(line.unit),
      priceSet: bag(of, line.unit),
      subtotal: money(line.total - line.discount),
      subtotalSet: bag(of, line.total - line.discount),
    });
  }

  function fulfillment(index) {
    const of = index < world.sizes.Order ? core(index) : null;
    if (!of || of.shipped === 'UNFULFILLED') {
      return null;
    }
    const at = Math.min(world.now, of.created + DAY);
    return {
      legacyResourceId: String(world.number('Fulfillment', index)),
      name: '#' + (index + 1001) + '-F1',
      status: 'SUCCESS',
      displayStatus: at + 5 * DAY < world.now ? 'DELIVERED' : 'IN_TRANSIT',
      createdAt: time(at),
      updatedAt: time(Math.min(world.now, at + DAY)),
      deliveredAt: at + 5 * DAY < world.now ? time(at + 5 * DAY) : null,
      totalQuantity: of.lines.reduce((sum, line) => sum + line.quantity, 0),
      requiresShipping: true,
      trackingInfo: [{ company: 'Postes Canada / Canada Post',
        number: '1Z' + hash(seed, 'tracking', index),
        url: 'https://www.canadapost-postescanada.ca/track?pin='
          + hash(seed, 'tracking', index) + '&lang=fr' }],
      location: () => world.at('Location', index % 3),
      order: () => world.at('Order', index),
    };
  }

  return {
    Customer: { count: () => world.sizes.Customer, make: customer,
      forget: () => { orderIndex = null; } },
    MailingAddress: { make: (index) => (
      Math.floor(index / 4) < world.sizes.Customer ? address(index) : null) },
    Order: { count: () => world.sizes.Order, make: order,
      forget: () => { cores.clear(); } },
    LineItem: { make: lineItem },
    ShippingLine: { make: shippingLine },
    OrderTransaction: { make: transaction },
    Refund: { make: refund },
    Fulfillment: { make: fulfillment },
  };
};
