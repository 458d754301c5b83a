import { BatchLayout, Dictionary, FlowBatch } from '../src/flow/index.ts';
import { messageFormats } from '../src/ipfix/message-formats.ts';
import {
  ColumnReader,
  type DataSet,
  type DecodeError,
  flowFieldsOf,
  type MessageHandler,
  MessageReader,
  TemplateStore,
} from '../src/ipfix/wire/index.ts';
import { ethernet, flowSample, ipv4, rawHeader, sflow } from '../test/support/sflow-octets.ts';
import { cpuMsOf } from './ipfix/cpu-time.ts';
import { type BenchRow, measureInterleaved, rateRow } from './measure.ts';

export const title = 'sFlow decode, packets of TCP in Ethernet';

const datagramsInAll = 200;
/** As many as a datagram of 1,500 octets has, with 128 octets of each packet. */
const samplesADatagram = 7;
const rounds = 50;

export async function run(): Promise<BenchRow[]> {
  const datagrams = Array.from({ length: datagramsInAll }, (_, i) => datagramOf(i));
  const expected = datagramsInAll * samplesADatagram;
  const { columns } = await measureInterleaved({
    columns: () =>
      cpuMsOf(() => {
        for (let round = 0; round < rounds; round++) {
          const read = readColumns(datagrams);
          if (read !== expected) throw new Error(`expected ${expected} records in all, found ${read}`);
        }
      }),
  });
  const records = expected * rounds;
  return [rateRow(`into columns, ${samplesADatagram} samples a datagram`, 'records/CPU-s', records, columns)];
}

/** A datagram of samples with different packets. */
function datagramOf(sequence: number): Uint8Array {
  const samples = Array.from({ length: samplesADatagram }, (_, i) => {
    const packet = ethernet(0x0800, ipv4());
    const header = new Uint8Array(128);
    header.set(packet);
    header[29] = i; // the last octet of the source
    return flowSample({ sequence: sequence * samplesADatagram + i }, rawHeader(header, 1_518));
  });
  return sflow({ sequence }, ...samples);
}

const store = new TemplateStore();
const failOnError = ({ text }: DecodeError) => {
  throw new Error(text);
};
let reader: ColumnReader | undefined;
let batch: FlowBatch | undefined;
let records = 0;

/** All samples have the same template. */
function readSet(set: DataSet): void {
  if (reader === undefined || batch === undefined) {
    const layout = new BatchLayout(flowFieldsOf(set.template), 512);
    reader = new ColumnReader(set.template, layout);
    batch = new FlowBatch(layout, new Dictionary());
  }
  while (!reader.read(set, batch, failOnError)) handOn(batch);
}

const intoColumns: MessageHandler = { data: readSet, error: failOnError };
const message = new MessageReader(intoColumns);

/** Consumes full batches. */
function handOn(full: FlowBatch): void {
  records += full.length;
  full.length = 0;
}

function readColumns(datagrams: readonly Uint8Array[]): number {
  records = 0;
  for (const datagram of datagrams) {
    message.open(messageFormats['sflow-v5'], datagram, store, 0, datagram.length);
    while (!message.isDone) message.readPart();
  }
  handOn(batch!);
  return records;
}
