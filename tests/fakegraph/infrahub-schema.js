'use strict';

/*
 * A schema of the shape that an Infrahub server generates from a model:
 * offset pages, `count`, edges with metadata, attributes as objects, and
 * interfaces whose ids may be null. The model and the texts are our own.
 */

/* An attribute's type, its value's type, and further fields. */
const ATTRIBUTES = {
  Text: ['TextAttribute', 'String', []],
  Number: ['NumberAttribute', 'BigInt', []],
  Checkbox: ['CheckboxAttribute', 'Boolean', []],
  Dropdown: ['Dropdown', 'String', ['color: String', 'description: String',
    'label: String']],
  IPHost: ['IPHost', 'String', ['hostmask: String', 'ip: String',
    'netmask: String', 'prefixlen: Int', 'version: Int']],
  IPNetwork: ['IPNetwork', 'String', ['broadcast_address: String',
    'netmask: String', 'num_addresses: BigInt', 'prefixlen: Int',
    'version: Int']],
  Mac: ['MacAddress', 'String', ['bare: String', 'oui: String',
    'split_notation: String']],
  List: ['ListAttribute', 'GenericScalar', []],
  JSON: ['JSONAttribute', 'GenericScalar', []],
};

const INTERFACE = { name: 'Text', speed: 'Number', mtu: 'Number',
  enabled: 'Checkbox' };

/* Kinds: { of: the interfaces (null: it is one), attributes, one and many:
 * relationships to other kinds }. */
const MODEL = {
  BuiltinTag: { of: ['CoreNode'],
    attributes: { name: 'Text', description: 'Text' }, one: {}, many: {} },
  LocationSite: { of: ['CoreNode'],
    attributes: { name: 'Text', status: 'Dropdown', asn: 'Number' },
    one: {}, many: { devices: 'InfraDevice', tags: 'BuiltinTag' } },
  InfraDevice: { of: ['CoreNode'],
    attributes: { name: 'Text', description: 'Text', role: 'Dropdown',
      status: 'Dropdown', height: 'Number', managed: 'Checkbox',
      config: 'JSON', labels: 'List', mac: 'Mac' },
    one: { site: 'LocationSite', primary_address: 'IpamIPAddress' },
    many: { interfaces: 'InfraInterface', tags: 'BuiltinTag' } },
  InfraInterface: { of: null, attributes: INTERFACE,
    one: { device: 'InfraDevice' }, many: { tags: 'BuiltinTag' } },
  InfraInterfaceL2: { of: ['CoreNode', 'InfraInterface'],
    attributes: { ...INTERFACE, l2_mode: 'Text' },
    one: { device: 'InfraDevice' }, many: { tags: 'BuiltinTag' } },
  InfraInterfaceL3: { of: ['CoreNode', 'InfraInterface'],
    attributes: INTERFACE, one: { device: 'InfraDevice' },
    many: { tags: 'BuiltinTag', ip_addresses: 'IpamIPAddress' } },
  IpamIPAddress: { of: ['CoreNode'],
    attributes: { address: 'IPHost', description: 'Text' },
    one: { interface: 'InfraInterfaceL3', ip_prefix: 'IpamIPPrefix' },
    many: {} },
  IpamIPPrefix: { of: ['CoreNode'],
    attributes: { prefix: 'IPNetwork', description: 'Text',
      is_pool: 'Checkbox' },
    one: { parent: 'IpamIPPrefix' },
    many: { children: 'IpamIPPrefix', ip_addresses: 'IpamIPAddress' } },
};

const COMMON = `schema { query: Query mutation: Mutation }
scalar BigInt
scalar DateTime
scalar GenericScalar
enum OrderDirection { ASC DESC }
input InfrahubNodeMetadataOrder {
  created_at: OrderDirection
  updated_at: OrderDirection
}
input OrderInput {
  disable: Boolean
  node_metadata: InfrahubNodeMetadataOrder
}
type AccountRef { display_label: String id: String }
type InfrahubNodeMetadata {
  created_at: DateTime
  created_by: AccountRef
  updated_at: DateTime
  updated_by: AccountRef
}
type RelationshipProperty {
  is_protected: Boolean
  owner: AccountRef
  source: AccountRef
  updated_at: DateTime
}
input RelatedNodeInput { id: String! }
interface CoreNode { display_label: String hfid: [String!] id: String }
interface AttributeInterface {
  is_default: Boolean
  is_protected: Boolean
  updated_at: DateTime
}
type Branch {
  branched_from: String
  created_at: String
  description: String
  has_schema_changes: Boolean
  id: String!
  is_default: Boolean
  name: String!
  origin_branch: String
  status: String!
  sync_with_git: Boolean
}
`;

function attributeType([name, value, more]) {
  return 'type ' + name + ' implements AttributeInterface {\n  '
    + ['id: String', 'is_default: Boolean', 'is_from_profile: Boolean',
      'is_protected: Boolean', 'owner: AccountRef', 'source: AccountRef',
      'updated_at: DateTime', 'updated_by: AccountRef', 'value: ' + value,
      ...more].join('\n  ') + '\n}';
}

/* The arguments of a list of a kind; those of a root field differ. */
function filters(kind, isRoot) {
  const out = ['ids: [ID]', 'limit: Int', 'offset: Int',
    'order: OrderInput'];
  for (const [name, attribute] of Object.entries(kind.attributes)) {
    const value = ATTRIBUTES[attribute][1];
    out.push(name + '__value: ' + value, name + '__values: [' + value + ']',
      name + '__is_protected: Boolean');
  }
  if (!isRoot) {
    return out.concat('isnull: Boolean').join(', ');
  }
  out.push('any__value: String', 'hfid: [String]', 'partial_match: Boolean');
  for (const time of ['created_at', 'updated_at']) {
    out.push(...['', '__after', '__before'].map(
      (end) => 'node_metadata__' + time + end + ': DateTime'));
  }
  return out.join(', ');
}

function kindTypes(name, kind) {
  const fields = ['display_label: String', 'hfid: [String!]',
    'id: String' + (kind.of ? '!' : '')];
  for (const [field, attribute] of Object.entries(kind.attributes)) {
    fields.push(field + ': ' + ATTRIBUTES[attribute][0]);
  }
  for (const [field, peer] of Object.entries(kind.one)) {
    fields.push(field + ': NestedEdged' + peer + '!');
  }
  for (const [field, peer] of Object.entries(kind.many)) {
    fields.push(field + '(' + filters(MODEL[peer], false)
      + '): NestedPaginated' + peer + '!');
  }
  const edge = '{ node: ' + name + ' node_metadata: InfrahubNodeMetadata';
  return [(kind.of ? 'type ' : 'interface ') + name
    + (kind.of ? ' implements ' + kind.of.join(' & ') : '') + ' {\n  '
    + fields.join('\n  ') + '\n}',
  'type Edged' + name + ' ' + edge + ' }',
  'type NestedEdged' + name + ' ' + edge
    + ' properties: RelationshipProperty }',
  'type Paginated' + name + ' { count: Int! edges: [Edged' + name + '!]! }',
  'type NestedPaginated' + name + ' { count: Int! edges: [NestedEdged'
    + name + '!]! }'].join('\n');
}

/* -- Mutations ------------------------------------------------------------ */

function attributeInput([name, value]) {
  return 'input ' + name + 'Input { is_protected: Boolean, value: ' + value
    + ' }';
}

/* What a kind is made of: only a name or an address must be given. */
function inputFields(kind, isNew) {
  const out = Object.entries(kind.attributes).map(([name, type]) => (
    name + ': ' + ATTRIBUTES[type][0] + 'Input'
    + (isNew && /^(name|address|prefix)$/.test(name) ? '!' : '')));
  return out.concat(
    Object.keys(kind.one).map((name) => name + ': RelatedNodeInput'),
    Object.keys(kind.many).map((name) => name + ': [RelatedNodeInput!]'));
}

function mutationTypes(name, kind) {
  return ['input ' + name + 'CreateInput {\n  '
    + inputFields(kind, true).join('\n  ') + '\n}',
  'input ' + name + 'UpdateInput {\n  id: String!\n  '
    + inputFields(kind, false).join('\n  ') + '\n}',
  ...['Create', 'Update'].map((what) => 'type ' + name + what
    + ' { ok: Boolean object: ' + name + ' }')].join('\n');
}

function mutations(name) {
  return ['Create', 'Update'].map((what) => '  ' + name + what + '(data: '
    + name + what + 'Input!): ' + name + what);
}

function sdl() {
  const kinds = Object.entries(MODEL).filter(([, kind]) => kind.of);
  const roots = Object.entries(MODEL).map(([name, kind]) => (
    '  ' + name + '(' + filters(kind, true) + '): Paginated' + name + '!'));
  return [COMMON, ...Object.values(ATTRIBUTES).map(attributeType),
    ...Object.entries(MODEL).map(([name, kind]) => kindTypes(name, kind)),
    ...Object.values(ATTRIBUTES).map(attributeInput),
    ...kinds.map(([name, kind]) => mutationTypes(name, kind)),
    'type Mutation {\n'
    + kinds.flatMap(([name]) => mutations(name)).join('\n') + '\n}',
    'type Query {\n  Branch(ids: [ID], name: String): [Branch!]!\n'
    + roots.join('\n') + '\n}\n'].join('\n\n');
}

module.exports = { MODEL, ATTRIBUTES, sdl };
