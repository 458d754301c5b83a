import { elementOf } from '../../src/ipfix/index.ts';
import type { MadeMessage } from './made-exporter.ts';
import type { MadeTemplate } from './made-templates.ts';
import { writeValue } from './made-values.ts';
import { MessageOctets } from './message-octets.ts';
import type { Random } from './random.ts';

/** The versions of NetFlow whose records have one layout. */
export type FixedVersion = 1 | 5 | 7;

type Fields = readonly (readonly [element: number, octets: number])[];

const common: Fields = [
  [8, 4],
  [12, 4],
  [15, 4],
  [10, 2],
  [14, 2],
  [2, 4],
  [1, 4],
  [22, 4],
  [21, 4],
  [7, 2],
  [11, 2],
];
const routing: Fields = [
  [210, 1],
  [6, 1],
  [4, 1],
  [5, 1],
  [16, 2],
  [17, 2],
  [9, 1],
  [13, 1],
];
const v1 = (paddingOctets: number): Fields => [
  ...common,
  [210, 2],
  [4, 1],
  [5, 1],
  [6, 1],
  [210, paddingOctets],
];

/** The record of NetFlow v5 by IANA's elements of the same meaning, and their octets. */
export const v5Fields: Fields = [...common, ...routing, [210, 2]];

const templates: Readonly<Record<FixedVersion, MadeTemplate>> = {
  1: templateOf(v1(7)),
  5: templateOf(v5Fields),
  7: templateOf([...common, ...routing, [210, 6]]),
};
/** As some exporters pad the records of version 1. */
const paddedV1Template = templateOf(v1(11));

function templateOf(fields: Fields): MadeTemplate {
  const typed = fields.map(([id, length]) => ({ enterprise: 0, id, type: elementOf(0, id).type, length }));
  return { id: 0, scope: 0, fields: typed };
}

const ENGINE = 0x0107;

/**
 * A message of NetFlow v1, v5 or v7 (Cisco, NetFlow export datagram formats).
 * @param sequence the records before it
 * @param seconds the export time, since 1970
 */
export function makeFixed(
  version: FixedVersion,
  random: Random,
  sequence: number,
  seconds: number,
  uptimeMs = 1_000_000,
): MadeMessage {
  const count = random.between(1, version === 1 ? 24 : 30);
  const into = new MessageOctets();
  into.number('version', 2, version).number('length', 2, count);
  // Version 1 has no sequence number: only the time shows that two equal messages are two.
  const nanoseconds = version === 1 ? sequence % 1e9 : random.below(1e9);
  into.number('time', 4, uptimeMs).number('time', 4, seconds).number('time', 4, nanoseconds);
  if (version !== 1) into.number('sequence', 4, sequence);
  if (version === 5) into.number('domain', 2, ENGINE).number('value', 2, random.of([0, 0, 100]));
  if (version === 7) into.number('value', 4, 0);
  const template = version === 1 && random.isOneIn(2) ? paddedV1Template : templates[version];
  const records = Array.from({ length: count }, () => ({
    template,
    domain: version === 5 ? ENGINE : 0,
    values: template.fields.map(({ type, length }) => writeValue(into, type, length, random)),
  }));
  return { octets: into.octets, parts: into.parts, records };
}
