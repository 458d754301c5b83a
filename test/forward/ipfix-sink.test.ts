import { expect, it } from 'vitest';
import { batchOf, type FlowRecord, FlowType } from '../../src/flow/index.ts';
import { IpfixSink } from '../../src/forward/index.ts';
import { CollectingProcess } from '../../src/ipfix/index.ts';
import { Ledger, Log, systemClock } from '../../src/runtime/index.ts';
import { until } from '../support/until.ts';

const flow: FlowRecord = {
  flowStartMilliseconds: Date.UTC(2026, 0, 31, 10),
  flowEndMilliseconds: Date.UTC(2026, 0, 31, 10, 0, 1),
  flowEndReason: 2,
  sourceIP: '10.0.0.1',
  destinationIP: '10.0.0.2',
  sourceTransportPort: 40000,
  destinationTransportPort: 443,
  protocolIdentifier: 6,
  octetTotalCount: 1000,
  octetTotalCountFromSourceNode: 1000,
  throughputFromDestinationNode: 8000,
  sourceNodeName: 'node-a',
  destinationNodeName: 'node-b',
  flowType: FlowType.interNode,
};

it('sends aggregated records to another collector, and keeps an account under its own name', async () => {
  const log = new Log(systemClock, () => {});
  const received: FlowRecord[] = [];
  const collector = new CollectingProcess({
    listen: [{ protocol: 'tcp', host: '127.0.0.1', port: 0 }],
    onBatch: (batch) => received.push(...batch),
    clock: systemClock,
    ledger: new Ledger(),
    log,
  });
  await collector.start();
  const ledger = new Ledger();
  const sink = new IpfixSink('elsewhere', {
    address: { ...collector.addresses[0]!, protocol: 'tcp' },
    observationDomainId: 7,
    clock: systemClock,
    ledger,
    log,
  });
  await sink.start();
  sink.write(
    batchOf([
      flow,
      { ...flow, sourceIP: '2001:db8::1', destinationIP: '2001:db8::2' },
      { ...flow, sourceIP: '192.0.2.46', destinationIP: '2001:db8::3' }, // as translation from IPv4 to IPv6 leaves it
    ]),
  );
  await sink.stop(60_000);
  await until('three records', () => received.length === 3);
  await collector.stop(1_000);
  expect(received[0]).toMatchObject(flow);
  expect(received[1]).toMatchObject({ sourceIP: '2001:db8::1', destinationNodeName: 'node-b' });
  expect(received[2]).toMatchObject({ sourceIP: '192.0.2.46', destinationIP: '2001:db8::3' });
  expect(ledger.toJSON()).toMatchObject([{ name: 'elsewhere', received: 3, sent: 3, held: 0, closed: true }]);
});
