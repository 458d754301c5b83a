import type { Need } from '../test/support/needs.ts';
import { startVictoriaLogs } from '../test/support/victoria-logs.ts';
import { countAnswers, expectEntries, octetsAFlow, octetsAsJson } from './logs/flows-in-victoria-logs.ts';
import { millionFlows, QuestionedFlows } from './logs/million-flows.ts';
import { minuteOfFlows, storedRow } from './logs/minute-of-flows.ts';
import { sendAll } from './logs/sending.ts';
import { type BenchRow, quantileOf } from './measure.ts';

export const title =
  'flows into a real VictoriaLogs on the same machine for a minute, and searches in a million';
export const needs: readonly Need[] = ['victoria-logs'];

const options = { server: 'victoriaLogs' } as const;
const JSON_FLOWS = 200_000;
/** These do not count: they read from disk what later ones have in memory. */
const WARM_UP = 2;
const ROUNDS = 25;

export async function run(): Promise<BenchRow[]> {
  return [...(await measureMinute()), ...(await measureMillion())];
}

async function measureMinute(): Promise<BenchRow[]> {
  await using server = await startVictoriaLogs();
  const minute = await minuteOfFlows({ ...options, url: server.url });
  const serverCpuSeconds = await server.metric('process_cpu_seconds_total');
  await expectEntries(server, minute.lines);
  const cpuRow = (of: string, cpuSeconds: number): BenchRow => ({
    name: `CPU of ${of}`,
    unit: 'lines/CPU-s',
    median: minute.lines / cpuSeconds,
  });
  return [
    storedRow(minute),
    cpuRow("Weir's sink in its thread", minute.sinkCpuSeconds),
    cpuRow("Weir's process, which hands it the flows", minute.cpuSeconds),
    cpuRow('VictoriaLogs', serverCpuSeconds),
  ];
}

async function measureMillion(): Promise<BenchRow[]> {
  await using server = await startVictoriaLogs();
  const flows = new QuestionedFlows();
  const count = await sendAll({ ...options, url: server.url }, flows.watch(millionFlows()));
  await expectEntries(server, count);
  const octets = await octetsAFlow(server, count);
  const askQuestions = (rounds: number) => flows.ask((question) => countAnswers(server, question), rounds);
  await askQuestions(WARM_UP);
  const times = await askQuestions(ROUNDS);
  const asJson = await octetsAsJson(millionFlows(JSON_FLOWS));
  return [
    {
      name: 'a million flows on disk, merged',
      unit: 'octets/flow',
      median: octets,
      ratio: asJson / octets,
      against: 'lines of JSON',
      target: { atMost: 60 },
    },
    {
      name: `the first ${JSON_FLOWS.toLocaleString('en')} as lines of JSON, each key a field`,
      unit: 'octets/flow',
      median: asJson,
    },
    ...[...times].flatMap(([name, ms]) => [
      { name: `search: ${name}, median of ${ROUNDS}`, unit: 'ms', median: quantileOf(ms, 0.5) },
      { name: `search: ${name}, p95`, unit: 'ms', median: quantileOf(ms, 0.95) },
    ]),
  ];
}
