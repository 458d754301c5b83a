/** Exporters of one transport, in a thread of their own: what they cost is not the collector's. */
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { parentPort, Worker, workerData } from 'node:worker_threads';
import { ExportingProcess, type ListenAddress, transportKinds } from '../../src/ipfix/index.ts';
import { Ledger, Log, systemClock } from '../../src/runtime/index.ts';
import type { TlsSettings } from '../../src/tls/index.ts';
import { until } from '../../test/support/until.ts';
import { agentFlows } from './agent-flows.ts';

interface Birth {
  readonly address: ListenAddress;
  readonly tls: TlsSettings;
  readonly exporters: number;
  readonly recordsAMessage: number;
  /** The records that the collector has received since the last order, as its thread counts them. */
  readonly received: Int32Array;
}

/** Messages on the way at once: as many as fit into the buffer of a socket. */
const MOST_ON_THE_WAY = 32;

/** Templates over UDP are sent again within ten seconds: those of a thousand exporters overrun a socket. */
const ANNOUNCING_MS = 11_000;

/** Starts exporters that have a session each. Returns what orders records, and what stops them. */
export async function startExporters(birth: Birth) {
  const worker = new Worker(new URL(import.meta.url), { workerData: birth });
  await once(worker, 'message');
  return {
    send: (records: number) => worker.postMessage(records),
    async stop() {
      worker.postMessage('stop');
      await once(worker, 'exit');
    },
  };
}

async function runExporters({ address, tls, exporters, recordsAMessage, received }: Birth): Promise<void> {
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
  parentPort!.on('message', async (order: number | 'stop') => {
    if (order === 'stop') {
      await Promise.all(sending.map((exporter) => exporter.stop(5_000)));
      process.exit();
    }
    for (let sent = 0; sent < order; sent += recordsAMessage) {
      while (sent - Atomics.load(received, 0) > MOST_ON_THE_WAY * recordsAMessage) await setTimeout(1);
      sending[next++ % exporters]!.send(batch);
    }
  });
  parentPort!.postMessage('ready');
}

if (workerData !== null) await runExporters(workerData as Birth);
