import { BatchLayout, Dictionary, FlowBatch } from '../src/flow/index.ts';
import { messageFormats } from '../src/ipfix/message-formats.ts';
import {
  ColumnReader,
  createTemplate,
  type DecodeError,
  elementOf,
  flowFieldsOf,
  type MessageHandler,
  MessageReader,
  type Template,
  TemplateStore,
} from '../src/ipfix/wire/index.ts';
import { cpuMsOf } from './ipfix/cpu-time.ts';
import { type BenchRow, measureInterleaved, rateRow, timesFaster } from './measure.ts';

export const title = "NetFlow v9 decode, a router's 17 fields";

const messagesInAll = 200;
/** As many as a datagram of 1,500 octets has. */
const recordsAMessage = 26;
const rounds = 50;
const headerOctets = 20;
const setHeaderOctets = 4;
const source = 7;

/** What Cisco's routers send of IPv4: type and octets. */
const fields: readonly (readonly [type: number, octets: number])[] = [
  ...([
    [21, 4],
    [22, 4],
    [1, 4],
    [2, 4],
    [10, 2],
    [14, 2],
    [8, 4],
    [12, 4],
    [4, 1],
  ] as const),
  ...([
    [7, 2],
    [11, 2],
    [6, 1],
    [5, 1],
    [61, 1],
    [9, 1],
    [13, 1],
    [15, 4],
  ] as const),
];
const template = createTemplate(
  256,
  fields.map(([type, length]) => ({ element: elementOf(0, type), length })),
);
const octetsAt = 8;

export async function run(): Promise<BenchRow[]> {
  const messages = Array.from({ length: messagesInAll }, (_, i) => messageOf(i));
  const octetsExpected = messages.reduce((sum, { octets }) => sum + octets, 0);
  const datagrams = messages.map(({ bytes }) => bytes);
  const checkSum = (sum: number) => {
    if (sum !== octetsExpected) throw new Error(`expected ${octetsExpected} octets in all, found ${sum}`);
  };
  const { columns, objects } = await measureInterleaved({
    columns: () => cpuMsOfRounds(() => checkSum(readColumns(datagrams))),
    objects: () => cpuMsOfRounds(() => checkSum(readNaively(datagrams))),
  });
  const records = messagesInAll * recordsAMessage * rounds;
  return [
    rateRow(`into columns, ${recordsAMessage} records a message`, 'records/CPU-s', records, columns, {
      ratio: timesFaster(columns, objects),
      against: 'an object a record, field by field',
      target: { of: 'ratio', atLeast: 10 },
    }),
    rateRow('an object a record, field by field', 'records/CPU-s', records, objects),
  ];
}

function cpuMsOfRounds(work: () => void): number {
  return cpuMsOf(() => {
    for (let round = 0; round < rounds; round++) work();
  });
}

/** A message of records with different values. */
function messageOf(number: number): { readonly bytes: Uint8Array; readonly octets: number } {
  const { minimumRecordOctets } = template;
  const setOctets = setHeaderOctets + recordsAMessage * minimumRecordOctets;
  const bytes = new Uint8Array(headerOctets + setOctets);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, 9);
  view.setUint16(2, recordsAMessage);
  view.setUint32(4, 1_000_000 + number);
  view.setUint32(8, 1_700_000_000);
  view.setUint32(12, number);
  view.setUint32(16, source);
  view.setUint16(20, template.id);
  view.setUint16(22, setOctets);
  let octets = 0;
  for (let record = 0; record < recordsAMessage; record++) {
    const at = headerOctets + setHeaderOctets + record * minimumRecordOctets;
    for (let i = 0; i < minimumRecordOctets; i++) bytes[at + i] = (number * 31 + record * 7 + i) & 0xff;
    view.setUint32(at + octetsAt, 1_000 + number + record);
    octets += 1_000 + number + record;
  }
  return { bytes, octets };
}

const store = new TemplateStore();
store.put(source, template);
const layout = new BatchLayout(flowFieldsOf(template), 512);
const reader = new ColumnReader(template, layout);
const batch = new FlowBatch(layout, new Dictionary());
const failOnError = ({ text }: DecodeError) => {
  throw new Error(text);
};
const intoColumns: MessageHandler = {
  data: (set) => {
    while (!reader.read(set, batch, failOnError)) handOn();
  },
  error: failOnError,
};

const message = new MessageReader(intoColumns);

/** Consumes full batches, only to check that they are right. */
let octetsSeen = 0;
function handOn(): void {
  const { octetDeltaCount } = batch.columns;
  for (let row = 0; row < batch.length; row++) octetsSeen += octetDeltaCount[row]!;
  batch.length = 0;
}

function readColumns(datagrams: readonly Uint8Array[]): number {
  octetsSeen = 0;
  for (const datagram of datagrams) {
    message.open(messageFormats['netflow-v9'], datagram, store, 0, datagram.length);
    while (!message.isDone) message.readPart();
  }
  handOn();
  return octetsSeen;
}

function readNaively(datagrams: readonly Uint8Array[]): number {
  let sum = 0;
  for (const datagram of datagrams) {
    for (const record of decodeNaively(datagram, template)) sum += record.octetDeltaCount as number;
  }
  return sum;
}

/** The usual way: a loop over the template's fields for every record, which is an object. */
function decodeNaively(message: Uint8Array, { fields: all }: Template): Record<string, number | string>[] {
  const buffer = Buffer.from(message.buffer, message.byteOffset, message.length);
  const records: Record<string, number | string>[] = [];
  for (let offset = headerOctets + setHeaderOctets; offset < buffer.length; ) {
    const record: Record<string, number | string> = {};
    for (const { element, length } of all) {
      record[element.name] =
        element.type === 'ipv4Address'
          ? `${buffer[offset]}.${buffer[offset + 1]}.${buffer[offset + 2]}.${buffer[offset + 3]}`
          : buffer.readUIntBE(offset, length);
      offset += length;
    }
    records.push(record);
  }
  return records;
}
