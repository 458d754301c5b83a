/**
 * Gives a history records at a rate, for the benchmark of a stream. Its memory is what the process has beside
 * the records. Then it reports the cost, and whether all are kept.
 *
 *     node writer.ts DIRECTORY RECORDS-A-SECOND SECONDS
 */
import { readdirSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { FlowBatch } from '../../src/flow/index.ts';
import { Ledger, Log, systemClock } from '../../src/runtime/index.ts';
import { HistoryReader, HistoryWorkerSink } from '../../src/store/index.ts';
import { FlowCorpus } from '../../test/support/flow-corpus.ts';
import { quantileOf } from '../measure.ts';

/** The writer's message. */
export interface StreamResult {
  readonly records: number;
  readonly seconds: number;
  readonly processorSeconds: number;
  readonly mainProcessorSeconds: number;
  /** Of the process, less what it had before the first record: the median and the most. */
  readonly residentOctets: number;
  readonly mostResidentOctets: number;
  /** By how many records the history was late at most. */
  readonly mostBehindRecords: number;
  /** Parts of the log that were complete at the last record, and no files yet. */
  readonly waitingSegments: number;
}

/** Different records. They are given again and again. */
const DISTINCT = 131_072;
const SAMPLE_MS = 50;

const [directory, rate, seconds] = [process.argv[2]!, ...process.argv.slice(3, 5).map(Number)] as [
  string,
  number,
  number,
];
const ledger = new Ledger();
const log = new Log(systemClock, (line) => process.stderr.write(`${line}\n`), 'warn');
const settings = { directory, maxOctets: 100 * 2 ** 30, maxAgeMs: 7 * 86_400_000 };
const sink = new HistoryWorkerSink('history', settings, { ledger, log });
const corpus = new FlowCorpus({ records: DISTINCT, startMs: Date.now() });
const batches = [...corpus.batches()].map(sharedCopyOf);

/** As the aggregator's batches are. */
function sharedCopyOf(batch: FlowBatch): FlowBatch {
  const { layout, dictionary, columns, length } = batch;
  const copy = new FlowBatch(layout, dictionary, undefined, new SharedArrayBuffer(layout.octets));
  for (const name of layout.fields) copy.columns[name].set(columns[name] as Float64Array);
  copy.length = length;
  return copy;
}

globalThis.gc?.();
const before = process.memoryUsage.rss();
await sink.start();
const resident: number[] = [];
const sampling = setInterval(() => resident.push(process.memoryUsage.rss() - before), SAMPLE_MS);
const [began, cpuBefore, mainBefore] = [performance.now(), process.cpuUsage(), process.threadCpuUsage()];
let [records, mostBehindRecords] = [0, 0];
for (let i = 0; performance.now() - began < seconds * 1_000; i = (i + 1) % batches.length) {
  const dueRecords = ((performance.now() - began) / 1_000) * rate;
  mostBehindRecords = Math.max(mostBehindRecords, dueRecords - records);
  if (dueRecords < records) await setTimeout(((records - dueRecords) / rate) * 1_000);
  await sink.write(batches[i]!);
  records += batches[i]!.length;
}
const tookSeconds = (performance.now() - began) / 1_000;
const [cpu, main] = [process.cpuUsage(cpuBefore), process.threadCpuUsage(mainBefore)];
clearInterval(sampling);
// The last one still grows.
const waitingSegments = readdirSync(directory).filter((name) => name.endsWith('.segment')).length - 1;
await sink.stop(600_000);
using reader = await HistoryReader.open(directory);
const { records: kept } = await reader.stats();
if (kept !== records || reader.notices.length > 0)
  throw new Error(`of ${records} records ${kept} are kept: ${reader.notices.join()}`);
const result: StreamResult = {
  records,
  seconds: tookSeconds,
  processorSeconds: (cpu.user + cpu.system) / 1e6,
  mainProcessorSeconds: (main.user + main.system) / 1e6,
  residentOctets: quantileOf(resident, 0.5),
  mostResidentOctets: Math.max(...resident),
  mostBehindRecords,
  waitingSegments,
};
process.send!(result);
process.disconnect();
