import { elementOf } from '../../src/ipfix/index.ts';
import type { MadeMessage } from './made-exporter.ts';
import type { MadeTemplate } from './made-templates.ts';
import { writeValue } from './made-values.ts';
import { MessageOctets } from './message-octets.ts';
import type { Random } from './random.ts';

/** The fixed record of NetFlow v5 by IANA's elements of the same meaning, and their octets. */
export const v5Fields = [
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
  [210, 1],
  [6, 1],
  [4, 1],
  [5, 1],
  [16, 2],
  [17, 2],
  [9, 1],
  [13, 1],
  [210, 2],
] as const;

const template: MadeTemplate = {
  id: 0,
  scope: 0,
  fields: v5Fields.map(([id, length]) => ({ enterprise: 0, id, type: elementOf(0, id).type, length })),
};

const ENGINE = 0x0107;

/**
 * A message of NetFlow v5 (Cisco, NetFlow export datagram format). @param seconds the export time, since 1970
 */
export function makeV5(random: Random, sequence: number, seconds: number, uptimeMs = 1_000_000): MadeMessage {
  const count = random.between(1, 30);
  const into = new MessageOctets();
  into
    .number('version', 2, 5)
    .number('length', 2, count)
    .number('time', 4, uptimeMs)
    .number('time', 4, seconds);
  into.number('time', 4, random.below(1e9)).number('sequence', 4, sequence).number('domain', 2, ENGINE);
  into.number('value', 2, random.of([0, 0, 100]));
  const records = Array.from({ length: count }, () => ({
    template,
    domain: ENGINE,
    values: template.fields.map(({ type, length }) => writeValue(into, type, length, random)),
  }));
  return { octets: into.octets, parts: into.parts, records };
}
