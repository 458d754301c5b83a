import {
  type AvailableTransport,
  availableTransports,
  CollectingProcess,
  transportKinds,
} from '../src/ipfix/index.ts';
import { Ledger, Log, systemClock } from '../src/runtime/index.ts';
import { loopbackTls } from '../test/support/loopback-tls.ts';
import { threadTimeMs } from '../test/support/thread-time.ts';
import { until } from '../test/support/until.ts';
import { cpuMsOf } from './ipfix/cpu-time.ts';
import { startExporters } from './ipfix/exporters.ts';
import { type BenchRow, measureInterleaved, rateRow, type Timing, timesFaster } from './measure.ts';

export const title = 'IPFIX over each transport on loopback';

/** A datagram's worth, or what fills a message of 200 records over a connection. */
const recordsAMessage = { datagrams: 24, connections: 200 };
const recordsARun = 48_000;
const numbersOfExporters = [1, 100, 1_000] as const;

/** A collector in this thread, and exporters in another that have a session with it. */
interface Wire extends AsyncDisposable {
  send(): Promise<void>;
}

async function startWire(protocol: AvailableTransport, exporters: number): Promise<Wire> {
  const ledger = new Ledger();
  const received = new Int32Array(new SharedArrayBuffer(4));
  const collector = new CollectingProcess({
    listen: [{ protocol, host: '127.0.0.1', port: 0 }],
    tls: loopbackTls,
    clock: systemClock,
    log: new Log(systemClock, () => {}, 'error'),
    ledger,
    onBatch: ({ length }) => {
      received[0]! += length;
    },
  });
  await collector.start();
  const sending = await startExporters({
    address: collector.addresses[0]!,
    tls: loopbackTls,
    exporters,
    recordsAMessage: recordsAMessage[transportKinds[protocol].isReliable ? 'connections' : 'datagrams'],
    received,
  });
  return {
    async send() {
      received[0] = 0;
      sending.send(recordsARun);
      await until('all records', () => received[0]! >= recordsARun, { everyMs: 2 });
    },
    async [Symbol.asyncDispose]() {
      await sending.stop();
      await collector.stop(1_000);
      if (!ledger.isClosed) throw new Error('the ledger does not balance');
    },
  };
}

/** Processor time of this thread alone. */
async function collectorMsOf(work: () => Promise<void>): Promise<number> {
  const beforeMs = threadTimeMs();
  await work();
  return threadTimeMs() - beforeMs;
}

const unit = 'records/CPU-s';

export async function run(): Promise<BenchRow[]> {
  await using stack = new AsyncDisposableStack();
  const bothEnds: Record<string, () => Promise<number>> = {};
  const collectors: Record<string, () => Promise<number>> = {};
  for (const protocol of availableTransports) {
    for (const exporters of numbersOfExporters) {
      const wire = stack.use(await startWire(protocol, exporters));
      if (exporters === 1) bothEnds[protocol] = async () => cpuMsOf(() => wire.send());
      collectors[`${protocol} ${exporters}`] = () => collectorMsOf(() => wire.send());
    }
  }
  const timings = await measureInterleaved({ ...bothEnds, ...collectors });
  return [
    bothEndsRow('tcp', timings),
    bothEndsRow('tls', timings, { plain: 'tcp', atLeast: 0.9 }),
    bothEndsRow('udp', timings),
    bothEndsRow('dtls', timings, { plain: 'udp', atLeast: 0.5 }),
    ...availableTransports.flatMap((protocol) =>
      numbersOfExporters.map((exporters) => collectorRow(protocol, exporters, timings)),
    ),
  ];
}

function bothEndsRow(
  protocol: AvailableTransport,
  timings: Record<string, Timing>,
  target?: { readonly plain: AvailableTransport; readonly atLeast: number },
): BenchRow {
  const records = recordsAMessage[transportKinds[protocol].isReliable ? 'connections' : 'datagrams'];
  const timing = timings[protocol]!;
  return rateRow(`${protocol}, ${records} records a message, both ends`, unit, recordsARun, timing, {
    ...(target && {
      ratio: timesFaster(timing, timings[target.plain]!),
      against: target.plain,
      target: { of: 'ratio', atLeast: target.atLeast },
    }),
  });
}

function collectorRow(
  protocol: AvailableTransport,
  exporters: number,
  timings: Record<string, Timing>,
): BenchRow {
  const timing = timings[`${protocol} ${exporters}`]!;
  return rateRow(`${protocol}, collector of ${exporters}`, unit, recordsARun, timing, {
    ...(exporters > 1 && {
      ratio: timesFaster(timing, timings[`${protocol} 1`]!),
      against: 'one exporter',
      target: { of: 'ratio', atLeast: 0.75 },
    }),
  });
}
