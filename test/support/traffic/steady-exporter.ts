import { setTimeout as delay } from 'node:timers/promises';
import { batchOf } from '../../../src/flow/index.ts';
import { ExportingProcess, type ExportingProcessOptions } from '../../../src/ipfix/index.ts';
import { Ledger, Log, systemClock } from '../../../src/runtime/index.ts';
import type { ExporterState } from '../steady-exporter.ts';

/*
 * steady-exporter.ts EXPORTER-OPTIONS [MOST]: exports a record every 20 ms, numbered by its flowId, and MOST
 * of them, until it is asked to end. Prints its state as a line of JSON every 20 ms.
 */
const most = Number(process.argv[3] ?? Number.POSITIVE_INFINITY);
const exporter = new ExportingProcess({
  records: 'agent',
  observationDomainId: 1,
  flushIntervalMs: 0,
  clock: systemClock,
  log: new Log(systemClock, (line) => console.error(line)),
  ledger: new Ledger(),
  ...(JSON.parse(process.argv[2]!) as Pick<ExportingProcessOptions, 'address'>),
});
const flow = { sourceIP: '10.0.0.1', destinationIP: '10.0.0.2', protocolIdentifier: 6 };
let isAsked = false;
process.on('SIGTERM', () => {
  isAsked = true;
});
await exporter.start();
for (let flowId = 1; !isAsked; flowId++) {
  if (flowId <= most) exporter.send(batchOf([{ ...flow, flowId }]));
  tell();
  await delay(20);
}
await exporter.stop(30_000);
tell();

function tell(): void {
  const { received, sent, held, events } = exporter.account;
  const { isConnected, reconnections } = exporter;
  const unconfirmed = events.get('unconfirmed') ?? 0;
  const state: ExporterState = { received, sent, held, unconfirmed, isConnected, reconnections };
  console.log(JSON.stringify(state));
}
