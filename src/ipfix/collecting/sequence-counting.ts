/**
 * What exporters count in their sequence numbers. RFC 7011 section 3.1 requires the data records sent before
 * the message. Real exporters also count the message's own records (softflowd, ulogd2), or leave out options
 * records (softflowd). Others count messages, templates, or the records of all their domains (Open vSwitch),
 * or nothing.
 */

import type { ExportProtocol } from '../export-protocol.ts';

/** The countable parts of a message, and of its session before it. */
export class MessageCounts {
  /** Data records with options records; and those without. */
  records = 0;
  flows = 0;
  templates = 0;
  /** Records and messages of the session in all its domains, before this message. */
  sessionRecords = 0;
  sessionMessages = 0;

  /** Whether its message has as much as the previous one, and none of another domain came between. */
  repeats(before: MessageCounts): boolean {
    return (
      this.records === before.records &&
      this.flows === before.flows &&
      this.templates === before.templates &&
      this.sessionRecords === before.sessionRecords + before.records &&
      this.sessionMessages === before.sessionMessages + 1
    );
  }

  /** Copies another's counts. */
  copy(other: MessageCounts): void {
    this.records = other.records;
    this.flows = other.flows;
    this.templates = other.templates;
    this.sessionRecords = other.sessionRecords;
    this.sessionMessages = other.sessionMessages;
  }
}

/** A way of counting, defined by its result for two consecutive messages. */
export interface CountingWay {
  readonly name: string;
  /** By how much the number grows from the previous message to this one. */
  growth(before: MessageCounts, now: MessageCounts): number;
  /** Units of the message; `start` is the number of the first. */
  units(now: MessageCounts): number;
  start(sequenceNumber: number, now: MessageCounts): number;
}

const ownNumber = (sequenceNumber: number): number => sequenceNumber;

/** As RFC 7011 requires. */
export const standardWay: CountingWay = {
  name: 'the data records before each message',
  growth: (before) => before.records,
  units: (now) => now.records,
  start: ownNumber,
};

/** As RFC 3954 section 5.1 requires of NetFlow v9, for each source id, and sFlow for each sub-agent. */
export const messagesWay: CountingWay = {
  name: 'messages',
  growth: () => 1,
  units: () => 1,
  start: ownNumber,
};

/** As NetFlow v1, which has no sequence numbers: no loss can be seen. */
const nothingWay: CountingWay = {
  name: 'nothing',
  growth: () => 0,
  units: () => 0,
  start: () => 0,
};

/** What each protocol requires. */
export const standardWays: Readonly<Record<ExportProtocol, CountingWay>> = {
  ipfix: standardWay,
  'netflow-v9': messagesWay,
  'netflow-v7': standardWay,
  'netflow-v5': standardWay,
  'netflow-v1': nothingWay,
  'sflow-v5': messagesWay,
};

/** All ways but the steady ones, the likelier first. */
const ways: readonly CountingWay[] = [
  {
    name: 'flow records, those of the message included',
    growth: (_, now) => now.flows,
    units: (now) => now.flows,
    start: (sequenceNumber, now) => sequenceNumber - now.flows,
  },
  {
    name: 'data records, those of the message included',
    growth: (_, now) => now.records,
    units: (now) => now.records,
    start: (sequenceNumber, now) => sequenceNumber - now.records,
  },
  {
    name: 'flow records without options',
    growth: (before) => before.flows,
    units: (now) => now.flows,
    start: ownNumber,
  },
  messagesWay,
  standardWay,
  {
    name: 'data records and templates',
    growth: (before) => before.records + before.templates,
    units: (now) => now.records + now.templates,
    start: ownNumber,
  },
  {
    name: 'the data records of all observation domains',
    growth: (before, now) => now.sessionRecords - before.sessionRecords,
    units: () => 0,
    start: (sequenceNumber, now) => sequenceNumber - now.sessionRecords,
  },
  {
    name: 'the messages of all observation domains',
    growth: (before, now) => now.sessionMessages - before.sessionMessages,
    units: () => 0,
    start: (sequenceNumber, now) => sequenceNumber - now.sessionMessages,
  },
  nothingWay,
];

/** The ways that an exporter may count in, other than the standard of its protocol. */
export const otherWaysThan = (standard: CountingWay): readonly CountingWay[] =>
  ways.filter((way) => way !== standard);

/** The number grows by the same step with each message. */
export const steadyWay = (step: number): CountingWay => ({
  name: `${step} for each message`,
  growth: () => step,
  units: () => step,
  start: ownNumber,
});
