import { ColumnWriter, MessageWriter } from '../src/ipfix/wire/index.ts';
import { agentFlows, agentTemplate, messagesOf } from './ipfix/agent-flows.ts';
import { cpuMsOf } from './ipfix/cpu-time.ts';
import { decodeNaively, encodeNaively } from './ipfix/naive-codec.ts';
import { type BenchRow, measureInterleaved, rateRow, timesFaster } from './measure.ts';

export const title = "IPFIX encode, an agent's 43 elements";

const flows = 4000;
const recordsPerMessage = 200;
const rounds = 25;

export async function run(): Promise<BenchRow[]> {
  const batch = agentFlows(flows);
  const messages = messagesOf(batch, recordsPerMessage);
  const objects = messages.map((message) => decodeNaively(message, agentTemplate));
  const octetsExpected = messages.reduce((sum, { length }) => sum + length, 0);
  if (
    !messages.every(
      (message, i) => Buffer.compare(message.subarray(20), encodeAllNaively(objects[i]!).subarray(20)) === 0,
    )
  ) {
    throw new Error('the two ways write different octets');
  }

  const columns = new ColumnWriter(agentTemplate);
  const writeColumns = (recordsAtOnce: number) => {
    let octets = 0;
    for (let row = 0; row < flows; ) {
      writer.start({ domain: 1, sequenceNumber: row, exportTimeSeconds: 1_700_000_100 });
      row += writer.writeRows(columns, batch, row, Math.min(flows, row + recordsAtOnce));
      octets += writer.finish().length;
    }
    return octets;
  };
  const writeObjects = () => objects.reduce((sum, records) => sum + encodeAllNaively(records).length, 0);
  const repeatRounds = (write: () => number, expected = octetsExpected) =>
    cpuMsOf(() => {
      for (let round = 0; round < rounds; round++) {
        const octets = write();
        if (octets !== expected) throw new Error(`expected ${expected} octets, wrote ${octets}`);
      }
    });
  const octetsSingle = octetsExpected + (flows - messages.length) * 20;
  const { packed, single, naively } = await measureInterleaved({
    packed: () => repeatRounds(() => writeColumns(recordsPerMessage)),
    single: () => repeatRounds(() => writeColumns(1), octetsSingle),
    naively: () => repeatRounds(writeObjects),
  });
  const records = flows * rounds;
  return [
    rateRow('from columns, 200 records a message', 'records/CPU-s', records, packed, {
      ratio: timesFaster(packed, naively),
      against: 'an object a record, field by field',
      target: { of: 'ratio', atLeast: 5 },
    }),
    rateRow('from columns, 1 record a message', 'records/CPU-s', records, single),
    rateRow('an object a record, field by field', 'records/CPU-s', records, naively),
  ];
}

const writer = new MessageWriter();
const buffer = Buffer.alloc(65_535);

function encodeAllNaively(records: ReturnType<typeof decodeNaively>): Uint8Array {
  return encodeNaively(records, agentTemplate, buffer);
}
