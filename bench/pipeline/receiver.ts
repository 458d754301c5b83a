/**
 * The aggregator's whole path in one process, for the pipeline's benchmark. It collects over TCP, joins,
 * aggregates, expires, and passes records to a sink that only adds them up. It reports its port. Once RECORDS
 * have arrived and all flows are out, it reports the cost since the first WARMUP of them.
 *
 *     node receiver.ts RECORDS WARMUP [--loki=URL] [--history=DIRECTORY]
 *       [--certificate=FILE --key=FILE] [GROUPING…]
 *
 * With a certificate, which also is its own authority, it collects over TLS. With groupings it also counts
 * flow metrics; with a URL it logs the flows there. With a directory it keeps them in a history.
 */
import { Aggregator, FanOut } from '../../src/aggregator/index.ts';
import type { FlowBatch, FlowSink } from '../../src/flow/index.ts';
import { CollectingProcess } from '../../src/ipfix/index.ts';
import { FlowLogWorkerSink } from '../../src/logs/index.ts';
import { FlowSeries, type GroupingName } from '../../src/metrics/index.ts';
import { Ledger, Log, systemClock } from '../../src/runtime/index.ts';
import { HistoryWorkerSink } from '../../src/store/index.ts';

/** The receiver's final message. */
export interface PipelineResult {
  readonly cpuSeconds: number;
  /** Of that, the main thread's share: collecting, joining, expiring and passing on. */
  readonly mainCpuSeconds: number;
  readonly wallSeconds: number;
  readonly peakResidentOctets: number;
  /** Records that left the aggregator. */
  readonly reports: number;
  /** Sum of octetDeltaCount and reverseOctetDeltaCount over them. */
  readonly octets: number;
  readonly ledgerCloses: boolean;
}

class AddingSink implements FlowSink {
  readonly name = 'adding';
  records = 0;
  octets = 0;

  async start(): Promise<void> {}

  write(batch: FlowBatch): void {
    const { octetDeltaCount, reverseOctetDeltaCount } = batch.columns;
    for (let row = 0; row < batch.length; row++) {
      this.octets += octetDeltaCount[row]! + reverseOctetDeltaCount[row]!;
    }
    this.records += batch.length;
  }

  async stop(): Promise<void> {}
}

const [expected, warmup] = process.argv.slice(2, 4).map(Number) as [number, number];
const more = process.argv.slice(4);
const groupings = more.filter((word) => !word.startsWith('--')) as GroupingName[];
const optionOf = (name: string) => more.find((word) => word.startsWith(`${name}=`))?.slice(name.length + 1);
const lokiUrl = optionOf('--loki');
const certFile = optionOf('--certificate');
const clock = systemClock;
const log = new Log(clock, (line) => process.stderr.write(`${line}\n`), 'warn');
const ledger = new Ledger();
const sink = new AddingSink();
// The queue holds everything: the measured cost is that of logging each flow.
const queueRecords = 16_777_216;
const loki =
  lokiUrl === undefined
    ? []
    : [{ sink: new FlowLogWorkerSink('loki', { url: lokiUrl }, { ledger, log }), queueRecords }];
const directory = optionOf('--history');
const historySettings = { maxOctets: 10 * 2 ** 30, maxAgeMs: 7 * 86_400_000 };
const history =
  directory === undefined
    ? []
    : [
        {
          // Its queue is the usual one: the aggregator waits for a history.
          sink: new HistoryWorkerSink('history', { directory, ...historySettings }, { ledger, log }),
        },
      ];
const outlet = new FanOut(clock, ledger, log, [{ sink }, ...loki, ...history]);
const series = groupings.length === 0 ? undefined : new FlowSeries({ groupings }, { clock, ledger });
// Each flow is reported when it is complete and at the end: a slow machine has no more to report than a fast
// one. Both nodes have one address here, so they share a share.
const timesAndBounds = { activeTimeoutMs: 600_000, maxFlowsPerExporter: 1_000_000 };
const aggregator = new Aggregator({ clock, ledger, outlet, tally: series }, timesAndBounds);

let cpuAtStart: NodeJS.CpuUsage | undefined;
let mainCpuAtStart: NodeJS.CpuUsage | undefined;
let startedAt = 0;

const collector = new CollectingProcess({
  listen: [{ protocol: certFile === undefined ? 'tcp' : 'tls', host: '127.0.0.1', port: 0 }],
  ...(certFile !== undefined && {
    tls: { caFile: certFile, certFile, keyFile: optionOf('--key')!, minVersion: 'VersionTLS12' as const },
  }),
  clock,
  log,
  ledger,
  onBatch(batch) {
    if (cpuAtStart === undefined && collector.records.sent >= warmup) {
      cpuAtStart = process.cpuUsage();
      mainCpuAtStart = process.threadCpuUsage();
      startedAt = clock.now();
    }
    aggregator.accept(batch);
    if (collector.records.sent + batch.length >= expected) setImmediate(finish);
  },
});

let isFinishing = false;

async function finish(): Promise<void> {
  if (isFinishing) return;
  isFinishing = true;
  await collector.stop(5_000);
  await aggregator.stop(30_000);
  await outlet.stop(30_000);
  await series?.stop();
  const result: PipelineResult = {
    cpuSeconds: cpuSecondsOf(process.cpuUsage(cpuAtStart)),
    mainCpuSeconds: cpuSecondsOf(process.threadCpuUsage(mainCpuAtStart)),
    wallSeconds: (clock.now() - startedAt) / 1000,
    peakResidentOctets: process.resourceUsage().maxRSS * 1024,
    reports: sink.records,
    octets: sink.octets,
    ledgerCloses: ledger.isClosed,
  };
  process.send?.(result);
  process.disconnect?.();
}

function cpuSecondsOf({ user, system }: NodeJS.CpuUsage): number {
  return (user + system) / 1e6;
}

await outlet.start();
await series?.start();
await aggregator.start();
await collector.start();
process.send?.({ port: collector.addresses[0]!.port });
