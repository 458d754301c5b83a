import {
  type AvailableTransport,
  availableTransports,
  CollectingProcess,
  transportKinds,
} from '../src/ipfix/index.ts';
import { Ledger, Log, systemClock } from '../src/runtime/index.ts';
import { loopbackTls } from '../test/support/loopback-tls.ts';
import { threadTimeMs } from '../test/support/thread-time.ts';
import { cpuMsOf } from './ipfix/cpu-time.ts';
import { MESSAGES_A_BURST, startExporters } from './ipfix/exporters.ts';
import { type BenchRow, measureInterleaved, rateRow, type Timing, timesFaster } from './measure.ts';

/*
 * Messages arrive in bursts: the collector stops until the system has taken one, and reads it then. So each
 * turn of its event loop finds as much to do, whatever the transport and however many the exporters are.
 * Without that the collector is idle most of the time, since making and encrypting messages costs more than
 * reading them. A turn then has one message, and costs more than the message. How many turns there are is a
 * matter of how fast the exporters are, so the rates of a collector would compare those.
 */

export const title = 'IPFIX over each transport on loopback';

/** Over a connection, or a datagram's worth. */
const recordsAMessageOf = (protocol: AvailableTransport) => (transportKinds[protocol].isReliable ? 200 : 24);
/** Whole bursts of both. */
const recordsARun = 57_600;
const numbersOfExporters = [1, 100, 1_000] as const;

/** A collector in this thread, and exporters in another that have a session with it. */
interface Wire extends AsyncDisposable {
  send(): Promise<void>;
}

async function startWire(protocol: AvailableTransport, exporters: number): Promise<Wire> {
  const ledger = new Ledger();
  let missing = 0;
  let onAll = () => {};
  const collector = new CollectingProcess({
    listen: [{ protocol, host: '127.0.0.1', port: 0 }],
    tls: loopbackTls,
    clock: systemClock,
    log: new Log(systemClock, () => {}, 'error'),
    ledger,
    onBatch: ({ length }) => {
      missing -= length;
      if (missing === 0) onAll();
    },
  });
  await collector.start();
  const records = recordsAMessageOf(protocol);
  const address = collector.addresses[0]!;
  const sending = await startExporters({ address, tls: loopbackTls, exporters, recordsAMessage: records });
  return {
    async send() {
      for (let sent = 0; sent < recordsARun; sent += MESSAGES_A_BURST * records) {
        const { promise, resolve } = Promise.withResolvers<void>();
        onAll = resolve;
        missing = MESSAGES_A_BURST * records;
        sending.sendBurst();
        await promise;
      }
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
  const timing = timings[protocol]!;
  return rateRow(
    `${protocol}, ${recordsAMessageOf(protocol)} records a message, both ends`,
    unit,
    recordsARun,
    timing,
    {
      ...(target && {
        ratio: timesFaster(timing, timings[target.plain]!),
        against: target.plain,
        target: { of: 'ratio', atLeast: target.atLeast },
      }),
    },
  );
}

const plainOf: Partial<Record<AvailableTransport, AvailableTransport>> = { tls: 'tcp', dtls: 'udp' };

function collectorRow(
  protocol: AvailableTransport,
  exporters: number,
  timings: Record<string, Timing>,
): BenchRow {
  const timing = timings[`${protocol} ${exporters}`]!;
  const timesFasterThan = (other: string) => timesFaster(timing, timings[other]!);
  const plain = plainOf[protocol];
  const comparison =
    exporters > 1
      ? {
          ratio: timesFasterThan(`${protocol} 1`),
          against: 'one exporter',
          target: { of: 'ratio', atLeast: 0.75 } as const,
        }
      : plain && { ratio: timesFasterThan(`${plain} 1`), against: plain };
  return rateRow(`${protocol}, collector of ${exporters}`, unit, recordsARun, timing, comparison);
}
