import { BatchLayout, Dictionary, FlowBatch } from '../src/flow/index.ts';
import {
  ColumnReader,
  type DecodeError,
  flowFieldsOf,
  ipfixFormat,
  type MessageHandler,
  MessageReader,
  readMessage,
  readRecords,
  TemplateStore,
} from '../src/ipfix/wire/index.ts';
import { agentFlows, agentTemplate, messagesOf } from './ipfix/agent-flows.ts';
import { cpuMsOf } from './ipfix/cpu-time.ts';
import { decodeNaively } from './ipfix/naive-codec.ts';
import { type BenchRow, measureInterleaved, rateRow, timesFaster } from './measure.ts';

export const title = "IPFIX decode, an agent's 43 elements";

const flows = 4000;
const rounds = 25;

export async function run(): Promise<BenchRow[]> {
  const source = agentFlows(flows);
  const packed = messagesOf(source, 200);
  const single = messagesOf(source, 1);
  const stream = Buffer.concat(single);
  const starts = startsOf(single);
  const octetsExpected = source.columns.octetTotalCount.reduce((sum, octets) => sum + octets, 0);
  const checkSum = (sum: number) => {
    if (sum !== octetsExpected) throw new Error(`expected ${octetsExpected} octets in all, found ${sum}`);
  };
  const { columns, columnsSingle, generic, objects } = await measureInterleaved({
    columns: () => repeatRounds(() => checkSum(readColumns(packed))),
    columnsSingle: () => repeatRounds(() => checkSum(readStream(stream, starts))),
    generic: () => repeatRounds(() => checkSum(readGenerically(packed))),
    objects: () => repeatRounds(() => checkSum(readNaively(packed))),
  });
  const records = flows * rounds;
  return [
    rateRow('into columns, 200 records a message', 'records/CPU-s', records, columns, {
      ratio: timesFaster(columns, objects),
      against: 'an object a record, field by field',
      target: { of: 'ratio', atLeast: 10 },
    }),
    rateRow('into columns, 1 record a message', 'records/CPU-s', records, columnsSingle),
    rateRow('as plain values, any template', 'records/CPU-s', records, generic),
    rateRow('an object a record, field by field', 'records/CPU-s', records, objects),
  ];
}

function repeatRounds(work: () => void): number {
  return cpuMsOf(() => {
    for (let round = 0; round < rounds; round++) work();
  });
}

const store = new TemplateStore();
store.put(1, agentTemplate);
const layout = new BatchLayout(flowFieldsOf(agentTemplate), 512);
const reader = new ColumnReader(agentTemplate, layout);
const batch = new FlowBatch(layout, new Dictionary());
const throwError = ({ text }: DecodeError) => {
  throw new Error(text);
};
const intoColumns: MessageHandler = {
  data: (set) => {
    while (!reader.read(set, batch, throwError)) handOn();
  },
  error: throwError,
};

const message = new MessageReader(intoColumns);

function readOne(bytes: Uint8Array, start: number, end: number): void {
  message.open(ipfixFormat, bytes, store, start, end);
  while (!message.isDone) message.readPart();
}

/** Consumes full batches, only to check that they are right. */
let octetsSeen = 0;
function handOn(): void {
  const { octetTotalCount } = batch.columns;
  for (let row = 0; row < batch.length; row++) octetsSeen += octetTotalCount[row]!;
  batch.length = 0;
}

function readColumns(messages: readonly Uint8Array[]): number {
  octetsSeen = 0;
  for (const bytes of messages) readOne(bytes, 0, bytes.length);
  handOn();
  return octetsSeen;
}

/** Messages as they arrive over TCP: one after another in one piece of memory. */
function readStream(bytes: Uint8Array, starts: readonly number[]): number {
  octetsSeen = 0;
  for (let i = 0; i < flows; i++) readOne(bytes, starts[i]!, starts[i + 1]!);
  handOn();
  return octetsSeen;
}

function startsOf(messages: readonly Uint8Array[]): number[] {
  const starts = [0];
  for (const { length } of messages) starts.push(starts.at(-1)! + length);
  return starts;
}

function readGenerically(messages: readonly Uint8Array[]): number {
  const column = agentTemplate.fields.findIndex(({ element }) => element.name === 'octetTotalCount');
  let sum = 0;
  const addRecords: MessageHandler['data'] = (set) => {
    for (const { values } of readRecords(set, store, throwError)) sum += values[column] as number;
  };
  for (const message of messages) readMessage(message, store, { data: addRecords, error: throwError });
  return sum;
}

function readNaively(messages: readonly Uint8Array[]): number {
  let sum = 0;
  for (const message of messages) {
    for (const record of decodeNaively(message, agentTemplate)) sum += record.octetTotalCount as number;
  }
  return sum;
}
