/** Exporters of one transport, in a thread of their own: what they cost is not the collector's. */
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { parentPort, Worker, workerData } from 'node:worker_threads';
import { ExportingProcess, type ListenAddress, transportKinds } from '../../src/ipfix/index.ts';
import { Ledger, Log, systemClock } from '../../src/runtime/index.ts';
import type { TlsSettings } from '../../src/tls/index.ts';
import { until } from '../../test/support/until.ts';
import { agentFlows } from './agent-flows.ts';

interface ExportersSettings {
  readonly address: ListenAddress;
  readonly tls: TlsSettings;
  readonly exporters: number;
  readonly recordsAMessage: number;
}

interface Birth extends ExportersSettings {
  /** Bursts that the system has taken. */
  readonly bursts: Int32Array;
}

/** As many messages fit into the buffers of one connection, and as many datagrams libuv reads in a turn. */
export const MESSAGES_A_BURST = 32;

/** Templates over UDP are sent again within ten seconds: those of a thousand exporters overrun a socket. */
const ANNOUNCING_MS = 11_000;

/** Starts exporters that have a session each. Returns what orders bursts, and what stops them. */
export async function startExporters(settings: ExportersSettings) {
  const bursts = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(new URL(import.meta.url), {
    workerData: { ...settings, bursts } satisfies Birth,
  });
  await once(worker, 'message');
  return {
    /** Blocks this thread until the system has taken a burst of messages, each of the next exporter. */
    sendBurst() {
      const before = Atomics.load(bursts, 0);
      worker.postMessage('burst');
      Atomics.wait(bursts, 0, before);
    },
    async stop() {
      worker.postMessage('stop');
      await once(worker, 'exit');
    },
  };
}

async function runExporters({ address, tls, exporters, recordsAMessage, bursts }: Birth): Promise<void> {
  const batch = agentFlows(recordsAMessage);
  const log = new Log(systemClock, () => {}, 'error');
  const parts = { address, tls, log, ledger: new Ledger(), clock: systemClock };
  const sending = Array.from({ length: exporters }, (_, index) => {
    const options = { records: 'agent' as const, observationDomainId: index, flushIntervalMs: 0 };
    return new ExportingProcess({ ...parts, ...options });
  });
  await Promise.all(sending.map((exporter) => exporter.start()));
  await until('all sessions', () => sending.every(({ isConnected }) => isConnected), { timeoutMs: 120_000 });
  if (!transportKinds[address.protocol].isReliable) await setTimeout(ANNOUNCING_MS);
  let next = 0;
  let records = 0;
  const areTaken = () => sending.reduce((taken, { account }) => taken + account.sent, 0) === records;
  parentPort!.on('message', async (order: 'burst' | 'stop') => {
    if (order === 'stop') {
      await Promise.all(sending.map((exporter) => exporter.stop(5_000)));
      process.exit();
    }
    for (let message = 0; message < MESSAGES_A_BURST; message++) sending[next++ % exporters]!.send(batch);
    records += MESSAGES_A_BURST * recordsAMessage;
    await until('the system to take a burst', areTaken, { everyMs: 0 });
    Atomics.add(bursts, 0, 1);
    Atomics.notify(bursts, 0);
  });
  parentPort!.postMessage('ready');
}

if (workerData !== null) await runExporters(workerData as Birth);
