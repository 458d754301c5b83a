import { Dictionary, type FlowBatch } from '../src/flow/index.ts';
import { FlowCorpus } from '../test/support/flow-corpus.ts';
import { DecodingServer } from './logs/decoding-server.ts';
import { pinoLoki, type Shipper, weirShipper, winstonLoki } from './logs/shippers.ts';
import { type BenchRow, measureInterleaved, rateRow, timesFaster } from './measure.ts';

export const title = 'flows as lines in 100 streams, made, compressed and pushed to a sink that decodes them';

const STREAMS = 100;
const LINES = 100_000;
/** The other shippers take a second of CPU for this few. */
const FEW_LINES = 10_000;
const RUNS = 5;

export async function run(): Promise<BenchRow[]> {
  await using server = await DecodingServer.start();
  const many = batchesOf(LINES);
  const few = batchesOf(FEW_LINES);
  const oneLabel = { labels: ['namespace'] } as const;
  const timings = await measureInterleaved(
    {
      weir: () => cpuMs(server, weirShipper(oneLabel), many, LINES),
      json: () => cpuMs(server, weirShipper({ ...oneLabel, encoding: 'json' }), many, LINES),
      communityId: () => cpuMs(server, weirShipper({ ...oneLabel, metadata: ['communityId'] }), many, LINES),
      winstonLoki: () => cpuMs(server, winstonLoki, few, LINES),
      pinoLoki: () => cpuMs(server, pinoLoki, few, LINES),
    },
    { runs: RUNS, warmup: 2 },
  );
  const { weir: ours } = timings;
  return [
    rateRow('flow lines', 'lines/CPU-s', LINES, ours, {
      ratio: timesFaster(ours, timings.winstonLoki),
      against: 'winston-loki',
      target: { of: 'ratio', atLeast: 10 },
    }),
    rateRow('flow lines, at least', 'lines/CPU-s', LINES, ours, {
      ratio: timesFaster(ours, timings.pinoLoki),
      against: 'pino-loki',
      target: { atLeast: 100_000 },
    }),
    rateRow('flow lines as JSON with gzip', 'lines/CPU-s', LINES, timings.json),
    rateRow('flow lines with communityId', 'lines/CPU-s', LINES, timings.communityId),
    rateRow('winston-loki', 'lines/CPU-s', LINES, timings.winstonLoki),
    rateRow('pino-loki', 'lines/CPU-s', LINES, timings.pinoLoki),
  ];
}

/** CPU time of this process, all of its threads, for this many lines, in ms. */
async function cpuMs(
  server: DecodingServer,
  ship: Shipper,
  batches: readonly FlowBatch[],
  lines: number,
): Promise<number> {
  const count = batches.reduce((sum, { length }) => sum + length, 0);
  const before = await server.lines();
  const start = process.cpuUsage();
  await ship(server.url, batches);
  const { user, system } = process.cpuUsage(start);
  const came = (await server.lines()) - before;
  if (came !== count) throw new Error(`${count} lines were shipped, ${came} came`);
  return ((user + system) / 1000) * (lines / count);
}

/** Flows whose sources are in this many namespaces, each with its own stream. */
function batchesOf(records: number): FlowBatch[] {
  const dictionary = new Dictionary();
  const batches = [...new FlowCorpus({ records, startMs: Date.now() }).batches(dictionary)];
  const namespaces = Array.from({ length: STREAMS }, (_, i) => dictionary.internText(`team-${i}`));
  for (const { columns, length } of batches) {
    for (let row = 0; row < length; row++) columns.sourcePodNamespace[row] = namespaces[row % STREAMS]!;
  }
  return batches;
}
