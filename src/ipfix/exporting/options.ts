import {
  customOption,
  durationOption,
  flagOption,
  integerOption,
  isIntegerWithin,
} from '../../runtime/index.ts';
import type { RecordKind } from '../flow-mapping.ts';

/** When templates and statistics are sent again, and how large messages are. */
export const exportingOptions = {
  templateRefreshTimeout: durationOption('1s', {
    description: 'UDP: interval at which templates are sent again',
    default: 60_000,
  }),
  templateRefreshMessages: integerOption(1, 1_000_000, {
    description: 'UDP: number of data messages after which templates are sent again',
    default: 500,
  }),
  statisticsInterval: durationOption('1s', {
    description: 'interval between statistics in options records',
    default: 60_000,
  }),
  maxIPFIXMsgSize: customOption(
    {
      description: 'maximum octets of a message; 0: as many as the path allows',
      value: '0, or a whole number from 512 to 65535',
      default: 0,
      json: { type: 'integer', anyOf: [{ const: 0 }, { minimum: 512, maximum: 65_535 }] },
    },
    (found): number | undefined => (found === 0 || isIntegerWithin(found, 512, 65_535) ? found : undefined),
  ),
};

/** Who sends records: an aggregator also in Proxy mode. */
export type Sender = Exclude<RecordKind, 'proxied'>;

export const senderOf = (records: RecordKind): Sender => (records === 'proxied' ? 'aggregated' : records);

/** The observation domain of messages, by who sends. RFC 7011 reserves 0 for messages without one. */
export const observationDomains = {
  agent: integerOption(1, 0xffff_ffff, {
    description: 'observation domain of the IPFIX messages',
    derived: "derived from the node's name",
  }),
  aggregated: integerOption(0, 0xffff_ffff, {
    description: 'observation domain of the messages',
    default: 1,
  }),
} as const satisfies Record<Sender, unknown>;

/** Whether options records are sent, by who sends. */
export const optionsRecordsFlags = {
  agent: flagOption({
    description: 'send options records: statistics, flow keys and types of elements',
    derived:
      'true over tcp and tls; false over udp and dtls, where a collector cannot show that it refuses them',
  }),
  aggregated: flagOption({
    description: 'send options records: statistics, flow keys and types of elements',
    default: false,
  }),
} as const satisfies Record<Sender, unknown>;

/** Records that may wait for a collector, by who sends. */
export const defaultQueueRecords = { agent: 65_536, aggregated: 262_144 } as const satisfies Record<
  Sender,
  number
>;

export const queueRecords = (sender: Sender) =>
  integerOption(1, 16_777_216, {
    description: 'maximum number of records that wait for the collector',
    default: defaultQueueRecords[sender],
  });
