/**
 * What the elements of other exporters mean in Weir's flow record. Each fills a column whose own element is
 * absent, or holds a value beside the record that explains others.
 */
import { ANTREA, type FieldName, fieldOf, IANA, REVERSE } from '../../flow/index.ts';
import {
  type ColumnsBeside,
  type ColumnTarget,
  columnOf,
  type InformationElement,
  type Template,
  targetsOf,
} from '../wire/index.ts';

/** By field, the IANA elements that may replace its own, the best first. */
const substitutes: { readonly [N in FieldName]?: readonly number[] } = {
  // initiatorOctets, transportOctetDeltaCount, layer2OctetDeltaCount, postOctetDeltaCount,
  // postLayer2OctetDeltaCount
  octetDeltaCount: [231, 401, 352, 23, 417],
  // initiatorPackets, transportPacketDeltaCount, postPacketDeltaCount
  packetDeltaCount: [298, 402, 24],
  // layer2OctetTotalCount, postOctetTotalCount, postLayer2OctetTotalCount
  octetTotalCount: [353, 171, 420],
  // postPacketTotalCount
  packetTotalCount: [172],
  // responderOctets, responderPackets
  reverseOctetDeltaCount: [232],
  reversePacketDeltaCount: [299],
  // postNATSourceIPv4Address and IPv6, postNAPTSourceTransportPort
  proxySnatIP: [225, 281],
  proxySnatPort: [227],
  // postNATDestinationIPv4Address and IPv6, postNAPTDestinationTransportPort: `exchangeDestinations` moves
  // them
  destinationServiceIP: [226, 282],
  destinationServicePort: [228],
};

/** Values beside the record by column name, each with its IANA elements, the best first. */
const explanations = {
  flowStartSysUpTime: [22],
  flowEndSysUpTime: [21],
  systemInitTimeMilliseconds: [160],
  flowStartDeltaMicroseconds: [158],
  flowEndDeltaMicroseconds: [159],
  flowDurationMilliseconds: [161],
  flowDurationMicroseconds: [162],
  /** In milliseconds, nanoseconds, microseconds, seconds. */
  observationTime: [323, 325, 324, 322],
  icmpTypeIPv4: [176],
  icmpCodeIPv4: [177],
  icmpTypeIPv6: [178],
  icmpCodeIPv6: [179],
  samplingInterval: [34],
  samplerRandomInterval: [50],
  samplingPacketInterval: [305],
  samplingPacketSpace: [306],
  samplingSize: [309],
  samplingPopulation: [310],
  samplingProbability: [311],
  selectorId: [302],
  selectionSequenceId: [301],
  samplerId: [48],
  ingressVRFID: [234],
  egressVRFID: [235],
  flowDirection: [61],
} as const satisfies Record<string, readonly number[]>;

/** The times of the other direction, in milliseconds, nanoseconds, microseconds, seconds. */
const reverseTimes = {
  reverseFlowStart: [152, 156, 154, 150],
  reverseFlowEnd: [153, 157, 155, 151],
} as const;

export type Explanation = keyof typeof explanations | keyof typeof reverseTimes;

/** Values beside the fields of the flow record in the records of a template, by row. */
export type Explanations = { readonly [E in Explanation]?: Float64Array | undefined };

const oppositeField = (name: FieldName): FieldName =>
  (name.startsWith('reverse')
    ? name.charAt(7).toLowerCase() + name.slice(8)
    : `reverse${name.charAt(0).toUpperCase()}${name.slice(1)}`) as FieldName;

/** No field of the record has such a name. */
const besideName = (name: Explanation): string => `beside_${name}`;

const numberOf = (enterprise: number, id: number): string => `${enterprise} ${id}`;

const targets = new Map<string, ColumnTarget>();

/** Elements of the flow record's own table come before those of this one. */
const SUBSTITUTE_RANK = 100;
for (const [name, ids] of Object.entries(substitutes) as [FieldName, readonly number[]][]) {
  for (const [rank, id] of ids.entries()) {
    const { storage } = fieldOf(name);
    targets.set(numberOf(IANA, id), { name, storage, rank: SUBSTITUTE_RANK + rank });
    if (storage === 'unsigned64') {
      const reverse = { name: oppositeField(name), storage, rank: 2 * SUBSTITUTE_RANK + rank };
      targets.set(numberOf(REVERSE, id), reverse);
    }
  }
}

/** Elements of a time type are held in milliseconds since 1970. */
const times = new Set<Explanation>([
  'systemInitTimeMilliseconds',
  'observationTime',
  'reverseFlowStart',
  'reverseFlowEnd',
]);
for (const [enterprise, table] of [
  [IANA, explanations],
  [REVERSE, reverseTimes],
] as const) {
  for (const [name, ids] of Object.entries(table) as [Explanation, readonly number[]][]) {
    const storage = times.has(name) ? 'time' : 'unsigned64';
    for (const [rank, id] of ids.entries()) {
      targets.set(numberOf(enterprise, id), { name: besideName(name), storage, rank, isBeside: true });
    }
  }
}

/**
 * The column for an element of a foreign template. Another exporter numbers its observation points as it
 * likes: that says nothing of a flow's ends.
 */
export function foreignColumnOf(element: InformationElement): ColumnTarget | undefined {
  const target = targets.get(numberOf(element.enterprise, element.id)) ?? columnOf(element);
  return target?.name === 'observationPointId' ? undefined : target;
}

/** Whether a template is of neither Weir nor Antrea, whose exporters send elements of Antrea's registry. */
export function isForeign(template: Template): boolean {
  return template.fields.every(({ element }) => element.enterprise !== ANTREA);
}

/** The columns of the explanations in a template, with `rows` rows each. */
export function columnsBeside(template: Template, rows: number): ColumnsBeside {
  const told = targetsOf(template, foreignColumnOf).filter(({ isBeside }) => isBeside);
  return Object.fromEntries(told.map(({ name }) => [name, new Float64Array(rows)]));
}

/** The columns of all explanations. */
export function allColumnsBeside(rows: number): ColumnsBeside {
  const names = [...Object.keys(explanations), ...Object.keys(reverseTimes)] as Explanation[];
  return Object.fromEntries(names.map((name) => [besideName(name), new Float64Array(rows)]));
}

/** Those of the columns that a template fills, by the names of their explanations. */
export function explanationsOf(template: Template, columns: ColumnsBeside): Explanations {
  const told = new Set(targetsOf(template, foreignColumnOf).map(({ name }) => name));
  const names = [...Object.keys(explanations), ...Object.keys(reverseTimes)] as Explanation[];
  return Object.fromEntries(
    names.map((name) => [name, told.has(besideName(name)) ? columns[besideName(name)] : undefined]),
  );
}
