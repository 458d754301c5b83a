/**
 * Fields of a flow whose exporter sampled packets. Its other counters and rates are estimates: the count
 * times the sampling interval. These fields mark such a flow and hold the actual counts. They have no
 * element: a collector that reads a sampling interval would scale the estimates again.
 */
import { type Field, SINCE_PREVIOUS } from './field.ts';

const sampledField = (unit: 'octets' | 'packets', direction: string) => ({
  storage: 'unsigned64' as const,
  unit,
  description: `${unit} ${direction} in the sampled packets alone, ${SINCE_PREVIOUS}`,
  elements: [],
});

export const fieldsOfSampling = {
  samplingInterval: {
    storage: 'unsigned64',
    unit: 'packets',
    description:
      'sampling rate: packets that each sampled one represents; Weir scales the other counters and the rates by it',
    elements: [],
  },
  sampledOctetDeltaCount: sampledField('octets', 'from source to destination'),
  sampledPacketDeltaCount: sampledField('packets', 'from source to destination'),
  sampledReverseOctetDeltaCount: sampledField('octets', 'from destination to source'),
  sampledReversePacketDeltaCount: sampledField('packets', 'from destination to source'),
} as const satisfies Record<string, Field>;
