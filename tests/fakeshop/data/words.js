'use strict';

/* Text like that of real stores: several scripts, quotation marks, markup, and
 * other text that importers fail on. */

const ADJECTIVES = [
  'Alpine', 'Boreal', 'Classic', 'Crème', 'Daily', 'Évasion', 'Fjord',
  'Garçon', 'Heritage', 'Indigo', 'Jökull', 'Kodiak', 'Lumière', 'Merino',
  'Nordic', 'Original', 'Piña', 'Québec', 'Rugged', 'Señor', 'Tundra',
  'Ünder', 'Vintage', 'Wild', '冬の', '森林', 'Zürich', 'L\'Été',
];

const KINDS = [
  { type: 'Tops', noun: 'T-Shirt', options: ['Size', 'Color'], cents: 2900 },
  { type: 'Tops', noun: 'Hoodie', options: ['Size', 'Color'], cents: 6900 },
  { type: 'Outerwear', noun: 'Parka', options: ['Size', 'Color'],
    cents: 32900 },
  { type: 'Accessories', noun: 'Tuque', options: ['Color'], cents: 2450 },
  { type: 'Accessories', noun: 'Scarf', options: ['Color'], cents: 4200 },
  { type: 'Home & Kitchen', noun: 'Mug', options: ['Color'], cents: 1800 },
  { type: 'Home & Kitchen', noun: 'Cutting Board', options: ['Material'],
    cents: 5400 },
  { type: 'Coffee/Tea', noun: 'Espresso Blend', options: ['Weight', 'Grind'],
    cents: 1995 },
  { type: 'Coffee/Tea', noun: 'Thé vert', options: ['Weight'], cents: 1250 },
  { type: 'Books', noun: 'Field Guide', options: ['Format'], cents: 3200 },
  { type: 'Outdoor', noun: 'Tent', options: ['Color'], cents: 45900 },
  { type: 'Outdoor', noun: 'Water Bottle', options: ['Size', 'Color'],
    cents: 2795 },
  { type: '', noun: 'Gift Set', options: ['Title'], cents: 8000 },
];

const OPTION_VALUES = {
  Size: ['S', 'M', 'L', 'XL', 'XXL', 'XS', '3XL', '4XL', '5XL', '6XL'],
  Color: ['Noir', 'Forest Green', 'Écru', 'Navy / White', 'Rouge', '赤',
    'Slate', 'Ochre & Sand', 'Ivory', 'Plum'],
  Material: ['Maple', 'Walnut', 'Bamboo', 'Chêne'],
  Weight: ['250 g', '340 g', '1 kg', '2.27 kg'],
  Grind: ['Whole Bean', 'Filter', 'Espresso', 'Turkish'],
  Format: ['Paperback', 'Hardcover', 'E-book'],
  Title: ['Default Title', 'Small', 'Large', 'Deluxe'],
};

const VENDORS = [
  'Maison Côté', 'North & Sons', 'Ōkami 狼', 'Fabrique/Atelier', 'Acme',
  'O\'Malley Goods', 'Björn AB', 'Casa Peña',
];

const TAGS = [
  'new', 'sale', 'best-seller', 'été-2026', 'hiver', 'gift', 'unisex',
  'made in Québec', 'B2B', 'clearance', 'vegan', '限定',
];

const FIRST_NAMES = [
  'Amélie', 'Benoît', 'Chloé', 'Dmitri', 'Éloïse', 'Farah', 'Grace',
  'Hiroshi', 'Inès', 'José', 'Kwame', 'Léa', 'María', 'Noah', 'Olivia',
  'Priya', 'Quentin', 'Renée', 'Søren', 'Thomas', 'Uma', 'Victor', 'Wei',
  'Xavier', 'Yuki', 'Zoë', '太郎', '지우', 'Emma', 'Liam',
];

const LAST_NAMES = [
  'Tremblay', 'Smith', 'Nguyễn', 'O\'Brien', 'García', 'Müller', 'Roy',
  'Côté', 'Bélanger', 'Kowalski', 'Ångström', 'D\'Angelo', 'Singh',
  '田中', '김', 'Williams', 'Gagnon', 'Brown', 'Lefèvre', 'van der Berg',
  'Morin', 'Martin', 'Ibáñez', 'Chen', 'Johnson', 'Bouchard',
];

const PLACES = [
  { city: 'Montréal', province: 'Québec', code: 'QC', country: 'CA',
    zip: 'H2X 1Y4', lat: 45.5088, lon: -73.5617,
    taxes: [['GST/TPS', 0.05], ['QST/TVQ', 0.09975]] },
  { city: 'Québec', province: 'Québec', code: 'QC', country: 'CA',
    zip: 'G1R 4S9', lat: 46.8139, lon: -71.208,
    taxes: [['GST/TPS', 0.05], ['QST/TVQ', 0.09975]] },
  { city: 'Toronto', province: 'Ontario', code: 'ON', country: 'CA',
    zip: 'M5V 2T6', lat: 43.6532, lon: -79.3832, taxes: [['HST', 0.13]] },
  { city: 'Ottawa', province: 'Ontario', code: 'ON', country: 'CA',
    zip: 'K1P 1J1', lat: 45.4215, lon: -75.6972, taxes: [['HST', 0.13]] },
  { city: 'Vancouver', province: 'British Columbia', code: 'BC',
    country: 'CA', zip: 'V6B 1A1', lat: 49.2827, lon: -123.1207,
    taxes: [['GST', 0.05], ['PST', 0.07]] },
  { city: 'St. John\'s', province: 'Newfoundland and Labrador', code: 'NL',
    country: 'CA', zip: 'A1C 1A1', lat: 47.5615, lon: -52.7126,
    taxes: [['HST', 0.15]] },
  { city: 'New York', province: 'New York', code: 'NY', country: 'US',
    zip: '10001', lat: 40.7128, lon: -74.006,
    taxes: [['New York State Tax', 0.04], ['New York City Tax', 0.045]] },
  { city: 'Portland', province: 'Oregon', code: 'OR', country: 'US',
    zip: '97201', lat: 45.5152, lon: -122.6784, taxes: [] },
  { city: 'Cañon City', province: 'Colorado', code: 'CO', country: 'US',
    zip: '81212', lat: 38.441, lon: -105.2424,
    taxes: [['Colorado State Tax', 0.029]] },
];

const STREETS = [
  'rue Saint-Denis', 'Queen Street W', 'Main St.', 'Chemin du Lac',
  'King\'s Road', 'Avenue "B"', 'Côte-des-Neiges', 'Old Mill Ln',
];

const SENTENCES = [
  'Doux, léger & résistant.',
  'Made with love in "small batches" <3',
  '100 % merino – naturally warm.',
  'Lavable à la machine / Machine washable.',
  'Path: C:\\winter\\2026 (don\'t ask).',
  '職人の手で作られています。',
  'Ships in 2-3 days 🚚💨',
  'Limited edition 🎁 — une fois parti, c\'est parti!',
  'First line\nSecond line\twith a tab.',
  'Ça va être l\'été: 30° & plus.',
  'R&D approved; see https://example.com/a?b=1&c=2.',
  'Zero waste, naïve design, façade café.',
];

const WORDS = [
  'amber', 'birch', 'canvas', 'drift', 'ember', 'flint', 'grove', 'harbour',
  'île', 'juniper', 'kelp', 'lichen', 'moss', 'north', 'oak', 'pine',
  'quartz', 'river', 'slate', 'thyme', 'umber', 'vale', 'willow', 'yarrow',
  'zéphyr', '雪', '🌲', 'R&B', 'on/off', 'déjà',
];

function slug(text) {
  return text.normalize('NFD').replace(/[\u0300-\u036f]/g, '')
    .toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-+|-+$/g, '');
}

function sentences(random, low, high) {
  const out = [];
  for (let n = random.between(low, high); n > 0; n--) {
    out.push(random.pick(SENTENCES));
  }
  return out.join(' ');
}

function words(random, low, high) {
  const out = [];
  for (let n = random.between(low, high); n > 0; n--) {
    out.push(random.pick(WORDS));
  }
  return out.join(' ');
}

module.exports = {
  ADJECTIVES, KINDS, OPTION_VALUES, VENDORS, TAGS, FIRST_NAMES, LAST_NAMES,
  PLACES, STREETS, SENTENCES, WORDS, slug, sentences, words,
};
