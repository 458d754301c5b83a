import { monitorEventLoopDelay } from 'node:perf_hooks';
import { allPresets, DeniedConnections } from '../src/exporter/denied/index.ts';
import { type FlowBatch, RuleAction } from '../src/flow/index.ts';
import { Ledger, Log, systemClock } from '../src/runtime/index.ts';
import { connect, createNamespace } from '../test/support/namespace.ts';
import { loadRules, readCounters } from '../test/support/nftables.ts';
import { until } from '../test/support/until.ts';
import { type BenchRow, quantileOf } from './measure.ts';

/*
 * A firewall that denies 100,000 packets at over 50,000 a second, to 1,000 ports: are all counted, and at
 * which cost?
 */

export const title = 'NFLOG: denied packets from the kernel into flows';

const PACKETS = 100_000;
const PORTS = 1_000;
const PER_SECOND = 55_000;
const ROUNDS = 5;

export async function run(): Promise<BenchRow[]> {
  const rounds: Round[] = [];
  for (let round = 0; round < ROUNDS; round++) rounds.push(await measureBlast());
  const medianOf = (of: (round: Round) => number) => quantileOf(rounds.map(of), 0.5);
  const spreadOf = (of: (round: Round) => number) => {
    const values = rounds.map(of);
    return (quantileOf(values, 0.75) - quantileOf(values, 0.25)) / 2 / quantileOf(values, 0.5);
  };
  return [
    {
      name: 'rate at which the firewall denied',
      median: medianOf((round) => round.perSecond),
      unit: 'packets/s',
      spread: spreadOf((round) => round.perSecond),
      target: { atLeast: 50_000 },
    },
    {
      name: `packets in records, fewest of ${ROUNDS} rounds`,
      median: Math.min(...rounds.map((round) => round.recorded)),
      unit: 'packets',
      target: { atLeast: PACKETS, atMost: PACKETS },
    },
    {
      name: 'packets lost in the kernel, most of a round',
      median: Math.max(...rounds.map((round) => round.lost)),
      unit: 'packets',
      target: { atMost: 0 },
    },
    {
      name: 'CPU of reader and main thread, kernel included',
      median: medianOf((round) => round.microsecondsEach),
      unit: 'µs/packet',
      spread: spreadOf((round) => round.microsecondsEach),
    },
    {
      name: 'main-thread delay p99',
      median: medianOf((round) => round.delayP99Ms),
      unit: 'ms',
    },
  ];
}

interface Round {
  perSecond: number;
  recorded: number;
  lost: number;
  microsecondsEach: number;
  delayP99Ms: number;
}

async function measureBlast(): Promise<Round> {
  await using sender = await createNamespace('sender');
  await using host = await createNamespace('host');
  await connect(
    { namespace: sender, device: 'eth0', addresses: ['10.0.0.1/24'] },
    { namespace: host, device: 'eth0', addresses: ['10.0.0.2/24'] },
  );
  await loadRules(
    host,
    `table inet firewall {
       counter denied {}
       chain input {
         type filter hook input priority 0
         meta l4proto udp counter name denied log group 100 prefix "drop input:udp" drop
       }
     }`,
  );
  let recorded = 0;
  const onFlows = ({ columns, length }: FlowBatch) => {
    for (let row = 0; row < length; row++) recorded += columns.packetDeltaCount[row]!;
  };
  const ledger = new Ledger();
  const denied = new DeniedConnections(
    {
      groups: [{ group: 100, patterns: allPresets, defaultAction: RuleAction.drop }],
      activeTimeoutMs: 1_000,
      idleTimeoutMs: 2_000,
      networkNamespace: host.path,
    },
    { clock: systemClock, log: new Log(systemClock, console.error), ledger, onFlows },
  );
  await denied.start();
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const cpu = process.cpuUsage();
  delay.enable();
  const asked = {
    host: '10.0.0.2',
    port: 1,
    ports: PORTS,
    datagrams: PACKETS,
    octets: 100,
    perSecond: PER_SECOND,
  };
  const { durationMs } = JSON.parse(
    await sender
      .startModule(new URL('../test/support/traffic/udp-blast.ts', import.meta.url), [JSON.stringify(asked)])
      .succeeds(),
  );
  const [packets] = ledger.accounts;
  await until('the last packet', () => packets!.received >= PACKETS || packets!.events.size > 0);
  delay.disable();
  const { user, system } = process.cpuUsage(cpu);
  await denied.stop();
  const counted = (await readCounters(host)).denied!.packets;
  if (counted !== PACKETS || !ledger.isClosed) {
    throw new Error(`the firewall denied ${counted} packets; the ledger: ${JSON.stringify(ledger)}`);
  }
  return {
    perSecond: PACKETS / (durationMs / 1000),
    recorded,
    lost: packets!.events.get('lost in the kernel') ?? 0,
    microsecondsEach: (user + system) / PACKETS,
    delayP99Ms: delay.percentile(99) / 1e6,
  };
}
