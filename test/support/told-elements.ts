import { expect } from 'vitest';
import {
  type Conversation,
  type Family,
  type Kind,
  type Scene,
  type Traffic,
  truthOf,
} from './cluster-scene.ts';
import { type SeedElement, seedElements } from './seed-elements.ts';
import { address, type TsharkField, type TsharkRecord, text, unsigned } from './tshark.ts';

/* The records of a conversation as tshark decoded them, element by element against what the test knows. */

const numbers: Readonly<Record<string, number>> = {
  ...{ IntraNode: 1, InterNode: 2, ToExternal: 3, FromExternal: 4 },
  ...{ Allow: 1, Drop: 2, Reject: 3 },
  ...{ TCP: 6, UDP: 17 },
};
const labelsOf = (labels: Readonly<Record<string, string>> | undefined) =>
  labels === undefined ? '' : JSON.stringify(labels);

/** By element: numbers, texts and addresses that each record of the conversation has. */
export function steadyElements(
  scene: Scene,
  kind: Kind,
  family: Family,
  conversation: Conversation,
): Readonly<Record<string, string | number>> {
  const truth = truthOf(scene, kind, family, conversation);
  const none = family === 'v4' ? '0.0.0.0' : '::';
  const version = family === 'v4' ? 'IPv4' : 'IPv6';
  const [source, destination] = kind.pods?.(scene) ?? [];
  const nameOf = (field: string) => truth[field as keyof typeof truth] ?? '';
  const names = seedElements[family].filter(({ name }) => /(Name|Namespace)$/.test(name));
  return {
    ...Object.fromEntries(names.map(({ name }) => [name, nameOf(name)])),
    [`source${version}Address`]: truth.sourceIP,
    [`destination${version}Address`]: truth.destinationIP,
    [`destinationCluster${version}`]: truth.destinationServiceIP ?? none,
    sourceTransportPort: truth.sourceTransportPort,
    destinationTransportPort: truth.destinationTransportPort,
    destinationServicePort: truth.destinationServicePort ?? 0,
    protocolIdentifier: numbers[truth.protocol]!,
    flowType: numbers[kind.flowType]!,
    ingressNetworkPolicyType: 0,
    egressNetworkPolicyType: 0,
    ingressNetworkPolicyRuleAction: numbers[kind.denial?.side === 'ingress' ? kind.denial.action : ''] ?? 0,
    egressNetworkPolicyRuleAction: numbers[kind.denial?.side === 'egress' ? kind.denial.action : ''] ?? 0,
    sourcePodLabels: labelsOf(podLabels(source)),
    destinationPodLabels: labelsOf(podLabels(destination)),
  };
}

/** Labels without those of controllers. */
function podLabels(pod: { object: { metadata: Record<string, unknown> } } | undefined) {
  const labels = pod?.object.metadata.labels as Record<string, string> | undefined;
  if (labels === undefined) return undefined;
  const { 'pod-template-hash': _, ...others } = labels;
  return Object.fromEntries(Object.entries(others).toSorted());
}

/** Reads an element of the record as what it is compared with is: a number, an address or a text. */
function toldValue(found: TsharkField, { name }: SeedElement, expected: string | number): string | number {
  if (typeof expected === 'number') return Number(unsigned(found));
  return /Address$|IPv[46]$/.test(name) ? address(found) : text(found);
}

/** Each record has the steady elements. @throws what differs, by name */
export function expectSteadyElements(
  records: readonly TsharkRecord[],
  family: Family,
  expected: Readonly<Record<string, string | number>>,
): void {
  const steady = seedElements[family].filter(({ name }) => name in expected);
  expect(Object.keys(expected).toSorted()).toEqual(steady.map(({ name }) => name).toSorted());
  for (const record of records) {
    const values = steady.map((element) => {
      const { name, enterprise, id } = element;
      return [name, toldValue(record.field(enterprise, id), element, expected[name]!)];
    });
    expect(Object.fromEntries(values)).toEqual(expected);
  }
}

const sides = ['', 'FromSourceNode', 'FromDestinationNode'] as const;
type Side = (typeof sides)[number];

/** A counter, a rate or a time of records by its name; undefined where the record's template lacks it. */
export class ToldNumbers {
  readonly #family: Family;

  constructor(family: Family) {
    this.#family = family;
  }

  of(record: TsharkRecord, name: string): number | undefined {
    const { enterprise, id } = seedElements[this.#family].find((element) => element.name === name)!;
    const found = record.find(enterprise, id);
    return found && Number(unsigned(found));
  }

  /** The names of all elements that are numbers which change. */
  get names(): string[] {
    return seedElements[this.#family]
      .map(({ name }) => name)
      .filter((name) => /Count|hroughput|Seconds|EndReason/.test(name));
  }
}

/** Who reports: the whole flow, and each node at one of its ends. */
function sidesOf({ nodes: [source, destination] }: Kind): Side[] {
  return [
    '',
    ...(source ? (['FromSourceNode'] as const) : []),
    ...(destination ? (['FromDestinationNode'] as const) : []),
  ];
}

/**
 * The counters, times and rates of all records of a conversation. Totals are what the client counted, and
 * deltas add up to them. A node that is not there counts nothing.
 */
export function expectNumbers(
  records: readonly TsharkRecord[],
  family: Family,
  kind: Kind,
  { fromMs, toMs }: Conversation,
  traffic: Traffic,
): void {
  const told = new ToldNumbers(family);
  const last = records.at(-1)!;
  const present = sidesOf(kind);
  const directions = [
    { prefix: '', counted: traffic.sent },
    { prefix: 'reverse', counted: traffic.received },
  ];
  // A rule that denies a direction counts just that.
  const denier = kind.denial && `From${kind.denial.side === 'ingress' ? 'Destination' : 'Source'}Node`;
  const counts = (side: Side, prefix: string) => present.includes(side) && (prefix === '' || side !== denier);
  const lasts = kind.protocol !== 'udp' && kind.denial === undefined;
  for (const side of sides) {
    for (const { prefix, counted } of directions) {
      for (const unit of ['octet', 'packet'] as const) {
        const stem = prefix === '' ? unit : `${prefix}${unit[0]!.toUpperCase()}${unit.slice(1)}`;
        const [total, delta] = [`${stem}TotalCount${side}`, `${stem}DeltaCount${side}`];
        const expected = counts(side, prefix) ? counted[`${unit}s`] : undefined;
        expect([total, told.of(last, total)]).toEqual([total, expected]);
        const sum = records.reduce((sum, record) => sum + (told.of(record, delta) ?? 0), 0);
        expect([delta, sum]).toEqual([delta, expected ?? 0]);
      }
      const rate = `${prefix === '' ? 't' : `${prefix}T`}hroughput${side}`;
      if (lasts)
        expectRate(records, rate, told, counts(side, prefix) ? counted.octets : undefined, {
          fromMs,
          toMs,
        });
    }
    if (side !== '') expectTime(told.of(last, `flowEndSeconds${side}`), present.includes(side), fromMs, toMs);
  }
  expectTime(told.of(last, 'flowStartSeconds'), true, fromMs, toMs);
  expectTime(told.of(last, 'flowEndSeconds'), true, fromMs, toMs);
}

/** A time of whole seconds within the conversation; packets at its end may follow for a while. */
function expectTime(seconds: number | undefined, isPresent: boolean, fromMs: number, toMs: number): void {
  if (!isPresent) {
    expect(seconds).toBeUndefined();
    return;
  }
  expect(seconds).toBeGreaterThanOrEqual(Math.floor(fromMs / 1_000));
  expect(seconds).toBeLessThanOrEqual(Math.ceil(toMs / 1_000) + 1);
}

/** How long packets at the end of a conversation may follow it, on a busy machine. */
const LAST_PACKETS_MS = 1_000;

/**
 * The rates of the records, in bits a second. One record tells all of the octets over its whole time, which
 * is hardly longer than the conversation. A record without a length has no rate.
 */
function expectRate(
  records: readonly TsharkRecord[],
  name: string,
  told: ToldNumbers,
  octets: number | undefined,
  { fromMs, toMs }: Pick<Conversation, 'fromMs' | 'toMs'>,
): void {
  const rates = records.map((record) => told.of(record, name));
  if (octets === undefined) {
    expect([name, ...new Set(rates)]).toEqual([name, undefined]);
    return;
  }
  if (records.length > 1) return;
  const [record] = records as [TsharkRecord];
  const [start, end] = [flowStartMilliseconds, flowEndMilliseconds].map((id) =>
    unsigned(record.field(0, id)),
  );
  const least = start === end ? 0 : Math.floor((octets * 8_000) / (toMs - fromMs + LAST_PACKETS_MS));
  expect(rates[0], name).toBeGreaterThanOrEqual(least);
}

/** Elements of IANA with the times in milliseconds. */
const flowStartMilliseconds = 152;
const flowEndMilliseconds = 153;
