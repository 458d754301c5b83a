/**
 * A process with many exporters, each with a session. It is told by messages: `{ from, to }` lets the
 * exporters of these places send one record each; `stop` ends all.
 *
 *     node many-exporters.ts PROTOCOL PORT NUMBER FIRST CA CERT KEY
 *
 * FIRST is the number of the first exporter; the records have those of their exporters.
 */
import { batchOf } from '../../src/flow/index.ts';
import { type AvailableTransport, ExportingProcess } from '../../src/ipfix/index.ts';
import { Ledger, Log, systemClock } from '../../src/runtime/index.ts';
import { until } from './until.ts';

export type Order = { readonly from: number; readonly to: number } | 'stop';

const [protocol, ...words] = process.argv.slice(2) as [AvailableTransport, ...string[]];
const [port, number, first, caFile, certFile, keyFile] = words as [
  string,
  string,
  string,
  string,
  string,
  string,
];
const tls = { caFile, certFile, keyFile, minVersion: 'VersionTLS12' as const };
const ledger = new Ledger();
const exporters = Array.from(
  { length: Number(number) },
  (_, index) =>
    new ExportingProcess({
      address: { protocol, host: '127.0.0.1', port: Number(port) },
      records: 'agent',
      observationDomainId: Number(first) + index,
      flushIntervalMs: 0,
      connectTimeoutMs: 60_000, // who gives up on a busy machine leaves a session at the collector over DTLS
      clock: systemClock,
      log: new Log(systemClock, () => {}, 'error'),
      ledger,
      tls,
    }),
);
await Promise.all(exporters.map((exporter) => exporter.start()));
await until('all sessions', () => exporters.every(({ isConnected }) => isConnected), { timeoutMs: 200_000 });
process.on('message', async (order: Order) => {
  if (order === 'stop') {
    await Promise.all(exporters.map((exporter) => exporter.stop(20_000)));
    const accounts = ledger.toJSON();
    process.send!({ sent: accounts.reduce((sum, { sent }) => sum + sent, 0), isClosed: ledger.isClosed });
    process.disconnect();
    return;
  }
  for (let index = order.from; index < order.to; index++) {
    const flowId = Number(first) + index;
    exporters[index]!.send(batchOf([{ sourceIP: '10.0.0.1', flowId }]));
  }
});
process.send!('connected');
