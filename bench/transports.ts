import { setImmediate } from 'node:timers/promises';
import {
  type AvailableTransport,
  availableTransports,
  CollectingProcess,
  ExportingProcess,
  transportKinds,
} from '../src/ipfix/index.ts';
import { Ledger, Log, systemClock } from '../src/runtime/index.ts';
import { loopbackTls } from '../test/support/loopback-tls.ts';
import { until } from '../test/support/until.ts';
import { agentFlows } from './ipfix/agent-flows.ts';
import { cpuMsOf } from './ipfix/cpu-time.ts';
import { type BenchRow, measureInterleaved, rateRow, timesFaster } from './measure.ts';

export const title = 'IPFIX over each transport on loopback, both ends in this process';

/** A datagram's worth, or what fills a message of 200 records over a connection. */
const batchRecords = { datagrams: 24, connections: 200 };
const recordsARun = 9_600;
const manyExporters = 1_000;

/** A collector, and exporters that have a session with it. */
interface Wire extends AsyncDisposable {
  send(): Promise<void>;
}

async function startWire(protocol: AvailableTransport, exporters: number): Promise<Wire> {
  const batch = agentFlows(batchRecords[transportKinds[protocol].isReliable ? 'connections' : 'datagrams']);
  const log = new Log(systemClock, () => {}, 'error');
  const ledger = new Ledger();
  let received = 0;
  const collector = new CollectingProcess({
    listen: [{ protocol, host: '127.0.0.1', port: 0 }],
    tls: loopbackTls,
    clock: systemClock,
    log,
    ledger,
    onBatch: ({ length }) => {
      received += length;
    },
  });
  await collector.start();
  const [address] = collector.addresses;
  const sending = Array.from({ length: exporters }, (_, index) => {
    const options = { address: address!, records: 'agent' as const, tls: loopbackTls, clock: systemClock };
    return new ExportingProcess({ ...options, log, ledger, observationDomainId: index, flushIntervalMs: 0 });
  });
  await Promise.all(sending.map((exporter) => exporter.start()));
  await until('all sessions', () => sending.every(({ isConnected }) => isConnected), { timeoutMs: 120_000 });
  return {
    async send() {
      received = 0;
      // Datagrams that nobody waits for overrun the socket: each batch waits for the one before.
      for (let sent = 0, next = 0; sent < recordsARun; sent += batch.length) {
        sending[next++ % exporters]!.send(batch);
        for (let turns = 0; received < sent && turns < 100_000; turns++) await setImmediate();
      }
      await until('all records', () => received >= recordsARun, { everyMs: 1 });
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(sending.map((exporter) => exporter.stop(5_000)));
      await collector.stop(1_000);
      if (!ledger.isClosed) throw new Error('the ledger does not balance');
    },
  };
}

export async function run(): Promise<BenchRow[]> {
  await using wires = new AsyncDisposableStack();
  const one = {} as Record<AvailableTransport, Wire>;
  for (const protocol of availableTransports) one[protocol] = wires.use(await startWire(protocol, 1));
  const many = {
    udp: wires.use(await startWire('udp', manyExporters)),
    dtls: wires.use(await startWire('dtls', manyExporters)),
  };
  const { tcp, udp, tls, dtls, udpMany, dtlsMany } = await measureInterleaved({
    tcp: () => cpuMsOf(() => one.tcp.send()),
    udp: () => cpuMsOf(() => one.udp.send()),
    tls: () => cpuMsOf(() => one.tls.send()),
    dtls: () => cpuMsOf(() => one.dtls.send()),
    udpMany: () => cpuMsOf(() => many.udp.send()),
    dtlsMany: () => cpuMsOf(() => many.dtls.send()),
  });
  const unit = 'records/CPU-s';
  return [
    rateRow('TCP, 200 records at once', unit, recordsARun, tcp),
    rateRow('TLS, 200 records at once', unit, recordsARun, tls, {
      ratio: timesFaster(tls, tcp),
      against: 'TCP',
    }),
    rateRow('UDP, 24 records at once', unit, recordsARun, udp),
    rateRow('DTLS, 24 records at once', unit, recordsARun, dtls, {
      ratio: timesFaster(dtls, udp),
      against: 'UDP',
      target: { of: 'ratio', atLeast: 0.5 },
    }),
    rateRow(`UDP, ${manyExporters} exporters`, unit, recordsARun, udpMany),
    rateRow(`DTLS, ${manyExporters} exporters`, unit, recordsARun, dtlsMany, {
      ratio: timesFaster(dtlsMany, udpMany),
      against: 'UDP',
      target: { of: 'ratio', atLeast: 0.5 },
    }),
  ];
}
