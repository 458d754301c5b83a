import { json } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { batchOf } from '../../../src/flow/index.ts';
import { ExportingProcess } from '../../../src/ipfix/index.ts';
import { Ledger, Log, systemClock } from '../../../src/runtime/index.ts';
import type { FlowStream } from '../flow-stream.ts';

/*
 * flow-exporter.ts: reads a FlowStream from standard input and exports it over TCP. Prints its account at the
 * end.
 */
const { host, port = 4739, domain, batches, everyMs = 0 } = (await json(process.stdin)) as FlowStream;
const exporter = new ExportingProcess({
  address: { host, port, protocol: 'tcp' },
  records: 'agent',
  observationDomainId: domain,
  flushIntervalMs: 0,
  clock: systemClock,
  log: new Log(systemClock, (line) => console.error(line)),
  ledger: new Ledger(),
});
await exporter.start();
const startedAt = performance.now();
for (const [index, records] of batches.entries()) {
  await delay(Math.max(0, startedAt + index * everyMs - performance.now()));
  exporter.send(batchOf(records));
}
await exporter.stop(30_000);
const { received, sent } = exporter.account;
console.log(JSON.stringify({ received, sent }));
if (sent !== received) process.exitCode = 1;
