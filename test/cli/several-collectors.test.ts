import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { loadAggregatorSettings } from '../../src/cli/config/index.ts';
import { Service } from '../../src/cli/service.ts';
import { wireAggregator } from '../../src/cli/wired-aggregator.ts';
import { batchOf, type FlowRecord, FlowType } from '../../src/flow/index.ts';
import { CollectingProcess } from '../../src/ipfix/index.ts';
import { startExporter } from '../support/ipfix.ts';
import { LineReader } from '../support/line-reader.ts';
import { ReturningCollector } from '../support/returning-collector.ts';
import { TemporaryDirectory } from '../support/temporary-directory.ts';
import { until } from '../support/until.ts';

const FLOWS_OF_A_WAVE = 100;
/** Together more than the megabyte that the spool has. */
const WAVES = 8;

/** Ended flows, of which every second is UDP. Their names do not compress, so that they fill a disk. */
const wave = (number: number): FlowRecord[] =>
  Array.from({ length: FLOWS_OF_A_WAVE }, (_, i) => ({
    flowStartMilliseconds: Date.UTC(2026, 0, 31, 10),
    flowEndMilliseconds: Date.UTC(2026, 0, 31, 10, 0, 1),
    flowEndReason: 3,
    flowType: FlowType.intraNode,
    sourceIP: `10.0.${number}.1`,
    destinationIP: '10.1.0.1',
    sourceTransportPort: 1_000 + i,
    destinationTransportPort: 53,
    protocolIdentifier: i % 2 === 0 ? 6 : 17,
    octetTotalCount: 1_000,
    packetTotalCount: 10,
    sourcePodName: randomBytes(2_000).toString('base64'),
  }));
const waveOf = ({ sourceIP }: FlowRecord) => Number(sourceIP!.split('.')[2]);

it('several collectors get the flows of their filters, and one that was away gets those on its disk first', async () => {
  using place = new TemporaryDirectory();
  await using near = await ReturningCollector.start();
  await using far = await ReturningCollector.start();
  await using reader = await LineReader.start();
  await far.leave();
  const text = `
weir:
  listen: ["tcp://127.0.0.1:0"]
  sinks:
    - name: near
      filter: { proto: [tcp] }
      ipfix: { address: "127.0.0.1:${near.address.port}:tcp", includeK8sNames: false }
    - name: lines
      filter: { proto: [udp] }
      ipfix: { address: "127.0.0.1:${reader.address.port}:tcp", recordFormat: JSON, includeK8sNames: false }
    - name: far
      ipfix: { address: "127.0.0.1:${far.address.port}:tcp", spool: { directory: "${place.path}", megabytes: 1 } }
`;
  const { settings } = loadAggregatorSettings(text, 'aggregator.yaml');
  const service = new Service('error');
  const quick = { ...settings, activeTimeoutMs: 50, inactiveTimeoutMs: 50, correlationTimeoutMs: 0 };
  const { components } = wireAggregator(quick, service);
  for (const component of components) await component.start();
  const collector = components.find((component) => component instanceof CollectingProcess)!;
  const sending = await startExporter({ ...collector.addresses[0]!, protocol: 'tcp' });
  const account = (name: string) => service.ledger.toJSON().find((each) => each.name === name)!;

  for (let number = 1; number <= WAVES; number++) {
    sending.exporter.send(batchOf(wave(number)));
    await until('the wave on disk', () => account('far spool').received === number * FLOWS_OF_A_WAVE);
  }
  const half = (WAVES * FLOWS_OF_A_WAVE) / 2;
  await until('the flows of TCP', () => near.received.length === half);
  await until('the flows of UDP', () => reader.lines.length === half);
  expect(new Set(near.received.map(({ protocolIdentifier }) => protocolIdentifier))).toEqual(new Set([6]));
  expect(near.received.some(({ sourcePodName }) => sourcePodName !== undefined)).toBe(false);
  const lines = reader.lines.map((line) => JSON.parse(line).ipfix);
  expect(new Set(lines.map(({ protocolIdentifier }) => protocolIdentifier))).toEqual(new Set([17]));

  const lost = account('far spool').dropped['spool full']!;
  expect(lost).toBeGreaterThan(0);
  expect(account('far spool').held).toBe(WAVES * FLOWS_OF_A_WAVE - lost);
  await far.comeBack();
  await until('an empty spool', () => account('far spool').held === 0);
  sending.exporter.send(batchOf(wave(WAVES + 1)));
  const kept = (WAVES + 1) * FLOWS_OF_A_WAVE - lost;
  await until('all that was kept, and the last wave', () => far.received.length === kept);
  const waves = far.received.map(waveOf);
  expect(waves).toEqual([...waves].sort((a, b) => a - b));
  expect(waves.at(-1)).toBe(WAVES + 1);
  // Every flow is unlike the others, so the missing ones are those that the ledger counts.
  expect(new Set(far.received.map(({ sourcePodName }) => sourcePodName)).size).toBe(kept);

  await sending[Symbol.asyncDispose]();
  for (const component of [...components].reverse()) await component.stop(2_000);
  for (const name of ['near', 'lines', 'far', 'far spool'])
    expect(account(name), name).toMatchObject({ held: 0, closed: true });
});
