import { type DataType, elementOf, reverseEnterprise } from '../../src/ipfix/index.ts';
import { elementTable } from '../../src/ipfix/wire/element-table.ts';
import { lengthFor, VARIABLE } from './made-values.ts';
import type { MessageOctets } from './message-octets.ts';
import type { Random } from './random.ts';

export interface MadeField {
  readonly enterprise: number;
  /** The element's number; in a scope of NetFlow v9, the number of the scope. */
  readonly id: number;
  readonly type: DataType;
  readonly length: number;
}

/** A template or options template, to be written by hand. */
export interface MadeTemplate {
  readonly id: number;
  readonly fields: readonly MadeField[];
  /** Number of scope fields; 0 exactly if this is no options template. */
  readonly scope: number;
}

export type MadeProtocol = 'ipfix' | 'netflow-v9';

const ANTREA = 56_506;
const UNKNOWN_ENTERPRISES = [1, 4_242, 65_536, 0xffff_ffff];

const isList = (type: DataType): boolean => type.endsWith('List');

/** Elements of all registries but those that together describe others (RFC 5610). */
const anyElement = elementTable.filter(([enterprise, id]) => enterprise > 0 || ![303, 341, 346].includes(id));
const v9Elements = anyElement.filter(([enterprise, , , type]) => enterprise === 0 && !isList(type));
/** Elements with a reverse (RFC 5103). */
const reversible = [1, 2, 6, 7, 23, 82, 85, 86, 136, 152, 153, 154, 156];
/** Elements of options that say nothing about flows. */
const statistics = [40, 41, 42, 130, 164, 165, 166, 167, 168, 163];
/** Elements of flows that change neither its ends nor its counters. */
const beside = [
  5, 6, 9, 10, 13, 14, 15, 16, 17, 32, 52, 56, 58, 80, 82, 89, 95, 136, 148, 152, 153, 154, 157,
];
const besideOfAgents = [100, 101, 102, 103, 104, 105, 106, 107, 108, 110];

function fieldOf(enterprise: number, id: number, random: Random, protocol: MadeProtocol): MadeField {
  const { type } = elementOf(enterprise, id);
  const length = isList(type) ? VARIABLE : lengthFor(type, random, protocol === 'ipfix');
  return { enterprise, id, type, length };
}

const fieldOf32 = (id: number, length = 4): MadeField => ({ ...elementOf(0, id), length });

/** Any elements of any type, also several times. */
export function anyTemplate(id: number, protocol: MadeProtocol, random: Random): MadeTemplate {
  const fields = Array.from({ length: random.between(1, 12) }, () => anyField(protocol, random));
  return { id, fields, scope: 0 };
}

function anyField(protocol: MadeProtocol, random: Random): MadeField {
  if (protocol === 'netflow-v9') {
    const [enterprise, element] = random.of(v9Elements);
    return fieldOf(enterprise, element, random, protocol);
  }
  if (random.isOneIn(4)) return oddField(random);
  const [enterprise, element] = random.of(anyElement);
  return fieldOf(enterprise, element, random, protocol);
}

/** A list, a reverse element, or one that no registry has. */
function oddField(random: Random): MadeField {
  const kind = random.below(3);
  if (kind === 0) return fieldOf(0, random.between(291, 293), random, 'ipfix');
  if (kind === 1) return fieldOf(reverseEnterprise, random.of(reversible), random, 'ipfix');
  return fieldOf(random.of(UNKNOWN_ENTERPRISES), random.between(1, 0x7fff), random, 'ipfix');
}

/** A flow with its ends, its counters and some fields beside them, of an agent or a foreign exporter. */
export function flowTemplate(id: number, protocol: MadeProtocol, random: Random): MadeTemplate {
  const isIPv6 = random.isOneIn(3);
  const counterOctets = () => (random.isOneIn(2) ? 8 : random.between(1, 8));
  const fields = [
    isIPv6 ? fieldOf32(27, 16) : fieldOf32(8),
    isIPv6 ? fieldOf32(28, 16) : fieldOf32(12),
    fieldOf32(7, 2),
    fieldOf32(11, 2),
    fieldOf32(4, 1),
    fieldOf32(1, counterOctets()),
    fieldOf32(2, counterOctets()),
  ];
  for (const other of someOf(beside, 4, random)) fields.push(fieldOf(0, other, random, protocol));
  if (protocol === 'ipfix' && random.isOneIn(3)) {
    for (const other of someOf(besideOfAgents, 3, random))
      fields.push(fieldOf(ANTREA, other, random, protocol));
  }
  if (protocol === 'ipfix' && random.isOneIn(4))
    fields.push(fieldOf(0, random.between(291, 293), random, protocol));
  for (let i = fields.length - 1; i > 0; i--) {
    const other = random.below(i + 1);
    [fields[i], fields[other]] = [fields[other]!, fields[i]!];
  }
  return { id, fields, scope: 0 };
}

const someOf = (ids: readonly number[], most: number, random: Random): Set<number> =>
  new Set(Array.from({ length: random.below(most + 1) }, () => random.of(ids)));

/** The scopes of NetFlow v9 (RFC 3954 section 6.1), with the types of their meaning. */
const v9Scopes: readonly MadeField[] = [
  { enterprise: 0, id: 1, type: 'unsigned32', length: 4 },
  { enterprise: 0, id: 2, type: 'unsigned32', length: 4 },
  { enterprise: 0, id: 3, type: 'unsigned32', length: 2 },
  { enterprise: 0, id: 4, type: 'unsigned32', length: 4 },
  { enterprise: 0, id: 5, type: 'unsigned16', length: 2 },
];

/** What sampling options state, by their elements: selectors with intervals, sizes, probabilities. */
const samplers: readonly (readonly number[])[] = [
  [34, 35],
  [48, 49, 50],
  [302, 304, 305, 306],
  [302, 309, 310],
  [302, 311],
];

/** Options: statistics, sampling, or any elements. */
export function optionsTemplate(id: number, protocol: MadeProtocol, random: Random): MadeTemplate {
  const scopes =
    protocol === 'ipfix'
      ? [10, 14, 143, 144, 145, 149].map((scope) =>
          fieldOf32(scope, elementOf(0, scope).type === 'unsigned64' ? 8 : 4),
        )
      : v9Scopes;
  const scope = random.between(1, 2);
  const kind = random.below(3);
  const stated = kind === 0 ? random.of(samplers) : kind === 1 ? [...someOf(statistics, 4, random), 160] : [];
  const fields = stated.map((element) => fieldOf(0, element, random, protocol));
  if (kind === 2) fields.push(...anyTemplate(id, protocol, random).fields);
  return { id, scope, fields: [...Array.from({ length: scope }, () => random.of(scopes)), ...fields] };
}

/** Options that describe a private element (RFC 5610): its number and enterprise, its type, its name. */
export const describingTemplate = (id: number): MadeTemplate => ({
  id,
  scope: 2,
  fields: [fieldOf32(346), fieldOf32(303, 2), fieldOf32(339, 1), fieldOf32(341, VARIABLE)],
});

/** Writes a template record, without its set. */
export function writeTemplate(
  into: MessageOctets,
  { id, fields, scope }: MadeTemplate,
  protocol: MadeProtocol,
): void {
  into.number('template id', 2, id);
  if (protocol === 'netflow-v9' && scope > 0) {
    into.number('field count', 2, 4 * scope).number('field count', 2, 4 * (fields.length - scope));
  } else {
    into.number('field count', 2, fields.length);
    if (scope > 0) into.number('field count', 2, scope);
  }
  for (const { enterprise, id: element, length } of fields) {
    into
      .number('element', 2, enterprise === 0 ? element : element | 0x8000)
      .number('field length', 2, length);
    if (enterprise > 0) into.number('enterprise', 4, enterprise);
  }
}
